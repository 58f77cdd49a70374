"""Results on a screen, or in a text file: a line each, columns aligned."""

from collections.abc import Sequence

from medte.evaluation.statistics import Scores
from medte.report.tables import FAMILY_TITLE, percent


def means(scores: Scores, compared_with: str) -> str:
    """Models × families as text, best first: means in percent with their intervals, and rank groups over all tasks."""
    groups = scores.groups()
    ranks = scores.rank_groups(scores.tasks)
    order = sorted(scores.models, key=lambda model: _value(scores, model), reverse=True)
    rows = [["model", *(f"{FAMILY_TITLE.get(name, 'All')} ({len(tasks)})" for name, tasks in groups.items()), "rank"]]
    for model in order:
        cells = [_cell(scores, model, tasks) for tasks in groups.values()]
        rows.append([model, *cells, str(ranks.get(model, "–"))])
    seen = scores.detectable(order[0], compared_with, scores.tasks) if len(order) > 1 else None
    note = "rank 1: not distinguishable from the best, corrected for many comparisons"
    return "\n".join([*aligned(rows), note] + ([] if seen is None else [f"visible difference: {percent(seen)} points"]))


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
    return "–" if mean is None else f"{percent(mean.value)} [{percent(mean.low)}, {percent(mean.high)}]"
