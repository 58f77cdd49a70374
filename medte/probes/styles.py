"""Styles of query: the same diseases, documents and right answers, asked for in other words.

The documents are the sections of encyclopedia pages on evaluated diseases that the edition's tasks hold already, and
right are all sections of the page on the disease asked for. A disease is asked about in every style or in none, so that
two styles differ by their words alone.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

from medte.chance import chance
from medte.probes.probe import Made, Material, ProbeMissing, drawn, judged
from medte.probes.terms import words
from medte.sources.mini.knowledge import Condition, load

ASPECTS = ("symptoms", "treatment", "causes", "diagnosis", "complications")
STYLES: dict[str, tuple[Callable[[Condition], str], str]] = {
    "QueryFullQuestion": (lambda c: c.question, "the knowledge's own question of a patient, which avoids the name"),
    "QueryTwoWords": (lambda c: f"{c.name} {aspect(c)}", "name and one word for an aspect"),
    "QueryAbbreviation": (lambda c: f"{c.abbreviations[0]} {aspect(c)}", "abbreviation and the same word"),
    "QueryLayWords": (lambda c: f"{c.lay_name} {aspect(c)}", "the name that patients use and the same word"),
    "QueryLaySymptoms": (lambda c: ", ".join(c.lay_symptoms[:2]), "two complaints in a patient's words, no name"),
}  # probe -> how it asks about a disease, in code and in words
PAGES = "as documents sections of encyclopedia pages on evaluated diseases"
NEGATED = re.compile(r"\b(?:no|not|non|without|lack|loss|absent|absence|absences|denies|never)\b", re.IGNORECASE)


class Page(NamedTuple):
    """A disease, and those sections of its page that are among the documents."""

    condition: Condition
    texts: list[str]


def aspect(condition: Condition) -> str:
    """The aspect that is asked for, drawn by hash."""
    return ASPECTS[chance("aspect", condition.name) % len(ASPECTS)]


def style(name: str, material: Material, dropped: Counter) -> Made:
    """One style of query about every disease that can be asked about in all of them; the unit is the disease."""
    ask, how = STYLES[name]
    found = pages(material, dropped)
    asked = askable(found, load("conditions"), dropped)
    asked = drawn(asked, material.data.max_items, "disease", _disease, dropped)
    right = {ask(page.condition): page.texts for page in asked}
    units = {ask(page.condition): page.condition.name.lower() for page in asked}
    return Made(judged(right, units, _all(found)), f"{how}; {PAGES}", "bundled")


def of(name: str) -> Callable[[Material, Counter], Made]:
    """The function that makes the probe of one style."""
    return partial(style, name)


def pages(material: Material, dropped: Counter) -> list[Page]:
    """The evaluated diseases with those sections of their pages that a task holds, in the order of the page."""
    found = []
    for condition in load("conditions"):
        texts = [material.cleaned("wikipedia", text) for text in (condition.lead, *condition.sections.values())]
        if condition.name.lower() in material.trained:
            dropped["disease that training is about"] += 1
        elif held := [text for text in texts if text in material.texts]:
            found.append(Page(condition, held))
        else:
            dropped["disease of whose page no task holds a section"] += 1
    if not found:
        raise ProbeMissing("no page of the bundled knowledge is in a task of this edition")
    return found


def _disease(page: Page) -> str:
    return page.condition.name


def askable(found: Iterable[Page], known: Iterable[Condition], dropped: Counter) -> list[Page]:
    """Those whose disease has an abbreviation of its own among all that are `known`, and a lay name in other words."""
    used = Counter(abbreviation for condition in known for abbreviation in condition.abbreviations)
    chosen = []
    for page in found:
        about = page.condition
        own = {word for name in (about.name, *about.synonyms) for word in words(name)}
        if not about.abbreviations:
            dropped["disease without an abbreviation"] += 1
        elif used[about.abbreviations[0]] > 1:
            dropped["disease whose abbreviation stands for another too"] += 1
        elif words(about.lay_name) <= own | words(" ".join(about.abbreviations)):
            dropped["disease without a lay name in other words"] += 1
        else:
            chosen.append(page)
    return chosen


def two_concepts(material: Material, dropped: Counter) -> Made:
    """Two diseases as query; right are the sections that are about, or name, both."""
    found = pages(material, dropped)
    right, units = on_both(found)
    asked = drawn(sorted(right), material.data.max_items, "two diseases", str, dropped)
    made_of = f"the names of two diseases; {PAGES}; right are those on or naming both"
    return Made(judged({query: right[query] for query in asked}, units, _all(found)), made_of, "bundled")


def on_both(found: Sequence[Page]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """For each two diseases that share a section: the query, its right sections and its unit.

    A section is on the disease of its page, and on every other that it names: by name, by a synonym of two words or
    more, by an abbreviation of three letters or more that stands for it alone. A name inside a longer one does not count.
    """
    named = _naming([page.condition for page in found])
    right: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    for page in found:
        for text in page.texts:
            for one, other in combinations(sorted({page.condition.name, *named(text)}), 2):
                query = f"{one} and {other}"
                right.setdefault(query, []).append(text)
                units[query] = query.lower()
    return right, units


def _naming(conditions: Iterable[Condition]) -> Callable[[str], set[str]]:
    """The function that finds the diseases that a text names, by names that say nothing else: "consumption" might."""
    called: dict[str, set[str]] = defaultdict(set)
    for condition in conditions:
        long = [condition.name, *(synonym for synonym in condition.synonyms if " " in synonym)]
        short = [abbreviation for abbreviation in condition.abbreviations if len(abbreviation) > 2]
        for name in (*(name.lower() for name in long), *short):
            called[name].add(condition.name)
    known = {name: next(iter(diseases)) for name, diseases in called.items() if len(diseases) == 1}
    longest = sorted(known, key=len, reverse=True)
    parts = [f"(?i:{re.escape(name)})(?:s|es)?" if name == name.lower() else f"{re.escape(name)}s?" for name in longest]
    pattern = re.compile(rf"\b(?:{'|'.join(f'({part})' for part in parts)})\b")
    return lambda text: {known[longest[found.lastindex - 1]] for found in pattern.finditer(text)}


def negation(material: Material, dropped: Counter) -> Made:
    """ "X with Y" and "X without Y" as queries, a sentence that reports Y and one that denies it as documents.

    Sentences are put together from a disease and its first symptom by two templates that differ in one word.
    """
    asked = drawn(pages(material, dropped), material.data.max_items // 2, "disease", _disease, dropped)
    right: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    for condition in (page.condition for page in asked):
        if symptom := next((text for text in condition.symptoms if not NEGATED.search(text)), None):
            for query, document in negation_pair(condition.name, symptom):
                right[query], units[query] = [document], condition.name.lower()
        else:
            dropped["disease whose symptoms all negate something"] += 1
    made_of = (
        "a disease with and without one of its symptoms; as documents a sentence that reports it and one that "
        "denies it, by fixed templates"
    )
    return Made(judged(right, units, []), made_of, "bundled")


def negation_pair(name: str, symptom: str) -> list[tuple[str, str]]:
    """(query, right document) with the symptom and without it."""
    return [
        (f"{name} with {symptom}", f"{name}. On admission the patient reports {symptom}."),
        (f"{name} without {symptom}", f"{name}. On admission the patient denies {symptom}."),
    ]


def _all(found: Sequence[Page]) -> list[str]:
    return [text for page in found for text in page.texts]
