"""Words of a data file as the cells of a table: marks, links to pages, names of files."""

import re
from collections.abc import Iterable
from html import escape


def marked(text: str) -> str:
    """Plain text as HTML: `code` and *stress* are set."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)


def place(name: str) -> str:
    """A page of the book, named without its ending, as a link; a file of the repository as code."""
    if "." in name:
        return f"<code>{escape(name)}</code>"
    label = re.sub(r"^\d+_", "", name.rpartition("/")[2]).replace("_", " ")
    return f'<a href="{name}.html">{label}</a>'


def places(names: Iterable[str]) -> str:
    """Several places, one after another."""
    return ", ".join(map(place, names))


def cell(text: str) -> str:
    """A cell of words, which a table sets small and to the left."""
    return f"<small>{text}</small>"
