"""Recipes that were each trained with several seeds, compared: what a recipe gains on average over the luck of training it.

The gain of a recipe is the mean over its trainings of their means minus the other model's. Its replicates are those of
documents and draws, averaged over the trainings, to which a mean of as many trainings drawn with replacement adds what the
seeds make it move (times √(k / (k - 1)), since deviations are from their own mean).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from medte.chance import chance
from medte.evaluation.comparisons import Comparison, compare_all
from medte.evaluation.estimates import Estimate, estimate
from medte.evaluation.statistics import Scores

Recipes = Mapping[str, Sequence[str]]  # name → its trainings, as models of the scores


def gain(scores: Scores, recipes: Recipes, name: str, other: str, tasks: Sequence[str]) -> Estimate | None:
    """Recipe `name` minus recipe `other` over `tasks`; None where a training of either lacks a task, or there are none."""
    if (found := _difference(scores, recipes, name, other, tasks)) is None:
        return None
    return estimate(*found, len(tasks))


def gains(scores: Scores, recipes: Recipes, other: str, tasks: Sequence[str]) -> dict[str, Comparison]:
    """Every other recipe minus `other` over `tasks`, with intervals and verdicts that hold for all of them together."""
    found = {name: _difference(scores, recipes, name, other, tasks) for name in recipes if name != other}
    there = {name: difference for name, difference in found.items() if difference is not None}
    if not there:
        return {}
    points, drawn = zip(*there.values(), strict=True)
    return dict(zip(there, compare_all(np.array(points), np.array(drawn), len(tasks)), strict=True))


def _difference(
    scores: Scores, recipes: Recipes, name: str, other: str, tasks: Sequence[str]
) -> tuple[float, np.ndarray] | None:
    complete = set(scores.complete(tasks))
    if not all(recipes.get(one) and complete.issuperset(recipes[one]) for one in (name, other)):
        return None
    points, drawn = zip(*(_mean(scores, one, recipes[one], tasks) for one in (name, other)), strict=True)
    return points[0] - points[1], drawn[0] - drawn[1]


def _mean(scores: Scores, name: str, trainings: Sequence[str], tasks: Sequence[str]) -> tuple[float, np.ndarray]:
    points = np.array([scores.mean(model, tasks).value for model in trainings])
    drawn = np.mean([scores.replicates_of_mean(model, tasks) for model in trainings], axis=0)
    count = len(trainings)
    if count == 1:
        return points[0], drawn
    picked = np.random.default_rng(chance(0, "trainings", name)).integers(count, size=(len(drawn), count))
    moved = (points - points.mean())[picked].mean(axis=1) * np.sqrt(count / (count - 1))
    return float(points.mean()), drawn + moved
