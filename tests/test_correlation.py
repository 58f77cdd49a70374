"""Pearson's r with what it can bear: nothing of three points, an exact p of few, an interval of more."""

from itertools import permutations

import numpy as np
import pytest

from medte.report.correlation import pearson


def test_few_points_have_the_exact_p_over_all_orders():
    x, y = [1, 2, 3, 4], [1, 3, 2, 4]
    found = pearson(x, y)
    assert (found.n, found.r) == (4, pytest.approx(0.8)) and found.low is None
    at_least = [np.corrcoef(x, order)[0, 1] >= 0.8 - 1e-9 for order in permutations(y)]
    assert found.p == pytest.approx(2 * sum(at_least) / 24)
    assert str(found) == f"r = 0.80 (n = 4)\nexact p = {found.p:.2f}"


def test_more_points_have_the_interval_of_fishers_z():
    x = np.arange(12.0)
    y = np.where(x % 2 == 0, -x, -x - 3)
    found = pearson(x, y)
    z, reach = np.arctanh(found.r), 1.959964 / np.sqrt(12 - 3)
    assert (found.low, found.high) == (
        pytest.approx(np.tanh(z - reach), abs=1e-4),
        pytest.approx(np.tanh(z + reach), abs=1e-4),
    )
    assert found.p is None and f"r = −{-found.r:.2f} (n = 12)" in str(found)


def test_what_cannot_be_said_is_said():
    assert pearson([1, 2, 3], [1, 2, 3]).r is None and "too few points" in str(pearson([1, 2, 3], [1, 2, 3]))
    assert "no spread" in str(pearson([1, 2, 3, 4], [5, 5, 5, 5]))
