"""Many comparisons: by hand where there is no chance, and by simulation where the promise is about chance."""

import numpy as np
import pytest
from made_up import retrieval

from medte.evaluation.comparisons import compare_all, critical_value, detectable_difference, standard_errors
from medte.evaluation.statistics import Scores

DRAWS = np.array([[-2.0, -1, 0, 1, 2], [-1, 3, 0, 0, -2]])  # (2 differences, 5 replicates), medians 0
ERRORS = np.array([np.sqrt(2), np.sqrt(2.8)])  # about the means 0 and 0


def test_standard_errors_and_the_critical_value_by_hand():
    assert standard_errors(DRAWS) == pytest.approx(ERRORS)
    # statistics |d*| / s: 1.414, .707, 0, .707, 1.414 and .598, 1.793, 0, 0, 1.195; the largest of the maxima
    assert critical_value(DRAWS) == pytest.approx(3 / ERRORS[1])


def test_comparisons_by_hand():
    high, low, equal = 4.0, -4.0, 1.0
    one, two = compare_all(np.array([high, equal]), DRAWS, 7)
    reach = 3 / ERRORS[1]
    assert (one.difference.low, one.difference.high) == pytest.approx((4 - reach * ERRORS[0], 4 + reach * ERRORS[0]))
    assert (one.verdict, one.difference.tasks) == ("above", 7)
    assert one.p == pytest.approx(1 / 6)  # 2.828 is above all five maxima: 1.414, 1.793, 0, .707, 1.414
    assert (two.verdict, two.p) == ("not distinguishable", pytest.approx(5 / 6))  # .598 is below four of them
    assert compare_all(np.array([low, equal]), DRAWS, 7)[0].verdict == "below"


@pytest.mark.parametrize(
    "difference, verdict, p", [(0.0, "not distinguishable", 1), (0.1, "above", 1 / 11), (-0.1, "below", 1 / 11)]
)
def test_a_difference_without_spread_is_distinguishable_unless_it_is_zero(difference, verdict, p):
    drawn = np.full((1, 10), difference) + np.array([[0, 1e-17] * 5])
    (found,) = compare_all(np.array([difference]), drawn, 1)
    assert (found.verdict, found.p) == (verdict, pytest.approx(p))
    assert found.difference.low == found.difference.high == difference


def test_a_difference_without_spread_leaves_the_others_alone():
    beside = np.vstack([DRAWS, np.full(5, 0.3)])
    assert critical_value(beside) == critical_value(DRAWS)
    assert compare_all(np.array([4, 1, 0.3]), beside, 1)[:2] == compare_all(np.array([4.0, 1.0]), DRAWS, 1)


def test_detectable_difference_by_hand():
    assert detectable_difference(0.01, 1.959964) == pytest.approx(0.028016, abs=1e-6)  # (1.96 + .8416) / 100
    assert detectable_difference(0.9, 2) == 1


def world(random, models, documents=200, shift=None, draws=400):
    """Scores of models of equal worth on documents that are easy or hard for all, but for `shift` of single models."""
    hardness = random.normal(0, 1, documents)
    rows = []
    for model in range(models):
        gain = hardness + random.normal((shift or {}).get(model, 0), 1, documents)
        rows.append(retrieval(str(model), "t", list(gain)))
    return Scores(rows, draws=draws, seed=int(random.integers(1 << 32)))


def test_intervals_hold_all_together_and_single_ones_do_not():
    random = np.random.default_rng(11)
    worlds, together, one_by_one = 200, 0, 0
    for _ in range(worlds):
        scores = world(random, 10, shift={3: 0.5, 4: -1.0})
        truth = {str(model): {3: 0.5, 4: -1.0}.get(model, 0) for model in range(1, 10)}
        found = scores.compare("0", ["t"])
        together += all(found[m].difference.low <= d <= found[m].difference.high for m, d in truth.items())
        single = {model: scores.difference(model, "0", ["t"]) for model in truth}
        one_by_one += all(single[m].low <= d <= single[m].high for m, d in truth.items())
    # 95 % within three deviations of a simulation, each .0154
    assert 0.904 <= together / worlds <= 0.996
    assert one_by_one / worlds < 0.85


def test_of_ten_equal_models_one_seems_different_in_five_percent_of_worlds():
    random = np.random.default_rng(12)
    worlds, corrected, uncorrected, ranked = 200, 0, 0, 0
    for _ in range(worlds):
        scores = world(random, 10)
        found = scores.compare("0", ["t"])
        assert all((one.p <= 0.05) == (one.verdict != "not distinguishable") for one in found.values())
        corrected += any(one.verdict != "not distinguishable" for one in found.values())
        gaps = [scores.difference(model, "0", ["t"]) for model in found]
        uncorrected += any(gap.low > 0 or gap.high < 0 for gap in gaps)
        ranked += max(scores.rank_groups(["t"]).values()) > 1
    assert 0.004 <= corrected / worlds <= 0.096
    assert 0.004 <= ranked / worlds <= 0.096
    assert uncorrected / worlds > 0.15


def test_a_detectable_difference_is_found_in_four_of_five_worlds():
    random = np.random.default_rng(13)
    true = float(np.mean([world(random, 4).detectable("1", "0", ["t"]) for _ in range(20)]))
    found = sum(world(random, 4, shift={1: true}).compare("0", ["t"])["1"].verdict == "above" for _ in range(300))
    assert 0.73 <= found / 300 <= 0.87


def test_compare_leaves_out_what_lacks_a_task_and_needs_something_to_compare():
    rows = [retrieval(model, task, [0.5, 0.6, 0.7]) for model in "ab" for task in "st"] + [
        retrieval("c", "s", [0.1] * 3)
    ]
    scores = Scores(rows, draws=50)
    assert set(scores.compare("a", ["s", "t"])) == {"b"}
    assert set(scores.compare("a", ["s"])) == {"b", "c"}
    assert scores.compare("c", ["s", "t"]) == scores.compare("a", []) == Scores([]).compare("a", []) == {}
    assert scores.compare("a", ["s", "t"])["b"].verdict == "not distinguishable"  # the very same items
    assert scores.detectable("b", "a", ["s", "t"]) == 0
    assert scores.detectable("c", "a", ["s", "t"]) is None and scores.detectable("a", "a", ["s"]) is None


def test_ranks_are_of_groups_that_cannot_be_told_apart():
    random = np.random.default_rng(14)
    base = random.random(300)
    near = random.normal(0, 0.2, 300)
    rows = [
        retrieval("low", "t", list(base)),
        retrieval("high", "t", list(base + 0.3)),
        retrieval("high too", "t", list(base + 0.3 + near - near.mean() - 0.001)),
        retrieval("middle", "t", list(base + 0.1)),
        retrieval("middle too", "t", list(base + 0.1)),
        retrieval("without", "other", list(base)),
    ]
    assert Scores(rows).rank_groups(["t"]) == {"high": 1, "high too": 1, "middle": 2, "middle too": 2, "low": 3}
    assert Scores(rows).rank_groups(["other"]) == {"without": 1}
    assert Scores(rows).rank_groups([]) == Scores([]).rank_groups(["t"]) == {}
