"""How large an effect is, in what is recorded: the record as a whole, and the changes that all measures are made of.

A measure is a function that takes a `Record` and returns a short piece of HTML: values with their intervals and the
file that holds them, or that it is not recorded and what would record it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from medte.evaluation.estimates import Estimate, estimate
from medte.evaluation.groups import BENCHMARK
from medte.evaluation.items import value
from medte.evaluation.statistics import Scores, replicates
from medte.experiments import CHOSEN
from medte.report import experiments, recordings, tables
from medte.report.experiments import Sweep
from medte.tasks.catalogue import MAIN_SCORE
from medte.tasks.catalogue import task as find_task

NOT_RECORDED = "Not recorded: "
OWN_WORDS = (BENCHMARK, "other", "variant")  # groups whose texts all stand in their source
MEASUREMENTS = ("mini-bench.json", "mini-seeds.json", "open-padding.json")


@dataclass(frozen=True)
class Record:
    """All that is recorded of real text, and the measurements beside it."""

    about: Mapping[str, Any]
    scores: Scores  # the benchmark's tasks
    words: Scores  # the same, the tasks outside the benchmark, and the variants of both
    notes: Scores | None = None  # tasks of fictional notes, which stand in for credentialed ones, and their variants
    extractive: Scores | None = None  # tasks whose queries are taken from the text itself
    conditions: Scores | None = None  # the benchmark's tasks under other conditions too: prompts, another length
    sweep: Sweep | None = None
    plain: tuple[Mapping[str, Any], Scores] | None = None  # a training split by document alone
    measurements: Mapping[str, Any] | None = None  # by file

    @property
    def base(self) -> str:
        """The model that every other is compared with."""
        return self.about["compared_with"]

    @property
    def trained(self) -> str:
        return self.about["trained"]

    def measured(self, name: str) -> Any:
        """What a measurement's file holds; None where there is none."""
        return (self.measurements or {}).get(name)


@lru_cache
def record(profile: str = "open") -> Record:
    """What is recorded of a profile."""
    about, groups = recordings.recorded_groups(profile)
    return Record(
        about,
        groups[BENCHMARK],
        _joined(about, [groups[group] for group in OWN_WORDS if group in groups]),
        groups.get("stand_in"),
        groups.get("extractive"),
        recordings.recorded_conditions(profile),
        experiments.sweep(profile),
        recordings.recorded("mini-plain") if recordings.is_recorded("mini-plain") else None,
        {name: found for name in MEASUREMENTS if (found := recordings.measurement(name))},
    )


def _joined(about: Mapping[str, Any], groups: Sequence[Scores]) -> Scores:
    """The results of several groups as one, so that tasks of two groups are paired."""
    results = [result for scores in groups for result in scores.results.values()]
    return Scores(results, about["bootstrap"], about["seed"])


def base_tasks(scores: Scores, family: str | None = None) -> list[str]:
    """The tasks that are no variants, of all families or of one."""
    names = scores.of_family(family) if family else scores.tasks
    return [name for name in names if find_task(name).variant is None]


def of_variant(scores: Scores, model: str, tasks: Sequence[str], to: str, since: str = "") -> Estimate | None:
    """What a model's mean changes when each of `tasks` is built as the variant `to`, and not as `since` ("": as it is).

    Over the tasks that the model has both of; None where there are none.
    """
    both = [name for name in tasks if not scores.lacking(model, [name + since, name + to])]
    if not both:
        return None
    after, before = ([name + suffix for name in both] for suffix in (to, since))
    change = scores.mean(model, after).value - scores.mean(model, before).value
    drawn = scores.replicates_of_mean(model, after) - scores.replicates_of_mean(model, before)
    return estimate(change, drawn, len(both))


def of_metric(found: Record, scores: Scores, model: str, tasks: Sequence[str], metric: str) -> Estimate | None:
    """What a model's mean over `tasks`, all of one family, changes when taken by `metric` and not by the published one.

    None where the model lacks one of them, or there are none.
    """
    if not tasks or scores.lacking(model, tasks):
        return None
    results = [scores.results[model, name] for name in tasks]
    family, means = results[0]["family"], []
    for each in (metric, MAIN_SCORE[family]):
        values = [value(family, result["items"], each, result["units"]) for result in results]
        drawn = replicates(results, found.about["bootstrap"], found.about["seed"], {family: each})
        means.append((float(np.mean(values)), np.mean(list(drawn.values()), axis=0)))
    (after, drawn_after), (before, drawn_before) = means
    return estimate(after - before, drawn_after - drawn_before, len(tasks))


def over_texts(found: Record, change: Callable[[Scores], Estimate | None]) -> str:
    """A change over the tasks of real text, and over those of fictional notes, in words; empty where there are none."""
    scopes = {"real text": found.words, "fictional notes": found.notes}
    parts = [
        f"{points(gap)} over {count(gap.tasks)} of {scope}"
        for scope, scores in scopes.items()
        if scores is not None and (gap := change(scores))
    ]
    return "; ".join(parts)


def of_training(found: Record, row: str) -> str:
    """What a training that differs in one `row` of the sweep gains against the chosen recipe, in a sentence."""
    gap = found.sweep and found.sweep.gain(row, found.sweep.tasks, CHOSEN)
    if not gap:
        return f"{NOT_RECORDED}<code>medte sweep -p open --row {row}</code> measures it."
    about = found.sweep.about
    where = kept_in(f"{about['profile']}-experiments.jsonl.xz", about)
    return f"Trained so and not by the chosen recipe: {points(gap)} over {count(gap.tasks)}{where}."


def points(gap: Estimate) -> str:
    """A difference with its sign and interval, in points."""
    return f"{tables.cell(gap, sign=True)} points"


def count(tasks: int) -> str:
    """A number of tasks in words: "1 task", "3 tasks"."""
    return f"{tasks} task{'' if tasks == 1 else 's'}"


def kept_in(file: str, about: Mapping[str, Any]) -> str:
    """Which file holds a number and when it was made, to follow it."""
    return f" (<code>{file}</code>, {about['date']})"


def in_results(found: Record) -> str:
    """The same for the recorded results."""
    return kept_in(f"{found.about['profile']}.jsonl.xz", found.about)
