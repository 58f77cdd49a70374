"""The knowledge files of the mini edition: what each kind must hold, and how they are read.

Every file under `knowledge/<kind>/` is a YAML list of entries of one kind. The classes below are the schema:
an unknown field, a missing one or a text of the wrong length is an error that names the file and the entry.
`medte data check FILE …` checks files while one writes them.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from medte.errors import MedteError

FOLDER = Path(__file__).parent / "knowledge"

DISEASE_CATEGORIES = (
    "Cardiovascular diseases", "Respiratory diseases", "Digestive diseases", "Neurological disorders",
    "Musculoskeletal disorders", "Infectious diseases", "Viral diseases", "Bacterial diseases", "Cancer",
    "Syndromes affecting the eye", "Syndromes affecting blood", "Syndromes affecting the nervous system",
    "Syndromes affecting hearing",
)  # fmt: skip
TOPIC_CATEGORIES = (
    "Cardiology", "Neurology", "Gastroenterology", "Endocrinology", "Pulmonology",
    "Orthopedics", "Ophthalmology", "Gynaecology", "Neurosurgery", "Transplantation medicine",
    "Radiology", "Pathology", "Nuclear medicine", "Anesthesiology", "Intensive care medicine",
    "Public health", "Preventive medicine", "Occupational medicine", "Sports medicine", "Tropical medicine",
    "Pediatrics", "Geriatrics", "Men's health", "Women's health", "Addiction medicine",
    "Therapy", "Symptoms", "Pain", "Fever",
)  # fmt: skip
SYSTEMS = Literal[
    "cardiovascular", "respiratory", "digestive", "neurological", "musculoskeletal", "endocrine", "renal",
    "reproductive", "skin", "eye", "ear", "blood", "immune", "mental", "multisystem",
]  # fmt: skip
KINDS = Literal[
    "viral", "bacterial", "fungal", "parasitic", "prion", "cancer", "benign tumour", "autoimmune", "inflammatory",
    "genetic", "congenital", "metabolic", "degenerative", "vascular", "injury", "toxic", "nutritional", "functional",
    "mental", "hormonal", "mechanical", "allergic",
]  # fmt: skip
PUBMED_TERMS = (
    "hypertension", "diabetes", "cancer", "alzheimer's disease", "influenza", "treatment", "prevention",
    "chronic disease", "infectious disease", "genetic disorder", "autoimmune disorder",
    "inflammation", "cellular signaling", "metabolism", "immunity",
)  # fmt: skip
PMC_TERMS = (
    "MRI", "CT scan", "Ultrasound", "X-ray", "PET scan", "diagnostic", "therapeutic",
    "drug-based", "device-based", "behavioral", "surgical",
)  # fmt: skip

SHARED = 0.15  # of a question's content words, at most, in the text that answers it
STOPWORDS = frozenset(
    "about above after again against also among and another any are around because been before being below between both "
    "but can could does doing down during each few for from further had has have having here how into its itself just "
    "may might more most must myself near need needs not now off often once one only other our out over own same shall "
    "should since some someone such than that the their them then there these they this those through too under until "
    "upon use used uses using very was way well were what when where which while who whom whose why will with within "
    "without would you your help helps kind make makes many much like without become becomes whether".split()
)


def content_stems(text: str) -> set[str]:
    """The first five letters of every content word (three letters or more, no stop word) of `text`."""
    words = re.findall(r"[a-z]+", text.lower())
    return {word[:5] for word in words if len(word) >= 3 and word not in STOPWORDS}


def shared_words(query: str, document: str) -> float:
    """The share of the query's content words that stand in the document, 0 to 1."""
    words = content_stems(query)
    return len(words & content_stems(document)) / max(1, len(words))


def prose(low: int, high: int):
    """A text of `low` to `high` words, in one paragraph."""

    def check(text: str) -> str:
        text = " ".join(text.split())
        count = len(text.split())
        if not low <= count <= high:
            raise ValueError(f"{count} words; {low} to {high} are wanted: {text[:50]!r}")
        return text

    return Annotated[str, AfterValidator(check)]


def terms(low: int, high: int):
    return Annotated[list[Annotated[str, Field(min_length=2, max_length=160)]], Field(min_length=low, max_length=high)]


def require_no_shared_words(query: str, title: str, what: str) -> None:
    shared = content_stems(query) & content_stems(title)
    if shared:
        raise ValueError(f"{what} shares words with the title or question ({', '.join(sorted(shared))}…): {query!r}")


def require_other_words(query: str, document: str) -> None:
    """At most `SHARED` of the query's content words, or one word, may stand in the text that answers it."""
    shared = content_stems(query) & content_stems(document)
    if len(shared) > max(1, int(SHARED * len(content_stems(query)))):
        raise ValueError(f"the answer has too many words of the question ({', '.join(sorted(shared))}…): {query!r}")


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Treatment(Entry):
    name: str
    kind: Literal["drug", "surgery", "device", "procedure", "behaviour", "radiation", "support"]


class Condition(Entry):
    name: str
    synonyms: terms(0, 6)
    abbreviations: terms(0, 4)
    lay_name: str
    system: SYSTEMS
    system_note: str | None = None  # why the Disease Ontology has it elsewhere
    specialty: str
    kind: KINDS
    categories: list[Literal[DISEASE_CATEGORIES]]
    doid: Annotated[str, Field(pattern=r"^DOID:\d+$")] | None
    symptoms: terms(3, 7)
    lay_symptoms: terms(3, 7)
    signs: terms(1, 6)
    tests: terms(2, 6)
    imaging: terms(0, 4)
    risk_factors: terms(2, 7)
    mechanism: prose(8, 40)
    complications: terms(2, 6)
    treatments: Annotated[list[Treatment], Field(min_length=2, max_length=7)]
    prevention: terms(0, 5)
    who: prose(6, 35)
    lead: prose(40, 80)
    sections: Annotated[dict[str, prose(35, 75)], Field(min_length=4, max_length=5)]
    question: prose(8, 28)
    answer: prose(30, 70)
    clinical_question: prose(8, 28)
    plain_answer: prose(30, 70)
    pair: Annotated[list[prose(10, 35)], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _questions_avoid_the_name(self):
        names = " ".join([self.name, *self.synonyms])
        for what in ("question", "answer", "clinical_question", "plain_answer"):
            require_no_shared_words(getattr(self, what), names, what)
        require_other_words(self.question, self.answer)
        require_other_words(self.clinical_question, self.plain_answer)
        return self


class Topic(Entry):
    title: str
    categories: Annotated[list[Literal[TOPIC_CATEGORIES]], Field(min_length=1, max_length=2)]
    lead: prose(35, 70)
    sections: Annotated[dict[str, prose(32, 70)], Field(min_length=4, max_length=5)]


class ExamItem(Entry):
    style: Literal["vignette", "short"]
    subject: str
    focus: str
    question: prose(6, 150)
    options: Annotated[list[str], Field(min_length=4, max_length=4)]
    answer: Annotated[int, Field(ge=0, le=3)]
    explanation: prose(30, 90)

    @model_validator(mode="after")
    def _options_differ_and_lengths_fit(self):
        if len({option.lower() for option in self.options}) < 4:
            raise ValueError(f"options repeat: {self.options}")
        if self.style == "vignette" and len(self.question.split()) < 45:
            raise ValueError(f"a vignette has at least 45 words: {self.question[:50]!r}")
        return self


class ConsumerQuestion(Entry):
    focus: str
    type: Literal[
        "information", "symptoms", "causes", "treatment", "prevention", "exams and tests", "outlook", "inheritance",
        "complications", "considerations", "when to see a doctor",
    ]  # fmt: skip
    question: prose(5, 25)
    answer: prose(45, 100)

    @model_validator(mode="after")
    def _answer_uses_other_words(self):
        require_other_words(self.question, self.answer)
        return self


class Abstract(Entry):
    term: Literal[PUBMED_TERMS + PMC_TERMS]
    design: Literal["trial", "observational", "mechanism", "pathology", "diagnostic", "review"]
    title: prose(6, 22)
    abstract: prose(55, 105)
    question: prose(8, 26) | None = None
    pair: Annotated[list[prose(10, 32)], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _question_avoids_the_title(self):
        if self.question:
            require_no_shared_words(self.question, self.title, "question")
            require_other_words(self.question, self.abstract)
        return self


class Preprint(Entry):
    server: Literal["bioRxiv", "medRxiv"]
    title: prose(6, 22)
    abstract: prose(55, 110)
    question: prose(8, 26)

    @model_validator(mode="after")
    def _question_avoids_the_title(self):
        require_no_shared_words(self.question, self.title, "question")
        require_other_words(self.question, self.abstract)
        return self


class Outcome(Entry):
    measure: str
    description: prose(8, 45)


class Trial(Entry):
    official_title: prose(10, 32)
    conditions: terms(1, 3)
    interventions: terms(1, 3)
    detailed_description: prose(55, 110)
    primary_outcomes: Annotated[list[Outcome], Field(min_length=1, max_length=2)]


class Detail(Entry):
    """Something particular to one patient: `history` as a clinician writes it, `instructions` as the patient is told."""

    history: prose(5, 40)
    instructions: prose(5, 45)


class Diagnosis(Entry):
    """What a discharge note for one exact discharge diagnosis is rendered from."""

    diagnosis: str
    part: Literal["evaluation", "training"] = "evaluation"
    ages: Annotated[list[int], Field(min_length=2, max_length=2)]
    sexes: list[Literal["M", "F"]]
    complaints: terms(8, 30)
    onset: Annotated[list[prose(6, 35)], Field(min_length=8)]
    story: Annotated[list[prose(6, 40)], Field(min_length=12)]
    negatives: Annotated[list[prose(4, 25)], Field(min_length=6)]
    findings: Annotated[list[prose(10, 50)], Field(min_length=10)]
    course: Annotated[list[prose(10, 45)], Field(min_length=8)]
    details: Annotated[list[Detail], Field(min_length=10)]
    reasons: Annotated[list[prose(8, 25)], Field(min_length=8)]
    instructions: Annotated[list[prose(15, 60)], Field(min_length=8)]


class Comorbidity(Entry):
    """A long-standing illness that any patient may have: its diagnosis line, clinicians' history and advice."""

    diagnosis: str
    abbreviation: str
    ages: Annotated[list[int], Field(min_length=2, max_length=2)]
    sexes: list[Literal["M", "F"]] = ["M", "F"]
    not_with: list[str]
    not_beside: list[str] = []
    history: prose(3, 25)
    instructions: prose(8, 40)


SCHEMA = {
    "conditions": Condition,
    "topics": Topic,
    "exams": ExamItem,
    "questions": ConsumerQuestion,
    "abstracts": Abstract,
    "preprints": Preprint,
    "trials": Trial,
    "diagnoses": Diagnosis,
    "comorbidities": Comorbidity,
}


def _raw(path: Path) -> list[dict]:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise MedteError(f"{path.name} is no YAML: {' '.join(str(error).split())}") from error


def _label(raw: dict) -> str:
    return next((raw[key] for key in ("name", "title", "focus", "official_title", "diagnosis") if key in raw), "")


def _lines(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]


def read(path: Path) -> list[Entry]:
    """The entries of one knowledge file, whose kind is the name of its folder. MedteError if one is malformed."""
    kind = SCHEMA[path.parent.name]
    entries = []
    for position, raw in enumerate(_raw(path)):
        try:
            entries.append(kind.model_validate(raw))
        except ValidationError as error:
            problems = "; ".join(_lines(error))
            raise MedteError(f"{path.name}, entry {position + 1} ({_label(raw)}): {problems}") from error
    return entries


@lru_cache
def load(kind: str) -> tuple[Entry, ...]:
    """All entries of one kind, in the order of file names and of lines."""
    return tuple(entry for path in sorted((FOLDER / kind).glob("*.yaml")) for entry in read(path))


def check(path: Path) -> list[str]:
    """What is wrong with the entries of one knowledge file, a line a problem; MedteError if it is no YAML at all."""
    kind, problems = SCHEMA[path.parent.name], []
    for position, raw in enumerate(_raw(path)):
        try:
            kind.model_validate(raw)
        except ValidationError as error:
            problems += [f"{path.name}, entry {position + 1} ({_label(raw)}), {line}" for line in _lines(error)]
    return problems
