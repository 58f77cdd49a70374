"""The words by which written texts are made and checked."""

import re

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

STEM = 5  # letters


def content_words(text: str) -> dict[str, str]:
    """The content words of a text by their stems, in order, each stem once with the word that it came with first.

    A content word has three letters or more and is no stop word (scikit-learn's list); a stem is its first five
    letters, so that "treating" and "treatment" are one, but "international" and "intervention" are too. Lower case.
    """
    found: dict[str, str] = {}
    for word in re.findall(r"[^\W\d_]{3,}", text.lower()):
        if word not in ENGLISH_STOP_WORDS:
            found.setdefault(word[:STEM], word)
    return found


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """The sequences of `length` words or numbers in a text, whatever its case and punctuation."""
    words = re.findall(r"\w+", text.casefold())
    return set(zip(*(words[start:] for start in range(length)), strict=False))
