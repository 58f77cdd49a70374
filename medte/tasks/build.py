"""From a source's records to the data of a task: what its builder makes, its negatives, its variant's change.

The rows of a task:

- classification: split (train or test), text, label, unit
- clustering: text, label, unit
- pair classification: sentence1, sentence2, label (1 where they belong together), unit
- retrieval: query, document, unit; row i's query has row i's document as its one right answer. Of a merged task
  (`Merged`), a row is one judgement: a query may stand in several rows, and so may a document

`unit` is the document (page, article, question, patient) that the row comes from. Rows are drawn by a hash of the record that
they come from, so that the same records give the same task, whatever their order, and the tasks of a source share what
they draw: fewer distinct texts to encode.
"""

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from medte.records import Record
from medte.tasks.builders import BUILDERS
from medte.tasks.catalogue import MERGED, Task
from medte.tasks.judgements import Judgements, row_by_row, text_by_text
from medte.tasks.pairing import Mined, Mining, with_negatives
from medte.tasks.sampling import MINIMUM_TEST, MINIMUM_TRAIN, Limits
from medte.tasks.variants import CHANGES

MINIMUM_ROWS = 100  # texts, pairs or queries, below which a task is missing from an edition


@dataclass(frozen=True)
class TaskData:
    """The rows of one task, and what was left out of them by reason.

    `written_by` names who wrote a column of the task that its source does not have; `mined` says how the negatives of a
    pair task were found, where a miner found them.
    """

    task: Task
    rows: pd.DataFrame
    dropped: dict[str, int]
    written_by: str | None = None
    mined: Mined | None = None

    def missing(self) -> str | None:
        """Why this is too little to be a task, or None where it is enough."""
        if not len(self.rows) and "pair without a miner" in self.dropped:
            return "its negatives need a miner; name one in the profile, under data.negatives"
        if self.task.family == "classification" and len(self.rows):
            counts = self.rows.groupby(["label", "split"]).size()
            for label in sorted(self.rows["label"].unique()):
                train, test = int(counts.get((label, "train"), 0)), int(counts.get((label, "test"), 0))
                if train < MINIMUM_TRAIN or test < MINIMUM_TEST:
                    return f"class {label!r} has {train} + {test} texts; {MINIMUM_TRAIN} + {MINIMUM_TEST} are needed"
        wanted = self.task.build.get("classes")
        if wanted and self.task.family in ("classification", "clustering"):
            absent = sorted(set(wanted) - set(self.rows["label"] if len(self.rows) else []))
            if absent:
                return f"no texts for {', '.join(absent)}"
        items, kind = len(self.rows), "rows"
        if self.task.variant == MERGED:
            items, kind = self.rows["query"].nunique(), "queries"
        return f"{items} {kind}; {MINIMUM_ROWS} are needed" if items < MINIMUM_ROWS else None

    def texts_by_role(self) -> dict[str, list[str]]:
        """Every text of the task that is embedded, by its role: "query" and "document", or the task's family."""
        if self.task.family == "retrieval":
            return {role: self.rows[role].tolist() for role in ("query", "document")}
        columns = ["sentence1", "sentence2"] if self.task.family == "pair_classification" else ["text"]
        return {self.task.family: [text for column in columns for text in self.rows[column]]}

    def texts(self) -> list[str]:
        """Every text of the task that is embedded, in the order of columns and rows."""
        return [text for texts in self.texts_by_role().values() for text in texts]

    def judgements(self) -> Judgements:
        """Which documents are right for which queries of a retrieval task, both in the order of rows."""
        return text_by_text(self.rows) if self.task.variant == MERGED else row_by_row(self.rows)


def _written_by(task: Task, records: list[Record], units: set[str]) -> str | None:
    """Who wrote the task's columns for the documents in it, in alphabetical order; None where all are the source's own."""
    writers = {
        record.facts.get("written_by", {}).get(column)
        for record in records
        if record.document in units
        for column in task.build.get("columns", [])
    }
    return ", ".join(sorted(writers - {None})) or None


def build(task: Task, records: list[Record], limits: Limits, mining: Mining | None = None) -> TaskData:
    """The data of one task from its source's evaluation records; the catalogue's own cap holds as well as `limits`.

    The negatives of a pair task are found as `mining` says; where it is None, they are siblings drawn by hash, and the
    variants that need a miner have no rows.
    """
    dropped: Counter = Counter()
    rows, mined = BUILDERS[task.build["kind"]](task, records, limits, dropped), None
    if task.build["kind"] == "columns" and task.family == "pair_classification":
        rows, mined = with_negatives(task, rows, mining, dropped)
    if change := CHANGES.get((task.variant, task.family)):
        rows = change(task, rows, dropped)
    written_by = _written_by(task, records, set(rows["unit"]))
    left_out = {reason: n for reason, n in sorted(dropped.items()) if n}
    return TaskData(task, rows.reset_index(drop=True), left_out, written_by, mined)
