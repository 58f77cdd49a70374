"""Cleaning in named steps, the same for every source (recipe §5, point 17)."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from medte.records import Record


def normalize_unicode(text: str) -> str:
    """Canonical composition, so that one character is always the same code points."""
    return unicodedata.normalize("NFC", text)


def strip_control_characters(text: str) -> str:
    """Without control characters other than white space."""
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc")


def collapse_whitespace(text: str) -> str:
    """Runs of white space as one space, none at the ends."""
    return re.sub(r"\s+", " ", text).strip()


STEPS: tuple[Callable[[str], str], ...] = (normalize_unicode, strip_control_characters, collapse_whitespace)


def clean(record: Record) -> Record:
    """The record with every text cleaned; a text that is empty afterwards is left out."""
    texts = {}
    for name, text in record.texts.items():
        for step in STEPS:
            text = step(text)
        if text:
            texts[name] = text
    return replace(record, texts=texts)
