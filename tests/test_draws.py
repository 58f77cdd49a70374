"""Further k-means runs: with the published seed they are mteb's own run, with others other runs."""

import numpy as np
import pytest

from medte.evaluation.draws import assignment, further_assignments

VECTORS = (
    np.random.default_rng(3).standard_normal((700, 8)).astype(np.float32)
)  # more than one batch, no clear clusters


def test_with_the_published_seed_it_is_mtebs_own_assignment():
    from datasets import Dataset
    from mteb._evaluators import ClusteringEvaluator
    from mteb.timing import TimingStack

    from medte.tasks.catalogue import task
    from medte.tasks.mteb_tasks import mteb_task

    class Stored:
        def encode(self, inputs, **kwargs):
            return VECTORS[[int(text) for batch in inputs for text in batch["text"]]]

    about = mteb_task(task("WikipediaDiseaseBySystemClustering"), "mini", "h", rows=None).metadata
    texts = Dataset.from_dict({"sentences": [str(i) for i in range(700)], "labels": [i % 5 for i in range(700)]})
    columns = {"input_column_name": "sentences", "label_column_name": "labels"}
    evaluator = ClusteringEvaluator(
        texts, **columns, task_metadata=about, hf_split="test", hf_subset="default", timer=TimingStack()
    )
    assert evaluator(Stored(), encode_kwargs={"batch_size": 64}) == assignment(VECTORS, 5)


def test_further_assignments_are_those_of_the_next_seeds():
    few = VECTORS[:80]
    further = further_assignments(few, 5, 2)
    assert further == [assignment(few, 5, 43), assignment(few, 5, 44)]
    assert further[0] != further[1] != assignment(few, 5)
    assert {cluster for draw in further for cluster in draw} == set(range(5))
    assert further_assignments(few, 5, 0) == []


@pytest.mark.parametrize("seed", [42, 43])
def test_clear_clusters_are_found_by_every_seed(seed):
    found = assignment(np.repeat(np.eye(2, dtype=np.float32), 20, axis=0), 2, seed)
    assert len(set(found[:20])) == len(set(found[20:])) == 1 and found[0] != found[20]
