"""Which records are for training and which for evaluation: by subject where they have one, else by document."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from medte.chance import chance
from medte.profile import Data
from medte.records import Record


class Header(NamedTuple):
    """What of a record decides its part."""

    source: str
    document: str
    stratum: str | None
    subject: str | None
    subject_stratum: str | None
    reserved: str | None  # "training" or "evaluation": the only part it may be in
    training_only: bool  # a training text about whatever it is about; nothing is evaluated on it

    @classmethod
    def of(cls, record: Record) -> "Header":
        facts = record.facts
        return cls(
            record.source,
            record.document,
            *map(facts.get, ("stratum", "subject", "subject_stratum", "reserved")),
            bool(facts.get("training_only")),
        )


def split(headers: Sequence[Header], data: Data) -> list[str | None]:
    """The part of each record, of which the headers tell: "training", "evaluation", "kin" or None.

    A subject is whole on one side over all sources; a document without one is whole on one side, drawn within its source and
    stratum; of either kind at most `max_evaluation` of a source are evaluated. Kin are never evaluated but share their subject
    with some that are. A record that its source reserves for a part
    is nowhere else: where its subject is on the other side, it is left out (None).
    """
    judged, drawn = evaluated_subjects(headers, data), _evaluated_documents(headers, data)
    parts = [_part(header, judged, drawn) for header in headers]
    spared = _beyond(headers, parts, data)
    return [
        "kin" if header.document in spared and header.subject else part
        for header, part in zip(headers, parts, strict=True)
    ]


def _part(header: Header, judged: set[str], drawn: set[str]) -> str | None:
    in_evaluation = header.document in drawn if header.subject is None else header.subject in judged
    if header.training_only:
        return "kin" if in_evaluation else "training"
    if in_evaluation:
        return "evaluation"
    return None if header.reserved == "evaluation" else "training"


def _beyond(headers: Sequence[Header], parts: Sequence[str | None], data: Data) -> set[str]:
    """Of the documents with an evaluated subject those beyond `max_evaluation` of each source, by hash."""
    if data.max_evaluation is None:
        return set()
    documents: dict[str, dict[str, None]] = {}
    for header, part in zip(headers, parts, strict=True):
        if header.subject and part == "evaluation":
            documents.setdefault(header.source, {})[header.document] = None
    in_order = {
        source: sorted(own, key=lambda document: chance(data.seed, document)) for source, own in documents.items()
    }
    return {document for own in in_order.values() for document in own[data.max_evaluation :]}


def evaluated_subjects(headers: Iterable[Header], data: Data) -> set[str]:
    """The subjects (diseases, and other named things) that are judged on and not trained on.

    Those that a record reserves for one part are there; of the others, by hash, as many as make up the share within each
    stratum of subjects.
    """
    reserved: dict[str | None, set[str]] = {"training": set(), "evaluation": set(), None: set()}
    strata: dict[str, str] = {}
    for header in headers:
        if header.subject:
            strata[header.subject] = header.subject_stratum or strata.get(header.subject, "")
            reserved[header.reserved].add(header.subject)
    chosen = reserved["evaluation"] - reserved["training"]
    share = data.evaluation_share.get("subjects", data.evaluation_share["default"])
    for stratum in sorted(set(strata.values())):
        own = {subject for subject in strata if strata[subject] == stratum}
        free = sorted(own - chosen - reserved["training"], key=lambda subject: chance(data.seed, subject))
        chosen |= set(free[: max(0, math.ceil(share * len(own)) - len(own & chosen))])
    return chosen


def _evaluated_documents(headers: Iterable[Header], data: Data) -> set[str]:
    """Of the documents without a subject: the share of each source and stratum, at most `max_evaluation` of each."""
    strata: dict[tuple, dict[str, None]] = {}
    for header in headers:
        if header.subject is None and not header.training_only:
            strata.setdefault((header.source, header.stratum), {})[header.document] = None
    drawn: set[str] = set()
    for (source, _), documents in strata.items():
        share = data.evaluation_share.get(source, data.evaluation_share["default"])
        count = min(math.ceil(share * len(documents)), data.max_evaluation or len(documents))
        drawn.update(sorted(documents, key=lambda document: chance(data.seed, document))[:count])
    return drawn
