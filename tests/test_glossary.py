"""The glossary: every term once, in two sentences, and the words of the house and the metrics are among them."""

import re

from followed import blocks, read_page

PAGE = read_page("glossary")
NEEDED = (
    "source edition profile family task benchmark baseline published recorded live floor ceiling stand-in extractive sham leak "
    "near-duplicate hold-out InfoNCE max-t v-measure"
).split()
NEEDED += [
    "macro F1", "average precision", "nDCG@10", "in-batch negative", "hard negative", "Bayesian bootstrap", "rank group",
    "published protocol", "corrected protocol",
]  # fmt: skip


def terms():
    """Term → definition."""
    entries = [entry for block in blocks(PAGE, "{glossary}") for entry in block.strip("\n").split("\n\n")]
    return [(entry.partition("\n")[0], " ".join(entry.partition("\n")[2].split())) for entry in entries]


def test_every_term_stands_there_once():
    names = [name.casefold() for name, _ in terms()]
    assert len(set(names)) == len(names) == len(re.findall(r"^[^\s#`].*\n  \S", PAGE, flags=re.MULTILINE))
    assert {name.casefold() for name in NEEDED} <= set(names)


def test_every_definition_is_two_sentences():
    for name, definition in terms():
        assert len(re.findall(r"[.](?:\s|$)", definition)) == 2, name
