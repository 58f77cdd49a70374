"""Recipes that were each trained with several seeds, compared: what a recipe gains on average over the luck of training it.

The gain of a recipe is the mean over its trainings of their means minus the other recipe's. Its replicates are those of
documents and draws, averaged over the trainings, to which as many deviations as there are trainings add, on average, what the
seeds make it move. Few seeds tell little of their own spread: with three, a normal interval would hold in 80 % of cases and
not in 95 %. So the recipes of a comparison lend each other theirs: deviations from each recipe's mean, times √(k / (k - 1)),
are drawn from those of all, which takes it that seeds move every recipe alike. One of which that cannot be taken, such as
training on pairs without meaning, is named in `apart`: it lends nothing, and its own deviations are all that it has.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from medte.chance import chance
from medte.evaluation.comparisons import Comparison, compare_all
from medte.evaluation.estimates import Estimate, estimate
from medte.evaluation.statistics import Scores

Recipes = Mapping[str, Sequence[str]]  # name → its trainings, as models of the scores; one alone moves with no seed
Apart = Collection[str]  # recipes whose seeds move them otherwise than the others
Gap = tuple[float, np.ndarray, int]  # a difference, its replicates, and the number of tasks


def gain(
    scores: Scores, recipes: Recipes, name: str, other: str, tasks: Sequence[str], apart: Apart = ()
) -> Estimate | None:
    """Recipe `name` minus recipe `other` over `tasks`; None where a training of either lacks a task, or there are none."""
    gap = _gap(scores, recipes, name, other, tasks, apart)
    return None if gap is None else estimate(*gap)


def mean_gain(
    scores: Scores, recipes: Recipes, wanted: Sequence[tuple[str, str, Sequence[str]]], apart: Apart = ()
) -> Estimate | None:
    """The mean of several gains, each (name, other, tasks), weighing the same; None where one of them is None."""
    gaps = [_gap(scores, recipes, *one, apart) for one in wanted]
    if not gaps or None in gaps:
        return None
    points, drawn, tasks = zip(*gaps, strict=True)
    return estimate(float(np.mean(points)), np.mean(drawn, axis=0), sum(tasks))


def gains(
    scores: Scores, recipes: Recipes, other: str, tasks: Sequence[str], apart: Apart = ()
) -> dict[str, Comparison]:
    """Every other recipe minus `other` over `tasks`, with intervals and verdicts that hold for all of them together."""
    found = {name: _gap(scores, recipes, name, other, tasks, apart) for name in recipes if name != other}
    there = {name: gap for name, gap in found.items() if gap is not None}
    if not there:
        return {}
    points, drawn, _ = zip(*there.values(), strict=True)
    return dict(zip(there, compare_all(np.array(points), np.array(drawn), len(tasks)), strict=True))


def spread(scores: Scores, recipes: Recipes, tasks: Sequence[str]) -> float | None:
    """The standard deviation of the mean over `tasks` between the trainings of a recipe, pooled over recipes; None where no
    recipe has two that are scored on all tasks."""
    found = _own_deviations(scores, recipes, tasks)
    return float(np.sqrt(np.mean(np.square(np.concatenate(list(found.values())))))) if found else None


def _gap(scores: Scores, recipes: Recipes, name: str, other: str, tasks: Sequence[str], apart: Apart) -> Gap | None:
    complete = set(scores.complete(tasks))
    if not all(recipes.get(one) and complete.issuperset(recipes[one]) for one in (name, other)):
        return None
    own = _own_deviations(scores, recipes, tasks)
    lent = np.concatenate([found for recipe, found in own.items() if recipe not in apart] or [[]])
    points, drawn = zip(
        *(
            _mean(scores, one, recipes[one], tasks, own.get(one, lent) if one in apart else lent)
            for one in (name, other)
        ),
        strict=True,
    )
    return points[0] - points[1], drawn[0] - drawn[1], len(tasks)


def _points(scores: Scores, trainings: Sequence[str], tasks: Sequence[str]) -> np.ndarray:
    return np.array([np.mean([scores.results[model, task]["value"] for task in tasks]) for model in trainings])


def _own_deviations(scores: Scores, recipes: Recipes, tasks: Sequence[str]) -> dict[str, np.ndarray]:
    """How far each training of a recipe lies from their mean, as far as a single one would on average; of those recipes
    that have several, scored on all tasks."""
    complete, found = set(scores.complete(tasks)), {}
    for recipe, trainings in recipes.items():
        if (count := len(trainings)) > 1 and complete.issuperset(trainings):
            points = _points(scores, trainings, tasks)
            found[recipe] = (points - points.mean()) * np.sqrt(count / (count - 1))
    return found


def _mean(
    scores: Scores, name: str, trainings: Sequence[str], tasks: Sequence[str], deviations: np.ndarray
) -> tuple[float, np.ndarray]:
    point, count = float(_points(scores, trainings, tasks).mean()), len(trainings)
    drawn = np.mean([scores.replicates_of_mean(model, tasks) for model in trainings], axis=0)
    if count > 1:
        draw = np.random.default_rng(chance("trainings", name, *tasks))
        drawn = drawn + draw.choice(deviations, size=(len(drawn), count)).mean(axis=1)
    return point, drawn
