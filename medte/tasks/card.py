"""The data card of a task: what its texts are, how many, from whom, how long, how often repeated, and what a score can reach.

A card is a plain dictionary of names and numbers, without a word of the texts: it may be shown where the data may not.
"""

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from medte.errors import MedteError
from medte.records import Record
from medte.tasks.build import TaskData
from medte.tasks.catalogue import MERGED, Task

Card = dict[str, Any]
COLUMNS = {
    "classification": ["text"],
    "clustering": ["text"],
    "pair_classification": ["sentence1", "sentence2"],
    "retrieval": ["query", "document"],
}  # of texts, in a task's rows
TEXTS = {
    "sections": ["section of a page"],
    "terms": ["title and abstract"],
    "diagnoses": ["chief complaint and history of present illness"],
    "readmission": ["chief complaint and history of present illness"],
    "options": ["question", "option"],
}  # what each kind of build fills them with; the kind "columns" says it itself
WIDTH = 100  # of the screen, in characters


def card(data: TaskData, records: Mapping[str, Record]) -> Card:
    """The card of a task, from its rows and the records (by id) of its source.

    Licences (counted by document) and dates are those of the records of the rows' documents. Lengths are in words, parted by
    white space, over the rows. `repeats` gives for each column the distinct texts, and the rows whose text stands elsewhere
    in the task: in another row or the other column. `bounds` depends on the family: for retrieval `ceiling_ndcg_at_10` (see
    `ceiling`); for pairs the share of `positives`, and the F1 of answering always yes; for a classification the macro F1 of
    answering always the most frequent class of the test part (recipe §5, points 6 and 8). MedteError where records are
    missing.
    """
    task, rows = data.task, data.rows
    behind = _behind(data, records)
    dates = sorted(record.date for record in behind if record.date)
    return {
        "name": task.name,
        "authors_name": task.authors_name,
        "family": task.family,
        "source": task.source,
        "definition": task.definition,
        "texts": {"kind": task.build["kind"], "columns": _columns(task)},
        "licences": _counts(licence for licence, _ in {(record.licence, record.document) for record in behind}),
        "dates": {"earliest": dates[0] if dates else None, "latest": dates[-1] if dates else None},
        "fictional": any(record.fictional for record in behind),
        "rows": len(rows),
        "documents": rows["unit"].nunique(),
        "labels": _labels(rows),
        "words": {column: _words(rows[column]) for column in COLUMNS[task.family]},
        "repeats": _repeats(rows[COLUMNS[task.family]]),
        "bounds": _bounds(data),
        "written_by": data.written_by,
        "mined": data.mined and asdict(data.mined),
        "dropped": dict(data.dropped),
    }


def ceiling(queries: Sequence[str], documents: Sequence[str]) -> float:
    """The best nDCG@10 that a model can expect where row i's query has row i's document as its one right answer.

    Recipe §5, point 6, derived so. A model sees texts alone. To it, rows that ask the same are one query, with one ranking;
    documents that say the same are one document, whose m copies stand together, each equally likely at each of their
    places. (Scorers order such ties by name or number, which tells nothing of the texts.)

    A row's nDCG is the gain of the place p of its right copy, 1 / log2(p + 1) for p up to 10 and else 0, since an ideal
    ranking has gain 1. Let c of a query's rows have a document with m copies in the task as right answer. Placed at m places,
    the copies bring the query's rows together c / m times the sum of those places' gains: as if each place held a copy of
    weight c / m. Gains fall with the place, so the best ranking has the weights fall too. Copies of one document weigh the
    same, so that this order keeps them together. The ceiling is the sum of weight × gain over places and queries, divided
    by the number of rows.

    A query asked twice, with two right documents that nothing repeats, has weights 1, 1 and reaches (1 + 0.63) / 2 = 0.82,
    and so do two queries whose right documents say the same: weights ½, ½ each. Without repeats the ceiling is 1.
    """
    copies = Counter(documents)
    right: dict[str, Counter] = {}
    for query, document in zip(queries, documents, strict=True):
        right.setdefault(query, Counter())[document] += 1
    gains = 1 / np.log2(np.arange(2, 12))  # (10,)
    total = 0.0
    for asked in right.values():
        weights = [n / copies[text] for text, n in asked.items() for _ in range(copies[text])]
        best = sorted(weights, reverse=True)[: len(gains)]
        total += gains[: len(best)] @ best
    return float(total / len(queries))


def screen(card: Card) -> str:
    """A card as text that fits on one screen."""
    lines = [
        card["name"],
        f"the authors' {card['authors_name']}"
        if card["authors_name"]
        else "added here, in no benchmark of the authors",
        f"{card['family'].replace('_', ' ')}, {card['source']}" + (", fictional" if card["fictional"] else ""),
        *textwrap.wrap(card["definition"], WIDTH, max_lines=4, placeholder=" …"),
        "",
        f"rows       {card['rows']:,} from {card['documents']:,} documents",
        f"dates      {card['dates']['earliest'] or 'unknown'} to {card['dates']['latest'] or 'unknown'}",
        f"licences   {_listed(card['licences'])}",
    ]
    lines += [f"{split:10} {_listed(labels)}" for split, labels in card["labels"].items()]
    lines += ["", *(f"{column:10} {what}" for column, what in card["texts"]["columns"].items())]
    lines += ["", "column     distinct  elsewhere   words: median     5 %    95 %  longest"]
    for column in COLUMNS[card["family"]]:
        words = card["words"][column]
        repeats = card["repeats"][column]
        lines.append(
            f"{column:10} {repeats['distinct']:8,} {repeats['rows_elsewhere']:10,} {words['median']:15,.0f}"
            f" {words['p5']:7,.0f} {words['p95']:7,.0f} {words['longest']:8,}"
        )
    lines += ["", *(f"{name.replace('_', ' '):20} {value:.3f}" for name, value in card["bounds"].items())]
    lines.append(f"dropped    {_listed(card['dropped'])}")
    if card["written_by"]:
        lines.append(f"written by {card['written_by']}")
    if mined := card["mined"]:
        lines.append(
            f"negatives  mined among the {mined['nearest']} nearest; {mined['suspected']:.2%} suspected to be right too"
        )
    return "\n".join(lines)


def table(cards: Sequence[Card]) -> pd.DataFrame:
    """One row a task: task, family, source, rows, documents, classes, words, elsewhere, floor, ceiling.

    `words` is the median length of the first and the second column; `elsewhere` the share of texts that stand elsewhere in
    the task; `floor` and `ceiling` are on the scale of the family's score, None where the card knows none.
    """
    rows = []
    for card in cards:
        repeats, bounds = [column["rows_elsewhere"] for column in card["repeats"].values()], card["bounds"]
        rows.append(
            {
                "task": card["name"],
                "family": card["family"],
                "source": card["source"],
                "rows": card["rows"],
                "documents": card["documents"],
                "classes": len({label for labels in card["labels"].values() for label in labels}) or None,
                "words": " / ".join(f"{card['words'][column]['median']:.0f}" for column in COLUMNS[card["family"]]),
                "elsewhere": sum(repeats) / (len(repeats) * card["rows"]),
                "floor": bounds.get("always_positive_f1", bounds.get("majority_f1")),
                "ceiling": bounds.get("ceiling_ndcg_at_10"),
            }
        )
    return pd.DataFrame(rows).astype({"classes": "Int64"})


def _behind(data: TaskData, records: Mapping[str, Record]) -> list[Record]:
    documents = set(data.rows["unit"])
    behind = [record for record in records.values() if record.document in documents]
    if lost := documents - {record.document for record in behind}:
        raise MedteError(
            f"{data.task.name} has rows from {len(documents)} documents, and for {len(lost)} of them there is no record; give "
            "the records that the task was built from"
        )
    return behind


def _columns(task: Task) -> dict[str, str]:
    """What each column of texts holds."""
    named = TEXTS.get(task.build["kind"]) or [name.replace("_", " ") for name in task.build["columns"]]
    return dict(zip(COLUMNS[task.family], named, strict=True))


def _labels(rows: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Rows of each label by split; all are for testing where the task has no split."""
    if "label" not in rows:
        return {}
    splits = rows["split"] if "split" in rows else pd.Series("test", index=rows.index)
    return {split: _counts(labels) for split, labels in rows["label"].astype(str).groupby(splits)}


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _words(texts: pd.Series) -> dict[str, float]:
    words = np.array([len(text.split()) for text in texts])
    low, median, high = np.percentile(words, (5, 50, 95))
    return {"median": float(median), "p5": float(low), "p95": float(high), "longest": int(words.max())}


def _repeats(texts: pd.DataFrame) -> dict[str, dict[str, int]]:
    found = Counter(text for column in texts for text in texts[column])
    return {
        column: {
            "distinct": texts[column].nunique(),
            "rows_elsewhere": sum(found[text] > 1 for text in texts[column]),
        }
        for column in texts
    }


def _bounds(data: TaskData) -> dict[str, float]:
    family, rows = data.task.family, data.rows
    if family == "retrieval":
        merged = data.task.variant == MERGED  # every text that says the same is right there
        return {"ceiling_ndcg_at_10": 1.0 if merged else ceiling(rows["query"].tolist(), rows["document"].tolist())}
    if family == "pair_classification":
        positives = float(rows["label"].mean())
        return {"positives": positives, "always_positive_f1": _constant_f1(positives)}
    if family == "classification":
        shares = rows.loc[rows["split"] == "test", "label"].value_counts(normalize=True)
        return {"majority_f1": _constant_f1(float(shares.max())) / len(shares)}
    return {}


def _constant_f1(share: float) -> float:
    """F1 of a class that makes up `share` of the items, where every item is said to be of it: precision share, recall 1."""
    return 2 * share / (1 + share)


def _listed(counts: Mapping[str, int]) -> str:
    text = ", ".join(f"{name} ({n:,})" for name, n in counts.items())
    return textwrap.shorten(text or "none", WIDTH - 11, placeholder=" …")
