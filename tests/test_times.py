"""Seconds of encoding by family: shares of the words of what was timed together."""

from types import SimpleNamespace

import pytest

from medte.evaluation import times as module


def test_a_familys_seconds_are_the_share_of_its_words(monkeypatch):
    texts = {"retrieval": ["one two three", "four"], "clustering": ["four", "five six seven eight"]}
    edition = SimpleNamespace(only=lambda names: list(names))
    tasks = {family: [SimpleNamespace(name=family)] if family in texts else [] for family in module.FAMILIES}
    monkeypatch.setattr(module, "tasks_of", lambda profile, edition, family: tasks[family])
    monkeypatch.setattr(module, "texts_by_role", lambda profile, names: {"any": [t for n in names for t in texts[n]]})
    took = {
        "whole": {"texts": 3, "timed": 3, "seconds": 6.0},
        "resumed": {"texts": 3, "timed": 1, "seconds": 2.0},
        "random": {"texts": 0, "timed": 0, "seconds": 0},
    }
    found = module.times(took, None, edition)
    assert set(found) == {"whole"}
    assert found["whole"] == pytest.approx(
        {
            "all": 6,
            "retrieval": 6 * 4 / 8,
            "clustering": 6 * 5 / 8,
            "classification": 0,
            "pair_classification": 0,
            "texts_per_second": 0.5,
        }
    )
