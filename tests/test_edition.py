"""The whole curation on the bundled text: what must hold of the mini edition whenever its text changes."""

import itertools
import shutil

import pytest

from medte import edition as editions
from medte.errors import MedteError
from medte.profile import load_profile
from medte.report.mini_card import versions
from medte.sources import registry
from medte.tasks.build_all import data_hash
from medte.tasks.catalogue import benchmark_tasks, catalogue

MINI = load_profile("mini")


def test_all_77_tasks_are_built_and_large_enough(mini):
    assert mini.missing == {}
    assert set(mini.tasks) == set(catalogue())
    for name in mini.tasks:
        rows = mini.task_data(name).rows
        if "text" not in rows:
            assert len(rows) == MINI.data.max_items == 300, name
            continue
        assert rows["label"].value_counts().min() >= 40, name
        if "split" in rows:
            assert rows.loc[rows["split"] == "test", "label"].value_counts().min() >= 20, name
            assert rows.loc[rows["split"] == "train", "label"].value_counts().min() >= 20, name


def test_the_edition_is_the_version_that_was_frozen(mini):
    assert mini.manifest["hash"] == versions()[-1]["hash"], "the data changed: a new version, with `medte data freeze`"


def test_no_subject_is_trained_on_and_judged_on(mini):
    sides = mini.manifest["subjects"]
    assert len(sides["evaluation"]) > len(sides["training"]) > 100
    assert not set(sides["evaluation"]) & set(sides["training"])
    about = {
        record.document: record.facts.get("subject")
        for source in mini.manifest["sources"]
        for record in registry.read("mini", source)
    }
    judged = {about[unit] for name in mini.tasks for unit in mini.task_data(name).rows["unit"]} - {None}
    assert judged <= set(sides["evaluation"])
    assert not judged & {about[document] for document in mini.pairs()["document"]}
    kin = {about[document] for document in mini.pairs("documents")["document"]}
    assert len(judged & kin) > 100  # the split by document has met them


def test_the_split_by_document_has_more_pairs_and_no_evaluated_document(mini):
    ours, theirs = mini.pairs(), mini.pairs("documents")
    assert len(theirs) > 1.3 * len(ours)
    assert not {unit for name in mini.tasks for unit in mini.task_data(name).rows["unit"]} & set(theirs["document"])


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
    assert len(pairs.drop_duplicates(["sentence1", "sentence2"])) == len(pairs) >= 1200


def test_pairs_that_touch_the_evaluation_come_only_where_they_are_asked_for(mini):
    clean, kept = mini.pairs(), mini.pairs(leaks="keep")
    units = {unit for name in mini.tasks for unit in mini.task_data(name).rows["unit"]}
    assert len(kept) > len(clean)
    assert set(kept["document"]) & units and not set(clean["document"]) & units
    assert len(kept.merge(clean, how="inner")) == len(clean)


INSIDE = {f"Syndromes affecting {what}": "Syndromes" for what in ("the eye", "blood", "the nervous system", "hearing")}


def same_by_definition(one, two):
    """The catalogue selects texts for both by a category, a discharge diagnosis or a window of time that they share, or both
    pair columns of the same documents, of which every task of a source draws the same."""
    if one.source != two.source or one.build["kind"] != two.build["kind"]:
        return False
    if one.build["kind"] in ("readmission", "columns"):
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


@pytest.fixture
def copy(mini, tmp_path):
    """The mini edition once more, to do something to."""
    return editions.Edition(shutil.copytree(mini.folder, tmp_path / "edition"))


def test_a_damaged_file_is_refused(copy):
    edition = copy
    name = benchmark_tasks("MedEval")[0].name
    path = edition.folder / "tasks" / f"{name}.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(MedteError, match="damaged"):
        edition.task_data(name)


def test_a_finished_edition_outlives_a_build_that_can_read_nothing(mini, copy):
    elsewhere = MINI.model_copy(update={"data": MINI.data.model_copy(update={"edition": "open"})})
    with pytest.raises(MedteError, match="no source of the open edition can be read here"):
        editions.build(elsewhere, copy.folder)
    assert editions.Edition(copy.folder).manifest == mini.manifest


def test_the_hash_of_data_changes_with_any_cell(mini):
    data = mini.task_data("MedQuADRetrieval")
    rows = data.rows.copy()
    rows.loc[3, "document"] += "."
    assert data_hash(data) != data_hash(type(data)(data.task, rows, {}))
