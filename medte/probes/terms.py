"""Terms: is an exact synonym of a disease nearer to its name than the name of a near other disease?

The diseases are the Human Disease Ontology's where `MEDTE_MIRROR` holds it (`ontology/`), else those of the bundled
knowledge. All terms are in lower case, since case follows the terminology that a term is from, and not the disease.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd

from medte.chance import chance
from medte.probes import ontology
from medte.probes.ontology import Term
from medte.probes.probe import Made, Material, drawn, judged
from medte.sources.mini.knowledge import Condition, load

NEAR = 3  # siblings of a queried disease among the documents
SMALL = {"a", "an", "in", "of", "the"}  # words without which a name says the same
REMARK = re.compile(r"[\[\](){}&]|\b(?:NOS|unspecified|other)\b", re.IGNORECASE)
ABBREVIATION = re.compile(r"[A-Z0-9][A-Z0-9/.-]{0,9}s?")
NUMBERED = re.compile(r"\b(?:\d+[a-z]?|[ivx]+[a-z]?|[a-z])$", re.IGNORECASE)
PAIRS = (
    "a disease's name with one exact synonym that has other words, and with the name of the sibling that shares most "
    "words with it"
)
SEARCH = f"exact synonyms as queries; as documents the names of their diseases and of {NEAR} near siblings of each"


@dataclass(frozen=True)
class Triple:
    """A disease's name, an exact synonym of it, and the names of its near siblings, nearest first."""

    id: str
    name: str
    synonym: str
    siblings: tuple[str, ...]


def similarity(material: Material, dropped: Counter) -> Made:
    """Name and synonym as right pairs, name and nearest sibling as wrong ones, one of each a disease."""
    found, origin = _triples(material, dropped)
    rows = []
    for triple in found:
        rows.append((triple.name, triple.synonym, 1, triple.id))
        rows.append((triple.name, triple.siblings[0], 0, triple.id))
    rows = pd.DataFrame(rows, columns=["sentence1", "sentence2", "label", "unit"])
    return Made(rows, f"{origin}: {PAIRS}", *_whose(material))


def retrieval(material: Material, dropped: Counter) -> Made:
    """Synonyms as queries, preferred names as documents."""
    found, origin = _triples(material, dropped)
    right, units = {triple.synonym: [triple.name] for triple in found}, {t.synonym: t.id for t in found}
    near = [name for triple in found for name in triple.siblings]
    return Made(judged(right, units, near), f"{origin}: {SEARCH}", *_whose(material))


def _whose(material: Material) -> tuple[str, str]:
    return ("real", ontology.LICENCE) if material.ontology else ("bundled", "CC0-1.0")


def _triples(material: Material, dropped: Counter) -> tuple[list[Triple], str]:
    """What the probes on terms draw, the same for both, and where it is from."""
    found, left_out = _all_triples(material.ontology, material.trained)
    dropped.update(left_out)
    origin = "Human Disease Ontology" if material.ontology else "diseases of the bundled knowledge"
    return drawn(found, material.data.max_items // 2, "term", lambda triple: triple.id, dropped), origin


@lru_cache(maxsize=1)
def _all_triples(folder: Path | None, trained: frozenset[str]) -> tuple[list[Triple], Counter]:
    dropped: Counter = Counter()
    terms = ontology.read(folder, dropped) if folder else of_conditions(load("conditions"))
    return triples(terms, trained, dropped), dropped


def of_conditions(conditions: Iterable[Condition]) -> dict[str, Term]:
    """The diseases of the knowledge as terms; those of one body system, and those of one kind, are siblings."""
    terms = [Term(c.name.lower(), c.name, tuple(c.synonyms), frozenset([c.system, c.kind])) for c in conditions]
    return {term.id: term for term in terms}


@cache
def words(name: str) -> frozenset[str]:
    """The words of a name up to case, order, plural and the small ones: "tumors of the lung" is "lung tumor"."""
    found = set(re.findall(r"\w+", re.sub(r"['’]s\b", "", name.lower()))) - SMALL
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in found)


def triples(terms: Mapping[str, Term], trained: frozenset[str], dropped: Counter) -> list[Triple]:
    """A triple for each disease that has a synonym in other words and a sibling; what is left out is counted by reason.

    A disease with a name among the `trained` subjects is in none, not even as somebody's sibling.
    """
    pool = _pool(terms, trained, dropped)
    called: dict[frozenset[str], set[str]] = defaultdict(set)  # words of a name or synonym -> the diseases called so
    for term in pool.values():
        for name in (term.name, *term.synonyms):
            called[words(name)].add(term.id)
    children: dict[str, list[str]] = defaultdict(list)
    for term in pool.values():
        for parent in term.parents:
            children[parent].append(term.id)
    found = []
    for term in pool.values():
        synonym = _synonym(term, called, dropped)
        if synonym is None:
            continue
        if near := _siblings(term, pool, children, terms):
            found.append(
                Triple(term.id, term.name.lower(), synonym.lower(), tuple(name.lower() for name in near[:NEAR]))
            )
        else:
            dropped["disease without a sibling"] += 1
    return found


def _pool(terms: Mapping[str, Term], trained: frozenset[str], dropped: Counter) -> dict[str, Term]:
    """The diseases that may be asked about or stand beside, with usable synonyms alone."""
    pool = {}
    for term in terms.values():
        if {name.lower() for name in (term.name, *term.synonyms)} & trained:
            dropped["disease that training is about"] += 1
        elif NUMBERED.search(term.name):
            dropped["subtype that only a number or letter tells apart"] += 1
        elif REMARK.search(term.name):
            dropped["name with a remark of the terminology"] += 1
        else:
            pool[term.id] = replace(term, synonyms=_usable(term, dropped))
    return pool


def _usable(term: Term, dropped: Counter) -> tuple[str, ...]:
    usable = {}
    for synonym in term.synonyms:
        if REMARK.search(synonym):
            dropped["synonym with a remark of the terminology"] += 1
        elif ABBREVIATION.fullmatch(synonym):
            dropped["synonym that is an abbreviation"] += 1
        elif words(synonym) == words(term.name):
            dropped["synonym of the same words"] += 1
        elif words(synonym) in usable:
            dropped["synonym that repeats another"] += 1
        else:
            usable[words(synonym)] = synonym
    return tuple(usable.values())


def _synonym(term: Term, called: Mapping[frozenset[str], set[str]], dropped: Counter) -> str | None:
    """One synonym that no other disease is called by, drawn by hash; None where there is none."""
    own = [synonym for synonym in term.synonyms if called[words(synonym)] == {term.id}]
    dropped["synonym that two diseases share"] += len(term.synonyms) - len(own)
    if called[words(term.name)] != {term.id}:
        dropped["name that two diseases share"] += 1
        return None
    if not own:
        dropped["disease without a synonym in other words"] += 1
        return None
    dropped["further synonym of a disease"] += len(own) - 1
    return min(own, key=lambda synonym: chance("synonym", term.id, synonym))


def _siblings(
    term: Term, pool: Mapping[str, Term], children: Mapping[str, list[str]], terms: Mapping[str, Term]
) -> list[str]:
    """The names of the diseases under the same parent: first those that share most words, then most parents.

    None is above or below the term.
    """
    names = {words(name) for name in (term.name, *term.synonyms)}
    near = {id for parent in term.parents for id in children[parent]} - {term.id} - _above(term, terms)
    others = [pool[id] for id in near if words(pool[id].name) not in names and term.id not in _above(pool[id], terms)]
    return [
        other.name for other in sorted(others, key=lambda other: (*_distance(term, other), chance(term.id, other.id)))
    ]


def _distance(one: Term, other: Term) -> tuple[float, int]:
    first, second = words(one.name), words(other.name)
    return -len(first & second) / len(first | second), -len(one.parents & other.parents)


def _above(term: Term, terms: Mapping[str, Term]) -> set[str]:
    """The ids of all ancestors."""
    seen: set[str] = set()
    waiting = list(term.parents)
    while waiting:
        if (current := waiting.pop()) not in seen:
            seen.add(current)
            waiting += terms[current].parents if current in terms else ()
    return seen
