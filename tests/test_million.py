"""Retrieval over a million documents: bounded memory, and time that grows with the documents."""

import pytest
from conftest import in_a_process_of_its_own

SEARCH = """
import json, resource, sys, time

import datasets
import mteb
import numpy as np
from datasets import Dataset
from mteb.abstasks import AbsTaskRetrieval
from mteb.models.abs_encoder import AbsEncoder
from mteb.models.model_meta import ModelMeta, ScoringFunction

from medte.models.embeddings import Vectors
from medte.tasks.catalogue import task
from medte.tasks.mteb_tasks import _metadata

QUERIES, DIMENSIONS, WORDS = 200, 384, 30  # a document has about 200 characters
datasets.disable_progress_bars()


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def texts_and_rows(count):
    '''The queries, then the documents, and their vectors; each query lies near the document of its number.'''
    draw = np.random.default_rng(1)
    documents = [" ".join(f"w{number * 7 + i:06d}"[:7] for i in range(WORDS - 1)) + f" {number}" for number in range(count)]
    rows = np.empty((QUERIES + count, DIMENSIONS), dtype=np.float32)
    draw.standard_normal(out=rows, dtype=np.float32)
    rows[:QUERIES] += rows[QUERIES : 2 * QUERIES]
    return [f"query {number}" for number in range(QUERIES)], documents, rows


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


class Stored(AbsEncoder):
    '''As the evaluation's: looks up vectors that were made beforehand.'''

    def __init__(self, vectors):
        about = {"name": "medte/stored", "revision": "0", "similarity_fn_name": ScoringFunction.COSINE}
        self.mteb_model_meta, self.vectors = ModelMeta.create_empty(about), vectors

    def encode(self, inputs, **kwargs):
        return self.vectors.of(text for batch in inputs for text in batch["text"])


def main(count):
    queries, documents, rows = texts_and_rows(count)
    stored, synthetic = Stored(Vectors([*queries, *documents], rows)), Synthetic(queries, documents)
    del documents
    before, start = peak(), time.monotonic()
    answer = mteb.evaluate(
        stored, synthetic, cache=None, co2_tracker=False, show_progress_bar=False,
        encode_kwargs={"batch_size": 4096, "show_progress_bar": False},
    )
    ndcg = answer.task_results[0].scores["test"][0]["main_score"]
    print(json.dumps({"ndcg": ndcg, "seconds": time.monotonic() - start, "before": before, "gigabytes": peak()}))


main(int(sys.argv[1]))
"""


@pytest.mark.full
def test_a_million_documents_take_bounded_memory_and_time_that_grows_with_them(tmp_path):
    counts = (125_000, 250_000, 500_000, 1_000_000)
    runs = {count: in_a_process_of_its_own(tmp_path / "search.py", SEARCH, count) for count in counts}
    for count, run in runs.items():
        print(f"{count:,} documents: {run['seconds']:.0f} s, {run['gigabytes']:.2f} GB at most")
    assert all(run["ndcg"] == pytest.approx(0.5) for run in runs.values())
    assert runs[1_000_000]["gigabytes"] < 4
    assert all(runs[2 * count]["seconds"] < 3 * runs[count]["seconds"] for count in counts[:-1])
