"""What is recorded: where it is from, of which data, and what pages take from it."""

import json

import numpy as np
import pytest
from made_up import EASY, retrieval
from test_edition_report import CURATED

from medte.evaluation.items import PROTOCOLS
from medte.evaluation.store import write_recorded
from medte.profile import load_profile
from medte.report import mini_card, pages, real_text, recordings
from medte.report.stale_records import stale_records


def test_recorded_pages_name_their_origin(pieces):
    about, scores = recordings.recorded("open")
    assert len(scores.tasks) >= 5
    summary, details = (pieces[f"real_text_{part}.md"] for part in ("summary", "details"))
    for text in (summary, details):
        assert about["machine"] in text and "medte/report/recorded/open.jsonl.xz" in text
    assert "of the 51 tasks" in summary


def test_the_share_of_encoding_is_the_records(tmp_path, monkeypatch):
    monkeypatch.setattr(recordings.paths, "recorded", lambda: tmp_path)
    assert "No measurement against plain mteb" in recordings.bench()
    found = {
        "model": "all-MiniLM-L6-v2", "tasks": 4, "machine": "m", "date": "2026-01-01", "texts": {"plain": 90, "ours": 40},
        "encoding_seconds": {"plain": 90.0, "fp32": [30.0, 32.0], "bf16": 12.0}, "scoring_seconds": {"plain": 10.0, "ours": 10.0},
        "faster": {"fp32": 2.9, "bf16": 7.5}, "share_of_matrix_rate": {"fp32": 0.5, "bf16": 0.4}, "largest_difference_fp32": 1e-5,
        "tasks_outside_their_interval_bf16": [], "difference_of_means_bf16": 0.001, "apart_by_noise_fp32": {"MedQuADRetrieval": 0.0027},
    }  # fmt: skip
    (tmp_path / "mini-bench.json").write_text(json.dumps(found), encoding="utf-8")
    said = recordings.bench()
    assert "encoding takes 90 % of the time with plain mteb and 75 % with each text once" in said
    assert "orders equal documents by them, which makes 0.27 points in Med<wbr>Qu<wbr>ADRetrieval" in said


def test_what_is_recorded_is_of_todays_profile():
    assert stale_records() == []


def test_what_is_not_recorded_is_not_stale(monkeypatch):
    about = {"profile_hash": load_profile("open").hash}
    monkeypatch.setattr(recordings, "head", lambda name: about)
    monkeypatch.setattr(recordings, "is_recorded", lambda name: False)
    for module in (recordings, mini_card):
        monkeypatch.setattr(module, "measurement", lambda name: None)
    assert stale_records() == []
    about["profile_hash"] = "another"
    (line,) = stale_records()
    assert line.startswith("recorded/open.jsonl.xz is of another profile") and "`medte record -p open`" in line


@pytest.mark.parametrize("what", ["data", "recipe", "plan"])
def test_short_trainings_are_of_todays_plan_and_recipe_and_of_the_recorded_text(monkeypatch, what):
    whole = recordings.head

    def head(name):
        return whole(name) | ({what: "another"} if name == "open-experiments" else {})

    monkeypatch.setattr(recordings, "head", head)
    (line,) = stale_records()
    assert line.startswith("recorded/open-experiments.jsonl.xz") and "`medte sweep -p open`" in line


def test_the_agreement_is_of_the_recorded_text(monkeypatch):
    found = mini_card.agreement()
    monkeypatch.setattr(mini_card, "agreement", lambda: found | {"real": {"profile": "open", "data": "another"}})
    (line,) = stale_records()
    assert (
        line.startswith("recorded/agreement.json is of another real text")
        and "`medte record -p open --agreement`" in line
    )


def test_the_plain_split_is_recorded_and_says_of_which_data(tmp_path, monkeypatch):
    profile = load_profile("mini")
    monkeypatch.setattr(recordings.paths, "recorded", lambda: tmp_path)
    recordings.recorded_groups.cache_clear()
    assert "No training split by document" in pages.plain_split(profile, "abc")
    rows = [
        retrieval(name, "MedQuADRetrieval", list(np.clip(EASY + gain, 0, 1)))
        for name, gain in (("MEDTE-mini", 0), ("MEDTE-mini-plain", 0.1))
    ]
    about = {
        "models": ["MEDTE-mini", "MEDTE-mini-plain"],
        "data": "abc",
        "date": "2026-01-01",
        "machine": "m",
        "bootstrap": 50,
        "seed": 1,
    }
    write_recorded(tmp_path / "mini-plain.jsonl.xz", about, rows)
    assert "is above MiniLM + MEDTE recipe" in pages.plain_split(
        profile, "abc"
    ) and "earlier version" not in pages.plain_split(profile, "abc")
    assert "earlier version" in pages.plain_split(profile, "abd")
    recordings.recorded_groups.cache_clear()


@pytest.fixture
def recorded_run(tmp_path, monkeypatch):
    """Records a run of made-up results of some models."""
    monkeypatch.setattr(recordings.paths, "recorded", lambda: tmp_path)
    recordings.recorded_groups.cache_clear()

    def record(models, **items):
        rows = [retrieval(model, "MedQuADRetrieval", [0.4, 0.6]) for model in models]
        rows = [row | {"items": row["items"] | items} for row in rows]
        about = {"profile": "open", "compared_with": "e5-base", "bootstrap": 20, "seed": 1, "cards": {}}
        about |= {"edition": CURATED, "benchmark": "MedEval", "date": "2026-01-01", "machine": "m"}
        write_recorded(tmp_path / "open.jsonl.xz", about, rows)
        recordings.recorded_groups.cache_clear()
        return recordings.recorded("open")

    yield record
    recordings.recorded_groups.cache_clear()


def test_the_corrected_protocol_is_taken_from_the_recorded_items(recorded_run):
    recorded_run(["e5-base", "tfidf"], ndcg_merged=[0.7, 0.9])
    text = real_text.EXHIBITS["open-protocols"].html("open-protocols")
    assert "Retrieval <small>corrected</small>" in text and "80.0 <" in text


def test_recorded_conditions_stand_apart_from_the_models_as_they_come(recorded_run):
    conditions = real_text.EXHIBITS["open-conditions"]
    _, scores = recorded_run(["e5-base", "e5-base+prompts", "tfidf"])
    assert scores.models == ["e5-base", "tfidf"]
    assert "with prompts</th>" in conditions.html("open-conditions")
    recorded_run(["e5-base", "tfidf"])
    assert "No model was scored with its prompts" in conditions.html("open-conditions")


def test_recorded_training_seeds_are_in_the_intervals_if_they_are_of_the_same_training(recorded_run, tmp_path):
    seeds = [{"values": {name: {"MedQuADRetrieval": value} for name in PROTOCOLS}} for value in (0.3, 0.7)]
    recipe = load_profile("open").to_train().recipe
    about = {"model": "e5-base", "data": CURATED["hash"], "recipe": recipe, "seeds": seeds}
    _, alone = recorded_run(["e5-base", "tfidf"])
    wide = {}
    for name, recorded in (("same", about), ("other", about | {"data": "another"})):
        (tmp_path / "open-seeds.json").write_text(json.dumps(recorded), encoding="utf-8")
        mean = recorded_run(["e5-base", "tfidf"])[1].mean("e5-base", ["MedQuADRetrieval"])
        wide[name] = mean.high - mean.low
    before = alone.mean("e5-base", ["MedQuADRetrieval"])
    assert wide["same"] > wide["other"] == before.high - before.low
