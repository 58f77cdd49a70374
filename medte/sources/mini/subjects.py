"""What a text is about: the disease, or other named thing, that it was written on.

Training and evaluation are split by subject, over all kinds of text at once (`edition.split`): no page, abstract, study,
question or note whose subject is named here is trained on where that disease is judged on. A text whose heading names no
disease, and whose body names none twice, has no subject and is split by document.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache

from medte.sources.mini.knowledge import load

DIAGNOSED_AS = {
    "acute cholecystitis": "gallstones",
    "choledocholithiasis": "gallstones",
    "nephrolithiasis": "kidney stones",
    "colon cancer": "colorectal cancer",
    "pancreatitis": "acute pancreatitis",
    "peripheral arterial disease": "peripheral artery disease",
    "pneumonia": "community-acquired pneumonia",
    "seizure": "epilepsy",
    "seizures": "epilepsy",
    "urinary tract infection": "acute pyelonephritis",
}  # discharge diagnoses that name their disease in another way than its page


@lru_cache
def _names() -> dict[str, str]:
    """Every name of a disease with the name that stands for it: names in lower case, abbreviations (three letters or more) as they are."""
    names: dict[str, str] = {}
    for condition in load("conditions"):
        for name in (condition.name, *condition.synonyms, condition.lay_name):
            names.setdefault(name.lower(), condition.name.lower())
    for condition in load("conditions"):
        for abbreviation in condition.abbreviations:
            if len(abbreviation) > 2:
                names.setdefault(abbreviation, condition.name.lower())
    return names


@lru_cache
def _pattern() -> re.Pattern[str]:
    """Names in any case, abbreviations only as written (WAS is a syndrome, "was" is not), longest first."""
    words = sorted((name for name in _names() if name == name.lower()), key=len, reverse=True)
    short = sorted((name for name in _names() if name != name.lower()), key=len, reverse=True)
    return re.compile(
        rf"\b(?:((?i:{'|'.join(map(re.escape, words))}))(?:s|es)?|({'|'.join(map(re.escape, short))})s?)\b"
    )


@cache
def named(text: str) -> tuple[str, ...]:
    """The diseases that a text names, in order, as often as it names them."""
    return tuple(_names()[word.lower() if word else short] for word, short in _pattern().findall(text))


def subject(heading: str, body: str = "") -> str | None:
    """The disease that the heading names first, else the one that the body names at least twice and most; else None."""
    if found := named(heading):
        return found[0]
    counts = Counter(named(body)).most_common(1)
    return counts[0][0] if counts and counts[0][1] > 1 else None


def subject_of_focus(focus: str) -> str:
    """The disease in what an author named as the focus, else the focus itself."""
    return subject(DIAGNOSED_AS.get(focus, focus)) or focus.lower()


@lru_cache
def _systems() -> dict[str, str]:
    return {condition.name.lower(): condition.system for condition in load("conditions")}


def system(about: str | None) -> str:
    """The body system of a disease; "other" where the subject is none of the diseases."""
    return _systems().get(about, "other")


def share_naming(texts: Iterable[str], subjects: set[str]) -> float:
    """The share of `texts` that name one of `subjects` anywhere."""
    hits = [any(name in subjects for name in named(text)) for text in texts]
    return sum(hits) / len(hits)
