"""The page on adding a task, followed to the letter in a copy of the package."""

import re

import pytest
import yaml
from followed import blocks, copied_checkout, read_page, replace_once, said

from medte.tasks.build import MINIMUM_ROWS
from medte.tasks.builders import BUILDERS
from medte.tasks.catalogue import Task, catalogue
from medte.tasks.sampling import MINIMUM_TEST, MINIMUM_TRAIN

PAGE = read_page("add_task")


def patched(path, diff):
    """Apply a diff without line numbers, whose old lines stand in the file once."""
    old, new = ("".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in f" {sign}") for sign in "-+")
    replace_once(path, old, new)


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout with the page's rows, function and lines."""
    copy = copied_checkout(tmp_path / "checkout")
    tasks = copy / "medte" / "tasks"
    with (tasks / "catalogue.yaml").open("a", encoding="utf-8") as file:
        file.writelines(f"\n{row}" for row in blocks(PAGE, "yaml"))
    (function,) = blocks(PAGE, "python")
    replace_once(tasks / "builders.py", "\nBUILDERS: ", f"\n{function}\n\nBUILDERS: ")
    for path, diff in zip(
        (tasks / "builders.py", tasks / "card.py", copy / "profiles" / "mini.yaml"), blocks(PAGE, "diff"), strict=True
    ):
        patched(path, diff)
    return copy


@pytest.mark.slow
def test_the_page_on_adding_a_task_works(checkout):
    lines = "".join(blocks(PAGE, "console")).splitlines()
    definition, card, scored = (said(line, checkout) for line in lines)
    assert "reported: added" in definition
    assert "added here, in no benchmark of the authors" in card and re.search(r"rows +1\d\d from 1\d\d documents", card)
    assert re.search(r"^text +answer to a question$", card, flags=re.MULTILINE)
    assert re.search(r"^tfidf +MedQuADQuestionTypeClustering +v_measure +0\.\d+", scored, flags=re.MULTILINE)


def test_the_kinds_of_the_table_are_those_that_there_are():
    named = re.findall(r"^\| (`[a-z`, ]+) \|", PAGE, flags=re.MULTILINE)
    assert {kind for cell in named for kind in re.findall(r"`(\w+)`", cell)} == set(BUILDERS)


def test_the_least_that_a_task_needs_is_what_the_code_asks_for():
    assert f"({MINIMUM_ROWS} rows, or {MINIMUM_TRAIN} and {MINIMUM_TEST} texts of each class)" in " ".join(PAGE.split())


def test_the_rows_are_new_tasks_in_no_benchmark():
    for text in blocks(PAGE, "yaml"):
        (row,) = yaml.safe_load(text)
        task = Task.model_validate(row | {"base": row["name"]})
        assert task.name not in catalogue() and task.reported == "added" and task.authors_name is None
