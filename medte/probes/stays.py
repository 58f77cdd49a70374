"""The stays of fictional patients as structured facts beside the narrative, read from the bundled discharge notes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from medte.probes.probe import Material, ProbeMissing
from medte.sources.mimic_iv import days, sections
from medte.sources.mini import notes
from medte.sources.mini.knowledge import Comorbidity, load

SOURCE = "mimic_iv"
SEX = re.compile(r"^Date of Birth:.*Sex:\s*([MF])$", re.MULTILINE)
AGE = re.compile(r" is a (\d+) year old ")
PAST = re.compile(r"^Past Medical History:\n(.*?)\n\n", re.MULTILINE | re.DOTALL)
SEXES = {"F": "female", "M": "male"}


@dataclass(frozen=True)
class Stay:
    """One stay: who, why, with which long-standing illnesses, for how long, how it ended; and what is told of it."""

    patient: str
    sex: str
    age: int
    complaint: str
    history: str
    diagnosis: str
    illnesses: tuple[Comorbidity, ...]
    days: int
    died: bool

    @property
    def presentation(self) -> str:
        """Chief complaint and history of present illness: what the benchmark's tasks on notes read."""
        return f"{self.complaint} {self.history}"

    @property
    def record(self) -> str:
        """The stay as a structured record, a fact a line: no diagnosis, no name, the age as a decade."""
        decade = self.age // 10 * 10
        facts = {
            "sex": SEXES[self.sex],
            "age": f"{decade} to {decade + 9}",
            "complaint": self.complaint.lower(),
            "long-standing illnesses": "; ".join(illness.diagnosis for illness in self.illnesses) or "none",
            "length of stay": f"{self.days} days",
            "outcome": "died in hospital" if self.died else "discharged alive",
        }
        return "\n".join(f"{name}: {fact}" for name, fact in facts.items())


def evaluated(material: Material) -> list[Stay]:
    """The stays of the fictional patients that the edition evaluates, in the order of their notes; none of its kin.

    ProbeMissing where the edition does not read the fictional notes.
    """
    if not material.edition.manifest["sources"].get(SOURCE, {}).get("fictional"):
        raise ProbeMissing("this edition does not read the fictional notes")
    first, after = (f"{notes.FIRST_SUBJECT[part]}" for part in ("evaluation", "kin"))
    discharge, admissions = notes.render()
    own = [row for row in discharge if first < row["subject_id"] < after]
    return list(read(own, admissions, material))


def read(discharge: Iterable[Mapping], admissions: Iterable[Mapping], material: Material) -> Iterator[Stay]:
    """The stays of rows of `discharge` and `admissions`, as the mini edition renders them, with cleaned texts."""
    times = {row["hadm_id"]: row for row in admissions}
    illness_of = {illness.abbreviation: illness for illness in load("comorbidities")}
    for row in discharge:
        text, stay = row["text"], times[row["hadm_id"]]
        texts = {name: material.cleaned(SOURCE, section) for name, section in sections(text).items()}
        past = PAST.search(text)[1].split("\n")
        arrived, left = (datetime.fromisoformat(stay[column]) for column in ("admittime", "dischtime"))
        yield Stay(
            patient=f"{SOURCE}:{row['subject_id']}",
            sex=SEX.search(text)[1],
            age=int(AGE.search(text)[1]),
            complaint=texts["chief_complaint"],
            history=texts["history_of_present_illness"],
            diagnosis=texts["discharge_diagnosis"].removeprefix("Primary: ").split(" Secondary: ")[0],
            illnesses=tuple(illness_of[name] for name in past if name != "None"),
            days=max(1, round(days(arrived, left))),
            died=stay["hospital_expire_flag"] == "1",
        )
