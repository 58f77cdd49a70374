"""Articles of the PMC Open Access subset from their JATS files: title and abstract, where the licence allows any use."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from medte.records import Record
from medte.sources.archive import members, the_file


def _text(element: ElementTree.Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _abstract(article: ElementTree.Element) -> str:
    """All paragraphs of the main abstract, without its headings; other abstracts (graphical, summary) are left out."""
    for abstract in article.iter("abstract"):
        if abstract.get("abstract-type") is None:
            return " ".join(filter(None, (_text(paragraph) for paragraph in abstract.iter("p"))))
    return ""


def _licence(article: ElementTree.Element) -> str | None:
    """CC0-1.0 or CC-BY, as the licence's address or wording says; None for anything narrower or unstated."""
    permissions = article.find(".//permissions")
    if permissions is None:
        return None
    addresses = [value for element in permissions.iter() for value in element.attrib.values()]
    said = " ".join([*addresses, _text(permissions)]).lower().replace("-", "").replace(" ", "")
    if "publicdomain/zero" in said:
        return "CC0-1.0"
    narrower = any(
        word in said
        for word in ("noncommercial", "noderiv", "sharealike", "licenses/bync", "licenses/bynd", "licenses/bysa")
    )
    if not narrower and ("licenses/by/" in said or "creativecommonsattribution" in said):
        return "CC-BY"
    return None


def read(folder: Path) -> Iterator[Record]:
    """One record an article with title, abstract and a licence that allows any use; its document is the PMC id."""
    for name, content in members(the_file(folder, "*.tar.xz"), ".nxml"):
        article = ElementTree.fromstring(content)
        texts = {"title": _text(article.find(".//article-title")), "abstract": _abstract(article)}
        licence = _licence(article)
        if licence and all(texts.values()):
            identity = f"pmc:{Path(name).stem}"
            year = article.findtext(".//pub-date/year")
            yield Record(identity, "pmc", identity, texts, licence, year)
