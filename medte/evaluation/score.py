"""The result of one model on one task: mteb's scores, from vectors that were made beforehand, and the items they come from."""

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from importlib.metadata import version

import numpy as np
from threadpoolctl import threadpool_limits

from medte import paths
from medte.edition import Edition
from medte.evaluation.draws import further_assignments
from medte.evaluation.items import items_of, units_of, value
from medte.evaluation.store import Result
from medte.manifest import code_digest
from medte.models.embeddings import CODE, Encoded
from medte.tasks.build import TaskData
from medte.tasks.catalogue import MAIN_SCORE, Task

CLASSIFICATION_DRAWS = 10
CLUSTERING_DRAWS = 5  # the published one, and four beside it
VERSIONS = ("mteb", "numpy", "scikit-learn", "sentence-transformers", "torch", "transformers")
AGREES = 1e-3  # how far mteb's value and that of its items may be apart: mteb rounds similarities


@lru_cache
def code() -> str:
    """A digest of the code that decides a score."""
    here, tasks = paths.PACKAGE / "evaluation", paths.PACKAGE / "tasks"
    own = [here / name for name in ("score.py", "items.py", "draws.py")]
    return code_digest(*own, tasks / "judgements.py", tasks / "mteb_tasks.py", *CODE)


@lru_cache
def versions() -> dict[str, str]:
    """The versions of the libraries that decide a score."""
    return {package: version(package).split("+")[0] for package in VERSIONS}


def score(task: Task, edition: Edition, name: str, model: Encoded) -> Result:
    """The result of the model called `name` on one task of an edition, without its key.

    `model` is the vectors of the task's texts, or what mteb can search with itself. AssertionError where the value that
    follows from the items is not mteb's.
    """
    import datasets
    import mteb

    from medte.tasks.mteb_tasks import Keeping, mteb_task

    datasets.disable_progress_bars()
    data = edition.task_data(task.name)
    revision = edition.tasks[task.name]["hash"]
    fresh = mteb_task(task, edition.name, revision, lambda: data, Keeping)
    further = ()
    with _threads(task):
        answer = mteb.evaluate(
            _stored(name, model, task) if isinstance(model, Encoded) else model, fresh, cache=None, co2_tracker=False,
            show_progress_bar=False, prediction_folder="kept in memory", encode_kwargs={"batch_size": 4096, "show_progress_bar": False},
        )  # fmt: skip
        if task.family == "clustering":
            vectors = model.of(data.rows["text"], task.family)
            further = further_assignments(vectors, data.rows["label"].nunique(), CLUSTERING_DRAWS - 1)
    scores = answer.task_results[0].scores["test"][0]
    items = items_of(data, fresh.predictions, further)
    numbers = {key: float(number) for key, number in scores.items() if isinstance(number, (int, float, np.floating))}
    result = {
        "edition": edition.name,
        "model": name,
        "model_revision": model.revision,
        "task": task.name,
        "family": task.family,
        "source": task.source,
        "metric": MAIN_SCORE[task.family],
        "value": numbers["main_score"],
        "scores": {key: round(number, 6) for key, number in numbers.items() if not np.isnan(number)},
        "counts": _counts(data),
        "seed": fresh.seed,
        "data": revision,
        "versions": versions(),
        "code": code(),
        "items": items,
        "units": units_of(data),
    }
    ours = value(task.family, items)
    if abs(ours - result["value"]) > AGREES:
        raise AssertionError(f"{task.name}: mteb says {result['value']:.5f}, its items give {ours:.5f}")
    return result


def _threads(task: Task) -> AbstractContextManager:
    """One thread for the small fits of scikit-learn, which more threads only slow down; all of them for a search."""
    return threadpool_limits(1) if task.family in ("classification", "clustering") else nullcontext()


def _counts(data: TaskData) -> dict[str, int]:
    rows = data.rows
    counts = {"rows": len(rows), "units": int(rows["unit"].nunique())}
    if "label" in rows:
        counts["classes"] = int(rows["label"].nunique())
    if data.task.family == "classification":
        counts |= {"train": int((rows["split"] == "train").sum()), "test": int((rows["split"] == "test").sum())}
        counts["draws"] = CLASSIFICATION_DRAWS
    if data.task.family == "clustering":
        counts["draws"] = CLUSTERING_DRAWS
    return counts


def _stored(name: str, model: Encoded, task: Task):
    """An mteb encoder that looks up the vectors made beforehand."""
    from mteb.models.abs_encoder import AbsEncoder
    from mteb.models.model_meta import ModelMeta, ScoringFunction

    class Stored(AbsEncoder):
        def __init__(self):
            about = {"name": f"medte/{name}", "revision": model.revision, "similarity_fn_name": ScoringFunction.COSINE}
            self.mteb_model_meta = ModelMeta.create_empty(about)

        def encode(self, inputs, *, prompt_type=None, **kwargs) -> np.ndarray:
            role = prompt_type.value if prompt_type else task.family
            return model.of((text for batch in inputs for text in batch["text"]), role)

    return Stored()
