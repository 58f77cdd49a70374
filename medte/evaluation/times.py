"""What encoding took, by family: texts are encoded once for all families, and timed so."""

from collections.abc import Mapping

from medte.edition import Edition
from medte.evaluation.evaluate import tasks_of, texts_by_role
from medte.profile import Profile
from medte.tasks.catalogue import FAMILIES

ALL = "all"
RATE = "texts_per_second"


def times(took: Mapping[str, Mapping[str, float]], profile: Profile, edition: Edition) -> dict[str, dict[str, float]]:
    """For each model that was timed: the seconds of each family, of all texts under "all", and its texts a second.

    `took` is what was measured, by model (`Plan.measured`). A family's seconds are the share of its distinct texts in
    the words of all; texts that two families share count for both. A model of which an interrupted call had encoded a part
    has no time: short texts are encoded first, so that the seconds of the others are not those of all.
    """
    words, count = _words(profile, edition)
    timed = {model: own for model, own in took.items() if own["seconds"] and own["timed"] == own["texts"]}
    rates = {model: own["timed"] / own["seconds"] for model, own in timed.items()}
    return {
        model: {part: count / rate * own / words[ALL] for part, own in words.items()} | {RATE: rate}
        for model, rate in rates.items()
    }


def _words(profile: Profile, edition: Edition) -> tuple[dict[str, int], int]:
    """How many words the distinct texts of each family and of all tasks hold, and how many texts these are."""
    texts: dict[str, set[str]] = {ALL: set()}
    for family in FAMILIES:
        own = edition.only(task.name for task in tasks_of(profile, edition, family))
        texts[family] = {text for found in texts_by_role(profile, own).values() for text in found}
        texts[ALL] |= texts[family]
    return {part: sum(len(text.split()) for text in own) for part, own in texts.items()}, len(texts[ALL])
