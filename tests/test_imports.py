"""The house's floors: what a room may never import, and that importing the package is light."""

import ast
import resource
import subprocess
import sys

import pytest

from medte.paths import PACKAGE

NEVER = {
    "curation": (
        "tasks",
        "models",
        "training",
        "evaluation",
        "report",
        "sources",
        "edition",
        "run",
        "pipeline",
        "probes",
    ),
    "models": ("tasks", "evaluation", "training", "report", "sources", "edition", "run", "pipeline", "probes"),
    "training": ("tasks", "evaluation", "report", "sources", "edition", "run", "pipeline", "probes"),
    "sources": (
        "tasks",
        "models",
        "training",
        "evaluation",
        "report",
        "edition",
        "run",
        "pipeline",
        "curation",
        "probes",
    ),
    "tasks": ("models", "training", "evaluation", "report", "sources", "edition", "run", "pipeline", "probes"),
    "evaluation": ("sources", "training", "report", "run", "pipeline", "probes"),
    "probes": ("models", "training", "report", "run", "pipeline", "cli"),
    "report": ("models.load", "models.embeddings", "training", "run", "pipeline", "sources", "edition", "probes"),
    "edition.py": ("models", "training", "evaluation", "report", "run", "pipeline", "probes"),
    "profile.py": ("tasks", "models", "sources", "training", "evaluation", "report", "edition", "run", "probes"),
    "pipeline": ("tasks", "models", "training", "evaluation", "report", "sources", "edition", "run", "probes"),
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("medte"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("medte"))


@pytest.mark.parametrize("room", NEVER)
def test_a_room_uses_only_rooms_below_it(room):
    files = [PACKAGE / room] if room.endswith(".py") else sorted((PACKAGE / room).rglob("*.py"))
    assert files
    for path in files:
        for name in imports(path):
            for forbidden in NEVER[room]:
                assert not (name + ".").startswith(f"medte.{forbidden}."), f"{path} imports {name}"


def test_nothing_imports_the_command_line():
    assert not [
        path
        for path in PACKAGE.rglob("*.py")
        for name in imports(path)
        if name.startswith(("medte.cli", "medte.commands")) and path.name != "cli.py" and path.parent.name != "commands"
    ]


def seconds_of_children():
    """The processor's time, which a busy machine does not lengthen."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_importing_medte_is_instant_and_loads_no_torch():
    code = "import sys, medte; print(int('torch' in sys.modules), int('mteb' in sys.modules), medte.__version__)"
    start = seconds_of_children()
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["0", "0", "0.1.0"]
    assert seconds_of_children() - start < 5


def test_notebooks_use_public_names_and_define_nothing():
    for path in sorted((PACKAGE.parent / "notebooks").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert "def " not in text and " import _" not in text and "._" not in text, path.name
