"""From a source's records to the data of a task: one function for each `kind` of build in the catalogue.

Each builder takes the records kept for evaluation and gives a table:

- classification: split (train or test), text, label, unit
- clustering: text, label, unit
- pair classification: sentence1, sentence2, label (1 where they belong together), unit
- retrieval: query, document, unit; row i's query has row i's document as its one right answer

`unit` is the document (page, article, question, patient) that the row comes from. Rows are drawn by a hash of the record that
they come from, so that the same records give the same task, whatever their order, and the tasks of a source share what
they draw: fewer distinct texts to encode.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from medte.records import Record
from medte.tasks.catalogue import Task

MINIMUM_ROWS = 100  # texts, pairs or queries, below which a task is missing from an edition
MINIMUM_TRAIN, MINIMUM_TEST = 16, 12  # texts of a class


@dataclass(frozen=True)
class TaskData:
    """The rows of one task, and what was left out of them by reason."""

    task: Task
    rows: pd.DataFrame
    dropped: dict[str, int]

    def missing(self) -> str | None:
        """Why this is too little to be a task, or None where it is enough."""
        if self.task.family == "classification" and len(self.rows):
            counts = self.rows.groupby(["label", "split"]).size()
            for label in sorted(self.rows["label"].unique()):
                train, test = int(counts.get((label, "train"), 0)), int(counts.get((label, "test"), 0))
                if train < MINIMUM_TRAIN or test < MINIMUM_TEST:
                    return f"class {label!r} has {train} + {test} texts; {MINIMUM_TRAIN} + {MINIMUM_TEST} are needed"
        wanted = self.task.build.get("classes")
        if wanted and self.task.family in ("classification", "clustering"):
            absent = sorted(set(wanted) - set(self.rows["label"] if len(self.rows) else []))
            if absent:
                return f"no texts for {', '.join(absent)}"
        if len(self.rows) < MINIMUM_ROWS:
            return f"{len(self.rows)} rows; {MINIMUM_ROWS} are needed"
        return None

    def texts(self) -> list[str]:
        """Every text of the task that is embedded, in the order of rows."""
        columns = {"retrieval": ["query", "document"], "pair_classification": ["sentence1", "sentence2"]}
        return [text for column in columns.get(self.task.family, ["text"]) for text in self.rows[column]]


def chance(*parts: object) -> int:
    """A number from a hash of `parts`: the only randomness in building, the same everywhere."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()[:8], "big")


@dataclass(frozen=True)
class Limits:
    """How much of the records a task takes at most."""

    items: int  # queries or pairs
    class_texts: int  # texts of a class
    test_share: float  # of a class's texts, by whole documents


def sample(items: Sequence[dict], limit: int) -> list[dict]:
    """At most `limit` of `items`, drawn and ordered by the hash of their `key`."""
    return sorted(items, key=lambda item: (chance("drawn", item["key"]), str(item)))[:limit]


def _labelled(
    task: Task, found: dict[str, list[dict]], limits: Limits, dropped: Counter, most: int | None = None
) -> pd.DataFrame:
    """Rows of a classification or clustering task from the texts (text, unit, key) found for each label, `most` of each.

    A text found under two labels is dropped and counted, since it has no one right class (recipe §5, point 11).
    """
    most = min(limits.class_texts if most is None else most, task.max_items // len(found))
    labels_of = defaultdict(set)
    for label, items in found.items():
        for item in items:
            labels_of[item["text"]].add(label)
    rows, test = [], set()
    for label, items in found.items():
        unique = {item["text"]: item for item in items if len(labels_of[item["text"]]) == 1}
        dropped["text in two classes"] += len({item["text"] for item in items}) - len(unique)
        dropped["repeated text"] += len(items) - len({item["text"] for item in items})
        drawn = sample(list(unique.values()), most)
        test |= _test_units(drawn, limits.test_share, test)
        rows += [item | {"label": label} for item in drawn]
    frame = pd.DataFrame(rows, columns=["text", "label", "unit"])
    if task.family == "classification":
        frame.insert(0, "split", ["test" if unit in test else "train" for unit in frame["unit"]])
    return frame


def _test_units(rows: list[dict], share: float, chosen: set[str]) -> set[str]:
    """Whole documents that make up about `share` of the rows; those `chosen` by an earlier class count first."""
    sizes = Counter(row["unit"] for row in rows)
    target = max(MINIMUM_TEST, round(share * len(rows)))
    test = chosen & set(sizes)
    for unit in sorted(set(sizes) - test, key=lambda unit: chance("split", unit)):
        if sum(sizes[unit] for unit in test) >= target:
            break
        test.add(unit)
    return test


def sections(task: Task, records: list[Record], limits: Limits, dropped: Counter) -> pd.DataFrame:
    """Sections of encyclopedia pages (over 50 characters), labelled by the page's category."""
    found = {label: [] for label in task.build["classes"]}
    for record in records:
        labels = [label for label in found if label in record.facts["categories"]]
        if len(labels) > 1:
            dropped["page in two classes"] += 1
        elif labels:
            for key, text in record.texts.items():
                if key.startswith("section:"):
                    if len(text) > 50:
                        found[labels[0]].append({"text": text, "unit": record.document, "key": f"{record.id}#{key}"})
                    else:
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
        if len(labels) > 1:
            dropped["article found by two terms"] += 1
        elif labels:
            text = f"{record.texts['title']} {record.texts['abstract']}"
            found[labels[0]].append({"text": text, "unit": record.document, "key": record.id})
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


def readmission(task: Task, records: list[Record], limits: Limits, dropped: Counter) -> pd.DataFrame:
    """Presentations, labelled by whether the patient came back within some days; one note a patient, balanced.

    Stays that ended in death are left out, and so are negative intervals (recipe §5, point 13).
    """
    days = task.build["days"]
    found = {"readmitted": {}, "not readmitted": {}}
    for record in records:
        text, gap = _presentation(record), record.facts["days_to_return"]
        if not text:
            dropped["section missing"] += 1
        elif record.facts["died"]:
            dropped["died in hospital"] += 1
        elif gap is not None and gap < 0:
            dropped["negative interval"] += 1
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
    """Two texts of one record: query and document, or a positive pair and beside it a negative one.

    The negative's second sentence is another record's, of the same group where the group has a different text to give
    (a disease of the same body system, a report under the same term): never one that a compared encoder picked.
    """
    first, second = task.build["columns"]
    term = task.build.get("term")
    rows = [
        {
            "one": record.texts[first],
            "two": record.texts[second],
            "unit": record.document,
            "group": str(record.facts.get("group")),
            "key": record.id,
        }
        for record in records
        if first in record.texts and second in record.texts and (term is None or finds(term, record))
    ]
    limit = min(limits.items, task.max_items)
    if task.family == "retrieval":
        drawn = sample(rows, limit)
        table = [{"query": row["one"], "document": row["two"], "unit": row["unit"]} for row in drawn]
        return pd.DataFrame(table, columns=["query", "document", "unit"])
    drawn = sample(rows, limit // 2)
    table = []
    for row in drawn:
        table.append({"sentence1": row["one"], "sentence2": row["two"], "label": 1, "unit": row["unit"]})
        others = [o for o in drawn if o["unit"] != row["unit"] and o["two"].casefold() != row["two"].casefold()]
        siblings = [other for other in others if other["group"] == row["group"]] or others
        if siblings:
            other = min(siblings, key=lambda sibling: chance(task.name, row["one"], sibling["two"]))
            table.append({"sentence1": row["one"], "sentence2": other["two"], "label": 0, "unit": row["unit"]})
        else:
            dropped["pair without a negative"] += 1
    return pd.DataFrame(table, columns=["sentence1", "sentence2", "label", "unit"])


BUILDERS: dict[str, Callable[[Task, list[Record], Limits, Counter], pd.DataFrame]] = {
    builder.__name__: builder for builder in (sections, terms, diagnoses, readmission, options, columns)
}


def build(task: Task, records: list[Record], limits: Limits) -> TaskData:
    """The data of one task from its source's evaluation records; the catalogue's own cap holds as well as `limits`."""
    dropped: Counter = Counter()
    rows = BUILDERS[task.build["kind"]](task, records, limits, dropped)
    return TaskData(task, rows.reset_index(drop=True), {reason: n for reason, n in sorted(dropped.items()) if n})
