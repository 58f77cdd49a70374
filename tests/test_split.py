"""Training or evaluation: subjects and documents stay whole, in proportion, and reservations hold."""

from collections import Counter

from medte.curation.split import Header, split
from medte.profile import load_profile
from tests.conftest import make_record

MINI = load_profile("mini")


def parts_of(records, **settings):
    """part -> the records in it."""
    data = MINI.data.model_copy(update={"evaluation_share": {"default": 0.5}} | settings)
    parts = {"training": [], "evaluation": [], "kin": [], None: []}
    for record, part in zip(records, split([Header.of(record) for record in records], data), strict=True):
        parts[part].append(record)
    return parts


def test_whole_documents_are_split_in_proportion_to_their_strata():
    records = [
        make_record(f"{i}{part}", document=f"d{i}", title="t", facts={"stratum": "a" if i < 40 else "b"})
        for i in range(60) for part in "xy"
    ]  # fmt: skip
    records.append(make_record("only", title="t", facts={"training_only": True, "stratum": "a"}))
    parts = parts_of(records)
    assert not {r.document for r in parts["training"]} & {r.document for r in parts["evaluation"]}
    assert Counter(r.facts["stratum"] for r in parts["evaluation"]) == {"a": 40, "b": 20}
    assert records[-1] in parts["training"]


def test_of_a_large_source_no_more_documents_are_evaluated_than_asked_for():
    records = [make_record(str(i), source=source, title="t") for i in range(50) for source in ("pubmed", "pmc")]
    parts = parts_of(records, max_evaluation=10)
    assert Counter(r.source for r in parts["evaluation"]) == {"pubmed": 10, "pmc": 10}


def test_subjects_are_split_whole_over_all_sources_and_reservations_hold():
    facts = [
        *({"subject": f"s{i}", "subject_stratum": "a"} for i in range(20)),
        {"subject": "judged", "reserved": "evaluation"},
        {"subject": "taught", "reserved": "training", "training_only": True},
        {"subject": "taught"},
        {"subject": "taught", "reserved": "evaluation"},
        {"subject": "judged", "training_only": True},
    ]
    records = [
        make_record(f"{i}", source=source, title="t", facts=fact)
        for i, fact in enumerate(facts)
        for source in ("pubmed", "medquad")
    ]
    parts = parts_of(records, evaluation_share={"default": 0.5, "subjects": 0.25})
    sides = [{r.facts["subject"] for r in parts[part]} for part in ("training", "evaluation")]
    assert not sides[0] & sides[1]
    assert len([s for s in sides[1] if s != "judged"]) == 5
    assert "judged" in sides[1] and "taught" in sides[0]
    assert {r.facts["subject"] for r in parts["kin"]} == {"judged"}
    assert {(r.facts["subject"], r.facts["reserved"]) for r in parts[None]} == {("taught", "evaluation")}
