"""Plain mteb against ours, on handmade tasks and a tiny model: the same scores, and honest words where they are not."""

import copy

import pytest
from test_evaluate import Handmade
from tiny_bert import plain_bert

from medte import bench as module
from medte.bench import bench, lines
from medte.errors import MedteError
from medte.manifest import file_sha256
from medte.profile import load_profile
from medte.tasks.catalogue import catalogue


class Some(Handmade):
    """The handmade edition, of which a part may be taken."""

    def only(self, names):
        some = copy.copy(self)
        some.tasks = {name: self.tasks[name] for name in names}
        return some


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return plain_bert(tmp_path_factory.mktemp("bench") / "bert")


def measured(folder, names=None):
    """What a bench of the folder's model on the handmade tasks, all or some, finds."""
    edition = Some()
    own = [catalogue()[name] for name in names or edition.tasks]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDTE_HOME", str(folder.parent / "home"))
        patch.setattr(module, "benchmark_tasks", lambda name: own)
        patch.setattr("medte.evaluation.evaluate.benchmark_tasks", lambda name: own)
        patch.setattr(module, "folder_of", lambda model, trained: (folder, file_sha256(folder / "model.safetensors")))
        patch.setattr(module, "matrix_rate", lambda dtype: 1e9)
        return bench(load_profile("mini"), edition, "gte-base", lambda line: None, trained=None)


@pytest.fixture(scope="module")
def found(bert):
    return measured(bert)


def test_scores_are_those_of_plain_mteb_and_texts_are_encoded_once(found):
    assert found["tasks"] == 4
    assert found["largest_difference_fp32"] <= 1e-4
    assert found["texts"]["ours"] < found["texts"]["plain"]
    assert found["faster"]["fp32"] > 0 and found["share_of_matrix_rate"]["fp32"] > 0
    said = "\n".join(lines(found))
    assert "scores in fp32: equal" in said and "times in bf16" in said


def test_what_is_not_equal_is_said(found):
    said = "\n".join(
        lines(
            found
            | {
                "largest_difference_fp32": 0.01,
                "difference_of_means_bf16": 0.02,
                "tasks_outside_their_interval_bf16": ["X"],
            }
        )
    )
    assert "NOT EQUAL" in said and "TOO FAR" in said and "outside their interval: X" in said


def test_what_cannot_be_measured_is_refused_before_the_clock_starts():
    for kwargs, words in (({"tasks": ["MedQuADRetrival"]}, "MedQuADRetrieval"), ({"model": "tfidf"}, "no layers")):
        asked = {"model": "gte-base", "trained": None} | kwargs
        with pytest.raises(MedteError, match=words):
            bench(load_profile("mini"), Some(), say=lambda line: None, **asked)


def test_repeated_documents_that_noise_orders_are_told_from_other_scores(found):
    assert found["apart_by_noise_fp32"] == {}
    noisy = found | {"apart_by_noise_fp32": {"MedQuADRetrieval": 0.0027}}
    assert "MedQuADRetrieval by 2.7e-03" in "\n".join(lines(noisy))


def test_a_score_that_differs_for_another_reason_is_not_equal(bert, monkeypatch):
    calls, whole = [], module.score

    def other_at_first(*args):
        calls.append(args)
        result = whole(*args)
        return result | {"value": result["value"] + 0.01} if len(calls) == 1 else result

    monkeypatch.setattr(module, "score", other_at_first)
    found = measured(bert, ["MedQuADRetrieval"])
    assert found["apart_by_noise_fp32"].keys() == {"MedQuADRetrieval"}
    assert found["largest_difference_fp32"] == pytest.approx(0.01, abs=1e-6)
    assert "NOT EQUAL" in "\n".join(lines(found))
