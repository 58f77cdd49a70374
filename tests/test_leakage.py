"""Each way in which a training pair touches the benchmark, on small texts with similarities counted by hand."""

import pickle

import pytest

from medte.curation.leakage import Audit, Verdict
from medte.records import Pair


def words(number, start=0):
    """A text of so many words, each another."""
    return " ".join(f"word{n}" for n in range(start, start + number))


def verdict(evaluation_text, side, threshold=0.8):
    audit = Audit({"T": [evaluation_text]}, {}, threshold)
    return audit.verdicts([Pair("asked", side, "s", "d")])[0]


def near(one, two, threshold=0.8):
    return verdict(one, two, threshold) == Verdict("near-duplicate", 2, ("T",))


def test_each_way_of_touching_the_benchmark_is_told_apart():
    texts = {"A": ["Known text."], "B": [words(30)]}
    documents = {"A": ["s:judged", "doi:10.1/x"], "B": ["s:other"]}
    pairs = [
        Pair("asked", "fine", "s", "s:1"),
        Pair("asked", "Known text.", "s", "s:2"),
        Pair("KNOWN TEXT", "fine", "s", "s:3"),
        Pair("asked", words(30).replace("word15", "changed"), "s", "s:4"),
        Pair("asked", "fine", "s", "s:judged"),
        Pair("asked", "fine", "s", "s:6", ("pmid:1", "doi:10.1/x")),
    ]
    assert Audit(texts, documents, 0.8).verdicts(pairs) == [
        None,
        Verdict("same text", 2, ("A",)),
        Verdict("same words", 1, ("A",)),
        Verdict("near-duplicate", 2, ("B",)),
        Verdict("same document", 0, ("A",)),
        Verdict("same document", 0, ("A",)),
    ]


def test_the_first_reason_decides_and_names_the_tasks_of_both_sides():
    texts = {"C": ["One text here.", "x"], "B": ["one text HERE"], "A": ["x", "x"]}
    audit = Audit(texts, {"D": ["s:judged"]}, None)
    assert audit.verdicts([Pair("One text here.", "x", "s", "s:judged")]) == [Verdict("same document", 0, ("D",))]
    assert audit.verdicts([Pair("One text here.", "x", "s", "s:1")]) == [Verdict("same text", 1, ("A", "C"))]
    assert audit.verdicts([Pair("asked", "x", "s", "s:1")]) == [Verdict("same text", 2, ("A", "C"))]
    assert audit.verdicts([Pair("ONE text here", "X!", "s", "s:1")]) == [Verdict("same words", 1, ("A", "B", "C"))]


def test_every_task_and_identity_that_is_touched_is_named():
    documents = {"B": ["s:1"], "A": ["doi:10.1/x"], "C": ["pmid:7"]}
    pair = Pair("asked", "fine", "s", "s:1", ("doi:10.1/x", "pmid:8"))
    assert Audit({}, documents, None).verdicts([pair]) == [Verdict("same document", 0, ("A", "B"))]
    texts = {"B": [words(40)], "A": [words(39)], "C": [words(40, start=100)]}
    pair = Pair(f"{words(39)} more", "fine", "s", "s:1")
    assert Audit(texts, {}, 0.8).verdicts([pair]) == [Verdict("near-duplicate", 1, ("A", "B"))]


def test_accents_case_and_punctuation_are_form():
    assert verdict("Ménière’s disease, (bilateral)", "MENIERE'S disease: bilateral").reason == "same words"
    assert verdict("Sjo\u0308gren syndrome", "Sjögren syndrome").reason == "same words"
    assert verdict("type 1 diabetes", "type 2 diabetes") is None


def test_texts_without_words_have_no_words_in_common():
    assert verdict("+", "-") is None
    assert verdict("+", "+").reason == "same text"


@pytest.mark.parametrize("place", [0, 5, 11])
def test_one_changed_word_of_twelve_is_not_near_wherever_it_stands(place):
    changed = words(12).replace(f"word{place} " if place < 11 else "word11", "other ", 1).strip()
    assert len(changed.split()) == 12 and changed != words(12)
    assert not near(words(12), changed)  # of 14 shingles each 11 are shared: 11 / 17 = .647
    assert near(words(12), changed, threshold=0.64) and not near(words(12), changed, threshold=0.65)


def test_one_changed_word_is_near_from_25_words_on():
    for number, share in ((24, 23 / 29), (25, 24 / 30)):
        changed = words(number).replace("word9", "other")
        assert near(words(number), changed) == (share >= 0.8)


def test_swapped_sentences_are_near_where_they_are_long():
    for length, share in ((20, 36 / 48), (30, 56 / 68)):  # six shingles of each text are at the ends and the joint
        one, two = words(length), words(length, start=length)
        assert near(f"{one}. {two}.", f"{two}. {one}.") == (share >= 0.8)


def test_a_passage_is_near_a_text_only_if_it_is_most_of_it():
    assert not near(words(60), words(30, start=10))  # 28 shingles of 66
    assert near(words(60), words(56))  # 56 of 64
    assert near(words(56), words(60))


def test_the_same_question_about_something_else_is_not_near():
    things = [
        "measles",
        "mumps",
        "type 1 diabetes",
        "type 2 diabetes",
        "very rare syndrome 1A",
        "very rare syndrome 1B",
    ]
    templates = ["What are the symptoms of {} ?", "Is {} inherited ?", "What are the treatments for {} in adults ?"]
    for template in templates:
        audit = Audit({"T": [template.format(thing) for thing in things[::2]]}, {}, 0.8)
        pairs = [Pair(template.format(thing), "fine", "s", "d") for thing in things[1::2]]
        assert audit.verdicts(pairs) == [None, None, None]


def test_texts_of_under_five_words_are_near_none():
    assert not near("a b c d", "a b c d d", threshold=0.1)
    assert not near("a b c d e", "a b c d", threshold=0.1)
    assert near("a b c d e", "a b c d f", threshold=0.4)  # 4 shingles of 10


def test_without_a_threshold_nothing_is_near():
    assert verdict(words(100), f"{words(100)} more", threshold=None) is None


def test_shared_shingles_of_many_texts_do_not_add_up():
    parts = [words(50, start=50 * n) for n in range(4)]
    audit = Audit({"T": parts}, {}, 0.8)
    assert audit.verdicts([Pair("asked", " ".join(parts), "s", "d")]) == [None]


def test_an_audit_is_the_same_in_another_process():
    audit = Audit({"A": iter([words(30), "Known text."])}, {"A": iter(["s:judged"])}, 0.8)
    pairs = [Pair(f"{words(30)} more", "fine", "s", "d"), Pair("asked", "fine", "s", "s:judged")]
    assert pickle.loads(pickle.dumps(audit)).verdicts(pairs) == audit.verdicts(pairs)
    assert [found.reason for found in audit.verdicts(pairs)] == ["near-duplicate", "same document"]
    assert audit.verdicts([]) == []
