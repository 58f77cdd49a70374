"""Discharge notes and admissions of fictional patients, in the schema of MIMIC-IV-Note (`discharge`) and MIMIC-IV (`admissions`).

A note is put together from the pieces that `knowledge/diagnoses` gives for one discharge diagnosis, dealt like cards so
that each is used equally often, with the patient's own long-standing illnesses, age and sex. A diagnosis is either for
evaluation or for training, and so is every long-standing illness, so that no piece stands in both. For the split by
document alone, which is shown beside, some more patients have the evaluation's diagnoses (`KIN`).

Readmission is drawn from a stated model: after a stay that the patient survived, the chance of coming back is
`1 / (1 + exp(-(BASE + PER_ILLNESS * illnesses + PER_DECADE * (age - 60) / 10 + TENDENCY)))`, where the tendency is that of the
diagnosis of the first stay, low after a planned operation; and if so, the days until then fall into one of the spans of
`RETURNS`. Illnesses, age and diagnosis can be read from the note, so a reader who knew the model could come near what
`ceiling` says, and not above it.
"""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from medte.sources.mini.knowledge import Comorbidity, Diagnosis, load

PATIENTS = {"evaluation": 23, "training": 12}  # of each diagnosis
KIN = 6  # patients of each evaluation diagnosis that only a training split by document may use
MORE_PATIENTS = {
    **dict.fromkeys(("cellulitis", "urinary tract infection", "choledocholithiasis"), 60),
    **dict.fromkeys(("AML", "right breast cancer", "prostate cancer"), 60),
    **dict.fromkeys(("lumbar stenosis", "cervical stenosis"), 32),
}  # for evaluation, of diagnoses that alone make up a class of a task, or half of one
LISTED = 0.15  # share of evaluation notes whose discharge diagnosis is a list, primary and secondary
FIRST_SUBJECT = {"evaluation": 10_000_000, "kin": 15_000_000, "training": 19_000_000}
ILLNESSES = (20, 25, 25, 20, 10)  # weights of having none, one, two … long-standing illnesses
BASE, PER_ILLNESS, PER_DECADE = -4.6, 1.2, 0.4
TENDENCY = {
    **dict.fromkeys(("right knee osteoarthritis", "left knee osteoarthritis", "right hip osteoarthritis"), -3.0),
    **dict.fromkeys(("left hip osteoarthritis", "lumbar stenosis", "cervical stenosis", "morbid obesity"), -3.0),
    **dict.fromkeys(("right breast cancer", "prostate cancer", "epilepsy", "acute appendicitis"), -3.0),
    **dict.fromkeys(("COPD exacerbation", "AML", "pancreatitis", "abdominal pain", "small bowel obstruction"), 1.5),
}  # of coming back, by the diagnosis of the first stay; 0 for any other
RETURNS = ((0.1, 2.9, 0.40), (3.1, 6.9, 0.20), (7.1, 29.9, 0.25), (31, 300, 0.15))  # from, to (days), chance
DIED = {"deceased", "expired", "patient expired"}
RETURNS_WITH = (
    "pneumonia", "cellulitis", "urinary tract infection", "chest pain", "abdominal pain", "syncope", "diverticulitis",
    "small bowel obstruction", "partial small bowel obstruction", "pancreatitis", "acute ischemic stroke", "seizure",
    "acute cholecystitis", "choledocholithiasis", "seizures",
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


@dataclass(frozen=True)
class Patient:
    """One fictional patient, before any stay."""

    subject: int
    age: int
    sex: str
    illnesses: list[Comorbidity]
    diagnosis: Diagnosis


class Ward:
    """The pieces for one diagnosis, each kind a deck."""

    KINDS = ("complaints", "onset", "story", "negatives", "findings", "course", "details", "reasons", "instructions")

    def __init__(self, diagnosis: Diagnosis, listed: float, draw: random.Random):
        """`listed` is the share of notes whose discharge diagnosis is a list."""
        self.diagnosis, self.listed, self.draw = diagnosis, listed, draw
        self.decks = {kind: Deck(getattr(diagnosis, kind), draw) for kind in self.KINDS}

    def note(self, patient: Patient) -> str:
        """The text of one discharge note."""
        deal, draw, illnesses = (lambda kind, count=1: self.decks[kind].deal(count)), self.draw, patient.illnesses
        noun = {"M": "man", "F": "woman"}[patient.sex]
        details = deal("details", draw.choice((1, 2, 2)))
        story = deal("story", draw.choice((2, 2, 3)))
        onset = deal("onset")[0].rstrip(".")
        parts = [f"___ is a {patient.age} year old {noun}{_known(illnesses)} {onset}."]
        parts += draw.sample(story + [detail.history for detail in details], len(story) + len(details))
        parts += [*deal("negatives"), *deal("findings")]
        advice = [*deal("reasons"), *deal("instructions"), *(detail.instructions for detail in details)]
        diagnosis = self.diagnosis.diagnosis
        if diagnosis not in DIED:
            advice += [illness.instructions for illness in illnesses[:1]]
        if illnesses and draw.random() < self.listed:
            secondary = "\n".join(illness.diagnosis for illness in illnesses)
            diagnosis = f"Primary: {diagnosis}\nSecondary:\n{secondary}"
        return NOTE.format(
            sex=patient.sex,
            complaint=deal("complaints")[0],
            history=" ".join(parts),
            past="\n".join(illness.abbreviation for illness in illnesses) or "None",
            course=" ".join(deal("course", 2)),
            diagnosis=diagnosis,
            instructions=" ".join(advice),
        )


def _known(illnesses: Sequence[Comorbidity]) -> str:
    """The long-standing illnesses as they stand in the first sentence: " with a, b and c, status post d,"."""
    histories = [illness.history for illness in illnesses]
    plain = [history.removeprefix("with ") for history in histories if history.startswith("with ")]
    others = [history for history in histories if not history.startswith("with ")]
    first = " and ".join(filter(None, [", ".join(plain[:-1]), *plain[-1:]]))
    phrases = ([f"with {first}"] if first else []) + others
    return f" {', '.join(phrases)}{',' if len(histories) > 1 else ''}" if phrases else ""


def chance_of_return(age: int, illnesses: int, diagnosis: str = "") -> float:
    """The modelled probability that a patient who left the hospital alive comes back within 300 days."""
    score = BASE + PER_ILLNESS * illnesses + PER_DECADE * (age - 60) / 10 + TENDENCY.get(diagnosis, 0)
    return 1 / (1 + math.exp(-score))


def days_until_return(draw: random.Random) -> float:
    """Days from leaving to coming back, for a patient who does."""
    low, high, _ = draw.choices(RETURNS, weights=[chance for *_, chance in RETURNS])[0]
    return draw.uniform(low, high)


def ceiling(days: int, seed: int = 0) -> float:
    """The best accuracy that anybody can expect on "comes back within `days`", both classes equally frequent (an upper bound).

    A patient whose chance of coming back after a stay is p, within `days` q, does so within `days` after one stay or another with
    probability P = q / (1 - p + q). Knowing P of everybody, and nothing else, one answers by whether the patient is commoner
    among those who come back than among the others.
    """
    within = sum(chance for _, high, chance in RETURNS if high <= days)
    alive = [
        p for p in _patients("evaluation", random.Random(f"evaluation {seed}")) if p.diagnosis.diagnosis not in DIED
    ]
    back = []
    for patient in alive:
        p = chance_of_return(patient.age, len(patient.illnesses), patient.diagnosis.diagnosis)
        back.append(p * within / (1 - p + p * within))
    yes, no = sum(back), len(back) - sum(back)
    return sum(max(chance / yes, (1 - chance) / no) for chance in back) / 2


def render(seed: int = 0) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Rows of `discharge` (note_id, subject_id, hadm_id, charttime, text) and of `admissions`, the same for a seed."""
    discharge, admissions = [], []
    for part in FIRST_SUBJECT:
        patients = list(_patients(part, random.Random(f"{part} {seed}")))
        draw = random.Random(f"{part} notes {seed}")
        wards = {d.diagnosis: Ward(d, LISTED if part == "evaluation" else 1.0, draw) for d in load("diagnoses")}
        for patient in patients:
            for note, admission in _stays(patient, wards, draw):
                discharge.append(note)
                admissions.append(admission)
    return discharge, admissions


def _patients(part: str, draw: random.Random) -> Iterator[Patient]:
    """The patients of one part, diagnosis by diagnosis."""
    side = "training" if part == "training" else "evaluation"
    known = [illness for i, illness in enumerate(load("comorbidities")) if (i % 3 == 2) == (side == "training")]
    number = itertools.count(FIRST_SUBJECT[part] + 1)
    for diagnosis in load("diagnoses"):
        if diagnosis.part != side:
            continue
        count = KIN if part == "kin" else PATIENTS[part]
        if part == "evaluation":
            count = MORE_PATIENTS.get(diagnosis.diagnosis, count)
        for _ in range(count):
            age, sex = draw.randint(*diagnosis.ages), draw.choice(diagnosis.sexes)
            wanted = draw.choices(range(len(ILLNESSES)), weights=ILLNESSES)[0]
            illnesses = _illnesses([i for i in known if sex in i.sexes], wanted, age, diagnosis.diagnosis, draw)
            yield Patient(next(number), age, sex, illnesses, diagnosis)


def _stays(patient: Patient, wards: dict[str, Ward], draw: random.Random) -> Iterator[tuple[dict, dict]]:
    """The stays of one patient, in time order: a row of `discharge` and one of `admissions` for each."""
    first = patient.diagnosis.diagnosis
    ward, died = wards[first], first in DIED
    arrived = datetime(2150, 1, 1) + timedelta(days=draw.uniform(0, 3650))
    for stay in itertools.count():
        left = arrived + timedelta(days=0.5 + draw.lognormvariate(1.1, 0.7))
        ids = {"subject_id": str(patient.subject), "hadm_id": f"{patient.subject}{stay:02d}"}
        note = {"note_id": f"{patient.subject}-DS-{stay}", **ids, "charttime": _stamp(left), "text": ward.note(patient)}
        times = {"admittime": _stamp(arrived), "dischtime": _stamp(left), "deathtime": _stamp(left) if died else ""}
        yield note, ids | times | {"hospital_expire_flag": str(int(died))}
        if died or draw.random() >= chance_of_return(patient.age, len(patient.illnesses), first):
            return
        arrived = left + timedelta(days=days_until_return(draw))
        again = [
            name for name in RETURNS_WITH if patient.diagnosis.part == "evaluation" and _fits(wards[name], patient)
        ]
        ward = wards[draw.choice(again or [first])]


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


def _fits(ward: Ward, patient: Patient) -> bool:
    """Whether a patient can come back with the ward's diagnosis."""
    diagnosis = ward.diagnosis
    ages = diagnosis.ages[0] <= patient.age <= diagnosis.ages[1]
    clash = any(diagnosis.diagnosis in illness.not_with for illness in patient.illnesses)
    return ages and patient.sex in diagnosis.sexes and not clash


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
