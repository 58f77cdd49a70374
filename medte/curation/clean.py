"""Cleaning in named steps, the same for every source unless the profile says otherwise (recipe §5, point 17)."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from medte.records import Record

CONTROL_CHARACTERS = dict.fromkeys(
    code for code in range(0xA0) if unicodedata.category(chr(code)) == "Cc" and not chr(code).isspace()
)


def normalize_unicode(text: str) -> str:
    """Canonical composition, so that one character is always the same code points."""
    return unicodedata.normalize("NFC", text)


def strip_control_characters(text: str) -> str:
    """Without control characters other than white space."""
    return text.translate(CONTROL_CHARACTERS)


def collapse_whitespace(text: str) -> str:
    """Runs of white space as one space, none at the ends."""
    return re.sub(r"\s+", " ", text).strip()


def keep_plain_letters(text: str) -> str:
    """Lower case, and of its characters only a to z, 0 to 9, full stops, commas and spaces: the paper's way with MIMIC (recipe §1)."""
    return re.sub(r"[^a-z0-9., ]", " ", text.lower())


STEPS: dict[str, Callable[[str], str]] = {
    step.__name__: step
    for step in (normalize_unicode, strip_control_characters, collapse_whitespace, keep_plain_letters)
}
DEFAULT_STEPS = ("normalize_unicode", "strip_control_characters", "collapse_whitespace")


def clean_text(text: str, steps: Sequence[str] = DEFAULT_STEPS) -> str:
    """The text after all `steps`, which are names in `STEPS`."""
    for step in steps:
        text = STEPS[step](text)
    return text


def clean(record: Record, steps: Sequence[str] = DEFAULT_STEPS) -> Record:
    """The record with every text and option cleaned; a text that is empty afterwards is left out."""
    texts = {name: cleaned for name, text in record.texts.items() if (cleaned := clean_text(text, steps))}
    facts = dict(record.facts)
    if "options" in facts:
        facts["options"] = [clean_text(option, steps) for option in facts["options"]]
    return replace(record, texts=texts, facts=facts)
