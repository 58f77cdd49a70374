"""ClinicalTrials.gov (public domain): registered studies, from its API (v2) and from JSON, XML and CSV files.

    with Getter(folder, contact(), MANNERS, say=print) as getter:
        print(plan(getter, "asthma"))
        fetch(getter, "asthma")
    for record in read(folder): …

`read` takes what `fetch` left in a folder, and every file that lies there too.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from medte.errors import MedteError
from medte.records import Record
from medte.sources import trial_formats
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
from medte.sources.source import Say, Source
from medte.sources.trial_formats import LICENCE, SITE_COLUMNS, SMALL_TABLE_COLUMNS
from medte.sources.xml_files import elements, holds_xml, whole, xml_files

URL = "https://clinicaltrials.gov/api/v2/studies"
MANNERS = Manners(per_second=0.8)  # no limit is documented; clients are told of 50 a minute, robots.txt of one a second
PAGE_SIZE = 1000  # studies, the most that the API gives at once
PAGES = 400  # at most, as in the paper (recipe §1)
FIELDS = (
    "NCTId",
    "BriefTitle",
    "OfficialTitle",
    "DetailedDescription",
    "PrimaryOutcomeMeasure",
    "PrimaryOutcomeDescription",
    "Condition",
    "StudyFirstPostDate",
)  # what is asked for of each study; a whole one, with its places and results, is many times as long


def plan(getter: Getter, query: str = "", pages: int = PAGES, url: str = URL) -> Plan:
    """What `fetch` will cost; one page is asked for, and kept."""
    return getter.dry_run("studies", _walk(query, pages, url))


def fetch(getter: Getter, query: str = "", pages: int = PAGES, url: str = URL) -> dict[str, Any]:
    """Fetch the studies that `query` finds (all, where it is empty) and return the manifest.

    At most `pages` of 1000 studies: 400 are fewer than all. An interrupted run goes on where it stopped.
    """
    found = sum(len(json_value(body)["studies"]) for body in getter.pages("studies", _walk(query, pages, url)))
    asked = {"address": url, "term": query, "fields": list(FIELDS), "most_pages": pages}
    return getter.finish({"source": "clinicaltrials", "query": asked, "licence": LICENCE, "records": found})


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record a study, identified by its NCT number.

    Its texts are those that it has of official_title, detailed_description, primary_outcomes (all of them) and
    first_primary_outcome. Where no official title is known the registry's brief one stands in for it, which
    `facts["title_kind"]` ("official" or "brief") says. Further facts: its conditions, and the first of them in lower
    case as `subject` and `group`. Of a study that is there several times the fullest record is kept, and one with an
    official title rather than any without. `dropped` counts by reason what is left out. MedteError where a file is
    damaged or the folder is unfinished.
    """
    dropped = Counter() if dropped is None else dropped
    fullest: dict[str, tuple] = {}
    for place, record in enumerate(_records(folder)):
        rank = (*_fullness(record), -place)
        fullest[record.id] = max(rank, fullest.get(record.id, rank))
    for place, record in enumerate(_records(folder)):
        if fullest[record.id][-1] != -place:
            dropped["study that is there already"] += 1
        elif not record.texts:
            dropped["study without text"] += 1
        else:
            yield record


def _walk(query: str, pages: int, url: str) -> Walk:
    """The walk from page to page, by the token that each gives for the next."""
    params = {"fields": ",".join(FIELDS), "pageSize": PAGE_SIZE, "countTotal": "true"}
    if query:
        params["query.term"] = query
    seen, total, left = 0, 0, None
    for number in range(1, pages + 1):
        page = _page((yield Request(url, params, check=partial(_page, seen=seen, total=total), left=left)), seen, total)
        if "nextPageToken" not in page:
            return
        params = params | {"pageToken": page["nextPageToken"]}
        seen, total = seen + len(page["studies"]), page.get("totalCount", total)
        left = max(0, min(pages - number, math.ceil((total - seen) / PAGE_SIZE)) - 1) if total else None


def _page(body: bytes, seen: int, total: int) -> dict:
    """A page of the API. Unusable where it ends the list, or is empty, before as many studies came as there are.

    Before it came `seen` of `total`, which only the first page says (0: not known).
    """
    page = json_value(body, "studies")
    seen, total = seen + len(page["studies"]), page.get("totalCount", total)
    if "nextPageToken" in page and not page["studies"]:
        raise Unusable("a page without studies that names a next one")
    if "nextPageToken" not in page and seen < total:
        raise Unusable(f"a page that ends the list after {seen:,} of {total:,} studies")
    return page


def _fullness(record: Record) -> tuple[bool, int, int]:
    return record.facts["title_kind"] == "official", len(record.texts), sum(map(len, record.texts.values()))


def _records(folder: Path) -> Iterator[Record]:
    """A record for each study of each file, repeats and empty ones among them."""
    exports = sorted(folder.glob("ctg-studies*.json"))
    tables = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.xz")])
    fetched = (folder / "studies").is_dir()
    if not (exports or tables or fetched or holds_xml(folder, ".xml")):
        raise MedteError(
            f"{folder} holds no studies: fetch them, or put exports there "
            "(ctg-studies*.json, *.xml, *.tar.xz, *.csv, *.csv.xz)"
        )
    for page in map(json_value, stored_pages(folder, "studies") if fetched else ()):
        yield from _identified(map(trial_formats.from_json, page["studies"]), folder / "studies")
    for path in exports:
        yield from _identified(map(trial_formats.from_json, _export(path)), path)
    for path, stream in xml_files(folder, ".xml"):
        with whole(path):
            yield from _identified(map(trial_formats.from_xml, elements(stream, ("clinical_study",))), path)
    for path in tables:
        studies = table(path, SITE_COLUMNS, SMALL_TABLE_COLUMNS)
        from_row = trial_formats.from_site if "NCT Number" in studies else trial_formats.from_small_table
        yield from _identified(map(from_row, studies.to_dict("records")), path)


def _identified(records: Iterable[Record], path: Path) -> Iterator[Record]:
    """The records. MedteError at one without an NCT number."""
    for number, record in enumerate(records, start=1):
        if not re.fullmatch(r"clinicaltrials:NCT\d{8}", record.id):
            raise MedteError(f"{path}, study {number}: {record.id!r} is no NCT number; fetch or export it again")
        yield record


def _export(path: Path) -> list[dict]:
    """The studies of one of the site's JSON exports. MedteError where it is damaged or something else."""
    try:
        studies = json.loads(path.read_bytes())
    except ValueError as error:
        raise MedteError(f"{path} is damaged ({error}); export it again") from error
    if not (isinstance(studies, list) and all(isinstance(study, dict) for study in studies)):
        raise MedteError(f"{path} should be a list of studies, as the site exports it; export it again as JSON")
    return studies


def _fetch(folder: Path, classes: Sequence[str], say: Say) -> dict[str, Any]:
    """Every study, whatever the classes: the trials' tasks have none."""
    with Getter(folder, contact(), MANNERS, say) as getter:
        return fetch(getter)


def _plan(folder: Path, classes: Sequence[str], say: Say) -> str:
    with Getter(folder, contact(), MANNERS, say) as getter:
        return f"ClinicalTrials.gov, every study: {plan(getter)}"


SOURCE = Source("clinicaltrials", read, LICENCE, fetch=_fetch, plan=_plan)
