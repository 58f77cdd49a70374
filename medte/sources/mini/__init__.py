"""The mini edition's stand-ins for the paper's sources: `Record`s in the sources' shapes, from the bundled knowledge files.

Pages, abstracts, questions, preprints and registrations are given as they were written; discharge notes are rendered
(`notes.py`), and so are the further patient questions that only training may use (`facts.py`).

What the split into training and evaluation goes by stands in a record's facts: its `subject` (`subjects.py`), the `stratum` in
which documents without a subject are split, `reserved` where record and subject are for one part alone, `training_only`
where the record is never evaluated, whatever its subject.
"""

from collections.abc import Iterator
from dataclasses import replace

from medte.records import Record
from medte.sources.mini import facts, notes
from medte.sources.mini.knowledge import PMC_TERMS, PUBMED_TERMS, load
from medte.sources.mini.subjects import subject, subject_of_focus, system

LICENCE = "CC0-1.0"
SYNDROMES = "Syndromes"
TERM_SUBJECTS = {
    "hypertension": "hypertension",
    "diabetes": "type 2 diabetes mellitus",
    "alzheimer's disease": "alzheimer's disease",
    "influenza": "influenza",
}  # the disease of a report whose title does not name it, where it was found by a disease; a class of a task needs them all
SEARCHES = {
    "medicine": ("trial", "observational", "mechanism", "pathology", "diagnostic", "review"),
    "clinical trials": ("trial", "observational", "review"),
    "pathology": ("mechanism", "pathology", "diagnostic", "review"),
}  # which designs a literature search for a general term finds
DISEASES = "Diseases and disorders"


def _record(source: str, name: str, texts: dict[str, str], *, stratum: str, fictional: bool = False, **other) -> Record:
    """A record whose document is itself."""
    identity = f"{source}:{name.lower()}"
    return Record(identity, source, identity, texts, LICENCE, fictional=fictional, facts={"stratum": stratum, **other})


def wikipedia() -> Iterator[Record]:
    """Encyclopedia pages: one block a section, the categories it stands in; of a disease, two questions with answers as well."""
    for condition in load("conditions"):
        categories = [*condition.categories, DISEASES]
        if any(category.startswith("Syndromes affecting") for category in condition.categories):
            categories.append(SYNDROMES)
        written = {
            "written_question": condition.question,
            "written_answer": condition.answer,
            "sentence1": condition.pair[0],
            "sentence2": condition.pair[1],
        }
        texts = {"section:Lead": condition.lead} | {f"section:{k}": v for k, v in condition.sections.items()} | written
        stratum = (condition.categories or [condition.system])[0]
        page = _record(
            "wikipedia", condition.name, texts, stratum=stratum, subject=condition.name.lower(), subject_stratum=stratum,
            categories=categories, title=condition.name, group=condition.system,
        )  # fmt: skip
        yield page
        second = {"written_question": condition.clinical_question, "written_answer": condition.plain_answer}
        yield replace(page, id=f"{page.id}#asked by a clinician", texts=second)
    for topic in load("topics"):
        texts = {"section:Lead": topic.lead} | {f"section:{k}": v for k, v in topic.sections.items()}
        yield _record(
            "wikipedia",
            topic.title,
            texts,
            stratum=topic.categories[0],
            subject=subject(topic.title),
            categories=list(topic.categories),
            title=topic.title,
        )


def _abstracts(source: str) -> Iterator[Record]:
    terms = PUBMED_TERMS if source == "pubmed" else PMC_TERMS
    for entry in load("abstracts"):
        if entry.term not in terms:
            continue
        texts = {"title": entry.title, "abstract": entry.abstract}
        if entry.question:
            texts["written_question"] = entry.question
        if entry.pair:
            texts |= {"sentence1": entry.pair[0], "sentence2": entry.pair[1]}
        searched = [term for term, designs in SEARCHES.items() if entry.design in designs]
        about = subject(entry.title, entry.abstract) or TERM_SUBJECTS.get(entry.term)
        judged = source == "pmc" or about == TERM_SUBJECTS.get(entry.term, "")
        yield _record(
            source, entry.title, texts, stratum=entry.term, subject=about, fictional=True, group=entry.term,
            terms=[entry.term, *searched], reserved="evaluation" if judged else None,
        )  # fmt: skip


def pubmed() -> Iterator[Record]:
    """Fictional study reports, each under the search term that finds it and under its kind of study."""
    return _abstracts("pubmed")


def pmc() -> Iterator[Record]:
    """Fictional study reports under PMC's search terms: imaging, purpose, kind of intervention."""
    return _abstracts("pmc")


def _preprints(server: str) -> Iterator[Record]:
    for entry in load("preprints"):
        if entry.server == server:
            texts = {"title": entry.title, "abstract": entry.abstract, "written_question": entry.question}
            about = subject(entry.title, entry.abstract)
            yield _record(
                server.lower(), entry.title, texts, stratum=server, subject=about, fictional=True, group=server
            )


def biorxiv() -> Iterator[Record]:
    """Fictional preprints of laboratory biology."""
    return _preprints("bioRxiv")


def medrxiv() -> Iterator[Record]:
    """Fictional preprints of clinical research and public health."""
    return _preprints("medRxiv")


def clinicaltrials() -> Iterator[Record]:
    """Fictional registrations: official title, detailed description, all primary outcomes and the first alone."""
    for trial in load("trials"):
        outcomes = [f"{outcome.measure}. {outcome.description}" for outcome in trial.primary_outcomes]
        texts = {
            "official_title": trial.official_title,
            "detailed_description": trial.detailed_description,
            "primary_outcomes": " ".join(outcomes),
            "first_primary_outcome": outcomes[0],
        }
        about = subject(f"{', '.join(trial.conditions)}: {trial.official_title}", trial.detailed_description)
        yield _record(
            "clinicaltrials",
            trial.official_title,
            texts,
            stratum="trials",
            subject=about,
            fictional=True,
            group=system(about),
        )


def _exams(source: str, style: str) -> Iterator[Record]:
    for item in load("exams"):
        if item.style == style:
            texts = {"question": item.question, "explanation": item.explanation}
            yield _record(
                source,
                item.question,
                texts,
                stratum=source,
                subject=subject_of_focus(item.focus),
                options=list(item.options),
                answer=item.answer,
            )


def medmcqa() -> Iterator[Record]:
    """Short exam questions with four options, the key (from 0) and an explanation."""
    return _exams("medmcqa", "short")


def medqa() -> Iterator[Record]:
    """Licensing-exam vignettes with four options and the key (from 0)."""
    return _exams("medqa", "vignette")


def medquad() -> Iterator[Record]:
    """What patients ask, with answers; those rendered from a disease's facts are `training_only`."""
    for entry in load("questions"):
        texts, about = {"question": entry.question, "answer": entry.answer}, subject_of_focus(entry.focus)
        yield _record("medquad", entry.question, texts, stratum=entry.type, subject=about)
    for name, question, answer in facts.questions():
        yield _record(
            "medquad",
            question,
            {"question": question, "answer": answer},
            stratum="rendered",
            subject=name.lower(),
            training_only=True,
        )


def mimic_iv() -> Iterator[Record]:
    """Discharge notes of fictional patients, rendered in MIMIC-IV-Note's schema and read by its reader."""
    from medte.sources.mimic_iv import records

    part_of = {diagnosis.diagnosis: diagnosis.part for diagnosis in load("diagnoses")}
    for record in records(*notes.render(), licence=LICENCE, fictional=True):
        diagnosis = record.texts["discharge_diagnosis"].removeprefix("Primary: ").split(" Secondary: ")[0]
        more = {
            "subject": subject_of_focus(diagnosis),
            "reserved": part_of[diagnosis],
            "training_only": record.document >= f"mimic_iv:{notes.FIRST_SUBJECT['kin']}",
        }
        yield replace(record, facts={**record.facts, **more})


SOURCES = {
    f.__name__: f for f in (pubmed, pmc, wikipedia, clinicaltrials, mimic_iv, medmcqa, medqa, medquad, biorxiv, medrxiv)
}
