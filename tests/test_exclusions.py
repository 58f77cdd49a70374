"""Texts of a batch that are no negatives of each other."""

import numpy as np
import pandas as pd

from medte.training.exclusions import Exclusions

LONG = "a swollen painful joint of the big toe that comes at night and goes within a week or two without any treatment"
PAIRS = pd.DataFrame(
    [
        ("gout", LONG),
        ("podagra", LONG.replace("swollen", "very swollen")),  # nearly the same text
        ("Gout!", "uric acid crystals in a joint"),  # the first text of pair 0 in another form
        ("asthma", "wheezing"),
        ("wheezing", "a whistling sound of breathing"),  # its first text is the second of pair 3
    ],
    columns=["sentence1", "sentence2"],
)
ALL = np.arange(len(PAIRS))


def known(near):
    return {(int(i), int(j)) for i, j in np.argwhere(Exclusions(PAIRS, near).mask(ALL, ALL)) if i != j}


def test_known_partners_and_the_same_words_are_no_negatives():
    assert known(None) == {(0, 2), (2, 0), (4, 3)}


def test_a_pair_is_known_in_both_directions():
    pairs = pd.DataFrame([("a", "b"), ("b", "c"), ("d", "a")], columns=["sentence1", "sentence2"])
    mask = Exclusions(pairs, None).mask(np.arange(3), np.arange(3))
    assert mask[1, 2] and mask[0, 2] and not mask[2, 0]  # a and b stand together; a is the same text; d and b never met


def test_near_duplicates_count_where_a_threshold_is_given():
    assert known(0.7) == {(0, 2), (2, 0), (4, 3), (0, 1), (1, 0), (2, 1)}


def test_a_pair_knows_itself_and_rows_may_be_asked_in_any_order():
    exclusions = Exclusions(PAIRS, None)
    assert exclusions.mask(ALL, ALL).diagonal().all()
    some = exclusions.mask(np.array([2, 0]), np.array([0, 3]))
    assert some.tolist() == [[True, False], [True, False]]
