"""An edition: the data of a run, from its sources' records to training pairs and task data, told from top to bottom.

`build` reads every source onto a shelf (cleaned, compared, in batches), splits subjects and documents into a part for
training and one for evaluation, makes the tasks of the one and the pairs of the other, and compares every pair with every
task. What it writes is reused as long as profile, code and inputs are the same; the manifest, written last, says what is
in it.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path

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
from medte.finished import Edition
from medte.manifest import code_digest, digest, digest_of_rows, seal, unseal, write_json
from medte.profile import BM25, Profile
from medte.records import Record
from medte.sources import registry
from medte.tasks.build_all import Tasks
from medte.tasks.pairing import Mining, mining_of

Say = Callable[[str], None]
FROZEN = "frozen.parquet"  # the list of all records, by which the edition can be made again
LISTED_AS = {"spare": "evaluation"}
Parts = dict[str, list[str | None]]  # source -> the part of each record on its shelf
PARTS_OF_SPLIT = {"subjects": ("training",), "documents": ("kin", "spare"), "evaluation": ("evaluation",)}


def inputs_digest(profile: Profile) -> str:
    """A digest of all that decides what the edition holds: the profile's part, the code, the files that are read."""
    here = paths.PACKAGE
    code = [here / name for name in ("chance.py", "edition.py", "records.py", "curation", "sources", "tasks")]
    parts = [profile.data.model_dump(), profile.training_sources, _max_pairs(profile), _outside(profile)]
    files = {}
    for source in profile.data.sources or registry.sources(profile.training_sources):
        try:
            files[source] = registry.inputs_digest(profile.data.edition, source)
        except registry.SourceMissing as reason:
            files[source] = str(reason)
    return digest([*parts, code_digest(*code), files])


def _max_pairs(profile: Profile) -> int | None:
    return profile.training.max_pairs if profile.training else None


def _outside(profile: Profile) -> list:
    """What else decides the tasks: who writes, who mines, and the versions of the libraries that read and compare."""
    data, decides = profile.data, [version(package) for package in ("bm25s", "lxml", "rensa")]
    if data.writer == "model":
        decides.append(os.environ.get("MEDTE_WRITER_MODEL"))
    if data.negatives and data.negatives.miner != BM25:
        decides += [profile.encoding.model_dump(), code_digest(paths.PACKAGE / "models" / "registry.yaml")]
    return decides


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
    writer, mining = _writer(profile), mining_of(profile.data, encoder)
    if frozen:
        shutil.rmtree(folder, ignore_errors=True)
    for source, reason in absent.items():
        say(f"{source}: not in this edition ({reason})")
    with engine or Engine() as engine:
        shelves = _shelve(profile, sources, folder / "records", engine, frozen, say)
        (folder / "manifest.json").unlink(missing_ok=True)
        parts, subjects = _split(profile, shelves, frozen)
        about = {source: _about(profile, source, shelf, parts[source]) for source, shelf in shelves.items()}
        tasks = _tasks(profile, folder, shelves, parts, mining, writer, say)
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
    shareable = ((part, record) for part, record in listed if part and not record.facts.get("credentialed"))
    write_frozen(folder / FROZEN, ((LISTED_AS.get(part, part), record) for part, record in shareable))
    write_json(folder / "cards.json", tasks.cards)
    files = [folder / "pairs.parquet", folder / "cards.json", folder / FROZEN]
    seal(folder, facts, [*files, *(folder / "tasks").glob("*.parquet")])
    return Edition(folder)


def _readable(profile: Profile) -> tuple[list[str], dict[str, str]]:
    """The sources that can be read here, and why the others cannot. MedteError where there are none but stand-ins."""
    edition, only, readable, absent = profile.data.edition, profile.data.sources, [], {}
    for source in registry.sources(profile.training_sources):
        if only and source not in only:
            absent[source] = f"the profile {profile.name} does not read it"
            continue
        try:
            registry.folder_of(edition, source)
            readable.append(source)
        except registry.SourceMissing as reason:
            absent[source] = str(reason)
    if only and not readable:
        raise MedteError(
            f"the profile {profile.name} reads {', '.join(only)} alone: {'; '.join(absent[name] for name in only)}"
        )
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
    """The part of every record, and the subjects of each side of the real text; none is on both.

    What stands in for a source is split by itself, so that it decides nothing about the others.
    """
    apart = {source for source in shelves if registry.is_stand_in(profile.data.edition, source)}
    parts: Parts = {}
    for group in (shelves.keys() - apart, apart):
        headers = [Header.of(record) for source in shelves if source in group for record in shelves[source].kept()]
        found = iter(split(headers, profile.data))
        parts |= {source: list(islice(found, shelves[source].kept_count)) for source in shelves if source in group}
        if group != apart:
            sides = _subjects(headers, chain.from_iterable(parts.values()))
    if frozen:
        parts = {source: [frozen.part_of(record.id) for record in shelf.kept()] for source, shelf in shelves.items()}
    return parts, sides


def _subjects(headers: Iterable[Header], parts: Iterable[str | None]) -> dict[str, list[str]]:
    sides: dict[str, set[str]] = {"training": set(), "evaluation": set()}
    for header, part in zip(headers, parts, strict=True):
        if header.subject and part in sides:
            sides[part].add(header.subject)
    return {side: sorted(subjects) for side, subjects in sides.items()}


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
        "in_no_part": counts[None],
        "stand_in": registry.is_stand_in(profile.data.edition, source),
        "notice": registry.SOURCES[source].notice,
    }


def _tasks(
    profile: Profile,
    folder: Path,
    shelves: Mapping[str, Shelf],
    parts: Parts,
    mining: Mining | None,
    writer: Writer | None,
    say: Say,
) -> Tasks:
    """Build the tasks of every source; records for evaluation that no task uses become "spare" in `parts`."""
    tasks = Tasks(profile.data, folder / "tasks", mining, writer, say)
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
        from medte.curation.writing.endpoint import Endpoint, prices
        from medte.curation.writing.model import ModelWriter

        return ModelWriter(Endpoint.from_environment(), paths.home() / "writer" / "replies.jsonl", prices=prices())
    return ExtractiveWriter() if profile.data.writer == "extractive" else None


def _pairs(
    profile: Profile, folder: Path, shelves: Mapping[str, Shelf], parts: Parts, tasks: Tasks, engine: Engine
) -> pair_table.Counts:
    """Write every pair of every training source with the audit's verdict."""
    audit = Audit(tasks.texts, tasks.documents, profile.data.near_leaks)
    work = _pair_work({source: shelves[source] for source in profile.training_sources if source in shelves}, parts)
    limits = (_max_pairs(profile), profile.data.seed)
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
