"""The items of a result that went wrong worst, with what went wrong in words; numbers and names of classes, no text."""

from itertools import chain, zip_longest

import numpy as np

from medte.evaluation.items import Items
from medte.tasks.build import TaskData

Wrong = tuple[int, str]  # number of the item, and what went wrong with it


def worst(data: TaskData, items: Items, count: int) -> list[Wrong]:
    """At most `count` items of a task that went wrong, the worst first; of equals the first in the items' order.

    Retrieval: the queries of lowest nDCG@10, below 1. Pairs: in turn a positive of lowest and a negative of highest
    similarity. Classification: the test texts that most draws misjudged. Clustering: the texts of another label than most
    of their cluster, the clearest cluster first.
    """
    find = {
        "retrieval": lambda: _queries(items),
        "pair_classification": lambda: _pairs(items),
        "classification": lambda: _misjudged(_labels(data), items),
        "clustering": lambda: _misplaced(_labels(data), items),
    }[data.task.family]
    return find()[:count]


def _labels(data: TaskData) -> list[str]:
    """The classes' names, in the order of their numbers."""
    return sorted(data.rows["label"].unique())


def _queries(items: Items) -> list[Wrong]:
    ndcg = np.asarray(items["ndcg"])
    return [(int(i), f"nDCG@10 {ndcg[i]:.3f}") for i in np.argsort(ndcg, kind="stable") if ndcg[i] < 1]


def _pairs(items: Items) -> list[Wrong]:
    labels, similarity = np.asarray(items["labels"]), np.asarray(items["similarity"])
    order = np.argsort(similarity, kind="stable")
    positives = [(int(i), f"belong together, similarity {similarity[i]:.3f}") for i in order if labels[i] == 1]
    order = np.argsort(-similarity, kind="stable")
    negatives = [(int(i), f"do not belong together, similarity {similarity[i]:.3f}") for i in order if labels[i] == 0]
    return [wrong for wrong in chain.from_iterable(zip_longest(positives, negatives)) if wrong is not None]


def _misjudged(names: list[str], items: Items) -> list[Wrong]:
    labels, predictions = np.asarray(items["labels"]), np.asarray(items["predictions"])  # (n,), (draws, n)
    missed = (predictions != labels).sum(axis=0)
    found = []
    for i in np.argsort(-missed, kind="stable"):
        if not missed[i]:
            break
        others = predictions[:, i][predictions[:, i] != labels[i]]
        mostly = names[np.bincount(others).argmax()]
        found.append(
            (int(i), f"{names[labels[i]]}, misjudged in {missed[i]} of {len(predictions)} draws, mostly as {mostly}")
        )
    return found


def _misplaced(names: list[str], items: Items) -> list[Wrong]:
    labels, clusters = np.asarray(items["labels"]), np.asarray(items["assignments"][0])  # (n,): the published draw
    found = []
    for cluster in np.unique(clusters):
        counts = np.bincount(labels[clusters == cluster], minlength=len(names))
        majority, size = counts.argmax(), counts.sum()
        said = f"in a cluster of {size}, {counts[majority]} of them {names[majority]}"
        others = np.flatnonzero((clusters == cluster) & (labels != majority))
        found += [(-counts[majority] / size, int(i), f"{names[labels[i]]}, {said}") for i in others]
    return [(i, said) for _, i, said in sorted(found)]
