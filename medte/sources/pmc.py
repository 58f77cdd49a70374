"""Articles of the PMC Open Access subset from their JATS files: title and abstract, where the licence allows any use."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from medte.records import Record
from medte.sources.archive import members, the_file

LICENCES = {"publicdomain/zero": "CC0-1.0", "licenses/by/": "CC-BY"}  # by what stands in the licence's address


def _text(element: ElementTree.Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _abstract(article: ElementTree.Element) -> str:
    """All paragraphs of the main abstract, without its headings; other abstracts (graphical, summary) are left out."""
    for abstract in article.iter("abstract"):
        if abstract.get("abstract-type") is None:
            return " ".join(filter(None, (_text(paragraph) for paragraph in abstract.iter("p"))))
    return ""


def _licence(content: bytes) -> str | None:
    head = content.decode("utf-8", errors="replace").lower()
    for mark, licence in LICENCES.items():
        if f"creativecommons.org/{mark}" in head:
            return licence
    return None


def read(folder: Path) -> Iterator[Record]:
    """One record an article that has a title and an abstract; its document is the PMC id."""
    for name, content in members(the_file(folder, "*.tar.xz"), ".nxml"):
        article = ElementTree.fromstring(content)
        texts = {"title": _text(article.find(".//article-title")), "abstract": _abstract(article)}
        licence = _licence(content)
        if all(texts.values()):
            identity = f"pmc:{Path(name).stem}"
            year = article.findtext(".//pub-date/year")
            yield Record(identity, "pmc", identity, texts, licence or "as stated in the file", year)
