"""The paper's figures by name, of the published numbers and of a run's, and those beyond it; never both in one."""

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import Any

import pandas as pd

from medte.models.registry import entry_of_result
from medte.report import by_task, maps, pages, published, scatter, tables
from medte.report.claims.published_groups import contrastive_alone
from medte.report.correlation import pearson
from medte.report.exhibit import Exhibit
from medte.report.tables import FAMILY_TITLE
from medte.tasks.catalogue import FAMILIES

SOURCES = list(combinations(scatter.SOURCE_TITLE, 2))
R = "r: Pearson's, over the models; with few of them its exact p, else its 95 % interval."
TIMED = (
    "This run's seconds on this machine, each distinct text encoded once, timed once a model: small differences are "
    "chance, and a model whose encoding was interrupted has no time. All families are timed together; a family's seconds are the share of its texts in the words."
)
BARS = "The lines are 95 % intervals over documents and draws."


def _frame(run: Any):
    return scatter.of_scores(run.scores(), run.times)


def _vectors(run: Any) -> tuple[Mapping, list[str]]:
    """The maps' vectors of the base and of the fine-tuned model, and the classes; without the task nothing."""
    if maps.TASK not in run.tasks():
        return {}, []
    model, base = pages.main_pair(run.profile)
    found = {entry_of_result(name).title: run.vectors(name, maps.TASK) for name in (base, model)}
    return {title: vectors for title, (vectors, _) in found.items()}, next(iter(found.values()))[1]


def _map_caption(words: str) -> Callable[[Any], str]:
    def caption(run: Any) -> str:
        if maps.TASK not in run.tasks():
            return "No map in this run."
        rows = run.edition.tasks[maps.TASK]["rows"]
        return (
            f"This run's {rows:,} Wikipedia texts by system of disease, none left out, before and after fine-tuning: "
            f"t-SNE on cosine similarity, perplexity {maps.perplexity(rows):g}, seed {maps.SEED}. {words} "
            "Distances between heaps mean nothing."
        )

    return caption


def _published_time(family: str | None) -> Exhibit:
    of = f"on {FAMILY_TITLE[family].lower()} " if family else ""
    return Exhibit(
        scatter.time,
        lambda run: (scatter.of_published(), family, "seconds a task, as published"),
        f"Published: mean score {of}against mean time, a point a model. {R} {published.TIMES} {published.BRIEF}",
        f"Scatter plot of the published models: mean score {of}against published time",
        recorded=True,
    )


def _published_source(one: str, other: str) -> Exhibit:
    names = f"{scatter.SOURCE_TITLE[other]} against {scatter.SOURCE_TITLE[one]}"
    return Exhibit(
        scatter.sources,
        lambda run: (scatter.of_published(), one, other),
        f"Published: mean over the tasks of {names}, a point a model. {R} {published.BRIEF}",
        f"Scatter plot of the published models: mean on {names}",
        recorded=True,
    )


PUBLISHED = {
    **{f"published-time-{family}": _published_time(family) for family in FAMILIES},
    "published-time": _published_time(None),
    **{f"published-source-{one}-{other}": _published_source(one, other) for one, other in SOURCES},
    "published-families": Exhibit(
        scatter.families,
        lambda run: (scatter.of_published(),),
        f"Published: each family's mean against each other's, a point a model. {R} {published.BRIEF}",
        "Grid of scatter plots of the published models, mean of each family against each other, with correlations",
        recorded=True,
    ),
    "published-sources": Exhibit(published.sources, recorded=True),
    "published-times": Exhibit(published.times, recorded=True),
}


def _time(family: str | None) -> Exhibit:
    of = f"on {FAMILY_TITLE[family].lower()} " if family else "over all tasks "
    what = "seconds to encode the family's texts" if family else "seconds to encode all texts"
    return Exhibit(
        scatter.time,
        lambda run: (_frame(run), family, what),
        f"Mean score {of}against the time of encoding. {TIMED} {R}",
        f"Scatter plot of models: mean score {of}against seconds of encoding",
    )


def _source(one: str, other: str) -> Exhibit:
    names = f"{scatter.SOURCE_TITLE[other]} against {scatter.SOURCE_TITLE[one]}"
    return Exhibit(
        scatter.sources,
        lambda run: (_frame(run), one, other),
        f"This run's mean over the tasks of {names}, a point a model. {BARS} {R}",
        f"Scatter plot of models: mean on {names}, with intervals",
    )


LIVE = {
    **{f"time-{family}": _time(family) for family in FAMILIES},
    "time": _time(None),
    **{f"source-{one}-{other}": _source(one, other) for one, other in SOURCES},
    "families-scatter": Exhibit(
        scatter.families,
        lambda run: (_frame(run),),
        f"This run's mean of each family against each other's, a point a model. {BARS} {R}",
        "Grid of scatter plots of models, mean of each family against each other, with correlations",
    ),
    "tsne": Exhibit(
        maps.tsne,
        _vectors,
        _map_caption("A point a text."),
        "Two maps of texts as points, coloured by disease system: base encoder and fine-tuned model",
    ),
    "density": Exhibit(
        maps.density,
        _vectors,
        _map_caption(
            "Lines hold 25, 50 and 75 % of a class's density; broad ones of few texts are drawn with a broad brush."
        ),
        "The same two maps as lines of equal density of each disease system",
    ),
    "heat-map": Exhibit(
        by_task.heat_map,
        lambda run: (run.scores(), run.edition.cards()),
        "This run's score of every model on every task; light is high. In front the floor, where the task has one: "
        "scores as dark as it or darker say nothing.",
        "Heat map of scores, tasks by models, families apart, with the floor of each task",
    ),
    "frontier": Exhibit(
        scatter.frontier,
        lambda run: (_frame(run),),
        "This run's mean score against speed on this machine, timed once a model, and against size. A ring: no other "
        "model is better in one and as good in the other.",
        "Two scatter plots of models: mean score against texts a second and against parameters, Pareto front ringed",
    ),
    "leakage": Exhibit(
        by_task.leakage,
        lambda run: (run.scores(), *pages.main_pair(run.profile), run.edition.manifest),
        "This run's gain on each task against the share of training pairs that touched it and were dropped, so that "
        f"none was trained on. Families stand a little beside each other. {BARS}",
        "Scatter plot of tasks: gain over the base against the share of training pairs dropped for touching the task",
    ),
    "length": Exhibit(
        by_task.length,
        lambda run: (run.scores(), run.edition.cards()),
        "This run's scores against the length of the texts, a point a task, a panel a model. Lengths are not all that "
        "differs between tasks.",
        "A panel a model: score of each task against the median number of words of its texts, a line for each family",
    ),
}


def published_section() -> str:
    """The published figures and tables as a piece of a page, in Markdown; each question with what r answers."""
    timed = {f"published-time-{family}": (f"seconds_{family}", family) for family in FAMILIES}
    sources = {f"published-source-{one}-{other}": (one, other) for one, other in SOURCES}
    parts = {
        "## Does a slower model score higher?": (
            ["published-time", *timed, "published-times"],
            timed.values(),
            published.TIMES,
        ),
        "## Does one source tell what another will say?": ([*sources, "published-sources"], sources.values(), ""),
        "## Does one family tell what another will say?": (["published-families"], combinations(FAMILIES, 2), ""),
    }
    lines = []
    for heading, (names, columns, note) in parts.items():
        lines += [
            heading,
            answer(scatter.of_published(), columns, note),
            *(PUBLISHED[name].html(name) for name in names),
        ]
    return "\n\n".join(lines) + "\n"


def answer(frame: pd.DataFrame, columns: Iterable[tuple[str, str]], note: str = "") -> str:
    """Whether columns go together, over several pairs of them, as HTML: by the intervals of r, and never by r alone.

    It is asked of all models, and once more of the contrastive ones: two groups far apart make an r by themselves.
    """
    columns = list(columns)
    alone = contrastive_alone(frame.rename(columns={"group": "bucket"}))
    among = f"Among the {len(alone)} contrastive models alone: {_answered(alone, columns)}"
    return f"<p>{_answered(frame, columns)} {among}{note and f' {note}'}</p>"


WORDS = {  # (some are above 0, some are below it) → answer, where not all are
    (True, False): "In part",
    (False, True): "In part, the other way",
    (True, True): "Some yes, some the other way",
    (False, False): "Not seen",
}


def _answered(frame: pd.DataFrame, columns: list[tuple[str, str]]) -> str:
    found = [pearson(there[x], there[y]) for x, y in columns if len(there := frame.dropna(subset=[x, y]))]
    known = [one for one in found if one.low is not None]
    if not known:
        return "<b>Too few models to say.</b>"
    above, below = sum(one.low > 0 for one in known), sum(one.high < 0 for one in known)
    whole = {above: "Yes", below: "No, the other way"}.get(len(known))
    low, high = (tables.decimal(pick(one.r for one in known)) for pick in (min, max))
    fewest, most = (pick(one.n for one in known) for pick in (min, max))
    return (
        f"<b>{whole or WORDS[above > 0, below > 0]}.</b> Of {len(columns)} correlations over {_span(fewest, most)} models {above} are above 0 by "
        f"their 95 % interval and {below} below it{_without(len(columns) - len(known))}; r is {low} to {high}."
    )


def _without(count: int) -> str:
    return f", {count} {'has' if count == 1 else 'have'} too few models for one" if count else ""


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
