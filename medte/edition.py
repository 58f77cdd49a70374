"""An edition: the data of a run, from its sources' records to training pairs and task data, told from top to bottom.

`build` reads every source onto a shelf (cleaned, compared, in batches), splits subjects and documents into a part for
training and one for evaluation, makes the tasks of the one and the pairs of the other, and compares every pair with every
task. What it writes is reused as long as profile, code and inputs are the same; the manifest, written last, says what is
in it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from medte import paths
from medte.curation import pair_table
from medte.curation.clean import DEFAULT_STEPS, clean
from medte.curation.frozen import Frozen
from medte.curation.frozen import write as write_frozen
from medte.curation.leakage import Audit
from medte.curation.negatives import Encode
from medte.curation.pair_table import PAIR_COLUMNS, Work
from medte.curation.shelf import Curation, Shelf, fill
from medte.curation.split import Header, split
from medte.curation.writer import Writer
from medte.curation.writing.extractive import ExtractiveWriter
from medte.engine import Engine
from medte.errors import MedteError
from medte.manifest import code_digest, digest, digest_of_rows, seal, unseal, verify, write_json
from medte.profile import Profile
from medte.records import Record
from medte.sources import registry
from medte.tasks.build import TaskData
from medte.tasks.build_all import Tasks
from medte.tasks.catalogue import task as find_task
from medte.tasks.pairing import Mined, Mining, mining_of

Say = Callable[[str], None]
FROZEN = "frozen.parquet"  # the list of all records, by which the edition can be made again
LISTED_AS = {"spare": "evaluation"}
Parts = dict[str, list[str | None]]  # source -> the part of each record on its shelf
PARTS_OF_SPLIT = {"subjects": ("training",), "documents": ("kin", "spare"), "evaluation": ("evaluation",)}


def inputs_digest(profile: Profile) -> str:
    """A digest of all that decides what the edition holds: the profile's part, the code, the files that are read."""
    here = paths.PACKAGE
    code = [here / name for name in ("chance.py", "edition.py", "records.py", "curation", "sources", "tasks")]
    parts = [profile.data.model_dump(), profile.training.sources, profile.training.max_pairs]
    files = {}
    for source in registry.sources(profile.training.sources):
        try:
            files[source] = registry.inputs_digest(profile.data.edition, source)
        except registry.SourceMissing as reason:
            files[source] = str(reason)
    return digest([*parts, code_digest(*code), files])


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

    @property
    def notices(self) -> list[str]:
        """What a run that trains on its pairs has to say, of sources such as public test sets."""
        return [
            about["notice"]
            for source, about in self.manifest["sources"].items()
            if about["notice"] and source in self.manifest["pairs"]
        ]

    def task_data(self, name: str) -> TaskData:
        """The rows of one task. MedteError if the task is missing from this edition, or its file is damaged."""
        entry = find_task(name)
        if name not in self.tasks:
            why = self.missing.get(name, "it is a variant, and the profile builds none (data.variants)")
            raise MedteError(f"{name} is missing from the {self.name} edition: {why}")
        rows, about = pd.read_parquet(verify(self.folder, f"tasks/{name}.parquet")), self.tasks[name]
        mined = Mined(**about["mined"]) if about["mined"] else None
        return TaskData(entry, rows, about["dropped"], about["written_by"], mined)

    def cards(self) -> dict[str, dict]:
        """The data card of every task that was built."""
        return json.loads(verify(self.folder, "cards.json").read_text(encoding="utf-8"))

    def pairs(self, split: str = "subjects", leaks: str = "drop") -> pd.DataFrame:
        """Training pairs: sentence1, sentence2, source, document.

        `split` "subjects": of no subject that is evaluated; "documents": all that are of no document that is evaluated.
        `leaks` "keep" adds every pair that touches the evaluation: what the authors did (recipe §5, points 1 and 25).
        """
        table = pd.read_parquet(verify(self.folder, "pairs.parquet"), columns=[*PAIR_COLUMNS, "split", "leak"])
        splits = ["subjects"] if split == "subjects" else ["subjects", "documents"]
        chosen = table["split"].isin(splits) & (table["leak"] == "")
        if leaks == "keep":
            chosen |= table["leak"] != ""
        return table.loc[chosen, PAIR_COLUMNS].reset_index(drop=True)


def _no_encoder(name: str) -> Encode:
    raise MedteError(f"{name} mines the negatives of this profile; build its edition with `medte data build` first")


def build(
    profile: Profile,
    folder: Path,
    say: Say = lambda line: None,
    engine: Engine | None = None,
    encoder: Callable[[str], Encode] = _no_encoder,
    frozen: Frozen | None = None,
) -> Edition:
    """The edition of a profile in `folder`, built if it is not there or its inputs changed; `say` gets a line a source.

    `encoder` gives the function that encodes texts by a model's name: for a profile whose negatives a model mines. With a
    `frozen` list its records alone are used, in the parts that it says, and what has changed is known to it afterwards.
    """
    key = inputs_digest(profile)
    finished = unseal(folder)
    if finished and finished["inputs"] == key and not frozen:
        return Edition(folder)
    sources, absent = _readable(profile)
    for source, reason in absent.items():
        say(f"{source}: not in this edition ({reason})")
    with engine or Engine() as engine:
        shelves = _shelve(profile, sources, folder / "records", engine, frozen, say)
        (folder / "manifest.json").unlink(missing_ok=True)
        parts, subjects = _split(profile, shelves, frozen)
        about = {source: _about(profile, source, shelf, parts[source]) for source, shelf in shelves.items()}
        tasks = _tasks(profile, folder, shelves, parts, mining_of(profile.data, encoder), say)
        for source, reason in absent.items():
            tasks.leave_out(source, reason)
        texts = tasks.all_texts()
        say(f"{len(tasks.built)} tasks built, {len(tasks.missing)} missing; {len(texts):,} distinct texts")
        counts = _pairs(profile, folder, shelves, parts, tasks, engine)
        dropped = counts.leaks["subjects"]
        say(
            f"{counts.pairs['subjects'].total():,} training pairs; {dropped.total():,} dropped because they touch the evaluation"
        )
    facts = {
        "edition": profile.data.edition,
        "inputs": key,
        "hash": digest_of_rows({name: about["hash"] for name, about in tasks.built.items()}, _pair_rows(folder)),
        "sources": about,
        "absent": absent,
        "tasks": tasks.built,
        "missing": tasks.missing,
        "unwritten": {f"{source}: {reason}": n for (source, reason), n in sorted(tasks.unwritten.items())},
        "evaluation_texts": len(texts),
        "pairs": dict(counts.pairs["subjects"]),
        "pairs_by_document": dict(counts.pairs["subjects"] + counts.pairs["documents"]),
        "leaks_dropped": {f"{source}: {reason}": n for (source, reason), n in sorted(dropped.items())},
        "leaks_by_task": [[*found, n] for found, n in sorted(counts.tasks.items())],
        "subjects": subjects,
        "training_texts_in_evaluation": counts.evaluation_texts,
    }
    listed = zip(chain.from_iterable(parts[source] for source in shelves), _kept(shelves), strict=True)
    write_frozen(folder / FROZEN, ((LISTED_AS.get(part, part), record) for part, record in listed if part))
    write_json(folder / "cards.json", tasks.cards)
    files = [folder / "pairs.parquet", folder / "cards.json", folder / FROZEN]
    seal(folder, facts, [*files, *(folder / "tasks").glob("*.parquet")])
    return Edition(folder)


def _readable(profile: Profile) -> tuple[list[str], dict[str, str]]:
    """The sources that can be read here, and why the others cannot. MedteError where there are none but stand-ins."""
    edition, readable, absent = profile.data.edition, [], {}
    for source in registry.sources(profile.training.sources):
        try:
            registry.folder_of(edition, source)
            readable.append(source)
        except registry.SourceMissing as reason:
            absent[source] = str(reason)
    if all(registry.is_stand_in(edition, source) for source in readable):
        raise MedteError(
            f"no source of the {edition} edition can be read here; set MEDTE_MIRROR to the folder that holds them, or fetch "
            f"them: `medte data fetch --edition {profile.name}`"
        )
    return readable, absent


def _shelve(
    profile: Profile, sources: list[str], folder: Path, engine: Engine, frozen: Frozen | None, say: Say
) -> dict[str, Shelf]:
    """The shelf of every source, filled where it is not."""
    data, here, shelves = profile.data, paths.PACKAGE, {}
    code = code_digest(here / "records.py", here / "curation", here / "sources")
    for source in sources:
        curation = Curation(tuple(data.cleaning.get(source, DEFAULT_STEPS)), data.near_duplicates)
        key = digest([registry.inputs_digest(data.edition, source), code, asdict(curation)])
        left_out: Counter = Counter()
        records = registry.read(data.edition, source, left_out)
        if frozen:
            records = _listed(records, frozen, curation)
        shelf = shelves[source] = fill(folder / source, key, records, curation, engine, left_out)
        count = shelf.manifest["records"]
        say(f"{source}: {count:,} records, {count - shelf.kept_count:,} repeated")
    return shelves


def _listed(records: Iterable[Record], frozen: Frozen, curation: Curation) -> Iterator[Record]:
    """Those on a frozen list, which speaks of cleaned records."""
    return (record for record in records if frozen.part(clean(record, curation.steps)))


def _split(profile: Profile, shelves: Mapping[str, Shelf], frozen: Frozen | None) -> tuple[Parts, dict[str, list[str]]]:
    """The part of every record, and the subjects of each side; none is on both."""
    headers = [Header.of(record) for record in _kept(shelves)]
    found = [frozen.part_of(record.id) for record in _kept(shelves)] if frozen else split(headers, profile.data)
    sides = {
        side: sorted({h.subject for h, part in zip(headers, found, strict=True) if part == side and h.subject})
        for side in ("training", "evaluation")
    }
    stream = iter(found)
    return {source: list(islice(stream, shelf.kept_count)) for source, shelf in shelves.items()}, sides


def _kept(shelves: Mapping[str, Shelf]) -> Iterator[Record]:
    return chain.from_iterable(shelf.kept() for shelf in shelves.values())


def _about(profile: Profile, source: str, shelf: Shelf, parts: list[str | None]) -> dict:
    """What the manifest says of a source."""
    facts, counts = shelf.manifest, Counter(parts)
    return {
        **{name: facts[name] for name in ("records", "left_out", "licences", "dates", "fictional")},
        "repeated": sum(facts["repeated"].values()),
        "repeated_by_reason": facts["repeated"],
        **{part: counts[part] for part in ("evaluation", "training", "kin")},
        "stand_in": registry.is_stand_in(profile.data.edition, source),
        "notice": registry.SOURCES[source].notice,
    }


def _tasks(
    profile: Profile, folder: Path, shelves: Mapping[str, Shelf], parts: Parts, mining: Mining | None, say: Say
) -> Tasks:
    """Build the tasks of every source; records for evaluation that no task uses become "spare" in `parts`."""
    tasks = Tasks(profile.data, folder / "tasks", mining, _writer(profile), say)
    for source, shelf in shelves.items():
        kept = zip(shelf.kept(), parts[source], strict=True)
        records = [record for record, part in kept if part == "evaluation"]
        used = tasks.add(source, records)
        spare = iter([record.document not in used for record in records])
        parts[source] = ["spare" if part == "evaluation" and next(spare) else part for part in parts[source]]
    return tasks


def _writer(profile: Profile) -> Writer | None:
    """Who writes the queries that no source has, as the profile says."""
    if profile.data.writer == "model":
        from medte.curation.writing.endpoint import Endpoint
        from medte.curation.writing.model import ModelWriter

        return ModelWriter(Endpoint.from_environment(), paths.home() / "writer" / "replies.jsonl")
    return ExtractiveWriter() if profile.data.writer == "extractive" else None


def _pairs(
    profile: Profile, folder: Path, shelves: Mapping[str, Shelf], parts: Parts, tasks: Tasks, engine: Engine
) -> pair_table.Counts:
    """Write every pair of every training source with the audit's verdict."""
    audit = Audit(tasks.texts, tasks.documents, profile.data.near_leaks)
    work = _pair_work({source: shelves[source] for source in profile.training.sources if source in shelves}, parts)
    limits = (profile.training.max_pairs, profile.data.seed)
    return pair_table.write(folder / "pairs.parquet", work, audit, tasks.all_texts(), *limits, engine)


def _pair_work(shelves: Mapping[str, Shelf], parts: Parts) -> Iterator[Work]:
    for split_, of_split in PARTS_OF_SPLIT.items():
        for source, shelf in shelves.items():
            for part in of_split:
                own = iter(parts[source])
                for path, places in shelf.batches():
                    chosen = [place for place in places if next(own) == part]
                    if chosen:
                        yield Work(split_, path, chosen)


def _pair_rows(folder: Path) -> Iterator[list[str]]:
    """The pairs that touch nothing of the evaluation, as far as training may use them, one after another."""
    columns = [*PAIR_COLUMNS, "split"]
    for batch in pq.ParquetFile(folder / "pairs.parquet").iter_batches(columns=[*columns, "leak"]):
        rows = batch.to_pandas()
        yield from rows.loc[rows["leak"] == "", columns].values.tolist()
