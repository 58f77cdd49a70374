"""Tables and archives as a publisher serves them; a cut or damaged file is an error that says so."""

import lzma
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from medte.errors import MedteError


def the_file(folder: Path, pattern: str) -> Path:
    """The one file in `folder` that matches. MedteError where there is none or several."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise MedteError(f"{folder} should hold one file {pattern}, and holds {len(found)}")
    return found[0]


def members(path: Path, suffix: str | tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file in a tar archive whose name ends with (one) `suffix`, by the order of names."""
    try:
        with tarfile.open(path) as archive:
            inside = [member for member in archive if member.isfile() and member.name.endswith(suffix)]
            contents = {member.name: archive.extractfile(member).read() for member in inside}
    except (tarfile.TarError, EOFError, lzma.LZMAError) as error:
        raise MedteError(f"{path} is damaged or cut off ({error or type(error).__name__}); fetch it again") from error
    yield from sorted(contents.items())


def table(path: Path, *kinds: Collection[str]) -> pd.DataFrame:
    """A CSV file, each cell as it stands there (recipe §5, point 18), with all columns of one of `kinds`.

    MedteError where it is damaged or something else.
    """
    try:
        cells = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, EOFError, lzma.LZMAError) as error:
        raise MedteError(f"{path} is damaged ({error}); fetch it again") from error
    if not any(set(columns) <= {*cells} for columns in kinds):
        wanted = " or ".join(", ".join(sorted(columns)) for columns in kinds)
        raise MedteError(f"{path} has the columns {', '.join(cells)}; it should have {wanted}")
    return cells
