"""The workflow that publishes the site: valid, and made of targets, folders and settings that exist."""

import re

import pytest
import yaml
from followed import TARGETS, read_page

from medte.paths import CHECKOUT, RunFolders

WORKFLOW = CHECKOUT / ".github" / "workflows" / "site.yml"
PAGE = read_page("publish_site")


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_it_starts_by_a_push_or_by_hand_and_may_only_write_pages(workflow):
    assert set(workflow[True]) == {"push", "workflow_dispatch"}  # YAML 1.1 reads the key `on` as true
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert workflow["jobs"]["publish"]["needs"] == "build"


def test_it_runs_only_targets_of_the_makefile(steps):
    lines = [line for step in steps if "run" in step for line in step["run"].splitlines()]
    assert lines
    for line in lines:
        program, target, *rest = line.split()
        assert program == "make" and target in TARGETS and not rest, line


def test_its_actions_are_githubs_own_by_version_and_need_no_secret(steps):
    actions = [step["uses"] for step in steps if "uses" in step]
    assert len(actions) == 4 and all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in actions)
    assert "secrets." not in WORKFLOW.read_text(encoding="utf-8")


def test_it_publishes_the_folder_that_the_book_is_built_in(steps, monkeypatch):
    monkeypatch.delenv("MEDTE_HOME")
    (published,) = [step["with"]["path"] for step in steps if "upload-pages-artifact" in step.get("uses", "")]
    assert CHECKOUT / published == RunFolders("mini").site and f"`{published}`" in PAGE


def test_its_settings_are_those_that_the_code_reads(steps):
    code = "".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "medte" / "pipeline").glob("*.py"))
    for name in (name for step in steps for name in step.get("env", {})):
        assert f'os.environ.get("{name}"' in code and name in PAGE, name


def test_the_page_names_the_workflow_and_targets_that_exist():
    assert "`.github/workflows/site.yml`" in PAGE
    assert set(re.findall(r"make ([a-z-]+)", PAGE)) <= set(TARGETS)
