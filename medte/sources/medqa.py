"""MedQA: US licensing-exam questions with four options and the key, from the publishers' files (MIT) or from the hub."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medte.errors import MedteError
from medte.records import Record
from medte.sources import hub

FILES = "phrases_no_exclude_*.jsonl"  # train, dev and test; the hub has no dev


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record a question, its document; from the publishers' files if there are any, else from what `fetch` left.

    `facts["answer"]` counts from 0. The files give no ids: a hash of the question is its id. Nothing is dropped.
    """
    data = hub.data_set("medqa")
    paths = sorted(folder.glob(FILES))
    for path in paths:
        for number, row in enumerate(hub.json_lines(path, data.columns), start=1):
            yield _record(f"{path}, line {number}", row, "MIT")
    if not paths:
        for number, (name, row) in enumerate(hub.rows(folder, FILES), start=1):
            yield _record(f"{folder / name}, row {number}", row, data.licence)


def _record(where: str, row: dict[str, Any], licence: str) -> Record:
    letters = sorted(row["options"])
    if row["answer_idx"] not in letters:
        raise MedteError(
            f"{where}: the key is {row['answer_idx']!r}, the options are {', '.join(letters)}; fetch it again"
        )
    identity = f"medqa:{hashlib.sha256(row['question'].encode()).hexdigest()[:16]}"
    facts = {
        "options": [row["options"][letter] for letter in letters],
        "answer": letters.index(row["answer_idx"]),
        "identities": [identity],
    }
    return Record(identity, "medqa", identity, {"question": row["question"]}, licence, facts=facts)


SOURCE = hub.source("medqa", read, "MIT; the copy on the hub CC BY 4.0")
