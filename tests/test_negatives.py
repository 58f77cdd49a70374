"""Hard negatives on a handful of rows: which candidates are near, which are refused and why, and what is drawn."""

import random

import numpy as np
import pytest

from medte.curation.negatives import CHECKS, Positive, bm25_ranker, choose, encoder_ranker

POINTS = {
    "asthma": (1, 0), "wheeze": (0.8, 0.6), "Wheeze.": (0.8, 0.6), "gout": (0, 1), "dyspnoea": (0.96, 0.28),
    "eczema": (-1, 0), "cough": (0.6, 0.8), "fever": (0.28, 0.96),
}  # fmt: skip  # vectors of length 1


def encode(texts):
    return np.array([POINTS[text] for text in texts]) * 3


def places(rank, anchors, candidates, nearest):
    order, similarity = rank(anchors, candidates, nearest)
    return [[candidates[i] for i in row] for row in order], similarity


def test_an_encoder_ranks_by_cosine_and_encodes_each_text_once():
    seen = []
    rank = encoder_ranker(lambda texts: seen.extend(texts) or encode(texts))
    texts, similarity = places(rank, ["asthma", "gout"], ["eczema", "wheeze", "Wheeze.", "gout"], 3)
    assert texts == [["wheeze", "Wheeze.", "gout"], ["gout", "wheeze", "Wheeze."]]
    assert similarity == pytest.approx(np.array([[0.8, 0.8, 0], [1, 0.6, 0.6]]))
    assert rank(["asthma"], ["gout"], 5)[0].tolist() == [[0]]
    assert sorted(seen) == ["Wheeze.", "asthma", "eczema", "gout", "wheeze"]


def test_bm25_ranks_by_shared_words_and_an_equal_text_has_similarity_one():
    candidates = ["an itchy rash", "painful swollen toe", "a toe", "the of and", "painful swollen toe at night"]
    texts, similarity = places(bm25_ranker(), ["painful swollen toe", "of the", "rash"], candidates, 3)
    assert texts[0][0] == "painful swollen toe" and set(texts[0][1:]) == {"a toe", "painful swollen toe at night"}
    assert similarity[0][0] == 1 and 0 < similarity[0][2] <= similarity[0][1] <= 1
    assert similarity[1].tolist() == [0, 0, 0]
    assert texts[2][0] == "an itchy rash" and 0 < similarity[2][0] < 1
    assert places(bm25_ranker(), ["of"], ["the"], 9)[0] == [["the"]]


def one(rows, nearest=9, ceiling=None, seed=1, checks=CHECKS):
    """What `choose` says, and the negative of the first row."""
    choice = choose(rows, encoder_ranker(encode), nearest, ceiling, seed, checks)
    return choice, choice.negatives[0]


def test_each_reason_refuses_and_is_counted():
    rows = [
        Positive("asthma", "wheeze", "d1", "asthma"),
        Positive("cough", "Wheeze.", "d2"),  # the same words
        Positive("cough", "eczema", "d1"),  # of the same document
        Positive("asthma", "fever", "d3"),  # right for the same anchor
        Positive("cough", "dyspnoea", "d4", "asthma"),  # about the same thing
        Positive("cough", "gout", "d5", "gout"),
    ]
    choice, negative = one(rows)
    assert negative == "gout"
    alone = choose(rows[:5], encoder_ranker(encode), 9, None, 1)
    assert alone.negatives[0] is None
    per_row = {reason: 0 for reason in CHECKS}
    for reason in CHECKS:
        found, _ = one(rows, checks=[reason])
        per_row[reason] = found.refused.get(reason, 0)
        assert set(found.refused) == {reason}
    # of six rows: each meets its own string; "wheeze" and "Wheeze." also each other's words; d1 has two partners, and
    # wheeze's words are also d2's; asthma has two partners, cough four (with the words of wheeze); one focus is shared
    assert per_row["same string"] == 6 and per_row["same words"] == 8
    assert choice.seen == 36 and 0 < sum(choice.refused.values()) < 36


def test_a_false_negative_by_shared_focus_is_never_chosen():
    rows = [Positive("asthma", "wheeze", "d1", "lungs"), Positive("fever", "cough", "d2", "lungs")]
    rows += [Positive("fever", "gout", "d3", "joints")]
    assert {one(rows, seed=seed)[1] for seed in range(20)} == {"gout"}
    unchecked = {one(rows, seed=seed, checks=["same words"])[1] for seed in range(20)}
    assert unchecked == {"gout", "cough"}


def test_the_ceiling_skips_what_is_near_the_true_partner_and_says_how_much():
    # to "wheeze": dyspnoea .936, cough .96, fever .8, gout .6
    rows = [Positive("asthma", "wheeze", "d0")]
    rows += [Positive("gout", partner, partner) for partner in ("dyspnoea", "cough", "fever", "gout")]
    drawn = {
        ceiling: {one(rows, ceiling=ceiling, seed=seed)[1] for seed in range(60)} for ceiling in (0.95, 0.9, 0.7, 0.5)
    }
    assert drawn[0.95] == {"dyspnoea", "fever", "gout"}
    assert drawn[0.9] == {"fever", "gout"}
    assert drawn[0.7] == {"gout"} and drawn[0.5] == {None}
    first = choose(rows[:1] + rows[3:], encoder_ranker(encode), 9, 0.7, 1)
    # candidates fever, gout, wheeze of each row; wheeze–fever .8, fever–gout .96, wheeze–gout .6: fever is suspected for
    # wheeze, wheeze for fever; gout and fever are known positives of the same anchor
    assert first.refused == {"known positive": 2, "same string": 3, "suspected": 2}
    assert first.seen == 9 and first.suspected == pytest.approx(2 / 9)


def test_the_ceiling_holds_beyond_the_depth_that_is_ranked_first():
    # the two nearest to cough are cough and wheeze; one ranking of depth 2 would not see that fever is .94 to it
    rows = [Positive("gout", "cough", "d0")]
    rows += [Positive("asthma", partner, partner) for partner in ("wheeze", "fever", "gout", "eczema")]
    assert {one(rows, nearest=2, ceiling=0.9, seed=seed)[1] for seed in range(20)} == {"gout"}


def test_only_the_nearest_are_drawn_from():
    rows = [Positive("asthma", partner, partner) for partner in ("dyspnoea", "wheeze", "cough", "fever", "gout")]
    near = {one(rows, nearest=3, seed=seed, checks=["same words"])[1] for seed in range(40)}
    assert near == {"wheeze", "cough"}


@pytest.mark.parametrize("rank", [bm25_ranker(), encoder_ranker(encode)])
def test_the_same_negatives_whatever_the_order_of_rows_and_others_for_another_seed(rank):
    names = sorted(POINTS)
    rows = [Positive(names[i % 3], names[i % 8], f"d{i % 7}", names[i % 5]) for i in range(20)]
    chosen = choose(rows, rank, 6, 0.95, 1, ["same words"])
    order = random.Random(3).sample(range(20), 20)
    again = choose([rows[i] for i in order], rank, 6, 0.95, 1, ["same words"])
    assert again.negatives == [chosen.negatives[i] for i in order]
    assert again.refused == chosen.refused
    assert choose(rows, rank, 6, 0.95, 2, ["same words"]).negatives != chosen.negatives


def test_nothing_to_choose_for():
    assert choose([], bm25_ranker(), 3, None, 1).negatives == []
