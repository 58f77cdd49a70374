"""Which pairs meet in a batch: of one source, of one cluster of a source, or of any; no text twice; every pair once a pass.

The batches of a whole training are planned before its first step. So their number is known, a training that was stopped
finds its place again, and the same seed gives the same batches on any machine. On several devices they differ in this alone:
pairs that cannot be dealt out evenly are left out of a pass.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from medte.chance import chance
from medte.errors import MedteError
from medte.manifest import write_bytes
from medte.profile import Training

Cluster = Callable[[np.ndarray, int, int], np.ndarray]  # rows, number of clusters, seed → the cluster of each row


@dataclass(frozen=True)
class Schedule:
    """The batches of a training in their order, as row numbers, and what the plan could not use."""

    batches: list[np.ndarray]
    passes: dict[str, float]  # of each source: how often each of its pairs is shown
    small: int  # batches smaller than the others: the end of a pass, or what was left over between repeated texts
    left_out: int  # pairs that a batch could not take with another, or not deal out evenly, once for each such pass

    def save(self, path: Path) -> None:
        """Write the plan, whole or not at all."""
        about = json.dumps({"passes": self.passes, "small": self.small, "left_out": self.left_out})
        stream = BytesIO()
        np.savez(stream, rows=np.concatenate(self.batches), sizes=list(map(len, self.batches)), about=about)
        write_bytes(path, stream.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Schedule":
        """The plan that was saved."""
        with np.load(path) as saved:
            batches = np.split(saved["rows"], np.cumsum(saved["sizes"])[:-1])
            return cls(batches, **json.loads(str(saved["about"])))


def schedule(pairs: pd.DataFrame, settings: Training, cluster: Cluster | None = None, devices: int = 1) -> Schedule:
    """The batches of `settings.steps` steps over `pairs` (sentence1, sentence2, source).

    `settings.batches` is "source" (each batch from one), "clusters" (from one cluster of one source) or "mixed". In a pass
    every pair stands in just one batch; each pass has another order. By `settings.weights` "size" the batches of all sources
    are shuffled together, pass by pass, so that sources weigh by their pairs; by "root" a source has as many batches as the
    square root of its pairs is of all, and begins its next pass when one is done. `cluster` is asked for where batches are
    of clusters. Every batch can be dealt out evenly to `devices`. MedteError where no two pairs fit into one batch.
    """
    pools = _pools(pairs, settings)
    streams = {
        name: _Stream(pairs, rows, settings, number, cluster, devices) for number, (name, rows) in enumerate(pools)
    }
    draw = np.random.default_rng(chance(settings.seed, "order of batches"))
    batches: list[np.ndarray] = []
    while len(batches) < settings.steps:
        quota = _quota(streams, settings)
        names = draw.permutation([name for name, number in quota.items() for _ in range(number)])
        batches += [next(streams[name]) for name in names]
    batches = batches[: settings.steps]
    shown = Counter(pairs["source"].to_numpy()[np.concatenate(batches)].tolist())
    sizes = pairs["source"].value_counts()
    return Schedule(
        batches,
        {source: round(shown[source] / int(number), 3) for source, number in sorted(sizes.items())},
        sum(len(batch) < settings.batch_size for batch in batches),
        sum(stream.left_out for stream in streams.values()),
    )


def _pools(pairs: pd.DataFrame, settings: Training) -> list[tuple[str, np.ndarray]]:
    """The rows that may meet in a batch, by name: those of each source, or all."""
    if settings.batches == "mixed":
        return [("all", np.arange(len(pairs)))]
    positions = pairs.groupby("source", sort=True).indices
    return [(source, np.asarray(rows)) for source, rows in sorted(positions.items())]


def _quota(streams: dict[str, "_Stream"], settings: Training) -> dict[str, int]:
    """How many batches each stream gives in a round; by size, a round is one pass over all pairs."""
    left = {name: stream.left() for name, stream in streams.items()}
    if settings.weights == "size":
        return left
    roots = {name: np.sqrt(len(stream.rows)) for name, stream in streams.items()}
    share = sum(left.values()) / sum(roots.values())
    return {name: max(1, round(share * root)) for name, root in roots.items()}


class _Stream(Iterator):
    """The batches of one pool of rows, pass after pass."""

    def __init__(
        self,
        pairs: pd.DataFrame,
        rows: np.ndarray,
        settings: Training,
        number: int,
        cluster: Cluster | None,
        devices: int,
    ):
        self.rows, self.settings, self.number, self.cluster, self.devices = rows, settings, number, cluster, devices
        self.texts = pairs[["sentence1", "sentence2"]].to_numpy()
        self.source = pairs["source"].iloc[rows[0]]
        self.left_out, self.passes, self.waiting = 0, count(), []

    def left(self) -> int:
        """How many batches are left of this pass; a new one begins where none is."""
        if not self.waiting:
            self.waiting = self._pass(next(self.passes))[::-1]
        return len(self.waiting)

    def __next__(self) -> np.ndarray:
        self.left()
        return self.waiting.pop()

    def _pass(self, number: int) -> list[np.ndarray]:
        draw = np.random.default_rng(chance(self.settings.seed, "pass", self.number, number))
        planned = [
            batch
            for part in self._parts(number)
            for batch in fill(self.texts, draw.permutation(part), self.settings.batch_size)
        ]
        dealt = [batch[: len(batch) - len(batch) % self.devices] for batch in planned]
        whole = [batch for batch in dealt if len(batch) > 1]
        self.left_out += len(self.rows) - sum(map(len, whole))
        if not whole:
            where = f" on {self.devices} devices" if self.devices > 1 else ""
            raise MedteError(
                f"no two pairs of {self.source} fit into one batch of {self.settings.batch_size}{where}: they repeat the same text, "
                "or there are too few; add pairs to it, take it out of the training's sources, or mix sources (batches: mixed)"
            )
        return [whole[i] for i in draw.permutation(len(whole))]

    def _parts(self, number: int) -> list[np.ndarray]:
        """The rows of this pass in the parts that are kept apart: clusters, the more of them the later the pass."""
        settings = self.settings
        clusters = min(settings.first_clusters + 2 * number, max(1, len(self.rows) // settings.cluster_rows))
        if settings.batches != "clusters" or clusters == 1:
            return [self.rows]
        label = self.cluster(self.rows, clusters, settings.seed + number)
        return [self.rows[label == one] for one in np.unique(label)]


def fill(texts: np.ndarray, rows: Sequence[int], size: int) -> list[np.ndarray]:
    """Batches of at most `size` of the `rows`, each row in one, no text twice in one; `texts` is (n, 2).

    A row goes into the first batch that has room and none of its texts; one that is left alone gets another beside it.
    """
    batches: list[list[int]] = []
    after: dict[str, int] = {}  # text → the first batch that may hold it again
    room = 0  # the first batch that is not full
    for row in rows:
        both = set(texts[row])
        at = max([room, *(after.get(text, 0) for text in both)])
        while at < len(batches) and len(batches[at]) == size:
            at += 1
        if at == len(batches):
            batches.append([])
        batches[at].append(int(row))
        after |= dict.fromkeys(both, at + 1)
        while room < len(batches) and len(batches[room]) == size:
            room += 1
    larger = [batch for batch in reversed(batches) if len(batch) > 2]
    for batch in batches:
        if len(batch) == 1:
            _borrow(texts, batch, larger)
    return [np.array(batch) for batch in batches]


def _borrow(texts: np.ndarray, batch: list[int], others: Sequence[list[int]]) -> None:
    """Give a pair that is alone in its batch another one, out of a batch that can spare it."""
    own = set(texts[batch[0]])
    for other in others:
        for row in other:
            if len(other) > 2 and own.isdisjoint(texts[row]):
                other.remove(row)
                batch.append(row)
                return


def kmeans(vectors: np.ndarray) -> Cluster:
    """The function that clusters rows of `vectors` (n, d): k-means in mini-batches, as the authors' second sampler does."""
    from sklearn.cluster import MiniBatchKMeans

    def cluster(rows: np.ndarray, clusters: int, seed: int) -> np.ndarray:
        return MiniBatchKMeans(clusters, random_state=seed, n_init=1).fit_predict(vectors[rows])

    return cluster
