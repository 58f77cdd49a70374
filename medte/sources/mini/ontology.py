"""The mini edition's diseases against the Human Disease Ontology: does each carry a right id, and sit in the right place?

The ontology is read from OBO files of a folder (`MEDTE_MIRROR`/ontology); it is not part of the package.
"""

import lzma
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from medte.sources.mini.knowledge import Condition

PLACES = {
    "cardiovascular": ("cardiovascular system",),
    "respiratory": ("respiratory system",),
    "digestive": ("gastrointestinal system",),
    "neurological": ("nervous system", "central nervous system", "peripheral nervous system"),
    "musculoskeletal": ("musculoskeletal system",),
    "endocrine": ("endocrine system", "endocrine gland", "thyroid", "disease of metabolism"),
    "renal": ("urinary system", "kidney"),
    "reproductive": ("reproductive system", "male reproductive", "female reproductive", "reproductive organ"),
    "skin": ("integumentary system", "skin"),
    "eye": ("eye",),
    "ear": ("auditory system", "ear ", "inner ear", "middle ear"),
    "blood": ("hematopoietic system", "hematologic", "blood"),
    "immune": ("immune system",),
    "mental": ("disease of mental health",),
}  # a system's place in the ontology: how the names of its ancestors begin


@dataclass
class Term:
    """One disease of the ontology: its name, all its names in lower case, and the ids of its parents."""

    name: str = ""
    names: set[str] = field(default_factory=set)
    parents: set[str] = field(default_factory=set)


def read(folder: Path) -> dict[str, Term]:
    """The terms of all OBO files (*.obo, *.obo.xz) of a folder by id; an alternative id is its term's as well."""
    terms: dict[str, Term] = {}
    for path in sorted([*folder.glob("*.obo"), *folder.glob("*.obo.xz")]):
        current = None
        for line in _lines(path):
            key, _, value = line.partition(": ")
            if line.startswith("["):
                current = Term() if line == "[Term]" else None
            elif current is None:
                continue
            elif key == "id":
                current = terms.setdefault(value, current)
            elif key == "alt_id":
                terms.setdefault(value, current)
            elif key == "name":
                current.name = current.name or value
                current.names.add(value.lower())
            elif key == "synonym":
                current.names.add(re.match(r'"(.*?)"', value)[1].lower())
            elif key == "is_a":
                current.parents.add(value.split(" ")[0])
    return terms


def _lines(path: Path) -> Iterator[str]:
    opened = lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")
    with opened as stream:
        yield from map(str.rstrip, stream)


def ancestors(terms: dict[str, Term], identifier: str) -> set[str]:
    """The names of all ancestors of a term, its own among them."""
    seen, waiting = set(), [identifier]
    while waiting:
        current = waiting.pop()
        if current in terms and current not in seen:
            seen.add(current)
            waiting += terms[current].parents
    return {terms[current].name for current in seen}


def match(terms: dict[str, Term], condition: Condition) -> str:
    """ "matches", or what is wrong with the condition's id: "no id", "unknown id", "other name"."""
    if condition.doid is None:
        return "no id"
    if condition.doid not in terms:
        return "unknown id"
    own = {name.lower() for name in (condition.name, *condition.synonyms, *condition.abbreviations, condition.lay_name)}
    return "matches" if own & terms[condition.doid].names else "other name"


def place(terms: dict[str, Term], condition: Condition) -> str:
    """Where the ontology puts a condition against its `system`.

    "agrees"; "by cause" where the ontology names no organ system (an infection, a gene, a cancer's cell type); "says why" where
    the condition explains that it stands elsewhere; "differs" where it does not.
    """
    if condition.system == "multisystem" or condition.doid not in terms:
        return "agrees" if condition.system == "multisystem" else "not placed"
    above = ancestors(terms, condition.doid)
    found = {system for system, begins in PLACES.items() if any(name.startswith(begins) for name in above)}
    if condition.system in found:
        return "agrees"
    if not found:
        return "by cause"
    return "says why" if condition.system_note else "differs"


def compare(terms: dict[str, Term], conditions: Iterable[Condition]) -> dict[str, dict[str, list[str]]]:
    """Conditions by outcome, for "id" (`match`) and "system" (`place`)."""
    outcome: dict[str, dict[str, list[str]]] = {"id": {}, "system": {}}
    for condition in conditions:
        outcome["id"].setdefault(match(terms, condition), []).append(condition.name)
        outcome["system"].setdefault(place(terms, condition), []).append(condition.name)
    return outcome
