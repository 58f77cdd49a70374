"""What all figures share: a colour and a marker for each family and group of models, and names that keep apart."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from medte.report.published import GROUP_TITLE
from medte.report.tables import FAMILY_TITLE
from medte.tasks.catalogue import FAMILIES

INK = "#858585"  # as in medte.mplstyle
BLUE, ORANGE, GREEN, RED, PURPLE, BROWN, _, _, _, SKY = sns.color_palette("colorblind").as_hex()
PALETTE = dict(zip(FAMILIES, (BLUE, ORANGE, GREEN, RED), strict=True))
MARKERS = ("o", "s", "D", "^", "v", "P")
SMALL = 8  # points: names beside marks
AROUND = [(reach, angle) for reach in (7, 11, 16, 22, 29, 37) for angle in range(0, 360, 30)]  # points and degrees
SIDES = {0.0: "left", 0.5: "center", 1.0: "right"}


@dataclass(frozen=True)
class Group:
    """How the models of a group are drawn, and what the group is called."""

    title: str
    colour: str = INK
    marker: str = "."


GROUPS = {
    "medical_contrastive": Group(GROUP_TITLE["medical_contrastive"], RED, "o"),
    "medical_non_contrastive": Group(GROUP_TITLE["medical_non_contrastive"], PURPLE, "s"),
    "non_medical_contrastive": Group(GROUP_TITLE["non_medical_contrastive"], BLUE, "D"),
    "non_medical_non_contrastive": Group(GROUP_TITLE["non_medical_non_contrastive"], SKY, "^"),
    "trained_here": Group("trained here", GREEN, "P"),
    "graded": Group("of graded quality", BLUE, "v"),
    "static": Group("word vectors", BROWN, "<"),
    "lexical": Group("word counts", ORANGE, ">"),
    "floor": Group("random", INK, "X"),
    "own": Group("added", BROWN, "*"),
}


def group(name: str) -> Group:
    """How the models of that group are drawn; a group that has no mark of its own is drawn in neutral dots."""
    return GROUPS.get(name) or Group(name.replace("_", " "))


def family_mark(family: str) -> tuple[str, str]:
    """The colour and the marker of a family."""
    return PALETTE[family], MARKERS[FAMILIES.index(family)]


def legend(where: Axes | Figure, groups: Iterable[str], **place) -> None:
    """The marks of the groups that are there, in `GROUPS`' order; above the axes unless `place` says otherwise."""
    there = set(groups)
    names = [*(name for name in GROUPS if name in there), *sorted(there - set(GROUPS))]
    _legend(where, [(group(name).title, group(name).colour, group(name).marker) for name in names], place)


def family_legend(where: Axes | Figure, families: Iterable[str], **place) -> None:
    """The marks of the families that are there; above the axes unless `place` says otherwise."""
    there = set(families)
    _legend(where, [(FAMILY_TITLE[name], *family_mark(name)) for name in FAMILIES if name in there], place)


def _legend(where: Axes | Figure, marks: Iterable[tuple[str, str, str]], place: Mapping) -> None:
    handles = [
        Line2D([], [], color=colour, marker=marker, ls="", mew=0, label=title) for title, colour, marker in marks
    ]
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2, "borderaxespad": 0.2, "handletextpad": 0.2}
    where.legend(handles=handles, **(place or above))


def note(axes: Axes, label: str, names: Sequence[str], why: str) -> None:
    """The label of the x-axis; under it the names that are not drawn, and why, if there are any."""
    lines = textwrap.wrap(f"{why}: {', '.join(names)}", 90) if names else []
    axes.set_xlabel("\n".join([label, *lines]))


def name_points(axes: Axes, points: Sequence[tuple[float, float]], names: Sequence[str]) -> None:
    """A name beside each point, at the nearest place where it covers no point, no interval and no other name.

    A name that is not right beside its point has a line to it. To be called last: it measures what is drawn.
    """
    figure = axes.figure
    figure.canvas.draw()  # settles the layout, so that places can be measured
    renderer, unit = figure.canvas.get_renderer(), figure.dpi / 72
    at = axes.transData.transform(np.reshape(points, (-1, 2)).astype(float))  # (n, 2)
    drawn = [text.get_window_extent(renderer) for text in axes.texts]
    for lines in axes.collections:
        drawn += [path.get_extents(lines.get_transform()).padded(unit) for path in lines.get_paths()]
    taken = np.concatenate([_around(at, 4 * unit), *(box.extents[None] for box in drawn)])
    crowded = [float(np.sort(np.hypot(*(at - place).T))[:4].sum()) for place in at]
    for number in np.argsort(crowded, kind="stable"):  # those in a crowd choose first
        line = {"arrowstyle": "-", "color": INK, "lw": 0.5, "shrinkA": 0, "shrinkB": 3}
        where = {"xytext": (0, 0), "textcoords": "offset points", "va": "center"}
        text = axes.annotate(names[number], points[number], **where, fontsize=SMALL, arrowprops=line)
        size = text.get_window_extent(renderer).size
        tries = [_boxes(at[number], size, *polar, unit) for polar in AROUND]
        covered = [_covered(boxes, taken, axes.get_window_extent().extents) for boxes in tries]
        best = int(np.argmin(covered))  # the first of equals, which is the nearest
        reach, angle = AROUND[best]
        text.set_position((reach * np.cos(np.radians(angle)), reach * np.sin(np.radians(angle))))
        text.set_horizontalalignment(SIDES[_side(angle)])
        text.arrow_patch.set_visible(reach > AROUND[0][0])
        taken = np.concatenate([taken, tries[best]])


def _side(angle: float) -> float:
    """Which part of a name stands at its place: 0 the left end, 1 the right end, for one above or below the middle."""
    return 0.5 if angle % 180 == 90 else float(90 < angle < 270)


def _boxes(at: np.ndarray, size: np.ndarray, reach: float, angle: float, unit: float) -> np.ndarray:
    """What a name so far from its point would take, as boxes (x0, y0, x1, y1): its own, then those along its line."""
    place = at + unit * reach * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    low = place - size * [_side(angle), 0.5]
    box = np.concatenate([low, low + size])[None]
    if reach == AROUND[0][0]:
        return box
    return np.concatenate([box, _around(np.linspace(at, low + size / 2, 12)[2:], unit)])


def _around(places: np.ndarray, reach: float) -> np.ndarray:
    return np.concatenate([places - reach, places + reach], axis=1)


def _covered(boxes: np.ndarray, taken: np.ndarray, inside: np.ndarray) -> float:
    """The area of what these boxes would cover, and of what the first of them would have outside."""
    own = boxes[0, 2:] - boxes[0, :2]
    return float(_common(boxes, taken).sum() + own.prod() - _common(boxes[:1], inside[None]).sum())


def _common(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The area that each of some boxes shares with each of others, (n, 4) and (m, 4) give (n, m)."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    return np.maximum(high - low, 0).prod(axis=2)


def nothing(why: str = "no task of this family in this edition") -> Figure:
    """A figure that says why there is none."""
    figure = plt.figure(figsize=(6.4, 0.6))
    figure.text(0.5, 0.5, why, ha="center", va="center")
    return figure
