"""The numbers that the paper published, as read off its figures, and what must stand under every table of them."""

from functools import lru_cache
from html import escape
from pathlib import Path

import pandas as pd

from medte.report import tables
from medte.tasks.catalogue import benchmark_tasks

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
COLUMNS = {
    "classification": "Classi\u00adfication",
    "clustering": "Clus\u00adtering",
    "pair_classification": "Pairs",
    "retrieval": "Retrieval",
    "avg_task_types": "Mean",
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


def table() -> str:
    """The published means as HTML, in percent, best first."""
    frame = published().sort_values("avg_task_types", ascending=False)
    best = frame[list(COLUMNS)].max()
    rows = []
    for _, row in frame.iterrows():
        cells = []
        for column in COLUMNS:
            text = tables.percent(None if pd.isna(row[column]) else row[column], 1 if column == "avg_task_types" else 0)
            cells.append(f"<b>{text}</b>" if row[column] == best[column] else text)
        name = f'{short(row["model"])}<br><span class="interval">{GROUP_TITLE[row["bucket"]]}</span>'
        rows.append([name, *cells])
    return tables.html(["Model", *COLUMNS.values()], rows, CAVEATS)


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
