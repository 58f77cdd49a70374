"""The values that follow from items: by hand, and against scikit-learn and pytrec_eval's own figures."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, f1_score, v_measure_score

from medte.evaluation.items import items_of, units_of, value, values
from medte.tasks.build import TaskData
from medte.tasks.catalogue import task

DRAW = np.random.default_rng(0)
LABELS = DRAW.integers(0, 3, 60)
GUESS = DRAW.integers(0, 4, 60)
WEIGHTS = DRAW.integers(0, 4, (5, 60)).astype(float)
BINARY = DRAW.integers(0, 2, 60)
SIMILARITY = np.round(DRAW.random(60), 1)  # with ties


def repeated(array, weights):
    return np.repeat(array, weights.astype(int))


def test_macro_f1_is_scikit_learns_mean_over_draws():
    items = {"labels": LABELS.tolist(), "predictions": [GUESS.tolist(), LABELS.tolist()]}
    assert value("classification", items) == pytest.approx((f1_score(LABELS, GUESS, average="macro") + 1) / 2)


def test_weights_are_repetitions():
    items = {"labels": LABELS.tolist(), "predictions": [GUESS.tolist()], "assignment": GUESS.tolist()}
    f1 = [f1_score(repeated(LABELS, w), repeated(GUESS, w), average="macro") for w in WEIGHTS]
    v = [v_measure_score(repeated(LABELS, w), repeated(GUESS, w)) for w in WEIGHTS]
    assert values("classification", items, WEIGHTS) == pytest.approx(f1)
    assert values("clustering", items, WEIGHTS) == pytest.approx(v)


def test_average_precision_is_scikit_learns_with_ties_and_weights():
    items = {"labels": BINARY.tolist(), "similarity": SIMILARITY.tolist()}
    expected = [average_precision_score(BINARY, SIMILARITY, sample_weight=w) for w in WEIGHTS]
    assert values("pair_classification", items, WEIGHTS, "similarity_ap") == pytest.approx(expected)


def test_best_f1_by_hand():
    # thresholds after each pair: 1 of 1 right, 1 of 2, 2 of 3 (F1 = 4/5); below the last none is tried
    items = {"labels": [1, 0, 1, 0], "similarity": [0.9, 0.8, 0.7, 0.1]}
    assert value("pair_classification", items) == pytest.approx(0.8)


def test_always_positive_is_not_tried():
    assert value("pair_classification", {"labels": [1, 0], "similarity": [0.5, 0.5]}) == 0


def test_ndcg_is_the_weighted_mean():
    items = {"ndcg": [1.0, 0.5, 0.0]}
    assert value("retrieval", items) == pytest.approx(0.5)
    assert values("retrieval", items, np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 1.0]])).tolist() == [1.0, 0.25]


def test_a_perfect_and_a_constant_clustering():
    assert value("clustering", {"labels": [0, 0, 1, 1], "assignment": [1, 1, 0, 0]}) == pytest.approx(1)
    assert value("clustering", {"labels": [0, 0, 1, 1], "assignment": [0, 0, 0, 0]}) == pytest.approx(0)


JUDGED = pd.DataFrame(
    {"query": ["chest pain", "cough", "chest pain"], "document": ["angina", "cold", "reflux"], "unit": ["a", "b", "c"]}
)
RANKED = {
    "q00000": {"d00000": 0.9, "d00001": 0.8, "d00002": 0.7},
    "q00001": {"d00002": 0.9, "d00001": 0.8, "d00000": 0.1},
}  # angina, cold, reflux for chest pain; reflux, cold, angina for cough


def test_ndcg_with_two_right_documents_by_hand():
    data = TaskData(task("MedQuADRetrievalMerged"), JUDGED, {})
    items = items_of(data, RANKED)
    # right at ranks 1 and 3: (1 + 1/log2 4) / (1 + 1/log2 3) = 1.5 / 1.63093; at rank 2 alone: 1 / log2 3
    assert items["ndcg"] == pytest.approx([0.919721, 0.630930], abs=1e-6)
    assert units_of(data) == ["a", "b"]


def test_a_base_task_has_one_right_document_a_row():
    data = TaskData(task("MedQuADRetrieval"), JUDGED, {})
    items = items_of(data, RANKED | {"q00002": RANKED["q00000"]})
    assert items["ndcg"] == pytest.approx([1, 0.630930, 0.5], abs=1e-6)
    assert units_of(data) == ["a", "b", "c"]
