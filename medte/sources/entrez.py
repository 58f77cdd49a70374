"""NCBI's E-utilities: complete searches of an Entrez database by day, and its articles in batches.

searches = [Search("gout"), Search("asthma", first=date(2023, 1, 1), last=date(2023, 3, 31))]
with Getter(folder, contact(), manners(), say=print) as getter:
    print(plan(getter, database, searches))  # searches all, fetches one page, says what the others will cost
    fetch(getter, database, searches)
for record in fetched(folder, database): …
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from medte.errors import MedteError
from medte.manifest import digest, unseal
from medte.records import Record
from medte.sources.getting import Getter, Manners, Plan, Request, Unusable, Walk, json_value, stored_pages
from medte.sources.xml_files import require_elements

EUTILS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST_IDS = 9_999  # of one search: what PubMed gives at most, and PMC gives as well
EARLIEST = date(1800, 1, 1)

Span = tuple[date, date]  # first and last day


@dataclass(frozen=True)
class Database:
    """What differs between Entrez databases."""

    name: str  # as Entrez calls it; the source's name too
    identity: str  # of a record, from the database's number for it
    entered: str  # the field that says on which day an article came into the database
    batch: int  # articles a page
    tags: tuple[str, ...]  # elements of a page that are articles
    records: Callable[[BinaryIO], Iterator[Record]]  # of a page
    licence: str
    narrowing: str = ""  # what every search is narrowed to


@dataclass(frozen=True)
class Search:
    """The articles that a database finds for `term`, published from `first` to `last`, entered by `entered_until`.

    All three dates are pinned (recipe §5, point 15): the same search finds the same articles in later years, up to
    corrections. A search is complete, so that an article's `facts["terms"]` are all that find it: for tasks choose a
    span of a few weeks, the same for all their terms.
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
    """NCBI's limits: 3 requests a second, 10 with a key (`NCBI_API_KEY`); large jobs at night or weekends, US time."""
    return Manners(per_second=10 if os.environ.get("NCBI_API_KEY") else 3)


def plan(getter: Getter, database: Database, searches: Sequence[Search], url: str = EUTILS) -> Plan:
    """What fetching the articles will cost. It makes the searches, which are kept, and fetches one page of articles."""
    found, _ = _search_all(getter, database, searches, url)
    return getter.dry_run("articles", _articles(getter, database, found, url))


def fetch(getter: Getter, database: Database, searches: Sequence[Search], url: str = EUTILS) -> dict[str, Any]:
    """Fetch the articles of all searches and return the manifest; an interrupted run goes on where it stopped.

    The manifest says for each search how many articles the database counts and how many its windows gave, and how many
    articles were left out by reason. MedteError where a search finds nothing.
    """
    found, about = _search_all(getter, database, searches, url)
    dropped, seen, records = Counter(), set(), 0
    for body in getter.pages("articles", _articles(getter, database, found, url)):
        records += sum(1 for _ in kept(database.records(BytesIO(body)), dropped, seen))
    dropped["asked for, not given"] = len({database.identity.format(number) for number in found} - seen)
    return getter.finish(
        {
            "source": database.name,
            "query": {"address": url, "narrowing": database.narrowing, "searches": about},
            "licence": database.licence,
            "records": records,
            "left_out": {reason: n for reason, n in sorted(dropped.items()) if n},
        }
    )


def begun(folder: Path) -> bool:
    """Whether a fetch was begun in the folder; `fetched` says whether it was finished."""
    return any(folder.glob("search-*"))


def fetched(folder: Path, database: Database) -> Iterator[Record]:
    """Records of what `fetch` brought, repeats and gaps among them, each with the terms that found it.

    MedteError where the fetch was never finished.
    """
    terms = defaultdict(list)
    for search in unseal(folder)["query"]["searches"] if (folder / "manifest.json").exists() else ():
        for number in {number for body in stored_pages(folder, search["walk"]) for number in _found(body)[1]}:
            terms[database.identity.format(number)].append(search["term"])
    for body in stored_pages(folder, "articles"):
        for record in database.records(BytesIO(body)):
            yield replace(record, facts={**record.facts, "terms": terms[record.id]})


def kept(records: Iterable[Record], dropped: Counter, seen: set[str]) -> Iterator[Record]:
    """Those with a licence and all their texts whose id is not among the `seen`, to which all are added.

    `dropped` counts the others by reason.
    """
    for record in records:
        gap = next((name for name, content in record.texts.items() if not content), None)
        if record.id in seen:
            dropped["given again, or deleted"] += 1
        elif not record.licence:
            dropped["no licence that allows any use"] += 1
        elif gap:
            dropped[f"no {gap}"] += 1
        else:
            yield record
        seen.add(record.id)


def _search_all(
    getter: Getter, database: Database, searches: Sequence[Search], url: str
) -> tuple[list[str], list[dict[str, Any]]]:
    """Numbers of the articles of all searches, each once, in the order of searches; what to write down about each.

    Order and batches of the first searches stay as they are where another one is added at the end.
    """
    if not searches:
        raise MedteError(f"nothing to search {database.name} for; hand in the classes of its tasks")
    found: dict[str, None] = {}
    about = []
    for search in searches:
        term = f"({search.term}){' AND ' if database.narrowing else ''}{database.narrowing}"
        published, entered = (search.first, search.last), (EARLIEST, search.entered_until)
        pages = [
            _found(body)
            for body in getter.pages(search.walk, _windows(getter, database, term, published, entered, url))
        ]
        own = {number for _, ids in pages for number in ids}
        if not own:
            raise MedteError(
                f"{database.name} finds nothing for {search.term!r} from {search.first} to {search.last}; mend it"
            )
        found |= dict.fromkeys(sorted(own, key=int))
        said = {name: str(value) for name, value in asdict(search).items()}
        about.append(said | {"walk": search.walk, "counted": pages[0][0], "found": len(own)})
    return list(found), about


def _windows(getter: Getter, database: Database, term: str, published: Span, entered: Span, url: str) -> Walk:
    """A search of one window and, where it holds too many articles, of its halves: by day of publication, then entry.

    One day may hold too many: what was published in a bare year counts as published on its 1 January.
    """
    when = f"{_range(published)}[dp] AND {_range(entered)}[{database.entered}]"
    params = {"db": database.name, "retmode": "json", "retmax": MOST_IDS, "term": f"{term} AND {when}"}
    count, _ = _found((yield Request(f"{url}/esearch.fcgi", params, _found, _private(getter))))
    if count <= MOST_IDS:
        return
    if published[0] < published[1]:
        for half in _halves(published):
            yield from _windows(getter, database, term, half, entered, url)
    elif entered[0] < entered[1]:
        for half in _halves(entered):
            yield from _windows(getter, database, term, published, half, url)
    else:
        raise MedteError(
            f"{count:,} articles for {term}, published {published[0]}, entered {entered[0]}; narrow the term"
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
    """How many articles a search counts, and their numbers, at most 9,999. Unusable where Entrez reports an error."""
    result = json_value(body, "esearchresult")["esearchresult"]
    try:
        if "ERROR" in result:
            raise Unusable(f"Entrez reports {result['ERROR']}")
        count, ids = int(result["count"]), list(result["idlist"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(f"a search without count or ids: {error}") from error
    if len(ids) < min(count, MOST_IDS):
        raise Unusable(f"{len(ids)} ids of {count}")
    return count, ids


def _articles(getter: Getter, database: Database, numbers: list[str], url: str) -> Walk:
    batches = [numbers[start : start + database.batch] for start in range(0, len(numbers), database.batch)]
    check = partial(require_elements, tags=database.tags)
    for left, batch in zip(reversed(range(len(batches))), batches, strict=True):
        params = {"db": database.name, "retmode": "xml", "id": ",".join(batch)}
        yield Request(f"{url}/efetch.fcgi", params, check, _private(getter), left)
