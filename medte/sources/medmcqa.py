"""MedMCQA: entrance-exam questions with four options, the key and, for half of them, an explanation.

From the publishers' files (MIT), whose key `cop` counts from 1, or from the hub, where it counts from 0 and is -1 in the test
split, whose key was never published (recipe §5, point 9).
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medte.errors import MedteError
from medte.records import Record
from medte.sources import hub

FILES = ("train.json", "dev.json", "test.json")
OPTIONS = ("opa", "opb", "opc", "opd")
COLUMNS = ("id", "question", *OPTIONS, "subject_name")  # the publishers' test split has neither key nor explanation


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record a question, its document; from the publishers' files if there are any, else from what `fetch` left.

    `facts["answer"]` counts from 0 and is None where there is no key. The exam's subject is none that a split goes by: it is
    in `facts["exam_subject"]`.
    """
    dropped = Counter() if dropped is None else dropped
    for where, row, first, licence in _rows(folder):
        if all((row[option] or "").strip() for option in OPTIONS):
            yield _record(where, row, first, licence)
        else:
            dropped["question without four options"] += 1


def _rows(folder: Path) -> Iterator[tuple[str, dict[str, Any], int, str]]:
    """(place, row, what the key counts from, licence) of each question."""
    paths = [folder / name for name in FILES if (folder / name).exists()]
    for path in paths:
        for number, row in enumerate(hub.json_lines(path, COLUMNS), start=1):
            yield f"{path}, line {number}", row, 1, "MIT"
    if not paths:
        licence = hub.data_set("medmcqa").licence
        for name, row in hub.rows(folder, ", ".join(FILES)):
            yield f"{folder / name}, question {row['id']}", row, 0, licence


def _record(where: str, row: dict[str, Any], first: int, licence: str) -> Record:
    key = row.get("cop")
    if first == 0 and key == -1:
        key = None
    if key is not None and key not in range(first, first + len(OPTIONS)):
        raise MedteError(
            f"{where}: the key cop is {key!r}; it should count from {first} to {first + 3}: "
            "the publishers' files and the hub's count it differently"
        )
    identity = f"medmcqa:{row['id']}"
    texts = {"question": row["question"], "explanation": row.get("exp") or ""}
    facts = {
        "options": [row[option] for option in OPTIONS],
        "answer": None if key is None else key - first,
        "exam_subject": row["subject_name"],
        "identities": [identity],
    }
    return Record(identity, "medmcqa", identity, texts, licence, facts=facts)


SOURCE = hub.source("medmcqa", read, "MIT; the copy on the hub Apache-2.0")
