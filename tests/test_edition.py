"""The whole curation on the bundled text: what must hold of the mini edition whenever its text changes."""

import itertools
from collections import Counter

import pandas as pd
import pytest

from medte import edition as editions
from medte.errors import MedteError
from medte.profile import load_profile
from medte.tasks.build import MINIMUM_ROWS, MINIMUM_TEST, MINIMUM_TRAIN
from medte.tasks.catalogue import benchmark_tasks, catalogue
from tests.conftest import make_record

MINI = load_profile("mini")


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return editions.build(MINI, tmp_path_factory.mktemp("mini") / "edition")


def test_all_77_tasks_are_built_and_large_enough(mini):
    assert mini.missing == {}
    assert set(mini.tasks) == set(catalogue())
    for name in mini.tasks:
        rows = mini.task_data(name).rows
        assert len(rows) >= MINIMUM_ROWS, name
        if "split" in rows:
            counts = Counter(zip(rows["label"], rows["split"], strict=True))
            for label in rows["label"].unique():
                assert counts[label, "train"] >= MINIMUM_TRAIN and counts[label, "test"] >= MINIMUM_TEST, (name, label)


def test_no_document_is_on_both_sides_of_a_classification(mini):
    for name in mini.tasks:
        rows = mini.task_data(name).rows
        if "split" in rows:
            parts = [set(part["unit"]) for _, part in rows.groupby("split")]
            assert not parts[0] & parts[1], name


def test_training_touches_no_evaluation_text_or_document(mini):
    pairs = mini.pairs()
    texts = {text for name in mini.tasks for text in mini.task_data(name).texts()}
    units = {unit for name in mini.tasks for unit in mini.task_data(name).rows["unit"]}
    assert not texts & (set(pairs["sentence1"]) | set(pairs["sentence2"]))
    assert not units & set(pairs["document"])
    assert mini.manifest["training_texts_in_evaluation"] == 0
    assert len(pairs.drop_duplicates(["sentence1", "sentence2"])) == len(pairs) >= 2000


INSIDE = {f"Syndromes affecting {what}": "Syndromes" for what in ("the eye", "blood", "the nervous system", "hearing")}


def same_by_definition(one, two):
    """The catalogue selects texts for both by a category, a discharge diagnosis or a window of time that they share."""
    if one.source != two.source or one.build["kind"] != two.build["kind"]:
        return False
    if one.build["kind"] == "readmission":
        return True
    classes = [task.build.get("classes", []) for task in (one, two)]
    if one.build["kind"] == "diagnoses":
        names = [{name for group in groups.values() for name in group} for groups in classes]
    else:
        names = [{INSIDE.get(name, name) for name in group} for group in classes]
    return one.build == two.build or bool(names[0] & names[1])


def test_no_two_tasks_share_over_half_their_texts_unless_defined_so(mini):
    texts = {name: set(mini.task_data(name).texts()) for name in mini.tasks}
    for one, two in itertools.combinations(texts, 2):
        shared = len(texts[one] & texts[two]) / min(len(texts[one]), len(texts[two]))
        if shared > 0.5:
            assert same_by_definition(catalogue()[one], catalogue()[two]), (one, two, round(shared, 2))


def test_a_second_build_is_identical_and_a_finished_one_is_kept(mini, tmp_path):
    again = editions.build(MINI, tmp_path / "edition")
    assert again.manifest == mini.manifest
    said = []
    assert editions.build(MINI, tmp_path / "edition", said.append).manifest == again.manifest
    assert said == []


def test_a_damaged_file_is_refused(tmp_path):
    edition = editions.build(MINI, tmp_path / "edition")
    name = benchmark_tasks("MedEval")[0].name
    path = edition.folder / "tasks" / f"{name}.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(MedteError, match="damaged"):
        edition.task_data(name)


def test_a_finished_edition_outlives_a_build_that_can_read_nothing(mini, tmp_path):
    editions.build(MINI, tmp_path / "edition")
    elsewhere = MINI.model_copy(update={"data": MINI.data.model_copy(update={"edition": "open"})})
    with pytest.raises(MedteError, match="no source of the open edition can be read here"):
        editions.build(elsewhere, tmp_path / "edition")
    assert editions.Edition(tmp_path / "edition").manifest == mini.manifest


def test_the_hash_of_data_changes_with_any_cell(mini):
    data = mini.task_data("MedQuADRetrieval")
    rows = data.rows.copy()
    rows.loc[3, "document"] += "."
    assert editions.data_hash(data) != editions.data_hash(type(data)(data.task, rows, {}))


def test_whole_documents_are_split_in_proportion_to_their_strata():
    records = [
        make_record(f"{i}{part}", document=f"d{i}", title="t", facts={"stratum": "a" if i < 40 else "b"})
        for i in range(60) for part in "xy"
    ]  # fmt: skip
    records.append(make_record("only", title="t", facts={"training_only": True, "stratum": "a"}))
    data = MINI.data.model_copy(update={"evaluation_share": {"default": 0.5}})
    training, evaluation = editions.split(records, data)
    assert not {r.document for r in training} & {r.document for r in evaluation}
    assert Counter(r.facts["stratum"] for r in evaluation) == {"a": 40, "b": 20}
    assert "pubmed:only" in {r.id for r in training}


def test_the_report_says_what_is_in_it(mini):
    text = editions.describe(mini)
    assert "77 tasks" in text and "training texts that are evaluation texts: 0" in text


def test_the_table_of_pairs_has_no_empty_text(mini):
    assert not (mini.pairs()[["sentence1", "sentence2"]] == "").any().any()
    assert isinstance(mini.pairs(), pd.DataFrame)
