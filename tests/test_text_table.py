"""Means as text: order, ranks, who is in no mean, and what difference could have been seen."""

import numpy as np
from made_up import retrieval

from medte.evaluation.statistics import Scores
from medte.report.tables import percent
from medte.report.text_table import aligned, means

TASK = "MedQuADRetrieval"
DRAW = np.random.default_rng(4)
GOOD = DRAW.random(200)


def scores(**values):
    return Scores([retrieval(model, TASK, list(own)) for model, own in values.items()], draws=200)


def test_columns_are_aligned():
    assert aligned([["a", "10"], ["long", "9"]]) == ["a     10", "long   9"]


def test_models_stand_best_first_with_their_rank():
    found = scores(random=GOOD * 0.1, tfidf=GOOD)
    head, best, second, *_ = means(found, "random").splitlines()
    assert head.split() == ["model", "Retrieval", "(1)", "All", "(1)", "rank"]
    assert best.startswith("tfidf") and best.endswith(" 1") and second.startswith("random") and second.endswith(" 2")


def test_the_visible_difference_is_said_also_where_the_best_is_what_all_are_compared_with():
    found = scores(random=DRAW.random(200) * 0.1, tfidf=GOOD)
    seen = percent(found.detectable("random", "tfidf", [TASK]))
    last = means(found, "tfidf").splitlines()[-1]
    assert last == f"smallest difference of random from tfidf that is seen in 80 % of cases: {seen} points"
    assert "smallest difference" not in means(scores(tfidf=GOOD), "tfidf")


def test_a_model_without_vectors_is_in_no_mean():
    text = means(scores(random=GOOD * 0.1, bm25=GOOD), "random")
    assert "\nbm25" not in text and text.splitlines()[1].startswith("random")
    assert (
        "BM25 (retrieval alone) makes no vectors: it stands in single retrieval tasks, in no mean and no rank." in text
    )
