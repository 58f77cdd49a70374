"""What a source is: one of these stands at the end of each reader's file, and `registry.py` lists them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medte.records import Record

Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """Where texts come from, and how they get here.

    `read(folder, dropped)` streams the records of a folder, which holds the publisher's files or what `fetch` left there, and
    counts in `dropped` by reason what it leaves out. `fetch(folder, classes, say)` brings the source into `folder` and returns
    the manifest that it wrote last; an interrupted call goes on where it stopped. `plan(folder, classes, say)` says in words
    what that will cost. `classes` are those of the source's tasks: search terms, categories.
    """

    name: str
    read: Callable[[Path, Counter], Iterator[Record]]
    licence: str  # in words, of the source as a whole; each record states its own
    fetch: Callable[[Path, Sequence[str], Say], dict[str, Any]] | None = None
    plan: Callable[[Path, Sequence[str], Say], str] | None = None
    folder: str = ""  # in the mirror and among what is fetched, where it is not the name
    asked_only: bool = False  # read only where a profile names it among its training sources
    notice: str = ""  # what a run that trains on it has to say

    @property
    def place(self) -> str:
        return self.folder or self.name
