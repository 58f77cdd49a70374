"""The nouns: a `Record` is one document of a source, a `Pair` two texts that training brings together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One document as its source gives it: named texts and what is known about them.

    `document` is the unit that is never split between training and evaluation: a page, an article, a study, a
    question, a patient. `facts` holds what is no text to embed: categories, search terms, dates of admission.
    """

    id: str
    source: str
    document: str
    texts: Mapping[str, str]
    licence: str
    date: str | None = None
    fictional: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts of one document, first the shorter or the asking one (recipe §1).

    `identities` are the document's names outside its source: "pmid:…", "doi:…".
    """

    sentence1: str
    sentence2: str
    source: str
    document: str
    identities: tuple[str, ...] = ()
