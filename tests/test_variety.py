"""Shared word sequences and near-duplicates, by hand."""

import numpy as np

from medte.curation.variety import near_duplicates, shared_sequences


def test_a_sequence_counts_where_five_others_have_it():
    common = "one two three four five"
    texts = [f"{common} {word} b{word} c{word} d{word}" for word in ("k", "l", "m", "n", "o", "p")]
    shares = shared_sequences([*texts, "no such words are in this last text"])
    assert np.allclose(shares[:6], 1 / 5)  # of five sequences only the first is common
    assert shares[6] == 0
    assert shared_sequences(texts[:5]).max() == 0  # only four others have it


def test_near_duplicates_are_found_within_and_across():
    base = "the patient was seen in clinic with a cough that had lasted for three weeks"
    changed = base.replace("three", "four")
    other = "an entirely different sentence about bones and joints without any overlap at all here"
    assert near_duplicates([base, changed, other]).tolist() == [True, True, False]
    assert near_duplicates([base, other], against=[changed]).tolist() == [True, False]
    assert near_duplicates([other, base], against=[other]).tolist() == [True, False]


def test_the_threshold_is_on_jaccard_of_triples():
    one, two = "a1 b1 c1 d1 e1", "a1 b1 c1 d1 f1"  # triples: 3 and 3, two shared: 2 / 4
    assert near_duplicates([one, two], threshold=0.49).all()
    assert not near_duplicates([one, two], threshold=0.5).any()


def test_texts_too_short_for_a_sequence_share_nothing():
    assert shared_sequences(["a", "b"]).tolist() == [0, 0]
    assert not near_duplicates(["a b", "a b"]).any()
