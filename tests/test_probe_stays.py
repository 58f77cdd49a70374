"""Probes of fictional stays: what is read from a note, and which notes answer a question."""

from collections import Counter
from types import SimpleNamespace

import pytest
from test_probes import DATA, Stub

from medte.probes import records, stays
from medte.probes.probe import Material, ProbeMissing
from medte.probes.stays import Stay
from medte.sources.mini import notes
from medte.sources.mini.knowledge import load


def illness(name):
    return next(one for one in load("comorbidities") if one.diagnosis == name)


def note(**changes):
    plain = dict(
        sex="F", complaint="R knee\npain", history="___ is a 67 year old woman with gout, limping.", past="RA\nHTN"
    )
    return notes.NOTE.format(**(plain | dict(course="c", diagnosis="x", instructions="i") | changes))


def test_a_stay_is_read_from_its_note_and_told_without_diagnosis_or_name():
    material = Material(SimpleNamespace(), DATA)
    row = {"subject_id": "7", "hadm_id": "700", "text": note(diagnosis="Primary: gout\nSecondary:\nHypertension")}
    times = {"admittime": "2150-01-31 10:00:00", "dischtime": "2150-02-03 16:00:00", "hospital_expire_flag": "0"}
    (stay,) = stays.read([row], [times | {"hadm_id": "700"}], material)
    assert (stay.patient, stay.diagnosis, stay.age) == ("mimic_iv:7", "gout", 67)
    assert stay.presentation == "R knee pain ___ is a 67 year old woman with gout, limping."
    assert stay.record == (
        "sex: female\nage: 60 to 69\ncomplaint: r knee pain\n"
        "long-standing illnesses: Rheumatoid arthritis; Essential hypertension\n"
        "length of stay: 3 days\noutcome: discharged alive"
    )


def test_only_stays_of_patients_for_evaluation_are_asked_about():
    found = stays.evaluated(Material(Stub(load("conditions")[:1], fictional=True), DATA))
    numbers = [int(stay.patient.removeprefix("mimic_iv:")) for stay in found]
    assert len(found) > 1000
    assert notes.FIRST_SUBJECT["evaluation"] < min(numbers) and max(numbers) < notes.FIRST_SUBJECT["kin"]
    training = {one.diagnosis for one in load("diagnoses") if one.part == "training"}
    assert not training & {stay.diagnosis for stay in found}
    with pytest.raises(ProbeMissing, match="fictional notes"):
        stays.evaluated(Material(Stub(load("conditions")[:1]), DATA))


def stay(number, diagnosis, *names):
    own = tuple(map(illness, names))
    return Stay(f"p{number}", "F", 60, f"c{number}", f"h{number}", diagnosis, own, 2, False)


def test_a_question_is_answered_by_every_note_with_both_and_by_no_other():
    found = [
        stay(1, "small bowel obstruction", "Gout", "Psoriasis"),
        stay(2, "partial small bowel obstruction", "Gout"),
        stay(3, "seizures", "Gout"),
        stay(4, "seizure", "Gout"),
        stay(5, "expired", "Gout"),
        stay(6, "small bowel obstruction", "Permanent pacemaker"),
    ]
    dropped = Counter()
    right, units = records.questions(found, dropped)
    assert right == {
        "small bowel obstruction in a patient with gout": ["c1 h1", "c2 h2"],
        "small bowel obstruction in a patient with psoriasis": ["c1 h1"],
        "partial small bowel obstruction in a patient with gout": ["c2 h2"],
        "seizure in a patient with gout": ["c3 h3", "c4 h4"],
    }
    assert units["seizure in a patient with gout"] == "seizure" and sum(dropped.values()) == 2
