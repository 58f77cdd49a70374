"""A value with its interval, as the replicates of a bootstrap give it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Side = Literal["above", "below", "not distinguishable"]

LEVELS = (2.5, 97.5)  # percentiles of a 95 % interval


@dataclass(frozen=True)
class Estimate:
    """A value with its interval, between 0 and 1 (differences: between -1 and 1), and the number of tasks it is over."""

    value: float
    low: float
    high: float
    tasks: int

    @property
    def side(self) -> Side:
        """Of a difference: which side of 0 its interval lies on."""
        return "above" if self.low > 0 else "below" if self.high < 0 else "not distinguishable"


def estimate(value: float, drawn: np.ndarray, tasks: int) -> Estimate:
    """The value with the 95 % interval that its replicates give, (b,), shifted so that their median is the value."""
    low, high = np.percentile(drawn - np.median(drawn) + value, LEVELS)
    return Estimate(float(value), float(low), float(high), tasks)
