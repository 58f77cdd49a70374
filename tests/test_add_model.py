"""The page on adding a model, followed to the letter: a folder, and a row for a repository of a small hub on loopback."""

import re

import pytest
import yaml
from followed import COMMANDS, blocks, copied_checkout, read_page, said
from hub_server import OLD, loopback_hub  # noqa: F401
from tiny_bert import files, plain_bert

from medte.models.registry import Entry, registry

PAGE = read_page("add_model")
LINES = "".join(blocks(PAGE, "console")).splitlines()


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout with the page's row."""
    copy = copied_checkout(tmp_path / "checkout")
    (row,) = blocks(PAGE, "yaml")
    with (copy / "medte" / "models" / "registry.yaml").open("a", encoding="utf-8") as file:
        file.write(row)
    return copy


@pytest.mark.slow
def test_the_page_on_adding_a_model_works(checkout, tmp_path, loopback_hub):  # noqa: F811
    loopback_hub.commits[OLD] = files(plain_bert(tmp_path / "hub", seed=1))
    folder = plain_bert(tmp_path / "my-model")
    settings = {"HF_HUB_OFFLINE": 0, "HF_ENDPOINT": loopback_hub.url, "HF_HOME": tmp_path / "cache"}
    lines = [line.replace("PATH/TO/my-model", str(folder)) for line in LINES]
    own, without, listed, hub = (said(line, checkout, **settings) for line in lines)
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
    (text,) = blocks(PAGE, "yaml")
    (row,) = yaml.safe_load(text)
    model = Entry.model_validate(row)
    assert model.name not in registry() and model.revision == "unresolved" and not model.remote_code


def test_the_fields_and_commands_that_are_named_exist():
    fields = re.findall(r"^- `(\w+)`", PAGE, flags=re.MULTILINE)
    assert len(fields) == 5 and set(fields) <= set(Entry.model_fields)
    assert {"mirror", "remote_code", "document_hub", "document_revision", "group"} <= set(Entry.model_fields)
    assert {line.split()[1] for line in LINES} <= COMMANDS
