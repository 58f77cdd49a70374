import numpy as np
import pytest

from medte.evaluation.items import value
from medte.evaluation.statistics import Scores


def retrieval(model, task, ndcg, units=None):
    units = units or [f"u{i}" for i in range(len(ndcg))]
    return {
        "model": model, "task": task, "family": "retrieval", "source": "x", "value": float(np.mean(ndcg)),
        "items": {"ndcg": ndcg}, "units": units,
    }  # fmt: skip


DRAW = np.random.default_rng(1)
HARD = DRAW.random(200)


def test_a_constant_gain_has_an_interval_of_no_width():
    scores = Scores([retrieval("a", "t", list(HARD)), retrieval("b", "t", list(HARD + 0.1))])
    gap = scores.difference("b", "a", ["t"])
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.1, 0.1, 0.1))
    assert scores.mean("a", ["t"]).high - scores.mean("a", ["t"]).low > 0.03


def test_the_interval_is_that_of_a_mean():
    mean = Scores([retrieval("a", "t", list(HARD))], draws=4000).mean("a", ["t"])
    width = 2 * 1.96 * HARD.std() / np.sqrt(len(HARD))
    assert mean.high - mean.low == pytest.approx(width, rel=0.1)


def test_items_of_one_document_are_weighted_together():
    alone = Scores([retrieval("a", "t", list(HARD))]).mean("a", ["t"])
    together = Scores(
        [retrieval("a", "t", list(np.repeat(HARD[:20], 10)), list(np.repeat([f"u{i}" for i in range(20)], 10)))]
    )
    assert together.mean("a", ["t"]).high - together.mean("a", ["t"]).low > 2 * (alone.high - alone.low)


def test_a_document_that_two_tasks_share_has_one_weight_in_both():
    opposite = [retrieval("a", "s", list(HARD)), retrieval("a", "t", list(1 - HARD))]
    mean = Scores(opposite).mean("a", ["s", "t"])
    assert mean.high - mean.low == pytest.approx(0, abs=1e-9)


def test_a_model_that_lacks_a_task_gets_no_mean():
    scores = Scores([retrieval("a", "s", [0.5]), retrieval("a", "t", [0.5]), retrieval("b", "s", [1.0])], draws=10)
    assert scores.mean("b", ["s", "t"]) is None
    assert scores.difference("a", "b", ["s", "t"]) is None
    assert scores.mean("a", []) is None
    assert scores.mean("a", ["s", "t"]).tasks == 2


def test_the_seed_decides():
    rows = [retrieval("a", "t", list(HARD))]
    assert Scores(rows, seed=3).mean("a", ["t"]) == Scores(rows, seed=3).mean("a", ["t"])
    assert Scores(rows, seed=3).mean("a", ["t"]) != Scores(rows, seed=4).mean("a", ["t"])


def test_the_interval_holds_the_value_also_where_repeats_raise_the_score():
    labels, assignment = DRAW.integers(0, 4, 80).tolist(), DRAW.integers(0, 4, 80).tolist()
    result = retrieval("a", "t", [0.0] * 80) | {
        "family": "clustering",
        "items": {"labels": labels, "assignment": assignment},
    }
    mean = Scores([result | {"value": value("clustering", result["items"])}]).mean("a", ["t"])
    assert mean.low < mean.value < mean.high


def test_a_task_of_few_documents_beside_a_large_one_keeps_its_interval():
    rows = [retrieval("a", "large", [0.5] * 3000), retrieval("a", "small", [0.2, 0.8], ["x", "y"])]
    mean = Scores(rows).mean("a", ["small"])
    assert 0.2 <= mean.low < mean.value < mean.high <= 0.8
