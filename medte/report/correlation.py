"""How closely two columns of numbers go together, and how far that is chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import PermutationMethod, pearsonr

FEWEST = 4  # points below which no correlation is given: three almost always lie near some line
FEW = 7  # up to so many points p is exact, over all orders of them; from there on there is an interval


@dataclass(frozen=True)
class Correlation:
    """Pearson's r of n points; with few of them its exact p (two-sided), else its 95 % interval (Fisher's z)."""

    n: int
    r: float | None = None
    p: float | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.r is None:
            return f"no r: {'too few points' if self.n < FEWEST else 'no spread'}\n(n = {self.n})"
        sure = f"exact p = {self.p:.2f}" if self.p is not None else f"95 %: {self.low:.2f} to {self.high:.2f}"
        return f"r = {self.r:.2f} (n = {self.n})\n{sure}".replace("-", "−")


def pearson(x: Sequence[float], y: Sequence[float]) -> Correlation:
    """The correlation of two columns, (n,) each; without r where there are too few points, or all are alike."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Correlation(len(x))
    if len(x) <= FEW:
        found = pearsonr(x, y, method=PermutationMethod())
        return Correlation(len(x), float(found.statistic), p=float(found.pvalue))
    found = pearsonr(x, y)
    low, high = found.confidence_interval(0.95)
    return Correlation(len(x), float(found.statistic), low=float(low), high=float(high))
