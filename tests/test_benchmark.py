"""The benchmark as somebody sees it who knows mteb and nothing else."""

from collections import Counter

import mteb
import numpy as np
import pandas as pd
import pytest
from mteb.models.abs_encoder import AbsEncoder
from mteb.models.model_meta import ModelMeta, ScoringFunction
from tiny_bert import plain_bert

import medte
from medte.errors import MedteError
from medte.evaluation.score import score
from medte.models.embeddings import Plan
from medte.models.load import load
from medte.profile import load_profile
from medte.run import Run
from medte.tasks.build import TaskData
from medte.tasks.catalogue import FAMILIES, benchmark_tasks, catalogue
from medte.tasks.catalogue import task as find_task
from medte.tasks.mteb_tasks import MTEB_TYPE, mteb_task
from tests.conftest import HashEncoder


@pytest.fixture(autouse=True)
def built(home, mini):
    """The run of the mini profile finds its edition built."""
    (home / "mini").mkdir(parents=True)
    (home / "mini" / "edition").symlink_to(mini.folder)


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


PLACES = {"chest pain": (1, 0), "cough": (0, 1), "angina": (1, 0.1), "cold": (1, 0.5), "reflux": (1, 0.9)}


class Placed(Plain):
    """An encoder of a few texts whose vectors are given."""

    def encode(self, inputs, **kwargs):
        return np.array([PLACES[text] for batch in inputs for text in batch["text"]], dtype=np.float32)


def test_mteb_scores_a_merged_task_by_all_right_documents():
    rows = pd.DataFrame(
        {"query": ["chest pain", "cough", "chest pain"], "document": ["angina", "cold", "reflux"], "unit": list("abc")}
    )
    data = TaskData(find_task("MedQuADRetrievalMerged"), rows, {})
    made = [mteb_task(data.task, "mini", "0" * 16, lambda: data) for _ in range(2)]
    made[0].load_data()
    assert list(made[0].dataset["default"]["test"]["queries"]["text"]) == ["chest pain", "cough"]
    answer = mteb.evaluate(Placed(), made[1], cache=None, co2_tracker=False, show_progress_bar=False)
    # chest pain: angina, cold, reflux, right at 1 and 3; cough: reflux, cold, angina, right at 2
    assert answer.task_results[0].get_score() == pytest.approx((0.919721 + 0.630930) / 2, abs=1e-4)


def test_a_benchmark_says_which_variants_the_edition_was_built_without():
    benchmark = medte.get_benchmark("MedEval-corrected")
    names = {entry.name for entry in benchmark_tasks("MedEval-corrected")}
    assert {entry.metadata.name for entry in benchmark.tasks} <= names
    assert len(benchmark.tasks) + benchmark.description.count("is missing") == 51
    with pytest.raises(MedteError, match="MedQuADRetrievalMasked"):
        medte.get_task("MedQuADRetrievalMasked")


def test_unknown_names_are_errors_with_the_nearest():
    with pytest.raises(MedteError, match="did you mean 'MedEval'"):
        medte.get_benchmark("MedEvals")
    with pytest.raises(MedteError, match="did you mean 'MedQuADRetrieval'"):
        medte.get_task("MedQuadRetrieval")
    with pytest.raises(MedteError, match="unknown profile"):
        medte.get_task("MedQuADRetrieval", edition="minni")


def test_a_task_that_an_edition_lacks_says_why():
    with pytest.raises(MedteError, match="set MEDTE_MIRROR to the folder"):
        medte.get_task("MedQuADRetrieval", edition="open")


@pytest.mark.slow
def test_mteb_gives_the_same_numbers_as_our_own_evaluation(tmp_path):
    plain = mteb.evaluate(
        Plain(), medte.get_benchmark("MedEval"), cache=None, co2_tracker=False, show_progress_bar=False
    )
    theirs = {result.task_name: result.get_score() for result in plain.task_results}
    edition = Run("mini").edition
    ours = {}
    for entry in benchmark_tasks("MedEval"):
        encoded = Plan(HashEncoder(), edition.task_data(entry.name).texts_by_role(), tmp_path).encode()
        ours[entry.name] = score(entry, edition, "hash", encoded)["value"]
    assert len(ours) == 51 and ours == pytest.approx(theirs, abs=1e-6)


PROMPTS = {
    "query": "find a passage: ",
    "document": "passage: ",
    "Classification": "tell the class of: ",
    "Clustering": "tell the group of: ",
    "PairClassification": "compare: ",
}


@pytest.mark.slow
@pytest.mark.parametrize("prompts", [PROMPTS, {}])
def test_mteb_gives_the_same_numbers_for_a_model_with_its_own_prompts_and_length(tmp_path, prompts):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    tasks = [next(task for task in benchmark_tasks("MedEval") if task.family == family) for family in FAMILIES]
    edition = Run("mini").edition
    texts = {task.name: edition.task_data(task.name).texts_by_role() for task in tasks}
    every = [text for by_role in texts.values() for own in by_role.values() for text in own]
    counts = Counter(word for text in [*every, *PROMPTS.values()] for word in text.lower().replace(":", " ").split())
    bert = plain_bert(tmp_path / "bert", own_words=[":", *(word for word, _ in counts.most_common(3000))], length=64)
    layers = Transformer(str(bert), max_seq_length=48)
    folder = tmp_path / "own"
    SentenceTransformer(modules=[layers, Pooling(32)], prompts=prompts, device="cpu").save(str(folder))

    plain = mteb.evaluate(
        SentenceTransformer(str(folder), device="cpu"), [medte.get_task(task.name) for task in tasks],
        cache=None, co2_tracker=False, show_progress_bar=False,
    )  # fmt: skip
    theirs = {result.task_name: result.get_score() for result in plain.task_results}
    settings = load_profile("mini").encoding.model_copy(update={"dtype": "float32"})

    def ours(name):
        encoder = load(name, settings, seed=0, corpus=list, trained=None)
        encoded = {task: Plan(encoder, by_role, tmp_path / "kept").encode() for task, by_role in texts.items()}
        return {task.name: score(task, edition, "own", encoded[task.name])["value"] for task in tasks}

    assert ours(f"{folder}+prompts" if prompts else str(folder)) == pytest.approx(theirs, abs=1e-4)
    others = [f"{folder}@16", str(folder)] if prompts else [f"{folder}@16"]
    assert all(ours(name) != pytest.approx(theirs, abs=1e-4) for name in others)
