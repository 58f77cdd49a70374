"""PubMed: titles and abstracts, from its E-utilities, from its XML files and from tables of systematic reviews.

    searches = [Search("gout"), Search("asthma", first=date(2023, 1, 1), last=date(2023, 3, 31))]
    with Getter(folder, contact(), manners(), say=print) as getter:
        print(plan(getter, searches))  # searches all, fetches one page, says what the others will cost
        fetch(getter, searches)
    for record in read(folder): …

`read` takes a folder filled by `fetch`, and the mirror's: efetch and baseline XML (.xml, .xml.gz, members of .tar.xz) and CSV.
"""

import csv
import gzip
import os
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from medte.errors import MedteError
from medte.manifest import digest, unseal
from medte.records import Record
from medte.sources.archive import members
from medte.sources.getting import Getter, Manners, Plan, Request, Unusable, Walk, json_value, stored_pages

EUTILS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST_IDS = 9_999  # of one search, which PubMed gives at most
BATCH = 200  # articles a page, which NCBI gives to a GET request at most
EARLIEST = date(1800, 1, 1)
TRAINING_TERM = "medicine OR pathology OR clinical trials"  # of the paper's search, what is known of it (recipe §1)
LICENCE = "NLM terms; each abstract as its publisher allows"
REVIEWS = {
    "review_Bannach-Brown_2019": "CC-BY-4.0",
    "review_Nagtegaal_2019": "CC0-1.0",
    "review_van_de_Schoot_2017": "CC-BY-4.0",
}  # licences of the tables, which the tables themselves do not say
NO_TITLE = "[Not Available]."  # what PubMed writes for a title that is neither English nor translated
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

Span = tuple[date, date]  # first and last day


@dataclass(frozen=True)
class Search:
    """The articles that PubMed finds for `term`, published from `first` to `last` and entered by `entered_until`.

    All three dates are pinned (recipe §5, point 15): the same search finds the same articles in later years, up to
    corrections. A search is complete, so that an article's `facts["terms"]` are all that find it: for tasks choose a span
    of a few weeks, the same for all their terms.
    """

    term: str
    first: date = date(2022, 1, 1)
    last: date = date(2024, 12, 31)
    entered_until: date = date(2025, 6, 30)

    def __post_init__(self):
        if not self.first <= self.last <= self.entered_until:
            raise MedteError(
                f"{self.term}: {self.first}, {self.last}, {self.entered_until} are not in the order of time"
            )

    @property
    def walk(self) -> str:
        return f"search-{digest([str(value) for value in asdict(self).values()])}"


def manners() -> Manners:
    """NCBI's limits: 3 requests a second, 10 with a key (`NCBI_API_KEY`); large jobs at night or on weekends, US time."""
    return Manners(per_second=10 if os.environ.get("NCBI_API_KEY") else 3)


def plan(getter: Getter, searches: Sequence[Search], url: str = EUTILS) -> Plan:
    """What fetching the articles will cost. It makes the searches, which are kept, and fetches one page of articles."""
    found, _ = _search_all(getter, searches, url)
    return getter.dry_run("articles", _articles(getter, found, url))


def fetch(getter: Getter, searches: Sequence[Search], url: str = EUTILS) -> dict[str, Any]:
    """Fetch the articles of all searches and return the manifest; an interrupted run goes on where it stopped.

    The manifest says for each search how many articles PubMed counts and how many its windows gave, and how many articles
    were left out by reason. MedteError where a search finds nothing.
    """
    found, about = _search_all(getter, searches, url)
    dropped, seen, records = Counter(), set(), 0
    for body in getter.pages("articles", _articles(getter, found, url)):
        records += sum(1 for _ in _kept(_records(BytesIO(body)), dropped, seen))
    dropped["asked for, not given"] = len({f"pubmed:{pmid}" for pmid in found} - seen)
    return getter.finish(
        {
            "source": "pubmed",
            "query": {"address": url, "searches": about},
            "licence": LICENCE,
            "records": records,
            "left_out": {reason: n for reason, n in sorted(dropped.items()) if n},
        }
    )


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record an article with title and abstract; its document is the PMID, or the row of a table without PMIDs.

    What was fetched comes first, then XML files, the last in the order of names first (an update file replaces what the
    baseline says, and deletes), then tables. `dropped` counts by reason what is left out.
    """
    dropped, seen = Counter() if dropped is None else dropped, set()
    fetched = (folder / "manifest.json").exists()
    files = sorted((file for file in folder.glob("*") if file.name.endswith((".xml", ".xml.gz"))), reverse=True)
    archives, tables = sorted(folder.glob("*.tar.xz")), sorted(folder.glob("*.csv"))
    if not (fetched or files or archives or tables):
        raise MedteError(
            f"{folder} holds no PubMed files (.xml, .xml.gz, .tar.xz, .csv), and nothing was fetched into it"
        )
    if fetched:
        yield from _kept(_fetched(folder), dropped, seen)
    for file in files:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            yield from _kept(_file(file, stream, seen), dropped, seen)
    for archive in archives:
        for name, content in members(archive, ".xml"):
            yield from _kept(_file(archive / name, BytesIO(content), seen), dropped, seen)
    for table in tables:
        yield from _kept(_rows(table, dropped), dropped, seen)


def _kept(records: Iterable[Record], dropped: Counter, seen: set[str]) -> Iterator[Record]:
    """Those with title and abstract whose id is not among the `seen`, to which all are added."""
    for record in records:
        gap = next((name for name, text in record.texts.items() if not text), None)
        if record.id in seen:
            dropped["given again, or deleted"] += 1
        elif gap:
            dropped[f"no {gap}"] += 1
        else:
            yield record
        seen.add(record.id)


def _search_all(getter: Getter, searches: Sequence[Search], url: str) -> tuple[list[str], list[dict[str, Any]]]:
    """PMIDs of all searches, each once, in the order of searches; and what to write down about each search.

    Order and batches of the first searches stay as they are where another one is added at the end.
    """
    found: dict[str, None] = {}
    about = []
    for search in searches:
        walk = _windows(getter, search.term, (search.first, search.last), (EARLIEST, search.entered_until), url)
        pages = [_found(body) for body in getter.pages(search.walk, walk)]
        own = {pmid for _, ids in pages for pmid in ids}
        if not own:
            raise MedteError(f"PubMed finds nothing for {search.term!r} from {search.first} to {search.last}; mend it")
        found |= dict.fromkeys(sorted(own, key=int))
        said = {name: str(value) for name, value in asdict(search).items()}
        about.append(said | {"walk": search.walk, "counted": pages[0][0], "found": len(own)})
    return list(found), about


def _windows(getter: Getter, term: str, published: Span, entered: Span, url: str) -> Walk:
    """A search of one window and, where it holds too many articles, of its halves: by day of publication, then of entry.

    One day may hold too many: what was published in a bare year counts as published on its 1 January.
    """
    when = f"{_range(published)}[dp] AND {_range(entered)}[crdt]"
    params = {"db": "pubmed", "retmode": "json", "retmax": MOST_IDS, "term": f"({term}) AND {when}"}
    count, _ = _found((yield Request(f"{url}/esearch.fcgi", params, _found, _private(getter))))
    if count <= MOST_IDS:
        return
    if published[0] < published[1]:
        for half in _halves(published):
            yield from _windows(getter, term, half, entered, url)
    elif entered[0] < entered[1]:
        for half in _halves(entered):
            yield from _windows(getter, term, published, half, url)
    else:
        raise MedteError(
            f"{count:,} articles for {term!r}, published {published[0]}, entered {entered[0]}; narrow the term"
        )


def _halves(span: Span) -> tuple[Span, Span]:
    middle = span[0] + (span[1] - span[0]) // 2
    return (span[0], middle), (middle + timedelta(days=1), span[1])


def _range(span: Span) -> str:
    return ":".join(day.strftime("%Y/%m/%d") for day in span)


def _private(getter: Getter) -> dict[str, str]:
    """What NCBI wants to know of who asks."""
    key = os.environ.get("NCBI_API_KEY")
    return {"tool": "medte", "email": getter.email} | ({"api_key": key} if key else {})


def _found(body: bytes) -> tuple[int, list[str]]:
    """How many articles a search counts, and their PMIDs, at most 9,999. Unusable where PubMed reports an error."""
    result = json_value(body, "esearchresult")["esearchresult"]
    try:
        if "ERROR" in result:
            raise Unusable(f"PubMed reports {result['ERROR']}")
        count, ids = int(result["count"]), list(result["idlist"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(f"a search without count or ids: {error}") from error
    if len(ids) < min(count, MOST_IDS):
        raise Unusable(f"{len(ids)} ids of {count}")
    return count, ids


def _articles(getter: Getter, pmids: list[str], url: str) -> Walk:
    batches = [pmids[start : start + BATCH] for start in range(0, len(pmids), BATCH)]
    for left, batch in zip(reversed(range(len(batches))), batches, strict=True):
        params = {"db": "pubmed", "retmode": "xml", "id": ",".join(batch)}
        yield Request(f"{url}/efetch.fcgi", params, _has_articles, _private(getter), left)


def _has_articles(body: bytes) -> None:
    try:
        articles = sum(element.tag != "DeleteCitation" for element in _elements(BytesIO(body)))
    except etree.XMLSyntaxError as error:
        raise Unusable(f"no whole XML: {error}") from error
    if not articles:
        raise Unusable(f"no article in {body[:100]!r}")


def _elements(stream: BinaryIO) -> Iterator[etree._Element]:
    """Articles, books and lists of deletions of an XML file, one after another; each is emptied once it was used."""
    tags = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")
    for _, element in etree.iterparse(stream, tag=tags, resolve_entities=False):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _records(stream: BinaryIO, seen: set[str] | None = None) -> Iterator[Record]:
    """A record for each article or book of an XML file; what the file deletes is added to `seen`."""
    for element in _elements(stream):
        if element.tag != "DeleteCitation":
            yield _record(element)
        elif seen is not None:
            seen |= {f"pubmed:{pmid.text}" for pmid in element.iter("PMID")}


def _file(path: Path, stream: BinaryIO, seen: set[str]) -> Iterator[Record]:
    try:
        yield from _records(stream, seen)
    except (etree.XMLSyntaxError, OSError, EOFError, zlib.error) as error:
        raise MedteError(f"{path} is damaged or cut off ({error}); fetch it again") from error


def _fetched(folder: Path) -> Iterator[Record]:
    """Records of what `fetch` brought, with the terms that found each."""
    terms = defaultdict(list)
    for search in unseal(folder)["query"]["searches"]:
        for pmid in {pmid for body in stored_pages(folder, search["walk"]) for pmid in _found(body)[1]}:
            terms[f"pubmed:{pmid}"].append(search["term"])
    for body in stored_pages(folder, "articles"):
        for record in _records(BytesIO(body)):
            yield replace(record, facts={**record.facts, "terms": terms[record.id]})


def _record(article: etree._Element) -> Record:
    """One PubmedArticle or PubmedBookArticle; title or abstract may be empty."""
    identity = f"pubmed:{article.findtext('*/PMID')}"
    about = article.find("MedlineCitation/Article" if article.tag == "PubmedArticle" else "BookDocument")
    title = _text(about.find("ArticleTitle")) or _text(about.find("Book/BookTitle"))
    texts = {"title": "" if title == NO_TITLE else title, "abstract": _abstract(about.find("Abstract"))}
    facts = {
        "mesh": [heading.findtext("DescriptorName") for heading in article.iter("MeshHeading")],
        "doi": article.findtext("PubmedData/ArticleIdList/ArticleId[@IdType='doi']", "").lower(),
        "pmc": article.findtext("PubmedData/ArticleIdList/ArticleId[@IdType='pmc']", ""),
        "copyright": _text(about.find("Abstract/CopyrightInformation")),
    }
    known = {name: value for name, value in facts.items() if value}
    return Record(identity, "pubmed", identity, texts, LICENCE, _date(about), facts=known)


def _text(element: etree._Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _abstract(abstract: etree._Element | None) -> str:
    """All sections of the main abstract, each after its label where it has one (recipe §5, point 15)."""
    sections = []
    for section in [] if abstract is None else abstract.iter("AbstractText"):
        label, text = section.get("Label", ""), _text(section)
        if text:
            sections.append(text if label in ("", "UNLABELLED") else f"{label}: {text}")
    return " ".join(sections)


def _date(about: etree._Element) -> str | None:
    """Day, month or year of publication in ISO form, as exact as the issue says, else as the web page says."""
    for place in (".//PubDate", "ArticleDate"):
        found = about.find(place)
        year = re.search(r"[12]\d{3}", _text(found))  # of Year, or of a MedlineDate such as "1998 Dec-1999 Jan"
        if year:
            month, day = found.findtext("Month", "").lower()[:3], found.findtext("Day", "")
            month = month if month.isdigit() else str(MONTHS.index(month) + 1) if month in MONTHS else ""
            parts = [year[0], *([month] if month else []), *([day] if month and day else [])]
            return "-".join(part.zfill(2) for part in parts)
    return None


def _rows(path: Path, dropped: Counter) -> Iterator[Record]:
    """A record for each row of a table with the columns title and abstract; a row of another length is dropped.

    The PMID is the accession number of rows that come from the NLM. A row that its table calls a duplicate belongs to
    the document of the row that it repeats.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            if not {"title", "abstract"} <= set(rows.fieldnames or []):
                raise MedteError(f"{path} has the columns {rows.fieldnames}; title and abstract are needed")
            for number, row in enumerate(rows, start=1):
                if None in row or None in row.values():
                    dropped["row of another length"] += 1
                else:
                    yield _row(path.stem, str(number), row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise MedteError(f"{path} is no table in UTF-8 ({error}); fetch it again") from error


def _row(table: str, number: str, row: dict[str, str]) -> Record:
    pmid = row["accession_number"] if row.get("database_provider") == "NLM" else ""
    own = row.get("record_id") or row.get("id") or number
    identity = f"pubmed:{pmid}" if pmid.isdigit() else f"pubmed:{table}/{own}"
    repeated = row.get("duplicate_record_id")
    document = f"pubmed:{table}/{repeated}" if repeated else identity
    year = row.get("year", "")
    texts = {name: " ".join(row[name].split()) for name in ("title", "abstract")}
    facts = {"doi": row["doi"].lower()} if row.get("doi") else {}
    licence = REVIEWS.get(table, LICENCE)
    return Record(
        identity, "pubmed", document, texts, licence, year if re.fullmatch(r"[12]\d{3}", year) else None, facts=facts
    )
