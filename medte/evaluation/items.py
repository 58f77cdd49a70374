"""Scores per item: what mteb predicted for each text, pair or query, in a form from which the task's value follows.

| family | items |
|---|---|
| classification | `labels` (n) and `predictions` (10 draws × n), as class numbers |
| clustering | `labels` (n) and `assignments` (draws × n), the first as mteb made it |
| pair classification | `labels` (n) and `similarity` (n), cosine |
| retrieval | `ndcg` and `ndcg_merged` (n), nDCG@10 of each row's query |

`values` gives the task's value for many weightings of the items at once: the bootstrap's replicates weight each item
with its document's weight.

| metric | what it is |
|---|---|
| `f1` | macro F1, the mean over the draws of training examples |
| `v_measure`, `v_measure_mean` | v-measure of the first k-means, and the mean over all of them |
| `similarity_f1` | F1 at the threshold that is best on the very labels it is judged by (recipe §3) |
| `similarity_f1_held_out` | F1 where one half of the documents chooses the threshold for the other, and the reverse |
| `similarity_ap` | average precision of the pairs by similarity |
| `ndcg_at_10` | nDCG@10 where row i's query has row i's document as its one right answer |
| `ndcg_at_10_merged` | nDCG@10 where texts of equal words are one query or one document (recipe §5, point 6) |

Ties. nDCG: pytrec_eval (trec_eval) holds similarities in single precision and puts equal ones in descending order of the
documents' names, so that of equal texts the later row stands first; merging ends that lottery. mteb saves the 1000
nearest documents of a query, and what repeats stand among them is counted as one, at its best similarity; should fewer
than ten texts be left, a right one beyond them counts as not found. Best F1: mteb 2.26 tries the midpoints between
neighbouring different similarities, so that equal ones are on one side, and never the threshold below all, which answers
yes to everything; of equally good thresholds it takes the highest. Average precision: pairs of equal similarity come in
together, as one step. Similarities are kept to six decimals here, and are equal where these are.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from medte.chance import chance
from medte.errors import MedteError, require_known
from medte.tasks.build import TaskData
from medte.tasks.catalogue import MAIN_SCORE, MERGED
from medte.tasks.judgements import row_by_row, text_by_text

Items = dict[str, list]
Predictions = dict[str, dict[str, float]]  # query -> document -> similarity

PROTOCOLS = {
    "published": MAIN_SCORE,
    "corrected": {
        "classification": "f1",
        "clustering": "v_measure_mean",
        "pair_classification": "similarity_ap",
        "retrieval": "ndcg_at_10_merged",
    },
}  # protocol -> family -> metric
METRICS = {
    "classification": ("f1",),
    "clustering": ("v_measure", "v_measure_mean"),
    "pair_classification": ("similarity_f1", "similarity_f1_held_out", "similarity_ap"),
    "retrieval": ("ndcg_at_10", "ndcg_at_10_merged"),
}  # family -> the metrics that its items give
DRAWS = {"classification": "predictions", "clustering": "assignments"}  # family -> the items that hold a list a draw


def items_of(data: TaskData, predictions, further: Sequence[Sequence[int]] = ()) -> Items:
    """Items from what mteb saved for the task's test part, in the order of the task's (test) rows.

    `further` are further assignments of a clustering (`draws.further_assignments`).
    """
    family, rows = data.task.family, data.rows
    if family == "classification":
        names = sorted(rows["label"].unique())
        labels = rows.loc[rows["split"] == "test", "label"].map(names.index).tolist()
        return {"labels": labels, "predictions": [list(map(int, draw)) for draw in predictions]}
    if family == "clustering":
        names = sorted(rows["label"].unique())
        assignments = [list(map(int, draw)) for draw in (predictions[0], *further)]
        return {"labels": rows["label"].map(names.index).tolist(), "assignments": assignments}
    if family == "pair_classification":
        return {"labels": rows["label"].tolist(), "similarity": [round(s, 6) for s in predictions["similarity_scores"]]}
    ndcg = _ndcg(data.judgements().relevant(), predictions)
    return {"ndcg": ndcg, "ndcg_merged": ndcg if data.task.variant == MERGED else _merged_ndcg(rows, predictions)}


def _ndcg(right: dict[str, dict[str, int]], predictions: Predictions) -> list[float]:
    """nDCG@10 of each query, in the order of `right`."""
    import pytrec_eval

    scores = pytrec_eval.RelevanceEvaluator(right, {"ndcg_cut.10"}).evaluate(predictions)
    return [round(scores[query]["ndcg_cut_10"], 6) for query in right]


def _merged_ndcg(rows: pd.DataFrame, predictions: Predictions) -> list[float]:
    """For each row the nDCG@10 of its query's words, where a text is one query and one document in however many rows.

    The ranking is that of the first row that asks with these words; a text stands where its nearest copy stands.
    """
    single, merged = row_by_row(rows), text_by_text(rows)
    name_of = dict(zip(merged.documents, merged.document_names, strict=True))
    merged_name = {name: name_of[text] for name, text in zip(single.document_names, single.documents, strict=True)}
    asked = dict(zip(reversed(single.queries), reversed(single.query_names), strict=True))  # words -> first row's query
    ranked = {}
    for query, name in zip(merged.queries, merged.query_names, strict=True):
        best: dict[str, float] = {}
        for document, similarity in predictions[asked[query]].items():
            text = merged_name[document]
            best[text] = max(similarity, best.get(text, similarity))
        ranked[name] = best
    value_of = dict(zip(merged.queries, _ndcg(merged.relevant(), ranked), strict=True))
    return [value_of[query] for query in single.queries]


def units_of(data: TaskData) -> list[str]:
    """The document behind each item, in the items' order: what the bootstrap draws."""
    if data.task.family == "retrieval":
        return data.judgements().units
    rows = data.rows
    return (rows[rows["split"] == "test"] if data.task.family == "classification" else rows)["unit"].tolist()


def values(
    family: str,
    items: Items,
    weights: np.ndarray,
    metric: str | None = None,
    units: Sequence[str] | None = None,
    shares: np.ndarray | None = None,
) -> np.ndarray:
    """The value of `metric` for each row of `weights`: (b, n) gives (b,), between 0 and 1.

    Row by row, each item counts as often as its weight says. `metric` is the family's published one where it is None.
    `units`, the document of each item, is needed for "similarity_f1_held_out" alone. `shares`, (b, draws), says how much
    each draw of a classification or clustering counts in a row; None is all alike, and of "v_measure" the first alone.
    MedteError for a metric that the family does not have, and for documents that cannot be halved.
    """
    metric = metric or MAIN_SCORE[family]
    require_known(f"metric of {family}", [metric], METRICS[family])
    if family == "retrieval":
        ndcg = np.asarray(items["ndcg_merged" if metric == "ndcg_at_10_merged" else "ndcg"])
        return weights @ ndcg / weights.sum(1)
    labels = np.asarray(items["labels"])
    if family == "pair_classification":
        similarity = np.asarray(items["similarity"])
        if metric == "similarity_f1_held_out":
            return _held_out_f1(labels, similarity, weights, _halves(units))
        return (_average_precision if metric == "similarity_ap" else _best_f1)(labels, similarity, weights)
    drawn = np.asarray(items[DRAWS[family]])  # (draws, n)
    if shares is None:
        counts = np.arange(len(drawn)) == 0 if metric == "v_measure" else np.ones(len(drawn))
        shares = np.tile(counts / counts.sum(), (len(weights), 1))
    measure = _macro_f1 if family == "classification" else _v_measure
    found = np.zeros(len(weights))
    for assigned, share in zip(drawn, shares.T, strict=True):
        used = share > 0
        if used.any():
            found[used] += share[used] * measure(labels, assigned, weights[used])
    return found


def value(family: str, items: Items, metric: str | None = None, units: Sequence[str] | None = None) -> float:
    """The task's value: every item counts once."""
    n = len(items["ndcg"] if family == "retrieval" else items["labels"])
    return float(values(family, items, np.ones((1, n)), metric, units)[0])


def _masses(groups: np.ndarray, kinds: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weight of the items of each kind, (b, kinds)."""
    return weights @ (groups[:, None] == kinds).astype(float)


def _macro_f1(labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    classes = np.union1d(labels, predicted)
    either = _masses(labels, classes, weights) + _masses(predicted, classes, weights)
    right = _masses(np.where(labels == predicted, labels, -1), classes, weights)
    f1 = 2 * right / np.maximum(either, 1e-12)
    return f1.sum(1) / (either > 0).sum(1)  # as scikit-learn: the classes that occur in either


def _entropy(groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of the weight's distribution over the groups, (b,), in nats."""
    masses = _masses(groups, np.unique(groups), weights)
    shares = masses / masses.sum(1, keepdims=True)
    return -np.sum(np.where(shares > 0, shares * np.log(np.maximum(shares, 1e-300)), 0), axis=1)


def _v_measure(labels: np.ndarray, assignment: np.ndarray, weights: np.ndarray) -> np.ndarray:
    apart = _entropy(labels, weights) + _entropy(assignment, weights)
    mutual = apart - _entropy(labels * (assignment.max() + 1) + assignment, weights)
    return np.where(apart > 0, 2 * mutual / np.maximum(apart, 1e-12), 1.0)


def _by_threshold(
    labels: np.ndarray, similarity: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different similarities (t,), highest first; the weight of all and of right pairs at or above each, (b, t)."""
    order = np.argsort(-similarity, kind="stable")
    ends = np.append(np.nonzero(np.diff(similarity[order]))[0], len(order) - 1)
    ranked = weights.T[order]
    right = _running_sums(ranked * labels[order, None])[ends].T
    yes = _running_sums(ranked)[ends].T
    return similarity[order][ends], yes, right


def _running_sums(rows: np.ndarray) -> np.ndarray:
    """`np.cumsum(rows, axis=0)` in place, a row at a time, which takes a third of its time."""
    for before, row in pairwise(rows):
        row += before
    return rows


def _f1(yes: np.ndarray, right: np.ndarray, positives: np.ndarray) -> np.ndarray:
    return 2 * right / np.maximum(yes + positives, 1e-12)


def _best_f1(labels: np.ndarray, similarity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    _, yes, right = _by_threshold(labels, similarity, weights)
    return np.max(_f1(yes, right, right[:, -1:])[:, :-1], axis=1, initial=0)


def _average_precision(labels: np.ndarray, similarity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    _, yes, right = _by_threshold(labels, similarity, weights)
    steps = np.diff(right, prepend=0, axis=1) * right / np.maximum(yes, 1e-12)
    return steps.sum(1) / np.maximum(right[:, -1], 1e-12)


def _halves(units: Sequence[str] | None) -> np.ndarray:
    """Which items are of the first half of the documents, (n,); the order of the documents is that of their hashes."""
    names = sorted(set(units or ()), key=lambda unit: chance("half", unit))
    if len(names) < 2:
        raise MedteError(
            f"a held-out threshold needs items of at least 2 documents, got {len(names)}; give the document of each item"
        )
    first = set(names[: len(names) // 2])
    return np.array([unit in first for unit in units])


def _best_threshold(labels: np.ndarray, similarity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The midpoint with the best F1, (b,); infinite where all similarities are equal."""
    levels, yes, right = _by_threshold(labels, similarity, weights)
    if len(levels) == 1:
        return np.full(len(weights), np.inf)
    best = np.argmax(_f1(yes, right, right[:, -1:])[:, :-1], axis=1)
    return (levels[best] + levels[best + 1]) / 2


def _held_out_f1(labels: np.ndarray, similarity: np.ndarray, weights: np.ndarray, first: np.ndarray) -> np.ndarray:
    yes, right = np.zeros(len(weights)), np.zeros(len(weights))
    for chosen in (first, ~first):
        threshold = _best_threshold(labels[chosen], similarity[chosen], weights[:, chosen])
        answered = weights[:, ~chosen] * (similarity[~chosen] >= threshold[:, None])  # (b, n of the other half)
        yes += answered.sum(1)
        right += answered @ labels[~chosen]
    return _f1(yes, right, weights @ labels)
