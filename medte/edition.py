"""An edition: the data of a run, from its sources' records to training pairs and task data, told from top to bottom.

`build` reads every source, cleans, deduplicates, splits subjects and documents into a part for training and one for
evaluation, makes the tasks of the one and the pairs of the other, and drops every pair that touches a task. What it
writes is reused as long as profile, code and inputs are the same; the manifest, written last, says what is in it.
"""

import math
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from medte import paths
from medte.curation.clean import clean
from medte.curation.deduplicate import deduplicate
from medte.curation.leakage import audit
from medte.curation.pairs import pairs as make_pairs
from medte.errors import MedteError
from medte.manifest import code_digest, digest, seal, unseal, verify
from medte.profile import Data, Profile
from medte.records import Pair, Record
from medte.sources import registry
from medte.tasks.build import Limits, TaskData, chance
from medte.tasks.build import build as build_task
from medte.tasks.catalogue import catalogue
from medte.tasks.catalogue import task as find_task

Say = Callable[[str], None]
PAIR_COLUMNS = ["sentence1", "sentence2", "source", "document"]


@dataclass(frozen=True)
class Parts:
    """Where records went: `kin` are never evaluated but share their subject with some that are."""

    training: list[Record]
    evaluation: list[Record]
    kin: list[Record]


def evaluated_subjects(records: Iterable[Record], data: Data) -> set[str]:
    """The subjects (diseases, and other named things) that are judged on and not trained on.

    Those that a record reserves for one part are there; of the others, by hash, as many as make up the share within each
    stratum of subjects.
    """
    reserved: dict[str, set[str]] = {"training": set(), "evaluation": set()}
    strata: dict[str, str] = {}
    for record in records:
        if subject := record.facts.get("subject"):
            strata.setdefault(subject, "")
            strata[subject] = record.facts.get("subject_stratum") or strata[subject]
            if part := record.facts.get("reserved"):
                reserved[part].add(subject)
    chosen = reserved["evaluation"] - reserved["training"]
    share = data.evaluation_share.get("subjects", data.evaluation_share["default"])
    for stratum in sorted(set(strata.values())):
        own = {subject for subject in strata if strata[subject] == stratum}
        free = sorted(own - chosen - reserved["training"], key=lambda subject: chance(data.seed, subject))
        chosen |= set(free[: max(0, math.ceil(share * len(own)) - len(own & chosen))])
    return chosen


def split(records: Iterable[Record], data: Data) -> Parts:
    """Records of all sources, split by subject where they have one, else by document within each source and stratum.

    A document is whole on one side. A record that its source reserves for a part, or marks `training_only`, is nowhere else:
    where its subject is on the other side, it is left out.
    """
    records = list(records)
    judged = evaluated_subjects(records, data)
    strata: dict[tuple, dict[str, None]] = {}
    for record in records:
        if record.facts.get("subject") is None and not record.facts.get("training_only"):
            documents = strata.setdefault((record.source, record.facts.get("stratum")), {})
            documents[record.document] = None
    drawn = set()
    for (source, _), documents in strata.items():
        share = data.evaluation_share.get(source, data.evaluation_share["default"])
        in_order = sorted(documents, key=lambda document: chance(data.seed, document))
        drawn.update(in_order[: math.ceil(share * len(in_order))])
    parts = Parts([], [], [])
    for record in records:
        subject, reserved = record.facts.get("subject"), record.facts.get("reserved")
        in_evaluation = record.document in drawn if subject is None else subject in judged
        if record.facts.get("training_only"):
            (parts.kin if in_evaluation else parts.training).append(record)
        elif in_evaluation:
            parts.evaluation.append(record)
        elif reserved != "evaluation":
            parts.training.append(record)
    return parts


def inputs_digest(profile: Profile) -> str:
    """A digest of all that decides what the edition holds: the profile's part, the code, the knowledge or mirror files."""
    here = paths.PACKAGE
    code = [here / name for name in ("edition.py", "records.py", "curation", "sources", "tasks")]
    parts = [profile.data.model_dump(), profile.training.sources, profile.training.max_pairs]
    return digest([*parts, code_digest(*code), registry.inputs_digest(profile.data.edition)])


class Edition:
    """A finished edition on disk; every file is checked against its hash before it is read."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifest = unseal(folder)
        if self.manifest is None:
            raise MedteError(f"{folder} holds no finished edition; run `medte data build` first")

    @property
    def name(self) -> str:
        return self.manifest["edition"]

    @property
    def tasks(self) -> dict[str, dict]:
        """For each task that could be built: its data's hash, number of rows and what was left out."""
        return self.manifest["tasks"]

    @property
    def missing(self) -> dict[str, str]:
        """For each task that could not be built: why."""
        return self.manifest["missing"]

    def task_data(self, name: str) -> TaskData:
        """The rows of one task. MedteError if the task is missing from this edition, or its file is damaged."""
        entry = find_task(name)
        if name not in self.tasks:
            raise MedteError(f"{name} is missing from the {self.name} edition: {self.missing[name]}")
        rows = pd.read_parquet(verify(self.folder, f"tasks/{name}.parquet"))
        return TaskData(entry, rows, self.tasks[name]["dropped"])

    def pairs(self, split: str = "subjects") -> pd.DataFrame:
        """Training pairs: sentence1, sentence2, source, document.

        "subjects": of no subject that is evaluated; "documents": all that are of no document that is evaluated.
        """
        table = pd.read_parquet(verify(self.folder, "pairs.parquet"))
        if split == "subjects":
            table = table[table["split"] == "subjects"]
        return table[PAIR_COLUMNS].reset_index(drop=True)


def data_hash(data: TaskData) -> str:
    """The digest of a task's rows, which is its revision: other rows, other revision."""
    return digest([list(data.rows.columns), data.rows.astype(str).values.tolist()])


def build(profile: Profile, folder: Path, say: Say = lambda line: None) -> Edition:
    """The edition of a profile in `folder`, built if it is not there or its inputs changed; `say` gets a line a source."""
    key = inputs_digest(profile)
    finished = unseal(folder)
    if finished and finished["inputs"] == key:
        return Edition(folder)
    kept: dict[str, list[Record]] = {}
    counts, absent = {}, {}
    for source in registry.SOURCES:
        try:
            read = [clean(record) for record in registry.read(profile.data.edition, source)]
        except registry.SourceMissing as reason:
            absent[source] = str(reason)
            say(f"{source}: not in this edition ({reason})")
            continue
        kept[source], repeats = deduplicate(read)
        counts[source] = {
            "records": len(read),
            "repeated": len(repeats),
            "licences": dict(sorted(Counter(record.licence for record in read).items())),
            "fictional": any(record.fictional for record in read),
        }
    parts = split((record for records in kept.values() for record in records), profile.data)
    evaluation: dict[str, list[Record]] = {source: [] for source in kept}
    for record in parts.evaluation:
        evaluation[record.source].append(record)
    for source, about in counts.items():
        for part in ("evaluation", "training", "kin"):
            about[part] = sum(record.source == source for record in getattr(parts, part))
        say(
            f"{source}: {about['records']:,} records, {about['repeated']:,} repeated, {about['evaluation']:,} for evaluation"
        )

    if not evaluation:
        why = "; ".join(f"{reason} ({', '.join(names)})" for reason, names in _by_reason(absent).items())
        raise MedteError(f"no source of the {profile.data.edition} edition can be read here: {why}")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tasks").mkdir(parents=True)
    limits = Limits(profile.data.max_items, profile.data.max_class_texts, profile.data.test_share)
    tasks, missing, texts, documents = {}, {}, set(), set()
    for entry in catalogue().values():
        if entry.source not in evaluation:
            missing[entry.name] = absent[entry.source]
            continue
        data = build_task(entry, evaluation[entry.source], limits)
        if reason := data.missing():
            missing[entry.name] = reason
            continue
        data.rows.to_parquet(folder / "tasks" / f"{entry.name}.parquet", index=False)
        tasks[entry.name] = {"hash": data_hash(data), "rows": len(data.rows), "dropped": data.dropped}
        texts.update(data.texts())
        documents.update(data.rows["unit"])
    say(f"{len(tasks)} of {len(catalogue())} tasks built, {len(texts):,} distinct texts")

    tables, leaks = [], {}
    spare = [record for record in parts.evaluation if record.document not in documents]
    for kind, records in (("subjects", parts.training), ("documents", [*parts.kin, *spare])):
        candidates = [
            pair
            for source in profile.training.sources
            for pair in make_pairs(record for record in records if record.source == source)
        ]
        clean_pairs, found = audit(dict.fromkeys(candidates), texts, documents)
        leaks[kind] = found
        tables.append(pd.DataFrame(map(asdict, _capped(clean_pairs, profile)), columns=PAIR_COLUMNS).assign(split=kind))
    table = pd.concat(tables, ignore_index=True)
    table.to_parquet(folder / "pairs.parquet", index=False)
    ours = table[table["split"] == "subjects"]
    say(f"{len(ours):,} training pairs; {leaks['subjects'].total():,} dropped because they touch the evaluation")

    facts = {
        "edition": profile.data.edition,
        "inputs": key,
        "hash": digest([{name: about["hash"] for name, about in tasks.items()}, table.values.tolist()]),
        "sources": counts,
        "absent": absent,
        "tasks": tasks,
        "missing": missing,
        "evaluation_texts": len(texts),
        "pairs": _by_source(ours),
        "pairs_by_document": _by_source(table),
        "leaks_dropped": {f"{source}: {reason}": n for (source, reason), n in sorted(leaks["subjects"].items())},
        "subjects": _subjects(parts),
        "training_texts_in_evaluation": len(texts & {*table["sentence1"], *table["sentence2"]}),
    }
    seal(folder, facts, [folder / "pairs.parquet", *(folder / "tasks").glob("*.parquet")])
    return Edition(folder)


def _by_source(pairs: pd.DataFrame) -> dict[str, int]:
    return {source: int(n) for source, n in pairs["source"].value_counts().sort_index().items()}


def _subjects(parts: Parts) -> dict[str, list[str]]:
    """The subjects on each side; none is on both."""
    return {
        side: sorted({record.facts["subject"] for record in getattr(parts, side) if record.facts.get("subject")})
        for side in ("training", "evaluation")
    }


def _by_reason(absent: dict[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for source, reason in absent.items():
        reasons.setdefault(reason, []).append(source)
    return reasons


def _capped(pairs: list[Pair], profile: Profile) -> list[Pair]:
    """At most `max_pairs` of each source, chosen by hash, in their old order."""
    chosen = set()
    for source in {pair.source for pair in pairs}:
        own = [pair for pair in pairs if pair.source == source]
        own.sort(key=lambda pair: chance(profile.data.seed, pair.sentence1, pair.sentence2))
        chosen.update(own[: profile.training.max_pairs])
    return [pair for pair in pairs if pair in chosen]


def describe(edition: Edition) -> str:
    """What is in an edition, on one screen."""
    facts = edition.manifest
    lines = [
        f"{edition.name} edition in {edition.folder}",
        "",
        "source            records  repeated  evaluation  training    pairs",
    ]
    for source, counts in facts["sources"].items():
        numbers = [counts[key] for key in ("records", "repeated", "evaluation", "training")]
        lines.append(
            f"{source:16} {numbers[0]:8,} {numbers[1]:9,} {numbers[2]:11,} {numbers[3]:9,} {facts['pairs'].get(source, 0):8,}"
        )
    lines += [f"{source:16} not here: {why}" for source, why in facts["absent"].items()]
    lines += ["", f"{len(facts['tasks'])} tasks, {facts['evaluation_texts']:,} distinct texts to encode"]
    lines += [f"  missing: {name}: {why}" for name, why in facts["missing"].items()]
    lines += ["", f"{sum(facts['pairs'].values()):,} training pairs; dropped because they touch the evaluation:"]
    lines += [f"  {reason}: {count:,}" for reason, count in facts["leaks_dropped"].items()] or ["  none"]
    lines.append(f"training texts that are evaluation texts: {facts['training_texts_in_evaluation']}")
    return "\n".join(lines)
