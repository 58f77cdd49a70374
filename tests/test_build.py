"""Each kind of task from a handful of records."""

from collections import Counter

import pytest

from medte.tasks.build import Limits, build
from medte.tasks.builders import BUILDERS, finds
from medte.tasks.catalogue import BENCHMARKS, FAMILIES, benchmark_tasks, catalogue, task
from tests.conftest import make_record


def limits(most, test_share=0.3):
    return Limits(most, most, test_share)


def note(number, complaint="SOB", diagnosis="pneumonia", days=None, died=False, patient=None, **more):
    texts = {
        "chief_complaint": complaint, "history_of_present_illness": f"History {number}.",
        "discharge_diagnosis": diagnosis, "discharge_instructions": f"Rest {number}.",
    }  # fmt: skip
    facts = {"days_to_return": days, "died": died, "group": "notes", **more}
    return make_record(str(number), "mimic_iv", patient or f"p{number}", facts=facts, **texts)


def page(number, *categories, sections=4):
    texts = {f"section:{s}": f"Page {number}, section {s}: {'words ' * 12}" for s in range(sections)}
    return make_record(str(number), "wikipedia", facts={"categories": categories}, **texts)


def test_the_catalogue_is_the_papers():
    assert len(catalogue()) == 77 and len(benchmark_tasks("MedEval")) == 51
    assert Counter(entry.family for entry in benchmark_tasks("MedEval")) == dict(
        zip(FAMILIES, (15, 12, 12, 12), strict=True)
    )
    assert benchmark_tasks("MedTEB") == benchmark_tasks("MedEval")
    assert len(benchmark_tasks("MedEval-all")) == 77 and set(BENCHMARKS) == {
        "MedEval",
        "MedEval-all",
        "MedEval-corrected",
    }
    assert {entry.build["kind"] for entry in catalogue().values()} == set(BUILDERS)


def test_sections_are_split_by_page_and_a_page_in_two_classes_is_dropped():
    records = (
        [page(i, "Pain") for i in range(10)] + [page(i, "Fever") for i in range(10, 20)] + [page(20, "Pain", "Fever")]
    )
    data = build(task("WikipediaPainVsFeverClassification"), records, limits(300))
    assert data.missing() is None or "100" in data.missing()
    assert data.dropped == {"page in two classes": 1}
    assert len(data.rows) == 80
    parts = {part: set(rows["unit"]) for part, rows in data.rows.groupby("split")}
    assert not parts["train"] & parts["test"]
    assert Counter(zip(data.rows["label"], data.rows["split"], strict=True))["Pain", "test"] == 12


def test_the_order_of_records_does_not_matter():
    records = [page(i, "Pain" if i % 2 else "Fever") for i in range(30)]
    entry = task("WikipediaPainVsFeverClassification")
    assert build(entry, records, limits(40)).rows.equals(build(entry, records[::-1], limits(40)).rows)


def test_a_repeated_text_is_one_whatever_the_order():
    records = [page(i, "Pain" if i % 2 else "Fever") for i in range(30)]
    twins = [make_record(f"twin{i}", "wikipedia", facts=r.facts, **r.texts) for i, r in enumerate(records[:10])]
    entry = task("WikipediaPainVsFeverClassification")
    one, two = (build(entry, given, limits(60)) for given in ([*records, *twins], [*twins, *records]))
    assert one.rows.equals(two.rows) and one.dropped == {"repeated text": 40}


def test_classification_and_clustering_of_the_same_classes_are_the_same_texts():
    records = [page(i, f"Syndromes affecting {organ}") for i in range(90) for organ in ["the eye blood hearing".split()]
               for organ in [("the eye", "blood", "the nervous system", "hearing")[i % 4]]]  # fmt: skip
    one, two = (
        build(task(f"WikipediaSyndromes{family}"), records, limits(200)) for family in ("Classification", "Clustering")
    )
    assert set(one.texts()) == set(two.texts()) and len(one.texts()) > 100


def test_diagnoses_are_matched_whole_and_case_folded():
    names = ["Pneumonia", "COPD EXACERBATION", "cellulitis", "urinary tract infection", "choledocholithiasis"]
    records = [note(i, diagnosis=names[i % 5]) for i in range(50)] + [
        note(99, diagnosis="Primary: pneumonia Secondary: gout")
    ]
    data = build(task("MIMICInfectiousDiseasesClustering"), records, limits(300))
    assert Counter(data.rows["label"]) == {
        "Respiratory": 20,
        "Soft tissue": 10,
        "Urinary tract": 10,
        "Biliary system": 10,
    }
    assert "History 99." not in " ".join(data.texts())


def test_readmission_leaves_out_deaths_and_negative_intervals_and_balances():
    records = [note(i, days=2) for i in range(5)] + [note(i, days=10) for i in range(10, 15)]
    records += [note(i) for i in range(20, 30)] + [note(30, died=True), note(31, days=-1)]
    records += [note(40, days=1, patient="p40"), note(41, patient="p40")]
    data = build(task("MIMICReadmission3dClassification"), records, limits(300))
    assert data.dropped == {"died in hospital": 1, "negative interval": 1}
    assert Counter(data.rows["label"]) == {"readmitted": 6, "not readmitted": 6}
    assert data.rows["unit"].is_unique


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"days": 2}, "readmitted"),
        ({"days": 10}, "not readmitted"),
        ({"days_followed": 2}, "not followed that long"),
        ({"days_followed": 3}, "not readmitted"),
        ({"days": 10, "days_followed": 0}, "not readmitted"),
        ({"days_followed": 365, "days_to_death": 3}, "died after the discharge"),
        ({"days_followed": 365, "days_to_death": 4}, "not readmitted"),
        ({"days": 2, "days_to_death": 3}, "readmitted"),
        ({"days": 0.5, "transferred": True}, "went on in another stay"),
        ({"days": -1, "transferred": False}, "negative interval"),
        ({"died": True, "days_to_death": 0}, "died in hospital"),
    ],
)
def test_readmission_within_three_days_follows_its_rules(facts, verdict):
    others = {"readmitted": note(1, days=1), "not readmitted": note(2)}
    kept = others.pop(verdict, None) is not None  # one of each label is kept, so the note is the only one of its own
    data = build(task("MIMICReadmission3dClassification"), [note(9, **facts), *others.values()], limits(300))
    labels = dict(zip(data.rows["unit"], data.rows["label"], strict=True))
    assert labels.get("p9") == (verdict if kept else None)
    assert data.dropped == ({} if kept else {verdict: 1})


def test_options_make_one_right_pair_in_four_and_need_a_key():
    def exam(number, answer):
        facts = {"options": [f"{number}{letter}" for letter in "abcd"], "answer": answer}
        return make_record(str(number), "medqa", question=f"Question {number}?", facts=facts)

    data = build(task("MedQAPairClassification"), [exam(i, i % 4) for i in range(30)] + [exam(99, None)], limits(80))
    assert data.dropped == {"question without a key": 1}
    assert len(data.rows) == 80 and data.rows["label"].sum() == 20
    right = data.rows[data.rows["label"] == 1]
    assert all(row.sentence2.endswith("abcd"[int(row.sentence2[:-1]) % 4]) for row in right.itertuples())


def test_the_test_share_is_the_profiles():
    records = [page(i, "Pain" if i < 40 else "Fever") for i in range(80)]
    entry = task("WikipediaPainVsFeverClassification")
    for share in (0.3, 0.5):
        split = build(entry, records, limits(100, share)).rows["split"]
        assert (split == "test").mean() == pytest.approx(share, abs=0.03)


def test_tasks_of_a_source_draw_the_same_records():
    notes = [note(i, f"c{i}") for i in range(150)]
    drawn = [
        set(build(task(name), notes, limits(60)).rows["unit"])
        for name in (
            "MIMICChiefComplaintToDischargeInstructionsRetrieval",
            "MIMICHistoryOfPresentIllnessToChiefComplaintRetrieval",
        )
    ]
    assert drawn[0] == drawn[1]


def test_retrieval_pairs_query_and_document_of_one_record():
    data = build(
        task("MIMICChiefComplaintToDischargeInstructionsRetrieval"), [note(i, f"c{i}") for i in range(150)], limits(120)
    )
    assert len(data.rows) == 120 and data.missing() is None
    assert all(row.query[1:] == row.document[5:-1] for row in data.rows.itertuples())


def test_a_negative_is_another_records_and_says_something_else():
    records = [note(i, f"c{i}", ("Pneumonia", "pneumonia", "gout")[i % 3]) for i in range(120)]
    data = build(task("MIMICChiefComplaintToDischargeDiagnosisPairClassification"), records, limits(300))
    pairs = data.rows.groupby("unit")
    assert len(pairs) == 120
    for _, rows in pairs:
        right, wrong = rows.sort_values("label", ascending=False)["sentence2"]
        assert right.casefold() != wrong.casefold()


def test_a_search_term_finds_its_word_forms_and_nothing_inside_words():
    record = make_record("1", title="Diagnosis of gout", abstract="Undiagnostics.")
    assert finds("diagnostic", record) and not finds("therapeutic", record)
    assert finds("gout", record) and not finds("out", record)
    assert finds("x", make_record("2", title="a", abstract="b", facts={"terms": ["x"]}))


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([], "no texts for Fever, Pain"),
        ([page(i, "Pain") for i in range(20)], "no texts for Fever"),
        ([page(i, "Pain") for i in range(20)] + [page(99, "Fever")], "class 'Fever' has 0 \\+ 4 texts"),
    ],
)
def test_too_little_is_named(records, reason):
    import re

    assert re.search(reason, build(task("WikipediaPainVsFeverClassification"), records, limits(300)).missing())
