"""MedMCQA (MIT): entrance-exam questions with four options, the key and, for half of them, an explanation."""

import json
from collections.abc import Iterator
from pathlib import Path

from medte.errors import MedteError
from medte.records import Record
from medte.sources.archive import the_file

OPTIONS = ("opa", "opb", "opc", "opd")


def read(folder: Path) -> Iterator[Record]:
    """One record a question of the publishers' file, whose key `cop` counts from 1; `facts["answer"]` counts from 0."""
    path = the_file(folder, "*.json")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise MedteError(f"{path}, line {number}, is damaged ({error}); fetch the file again") from error
        key = row.get("cop")
        if key not in (None, 1, 2, 3, 4):
            raise MedteError(f"{path}, line {number}: the key cop is {key!r}; the publishers' file counts it 1 to 4")
        identity = f"medmcqa:{row['id']}"
        texts = {"question": row["question"], "explanation": row["exp"] or ""}
        facts = {
            "options": [row[option] for option in OPTIONS],
            "answer": None if key is None else key - 1,
            "subject": row["subject_name"],
        }
        yield Record(identity, "medmcqa", identity, texts, "MIT", facts=facts)
