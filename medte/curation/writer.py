"""Texts that a source does not have, written from one that it has: questions about an abstract, pairs of sentences.

In the paper GPT-4o wrote them (recipe §3). Here a `Writer` does, and its name is kept with each text:
`writing.extractive` takes words and sentences of the text itself and needs no model, `writing.model` asks one.

    wanted = {"pubmed": ["written_question"], "wikipedia": ["sentence1", "sentence2"]}
    for record in written(records, wanted, ExtractiveWriter(), print):
        …
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from medte.errors import require_known
from medte.records import Record

Say = Callable[[str], None]
Wanted = Mapping[str, Collection[str]]  # for each source, names of the texts that its records shall have
BATCH = 64  # records in hand at once
SECONDS = 10  # between two lines of progress

QUESTION = ("written_question",)
QUESTION_AND_ANSWER = ("written_question", "written_answer")
PAIR = ("sentence1", "sentence2")


@dataclass(frozen=True)
class Writable:
    """What can be written for the records of a source: from which of their texts, and what is written together."""

    reads: str
    columns: tuple[tuple[str, ...], ...]


WRITABLE = {
    "pubmed": Writable("abstract", (QUESTION, PAIR)),
    "biorxiv": Writable("abstract", (QUESTION,)),
    "medrxiv": Writable("abstract", (QUESTION,)),
    "wikipedia": Writable("section:Lead", (QUESTION_AND_ANSWER, PAIR)),  # a page's lead sums the page up
}


@dataclass(frozen=True)
class Request:
    """What is to be written for a record: the texts named `columns`, together, from `text`.

    The words of `title` and the `key_words` (MeSH headings, where they are known) are to be avoided.
    """

    record: Record
    columns: tuple[str, ...]
    text: str
    title: str
    key_words: tuple[str, ...]


class Rejected(Exception):
    """Nothing usable was written for a request; the message is the reason, by which rejections are counted."""


class Writer(Protocol):
    """Who writes. `name` is shown wherever what it wrote is; it is asked for `at_once` records at the same time."""

    name: str
    at_once: int

    def prepare(self, records: Sequence[Record], wanted: Wanted, say: Say) -> None:
        """See all that will be asked for, before the first text; MedteError where some of it must not be written."""

    def write(self, request: Request) -> dict[str, str]:
        """A text for each of the request's columns, or Rejected; MedteError where no more can be written at all."""


def requests(record: Record, wanted: Wanted) -> list[Request]:
    """What of the `wanted` the record lacks. Texts that are written together are one request, even if one is there."""
    if not wanted.get(record.source):
        return []
    writable, columns = WRITABLE[record.source], wanted[record.source]
    text = record.texts.get(writable.reads, "")
    title = record.texts.get("title") or record.facts.get("title", "")
    key_words = tuple(record.facts.get("mesh", ()))
    return [
        Request(record, together, text, title, key_words)
        for together in writable.columns
        if any(column in columns and column not in record.texts for column in together)
    ]


def to_write(records: Iterable[Record], wanted: Wanted) -> list[Request]:
    """The requests of all records that have a text to write from."""
    return [request for record in records for request in requests(record, wanted) if request.text]


def written(
    records: Sequence[Record], wanted: Wanted, writer: Writer, say: Say, dropped: Counter | None = None
) -> Iterator[Record]:
    """The records in their order, each with the wanted texts that it lacked; the writer is prepared at the call.

    They are gone through before the first text is written, and again: a list, of those that a task may use.
    `facts["written_by"]` names the writer of each text written. A record for which it was rejected stays without, and
    `dropped` counts it by (source, "column and column: reason"). MedteError for a source or text not `WRITABLE`.
    """
    require_known("source with written texts", wanted, WRITABLE)
    for source, columns in wanted.items():
        known = [column for together in WRITABLE[source].columns for column in together]
        require_known(f"written text of {source}", columns, known)
    writer.prepare(records, wanted, say)
    return _written(records, wanted, writer, say, Counter() if dropped is None else dropped)


def _written(records: Sequence[Record], wanted: Wanted, writer: Writer, say: Say, dropped: Counter) -> Iterator[Record]:
    count, rejected, next_line = Counter(), Counter(), time.monotonic() + SECONDS
    with ThreadPoolExecutor(writer.at_once) as pool:
        for start in range(0, len(records), BATCH):
            batch = records[start : start + BATCH]
            for record, columns, reasons in pool.map(partial(_add, writer, wanted), batch):
                count.update(columns)
                for reason in reasons:
                    dropped[record.source, reason] += 1
                    rejected[record.source, reason] += 1
                yield record
            if time.monotonic() > next_line:
                next_line = time.monotonic() + SECONDS
                say(f"{writer.name}: {start + len(batch):,} of {len(records):,} records")
    texts = ", ".join(f"{n:,} {column}" for column, n in count.items()) or "nothing"
    say(f"{writer.name}: {texts} written")
    for (source, reason), n in sorted(rejected.items()):
        say(f"{writer.name}: {n:,} records of {source} without {reason}")


def _add(writer: Writer, wanted: Wanted, record: Record) -> tuple[Record, list[str], list[str]]:
    """The record with what was written for it, the names of those texts, and why others are not there."""
    texts, reasons = {}, []
    for request in requests(record, wanted):
        try:
            if not request.text:
                raise Rejected("nothing to write from")
            texts |= writer.write(request)
        except Rejected as reason:
            reasons.append(f"{' and '.join(request.columns)}: {reason}")
    if not texts:
        return record, [], reasons
    facts = {**record.facts, "written_by": record.facts.get("written_by", {}) | dict.fromkeys(texts, writer.name)}
    return replace(record, texts={**record.texts, **texts}, facts=facts), list(texts), reasons
