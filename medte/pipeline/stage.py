"""Puts the book together in a folder of its own (pages, executed notebooks, generated tables) and builds the site there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from medte import paths
from medte.errors import MedteError
from medte.manifest import code_digest, digest, write_text
from medte.pipeline.notebooks import FOLDER, repository

Say = Callable[[str], None]


def stage(folder: Path, notebooks: list[Path], generated: Mapping[str, str]) -> None:
    """Fill `folder` with all that the site is built from. `generated` is file name → text, for `_generated/`.

    A file that has not changed is left alone, so that Sphinx reads again only what is new.
    """
    files = _pages() | {f"{FOLDER}/{path.name}": path for path in notebooks}
    texts = {f"_generated/{name}": text for name, text in generated.items()}
    texts["_config.yml"] = yaml.safe_dump(_config(), sort_keys=False)
    texts["_toc.yml"] = (paths.CHECKOUT / "_toc.yml").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        place = folder / name
        content = path.read_bytes()
        if not place.exists() or place.read_bytes() != content:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    for name, text in texts.items():
        place = folder / name
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            write_text(place, text)
    for place in folder.rglob("*"):
        name = str(place.relative_to(folder))
        if place.is_file() and name not in files and name not in texts and not name.startswith("_build/"):
            place.unlink()


def _pages() -> dict[str, Path]:
    book = paths.CHECKOUT / "book"
    return {str(path.relative_to(book)): path for path in sorted(book.rglob("*")) if path.is_file()}


def _config() -> dict:
    """`_config.yml`, with the repository's address and Colab buttons where an address is known."""
    config = yaml.safe_load((paths.CHECKOUT / "_config.yml").read_text(encoding="utf-8"))
    if address := repository():
        branch = os.environ.get("MEDTE_BRANCH", "main")
        config["repository"] = {"url": address, "branch": branch, "path_to_book": ""}
        config["launch_buttons"] = {"colab_url": "https://colab.research.google.com", "notebook_interface": "classic"}
        config["html"]["use_repository_button"] = True
    return config


def build(folder: Path, site: Path, say: Say) -> Path:
    """The built site's front page. Warnings are errors; MedteError shows the first lines of what went wrong.

    The site is replaced only by a whole one; one that was built from the same files is kept.
    """
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and "_build" not in path.relative_to(folder).parts
    )
    wanted = digest([[str(path.relative_to(folder)), code_digest(path)] for path in files])
    stamp = site / ".built-from"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        say("site: unchanged")
        return site / "index.html"
    command = [
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        "-n",
        "-W",
        "--keep-going",
        str(folder),
    ]
    shutil.rmtree(folder / "_build", ignore_errors=True)  # a kept environment would show a warning only once
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    built = folder / "_build" / "html"
    if answer.returncode or not (built / "index.html").exists():
        lines = [
            line
            for line in (answer.stdout + answer.stderr).splitlines()
            if "WARNING" in line or "ERROR" in line or "rror:" in line
        ]
        raise MedteError(
            "the book did not build:\n" + "\n".join(lines[:20] or (answer.stdout + answer.stderr).splitlines()[-20:])
        )
    fresh = site.with_name(f".{site.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(built, fresh, ignore=shutil.ignore_patterns(".doctrees"))
    write_text(fresh / ".built-from", wanted)
    shutil.rmtree(site, ignore_errors=True)
    fresh.rename(site)
    return site / "index.html"
