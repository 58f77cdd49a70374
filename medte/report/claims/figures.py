"""The figures of the claims' page, from the published numbers."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from medte.report.claims.published_gains import Gain
from medte.report.claims.published_ranks import ALL_TASKS, ENGLISH
from medte.report.marks import INK, MARKERS, PALETTE
from medte.report.published import MEAN
from medte.report.tables import FAMILY_TITLE
from medte.tasks.catalogue import FAMILIES


def gain_by_rival(gains: Sequence[Gain]) -> Figure:
    """MEDTE minus each rival in each family, published, in points; lines are what rounding allows; best rival on top."""
    rivals = list(dict.fromkeys(gain.rival for gain in gains))[::-1]
    figure, axes = plt.subplots(figsize=(7.2, 1.1 + 0.3 * len(rivals)))
    for number, family in enumerate(FAMILIES):
        own = [gain for gain in gains if gain.column == family]
        heights = [rivals.index(gain.rival) + 0.15 * (1.5 - number) for gain in own]
        low, high = ([100 * (gain.points + sign * 2 * gain.rounding) for gain in own] for sign in (-1, 1))
        axes.hlines(heights, low, high, color=PALETTE[family], alpha=0.6)
        values = [100 * gain.points for gain in own]
        axes.plot(values, heights, MARKERS[number], color=PALETTE[family], ms=4, label=FAMILY_TITLE[family])
    axes.axvline(0, color=INK, lw=1)
    axes.set(yticks=range(len(rivals)), yticklabels=[rival.rpartition("/")[2] for rival in rivals])
    axes.set_xlabel("MEDTE minus the rival, published (points)")
    axes.tick_params(axis="y", labelsize=8)
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def published_against_mteb(both: pd.DataFrame) -> Figure:
    """The models on both boards by their published mean, best on top, with their means on MTEB(Medical, v1).

    `both` is of `published_ranks.on_both`. Where the boards agreed, the marks would fall to the left from row to row.
    """
    rows = both.sort_values(MEAN).to_dict("records")
    figure, axes = plt.subplots(figsize=(6.4, 0.9 + 0.35 * len(rows)))
    series = {ENGLISH: "its English tasks", ALL_TASKS: "its 12 tasks"}
    colours = sns.color_palette("colorblind", len(series)).as_hex()
    for (column, label), marker, colour in zip(series.items(), MARKERS, colours, strict=False):
        axes.plot([row[column] for row in rows], range(len(rows)), marker, color=colour, label=label)
    names = [f"{row['model'].rpartition('/')[2]}, {100 * row[MEAN]:.1f}" for row in rows]
    axes.set(yticks=range(len(rows)), yticklabels=names, ylim=(-0.6, len(rows) - 0.4))
    axes.set(xlabel="MTEB(Medical, v1), mean (%)", ylabel="MedEval, published mean (%)")
    figure.legend(loc="outside upper center", ncols=2)
    return figure
