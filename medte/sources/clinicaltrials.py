"""ClinicalTrials.gov (public domain): registered studies, from its API (v2) and from its site's JSON and CSV exports.

    with Getter(folder, contact(), MANNERS, say=print) as getter:
        print(plan(getter, "asthma"))
        fetch(getter, "asthma")
    for record in read(folder): …

`read` takes what `fetch` left in a folder, and every export that lies there too. CSV files have no official title and no
detailed description: their title, which is the registry's short one, stands in for the official title, and
`facts["title_kind"]` says so.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from medte.errors import MedteError
from medte.records import Record
from medte.sources.archive import table
from medte.sources.getting import Getter, Manners, Plan, Request, Unusable, Walk, json_value, stored_pages

URL = "https://clinicaltrials.gov/api/v2/studies"
LICENCE = "public domain"
MANNERS = Manners(per_second=0.8)  # no limit is documented; clients are told of 50 a minute, robots.txt of one a second
PAGE_SIZE = 1000  # studies, the most that the API gives at once
FIELDS = (
    "NCTId",
    "OfficialTitle",
    "DetailedDescription",
    "PrimaryOutcomeMeasure",
    "PrimaryOutcomeDescription",
    "Condition",
    "StudyFirstPostDate",
)  # what is asked for of each study; a whole one, with its places and results, is many times as long
SITE_COLUMNS = {"NCT Number", "Study Title", "Conditions"}  # in every export; outcomes and first posting only in some
SMALL_TABLE_COLUMNS = {"nct_id", "title", "disease", "outcome_measure"}
SMALL_TABLE_LICENCE = "MIT"


def plan(getter: Getter, query: str = "", pages: int = 400, url: str = URL) -> Plan:
    """What `fetch` will cost; one page is asked for, and kept."""
    return getter.dry_run("studies", _walk(query, pages, url))


def fetch(getter: Getter, query: str = "", pages: int = 400, url: str = URL) -> dict[str, Any]:
    """Fetch the studies that `query` finds (all, where it is empty) and return the manifest.

    At most `pages` of 1000 studies: the paper's 400 (recipe §1) are fewer than all. An interrupted run goes on where it
    stopped.
    """
    found = sum(len(json_value(body)["studies"]) for body in getter.pages("studies", _walk(query, pages, url)))
    asked = {"address": url, "term": query, "fields": list(FIELDS), "most_pages": pages}
    return getter.finish({"source": "clinicaltrials", "query": asked, "licence": LICENCE, "records": found})


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record a study, identified by its NCT number; of one that is there several times, the fullest.

    Its texts are those that it has of official_title, detailed_description, primary_outcomes (all of them) and
    first_primary_outcome. Its facts are its conditions, the first of them in lower case as `subject` and `group`, and
    `title_kind` ("official" or "brief"). `dropped` counts by reason what is left out. MedteError where a file is damaged or
    the folder is unfinished.
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


def _fullness(record: Record) -> tuple[int, bool, int]:
    return len(record.texts), record.facts["title_kind"] == "official", sum(map(len, record.texts.values()))


def _records(folder: Path) -> Iterator[Record]:
    """A record for each study of each file, repeats and empty ones among them."""
    exports = sorted(folder.glob("ctg-studies*.json"))
    tables = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.xz")])
    fetched = (folder / "studies").is_dir()
    if not (exports or tables or fetched):
        raise MedteError(
            f"{folder} holds no studies: fetch them, or put exports there (ctg-studies*.json, *.csv, *.csv.xz)"
        )
    for page in map(json_value, stored_pages(folder, "studies") if fetched else ()):
        yield from _identified(map(_from_json, page["studies"]), folder / "studies")
    for path in exports:
        yield from _identified(map(_from_json, _export(path)), path)
    for path in tables:
        studies = table(path, SITE_COLUMNS, SMALL_TABLE_COLUMNS)
        from_row = _from_site if "NCT Number" in studies else _from_small_table
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


def _from_json(study: dict) -> Record:
    """A study as the API and the JSON exports give it."""
    modules = study.get("protocolSection", {})
    identification = modules.get("identificationModule", {})
    outcomes = [_outcome(outcome) for outcome in modules.get("outcomesModule", {}).get("primaryOutcomes", [])]
    texts = {
        "official_title": identification.get("officialTitle", ""),
        "detailed_description": modules.get("descriptionModule", {}).get("detailedDescription", ""),
        "primary_outcomes": " ".join(outcomes),
        "first_primary_outcome": next(iter(outcomes), ""),
    }
    conditions = modules.get("conditionsModule", {}).get("conditions", [])
    date = modules.get("statusModule", {}).get("studyFirstPostDateStruct", {}).get("date")
    return _record(identification.get("nctId", ""), texts, conditions, date)


def _outcome(outcome: dict[str, str]) -> str:
    """What is measured, and how: two sentences."""
    parts = outcome.get("measure", "").strip().rstrip("."), outcome.get("description", "").strip()
    return ". ".join(filter(None, parts))


def _from_site(row: dict[str, str]) -> Record:
    """A row of the site's CSV export, where an outcome's measure, description and time frame are one text."""
    outcomes = row.get("Primary Outcome Measures", "").split("|")
    texts = {
        "official_title": row["Study Title"],
        "primary_outcomes": " ".join(outcomes),
        "first_primary_outcome": outcomes[0],
    }
    date = row.get("First Posted") or None
    return _record(row["NCT Number"], texts, row["Conditions"].split("|"), date, title_kind="brief")


def _from_small_table(row: dict[str, str]) -> Record:
    """A row of the small trial table, where outcomes and conditions are joined by commas, which they contain as well."""
    texts = {"official_title": row["title"], "primary_outcomes": row["outcome_measure"]}
    return _record(row["nct_id"], texts, [row["disease"]], title_kind="brief", licence=SMALL_TABLE_LICENCE)


def _record(
    number: str,
    texts: dict[str, str],
    conditions: Iterable[str],
    date: str | None = None,
    *,
    title_kind: str = "official",
    licence: str = LICENCE,
) -> Record:
    """The record of a study: texts without Markdown's backslashes, empty ones left out."""
    identity = f"clinicaltrials:{number}"
    plain = {name: re.sub(r"\\([^\w\s]|_)", r"\1", text.strip()) for name, text in texts.items()}
    conditions = [condition.strip() for condition in conditions if condition.strip()]
    subject = conditions[0].lower() if conditions else None
    facts = {"conditions": conditions, "subject": subject, "group": subject, "title_kind": title_kind}
    present = {name: text for name, text in plain.items() if text}
    return Record(identity, "clinicaltrials", identity, present, licence, date, facts=facts)
