from medte.curation.clean import clean
from medte.curation.pairs import pairs
from medte.records import Pair
from tests.conftest import make_record


def test_cleaning_composes_strips_and_collapses():
    record = clean(make_record("1", title="cafe\u0301\x00  au \n lait", abstract=" \n "))
    assert record.texts == {"title": "café au lait"}


def test_options_are_cleaned():
    record = clean(make_record("1", "medqa", question="Which?", facts={"options": [" 1\n a", "b"]}))
    assert record.facts["options"] == ["1 a", "b"]


def test_pairs_of_each_kind_of_source():
    page = make_record("p", "wikipedia", **{"section:Lead": "one two three four five", "section:B": "a b c d e f"})
    short = make_record("s", "wikipedia", **{"section:Lead": "one two three four five", "section:B": "too short"})
    note = make_record(
        "n", "mimic_iv", chief_complaint="SOB", history_of_present_illness="Worse.", discharge_diagnosis="pneumonia"
    )
    exam = make_record("e", "medqa", question="Which?", facts={"options": ["a", "b", "c", "d"], "answer": 2})
    unkeyed = make_record("u", "medqa", question="Which?", facts={"options": ["a", "b", "c", "d"], "answer": None})
    unexplained = make_record("m", "medmcqa", question="Which?")
    trial = make_record(
        "t", "clinicaltrials", official_title="A trial", detailed_description="Long.", first_primary_outcome="Days."
    )
    without_outcome = make_record("w", "clinicaltrials", official_title="A trial", detailed_description="Long.")
    given = [page, short, note, exam, unkeyed, unexplained, trial, without_outcome]
    made = {(p.source, p.sentence1, p.sentence2) for p in pairs(given)}
    assert made == {
        ("wikipedia", "one two three four five", "a b c d e f"),
        ("mimic_iv", "pneumonia", "SOB Worse."),
        ("medqa", "Which?", "c"),
        ("clinicaltrials", "A trial", "Days."),
    }


def test_a_source_without_a_rule_pairs_its_first_two_texts_and_identities_pass_on():
    facts = {"identities": ["pmid:1", "doi:10.1/x"]}
    whole = make_record("1", "new_source", "d", title="T", abstract="A", written_question="Q", facts=facts)
    single, empty = make_record("2", "new_source", title="T"), make_record("3", "new_source")
    assert list(pairs([whole, single, empty])) == [Pair("T", "A", "new_source", "d", ("pmid:1", "doi:10.1/x"))]
