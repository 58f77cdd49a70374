"""How much a collection of texts repeats itself: shared sequences of words, and documents that are nearly the same."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer


def word_sequences(texts: Sequence[str], length: int) -> sparse.csr_matrix:
    """Which sequences of `length` words stand in which text: (texts, sequences), each counted once."""
    vectorizer = CountVectorizer(ngram_range=(length, length), token_pattern=r"\w+", binary=True, dtype=np.int32)
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:  # no text is that long
        return sparse.csr_matrix((len(texts), 0), dtype=np.int32)


def shared_sequences(texts: Sequence[str], length: int = 5, others: int = 5) -> np.ndarray:
    """For each text the share of its word sequences that stand in at least `others` other texts: (n,), 0 to 1."""
    found = word_sequences(texts, length)
    common = np.asarray(found.sum(axis=0)).ravel() > others
    total = np.asarray(found.sum(axis=1)).ravel()
    return found @ common.astype(np.int32) / np.maximum(total, 1)


def near_duplicates(
    texts: Sequence[str],
    against: Sequence[str] | None = None,
    threshold: float = 0.4,
    length: int = 3,
    block: int = 512,
) -> np.ndarray:
    """Which texts have a near-duplicate among the others, or among `against`: (n,) bool.

    Near: the Jaccard similarity of the sets of `length`-word sequences is over `threshold`. Exact, by blocks of a sparse
    product: for collections of some ten thousand texts.
    """
    both = word_sequences([*texts, *(against or [])], length)
    left, right = both[: len(texts)], both[len(texts) :] if against is not None else both
    sizes = np.asarray(left.sum(axis=1)).ravel(), np.asarray(right.sum(axis=1)).ravel()
    near = np.zeros(len(texts), dtype=bool)
    for start in range(0, len(texts), block):
        shared = (left[start : start + block] @ right.T).tocoo()
        rows = shared.row + start
        union = sizes[0][rows] + sizes[1][shared.col] - shared.data
        hit = shared.data > threshold * union
        if against is None:
            hit &= rows != shared.col
        near[rows[hit]] = True
    return near
