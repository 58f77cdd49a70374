"""Task data as genuine mteb tasks: mteb's own classes and scores, with rows that come from an edition."""

from collections.abc import Callable

import numpy as np
from datasets import Dataset, DatasetDict
from mteb.abstasks import AbsTaskClassification, AbsTaskClusteringLegacy, AbsTaskPairClassification, AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata

from medte.tasks.build import TaskData
from medte.tasks.catalogue import MAIN_SCORE, Task

MTEB_TYPE = {
    "classification": "Classification",
    "clustering": "Clustering",
    "pair_classification": "PairClassification",
    "retrieval": "Retrieval",
}


def _metadata(task: Task, edition: str, revision: str) -> TaskMetadata:
    return TaskMetadata(
        name=task.name,
        dataset={"path": f"medte/{edition}/{task.name}", "revision": revision},
        description=f"MedEval, {edition} edition, {task.source}: {task.definition}",
        type=MTEB_TYPE[task.family],
        category="t2t" if task.family in ("retrieval", "pair_classification") else "t2c",
        modalities=["text"],
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score=MAIN_SCORE[task.family],
        domains=["Medical", "Written"],
        bibtex_citation="",
    )


class _FromEdition:
    """Loads its rows with the function it was made with, at the first use, and sets no network to work."""

    def __init__(self, rows: Callable[[], TaskData], **kwargs):
        super().__init__(**kwargs)
        self._rows = rows

    def load_data(self, num_proc: int | None = None, **kwargs) -> None:
        """Fill `self.dataset` with the rows of the edition."""
        if not self.data_loaded:
            self.dataset = self._dataset(self._rows())
            self.data_loaded = True


class Keeping:
    """Keeps what a model predicted in `predictions`, where mteb would write it to a file for us to read back."""

    def _save_task_predictions(self, predictions, model, prediction_folder, hf_split, hf_subset) -> None:
        self.predictions = predictions


class _Classification(_FromEdition, AbsTaskClassification):
    samples_per_label = 8
    n_experiments = 10

    def _calculate_scores(self, y_test, y_pred):
        """As mteb's, with the labels read once: each of its dozen metrics would read them row by row from the data set."""
        return super()._calculate_scores(np.asarray(y_test), y_pred)

    @staticmethod
    def _dataset(data: TaskData) -> DatasetDict:
        labels = sorted(data.rows["label"].unique())
        rows = data.rows.assign(label=data.rows["label"].map(labels.index))
        return DatasetDict(
            {
                name: Dataset.from_pandas(part[["text", "label"]], preserve_index=False)
                for name, part in rows.groupby("split")
            }
        )


class _Clustering(_FromEdition, AbsTaskClusteringLegacy):
    @staticmethod
    def _dataset(data: TaskData) -> DatasetDict:
        row = {"sentences": [data.rows["text"].tolist()], "labels": [data.rows["label"].tolist()]}
        return DatasetDict({"test": Dataset.from_dict(row)})


class _PairClassification(_FromEdition, AbsTaskPairClassification):
    @staticmethod
    def _dataset(data: TaskData) -> DatasetDict:
        rows = data.rows.rename(columns={"label": "labels"})[["sentence1", "sentence2", "labels"]]
        return DatasetDict({"test": Dataset.from_pandas(rows, preserve_index=False)})


class _Retrieval(_FromEdition, AbsTaskRetrieval):
    @staticmethod
    def _dataset(data: TaskData) -> dict:
        judged = data.judgements()
        test = {
            "corpus": Dataset.from_dict({"id": judged.document_names, "text": judged.documents}),
            "queries": Dataset.from_dict({"id": judged.query_names, "text": judged.queries}),
            "relevant_docs": judged.relevant(),
            "top_ranked": None,
        }
        return {"default": {"test": test}}


_CLASSES = {
    "classification": _Classification,
    "clustering": _Clustering,
    "pair_classification": _PairClassification,
    "retrieval": _Retrieval,
}


def mteb_task(task: Task, edition: str, revision: str, rows: Callable[[], TaskData], *kinds: type):
    """A fresh mteb task. Make one for each model: mteb's objects keep random state from one call to the next.

    `revision` is the hash of the data, so that mteb's cache never gives a score of other rows. `kinds` are further base
    classes, such as `Keeping`.
    """
    kind = type(task.name, (*kinds, _CLASSES[task.family]), {"metadata": _metadata(task, edition, revision)})
    return kind(rows=rows)
