"""Means and ranks as text for a screen or a file: a line a model, columns aligned."""

from collections.abc import Sequence

from medte.evaluation.comparisons import POWER
from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Scores
from medte.report.tables import FAMILY_TITLE, MISSING, outside_means, percent


def means(scores: Scores, compared_with: str) -> str:
    """Models × families as text, best first: means in percent with their intervals, and rank groups over all tasks.

    Below stand who is in no mean, and how large a difference of the best model from `compared_with` (where that is the best,
    of the second) would have had to be to be seen; the latter is left out where there is nothing to compare.
    """
    note, scores = outside_means(scores), encoders(scores)
    groups = scores.groups()
    ranks = scores.rank_groups(scores.tasks)
    order = sorted(scores.models, key=lambda model: _value(scores, model), reverse=True)
    rows = [["model", *(f"{FAMILY_TITLE.get(name, 'All')} ({len(tasks)})" for name, tasks in groups.items()), "rank"]]
    for model in order:
        cells = [_cell(scores, model, tasks) for tasks in groups.values()]
        rows.append([model, *cells, str(ranks.get(model, MISSING))])
    lines = [*aligned(rows), f"rank 1: not distinguishable from the best, corrected for many comparisons.{note}"]
    best = next((model for model in order if model != compared_with), compared_with)
    seen = scores.detectable(best, compared_with, scores.tasks)
    if seen is not None:
        lines.append(
            f"smallest difference of {best} from {compared_with} that is seen in {percent(POWER, 0)} % of cases: {percent(seen)} points"
        )
    return "\n".join(lines)


def tasks(scores: Scores) -> str:
    """Tasks × models as text: values in percent with their intervals."""
    rows = [["task", *scores.models]]
    rows += [[task, *(_cell(scores, model, [task]) for model in scores.models)] for task in scores.tasks]
    return "\n".join(aligned(rows))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, the first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]


def _value(scores: Scores, model: str) -> float:
    mean = scores.mean(model, scores.tasks)
    return mean.value if mean else -1.0


def _cell(scores: Scores, model: str, tasks: Sequence[str]) -> str:
    mean = scores.mean(model, tasks)
    return MISSING if mean is None else f"{percent(mean.value)} [{percent(mean.low)}, {percent(mean.high)}]"
