"""Do two benchmarks, or two families of one, order models alike? Rank correlations with what few models allow to say.

ρ is Spearman's, ties at their mean rank; τ is Kendall's τ-b. The interval is the middle 95 % of a bootstrap over
models, seeded; replicates in which one of the two is constant tell nothing and are left out. p is exact: the share of
all orders of the models that give a ρ at least as far from 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, rankdata

from medte.report import tables
from medte.report.claims.published_groups import contrastive_alone
from medte.report.published import CAVEATS, COLUMNS, MEAN, column_name, short
from medte.tasks.catalogue import FAMILIES

ALL_TASKS, ENGLISH = "mean_12_tasks", "mean_english"
ENGLISH_TASKS = (
    "NFCorpus",
    "TRECCOVID",
    "SciFact",
    "MedicalQARetrieval",
    "MedrxivClusteringP2P.v2",
    "MedrxivClusteringS2S.v2",
)  # of the file's single tasks those in English alone; CUREv1 and PublicHealthQA have queries in other languages too
BY_FAMILY = {
    "retrieval": ("CUREv1", "NFCorpus", "TRECCOVID", "SciFact", "MedicalQARetrieval", "PublicHealthQA"),
    "clustering": ("MedrxivClusteringP2P.v2", "MedrxivClusteringS2S.v2"),
}  # family -> the file's single tasks of the same kind
MOST = 8  # models whose orders are all gone through
MTEB = (
    "MTEB(Medical, v1): means over its 12 tasks, and single tasks, from the public results repository of mteb, "
    "snapshot of August 2026; English: the mean over NFCorpus, TRECCOVID, SciFact, MedicalQARetrieval and the two "
    "Medrxiv clusterings. Neither measured here nor the paper's; MEDTE is not on that board."
)
DRAWS = 2000


@dataclass(frozen=True)
class Agreement:
    """How far two lists of values order the same models alike; `p` is None where there are more than eight models."""

    rho: float
    low: float
    high: float
    tau: float
    p: float | None
    models: int


@lru_cache
def mteb_medical() -> pd.DataFrame:
    """Models that are on both boards × MTEB(Medical, v1), in percent: mean over 12 tasks, single tasks, English mean.

    Means over the 12 tasks of MTEB(Medical, v1), over subsets and splits, from the public results repository of mteb,
    snapshot of August 2026. Polish and Chinese tasks drag models of English down in the mean over all 12;
    `mean_english` is taken here over `ENGLISH_TASKS`.
    """
    frame = pd.read_csv(Path(__file__).parent / "mteb_medical.csv")
    return frame.assign(**{ENGLISH: frame[list(ENGLISH_TASKS)].mean(axis=1)})


def agreement(x: Sequence[float], y: Sequence[float], seed: int = 0) -> Agreement:
    """How alike two lists order the same models; `seed` governs the bootstrap. ValueError where one is constant."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(set(x)) < 2 or len(set(y)) < 2:
        raise ValueError("one of two lists of values is constant, so that it orders nothing")
    drawn = np.random.default_rng(seed).integers(len(x), size=(DRAWS, len(x)))
    replicates = _correlations(rankdata(x[drawn], axis=1), rankdata(y[drawn], axis=1))
    low, high = np.nanpercentile(replicates, (2.5, 97.5))
    ranks_x, ranks_y = rankdata(x), rankdata(y)
    rho = float(_correlations(ranks_x[None], ranks_y[None])[0])
    p = None
    if len(x) <= MOST:
        orders = np.array(list(permutations(ranks_y)))
        p = float(np.mean(np.abs(_correlations(ranks_x[None], orders)) >= abs(rho) - 1e-9))
    return Agreement(rho, float(low), float(high), float(kendalltau(x, y).statistic), p, len(x))


def _correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pearson's correlation of each row, (b, n) and (b, n) give (b,); nan where a row is constant."""
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.divide((x * y).sum(axis=1), spread, out=np.full(len(spread), np.nan), where=spread > 1e-12)


def on_both(frame: pd.DataFrame, mteb: pd.DataFrame) -> pd.DataFrame:
    """The published numbers and those of MTEB(Medical, v1) of the models that have both."""
    return frame.merge(mteb, on="model", how="inner").sort_values(MEAN, ascending=False)


def boards_table(frame: pd.DataFrame, mteb: pd.DataFrame) -> str:
    """The models on both boards with their means and their places, as HTML, in percent."""
    both = on_both(frame, mteb)
    places = both[[MEAN, ALL_TASKS, ENGLISH]].rank(ascending=False, method="min").astype(int)
    rows = [
        [
            short(row["model"]),
            f"{tables.percent(row[MEAN])} <small>({place[MEAN]})</small>",
            *(f"{row[column]:.1f} <small>({place[column]})</small>" for column in (ALL_TASKS, ENGLISH)),
        ]
        for row, place in zip(both.to_dict("records"), places.to_dict("records"), strict=True)
    ]
    caption = f"The models on both boards, in percent, with their places among them. MedEval: {CAVEATS} {MTEB}"
    return tables.html(["Model", "MedEval, published mean", "MTEB, 12 tasks", "MTEB, English"], rows, caption)


def agreement_table(frame: pd.DataFrame, mteb: pd.DataFrame) -> str:
    """Each published column against the two means of MTEB(Medical, v1), as HTML."""
    both, rows = on_both(frame, mteb), []
    for column, title in COLUMNS.items():
        known = both[both[column].notna()]
        rows.append([title, *_cells(agreement(known[column], known[ALL_TASKS]))])
        rows[-1] += _cells(agreement(known[column], known[ENGLISH]))
    header = [
        "Published column",
        *(f"{name} <small>{over}</small>" for over in ("12 tasks", "English") for name in ("ρ", "p", "τ")),
    ]
    caption = (
        f"Rank correlation of each published column with the means of MTEB(Medical, v1) over {len(both)} models: ρ "
        f"with its interval, exact p, τ; each judged alone. {CAVEATS} {MTEB}"
    )
    return tables.html(header, rows, caption)


def single_tasks_table(frame: pd.DataFrame, mteb: pd.DataFrame) -> str:
    """The published retrieval and clustering means against single tasks of the same kind, as HTML."""
    both = on_both(frame, mteb)
    rows = [
        [task, column_name(family), *_cells(agreement(both[family], both[task]))]
        for family, tasks in BY_FAMILY.items()
        for task in tasks
    ]
    caption = (
        "Rank correlation of a published family with single tasks of MTEB(Medical, v1) of the same kind over "
        f"{len(both)} models; each judged alone. {CAVEATS} {MTEB}"
    )
    return tables.html(["Task of MTEB", "MedEval's", "ρ", "p", "τ"], rows, caption)


def between_families(frame: pd.DataFrame) -> dict[tuple[str, str], Agreement]:
    """How alike each two families order the models."""
    return {(one, other): agreement(frame[one], frame[other]) for one, other in combinations(FAMILIES, 2)}


def families_table(frame: pd.DataFrame) -> str:
    """How alike each two families order all models, and the contrastive ones, as HTML."""
    among = [between_families(frame), between_families(contrastive_alone(frame))]
    rows = [
        [f"{column_name(one)} and {column_name(other).lower()}", *(said(found[one, other]) for found in among)]
        for one, other in among[0]
    ]
    counts = [next(iter(found.values())).models for found in among]
    caption = (
        f"Published: rank correlation ρ of two families over models, with its interval; 1: the same order. {CAVEATS}"
    )
    return tables.html(["Families", f"All {counts[0]} models", f"The {counts[1]} contrastive"], rows, caption)


def said(found: Agreement) -> str:
    """ρ with its interval, as HTML."""
    return tables.with_range(*map(tables.decimal, (found.rho, found.low, found.high)))


def _cells(found: Agreement) -> list[str]:
    p = tables.MISSING if found.p is None else tables.probability(found.p)
    return [said(found), p, tables.decimal(found.tau)]
