"""Models without weights: TF-IDF over the words of the benchmark, BM25, and random vectors as the floor of every task."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import version

import numpy as np

from medte.errors import MedteError
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

    def side(self, role: str) -> str:
        """Always "": all texts are encoded alike."""
        return ""

    def encode(self, texts: Sequence[str], side: str = "") -> np.ndarray:
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

    def side(self, role: str) -> str:
        """Always "": all texts are encoded alike."""
        return ""

    def encode(self, texts: Sequence[str], side: str = "") -> np.ndarray:
        """One row a text: (n, dimensions), float32."""
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> np.ndarray:
        number = int.from_bytes(hashlib.sha256(f"{self.seed}\x1f{text}".encode()).digest()[:8], "big")
        return np.random.default_rng(number).standard_normal(self.dimensions, dtype=np.float32)


class Bm25:
    """BM25 (Lucene's form, k1 1.5, b 0.75; English stop words, no stemming), which searches and encodes nothing.

    It follows mteb's search protocol, so that mteb scores it on retrieval tasks; it can do no other.
    """

    max_length = None

    def __init__(self):
        self.revision = f"bm25s-{version('bm25s')}-lucene-k1.5-b0.75"

    @cached_property
    def mteb_model_meta(self):
        """What mteb wants to know of a model."""
        from mteb.models.model_meta import ModelMeta

        return ModelMeta.create_empty({"name": "medte/bm25", "revision": self.revision})

    def index(self, corpus: Sequence[Mapping], **settings) -> None:
        """Count the words of the documents, of which each has `id`, `text` and perhaps `title`."""
        import bm25s

        self.names = [document["id"] for document in corpus]
        texts = [f"{document.get('title') or ''} {document['text']}" for document in corpus]
        tokens = bm25s.tokenize(texts, return_ids=False, show_progress=False)
        self.counts = bm25s.BM25(method="lucene", k1=1.5, b=0.75) if any(tokens) else None
        if self.counts:
            self.counts.index(tokens, show_progress=False)

    def search(
        self, queries: Sequence[Mapping], *, top_k: int, top_ranked: Mapping | None = None, **settings
    ) -> dict[str, dict[str, float]]:
        """For each query's `id` the scores of the best documents by their `id`, at most `top_k`, best first.

        Documents of equal score stand in their given order; one that shares no word with the query is not found.
        """
        import bm25s

        if top_ranked:
            raise MedteError("bm25 searches all documents and reranks none; leave it out of reranking tasks")
        tokens = bm25s.tokenize([query["text"] for query in queries], return_ids=False, show_progress=False)
        return {query["id"]: self._best(words, top_k) for query, words in zip(queries, tokens, strict=True)}

    def _best(self, words: list[str], top_k: int) -> dict[str, float]:
        if self.counts is None:
            return {}
        scores = self.counts.get_scores_from_ids(self.counts.get_tokens_ids(words))
        best = np.argsort(-scores, kind="stable")[:top_k]
        return {self.names[i]: float(scores[i]) for i in best if scores[i] > 0}
