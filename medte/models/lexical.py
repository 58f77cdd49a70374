"""Encoders without a network: TF-IDF over the words of an edition, and random vectors as the floor of every task."""

import hashlib
from collections.abc import Sequence

import numpy as np

from medte.manifest import digest

TFIDF_COLUMNS = 4096


class TfidfEncoder:
    """TF-IDF fitted on the edition's training texts, its commonest 4,096 words at most, rows of length 1."""

    max_length = None

    def __init__(self, training_texts: Sequence[str]):
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.vectorizer = TfidfVectorizer(
            max_features=TFIDF_COLUMNS, sublinear_tf=True, stop_words="english", dtype=np.float32
        )
        self.vectorizer.fit(training_texts)
        self.revision = digest(["tfidf", TFIDF_COLUMNS, list(training_texts)])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text: (n, columns), float32. A text without a known word is a row of zeros."""
        return self.vectorizer.transform(texts).toarray()


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
