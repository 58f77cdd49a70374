"""MedQuAD (abachaa/MedQuAD, CC BY 4.0): questions and answers of patients' information pages, from its XML files."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from medte.records import Record
from medte.sources.archive import members, the_file


def read(folder: Path) -> Iterator[Record]:
    """One record an answered question; its document is the page (an XML file), which holds several questions."""
    for name, content in members(the_file(folder, "*.tar.xz"), ".xml"):
        page = ElementTree.fromstring(content)
        document = f"medquad:{name.split('/')[0]}/{page.get('id')}"
        for pair in page.iter("QAPair"):
            question, answer = pair.find("Question"), pair.find("Answer")
            texts = {"question": "".join(question.itertext()).strip(), "answer": "".join(answer.itertext()).strip()}
            if all(texts.values()):
                facts = {"type": question.get("qtype"), "focus": page.findtext("Focus")}
                identity = f"{document}#{pair.get('pid')}"
                yield Record(identity, "medquad", document, texts, "CC-BY-4.0", facts=facts)
