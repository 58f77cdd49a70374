"""Encoders without a network: TF-IDF over the words of the benchmark, and random vectors as the floor of every task."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from medte.manifest import digest

TFIDF_COLUMNS = 8192
STEM = 5  # letters


class TfidfEncoder:
    """TF-IDF over word stems, counted in the texts to encode, the commonest 8,192 at most; rows of length 1.

    As in search, where the collection itself is counted; no label is seen. A stem is the first five letters of a word.
    """

    max_length = None

    def __init__(self, corpus: Sequence[str]):
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.vectorizer = TfidfVectorizer(
            max_features=TFIDF_COLUMNS, sublinear_tf=True, analyzer=_stems, dtype=np.float32
        )
        self.vectorizer.fit(corpus)
        self.revision = digest(["tfidf", TFIDF_COLUMNS, STEM, list(corpus)])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text: (n, columns), float32. A text without a known word is a row of zeros."""
        return self.vectorizer.transform(texts).toarray()


def _stems(text: str) -> list[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = re.findall(r"\b\w\w+\b", text.lower())
    return [word[:STEM] for word in words if word not in ENGLISH_STOP_WORDS]


class RandomEncoder:
    """A vector drawn for each distinct text, from the text's hash and a seed: the same text, the same vector."""

    max_length = None

    def __init__(self, seed: int, dimensions: int = 384):
        self.seed, self.dimensions = seed, dimensions
        self.revision = f"seed-{seed}-d{dimensions}"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text: (n, dimensions), float32."""
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> np.ndarray:
        number = int.from_bytes(hashlib.sha256(f"{self.seed}\x1f{text}".encode()).digest()[:8], "big")
        return np.random.default_rng(number).standard_normal(self.dimensions, dtype=np.float32)
