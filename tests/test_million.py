"""Retrieval over a million documents, from the store of embeddings: bounded memory, and time that grows with the documents."""

import pytest
from conftest import in_a_process_of_its_own

SEARCH = """
import json, resource, sys, time
from pathlib import Path
from tempfile import TemporaryDirectory

import datasets
import mteb
import numpy as np
from datasets import Dataset
from mteb.abstasks import AbsTaskRetrieval

from medte.evaluation.score import _stored
from medte.models.embeddings import Plan
from medte.models.load import SentenceEncoder
from medte.tasks.catalogue import task
from medte.tasks.mteb_tasks import _metadata

QUERIES, DIMENSIONS, WORDS = 200, 384, 30  # a document has about 200 characters
datasets.disable_progress_bars()


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


class Waves(SentenceEncoder):
    '''Any number of vectors, far from each other, that nobody has to keep; a query's is near the document of its number.'''

    revision, max_length, tokens_per_batch = "waves", 256, 4096
    frequency = np.random.default_rng(1).uniform(0, 1000, DIMENSIONS)

    def __init__(self):
        pass

    def side(self, role):
        return ""

    def token_counts(self, texts, side=""):
        return [4] * len(texts)

    def encode(self, texts, side=""):
        number = np.array([float(text.rpartition(" ")[2]) + 1 for text in texts])[:, None]  # of 0 all waves are flat
        shift = np.array([0.1 if text.startswith("query") else 0.0 for text in texts])[:, None]
        return np.sin(number * self.frequency + shift, dtype=np.float64).astype(np.float32)


class Synthetic(AbsTaskRetrieval):
    '''Of even queries the nearest document is the right one, of odd queries another one: nDCG is one half.'''

    metadata = _metadata(task("MedQuADRetrieval"), "synthetic", "0")

    def __init__(self, queries, documents):
        super().__init__()
        names = [f"d{number:07d}" for number in range(len(documents))]
        right = {f"q{number}": {names[number if number % 2 == 0 else number + 1000]: 1} for number in range(QUERIES)}
        test = {
            "corpus": Dataset.from_dict({"id": names, "text": documents}),
            "queries": Dataset.from_dict({"id": list(right), "text": queries}),
            "relevant_docs": right,
            "top_ranked": None,
        }
        self.dataset, self.data_loaded = {"default": {"test": test}}, True


def main(count):
    queries = [f"query {number}" for number in range(QUERIES)]
    documents = [" ".join(f"w{number * 7 + i:06d}"[:7] for i in range(WORDS - 1)) + f" {number}" for number in range(count)]
    before, start = peak(), time.monotonic()
    synthetic = Synthetic(queries, documents)
    with TemporaryDirectory() as folder:
        plan = Plan(Waves(), {"query": queries, "document": documents}, Path(folder))
        del documents
        stored = _stored("waves", plan.encode(), task("MedQuADRetrieval"))
    encoded = time.monotonic()
    answer = mteb.evaluate(
        stored, synthetic, cache=None, co2_tracker=False, show_progress_bar=False,
        encode_kwargs={"batch_size": 4096, "show_progress_bar": False},
    )
    ndcg, seconds = answer.task_results[0].scores["test"][0]["main_score"], time.monotonic() - encoded
    print(json.dumps({"ndcg": ndcg, "storing": encoded - start, "seconds": seconds, "before": before, "gigabytes": peak()}))


main(int(sys.argv[1]))
"""


@pytest.mark.full
def test_a_million_documents_take_bounded_memory_and_time_that_grows_with_them(tmp_path):
    counts = (125_000, 250_000, 500_000, 1_000_000)
    runs = {count: in_a_process_of_its_own(tmp_path / "search.py", SEARCH, count) for count in counts}
    for count, run in runs.items():
        print(
            f"{count:,} documents: {run['storing']:.0f} s to store, {run['seconds']:.0f} s to search, {run['gigabytes']:.2f} GB at most"
        )
    assert all(run["ndcg"] == pytest.approx(0.5) for run in runs.values())
    assert runs[1_000_000]["gigabytes"] < 4
    for what in ("storing", "seconds"):
        assert all(runs[2 * count][what] < 3 * runs[count][what] for count in counts[:-1])
