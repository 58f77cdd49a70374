"""Results that do not hold today are named with the reason, and those that do are not."""

import pytest

from medte.evaluation import stale as module
from medte.evaluation.score import code, versions
from medte.evaluation.stale import Stale, stale, why_stale
from medte.evaluation.store import Store


class Edition:
    def __init__(self):
        self.tasks = {"MedQuADRetrieval": {"hash": "abc"}}


def result(**changes):
    return {
        "model": "m", "task": "MedQuADRetrieval", "data": "abc", "model_revision": "r", "versions": versions(),
        "code": code(), "key": "k",
    } | changes  # fmt: skip


def test_a_result_of_today_is_not_stale():
    assert why_stale(result(), Edition(), "r") is None
    assert why_stale(result(), Edition()) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"task": "MedQARetrieval"}, "no longer has the task"),
        ({"data": "old"}, "other data: old, now abc"),
        ({"model_revision": "q"}, "other weights or settings: q, now r"),
        ({"versions": versions() | {"mteb": "1.0"}}, "other versions of mteb"),
        ({"code": "old"}, "other code"),
    ],
)
def test_what_has_changed_is_named(changes, why):
    assert why in why_stale(result(**changes), Edition(), "r")


def test_the_whole_store_is_looked_through(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.put(result())
    store.put(result(model="gone", data="old"))
    assert stale(store, Edition()) == [Stale("gone", "MedQuADRetrieval", "other data: old, now abc")]
    monkeypatch.setattr(module, "code", lambda: "new")
    assert [one.why for one in stale(store, Edition())] == ["other data: old, now abc", "other code"]
