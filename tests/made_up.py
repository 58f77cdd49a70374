"""Results and published numbers made up, with values that can be worked out by hand."""

import numpy as np
import pandas as pd

from medte.evaluation.items import value
from medte.report.published import COLUMNS

BUCKETS = ("medical_contrastive", "medical_non_contrastive", "non_medical_contrastive", "non_medical_non_contrastive")
EASY = np.random.default_rng(2).random(300)  # nDCG of 300 queries


def retrieval(model, task, ndcg, units=None):
    """A result of queries, each with a document of its own; its value is the mean."""
    units = units or [f"u{i}" for i in range(len(ndcg))]
    return {
        "model": model, "task": task, "family": "retrieval", "source": "x", "value": float(np.mean(ndcg)),
        "items": {"ndcg": ndcg}, "units": units,
    }  # fmt: skip


def result(family, items, model="a", task="t"):
    """Of items of which each has a document of its own; the value is that of the published metric."""
    n = len(next(iter(items.values())))
    about = {"model": model, "task": task, "family": family, "source": "x", "units": [f"u{i}" for i in range(n)]}
    return about | {"items": items, "value": value(family, items)}


def classification(model, task):
    """A result of ten draws, nine texts of ten right in each."""
    labels = [0, 1] * 5
    return result("classification", {"labels": labels, "predictions": [[*labels[:9], 0]] * 10}, model, task)


def pairs(model, task, labels, similarity):
    return result("pair_classification", {"labels": labels, "similarity": similarity}, model, task)


def board(*rows):
    """A frame of published numbers from (model, bucket, value in every column) or (…, {column: value})."""
    made = []
    for model, bucket, values in rows:
        values = values if isinstance(values, dict) else dict.fromkeys(COLUMNS, values)
        made.append({"model": model, "bucket": bucket} | dict.fromkeys(COLUMNS) | values)
    return pd.DataFrame(made).astype(dict.fromkeys(COLUMNS, float))
