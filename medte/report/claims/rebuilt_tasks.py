"""The 51 tasks as a recorded run found them: which can be rebuilt, which tell an encoder from no learning at all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medte.evaluation.groups import encoders, group_of
from medte.evaluation.statistics import Scores
from medte.models.registry import WITHOUT_WEIGHTS, entry_of_result
from medte.report import tables
from medte.report.recordings import provenance
from medte.tasks.card import Card
from medte.tasks.catalogue import FAMILIES, Task, benchmark_tasks

OWN, PUBLIC, WRITTEN, CREDENTIALED = "own", "public", "written", "credentialed"
NEEDS = {
    OWN: "Rebuilt from its own text",
    PUBLIC: "Public text, not rebuilt here",
    WRITTEN: "Needs a language model's text",
    CREDENTIALED: "Needs credentialed notes",
}  # what a task of the 51 needs -> title
LACKING = {
    CREDENTIALED: "credentialed notes of",
    WRITTEN: "a language model's questions and sentences on",
    PUBLIC: "more text of",
}  # what a task of the 51 lacks where it is not rebuilt
OPEN = (OWN, PUBLIC)  # what somebody without credentials and without a language model could rebuild


def need(task: Task, edition: Mapping[str, Any]) -> str:
    """What a task needs to be rebuilt, a key of `NEEDS`, as the edition (its manifest) shows."""
    group = group_of(task.name, "MedEval", edition)
    if group == "stand_in":
        return CREDENTIALED
    if group == "extractive":
        return WRITTEN
    return OWN if task.name in edition["tasks"] else PUBLIC


def needs(edition: Mapping[str, Any]) -> dict[str, Counter]:
    """For each source of the 51 tasks how many of them need what, a counter of the keys of `NEEDS`."""
    found: dict[str, Counter] = {}
    for task in benchmark_tasks("MedEval"):
        found.setdefault(task.source, Counter())[need(task, edition)] += 1
    return found


def needs_table(about: Mapping[str, Any]) -> str:
    """Sources × what their tasks need, with the sums, as HTML."""
    found = needs(about["edition"])
    rows = [[source, str(own.total()), *(_count(own[need]) for need in NEEDS)] for source, own in found.items()]
    total = sum(found.values(), Counter())
    rows.append(["all", str(total.total()), *(str(total[need]) for need in NEEDS)])
    caption = (
        "Recorded: the 51 tasks by what it takes to rebuild them. Public text, not rebuilt here: too little of it in "
        f"the recorded edition. Needs a language model's text: the paper had one write it. {provenance(about)}"
    )
    return tables.html(["Source", "Tasks", *NEEDS.values()], rows, caption)


def _count(number: int) -> str:
    return str(number) if number else tables.MISSING


def coverage_table() -> str:
    """How many of the 51 tasks each source has of each family, as HTML."""
    found: dict[str, Counter] = {}
    for task in benchmark_tasks("MedEval"):
        found.setdefault(task.source, Counter())[task.family] += 1
    found["all"] = sum(found.values(), Counter())
    rows = [[source, *(_count(own[family]) for family in FAMILIES), str(own.total())] for source, own in found.items()]
    caption = "The 51 tasks by source and family, as the catalogue lists them; no result is in this table."
    return tables.html(["Source", *(tables.FAMILY_TITLE[family] for family in FAMILIES), "All"], rows, caption)


@dataclass(frozen=True)
class Separation:
    """A task, its best encoder, and the answers without learning that the encoder is told apart from, or is not."""

    task: str
    best: str
    above: tuple[str, ...]
    not_above: tuple[str, ...]

    @property
    def tells(self) -> bool:
        """Whether the encoder is above all answers without learning, of which there is one at least."""
        return bool(self.above) and not self.not_above


def separations(scores: Scores, cards: Mapping[str, Card]) -> list[Separation]:
    """For each task whether its best encoder is above the floor, random vectors and word counts, each by its interval.

    The best encoder was chosen on the same items, which flatters it a little. Tasks without an encoder are left out.
    """
    plain = [model for model in scores.models if entry_of_result(model).kind in WITHOUT_WEIGHTS]
    learned = [model for model in encoders(scores).models if model not in plain]
    found = []
    for task in scores.tasks:
        there = [model for model in learned if (model, task) in scores.results]
        if not there:
            continue
        best = max(there, key=lambda model: scores.results[model, task]["value"])
        above = {
            tables.title(model): gap.side == "above"
            for model in plain
            if (gap := scores.difference(best, model, [task]))
        }
        floor = _floor(cards, task)
        if floor is not None:
            above["the floor"] = scores.mean(best, [task]).low > floor
        found.append(Separation(task, best, *_parted(above)))
    return found


def _parted(above: Mapping[str, bool]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(name for name, is_above in above.items() if is_above), tuple(
        name for name, is_above in above.items() if not is_above
    )


def _floor(cards: Mapping[str, Card], task: str) -> float | None:
    return tables.floor(cards[task]) if task in cards else None


def separations_table(about: Mapping[str, Any], scores: Scores) -> str:
    """Each task: floor, best answer without learning, best encoder, what that is not told apart from; as HTML."""
    rows = []
    for one in separations(scores, about["cards"]):
        plain = [
            model
            for model in scores.models
            if entry_of_result(model).kind in WITHOUT_WEIGHTS and (model, one.task) in scores.results
        ]
        rows.append(
            [
                tables.breakable(one.task),
                tables.percent(_floor(about["cards"], one.task)),
                *_named(
                    scores,
                    max(plain, key=lambda model: scores.results[model, one.task]["value"], default=None),
                    one.task,
                ),
                *_named(scores, one.best, one.task),
                f"<small>{_not_told(one)}</small>",
            ]
        )
    caption = (
        "Recorded: the best encoder of each task rebuilt from its own text, and the best of random vectors and word "
        f"counts, in percent; each task judged alone. {provenance(about)}"
    )
    header = [
        "Task",
        "Floor",
        "Without learning",
        "Which",
        "Best encoder",
        "Which",
        "The encoder is not told apart from",
    ]
    return tables.html(header, rows, caption)


def _not_told(one: Separation) -> str:
    if not (one.above or one.not_above):
        return "nothing else was scored"
    return ", ".join(one.not_above) or "nothing: it is above all of them"


def _named(scores: Scores, model: str | None, task: str) -> list[str]:
    if model is None:
        return [tables.MISSING] * 2
    return [tables.cell(scores.mean(model, [task])), tables.title(model)]
