"""An edition: the data of a run, from its sources' records to training pairs and task data, told from top to bottom.

`build` reads every source, cleans, deduplicates, splits each source's documents into a part for training and one for
evaluation, makes the tasks of the one and the pairs of the other, and drops every pair that touches a task. What it
writes is reused as long as profile, code and inputs are the same; the manifest, written last, says what is in it.
"""

import math
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
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
from medte.tasks.build import TaskData, chance
from medte.tasks.build import build as build_task
from medte.tasks.catalogue import catalogue
from medte.tasks.catalogue import task as find_task

Say = Callable[[str], None]


def split(records: Iterable[Record], data: Data) -> tuple[list[Record], list[Record]]:
    """(training, evaluation): whole documents by hash, in proportion within each stratum.

    A stratum is what the source says should be in both parts: a category, a search term, a diagnosis. Records that
    their source marks `training_only` are never for evaluation; nor are they used (in `build`) where they are about a
    document that is.
    """
    records = list(records)
    stratum_of = {}
    for record in records:
        if not record.facts.get("training_only"):
            stratum_of.setdefault(record.document, (record.source, record.facts.get("stratum")))
    documents_of: dict[tuple, list[str]] = {}
    for document, stratum in stratum_of.items():
        documents_of.setdefault(stratum, []).append(document)
    evaluation = set()
    for (source, _), documents in documents_of.items():
        share = data.evaluation_share.get(source, data.evaluation_share["default"])
        documents.sort(key=lambda document: chance(data.seed, document))
        evaluation.update(documents[: math.ceil(share * len(documents))])
    return [r for r in records if r.document not in evaluation], [r for r in records if r.document in evaluation]


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

    def pairs(self) -> pd.DataFrame:
        """All training pairs: sentence1, sentence2, source, document."""
        return pd.read_parquet(verify(self.folder, "pairs.parquet"))


def data_hash(data: TaskData) -> str:
    """The digest of a task's rows, which is its revision: other rows, other revision."""
    return digest([list(data.rows.columns), data.rows.astype(str).values.tolist()])


def build(profile: Profile, folder: Path, say: Say = lambda line: None) -> Edition:
    """The edition of a profile in `folder`, built if it is not there or its inputs changed; `say` gets a line a source."""
    key = inputs_digest(profile)
    finished = unseal(folder)
    if finished and finished["inputs"] == key:
        return Edition(folder)
    training: dict[str, list[Record]] = {}
    evaluation: dict[str, list[Record]] = {}
    counts, absent = {}, {}
    for source in registry.SOURCES:
        try:
            read = [clean(record) for record in registry.read(profile.data.edition, source)]
        except registry.SourceMissing as reason:
            absent[source] = str(reason)
            say(f"{source}: not in this edition ({reason})")
            continue
        kept, repeats = deduplicate(read)
        training[source], evaluation[source] = split(kept, profile.data)
        counts[source] = {
            "records": len(read),
            "repeated": len(repeats),
            "training": len(training[source]),
            "evaluation": len(evaluation[source]),
            "licences": dict(sorted(Counter(record.licence for record in read).items())),
            "fictional": any(record.fictional for record in read),
        }
        say(f"{source}: {len(read):,} records, {len(repeats):,} repeated, {len(evaluation[source]):,} for evaluation")

    if not evaluation:
        why = "; ".join(f"{reason} ({', '.join(names)})" for reason, names in _by_reason(absent).items())
        raise MedteError(f"no source of the {profile.data.edition} edition can be read here: {why}")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tasks").mkdir(parents=True)
    evaluated = {record.document for part in evaluation.values() for record in part}
    for source, part in training.items():
        training[source] = [record for record in part if record.facts.get("about") not in evaluated]
        counts[source]["about_evaluated"] = len(part) - len(training[source])
        counts[source]["training"] = len(training[source])

    tasks, missing, texts, documents = {}, {}, set(), set()
    for entry in catalogue().values():
        if entry.source not in evaluation:
            missing[entry.name] = absent[entry.source]
            continue
        data = build_task(entry, evaluation[entry.source], profile.data.max_items, profile.data.max_class_texts)
        if reason := data.missing():
            missing[entry.name] = reason
            continue
        data.rows.to_parquet(folder / "tasks" / f"{entry.name}.parquet", index=False)
        tasks[entry.name] = {"hash": data_hash(data), "rows": len(data.rows), "dropped": data.dropped}
        texts.update(data.texts())
        documents.update(data.rows["unit"])
    say(f"{len(tasks)} of {len(catalogue())} tasks built, {len(texts):,} distinct texts")

    candidates = [pair for source in profile.training.sources for pair in make_pairs(training.get(source, []))]
    clean_pairs, leaks = audit(dict.fromkeys(candidates), texts, documents)
    table = pd.DataFrame(
        [asdict(pair) for pair in _capped(clean_pairs, profile)],
        columns=["sentence1", "sentence2", "source", "document"],
    )
    table.to_parquet(folder / "pairs.parquet", index=False)
    say(f"{len(table):,} training pairs; {sum(leaks.values()):,} dropped because they touch the evaluation")

    facts = {
        "edition": profile.data.edition,
        "inputs": key,
        "sources": counts,
        "absent": absent,
        "tasks": tasks,
        "missing": missing,
        "evaluation_texts": len(texts),
        "pairs": {source: int(n) for source, n in table["source"].value_counts().sort_index().items()},
        "leaks_dropped": {f"{source}: {reason}": n for (source, reason), n in sorted(leaks.items())},
        "training_texts_in_evaluation": len(texts & {*table["sentence1"], *table["sentence2"]}),
    }
    seal(folder, facts, [folder / "pairs.parquet", *(folder / "tasks").glob("*.parquet")])
    return Edition(folder)


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
