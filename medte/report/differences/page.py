"""What is done otherwise than in the paper, point by point, and what that changes as far as it is measured.

The fixed words stand in `differences.yaml`; what a point changes is said by a measure of `effects_of_*.py`, from what
is recorded, each time the page is made.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from medte.errors import require_known
from medte.report import tables
from medte.report.differences import effects_of_scoring, effects_of_texts, effects_of_training
from medte.report.differences.effects import NOT_RECORDED, Record, record
from medte.report.exhibit import Exhibit
from medte.report.prose import cell, marked, places
from medte.report.published import CAVEATS

MEASURES: dict[str, Callable[[Record], str]] = {
    name: function
    for module in (effects_of_texts, effects_of_scoring, effects_of_training)
    for name, function in vars(module).items()
    if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
}
NOT_MEASURED = "Not measured: "
KINDS = {"F": "fixed", "M": "measured", "F, M": "fixed and measured"}
GROUPS = ("Leakage", "Selection", "Validity of the tasks", "Evaluation", "Training")
ELSE = "What else differs"
HEADER = ("Point", "The authors", "Here", "Where", "What it changes")
CAPTION = (
    "Effects are recorded, in the file that is named, unless they begin with “Published”. Real text: tasks built from "
    "their source's own words, inside the 51 and outside. Fictional notes stand in for credentialed ones and say nothing "
    "of the paper's numbers. Differences are in points, with the 95 % interval, each judged alone."
)


class Effect(BaseModel):
    """Something whose effect the function `measure` says, or that is not measured: `unmeasured` gives the reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    measure: str | None = None
    unmeasured: str | None = None

    @model_validator(mode="after")
    def _says_how_large(self) -> "Effect":
        if bool(self.measure) == bool(self.unmeasured):
            raise ValueError(f"{self.title!r} needs either measure or unmeasured")
        require_known("measure", [self.measure] if self.measure else [], MEASURES)
        return self

    def text(self, found: Record) -> str:
        """How large it is, as HTML."""
        return MEASURES[self.measure](found) if self.measure else f"{NOT_MEASURED}{marked(self.unmeasured)}"


class Difference(Effect):
    """What the authors did, what is done here, and on which pages and in which files."""

    theirs: str
    ours: str
    where: tuple[str, ...]


class Point(Difference):
    """One of the 28 that the code calls recipe §5."""

    id: int
    group: Literal[GROUPS]
    kind: Literal["F", "M", "F, M"]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    points: list[Point]
    others: list[Difference]


@lru_cache
def _read() -> _File:
    return _File.model_validate(
        yaml.safe_load((Path(__file__).parent / "differences.yaml").read_text(encoding="utf-8"))
    )


def points() -> list[Point]:
    """The 28 points in their order."""
    return _read().points


def others() -> list[Difference]:
    """What else differs."""
    return _read().others


def page(profile: str = "open") -> str:
    """The page's tables in Markdown: how many points are measured, a section a group of points, what else differs."""
    effects = _effects(profile)
    parts = [f"{_summary([effects[point] for point in points()])}\n"]
    for name, group in zip(EXHIBITS, (*GROUPS, ELSE), strict=True):
        parts += [f"\n## {group}\n", EXHIBITS[name].html(name)]
    return "\n".join(parts) + "\n"


def table(group: str, profile: str = "open") -> str:
    """The points of a group, or what else differs: what the authors did, what is done here, what that changes; as HTML."""
    rows = others() if group == ELSE else [point for point in points() if point.group == group]
    return _table(rows, _effects(profile))


@lru_cache
def _effects(profile: str) -> dict[Difference, str]:
    return {row: row.text(record(profile)) for row in (*points(), *others())}


def _summary(effects: Sequence[str]) -> str:
    unmeasured = sum(effect.startswith(NOT_MEASURED) for effect in effects)
    unrecorded = sum(effect.startswith(NOT_RECORDED) for effect in effects)
    return (
        f"**Of the {len(effects)} points {len(effects) - unmeasured - unrecorded} have a measured effect here.** Of "
        f"{unrecorded} the measurement is not recorded, and {unmeasured} are not measured; each says why."
    )


def _table(rows: Sequence[Difference], effects: Mapping[Difference, str]) -> str:
    cells = [
        [
            _name(row),
            *map(cell, (marked(row.theirs), marked(row.ours), places(row.where), effects[row])),
        ]
        for row in rows
    ]
    published = any("Published: " in effects[row] for row in rows)
    return tables.html(HEADER, cells, f"{CAPTION} {CAVEATS}" if published else CAPTION)


def _name(row: Difference) -> str:
    if not isinstance(row, Point):
        return marked(row.title)
    return f'{row.id}. {marked(row.title)}<br><span class="interval">{KINDS[row.kind]}</span>'


def _exhibit(group: str) -> Exhibit:
    return Exhibit(table, lambda run: (group,), recorded=True)


EXHIBITS: Mapping[str, Exhibit] = {
    f"differences-{group.lower().replace(' ', '-')}": _exhibit(group) for group in (*GROUPS, ELSE)
}
