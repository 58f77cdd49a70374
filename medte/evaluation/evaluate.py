"""Models × tasks → result files. mteb scores; each distinct text is encoded once for a model; finished work is kept."""

import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from medte import paths
from medte.edition import Edition
from medte.evaluation.items import items_of, units_of, value
from medte.evaluation.store import Result, Store
from medte.manifest import code_digest, digest
from medte.models.embeddings import Vectors, embed
from medte.models.load import Encoder, load
from medte.models.registry import Entry
from medte.profile import Profile
from medte.tasks.build import TaskData
from medte.tasks.catalogue import MAIN_SCORE, Task, all_tasks, benchmark_tasks

CLASSIFICATION_DRAWS = 10
VERSIONS = ("mteb", "numpy", "scikit-learn", "sentence-transformers", "torch", "transformers")


def tasks_of(profile: Profile, edition: Edition, family: str | None = None) -> list[Task]:
    """The tasks that the profile scores and the edition could build, of one family or of all."""
    wanted = all_tasks() if profile.scored == "built" else benchmark_tasks(profile.benchmark)
    return [task for task in wanted if task.name in edition.tasks and family in (None, task.family)]


def _texts(profile: Profile, edition: Edition) -> list[str]:
    """Every text that the profile's tasks need, each once, in alphabetical order."""
    return sorted({text for task in tasks_of(profile, edition) for text in edition.task_data(task.name).texts()})


def result_key(task: Task, edition: Edition, revision: str, profile: Profile) -> str:
    """A digest of all that decides a result: data, weights and settings of the encoder, protocol, versions, this code."""
    here = paths.PACKAGE
    code = [
        here / "evaluation" / "evaluate.py",
        here / "evaluation" / "items.py",
        here / "tasks" / "judgements.py",
        here / "tasks" / "mteb_tasks.py",
        here / "models",
    ]
    return digest(
        [task.name, edition.tasks[task.name]["hash"], revision, profile.protocol, _versions(), code_digest(*code)]
    )


def _versions() -> dict[str, str]:
    return {package: version(package).split("+")[0] for package in VERSIONS}


def evaluate(
    profile: Profile,
    edition: Edition,
    folders: paths.RunFolders,
    *,
    trained: Callable[[Entry], Path],
    family: str | None = None,
    models: Iterable[str] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[Result]:
    """The results of the profile's models on its tasks (of one family, or of all); what is there is not done again.

    `trained` gives the folder of a model that a profile's run trains; `say` gets a line for each step. An interrupted
    call leaves whole results, and the next goes on after them.
    """
    store = Store(folders.results)
    tasks = tasks_of(profile, edition, family)
    results = []
    for name in models or profile.models:
        encoder = load(
            name,
            profile.encoding,
            seed=profile.data.seed,
            corpus=lambda: _texts(profile, edition),
            trained=trained,
        )
        keys = {task.name: result_key(task, edition, encoder.revision, profile) for task in tasks}
        found = {task.name: store.get(name, task.name, keys[task.name]) for task in tasks}
        left = [task for task in tasks if found[task.name] is None]
        say(f"{name}: {len(tasks) - len(left)} of {len(tasks)} results are there")
        if left:
            start = time.monotonic()
            vectors = embed(
                encoder, _texts(profile, edition), folders.embeddings / name, partial(_say_texts, say, name)
            )
            say(f"{name}: encoded in {time.monotonic() - start:.0f} s")
            for number, task in enumerate(left, start=1):
                start = time.monotonic()
                result = score(task, edition, name, encoder, vectors) | {
                    "key": keys[task.name],
                    "protocol": profile.protocol,
                }
                store.put(result | {"measured": _measured(time.monotonic() - start)})
                found[task.name] = store.get(name, task.name, keys[task.name])
                say(f"{name}: {number} of {len(left)} · {task.name} {result['value']:.3f}")
        results += [found[task.name] for task in tasks]
    return results


def _say_texts(say: Callable[[str], None], name: str, done: int, total: int) -> None:
    say(f"{name}: {done:,} of {total:,} texts encoded")


def score(task: Task, edition: Edition, name: str, encoder: Encoder, vectors: Vectors) -> Result:
    """The result of one model on one task, without its key: mteb's scores, and the items they come from."""
    import datasets
    import mteb

    from medte.tasks.mteb_tasks import mteb_task

    datasets.disable_progress_bars()
    data = edition.task_data(task.name)
    revision = edition.tasks[task.name]["hash"]
    fresh = mteb_task(task, edition.name, revision, lambda: data)
    with tempfile.TemporaryDirectory() as folder:
        answer = mteb.evaluate(
            _stored_encoder(name, encoder.revision, vectors), fresh, cache=None, co2_tracker=False,
            show_progress_bar=False, prediction_folder=folder, encode_kwargs={"batch_size": 4096, "show_progress_bar": False},
        )  # fmt: skip
        scores = answer.task_results[0].scores["test"][0]
        (file,) = Path(folder).rglob("*_predictions.json")
        predictions = json.loads(file.read_text(encoding="utf-8"))["default"]["test"]
    items = items_of(data, predictions)
    numbers = {key: float(number) for key, number in scores.items() if isinstance(number, (int, float, np.floating))}
    result = {
        "edition": edition.name,
        "model": name,
        "model_revision": encoder.revision,
        "task": task.name,
        "family": task.family,
        "source": task.source,
        "metric": MAIN_SCORE[task.family],
        "value": numbers["main_score"],
        "scores": {key: round(number, 6) for key, number in numbers.items() if not np.isnan(number)},
        "counts": _counts(data),
        "seed": fresh.seed,
        "data": revision,
        "versions": _versions(),
        "items": items,
        "units": units_of(data),
    }
    ours = value(task.family, items)
    if abs(ours - result["value"]) > 1e-3:
        raise AssertionError(f"{task.name}: mteb says {result['value']:.5f}, its items give {ours:.5f}")
    return result


def _counts(data: TaskData) -> dict[str, int]:
    rows = data.rows
    counts = {"rows": len(rows), "units": int(rows["unit"].nunique())}
    if "label" in rows:
        counts["classes"] = int(rows["label"].nunique())
    if data.task.family == "classification":
        counts |= {"train": int((rows["split"] == "train").sum()), "test": int((rows["split"] == "test").sum())}
        counts["draws"] = CLASSIFICATION_DRAWS
    return counts


def _measured(seconds: float) -> dict:
    """What differs from run to run: how long scoring took, where and when."""
    return {
        "scoring_seconds": round(seconds, 3),
        "machine": f"{platform.machine()}, {platform.system()}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _stored_encoder(name: str, revision: str, vectors: Vectors):
    """An mteb encoder that looks up the vectors made beforehand."""
    from mteb.models.abs_encoder import AbsEncoder
    from mteb.models.model_meta import ModelMeta, ScoringFunction

    class Stored(AbsEncoder):
        def __init__(self):
            about = {"name": f"medte/{name}", "revision": revision, "similarity_fn_name": ScoringFunction.COSINE}
            self.mteb_model_meta = ModelMeta.create_empty(about)

        def encode(self, inputs, **kwargs) -> np.ndarray:
            return vectors.of(text for batch in inputs for text in batch["text"])

    return Stored()
