"""Each distinct text encoded once for a model: planned over the whole sorted list, kept in shards, whole or not at all."""

import os
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from medte.manifest import code_digest, digest, seal, unseal, verify
from medte.models.load import Encoder, SentenceEncoder
from medte.paths import PACKAGE

VERSIONS = [version(package).split("+")[0] for package in ("torch", "transformers", "sentence-transformers")]
SHARD = 1024  # texts between two saves


class Vectors:
    """The vectors of a set of texts: `vectors[text]` is one row."""

    def __init__(self, texts: Sequence[str], rows: np.ndarray):
        self.rows, self.position = rows, {text: i for i, text in enumerate(texts)}

    def __getitem__(self, text: str) -> np.ndarray:
        return self.rows[self.position[text]]

    def of(self, texts: Iterable[str]) -> np.ndarray:
        """The rows of `texts`, in their order: (n, d)."""
        return self.rows[[self.position[text] for text in texts]]


def batches(lengths: Sequence[int], budget: int) -> list[range]:
    """Consecutive ranges of ascending `lengths` whose longest × count stays within `budget`, each at least one long."""
    ranges, start = [], 0
    for i, length in enumerate(lengths):
        if i > start and length * (i + 1 - start) > budget:
            ranges.append(range(start, i))
            start = i
    return [*ranges, range(start, len(lengths))] if len(lengths) else []


def embed(
    encoder: Encoder, texts: Iterable[str], folder: Path, say: Callable[[int, int], None] = lambda done, total: None
) -> Vectors:
    """The vectors of all distinct `texts`, from `folder` where they were encoded before.

    The plan is the texts sorted by number of tokens; it, the encoder's revision, the libraries and this code name the
    sub-folder, so that the same texts get the same batches and byte-identical vectors, and nothing stale is used. Shards that an interrupted call saved are used by the next.
    `say` gets the number of texts done and of all.
    """
    distinct = sorted(set(texts))
    if not isinstance(encoder, SentenceEncoder):
        say(len(distinct), len(distinct))
        return Vectors(distinct, encoder.encode(distinct))
    counts = dict(zip(distinct, encoder.token_counts(distinct), strict=True))
    ordered = sorted(distinct, key=lambda text: (counts[text], text))
    how = [encoder.tokens_per_batch, VERSIONS, code_digest(PACKAGE / "models"), ordered]
    plan = folder / f"{encoder.revision}-{digest(how)}"
    if unseal(plan) is None:
        plan.mkdir(parents=True, exist_ok=True)
        starts = range(0, len(ordered), SHARD)
        for start in starts:
            part = ordered[start : start + SHARD]
            path = plan / f"{start:07d}.npy"
            if not path.exists():
                lengths = [min(counts[text], encoder.max_length) for text in part]
                rows = [
                    encoder.encode([part[i] for i in batch]) for batch in batches(lengths, encoder.tokens_per_batch)
                ]
                _save(path, np.concatenate(rows))
            say(start + len(part), len(ordered))
        truncated = sum(counts[text] > encoder.max_length for text in ordered)
        facts = {"texts": len(ordered), "tokens": sum(counts.values()), "truncated": truncated}
        seal(plan, facts, plan.glob("*.npy"))
    shards = [np.load(verify(plan, name)) for name in sorted(unseal(plan)["files"])]
    return Vectors(ordered, np.concatenate(shards))


def _save(path: Path, rows: np.ndarray) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as stream:
        np.save(stream, rows)
    os.replace(part, path)
