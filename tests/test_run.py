"""A run: models that are added to it and taken out, and results that it keeps and does not use."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medte import run as running
from medte.errors import MedteError
from medte.evaluation.score import code, versions
from medte.evaluation.store import Store
from medte.run import Run


@pytest.fixture
def run(home):
    return Run("mini")


def test_a_registered_model_is_added_once(run):
    before = run.models
    assert run.added.add("gte-base") == "gte-base" and run.added.add("gte-base") == "gte-base"
    assert Run("mini").models == [*before, "gte-base"]
    assert run.added.add("all-MiniLM-L6-v2") in before and run.models == [*before, "gte-base"]


def test_a_folder_is_added_by_its_name_and_left_out_when_it_is_gone(run, tmp_path):
    folder = tmp_path / "my-encoder"
    folder.mkdir()
    assert run.added.add(str(folder)) == "my-encoder"
    assert run.models[-1] == str(folder) == run.added.reference("my-encoder")
    assert run.added.add("my-encoder") == "my-encoder"
    said = []
    run.say = said.append
    folder.rmdir()
    assert str(folder) not in run.models and "my-encoder is left out" in said[0]


def test_what_was_added_can_be_taken_out(run):
    run.added.add("gte-base")
    run.added.forget("gte-base")
    assert "gte-base" not in run.models
    with pytest.raises(MedteError, match="added model"):
        run.added.forget("gte-base")


def test_an_unknown_model_is_refused_with_the_nearest(run):
    with pytest.raises(MedteError, match="gte-base"):
        run.added.add("gte-bas")


def test_results_of_another_day_are_named_with_the_reason(run, monkeypatch):
    run.edition = SimpleNamespace(tasks={"MedQuADRetrieval": {"hash": "1"}, "PubMedRetrieval": {"hash": "2"}})
    today = {"model": "random", "task": "MedQuADRetrieval", "data": "1", "key": "k", "model_revision": "r"}
    today |= {"code": code(), "versions": versions()}
    monkeypatch.setattr(run, "results", lambda: [today])
    other = today | {"model": "gte-base"}
    for result in (today, other, other | {"task": "MedQARetrieval"}, other | {"task": "PubMedRetrieval", "data": "0"}):
        Store(run.folders.results).put(result)
    assert [(model, task, why) for model, task, why in run.stale()] == [
        ("gte-base", "MedQARetrieval", "the edition no longer has the task"),
        ("gte-base", "PubMedRetrieval", "other data: 0, now 2"),
    ]


def test_a_folder_under_a_condition_is_added_with_it(run, tmp_path):
    (tmp_path / "my-encoder").mkdir()
    assert run.added.add(f"{tmp_path}/my-encoder@32") == "my-encoder@32"
    assert run.models[-1] == f"{tmp_path}/my-encoder@32"


def test_another_folder_of_the_same_name_is_refused(run, tmp_path):
    for parent in "ab":
        (tmp_path / parent / "final").mkdir(parents=True)
    run.added.add(str(tmp_path / "a/final"))
    with pytest.raises(MedteError, match="medte models --forget final"):
        run.added.add(str(tmp_path / "b/final"))


def test_vectors_are_read_in_the_order_of_a_tasks_texts_with_its_labels(run, monkeypatch):
    rows = pd.DataFrame({"text": ["b", "a", "b"], "label": [1, 2, 1]})
    data = SimpleNamespace(rows=rows, task=SimpleNamespace(family="clustering"))
    run.edition = SimpleNamespace(task_data=lambda name: data)
    place = {"a": [1.0, 0.0], "b": [0.0, 1.0]}
    encoded = SimpleNamespace(of=lambda texts, role: np.array([place[text] for text in texts if role == "clustering"]))
    monkeypatch.setattr(running, "planned", lambda *args: (None, SimpleNamespace(encode=lambda: encoded)))
    vectors, labels = run.vectors("random", "any")
    assert vectors.tolist() == [[0, 1], [1, 0], [0, 1]] and labels == ["1", "2", "1"]
    monkeypatch.setattr(running, "planned", lambda *args: (None, None))
    with pytest.raises(MedteError, match="bm25 searches without vectors"):
        run.vectors("bm25", "any")
