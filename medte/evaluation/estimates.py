"""A value with its interval, as the replicates of a bootstrap give it."""

from dataclasses import dataclass

import numpy as np

LEVELS = (2.5, 97.5)  # percentiles of a 95 % interval


@dataclass(frozen=True)
class Estimate:
    """A value with its interval, between 0 and 1 (differences: between -1 and 1), and the number of tasks it is over."""

    value: float
    low: float
    high: float
    tasks: int


def estimate(value: float, drawn: np.ndarray, tasks: int) -> Estimate:
    """The value with the 95 % interval that its replicates give, (b,), shifted so that their median is the value."""
    low, high = np.percentile(drawn - np.median(drawn) + value, LEVELS)
    return Estimate(float(value), float(low), float(high), tasks)
