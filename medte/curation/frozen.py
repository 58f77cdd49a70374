"""Frozen lists: which records an edition was made of, in which part, and a hash of what each said. No text.

A recorded result can so be made again from the sources after they have grown: what is listed is used, in its listed part;
what came later is left out and counted; what has changed or gone is named. The table has a row a record, sorted by source
and id: `id`, `source`, `part` ("training", "evaluation" or "kin"), `hash` (16 hex digits). It is Parquet, at about 12 bytes
a row (of 30,000 rows of a mix of sources 11.7; the same as CSV under xz 13.7), and opens with `pandas.read_parquet(path)`.
"""

from collections import Counter
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pandas as pd

from medte.errors import MedteError, require_known
from medte.manifest import digest, write_bytes
from medte.records import Record

COLUMNS = ["id", "source", "part", "hash"]
PARTS = ("training", "evaluation", "kin")
VOLATILE = {"revision", "mesh", "pmc"}  # facts that a publisher renews where the text stays, and that no task reads


def record_hash(record: Record) -> str:
    """16 hex digits: the same for records that say the same.

    Of the document, the texts in their order and the facts but for `VOLATILE`; not of date and licence.
    """
    facts = {name: value for name, value in record.facts.items() if name not in VOLATILE}
    return digest([record.document, list(record.texts.items()), facts])


def write(path: Path, parts: Iterable[tuple[str, Record]]) -> None:
    """Write the list of (part, record), whole or not at all. ValueError for an id that comes twice."""
    rows = [(record.id, record.source, part, record_hash(record)) for part, record in parts]
    table = pd.DataFrame(rows, columns=COLUMNS, dtype=str).sort_values(["source", "id"])
    require_known("part", table["part"].unique(), PARTS)
    if len(twice := table.loc[table["id"].duplicated(), "id"]):
        raise ValueError(f"ids listed twice: {len(twice)}, the first {twice.iloc[0]}; an id stands for one record")
    content = BytesIO()
    options = {"compression": "zstd", "compression_level": 19, "use_dictionary": ["source", "part"]}
    table.to_parquet(content, index=False, **options)
    write_bytes(path, content.getvalue())


def read(path: Path) -> pd.DataFrame:
    """The list: id, source, part, hash. MedteError where there is none, or it is damaged."""
    if not path.exists():
        known = ", ".join(sorted(file.name for file in path.parent.glob("*-frozen.parquet"))) or "none"
        raise MedteError(f"there is no frozen list {path}; known there: {known}")
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise MedteError(f"{path} is damaged ({error}); restore it from the repository") from error
    if list(table.columns) != COLUMNS:
        raise MedteError(f"{path} has the columns {list(table.columns)}; a frozen list has {COLUMNS}")
    return table


class Frozen:
    """A frozen list beside a stream of records: gives each its part, and keeps in what the stream differs from the list."""

    def __init__(self, path: Path):
        self._listed = {row.id: row for row in read(path).itertuples(index=False)}
        self._seen: set[str] = set()
        self._changed: set[str] = set()
        self.left_out: Counter = Counter()  # by (source, reason): "not in the list …", "came twice"

    def part(self, record: Record) -> str | None:
        """The part that a record is listed in, which it keeps where it has changed; None for one that is left out."""
        listed = self._listed.get(record.id)
        if listed is None:
            self.left_out[record.source, "not in the list (new since, or dropped then)"] += 1
            return None
        if record.id in self._seen:
            self.left_out[record.source, "came twice"] += 1
            return None
        self._seen.add(record.id)
        if record_hash(record) != listed.hash:
            self._changed.add(record.id)
        return listed.part

    def part_of(self, identity: str) -> str:
        """The part that the record of that id is listed in."""
        return self._listed[identity].part

    def differences(self) -> pd.DataFrame:
        """id, source and difference, in the list's order, once the stream is through.

        "changed": the record does not say what it said, and is used as it now is; "gone": the stream had no such record.
        """
        found = {identity: "gone" for identity in self._listed if identity not in self._seen}
        found |= dict.fromkeys(self._changed, "changed")
        rows = [(row.id, row.source, found[row.id]) for row in self._listed.values() if row.id in found]
        return pd.DataFrame(rows, columns=["id", "source", "difference"])
