"""What the short trainings of `medte sweep` showed, as tables, sentences and figures; all recorded, and said to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from statistics import median
from typing import Any

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.figure import Figure

from medte import paths
from medte.evaluation.comparisons import Comparison
from medte.evaluation.estimates import Estimate
from medte.evaluation.statistics import Scores
from medte.evaluation.store import read_recorded
from medte.evaluation.trainings import gain, gains, mean_gain, spread
from medte.experiments import BASE, CHOSEN, LEAKED, SHAM, WITHOUT, Plan, Row
from medte.report import recordings, tables
from medte.report.marks import INK, MARKERS, nothing
from medte.tasks.catalogue import task as find_task

NOT_RECORDED = "Nothing of this is recorded yet: <code>medte sweep -p open</code> makes it."
TOLD = {"above": "better", "below": "worse"}
GAINS = {"above": "gains", "below": "loses", "not distinguishable": "does not visibly change"}
APART = (SHAM,)  # its pairs have no meaning, and its seeds move it further


@dataclass(frozen=True)
class AgainstSham:
    """What the chosen recipe gains over the base and over sham pairs, and what sham pairs gain over the base."""

    gain: Estimate
    over_sham: Estimate
    sham: Estimate

    def __str__(self) -> str:
        """Where the recipe stands to sham pairs, in a clause of HTML."""
        over, sham = (tables.cell(one, sign=True) for one in (self.over_sham, self.sham))
        little = ": they did harm, and being above them shows little" if self.sham.side == "below" else ""
        return f"{over} points over sham pairs; these are {sham} from the base{little}"


@dataclass(frozen=True)
class Sweep:
    """A recorded sweep: its scores, and the trainings of each row."""

    about: Mapping[str, Any]
    scores: Scores
    recipes: Mapping[str, Sequence[str]]
    plan: Plan

    @property
    def tasks(self) -> list[str]:
        """The tasks that every row is scored on."""
        return [task for task in self.scores.tasks if (BASE, task) in self.scores.results]

    @property
    def own_words(self) -> list[str]:
        """Those of the tasks whose texts all stand in their source; the others were written by rule."""
        return [task for task in self.tasks if task not in self.about["written"]]

    def of_source(self, source: str) -> list[str]:
        return [task for task in self.tasks if find_task(task).source == source]

    def left_out(self) -> list[str]:
        """The sources that the chosen recipe was trained with and without, with every seed."""
        names = [row.removeprefix(f"{WITHOUT}-") for row in self.recipes if row.startswith(f"{WITHOUT}-")]
        return [name for name in names if self.whole(CHOSEN) and self.whole(f"{WITHOUT}-{name}")]

    def passes(self, source: str) -> list[float]:
        """How often each training of the chosen recipe met a pair of the source, on average over the pairs; the least first."""
        return sorted(self.about["trainings"][name]["passes"][source] for name in self.recipes[CHOSEN])

    def inert(self, row: Row) -> bool:
        """Whether a row changes masking alone, and the chosen recipe masked less than one negative in ten thousand."""
        masked = [self.about["trainings"][name]["measured"]["masked_share"] for name in self.recipes[CHOSEN]]
        return bool(row.changes) and set(row.changes) <= {"mask", "near"} and max(masked) < 1e-4

    def trained_as(self, row: str) -> str:
        """The row whose trainings are a row's: an earlier one, where it has the same settings."""
        return self.about["same"].get(row, row)

    def whole(self, row: str) -> bool:
        """Whether a row was trained with every seed."""
        return len(self.recipes.get(self.trained_as(row), ())) == len(self.plan.seeds)

    def gain(self, row: str, tasks: Sequence[str], other: str = BASE) -> Estimate | None:
        """What a row gains over another; None where one of the two is not whole."""
        if not all(one == BASE or self.whole(one) for one in (row, other)):
            return None
        return gain(self.scores, self.recipes, self.trained_as(row), self.trained_as(other), tasks, APART)

    def mean_gain(self, row: str, other: str) -> Estimate | None:
        """The mean over sources of what a row, which may name the source, gains over another on the source's tasks."""
        wanted = [
            (self.trained_as(row.format(source)), self.trained_as(other), self.of_source(source))
            for source in self.left_out()
        ]
        return mean_gain(self.scores, self.recipes, wanted, APART)

    def against_sham(self) -> AgainstSham | None:
        """The chosen recipe beside sham pairs, on all tasks; None where one of the two is not whole."""
        if not (self.whole(CHOSEN) and self.whole(SHAM)):
            return None
        pairs = ((CHOSEN, BASE), (CHOSEN, SHAM), (SHAM, BASE))
        return AgainstSham(*(self.gain(row, self.tasks, other) for row, other in pairs))


@lru_cache
def sweep(profile: str = "open") -> Sweep | None:
    """The recorded sweep of a profile; None where there is none."""
    if not recordings.is_recorded(f"{profile}-experiments"):
        return None
    about, results = read_recorded(paths.recorded_results(f"{profile}-experiments"))
    recipes: dict[str, list[str]] = {BASE: [BASE]}
    for name in sorted(about["trainings"]):
        recipes.setdefault(name.rpartition("-")[0], []).append(name)
    return Sweep(about, Scores(results, about["bootstrap"], about["seed"]), recipes, Plan.model_validate(about["plan"]))


def ablation(profile: str = "open") -> str:
    """Every row of the plan: what it gains over the base and over the chosen recipe, as HTML."""
    found = sweep(profile)
    if found is None:
        return f"<p>{NOT_RECORDED}</p>"
    over_base, over_chosen = _over(found, BASE), _over(found, CHOSEN)
    written = [task for task in found.tasks if task not in found.own_words]
    rows = [["Base, as it comes", tables.MISSING, _against(over_chosen, BASE), *[tables.MISSING] * 3]]
    planned = [*found.plan.rows, *found.plan.not_run]
    known = {row.name: row.title for row in planned}
    for row in planned:
        if (same := found.about["same"].get(row.name)) or not found.whole(row.name):
            why = f"as {escape(known[same].lower())}" if same else "not run"
            rows.append([escape(row.title), why, *[tables.MISSING] * 4])
            continue
        rows.append(
            [
                escape(row.title),
                _against(over_base, row.name),
                _against(over_chosen, row.name),
                tables.cell(found.gain(row.name, found.own_words), sign=True),
                tables.cell(found.gain(row.name, written), sign=True),
                _mean_of(found, row.name),
            ]
        )
    head = ["Recipe", "Over the base", "Over the chosen", "Own words", "Written by rule", "Held-out rank"]
    missing = [row.name for row in planned if row.name not in found.about["same"] and not found.whole(row.name)]
    return tables.html(head, rows, _caption(found) + _commands(found.about["profile"], missing))


def _commands(profile: str, rows: Sequence[str]) -> str:
    """How the rows that were not run are run, as HTML."""
    commands = " ".join(f"<code>medte sweep -p {profile} --row {row}</code>" for row in rows)
    return f" Not run; each by its command: {commands}" if commands else ""


def _over(found: Sweep, other: str) -> dict[str, Comparison]:
    """Each whole row of the plan, and the base, minus another, corrected for their number."""
    whole = {row: trainings for row, trainings in found.recipes.items() if row == BASE or found.whole(row)}
    ablated = {row: trainings for row, trainings in whole.items() if not row.startswith(WITHOUT)}
    return gains(found.scores, ablated, other, found.tasks, APART)


def _against(compared: Mapping[str, Comparison], row: str) -> str:
    """A row's difference, bold where it can be told from 0; a dash where it is compared with itself."""
    if row not in compared:
        return tables.MISSING
    text = tables.cell(compared[row].difference, sign=True)
    return f"<b>{text}</b>" if compared[row].verdict in TOLD else text


def _mean_of(found: Sweep, row: str) -> str:
    ranks = [found.about["trainings"][name]["held_out"]["after"]["mrr"] for name in found.recipes[row]]
    return f"{sum(ranks) / len(ranks):.3f}"


def _spreads(found: Sweep) -> str:
    """How far seeds move a training, in a sentence."""
    own = {row: models for row, models in found.recipes.items() if row in APART}
    others = {row: models for row, models in found.recipes.items() if row not in APART}
    lent, sham = (spread(found.scores, recipes, found.tasks) for recipes in (others, own))
    said = f"Rows lend each other the spread of their seeds (standard deviation {tables.percent(lent, 2)} points)"
    return f"{said}; sham pairs have their own ({tables.percent(sham, 2)})." if own else f"{said}."


def _caption(found: Sweep) -> str:
    seeds, tasks = len(found.plan.seeds), found.tasks
    return (
        f"Recorded. Mean over {len(tasks)} tasks with real text, in points; {found.plan.steps} steps of training, {seeds} seeds each. "
        f"Intervals over documents, draws and seeds; those of the first two columns allow for the number of rows; bold: told apart. "
        f"{_spreads(found)} Own words: the {len(found.own_words)} tasks whose texts stand in their source as they are. Held-out rank: mean reciprocal rank of the right "
        "partner among held-out training pairs; rows with other temperatures or pairs can be compared by it. "
        f"{_made(found)} Data {found.about['data']}."
    )


def _made(found: Sweep) -> str:
    return recordings.provenance(found.about, "-experiments")


def verdict(profile: str = "open") -> str:
    """What a short training by the chosen recipe gains, and what else can be told from it, as HTML made from the results."""
    found = sweep(profile)
    if found is None or (gained := found.gain(CHOSEN, found.tasks)) is None:
        return f"<p><b>{NOT_RECORDED}</b></p>"
    points = f"{tables.cell(gained, sign=True)} points"
    by = points if gained.side in TOLD else f"({points})"
    against = found.against_sham()
    beside = "" if against is None else f" It is {against}. Each of these is judged alone."
    return (
        f"<p><b>In {found.plan.steps} steps the chosen recipe {GAINS[gained.side]} {by} over its base on {len(found.tasks)} tasks.</b>"
        f"{beside} {_told_apart(found)}</p>"
    )


def _told_apart(found: Sweep) -> str:
    """Which changes of the chosen recipe can be told from it, in a sentence."""
    rows = {row.name: row for row in [*found.plan.rows, *found.plan.not_run]}
    against = {row: one for row, one in _over(found, CHOSEN).items() if row in rows}
    titles = {row: escape(rows[row].title.lower()) for row in against}
    told = [f"{titles[row]} ({TOLD[one.verdict]})" for row, one in against.items() if one.verdict in TOLD]
    inert = [titles[row] for row in against if found.inert(rows[row])]
    which = " and ".join(told) if told else "none"
    said = f"Of {len(against)} other rows, compared at once, {which} can be told from it."
    return (
        f"{said} One that changed nothing is among them: {inert[0]}, as next to nothing was masked." if inert else said
    )


def left_out(profile: str = "open") -> str:
    """For each source what the recipe gains on its tasks when it is trained with it, and without it; as HTML."""
    found = sweep(profile)
    if found is None or not found.left_out():
        return f"<p>{NOT_RECORDED}</p>"
    rows = []
    for source in found.left_out():
        tasks, without = found.of_source(source), f"{WITHOUT}-{source}"
        rows.append(
            [
                source,
                str(len(tasks)),
                _range(found.passes(source)),
                *(tables.cell(one, sign=True) for one in (found.gain(CHOSEN, tasks), found.gain(without, tasks))),
                tables.cell(found.gain(CHOSEN, tasks, without), sign=True),
            ]
        )
    means = [tables.cell(one, sign=True) for one in generalisation(found)]
    caption = (
        f"Recorded: gain over the base on the tasks of one source, in points, with the source in the mix of training and with it left out. "
        "Passes: how often a training met each of the source's pairs, on average; the least and the most of the seeds. "
        f"{_never_met(found)} "
        f"{len(found.plan.seeds)} seeds; intervals over documents, draws and seeds, each row judged alone. {_made(found)}"
    )
    header = ["Source", "Tasks", "Passes", "Source in the mix", "Source left out", "Difference"]
    return tables.html(header, rows, caption, foot=[["Mean over sources", "", "", *means, tables.MISSING]])


def _range(values: Sequence[float]) -> str:
    """The least and the most of ascending values."""
    return f"{values[0]:.2f}\u00a0to\u00a0{values[-1]:.2f}"


def _never_met(found: Sweep) -> str:
    """How often a source was in the mix and none of its pairs in a batch, in a sentence."""
    met = [passes for source in found.left_out() for passes in found.passes(source)]
    return f"A training has {found.plan.steps} batches of one source each; in {met.count(0)} of {len(met)} cases (source by seed) none was of the source."


def carries_over(profile: str = "open") -> str:
    """What the recipe gains on sources that it was trained on, and on sources that it was not, as a sentence of Markdown."""
    found = sweep(profile)
    if found is None or not found.left_out():
        return ""
    with_, without = (tables.cell(one, sign=True) for one in generalisation(found))
    return (
        f"In {found.plan.steps} steps with a source in the mix the recipe gains {with_} points on that source's tasks, and {without} with "
        f"the source left out: means over {len(found.left_out())} sources, [recorded](notebooks/21_experiments.ipynb). {_never_met(found)}"
    )


def generalisation(found: Sweep) -> tuple[Estimate, Estimate]:
    """The mean gain over sources: on sources that were trained on, and on sources that were left out."""
    return found.mean_gain(CHOSEN, BASE), found.mean_gain(f"{WITHOUT}-{{}}", BASE)


def leaks(profile: str = "open") -> Figure:
    """The gain over the base by source: trained with leaked pairs, without them, and without the source."""
    found = sweep(profile)
    if found is None or not found.whole(LEAKED) or not found.left_out():
        return nothing("no training with leaked pairs is recorded")
    sources = found.left_out()
    figure, axes = plt.subplots(figsize=(6.4, 1.2 + 0.5 * len(sources)))
    colours = sns.color_palette("colorblind", 3).as_hex()
    labels = ("with leaked pairs", "clean", "without the source")
    for number, (label, colour) in enumerate(zip(labels, colours, strict=True)):
        for at, source in enumerate(sources):
            row = (LEAKED, CHOSEN, f"{WITHOUT}-{source}")[number]
            one, height = found.gain(row, found.of_source(source)), len(sources) - at - 0.22 * (number - 1)
            axes.hlines(height, 100 * one.low, 100 * one.high, color=colour, alpha=0.6)
            axes.plot(100 * one.value, height, MARKERS[number], color=colour, ms=5, label=label if at == 0 else None)
    axes.axvline(0, color=INK, lw=1)
    axes.set(yticks=range(1, len(sources) + 1), yticklabels=sources[::-1], ylim=(0.4, len(sources) + 0.6))
    axes.set_xlabel("gain over the base on the source's tasks (points)")
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def leaks_sentence(profile: str = "open") -> str:
    """What training with leaked pairs gains over training without them, over all sources, in a sentence of HTML."""
    found = sweep(profile)
    if found is None or not found.whole(LEAKED) or not found.left_out():
        return f"<p>{NOT_RECORDED}</p>"
    if found.trained_as(LEAKED) == CHOSEN:
        return "<p><b>The recipe itself keeps leaked pairs: there is nothing to compare.</b></p>"
    worth = found.mean_gain(LEAKED, CHOSEN)
    return (
        f"<p><b>Over {len(found.left_out())} sources training with leaked pairs is {tables.relation(worth)} training without them: "
        f"{tables.cell(worth, sign=True)} points.</b></p>"
    )


def cost(profile: str = "open") -> str:
    """What the trainings cost, in a sentence of HTML."""
    found = sweep(profile)
    if found is None:
        return f"<p>{NOT_RECORDED}</p>"
    spent = [training["measured"]["cpu_seconds"] for training in found.about["trainings"].values()]
    return f"<p>{len(spent)} trainings are recorded; the middle one took {median(spent):.0f} seconds of CPU time.</p>"
