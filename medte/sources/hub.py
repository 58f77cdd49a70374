"""Data sets of the Hugging Face hub: the files of one commit, kept as they came, and asked for at that commit ever after.

    data = data_set("medmcqa")
    print(plan(data, folder))
    fetch(data, folder, say=print)
    for name, row in rows(folder):  # later, without a network
        …

`hub.yaml` lists the data sets. A Parquet file is kept as it is, one of JSON lines compressed (`.jsonl.xz`), each whole or not
at all. The manifest of the folder, written last, holds the commit: where `hub.yaml` leaves the revision unresolved, it is
the lock.
"""

import json
import lzma
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import yaml

from medte import hub_client
from medte.errors import MedteError, require_known
from medte.manifest import file_sha256, seal, unseal
from medte.sources.source import Say, Source

UNRESOLVED = "unresolved"
CACHE = ".hub"  # the client's own folder, beside what is kept; removed at the end


@dataclass(frozen=True)
class DataSet:
    """One entry of `hub.yaml`."""

    name: str  # of the source
    repository: str
    revision: str  # a commit, or "unresolved"
    files: list[str]  # patterns of paths
    columns: list[str]  # that every row has
    licence: str

    def commit(self, manifest: dict[str, Any] | None) -> str | None:
        """The commit to ask for: the listed one, else that of an earlier fetch, else None, which is the newest."""
        if self.revision != UNRESOLVED:
            return self.revision
        asked = (manifest or {}).get("query", {})
        return asked.get("revision") if asked.get("repository") == self.repository else None

    def query(self, commit: str) -> dict[str, Any]:
        """What a manifest says was asked for."""
        return {"repository": self.repository, "revision": commit, "files": self.files, "columns": self.columns}


@lru_cache
def _listed() -> dict[str, DataSet]:
    text = (Path(__file__).parent / "hub.yaml").read_text(encoding="utf-8")
    return {name: DataSet(name, **entry) for name, entry in yaml.safe_load(text).items()}


def data_set(name: str) -> DataSet:
    """The data set of a source. MedteError for a source that has none."""
    require_known("data set of the hub", [name], _listed())
    return _listed()[name]


def source(name: str, read: Callable, licence: str, asked_only: bool = False, notice: str = "") -> Source:
    """The source of that name, fetched from its data set; it has no classes."""
    data = data_set(name)
    return Source(
        name,
        read,
        licence,
        fetch=lambda folder, classes, say: fetch(data, folder, say),
        plan=lambda folder, classes, say: plan(data, folder),
        asked_only=asked_only,
        notice=notice,
    )


def plan(data: DataSet, folder: Path, endpoint: str | None = None) -> str:
    """What `fetch` will cost, in words. MedteError where the hub cannot say."""
    manifest = unseal(folder)
    if _finished(data, folder, manifest):
        return f"no requests: {data.repository} at {manifest['query']['revision']} is there"
    api = hub_client.api(endpoint)
    commit, sizes = _files(api, data, data.commit(manifest))
    known = [size for size in sizes.values() if size is not None]
    amount = f"about {sum(known) / 1e6:,.1f} MB" if len(known) == len(sizes) else "an unknown number of MB"
    return f"{data.repository} at {commit}: {len(sizes)} files, {1 + 2 * len(sizes)} requests, {amount}"


def fetch(data: DataSet, folder: Path, say: Say = lambda line: None, endpoint: str | None = None) -> dict[str, Any]:
    """Fetch the files of a data set into `folder` and return the manifest; where all is there, nothing is asked for.

    An interrupted call goes on where it stopped. MedteError where the hub cannot be reached, refuses, no longer has
    repository, commit or file, or gives rows of another kind; the message says what to do.
    """
    manifest = unseal(folder)
    if _finished(data, folder, manifest):
        return manifest
    api, cache = hub_client.api(endpoint), folder / CACHE
    locked = data.commit(manifest)
    commit, sizes = _files(api, data, locked)
    if locked is None:
        say(f"{data.name}: commit {commit} of {data.repository} is the newest; from now on it stays this one here")
    kept, records = [], 0
    for number, name in enumerate(sizes, start=1):
        path = _keep(_downloaded(api, data, commit, name, cache), folder / name)
        try:
            records += sum(1 for _ in _rows(path, data.columns))
        except MedteError:
            shutil.rmtree(cache)  # or the next call would find the same file there
            raise
        kept.append(path)
        say(f"{data.name}: file {number} of {len(sizes)}, {records:,} rows")
    shutil.rmtree(cache)
    facts = {
        "source": data.name,
        "query": data.query(commit),
        "licence": data.licence,
        "records": records,
        "bytes": sum(path.stat().st_size for path in kept),
        "fetched": datetime.now(UTC).date().isoformat(),
    }
    return seal(folder, facts, kept)


def rows(folder: Path, publishers: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """(file, row) of everything that `fetch` left in `folder`, each file checked against its hash first.

    MedteError where the folder holds no finished fetch, or a file is gone or damaged. `publishers` names for the message
    the publishers' own files, which a reader would have taken instead.
    """
    manifest = unseal(folder)
    if manifest is None or "query" not in manifest:
        holds = f"neither {publishers} nor a" if publishers else "no"
        raise MedteError(f"{folder} holds {holds} finished fetch; fetch the source first")
    for name, digest in sorted(manifest["files"].items()):
        if not _whole(folder / name, digest):
            raise MedteError(
                f"{folder / name} is missing or damaged; fetch the source again, the commit stays the same"
            )
        for row in _rows(folder / name, manifest["query"]["columns"]):
            yield name, row


def json_lines(path: Path, columns: Collection[str]) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines, plain or `.xz`. MedteError where a line is damaged or lacks `columns`."""
    number = 1
    try:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                row = json.loads(line)
                _require_columns(row if isinstance(row, dict) else (), columns, f"{path}, line {number},")
                yield row
    except (ValueError, EOFError, lzma.LZMAError) as error:
        raise MedteError(f"{path}, line {number}, is damaged ({error}); fetch it again") from error


def _rows(path: Path, columns: Collection[str]) -> Iterator[dict[str, Any]]:
    if path.suffix != ".parquet":
        yield from json_lines(path, columns)
        return
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path)
        _require_columns(table.schema_arrow.names, columns, str(path))
        for batch in table.iter_batches(columns=list(columns)):
            yield from batch.to_pylist()
    except pyarrow.ArrowException as error:
        raise MedteError(f"{path} is damaged ({error}); fetch it again") from error


def _require_columns(got: Collection[str], columns: Collection[str], where: str) -> None:
    if not set(columns) <= set(got):
        raise MedteError(
            f"{where} has the columns {', '.join(got) or 'none'}; it should have {', '.join(columns)}: "
            "this is another data set, or it has changed"
        )


def _finished(data: DataSet, folder: Path, manifest: dict[str, Any] | None) -> bool:
    """Whether all files of the commit to ask for are there and whole."""
    commit = data.commit(manifest)
    if manifest is None or commit is None or manifest.get("query") != data.query(commit):
        return False
    return all(_whole(folder / name, digest) for name, digest in manifest["files"].items())


def _whole(path: Path, digest: str) -> bool:
    return path.exists() and file_sha256(path) == digest


def _files(api: Any, data: DataSet, commit: str | None) -> tuple[str, dict[str, int | None]]:
    """The commit, and the bytes of each file of it that is wanted; None where the hub does not say."""
    look = partial(api.dataset_info, data.repository, revision=commit, files_metadata=True, timeout=hub_client.TIMEOUT)
    info = hub_client.ask(hub_client.DATA_SET, data.repository, commit, look)
    if not info.sha or commit not in (None, info.sha):
        raise MedteError(
            f"{data.repository}: asked for commit {commit}, the hub answers with {info.sha}; run again later"
        )
    found = {file.rfilename: file.size for file in info.siblings or ()}
    for pattern in data.files:
        if not any(fnmatchcase(name, pattern) for name in found):
            raise MedteError(
                f"{data.repository} at {info.sha} has no file {pattern}; it has {', '.join(sorted(found)) or 'none'}: "
                f"correct `files` in {hub_client.DATA_SET.listing}"
            )
    return info.sha, {
        name: size for name, size in sorted(found.items()) if any(fnmatchcase(name, p) for p in data.files)
    }


def _downloaded(api: Any, data: DataSet, commit: str, name: str, cache: Path) -> Path:
    """The file in the client's own folder, where it goes on with what is there."""
    request = partial(
        api.hf_hub_download,
        data.repository,
        name,
        repo_type="dataset",
        revision=commit,
        cache_dir=cache,
        etag_timeout=hub_client.TIMEOUT,
        tqdm_class=hub_client.silent_bar(),
    )
    return Path(hub_client.ask(hub_client.DATA_SET, data.repository, commit, request))


def _keep(got: Path, path: Path) -> Path:
    """The file as it is kept, whole or not at all: a Parquet file as it came, any other compressed."""
    packed = path.suffix != ".parquet"
    path = path.with_name(f"{path.name}.xz") if packed else path
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with got.open("rb") as plain, lzma.open(part, "wb") if packed else part.open("wb") as kept:
            shutil.copyfileobj(plain, kept)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise MedteError(f"cannot write {path}: {error.strerror}; free some space, then run again to go on") from error
    return path
