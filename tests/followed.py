"""What pages name, and pages of instructions followed to the letter in a copy of the package."""

import os
import re
import shutil
import subprocess
import sys

from medte.cli import app
from medte.paths import CHECKOUT

TARGETS = re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands}


def read_page(name):
    return (CHECKOUT / "book" / f"{name}.md").read_text(encoding="utf-8")


def blocks(page, language):
    """The page's blocks of code in a language."""
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)


def copied_checkout(folder):
    """What a checkout needs to run, copied into the new `folder`."""
    shutil.copytree(CHECKOUT / "medte", folder / "medte", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CHECKOUT / "profiles", folder / "profiles")
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    return folder


def replace_once(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def said(line, checkout, **settings):
    """What the command line `medte …` prints in that checkout."""
    medte, *words = line.split()
    assert medte == "medte"
    answer = subprocess.run(
        [sys.executable, "-m", "medte.cli", *words], capture_output=True, text=True, cwd=checkout, timeout=900,
        env=os.environ | {name: str(value) for name, value in ({"PYTHONPATH": checkout} | settings).items()},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return answer.stdout
