"""PMC Open Access subset: title, abstract and keywords of articles whose licence allows any use, from their JATS XML.

    for record in read(folder): …

`read` takes a folder filled by `SOURCE.fetch` (through the E-utilities, which PMC allows for automated retrieval), and
files that lie there: single articles (.nxml, .xml) and archives of them (.tar.xz).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from medte.errors import MedteError
from medte.records import Record
from medte.sources import entrez
from medte.sources.entrez import Database, Search, kept, manners
from medte.sources.getting import Getter, contact
from medte.sources.identities import identities
from medte.sources.source import Say, Source
from medte.sources.xml_files import elements, holds_xml, iso_date, text, whole, xml_files

LICENCE = "CC BY or CC0, as each article says"
ANY_USE = '"open access"[filter] AND ("cc by license"[filter] OR "cc0 license"[filter])'  # PMC's names for them
CLASSES_SPAN = date(2024, 6, 3), date(2024, 6, 16)  # two weeks: whole papers come, each some hundred kilobytes
ENDINGS = (".nxml", ".xml")
FIRST_PUBLISHED = ("epub", "pub", "epub-ppub", "ppub", "collection", None)  # kinds of dates, the best first
A_PAGE = Path("a fetched page")
NARROWER = ("noncommercial", "noderiv", "sharealike", "licenses/bync", "licenses/bynd", "licenses/bysa")


def searches(classes: Sequence[str]) -> list[Search]:
    """What is searched for: each class over one common span; the paper does not train on PMC."""
    return [Search(term, *CLASSES_SPAN) for term in classes]


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record an article with title, abstract and a licence that allows any use; its document is the PMC id.

    `facts["keywords"]` are the authors'. What was fetched comes first, then files. `dropped` counts by reason what is
    left out. MedteError where a file is damaged or the folder is unfinished.
    """
    dropped, seen = Counter() if dropped is None else dropped, set()
    if not (entrez.begun(folder) or holds_xml(folder, *ENDINGS)):
        raise MedteError(f"{folder} holds no articles (.nxml, .xml, .tar.xz), and nothing was fetched into it")
    if entrez.begun(folder):
        yield from kept(entrez.fetched(folder, DATABASE), dropped, seen)
    for path, stream in xml_files(folder, *ENDINGS):
        with whole(path):
            yield from kept(_records(stream, path), dropped, seen)


def _records(stream: BinaryIO, path: Path = A_PAGE) -> Iterator[Record]:
    """A record for each article of an XML file or page; one that does not say its PMC id has that of the file."""
    for article in elements(stream, ("article",)):
        yield _record(article, path)


def _record(article: etree._Element, path: Path) -> Record:
    """One article; title, abstract or licence may be empty."""
    meta = article.find("front/article-meta")
    if meta is None:
        raise MedteError(f"{path} holds an article without front matter (article-meta); fetch it again")
    numbers = {number.get("pub-id-type"): text(number) for number in meta.findall("article-id")}
    named = numbers.get("pmcid") or numbers.get("pmc") or path.stem
    number = re.fullmatch(r"(?:PMC)?(\d+)", named)
    if number is None:
        raise MedteError(f"{path} holds an article without PMC id; fetch it again")
    identity = f"pmc:PMC{number[1]}"
    texts = {"title": text(meta.find("title-group/article-title")), "abstract": _abstract(meta)}
    facts = {
        "keywords": _keywords(meta),
        "identities": identities(pmid=numbers.get("pmid"), pmc=number[1], doi=numbers.get("doi")),
    }
    return Record(identity, "pmc", identity, texts, _licence(meta), _date(meta), facts=facts)


def _abstract(meta: etree._Element) -> str:
    """All paragraphs of the main abstract, without its headings; other abstracts (graphical, summary) are left out."""
    for abstract in meta.findall("abstract"):
        if abstract.get("abstract-type") in (None, "normal"):
            outermost = (part for part in abstract.iter("p") if next(part.iterancestors("p"), None) is None)
            return " ".join(filter(None, map(text, outermost)))
    return ""


def _keywords(meta: etree._Element) -> list[str]:
    groups = (group for group in meta.findall("kwd-group") if group.get("kwd-group-type") != "abbreviations")
    return [word for group in groups for keyword in group.findall("kwd") if (word := text(keyword))]


def _licence(meta: etree._Element) -> str:
    """CC0-1.0 or CC-BY, as the licence's address or wording says; empty for anything narrower or unstated."""
    permissions = meta.find("permissions")
    if permissions is None:
        return ""
    addresses = [value for element in permissions.iter() for value in element.attrib.values()]
    said = " ".join([*addresses, text(permissions)]).lower().replace("-", "").replace(" ", "")
    if "publicdomain/zero" in said:
        return "CC0-1.0"
    if any(word in said for word in NARROWER):
        return ""
    return "CC-BY" if "licenses/by/" in said or "creativecommonsattribution" in said else ""


def _date(meta: etree._Element) -> str | None:
    """Day, month or year of the first publication in ISO form, as exact as it is given; not that of release in PMC."""
    dates = {found.get("pub-type") or found.get("date-type"): found for found in reversed(meta.findall("pub-date"))}
    for kind in FIRST_PUBLISHED:
        if kind in dates and dates[kind].findtext("year"):
            return iso_date(*(text(dates[kind].find(part)) for part in ("year", "month", "day")))
    return None


DATABASE = Database(
    name="pmc",
    identity="pmc:PMC{}",
    entered="pmcrdat",
    batch=25,  # whole papers: a page is then some megabytes
    tags=("article",),
    records=_records,
    licence=LICENCE,
    narrowing=ANY_USE,
)


def _fetch(folder: Path, classes: Sequence[str], say: Say) -> dict[str, Any]:
    with Getter(folder, contact(), manners(), say) as getter:
        return entrez.fetch(getter, DATABASE, searches(classes))


def _plan(folder: Path, classes: Sequence[str], say: Say) -> str:
    with Getter(folder, contact(), manners(), say) as getter:
        cost = entrez.plan(getter, DATABASE, searches(classes))
    return f"PMC, {len(classes)} complete searches: {cost}"


SOURCE = Source("pmc", read, LICENCE, fetch=_fetch, plan=_plan)
