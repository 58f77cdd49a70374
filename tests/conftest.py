"""What tests share: a home of their own, a few records, an encoder that needs no weights."""

import hashlib

import numpy as np
import pytest

from medte.records import Record


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Every test runs in a home of its own, without the settings of whoever starts it, and offline."""
    monkeypatch.setenv("MEDTE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for setting in ("MEDTE_MIRROR", "MEDTE_REPOSITORY", "MIMIC_FOLDER"):
        monkeypatch.delenv(setting, raising=False)
    return tmp_path / "home"


def make_record(name, source="pubmed", document=None, **texts):
    facts = texts.pop("facts", {})
    return Record(f"{source}:{name}", source, document or f"{source}:{name}", texts, "CC0-1.0", facts=facts)


class HashEncoder:
    """Vectors from a hash of the text's words: texts with common words are near, and nothing is loaded."""

    max_length = None
    revision = "hash-1"

    def __init__(self):
        self.encoded = []

    def encode(self, texts):
        self.encoded += list(texts)
        rows = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[0] = 0.01
            for word in text.lower().split():
                row[hashlib.md5(word.encode()).digest()[0] % 64] += 1
        return rows


@pytest.fixture
def hash_encoder():
    return HashEncoder()
