"""Which two texts of a record make a training pair, for each source (recipe §1)."""

from collections.abc import Iterable, Iterator

from medte.records import Pair, Record

COLUMNS = {
    "pubmed": ("title", "abstract"),
    "pmc": ("title", "abstract"),  # not in the paper: PMC is only in its benchmark
    "clinicaltrials": ("official_title", "first_primary_outcome"),
    "medmcqa": ("question", "explanation"),
    "medquad": ("question", "answer"),
    "biorxiv": ("title", "abstract"),
    "medrxiv": ("title", "abstract"),
}
TRAINING_SOURCES = {*COLUMNS, "wikipedia", "mimic_iv", "medqa"}


def _sides(record: Record) -> tuple[str | None, str | None]:
    texts = record.texts
    if record.source == "wikipedia":
        blocks = [text for key, text in texts.items() if key.startswith("section:") and len(text.split()) >= 5]
        return (blocks[0], blocks[1]) if len(blocks) > 1 else (None, None)
    if record.source == "mimic_iv":
        presentation = [texts.get(key) for key in ("chief_complaint", "history_of_present_illness")]
        return texts.get("discharge_diagnosis"), " ".join(presentation) if all(presentation) else None
    if record.source == "medqa":
        answer = record.facts["answer"]
        return texts.get("question"), None if answer is None else record.facts["options"][answer]
    first, second = COLUMNS[record.source]
    return texts.get(first), texts.get(second)


def pairs(records: Iterable[Record]) -> Iterator[Pair]:
    """One pair for each record that has both texts; sentence 1 is the shorter or the asking one."""
    for record in records:
        first, second = _sides(record)
        if first and second:
            yield Pair(first, second, record.source, record.document)
