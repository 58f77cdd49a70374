"""Probes: small data sets that ask one thing each. None is one of the 51 or the 77, or in any mean.

They are tasks like any other to the evaluation: mteb's own classes score them, on vectors that are shared with the
benchmark, and items give the intervals. Pairs are judged by average precision, retrieval by nDCG@10 where every
document that answers is right.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from medte.chance import chance
from medte.curation.clean import DEFAULT_STEPS, clean_text
from medte.finished import Edition
from medte.profile import Data
from medte.tasks.build import TaskData
from medte.tasks.catalogue import MERGED, Family, Task
from medte.tasks.judgements import Judgements

MINIMUM = 20  # queries or pairs, below which a probe is missing
NO_QUERY = ""  # in the rows of a retrieval probe: the document is right for no query
Text = Literal["real", "bundled", "fictional"]  # people's · written for the mini edition · of fictional patients


class ProbeMissing(Exception):
    """The probe cannot be made of this edition; the message is the reason."""


@dataclass(frozen=True)
class Material:
    """What probes are made of: an edition, the settings it was built with, and an ontology's folder if there is one."""

    edition: Edition
    data: Data
    ontology: Path | None = None

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every text that a task of the edition embeds: all are of its evaluation side, and have vectors already."""
        return frozenset(text for name in self.edition.tasks for text in self.edition.task_data(name).texts())

    @cached_property
    def trained(self) -> frozenset[str]:
        """The subjects that the edition trains on, in lower case."""
        return frozenset(self.edition.manifest["subjects"]["training"])

    def cleaned(self, source: str, text: str) -> str:
        """A text as the edition has it of that source."""
        return clean_text(text, self.data.cleaning.get(source, DEFAULT_STEPS))


@dataclass(frozen=True)
class Made:
    """The rows of a probe, what they are made of in words, whose text that is, and its licence.

    Rows are those of the family (`medte.tasks.build`); of retrieval each is one judgement, and a document that is right
    for no query has `NO_QUERY`.
    """

    rows: pd.DataFrame
    made_of: str
    text: Text
    licence: str = "CC0-1.0"


class Probe(NamedTuple):
    """One probe: what it asks, and the function that makes it of an edition, counting by reason what is left out."""

    name: str
    group: str
    family: Family
    source: str
    asks: str
    make: Callable[[Material, Counter], Made]

    @property
    def task(self) -> Task:
        """The probe as a task; a retrieval is judged text by text, as the merged tasks are."""
        return Task(
            name=self.name, authors_name="", family=self.family, source=self.source, reported="no", max_items=1_000_000,
            build={"kind": "probe"}, definition=self.asks, base=self.name,
            variant=MERGED if self.family == "retrieval" else None,
        )  # fmt: skip


class ProbeData(TaskData):
    """The rows of a probe; a retrieval's documents may be right for no query."""

    def judgements(self) -> Judgements:
        """Documents in the order of a hash, so that no place in a tie tells the right one; queries in that of rows."""
        documents = sorted(set(self.rows["document"]), key=lambda text: chance("document", text))
        place = {text: number for number, text in enumerate(documents)}
        right: dict[str, list[int]] = {}
        unit_of: dict[str, str] = {}
        for row in self.asked.itertuples():
            right.setdefault(row.query, []).append(place[row.document])
            unit_of.setdefault(row.query, row.unit)
        return Judgements(list(right), documents, list(right.values()), list(unit_of.values()))

    @property
    def asked(self) -> pd.DataFrame:
        """The rows of a retrieval that are judgements."""
        return self.rows[self.rows["query"] != NO_QUERY]

    def texts_by_role(self) -> dict[str, list[str]]:
        """Every text that is embedded, by its role."""
        found = super().texts_by_role()
        return {role: [text for text in texts if text != NO_QUERY] for role, texts in found.items()}

    def missing(self) -> str | None:
        """Why this is too little to be a probe, or None where it is enough."""
        retrieval = self.task.family == "retrieval"
        items = self.asked["query"].nunique() if retrieval else int(self.rows["label"].sum())
        kind = "queries" if retrieval else "right pairs"
        return f"{items} {kind}; {MINIMUM} are needed" if items < MINIMUM else None


def judged(right: dict[str, list[str]], units: dict[str, str], documents: list[str]) -> pd.DataFrame:
    """The rows of a retrieval: for each query its right documents and its unit; then the `documents` right for none."""
    rows = [(query, text, units[query]) for query, texts in right.items() for text in texts]
    answers = {text for texts in right.values() for text in texts}
    rows += [(NO_QUERY, text, NO_QUERY) for text in dict.fromkeys(documents) if text not in answers]
    return pd.DataFrame(rows, columns=["query", "document", "unit"])


def drawn(items: list, limit: int, name: str, key: Callable, dropped: Counter) -> list:
    """At most `limit` of the items, drawn and ordered by the hash of their key; the others are counted."""
    chosen = sorted(items, key=lambda item: chance(name, key(item)))[:limit]
    dropped["beyond the limit of the profile"] += len(items) - len(chosen)
    return chosen


def of(probe: Probe, made: Made, dropped: Counter) -> ProbeData:
    """The data of a probe."""
    left_out = {reason: count for reason, count in sorted(dropped.items()) if count}
    return ProbeData(probe.task, made.rows.reset_index(drop=True), left_out)
