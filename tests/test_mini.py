"""The bundled knowledge and what is rendered from it."""

import random
import re
from collections import Counter

import pytest

from medte.errors import MedteError
from medte.sources import mini
from medte.sources.mini import facts, knowledge, notes, subjects
from medte.tasks.catalogue import catalogue


@pytest.mark.parametrize("kind", knowledge.SCHEMA)
def test_every_knowledge_file_fits_its_schema(kind):
    assert len(knowledge.load(kind)) > 0


def test_an_entry_that_does_not_fit_names_file_and_entry(tmp_path):
    (tmp_path / "topics").mkdir()
    path = tmp_path / "topics" / "x.yaml"
    path.write_text(
        "- title: A\n  categories: [Pain]\n  lead: too short\n  sections: {}\n  sectoins: {}\n", encoding="utf-8"
    )
    with pytest.raises(MedteError, match=r"x\.yaml, entry 1 \(A\).*lead.*sectoins"):
        knowledge.read(path)


def test_names_and_titles_are_unique():
    names = [entry.name for entry in knowledge.load("conditions")] + [entry.title for entry in knowledge.load("topics")]
    repeated = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    assert repeated == []
    for kind, key in (
        ("abstracts", "title"),
        ("preprints", "title"),
        ("trials", "official_title"),
        ("exams", "question"),
    ):
        texts = Counter(getattr(entry, key).casefold() for entry in knowledge.load(kind))
        assert [text for text, count in texts.items() if count > 1] == [], kind


def test_categories_cover_every_class_of_the_catalogue():
    wanted = {
        name for task in catalogue().values() if task.build["kind"] == "sections" for name in task.build["classes"]
    }
    found = {category for record in mini.wikipedia() for category in record.facts["categories"]}
    assert wanted <= found


def test_studies_and_patients_are_marked_fictional():
    for source in ("pubmed", "pmc", "clinicaltrials", "biorxiv", "medrxiv", "mimic_iv"):
        assert all(record.fictional for record in mini.SOURCES[source]()), source


def test_exam_keys_are_spread():
    positions = Counter(item.answer for item in knowledge.load("exams"))
    assert max(positions.values()) < 1.3 * min(positions.values())


def test_notes_are_the_same_for_a_seed_and_other_for_another():
    assert notes.render(seed=1) == notes.render(seed=1)
    assert notes.render(seed=1) != notes.render(seed=2)


def pieces(part):
    for diagnosis in knowledge.load("diagnoses"):
        if diagnosis.part == part:
            for kind in notes.Ward.KINDS:
                for piece in getattr(diagnosis, kind):
                    yield from [piece] if isinstance(piece, str) else [piece.history, piece.instructions]


def test_training_and_evaluation_notes_share_no_piece_and_no_illness():
    evaluation, training = set(pieces("evaluation")), set(pieces("training"))
    assert training and len({piece for piece in evaluation & training if len(piece.split()) > 4}) == 0
    illnesses = [
        {illness.diagnosis for patient in notes._patients(part, random.Random(0)) for illness in patient.illnesses}
        for part in ("evaluation", "training")
    ]
    assert all(illnesses) and not illnesses[0] & illnesses[1]


def test_diagnoses_of_the_catalogue_are_for_evaluation_and_the_others_for_training():
    judged = {
        name.casefold()
        for task in catalogue().values()
        if task.build["kind"] == "diagnoses"
        for names in task.build["classes"].values()
        for name in names
    }
    by_part = {
        part: {d.diagnosis.casefold() for d in knowledge.load("diagnoses") if d.part == part}
        for part in ("evaluation", "training")
    }
    assert by_part["evaluation"] == judged and not by_part["training"] & judged


def test_no_disease_is_reserved_for_both_parts():
    reserved = {"evaluation": set(), "training": set()}
    for record in mini.mimic_iv():
        reserved[record.facts["reserved"]].add(record.facts["subject"])
    assert reserved["evaluation"] and reserved["training"] and not reserved["evaluation"] & reserved["training"]


def test_stays_of_a_patient_are_in_time_order_and_end_with_death():
    _, admissions = notes.render()
    last = {}
    for row in admissions:
        assert row["admittime"] < row["dischtime"]
        if row["subject_id"] in last:
            assert last[row["subject_id"]]["dischtime"] < row["admittime"]
            assert last[row["subject_id"]]["hospital_expire_flag"] == "0"
        last[row["subject_id"]] = row
    back = [r.facts["days_to_return"] for r in mini.mimic_iv() if r.facts["days_to_return"] is not None]
    assert min(back) > 0
    judged = [(r.document, r.facts["days_to_return"]) for r in mini.mimic_iv() if not r.facts["training_only"]]
    soon = {patient for patient, days in judged if days is not None and days <= 3}
    later = {patient for patient, days in judged if days is not None and days <= 30} - soon
    assert len(soon) >= 40 and len(later) >= 40


def test_more_illness_and_age_make_return_likelier():
    chances = [notes.chance_of_return(age, count) for age, count in ((50, 0), (50, 2), (80, 2))]
    assert 0 < chances[0] < chances[1] < chances[2] < 1
    assert notes.chance_of_return(60, 1, "lumbar stenosis") < notes.chance_of_return(60, 1, "syncope")
    assert set(notes.TENDENCY) <= {d.diagnosis for d in knowledge.load("diagnoses") if d.part == "evaluation"}


def test_the_ceiling_is_chance_where_nothing_matters_and_higher_where_something_does(monkeypatch):
    assert all(0.6 < notes.ceiling(days) < 0.9 for days in (3, 7, 30))
    monkeypatch.setattr(notes, "PER_ILLNESS", 0)
    monkeypatch.setattr(notes, "PER_DECADE", 0)
    monkeypatch.setattr(notes, "TENDENCY", {})
    assert notes.ceiling(3) == pytest.approx(0.5)


def test_the_note_tells_all_that_the_model_of_readmission_goes_by():
    patient = next(p for p in notes._patients("evaluation", random.Random(1)) if len(p.illnesses) == 3)
    ward = notes.Ward(patient.diagnosis, 0, random.Random(1))
    note = " ".join(ward.note(patient).split())
    assert f"is a {patient.age} year old" in note
    assert all(illness.history.removeprefix("with ") in note for illness in patient.illnesses)


def test_no_note_has_an_unfilled_slot_or_a_name():
    for record in mini.mimic_iv():
        text = " ".join(record.texts.values())
        assert not re.search(r"[{}]|\b(?:Mr|Mrs|Ms)\. [A-Z]", text), record.id
        assert set(record.texts) == set(
            [
                "chief_complaint",
                "history_of_present_illness",
                "hospital_course",
                "discharge_diagnosis",
                "discharge_instructions",
            ]
        )


def test_rendered_questions_are_for_training_and_know_their_disease():
    rendered = [record for record in mini.medquad() if record.facts.get("training_only")]
    assert len(rendered) == len(facts.QUESTIONS) * len(knowledge.load("conditions"))
    pages = {record.facts["subject"] for record in mini.wikipedia()}
    assert {record.facts["subject"] for record in rendered} <= pages


def test_a_text_is_about_what_its_heading_names_else_about_what_it_names_most():
    assert subjects.subject("Warfarin in AF", "Gout and gout again.") == "gout"
    assert subjects.subject("Early dialysis in gout and malaria") == "gout"
    assert subjects.subject("Nothing here", "Malaria is named once.") is None
    assert list(subjects.named("It was WAS, and ice is no ICE")) == [
        "wiskott-aldrich syndrome",
        "iridocorneal endothelial syndrome",
    ]
    assert subjects.subject_of_focus("COPD exacerbation") == "chronic obstructive pulmonary disease"
    assert subjects.subject_of_focus("Protamine") == "protamine"
    assert subjects.share_naming(["He has gout.", "Nothing."], {"gout"}) == 0.5
