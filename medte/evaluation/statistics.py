"""Means and intervals: a paired bootstrap over documents and draws, with the tasks fixed.

A replicate gives every document (page, article, question, patient) a random weight, drawn from the exponential
distribution once for all tasks and models, so that what they share moves together (the Bayesian bootstrap, Rubin 1981;
unlike drawing with replacement it never leaves a small task without documents). Each task's value is then taken over its
items with their documents' weights. The interval is the 2.5th to 97.5th percentile over the replicates, shifted by the
distance from their median to the value: unequal weights make v-measure and the best F1 rise a little by themselves, and
that is no uncertainty.

What else was drawn is drawn again (recipe §5, point 22), task by task and alike for all models: the draws of examples
of a classification and the k-means runs behind a mean v-measure get exponential weights too, and of the k-means runs
behind the published v-measure each replicate takes one at random. Where a model was trained with k ≥ 2 seeds and their
values are handed in, each replicate takes one of the seeds and adds, in all tasks together, its distance from the seeds'
mean times √(k / (k - 1)), since the k distances are from their own mean.

So an interval says how much a value would move with other documents of the same kind, other draws and, for the models in
`Scores.seeds`, other training seeds; other tasks are not in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import combinations

import numpy as np

from medte.chance import chance
from medte.errors import MedteError, require_known
from medte.evaluation.comparisons import Comparison, compare_all, critical_value, detectable_difference, standard_errors
from medte.evaluation.estimates import Estimate, estimate
from medte.evaluation.items import DRAWS, PROTOCOLS, value, values
from medte.evaluation.store import Result
from medte.tasks.catalogue import FAMILIES

TaskValues = Mapping[str, float]  # by task


def replicates(
    results: Sequence[Result], draws: int, seed: int, metrics: Mapping[str, str]
) -> dict[tuple[str, str], np.ndarray]:
    """For each (model, task): its values, by its family's one of `metrics`, over `draws` replicates, paired across models and tasks."""
    units = sorted({unit for result in results for unit in result["units"]})
    place = {unit: i for i, unit in enumerate(units)}
    weight_of_unit = np.random.default_rng(seed).standard_exponential((draws, len(units)))
    drawn, held = {}, None
    for result in sorted(results, key=lambda result: result["task"]):
        family, items = result["family"], result["items"]
        metric = metrics[family]
        shares = None
        if family in DRAWS:
            shares = _shares(metric, len(items[DRAWS[family]]), draws, chance(seed, "draws", result["task"]))
        if result["units"] != held:  # of a task all models have the same
            held = result["units"]
            weights = weight_of_unit[:, [place[unit] for unit in held]]  # (b, n)
        drawn[result["model"], result["task"]] = values(family, items, weights, metric, result["units"], shares)
    return drawn


def _shares(metric: str, count: int, draws: int, seed: int) -> np.ndarray:
    """How much each of a task's `count` draws counts in each replicate, (draws, count); rows add up to 1."""
    random = np.random.default_rng(seed)
    if metric == "v_measure":
        return np.eye(count)[random.integers(count, size=draws)]
    weights = random.standard_exponential((draws, count))
    return weights / weights.sum(1, keepdims=True)


def seed_deviations(model: str, seeds: Sequence[TaskValues], tasks: Sequence[str]) -> np.ndarray:
    """How far each training seed of a model lies from the seeds' mean, (seeds, tasks), times √(k / (k - 1)).

    MedteError where there are fewer than two seeds, or one lacks a task.
    """
    if len(seeds) < 2:
        raise MedteError(f"{model}: the spread of training seeds needs 2 of them, got {len(seeds)}; train one more")
    for number, own in enumerate(seeds, start=1):
        if lacking := [task for task in tasks if task not in own]:
            raise MedteError(
                f"{model}: training seed {number} of {len(seeds)} has no value for {len(lacking)} of {len(tasks)} tasks,"
                f" first {lacking[0]}; score it on all, or leave the model's seeds out"
            )
    found = np.array([[own[task] for task in tasks] for own in seeds])
    return (found - found.mean(0)) * np.sqrt(len(seeds) / (len(seeds) - 1))


class Scores:
    """The results of several models on the same tasks, their means and the intervals of these.

    Under the protocol "corrected" each result has the value of the corrected metric, taken from its items.
    `training_seeds` gives for a model the values of at least two trainings of it, each by task and in the protocol's
    metrics; `seeds` tells how many are in a model's spread, and models that are not in it have no such part. MedteError
    for an unknown protocol, and for seeds that are too few or lack a task.
    """

    def __init__(
        self,
        results: Iterable[Result],
        draws: int = 1000,
        seed: int = 0,
        protocol: str = "published",
        training_seeds: Mapping[str, Sequence[TaskValues]] | None = None,
    ):
        require_known("protocol", [protocol], PROTOCOLS)
        self.results = {(result["model"], result["task"]): _under(protocol, result) for result in results}
        self.models = list(dict.fromkeys(model for model, _ in self.results))
        self.tasks = list(dict.fromkeys(task for _, task in self.results))
        self._draws, self._seed = draws, seed
        self._replicates = replicates(list(self.results.values()), draws, seed, PROTOCOLS[protocol])
        own_seeds = {model: own for model, own in (training_seeds or {}).items() if model in self.models}
        self.seeds = {model: len(own) for model, own in own_seeds.items()}
        for model, own in own_seeds.items():
            tasks = [task for task in self.tasks if (model, task) in self.results]
            deviations = seed_deviations(model, own, tasks)
            picked = np.random.default_rng(chance(seed, "training seed", model)).integers(len(own), size=draws)
            for task, deviation in zip(tasks, deviations.T, strict=True):
                self._replicates[model, task] = self._replicates[model, task] + deviation[picked]

    def only(self, models: Sequence[str]) -> "Scores":
        """The scores of these models alone, with the same replicates, on the tasks that any of them has a result for."""
        part = copy(self)
        part.models = [model for model in self.models if model in models]
        part.results = {(model, task): result for (model, task), result in self.results.items() if model in models}
        part.tasks = list(dict.fromkeys(task for _, task in part.results))
        part.seeds = {model: count for model, count in self.seeds.items() if model in models}
        return part

    def lacking(self, model: str, tasks: Sequence[str]) -> list[str]:
        """The tasks that the model has no result for."""
        return [task for task in tasks if (model, task) not in self.results]

    def complete(self, tasks: Sequence[str]) -> list[str]:
        """The models that have a result for every task; none where there are no tasks."""
        return [model for model in self.models if tasks and not self.lacking(model, tasks)]

    def mean(self, model: str, tasks: Sequence[str]) -> Estimate | None:
        """The mean over `tasks`; None where the model lacks one of them, or there are none."""
        if model not in self.complete(tasks):
            return None
        return estimate(self._mean(model, tasks), self.replicates_of_mean(model, tasks), len(tasks))

    def mean_by(self, metric: str, model: str, tasks: Sequence[str]) -> Estimate | None:
        """The mean over `tasks`, all of one family, by any metric of the family; None where the model lacks one of them.

        The interval is over documents and draws: what training seeds reached by the metric is not known. MedteError for a
        metric that the family does not have.
        """
        if model not in self.complete(tasks):
            return None
        results = [self.results[model, task] for task in tasks]
        found = [value(result["family"], result["items"], metric, result["units"]) for result in results]
        drawn = replicates(results, self._draws, self._seed, {results[0]["family"]: metric})
        return estimate(float(np.mean(found)), np.mean(list(drawn.values()), axis=0), len(tasks))

    def _mean(self, model: str, tasks: Sequence[str]) -> float:
        return float(np.mean([self.results[model, task]["value"] for task in tasks]))

    def replicates_of_mean(self, model: str, tasks: Sequence[str]) -> np.ndarray:
        """The mean over `tasks` in each replicate, (b,)."""
        return np.mean([self._replicates[model, task] for task in tasks], axis=0)

    def _differences(self, pairs: Sequence[tuple[str, str]], tasks: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The difference of each pair of models over `tasks`, (p,), and its replicates, (p, b)."""
        models = {model for pair in pairs for model in pair}
        means = {model: self._mean(model, tasks) for model in models}
        drawn = {model: self.replicates_of_mean(model, tasks) for model in models}
        points = np.array([means[one] - means[other] for one, other in pairs])
        return points, np.array([drawn[one] - drawn[other] for one, other in pairs])

    def difference(self, model: str, other: str, tasks: Sequence[str]) -> Estimate | None:
        """Mean of `model` minus mean of `other` over `tasks`, paired; None where either lacks one."""
        if not {model, other} <= set(self.complete(tasks)):
            return None
        points, drawn = self._differences([(model, other)], tasks)
        return estimate(points[0], drawn[0], len(tasks))

    def between(self, model: str, task: str, other: str) -> Estimate | None:
        """The model's value on `task` minus that on `other`, paired over the documents that both have; None where it lacks one."""
        if self.lacking(model, [task, other]):
            return None
        drawn = self.replicates_of_mean(model, [task]) - self.replicates_of_mean(model, [other])
        return estimate(self._mean(model, [task]) - self._mean(model, [other]), drawn, 2)

    def _pairs_with(self, other: str, tasks: Sequence[str]) -> list[tuple[str, str]]:
        models = self.complete(tasks)
        return [(model, other) for model in models if model != other] if other in models else []

    def compare(self, other: str, tasks: Sequence[str]) -> dict[str, Comparison]:
        """Every other model minus `other` over `tasks`, paired, with intervals and p-values that hold for all of them together.

        Models that lack a task are not in it; it is empty where `other` lacks one, or there is nothing to compare.
        """
        if not (pairs := self._pairs_with(other, tasks)):
            return {}
        found = compare_all(*self._differences(pairs, tasks), len(tasks))
        return {model: comparison for (model, _), comparison in zip(pairs, found, strict=True)}

    def rank_groups(self, tasks: Sequence[str]) -> dict[str, int]:
        """For each model that has all `tasks` the number of its group, best mean first.

        Group 1 is the best model and all that cannot be told from it, all pairs compared together; group 2 the best of the
        rest and all of the rest that cannot be told from that, and so on. Models that lack a task are left out.
        """
        rest = sorted(self.complete(tasks), key=lambda model: -self._mean(model, tasks))
        pairs = list(combinations(rest, 2))
        found = compare_all(*self._differences(pairs, tasks), len(tasks)) if pairs else []
        apart = {pair for pair, one in zip(pairs, found, strict=True) if one.verdict != "not distinguishable"}
        groups: dict[str, int] = {}
        while rest:
            number = max(groups.values(), default=0) + 1
            groups |= {model: number for model in rest if (rest[0], model) not in apart}
            rest = [model for model in rest if model not in groups]
        return groups

    def detectable(self, model: str, other: str, tasks: Sequence[str]) -> float | None:
        """The smallest true difference of the two means that `compare(other, tasks)` finds with a power of 80 %.

        Two-sided, at 5 % over all comparisons with `other`; between 0 and 1. None where either model lacks a task, or they
        are the same.
        """
        pairs = self._pairs_with(other, tasks)
        if (model, other) not in pairs:
            return None
        _, drawn = self._differences(pairs, tasks)
        return detectable_difference(standard_errors(drawn)[pairs.index((model, other))], critical_value(drawn))

    def groups(self) -> dict[str, list[str]]:
        """The tasks of each family that has some, and under "all" every task."""
        families = {family: tasks for family in FAMILIES if (tasks := self.of_family(family))}
        return families | {"all": self.tasks}

    def of_family(self, family: str) -> list[str]:
        """The tasks of one family."""
        return [
            task for task in self.tasks if any(r["family"] == family for (_, t), r in self.results.items() if t == task)
        ]


def _under(protocol: str, result: Result) -> Result:
    """The result with the metric of a protocol, its value taken from its items unless the metric is the published one."""
    family = result["family"]
    metric = PROTOCOLS[protocol][family]
    if metric == PROTOCOLS["published"][family]:
        return result
    return result | {"metric": metric, "value": value(family, result["items"], metric, result["units"])}
