"""The training pairs of an edition on disk, each with what the leakage audit says of it.

Columns: sentence1, sentence2, source, document, split ("subjects": of no evaluated subject; "documents": of an evaluated
subject but of no evaluated document; "evaluation": of an evaluated document), and leak, side, tasks: the audit's verdict,
empty where the pair touches nothing of the evaluation.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from medte.chance import chance
from medte.curation.leakage import Audit
from medte.curation.pairs import pairs as make_pairs
from medte.curation.shelf import read_batch
from medte.engine import Engine

PAIR_COLUMNS = ["sentence1", "sentence2", "source", "document"]
SCHEMA = pa.schema(
    [(name, pa.string()) for name in [*PAIR_COLUMNS, "split", "leak"]]
    + [("side", pa.int8()), ("tasks", pa.list_(pa.string()))]
)
DRAFT = SCHEMA.append(pa.field("draw", pa.uint64()))


@dataclass(frozen=True)
class Work:
    """The records of one batch whose pairs are of one split."""

    split: str
    batch: Path
    places: list[int]


@dataclass
class Counts:
    """What was found while pairs were written."""

    pairs: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))  # split -> source -> kept pairs
    leaks: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))  # split -> (source, reason)
    tasks: Counter = field(default_factory=Counter)  # (split, source, task, reason)
    evaluation_texts: int = 0  # distinct texts of the kept pairs that are evaluation texts


def write(
    path: Path, work: Iterable[Work], audit: Audit, texts: set[str], most: int | None, seed: int, engine: Engine
) -> Counts:
    """Write the pairs of `work` in its order, each once in a split; of those that touch nothing at most `most` a source.

    Which ones these are is drawn by hash. `texts` are the evaluation's: how many of them the kept pairs hold nevertheless is
    counted.
    """
    counts, draws, seen = Counts(), defaultdict(list), set()
    draft = path.with_suffix(".draft")
    with pq.ParquetWriter(draft, DRAFT, compression="zstd") as writer:
        for rows in engine.map(_audited, work, shared=(audit, seed)):
            rows = rows[_are_new(rows, seen)]
            if rows.empty:
                continue
            for group, own in rows[rows["leak"] == ""].groupby(["split", "source"]):
                draws[group].append(own["draw"].to_numpy())
            _count_leaks(rows[rows["leak"] != ""], counts)
            writer.write_table(pa.Table.from_pandas(rows, DRAFT, preserve_index=False))
    last = {group: _last(np.concatenate(own), most) for group, own in draws.items()}
    found: set[str] = set()
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for batch in pq.ParquetFile(draft).iter_batches(batch_size=10_000):
            rows = batch.to_pandas()
            ends = [last.get(group, 0) for group in zip(rows["split"], rows["source"], strict=True)]
            rows = rows[(rows["leak"] != "") | (rows["draw"] <= np.array(ends, dtype=np.uint64))]
            kept = rows[rows["leak"] == ""]
            for split, own in kept.groupby("split"):
                counts.pairs[split].update(own["source"])
            found |= texts & {*kept["sentence1"], *kept["sentence2"]}
            writer.write_table(pa.Table.from_pandas(rows[SCHEMA.names], SCHEMA, preserve_index=False))
    draft.unlink()
    counts.evaluation_texts = len(found)
    return counts


def _audited(work: Work, shared: tuple[Audit, int]) -> pd.DataFrame:
    """The pairs of one piece of work with their verdicts, and the draw by which a source is cut."""
    audit, seed = shared
    made = list(make_pairs(read_batch(work.batch, work.places)))
    verdicts = audit.verdicts(made)
    columns = {name: [getattr(pair, name) for pair in made] for name in PAIR_COLUMNS}
    columns |= {
        "split": work.split,
        "leak": [verdict.reason if verdict else "" for verdict in verdicts],
        "side": [verdict.side if verdict else 0 for verdict in verdicts],
        "tasks": [list(verdict.tasks) if verdict else [] for verdict in verdicts],
        "draw": np.array([chance(seed, pair.sentence1, pair.sentence2) for pair in made], dtype=np.uint64),
    }
    return pd.DataFrame(columns)


def _are_new(rows: pd.DataFrame, seen: set[bytes]) -> np.ndarray:
    """Which rows are a pair that its split has not had, (n,) bool; `seen` holds 128 bits of each."""
    new = []
    for row in rows[["split", *PAIR_COLUMNS]].itertuples(index=False):
        mark = blake2b("\x1f".join(row).encode(), digest_size=16).digest()
        new.append(mark not in seen)
        seen.add(mark)
    return np.array(new, dtype=bool)


def _count_leaks(rows: pd.DataFrame, counts: Counts) -> None:
    for row in rows.itertuples(index=False):
        counts.leaks[row.split][row.source, row.leak] += 1
        counts.tasks.update((row.split, row.source, task, row.leak) for task in row.tasks)


def _last(draws: np.ndarray, most: int | None) -> int:
    """The largest draw of a source that stays."""
    return int(np.sort(draws)[most - 1] if most is not None and len(draws) > most else draws.max())
