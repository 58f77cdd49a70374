"""Results as figures: vector, readable on a light and on a dark page, colour-blind safe, without a title (captions say it)."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.figure import Figure

from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Scores
from medte.models.registry import entry_of_result
from medte.report.marks import INK, MARKERS, PALETTE, family_legend, family_mark, group, legend, nothing
from medte.report.tables import FAMILY_TITLE
from medte.tasks.catalogue import task as find_task


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
    """Each task's value for every model that has one, tasks sorted by the best; the interval as a line."""
    if not tasks:
        return nothing()
    best: dict[str, float] = {}
    for (_, task), result in scores.results.items():
        best[task] = max(result["value"], best.get(task, 0.0))
    order = sorted(tasks, key=best.__getitem__)
    figure, axes = plt.subplots(figsize=(7.2, 1.3 + (0.2 + 0.05 * len(scores.models)) * len(order)))
    colours = sns.color_palette("colorblind", len(scores.models)).as_hex()
    for number, model in enumerate(scores.models):
        shift = 0.8 / (len(scores.models) + 1) * (number - (len(scores.models) - 1) / 2)
        there = {row + shift: mean for row, task in enumerate(order) if (mean := scores.mean(model, [task]))}
        low, value, high = ([100 * getattr(mean, end) for mean in there.values()] for end in ("low", "value", "high"))
        axes.hlines(list(there), low, high, color=colours[number], alpha=0.5)
        axes.plot(
            value, list(there), MARKERS[number % len(MARKERS)],
            color=colours[number], ms=5, label=entry_of_result(model).title,
        )  # fmt: skip
    axes.set(yticks=range(len(order)), yticklabels=order, xlabel="score (%)")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def gain_by_task(scores: Scores, model: str, other: str) -> Figure:
    """Difference of two models on each task that both have, in points with its interval, sorted, coloured by family."""
    gaps = {task: gap for task in scores.tasks if (gap := scores.difference(model, other, [task]))}
    if not gaps:
        return nothing("no task is scored with both models")
    order = sorted(gaps, key=lambda task: gaps[task].value)
    figure, axes = plt.subplots(figsize=(7.2, 1.2 + 0.22 * len(order)))
    for row, task in enumerate(order):
        gap = gaps[task]
        colour, marker = family_mark(find_task(task).family)
        axes.hlines(row, 100 * gap.low, 100 * gap.high, color=colour, alpha=0.6)
        axes.plot(100 * gap.value, row, marker, color=colour, ms=5)
    axes.axvline(0, color=INK, lw=1)
    axes.set(yticks=range(len(order)), yticklabels=order, ylim=(-0.8, len(order) - 0.2))
    axes.set_xlabel(f"{entry_of_result(model).title} minus {entry_of_result(other).title} (points)")
    axes.tick_params(axis="y", labelsize=8)
    family_legend(figure, {find_task(task).family for task in order}, loc="outside upper center", ncols=2)
    return figure


def means_by_family(scores: Scores) -> Figure:
    """The mean of every model over each family's tasks and over all, with its interval; fit for a narrow page."""
    scores = encoders(scores)
    if not scores.tasks:
        return nothing()
    blocks = {FAMILY_TITLE.get(name, "All tasks"): tasks for name, tasks in scores.groups().items()}
    lines: list[tuple[str, str | None, Sequence[str]]] = []  # (what stands at the left, model, tasks)
    for title, tasks in blocks.items():
        lines.append((f"{title}, {len(tasks)} task{'s' if len(tasks) > 1 else ''}", None, tasks))
        lines += [(entry_of_result(model).title, model, tasks) for model in scores.complete(tasks)]
    figure, axes = plt.subplots(figsize=(4.2, 0.7 + 0.2 * len(lines)))
    for row, (_, model, tasks) in enumerate(lines):
        if model is None:
            axes.axhline(row, color=INK, lw=0.6, alpha=0.5)
            continue
        mark, mean = group(entry_of_result(model).group), scores.mean(model, tasks)
        axes.hlines(row, 100 * mean.low, 100 * mean.high, color=mark.colour, alpha=0.6)
        axes.plot(100 * mean.value, row, mark.marker, color=mark.colour, ms=6, mew=0)
    axes.set_yticks(range(len(lines)), [words for words, _, _ in lines], fontsize=9)
    for label, (_, model, _) in zip(axes.get_yticklabels(), lines, strict=True):
        label.set_fontweight("bold" if model is None else "normal")
    axes.set(xlabel="score (%)", ylim=(len(lines) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure


def agreement(record: Mapping[str, Any] | None) -> Figure:
    """Each encoder's mean over all tasks of the mini edition against its mean on real text, as recorded."""
    if record is None:
        return nothing("no agreement with real text is recorded")
    means = record["families"]["all"]["means"]
    figure, axes = plt.subplots(figsize=(6.4, 4.4))
    for model, values in means.items():
        mark = group(entry_of_result(model).group)
        axes.plot(*(100 * value for value in values), mark.marker, color=mark.colour)
    axes.set(xlabel="mini edition, mean over its tasks (%)", ylabel="real text, mean over its tasks (%)")
    legend(axes, [entry_of_result(model).group for model in means], loc="upper left")
    return figure
