"""The same results under other conditions: by seen and unseen sources, by other metrics, with prompts, at equal length."""

import numpy as np

from medte.evaluation.groups import encoders, trained_on
from medte.evaluation.items import PROTOCOLS
from medte.evaluation.statistics import Scores
from medte.evaluation.store import Result
from medte.models.registry import entry_of_result
from medte.report import tables
from medte.tasks.catalogue import benchmark_tasks
from medte.tasks.catalogue import task as find_task

PAIR_METRICS = {
    "similarity_f1": "F1 as published",
    "similarity_f1_held_out": "F1, threshold from the other half",
    "similarity_ap": "Average precision",
}


def seen_and_unseen(scores: Scores, caption: str) -> str:
    """Each model's means over tasks of sources that it was trained on, and of those it was not, as HTML, in percent.

    A row is over all tasks, or over those of a family that has both kinds.
    """
    scores = encoders(scores)
    rows = [row for model in scores.models for row in _seen_rows(scores, model)]
    return tables.html(["Model", "Over", "Tasks", "Trained on", "Tasks", "Not trained on"], rows, caption)


def _seen_rows(scores: Scores, model: str) -> list[list[str]]:
    """The model's rows: over all tasks first, then over each family that has tasks of both kinds."""
    title, sources = tables.title(model), trained_on(model)
    if sources is None:
        return [[title, "All tasks", *[tables.MISSING, "not declared"] * 2]]
    rows = []
    for group, tasks in {"all": scores.tasks, **scores.groups()}.items():
        seen = [task for task in tasks if find_task(task).source in sources]
        unseen = [task for task in tasks if task not in seen]
        if group == "all" or (seen and unseen):
            cells = [[str(len(own)), tables.cell(scores.mean(model, own))] for own in (seen, unseen)]
            rows.append([title, tables.FAMILY_TITLE.get(group, "All tasks"), *cells[0], *cells[1]])
    return rows


def seen_by_medte() -> str:
    """How much of the benchmark is of sources that the released MEDTE was trained on, as a sentence."""
    sources, tasks = trained_on("MEDTE"), benchmark_tasks("MedEval")
    if sources is None:
        return "It is not declared which sources the released MEDTE was trained on."
    seen = sum(task.source in sources for task in tasks)
    return f"Of MedEval's {len(tasks)} tasks {seen} are of sources that the released MEDTE was trained on."


def pair_metrics(scores: Scores, caption: str) -> str:
    """Models × metrics of pair classification, the mean over its tasks, with the floors as last row, as HTML, in percent.

    Intervals are over documents alone, so that those of the three metrics can be compared. The floor of F1 is that of
    calling every pair right, 2p / (1 + p) at a share p of right pairs; that of average precision is p (recipe §5, 8).
    """
    tasks = scores.of_family("pair_classification")
    if not tasks:
        return tables.NO_TASK
    rows = [
        [tables.title(model), *(tables.cell(scores.mean_by(metric, model, tasks)) for metric in PAIR_METRICS)]
        for model in encoders(scores).models
    ]
    shares = [np.mean(_any_result(scores, task)["items"]["labels"]) for task in tasks]
    f1 = float(np.mean([2 * share / (1 + share) for share in shares]))
    floors = [tables.percent(floor) for floor in (f1, f1, float(np.mean(shares)))]
    rows.append(["Floor", *floors])
    return tables.html(["Model", *PAIR_METRICS.values()], rows, caption)


def _any_result(scores: Scores, task: str) -> Result:
    return next(result for (_, own), result in scores.results.items() if own == task)


def protocols(published: Scores, corrected: Scores, caption: str) -> str:
    """Models × families, the mean under the published and under the corrected protocol side by side, as HTML, in percent.

    A family that both protocols score alike has one column.
    """
    published, corrected = encoders(published), encoders(corrected)
    header, columns = ["Model"], []
    for family, tasks in published.groups().items():
        name = tables.FAMILY_TITLE.get(family, "All tasks")
        alike = family in PROTOCOLS["published"] and len({metrics[family] for metrics in PROTOCOLS.values()}) == 1
        for protocol, scores in {"published": published, "corrected": corrected}.items():
            if alike and protocol == "corrected":
                continue
            header.append(f"{name} <small>{'both' if alike else protocol}</small>")
            columns.append({model: tables.cell(scores.mean(model, tasks)) for model in published.models})
    rows = [[tables.title(model), *(column[model] for column in columns)] for model in published.models]
    return tables.html(header, rows, caption)


def condition(model: str) -> str:
    """Under which condition a model stands in the results, in words."""
    about = entry_of_result(model)
    parts = ["with prompts"] if about.with_prompts else []
    parts += [f"cut at {about.cut} tokens"] if about.cut else []
    return ", ".join(parts) or "as it comes"


def conditions(scores: Scores, caption: str) -> str:
    """Base models × conditions (prompts, equal length), the mean over all tasks, as HTML; says so where none was scored."""
    bases = {model: entry_of_result(model).base for model in scores.models}
    changed = {model: base for model, base in bases.items() if base != model}
    if not changed:
        return "<p>No model was scored with its prompts or cut at an equal length.</p>"
    titles = {model.removeprefix(base): condition(model) for model, base in changed.items()}
    suffixes = ["", *sorted(titles)]
    rows = [
        [tables.title(base), *(_condition_cell(scores, base, base + suffix) for suffix in suffixes)]
        for base in dict.fromkeys(changed.values())
    ]
    return tables.html(["Model", "As it comes", *(titles[suffix] for suffix in suffixes[1:])], rows, caption)


def _condition_cell(scores: Scores, base: str, name: str) -> str:
    if "+prompts" in name and not entry_of_result(base).prompts:
        return "no prompts"
    return tables.cell(scores.mean(name, scores.tasks))
