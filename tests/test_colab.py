"""A notebook alone, as a notebook platform has it: the package installed, no clone, numpy, pandas and torch already there."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import version

import jupytext
import pytest

from medte.paths import CHECKOUT, PACKAGE
from medte.pipeline.notebooks import sources, to_ipynb

# what a platform may have and the package must leave alone; of torch the version of here, since another is gigabytes
THERE = {"numpy": "2.2.6", "pandas": "2.2.3", "torch": version("torch").split("+")[0]}
RUN = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=1500, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""
ENDS = re.compile(
    r'(show\("|tables\.plain\(|HTML\(contributed\.table\(|Markdown\(task_cards\.)'
)  # what makes a table or a figure


def code_cells(source):
    return [cell for cell in jupytext.read(source, fmt="py:percent").cells if cell.cell_type == "code"]


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.stem)
def test_each_notebook_says_how_long_it_takes_installs_the_package_and_ends_with_a_table_or_a_figure(source):
    first = jupytext.read(source, fmt="py:percent").cells[0]
    assert first.cell_type == "markdown" and re.search(r"\b([Ss]econds|minutes?|hours?)\b", first.source)
    install, *_, last = code_cells(source)
    assert '%pip install -q "medte @ git+{REPOSITORY}"' in install.source
    assert ENDS.match(last.source.splitlines()[-1])


def run(python, folder, **settings):
    """Run the notebook on the data in an empty folder; gives the HTML that its last cell shows."""
    source = next(source for source in sources() if source.stem == "10_data_curation")
    folder.mkdir()
    (folder / "unrun.ipynb").write_text(to_ipynb(source, None), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in ("MEDTE_HOME", "PYTHONPATH")}
    command = [python, "-c", RUN, "unrun.ipynb", "ran.ipynb"]
    answer = subprocess.run(command, cwd=folder, env=kept | settings, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert (folder / "medte-runs" / "mini" / "edition" / "manifest.json").exists()
    cells = json.loads((folder / "ran.ipynb").read_text(encoding="utf-8"))["cells"]
    return "".join([cell for cell in cells if cell["cell_type"] == "code"][-1]["outputs"][0]["data"]["text/html"])


@pytest.mark.slow
def test_a_notebook_runs_where_there_is_no_clone_but_what_the_wheel_holds(tmp_path):
    copy = tmp_path / "site" / "medte"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CHECKOUT / "profiles", copy / "profiles")
    assert '<figure class="medte-figure" id="agreement-figure">' in run(
        sys.executable, tmp_path / "alone", PYTHONPATH=str(tmp_path / "site")
    )


@pytest.mark.full  # installs some gigabytes from the index, minutes
def test_the_install_cell_leaves_what_is_there_alone_and_the_notebook_runs(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"

    def pip(*words):
        return subprocess.run([python, "-m", "pip", *words], cwd=tmp_path, capture_output=True, text=True, check=True)

    def there():
        known = {about["name"].lower(): about["version"] for about in json.loads(pip("list", "--format=json").stdout)}
        return {name: known[name].split("+")[0] for name in THERE}

    pip("install", "--quiet", *(f"{name}=={number}" for name, number in THERE.items()), "ipykernel", "nbclient")
    assert there() == THERE
    line = next(line for line in code_cells(sources()[0])[0].source.splitlines() if "%pip" in line)
    pip(*shlex.split(line.strip().removeprefix("%pip ").replace("git+{REPOSITORY}", CHECKOUT.as_uri())))
    assert there() == THERE
    pip("check")
    assert '<figure class="medte-figure" id="agreement-figure">' in run(python, tmp_path / "alone")
    assert there() == THERE
