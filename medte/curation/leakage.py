"""Training pairs that touch the benchmark: each pair's document and two sides against those of every task.

What becomes of a pair that touches it is the caller's to decide (recipe §5, points 1 and 2).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rensa import RMinHash

from medte.curation.deduplicate import NEAR_DUPLICATE, SAME_WORDS, normalized, shingles
from medte.records import Pair

SAME_DOCUMENT, SAME_TEXT = "same document", "same text"
SHORTEST_NEAR = 5  # words; a shorter text is a near-duplicate of none

Tasks = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a pair touches the benchmark, the first side that does (1 or 2; 0 is the document), and the tasks touched."""

    reason: str
    side: int
    tasks: Tasks


class Audit:
    """What pairs are held against: the texts and documents of all tasks. It never changes, and it can be pickled.

    A text stands in it once, however many tasks have it, and as hashes alone.
    """

    def __init__(
        self, texts: Mapping[str, Iterable[str]], documents: Mapping[str, Iterable[str]], threshold: float | None
    ):
        """`texts` and `documents` are those of each task; documents go by name and by identity ("doi:…") alike.

        `threshold` is the similarity, above 0 and at most 1, from which texts are near-duplicates; None looks for none.
        """
        self.threshold = threshold
        self._documents: dict[str, Tasks] = {}
        self._texts: dict[bytes, Tasks] = {}
        self._words: dict[bytes, Tasks] = {}
        for task, names in documents.items():
            for name in names:
                _enter(self._documents, name, task)
        words_of: dict[bytes, bytes] = {}  # of each text
        hashes: dict[bytes, np.ndarray] = {}  # of each normalised text that can be a near-duplicate
        for task, own in texts.items():
            for text in own:
                key = _key(text)
                if key not in words_of:
                    words = normalized(text)
                    words_of[key] = _key(words)
                    if threshold is not None and _is_long(words) and words_of[key] not in hashes:
                        hashes[words_of[key]] = _shingle_hashes(words)
                _enter(self._texts, key, task)
                _enter(self._words, words_of[key], task)
        self._words.pop(_key(""), None)  # texts without words have no words in common
        self._shingles = _ShingleIndex(hashes)

    def verdicts(self, pairs: Sequence[Pair]) -> list[Verdict | None]:
        """For each pair why it touches the benchmark, or None. The first reason that holds of these:

        - "same document": its document, or an identity of it, is one that a task's rows come from
        - "same text": a side is a task's text, character for character
        - "same words": a side is a task's text up to case, accents, punctuation and spacing, and has words
        - "near-duplicate": the shingles of a side and those of a task's text have at least the threshold as their Jaccard
          similarity, by exact count; both have at least 5 words. One changed word leaves .8 only of a text of at least 25
          words: the same short question about another disease is no near-duplicate. Nor is a passage of a text, unless
          it is most of it.
        """
        return [self._verdict(pair) for pair in pairs]

    def _verdict(self, pair: Pair) -> Verdict | None:
        touched = {*self._documents.get(pair.document, ())}.union(
            *(self._documents.get(i, ()) for i in pair.identities)
        )
        if touched:
            return Verdict(SAME_DOCUMENT, 0, tuple(sorted(touched)))
        sides = (pair.sentence1, pair.sentence2)
        words = [normalized(side) for side in sides]
        return (
            _by_side(SAME_TEXT, [self._texts.get(_key(side), ()) for side in sides])
            or _by_side(SAME_WORDS, [self._words.get(_key(side), ()) for side in words])
            or _by_side(NEAR_DUPLICATE, [self._near(side) for side in words])
        )

    def _near(self, words: str) -> Tasks:
        if self.threshold is None or not _is_long(words):
            return ()
        return tuple(task for key in self._shingles.near(words, self.threshold) for task in self._words[key])


class _ShingleIndex:
    """Which texts hold a shingle: 12 bytes for each distinct shingle of each text."""

    def __init__(self, hashes: Mapping[bytes, np.ndarray]):
        """`hashes` are the distinct shingles of each text."""
        self.texts = list(hashes)
        self.sizes = np.array([len(own) for own in hashes.values()], dtype=np.int64)
        found = np.concatenate([np.empty(0, dtype=np.uint64), *hashes.values()])
        order = np.argsort(found)
        self.hashes = found[order]
        self.holders = np.repeat(np.arange(len(hashes), dtype=np.int32), self.sizes)[order]

    def near(self, words: str, threshold: float) -> list[bytes]:
        """The texts whose Jaccard similarity with `words` is at least `threshold`.

        A text most of whose shingles nobody holds is done with at once: the similarity is at most the share held.
        """
        own = _shingle_hashes(words)
        starts, ends = (np.searchsorted(self.hashes, own, side) for side in ("left", "right"))
        if (ends > starts).mean() < threshold:
            return []
        holders = np.concatenate([self.holders[start:end] for start, end in zip(starts, ends, strict=True)])
        shared = np.bincount(holders, minlength=len(self.texts))
        similarity = shared / (self.sizes + len(own) - shared)
        return [self.texts[number] for number in np.flatnonzero(similarity >= threshold)]


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _is_long(words: str) -> bool:
    return len(words.split()) >= SHORTEST_NEAR


def _shingle_hashes(words: str) -> np.ndarray:
    """The distinct shingles of a normalised text as numbers, the same in every process: (n,) uint64, sorted."""
    return np.unique(np.array(RMinHash.hash_token_sets([shingles(words)])[0], dtype=np.uint64))


def _enter(index: dict, key: str | bytes, task: str) -> None:
    tasks = index.get(key, ())
    if task not in tasks:
        index[key] = (*tasks, task)


def _by_side(reason: str, touched: Sequence[Tasks]) -> Verdict | None:
    """The verdict on two sides from the tasks that each touches; None where neither touches one."""
    if not any(touched):
        return None
    return Verdict(reason, 1 if touched[0] else 2, tuple(sorted({*touched[0], *touched[1]})))
