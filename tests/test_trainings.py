"""Recipes with several trainings: gains by hand, and what the luck of training adds to their intervals."""

import numpy as np
import pytest

from medte.evaluation.statistics import Scores
from medte.evaluation.trainings import gain, gains, mean_gain, spread

TASKS = ["MedQuADRetrieval", "MedMCQARetrieval"]


def results(model, shift, noise=0.05, documents=40):
    """Results of a retrieval model whose nDCG is .5 + shift on every document, give or take."""
    made = []
    for number, task in enumerate(TASKS):
        draw = np.random.default_rng(number)
        ndcg = (0.5 + shift + noise * draw.normal(size=documents)).tolist()
        made.append(
            {
                "model": model, "task": task, "family": "retrieval", "metric": "ndcg_at_10", "value": float(np.mean(ndcg)),
                "items": {"ndcg": ndcg, "ndcg_merged": ndcg}, "units": [f"{task}-{i}" for i in range(documents)],
            }
        )  # fmt: skip
    return made


def scores(shifts, draws=500, **about):
    return Scores([result for model, shift in shifts.items() for result in results(model, shift, **about)], draws, 1)


RECIPES = {"base": ["base"], "steady": ["s-1", "s-2", "s-3"], "lucky": ["l-1", "l-2", "l-3"]}
SHIFTS = {"base": 0, "s-1": 0.02, "s-2": 0.02, "s-3": 0.02, "l-1": -0.04, "l-2": 0.02, "l-3": 0.08}


def test_the_gain_is_the_mean_over_trainings():
    found = scores(SHIFTS)
    for name in ("steady", "lucky"):
        assert gain(found, RECIPES, name, "base", TASKS).value == pytest.approx(0.02, abs=1e-9)


def test_seeds_that_differ_widen_the_intervals_and_seeds_alike_do_not():
    found = scores(SHIFTS)
    alone = gain(found, {name: RECIPES[name] for name in ("base", "steady")}, "steady", "base", TASKS)
    assert alone.high - alone.low < 1e-6  # documents cancel: the same shift on each
    lent = gain(found, RECIPES, "steady", "base", TASKS)
    assert lent.high - lent.low > 0.03


def test_a_recipe_apart_lends_nothing_and_keeps_its_own_deviations():
    found = scores(SHIFTS)
    steady, lucky = (gain(found, RECIPES, name, "base", TASKS, apart={"lucky"}) for name in ("steady", "lucky"))
    assert steady.high - steady.low < 1e-6  # as if lucky were not there
    lent = gain(found, RECIPES, "lucky", "base", TASKS)  # its deviations thinned by those of steady, which are none
    assert lucky.high - lucky.low > 1.2 * (lent.high - lent.low)


def test_the_spread_is_pooled_over_recipes_of_several_trainings():
    found = scores(SHIFTS)
    only = {"base": RECIPES["base"], "lucky": RECIPES["lucky"]}
    assert spread(found, only, TASKS) == pytest.approx(0.06)
    assert spread(found, RECIPES, TASKS) == pytest.approx(0.06 / np.sqrt(2))
    assert spread(found, {"base": ["base"], "lacking": ["l-1", "l-4"]}, TASKS) is None


@pytest.mark.parametrize("other", ["base", "recipe-0"])
def test_intervals_of_three_seeds_hold_as_often_as_they_say(other):
    """Twelve recipes with the same spread of seeds: how often the true gain, 0, is inside the interval of one."""
    draw, recipes, held = np.random.default_rng(5), {"base": ["base"]}, []
    recipes |= {f"recipe-{r}": [f"recipe-{r}-{s}" for s in range(3)] for r in range(12)}
    for _ in range(400):
        shifts = {"base": 0.0} | {model: 0.02 * draw.normal() for r in recipes if r != "base" for model in recipes[r]}
        one = gain(scores(shifts, draws=300, documents=3), recipes, "recipe-1", other, TASKS)
        held.append(one.low <= 0 <= one.high)
    assert 0.91 <= np.mean(held) <= 0.98  # 0.87 where deviations are not widened by √(k / (k - 1))


def test_comparisons_hold_together_and_tell_luck_from_gain():
    shifts = SHIFTS | {"l-1": 0.016, "l-3": 0.024, "n-1": -0.004, "n-2": 0.0, "n-3": 0.004}
    found = gains(scores(shifts), RECIPES | {"none": ["n-1", "n-2", "n-3"]}, "base", TASKS)
    assert {name: one.verdict for name, one in found.items()} == {
        "steady": "above", "lucky": "above", "none": "not distinguishable"
    }  # fmt: skip


def test_the_mean_of_gains_weighs_them_alike():
    found = scores(SHIFTS | {"s-1": 0.04, "s-2": 0.04, "s-3": 0.04})
    wanted = [("steady", "base", TASKS[:1]), ("lucky", "base", TASKS)]
    mean = mean_gain(found, RECIPES, wanted)
    assert mean.value == pytest.approx(0.03, abs=1e-9) and mean.low < 0.03 < mean.high
    assert mean_gain(found, RECIPES, [*wanted, ("unknown", "base", TASKS)]) is None


def test_a_recipe_that_lacks_a_training_has_no_gain():
    found = scores({name: shift for name, shift in SHIFTS.items() if name != "s-2"})
    assert gain(found, RECIPES, "steady", "base", TASKS) is None
    assert gain(found, {"base": ["base"], "empty": []}, "empty", "base", TASKS) is None
    assert set(gains(found, RECIPES, "base", TASKS)) == {"lucky"}
    assert gains(found, RECIPES, "steady", TASKS) == {}
