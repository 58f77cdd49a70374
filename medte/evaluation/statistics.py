"""Means and intervals: a paired bootstrap over documents, with the tasks fixed.

A replicate gives every document (page, article, question, patient) a random weight, drawn from the exponential
distribution once for all tasks and models, so that what they share moves together (the Bayesian bootstrap, Rubin 1981;
unlike drawing with replacement it never leaves a small task without documents). Each task's value is then taken over its
items with their documents' weights. The interval is the 2.5th to 97.5th percentile over the replicates, shifted by the
distance from their median to the value: unequal weights make v-measure and the best F1 rise a little by themselves, and
that is no uncertainty. It says how much a value would move with other documents of the same kind; other tasks and training
seeds are not in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from medte.evaluation.items import values
from medte.evaluation.store import Result
from medte.tasks.catalogue import FAMILIES

LEVELS = (2.5, 97.5)  # percentiles of a 95 % interval


@dataclass(frozen=True)
class Estimate:
    """A value with its interval, between 0 and 1 (differences: between -1 and 1), and what it is over."""

    value: float
    low: float
    high: float
    tasks: int


def replicates(results: Sequence[Result], draws: int, seed: int) -> dict[tuple[str, str], np.ndarray]:
    """For each (model, task): its values over `draws` replicates, paired across models and tasks."""
    units = sorted({unit for result in results for unit in result["units"]})
    place = {unit: i for i, unit in enumerate(units)}
    weight_of_unit = np.random.default_rng(seed).standard_exponential((draws, len(units)))
    drawn = {}
    for result in results:
        weights = weight_of_unit[:, [place[unit] for unit in result["units"]]]  # (b, n)
        drawn[result["model"], result["task"]] = values(result["family"], result["items"], weights)
    return drawn


def estimate(value: float, drawn: np.ndarray, tasks: int) -> Estimate:
    """The value with the interval that its replicates give, (b,)."""
    low, high = np.percentile(drawn - np.median(drawn) + value, LEVELS)
    return Estimate(float(value), float(low), float(high), tasks)


class Scores:
    """The results of several models on the same tasks, their means and the intervals of these."""

    def __init__(self, results: Iterable[Result], draws: int = 1000, seed: int = 0):
        self.results = {(result["model"], result["task"]): result for result in results}
        self.models = list(dict.fromkeys(model for model, _ in self.results))
        self.tasks = list(dict.fromkeys(task for _, task in self.results))
        self._replicates = replicates(list(self.results.values()), draws, seed)

    def lacking(self, model: str, tasks: Sequence[str]) -> list[str]:
        """The tasks that the model has no result for."""
        return [task for task in tasks if (model, task) not in self.results]

    def mean(self, model: str, tasks: Sequence[str]) -> Estimate | None:
        """The mean over `tasks`; None where the model lacks one of them, or there are none."""
        if not tasks or self.lacking(model, tasks):
            return None
        values = [self.results[model, task]["value"] for task in tasks]
        return estimate(np.mean(values), self.replicates_of_mean(model, tasks), len(tasks))

    def replicates_of_mean(self, model: str, tasks: Sequence[str]) -> np.ndarray:
        """The mean over `tasks` in each replicate, (b,)."""
        return np.mean([self._replicates[model, task] for task in tasks], axis=0)

    def difference(self, model: str, other: str, tasks: Sequence[str]) -> Estimate | None:
        """Mean of `model` minus mean of `other` over `tasks`, paired; None where either lacks one."""
        if not tasks or self.lacking(model, tasks) or self.lacking(other, tasks):
            return None
        points = [self.results[model, task]["value"] - self.results[other, task]["value"] for task in tasks]
        drawn = np.mean([self._replicates[model, task] - self._replicates[other, task] for task in tasks], axis=0)
        return estimate(np.mean(points), drawn, len(tasks))

    def groups(self) -> dict[str, list[str]]:
        """The tasks of each family that has some, and under "all" every task."""
        families = {family: tasks for family in FAMILIES if (tasks := self.of_family(family))}
        return families | {"all": self.tasks}

    def of_family(self, family: str) -> list[str]:
        """The tasks of one family."""
        return [
            task for task in self.tasks if any(r["family"] == family for (_, t), r in self.results.items() if t == task)
        ]
