"""One page of all task cards: a table of numbers, and of each task its definition, its labels and an example that may be shown."""

import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from medte.evaluation.statistics import Scores
from medte.report import tables
from medte.tasks import card
from medte.tasks.catalogue import benchmark_tasks

EXAMPLE = 240  # characters of each text of an example


def table(cards: Mapping[str, card.Card], scores: Scores, caption: str) -> str:
    """Every task with its numbers and the best score of a model, as HTML; its name leads to its definition below."""
    scored = {task.name for task in benchmark_tasks("MedEval")}
    bounds = tables.bounds(list(cards.values()))
    rows = []
    for about in card.table(list(cards.values())).itertuples():
        values = [result["value"] for (_, name), result in scores.results.items() if name == about.task]
        rows.append(
            [
                f'<a href="#{about.task}">{tables.breakable(about.task)}</a>',
                tables.FAMILY_TITLE[about.family],
                about.source,
                "yes" if about.task in scored else "no",
                f"{about.documents:,}",
                about.words,
                tables.percent(about.elsewhere, 0),
                *bounds[about.task],
                tables.percent(max(values, default=None)),
            ]
        )
    header = ["Task", "Family", "Source", "Of the 51", "Documents", "Words", "Repeated", "Floor", "Ceiling", "Best"]
    return tables.html(header, rows, caption)


def definitions(edition: Any) -> str:
    """Of each task of an edition the definition and the labels, and an example where the text is the project's own; Markdown."""
    shown = edition.name == "mini"
    parts = []
    for name, about in edition.cards().items():
        family, definition = about["family"].replace("_", " "), _plain(about["definition"])
        parts.append(f'<a id="{name}"></a>**{name}** ({family}, {about["source"]}): {definition}.{_labels(about)}')
        if shown:
            parts.append(_example(edition.task_data(name).rows, card.COLUMNS[about["family"]]))
    return "\n\n".join(parts) + "\n"


def _labels(about: card.Card) -> str:
    """The labels of a task with their rows, as a sentence."""
    counts: dict[str, int] = {}
    for labels in about["labels"].values():
        for label, count in labels.items():
            counts[label] = counts.get(label, 0) + count
    return f" Labels: {', '.join(f'{_plain(label)} ({count:,})' for label, count in counts.items())}." if counts else ""


def _example(rows: Any, columns: Sequence[str]) -> str:
    """The first row whose label says more than "no", as a quotation."""
    row = rows[rows["label"] == 1].iloc[0] if "sentence1" in rows else rows.iloc[0]
    texts = [f"*{column}*: {_plain(textwrap.shorten(row[column], EXAMPLE, placeholder=' …'))}" for column in columns]
    return "> " + " · ".join(texts)


def _plain(text: str) -> str:
    """A text whose signs mean nothing to Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in escape(text, quote=False))
