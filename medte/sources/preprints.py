"""bioRxiv and medRxiv: titles and abstracts of preprints, from their common API and from tables.

    with Getter(folder / "medrxiv", contact(), MANNERS, say=print) as getter:
        print(plan(getter, "medrxiv", window))
        fetch(getter, "medrxiv", window)
    for record in medrxiv(folder): …

A preprint is identified by its DOI, and only the latest of its versions counts (recipe §5, point 16). A folder
holds both servers: what was fetched of each, in a folder of its name, and tables (`*.csv`, `*.csv.xz`) of the kind of
"COVID-19 preprints" (CC0), whose abstracts have the JATS markup that Crossref gives.
"""

import html
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from medte.errors import MedteError, require_known
from medte.records import Record
from medte.sources.archive import table
from medte.sources.getting import (
    Getter,
    Manners,
    Plan,
    Request,
    Unusable,
    Walk,
    contact,
    json_value,
    stored_pages,
)
from medte.sources.identities import identities
from medte.sources.source import Say, Source

URL = "https://api.biorxiv.org/details"
MANNERS = Manners(per_second=1)  # no limit is documented
SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}  # as the API's addresses and as tables name them
API_FIELDS = ("doi", "title", "abstract", "date", "version", "license", "category", "published")
LICENCES = {
    "cc0": "CC0-1.0",
    "cc0_ng": "CC0-1.0",
    "cc_no": "all rights reserved",
    "": "not stated",
}  # any other is named like cc_by_nc_nd
TABLE_COLUMNS = {"source", "doi", "posted_date", "title", "abstract"}
TABLE_LICENCE = "CC0-1.0"
GAPS = ("", "na", "none")  # what stands for a title or an abstract that is not there, in lower case
WITHDRAWN = re.compile(
    r"\Awithdrawn\b|\b(manuscript|article|preprint|paper) has been withdrawn\b"
    r"|\bha(s|ve) withdrawn (this|their|the) (manuscript|article|preprint|paper)\b",
    re.IGNORECASE,
)  # in title or abstract of a notice that takes a preprint's place

LICENCE = "as each preprint's authors chose"
Window = tuple[date, date]  # the first and the last day of posting
PAPERS_WINDOWS = {
    "biorxiv": (date(2016, 1, 1), date(2022, 12, 31)),
    "medrxiv": (date(2016, 1, 1), date(2024, 12, 31)),
}  # recipe §1


@dataclass(frozen=True)
class _Version:
    """A version of a preprint; `number` counts from 1, and is 0 where a table does not say it."""

    doi: str
    title: str
    abstract: str
    posted: str
    number: int
    licence: str
    category: str | None
    article: str = ""  # DOI of the journal's article that it became


def plan(getter: Getter, server: str, window: Window, url: str = URL) -> Plan:
    """What `fetch` will cost; one page is asked for, and kept."""
    return getter.dry_run("versions", _walk(server, window, url))


def fetch(getter: Getter, server: str, window: Window, url: str = URL) -> dict[str, Any]:
    """Fetch every version that a server posted in the window and return the manifest.

    Its `records` counts versions. An interrupted run goes on where it stopped; the window should be past, so that
    nothing is added to it meanwhile.
    """
    found = sum(len(json_value(body)["collection"]) for body in getter.pages("versions", _walk(server, window, url)))
    asked = {"address": url, "window": [str(day) for day in window]}
    return getter.finish({"source": server, "query": asked, "licence": LICENCE, "records": found})


def biorxiv(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record a preprint of bioRxiv: title and abstract of its latest version, as `_read` says."""
    return _read(folder, "biorxiv", dropped)


def medrxiv(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record a preprint of medRxiv: title and abstract of its latest version, as `_read` says."""
    return _read(folder, "medrxiv", dropped)


def _read(folder: Path, server: str, dropped: Counter | None) -> Iterator[Record]:
    """The records of a server; its subject category is in `facts["categories"]`, where it is known.

    `dropped` counts by reason what is left out. MedteError where a file is damaged or the folder is unfinished.
    """
    dropped = Counter() if dropped is None else dropped
    latest: dict[str, tuple] = {}
    for place, version in enumerate(_versions(folder, server)):
        rank = (version.number, version.posted, -place)
        latest[version.doi] = max(rank, latest.get(version.doi, rank))
    for place, version in enumerate(_versions(folder, server)):
        if latest[version.doi][-1] != -place:
            dropped["version that is not the latest"] += 1
        elif WITHDRAWN.search(version.title) or WITHDRAWN.search(version.abstract):
            dropped["withdrawn"] += 1
        elif version.title.lower() in GAPS or version.abstract.lower() in GAPS:
            dropped["without title or abstract"] += 1
        else:
            identity = f"{server}:{version.doi}"
            texts = {"title": version.title, "abstract": version.abstract}
            facts = {
                "categories": [version.category] if version.category else [],
                "identities": identities(doi=version.doi) + identities(doi=version.article),
            }
            yield Record(identity, server, identity, texts, version.licence, version.posted, facts=facts)


def _walk(server: str, window: Window, url: str) -> Walk:
    """The walk through a window: each page begins at the count of what came before, however many versions a page has.

    The API's help says 100 a page, it gives 30; behind the end it answers with an error.
    """
    require_known("server", [server], SERVERS)
    first, last = window
    if first > last:
        raise MedteError(f"{server}: the window ends on {last}, before it begins on {first}")
    cursor, total, left = 0, 1, None
    while cursor < total:
        address = f"{url}/{server}/{first}/{last}/{cursor}"
        page = _page((yield Request(address, check=partial(_page, cursor=cursor), left=left)), cursor)
        cursor += len(page["collection"])
        total = int(page["messages"][0]["total"])
        left = math.ceil((total - cursor) / len(page["collection"])) - 1


def _page(body: bytes, cursor: int) -> dict:
    """A page of the API. Unusable where it has no versions, or not those from `cursor` on."""
    page = json_value(body, "messages", "collection")
    said = page["messages"][0] if page["messages"] else {}
    if said.get("status") != "ok" or not page["collection"]:
        raise Unusable(f"a page without preprints, which says {said.get('status')!r}")
    if str(said.get("cursor")) != str(cursor):
        raise Unusable(f"the page from {said.get('cursor')} instead of the one from {cursor}")
    if not str(said.get("total")).isdigit():
        raise Unusable("a page that does not say how many versions there are")
    return page


def _versions(folder: Path, server: str) -> Iterator[_Version]:
    """Every version of the server in each file, in order, which may be none. MedteError at one without a DOI."""
    tables = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.xz")])
    if not (tables or any((folder / name).is_dir() for name in SERVERS)):
        raise MedteError(f"{folder} holds no preprints: fetch them, or put tables there (*.csv, *.csv.xz)")
    pages = stored_pages(folder / server, "versions") if (folder / server).is_dir() else ()
    for page in map(json_value, pages):
        yield from _identified(map(_from_api, page["collection"]), folder / server)
    for path in tables:
        preprints = table(path, TABLE_COLUMNS)
        ours = preprints[preprints["source"] == SERVERS[server]]
        yield from _identified(map(_from_table, ours.to_dict("records")), path)


def _identified(versions: Iterable[_Version], path: Path) -> Iterator[_Version]:
    for version in versions:
        if not version.doi.startswith("10."):
            raise MedteError(f"{path}: {version.doi!r}, of {version.title!r}, is no DOI; fetch the file again")
        yield version


def _from_api(row: dict[str, Any]) -> _Version:
    said = {name: str(row.get(name) or "").strip() for name in API_FIELDS}
    return _Version(
        doi=said["doi"].lower(),
        title=_plain(said["title"]),
        abstract=_plain(said["abstract"]),
        posted=said["date"],
        number=int(said["version"] or 0),
        licence=LICENCES.get(said["license"], said["license"].upper().replace("_", "-")),
        category=said["category"] or None,
        article=said["published"],
    )


def _from_table(row: dict[str, str]) -> _Version:
    title, abstract = _plain(row["title"]), _plain(row["abstract"])
    return _Version(row["doi"].strip().lower(), title, abstract, row["posted_date"], 0, TABLE_LICENCE, None)


def _plain(text: str) -> str:
    """The words of a text; of one with JATS markup, its paragraphs without headings and labels."""
    text = re.sub(r"<jats:(title|label)\b.*?</jats:\1>", " ", text, flags=re.DOTALL)
    text = re.sub(r"</?jats:(p|sec|list|list-item|disp-formula|break)\b[^>]*>", " ", text)
    return " ".join(html.unescape(re.sub(r"</?(jats|mml):[^>]*>", "", text)).split())


def _fetch(server: str, folder: Path, classes: Sequence[str], say: Say) -> dict[str, Any]:
    """All that the server posted in the paper's window, whatever the classes: its task has none."""
    with Getter(folder / server, contact(), MANNERS, say) as getter:
        return fetch(getter, server, PAPERS_WINDOWS[server])


def _plan(server: str, folder: Path, classes: Sequence[str], say: Say) -> str:
    with Getter(folder / server, contact(), MANNERS, say) as getter:
        cost = plan(getter, server, PAPERS_WINDOWS[server])
    return f"{SERVERS[server]}, posted from {PAPERS_WINDOWS[server][0]} to {PAPERS_WINDOWS[server][1]}: {cost}"


def _source(server: str, read: Callable[[Path, Counter], Iterator[Record]]) -> Source:
    return Source(server, read, LICENCE, fetch=partial(_fetch, server), plan=partial(_plan, server), folder="preprints")


BIORXIV, MEDRXIV = _source("biorxiv", biorxiv), _source("medrxiv", medrxiv)
