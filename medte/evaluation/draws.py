"""Further k-means runs of a clustering: the published score is one run, and another seed of it gives another score."""

import numpy as np

PUBLISHED_SEED = 42  # mteb's


def assignment(vectors: np.ndarray, k: int, seed: int = PUBLISHED_SEED) -> list[int]:
    """The cluster of each vector, (n, d) gives n: mini-batch k-means as mteb's `ClusteringEvaluator` runs it."""
    from sklearn.cluster import MiniBatchKMeans

    means = MiniBatchKMeans(n_clusters=k, batch_size=500, n_init="auto", compute_labels=True, random_state=seed)
    return means.fit(vectors).labels_.tolist()


def further_assignments(vectors: np.ndarray, k: int, count: int) -> list[list[int]]:
    """The clusters of each vector, (count, n), by the `count` seeds that follow the published one: 43, 44 and so on."""
    return [assignment(vectors, k, PUBLISHED_SEED + number) for number in range(1, count + 1)]
