"""Encoders ranked on a hospital's notes: the page's numbers, what it says where there are none, and no word of a note."""

import os
import re
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import HashEncoder
from test_guard import MARKER, World, leaks, marked_notes

from medte import cli, rank
from medte.errors import MedteError
from medte.evaluation.statistics import Scores
from medte.models.embeddings import MEASURED
from medte.models.registry import entry
from medte.profile import load_profile
from medte.report.notes_report import EncodingFacts, page
from medte.report.tables import percent
from medte.run import Run, checked_profile
from medte.sources import mimic_iv
from medte.tasks.catalogue import benchmark_tasks

NOTES = load_profile("notes")
PAIRED = [task for task in benchmark_tasks("MedEval") if task.source == "mimic_iv"]
RETRIEVAL = [task.name for task in PAIRED if task.family == "retrieval"][:2]
MISSING = next(task.name for task in PAIRED if task.family == "classification")
MANIFEST = {
    "hash": "abc",
    "sources": {"mimic_iv": {"records": 1200, "repeated": 3, "left_out": {"note without a section that is used": 5}}},
    "missing": {MISSING: "no texts for one | two", "PMCAbstractToTitleRetrieval": "the profile does not read it"},
}
PLAIN = {"licence": None, "max_length": None, "parameters": None}


def made_up(name, title, **facts):
    return entry("random").model_copy(update=PLAIN | {"name": name, "title": title} | facts)


ENTRIES = {
    "own": made_up("own", "Our encoder", max_length=128, licence="MIT"),
    "big": made_up("big", "Big", max_length=8192, parameters=110_000_000),
    "part": made_up("part", "Part"),
}
ENCODED = {"own": EncodingFacts(2000, 500, 500.0), "big": EncodingFacts(2000, 0, None), "part": None}


def result(model, task, values):
    return {
        "model": model, "task": task, "family": "retrieval", "source": "mimic_iv", "value": sum(values) / len(values),
        "items": {"ndcg": values, "ndcg_merged": values}, "units": [f"p{i}" for i in range(len(values))],
    }  # fmt: skip


def scores():
    rows = [result(model, task, [good] * 40) for model, good in (("own", 0.25), ("big", 0.75)) for task in RETRIEVAL]
    return Scores([*rows, result("part", RETRIEVAL[0], [1.0] * 40)], draws=50)


def rows(text):
    """The cells of every line of a table, by the model's or task's name."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return lines


def test_the_page_ranks_the_models_with_their_means_and_says_how_they_were_encoded():
    text = page(scores(), NOTES, MANIFEST, ENTRIES, ENCODED)
    lines = rows(text)
    assert lines[0] == ["Rank", "Model", "All tasks (2)", "Retrieval (2)"]
    assert lines[2:6] == [
        ["1", "Big", *["75.0 (75.0 to 75.0)"] * 2],
        ["2", "Our encoder", *["25.0 (25.0 to 25.0)"] * 2],
        ["–", "Part", "–", "–"],
        ["", "Smallest difference that could have been seen", "–", "–"],  # what all are compared with is not there
    ]
    assert lines[8:11] == [
        ["Big", "–", "0.0 %", "512", "110 million", "–"],
        ["Our encoder", "500", "25.0 %", "128", "–", "MIT"],
        ["Part", "–", "–", "–", "–", "–"],
    ]
    assert lines[13:] == [[MISSING, "no texts for one / two"]]
    assert "1,200 notes (mimic_iv): 3 that repeat another and 5 without" in text
    assert f"2 tasks are scored, of {len(PAIRED)} of the benchmark MedEval" in text


def test_the_smallest_visible_difference_stands_under_each_column():
    random = np.random.default_rng(3)
    drawn = {task: {model: random.random(40).tolist() for model in ("all-MiniLM-L6-v2", "own")} for task in RETRIEVAL}
    rows_ = [result(model, task, values) for task, own in drawn.items() for model, values in own.items()]
    found = Scores(rows_, draws=200)
    entries = ENTRIES | {"all-MiniLM-L6-v2": entry("all-MiniLM-L6-v2")}
    text = page(found, NOTES, MANIFEST, entries, ENCODED | {"all-MiniLM-L6-v2": None})
    seen = percent(found.detectable("own", "all-MiniLM-L6-v2", RETRIEVAL))
    assert rows(text)[4] == ["", "Smallest difference that could have been seen", seen, seen] and float(seen) > 0
    assert "difference of Our encoder from all-MiniLM-L6-v2 would have had to be to be seen in 80 % of cases" in text
    alone = found.only(["all-MiniLM-L6-v2"])
    assert "Smallest difference" not in page(alone, NOTES, MANIFEST, entries, ENCODED | {"all-MiniLM-L6-v2": None})


def test_what_an_entry_does_not_say_the_encoder_says():
    facts = {"own": EncodingFacts(2000, 500, 500.0, 99, 1), "part": EncodingFacts(10, 0, None, 300, 22_700_000)}
    lines = rows(page(scores(), NOTES, MANIFEST, ENTRIES, ENCODED | facts))
    assert lines[9] == ["Our encoder", "500", "25.0 %", "128", "0 million", "MIT"]
    assert lines[10] == ["Part", "–", "0.0 %", "300", "23 million", "–"]
    cut = ENTRIES | {"big": ENTRIES["big"].model_copy(update={"cut": 64})}
    assert rows(page(scores(), NOTES, MANIFEST, cut, ENCODED))[8][3] == "64"


def test_a_model_without_vectors_is_named_and_in_no_mean():
    own = [*scores().results.values()] + [result("bm25", task, [1.0] * 40) for task in RETRIEVAL]
    text = page(Scores(own, draws=50), NOTES, MANIFEST, ENTRIES | {"bm25": entry("bm25")}, ENCODED | {"bm25": None})
    assert "BM25 (retrieval alone) makes no vectors" in text
    assert rows(text)[2][:2] == ["1", "Big"] and "| BM25" not in text


def test_prompts_and_cuts_that_were_asked_for_stand_in_the_report(home, monkeypatch):
    asked = [*NOTES.models, "e5-base", "e5-base+prompts", "e5-base@64"]
    run = Run("notes")
    run.edition = SimpleNamespace(manifest=MANIFEST | {"tasks": {}}, missing={})
    monkeypatch.setattr(rank.guard, "credentialed", lambda profile: "notes")
    monkeypatch.setattr(run, "tasks", lambda family: RETRIEVAL)
    monkeypatch.setattr(
        run, "results", lambda family, models: [result(m, task, [0.5] * 20) for m in models for task in RETRIEVAL]
    )
    monkeypatch.setattr(run, "took", lambda model: dict.fromkeys(MEASURED, 0))
    text = rank.rank(run, asked[len(NOTES.models) :])
    assert {line[1] for line in rows(text)[2:8]} == {entry(name).title for name in asked}
    assert (run.folders.root / rank.REPORT).read_text(encoding="utf-8") == text


def test_without_a_missing_task_it_says_so():
    text = page(scores(), NOTES, MANIFEST | {"missing": {}}, ENTRIES, ENCODED)
    assert text.endswith("could not be built\n\nNone.\n")


def test_speed_and_cuts_are_those_of_the_stored_vectors(monkeypatch):
    run = Run("notes")
    took = dict.fromkeys(MEASURED, 0)
    monkeypatch.setattr(run, "took", lambda model: took)
    assert rank._encoded(run, "own") is None
    took |= {"texts": 20, "truncated": 2, "timed": 12, "seconds": 3.0, "max_length": 128}
    assert rank._encoded(run, "own") == EncodingFacts(20, 2, 4.0, 128)


def test_a_profile_without_training_says_so_where_one_trains(monkeypatch):
    assert checked_profile("notes").training_sources == []
    with pytest.raises(MedteError, match="the profile notes trains no model"):
        Run("notes").train()
    monkeypatch.setenv("MEDTE_NOTES", "/x")
    with pytest.raises(MedteError, match="the profile notes trains no model"):
        NOTES.to_train()


def test_without_notes_it_says_how_to_name_them():
    with pytest.raises(MedteError, match=r"was given no notes; .*evaluate --notes FOLDER"):
        rank.rank(Run("notes"))
    with pytest.raises(MedteError, match="reads mimic_iv alone: credentialed data: set MIMIC_FOLDER"):
        Run("notes").build()


def test_a_profile_that_reads_no_notes_is_refused(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["medte", "evaluate", "-p", "mini", "--notes", str(tmp_path)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2 and "the profile mini reads no notes" in capsys.readouterr().err


FAST = f"""sys.path.insert(0, {os.path.dirname(__file__)!r})
from conftest import HashEncoder
from medte.evaluation import evaluate
load = evaluate.load
evaluate.load = lambda name, *a, **k: HashEncoder() if name == "all-MiniLM-L6-v2" else load(name, *a, **k)
"""


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """Rows of a hospital's table, about 350 fictional patients, the planted word in every text and name."""
    tables = marked_notes()
    records = mimic_iv.records(
        tables["note/discharge"], tables["hosp/admissions"], licence="x", fictional=True, dropped=Counter()
    )
    return [
        {"note_id": record.id + MARKER, "patient_id": record.document + MARKER, "admitted": record.date[:10],
         "discharged": record.date, "died": int(record.facts["died"]), **record.texts}
        for record in records
    ]  # fmt: skip


def folder_of(parent, table):
    own = parent / "hospital"
    own.mkdir()
    pd.DataFrame(table).to_csv(own / "notes.csv.gz", index=False)
    return own


def small_world(folder):
    """A machine where the profile "notes" is small."""
    world, small = World(folder, None), NOTES.model_dump() | {"bootstrap": 50}
    small["data"] |= {"max_items": 110, "max_class_texts": 60}
    world.write("profiles/notes.yaml", yaml.safe_dump(small))
    return world


@pytest.mark.slow
def test_the_ranking_leaves_the_planted_word_in_the_notes_folder_alone(tmp_path, hospital):
    own, world = folder_of(tmp_path, hospital), small_world(tmp_path / "world")
    answer = world.medte("evaluate", "--notes", str(own), "--family", "retrieval", "--model", "random", first=FAST)
    assert answer.returncode == 0, answer.stderr
    assert world.leaks(answer) == []
    report = world.folder / "runs/notes/report.md"
    text = report.read_text(encoding="utf-8")
    assert text in answer.stdout and f"report: {report}" in answer.stdout
    assert {line[1] for line in rows(text)[2:5]} == {"all-MiniLM-L6-v2", "TF-IDF", "Random vectors"}
    built = re.search(r"(\d+) tasks are scored", text)
    assert int(built[1]) >= 3 and f"{len(hospital):,} notes" in text
    assert {path.name for path in (world.folder / "runs/notes").iterdir()} == {"results", "report.md"}
    assert leaks([own / "medte/runs/notes"], MARKER)


def test_too_few_notes_are_an_error_with_the_reasons(tmp_path, hospital):
    own, world = folder_of(tmp_path, hospital[:3]), small_world(tmp_path / "world")
    answer = world.medte("evaluate", "--notes", str(own), first=FAST)
    assert answer.returncode == 2 and "medte: no task can be built from these notes: " in answer.stderr
    assert "are needed" in answer.stderr and world.leaks(answer) == []


def test_the_fast_stand_in_is_an_encoder():
    assert HashEncoder().encode(["one two"]).shape == (1, 64)
