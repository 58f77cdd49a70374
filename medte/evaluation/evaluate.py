"""Models × tasks → result files. Each distinct text is encoded once for a model; finished work is kept, and may be shared out."""

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    """The tasks that the profile scores and the edition could build, of one family or of all; of an edition with tasks of
    its own, those."""
    wanted = edition.own_tasks or (all_tasks() if profile.scored == "built" else benchmark_tasks(profile.benchmark))
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
    profile's run trains; `say` gets a line for each step. An `engine` with workers encodes shards of texts and scores
    tasks side by side, the shards of one model beside the last tasks of the model before it, with the same files in the
    end but for `measured`. An interrupted call leaves whole results, and the next goes on after them.
    """
    store, engine = Store(folders.results), engine or Engine()
    found: dict[tuple[str, str], Result | None] = {}  # by model and task, in their order
    left: dict[str, int] = {}  # how many tasks a model still lacks

    def units() -> Iterator[tuple]:
        for reference in models or profile.models:
            asked = entry(reference)
            name = asked.name
            tasks = [task for task in tasks_of(profile, edition, family) if asked.does(task.family)]
            encoder, plan = planned(profile, edition, folders, reference, trained, say)
            keys = {task.name: _key(task, edition, encoder, plan) for task in tasks}
            found.update({(name, task.name): store.get(name, task.name, keys[task.name]) for task in tasks})
            missing = [task for task in tasks if found[name, task.name] is None]
            left[name] = len(missing)
            say(f"{name}: {len(tasks) - len(missing)} of {len(tasks)} results are there")
            model = _encoded(plan, name, say, engine) if plan and missing else encoder
            for task in missing:
                own = model.only(edition.task_data(task.name).texts_by_role()) if plan else model
                yield task, name, keys[task.name], own

    scored = Counter()
    for result in engine.map(_score, units(), (edition, threads())):
        name, task = result["model"], result["task"]
        store.put(result)
        found[name, task] = store.get(name, task, result["key"])
        scored[name] += 1
        say(f"{name}: {scored[name]} of {left[name]} · {task} {result['value']:.3f}")
    return list(found.values())


def planned(
    profile: Profile,
    edition: Edition,
    folders: paths.RunFolders,
    reference: str,
    trained: Callable[[Entry], Path],
    say: Say = lambda line: None,
) -> tuple[Encoder, Plan | None]:
    """A model, and where the vectors of all the profile's texts are or will be; None for one that searches without vectors.

    `say` gets a line for each step of a download.
    """
    encoder = load(
        reference, profile.encoding, seed=profile.data.seed, corpus=lambda: _corpus(profile, edition), trained=trained,
        say=say,
    )  # fmt: skip
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


def _score(unit: tuple[Task, str, str, Encoded | Encoder], shared: tuple[Edition, int]) -> Result:
    """The whole result of a model on one task: a unit of work that depends on no other."""
    task, name, key, model = unit
    edition, count = shared
    start = time.monotonic()
    use_threads(count)
    result = score(task, edition, name, model)
    return result | {"key": key, "measured": _measured(time.monotonic() - start)}


def _say_texts(say: Say, name: str, done: int, total: int) -> None:
    say(f"{name}: {done:,} of {total:,} texts encoded")


def _measured(seconds: float) -> dict:
    """What differs from run to run: how long scoring took, where and when."""
    return {
        "scoring_seconds": round(seconds, 3),
        "machine": f"{platform.machine()}, {platform.system()}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
