"""Means, intervals and what is in their spread: documents, draws, training seeds."""

import numpy as np
import pytest
from made_up import result, retrieval

from medte.errors import MedteError
from medte.evaluation.statistics import Scores

DRAW = np.random.default_rng(1)
HARD = DRAW.random(200)


def test_a_constant_gain_has_an_interval_of_no_width():
    scores = Scores([retrieval("a", "t", list(HARD)), retrieval("b", "t", list(HARD + 0.1))])
    gap = scores.difference("b", "a", ["t"])
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.1, 0.1, 0.1))
    assert scores.mean("a", ["t"]).high - scores.mean("a", ["t"]).low > 0.03


def test_the_interval_is_that_of_a_mean():
    mean = Scores([retrieval("a", "t", list(HARD))], draws=4000).mean("a", ["t"])
    width = 2 * 1.96 * HARD.std() / np.sqrt(len(HARD))
    assert mean.high - mean.low == pytest.approx(width, rel=0.1)


def test_items_of_one_document_are_weighted_together():
    alone = Scores([retrieval("a", "t", list(HARD))]).mean("a", ["t"])
    together = Scores(
        [retrieval("a", "t", list(np.repeat(HARD[:20], 10)), list(np.repeat([f"u{i}" for i in range(20)], 10)))]
    )
    assert together.mean("a", ["t"]).high - together.mean("a", ["t"]).low > 2 * (alone.high - alone.low)


def test_a_document_that_two_tasks_share_has_one_weight_in_both():
    opposite = [retrieval("a", "s", list(HARD)), retrieval("a", "t", list(1 - HARD))]
    mean = Scores(opposite).mean("a", ["s", "t"])
    assert mean.high - mean.low == pytest.approx(0, abs=1e-9)


def test_a_part_of_the_models_keeps_its_replicates():
    rows = [retrieval(model, "s", list(HARD)) for model in "ab"] + [retrieval("c", "t", list(HARD))]
    scores = Scores(rows, draws=50)
    part = scores.only(["a", "b"])
    assert (part.models, part.tasks, set(part.results)) == (["a", "b"], ["s"], {("a", "s"), ("b", "s")})
    assert part.mean("a", ["s"]) == scores.mean("a", ["s"]) and part.mean("c", ["t"]) is None
    assert scores.models == ["a", "b", "c"] and scores.only([]).groups() == {"all": []}


def test_a_left_out_model_counts_in_no_correction():
    near, far = HARD + DRAW.normal(0, 0.05, 200), DRAW.random(200)
    scores = Scores([retrieval(name, "t", list(own)) for name, own in (("a", HARD), ("b", near), ("c", far))])
    alone, beside = scores.only(["a", "b"]).compare("a", ["t"])["b"], scores.compare("a", ["t"])["b"]
    assert alone.difference.high - alone.difference.low < beside.difference.high - beside.difference.low


def test_a_model_that_lacks_a_task_gets_no_mean():
    scores = Scores([retrieval("a", "s", [0.5]), retrieval("a", "t", [0.5]), retrieval("b", "s", [1.0])], draws=10)
    assert scores.mean("b", ["s", "t"]) is None
    assert scores.difference("a", "b", ["s", "t"]) is None
    assert scores.mean("a", []) is None
    assert scores.mean("a", ["s", "t"]).tasks == 2


def test_the_seed_decides():
    rows = [retrieval("a", "t", list(HARD))]
    assert Scores(rows, seed=3).mean("a", ["t"]) == Scores(rows, seed=3).mean("a", ["t"])
    assert Scores(rows, seed=3).mean("a", ["t"]) != Scores(rows, seed=4).mean("a", ["t"])


def test_the_interval_holds_the_value_also_where_repeats_raise_the_score():
    labels, assignment = DRAW.integers(0, 4, 80).tolist(), DRAW.integers(0, 4, 80).tolist()
    mean = Scores([result("clustering", {"labels": labels, "assignments": [assignment]})]).mean("a", ["t"])
    assert mean.low < mean.value < mean.high


def test_a_task_of_few_documents_beside_a_large_one_keeps_its_interval():
    rows = [retrieval("a", "large", [0.5] * 3000), retrieval("a", "small", [0.2, 0.8], ["x", "y"])]
    mean = Scores(rows).mean("a", ["small"])
    assert 0.2 <= mean.low < mean.value < mean.high <= 0.8


PERFECT, CONSTANT = [1, 1, 0, 0], [0, 0, 0, 0]
CLUSTERED = {"labels": [0, 0, 1, 1], "assignments": [PERFECT, CONSTANT]}  # v-measure 1 and 0, whatever the weights


def test_a_replicate_of_the_published_clustering_takes_one_draw_at_random():
    scores = Scores([result("clustering", CLUSTERED)])
    drawn = scores.replicates_of_mean("a", ["t"])
    assert set(np.round(drawn, 9)) == {0, 1} and 0.45 < drawn.mean() < 0.55
    assert scores.mean("a", ["t"]).value == 1


def test_a_mean_over_two_draws_has_a_uniform_share_of_each():
    mean = Scores([result("clustering", CLUSTERED)], draws=4000, protocol="corrected").mean("a", ["t"])
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.5, 0.025, 0.975), abs=0.02)


def test_draws_are_the_same_for_all_models_and_others_for_each_task():
    rows = [result("clustering", CLUSTERED, model, task) for model in "ab" for task in "st"]
    scores = Scores(rows, protocol="corrected")
    gap = scores.difference("a", "b", ["t"])
    assert (gap.low, gap.high) == pytest.approx((0, 0), abs=1e-9)
    s, t = (scores.replicates_of_mean("a", [task]) for task in "st")
    assert abs(np.corrcoef(s, t)[0, 1]) < 0.15


def test_draws_widen_the_interval_of_a_classification():
    right, wrong = [0, 0, 1, 1], [1, 1, 0, 0]  # F1 1 and 0, whatever the weights
    alike = Scores([result("classification", {"labels": right, "predictions": [right] * 10})]).mean("a", ["t"])
    assert (alike.low, alike.high) == pytest.approx((1, 1))
    differing = result("classification", {"labels": right, "predictions": [right] * 5 + [wrong] * 5})
    mean = Scores([differing], draws=4000).mean("a", ["t"])
    # five of ten exponential shares together: the distribution Beta(5, 5), whose percentiles these are
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.5, 0.212, 0.788), abs=0.02)


def test_the_corrected_protocol_takes_value_and_spread_from_the_corrected_metrics():
    rows = [
        result("clustering", CLUSTERED, task="s"),
        result("retrieval", {"ndcg": [0.2] * 4, "ndcg_merged": [0.6, 0.8, 0.6, 0.8]}, task="t"),
        result("pair_classification", {"labels": [1, 0, 1, 0], "similarity": [0.9, 0.8, 0.7, 0.1]}, task="u"),
    ]
    scores = Scores(rows, protocol="corrected")
    assert [scores.mean("a", [task]).value for task in "stu"] == pytest.approx([0.5, 0.7, 5 / 6])
    assert [row["metric"] for row in scores.results.values()] == [
        "v_measure_mean", "ndcg_at_10_merged", "similarity_ap",
    ]  # fmt: skip
    assert 0.6 < scores.mean("a", ["t"]).low < scores.mean("a", ["t"]).high < 0.8
    assert [Scores(rows).mean("a", [task]).value for task in "stu"] == pytest.approx([1, 0.2, 0.8])
    with pytest.raises(MedteError, match="did you mean 'corrected'"):
        Scores(rows, protocol="correct")


def test_a_mean_by_another_metric_has_an_interval_too():
    labels, similarity = [1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1]
    scores = Scores([result("pair_classification", {"labels": labels, "similarity": similarity})])
    precision = scores.mean_by("similarity_ap", "a", ["t"])
    assert precision.value == pytest.approx(5 / 6) and precision.tasks == 1
    assert precision.low < 5 / 6 < precision.high
    published = scores.mean("a", ["t"])
    assert scores.mean_by("similarity_f1", "a", ["t"]) == published and published.value == pytest.approx(0.8)
    assert scores.mean_by("similarity_ap", "b", ["t"]) is None
    with pytest.raises(MedteError, match="metric of pair_classification"):
        scores.mean_by("ndcg_at_10", "a", ["t"])


SURE = [0.5] * 20  # no spread over documents


def seeded(first, second, **kwargs):
    rows = [retrieval("a", "s", SURE), retrieval("a", "t", SURE), retrieval("b", "s", SURE), retrieval("b", "t", SURE)]
    return Scores(rows, training_seeds={"a": [first, second], "elsewhere": [first]}, **kwargs)


def test_training_seeds_add_their_distance_from_the_seeds_mean():
    scores = seeded({"s": 0.4, "t": 0.5}, {"s": 0.6, "t": 0.52})
    assert scores.seeds == {"a": 2}
    # 0.1 from the mean, times √2, to either side
    assert sorted(set(np.round(scores.replicates_of_mean("a", ["s"]), 6))) == pytest.approx([0.358579, 0.641421])
    assert sorted(set(np.round(scores.replicates_of_mean("a", ["t"]), 6))) == pytest.approx([0.485858, 0.514142])
    mean = scores.mean("a", ["s"])
    assert mean.value == 0.5 and mean.high - mean.low == pytest.approx(0.2 * np.sqrt(2))
    assert scores.mean("b", ["s"]).high - scores.mean("b", ["s"]).low == pytest.approx(0, abs=1e-9)
    gap = scores.difference("a", "b", ["s"])
    assert gap.high - gap.low == pytest.approx(0.2 * np.sqrt(2))


def test_a_seed_is_taken_in_all_tasks_together():
    joint, opposite = (seeded({"s": 0.4, "t": t}, {"s": 0.6, "t": 1 - t}) for t in (0.4, 0.6))
    assert joint.replicates_of_mean("a", ["s", "t"]).std() == pytest.approx(0.1 * np.sqrt(2), rel=0.01)
    assert opposite.replicates_of_mean("a", ["s", "t"]).std() == pytest.approx(0, abs=1e-9)


def test_seeds_that_are_too_few_or_lack_a_task_are_an_error():
    rows = [retrieval("a", "s", SURE), retrieval("a", "t", SURE)]
    with pytest.raises(MedteError, match="a: the spread of training seeds needs 2 of them, got 1"):
        Scores(rows, training_seeds={"a": [{"s": 0.5, "t": 0.5}]})
    with pytest.raises(MedteError, match="a: training seed 2 of 2 has no value for 1 of 2 tasks, first t"):
        Scores(rows, training_seeds={"a": [{"s": 0.5, "t": 0.5}, {"s": 0.5}]})


def test_two_tasks_of_one_model_are_compared_over_what_they_share():
    units = [f"u{i // 2}" for i in range(18)]
    rows = [retrieval("a", "s", [0.5, 0.7] * 9, units), retrieval("a", "t", [0.3, 0.5] * 9, units)]
    gap = Scores(rows, draws=50).between("a", "t", "s")
    assert (gap.value, gap.low, gap.high) == pytest.approx((-0.2, -0.2, -0.2))
    assert Scores(rows[:1], draws=5).between("a", "t", "s") is None
