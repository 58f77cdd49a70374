"""Hard negatives: for each positive pair a wrong partner that is near its anchor and, as far as can be told, wrong.

A ranker is a function `rank(anchors, candidates, nearest)` that gives the indices of each anchor's nearest candidates, most
similar first, and their similarities, both (anchors, k) with k the smaller of `nearest` and the number of candidates. A
similarity is 1 for equal texts; candidates of equal similarity stand in their given order. The paper's ranker is
all-MiniLM-L6-v2, which it also judges (recipe §3, §5 points 9 and 10).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from medte.curation.deduplicate import normalized
from medte.manifest import digest

Encode = Callable[[Sequence[str]], np.ndarray]  # texts to rows, (n, d)
Ranker = Callable[[Sequence[str], Sequence[str], int], tuple[np.ndarray, np.ndarray]]
CHECKS = ("same string", "same words", "same document", "known positive", "shared focus")
SUSPECTED = "suspected"
BLOCK = 1024  # anchors ranked at a time


@dataclass(frozen=True)
class Positive:
    """Two texts that belong together, the document they come from and what they are about, where that is known."""

    anchor: str
    partner: str
    document: str
    focus: str | None = None


@dataclass(frozen=True)
class Choice:
    """A negative for each positive, in the order given (None where no candidate was allowed), and why others were refused."""

    negatives: list[str | None]
    seen: int  # candidates looked at: the nearest of each positive
    refused: dict[str, int]  # candidates by the first reason that held

    @property
    def suspected(self) -> float:
        """The share of the candidates seen that passed every check but are too near the true partner: 0 to 1."""
        return self.refused.get(SUSPECTED, 0) / max(self.seen, 1)


def bm25_ranker() -> Ranker:
    """A ranker by BM25 (Lucene's form, k1 1.5, b 0.75), counted in anchors and candidates together.

    The similarity is the candidate's score as a share of the score that the anchor's own text would get, at most 1.
    """

    def rank(anchors: Sequence[str], candidates: Sequence[str], nearest: int) -> tuple[np.ndarray, np.ndarray]:
        import bm25s

        place = {text: i for i, text in enumerate(candidates)}
        others = [text for text in dict.fromkeys(anchors) if text not in place]
        place |= {text: i for i, text in enumerate(others, start=len(candidates))}
        tokens = bm25s.tokenize([*candidates, *others], return_ids=False, show_progress=False)
        if not any(tokens):
            return _nearest(np.zeros((len(anchors), len(candidates))), nearest)
        index = bm25s.BM25()
        index.index(tokens, show_progress=False)
        rows = []
        for anchor in anchors:
            scores = index.get_scores_from_ids(index.get_tokens_ids(tokens[place[anchor]]))
            own = scores[place[anchor]]
            shares = np.minimum(scores[: len(candidates)] / own, 1) if own > 0 else np.zeros(len(candidates))
            rows.append(_nearest(shares[None], nearest))
        return _stacked(rows)

    return rank


def encoder_ranker(encode: Encode) -> Ranker:
    """A ranker by the cosine of vectors; each text is encoded once, however often it is ranked."""
    known: dict[str, np.ndarray] = {}

    def vectors(texts: Sequence[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            rows = np.asarray(encode(new), dtype=np.float32)
            known.update(zip(new, rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), strict=True))
        return np.stack([known[text] for text in texts])

    def rank(anchors: Sequence[str], candidates: Sequence[str], nearest: int) -> tuple[np.ndarray, np.ndarray]:
        left, right = vectors(anchors), vectors(candidates)
        blocks = (left[start : start + BLOCK] @ right.T for start in range(0, len(left), BLOCK))
        return _stacked([_nearest(block, nearest) for block in blocks])

    return rank


def _nearest(similarity: np.ndarray, nearest: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :nearest]
    return order, np.take_along_axis(similarity, order, axis=1)


def _stacked(rows: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    indices, similarities = zip(*rows, strict=True)
    return np.concatenate(indices), np.concatenate(similarities)


def choose(
    rows: Sequence[Positive],
    rank: Ranker,
    nearest: int,
    ceiling: float | None,
    seed: int,
    checks: Collection[str] = CHECKS,
) -> Choice:
    """For each positive a negative partner, drawn evenly among those of the `nearest` to its anchor that are allowed.

    Candidates are the partners of all rows. One is refused, in this order, as

    - "same string": the true partner's, letter by letter; "same words": up to case, punctuation and spacing
    - "same document": a partner in the positive's own document
    - "known positive": right for the same anchor in another row
    - "shared focus": of a row about the same thing
    - "suspected": at least as similar to the true partner as `ceiling` (0 to 1; None asks nothing), so perhaps right too

    of which `checks` names those that are made, besides the last. The same rows, seed and ranker give the same
    negatives, whatever the order of rows.
    """
    if not rows:
        return Choice([], 0, {})
    candidates = sorted({row.partner for row in rows})
    anchors = sorted({row.anchor for row in rows})
    near = dict(zip(anchors, rank(anchors, candidates, nearest)[0].tolist(), strict=True))
    suspects = {} if ceiling is None else _at_least(ceiling, rank, candidates, nearest)
    refuse = _Reasons(rows, checks)
    negatives, refused = [], Counter()
    for row in rows:
        allowed = []
        for index in near[row.anchor]:
            reason = refuse(row, candidates[index]) or (SUSPECTED if index in suspects.get(row.partner, ()) else None)
            if reason:
                refused[reason] += 1
            else:
                allowed.append(candidates[index])
        draw = int(digest([seed, row.anchor, row.partner, row.document]), 16)
        negatives.append(allowed[draw % len(allowed)] if allowed else None)
    return Choice(negatives, sum(len(near[row.anchor]) for row in rows), dict(sorted(refused.items())))


def _at_least(ceiling: float, rank: Ranker, candidates: Sequence[str], depth: int) -> dict[str, set[int]]:
    """For each candidate the indices of those whose similarity to it is at least `ceiling`, itself among them."""
    found, left = {}, list(candidates)
    while left:
        deeper = []
        for text, indices, similarities in zip(left, *rank(left, candidates, depth), strict=True):
            if similarities[-1] >= ceiling and len(indices) < len(candidates):
                deeper.append(text)
            else:
                found[text] = set(indices[similarities >= ceiling].tolist())
        left, depth = deeper, 2 * depth
    return found


def _words(text: str) -> str:
    return normalized(text) or text


class _Reasons:
    """Why a candidate may not be a positive's negative, from what all rows say; None where nothing speaks against it."""

    def __init__(self, rows: Sequence[Positive], checks: Collection[str]):
        self.checks = set(checks)
        self.words = {text: _words(text) for row in rows for text in (row.anchor, row.partner)}
        self.documents, self.foci, self.partners = defaultdict(set), defaultdict(set), defaultdict(set)
        for row in rows:
            words = self.words[row.partner]
            self.documents[words].add(row.document)
            self.foci[words].add(row.focus)
            self.partners[self.words[row.anchor]].add(words)

    def __call__(self, row: Positive, candidate: str) -> str | None:
        words = self.words[candidate]
        held = {
            "same string": candidate == row.partner,
            "same words": words == self.words[row.partner],
            "same document": row.document in self.documents[words],
            "known positive": words in self.partners[self.words[row.anchor]],
            "shared focus": row.focus is not None and row.focus in self.foci[words],
        }
        return next((check for check in CHECKS if check in self.checks and held[check]), None)
