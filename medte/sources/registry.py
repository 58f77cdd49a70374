"""Which sources there are, and where an edition reads each of them; one that cannot be read there says why.

A new source is one file with a `Source` at its end, and one line in `FILES`.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path

from medte import paths
from medte.errors import MedteError
from medte.manifest import code_digest, digest, file_sha256, unseal
from medte.records import Record
from medte.sources import mimic_iv, mini, notes
from medte.sources.source import Source


class SourceMissing(Exception):
    """The source cannot be read in this edition; the message is the reason shown beside its tasks."""


FILES = (
    "pubmed",
    "pmc",
    "wikipedia",
    "clinicaltrials",
    "mimic_iv",
    "medmcqa",
    "medqa",
    "medquad",
    "preprints",
    "cure",
)  # in the order of tables
SOURCES: dict[str, Source] = {
    value.name: value
    for file in FILES
    for value in vars(import_module(f"medte.sources.{file}")).values()
    if isinstance(value, Source)
}
MIMIC = "mimic_iv"


def sources(named: Collection[str]) -> list[str]:
    """The sources that an edition reads: all but those that are only read where they are `named`."""
    return [source.name for source in SOURCES.values() if not source.asked_only or source.name in named]


def is_stand_in(edition: str, source: str) -> bool:
    """Whether fictional notes stand in for a source that the edition may not read."""
    return edition == "open" and source == MIMIC


def folder_of(edition: str, source: str) -> Path | None:
    """The folder that an edition reads a source from; None where the text is bundled. SourceMissing where there is none.

    The mirror (`MEDTE_MIRROR`) is looked at first, then what was fetched; credentialed notes lie where
    `MIMIC_FOLDER` says, and a hospital's own where `MEDTE_NOTES` does.
    """
    if edition == "mini" or is_stand_in(edition, source):
        if source not in mini.SOURCES:
            raise SourceMissing(f"the bundled text has no {source}")
        return None
    if source == MIMIC:
        if folder := paths.notes() or paths.mimic():
            return folder
        raise SourceMissing(
            "credentialed data: set MIMIC_FOLDER to a credentialed user's folder, or MEDTE_NOTES to one with notes of your own"
        )
    place = SOURCES[source].place
    mirror = paths.mirror()
    if mirror is not None and not mirror.is_dir():
        raise MedteError(
            f"MEDTE_MIRROR is {mirror}, which is no folder; set it to the folder that holds medquad/, pmc/ …"
        )
    fetched = paths.fetched() / place
    if mirror is not None and any((mirror / place).glob("*")):
        return mirror / place
    if any(unseal(folder) is not None for folder in (fetched, fetched / source)):
        return fetched
    command = f"`medte data fetch --source {source}`"
    if fetched.is_dir():
        raise SourceMissing(f"a fetch was begun and is not finished; {command} goes on where it stopped")
    raise SourceMissing(f"neither in MEDTE_MIRROR ({place}/) nor fetched; run {command}")


def read(edition: str, source: str, dropped: Counter | None = None) -> Iterator[Record]:
    """The records of one source; `dropped` counts by reason what its reader leaves out."""
    folder = folder_of(edition, source)
    if folder is None:
        return mini.SOURCES[source]()
    chosen = notes.SOURCE if source == MIMIC and paths.notes() else SOURCES[source]
    return chosen.read(folder, Counter() if dropped is None else dropped)


def inputs_digest(edition: str, source: str) -> str:
    """A digest of the files that a source is read from: the bundled knowledge, or its folder. SourceMissing as `folder_of`.

    Of what was fetched the manifests count, which list the hash of every page.
    """
    folder = folder_of(edition, source)
    if folder is None:
        return code_digest(paths.PACKAGE / "sources" / "mini" / "knowledge")
    files = [*folder.glob("*"), *folder.glob("*/manifest.json")]
    if source == MIMIC:
        files = [folder / name for name in (*mimic_iv.COLUMNS, *notes.FILES)]
    return digest([[str(file.relative_to(folder)), file_sha256(file)] for file in sorted(files) if file.is_file()])
