"""The paper's four groups of models as a 2 × 2: what goes with being contrastive, and with being medical, as published.

An effect is the mean, over the two kinds of the other factor, of the difference between the groups. Its p-value is
exact: the share of all ways of dealing the labels out anew within each kind that give an effect at least as large, of
either sign. The models were not drawn by chance and differ in more than the two factors: an effect is what goes
together, not a cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from medte.evaluation.groups import trained_on
from medte.models.registry import registry
from medte.report import tables
from medte.report.published import CAVEATS, COLUMNS, GROUP_TITLE, MEAN, short
from medte.report.reproduced import MEDTE

Factor = Literal["contrastive", "medical"]


@dataclass(frozen=True)
class Effect:
    """A difference of groups, between -1 and 1, its exact p-value, and the number of models behind it."""

    value: float
    p: float
    models: int


def without_medte(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["model"] != MEDTE]


def factors(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the two factors of each model's group as columns of truth values."""
    return frame.assign(
        medical=~frame["bucket"].str.startswith("non_medical"),
        contrastive=~frame["bucket"].str.endswith("non_contrastive"),
    )


def contrastive_alone(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[factors(frame)["contrastive"]]


def effect(frame: pd.DataFrame, column: str, factor: Factor) -> Effect | None:
    """What the factor goes with in a column; None where no kind of the other factor has models with and without it."""
    known = factors(frame[frame[column].notna()])
    other = "medical" if factor == "contrastive" else "contrastive"
    observed, dealt = [], []
    for _, kind in known.groupby(other):
        values, has = kind[column].to_numpy(), kind[factor].to_numpy()
        if 0 < has.sum() < len(has):
            observed.append(values[has].mean() - values[~has].mean())
            dealt.append(_all_differences(values, int(has.sum())))
    if not observed:
        return None
    sums = dealt[0]
    for more in dealt[1:]:
        sums = np.add.outer(sums, more).ravel()
    value = float(np.mean(observed))
    p = np.mean(np.abs(sums / len(observed)) >= abs(value) - 1e-9)
    return Effect(value, float(p), len(known))


def _all_differences(values: np.ndarray, count: int) -> np.ndarray:
    """The difference of the two means for every choice of `count` of the values, (choices,)."""
    chosen = np.array([values[list(choice)].sum() for choice in combinations(range(len(values)), count)])
    return chosen / count - (values.sum() - chosen) / (len(values) - count)


def means_table(frame: pd.DataFrame) -> str:
    """The means of the groups by column, that of MEDTE with it and without, as HTML, in percent."""
    rows = []
    for group, title in GROUP_TITLE.items():
        own = frame[frame["bucket"] == group]
        rows.append(_means(title, own))
        if MEDTE in set(own["model"]):
            rows.append(_means(f"{title}, without MEDTE", without_medte(own)))
    caption = (
        f"Published: the mean over the models of a group, in percent; a model without a value is not in that column. "
        f"{CAVEATS}"
    )
    return tables.html(["Group", "Models", *COLUMNS.values()], rows, caption)


def _means(title: str, own: pd.DataFrame) -> list[str]:
    cells = [own[column].mean() for column in COLUMNS]
    return [title, str(len(own)), *(tables.percent(None if pd.isna(cell) else cell) for cell in cells)]


def effects_table(frame: pd.DataFrame) -> str:
    """Both effects in each column with their p-values, with MEDTE and without it, as HTML, in points."""
    rows = []
    for column, title in COLUMNS.items():
        cells = []
        for models in (frame, without_medte(frame)):
            for factor in ("contrastive", "medical"):
                cells += _effect_cells(effect(models, column, factor))
        rows.append([title, *cells])
    header = ["Column"]
    for which in ("all", "without MEDTE"):
        header += [f"Contrastive <small>{which}</small>", "p", f"Medical <small>{which}</small>", "p"]
    caption = (
        "Published: contrastive minus not, and medical minus general, in points, each the mean over both kinds of the "
        f"other. p: exact, over all ways of dealing the labels out within the kinds; each cell judged alone. {CAVEATS}"
    )
    return tables.html(header, rows, caption)


def _effect_cells(found: Effect | None) -> list[str]:
    if found is None:
        return [tables.MISSING] * 2
    return [tables.percent(found.value, sign=True), tables.probability(found.p)]


def declared_table(frame: pd.DataFrame, sources: Sequence[str]) -> str:
    """Of how many of `sources` each medical model is declared to have seen text, beside its published mean, as HTML."""
    by_hub = {model.hub: name for name, model in registry().items() if model.hub and not model.layers}
    rows = []
    for row in factors(frame).query("medical").sort_values(MEAN, ascending=False).to_dict("records"):
        seen = trained_on(by_hub[row["model"]])
        own = None if seen is None else [source for source in sources if source in seen]
        rows.append(
            [
                short(row["model"]),
                "contrastive" if row["contrastive"] else "not contrastive",
                tables.percent(row[MEAN]),
                "not declared" if own is None else str(len(own)),
                f"<small>{tables.MISSING if own is None else ', '.join(own) or 'none of them'}</small>",
            ]
        )
    caption = (
        f"Medical models: of how many of the paper's {len(sources)} training sources each is declared to have seen "
        f"text (<code>medte/models/registry.yaml</code>), beside its published mean. {CAVEATS}"
    )
    return tables.html(["Model", "Method", "Mean", "Sources declared", "Which"], rows, caption)
