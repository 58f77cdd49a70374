"""From one number of a table back to its texts: the result file, the items that went wrong worst, where their texts come from.

Nothing is computed or built that is not there. Of a run on clinical notes no text, name or date is shown: only where it lies.
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from medte import guard
from medte.curation.shelf import Shelf
from medte.edition import inputs_digest
from medte.errors import MedteError
from medte.evaluation.evaluate import tasks_of, texts_by_role
from medte.evaluation.stale import why_stale
from medte.evaluation.statistics import Estimate, Scores
from medte.evaluation.store import Result, Store
from medte.evaluation.worst import worst
from medte.finished import Edition
from medte.manifest import unseal
from medte.models.load import load
from medte.models.registry import Entry, entry
from medte.profile import load_profile
from medte.records import Record
from medte.run import Run
from medte.tasks.build import TaskData
from medte.tasks.card import COLUMNS
from medte.tasks.catalogue import MERGED, Task
from medte.tasks.catalogue import task as find_task

WIDTH, ID_WIDTH = 200, 60  # characters of a text and of a name that are shown
NAMED = 3  # records that are named where several hold a text


@dataclass(frozen=True)
class Origin:
    """Where one text of an item comes from. `place` alone is filled where the text may not be shown."""

    place: str  # row and column of the task's file
    unit: str | None = None
    records: tuple[str, ...] = ()  # ids: those that hold the text, or all of its document where none does
    source: str | None = None
    licences: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    text: str | None = None  # its beginning


@dataclass(frozen=True)
class Item:
    """One item that went wrong: its number in the result, from 0, how it went wrong, and its texts."""

    number: int
    wrong: str
    origins: list[Origin]


@dataclass(frozen=True)
class Trace:
    """A result and what is behind it; `stale` holds the reasons for which it is no longer what an evaluation would give.

    The interval is of this task's documents alone and drawn for it: its ends may differ from a table's by a digit.
    """

    result: Result
    estimate: Estimate
    file: Path
    stale: list[str]
    items: list[Item]


def trace(run: Run, model: str, task: str, count: int = 10) -> Trace:
    """The result of a model on a task with its `count` worst items, from what the run has on disk.

    MedteError for an unknown model or task, a task that the edition lacks, and where there is no result yet, or only one
    of an earlier form, which does not say what code made it.
    """
    model = run.added.reference(model)
    asked, wanted = entry(model), find_task(task)
    edition, store = Edition(run.folders.edition), Store(run.folders.results)
    data = edition.task_data(wanted.name)
    result = store.latest(asked.name, wanted.name)
    if result is None or "code" not in result:
        raise MedteError(_no_result(run, edition, model, wanted))
    stale = _stale(run, edition, model, result)
    items = []
    if result["data"] == edition.tasks[wanted.name]["hash"]:
        rows, wrong = item_rows(data), worst(data, result["items"], count)
        origins = _origins(run, edition, data, [rows[number] for number, _ in wrong])
        items = [Item(number, said, texts) for (number, said), texts in zip(wrong, origins, strict=True)]
    scores = Scores([result], run.profile.bootstrap, run.profile.data.seed)
    return Trace(result, scores.mean(asked.name, [wanted.name]), store.path(asked.name, wanted.name), stale, items)


def item_rows(data: TaskData) -> list[int]:
    """The row of the task's data behind each item of a result, in the items' order; of a merged query its first row."""
    rows = data.rows.reset_index(drop=True)
    if data.task.family == "classification":
        rows = rows[rows["split"] == "test"]
    elif data.task.variant == MERGED and data.task.family == "retrieval":
        rows = rows.drop_duplicates("query")
    return rows.index.tolist()


def _no_result(run: Run, edition: Edition, model: str, task: Task) -> str:
    profile = run.profile
    if task not in tasks_of(profile, edition):
        return f"the profile {profile.name} does not score {task.name}, which is not of {profile.benchmark}; name a profile whose `scored` is built"
    command = f"medte evaluate --profile {profile.name} --model {model} --family {task.family}"
    return f"{model} has no result of today's form on {task.name} in the profile {profile.name}; `{command}` makes it"


def _stale(run: Run, edition: Edition, model: str, result: Result) -> list[str]:
    """Why the result is not what the next evaluation would use, reason by reason; empty where it is."""
    reasons, revision = [], None
    if edition.manifest["inputs"] != inputs_digest(run.profile):
        reasons.append("the edition was built with other sources, code or settings than there are now")
    try:
        revision = _revision(run, edition, model)
    except MedteError as error:
        reasons.append(f"whether the model is the same cannot be told: {error}")
    why = why_stale(result, edition, revision)
    return [*reasons, why] if why else reasons


def _revision(run: Run, edition: Edition, model: str) -> str:
    """The revision that the model has now; a model that was not trained yet is not trained for this."""

    def folder(trained: Entry) -> Path:
        own = trained.profile == run.profile.name
        return (run.folders if own else guard.folders(load_profile(trained.profile))).model(trained.variant)

    def corpus() -> list[str]:
        return sorted({text for texts in texts_by_role(run.profile, edition).values() for text in texts})

    return load(model, run.profile.encoding, seed=run.profile.data.seed, corpus=corpus, trained=folder).revision


def _origins(run: Run, edition: Edition, data: TaskData, rows: list[int]) -> list[list[Origin]]:
    """The origins of the texts of each row, in the order of the task's columns."""
    columns, hidden = COLUMNS[data.task.family], guard.credentialed(run.profile) is not None
    places = [[_place(edition, data, row, column) for column in columns] for row in rows]
    if hidden:
        return [[Origin(place) for place in of_row] for of_row in places]
    wanted = data.rows.iloc[rows]
    records = _records(edition, data.task.source, wanted, columns)
    return [
        [_origin(data.task, place, row, column, records) for place, column in zip(of_row, columns, strict=True)]
        for of_row, (_, row) in zip(places, wanted.iterrows(), strict=True)
    ]


def _place(edition: Edition, data: TaskData, row: int, column: str) -> str:
    return f"{column} of row {row} of {edition.folder / 'tasks' / data.task.name}.parquet"


def _records(edition: Edition, source: str, rows: pd.DataFrame, columns: list[str]) -> list[Record]:
    """The source's records that are of the rows' documents, or have one of their texts."""
    folder = edition.folder / "records" / source
    if unseal(folder) is None:
        raise MedteError(f"{folder}, from which the tasks were built, is gone; delete {edition.folder} and build again")
    units, texts = set(rows["unit"]), {text for column in columns for text in rows[column]}
    return [
        record
        for record in Shelf(folder).kept()
        if record.document in units or not texts.isdisjoint(record.texts.values())
    ]


def _origin(task: Task, place: str, row: pd.Series, column: str, records: Iterable[Record]) -> Origin:
    """Where one text comes from; the second text of a negative is of another document, unless it is a wrong option."""
    text = row[column]
    foreign = column == "sentence2" and row["label"] == 0 and task.build["kind"] != "options"
    own = [record for record in records if record.document == row["unit"] and not foreign]
    holding = [record for record in own if any(text in value or value in text for value in record.texts.values())]
    found = holding or own or [record for record in records if text in record.texts.values()]
    return Origin(
        place,
        unit=found[0].document if found else None,
        records=tuple(record.id for record in found),
        source=found[0].source if found else None,
        licences=tuple(sorted({record.licence for record in found})),
        dates=tuple(sorted({record.date for record in found if record.date})),
        text=textwrap.shorten(text, WIDTH, placeholder=" …"),
    )


def screen(found: Trace) -> str:
    """A trace as lines for a terminal."""
    result, about = found.result, found.estimate
    versions = ", ".join(f"{name} {version}" for name, version in sorted(result["versions"].items()))
    lines = [f"STALE: {reason}" for reason in found.stale]
    lines += [
        f"{result['model']} on {result['task']}: {result['metric']} {result['value']:.4f}",
        f"interval  {about.low:.4f} to {about.high:.4f} (95 %, over {len(set(result['units'])):,} documents)",
        f"file      {found.file}",
        f"key       {result['key']}, seed {result['seed']}, code {result['code']}, {result['measured']['date']}",
        f"data      {result['edition']} edition, hash {result['data']}",
        f"model     revision {result['model_revision']}",
        f"versions  {versions}",
        "",
        f"the {len(found.items)} worst of {len(result['units']):,} items"
        if found.items
        else "no item went wrong, or none can be shown",
    ]
    for item in found.items:
        lines += ["", f"item {item.number}: {item.wrong}"]
        for origin in item.origins:
            lines += [f"  {line}" for line in _origin_lines(origin)]
    return "\n".join(lines)


def _origin_lines(origin: Origin) -> list[str]:
    if origin.text is None:
        return [f"{origin.place} (clinical notes are not shown)"]
    if not origin.records:
        return [f"“{origin.text}”", f"  {origin.place}; no record of its source holds it word for word"]
    named = ", ".join(textwrap.shorten(name, ID_WIDTH, placeholder=" …") for name in origin.records[:NAMED])
    more = f" and {len(origin.records) - NAMED} more" if len(origin.records) > NAMED else ""
    unit = textwrap.shorten(origin.unit, ID_WIDTH, placeholder=" …")
    dates = " to ".join(dict.fromkeys([origin.dates[0], origin.dates[-1]])) if origin.dates else "no date"
    about = [origin.source, f"document {unit}", f"record {named}{more}", ", ".join(origin.licences), dates]
    return [f"“{origin.text}”", f"  {' · '.join(about)}", f"  {origin.place}"]
