"""Which pairs meet in a batch."""

import time

import numpy as np
import pandas as pd
import pytest

from medte.errors import MedteError
from medte.profile import load_profile
from medte.training.batches import Schedule, fill, kmeans, schedule
from medte.training.fit import Order

MINI = load_profile("mini").training


def settings(**changes):
    return MINI.model_copy(update={"batch_size": 8, "steps": 40, **changes})


def frame(**sizes):
    """So many pairs of each source, every fifth first text a repeat."""
    rows = [
        (f"{source} {i - i % 5 % 2}", f"{source} answer {i}", source, f"{source}-{i}")
        for source, n in sizes.items()
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=["sentence1", "sentence2", "source", "document"])


PAIRS = frame(pubmed=160, medqa=40, medquad=21)


def of(pairs, batch, column):
    return pairs[column].iloc[batch].tolist()


@pytest.mark.parametrize("kind", ["source", "mixed", "clusters"])
def test_no_text_stands_twice_in_a_batch(kind):
    vectors = np.random.default_rng(0).normal(size=(len(PAIRS), 4))
    plan = schedule(PAIRS, settings(batches=kind, cluster_rows=40), kmeans(vectors))
    for batch in plan.batches:
        texts = of(PAIRS, batch, "sentence1") + of(PAIRS, batch, "sentence2")
        assert len(texts) == len(set(texts)) and 2 <= len(batch) <= 8
    assert len(plan.batches) == 40


@pytest.mark.parametrize("kind", ["source", "clusters"])
def test_a_batch_is_of_one_source(kind):
    vectors = np.random.default_rng(0).normal(size=(len(PAIRS), 4))
    plan = schedule(PAIRS, settings(batches=kind, cluster_rows=40), kmeans(vectors))
    assert all(len(set(of(PAIRS, batch, "source"))) == 1 for batch in plan.batches)
    mixed = schedule(PAIRS, settings(batches="mixed"))
    assert sum(len(set(of(PAIRS, batch, "source"))) > 1 for batch in mixed.batches) > 20


@pytest.mark.parametrize("kind", ["source", "mixed"])
def test_every_pair_stands_once_in_a_pass_and_passes_differ(kind):
    long = schedule(PAIRS, settings(batches=kind, steps=200)).batches
    ends = np.cumsum([len(batch) for batch in long])
    first = int(np.flatnonzero(ends == len(PAIRS))[0]) + 1
    second = int(np.flatnonzero(ends == 2 * len(PAIRS))[0]) + 1
    passes = [np.concatenate(long[:first]), np.concatenate(long[first:second])]
    assert all(sorted(rows) == list(range(len(PAIRS))) for rows in passes)
    assert passes[0].tolist() != passes[1].tolist()


def test_the_same_seed_gives_the_same_batches_and_another_seed_others():
    def rows(seed):
        return [batch.tolist() for batch in schedule(PAIRS, settings(seed=seed)).batches]

    assert rows(1) == rows(1) != rows(2)


def test_sources_weigh_by_their_pairs_or_by_the_square_root():
    by_size = schedule(PAIRS, settings(steps=300)).passes
    assert max(by_size.values()) < 1.2 * min(by_size.values())
    by_root = schedule(PAIRS, settings(steps=300, weights="root"))
    batches = pd.Series([of(PAIRS, batch, "source")[0] for batch in by_root.batches]).value_counts()
    assert batches["pubmed"] / batches["medqa"] == pytest.approx(2, rel=0.15)  # 160 and 40 pairs
    assert by_root.passes["medquad"] > by_root.passes["medqa"] > by_root.passes["pubmed"]


def test_clusters_come_one_then_three_then_as_many_as_the_rows_allow():
    asked = []

    def cluster(rows, clusters, seed):
        asked.append((len(rows), clusters))
        return np.arange(len(rows)) % clusters

    schedule(PAIRS, settings(batches="clusters", cluster_rows=40, steps=120), cluster)
    assert asked[:3] == [(160, 3), (160, 4), (160, 4)]
    asked.clear()
    schedule(PAIRS, settings(batches="clusters", cluster_rows=40, steps=5, first_clusters=1000), cluster)
    assert (160, 4) in asked  # from the first pass on


def test_pairs_of_a_cluster_meet():
    vectors = np.repeat(np.eye(2), 80, axis=0)
    plan = schedule(frame(pubmed=160), settings(batches="clusters", cluster_rows=80, steps=60), kmeans(vectors))
    assert all(len(set(batch >= 80)) == 1 for batch in plan.batches[25:])


def test_repeated_texts_wait_for_the_next_batch_and_small_batches_are_counted():
    texts = np.array([["same", f"{i}"] for i in range(5)] + [[f"a{i}", f"b{i}"] for i in range(11)])
    batches = fill(texts, range(16), 4)
    assert sorted(np.concatenate(batches).tolist()) == list(range(16))
    assert [sum(texts[row][0] == "same" for row in batch) for batch in batches] == [1] * 5
    pairs = pd.DataFrame(texts, columns=["sentence1", "sentence2"]).assign(source="medqa", document="x")
    plan = schedule(pairs, settings(batch_size=4, steps=5))
    assert plan.small == 2 and plan.left_out == 0  # 4, 4, 4, 2, and the last one beside one that was borrowed


def test_many_repeats_of_one_text_take_no_square_of_time():
    texts = np.array([["same", f"{i}"] for i in range(20_000)])
    start = time.process_time()
    assert len(fill(texts, range(20_000), 64)) == 20_000
    assert time.process_time() - start < 10  # seconds; a pass over all for each would take minutes


def test_pairs_that_no_batch_can_take_are_an_error():
    pairs = pd.DataFrame({"sentence1": ["x"] * 3, "sentence2": list("abc"), "source": "medqa", "document": "d"})
    with pytest.raises(MedteError, match="no two pairs of medqa fit into one batch"):
        schedule(pairs, settings())


def test_a_plan_is_kept_and_read_again(tmp_path):
    plan = schedule(PAIRS, settings())
    plan.save(tmp_path / "plan.npz")
    again = Schedule.load(tmp_path / "plan.npz")
    assert [batch.tolist() for batch in again.batches] == [batch.tolist() for batch in plan.batches]
    assert (again.passes, again.small, again.left_out) == (plan.passes, plan.small, plan.left_out)


def test_pairs_that_cannot_be_dealt_out_evenly_are_counted():
    odd = frame(medqa=15)
    assert schedule(odd, settings(steps=2), devices=2).left_out == 1 and schedule(odd, settings(steps=2)).left_out == 0
    with pytest.raises(MedteError, match="on 8 devices"):
        schedule(frame(medqa=6), settings(steps=2), devices=8)


@pytest.mark.parametrize("devices", [1, 2, 4])
def test_batches_are_dealt_out_evenly_and_disjointly(devices):
    plan = schedule(PAIRS, settings(), devices=devices)
    order = Order(plan.batches, devices)
    assert len(order) == 40 * devices
    parts = list(order)
    for number, batch in enumerate(plan.batches):
        dealt = parts[number * devices : (number + 1) * devices]
        assert len({len(part) for part in dealt}) == 1 and [row for part in dealt for row in part] == batch.tolist()
