"""Discharge notes and admissions of fictional patients, in the schema of MIMIC-IV-Note (`discharge`) and MIMIC-IV (`admissions`).

A note is put together from the pieces that `knowledge/diagnoses` gives for one discharge diagnosis, dealt like cards so
that each is used equally often, with the patient's own long-standing illnesses, age and sex. Every third piece and every
third long-standing illness is for training patients alone, the others for evaluation patients alone, so that no wording
stands in both. Training notes always list secondary diagnoses: the bare diagnosis is a text of the evaluation.

Readmission is drawn from a stated model: after a stay that the patient survived, the chance of coming back is
`1 / (1 + exp(-(BASE + PER_COMORBIDITY * comorbidities + PER_DECADE * (age - 60) / 10)))`, and if so the days until then
are 0.1 to 3 (40 %), 3 to 7 (20 %), 7 to 30 (25 %) or 31 to 300 (15 %).
"""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from medte.sources.mini.knowledge import Comorbidity, Diagnosis, load

PATIENTS = {"evaluation": 32, "training": 24}  # of each diagnosis
PATIENTS_OF_A_LONE_CLASS = 64  # for evaluation, of a diagnosis that makes up a whole class of a task
LONE_CLASSES = {
    "cellulitis",
    "urinary tract infection",
    "choledocholithiasis",
    "right breast cancer",
    "prostate cancer",
}
LISTED = 0.4  # share of evaluation notes whose discharge diagnosis is a list, primary and secondary
FIRST_SUBJECT = {"evaluation": 10_000_000, "training": 19_000_000}
BASE, PER_COMORBIDITY, PER_DECADE = -2.2, 0.7, 0.25
DIED = {"deceased", "expired", "patient expired"}
RETURNS_WITH = (
    "pneumonia", "cellulitis", "urinary tract infection", "chest pain", "abdominal pain", "syncope",
)  # fmt: skip

NOTE = """\

Name:  ___                     Unit No:   ___

Admission Date:  ___              Discharge Date:   ___

Date of Birth:  ___             Sex:   {sex}

Allergies:
___

Chief Complaint:
{complaint}

Major Surgical or Invasive Procedure:
___

History of Present Illness:
{history}

Past Medical History:
{past}

Brief Hospital Course:
{course}

Discharge Diagnosis:
{diagnosis}

Discharge Instructions:
{instructions}

Followup Instructions:
___
"""


class Deck:
    """Deals the cards of a list in shuffled order and shuffles anew when all were dealt."""

    def __init__(self, cards: list, draw: random.Random):
        self.cards, self.draw, self.left = list(cards), draw, []

    def deal(self, count: int = 1) -> list:
        dealt = []
        while len(dealt) < min(count, len(self.cards)):
            if not self.left:
                self.left = self.draw.sample(self.cards, len(self.cards))
            card = self.left.pop()
            if card not in dealt:
                dealt.append(card)
        return dealt


def _of_part(pieces: Sequence, part: str) -> list:
    return [piece for i, piece in enumerate(pieces) if (i % 3 == 2) == (part == "training")]


class Ward:
    """The pieces for one diagnosis and one part, each kind a deck."""

    KINDS = ("complaints", "onset", "story", "negatives", "findings", "course", "details", "instructions")

    def __init__(self, diagnosis: Diagnosis, part: str, draw: random.Random):
        self.diagnosis, self.part, self.draw = diagnosis, part, draw
        self.decks = {kind: Deck(_of_part(getattr(diagnosis, kind), part), draw) for kind in self.KINDS}

    def note(self, age: int, sex: str, comorbidities: list[Comorbidity]) -> str:
        """The text of one discharge note."""
        deal, draw = (lambda kind, count=1: self.decks[kind].deal(count)), self.draw
        noun = {"M": "man", "F": "woman"}[sex]
        details = deal("details", draw.choice((1, 2, 2)))
        story = deal("story", draw.choice((2, 2, 3)))
        known = f" {comorbidities[0].history}" if comorbidities else ""
        onset = deal("onset")[0].rstrip(".")
        parts = [f"___ is a {age} year old {noun}{known} {onset}."]
        parts += draw.sample(story + [detail.history for detail in details], len(story) + len(details))
        parts += [*deal("negatives"), *deal("findings")]
        advice = [*deal("instructions"), *(detail.instructions for detail in details)]
        advice += [illness.instructions for illness in comorbidities[:2]]
        diagnosis = self.diagnosis.diagnosis
        if comorbidities and (self.part == "training" or draw.random() < LISTED):
            secondary = "\n".join(illness.diagnosis for illness in comorbidities)
            diagnosis = f"Primary: {diagnosis}\nSecondary:\n{secondary}"
        return NOTE.format(
            sex=sex,
            complaint=deal("complaints")[0],
            history=" ".join(parts),
            past="\n".join(illness.abbreviation for illness in comorbidities) or "None",
            course=" ".join(deal("course", 2)),
            diagnosis=diagnosis,
            instructions=" ".join(advice),
        )


def chance_of_return(age: int, comorbidities: int) -> float:
    """The modelled probability that a patient who left the hospital alive comes back within 300 days."""
    return 1 / (1 + math.exp(-(BASE + PER_COMORBIDITY * comorbidities + PER_DECADE * (age - 60) / 10)))


def days_until_return(draw: random.Random) -> float:
    low, high = draw.choices(((0.1, 2.9), (3.1, 6.9), (7.1, 29.9), (31, 300)), weights=(40, 20, 25, 15))[0]
    return draw.uniform(low, high)


def render(seed: int = 0) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Rows of `discharge` (note_id, subject_id, hadm_id, charttime, text) and of `admissions`, the same for a seed."""
    discharge, admissions = [], []
    for part in PATIENTS:
        draw = random.Random(f"{part} {seed}")
        wards = {diagnosis.diagnosis: Ward(diagnosis, part, draw) for diagnosis in load("diagnoses")}
        known = _of_part(load("comorbidities"), part)
        subject = FIRST_SUBJECT[part]
        for first in wards:
            lone = part == "evaluation" and first in LONE_CLASSES
            for _ in range(PATIENTS_OF_A_LONE_CLASS if lone else PATIENTS[part]):
                subject += 1
                for note, admission in _patient(subject, first, wards, known, draw):
                    discharge.append(note)
                    admissions.append(admission)
    return discharge, admissions


def _patient(
    subject: int, first: str, wards: dict[str, Ward], known: Sequence[Comorbidity], draw: random.Random
) -> Iterator[tuple[dict, dict]]:
    """The stays of one patient, in time order: a row of `discharge` and one of `admissions` for each."""
    ward = wards[first]
    age, sex = draw.randint(*ward.diagnosis.ages), draw.choice(ward.diagnosis.sexes)
    own = _illnesses(known, draw.choices((0, 1, 2, 3), weights=(15, 35, 30, 20))[0], age, first, draw)
    arrived = datetime(2150, 1, 1) + timedelta(days=draw.uniform(0, 3650))
    for stay in itertools.count():
        left = arrived + timedelta(days=draw.uniform(1, 9))
        died = ward.diagnosis.diagnosis in DIED
        ids = {"subject_id": str(subject), "hadm_id": f"{subject}{stay:02d}"}
        note = {"note_id": f"{subject}-DS-{stay}", **ids, "charttime": _stamp(left), "text": ward.note(age, sex, own)}
        times = {"admittime": _stamp(arrived), "dischtime": _stamp(left), "deathtime": _stamp(left) if died else ""}
        yield note, ids | times | {"hospital_expire_flag": str(int(died))}
        if died or draw.random() >= chance_of_return(age, len(own)):
            return
        arrived = left + timedelta(days=days_until_return(draw))
        ward = wards[
            draw.choice([first, *(name for name in RETURNS_WITH if _fits(wards[name].diagnosis, age, sex, own))])
        ]


def _illnesses(
    known: Sequence[Comorbidity], count: int, age: int, diagnosis: str, draw: random.Random
) -> list[Comorbidity]:
    """`count` long-standing illnesses that go with the patient's age, the diagnosis and each other, or fewer."""
    own: list[Comorbidity] = []
    for illness in draw.sample(known, len(known)):
        if len(own) == count:
            break
        plausible = illness.ages[0] <= age <= illness.ages[1] and diagnosis not in illness.not_with
        clash = any(illness.diagnosis in o.not_beside or o.diagnosis in illness.not_beside for o in own)
        if plausible and not clash:
            own.append(illness)
    return own


def _fits(diagnosis: Diagnosis, age: int, sex: str, own: list[Comorbidity]) -> bool:
    """Whether a patient can come back with this diagnosis."""
    ages = diagnosis.ages[0] <= age <= diagnosis.ages[1]
    return ages and sex in diagnosis.sexes and not any(diagnosis.diagnosis in illness.not_with for illness in own)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
