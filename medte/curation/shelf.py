"""A shelf: the records of one source on disk, cleaned and in batches, so that never all of them are in memory.

`fill` reads a stream of records once. Each batch is cleaned, fingerprinted and written by one call of one function, here
or on another process; afterwards one pass over the fingerprints decides which records repeat another. What is on a shelf
stays as it is while its `key` stays the same, so that an interrupted build goes on with the next source.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from medte.chance import chance
from medte.curation.clean import clean
from medte.curation.deduplicate import PERMUTATIONS, fingerprints, repeats, wording
from medte.engine import Engine
from medte.manifest import seal, unseal
from medte.records import Record

SAME_ID = "id that is there already"
BATCH = 2_000  # records, some MB
AS_JSON = ("texts", "facts")
FIELDS = tuple(Record.__dataclass_fields__)


@dataclass(frozen=True)
class Curation:
    """How the records of a source are cleaned and compared."""

    steps: tuple[str, ...]  # names in `clean.STEPS`
    near: float | None  # share of equal minima from which a record repeats an earlier one; None compares word for word


@dataclass(frozen=True)
class _Batch:
    """What is known of a written batch: fingerprints of its records, and counts for the manifest."""

    ids: np.ndarray  # (n,) uint64, hashes of the records' ids
    exact: np.ndarray
    signatures: np.ndarray
    licences: Counter
    dates: list[str]  # the first and the last
    fictional: bool


def fill(
    folder: Path,
    key: str,
    records: Iterable[Record],
    curation: Curation,
    engine: Engine,
    left_out: Mapping[str, int] | None = None,
) -> "Shelf":
    """The shelf in `folder`, filled unless it was filled with the same `key`.

    `left_out` is what the reader counts while `records` streams. Workers of `engine` write into `folder` themselves, so it
    must be a folder that all of them see.
    """
    finished = unseal(folder)
    if finished and finished["key"] == key:
        return Shelf(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ids, exact, licences, dates, fictional, count = [], [], Counter(), [], False, 0
    with (folder / "signatures").open("wb") as stream:
        for batch in engine.map(_put, enumerate(_batched(records)), shared=(folder, curation)):
            ids.append(batch.ids)
            exact.append(batch.exact)
            batch.signatures.tofile(stream)
            count += len(batch.exact)
            licences += batch.licences
            dates = _ends([*dates, *batch.dates])
            fictional |= batch.fictional
    repeated = {}
    if count:
        repeated = _repeats(folder, np.concatenate(exact), curation.near) | _given_again(np.concatenate(ids))
    (folder / "signatures").unlink()
    rows = [(index, kept, reason) for index, (kept, reason) in sorted(repeated.items())]
    pd.DataFrame(rows, columns=["index", "kept", "reason"]).to_parquet(folder / "repeats.parquet")
    facts = {
        "key": key,
        "records": count,
        "left_out": dict(sorted((left_out or {}).items())),
        "repeated": dict(sorted(Counter(reason for *_, reason in rows).items())),
        "licences": dict(sorted(licences.items())),
        "dates": dates,
        "fictional": fictional,
    }
    seal(folder, facts, folder.glob("*.parquet"))
    return Shelf(folder)


def _repeats(folder: Path, exact: np.ndarray, near: float | None) -> dict[int, tuple[int, str]]:
    shape = (len(exact), PERMUTATIONS)
    signatures = np.memmap(folder / "signatures", dtype=np.uint32, mode="r", shape=shape)
    return repeats(exact, signatures, near, folder)


def _given_again(ids: np.ndarray) -> dict[int, tuple[int, str]]:
    """For each record whose id an earlier one has: the first of that id, and the reason."""
    _, first, number = np.unique(ids, return_index=True, return_inverse=True)
    return {int(i): (int(first[number[i]]), SAME_ID) for i in np.flatnonzero(first[number] != np.arange(len(ids)))}


def _batched(records: Iterable[Record]) -> Iterator[list[Record]]:
    stream = iter(records)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _put(item: tuple[int, list[Record]], shared: tuple[Path, Curation]) -> _Batch:
    """Clean and fingerprint one batch, and write it."""
    (number, records), (folder, curation) = item, shared
    cleaned = [clean(record, curation.steps) for record in records]
    pq.write_table(_table(cleaned), folder / f"{number:06d}.parquet", compression="zstd")
    exact, signatures = fingerprints([wording(record) for record in cleaned])
    ids = np.array([chance(record.id) for record in cleaned], dtype=np.uint64)
    licences = Counter(record.licence for record in cleaned)
    dates = _ends([record.date for record in cleaned if record.date])
    return _Batch(ids, exact, signatures, licences, dates, any(record.fictional for record in cleaned))


def _ends(dates: Sequence[str]) -> list[str]:
    return [min(dates), max(dates)] if dates else []


def _table(records: Sequence[Record]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [getattr(record, name) for record in records] for name in FIELDS}
    for name in AS_JSON:
        columns[name] = [json.dumps(value, ensure_ascii=False) for value in columns[name]]
    types = {name: pa.bool_() if name == "fictional" else pa.string() for name in FIELDS}
    return pa.table(columns, schema=pa.schema(types.items()))


class Shelf:
    """A filled shelf."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifest = unseal(folder)
        repeated = pq.read_table(folder / "repeats.parquet")
        self._repeated = set(repeated["index"].to_pylist())

    @property
    def kept_count(self) -> int:
        """How many records repeat no other."""
        return self.manifest["records"] - len(self._repeated)

    def kept(self) -> Iterator[Record]:
        """The records that repeat no other, in the order of reading."""
        for batch in self.batches():
            yield from read_batch(*batch)

    def batches(self) -> Iterator[tuple[Path, list[int]]]:
        """(file, positions in it of the kept records) of each batch, in order: units of work for `read_batch`."""
        start = 0
        for path in sorted(self.folder.glob("[0-9]*.parquet")):
            count = pq.read_metadata(path).num_rows
            yield path, [place for place in range(count) if start + place not in self._repeated]
            start += count


def read_batch(path: Path, places: Sequence[int]) -> list[Record]:
    """The records at some places of a batch."""
    rows = pq.read_table(path).take(pa.array(places, pa.int64())).to_pylist()
    return [Record(**{**row, **{name: json.loads(row[name]) for name in AS_JSON}}) for row in rows]
