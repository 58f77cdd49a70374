"""The page on adding a model, followed to the letter: a folder, and a row for a repository of a small hub on loopback."""

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from hub_server import OLD, loopback_hub  # noqa: F401
from tiny_bert import files, plain_bert

from medte.cli import app
from medte.models.registry import Entry, registry
from medte.paths import CHECKOUT

PAGE = (CHECKOUT / "book" / "add_model.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout with the page's row."""
    copy = tmp_path / "checkout"
    shutil.copytree(CHECKOUT / "medte", copy / "medte", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CHECKOUT / "profiles", copy / "profiles")
    shutil.copy(CHECKOUT / "pyproject.toml", copy)
    (row,) = blocks("yaml")
    with (copy / "medte" / "models" / "registry.yaml").open("a", encoding="utf-8") as file:
        file.write(row)
    return copy


@pytest.mark.slow
def test_the_page_on_adding_a_model_works(checkout, tmp_path, loopback_hub):  # noqa: F811
    loopback_hub.commits[OLD] = files(plain_bert(tmp_path / "hub", seed=1))
    folder = plain_bert(tmp_path / "my-model")
    settings = {
        "PYTHONPATH": checkout, "MEDTE_HOME": tmp_path / "runs", "HF_HUB_OFFLINE": 0, "HF_ENDPOINT": loopback_hub.url,
        "HF_HOME": tmp_path / "cache",
    }  # fmt: skip
    said = []
    for line in "".join(blocks("console")).splitlines():
        medte, *words = line.replace("PATH/TO/my-model", str(folder)).split()
        assert medte == "medte"
        answer = subprocess.run(
            [sys.executable, "-m", "medte.cli", *words],
            capture_output=True, text=True, cwd=checkout, timeout=900,
            env=os.environ | {name: str(value) for name, value in settings.items()},
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr
        said.append(answer.stdout)
    own, without, listed, hub = said
    assert scores(own).keys() == {"my-model"} and "added" not in without
    assert re.search(r"^my-encoder +hub +medical_contrastive +organisation/my-encoder$", listed, flags=re.MULTILINE)
    assert f"commit {OLD} of organisation/my-encoder; from now on it stays this one here" in hub
    found = scores(hub)
    assert found.keys() == {"my-encoder", "my-encoder+prompts"}
    assert found["my-encoder"] != found["my-encoder+prompts"] and len(found["my-encoder"]) == len(
        scores(own)["my-model"]
    )


def scores(text):
    """Model → task → value, from the lines that `medte evaluate` prints."""
    found = {}
    for model, task, value in re.findall(r"^(\S+) +(\w+Retrieval) +ndcg_at_10 +([\d.]+)$", text, flags=re.MULTILINE):
        found.setdefault(model, {})[task] = float(value)
    return found


def test_the_row_is_a_model_that_is_not_there_yet():
    (text,) = blocks("yaml")
    (row,) = yaml.safe_load(text)
    model = Entry.model_validate(row)
    assert model.name not in registry() and model.revision == "unresolved" and not model.remote_code


def test_the_fields_and_commands_that_are_named_exist():
    fields = re.findall(r"^- `(\w+)`", PAGE, flags=re.MULTILINE)
    assert len(fields) == 5 and set(fields) <= set(Entry.model_fields)
    assert {"mirror", "remote_code", "document_hub", "document_revision", "group"} <= set(Entry.model_fields)
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert {line.split()[1] for line in "".join(blocks("console")).splitlines()} <= commands
