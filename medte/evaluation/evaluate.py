"""Models × tasks → result files. Each distinct text is encoded once for a model; finished work is kept, and may be shared out."""

import platform
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from medte import paths
from medte.edition import Edition
from medte.engine import Engine
from medte.evaluation.score import code, score, versions
from medte.evaluation.store import Result, Store
from medte.machine import threads, use_threads
from medte.manifest import digest
from medte.models.embeddings import Encoded, Plan
from medte.models.load import Encoder, load
from medte.models.registry import Entry, entry
from medte.profile import Profile
from medte.tasks.catalogue import Task, all_tasks, benchmark_tasks

Say = Callable[[str], None]


def tasks_of(profile: Profile, edition: Edition, family: str | None = None) -> list[Task]:
    """The tasks that the profile scores and the edition could build, of one family or of all."""
    wanted = all_tasks() if profile.scored == "built" else benchmark_tasks(profile.benchmark)
    return [task for task in wanted if task.name in edition.tasks and family in (None, task.family)]


def texts_by_role(profile: Profile, edition: Edition) -> dict[str, list[str]]:
    """Every text that the profile's tasks need, each once in a role, in alphabetical order."""
    found: dict[str, set[str]] = {}
    for task in tasks_of(profile, edition):
        for role, texts in edition.task_data(task.name).texts_by_role().items():
            found.setdefault(role, set()).update(texts)
    return {role: sorted(texts) for role, texts in sorted(found.items())}


def _corpus(profile: Profile, edition: Edition) -> list[str]:
    return sorted({text for texts in texts_by_role(profile, edition).values() for text in texts})


def result_key(task: Task, edition: Edition, revision: str, segments: Sequence[str]) -> str:
    """A digest of all that decides a result: data, weights and settings of the encoder, how texts were batched, versions, code."""
    return digest([task.name, edition.tasks[task.name]["hash"], revision, list(segments), versions(), code()])


def evaluate(
    profile: Profile,
    edition: Edition,
    folders: paths.RunFolders,
    *,
    trained: Callable[[Entry], Path],
    family: str | None = None,
    models: Iterable[str] | None = None,
    say: Say = lambda line: None,
    engine: Engine | None = None,
) -> list[Result]:
    """The results of the profile's models on its tasks (of one family, or of all); what is there is not done again.

    `models` are names of the registry, or folders of somebody's own. `trained` gives the folder of a model that a
    profile's run trains; `say` gets a line for each step. An `engine` with
    workers encodes shards of texts and scores tasks side by side, with the same files in the end but for `measured`. An
    interrupted call leaves whole results, and the next goes on after them.
    """
    store, engine = Store(folders.results), engine or Engine()
    results = []
    for reference in models or profile.models:
        asked = entry(reference)
        name = asked.name
        tasks = [task for task in tasks_of(profile, edition, family) if asked.does(task.family)]
        encoder, plan = planned(profile, edition, folders, reference, trained)
        keys = {task.name: _key(task, edition, encoder, plan) for task in tasks}
        found = {task.name: store.get(name, task.name, keys[task.name]) for task in tasks}
        left = [task for task in tasks if found[task.name] is None]
        say(f"{name}: {len(tasks) - len(left)} of {len(tasks)} results are there")
        if left:
            model = _encoded(plan, name, say, engine) if plan else encoder
            done = engine.map(_score, left, (edition, name, model, threads()))
            for number, (result, measured) in enumerate(done, start=1):
                result["key"] = keys[result["task"]]
                store.put(result | {"measured": measured})
                found[result["task"]] = store.get(name, result["task"], result["key"])
                say(f"{name}: {number} of {len(left)} · {result['task']} {result['value']:.3f}")
        results += [found[task.name] for task in tasks]
    return results


def planned(
    profile: Profile, edition: Edition, folders: paths.RunFolders, reference: str, trained: Callable[[Entry], Path]
) -> tuple[Encoder, Plan | None]:
    """A model, and where the vectors of all the profile's texts are or will be; None for one that searches without vectors."""
    encoder = load(
        reference, profile.encoding, seed=profile.data.seed, corpus=lambda: _corpus(profile, edition), trained=trained
    )
    if not hasattr(encoder, "encode"):
        return encoder, None
    return encoder, Plan(encoder, texts_by_role(profile, edition), folders.embeddings / entry(reference).name)


def _key(task: Task, edition: Edition, encoder: Encoder, plan: Plan | None) -> str:
    segments = plan.segments(edition.task_data(task.name).texts_by_role()) if plan else []
    return result_key(task, edition, encoder.revision, segments)


def _encoded(plan: Plan, name: str, say: Say, engine: Engine) -> Encoded:
    """The vectors of all the benchmark's texts."""
    start = time.monotonic()
    model = plan.encode(partial(_say_texts, say, name), engine)
    say(f"{name}: encoded in {time.monotonic() - start:.0f} s")
    return model


def _score(task: Task, what: tuple[Edition, str, Encoded | Encoder, int]) -> tuple[Result, dict]:
    """The result of one task, and what was measured while it was made."""
    start = time.monotonic()
    *about, count = what
    use_threads(count)
    result = score(task, *about)
    return result, _measured(time.monotonic() - start)


def _say_texts(say: Say, name: str, done: int, total: int) -> None:
    say(f"{name}: {done:,} of {total:,} texts encoded")


def _measured(seconds: float) -> dict:
    """What differs from run to run: how long scoring took, where and when."""
    return {
        "scoring_seconds": round(seconds, 3),
        "machine": f"{platform.machine()}, {platform.system()}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
