"""Result files: one JSON a model and task, byte-identical from run to run but for its `measured` block."""

import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from medte import paths
from medte.errors import MedteError
from medte.manifest import write_bytes, write_text
from medte.profile import Profile

Result = dict[str, Any]


class Store:
    """The results of one run: `<folder>/<model>/<task>.json`."""

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, model: str, task: str) -> Path:
        return self.folder / model / f"{task}.json"

    def get(self, model: str, task: str, key: str) -> Result | None:
        """The result made with exactly these data, weights and settings (`key`), or None."""
        result = self.latest(model, task)
        return result if result and result["key"] == key else None

    def latest(self, model: str, task: str) -> Result | None:
        """The result there is, whatever it was made with, or None."""
        path = self.path(model, task)
        return _read(path) if path.exists() else None

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
    return re.sub(
        r"\[\s+((?:-?[\d.e-]+,?\s+)+)\]", lambda match: "[" + ", ".join(match[1].replace(",", " ").split()) + "]", text
    )


def _read(path: Path) -> Result:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise MedteError(f"{path} is damaged ({error}); delete it and run again") from error


def write_recorded(path: Path, about: dict[str, Any], results: list[Result]) -> None:
    """Keep results (scores and scores per item, no text): `about` and each task's units on the first line, then one result
    a line, compressed. Units are numbered, the same number for the same document in every task."""
    number = {unit: i for i, unit in enumerate(sorted({unit for result in results for unit in result["units"]}))}
    units = {result["task"]: [number[unit] for unit in result["units"]] for result in results}
    rows = [
        {"about": about, "units": units},
        *({k: v for k, v in result.items() if k != "units"} for result in results),
    ]
    write_bytes(path, lzma.compress("".join(f"{as_line(row)}\n" for row in rows).encode("utf-8")))


def as_line(row: dict[str, Any]) -> str:
    """A line of a file of results: JSON, its fields in the order of their names, without spaces."""
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def read_recorded(path: Path) -> tuple[dict[str, Any], list[Result]]:
    """(about, results) of an earlier run that was kept. MedteError where there is no such file."""
    with _opened(path) as lines:
        head, *rows = map(json.loads, lines)
    return head["about"], [row | {"units": [str(unit) for unit in head["units"][row["task"]]]} for row in rows]


def read_head(path: Path) -> dict[str, Any]:
    """What an earlier run that was kept says of itself, as `read_recorded`, without its results."""
    with _opened(path) as lines:
        return json.loads(next(lines))["about"]


def _opened(path: Path) -> TextIO:
    if not path.exists():
        raise MedteError(
            f"{path.name} is not recorded; known: {', '.join(sorted(p.name for p in path.parent.glob('*.jsonl.xz')))}"
        )
    return lzma.open(path, "rt", encoding="utf-8")


def recorded_seeds(profile: Profile, data: str, protocol: str) -> dict[str, list[dict[str, float]]]:
    """For the model that a profile trains: its value on each task with each training seed that is recorded, on just these
    data and with the training of today."""
    path = paths.recorded() / f"{profile.name}-seeds.json"
    if not path.exists():
        return {}
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["data"] != data or record["recipe"] != profile.to_train().recipe:
        return {}
    return {record["model"]: [row["values"][protocol] for row in record["seeds"]]}
