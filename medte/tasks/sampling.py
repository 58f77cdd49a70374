"""How tasks draw: the limits of a task, a sample by hash, and the split of a classification."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from medte.chance import chance

MINIMUM_TRAIN, MINIMUM_TEST = 16, 12  # texts of a class


@dataclass(frozen=True)
class Limits:
    """How much of the records a task takes at most."""

    items: int  # queries or pairs
    class_texts: int  # texts of a class
    test_share: float  # of a class's texts, by whole documents


def sample(items: Sequence[dict], limit: int) -> list[dict]:
    """At most `limit` of `items`, drawn and ordered by the hash of their `key`."""
    return sorted(items, key=lambda item: (chance("drawn", item["key"]), str(item)))[:limit]


def split_by_document(rows: Sequence[dict], share: float) -> list[str]:
    """ "train" or "test" for each row (label, unit): about `share` of each class for testing, a document whole on one side."""
    test: set[str] = set()
    for label in dict.fromkeys(row["label"] for row in rows):
        test |= _test_units([row for row in rows if row["label"] == label], share, test)
    return ["test" if row["unit"] in test else "train" for row in rows]


def split_by_text(rows: Sequence[dict], share: float) -> list[str]:
    """ "train" or "test" for each row (label, key) by itself, `share` of all rows for testing: the authors' way (recipe §3)."""
    by_hash = sorted(range(len(rows)), key=lambda i: chance("split", rows[i]["label"], rows[i]["key"]))
    test = set(by_hash[: round(share * len(rows))])
    return ["test" if i in test else "train" for i in range(len(rows))]


def _test_units(rows: list[dict], share: float, chosen: set[str]) -> set[str]:
    """Whole documents that make up about `share` of the rows; those `chosen` by an earlier class count first."""
    sizes = Counter(row["unit"] for row in rows)
    target = max(MINIMUM_TEST, round(share * len(rows)))
    test = chosen & set(sizes)
    for unit in sorted(set(sizes) - test, key=lambda unit: chance("split", unit)):
        if sum(sizes[unit] for unit in test) >= target:
            break
        test.add(unit)
    return test
