"""Which reader gives a source's records in an edition; a source that cannot be read there says why."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from medte import paths
from medte.errors import MedteError
from medte.manifest import code_digest, digest, file_sha256
from medte.records import Record
from medte.sources import medmcqa, medqa, medquad, mimic_iv, mini, pmc


class SourceMissing(Exception):
    """The source cannot be read in this edition; the message is the reason shown beside its tasks."""


READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    "medquad": medquad.read,
    "pmc": pmc.read,
    "medmcqa": medmcqa.read,
    "medqa": medqa.read,
}  # each from the source's folder in the mirror
SOURCES = tuple(mini.SOURCES)
EDITIONS = ("mini", "open", "full")


def read(edition: str, source: str) -> Iterator[Record]:
    """The records of one source. SourceMissing where the edition has no way to it on this machine."""
    if edition == "mini":
        return mini.SOURCES[source]()
    if source == "mimic_iv":
        folder = os.environ.get("MIMIC_FOLDER")
        if edition == "full" and folder:
            return mimic_iv.read(Path(folder))
        raise SourceMissing("credentialed data: edition full, with MIMIC_FOLDER naming a credentialed user's folder")
    if source not in READERS:
        raise SourceMissing("no reader of the real source yet")
    mirror = paths.mirror()
    if mirror is None:
        raise SourceMissing("MEDTE_MIRROR names no folder with the source's files")
    folder = mirror / source
    if not folder.is_dir():
        raise SourceMissing(f"the mirror has no folder {source}/")
    return READERS[source](folder)


def inputs_digest(edition: str) -> str:
    """A digest of the files that an edition is read from: the bundled knowledge, or what lies in mirror and MIMIC folder."""
    if edition == "mini":
        return code_digest(paths.PACKAGE / "sources" / "mini" / "knowledge")
    mirror = paths.mirror()
    if mirror is not None and not mirror.is_dir():
        raise MedteError(
            f"MEDTE_MIRROR is {mirror}, which is no folder; set it to the folder that holds medquad/, pmc/ …"
        )
    files = [] if mirror is None else [file for source in READERS for file in sorted((mirror / source).glob("*"))]
    if edition == "full" and (folder := os.environ.get("MIMIC_FOLDER")):
        files += sorted(Path(folder).glob("*/*.csv.gz"))
    return digest([[file.parent.name, file.name, file_sha256(file)] for file in files if file.is_file()])
