"""MEDTE against each rival in the published numbers: where it is ahead, by how much, and what rounding leaves open.

A published value stands for anything within half of its last decimal. Two values that lie no further apart than one
last decimal may stand for equal means: that is no win and no defeat, but "within rounding".
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from medte.report import tables
from medte.report.published import CAVEATS, COLUMNS, GROUP_TITLE, MEAN, column_name, digits, rounding, short
from medte.report.reproduced import MEDTE

CELLS = tuple(column for column in COLUMNS if column != MEAN)  # the mean says again what the families say
Standing = Literal["ahead", "within rounding", "behind"]
OF = {"ahead": "ahead of", "within rounding": "within rounding of", "behind": "behind"}  # in words
COUNTED = [words.capitalize() for words in OF.values()]  # the standings as titles of columns


@dataclass(frozen=True)
class Gain:
    """MEDTE's published value beside a rival's in one column, both between 0 and 1."""

    rival: str
    column: str
    medte: float
    other: float

    @property
    def rounding(self) -> float:
        """Half of the last published decimal."""
        return rounding(self.column)

    @property
    def points(self) -> float:
        """MEDTE minus the rival; free of the noise of binary fractions."""
        return round(self.medte - self.other, 6)

    @property
    def relative(self) -> float:
        """The gain as a share of the rival's value."""
        return self.medte / self.other - 1

    @property
    def relative_range(self) -> tuple[float, float]:
        """The least and the greatest relative gain that the rounded values may stand for."""
        half = self.rounding
        return (self.medte - half) / (self.other + half) - 1, (self.medte + half) / (self.other - half) - 1

    @property
    def standing(self) -> Standing:
        if abs(self.points) <= 2 * self.rounding + 1e-9:
            return "within rounding"
        return "ahead" if self.points > 0 else "behind"

    def within(self, low: float, high: float) -> bool:
        """Whether the relative gain, of the values as published, is between the two."""
        return low <= self.relative <= high

    def may_be_within(self, low: float, high: float) -> bool:
        """Whether some value that the rounding allows is between the two."""
        least, greatest = self.relative_range
        return least <= high and greatest >= low


def gains(frame: pd.DataFrame) -> list[Gain]:
    """MEDTE against every rival in every column that has both values, rivals by their published mean, best first."""
    (medte,) = frame[frame["model"] == MEDTE].to_dict("records")
    rivals = frame[frame["model"] != MEDTE].sort_values(MEAN, ascending=False, kind="stable").to_dict("records")
    return [
        Gain(rival["model"], column, medte[column], rival[column])
        for rival in rivals
        for column in COLUMNS
        if pd.notna(rival[column])
    ]


def over_best(found: Sequence[Gain]) -> dict[str, list[Gain]]:
    """For each column the gain over the best rival, or over all of them where several share the best value."""
    best = {column: max(gain.other for gain in found if gain.column == column) for column in COLUMNS}
    return {
        column: [gain for gain in found if gain.column == column and gain.other == value]
        for column, value in best.items()
    }


def tally(found: Iterable[Gain]) -> Counter:
    """How many cells MEDTE is ahead in, within rounding, behind; the mean is no cell, since it repeats the families."""
    return Counter(gain.standing for gain in found if gain.column in CELLS)


def columns_table(found: Sequence[Gain]) -> str:
    """Each column: MEDTE, the best rival, the gap, and the rivals that it is not ahead of; as HTML."""
    rows = []
    for column, best in over_best(found).items():
        own = [gain for gain in found if gain.column == column]
        rows.append(
            [
                COLUMNS[column],
                _value(best[0].medte, column),
                ", ".join(short(gain.rival) for gain in best),
                _value(best[0].other, column),
                tables.percent(best[0].points, digits(column), sign=True),
                best[0].standing,
                f"{sum(gain.standing == 'ahead' for gain in own)} of {len(own)}",
                *(f"<small>{_rivals(own, standing)}</small>" for standing in ("within rounding", "behind")),
            ]
        )
    caption = (
        f"Published: MEDTE beside its best rival, the gap in points, and which rivals it is not ahead of. {CAVEATS}"
    )
    header = ["Column", "MEDTE", "Best rival", "Its value", "Points", "MEDTE is", *COUNTED]
    return tables.html(header, rows, caption)


def rivals_table(found: Sequence[Gain], frame: pd.DataFrame) -> str:
    """Each rival: in how many cells MEDTE is ahead of it, within rounding, behind; and all rivals together; as HTML."""
    groups, rows = frame.set_index("model")["bucket"], []
    for rival in dict.fromkeys(gain.rival for gain in found):
        own = [gain for gain in found if gain.rival == rival]
        mean = next((gain for gain in own if gain.column == MEAN), None)
        points = tables.percent(mean and mean.points, sign=True)
        rows.append([short(rival), GROUP_TITLE[groups[rival]], *_counts(own), points])
    rows.append(["All rivals", "", *_counts(found), tables.MISSING])
    caption = (
        f"Published: in how many of {len(CELLS)} cells (four families, three sources) MEDTE is ahead of a rival, and "
        "the gap of the means in points. Values that differ by their last decimal at most are within rounding. "
        f"{CAVEATS}"
    )
    return tables.html(["Rival", "Group", *COUNTED, "Mean, points"], rows, caption)


def gains_table(found: Sequence[Gain], span: tuple[float, float]) -> str:
    """Rivals × columns: the gain in points and in percent, bold where the latter is in `span`, as HTML."""
    by_place, rows = {(gain.rival, gain.column): gain for gain in found}, []
    for rival in dict.fromkeys(gain.rival for gain in found):
        rows.append([short(rival), *(_gain_cell(by_place.get((rival, column)), span) for column in COLUMNS)])
    caption = (
        "Published: MEDTE minus a rival, in points, and small in percent of the rival's value; bold where that lies "
        f"between {named_span(span)}, † where it does not but rounding leaves it possible. {CAVEATS}"
    )
    return tables.html(["Rival", *COLUMNS.values()], rows, caption)


def span_table(found: Sequence[Gain], span: tuple[float, float]) -> str:
    """Each column: the relative gain over the best rival, and the rivals over which it lies in `span`, as HTML."""
    rows = []
    for column, best in over_best(found).items():
        own = [gain for gain in found if gain.column == column]
        inside = [short(gain.rival) for gain in own if gain.within(*span)]
        possible = sum(gain.may_be_within(*span) and not gain.within(*span) for gain in own)
        value, lowest, highest = (
            tables.percent(share, sign=True) for share in (best[0].relative, *best[0].relative_range)
        )
        rows.append(
            [
                COLUMNS[column],
                tables.with_range(value, lowest, highest),
                ", ".join(short(gain.rival) for gain in best),
                f"{len(inside)} of {len(own)}",
                f"<small>{', '.join(inside) or tables.MISSING}</small>",
                str(possible),
            ]
        )
    caption = (
        "Published: MEDTE's gain over the best rival, in percent of its value, with what rounding allows; and the "
        f"rivals over which the gain lies between {named_span(span)}. {CAVEATS}"
    )
    header = ["Column", "Over the best rival, %", "Which", "Rivals inside", "Which", "Possible by rounding"]
    return tables.html(header, rows, caption)


def not_ahead(found: Sequence[Gain]) -> str:
    """The columns where MEDTE is not ahead of the best rival, with its standing, the rivals and the points, in words."""
    return " and ".join(
        f"{column_name(column)} ({OF[best[0].standing]} {', '.join(short(gain.rival) for gain in best)}, "
        f"{tables.percent(best[0].points, digits(column), sign=True)})"
        for column, best in over_best(found).items()
        if best[0].standing != "ahead"
    )


def named_span(span: tuple[float, float]) -> str:
    """A span of relative gains in words."""
    return " and ".join(f"{tables.percent(bound)} %" for bound in span)


def _gain_cell(gain: Gain | None, span: tuple[float, float]) -> str:
    if gain is None:
        return tables.MISSING
    inside = gain.within(*span)
    mark = "†" if gain.may_be_within(*span) and not inside else ""
    relative = f"{tables.percent(gain.relative, sign=True)} %{mark}"
    points = tables.percent(gain.points, digits(gain.column), sign=True)
    return f'{points}<br><span class="interval">{f"<b>{relative}</b>" if inside else relative}</span>'


def _value(number: float, column: str) -> str:
    return tables.percent(number, digits(column))


def _rivals(found: Iterable[Gain], standing: Standing) -> str:
    return ", ".join(short(gain.rival) for gain in found if gain.standing == standing) or tables.MISSING


def _counts(found: Iterable[Gain]) -> list[str]:
    count = tally(found)
    return [str(count[standing]) for standing in OF]
