"""Recipes with several trainings: gains by hand, and what the luck of training adds to their intervals."""

import numpy as np
import pytest

from medte.evaluation.statistics import Scores
from medte.evaluation.trainings import gain, gains

TASKS = ["MedQuADRetrieval", "MedMCQARetrieval"]


def results(model, shift, noise, documents=60):
    """Results of a retrieval model whose nDCG is .5 + shift on every document, give or take."""
    made = []
    for number, task in enumerate(TASKS):
        draw = np.random.default_rng(number)
        ndcg = np.clip(0.5 + shift + noise * draw.normal(size=documents), 0, 1).tolist()
        made.append(
            {
                "model": model, "task": task, "family": "retrieval", "metric": "ndcg_at_10", "value": float(np.mean(ndcg)),
                "items": {"ndcg": ndcg, "ndcg_merged": ndcg}, "units": [f"{task}-{i}" for i in range(documents)],
            }
        )  # fmt: skip
    return made


def scores(shifts, noise=0.1):
    return Scores([result for model, shift in shifts.items() for result in results(model, shift, noise)], 500, 1)


RECIPES = {"base": ["base"], "steady": ["s-1", "s-2", "s-3"], "lucky": ["l-1", "l-2", "l-3"]}
SHIFTS = {"base": 0, "s-1": 0.02, "s-2": 0.02, "s-3": 0.02, "l-1": -0.04, "l-2": 0.02, "l-3": 0.08}


def test_the_gain_is_the_mean_over_trainings():
    found = scores(SHIFTS)
    for name in ("steady", "lucky"):
        assert gain(found, RECIPES, name, "base", TASKS).value == pytest.approx(0.02, abs=1e-9)


def test_seeds_that_differ_widen_the_interval_by_as_much_as_they_say():
    found = scores(SHIFTS)
    steady, lucky = (gain(found, RECIPES, name, "base", TASKS) for name in ("steady", "lucky"))
    assert steady.high - steady.low < 1e-6  # documents cancel: the same shift on each
    error = np.std([-0.04, 0.02, 0.08], ddof=1) / np.sqrt(3)
    assert (lucky.high - lucky.low) / 2 == pytest.approx(1.96 * error, rel=0.2)


def test_comparisons_hold_together_and_tell_luck_from_gain():
    found = gains(scores(SHIFTS), RECIPES, "base", TASKS)
    assert {name: one.verdict for name, one in found.items()} == {"steady": "above", "lucky": "not distinguishable"}


def test_a_recipe_that_lacks_a_training_has_no_gain():
    found = scores({name: shift for name, shift in SHIFTS.items() if name != "s-2"})
    assert gain(found, RECIPES, "steady", "base", TASKS) is None
    assert gain(found, {"base": ["base"], "empty": []}, "empty", "base", TASKS) is None
    assert set(gains(found, RECIPES, "base", TASKS)) == {"lucky"}
    assert gains(found, RECIPES, "steady", TASKS) == {}
