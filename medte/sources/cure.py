"""CUREv1 (Clinia, CC BY-NC 4.0), from the hub: the passages of a public retrieval test set, in ten disciplines.

The paper trains on them (recipe §1). Here a profile has to ask for them by name.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from medte.records import Record
from medte.sources import hub

NOTICE = (
    "CUREv1 is a test set of MTEB(Medical), under CC BY-NC 4.0: a model trained on it is not zero-shot there, "
    "and its texts are not for commercial use."
)


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record a passage of each discipline: title and text; a passage of two disciplines has one document.

    `dropped` counts passages without one of the two. MedteError where the folder holds no finished fetch.
    """
    dropped = Counter() if dropped is None else dropped
    licence = hub.data_set("cure").licence
    for name, row in hub.rows(folder):
        texts = {"title": (row["title"] or "").strip(), "text": (row["text"] or "").strip()}
        if not all(texts.values()):
            dropped["without title or text"] += 1
            continue
        discipline, document = name.partition("/")[0], f"cure:{row['_id']}"
        facts = {"discipline": discipline, "identities": [document]}
        yield Record(f"cure:{discipline}/{row['_id']}", "cure", document, texts, licence, facts=facts)


SOURCE = hub.source("cure", read, "CC BY-NC 4.0", asked_only=True, notice=NOTICE)
