"""Which two texts of a record make a training pair, for each source (recipe §1)."""

from collections.abc import Callable, Iterable, Iterator

from medte.records import Pair, Record

Sides = tuple[str | None, str | None]


def _first_two(record: Record) -> Sides:
    """Title and abstract, question and answer: of a source each of whose records has both first, or has but one text."""
    first, second, *_ = [*record.texts.values(), None, None]
    return first, second


def _blocks(record: Record) -> Sides:
    """The first two sections of a page of at least five words each."""
    blocks = [text for key, text in record.texts.items() if key.startswith("section:") and len(text.split()) >= 5]
    return (blocks[0], blocks[1]) if len(blocks) > 1 else (None, None)


def _outcome(record: Record) -> Sides:
    return record.texts.get("official_title"), record.texts.get("first_primary_outcome")


def _presentation(record: Record) -> Sides:
    parts = [record.texts.get(key) for key in ("chief_complaint", "history_of_present_illness")]
    return record.texts.get("discharge_diagnosis"), " ".join(parts) if all(parts) else None


def _right_option(record: Record) -> Sides:
    answer = record.facts["answer"]
    return record.texts.get("question"), None if answer is None else record.facts["options"][answer]


RULES: dict[str, Callable[[Record], Sides]] = {
    "wikipedia": _blocks,
    "clinicaltrials": _outcome,
    "mimic_iv": _presentation,
    "medqa": _right_option,
}  # of the sources whose pair is not the first two texts of a record


def pairs(records: Iterable[Record]) -> Iterator[Pair]:
    """One pair for each record that has both texts; sentence 1 is the shorter or the asking one."""
    for record in records:
        first, second = RULES.get(record.source, _first_two)(record)
        if first and second:
            yield Pair(first, second, record.source, record.document, tuple(record.facts.get("identities", ())))
