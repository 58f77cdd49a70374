"""Each distinct text encoded once for a model: a store in which a vector is found by what decides it.

A *place* of the store holds one way of encoding: the encoder's revision (weights, pooling, maximum length, dtype), the
side (its prompt), the token budget, the libraries and this code name it. In it, texts are found by their hash, whatever
task, family or benchmark asks for them. A *segment* of a place is what one call found missing: planned over the whole
sorted list, encoded in batches of similar length, kept in shards, and sealed when it is whole. A call that was
interrupted is taken up by the next, with the same batches and so the same bytes.

A vector depends a little on the texts beside it in its batch (1e-7 in fp32, 1e-3 in bf16), and so on its segment. `Plan`
tells, before anything is encoded, in which segment each text is or will be; results carry that in their key.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from medte.engine import Engine
from medte.machine import threads, use_threads
from medte.manifest import code_digest, digest, seal, unseal, verify, write_text
from medte.models.load import Encoder, SentenceEncoder
from medte.paths import PACKAGE

VERSIONS = [version(package).split("+")[0] for package in ("torch", "transformers", "sentence-transformers")]
SHARD = 1024  # texts between two saves
INDEX = "texts.txt"  # of a segment: the hash of each row's text
MEASURED = ("texts", "tokens", "truncated", "timed", "seconds")  # of a segment
CODE = [PACKAGE / "models" / name for name in ("embeddings.py", "load.py", "lexical.py")]  # what decides a vector

Say = Callable[[int, int], None]


class Vectors:
    """The vectors of a set of texts: `vectors[text]` is one row."""

    def __init__(self, texts: Sequence[str], rows: np.ndarray):
        self.rows, self.position = rows, {text: i for i, text in enumerate(texts)}

    def __getitem__(self, text: str) -> np.ndarray:
        return self.rows[self.position[text]]

    def of(self, texts: Iterable[str]) -> np.ndarray:
        """The rows of `texts`, in their order: (n, d)."""
        return self.rows[[self.position[text] for text in texts]]


@dataclass(frozen=True)
class Encoded:
    """What an encoder made of texts: the vectors of each side, and the side that each role's texts are on."""

    revision: str
    side: Mapping[str, str]
    vectors: Mapping[str, Vectors]

    def of(self, texts: Iterable[str], role: str) -> np.ndarray:
        """The rows of `texts` in that role ("query", "document" or a family), in their order: (n, d)."""
        return self.vectors[self.side[role]].of(texts)

    def only(self, texts: Mapping[str, Iterable[str]]) -> "Encoded":
        """The same of some `texts` alone, given by role: what a worker needs that has nothing to do with the others."""
        own: dict[str, set[str]] = {}
        for role, some in texts.items():
            own.setdefault(self.side[role], set()).update(some)
        vectors = {side: Vectors(some := sorted(of_side), self.vectors[side].of(some)) for side, of_side in own.items()}
        return Encoded(self.revision, self.side, vectors)


def batches(lengths: Sequence[int], budget: int) -> list[range]:
    """Consecutive ranges of ascending `lengths` whose longest × count stays within `budget`, each at least one long."""
    ranges, start = [], 0
    for i, length in enumerate(lengths):
        if i > start and length * (i + 1 - start) > budget:
            ranges.append(range(start, i))
            start = i
    return [*ranges, range(start, len(lengths))] if len(lengths) else []


class Plan:
    """Where the vectors of texts are, or will be once they are encoded; `texts` are given by role.

    Roles that are encoded alike are of one side and share vectors.
    """

    def __init__(self, encoder: Encoder, texts: Mapping[str, Iterable[str]], folder: Path):
        self.encoder = encoder
        self.side = {role: encoder.side(role) for role in texts}
        wanted: dict[str, set[str]] = {side: set() for side in self.side.values()}
        for role, own in texts.items():
            wanted[self.side[role]].update(own)
        self.sides = {side: _Side(encoder, sorted(own), folder, side) for side, own in wanted.items()}

    def segments(self, texts: Mapping[str, Iterable[str]]) -> list[str]:
        """The segments that hold some of `texts`, given by role: what their vectors depend on, beside the encoder."""
        return sorted({self.sides[self.side[role]].segment_of(text) for role, own in texts.items() for text in own})

    def encode(self, say: Say = lambda done, total: None, engine: Engine | None = None) -> Encoded:
        """All vectors; what is missing is encoded, in shards that an `engine` may share out.

        `say` gets the number of texts done and of all that were missing. Encoders that are made here (TF-IDF, random) are
        quick, and not stored. MedteError where a file of the store is damaged.
        """
        vectors = {name: side.vectors(say, engine or Engine()) for name, side in self.sides.items()}
        return Encoded(self.encoder.revision, self.side, vectors)

    def measured(self) -> dict[str, float]:
        """What encoding these texts' segments took: texts, tokens (as encoded), truncated texts and seconds, in all.

        Seconds are those of the calls that finished a segment, and `timed` the texts that these encoded themselves.
        """
        total: dict[str, float] = dict.fromkeys(MEASURED, 0)
        for side in self.sides.values():
            for segment in side.whole():
                manifest = unseal(side.place / segment)
                total = {key: total[key] + manifest[key] for key in total}
        return total


class _Side:
    """The distinct texts of one side, and where in the store each of them is."""

    def __init__(self, encoder: Encoder, texts: list[str], folder: Path, side: str):
        self.encoder, self.texts, self.side = encoder, texts, side
        self.stored = isinstance(encoder, SentenceEncoder)
        how = [getattr(encoder, "tokens_per_batch", None), side, VERSIONS, code_digest(*CODE)]
        self.place = folder / f"{encoder.revision}-{digest(how)[:8]}"
        self.address = {text: _address(text) for text in texts} if self.stored else {}
        self.where: dict[str, tuple[str, int]] = {}
        self._look()
        missing = [self.address[text] for text in self.missing()]
        self.next = digest(missing) if missing else ""

    def _look(self) -> None:
        known = _known(self.place)
        self.where = {text: known[address] for text, address in self.address.items() if address in known}

    def missing(self) -> list[str]:
        """The texts whose vectors are to be stored and are not there, in alphabetical order."""
        return [text for text in self.address if text not in self.where]

    def segment_of(self, text: str) -> str:
        """The name of the segment that holds a text, or will hold it; "" where vectors are not stored."""
        return self.where[text][0] if text in self.where else self.next

    def whole(self) -> set[str]:
        """The segments in use that are whole."""
        return {segment for segment, _ in self.where.values()}

    def vectors(self, say: Say, engine: Engine) -> Vectors:
        """The vectors of all texts of the side."""
        if not self.stored:
            say(len(self.texts), len(self.texts))
            return Vectors(self.texts, self.encoder.encode(self.texts, self.side))
        if missing := self.missing():
            _encode(self.encoder, missing, self.place / self.next, say, self.side, engine)
            self._look()
        return Vectors(self.texts, _gather(self.place, [self.where[text] for text in self.texts]))


def _address(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _known(place: Path) -> dict[str, tuple[str, int]]:
    """Where the vector of each text is, by the text's hash: (segment, row)."""
    found: dict[str, tuple[str, int]] = {}
    for segment in sorted(path.parent for path in place.glob("*/manifest.json")):
        addresses = verify(segment, INDEX).read_text(encoding="utf-8").split()
        found |= {address: (segment.name, row) for row, address in enumerate(addresses)}
    return found


def _gather(place: Path, where: Sequence[tuple[str, int]]) -> np.ndarray:
    """The rows at (segment, row), in their order: (n, d). One shard at a time beside them is in memory."""
    segment_of, row_of = np.array([segment for segment, _ in where]), np.array([row for _, row in where])
    gathered = None
    for segment in sorted(set(segment_of.tolist())):
        start = 0
        for name in sorted(name for name in unseal(place / segment)["files"] if name.endswith(".npy")):
            shard = np.load(verify(place / segment, name))
            if gathered is None:
                gathered = np.empty((len(where), shard.shape[1]), dtype=shard.dtype)
            inside = (segment_of == segment) & (start <= row_of) & (row_of < start + len(shard))
            gathered[inside] = shard[row_of[inside] - start]
            start += len(shard)
    return gathered


def _encode(encoder: SentenceEncoder, texts: list[str], segment: Path, say: Say, side: str, engine: Engine) -> None:
    """Fill and seal a segment with the vectors of `texts`; shards that are there already are kept."""
    counts = dict(zip(texts, encoder.token_counts(texts, side), strict=True))
    lengths = {text: min(count, encoder.max_length) for text, count in counts.items()}
    ordered = sorted(texts, key=lambda text: (counts[text], text))
    segment.mkdir(parents=True, exist_ok=True)
    shards = {segment / f"{at:07d}.npy": ordered[at : at + SHARD] for at in range(0, len(ordered), SHARD)}
    left = {path: part for path, part in shards.items() if not _is_whole(path, len(part))}
    done, start = len(ordered) - sum(map(len, left.values())), time.monotonic()
    resumed = done
    planned = [(part, batches([lengths[text] for text in part], encoder.tokens_per_batch)) for part in left.values()]
    for path, rows in zip(left, engine.map(_shard, planned, (encoder, side, threads())), strict=True):
        _save(path, rows)
        done += len(rows)
        say(done, len(ordered))
    write_text(segment / INDEX, "\n".join(_address(text) for text in ordered) + "\n")
    facts = {
        "texts": len(ordered),
        "tokens": sum(lengths.values()),
        "truncated": sum(counts[text] > encoder.max_length for text in ordered),
        "timed": len(ordered) - resumed,
        "seconds": round(time.monotonic() - start, 3),
    }
    seal(segment, facts, [*shards, segment / INDEX])


def _shard(planned: tuple[list[str], list[range]], how: tuple[SentenceEncoder, str, int]) -> np.ndarray:
    """The vectors of one shard's texts, batch by batch: (n, d)."""
    texts, plan = planned
    encoder, side, count = how
    use_threads(count)
    return np.concatenate([encoder.encode([texts[i] for i in batch], side) for batch in plan])


def _is_whole(path: Path, rows: int) -> bool:
    """Whether a shard that an interrupted call left is there with all its rows."""
    try:
        return path.exists() and len(np.load(path)) == rows
    except (ValueError, EOFError):  # cut off: a power cut may do that to a file already renamed
        return False


def _save(path: Path, rows: np.ndarray) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as stream:
        np.save(stream, rows)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(part, path)
