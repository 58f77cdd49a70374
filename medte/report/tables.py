"""Results as tables: plain rows first, then HTML for a page. Numbers are rounded here, last, and nowhere else.

In a table of scores the best value of a row or column is bold, and so that nobody reads noise as rank, every value that
cannot be told from the best, with as many comparisons as there are pairs of models, carries a dot. Intervals are small and
grey.
"""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Estimate, Scores
from medte.models.registry import entry_of_result
from medte.tasks import card
from medte.tasks.catalogue import FAMILIES
from medte.tasks.catalogue import task as find_task

FAMILY_TITLE = {
    "classification": "Classification",
    "clustering": "Clustering",
    "pair_classification": "Pair classification",
    "retrieval": "Retrieval",
}
MISSING = "–"
NO_TASK = "<p>This edition has no task of this family.</p>"
MODELS = 7  # columns of models in a table of tasks: with the task, its floor and its ceiling ten
NAMED = 5  # tasks that a note names
RANGE = "\u2009…\u2009"  # between the ends of an interval
EQUAL = '<span title="not distinguishable from the best">•</span>'


def percent(number: float | None, digits: int = 1, sign: bool = False) -> str:
    """A share as a percentage without its sign, "–" for None. ValueError for a number that is none."""
    if number is not None and math.isnan(number):
        raise ValueError("a table was given NaN")
    return MISSING if number is None else f"{100 * number:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def cell(estimate: Estimate | None, *, sign: bool = False) -> str:
    """A value with its interval as HTML, in percent."""
    if estimate is None:
        return MISSING
    low, high = percent(estimate.low, sign=sign), percent(estimate.high, sign=sign)
    return with_range(percent(estimate.value, sign=sign), low, high)


def with_range(value: str, low: str, high: str) -> str:
    """A value with a range beside it, small and grey, as HTML."""
    return f'{value} <span class="interval">{low}{RANGE}{high}</span>'


def decimal(number: float) -> str:
    """A number that is no percentage, with two decimals."""
    return f"{number:.2f}".replace("-", "−")


def html(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str, foot: Sequence[Sequence[str]] = ()) -> str:
    """A table as HTML with its caption; cells hold HTML already, the first column is the row's name.

    The rows of its `foot` stay at the end when a reader sorts or filters the table. ValueError for a row that has not a cell
    for each column.
    """
    for row in (*rows, *foot):
        if len(row) != len(header):
            raise ValueError(f"the row {row[0]} has {len(row)} cells; the table has {len(header)} columns")
    words = [f" words-{n}" for n, cells in enumerate(zip(*rows, strict=True), start=1) if n > 1 and _is_words(cells)]
    head = "".join(f'<th scope="col">{title}</th>' for title in header)
    prose = sum(_is_prose(cells) for cells in zip(*rows, strict=True)) > 1
    names = [f' data-of="{re.sub("<[^>]*>", "", title)}"' if prose else "" for title in header[1:]]
    kind = " medte-prose" if prose else ""
    end = f"<tfoot>{_rows(foot, names)}</tfoot>" if foot else ""
    return (
        f'<figure class="medte-table"><div><table class="dataframe{kind}{"".join(words)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{_rows(rows, names)}</tbody>{end}</table></div><figcaption>{caption}</figcaption></figure>"
    )


def _rows(rows: Sequence[Sequence[str]], names: Sequence[str]) -> str:
    """Rows of cells, the first one a header; `names` are the attributes by which a cell knows its column."""
    return "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td{name}>{value}</td>" for name, value in zip(names, row[1:], strict=True))
        + "</tr>"
        for row in rows
    )


def _is_prose(cells: Sequence[str]) -> bool:
    """Whether a column is of prose: most of its cells are. A table with several such is a list of cards on a phone (medte.css)."""
    return sum(cell.startswith("<small>") for cell in cells) > len(cells) / 2


def _is_words(cells: Sequence[str]) -> bool:
    """Whether a column is of words, which stand on the left (medte.css): most of its cells are prose or begin with a letter."""
    return sum(bool(re.match(r"<small>|(<[^>]*>|\s)*[A-Za-z]", cell)) for cell in cells) > len(cells) / 2


def breakable(name: str) -> str:
    """A task's name as HTML that may break between its words, so that a narrow table stays narrow."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "<wbr>", escape(name))


def title(model: str) -> str:
    """A model's name as the tables show it."""
    return escape(entry_of_result(model).title)


def _marked(scores: Scores, tasks: Sequence[str]) -> dict[str, str]:
    """One cell a model for the mean over `tasks`: best bold, a dot where the best cannot be told from it."""
    means, ranks = {model: scores.mean(model, tasks) for model in scores.models}, scores.rank_groups(tasks)
    best = max(ranks, key=lambda model: means[model].value, default=None)
    cells = {}
    for model, mean in means.items():
        text = cell(mean)
        if model == best:
            text = f"<b>{text}</b>"
        elif ranks.get(model) == 1:
            text = text.replace(" ", f" {EQUAL} ", 1)
        cells[model] = text
    return cells


def families(scores: Scores, caption: str, pair: tuple[str, str] | None = None) -> str:
    """Models × families with the mean over all tasks and the rank group, as HTML, in percent.

    With a `pair` of models a last row says how large a difference between them would have had to be to be seen. A note names
    the models without a mean and what they lack, and says where those stand that make no vectors.
    """
    note, scores = outside_means(scores), encoders(scores)
    groups = scores.groups()
    columns = [_marked(scores, tasks) for tasks in groups.values()]
    ranks = scores.rank_groups(scores.tasks)
    rows = [
        [title(model), *(column[model] for column in columns), str(ranks.get(model, MISSING))]
        for model in scores.models
    ]
    foot = []
    if pair:
        seen = [percent(scores.detectable(*pair, tasks)) for tasks in groups.values()]
        foot = [["Smallest difference that could have been seen", *seen, ""]]
    header = [f"{FAMILY_TITLE.get(group, 'All tasks')} <small>{len(tasks)}</small>" for group, tasks in groups.items()]
    return html(["Model", *header, "Rank"], rows, f"{caption}{_lacking(scores)}{note}", foot)


def outside_means(scores: Scores) -> str:
    """Where the models stand that are in no mean, as sentences that follow a caption; empty where all are in means."""
    apart = [model for model in scores.models if model not in encoders(scores).models]
    return "".join(
        f" {title(model)} makes no vectors: it stands in single retrieval tasks, in no mean and no rank."
        for model in apart
    )


def _lacking(scores: Scores) -> str:
    """Which models lack some of the tasks, and which of them, as sentences that follow a caption; empty where none does."""
    notes = []
    for model in scores.models:
        if lost := scores.lacking(model, scores.tasks):
            more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
            names = ", ".join(map(breakable, lost[:NAMED]))
            notes.append(f" {title(model)} lacks {len(lost)} of {len(scores.tasks)} tasks: {names}{more}.")
    return "".join(notes)


def tasks(scores: Scores, names: Sequence[str], cards: Mapping[str, card.Card] | None, caption: str) -> str:
    """Tasks × models for `names` with floor and ceiling from the tasks' cards, as HTML, in percent; says so where none is.

    Where `cards` is None there are no such columns. A table holds at most seven models; where there are more, further
    tables follow it.
    """
    if not names:
        return NO_TASK
    cells = {name: _marked(scores, [name]) for name in names}
    known = bounds([cards[name] for name in names if name in cards]) if cards is not None else {}
    unknown, titles = ([], []) if cards is None else ([MISSING, MISSING], ["Floor", "Ceiling"])
    parts = []
    for start in range(0, len(scores.models), MODELS):
        models = scores.models[start : start + MODELS]
        rows = [
            [breakable(name), *known.get(name, unknown), *(cells[name][model] for model in models)] for name in names
        ]
        which = f"Models {start + 1} to {start + len(models)} of {len(scores.models)}. "
        header = ["Task", *titles, *map(title, models)]
        parts.append(html(header, rows, caption if len(models) == len(scores.models) else which + caption))
    return "\n".join(parts)


def bounds(cards: Sequence[card.Card]) -> dict[str, list[str]]:
    """Floor and ceiling of each task's score from its card, in percent; "–" for what the card does not know."""
    if not cards:
        return {}
    table = card.table(cards)
    rows = zip(table["task"], table["floor"], table["ceiling"], strict=True)
    return {task: [percent(None if pd.isna(bound) else bound) for bound in both] for task, *both in rows}


def floor(about: card.Card) -> float | None:
    """The score of a task that needs no reading, from its card: always the positive or the most frequent answer."""
    return about["bounds"].get("always_positive_f1", about["bounds"].get("majority_f1"))


def differences(scores: Scores, model: str, other: str, caption: str) -> str:
    """Mean difference of two models for each family, each source and over all tasks, as HTML, in points; each row is judged alone."""
    groups = {FAMILY_TITLE[family]: scores.of_family(family) for family in FAMILIES}
    for source in dict.fromkeys(find_task(task).source for task in scores.tasks):
        groups[f"source: {source}"] = [task for task in scores.tasks if find_task(task).source == source]
    groups["all tasks"] = scores.tasks
    rows = [
        [
            escape(name),
            str(len(group)),
            cell(scores.mean(other, group)),
            cell(scores.mean(model, group)),
            cell(gap, sign=True),
        ]
        for name, group in groups.items()
        if (gap := scores.difference(model, other, group))
    ]
    return html(["Over", "Tasks", title(other), title(model), "Difference"], rows, caption)


def difference_sentence(scores: Scores, model: str, other: str) -> str:
    """What the paired difference over all tasks says, in one sentence."""
    gap = scores.difference(model, other, scores.tasks)
    if gap is None:
        return f"There is nothing to compare {entry_of_result(model).title} and {entry_of_result(other).title} on."
    return f"Over {gap.tasks} tasks {entry_of_result(model).title} is {relation(gap)} {entry_of_result(other).title}: {_span(gap)}."


def relation(gap: Estimate) -> str:
    """How one side of a difference stands to the other, to be read between their names."""
    return f"{gap.side} from" if gap.side == "not distinguishable" else gap.side


def without_one_source(scores: Scores, model: str, other: str) -> str:
    """What is left of the paired difference without the source that moves it most, in one sentence; empty for one source."""
    gaps = {
        source: gap
        for source in {find_task(name).source for name in scores.tasks}
        if (gap := scores.difference(model, other, [name for name in scores.tasks if find_task(name).source != source]))
    }
    if len(gaps) < 2:
        return ""
    total = scores.difference(model, other, scores.tasks)
    source = (min if total.value > 0 else max)(sorted(gaps), key=lambda source: gaps[source].value)
    return f"Without the tasks of {source}, which move this most, it is {_span(gaps[source])} over {gaps[source].tasks} tasks."


def _span(gap: Estimate) -> str:
    low, high = (percent(end, sign=True) for end in (gap.low, gap.high))
    return f"{percent(gap.value, sign=True)} points (95 % interval {low} to {high})"


def comparisons(scores: Scores, other: str, caption: str) -> str:
    """Every model minus `other` over all tasks, corrected for their number, as HTML, in points; says so where there is none."""
    scores = encoders(scores)
    found = scores.compare(other, scores.tasks) if other in scores.models else {}
    if not found:
        return f"<p>There is nothing to compare with {title(other)}.</p>"
    rows = [
        [title(model), cell(about.difference, sign=True), probability(about.p), about.verdict]
        if (about := found.get(model))
        else [title(model), MISSING, MISSING, "lacks tasks"]
        for model in scores.models
        if model != other
    ]
    header = ["Model", f"Minus {title(other)}", "Adjusted p", "Verdict"]
    return html(header, rows, f"{caption}{_lacking(scores)}")


def probability(p: float) -> str:
    """A p-value with three decimals."""
    return "&lt;\u00a00.001" if p < 0.001 else f"{p:.3f}"


def stale(found: Sequence[tuple[str, str, str]], caption: str) -> str:
    """Kept results that are not used, from (model, task, reason): a row for each model and reason, as HTML; says so where
    there are none."""
    tasks = defaultdict(list)
    for model, task, reason in found:
        tasks[model, reason].append(task)
    rows = [
        [escape(model), breakable(own[0]) if len(own) == 1 else f"{len(own):,}", escape(reason)]
        for (model, reason), own in tasks.items()
    ]
    return (
        html(["Model", "Tasks", "Why not used"], rows, caption) if rows else "<p>Every result that is kept is used.</p>"
    )


def plain(scores: Scores) -> pd.DataFrame:
    """Models × tasks with value and interval as numbers, for a file: model, task, family, source, value, low, high, n."""
    rows = []
    for (model, task), result in scores.results.items():
        mean = scores.mean(model, [task])
        rows.append(
            [model, task, result["family"], result["source"], mean.value, mean.low, mean.high, len(result["units"])]
        )
    return pd.DataFrame(rows, columns=["model", "task", "family", "source", "value", "low", "high", "n"])
