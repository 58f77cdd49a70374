"""The project's own files agree with each other."""

import re
import tomllib
from importlib.metadata import metadata

import yaml
from packaging.specifiers import SpecifierSet

from medte.paths import CHECKOUT


def pins():
    lines = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_environment_agrees_with_the_lock():
    *_, pip = yaml.safe_load((CHECKOUT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    named = dict(line.split("==") for line in pip["pip"] if "==" in line)
    wanted = "jupyter-book jupytext papermill torch sentence-transformers datasets mteb matplotlib seaborn".split()
    assert sorted(named) == sorted(wanted)
    assert {name: pins()[name] for name in named} == named
    assert "-r requirements.lock" in pip["pip"]


def test_the_lock_has_exact_versions_and_no_local_ones():
    for name, version in pins().items():
        assert re.fullmatch(r"[\w.]+", version), (name, version)


def test_every_pin_installs_on_the_first_python_that_is_promised():
    promised = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    first = f"{promised.removeprefix('>=')}.0"
    wanted = {name: metadata(name).get("Requires-Python") for name in pins()}
    assert {
        name: range_ for name, range_ in wanted.items() if range_ and not SpecifierSet(range_).contains(first)
    } == {}


def test_every_dependency_is_pinned():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(name for part in project["optional-dependencies"].values() for name in part)]
    known = {name.lower().replace("_", "-") for name in pins()}
    assert {re.match(r"[\w-]+", line)[0].lower() for line in wanted} <= known


def test_every_target_is_explained():
    text = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"\.PHONY: (.*)", text)[1].split()
    assert all(re.search(rf"^{target}:.*## \w", text, re.MULTILINE) for target in targets)
