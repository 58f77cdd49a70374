"""A hospital's own sectioned notes as `Record`s of one note each, for the tasks that MIMIC-IV-Note is read for.

A folder holds one table, `notes.csv`, `notes.csv.gz`, `notes.parquet` or `notes.jsonl`, with one row a note:

| column | what it holds |
|---|---|
| `note_id` | a name that no other note has |
| `patient_id` | the same for all notes of a patient |
| `admitted`, `discharged` | when the stay began and ended: 2024-01-31 or 2024-01-31 14:30, local time |
| `died` | 1 where the patient died in this stay, else 0 or empty |
| `chief_complaint`, `history_of_present_illness`, `hospital_course`, `discharge_diagnosis`, `discharge_instructions` | the sections, each plain text or empty; columns may be missing, but one must be there |

Other columns are left alone. Notes of one patient with the same `admitted` and `discharged` are of one stay. No text of a
note leaves the folder, nor do names of patients and notes: they are replaced, and no error quotes a cell.
"""

import csv
import gzip
import hashlib
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from medte.errors import MedteError
from medte.guard import key
from medte.records import Record
from medte.sources.mimic_iv import NO_SECTION, SECTIONS, Stay, days, return_facts, transferred, with_next
from medte.sources.source import Source

LICENCE = "held locally"
FILES = ("notes.csv", "notes.csv.gz", "notes.parquet", "notes.jsonl")
NEEDED = ("note_id", "patient_id", "admitted", "discharged", "died")
DIED = {"": False, "0": False, "1": True}

Row = Mapping[str, str]


def read(folder: Path, dropped: Counter) -> Iterator[Record]:
    """The notes of a folder, streamed: read twice, for the stays and for the texts.

    The facts are MIMIC-IV-Note's (`mimic_iv.records`); a return is known of until the last date in the table. MedteError for
    a table that is not as described, with the row's number. Notes without a section are counted in `dropped`.
    """
    path = _table(folder)
    facts_of = _facts(path)
    secret = key(folder)
    for _, row in _rows(path):
        texts = {name: text for name in SECTIONS if (text := " ".join(row.get(name, "").split()))}
        if not texts:
            dropped[NO_SECTION] += 1
            continue
        note, patient = (f"mimic_iv:{_pseudonym(secret, row[column])}" for column in ("note_id", "patient_id"))
        facts = {"stratum": "notes", "group": "notes", "credentialed": True, **facts_of[_stay_of(row)]}
        yield Record(note, "mimic_iv", patient, texts, LICENCE, row["discharged"], facts=facts)


def _pseudonym(secret: bytes, name: str) -> str:
    return hashlib.blake2b(name.encode(), key=secret, digest_size=8).hexdigest()


def _table(folder: Path) -> Path:
    found = [folder / name for name in FILES if (folder / name).exists()]
    if len(found) != 1:
        raise MedteError(f"{folder} should hold one of {', '.join(FILES)}, and holds {len(found)} of them")
    return found[0]


def _stay_of(row: Row) -> str:
    return "\x1f".join([row["patient_id"], row["admitted"], row["discharged"]])


def _facts(path: Path) -> dict[str, dict]:
    """What is known of each stay, by `_stay_of`, after every row but its texts was checked."""
    stays: dict[str, dict[str, Stay]] = defaultdict(dict)
    first_row: dict[str, int] = {}
    number = 0
    for number, row in _rows(path):
        earlier = first_row.setdefault(row["note_id"], number)
        if earlier != number:
            raise MedteError(
                f"{path}, rows {earlier} and {number} have the same note_id; each note needs one of its own"
            )
        stay, same = _stay(path, number, row), stays[row["patient_id"]].get(_stay_of(row))
        if not (same and same.died):
            stays[row["patient_id"]][stay.id] = stay
    if not number:
        raise MedteError(f"{path} holds no notes; it needs a row for each")
    end = max(stay.discharged for own in stays.values() for stay in own.values())
    facts = {}
    for own in stays.values():
        for stay, following in with_next(own.values()):
            followed = {"days_to_death": None, "days_followed": days(stay.discharged, end)}
            facts[stay.id] = return_facts(stay, following) | {"transferred": transferred(stay, following)} | followed
    return facts


def _stay(path: Path, number: int, row: Row) -> Stay:
    for column in ("note_id", "patient_id"):
        if not row[column]:
            raise MedteError(f"{path}, row {number}: {column} is empty; every note needs one")
    admitted, discharged = (_moment(path, number, row, column) for column in ("admitted", "discharged"))
    if discharged < admitted:
        raise MedteError(f"{path}, row {number}: discharged is before admitted; mend or leave out the row")
    if row["died"] not in DIED:
        raise MedteError(f"{path}, row {number}: died is not 0, 1 or empty")
    return Stay(_stay_of(row), admitted, discharged, DIED[row["died"]])


def _moment(path: Path, number: int, row: Row, column: str) -> datetime:
    try:
        moment = datetime.fromisoformat(row[column])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo:
        raise MedteError(
            f"{path}, row {number}: {column} is no date like 2024-01-31 or 2024-01-31 14:30, without a time zone"
        )
    return moment


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """(number, row) from 1, each cell as text. A damaged file is a MedteError that does not repeat what the library says."""
    import pyarrow

    number = 0
    readers = {".parquet": _parquet, ".jsonl": _json_lines}
    try:
        for row in readers.get(path.suffix, _csv)(path):
            number += 1
            if number == 1:
                _check_columns(path, row)
                columns = set(row)
            elif set(row) != columns:
                raise MedteError(f"{path}, row {number}, has other names than row 1; give each row all, null for a gap")
            yield number, {column: _cell(value) for column, value in row.items()}
    except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error, ValueError, pyarrow.ArrowException) as error:
        raise MedteError(
            f"{path} cannot be read after row {number} ({type(error).__name__}); it should be {path.name} in UTF-8"
        ) from None


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(10_000_000)  # characters of a section
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream, strict=True):
            if None in row or None in row.values():
                raise ValueError("a row of another length than the header")
            yield row


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as table:
        for batch in table.iter_batches(batch_size=1000):
            yield from batch.to_pylist()


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("a line that is no object")
            yield row


def _cell(value: Any) -> str:
    """A cell as text: empty for a gap (None, or what is not equal to itself), 1 and 0 for truth, ISO for a moment."""
    if value is None or value != value:
        return ""
    if (isinstance(value, float) and value.is_integer()) or isinstance(value, bool):
        value = int(value)
    return value.isoformat() if isinstance(value, datetime) else str(value).strip()


def _check_columns(path: Path, columns: Collection[str]) -> None:
    """MedteError for a column that is missing, or that is nearly one of those that are read."""
    known = [*NEEDED, *SECTIONS]
    others = [column for column in columns if column not in known]
    for wanted in known:
        near = [] if wanted in columns else get_close_matches(wanted, others, n=1, cutoff=0.75)
        if near:
            raise MedteError(f"{path}: the column {near[0]!r} should be called {wanted!r}")
        if wanted in NEEDED and wanted not in columns:
            raise MedteError(f"{path}: the column {wanted} is missing; needed are {', '.join(NEEDED)}")
    if not set(columns) & set(SECTIONS):
        raise MedteError(f"{path} has no section; at least one of {', '.join(SECTIONS)} is needed")


SOURCE = Source("mimic_iv", read, LICENCE)
