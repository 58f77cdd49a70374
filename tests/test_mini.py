"""The bundled knowledge and what is rendered from it."""

import re
from collections import Counter

import pytest

from medte.errors import MedteError
from medte.sources import mini
from medte.sources.mini import facts, knowledge, notes
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


def test_training_and_evaluation_notes_share_no_piece():
    for diagnosis in knowledge.load("diagnoses"):
        for kind in notes.Ward.KINDS:
            pieces = getattr(diagnosis, kind)
            parts = [notes._of_part(pieces, part) for part in ("training", "evaluation")]
            assert parts[0] and parts[1] and len(parts[0]) + len(parts[1]) == len(pieces)
            assert not [piece for piece in parts[0] if piece in parts[1]], (diagnosis.diagnosis, kind)


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
    assert min(back) > 0 and sum(days <= 3 for days in back) > 40


def test_more_illness_and_age_make_return_likelier():
    chances = [notes.chance_of_return(age, count) for age, count in ((50, 0), (50, 2), (80, 2))]
    assert 0 < chances[0] < chances[1] < chances[2] < 1


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


def test_rendered_questions_are_about_training_diseases_alone():
    rendered = [record for record in mini.medquad() if record.facts.get("training_only")]
    assert len(rendered) == len(facts.QUESTIONS) * len(knowledge.load("conditions"))
    pages = {record.document for record in mini.wikipedia()}
    assert {record.facts["about"] for record in rendered} <= pages
