"""Results as tables: plain rows first, then HTML for a page. Numbers are rounded here, last, and nowhere else.

In a table of scores the best value of a row or column is bold, and so that nobody reads noise as rank, every value that
a paired interval cannot tell from the best carries a dot. Intervals are small and grey.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from medte.evaluation.statistics import Estimate, Scores
from medte.models.registry import entry
from medte.profile import Profile
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
    return f'{percent(estimate.value, sign=sign)} <span class="interval">{low}\u2009…\u2009{high}</span>'


def html(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """A table as HTML with its caption; cells hold HTML already, the first column is the row's name."""
    head = "".join(f'<th scope="col">{title}</th>' for title in header)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{value}</td>" for value in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<figure class="medte-table"><div><table class="dataframe"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def breakable(name: str) -> str:
    """A task's name as HTML that may break between its words, so that a narrow table stays narrow."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "<wbr>", escape(name))


def title(model: str) -> str:
    """A model's name as the tables show it."""
    return escape(entry(model).title)


def _marked(scores: Scores, tasks: Sequence[str]) -> dict[str, str]:
    """One cell a model for the mean over `tasks`: best bold, a dot where the best cannot be told from it."""
    means = {model: scores.mean(model, tasks) for model in scores.models}
    known = {model: mean for model, mean in means.items() if mean}
    best = max(known, key=lambda model: known[model].value, default=None)
    cells = {}
    for model, mean in means.items():
        text = cell(mean)
        if model == best:
            text = f"<b>{text}</b>"
        elif mean and scores.difference(best, model, tasks).low <= 0:
            text = text.replace(" ", f" {EQUAL} ", 1)
        cells[model] = text
    return cells


def families(scores: Scores, caption: str) -> str:
    """Models × families with the mean over families and over all tasks, as HTML, in percent."""
    groups = {family: scores.of_family(family) for family in FAMILIES}
    groups = {family: tasks for family, tasks in groups.items() if tasks}
    columns = {
        f"{FAMILY_TITLE[family]} <small>{len(tasks)}</small>": _marked(scores, tasks)
        for family, tasks in groups.items()
    }
    columns[f"All tasks <small>{len(scores.tasks)}</small>"] = _marked(scores, scores.tasks)
    rows = [[title(model), *(column[model] for column in columns.values())] for model in scores.models]
    return html(["Model", *columns], rows, caption)


def tasks(scores: Scores, names: Sequence[str], caption: str) -> str:
    """Tasks × models for `names`, as HTML, in percent; says so where there is none."""
    if not names:
        return "<p>This edition has no task of this family.</p>"
    rows = [[breakable(name), *_marked(scores, [name]).values()] for name in names]
    return html(["Task", *(title(model) for model in scores.models)], rows, caption)


def differences(scores: Scores, model: str, other: str, caption: str) -> str:
    """Mean difference of two models for each family, each source and over all tasks, as HTML, in points."""
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
        return f"There is nothing to compare {entry(model).title} and {entry(other).title} on."
    span = f"{percent(gap.value, sign=True)} points (95 % interval {percent(gap.low, sign=True)} to {percent(gap.high, sign=True)})"
    verdict = "above" if gap.low > 0 else "below" if gap.high < 0 else "not distinguishable from"
    return f"Over {gap.tasks} tasks {entry(model).title} is {verdict} {entry(other).title}: {span}."


def missing(lacking: dict[str, str], caption: str) -> str:
    """Tasks that an edition lacks, by reason, as HTML; an empty text where none is missing."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in lacking.items():
        by_reason.setdefault(reason, []).append(name)
    rows = [
        [escape(reason), str(len(names)), f"<small>{', '.join(map(breakable, names))}</small>"]
        for reason, names in by_reason.items()
    ]
    return html(["Why", "Tasks", "Which"], rows, caption) if rows else ""


def sources(manifest: dict, caption: str) -> str:
    """Counts of an edition's sources: records, left out, repeats, the two parts, training pairs, licences."""
    rows = []
    for source, counts in manifest["sources"].items():
        pairs = manifest["pairs"].get(source, 0)
        numbers = [counts["records"], counts["repeated"], counts["evaluation"], counts["training"], pairs]
        licences = ", ".join(counts["licences"]) + (" (fictional)" if counts["fictional"] else "")
        rows.append([escape(source), *(f"{number:,}" for number in numbers), escape(licences)])
    header = ["Source", "Records", "Repeated", "For evaluation", "For training", "Training pairs", "Licence"]
    return html(header, rows, caption)


def dropped(manifest: dict, caption: str) -> str:
    """What left each source before the split, by reason, as HTML; says so where nothing did."""
    rows = []
    for source, about in manifest["sources"].items():
        reasons = about["left_out"] | about["repeated_by_reason"]
        rows += [[escape(source), escape(reason), f"{count:,}"] for reason, count in reasons.items()]
    for reason, count in manifest["unwritten"].items():
        source, _, why = reason.partition(": ")
        rows.append([escape(source), f"no text written: {escape(why)}", f"{count:,}"])
    return html(["Source", "Why", "Records"], rows, caption) if rows else "<p>No record was dropped.</p>"


def leaks_by_task(manifest: dict, caption: str) -> str:
    """Pairs that would be trained on and touch a base task, by source and task, as HTML; says so where there are none."""
    counts: Counter = Counter()
    for split, source, task, reason, count in manifest["leaks_by_task"]:
        if split == "subjects" and not find_task(task).variant:
            counts[source, task, reason] += count
    rows = [
        [breakable(task), escape(source), escape(reason), f"{n:,}"]
        for (source, task, reason), n in counts.most_common()
    ]
    return (
        html(["Task", "Source of the pairs", "How", "Pairs"], rows, caption)
        if rows
        else "<p>No pair touches a task.</p>"
    )


def cards(found: Mapping[str, dict], names: Sequence[str], caption: str) -> str:
    """The data cards of tasks, a row each, as HTML: documents, words, repeats, floor and ceiling of the score."""
    rows = []
    for row in card.table([found[name] for name in names]).itertuples():
        bounds = [percent(None if pd.isna(bound) else bound) for bound in (row.floor, row.ceiling)]
        classes = MISSING if pd.isna(row.classes) else str(row.classes)
        rows.append(
            [
                breakable(row.task),
                row.source,
                f"{row.documents:,}",
                classes,
                row.words,
                percent(row.elsewhere, 0),
                *bounds,
            ]
        )
    header = ["Task", "Documents", "Classes", "Words", "Repeated", "Floor", "Ceiling"]
    return html(header, rows, caption)


def task_sizes(manifest: dict, names: Sequence[str], caption: str) -> str:
    """What each task holds: family, source, rows, what was left out, and the data's revision."""
    rows = []
    for name in names:
        about = manifest["tasks"][name]
        dropped = "; ".join(f"{reason}: {count:,}" for reason, count in about["dropped"].items()) or MISSING
        entry_ = find_task(name)
        rows.append(
            [
                breakable(name),
                FAMILY_TITLE[entry_.family],
                entry_.source,
                f"{about['rows']:,}",
                dropped,
                f"<code>{about['hash'][:8]}</code>",
            ]
        )
    return html(["Task", "Family", "Source", "Rows", "Left out", "Revision"], rows, caption)


def settings(training: dict, caption: str) -> str:
    """The settings that a training ran with, as HTML; its sources have a table of their own."""
    rows = [
        [escape(key.replace("_", " ")), escape(str(value))]
        for key, value in training["settings"].items()
        if key != "sources"
    ]
    return html(["Setting", "Value"], rows, caption)


def leaks(manifest: dict, caption: str) -> str:
    """Training pairs dropped because they touch the evaluation, by source and reason, and what is left, as HTML."""
    rows = [[escape(reason), f"{count:,}"] for reason, count in manifest["leaks_dropped"].items()]
    for source, counts in manifest["sources"].items():
        if counts.get("kin"):
            rows.append([f"{escape(source)}: records about an evaluated subject, left out", f"{counts['kin']:,}"])
    rows.append(["training texts that are evaluation texts afterwards", str(manifest["training_texts_in_evaluation"])])
    return html(["Reason", "Pairs"], rows, caption)


def profile(about: Profile, caption: str) -> str:
    """What a profile decides, in a few rows of HTML."""
    rows = [
        ["Edition", about.data.edition],
        ["Benchmark", f"{about.benchmark}, protocol {about.protocol}"],
        ["Base encoder", title(about.base)],
        ["Training", f"{about.training.steps} steps of {about.training.batch_size} pairs, seed {about.training.seed}"],
        ["Models compared", ", ".join(title(model) for model in about.models)],
    ]
    return html(["Part", "Choice"], [[name, escape(value)] for name, value in rows], caption)


def pairs(training: dict, caption: str) -> str:
    """Training pairs by source, as HTML."""
    rows = [[escape(source), f"{count:,}"] for source, count in training["pairs"].items()]
    rows.append(["all", f"{sum(training['pairs'].values()):,}"])
    return html(["Source", "Pairs"], rows, caption)


def held_out(training: dict, caption: str) -> str:
    """Held-out loss and mean reciprocal rank before and after training, as HTML."""
    rows = [
        [when, f"{figures['loss']:.3f}", f"{figures['mrr']:.3f}", f"{figures['pairs']:,}"]
        for when, figures in training["held_out"].items()
    ]
    return html(["Training", "Loss", "Reciprocal rank", "Pairs"], sorted(rows, reverse=True), caption)


def plain(scores: Scores) -> pd.DataFrame:
    """Models × tasks with value and interval as numbers, for a file: model, task, family, source, value, low, high, n."""
    rows = []
    for (model, task), result in scores.results.items():
        mean = scores.mean(model, [task])
        rows.append(
            [model, task, result["family"], result["source"], mean.value, mean.low, mean.high, len(result["units"])]
        )
    return pd.DataFrame(rows, columns=["model", "task", "family", "source", "value", "low", "high", "n"])
