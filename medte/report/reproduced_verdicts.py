"""When a published number counts as reproduced: of a column whose tasks are all scored, and of one where a few are not.

A published number was rounded, so that it stands for all that rounds to it. Of a column with tasks that are not scored the
mean is known only up to what those would score, which for an encoder lies in a span.
"""

from collections.abc import Sequence
from typing import Literal

from medte.evaluation.statistics import Estimate
from medte.report.published import rounding
from medte.report.tables import percent
from medte.tasks.catalogue import Task
from medte.tasks.catalogue import task as find_task

Verdict = Literal[
    "reproduced",
    "not reproduced",
    "not contradicted",  # by the tasks that are there, of a column that is reached in part
    "same direction",
    "opposite direction",
    "direction not distinguishable",
    "none",
]
ALL_BUT_ONE = {
    "columns": 0.66,
    "options": 0.39,
}  # kind of a pair task -> F1 of calling all pairs but one right, rounded down


def whole(ours: Estimate, known: float, column: str, is_gain: bool) -> tuple[Verdict, str]:
    """The verdict on `known`, a published number, where all tasks of its column are scored, and why."""
    half = rounding(column)
    if is_gain and abs(known) <= 2 * half:
        return "none", "the published gain is within its rounding"
    if is_gain and ours.low <= 0 <= ours.high:
        return "direction not distinguishable", "another base than the paper's; the interval of our gain contains 0"
    if is_gain:
        same = (ours.value > 0) == (known > 0)
        sign = "has" if same else "has not"
        why = f"another base than the paper's; our gain {sign} the published sign"
        return ("same direction" if same else "opposite direction"), why
    if ours.low <= known + half and known - half <= ours.high:
        return "reproduced", "the published value, give or take its rounding, is within our interval"
    return "not reproduced", "the published value, give or take its rounding, is outside our interval"


def between(ours: Estimate, tasks: Sequence[str], unknown: Sequence[str]) -> tuple[float, float]:
    """Where the mean over `tasks` lies: `unknown` are not scored, `ours` is the mean over the rest with its interval."""
    low, high = (sum(ends) for ends in zip(*map(span, unknown), strict=True))
    known = len(tasks) - len(unknown)
    return (known * ours.low + low) / len(tasks), (known * ours.high + high) / len(tasks)


def span(task: str) -> tuple[float, float]:
    """The lowest and the highest score of an encoder: on a pair task that of calling all pairs right (recipe §5, point 8), and 1."""
    found: Task = find_task(task)
    return (ALL_BUT_ONE[found.build["kind"]] if found.family == "pair_classification" else 0.0), 1.0


def in_part(
    ends: tuple[float, float], known: float, column: str, tasks: Sequence[str], unknown: Sequence[str]
) -> tuple[Verdict, str]:
    """The verdict on `known` where `unknown` tasks are not scored, so that our mean over `tasks` lies between `ends`, and why."""
    half, (low, high) = rounding(column), ends
    outside = known + half < low or high < known - half
    spans = sorted({" to ".join(percent(end, 0) for end in span(task)) for task in unknown})
    why = (
        f"{len(tasks) - len(unknown)} of {len(tasks)} tasks are scored; with the rest at {' or '.join(spans)} our mean lies "
        f"between {percent(low)} and {percent(high)}; the published value, give or take its rounding, is "
        f"{'outside' if outside else 'inside'}"
    )
    return ("not reproduced" if outside else "not contradicted"), why
