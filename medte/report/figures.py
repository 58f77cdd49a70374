"""Results as figures: vector, readable on a light and on a dark page, colour-blind safe, without a title (captions say it)."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from medte.evaluation.statistics import Scores
from medte.models.registry import entry_of_result
from medte.report.claims.published_gains import Gain
from medte.report.claims.published_ranks import ALL_TASKS, ENGLISH
from medte.report.reproduced import MEAN
from medte.report.tables import FAMILY_TITLE
from medte.tasks.catalogue import FAMILIES
from medte.tasks.catalogue import task as find_task

INK = "#858585"  # as in medte.mplstyle
PALETTE = dict(zip(FAMILIES, sns.color_palette("colorblind", 4).as_hex(), strict=True))
MARKERS = ("o", "s", "D", "^", "v", "P")


def learning_curve(manifest: dict) -> Figure:
    """Training loss by step, with the loss of held-out pairs before, on the way and after as marks."""
    figure, axes = plt.subplots(figsize=(6.4, 3.2))
    curve, held = manifest["curve"], manifest["held_out"]
    trained = [(point["step"], point["loss"]) for point in curve if "loss" in point]
    axes.plot(*zip(*trained, strict=True), color=PALETTE["classification"])
    axes.annotate("training", max(trained, key=lambda point: point[1]), xytext=(8, -2), textcoords="offset points")
    last = trained[-1][0]
    between = [(point["step"], point["held_out_loss"]) for point in curve if "held_out_loss" in point]
    marks = [(0, held["before"]["loss"]), *between, (last, held["after"]["loss"])]
    axes.plot(*zip(*marks, strict=True), "--s", color=PALETTE["clustering"])
    axes.annotate("held out", marks[-1], xytext=(6, -3), textcoords="offset points")
    axes.set(xlabel="step", ylabel="InfoNCE loss (nats)", ylim=(0, None), xlim=(0, last * 1.14))
    return figure


def scores_by_task(scores: Scores, tasks: Sequence[str]) -> Figure:
    """Each task's value for every model, tasks sorted by the best; the interval as a line."""
    if not tasks:
        return nothing()
    order = sorted(tasks, key=lambda task: max(scores.results[model, task]["value"] for model in scores.models))
    figure, axes = plt.subplots(figsize=(7.2, 0.8 + (0.2 + 0.05 * len(scores.models)) * len(order)))
    colours = sns.color_palette("colorblind", len(scores.models)).as_hex()
    for number, model in enumerate(scores.models):
        estimates = [scores.mean(model, [task]) for task in order]
        heights = [
            row + 0.8 / (len(scores.models) + 1) * (number - (len(scores.models) - 1) / 2) for row in range(len(order))
        ]
        axes.hlines(
            heights,
            [100 * e.low for e in estimates],
            [100 * e.high for e in estimates],
            color=colours[number],
            alpha=0.5,
        )
        axes.plot(
            [100 * e.value for e in estimates],
            heights,
            MARKERS[number % len(MARKERS)],
            color=colours[number],
            ms=5,
            label=entry_of_result(model).title,
        )
    axes.set(yticks=range(len(order)), yticklabels=order, xlabel="score (%)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=2)
    return figure


def gain_by_task(scores: Scores, model: str, other: str) -> Figure:
    """Difference of two models on each task, in points with its interval, sorted, coloured by family."""
    if not scores.tasks:
        return nothing()
    gaps = {task: scores.difference(model, other, [task]) for task in scores.tasks}
    order = sorted(gaps, key=lambda task: gaps[task].value)
    figure, axes = plt.subplots(figsize=(7.2, 0.8 + 0.22 * len(order)))
    for row, task in enumerate(order):
        gap, family = gaps[task], find_task(task).family
        axes.hlines(row, 100 * gap.low, 100 * gap.high, color=PALETTE[family], alpha=0.6)
        axes.plot(100 * gap.value, row, MARKERS[FAMILIES.index(family)], color=PALETTE[family], ms=5)
    for family in FAMILIES:
        axes.plot([], [], MARKERS[FAMILIES.index(family)], color=PALETTE[family], label=FAMILY_TITLE[family])
    axes.axvline(0, color=INK, lw=1)
    axes.set(yticks=range(len(order)), yticklabels=order, ylim=(-0.8, len(order) - 0.2))
    axes.set_xlabel(f"{entry_of_result(model).title} minus {entry_of_result(other).title} (points)")
    axes.tick_params(axis="y", labelsize=8)
    axes.legend(loc="lower center", bbox_to_anchor=(0.3, 1), ncols=2)
    return figure


def agreement(record: Mapping[str, Any] | None) -> Figure:
    """Each encoder's mean over all tasks of the mini edition against its mean on real text, as recorded."""
    if record is None:
        return nothing("no agreement with real text is recorded")
    means = record["families"]["all"]["means"]
    figure, axes = plt.subplots(figsize=(6.4, 4.4))
    groups = list(dict.fromkeys(entry_of_result(model).group for model in means))
    for number, group in enumerate(groups):
        points = [[100 * value for value in means[model]] for model in means if entry_of_result(model).group == group]
        colour = sns.color_palette("colorblind", len(groups)).as_hex()[number]
        axes.plot(*zip(*points, strict=True), MARKERS[number], color=colour, label=group.replace("_", " "))
    axes.set(xlabel="mini edition, mean over its tasks (%)", ylabel="real text, mean over its tasks (%)")
    axes.legend(loc="upper left")
    return figure


def gain_by_rival(gains: Sequence[Gain]) -> Figure:
    """MEDTE minus each rival in each family, published, in points; lines are what rounding allows; best rival on top."""
    rivals = list(dict.fromkeys(gain.rival for gain in gains))[::-1]
    figure, axes = plt.subplots(figsize=(7.2, 0.8 + 0.3 * len(rivals)))
    for number, family in enumerate(FAMILIES):
        own = [gain for gain in gains if gain.column == family]
        heights = [rivals.index(gain.rival) + 0.15 * (1.5 - number) for gain in own]
        low, high = ([100 * (gain.points + sign * 2 * gain.rounding) for gain in own] for sign in (-1, 1))
        axes.hlines(heights, low, high, color=PALETTE[family], alpha=0.6)
        values = [100 * gain.points for gain in own]
        axes.plot(values, heights, MARKERS[number], color=PALETTE[family], ms=4, label=FAMILY_TITLE[family])
    axes.axvline(0, color=INK, lw=1)
    axes.set(yticks=range(len(rivals)), yticklabels=[rival.rpartition("/")[2] for rival in rivals])
    axes.set_xlabel("MEDTE minus the rival, published (points)")
    axes.tick_params(axis="y", labelsize=8)
    axes.legend(loc="lower center", bbox_to_anchor=(0.3, 1), ncols=2)
    return figure


def published_against_mteb(both: pd.DataFrame) -> Figure:
    """The models on both boards by their published mean, best on top, with their means on MTEB(Medical, v1).

    `both` is of `published_ranks.on_both`. Where the boards agreed, the marks would fall to the left from row to row.
    """
    rows = both.sort_values(MEAN).to_dict("records")
    figure, axes = plt.subplots(figsize=(6.4, 0.9 + 0.35 * len(rows)))
    series = {ENGLISH: "its English tasks", ALL_TASKS: "its 12 tasks"}
    colours = sns.color_palette("colorblind", len(series)).as_hex()
    for (column, label), marker, colour in zip(series.items(), MARKERS, colours, strict=False):
        axes.plot([row[column] for row in rows], range(len(rows)), marker, color=colour, label=label)
    names = [f"{row['model'].rpartition('/')[2]}, {100 * row[MEAN]:.1f}" for row in rows]
    axes.set(yticks=range(len(rows)), yticklabels=names, ylim=(-0.6, len(rows) - 0.4))
    axes.set(xlabel="MTEB(Medical, v1), mean (%)", ylabel="MedEval, published mean (%)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.3, 1), ncols=2)
    return figure


def nothing(why: str = "no task of this family in this edition") -> Figure:
    figure = plt.figure(figsize=(6.4, 0.6))
    figure.text(0.5, 0.5, why, ha="center", va="center")
    return figure
