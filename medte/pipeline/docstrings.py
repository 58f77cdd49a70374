"""A Sphinx extension: docstrings, which are plain text with `names` in backticks, as the API pages show them.

Of a module only the first paragraph is shown; in all of them signs that mean something to reStructuredText stand for
themselves.
"""

import re
from typing import Any

CODE = re.compile(r"(``?[^`]+``?)")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", process)
    app.connect("autodoc-skip-member", skip)
    return {"parallel_read_safe": True}


def skip(app: Any, what: str, name: str, obj: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out what Python itself defines: a field whose default is `bool` would stand there as a class without code."""
    return True if getattr(obj, "__module__", None) == "builtins" else None


def process(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Replace the lines of a docstring by what is shown of it."""
    paragraphs = "\n".join(lines).strip().split("\n\n")
    shown = paragraphs[:1] if what == "module" else paragraphs
    lines[:] = [*"\n\n".join(map(_paragraph, shown)).split("\n"), ""]


def _paragraph(text: str) -> str:
    text = " ".join(text.split())
    parts = CODE.split(text)  # every second one is code
    return "".join(f"``{part.strip('`')}``\\ " if number % 2 else _literal(part) for number, part in enumerate(parts))


def _literal(text: str) -> str:
    return re.sub(r"([\\*|_`])", r"\\\1", text)
