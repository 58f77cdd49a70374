"""Records that say what an earlier record has said, in the same words or nearly so: each leaves with the one it repeats.

Records flow past in batches: `fingerprints` keeps 528 bytes of each text, and once all are there `repeats` decides from
these alone. Nearness of texts is the Jaccard similarity of the sets of their `shingles`, here as MinHash estimates it.
"""

import hashlib
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rensa import RMinHash

from medte.errors import MedteError
from medte.records import Record

SAME_WORDS, NEAR_DUPLICATE = "same words", "near-duplicate"
PERMUTATIONS, SEED = 128, 1
COMPARED = 32  # kept records that agree on a band, to compare a later one with
CERTAINTY = 0.99  # chance at least that two texts just at the threshold are compared
BLOCK = 65_536  # rows whose buckets are read at a time
ACCENTS = re.compile("[\u0300-\u036f]")
MIXING = np.random.default_rng(SEED).integers(2**64, size=PERMUTATIONS, dtype=np.uint64) | np.uint64(1)


def normalized(text: str) -> str:
    """The words and numbers of `text` in lower case and without accents, joined by single spaces.

    Equal for texts that differ in form alone.
    """
    plain = ACCENTS.sub("", unicodedata.normalize("NFD", text.casefold()))
    return " ".join(re.findall(r"\w+", plain))


def shingles(normal: str) -> list[str]:
    """Every three words in a row of a normalised text, with two blanks before and behind it: words + 2 shingles.

    Thanks to the blanks each word stands in three of them: one changed word changes three, at the ends as in the middle.
    """
    words = ["", "", *normal.split(), "", ""]
    return list(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def wording(record: Record) -> str:
    """What a record says, as one text: its texts, then the options of a question."""
    return "\n".join([*record.texts.values(), *record.facts.get("options", [])])


def fingerprints(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Two fingerprints of each text: a hash of its normalised form, (n, 2) uint64, and its MinHash, (n, 128) uint32.

    Texts of the same words have the same ones; the share of equal minima estimates the Jaccard similarity J of two
    texts' shingles, with a standard error of at most √(J(1−J)/128): .035 at .8.
    """
    normal = [normalized(text) for text in texts]
    hashes = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in normal)
    minima = RMinHash.digest_matrix_from_token_sets([shingles(text) for text in normal], PERMUTATIONS, SEED)
    exact = np.frombuffer(hashes, dtype=np.uint64).reshape(-1, 2)
    return exact, np.array(minima.to_rows(), dtype=np.uint32).reshape(-1, PERMUTATIONS)


def repeats(
    exact: np.ndarray, signatures: np.ndarray, threshold: float | None, scratch: Path
) -> dict[int, tuple[int, str]]:
    """For the index of each record that leaves, in order: the index of the kept one that it repeats, and the reason.

    First come, first kept: "same words" repeats an equal hash, "near-duplicate" a kept earlier record with at least
    `threshold` of its minima (None: only hashes count). What repeats the words of a record that left goes with it.

    Two records are compared only where they agree on a whole band of minima, which two at the threshold do with a chance
    of at least `CERTAINTY`: for a threshold of .8 there are 21 bands of 6, and the chance is .93 at a similarity of .7,
    .998 at .8 and above .99999 at .9. In each band a record is compared with the first `COMPARED` kept ones that it agrees
    with, so that the work grows with the records and not with their square, however often a template recurs; a record
    that is near none of these, but a kept one after them, is kept too.

    `signatures` may be a memory map. `scratch` is a folder for 84 bytes a record (at .8) while this runs; MedteError
    where it cannot be written.
    """
    first = _first_of_equal(exact)
    near = {} if threshold is None else _near(signatures, np.unique(first), threshold, scratch)
    found = {}
    for index in sorted({*near, *np.flatnonzero(first != np.arange(len(first))).tolist()}):
        original = int(first[index])
        kept = near.get(original, original)
        found[index] = (kept, SAME_WORDS if kept == original else NEAR_DUPLICATE)
    return found


def _first_of_equal(rows: np.ndarray) -> np.ndarray:
    """The index of the first row that equals each row: (n,) int64."""
    order = np.lexsort(rows.T)  # stable: equal rows stay in order
    opens = np.ones(len(rows), dtype=bool)
    opens[1:] = (rows[order[1:]] != rows[order[:-1]]).any(axis=1)
    first = np.empty(len(rows), dtype=np.int64)
    first[order] = order[opens][np.cumsum(opens) - 1]
    return first


def band_length(threshold: float) -> int:
    """Minima to a band: as many as leave two texts at the threshold a chance of `CERTAINTY` to agree on a band."""
    lengths = range(1, PERMUTATIONS + 1)
    return max(
        (n for n in lengths if 1 - (1 - threshold**n) ** (PERMUTATIONS // n) >= CERTAINTY),
        default=1,
    )


def _near(signatures: np.ndarray, rows: np.ndarray, threshold: float, scratch: Path) -> dict[int, int]:
    """For each of the `rows` that is near an earlier kept one: that one, the nearest of those compared."""
    found: dict[int, int] = {}
    if len(rows) < 2:
        return found
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        sizes = _write_buckets(signatures, rows, band_length(threshold), Path(folder))
        bounds = np.concatenate([[0], np.cumsum(np.minimum(sizes, COMPARED))])  # of each bucket's places in `kept`
        kept, filled = np.empty(bounds[-1], dtype=np.int32), bounds[:-1].copy()
        for row, own in _shared_buckets(rows, Path(folder)):
            others = np.unique(np.concatenate([kept[bounds[bucket] : filled[bucket]] for bucket in own]))
            shares = (signatures[others] == signatures[row]).mean(axis=1)
            if len(others) and shares.max() >= threshold:
                found[row] = int(others[shares.argmax()])
            else:
                free = own[filled[own] < bounds[own + 1]]
                kept[filled[free]] = row
                filled[free] += 1
    return found


def _write_buckets(signatures: np.ndarray, rows: np.ndarray, length: int, folder: Path) -> np.ndarray:
    """Write a file for each band: the bucket of each row, -1 where it is alone. Returns the sizes of all buckets."""
    found: list[np.ndarray] = []
    number = 0
    for start in range(0, PERMUTATIONS - length + 1, length):
        keys = signatures[:, start : start + length][rows] @ MIXING[:length]
        _, bucket, sizes = np.unique(keys, return_inverse=True, return_counts=True)
        shared = sizes > 1
        names = np.where(shared, number + np.cumsum(shared) - 1, -1).astype(np.int32)
        number += int(shared.sum())
        found.append(sizes[shared].astype(np.int32))
        try:
            np.save(folder / f"{start:03d}.npy", names[bucket])
        except OSError as error:
            raise MedteError(f"cannot write to {folder}: {error}; free some space, then run again") from error
    return np.concatenate(found)


def _shared_buckets(rows: np.ndarray, folder: Path) -> Iterator[tuple[int, np.ndarray]]:
    """The rows that share a bucket with another, in order, and the buckets that they share."""
    bands = [np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))]
    for start in range(0, len(rows), BLOCK):
        block = np.stack([band[start : start + BLOCK] for band in bands], axis=1)  # (rows, bands)
        for place in np.flatnonzero((block >= 0).any(axis=1)):
            yield int(rows[start + place]), block[place][block[place] >= 0]
