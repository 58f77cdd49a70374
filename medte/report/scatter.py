"""Models as points: score against time, one source against another, the families against each other.

All take a plain table, a row a model: `model` (its name on the page), `group`, and a column for each mean, in percent:
the families', "mean", the sources'; `<column>_low` and `<column>_high` where there are intervals; `seconds` and
`seconds_<family>`; `texts_per_second`, and `parameters` in millions. What is not known is NaN.
`of_published` and `of_scores` make one.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medte.evaluation.estimates import Estimate
from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Scores
from medte.models.registry import entry_of_result, registry
from medte.profile import load_profile
from medte.report.correlation import pearson
from medte.report.marks import INK, group, legend, name_points, note, nothing
from medte.report.published import TASKS_OF, column_name, published
from medte.report.tables import FAMILY_TITLE
from medte.tasks.catalogue import FAMILIES
from medte.tasks.catalogue import task as find_task

MEAN = "mean"
SOURCE_TITLE = {source: column_name(column) for column, source in TASKS_OF.items()}


def of_published() -> pd.DataFrame:
    """The published means; "mean" is that of the four families."""
    frame = published()
    titles = {model.hub: model.title for model in reversed(registry().values())}  # of several the first
    means = {family: family for family in FAMILIES} | {"avg_task_types": MEAN}
    means |= {f"source_{source}": source for source in SOURCE_TITLE}
    seconds = {f"{family}_time_s": f"seconds_{family}" for family in FAMILIES} | {"avg_time_s": "seconds"}
    about = pd.DataFrame(
        {"model": [titles.get(name, name.split("/")[1]) for name in frame["model"]], "group": frame["bucket"]}
    )
    return pd.concat(
        [about, 100 * frame[list(means)].rename(columns=means), frame[list(seconds)].rename(columns=seconds)], axis=1
    )


def of_scores(scores: Scores, seconds: Mapping[str, Mapping[str, float]] | None = None) -> pd.DataFrame:
    """The means of the models that make vectors, over the tasks that the scores are of; "mean" is over all tasks.

    `seconds` is what `evaluation.times` found.
    """
    scores = encoders(scores)
    parts = {family: scores.of_family(family) for family in FAMILIES} | {MEAN: scores.tasks}
    parts |= {source: [task for task in scores.tasks if find_task(task).source == source] for source in SOURCE_TITLE}
    rows = []
    for model in scores.models:
        about = entry_of_result(model)
        row: dict = {"model": about.title, "group": about.group}
        for part, tasks in parts.items():
            row |= _percent(part, scores.mean(model, tasks))
        timed = (seconds or {}).get(model, {})
        row |= {f"seconds_{family}": timed.get(family) for family in FAMILIES} | {"seconds": timed.get("all")}
        row |= {"texts_per_second": timed.get("texts_per_second"), "parameters": _parameters(model)}
        rows.append(row)
    frame = pd.DataFrame(rows, columns=None if rows else ["model", "group"])
    return frame.astype(dict.fromkeys(frame.columns[2:], float))


def _parameters(model: str) -> float | None:
    """Those of a model, in millions; of one that is trained here, its base's; None where they are not known."""
    about = entry_of_result(model)
    if about.kind == "trained":
        about = entry_of_result(load_profile(about.profile).base)
    return about.parameters / 1e6 if about.parameters else None


def _percent(part: str, mean: Estimate | None) -> dict[str, float | None]:
    values = (100 * mean.value, 100 * mean.low, 100 * mean.high) if mean else (None, None, None)
    return dict(zip((part, f"{part}_low", f"{part}_high"), values, strict=True))


def time(frame: pd.DataFrame, family: str | None = None, what: str = "seconds") -> Figure:
    """Score against time, of one family or over all tasks, with Pearson's r; who has no time is named below.

    `what` says what the seconds are.
    """
    x, y = (f"seconds_{family}", family) if family else ("seconds", MEAN)
    words = f"{FAMILY_TITLE[family].lower()}, " if family else ""
    return _against(frame, x, y, what, f"{words}mean score (%)", "no time", from_zero=True)


def sources(frame: pd.DataFrame, one: str, other: str) -> Figure:
    """The mean over one source's tasks against that over another's, with Pearson's r; who lacks one is named below."""
    names = [f"{SOURCE_TITLE[source]}, mean over its tasks (%)" for source in (one, other)]
    return _against(frame, one, other, *names, "not in both")


def _against(
    frame: pd.DataFrame, x: str, y: str, xlabel: str, ylabel: str, why: str, from_zero: bool = False
) -> Figure:
    """The models that have both numbers as points with names; the others are named under the x-axis, with `why`."""
    there = _known(frame, x, y)
    if there.empty:
        return nothing(f"no model has both: {xlabel}; {ylabel}")
    figure, axes = plt.subplots(figsize=(6.6, 4.6))
    _points(axes, there, x, y)
    note(axes, xlabel, list(frame.loc[frame.index.difference(there.index), "model"]), why)
    axes.set_ylabel(ylabel)
    axes.margins(0.1)
    if from_zero:
        axes.set_xlim(0, 1.1 * there[x].max())
    legend(axes, there["group"])
    axes.text(1, 1.02, str(pearson(there[x], there[y])), transform=axes.transAxes, ha="right", va="bottom", fontsize=9)
    name_points(axes, list(zip(there[x], there[y], strict=True)), list(there["model"]))
    return figure


def _known(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows that have a number in all of the columns."""
    return frame.dropna(subset=columns) if set(columns) <= set(frame) else frame.iloc[:0]


def _points(axes: Axes, frame: pd.DataFrame, x: str, y: str, size: float = 7) -> None:
    """One mark a model, in its group's colour and form; under it the intervals that are known."""
    for name, own in frame.groupby("group", sort=False):
        mark = group(name)
        for column, line in ((x, axes.hlines), (y, axes.vlines)):
            if f"{column}_low" in own:
                other = own[y if column == x else x]
                line(other, own[f"{column}_low"], own[f"{column}_high"], color=mark.colour, alpha=0.4, lw=1)
        axes.plot(own[x], own[y], mark.marker, color=mark.colour, ms=size, mew=0, alpha=0.85)


def families(frame: pd.DataFrame) -> Figure:
    """Every family against every other: below the diagonal a point a model, above it Pearson's r."""
    there = [family for family in FAMILIES if not _known(frame, family).empty]
    if len(there) < 2:
        return nothing("fewer than two families have a mean")
    figure, grid = plt.subplots(len(there), len(there), figsize=(1.8 * len(there), 1.7 * len(there)), squeeze=False)
    for row, y in enumerate(there):
        for column, x in enumerate(there):
            axes, own = grid[row][column], _known(frame, x, y)
            if row > column:
                _points(axes, own, x, y, size=5)
                axes.margins(0.12)
            else:
                axes.grid(False)
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(False)
                words = FAMILY_TITLE[x].replace(" ", "\n") if row == column else str(pearson(own[x], own[y]))
                axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", fontsize=9)
            axes.tick_params(labelbottom=row == len(there) - 1 and column < row, labelleft=column == 0 and row > 0)
            if row == len(there) - 1 and column < row:
                axes.set_xlabel("score (%)")
            if column == 0 and row:
                axes.set_ylabel("score (%)")
    legend(figure, frame["group"], loc="outside upper center", ncols=2)
    return figure


def frontier(frame: pd.DataFrame) -> Figure:
    """Mean score against texts encoded a second, and against parameters; rings: no other model is better at both.

    Who has no speed, or no known number of parameters, is named below.
    """
    sides = {"texts_per_second": ("texts encoded a second", 1), "parameters": ("parameters (millions)", -1)}
    parts = {column: there for column in sides if not (there := _known(frame, column, MEAN)).empty}
    if not parts:
        return nothing("no model was timed, and none has a known number of parameters")
    figure, panels = plt.subplots(len(parts), 1, figsize=(6.6, 0.4 + 3.4 * len(parts)), squeeze=False)
    for axes, (column, there) in zip(panels[:, 0], parts.items(), strict=True):
        xlabel, sign = sides[column]
        best = front(sign * there[column], there[MEAN])
        axes.plot(there.loc[best, column], there.loc[best, MEAN], "o", color=INK, mfc="none", ms=12.5, mew=1)
        _points(axes, there, column, MEAN)
        axes.set(xlim=(0, 1.15 * there[column].max()), ylabel="mean score (%)")
        axes.margins(y=0.15)
        note(axes, xlabel, list(frame.loc[frame.index.difference(there.index), "model"]), "not known of")
    legend(figure, pd.concat(parts.values())["group"], loc="outside upper center", ncols=3)
    for axes, (column, there) in zip(panels[:, 0], parts.items(), strict=True):
        name_points(axes, list(zip(there[column], there[MEAN], strict=True)), list(there["model"]))
    return figure


def front(one: pd.Series, other: pd.Series) -> pd.Series:
    """Which rows no other row beats: none is at least as large in both and larger in one."""
    beaten = [((one >= x) & (other >= y) & ((one > x) | (other > y))).any() for x, y in zip(one, other, strict=True)]
    return pd.Series([not is_beaten for is_beaten in beaten], index=one.index)
