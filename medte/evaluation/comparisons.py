"""Many differences at once: intervals and p-values that hold for all of them together (max-t).

Of ten models that are equal, one will often seem better than another: with a 95 % interval for each difference the chance
of one false finding grows with their number. Here a difference d with standard error s, the deviation of its replicates,
has the statistic t = |d| / s, and each replicate gives the largest of |d* - median| / s over all differences. The 95th
percentile of these maxima is the critical value c; the intervals d ± c s hold all together in 95 % of cases, and so do the
verdicts (Westfall and Young 1993; single step). Since replicates are paired, c falls where differences move together.
Standard errors of a bootstrap are a little short where documents are few; tests/test_comparisons.py holds intervals and
verdicts to simulated worlds.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from medte.evaluation.estimates import Estimate, Side

CONFIDENCE = 0.95  # that no interval of a family of comparisons misses
POWER = 0.8
NO_SPREAD = 1e-12  # deviations and differences up to this are rounding


@dataclass(frozen=True)
class Comparison:
    """A paired difference with its simultaneous interval, its adjusted p-value, and what follows from them at 5 %."""

    difference: Estimate
    p: float
    verdict: Side


def standard_errors(drawn: np.ndarray) -> np.ndarray:
    """The deviation of each difference's replicates, (m, b) gives (m,); 0 where they are all alike."""
    deviations = drawn.std(axis=1)
    return np.where(deviations > NO_SPREAD, deviations, 0)


def _over_errors(distances: np.ndarray, errors: np.ndarray, without_spread: np.ndarray | float) -> np.ndarray:
    spread = np.broadcast_to(errors > 0, distances.shape)
    return np.where(spread, distances / np.where(spread, errors, 1), without_spread)


def _maxima(drawn: np.ndarray) -> np.ndarray:
    """The largest statistic of each replicate over all differences, (m, b) gives (b,)."""
    distances = np.abs(drawn - np.median(drawn, axis=1, keepdims=True))
    return _over_errors(distances, standard_errors(drawn)[:, None], 0).max(axis=0)


def critical_value(drawn: np.ndarray) -> float:
    """How many standard errors the simultaneous 95 % intervals of these differences reach to each side; (m, b) replicates."""
    return float(np.quantile(_maxima(drawn), CONFIDENCE, method="higher"))


def compare_all(differences: np.ndarray, drawn: np.ndarray, tasks: int) -> list[Comparison]:
    """One comparison a difference, (m,) with replicates (m, b), all of them together under max-t.

    The p-value is the share of replicates whose largest statistic reaches the difference's own, the observed world counted
    among them: (1 + count) / (1 + b). A difference without any spread is distinguishable unless it is 0.
    """
    errors, maxima, reach = standard_errors(drawn), _maxima(drawn), critical_value(drawn)
    distances = np.abs(differences)
    statistics = _over_errors(distances, errors, np.where(distances > NO_SPREAD, np.inf, 0))
    found = []
    for difference, error, statistic in zip(differences, errors, statistics, strict=True):
        interval = Estimate(
            float(difference), float(difference - reach * error), float(difference + reach * error), tasks
        )
        p = (1 + np.sum(maxima >= statistic)) / (1 + len(maxima))
        verdict = "not distinguishable" if statistic <= reach else "above" if difference > 0 else "below"
        found.append(Comparison(interval, float(p), verdict))
    return found


def detectable_difference(error: float, reach: float) -> float:
    """The smallest true difference that `reach` standard errors find with a power of 80 %, at most 1."""
    return float(min((reach + NormalDist().inv_cdf(POWER)) * error, 1))
