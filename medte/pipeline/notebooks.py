"""The notebooks: percent scripts are the source, `.ipynb` files for Colab are made from them, in that direction alone."""

import os
import re
import subprocess
from pathlib import Path

from medte import paths
from medte.errors import MedteError
from medte.manifest import write_text

FOLDER = "notebooks"
REPOSITORY_LINE = re.compile(r'(REPOSITORY = )"[^"]*"')


def folder() -> Path:
    """The folder of the sources; MedteError outside a checkout, where there are none."""
    if paths.CHECKOUT is None:
        raise MedteError("the notebooks are in a clone of the repository, not in the installed package")
    return paths.CHECKOUT / FOLDER


def sources() -> list[Path]:
    """The percent scripts in the order of their numbers, which is the order they run in."""
    return sorted(folder().glob("[0-9]*.py"))


def repository() -> str | None:
    """The address of the published repository: `MEDTE_REPOSITORY`, else the git remote "origin" where it is an https or
    ssh address of a host; None where neither is known."""
    address = os.environ.get("MEDTE_REPOSITORY")
    if address is None and paths.CHECKOUT:
        answer = subprocess.run(
            ["git", "-C", str(paths.CHECKOUT), "remote", "get-url", "origin"],
            capture_output=True,
            text=True,
            check=False,
        )
        address = answer.stdout.strip()
    address = re.sub(r"^git@([^:]+):", r"https://\1/", address or "").removesuffix(".git").rstrip("/")
    return address if address.startswith("https://") and "@" not in address else None


def to_ipynb(source: Path, address: str | None) -> str:
    """The notebook of a percent script as JSON text, without outputs, its install cell pointing at `address`."""
    import jupytext
    import nbformat

    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata.pop("jupytext", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        cell.source = REPOSITORY_LINE.sub(rf'\1"{address or ""}"', cell.source)
    return nbformat.writes(nbformat.from_dict(notebook), version=4) + "\n"


def generate() -> list[Path]:
    """Write every `.ipynb` beside its source and return their paths."""
    made = []
    for source in sources():
        path = source.with_suffix(".ipynb")
        write_text(path, to_ipynb(source, repository()))
        made.append(path)
    return made


def out_of_step() -> list[str]:
    """The notebooks whose `.ipynb` is not what their source gives, the repository's address aside."""

    def plain(text: str) -> str:
        return re.sub(r'(REPOSITORY = )\\"[^"]*\\"', r"\1", text)

    wrong = []
    for source in sources():
        path = source.with_suffix(".ipynb")
        if not path.exists() or plain(path.read_text(encoding="utf-8")) != plain(to_ipynb(source, None)):
            wrong.append(path.name)
    return wrong
