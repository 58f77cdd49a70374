"""Versions of the mini edition: frozen once, before it judges; and whether it orders encoders as real text does."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from made_up import retrieval

from medte import agreement, freeze, paths
from medte.errors import MedteError
from medte.evaluation.statistics import Scores
from medte.evaluation.store import Store
from medte.report import mini_card, recordings

TASK = "MedQuADRetrieval"


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(freeze, "PATH", tmp_path / "mini-versions.json")
    monkeypatch.setattr(agreement, "PATH", tmp_path / "agreement.json")
    monkeypatch.setattr(paths, "recorded", lambda: tmp_path)
    monkeypatch.setattr(freeze, "assess", lambda run, say: {"measured": True})
    return tmp_path


def run_of(data, results, folder):
    """As much of a run as freezing asks for: its data's hash, its tasks, its results."""
    store = Store(folder / "results")
    for result in results:
        store.put(result)
    edition = SimpleNamespace(name=data, manifest={"hash": data}, tasks={TASK: {"hash": data}})
    edition.only = lambda names: edition
    profile = SimpleNamespace(bootstrap=20, name="open", benchmark="MedEval")
    return SimpleNamespace(
        edition=edition,
        folders=SimpleNamespace(results=folder / "results"),
        profile=profile,
        results=lambda models=None: results,
    )


def result(model, data, values=(0.5, 0.6)):
    return retrieval(model, TASK, list(values)) | {"data": data}


def test_a_version_is_frozen_once_and_numbered(kept):
    first = freeze.freeze(run_of("aaa", [], kept), "the first", print)
    assert (first["version"], first["hash"], first["report"]) == (1, "aaa", {"measured": True})
    with pytest.raises(MedteError, match="frozen already, as version 1"):
        freeze.freeze(run_of("aaa", [], kept), "again", print)
    assert freeze.freeze(run_of("bbb", [], kept), "more text", print)["version"] == 2
    assert [version["change"] for version in mini_card.versions()] == ["the first", "more text"]


def test_what_it_judges_may_not_be_scored_before_the_freeze(kept):
    freeze.freeze(run_of("aaa", [result("tfidf", "aaa"), result("random", "aaa")], kept / "1"), "the first", print)
    with pytest.raises(MedteError, match="all-MiniLM-L6-v2 was scored on MedQuADRetrieval before the freeze"):
        freeze.freeze(run_of("bbb", [result("all-MiniLM-L6-v2", "bbb")], kept / "2"), "peeked", print)
    freeze.freeze(run_of("ccc", [result("all-MiniLM-L6-v2", "old")], kept / "3"), "scored on other data", print)
    assert len(mini_card.versions()) == 2


def test_scores_go_to_the_version_of_their_data(kept):
    results = [result("random", "aaa", (0.0, 0.1)), result("all-MiniLM-L6-v2", "aaa"), result("bm25", "aaa")]
    with pytest.raises(MedteError, match="no frozen version"):
        freeze.record_scores(run_of("aaa", results, kept / "1"))
    freeze.freeze(run_of("aaa", [], kept / "0"), "the first", print)
    scores = freeze.record_scores(run_of("aaa", results, kept / "1"))["scores"]
    assert scores["all-MiniLM-L6-v2"]["all"] == 0.55 and scores["random"]["retrieval"] == 0.05
    assert "bm25" not in scores  # it is in no mean
    assert json.loads(freeze.PATH.read_text())[0]["scores"] == scores


def test_the_heading_says_whether_the_data_are_a_version(kept):
    assert "not frozen" in mini_card.heading("aaa")
    freeze.freeze(run_of("aaa", [], kept), "the first", print)
    assert "version 1" in mini_card.heading("aaa") and "not frozen" in mini_card.heading("bbb")


@pytest.mark.parametrize(("order", "tau"), [(1, 1.0), (-1, -1.0)])
def test_agreement_is_one_for_the_same_order_and_minus_one_for_the_reverse(kept, monkeypatch, order, tau):
    names = ("random", "tfidf", "all-MiniLM-L6-v2", "MEDTE-mini")
    monkeypatch.setattr(agreement, "ENCODERS", names)
    mini = [result(name, "m", np.full(20, 0.1 * i)) for i, name in enumerate(names)]
    real = [result(name, "r", np.full(30, 0.5 + 0.1 * order * i)) for i, name in enumerate(names)]
    agreement.record(run_of("m", mini, kept / "1"), run_of("r", real, kept / "2"), print)
    about = mini_card.agreement()["families"]
    assert set(about) == {"retrieval", "all"}
    assert about["retrieval"]["tau"] == tau and about["retrieval"]["low"] == about["retrieval"]["high"] == tau
    monkeypatch.setattr(recordings, "head", lambda name: {"edition": {"hash": "r"}})
    said = mini_card.agreement_sentence("m")
    assert f"τ = {tau:.2f}" in said and "4 encoders" in said and "earlier" not in said
    assert "earlier version of this text)" in mini_card.agreement_sentence("other")
    monkeypatch.setattr(recordings, "head", lambda name: {"edition": {"hash": "s"}})
    assert "earlier version of the real text)" in mini_card.agreement_sentence("m")
    assert "Retrieval" in mini_card.agreement_table(mini_card.agreement())


def test_agreement_of_noise_is_wide():
    draw = np.random.default_rng(0)
    rows = {side: [result(str(i), side, draw.random(25)) for i in range(12)] for side in "mr"}
    scores = {"mini": Scores(rows["m"], 200, 0), "real": Scores(rows["r"], 200, 1)}
    agreement_of, names = agreement._agreement, agreement.ENCODERS
    try:
        agreement.ENCODERS = tuple(str(i) for i in range(12))
        about = agreement_of(scores, "retrieval")
    finally:
        agreement.ENCODERS = names
    assert about["low"] < about["tau"] < about["high"] and about["high"] - about["low"] > 0.4
