"""MIMIC-IV-Note discharge summaries with their admissions, as `Record`s of one note each.

Reads `note/discharge.csv.gz`, `hosp/admissions.csv.gz` and `hosp/patients.csv.gz` with their published columns, from the
folder of a credentialed user or, in the mini edition, rendered notes. The text of a real note never leaves that folder, and
neither does a patient's number: real patients are numbered anew.
"""

import csv
import gzip
import hashlib
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from medte.errors import MedteError
from medte.records import Record
from medte.sources.source import Source

LICENCE = "PhysioNet Credentialed Health Data License 1.5.0"
SECTIONS = {
    "chief_complaint": "Chief Complaint",
    "history_of_present_illness": "History of Present Illness",
    "hospital_course": "Brief Hospital Course",
    "discharge_diagnosis": "Discharge Diagnosis",
    "discharge_instructions": "Discharge Instructions",
}
HEADINGS = (
    "Allergies", "Attending", "Chief Complaint", "Major Surgical or Invasive Procedure", "History of Present Illness",
    "Past Medical History", "Social History", "Family History", "Physical Exam", "Pertinent Results",
    "Brief Hospital Course", "Medications on Admission", "Discharge Medications", "Discharge Disposition", "Facility",
    "Discharge Diagnosis", "Discharge Condition", "Discharge Instructions", "Followup Instructions",
)  # fmt: skip
HEADING = re.compile(rf"^({'|'.join(HEADINGS)}):[ \t]*$", re.MULTILINE)
COLUMNS = {
    "note/discharge.csv.gz": ("note_id", "subject_id", "hadm_id", "note_type", "note_seq", "charttime", "text"),
    "hosp/admissions.csv.gz": (
        "subject_id", "hadm_id", "admittime", "dischtime", "deathtime", "hospital_expire_flag",
    ),
    "hosp/patients.csv.gz": ("subject_id", "anchor_year", "anchor_year_group", "dod"),
}  # fmt: skip
TRANSFER = timedelta(hours=6)
NO_SECTION = "note without a section that is used"
NO_PATIENT = "note of a patient without an admission"


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a patient in the hospital; `died` in it."""

    id: str
    admitted: datetime
    discharged: datetime
    died: bool


@dataclass(frozen=True, slots=True)
class Patient:
    """What is known of a patient beyond the stays: the date of death, and the last real year that `anchor_year` can be."""

    died: datetime | None
    anchor_year: int
    latest_year: int


def sections(text: str) -> dict[str, str]:
    """The sections of one note that the tasks use, on one line each; a section that is missing or empty is left out."""
    parts = HEADING.split(text)
    by_heading = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = {key: " ".join(by_heading.get(heading, "").split()) for key, heading in SECTIONS.items()}
    return {key: value for key, value in found.items() if value}


def with_next(stays: Iterable[Stay]) -> Iterator[tuple[Stay, Stay | None]]:
    """The stays of one patient in the order of their admissions, each with the one after it."""
    ordered = sorted(stays, key=lambda stay: stay.admitted)
    yield from zip(ordered, [*ordered[1:], None], strict=True)


def return_facts(stay: Stay, following: Stay | None) -> dict:
    """`days_to_return`, from this discharge to the next admission, None where there is none; and whether the patient `died`."""
    return {"days_to_return": following and days(stay.discharged, following.admitted), "died": stay.died}


def transferred(stay: Stay, following: Stay | None) -> bool:
    """Whether the next stay goes on with this one: it begins on the day of the discharge, or within six hours."""
    if following is None or following.admitted < stay.discharged:
        return False
    return following.admitted.date() == stay.discharged.date() or following.admitted - stay.discharged < TRANSFER


def days(start: datetime, end: datetime) -> float:
    """The days from `start` to `end`, with fractions."""
    return (end - start).total_seconds() / 86_400


def records(
    discharge: Iterable[Mapping],
    admissions: Iterable[Mapping],
    patients: Iterable[Mapping] | None = None,
    *,
    licence: str,
    fictional: bool,
    dropped: Counter | None = None,
) -> Iterator[Record]:
    """One `Record` a note; its document is the patient, so that a patient is never split.

    What the facts say of the stay decides about readmission (recipe §5, point 13): `days_to_return` from this discharge to
    the patient's next admission (negative where it comes first, None where there is none) and `died` in hospital; with
    `patients` also `transferred` (the next stay goes on with this one), `days_to_death` after the discharge and
    `days_followed`, how long a return is sure to be in the data. Real patients get numbers, and their notes `credentialed`.
    Notes without a section that is used, and real ones of a patient without an admission, are counted in `dropped`.
    """
    dropped = Counter() if dropped is None else dropped
    stays = defaultdict(list)
    for number, row in enumerate(admissions, start=1):
        stays[row["subject_id"]].append(_stay(row, number))
    known = (
        None if patients is None else {row["subject_id"]: _patient(row, n) for n, row in enumerate(patients, start=1)}
    )
    facts_of = _facts(stays, known)
    names = {} if fictional else _numbered(stays)
    for row in discharge:
        texts = sections(row["text"])
        patient = row["subject_id"] if fictional else names.get(row["subject_id"])
        if not texts or not patient:
            dropped[NO_SECTION if patient else NO_PATIENT] += 1
            continue
        note = row["note_id"] if fictional else f"{patient}-{row['note_type']}-{row['note_seq']}"
        facts = {"stratum": "notes", "group": "notes", **facts_of.get(row["hadm_id"], _unknown_stay(known))}
        if not fictional:
            facts["credentialed"] = True
        yield Record(
            f"mimic_iv:{note}", "mimic_iv", f"mimic_iv:{patient}", texts, licence, row["charttime"], fictional, facts
        )


def read(folder: Path, dropped: Counter) -> Iterator[Record]:
    """The notes of a credentialed user's folder (MIMIC-IV-Note 2.2 under `note/`, MIMIC-IV 2.2 under `hosp/`), streamed.

    MedteError where a table or a column is missing or a file is damaged; no error quotes a cell.
    """
    discharge, admissions, patients = (_rows(folder / name, columns) for name, columns in COLUMNS.items())
    return records(discharge, admissions, patients, licence=LICENCE, fictional=False, dropped=dropped)


def _rows(path: Path, columns: Collection[str]) -> Iterator[dict[str, str]]:
    """The rows of one table; opened at once, so that a missing file or column is found before any work."""
    if not path.exists():
        raise MedteError(f"{path} is missing; MIMIC_FOLDER must hold {', '.join(COLUMNS)}")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        header = next(_guarded(csv.reader(stream), path), [])
    if lacking := [column for column in columns if column not in header]:
        raise MedteError(f"{path} has no column {', '.join(lacking)}; take the file as PhysioNet publishes it")
    return _guarded(_stream(path), path)


def _stream(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10_000_000)  # characters of a note
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=1):
            if None in row or None in row.values():
                raise MedteError(
                    f"{path}, row {number}, has another number of cells than the header; download it again"
                )
            yield row


def _guarded(rows: Iterator, path: Path) -> Iterator:
    """The same rows; a damaged file is a MedteError that does not repeat what the library says, which may quote a cell."""
    try:
        yield from rows
    except (csv.Error, EOFError, gzip.BadGzipFile, UnicodeDecodeError, zlib.error) as error:
        raise MedteError(f"{path} is damaged or cut off ({type(error).__name__}); download it again") from None


def _stay(row: Mapping[str, str], number: int) -> Stay:
    died = row["hospital_expire_flag"] == "1" or bool(row.get("deathtime"))
    admitted, discharged = (_moment(row, column, "admissions", number) for column in ("admittime", "dischtime"))
    return Stay(row["hadm_id"], admitted, discharged, died)


def _patient(row: Mapping[str, str], number: int) -> Patient:
    died = _moment(row, "dod", "patients", number) if row["dod"] else None
    years = re.fullmatch(r"\d{4} - (\d{4})", row["anchor_year_group"])
    if not years or not row["anchor_year"].isdecimal():
        raise MedteError(
            f"patients, row {number}: anchor_year is not like 2150 or anchor_year_group not like 2008 - 2010"
        )
    return Patient(died, int(row["anchor_year"]), int(years[1]))


def _moment(row: Mapping[str, str], column: str, table: str, number: int) -> datetime:
    try:
        return datetime.fromisoformat(row[column])
    except (TypeError, ValueError):
        raise MedteError(f"{table}, row {number}: {column} is no date like 2150-01-31 12:00:00") from None


def _facts(stays: Mapping[str, list[Stay]], known: Mapping[str, Patient] | None) -> dict[str, dict]:
    """What is known of each stay, by its id."""
    last_year = max((patient.latest_year for patient in (known or {}).values()), default=0)
    facts = {}
    for subject, own in stays.items():
        for stay, following in with_next(own):
            facts[stay.id] = return_facts(stay, following)
            if known is not None:
                facts[stay.id]["transferred"] = transferred(stay, following)
                facts[stay.id] |= _follow_up(stay, known.get(subject), last_year)
    return facts


def _follow_up(stay: Stay, patient: Patient | None, last_year: int) -> dict:
    """Days to the patient's death, None where none is known, and days for which a return is sure to be in the data.

    Real years are known to three: those between the last that the discharge can be in and the last of the data count.
    """
    if patient is None:
        return {"days_to_death": None, "days_followed": 0}
    died = patient.died and (patient.died.date() - stay.discharged.date()).days
    latest = patient.latest_year + stay.discharged.year - patient.anchor_year
    return {"days_to_death": died, "days_followed": max(0, 365 * (last_year - latest))}


def _unknown_stay(known: Mapping | None) -> dict:
    """The facts of a note whose stay is not among the admissions."""
    facts = {"days_to_return": None, "died": False}
    return facts if known is None else facts | {"transferred": False, "days_to_death": None, "days_followed": 0}


def _numbered(subjects: Iterable[str]) -> dict[str, str]:
    """A name for each patient: the rank of a hash, the same for every user of the same release, which draw the same notes."""
    in_order = sorted(subjects, key=lambda subject: hashlib.sha256(subject.encode()).digest())
    return {subject: f"patient-{number:06d}" for number, subject in enumerate(in_order, start=1)}


SOURCE = Source("mimic_iv", read, LICENCE)
