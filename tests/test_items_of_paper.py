"""The paper's tables and figures: each has a place, a command and a state, or says why not."""

import re

import pytest
from followed import TARGETS
from pydantic import ValidationError

from medte.paths import CHECKOUT
from medte.report import items_of_paper
from medte.report.exhibits import EXHIBITS
from medte.report.items_of_paper import Item, items
from medte.tasks.catalogue import FAMILIES


def test_every_known_item_is_there_once():
    names = [item.title for item in items()]
    assert len(set(names)) == len(names)
    commands = [command for item in items() for command in item.commands]
    sources = ("pubmed-mimic_iv", "pubmed-wikipedia", "mimic_iv-wikipedia")
    drawn = [f"time-{family}" for family in FAMILIES] + [f"source-{pair}" for pair in sources]
    for name in (*drawn, "families"):
        assert commands.count(f"make figure-published-{name}") == 1, name
    for name in (*drawn, "families-scatter", "tsne", "density", "learning-curve"):
        assert commands.count(f"make figure-{name}") == 1, name
    for name in ("families", "published-sources", "published-times"):
        assert f"make table-{name}" in commands


def test_every_page_and_file_exists():
    pages = re.findall(r"file: (\S+)", (CHECKOUT / "_toc.yml").read_text(encoding="utf-8"))
    for item in items():
        for name in item.where:
            assert (CHECKOUT / name).is_file() if "." in name else name in pages, (item.title, name)


def test_every_item_has_a_place_or_a_command_and_says_what_to_know():
    for item in items():
        assert (item.where or item.commands) and item.why.endswith(".")
        for command in item.commands:
            program, target = command.split()[:2]
            kind, _, name = target.partition("-")
            drawn = name in EXHIBITS and EXHIBITS[name].is_figure == (kind == "figure")
            assert program == "medte" or drawn or target in TARGETS, command


def test_the_table_holds_every_item_and_says_what_is_not_known(monkeypatch):
    table = items_of_paper.table()
    assert table.count("<tr>") == 1 + len(items())
    assert table.count(">not known</td>") == sum(item.number is None for item in items())
    about = {"title": "`A`", "kind": "table", "known": "k", "where": [], "state": [], "why": "w", "number": 3}
    monkeypatch.setattr(items_of_paper, "items", lambda: (Item.model_validate(about),))
    row = items_of_paper.table().split("<tbody>")[1]
    assert "<code>A</code>" in row and ">Table 3</td>" in row and "<b>not here</b>. w" in row and row.count("–") == 2


def test_the_file_is_strict():
    about = {"title": "t", "kind": "table", "known": "k", "where": [], "state": [], "why": "w"}
    with pytest.raises(ValidationError, match="published"):
        Item.model_validate(about | {"state": ["measured"]})
    with pytest.raises(ValidationError, match="Extra inputs"):
        Item.model_validate(about | {"figure": 3})
