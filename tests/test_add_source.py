"""The page on adding a source, followed to the letter in a copy of the package."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from medte.paths import CHECKOUT

PAGE = (CHECKOUT / "book" / "add_source.md").read_text(encoding="utf-8")
LEAFLETS = """id,title,text
1,Gout,Drink much water.
2,Asthma,Keep the inhaler near.
3,Migraine,
4,gout,drink much water
"""


def block(language):
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return found


def replace_once(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout with the page's file, line and profile."""
    copy = tmp_path / "checkout"
    shutil.copytree(CHECKOUT / "medte", copy / "medte", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CHECKOUT / "profiles", copy / "profiles")
    shutil.copy(CHECKOUT / "pyproject.toml", copy)
    (copy / "medte" / "sources" / "leaflets.py").write_text(block("python"), encoding="utf-8")
    before, added = block("diff").splitlines()
    replace_once(copy / "medte" / "sources" / "registry.py", f"{before[1:]}\n", f"{before[1:]}\n{added[1:]}\n")
    profile = copy / "profiles" / "open.yaml"
    (sources,) = re.findall(r"^  sources: \[.*?\]", profile.read_text(), flags=re.MULTILINE)
    replace_once(profile, sources, "  " + re.search(r"sources: \[leaflets\]", PAGE)[0])
    return copy


@pytest.mark.slow
def test_the_page_on_adding_a_source_works(checkout, tmp_path):
    mirror = tmp_path / "mirror"
    (mirror / "leaflets").mkdir(parents=True)
    (mirror / "leaflets" / "leaflets.csv").write_text(LEAFLETS)
    medte, *words = block("console").split()
    assert medte == "medte"
    settings = {"PYTHONPATH": checkout, "MEDTE_MIRROR": mirror, "MEDTE_HOME": tmp_path / "runs"}
    answer = subprocess.run(
        [sys.executable, "-m", "medte.cli", *words],
        capture_output=True, text=True, cwd=checkout, timeout=120,
        env=os.environ | {name: str(value) for name, value in settings.items()},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert re.search(r"^leaflets +3 +1 ", answer.stdout, flags=re.MULTILINE), answer.stdout
    assert "leaflets: no text 1, same words 1" in answer.stdout
    assert re.search(r"^1 training pairs;", answer.stdout, flags=re.MULTILINE)
