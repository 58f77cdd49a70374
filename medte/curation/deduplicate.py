"""Records that say what another record of the source has said: each leaves with the one it repeats."""

import re
from collections.abc import Iterable

from medte.records import Record


def normalized(text: str) -> str:
    """The words and numbers of `text` in lower case, joined by single spaces: equal for texts that differ in form alone."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def deduplicate(records: Iterable[Record]) -> tuple[list[Record], dict[str, str]]:
    """The records kept, first come first kept, and the id of the kept record for each that was dropped."""
    first: dict[tuple[str, ...], str] = {}
    kept, repeats = [], {}
    for record in records:
        key = tuple(normalized(text) for text in [*record.texts.values(), *record.facts.get("options", [])])
        if key in first:
            repeats[record.id] = first[key]
        else:
            first[key] = record.id
            kept.append(record)
    return kept, repeats
