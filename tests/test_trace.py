"""From a number back to its texts: the worst items of every family, their origins, and notes that are never shown."""

import sys

import pandas as pd
import pytest
from conftest import make_record

from medte import cli, guard, paths
from medte import trace as tracing
from medte.curation.shelf import Curation, fill
from medte.engine import Engine
from medte.errors import MedteError
from medte.evaluation.score import code, versions
from medte.evaluation.store import Store
from medte.evaluation.worst import worst
from medte.finished import Edition
from medte.manifest import seal
from medte.run import Run
from medte.tasks.build import TaskData
from medte.tasks.catalogue import task, variants

RETRIEVAL, PAIRS = "MedQuADRetrieval", "MedQAPairClassification"
CLASSES, CLUSTERS = "WikipediaPainVsFeverClassification", "WikipediaDiseaseBySystemClustering"


def data(name, **columns):
    return TaskData(task(name), pd.DataFrame(columns), {})


def test_the_worst_queries_are_those_of_lowest_ndcg_and_a_perfect_one_is_not_wrong():
    items = {"ndcg": [1.0, 0.5, 0.0, 0.631]}
    assert worst(data(RETRIEVAL), items, 2) == [(2, "nDCG@10 0.000"), (1, "nDCG@10 0.500")]
    assert [number for number, _ in worst(data(RETRIEVAL), items, 10)] == [2, 1, 3]


def test_pairs_are_in_turn_a_distant_positive_and_a_near_negative():
    items = {"labels": [1, 0, 1, 0, 1], "similarity": [0.9, 0.8, 0.2, 0.1, 0.5]}
    found = worst(data(PAIRS), items, 10)
    assert [number for number, _ in found] == [2, 1, 4, 3, 0]
    assert found[0][1] == "belong together, similarity 0.200"
    assert found[1][1] == "do not belong together, similarity 0.800"


def test_misjudged_texts_are_sorted_by_the_draws_that_misjudged_them():
    made = data(CLASSES, split=["train", "test", "test", "test"], label=["pain", "pain", "fever", "fever"])
    items = {"labels": [1, 0, 0], "predictions": [[1, 1, 1], [0, 1, 0], [1, 1, 0]]}  # fever is 0
    assert worst(made, items, 10) == [
        (1, "fever, misjudged in 3 of 3 draws, mostly as pain"),
        (0, "pain, misjudged in 1 of 3 draws, mostly as fever"),
        (2, "fever, misjudged in 1 of 3 draws, mostly as pain"),
    ]


def test_misplaced_texts_are_those_of_another_label_than_most_of_their_cluster_clearest_first():
    made = data(CLUSTERS, label=["heart", "heart", "lung", "lung", "lung", "lung", "heart"])
    items = {"labels": [0, 0, 1, 1, 1, 1, 0], "assignments": [[0, 0, 0, 1, 1, 1, 1], [0] * 7]}
    assert worst(made, items, 10) == [
        (6, "heart, in a cluster of 4, 3 of them lung"),
        (2, "lung, in a cluster of 3, 2 of them heart"),
    ]


def test_items_of_a_classification_are_its_test_rows_and_of_a_merged_task_its_queries():
    assert tracing.item_rows(data(CLASSES, split=["train", "test", "train", "test"])) == [1, 3]
    assert tracing.item_rows(data(RETRIEVAL, query=["a", "a", "b"])) == [0, 1, 2]
    merged = TaskData(variants()[f"{RETRIEVAL}Merged"], pd.DataFrame({"query": ["a", "a", "b"]}), {})
    assert tracing.item_rows(merged) == [0, 2]


QUERIES = [f"question {number}" for number in range(4)]
ANSWERS = [f"answer {number} is long" for number in range(4)]


@pytest.fixture
def run(home, monkeypatch):
    """A finished mini run of four questions, and one result of TF-IDF."""
    made = Run("mini")
    folder = made.folders.edition
    records = [
        make_record(number, "medquad", question=query, answer=answer)
        for number, (query, answer) in enumerate(zip(QUERIES, ANSWERS, strict=True))
    ]
    fill(folder / "records/medquad", "key", records, Curation((), None), Engine())
    rows = pd.DataFrame({"query": QUERIES, "document": ANSWERS, "unit": [record.document for record in records]})
    (folder / "tasks").mkdir()
    rows.to_parquet(folder / f"tasks/{RETRIEVAL}.parquet", index=False)
    about = {"hash": "h", "rows": 4, "dropped": {}, "written_by": None, "mined": None}
    seal_edition(folder, {RETRIEVAL: about})
    monkeypatch.setattr(tracing, "inputs_digest", lambda profile: "inputs")
    put(made)
    return made


def seal_edition(folder, tasks):
    facts = {"edition": "mini", "inputs": "inputs", "tasks": tasks, "missing": {PAIRS: "too few"}}
    seal(folder, facts, (folder / "tasks").glob("*.parquet"))


def put(run, **changes):
    revision = tracing._revision(run, Edition(run.folders.edition), "tfidf")
    result = {
        "model": "tfidf", "model_revision": revision, "task": RETRIEVAL, "family": "retrieval", "source": "medquad",
        "edition": "mini", "metric": "ndcg_at_10", "value": 0.5, "items": {"ndcg": [1.0, 0.0, 0.5, 0.5]},
        "units": [f"medquad:{number}" for number in range(4)], "data": "h", "key": "k", "seed": 42,
        "code": code(), "versions": versions(), "measured": {"date": "2026-01-01"},
    }  # fmt: skip
    Store(run.folders.results).put(result | changes)


def test_a_trace_goes_from_the_number_to_the_worst_texts(run):
    found = tracing.trace(run, "tfidf", RETRIEVAL, 2)
    assert found.stale == [] and found.file.name == f"{RETRIEVAL}.json" and found.estimate.value == 0.5
    assert [(item.number, item.wrong) for item in found.items] == [(1, "nDCG@10 0.000"), (2, "nDCG@10 0.500")]
    query, answer = found.items[0].origins
    assert (query.text, answer.text) == (QUERIES[1], ANSWERS[1])
    assert (query.unit, query.records, query.source) == ("medquad:1", ("medquad:1",), "medquad")
    assert answer.licences == ("CC0-1.0",) and answer.place.startswith("document of row 1 of ")
    said = tracing.screen(found)
    assert (
        said.startswith(f"tfidf on {RETRIEVAL}: ndcg_at_10 0.5000\n") and ANSWERS[1] in said and QUERIES[0] not in said
    )


def test_a_long_text_is_shortened():
    origin = tracing._origin(task(RETRIEVAL), "p", pd.Series({"query": "word " * 100, "unit": "u"}), "query", [])
    assert len(origin.text) <= 200 and origin.text.endswith(" …") and origin.records == ()
    assert "no record" in "".join(tracing._origin_lines(origin))


def test_the_second_text_of_a_negative_is_sought_in_other_documents():
    own, other = make_record("a", "medquad", answer="own"), make_record("b", "medquad", answer="other")
    for label, text, unit in ((1, "own", "medquad:a"), (0, "other", "medquad:b"), (0, "unheard", None)):
        row = pd.Series({"sentence1": "x", "sentence2": text, "label": label, "unit": "medquad:a"})
        origin = tracing._origin(
            task("ClinicalTrialsTitleToDetailedDescriptionPairClassification"), "p", row, "sentence2", [own, other]
        )
        assert origin.unit == unit
    wrong_option = tracing._origin(task(PAIRS), "p", row, "sentence2", [own, other])
    assert wrong_option.unit == "medquad:a"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"code": "other"}, "other code"),
        ({"versions": {}}, "other versions of mteb"),
        ({"model_revision": "other"}, "other weights or settings: other"),
        ({"data": "other"}, "other data: other, now h"),
    ],
)
def test_a_stale_result_says_so_first(run, changes, reason):
    put(run, **changes)
    found = tracing.trace(run, "tfidf", RETRIEVAL)
    assert len(found.stale) == 1 and reason in found.stale[0]
    assert tracing.screen(found).startswith("STALE: ")
    assert (found.items == []) == ("data" in changes)


def test_an_edition_of_other_code_makes_a_result_stale(run, monkeypatch):
    monkeypatch.setattr(tracing, "inputs_digest", lambda profile: "others")
    assert "other sources, code or settings" in tracing.trace(run, "tfidf", RETRIEVAL).stale[0]


def test_a_model_that_was_never_trained_is_not_trained_for_a_trace(run):
    put(run, model="MEDTE-mini")
    (reason,) = tracing.trace(run, "MEDTE-mini", RETRIEVAL).stale
    assert reason.startswith("whether the model is the same cannot be told: ") and not run.folders.model().exists()


@pytest.mark.parametrize(
    ("model", "name", "message"),
    [
        ("tfdif", RETRIEVAL, "unknown model 'tfdif'; did you mean 'tfidf'"),
        ("tfidf", "MedQuADRetreival", f"unknown task 'MedQuADRetreival'; did you mean '{RETRIEVAL}'"),
        ("tfidf", PAIRS, "is missing from the mini edition: too few"),
        ("random", RETRIEVAL, "`medte evaluate --profile mini --model random --family retrieval` makes it"),
    ],
)
def test_what_is_not_there_is_an_error_that_says_what_to_do(run, model, name, message):
    with pytest.raises(MedteError, match=message):
        tracing.trace(run, model, name)


def test_without_an_edition_the_command_that_builds_one_is_named(home):
    with pytest.raises(MedteError, match="run `medte data build` first"):
        tracing.trace(Run("mini"), "tfidf", RETRIEVAL)


def test_records_that_are_gone_are_an_error(run):
    (run.folders.edition / "records/medquad/manifest.json").unlink()
    with pytest.raises(MedteError, match=r"is gone; delete .* and build again"):
        tracing.trace(run, "tfidf", RETRIEVAL)


def test_of_clinical_notes_the_place_alone_is_shown(run, monkeypatch):
    monkeypatch.setattr(guard, "credentialed", lambda profile: paths.home())
    found = tracing.trace(run, "tfidf", RETRIEVAL)
    assert {origin for item in found.items for origin in item.origins} == {
        tracing.Origin(f"{column} of row {row} of {run.folders.edition / 'tasks' / RETRIEVAL}.parquet")
        for column in ("query", "document")
        for row in (1, 2, 3)
    }
    said = tracing.screen(found)
    assert said.count("clinical notes are not shown") == 6
    assert not [text for text in (*QUERIES, *ANSWERS, "medquad:") if text in said]


def test_the_command_prints_a_trace(run, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["medte", "trace", "tfidf", RETRIEVAL, "--worst", "1"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr().out
    assert stop.value.code == 0 and "the 1 worst of 4 items" in said and "item 1: nDCG@10 0.000" in said
