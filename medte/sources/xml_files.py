"""XML as publishers serve it: single files and archives, read element by element, and what their elements say."""

import gzip
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from medte.errors import MedteError
from medte.sources.archive import members
from medte.sources.getting import Unusable

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def holds_xml(folder: Path, *endings: str) -> bool:
    """Whether `xml_files` will find anything there."""
    return any(file.name.endswith((*endings, ".tar.xz")) for file in folder.glob("*"))


def xml_files(folder: Path, *endings: str) -> Iterator[tuple[Path, BinaryIO]]:
    """(path, content) of every file with one of the `endings`; what ends with .gz is decompressed.

    First the folder's own, the last in the order of names first, then those inside its archives (.tar.xz).
    """
    for path in sorted((file for file in folder.glob("*") if file.name.endswith(endings)), reverse=True):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            yield path, stream
    for archive in sorted(folder.glob("*.tar.xz")):
        for name, content in members(archive, endings):
            yield archive / name, BytesIO(content)


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Whatever shows inside it that the file is damaged or cut off becomes a MedteError that names the file."""
    try:
        yield
    except (etree.XMLSyntaxError, OSError, EOFError, zlib.error) as error:
        raise MedteError(f"{path} is damaged or cut off ({error}); fetch it again") from error


def elements(stream: BinaryIO, tags: Collection[str]) -> Iterator[etree._Element]:
    """The elements with one of the `tags`, one after another; each is emptied once it was used."""
    for _, element in etree.iterparse(stream, tag=tags, resolve_entities=False):
        yield element
        element.clear()
        while element.getparent() is not None and element.getprevious() is not None:
            del element.getparent()[0]


def require_elements(body: bytes, tags: Collection[str]) -> None:
    """Unusable where a page is no whole XML with at least one element of the `tags`."""
    try:
        found = sum(1 for _ in elements(BytesIO(body), tags))
    except etree.XMLSyntaxError as error:
        raise Unusable(f"no whole XML: {error}") from error
    if not found:
        raise Unusable(f"no article in {body[:100]!r}")


def text(element: etree._Element | None) -> str:
    """The words of an element without its markup, on one line; empty where there is no element."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def iso_date(year: str, month: str = "", day: str = "") -> str:
    """A date in ISO form, as exact as it is known; the month is a number or an English name, else it is not known."""
    month = month.lower()[:3]
    month = month if month.isdigit() else str(MONTHS.index(month) + 1) if month in MONTHS else ""
    parts = [year, *([month] if month else []), *([day] if month and day.isdigit() else [])]
    return "-".join(part.zfill(2) for part in parts)
