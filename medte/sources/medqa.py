"""MedQA (MIT): US licensing-exam questions with four options and the key."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from medte.errors import MedteError
from medte.records import Record
from medte.sources.archive import the_file


def read(folder: Path) -> Iterator[Record]:
    """One record a question; `facts["answer"]` counts from 0. The files give no ids: a hash of the question is its id."""
    path = the_file(folder, "*.jsonl")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise MedteError(f"{path}, line {number}, is damaged ({error}); fetch the file again") from error
        letters = sorted(row["options"])
        identity = f"medqa:{hashlib.sha256(row['question'].encode()).hexdigest()[:16]}"
        facts = {"options": [row["options"][letter] for letter in letters], "answer": letters.index(row["answer_idx"])}
        yield Record(identity, "medqa", identity, {"question": row["question"]}, "MIT", facts=facts)
