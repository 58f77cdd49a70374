"""PubMed: titles and abstracts, from the E-utilities, from its XML files and from tables of systematic reviews.

    for record in read(folder): …

`read` takes a folder filled by `SOURCE.fetch`, and files that lie there: efetch and baseline XML (.xml, .xml.gz,
members of .tar.xz) and CSV.
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
from medte.sources import entrez, reviews
from medte.sources.entrez import Database, Search, kept, manners
from medte.sources.getting import Getter, contact
from medte.sources.identities import identities
from medte.sources.source import Say, Source
from medte.sources.xml_files import elements, holds_xml, iso_date, text, whole, xml_files

LICENCE = "NLM terms; each abstract as its publisher allows"
TRAINING_TERM = "medicine OR pathology OR clinical trials"  # of the paper's search, what is known of it (recipe §1)
TRAINING_SPAN = date(2024, 5, 6), date(2024, 5, 19)  # two weeks of the paper's three years: some tens of thousands
CLASSES_SPAN = date(2024, 6, 3), date(2024, 6, 23)  # without the first of a month, which stands for the month alone
ARTICLES = ("PubmedArticle", "PubmedBookArticle")
ENDINGS = (".xml", ".xml.gz")
NO_TITLE = "[Not Available]."  # what PubMed writes for a title that is neither English nor translated


def searches(classes: Sequence[str]) -> list[Search]:
    """What is searched for: a part of the paper's training search, and each class over one common span."""
    return [Search(TRAINING_TERM, *TRAINING_SPAN), *(Search(term, *CLASSES_SPAN) for term in classes)]


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record an article with title and abstract; its document is the PMID, or the row of a table without PMIDs.

    What was fetched comes first, then XML files, the last in the order of names first (an update file replaces what the
    baseline says, and deletes), then tables. `dropped` counts by reason what is left out.
    """
    dropped, seen = Counter() if dropped is None else dropped, set()
    tables = sorted(folder.glob("*.csv"))
    if not (entrez.begun(folder) or holds_xml(folder, *ENDINGS) or tables):
        raise MedteError(
            f"{folder} holds no PubMed files (.xml, .xml.gz, .tar.xz, .csv), and nothing was fetched into it"
        )
    if entrez.begun(folder):
        yield from kept(entrez.fetched(folder, DATABASE), dropped, seen)
    for path, stream in xml_files(folder, *ENDINGS):
        with whole(path):
            yield from kept(_records(stream, seen), dropped, seen)
    for table in tables:
        yield from kept(reviews.rows(table, dropped, LICENCE), dropped, seen)


def _records(stream: BinaryIO, seen: set[str] | None = None) -> Iterator[Record]:
    """A record for each article or book of an XML file; what the file deletes is added to `seen`."""
    for element in elements(stream, (*ARTICLES, "DeleteCitation")):
        if element.tag != "DeleteCitation":
            yield _record(element)
        elif seen is not None:
            seen |= {f"pubmed:{pmid.text}" for pmid in element.iter("PMID")}


def _record(article: etree._Element) -> Record:
    """One PubmedArticle or PubmedBookArticle; title or abstract may be empty."""
    pmid = article.findtext("*/PMID")
    about = article.find("MedlineCitation/Article" if article.tag == "PubmedArticle" else "BookDocument")
    title = text(about.find("ArticleTitle")) or text(about.find("Book/BookTitle"))
    texts = {"title": "" if title == NO_TITLE else title, "abstract": _abstract(about.find("Abstract"))}
    facts = {
        "mesh": [heading.findtext("DescriptorName") for heading in article.iter("MeshHeading")],
        "copyright": text(about.find("Abstract/CopyrightInformation")),
    }
    known = {name: value for name, value in facts.items() if value}
    numbers = {number.get("IdType"): number.text for number in article.findall("*/ArticleIdList/ArticleId")}
    doi = numbers.get("doi") or about.findtext("ELocationID[@EIdType='doi']")
    known["identities"] = identities(pmid=pmid, pmc=numbers.get("pmc"), doi=doi)
    return Record(f"pubmed:{pmid}", "pubmed", f"pubmed:{pmid}", texts, LICENCE, _date(about), facts=known)


def _abstract(abstract: etree._Element | None) -> str:
    """All sections of the main abstract, each after its label where it has one (recipe §5, point 15)."""
    sections = []
    for section in [] if abstract is None else abstract.iter("AbstractText"):
        label, words = section.get("Label", ""), text(section)
        if words:
            sections.append(words if label in ("", "UNLABELLED") else f"{label}: {words}")
    return " ".join(sections)


def _date(about: etree._Element) -> str | None:
    """Day, month or year of publication in ISO form, as exact as the issue says, else as the web page says."""
    for place in (".//PubDate", "ArticleDate"):
        found = about.find(place)
        year = re.search(r"[12]\d{3}", text(found))  # of Year, or of a MedlineDate such as "1998 Dec-1999 Jan"
        if year:
            return iso_date(year[0], found.findtext("Month", ""), found.findtext("Day", ""))
    return None


DATABASE = Database(
    name="pubmed",
    identity="pubmed:{}",
    entered="crdt",
    batch=200,  # which NCBI gives to a GET request at most
    tags=ARTICLES,
    records=_records,
    licence=LICENCE,
)


def _fetch(folder: Path, classes: Sequence[str], say: Say) -> dict[str, Any]:
    with Getter(folder, contact(), manners(), say) as getter:
        return entrez.fetch(getter, DATABASE, searches(classes))


def _plan(folder: Path, classes: Sequence[str], say: Say) -> str:
    with Getter(folder, contact(), manners(), say) as getter:
        cost = entrez.plan(getter, DATABASE, searches(classes))
    return f"PubMed, {1 + len(classes)} complete searches: {cost}"


SOURCE = Source("pubmed", read, LICENCE, fetch=_fetch, plan=_plan)
