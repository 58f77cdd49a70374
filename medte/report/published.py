"""The numbers that the paper published, as read off its figures, and what must stand under every table of them."""

from functools import lru_cache
from html import escape
from pathlib import Path

import pandas as pd

from medte.report import tables
from medte.tasks.catalogue import FAMILIES, benchmark_tasks

GROUP_TITLE = {
    "medical_contrastive": "medical, contrastive",
    "medical_non_contrastive": "medical, not contrastive",
    "non_medical_contrastive": "general, contrastive",
    "non_medical_non_contrastive": "general, not contrastive",
}
CAVEATS = (
    "Published, not measured here: read off the paper's vector figures, exact to the two decimals they were plotted "
    "with (three for the mean). Which model a point belongs to was read from the order of rows within a group. They "
    "show the state of May 2025; no spread and no value of a single task is known."
)
BRIEF = "Read off the paper's figures to two decimals, not measured here."
MEAN = "avg_task_types"  # the plain mean of the four families' means
TIMES = "Times mix machines and are not comparable."
TASKS_OF = {"source_pubmed": "pubmed", "source_mimic_iv": "mimic_iv", "source_wikipedia": "wikipedia"}
COLUMNS = {
    "classification": "Classi\u00adfication",
    "clustering": "Clus\u00adtering",
    "pair_classification": "Pairs",
    "retrieval": "Retrieval",
    MEAN: "Mean",
    "source_pubmed": "PubMed",
    "source_mimic_iv": "MIMIC-IV",
    "source_wikipedia": "Wikipedia",
}


@lru_cache
def published() -> pd.DataFrame:
    """17 models × families, their mean, three sources and times in seconds; scores between 0 and 1."""
    return pd.read_csv(Path(__file__).parent / "published_results.csv")


def short(model: str) -> str:
    """A published model's name without its owner, as HTML."""
    return escape(model.rpartition("/")[2])


def column_name(column: str) -> str:
    """A published column's title for a sentence, without places to break it."""
    return COLUMNS[column].replace("\u00ad", "")


def digits(column: str) -> int:
    """The decimals of a percentage that the column was published with."""
    return 1 if column == MEAN else 0


def rounding(column: str) -> float:
    """Half of the column's last published decimal: a published value stands for all within it."""
    return 0.005 / 10 ** digits(column)


def table() -> str:
    """The published means as HTML, in percent, best first."""
    frame = published().sort_values(MEAN, ascending=False)
    best = frame[list(COLUMNS)].max()
    rows = []
    for _, row in frame.iterrows():
        cells = []
        for column in COLUMNS:
            text = tables.percent(None if pd.isna(row[column]) else row[column], digits(column))
            cells.append(f"<b>{text}</b>" if row[column] == best[column] else text)
        rows.append([_name(row), *cells])
    return tables.html(["Model", *COLUMNS.values()], rows, f"Percent. Bold: best. {CAVEATS}")


def sources() -> str:
    """The published means over three sources' tasks as HTML, in percent, with the model's place among the 17."""
    frame = published().sort_values(MEAN, ascending=False)
    places = frame[list(TASKS_OF)].rank(ascending=False, method="min")
    rows = []
    for number, row in frame.iterrows():
        cells = [
            tables.MISSING
            if pd.isna(row[column])
            else f'{tables.percent(row[column], 0)} <span class="interval">{places.loc[number, column]:.0f}.</span>'
            for column in TASKS_OF
        ]
        rows.append([_name(row), *cells])
    wanted = [task.source for task in benchmark_tasks("MedEval")]
    header = [f"{COLUMNS[column]} <small>{wanted.count(source)}</small>" for column, source in TASKS_OF.items()]
    note = "In the head the number of tasks, small in the cells the place among those that are known."
    return tables.html(["Model", *header], rows, f"Percent. {CAVEATS} {note}")


def times() -> str:
    """The published times by family as HTML, in seconds, fastest first."""
    columns = [f"{family}_time_s" for family in FAMILIES]
    frame = published().sort_values("avg_time_s")
    rows = [[_name(row), *(f"{row[column]:.1f}" for column in (*columns, "avg_time_s"))] for _, row in frame.iterrows()]
    header = ["Model", *(COLUMNS[family] for family in FAMILIES), "Mean"]
    return tables.html(header, rows, f"Seconds, mean over the tasks of a family and over all tasks. {TIMES} {CAVEATS}")


def pairs_floor() -> float:
    """The F1 of calling every pair right, over the 51's pair tasks: one of four options is right, half of the rest."""
    tasks = [task for task in benchmark_tasks("MedEval") if task.family == "pair_classification"]
    shares = [0.25 if task.build["kind"] == "options" else 0.5 for task in tasks]
    return sum(2 * share / (1 + share) for share in shares) / len(shares)


def pairs_above_floor(frame: pd.DataFrame) -> str:
    """How far the published means of pair classification are above their floor, as HTML."""
    floor, values = pairs_floor(), frame["pair_classification"].sort_values(ascending=False)
    first, second, last = values.iloc[0], values.iloc[1], values.iloc[-1]
    return (
        f"<p>Published: calling every pair right scores {tables.percent(floor)} on the pair tasks. The best of "
        f"{len(values)} models has {tables.percent(first, 0)}, the other {len(values) - 1} lie between "
        f"{tables.percent(last, 0)} and {tables.percent(second, 0)}, within {tables.percent(second - floor)} points of "
        "that floor.</p>"
    )


def _name(row: pd.Series) -> str:
    return f'{short(row["model"])}<br><span class="interval">{GROUP_TITLE[row["bucket"]]}</span>'
