from medte.curation.clean import clean
from medte.curation.deduplicate import deduplicate, normalized
from medte.curation.leakage import audit
from medte.curation.pairs import pairs
from medte.records import Pair
from tests.conftest import make_record


def test_cleaning_composes_strips_and_collapses():
    record = clean(make_record("1", title="cafe\u0301\x00  au \n lait", abstract=" \n "))
    assert record.texts == {"title": "café au lait"}


def test_a_repeat_names_the_record_it_repeats():
    first, second, other = (
        make_record(n, title=t, abstract="Same.") for n, t in [("1", "A b"), ("2", "a  B!"), ("3", "c")]
    )
    kept, repeats = deduplicate([first, second, other])
    assert kept == [first, other]
    assert repeats == {"pubmed:2": "pubmed:1"}
    assert normalized("Type-2  Diabetes!") == "type 2 diabetes"


def test_questions_with_other_options_are_no_repeats_and_options_are_cleaned():
    one, two = (
        clean(make_record(str(i), "medqa", question="Which?", facts={"options": [f" {i}\n a", "b"]})) for i in (1, 2)
    )
    assert one.facts["options"] == ["1 a", "b"]
    assert deduplicate([one, two])[1] == {}


def test_each_way_of_touching_the_evaluation_is_found_and_counted():
    given = [
        Pair("q1", "fine", "s", "d1"),
        Pair("q2", "Known text.", "s", "d2"),
        Pair("KNOWN TEXT", "x", "s", "d3"),
        Pair("q4", "y", "s", "evaluated"),
    ]
    kept, found = audit(given, ["Known text."], ["evaluated"])
    assert kept == given[:1]
    assert found == {("s", "same text"): 1, ("s", "same words"): 1, ("s", "same document"): 1}


def test_pairs_of_each_kind_of_source():
    page = make_record("p", "wikipedia", **{"section:Lead": "one two three four five", "section:B": "a b c d e f"})
    short = make_record("s", "wikipedia", **{"section:Lead": "one two three four five", "section:B": "too short"})
    note = make_record(
        "n", "mimic_iv", chief_complaint="SOB", history_of_present_illness="Worse.", discharge_diagnosis="pneumonia"
    )
    exam = make_record("e", "medqa", question="Which?", facts={"options": ["a", "b", "c", "d"], "answer": 2})
    unkeyed = make_record("u", "medqa", question="Which?", facts={"options": ["a", "b", "c", "d"], "answer": None})
    unexplained = make_record("m", "medmcqa", question="Which?")
    made = {(p.source, p.sentence1, p.sentence2) for p in pairs([page, short, note, exam, unkeyed, unexplained])}
    assert made == {
        ("wikipedia", "one two three four five", "a b c d e f"),
        ("mimic_iv", "pneumonia", "SOB Worse."),
        ("medqa", "Which?", "c"),
    }
