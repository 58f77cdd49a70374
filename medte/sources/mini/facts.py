"""Patient questions rendered from the facts of a disease, in several wordings: text for training, never for evaluation."""

import random
from collections.abc import Iterator

from medte.sources.mini.knowledge import Condition, load

QUESTIONS = {
    "symptoms": (
        "What are the symptoms of {name}?", "How would I notice that I have {lay_name}?", "What does {name} feel like?",
        "Which complaints point to {lay_name}?", "What are the first signs of {name}?",
    ),
    "treatment": (
        "What are the treatments for {name}?", "How is {lay_name} treated?", "What can be done about {name}?",
        "Which medicines or operations are there for {name}?", "How do doctors manage {lay_name}?",
    ),
    "tests": (
        "How is {name} diagnosed?", "Which tests show {lay_name}?", "How do doctors find out whether it is {name}?",
        "What examinations are done when {name} is suspected?",
    ),
    "risk": (
        "Who is at risk for {name}?", "What causes {name}?", "Why do some people get {lay_name}?",
        "What makes {name} more likely?",
    ),
    "complications": (
        "What are the complications of {name}?", "Is {lay_name} dangerous?", "What can happen if {name} is not treated?",
    ),
}  # fmt: skip
ANSWERS = {
    "symptoms": (
        "People often notice {lay}. Doctors speak of {clinical}. On examination there may be {signs}.",
        "Typical complaints are {lay}; in medical words, {clinical}. {who}",
        "It may show itself as {lay}. A doctor looks for {signs}.",
        "{who} The usual complaints are {clinical}, felt as {lay}.",
    ),
    "treatment": (
        "Options include {treatments}. The aim is to prevent {complications}.",
        "Doctors may use {treatments}, chosen by how severe the illness is. {prevention}",
        "Depending on the person, treatment consists of {treatments}. {mechanism}",
    ),
    "tests": (
        "The doctor asks about {clinical} and looks for {signs}. Helpful tests are {tests}.",
        "{tests_capital} help to confirm it. {mechanism}",
        "After the history and examination, {tests} may be ordered, as {signs} alone can mislead.",
    ),
    "risk": (
        "{mechanism} The chance is higher with {risks}.",
        "{who} Known risks are {risks}. {prevention}",
        "Things that raise the risk: {risks}. {mechanism}",
    ),
    "complications": (
        "Without care it can lead to {complications}. That is why {treatments} are considered early.",
        "Possible consequences are {complications}. {who}",
        "{mechanism} In time this may bring {complications}.",
    ),
}


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _answer(template: str, condition: Condition) -> str:
    tests = _listed([*condition.tests, *condition.imaging][:5])
    text = template.format(
        lay=_listed(condition.lay_symptoms),
        clinical=_listed(condition.symptoms),
        signs=_listed(condition.signs),
        tests=tests,
        tests_capital=tests[0].upper() + tests[1:],
        risks=_listed(condition.risk_factors),
        complications=_listed(condition.complications),
        treatments=_listed([treatment.name for treatment in condition.treatments]),
        prevention=f"To lower the risk: {_listed(condition.prevention)}." if condition.prevention else "",
        mechanism=condition.mechanism,
        who=condition.who,
    )
    return " ".join(text.split())


def questions(seed: int = 0) -> Iterator[tuple[str, str, str]]:
    """(condition's name, question, answer) for each of five aspects of every condition; `seed` picks the wordings."""
    draw = random.Random(seed)
    for condition in load("conditions"):
        for aspect, wordings in QUESTIONS.items():
            question = draw.choice(wordings).format(name=condition.name, lay_name=condition.lay_name)
            yield condition.name, question, _answer(draw.choice(ANSWERS[aspect]), condition)
