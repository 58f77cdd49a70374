"""Every task by itself: its scores as a heat map, and what leaks and the length of its texts have to do with them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Scores
from medte.models.registry import entry_of_result
from medte.report import tables
from medte.report.marks import INK, family_legend, family_mark, name_points, nothing
from medte.report.tables import FAMILY_TITLE, NAMED, percent
from medte.tasks import card
from medte.tasks.catalogue import FAMILIES
from medte.tasks.catalogue import task as find_task

Cards = Mapping[str, card.Card]
COLOURS = "crest_r"  # even steps of lightness; no end of it is white or black
ENDINGS = {family: title.title().replace(" ", "") for family, title in FAMILY_TITLE.items()}  # of tasks' names
ACROSS = 4  # panels at most
FEWEST = 3  # tasks that a line is drawn through
NONE = "no task is scored"


def heat_map(scores: Scores, cards: Cards) -> Figure:
    """Tasks × models as colours, in percent, the floor of each task in front.

    Models, and within a family tasks, stand in the order of their means. A cell is empty where a model has no result,
    and where the task's card knows no floor.
    """
    if not scores.tasks:
        return nothing(NONE)
    models = sorted(scores.models, key=lambda model: np.nanmean(_values(scores, model, scores.tasks)))
    rows: list[tuple[str, list[float]]] = []  # a line without cells over each family
    for family in FAMILIES:
        tasks = sorted(scores.of_family(family), key=lambda task: -np.nanmean(_of_task(scores, models, task)))
        if tasks:
            rows.append((FAMILY_TITLE[family], [np.nan] * (len(models) + 2)))
        for task in tasks:
            cells = [_floor(cards, task), np.nan, *_of_task(scores, models, task)]
            rows.append((task.removesuffix(ENDINGS[family]), cells))
    figure, axes = plt.subplots(figsize=(4 + 0.3 * len(models), 1.6 + 0.19 * len(rows)))
    drawn = axes.imshow(
        [cells for _, cells in rows], cmap=COLOURS, vmin=0, vmax=100, aspect="auto", interpolation="nearest"
    )
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=7.5)
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() in FAMILY_TITLE.values() else "normal")
    titles = ["Floor", *(entry_of_result(model).title for model in models)]
    axes.set_xticks(
        [0, *range(2, len(models) + 2)], titles, rotation=45, ha="right", rotation_mode="anchor", fontsize=8
    )
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    figure.colorbar(drawn, ax=axes, label="score (%)", location="top", aspect=40, shrink=0.9)
    return figure


def _values(scores: Scores, model: str, tasks: Sequence[str]) -> np.ndarray:
    """A model's scores on tasks, in percent; NaN where it has none."""
    results = [scores.results.get((model, task)) for task in tasks]
    return np.array([100 * result["value"] if result else np.nan for result in results])


def _of_task(scores: Scores, models: Sequence[str], task: str) -> list[float]:
    return [float(_values(scores, model, [task])[0]) for model in models]


def _floor(cards: Cards, task: str) -> float:
    floor = tables.floor(cards[task]) if task in cards else None
    return np.nan if floor is None else 100 * floor


def leak_shares(edition: Mapping[str, Any], tasks: Sequence[str]) -> dict[str, float]:
    """For each task the share of all training pairs that touched it and were dropped, between 0 and 1.

    `edition` is the manifest of the data; all training pairs are those that were kept and those that were dropped.
    """
    made = sum(edition["pairs"].values()) + sum(edition["leaks_dropped"].values())
    touching = dict.fromkeys(tasks, 0)
    for split, _, task, _, count in edition["leaks_by_task"]:
        if split == "subjects" and task in touching:
            touching[task] += count
    return {task: count / made if made else 0.0 for task, count in touching.items()}


def leakage(scores: Scores, model: str, other: str, edition: Mapping[str, Any]) -> Figure:
    """The gain of a model over another on each task, against the share of training pairs dropped for touching it.

    Families stand a little beside each other, so that equal shares can be told apart. Above: the mean gain on tasks
    that pairs touched and on the others, with 95 % intervals. The tasks that most pairs touched are named.
    """
    gaps = {task: gap for task in scores.tasks if (gap := scores.difference(model, other, [task]))}
    if not gaps:
        return nothing(NONE)
    shares = leak_shares(edition, list(gaps))
    most = 100 * max(*shares.values(), 1e-4)
    figure, axes = plt.subplots(figsize=(6.6, 4.2))
    at = {}
    for task, gap in gaps.items():
        number = FAMILIES.index(find_task(task).family)
        colour, marker = family_mark(FAMILIES[number])
        at[task] = (100 * shares[task] + 0.02 * most * (number - 1.5), 100 * gap.value)
        axes.vlines(at[task][0], 100 * gap.low, 100 * gap.high, color=colour, alpha=0.3, lw=1)
        axes.plot(*at[task], marker, color=colour, ms=6, mew=0, alpha=0.8)
    axes.set_xlim(-0.08 * most, 1.1 * most)
    axes.hlines(0, *axes.get_xlim(), color=INK, lw=1)
    axes.set_xlabel("training pairs that touched the task and were dropped (% of all)")
    axes.set_ylabel(f"{entry_of_result(model).title}\nminus {entry_of_result(other).title} (points)")
    family_legend(axes, {find_task(task).family for task in gaps})
    parts = {True: "touched", False: "not touched"}
    lines = [
        _gain(scores, model, other, name, [task for task in gaps if bool(shares[task]) == is_touched])
        for is_touched, name in parts.items()
    ]
    axes.text(1, 1.02, "\n".join(lines), transform=axes.transAxes, ha="right", va="bottom", fontsize=8)
    named = [task for task in sorted(gaps, key=shares.get, reverse=True)[:NAMED] if shares[task]]
    name_points(axes, [at[task] for task in named], named)
    return figure


def _gain(scores: Scores, model: str, other: str, name: str, tasks: Sequence[str]) -> str:
    gap = scores.difference(model, other, tasks)
    if gap is None:
        return f"{name}: no task"
    low, value, high = (percent(number, sign=True) for number in (gap.low, gap.value, gap.high))
    return f"{name} ({gap.tasks}): {value}, 95 % {low} to {high}"


def length(scores: Scores, cards: Cards) -> Figure:
    """Score against the median length of a task's texts, of its longer column, a panel a model, a line a family.

    Lines are least squares on the logarithm of the length, through three tasks or more.
    """
    scores = encoders(scores)
    words = {task: _words(cards[task]) for task in scores.tasks if task in cards}
    if not words:
        return nothing(NONE)
    across = min(ACROSS, math.ceil(math.sqrt(len(scores.models))))
    down = -(-len(scores.models) // across)
    figure, grid = plt.subplots(
        down, across, figsize=(0.6 + 2 * across, 0.9 + 1.9 * down), squeeze=False, sharex=True, sharey=True
    )
    for axes in grid.flat[len(scores.models) :]:
        axes.remove()
    for axes, model in zip(grid.flat, scores.models, strict=False):
        axes.set(xscale="log", ylim=(0, 112), xlim=(min(words.values()) / 1.4, max(words.values()) * 1.4))
        axes.xaxis.set_major_locator(FixedLocator([step * 10**power for power in range(5) for step in (1, 3)]))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.tick_params(labelbottom=True)
        axes.text(0.03, 0.98, entry_of_result(model).title, transform=axes.transAxes, va="top", fontsize=8)
        for family in FAMILIES:
            tasks = [task for task in scores.of_family(family) if task in words and (model, task) in scores.results]
            _with_line(axes, family, [words[task] for task in tasks], _values(scores, model, tasks))
    figure.supxlabel("median words of the longer text", fontsize=10)
    figure.supylabel("score (%)", fontsize=10)
    family_legend(figure, {find_task(task).family for task in words}, loc="outside upper center", ncols=len(FAMILIES))
    return figure


def _words(about: card.Card) -> float:
    return max(column["median"] for column in about["words"].values())


def _with_line(axes: Axes, family: str, x: Sequence[float], y: np.ndarray) -> None:
    colour, marker = family_mark(family)
    axes.plot(x, y, marker, color=colour, ms=4, mew=0, alpha=0.6)
    if len(x) >= FEWEST and np.ptp(x) > 0:
        slope, start = np.polyfit(np.log(x), y, 1)
        ends = np.array([min(x), max(x)])
        axes.plot(ends, start + slope * np.log(ends), color=colour, lw=1.5)
