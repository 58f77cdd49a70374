"""All tasks of an edition, source by source, from the records kept for evaluation: rows, cards, and what the audit needs."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from medte.curation.writer import WRITABLE, Writer, written
from medte.manifest import digest
from medte.profile import Data
from medte.records import Record
from medte.tasks.build import TaskData, build
from medte.tasks.builders import finds
from medte.tasks.card import card
from medte.tasks.catalogue import Task, catalogue, variants
from medte.tasks.pairing import Mining
from medte.tasks.sampling import Limits, sample

SPARE = 1.25  # records that texts are written for, to each that a task takes


def data_hash(data: TaskData) -> str:
    """The digest of a task's rows, which is its revision: other rows, other revision."""
    return digest([list(data.rows.columns), data.rows.astype(str).values.tolist()])


class Tasks:
    """What became of the tasks so far.

    `built`: what the manifest says of each task, and `cards` its data card; `missing`: why others could not be built;
    `texts` and `documents`: of each task what pairs are compared with, documents under every name that they are known by;
    `unwritten`: records of which no query or pair could be written, by (source, reason).
    """

    def __init__(
        self, data: Data, folder: Path, mining: Mining | None, writer: Writer | None, say: Callable[[str], None]
    ):
        """`folder` gets a Parquet file a task; what was there is deleted."""
        self.built: dict[str, dict[str, Any]] = {}
        self.missing: dict[str, str] = {}
        self.cards: dict[str, dict[str, Any]] = {}
        self.texts: dict[str, list[str]] = {}
        self.documents: dict[str, set[str]] = {}
        self.unwritten: Counter = Counter()
        self._entries = [*catalogue().values(), *(variants().values() if data.variants else ())]
        self._limits = Limits(data.max_items, data.max_class_texts, data.test_share)
        self._folder, self._mining, self._writer, self._say = folder, mining, writer, say
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.parquet"):
            old.unlink()

    def leave_out(self, source: str, reason: str) -> None:
        """Note that the source's tasks are missing."""
        self.missing |= {entry.name: reason for entry in self._entries if entry.source == source}

    def add(self, source: str, records: Sequence[Record]) -> set[str]:
        """Build the source's tasks from its records for evaluation; returns the documents that some task uses."""
        entries = [entry for entry in self._entries if entry.source == source]
        records = self._with_written_texts(source, entries, records)
        return set().union(*(self._add(entry, records) for entry in entries))

    def all_texts(self) -> set[str]:
        """Every distinct text that is embedded."""
        return set(chain.from_iterable(self.texts.values()))

    def _with_written_texts(self, source: str, entries: Sequence[Task], records: Sequence[Record]) -> list[Record]:
        """The records, with what tasks read and the source does not have where there is a writer for it."""
        if self._writer is None or source not in WRITABLE:
            return list(records)
        writable = set(chain.from_iterable(WRITABLE[source].columns))
        wanted, used = set(), set()
        for entry in entries:
            if columns := writable & set(entry.build.get("columns", ())):
                wanted |= columns
                used |= self._drawn(entry, records)
        done = written(
            [record for record in records if record.id in used],
            {source: sorted(wanted)},
            self._writer,
            self._say,
            self.unwritten,
        )
        with_texts = {record.id: record for record in done}
        return [with_texts.get(record.id, record) for record in records]

    def _drawn(self, entry: Task, records: Sequence[Record]) -> set[str]:
        """Ids of the records that a task draws first, some more than it takes: of some nothing usable is written."""
        term, most = entry.build.get("term"), round(SPARE * min(self._limits.items, entry.max_items))
        found = [{"key": record.id} for record in records if term is None or finds(term, record)]
        return {item["key"] for item in sample(found, most)}

    def _add(self, entry: Task, records: Sequence[Record]) -> set[str]:
        data = build(entry, list(records), self._limits, self._mining)
        if reason := data.missing():
            self.missing[entry.name] = reason
            return set()
        data.rows.to_parquet(self._folder / f"{entry.name}.parquet", index=False)
        self.built[entry.name] = {
            "hash": data_hash(data),
            "rows": len(data.rows),
            "dropped": data.dropped,
            "written_by": data.written_by,
            "mined": data.mined and asdict(data.mined),
        }
        used = set(data.rows["unit"])
        behind = {record.id: record for record in records if record.document in used}
        self.cards[entry.name] = card(data, behind)
        self.texts[entry.name] = data.texts()
        known_as = chain.from_iterable(record.facts.get("identities", ()) for record in behind.values())
        self.documents[entry.name] = used | set(known_as)
        return used
