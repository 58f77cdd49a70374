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


def clean_text(text: str) -> str:
    """The text after all steps."""
    for step in STEPS:
        text = step(text)
    return text


def clean(record: Record) -> Record:
    """The record with every text and option cleaned; a text that is empty afterwards is left out."""
    texts = {name: cleaned for name, text in record.texts.items() if (cleaned := clean_text(text))}
    facts = dict(record.facts)
    if "options" in facts:
        facts["options"] = [clean_text(option) for option in facts["options"]]
    return replace(record, texts=texts, facts=facts)
