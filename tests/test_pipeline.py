"""Notebooks from source to page: in step, refused, failed, kept."""

import json
import subprocess

import nbformat
import pytest

from medte.errors import MedteError
from medte.pipeline import execute as execution
from medte.pipeline import notebooks, stage

SOURCE = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
profile = "mini"  # type: str  # A profile

# %%
{code}
"""


@pytest.fixture
def one(tmp_path, monkeypatch):
    """One notebook with the given code; gives the function that writes it."""

    def write(code):
        path = tmp_path / "00_one.py"
        path.write_text(SOURCE.format(code=code), encoding="utf-8")
        monkeypatch.setattr(execution, "sources", lambda: [path])
        return tmp_path / "out"

    return write


def test_every_committed_notebook_is_what_its_source_gives():
    assert notebooks.out_of_step() == []
    for path in notebooks.sources():
        notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)


def test_a_changed_source_is_out_of_step(tmp_path, monkeypatch):
    path = tmp_path / "00_one.py"
    path.write_text(SOURCE.format(code="1"), encoding="utf-8")
    monkeypatch.setattr(notebooks, "sources", lambda: [path])
    assert notebooks.out_of_step() == ["00_one.ipynb"]
    notebooks.generate()
    assert notebooks.out_of_step() == []
    path.write_text(SOURCE.format(code="2"), encoding="utf-8")
    assert notebooks.out_of_step() == ["00_one.ipynb"]


def test_the_address_goes_into_the_install_cell_and_stays_in_step(monkeypatch):
    monkeypatch.setenv("MEDTE_REPOSITORY", "https://git.example.org/somebody/medte.git")
    assert notebooks.repository() == "https://git.example.org/somebody/medte"
    text = notebooks.to_ipynb(notebooks.sources()[0], notebooks.repository())
    assert 'REPOSITORY = \\"https://git.example.org/somebody/medte\\"' in text
    assert notebooks.out_of_step() == []


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@host.example:me/medte.git", "https://host.example/me/medte"),
        ("https://user:secret@host.example/me/medte", None),
        ("/srv/git/medte", None),
        ("", None),
    ],
)
def test_only_a_public_address_is_used(monkeypatch, remote, address):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=remote + "\n"))
    assert notebooks.repository() == address


def test_colab_buttons_only_where_an_address_is_known(monkeypatch):
    monkeypatch.setattr(stage, "repository", lambda: None)
    assert "launch_buttons" not in stage._config() and "repository" not in stage._config()
    monkeypatch.setattr(stage, "repository", lambda: "https://host.example/me/medte")
    assert stage._config()["repository"]["url"] == "https://host.example/me/medte"
    assert "colab_url" in stage._config()["launch_buttons"]


def test_an_unknown_parameter_is_refused_before_anything_runs(one):
    target = one("raise RuntimeError")
    with pytest.raises(MedteError, match="unknown parameter of 00_one 'profil'; did you mean 'profile'"):
        execution.execute({"profil": "mini"}, target, "inputs", lambda line: None)
    assert list(target.iterdir()) == []


@pytest.mark.slow
def test_a_notebook_is_run_once_and_again_when_anything_it_shows_could_change(one):
    target, said = one("print(profile)"), []
    for parameters, inputs in (({"profile": "open"}, "a"), ({"profile": "open"}, "a"), ({"profile": "open"}, "b")):
        execution.execute(parameters, target, inputs, said.append)
    assert [line.split(":")[1].split()[0] for line in said] == ["run", "unchanged", "run"]
    (path,) = target.glob("*.ipynb")
    (about,) = execution.ran([path])
    assert about["name"] == "00_one" and about["seconds"] > 0 and about["key"] and about["machine"]
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["cells"][-1]["outputs"][0]["text"] == ["open\n"]
    assert "papermill" not in path.read_text(encoding="utf-8")
    first = path.read_bytes()
    path.unlink()
    execution.execute({"profile": "open"}, target, "b", said.append)
    assert path.read_bytes() == first


@pytest.mark.slow
def test_a_failed_notebook_never_gets_there_and_an_old_one_does_not_stay(one):
    target = one("1")
    execution.execute({}, target, "a", lambda line: None)
    assert one("1 / 0") == target
    with pytest.raises(MedteError, match=r"00_one\.py failed: ZeroDivisionError"):
        execution.execute({}, target, "a", lambda line: None)
    assert list(target.iterdir()) == []


@pytest.mark.slow
def test_a_notebook_that_warns_is_refused(one):
    target = one("import warnings; warnings.warn('look out')")
    with pytest.raises(MedteError, match="look out"):
        execution.execute({}, target, "a", lambda line: None)
    assert list(target.iterdir()) == []


@pytest.mark.slow
def test_a_notebook_that_needs_a_network_keeps_its_own_profile_and_runs_only_what_needs_none(one, monkeypatch):
    target = one('profile\n\n# %% tags=["skip-execution"]\n1 / 0')
    (path,) = execution.sources()
    other = path.rename(path.with_name("50_one.py"))
    monkeypatch.setattr(execution, "sources", lambda: [other])
    execution.execute({"profile": "open"}, target, "a", lambda line: None)
    *_, ran, left = json.loads((target / "50_one.ipynb").read_text(encoding="utf-8"))["cells"]
    assert ran["outputs"][0]["data"]["text/plain"] == ["'mini'"]
    assert left["source"] == ["1 / 0"] and left["outputs"] == [] and left["execution_count"] is None
