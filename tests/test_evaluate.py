"""The evaluation on handmade tasks: mteb's scores equal those of the items, work is resumed, files are identical."""

import json
import lzma

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score

from medte import paths
from medte.engine import Engine
from medte.errors import MedteError
from medte.evaluation import evaluate as evaluation
from medte.evaluation import score as scoring
from medte.evaluation.items import value
from medte.evaluation.store import Store, read_head, read_recorded, recorded_seeds, write_recorded
from medte.manifest import write_json
from medte.models.embeddings import Plan
from medte.profile import load_profile
from medte.tasks.build import TaskData
from medte.tasks.catalogue import catalogue, task

WORDS = "heart lung liver bone nerve skin blood gut eye ear".split()
DRAW = np.random.default_rng(5)


def sentence(topic):
    return " ".join([topic, *DRAW.choice(WORDS, 4)])


def frames():
    labels = ["heart" if i % 2 else "lung" for i in range(120)]
    texts = [f"{sentence(label)} {i}" for i, label in enumerate(labels)]
    split = ["test" if i % 3 == 0 else "train" for i in range(120)]
    units = [f"u{i}" for i in range(120)]
    return {
        "WikipediaPainVsFeverClassification": pd.DataFrame(
            {"split": split, "text": texts, "label": labels, "unit": units}
        ),
        "WikipediaDiseaseBySystemClustering": pd.DataFrame({"text": texts, "label": labels, "unit": units}),
        "MedQAPairClassification": pd.DataFrame(
            {
                "sentence1": texts,
                "sentence2": [sentence(label) for label in labels],
                "label": [i % 2 for i in range(120)],
                "unit": units,
            }
        ),
        "MedQuADRetrieval": pd.DataFrame(
            {"query": [f"{w} {i}" for i, w in enumerate(WORDS * 12)], "document": texts, "unit": units}
        ),
    }


class Handmade:
    """An edition of four handmade tasks."""

    name, folder, own_tasks = "mini", None, ()

    def __init__(self):
        self.data = {name: TaskData(task(name), rows, {}) for name, rows in frames().items()}
        self.tasks = {name: {"hash": f"h-{name}"} for name in self.data}

    def task_data(self, name):
        return self.data[name]


@pytest.fixture
def edition(monkeypatch):
    made = Handmade()
    monkeypatch.setattr(evaluation, "benchmark_tasks", lambda name: [catalogue()[task] for task in made.tasks])
    return made


@pytest.fixture
def encoders(monkeypatch, hash_encoder):
    monkeypatch.setattr(evaluation, "load", lambda name, *_, **__: hash_encoder)
    return hash_encoder


def encoded(encoder, data, folder):
    return Plan(encoder, data.texts_by_role(), folder).encode()


def run(edition, folder, **kwargs):
    profile = load_profile("mini").model_copy(update={"models": ["random"]})
    return evaluation.evaluate(profile, edition, paths.RunFolders(folder), trained=None, **kwargs)


@pytest.mark.parametrize("name", list(frames()))
def test_values_are_mtebs_and_follow_from_items(edition, encoders, name, tmp_path):
    result = scoring.score(task(name), edition, "x", encoded(encoders, edition.task_data(name), tmp_path))
    assert 0 < result["value"] < 1
    assert result["value"] == pytest.approx(value(result["family"], result["items"]), abs=1e-4)
    assert len(result["units"]) == result["counts"].get("test", 120)
    if result["family"] == "pair_classification":
        assert result["scores"]["similarity_ap"] == pytest.approx(
            value(result["family"], result["items"], "similarity_ap"), abs=1e-4
        )


def test_ndcg_of_a_query_agrees_with_scikit_learn_where_nothing_ties(edition, encoders, tmp_path):
    data = edition.task_data("MedQuADRetrieval")
    vectors = encoded(encoders, data, tmp_path)
    result = scoring.score(data.task, edition, "x", vectors)
    rows = {
        text: row / np.linalg.norm(row)
        for text, row in zip(data.texts(), vectors.of(data.texts(), "query"), strict=True)
    }
    similarity = np.array([[rows[q] @ rows[d] for d in data.rows["document"]] for q in data.rows["query"]])
    checked = 0
    for i, scores in enumerate(similarity):
        if np.sum(np.isclose(scores, scores[i], atol=1e-6)) == 1:
            expected = ndcg_score([np.eye(120)[i]], [scores], k=10)
            assert result["items"]["ndcg"][i] == pytest.approx(expected, abs=1e-5)
            checked += 1
    assert checked > 60


def test_each_text_is_encoded_once_and_a_second_call_does_nothing(edition, encoders, home):
    results = run(edition, "a")
    assert [result["task"] for result in results] == list(edition.tasks)
    assert len(encoders.encoded) == len(set(encoders.encoded))
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*.json")}
    encoders.encoded.clear()
    assert run(edition, "a") == results
    assert encoders.encoded == [] and {path: path.stat().st_mtime_ns for path in home.rglob("*.json")} == before


def test_two_runs_differ_in_the_measured_block_alone(edition, encoders, home):
    one, two = run(edition, "a"), run(edition, "b")
    assert [r | {"measured": 0} for r in one] == [r | {"measured": 0} for r in two]
    assert set(one[0]["measured"]) == {"scoring_seconds", "machine", "date"}


def test_an_interrupted_run_goes_on_where_it_was(edition, encoders, home, monkeypatch):
    whole = evaluation.score
    done = []

    def stops(task, *args):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(task.name)
        return whole(task, *args)

    monkeypatch.setattr(evaluation, "score", stops)
    with pytest.raises(KeyboardInterrupt):
        run(edition, "a")
    assert len(list(home.rglob("results/*/*.json"))) == 2
    monkeypatch.setattr(evaluation, "score", whole)
    said = []
    assert len(run(edition, "a", say=said.append)) == 4
    assert "random: 2 of 4 results are there" in said


@pytest.mark.parametrize("change", ["data", "weights"])
def test_changed_data_or_weights_make_a_result_stale(edition, encoders, change):
    before = run(edition, "a", family="retrieval")[0]["key"]
    if change == "data":
        edition.tasks["MedQuADRetrieval"]["hash"] = "other"
    else:
        encoders.revision = "hash-2"
    assert run(edition, "a", family="retrieval")[0]["key"] != before


def test_items_that_do_not_give_the_value_are_an_error(edition, encoders, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "value", lambda *_: 0.123)
    vectors = encoded(encoders, edition.task_data("MedQuADRetrieval"), tmp_path)
    with pytest.raises(AssertionError, match="its items give"):
        scoring.score(task("MedQuADRetrieval"), edition, "x", vectors)


def test_a_cut_result_file_is_an_error_that_names_it(edition, encoders):
    run(edition, "a")
    path = Store(paths.RunFolders("a").results).path("random", "MedQuADRetrieval")
    path.write_text(path.read_text(encoding="utf-8")[:-100], encoding="utf-8")
    with pytest.raises(MedteError, match=r"MedQuADRetrieval\.json is damaged"):
        run(edition, "a")


def test_recorded_results_come_back_without_text(edition, encoders, tmp_path):
    results = run(edition, "a")
    write_recorded(tmp_path / "x.jsonl.xz", {"profile": "x"}, results)
    about, back = read_recorded(tmp_path / "x.jsonl.xz")
    assert about == read_head(tmp_path / "x.jsonl.xz") == {"profile": "x"}
    assert [r["items"] for r in back] == [r["items"] for r in results]
    assert [len(set(r["units"])) for r in back] == [len(set(r["units"])) for r in results]
    text = lzma.decompress((tmp_path / "x.jsonl.xz").read_bytes()).decode("utf-8")
    assert not [t for name in edition.tasks for t in edition.task_data(name).texts() if json.dumps(t) in text]
    for read in (read_recorded, read_head):
        with pytest.raises(MedteError, match="not recorded"):
            read(tmp_path / "y.jsonl.xz")


def test_recorded_seeds_count_on_just_these_data_and_with_the_training_of_today_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "recorded", lambda: tmp_path)
    profile = load_profile("mini")
    assert recorded_seeds(profile, "1", "published") == {}
    rows = [{"seed": seed, "values": {"published": {"A": seed / 10}}} for seed in (1, 2)]
    facts = {"model": "MEDTE-mini", "data": "1", "recipe": profile.training.recipe, "seeds": rows}
    write_json(tmp_path / "mini-seeds.json", facts)
    assert recorded_seeds(profile, "1", "published") == {"MEDTE-mini": [{"A": 0.1}, {"A": 0.2}]}
    assert recorded_seeds(profile, "2", "published") == {}

    def other(**changes):
        return profile.model_copy(update={"training": profile.training.model_copy(update=changes)})

    assert recorded_seeds(other(seed=9), "1", "published") != {}
    assert recorded_seeds(other(temperature=0.5), "1", "published") == {}


@pytest.mark.slow
def test_two_workers_give_the_same_files_outside_measured(edition, encoders, home):
    run(edition, "here")
    with Engine(2) as engine:
        run(edition, "there", engine=engine)
    here, there = (
        {path.name: json.loads(path.read_text(encoding="utf-8")) | {"measured": 0} for path in folder.rglob("*.json")}
        for folder in (home / "here" / "results", home / "there" / "results")
    )
    assert len(here) == 4 and here == there
