"""The values that follow from items: by hand, and against scikit-learn, pytrec_eval and mteb's own search."""

import numpy as np
import pandas as pd
import pytest
import pytrec_eval
from sklearn.metrics import average_precision_score, f1_score, ndcg_score, v_measure_score

from medte.errors import MedteError
from medte.evaluation.items import METRICS, PROTOCOLS, items_of, units_of, value, values
from medte.tasks.build import TaskData
from medte.tasks.catalogue import FAMILIES, MAIN_SCORE, task

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
    items = {"labels": LABELS.tolist(), "predictions": [GUESS.tolist()], "assignments": [GUESS.tolist()]}
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


def brute_force_f1(labels, similarity, weights=None):
    levels = np.unique(similarity)
    thresholds = (levels[:-1] + levels[1:]) / 2
    return max(f1_score(labels, similarity > level, sample_weight=weights) for level in thresholds)


def test_best_f1_is_that_of_all_thresholds_tried_one_by_one():
    items = {"labels": BINARY.tolist(), "similarity": SIMILARITY.tolist()}
    expected = [brute_force_f1(BINARY, SIMILARITY, w) for w in WEIGHTS]
    assert values("pair_classification", items, WEIGHTS) == pytest.approx(expected)


def test_best_f1_is_mtebs_where_similarities_tie():
    from mteb.abstasks import AbsTaskPairClassification

    for digits in (1, 2, 6):
        labels, similarity = DRAW.integers(0, 2, 40), np.round(DRAW.random(40), digits)
        expected, *_ = AbsTaskPairClassification._find_best_f1_and_threshold(None, similarity.tolist(), labels, True)
        items = {"labels": labels.tolist(), "similarity": similarity.tolist()}
        assert value("pair_classification", items) == pytest.approx(expected)


def test_always_positive_is_not_tried():
    assert value("pair_classification", {"labels": [1, 0], "similarity": [0.5, 0.5]}) == 0


def test_average_precision_by_hand():
    # right pairs come in at 1 of 1 and 2 of 3: (1 + 2/3) / 2; the tied two come in together
    assert value(
        "pair_classification", {"labels": [1, 0, 1, 0], "similarity": [0.9, 0.8, 0.7, 0.1]}, "similarity_ap"
    ) == pytest.approx(5 / 6)
    tied = {"labels": [1, 0, 1], "similarity": [0.9, 0.5, 0.5]}
    assert value("pair_classification", tied, "similarity_ap") == pytest.approx((1 + 2 / 3) / 2)


HALVED = {"labels": [1, 1, 0, 1, 0, 0], "similarity": [0.9, 0.8, 0.3, 0.7, 0.6, 0.2]}


def test_a_held_out_threshold_by_hand():
    # document a chooses 0.55, which says yes to 0.7 and 0.6 of b (1 right); b chooses 0.65, yes to 0.9 and 0.8 (2 right)
    units = list("aaabbb")
    held_out = value("pair_classification", HALVED, "similarity_f1_held_out", units)
    assert held_out == pytest.approx(2 * 3 / (4 + 3))
    assert value("pair_classification", HALVED) == 1


def brute_force_held_out(items, weights, first):
    labels, similarity = np.array(items["labels"]), np.array(items["similarity"])
    answers = np.zeros(len(labels), bool)
    for chosen in (first, ~first):
        levels = np.unique(similarity[chosen])[::-1]
        thresholds = (levels[:-1] + levels[1:]) / 2
        scores = [f1_score(labels[chosen], similarity[chosen] >= t, sample_weight=weights[chosen]) for t in thresholds]
        answers[~chosen] = similarity[~chosen] >= thresholds[np.argmax(scores)]
    return f1_score(labels, answers, sample_weight=weights)


def test_held_out_f1_is_that_of_scikit_learn_with_weights():
    units = ["a" if i % 2 else "b" for i in range(60)]
    items = {"labels": BINARY.tolist(), "similarity": SIMILARITY.tolist()}
    expected = [brute_force_held_out(items, w, np.arange(60) % 2 == 0) for w in WEIGHTS]
    found = values("pair_classification", items, WEIGHTS, "similarity_f1_held_out", units)
    assert found == pytest.approx(expected)


def test_a_document_is_in_one_half_and_the_halves_do_not_depend_on_the_order():
    units = [f"u{i // 4}" for i in range(60)]
    items = {"labels": BINARY.tolist(), "similarity": SIMILARITY.tolist()}
    turned = {key: values[::-1] for key, values in items.items()}
    expected = value("pair_classification", items, "similarity_f1_held_out", units)
    assert value("pair_classification", turned, "similarity_f1_held_out", units[::-1]) == pytest.approx(expected)


def test_labels_of_chance_gain_nothing_from_a_held_out_threshold():
    labels, similarity = DRAW.integers(0, 2, (200, 40)), DRAW.random((200, 40))
    units = [str(i) for i in range(40)]
    worlds = [{"labels": a.tolist(), "similarity": b.tolist()} for a, b in zip(labels, similarity, strict=True)]
    best = np.mean([value("pair_classification", w) for w in worlds])
    held_out = np.mean([value("pair_classification", w, "similarity_f1_held_out", units) for w in worlds])
    assert held_out < 2 / 3 < best


@pytest.mark.parametrize("units", [None, ["a"] * 6])
def test_halves_of_fewer_than_two_documents_are_an_error(units):
    with pytest.raises(MedteError, match=r"at least 2 documents, got [01]"):
        value("pair_classification", HALVED, "similarity_f1_held_out", units)


def test_half_the_documents_without_a_threshold_says_no_to_all():
    items = {"labels": [1, 0, 1, 0], "similarity": [0.5, 0.5, 0.9, 0.1]}  # b's threshold, 0.5, says yes to both of a
    assert value("pair_classification", items, "similarity_f1_held_out", list("aabb")) == pytest.approx(2 / 4)


def test_a_metric_of_another_family_is_an_error():
    with pytest.raises(MedteError, match="unknown metric of retrieval 'f1'"):
        value("retrieval", {"ndcg": [1.0]}, "f1")


def test_protocols_name_a_metric_for_each_family():
    assert PROTOCOLS["published"] == MAIN_SCORE
    for protocol in PROTOCOLS.values():
        assert all(protocol[family] in METRICS[family] for family in FAMILIES)


def test_macro_f1_and_v_measure_by_hand():
    # class 0: 2 of 2 + 1 answers right, F1 4/5; class 1: 1 right of 1 answer and 2 labels, F1 2/3
    items = {"labels": [0, 0, 1, 1], "predictions": [[0, 0, 0, 1]], "assignments": [[0, 0, 0, 1]]}
    assert value("classification", items) == pytest.approx((4 / 5 + 2 / 3) / 2)
    # entropies in bits: labels 1, clusters .811278, both 1.5; mutual .311278
    assert value("clustering", items) == pytest.approx(2 * 0.311278 / 1.811278, abs=1e-6)


PERFECT, CONSTANT = [1, 1, 0, 0], [0, 0, 0, 0]


def test_a_perfect_and_a_constant_clustering():
    assert value("clustering", {"labels": [0, 0, 1, 1], "assignments": [PERFECT]}) == pytest.approx(1)
    assert value("clustering", {"labels": [0, 0, 1, 1], "assignments": [CONSTANT]}) == pytest.approx(0)


def test_the_published_v_measure_is_of_the_first_draw_and_the_mean_of_all():
    items = {"labels": [0, 0, 1, 1], "assignments": [PERFECT, CONSTANT, CONSTANT, CONSTANT]}
    assert value("clustering", items) == pytest.approx(1)
    assert value("clustering", items, "v_measure_mean") == pytest.approx(1 / 4)


def test_shares_say_how_much_a_draw_counts_in_a_row():
    shares = np.array([[0.0, 1.0], [0.25, 0.75]])
    clusters = {"labels": [0, 0, 1, 1], "assignments": [CONSTANT, PERFECT]}
    assert values("clustering", clusters, np.ones((2, 4)), shares=shares) == pytest.approx([1, 0.75])
    answers = {"labels": [0, 0, 1, 1], "predictions": [PERFECT, [0, 0, 1, 1]]}  # all wrong, all right
    assert values("classification", answers, np.ones((2, 4)), shares=shares) == pytest.approx([1, 0.75])


def test_ndcg_is_the_weighted_mean():
    items = {"ndcg": [1.0, 0.5, 0.0]}
    assert value("retrieval", items) == pytest.approx(0.5)
    assert values("retrieval", items, np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 1.0]])).tolist() == [1.0, 0.25]


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
    assert items["ndcg"] == items["ndcg_merged"] == pytest.approx([0.919721, 0.630930], abs=1e-6)
    assert units_of(data) == ["a", "b"]


def test_a_base_task_has_one_right_document_a_row():
    data = TaskData(task("MedQuADRetrieval"), JUDGED, {})
    items = items_of(data, RANKED | {"q00002": RANKED["q00000"]})
    assert items["ndcg"] == pytest.approx([1, 0.630930, 0.5], abs=1e-6)
    assert units_of(data) == ["a", "b", "c"]


REPEATED = pd.DataFrame(
    {
        "query": ["chest pain", "cough", "chest pain", "fever"],
        "document": ["angina", "cold", "reflux", "angina"],
        "unit": list("abcd"),
    }
)
RANKINGS = {
    "q00000": {"d00000": 0.9, "d00003": 0.9, "d00001": 0.8, "d00002": 0.7},
    "q00001": {"d00002": 0.9, "d00000": 0.85, "d00003": 0.79, "d00001": 0.8},
    "q00002": {"d00001": 0.9, "d00000": 0.8, "d00003": 0.8, "d00002": 0.7},
    "q00003": {"d00001": 0.9, "d00000": 0.8, "d00003": 0.7, "d00002": 0.1},
}


def test_merged_ndcg_by_hand():
    items = items_of(TaskData(task("MedQuADRetrieval"), REPEATED, {}), RANKINGS)
    # the one right row at ranks 2 (a tie: the later row first), 3, 4 and 3
    assert items["ndcg"] == pytest.approx([0.630930, 0.5, 0.430677, 0.5], abs=1e-6)
    # chest pain, as its first row ranks: angina, cold, reflux, the first and the last right; cough: reflux, angina, cold; fever: cold, angina
    assert items["ndcg_merged"] == pytest.approx([0.919721, 0.5, 0.919721, 0.630930], abs=1e-6)
    assert value("retrieval", items, "ndcg_at_10_merged") == pytest.approx(np.mean(items["ndcg_merged"]))


def by_words(queries, documents, similarity):
    """Predictions of a model that gives equal words equal similarities."""
    return {
        f"q{i:05d}": {f"d{j:05d}": similarity[query, document] for j, document in enumerate(documents)}
        for i, query in enumerate(queries)
    }


def test_merged_ndcg_is_that_of_the_merged_task_and_of_scikit_learn():
    queries, documents = [f"question {i}" for i in range(8)], [f"answer {i}" for i in range(25)]
    similarity = {(q, d): float(DRAW.random()) for q in queries for d in documents}
    rows = pd.DataFrame(
        {"query": DRAW.choice(queries, 60), "document": DRAW.choice(documents, 60), "unit": map(str, range(60))}
    )
    items = items_of(
        TaskData(task("MedQuADRetrieval"), rows, {}), by_words(rows["query"], rows["document"], similarity)
    )
    asked, said = list(dict.fromkeys(rows["query"])), list(dict.fromkeys(rows["document"]))
    merged = items_of(TaskData(task("MedQuADRetrievalMerged"), rows, {}), by_words(asked, said, similarity))
    assert items["ndcg_merged"] == [merged["ndcg"][asked.index(query)] for query in rows["query"]]
    for query, found in zip(asked, merged["ndcg"], strict=True):
        right = set(rows.loc[rows["query"] == query, "document"])
        expected = ndcg_score([[d in right for d in said]], [[similarity[query, d] for d in said]], k=10)
        assert found == pytest.approx(expected, abs=1e-6)


def test_pytrec_eval_breaks_ties_by_name_descending_in_single_precision():
    def ndcg(right, **similarity):
        scored = pytrec_eval.RelevanceEvaluator({"q": {right: 1}}, {"ndcg_cut.10"}).evaluate({"q": similarity})
        return scored["q"]["ndcg_cut_10"]

    assert ndcg("d2", d1=0.5, d2=0.5) == 1
    assert ndcg("d1", d1=0.5 + 1e-9, d2=0.5) == pytest.approx(1 / np.log2(3))
    assert ndcg("d1", d1=0.5 + 1e-6, d2=0.5) == 1


CLUSTERED = pd.DataFrame({"text": list("wxyz"), "label": ["a", "a", "b", "b"], "unit": list("1234")})


def test_further_assignments_stand_after_the_published_one():
    data = TaskData(task("WikipediaDiseaseBySystemClustering"), CLUSTERED, {})
    assert items_of(data, [PERFECT], [CONSTANT]) == {"labels": [0, 0, 1, 1], "assignments": [PERFECT, CONSTANT]}
    assert items_of(data, [PERFECT])["assignments"] == [PERFECT]
