"""MIMIC-IV-Note discharge summaries with their admissions, as `Record`s of one note each.

Reads rows of `note/discharge.csv.gz` and `hosp/admissions.csv.gz` with their published columns, from the folder of a
credentialed user or, in the mini edition, from rendered notes. The text of a real note never leaves that folder.
"""

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from medte.errors import MedteError
from medte.records import Record

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


def sections(text: str) -> dict[str, str]:
    """The sections of one note that the tasks use, on one line each; a section that is missing or empty is left out."""
    parts = HEADING.split(text)
    by_heading = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = {key: " ".join(by_heading.get(heading, "").split()) for key, heading in SECTIONS.items()}
    return {key: value for key, value in found.items() if value}


def records(
    discharge: Iterable[Mapping], admissions: Iterable[Mapping], *, licence: str, fictional: bool
) -> Iterator[Record]:
    """One `Record` a note; its document is the patient, so that a patient is never split.

    `facts["days_to_return"]` is the time from this discharge to the patient's next admission; None where there is no
    later one. Deaths in hospital are marked, since nobody can come back from them (recipe §5, point 13).
    """
    stays = defaultdict(list)
    for row in admissions:
        stays[row["subject_id"]].append(row)
    returns = {}
    for rows in stays.values():
        rows.sort(key=lambda row: row["admittime"])
        for row, following in zip(rows, [*rows[1:], None], strict=True):
            days = following and _days(row["dischtime"], following["admittime"])
            returns[row["hadm_id"]] = (days, row["hospital_expire_flag"] == "1")
    for row in discharge:
        days, died = returns.get(row["hadm_id"], (None, False))
        texts = sections(row["text"])
        facts = {"stratum": "notes", "group": "notes", "days_to_return": days, "died": died}
        patient = f"mimic_iv:{row['subject_id']}"
        yield Record(
            f"mimic_iv:{row['note_id']}", "mimic_iv", patient, texts, licence, row["charttime"], fictional, facts
        )


def read(folder: Path) -> Iterator[Record]:
    """The notes of a credentialed user's folder (MIMIC-IV-Note 2.2 under `note/`, MIMIC-IV 2.2 under `hosp/`)."""
    tables = [folder / "note" / "discharge.csv.gz", folder / "hosp" / "admissions.csv.gz"]
    for table in tables:
        if not table.exists():
            raise MedteError(
                f"{table} is missing; MIMIC_FOLDER must hold note/discharge.csv.gz and hosp/admissions.csv.gz"
            )
    streams = [csv.DictReader(gzip.open(table, "rt", encoding="utf-8", newline="")) for table in tables]
    return records(*streams, licence="PhysioNet Credentialed Health Data License 1.5.0", fictional=False)


def _days(discharged: str, admitted: str) -> float:
    return (datetime.fromisoformat(admitted) - datetime.fromisoformat(discharged)).total_seconds() / 86_400
