"""Health records: are notes found by a clinician's question, and narratives by the structured record of the same stay?

The patients are fictional. Documents are presentations (chief complaint and history of present illness) of the
edition's evaluation side that its tasks hold already. The line of the discharge diagnosis, the past history and the
hospital course are left out: a question about a diagnosis has to be answered from how the patient presented. The
long-standing illnesses stand in the first sentence of the history, in a clinician's words ("on mealtime insulin").
"""

from collections import Counter
from collections.abc import Sequence

from medte.probes import stays
from medte.probes.probe import Made, Material, drawn, judged
from medte.probes.stays import Stay
from medte.probes.terms import words
from medte.sources.mini.knowledge import Comorbidity
from medte.sources.mini.notes import DIED

NAMES = ("Alzheimer", "Parkinson")  # that an illness begins with
QUESTIONS = (
    "questions put together from a diagnosis and a long-standing illness; as documents the presentations of all "
    "evaluated notes that a task holds, without diagnosis line, past history and course; right are all notes with that "
    "diagnosis of patients with that illness"
)
RECORD = "sex, decade of age, complaint, long-standing illnesses, length of stay and outcome of a stay as lines"
NARRATIVE = "the history of present illness of the same stay"


def retrieval(material: Material, dropped: Counter) -> Made:
    """A clinician's questions to the presentations of fictional patients; the unit is the diagnosis asked for."""
    found = _held(stays.evaluated(material), "presentation", material, dropped)
    right, units = questions(found, dropped)
    asked = drawn(list(right), material.data.max_items, "question", str, dropped)
    rows = judged({q: right[q] for q in asked}, units, [stay.presentation for stay in found])
    return Made(rows, QUESTIONS, "fictional")


def _held(found: Sequence[Stay], what: str, material: Material, dropped: Counter) -> list[Stay]:
    """The stays whose presentation or history a task of the edition holds."""
    held = [stay for stay in found if getattr(stay, what) in material.texts]
    dropped[f"note whose {what} no task holds"] += len(found) - len(held)
    return held


def questions(found: Sequence[Stay], dropped: Counter) -> tuple[dict[str, list[str]], dict[str, str]]:
    """For each question the presentations that answer it, and the diagnosis that it asks for.

    A note answers where its diagnosis has all words of the one asked for ("partial small bowel obstruction" is a small
    bowel obstruction) and its patient has the illness. "Deceased" is no diagnosis to ask for, nor "uses walker" an
    illness.
    """
    right: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    called = {
        words(stay.diagnosis): stay.diagnosis for stay in sorted(found, key=lambda stay: stay.diagnosis, reverse=True)
    }
    asked = {
        (called[words(stay.diagnosis)], illness.diagnosis): illness for stay in found for illness in stay.illnesses
    }
    for (diagnosis, _), illness in sorted(asked.items()):
        if diagnosis in DIED:
            dropped["question about a diagnosis that only says that the patient died"] += 1
        elif not illness.history.startswith("with "):
            dropped["question about what is no illness"] += 1
        else:
            question = f"{diagnosis} in a patient with {_name(illness)}"
            right[question] = [
                stay.presentation for stay in found
                if words(diagnosis) <= words(stay.diagnosis) and illness in stay.illnesses
            ]  # fmt: skip
            units[question] = diagnosis
    return right, units


def _name(illness: Comorbidity) -> str:
    """As it stands in a sentence."""
    name = illness.diagnosis
    return name if name.startswith(NAMES) else name[0].lower() + name[1:]


def to_narrative(material: Material, dropped: Counter) -> Made:
    """Structured records as queries, narratives as documents."""
    pairs = [(stay.record, stay.history, stay.patient) for stay in _told(material, dropped)]
    return _made(pairs, f"query: {RECORD}; document: {NARRATIVE}")


def to_record(material: Material, dropped: Counter) -> Made:
    """Narratives as queries, structured records as documents."""
    pairs = [(stay.history, stay.record, stay.patient) for stay in _told(material, dropped)]
    return _made(pairs, f"query: {NARRATIVE.replace('the same', 'a')}; document: {RECORD}")


def _made(pairs: Sequence[tuple[str, str, str]], made_of: str) -> Made:
    right: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    for query, document, patient in pairs:
        right.setdefault(query, []).append(document)
        units.setdefault(query, patient)
    return Made(judged(right, units, []), made_of, "fictional")


def _told(material: Material, dropped: Counter) -> list[Stay]:
    """The stays whose history a task holds; one record may be that of two stays, and then both are right."""
    found = _held(stays.evaluated(material), "history", material, dropped)
    return drawn(found, material.data.max_items, "stay", lambda stay: (stay.patient, stay.history), dropped)
