"""The benchmark as somebody sees it who knows mteb and nothing else."""

import mteb
import numpy as np
import pytest
from mteb.models.abs_encoder import AbsEncoder
from mteb.models.model_meta import ModelMeta, ScoringFunction

import medte
from medte.errors import MedteError
from medte.tasks.catalogue import FAMILIES, benchmark_tasks, catalogue
from medte.tasks.mteb_tasks import MTEB_TYPE
from tests.conftest import HashEncoder


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """One home for all tests here, so that the edition is built once."""
    monkeypatch.setenv("MEDTE_HOME", str(tmp_path_factory.getbasetemp() / "benchmark-home"))


class Plain(AbsEncoder):
    """An encoder as mteb wants it; `constant` gives every text the same vector."""

    def __init__(self, constant=False):
        self.constant, self.inner = constant, HashEncoder()
        about = {"name": f"test/{constant}", "revision": "1", "similarity_fn_name": ScoringFunction.COSINE}
        self.mteb_model_meta = ModelMeta.create_empty(about)

    def encode(self, inputs, **kwargs):
        texts = [text for batch in inputs for text in batch["text"]]
        return np.ones((len(texts), 4), dtype=np.float32) if self.constant else self.inner.encode(texts)


@pytest.mark.parametrize(("name", "count"), [("MedEval", 51), ("MedTEB", 51), ("MedEval-all", 77)])
def test_a_benchmark_has_its_tasks_as_genuine_mteb_tasks(name, count):
    benchmark = medte.get_benchmark(name)
    assert isinstance(benchmark, mteb.Benchmark) and len(benchmark.tasks) == count
    assert [task.metadata.name for task in benchmark.tasks] == [entry.name for entry in benchmark_tasks(name)]
    for task in benchmark.tasks:
        assert isinstance(task, mteb.AbsTask)
        assert task.metadata.type == MTEB_TYPE[catalogue()[task.metadata.name].family]
        assert len(task.metadata.dataset["revision"]) == 16


@pytest.mark.parametrize("family", FAMILIES)
def test_mteb_evaluates_a_task_of_each_family(family):
    name = next(entry.name for entry in benchmark_tasks("MedEval") if entry.family == family)
    scores = {}
    for constant in (False, True):
        answer = mteb.evaluate(
            Plain(constant), medte.get_task(name), cache=None, co2_tracker=False, show_progress_bar=False
        )
        scores[constant] = answer.task_results[0].get_score()
    assert 0 <= scores[True] <= scores[False] <= 1 and scores[False] > scores[True]


def test_fresh_task_objects_give_the_same_score_again():
    name = next(entry.name for entry in benchmark_tasks("MedEval") if entry.family == "clustering")
    again = [
        mteb.evaluate(Plain(), medte.get_task(name), cache=None, co2_tracker=False, show_progress_bar=False)
        .task_results[0].get_score()
        for _ in range(2)
    ]  # fmt: skip
    assert again[0] == again[1]


def test_unknown_names_are_errors_with_the_nearest():
    with pytest.raises(MedteError, match="did you mean 'MedEval'"):
        medte.get_benchmark("MedEvals")
    with pytest.raises(MedteError, match="did you mean 'MedQuADRetrieval'"):
        medte.get_task("MedQuadRetrieval")
    with pytest.raises(MedteError, match="unknown profile"):
        medte.get_task("MedQuADRetrieval", edition="minni")


def test_a_task_that_an_edition_lacks_says_why():
    with pytest.raises(MedteError, match="MEDTE_MIRROR names no folder"):
        medte.get_task("MedQuADRetrieval", edition="open")
