"""What the differences in the texts change: what the audit finds, how tasks are drawn, what repeats in them."""

from collections import Counter
from collections.abc import Iterator
from html import escape

import numpy as np

from medte.evaluation.items import value
from medte.evaluation.statistics import Scores
from medte.report import tables
from medte.report.differences.effects import (
    NOT_RECORDED,
    Record,
    base_tasks,
    count,
    in_results,
    of_metric,
    of_variant,
    over_texts,
    points,
)
from medte.report.published import published
from medte.report.reproduced import MEDTE, MEDTE_BASE
from medte.tasks.catalogue import AS_PUBLISHED, CHECKED, MASKED
from medte.tasks.catalogue import task as find_task

PREPRINTS = ("biorxiv", "medrxiv")
OLDER_VERSION = "version that is not the latest"  # as the reader of preprints counts it
LEXICAL = "tfidf"


def exact_strings(found: Record) -> str:
    """How many of the pairs that touch a task the comparison of exact strings finds."""
    reasons: Counter = Counter()
    for reason, number in found.about["edition"]["leaks_dropped"].items():
        reasons[reason.partition(": ")[2]] += number
    if not reasons:
        return f"No pair for training touches a task{in_results(found)}."
    others = ", ".join(
        f"{escape(reason)} {number:,}" for reason, number in reasons.most_common() if reason != "same text"
    )
    return (
        f"Of {reasons.total():,} pairs that were dropped {reasons['same text']:,} hold a task's text as it is; the "
        f"others by the first reason that held: {others or 'none'}{in_results(found)}."
    )


def dropped_tasks(found: Record) -> str:
    """What fine-tuning gains on the tasks that the authors kept, on those that they dropped, and on both."""
    dropped = [name for name in base_tasks(found.words) if find_task(name).reported == "no"]
    kept = found.scores.tasks
    gaps = [found.words.difference(found.trained, found.base, tasks) for tasks in (kept, dropped, [*kept, *dropped])]
    if None in gaps:
        return f"{NOT_RECORDED}none of the dropped tasks has a result on real text."
    on_kept, on_dropped, on_both = map(points, gaps)
    return (
        f"{_gain(found)}, on {count(len(kept))} of the 51 {on_kept}, on {len(dropped)} of the dropped {on_dropped}, on "
        f"both {on_both}{in_results(found)}."
    )


def _gain(found: Record) -> str:
    return f"{tables.title(found.trained)} over {tables.title(found.base)}"


def below_its_base_on_pubmed(found: Record) -> str:
    """What MEDTE gains over its base on PubMed as published, and what the recipe gains here on tasks of PubMed."""
    column = published().set_index("model")["source_pubmed"]
    said = f"Published: MEDTE over its base {tables.percent(column[MEDTE] - column[MEDTE_BASE], 0, sign=True)} points."
    tasks = [name for name in base_tasks(found.words) if find_task(name).source == "pubmed"]
    gap = found.words.difference(found.trained, found.base, tasks)
    if gap is None:
        return f"{said} {NOT_RECORDED}no task of PubMed has a result on the source's own text."
    inside = len([name for name in tasks if find_task(name).reported == "yes"])
    return (
        f"{said} Recorded: {_gain(found)} {points(gap)} on {count(gap.tasks)}, {inside} of them among the "
        f"51{in_results(found)}."
    )


def repeats(found: Record) -> str:
    """The lowest ceilings of retrieval, and what the score gains when texts of equal words are one."""
    ceilings = []
    for scope, scores in {"real text": found.words, "fictional notes": found.notes}.items():
        tasks = base_tasks(scores, "retrieval") if scores else []
        bounds = {name: found.about["cards"][name]["bounds"]["ceiling_ndcg_at_10"] for name in tasks}
        if lowest := min(bounds, key=bounds.get, default=None):
            ceilings.append(f"{tables.percent(bounds[lowest])} of {scope} ({tables.breakable(lowest)})")
    change = over_texts(
        found,
        lambda scores: of_metric(found, scores, found.base, base_tasks(scores, "retrieval"), "ndcg_at_10_merged"),
    )
    if not ceilings:
        return f"{NOT_RECORDED}no task of retrieval."
    return (
        f"Lowest ceilings: {', '.join(ceilings)}. Equal texts as one, {tables.title(found.base)}: "
        f"{change}{in_results(found)}."
    )


def no_title(found: Record) -> str:
    """What a title in front of every document changes."""
    return _built_otherwise(found, AS_PUBLISHED, "retrieval", ("columns",), "With the title")


def drawn_by_text(found: Record) -> str:
    """What a split by text, with texts that stand in two classes, changes for classes by search term."""
    return _built_otherwise(
        found, AS_PUBLISHED, "classification", ("terms",), "Split by text, texts of two classes kept"
    )


def split_by_page(found: Record) -> str:
    """What it changes when sections of one page fall on both sides."""
    return _built_otherwise(found, AS_PUBLISHED, "classification", ("sections",), "Split by section and not by page")


def split_by_patient(found: Record) -> str:
    """What it changes when notes of one patient fall on both sides."""
    text = _built_otherwise(found, AS_PUBLISHED, "classification", ("diagnoses",), "Split by note and not by patient")
    return f"{text} What wrong labels change: not measured, since no fictional note has them."


def _built_otherwise(found: Record, suffix: str, family: str, kinds: tuple[str, ...], said: str) -> str:
    def change(scores: Scores):
        tasks = [name for name in base_tasks(scores, family) if find_task(name).build["kind"] in kinds]
        return of_variant(scores, found.base, tasks, suffix)

    if text := over_texts(found, change):
        return f"{said}, {tables.title(found.base)}: {text}{in_results(found)}."
    return f"{NOT_RECORDED}no such task could be built in the {escape(found.about['edition']['edition'])} edition."


def checked_negatives(found: Record) -> str:
    """How many near texts are refused as negatives when they are checked, and what the score gains by it."""
    refused, seen = Counter(), 0
    for name, about in found.about["edition"]["tasks"].items():
        if name in found.words.tasks and find_task(name).variant == CHECKED and about["mined"]:
            refused.update(about["mined"]["refused"])
            seen += about["mined"]["seen"]
    del refused["same string"]  # the authors refused it too
    change = over_texts(
        found,
        lambda scores: of_variant(
            scores, found.base, base_tasks(scores, "pair_classification"), CHECKED, since=AS_PUBLISHED
        ),
    )
    if not change:
        return f"{NOT_RECORDED}no pair task with mined negatives has a result."
    reasons = ", ".join(f"{escape(reason)} {number:,}" for reason, number in refused.most_common())
    counted = f"Refused of {seen:,} near texts of real tasks: {reasons or 'none'}. " if seen else ""
    return f"{counted}Checked and not as published, {tables.title(found.base)}: {change}{in_results(found)}."


def masked_classes(found: Record) -> str:
    """What is lost when the classes' words are masked, and how many texts two classes share."""
    parts = []
    for model in (LEXICAL, found.base):
        change = over_texts(found, lambda scores, model=model: of_variant(scores, model, base_tasks(scores), MASKED))
        parts += [f"{tables.title(model)} {change}"] if change else []
    if not parts:
        return f"{NOT_RECORDED}no task with classes by word could be built."
    return f"Masked: {'; '.join(parts)}. {_in_two_classes(found)}{in_results(found)}."


def _in_two_classes(found: Record) -> str:
    dropped = Counter()
    for name in base_tasks(found.words):
        dropped.update(found.about["edition"]["tasks"][name]["dropped"])
    both = sum(number for reason, number in dropped.items() if "two classes" in reason or "two terms" in reason)
    return f"Left out since two classes claim them: {both:,} texts"


def older_versions(found: Record) -> str:
    """How many preprints were left out as older versions."""
    sources = [
        found.about["edition"]["sources"][name] for name in PREPRINTS if name in found.about["edition"]["sources"]
    ]
    if not sources:
        return f"{NOT_RECORDED}no preprints were read."
    older = sum(about["left_out"].get(OLDER_VERSION, 0) for about in sources)
    came = sum(about["records"] + sum(about["left_out"].values()) for about in sources)
    return f"Of {came:,} preprints as they came {older:,} were older versions{in_results(found)}."


def extractive_queries(found: Record) -> str:
    """How far counting words comes where queries are taken from the text itself."""
    tasks = base_tasks(found.extractive, "retrieval") if found.extractive else []
    means = {model: found.extractive.mean(model, tasks) for model in (LEXICAL, found.base)} if tasks else {}
    if not means or None in means.values():
        return f"{NOT_RECORDED}no task with queries taken from the text."
    said = ", ".join(f"{tables.title(model)} {tables.cell(mean)}" for model, mean in means.items())
    return (
        f"Means over {count(len(tasks))} with queries taken from the text: {said}{in_results(found)}. With a model's "
        "queries: not measured."
    )


def starts_of_kmeans(found: Record) -> str:
    """How far single starts of k-means lie apart, and what their mean changes."""
    change = over_texts(
        found,
        lambda scores: of_metric(found, scores, found.base, base_tasks(scores, "clustering"), "v_measure_mean"),
    )
    spreads = [spread for scores in (found.words, found.notes) if scores for spread in _spreads(scores, found.base)]
    if not (change and spreads):
        return f"{NOT_RECORDED}no clustering with several starts."
    return (
        f"Starts differ by {tables.percent(float(np.mean(spreads)))} points (standard deviation, mean over "
        f"{count(len(spreads))}). Mean of the starts and not the first, {tables.title(found.base)}: "
        f"{change}{in_results(found)}."
    )


def _spreads(scores: Scores, model: str) -> Iterator[float]:
    """The standard deviation of v-measure over the starts of each clustering that has several."""
    for name in base_tasks(scores, "clustering"):
        result = scores.results.get((model, name))
        starts = result["items"]["assignments"] if result else []
        if len(starts) > 1:
            each = [result["items"] | {"assignments": [start]} for start in starts]
            yield np.std([value("clustering", items, "v_measure", result["units"]) for items in each], ddof=1)
