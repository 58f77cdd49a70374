"""The builders: from a source's records to the rows of a task, one function for each `kind` of build in the catalogue.

A builder takes the task, its source's records for evaluation, the limits and a counter of what it leaves out by reason.
As published (`AsPublished`), a classification is split by text and what falls in two classes stays in both.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from medte.records import Record
from medte.tasks.catalogue import AS_PUBLISHED, Task
from medte.tasks.sampling import Limits, sample, split_by_document, split_by_text

POSITIVE_COLUMNS = ["sentence1", "sentence2", "unit", "group", "focus"]


def _labelled(
    task: Task, found: dict[str, list[dict]], limits: Limits, dropped: Counter, most: int | None = None
) -> pd.DataFrame:
    """Rows of a classification or clustering task from the texts (text, unit, key) found for each label, `most` of each.

    A text found under two labels is dropped and counted, since it has no one right class (recipe §5, point 11).
    """
    published = task.variant == AS_PUBLISHED
    most = min(limits.class_texts if most is None else most, task.max_items // len(found))
    labels_of = defaultdict(set)
    for label, items in found.items():
        for item in items:
            labels_of[item["text"]].add(label)
    rows = []
    for label, items in found.items():
        by_text = {item["text"]: item for item in sorted(items, key=lambda item: item["key"], reverse=True)}
        unique = [item for text, item in by_text.items() if published or len(labels_of[text]) == 1]
        dropped["text in two classes"] += len(by_text) - len(unique)
        dropped["repeated text"] += len(items) - len(by_text)
        rows += [item | {"label": label} for item in sample(unique, most)]
    frame = pd.DataFrame(rows, columns=["text", "label", "unit"])
    if task.family == "classification":
        split = split_by_text if published else split_by_document
        frame.insert(0, "split", split(rows, limits.test_share))
    return frame


def sections(task: Task, records: list[Record], limits: Limits, dropped: Counter) -> pd.DataFrame:
    """Sections of encyclopedia pages (over 50 characters), labelled by the page's category."""
    found = {label: [] for label in task.build["classes"]}
    for record in records:
        labels = [label for label in found if label in record.facts["categories"]]
        if len(labels) > 1 and task.variant != AS_PUBLISHED:
            dropped["page in two classes"] += 1
        elif labels:
            for key, text in record.texts.items():
                if key.startswith("section:") and len(text) > 50:
                    for label in labels:
                        found[label].append({"text": text, "unit": record.document, "key": f"{record.id}#{key}"})
                elif key.startswith("section:"):
                    dropped["section of at most 50 characters"] += 1
    return _labelled(task, found, limits, dropped)


SEARCHED_WORDS = {
    "diagnostic": r"diagnos(?:tics?|is|es|e|ed|ing)",
    "therapeutic": r"therap(?:eutics?|y|ies)",
    "MRI": r"MRI|magnetic resonance imaging",
    "CT scan": r"CT scans?|computed tomography",
    "Ultrasound": r"ultrasound|ultrasonography|sonography",
    "X-ray": r"X-rays?|radiographs?|radiography",
    "PET scan": r"PET scans?|PET/CT|positron emission tomography",
}  # the forms that a literature search expands a term to; any other term stands for itself


def finds(term: str, record: Record) -> bool:
    """Whether a search for `term` finds the article: as its source says, else by the words of title and abstract."""
    if "terms" in record.facts:
        return term in record.facts["terms"]
    words = SEARCHED_WORDS.get(term, re.escape(term))
    return (
        re.search(rf"\b(?:{words})\b", f"{record.texts['title']} {record.texts['abstract']}", re.IGNORECASE) is not None
    )


def terms(task: Task, records: list[Record], limits: Limits, dropped: Counter) -> pd.DataFrame:
    """Title and abstract of articles, labelled by the search term that finds them."""
    found = {label: [] for label in task.build["classes"]}
    for record in records:
        labels = [label for label in found if finds(label, record)]
        if len(labels) > 1 and task.variant != AS_PUBLISHED:
            dropped["article found by two terms"] += 1
            continue
        for label in labels:
            text = f"{record.texts['title']} {record.texts['abstract']}"
            found[label].append({"text": text, "unit": record.document, "key": record.id})
    return _labelled(task, found, limits, dropped)


def _presentation(record: Record) -> str | None:
    """Chief complaint and history of present illness, as the MIMIC tasks read them; None where one is missing."""
    complaint, history = (record.texts.get(key) for key in ("chief_complaint", "history_of_present_illness"))
    return f"{complaint} {history}" if complaint and history else None


def diagnoses(task: Task, records: list[Record], limits: Limits, dropped: Counter) -> pd.DataFrame:
    """Presentations of notes whose whole discharge diagnosis is one of a group's strings (case-folded)."""
    label_of = {name.casefold(): label for label, names in task.build["classes"].items() for name in names}
    found = {label: [] for label in task.build["classes"]}
    for record in records:
        label = label_of.get(record.texts.get("discharge_diagnosis", "").casefold())
        text = _presentation(record)
        if label and text:
            found[label].append({"text": text, "unit": record.document, "key": record.id})
    return _labelled(task, found, limits, dropped)


def _undecided(facts: Mapping[str, Any], days: int) -> str | None:
    """Why a stay does not say whether the patient came back within `days`; None where it does (recipe §5, point 13)."""
    gap, death = facts["days_to_return"], facts.get("days_to_death")
    if facts["died"]:
        return "died in hospital"
    if gap is not None and gap < 0:
        return "negative interval"
    if facts.get("transferred"):
        return "went on in another stay"
    if (gap is None or gap > days) and death is not None and death <= days:
        return "died after the discharge"
    if gap is None and facts.get("days_followed", days) < days:
        return "not followed that long"
    return None


def readmission(task: Task, records: list[Record], limits: Limits, dropped: Counter) -> pd.DataFrame:
    """Presentations, labelled by whether the patient came back within some days; one note a patient, balanced.

    Stays that do not say so are left out and counted by reason.
    """
    days = task.build["days"]
    found = {"readmitted": {}, "not readmitted": {}}
    for record in records:
        text, gap = _presentation(record), record.facts["days_to_return"]
        if not text:
            dropped["section missing"] += 1
        elif reason := _undecided(record.facts, days):
            dropped[reason] += 1
        else:
            label = "readmitted" if gap is not None and gap <= days else "not readmitted"
            found[label].setdefault(record.document, {"text": text, "unit": record.document, "key": record.id})
    back = found["readmitted"]
    found["not readmitted"] = {unit: row for unit, row in found["not readmitted"].items() if unit not in back}
    fewest = min(limits.class_texts, *(len(rows) for rows in found.values()))
    return _labelled(task, {label: list(rows.values()) for label, rows in found.items()}, limits, dropped, fewest)


def options(task: Task, records: list[Record], limits: Limits, dropped: Counter) -> pd.DataFrame:
    """(question, option) for each of four options, 1 for the key; questions without a key are left out."""
    rows = []
    keyed = [record for record in records if record.facts["answer"] is not None]
    dropped["question without a key"] += len(records) - len(keyed)
    questions = [{"key": record.id} for record in keyed]
    by_id = {record.id: record for record in keyed}
    for row in sample(questions, min(limits.items, task.max_items) // 4):
        record = by_id[row["key"]]
        for position, option in enumerate(record.facts["options"]):
            label = int(position == record.facts["answer"])
            pair = {"sentence1": record.texts["question"], "sentence2": option, "label": label, "unit": record.document}
            rows.append(pair)
    return pd.DataFrame(rows, columns=["sentence1", "sentence2", "label", "unit"])


def columns(task: Task, records: list[Record], limits: Limits, dropped: Counter) -> pd.DataFrame:
    """Two texts of one record: query, document and unit, or the positives of a pair task (`POSITIVE_COLUMNS`).

    `focus` is what a record is about, by its subject or its author's own word ("" where it does not say); `group` is wider.
    """
    first, second = task.build["columns"]
    term = task.build.get("term")
    rows = []
    for record in records:
        if first in record.texts and second in record.texts and (term is None or finds(term, record)):
            focus = record.facts.get("subject") or record.facts.get("focus")
            row = {"one": record.texts[first], "two": record.texts[second], "unit": record.document, "key": record.id}
            about = {"group": str(record.facts.get("group")), "focus": (focus or "").casefold()}
            rows.append(row | about)
    limit = min(limits.items, task.max_items)
    if task.family == "retrieval":
        drawn = pd.DataFrame(sample(rows, limit), columns=["one", "two", "unit"])
        return drawn.set_axis(["query", "document", "unit"], axis=1)
    drawn = pd.DataFrame(sample(rows, limit // 2), columns=["one", "two", "unit", "group", "focus"])
    return drawn.set_axis(POSITIVE_COLUMNS, axis=1)


BUILDERS: dict[str, Callable[[Task, list[Record], Limits, Counter], pd.DataFrame]] = {
    builder.__name__: builder for builder in (sections, terms, diagnoses, readmission, options, columns)
}
