"""A finished edition on disk: task data, cards, training pairs. `edition.py` builds it."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from medte.curation.pair_table import PAIR_COLUMNS
from medte.errors import MedteError
from medte.manifest import unseal, verify
from medte.tasks.build import TaskData
from medte.tasks.catalogue import Task
from medte.tasks.catalogue import task as find_task
from medte.tasks.pairing import Mined


class Edition:
    """A finished edition on disk; every file is checked against its hash before it is read."""

    own_tasks: Sequence[Task] = ()  # where they are none of the catalogue, as the probes are not

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifest = unseal(folder)
        if self.manifest is None:
            raise MedteError(f"{folder} holds no finished edition; run `medte data build` first")

    @property
    def name(self) -> str:
        return self.manifest["edition"]

    @property
    def tasks(self) -> dict[str, dict]:
        """For each task that could be built: its data's hash, number of rows and what was left out."""
        return self.manifest["tasks"]

    @property
    def missing(self) -> dict[str, str]:
        """For each task that could not be built: why."""
        return self.manifest["missing"]

    @property
    def notices(self) -> list[str]:
        """What a run that trains on its pairs has to say, of sources such as public test sets."""
        return [
            about["notice"]
            for source, about in self.manifest["sources"].items()
            if about["notice"] and source in self.manifest["pairs"]
        ]

    def task_data(self, name: str) -> TaskData:
        """The rows of one task. MedteError if the task is missing from this edition, or its file is damaged."""
        entry = self._built(name)
        rows, about = pd.read_parquet(verify(self.folder, f"tasks/{name}.parquet")), self.tasks[name]
        mined = Mined(**about["mined"]) if about["mined"] else None
        return TaskData(entry, rows, about["dropped"], about["written_by"], mined)

    def _built(self, name: str) -> Task:
        entry = find_task(name)
        if name not in self.tasks:
            raise MedteError(f"{name} is missing from the {self.name} edition: {self.why_missing(name)}")
        return entry

    def why_missing(self, name: str) -> str:
        """Why a task is not in this edition."""
        return self.missing.get(name, "it is a variant, and the profile builds none (data.variants)")

    def card(self, name: str) -> dict:
        """The data card of one task. MedteError if the task is missing from this edition."""
        return self.cards()[self._built(name).name]

    def only(self, names: Iterable[str]) -> "Edition":
        """The same edition with some of its tasks alone."""
        some = Edition(self.folder)
        some.manifest["tasks"] = {name: self.tasks[name] for name in names}
        return some

    def cards(self) -> dict[str, dict]:
        """The data card of every task that was built."""
        return json.loads(verify(self.folder, "cards.json").read_text(encoding="utf-8"))

    def pairs(self, split: str = "subjects", leaks: str = "drop") -> pd.DataFrame:
        """Training pairs: sentence1, sentence2, source, document.

        `split` "subjects": of no subject that is evaluated; "documents": all that are of no document that is evaluated.
        `leaks` "keep" adds every pair that touches the evaluation: what the authors did (recipe §5, points 1 and 25).
        """
        table = pd.read_parquet(verify(self.folder, "pairs.parquet"), columns=[*PAIR_COLUMNS, "split", "leak"])
        chosen = _inside(table, split) & (table["leak"] == "")
        if leaks == "keep":
            chosen |= table["leak"] != ""
        return table.loc[chosen, PAIR_COLUMNS].reset_index(drop=True)

    def leaks(self, split: str = "subjects", leaks: str = "drop") -> dict[str, dict[str, int]]:
        """How many pairs touch the evaluation, by source and reason: of those that `pairs` leaves out ("drop") or adds ("keep")."""
        table = pd.read_parquet(verify(self.folder, "pairs.parquet"), columns=["source", "split", "leak"])
        touching = table[(table["leak"] != "") & (_inside(table, split) | (leaks == "keep"))]
        counts = touching.groupby(["source", "leak"]).size()
        return {source: counts[source].to_dict() for source in counts.index.get_level_values(0).unique()}


def _inside(table: pd.DataFrame, split: str) -> pd.Series:
    return table["split"].isin(["subjects"] if split == "subjects" else ["subjects", "documents"])
