"""MedQuAD (CC BY 4.0): questions and answers of patients' information pages, from the authors' XML files or from the hub."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from medte.errors import MedteError
from medte.records import Record
from medte.sources import hub
from medte.sources.archive import members, the_file

ARCHIVE = "*.tar.xz"
TEXTS = ("question", "answer")


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record an answered question; from the authors' archive if there is one, else from what `fetch` left.

    Its subject is the focus, a disease or a drug, in lower case: pages of several sites are about the same one. Its document
    is what a page says about one focus; question ids are those of a site, and a page of several foci repeats them.
    """
    dropped = Counter() if dropped is None else dropped
    licence = hub.data_set("medquad").licence
    for row in _archived(folder) if any(folder.glob(ARCHIVE)) else (row for _, row in hub.rows(folder, ARCHIVE)):
        texts = {name: (row[name] or "").strip() for name in TEXTS}
        gap = next((name for name in TEXTS if not texts[name]), None)
        if gap:
            dropped[f"no {gap}"] += 1
            continue
        focus = " ".join((row["question_focus"] or "").split())
        subject, question = focus.lower() or None, f"medquad:{row['document_source']}/{row['question_id']}"
        facts = {
            "type": row["question_type"],
            "focus": focus or None,
            "subject": subject,
            "identities": [question],
        }
        document = f"{question.rpartition('-')[0]}/{subject}"
        yield Record(f"{question}/{subject}", "medquad", document, texts, licence, facts=facts)


def _archived(folder: Path) -> Iterator[dict[str, str | None]]:
    """The questions of the authors' archive, each as a row of the hub's copy."""
    for name, content in members(the_file(folder, ARCHIVE), ".xml"):
        try:
            page = ElementTree.fromstring(content)
        except ElementTree.ParseError as error:
            raise MedteError(f"{folder}: {name} is no XML ({error}); fetch the archive again") from error
        for pair in page.iter("QAPair"):
            question, answer = pair.find("Question"), pair.find("Answer")
            yield {
                "document_source": page.get("source"),
                "question_id": question.get("qid"),
                "question_focus": page.findtext("Focus"),
                "question_type": question.get("qtype"),
                "question": "".join(question.itertext()),
                "answer": "".join(answer.itertext()),
            }


SOURCE = hub.source("medquad", read, "CC BY 4.0")
