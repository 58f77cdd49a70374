"""Published against reproduced: which published numbers an edition can reach at all, and what came out where it can.

The published numbers are means of columns (families, sources; recipe §4). A column can be reached where each of its tasks is built
from its own source: no stand-in, no queries taken from the text. On the mini edition none can. Where at most a tenth of a column's
tasks is not so, the column is reached in part: whatever those tasks would score, the mean lies in a range, and a published number
outside it is not reproduced. A verdict is given only where our scoring is the paper's: each model at its own length, the negatives of
pairs by the same miner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from medte.evaluation.groups import BENCHMARK, group_of
from medte.evaluation.statistics import Estimate, Scores, estimate
from medte.models.registry import Entry, entry_of_result
from medte.profile import Profile, load_profile
from medte.report import tables
from medte.report.published import CAVEATS, COLUMNS, MEAN, digits, published
from medte.report.reproduced_verdicts import Verdict, between, in_part, whole
from medte.tasks.card import Card
from medte.tasks.catalogue import FAMILIES, Task, benchmark_tasks

MEDTE, MEDTE_BASE = "MohammadKhodadad/MedTE-cl15-step-8000", "thenlper/gte-base"
OBSTACLES = {
    "stand_in": "fictional notes stand in",
    "extractive": "queries or pairs are taken from the text itself",
}  # group of a task that is in no mean -> why it does not reach
MINI = "the mini edition's text is machine-written: it says nothing of the paper's numbers"
OWN_NOTES = "held locally"  # the licence of a hospital's own notes, which are read in the place of MIMIC-IV's
PAPERS_MINER = "all-MiniLM-L6-v2"
PAPERS_STATE = "May 2025"
LIVE = "Ours are scored in this run."
MOST_UNKNOWN = 0.1  # of a column's tasks, where it is reached in part


@dataclass(frozen=True)
class Reach:
    """Whether an edition can reach a published column: `why` says why not, and is empty where it can."""

    column: str
    tasks: tuple[str, ...]
    models: tuple[str, ...]  # hub ids of those that have a published value
    why: str
    unknown: tuple[str, ...]  # the tasks that are not there, or not from their own source

    @property
    def known(self) -> tuple[str, ...]:
        """The tasks that are there, each from its own source."""
        return tuple(task for task in self.tasks if task not in self.unknown)

    @property
    def in_part(self) -> bool:
        """Whether so few tasks are unknown that the mean over all of them lies in a narrow range."""
        return 0 < len(self.unknown) <= MOST_UNKNOWN * len(self.tasks)


@dataclass(frozen=True)
class Cell:
    """A published number beside ours: of a model, or the gain of a fine-tuned model over its base.

    Of a column that is reached in part, `ours` is the mean over the `known` tasks, and `between` is where the mean over all
    `tasks` lies, whatever the others score.
    """

    model: str
    counterpart: str  # hub id of the published model
    column: str
    is_gain: bool
    ours: Estimate
    published: float
    verdict: Verdict
    why: str
    causes: tuple[str, ...]  # of a gap, known beforehand
    tasks: int
    between: tuple[float, float] | None = None

    @property
    def difference(self) -> float:
        """Ours minus published."""
        return self.ours.value - self.published


def _of_column(task: Task, column: str) -> bool:
    return column in (MEAN, task.family, f"source_{task.source}")


def reach(edition: Mapping[str, Any]) -> list[Reach]:
    """Every published column, and whether the edition (its manifest) can reach it."""
    frame, found = published(), []
    for column in COLUMNS:
        tasks = [task for task in benchmark_tasks("MedEval") if _of_column(task, column)]
        models = tuple(frame.loc[frame[column].notna(), "model"])
        lost = _lost(tasks, edition)
        why = "; ".join(
            f"{len(own)} of {len(tasks)} tasks, {', '.join(sorted({task.source for task in own}))}: {reason}"
            for reason, own in lost.items()
        )
        why = MINI if edition["edition"] == "mini" else why
        unknown = {task.name for own in lost.values() for task in own}
        names = tuple(task.name for task in tasks)
        found.append(Reach(column, names, models, why, tuple(name for name in names if name in unknown)))
    return found


def _lost(tasks: Sequence[Task], edition: Mapping[str, Any]) -> dict[str, list[Task]]:
    """Those of the `tasks` that the edition does not hold from their own source, by the reason."""
    if edition["edition"] == "mini":
        return {MINI: list(tasks)}
    lost: dict[str, list[Task]] = {}
    for task in tasks:
        if (group := group_of(task.name, "MedEval", edition)) != BENCHMARK:
            lost.setdefault(OBSTACLES[group], []).append(task)
        elif task.name not in edition["tasks"]:
            lost.setdefault("not built in this edition", []).append(task)
        elif OWN_NOTES in edition["sources"][task.source]["licences"]:
            lost.setdefault("made of a hospital's own notes", []).append(task)
    return lost


def side_by_side(scores: Scores, profile: Profile, edition: Mapping[str, Any], cards: Mapping[str, Card]) -> list[Cell]:
    """A cell for each column that is reached, if only in part, and each model that has a published counterpart and a result on all
    tasks of the column that are there.

    A counterpart has the same hub id. That of a model trained by a profile is MEDTE: with MEDTE's own base its scores are
    compared, with another base only the sign of its gain over the base. A model with prompts or a cut has none, since the
    paper used neither, nor has a variant of a training. Of a column that is reached in part only values are compared, no gains,
    and not the mean over the families.
    """
    frame, cells = published().set_index("model"), []
    for column in (about for about in reach(edition) if not about.why or about.in_part):
        numbers = frame[column.column]
        for model in scores.models:
            counterpart, base = _counterpart(entry_of_result(model))
            if counterpart not in column.models:
                continue
            is_gain = base is not None and entry_of_result(base).hub != MEDTE_BASE
            if column.in_part and (is_gain or column.column == MEAN):
                continue
            ours = _ours(scores, column, model, base if is_gain else None)
            if ours is None:
                continue
            known = round(float(numbers[counterpart] - (numbers[MEDTE_BASE] if is_gain else 0)), 4)
            encoder = entry_of_result(base or model)
            ends = between(ours, column.tasks, column.unknown) if column.in_part else None
            if ends:
                verdict, why = in_part(ends, known, column.column, column.tasks, column.unknown)
            else:
                verdict, why = whole(ours, known, column.column, is_gain)
            if deviations := _deviations(encoder, column, profile, cards):
                verdict, why = "none", f"not the published protocol: {'; '.join(deviations)}"
            causes = _causes(encoder, column, cards)
            if base:
                causes = ("trained by a profile, not the released weights", *causes)
            about = (model, counterpart, column.column, is_gain, ours, known, verdict, why, causes)
            cells.append(Cell(*about, len(column.tasks), ends))
    return cells


def _counterpart(model: Entry) -> tuple[str | None, str | None]:
    """(hub id of the published model, name of the base that a profile trained the model from), None where there is none."""
    if model.with_prompts or model.cut or model.layers or model.variant:
        return None, None
    if model.kind == "trained":
        return MEDTE, load_profile(model.profile).base
    return model.hub, None


def _ours(scores: Scores, column: Reach, model: str, base: str | None) -> Estimate | None:
    """The model's mean over the column's tasks that are there, or its gain over `base`; None where a result is missing."""
    if column.column != MEAN:
        return scores.difference(model, base, column.known) if base else scores.mean(model, column.known)
    if any(scores.lacking(name, column.tasks) for name in filter(None, (model, base))):
        return None
    value, drawn = _over_families(scores, model, column.tasks)
    if base:
        value_of_base, drawn_of_base = _over_families(scores, base, column.tasks)
        value, drawn = value - value_of_base, drawn - drawn_of_base
    return estimate(value, drawn, len(column.tasks))


def _over_families(scores: Scores, model: str, tasks: Sequence[str]) -> tuple[float, np.ndarray]:
    """(value, replicates) of the plain mean of the four families' means."""
    groups = [[task for task in scores.of_family(family) if task in tasks] for family in FAMILIES]
    values = [scores.mean(model, own).value for own in groups]
    return float(np.mean(values)), np.mean([scores.replicates_of_mean(model, own) for own in groups], axis=0)


def _deviations(model: Entry, column: Reach, profile: Profile, cards: Mapping[str, Card]) -> list[str]:
    """In what the scoring is not the paper's, so that no verdict follows: length of texts, negatives of pairs (recipe §3)."""
    found = []
    cap = profile.encoding.max_length
    if model.max_length and cap < model.max_length:
        found.append(f"texts cut at {cap} tokens, the model's own length is {model.max_length}")
    miner = profile.data.negatives.miner if profile.data.negatives else None
    if miner != PAPERS_MINER and any(cards[task]["family"] == "pair_classification" for task in column.known):
        drawn = f"mined by {miner}" if miner else "drawn by hash"
        found.append(f"negatives of pairs {drawn}, the paper's mined by {PAPERS_MINER}")
    return found


def _causes(model: Entry, column: Reach, cards: Mapping[str, Card]) -> tuple[str, ...]:
    """What else could make ours differ from the published number, known before any score; of a trained model `model` is the base."""
    own = [cards[task] for task in column.known]
    latest = max((card["dates"]["latest"] for card in own if card["dates"]["latest"]), default="no known date")
    causes = [f"data of another date: ours reach to {latest}, the paper's state is {PAPERS_STATE}"]
    unsure = sum(
        _of_column(task, column.column) for task in benchmark_tasks("MedEval-all") if task.reported == "unsure"
    )
    if unsure:
        causes.append(f"number of tasks: {len(own)} here, {len(column.tasks) + unsure} left by the authors' scripts")
    if any(card["written_by"] for card in own):
        causes.append("another writer: the paper's queries are GPT-4o's")
    if model.revision == "unresolved":
        causes.append("revision unresolved")
    return tuple(causes)


def section(
    scores: Scores, profile: Profile, edition: Mapping[str, Any], cards: Mapping[str, Card], origin: str = LIVE
) -> str:
    """Both tables as HTML: what can be reached and why not, and the numbers side by side; says so where there are none.

    `origin` says in the caption where our numbers are from.
    """
    columns = reach(edition)
    if len(obstacles := {column.why for column in columns}) == 1 and all(obstacles):
        return f"<p>No published number can be compared here: {escape(*obstacles)}.</p>"
    cells = side_by_side(scores, profile, edition, cards)
    shown = _cells_table(cells, origin) if cells else "<p>No published number can be compared here with a result.</p>"
    return f"{_reach_table(columns)}\n{shown}"


def _column(cell: Cell) -> str:
    if cell.between:
        return f"{COLUMNS[cell.column]}, {cell.ours.tasks} of {cell.tasks} tasks"
    return COLUMNS[cell.column] + (", gain over the base" if cell.is_gain else "")


def _difference(cell: Cell) -> str:
    """Ours minus published, as HTML: of a column that is reached in part the two ends of the range."""
    ends = cell.between or (cell.ours.value,)
    return tables.RANGE.join(tables.percent(end - cell.published, sign=True) for end in ends)


def _reach_table(columns: Sequence[Reach]) -> str:
    rows = [
        [
            COLUMNS[column.column],
            str(len(column.tasks)),
            str(len(column.models)),
            "in part" if column.in_part else "no" if column.why else "yes",
            f"<small>{escape(column.why or 'every task is built from its own source')}</small>",
        ]
        for column in columns
    ]
    caption = "Which published means this edition can reach at all: those whose every task it holds, from the task's own source."
    return tables.html(["Published mean", "Tasks", "Models", "Reachable", "Why"], rows, caption)


def _cells_table(cells: Sequence[Cell], origin: str) -> str:
    rows = [
        [
            tables.title(cell.model),
            _column(cell),
            tables.cell(cell.ours, sign=cell.is_gain),
            tables.percent(cell.published, digits(cell.column), sign=cell.is_gain),
            _difference(cell),
            cell.verdict,
            f"<small>{escape('; '.join([cell.why, *cell.causes]))}</small>",
        ]
        for cell in cells
    ]
    header = ["Model", "Mean", "Ours", "Published", "Ours minus published", "Verdict", "Why, and what may differ"]
    return tables.html(header, rows, f"Ours beside the published numbers, in percent. {origin} {CAVEATS}")
