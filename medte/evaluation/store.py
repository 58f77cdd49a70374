"""Result files: one JSON a model and task, byte-identical from run to run but for its `measured` block."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medte.errors import MedteError
from medte.manifest import write_text

Result = dict[str, Any]


class Store:
    """The results of one run: `<folder>/<model>/<task>.json`."""

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, model: str, task: str) -> Path:
        return self.folder / model / f"{task}.json"

    def get(self, model: str, task: str, key: str) -> Result | None:
        """The result made with exactly these data, weights and settings (`key`), or None."""
        path = self.path(model, task)
        if not path.exists():
            return None
        result = _read(path)
        return result if result["key"] == key else None

    def put(self, result: Result) -> None:
        """Write one result, whole or not at all."""
        text = json.dumps(result, sort_keys=True, ensure_ascii=False, indent=1)
        write_text(self.path(result["model"], result["task"]), _inline_numbers(text) + "\n")

    def all(self) -> Iterator[Result]:
        """Every result there is, in the order of names."""
        for path in sorted(self.folder.glob("*/*.json")):
            yield _read(path)


def _inline_numbers(text: str) -> str:
    """Lists of numbers on one line each, so that a file of items is readable and small."""
    import re

    return re.sub(r"\[\s+((?:-?[\d.e-]+,?\s+)+)\]", lambda match: "[" + ", ".join(match[1].replace(",", " ").split()) + "]", text)


def _read(path: Path) -> Result:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise MedteError(f"{path} is damaged ({error}); delete it and run again") from error


def read_recorded(path: Path) -> list[Result]:
    """Results of an earlier run that were kept: one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_recorded(results: list[Result], path: Path) -> None:
    """Keep results (scores and scores per item, no text) as one JSON object a line."""
    lines = [json.dumps(result, sort_keys=True, ensure_ascii=False, separators=(",", ":")) for result in results]
    write_text(path, "\n".join(lines) + "\n")
