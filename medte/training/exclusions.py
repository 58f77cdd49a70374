"""Which texts of a batch are no negatives of each other: they are known to belong together, or say the same."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from medte.curation.deduplicate import fingerprints, repeats


class Exclusions:
    """For any two pairs of a training: whether the second text of one is known to be right for the first of the other.

    Texts of the same words, or nearly so, are one text here. The second text of a pair is known to be right for the first of
    another where the two stand together in some pair, and where they are the same text.
    """

    def __init__(self, pairs: pd.DataFrame, near: float | None):
        """`pairs` has sentence1 and sentence2; `near` is the Jaccard similarity of three-word sequences from which two texts
        say the same (None: only the same words do)."""
        texts = pd.unique(pairs[["sentence1", "sentence2"]].to_numpy().ravel())
        same = _same(texts.tolist(), near)
        number = dict(zip(texts, same, strict=True))
        self.first = pairs["sentence1"].map(number).to_numpy(dtype=np.int64)
        self.second = pairs["sentence2"].map(number).to_numpy(dtype=np.int64)
        self.texts = len(texts)
        self.known = np.unique([self._code(self.first, self.second), self._code(self.second, self.first)])

    def _code(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return first * self.texts + second

    def mask(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(n, m) bool: whether the second text of each of the `others` is known to be right for the first of each of the `rows`.

        Of a row and itself it is: who masks with this leaves out the pair itself.
        """
        first, second = self.first[rows][:, None], self.second[others][None, :]
        code = self._code(first, second)
        at = np.minimum(np.searchsorted(self.known, code), len(self.known) - 1)
        return (self.known[at] == code) | (first == second)


def _same(texts: list[str], near: float | None) -> np.ndarray:
    """For each text the number of the first that says the same: (n,) int64."""
    exact, minima = fingerprints(texts)
    number = np.arange(len(texts))
    with TemporaryDirectory() as scratch:
        for index, (kept, _) in repeats(exact, minima, near, Path(scratch)).items():
            number[index] = kept
    return number[number]  # what repeats the words of a text that is near another goes with it
