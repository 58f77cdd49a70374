"""Scores per item: what mteb predicted for each text, pair or query, in a form from which the task's value follows.

| family | items |
|---|---|
| classification | `labels` (n) and `predictions` (10 draws × n), as class numbers |
| clustering | `labels` (n) and `assignment` (n) |
| pair classification | `labels` (n) and `similarity` (n), cosine |
| retrieval | `ndcg` (n), nDCG@10 of each query |

`values` gives the task's value for many weightings of the items at once: the bootstrap's replicates weight each item
with the number of times it was drawn.
"""

import numpy as np

from medte.tasks.build import TaskData

Items = dict[str, list]


def items_of(data: TaskData, predictions) -> Items:
    """Items from what mteb saved for the task's test part, in the order of the task's (test) rows."""
    family, rows = data.task.family, data.rows
    if family == "classification":
        names = sorted(rows["label"].unique())
        labels = rows.loc[rows["split"] == "test", "label"].map(names.index).tolist()
        return {"labels": labels, "predictions": [list(map(int, draw)) for draw in predictions]}
    if family == "clustering":
        names = sorted(rows["label"].unique())
        return {"labels": rows["label"].map(names.index).tolist(), "assignment": list(map(int, predictions[0]))}
    if family == "pair_classification":
        return {"labels": rows["label"].tolist(), "similarity": [round(s, 6) for s in predictions["similarity_scores"]]}
    import pytrec_eval

    right = data.judgements().relevant()
    scores = pytrec_eval.RelevanceEvaluator(right, {"ndcg_cut.10"}).evaluate(predictions)
    return {"ndcg": [round(scores[query]["ndcg_cut_10"], 6) for query in right]}


def units_of(data: TaskData) -> list[str]:
    """The document behind each item, in the items' order: what the bootstrap draws."""
    if data.task.family == "retrieval":
        return data.judgements().units
    rows = data.rows
    return (rows[rows["split"] == "test"] if data.task.family == "classification" else rows)["unit"].tolist()


def values(family: str, items: Items, weights: np.ndarray, metric: str | None = None) -> np.ndarray:
    """The family's main score, or `metric`, for each row of `weights`: (b, n) gives (b,), between 0 and 1.

    Row by row, each item counts as often as its weight says. `metric` may be "similarity_ap" for pairs, the average
    precision.
    """
    if family == "retrieval":
        return weights @ np.asarray(items["ndcg"]) / weights.sum(1)
    labels = np.asarray(items["labels"])
    if family == "classification":
        return np.mean([_macro_f1(labels, np.asarray(draw), weights) for draw in items["predictions"]], axis=0)
    if family == "clustering":
        return _v_measure(labels, np.asarray(items["assignment"]), weights)
    precision, recall = _precision_recall(labels, np.asarray(items["similarity"]), weights)
    if metric == "similarity_ap":
        return np.sum(np.diff(recall, prepend=0, axis=1) * precision, axis=1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return np.max(f1[:, :-1], axis=1, initial=0)  # as mteb: the threshold below all similarities is not tried


def value(family: str, items: Items, metric: str | None = None) -> float:
    """The task's value: every item counts once."""
    n = len(items["ndcg"] if family == "retrieval" else items["labels"])
    return float(values(family, items, np.ones((1, n)), metric)[0])


def _tables(left: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted contingency tables: (b, classes of left, classes of right)."""
    rows, columns = left.max() + 1, right.max() + 1
    cells = np.zeros((len(left), rows * columns))
    cells[np.arange(len(left)), left * columns + right] = 1
    return (weights @ cells).reshape(-1, rows, columns)


def _macro_f1(labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    classes = max(labels.max(), predicted.max())
    ends = np.array([classes])  # one item of weight 0 makes the tables square
    tables = _tables(np.append(labels, ends), np.append(predicted, ends), np.pad(weights, ((0, 0), (0, 1))))
    either = tables.sum(1) + tables.sum(2)  # (b, classes): labelled or predicted
    right = np.diagonal(tables, axis1=1, axis2=2)
    f1 = 2 * right / np.maximum(either, 1e-12)
    return f1.sum(1) / (either > 0).sum(1)  # as scikit-learn: the classes that occur in either


def _entropy(masses: np.ndarray) -> np.ndarray:
    """(b, k) to (b,), in nats."""
    shares = masses / masses.sum(1, keepdims=True)
    return -np.sum(np.where(shares > 0, shares * np.log(np.maximum(shares, 1e-300)), 0), axis=1)


def _v_measure(labels: np.ndarray, assignment: np.ndarray, weights: np.ndarray) -> np.ndarray:
    tables = _tables(labels, assignment, weights)
    apart = _entropy(tables.sum(2)) + _entropy(tables.sum(1))
    mutual = apart - _entropy(tables.reshape(len(tables), -1))
    return np.where(apart > 0, 2 * mutual / np.maximum(apart, 1e-12), 1.0)


def _precision_recall(labels: np.ndarray, similarity: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall at each threshold that a similarity sets, (b, thresholds), most similar first.

    Pairs of equal similarity share a threshold.
    """
    order = np.argsort(-similarity, kind="stable")
    ends = np.append(np.nonzero(np.diff(similarity[order]))[0], len(order) - 1)
    positives = np.cumsum((weights * labels)[:, order], axis=1)[:, ends]
    drawn = np.cumsum(weights[:, order], axis=1)[:, ends]
    return positives / np.maximum(drawn, 1e-12), positives / np.maximum(positives[:, -1:], 1e-12)
