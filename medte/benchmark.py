"""MedEval for people who know mteb: its tasks and benchmarks, for an edition that is built at first use."""

from medte import guard
from medte.edition import Edition, build
from medte.errors import MedteError
from medte.profile import load_profile
from medte.tasks.catalogue import Task, benchmark_tasks
from medte.tasks.catalogue import task as find_task
from medte.tasks.mteb_tasks import mteb_task


def _edition(name: str) -> Edition:
    profile = load_profile(name)
    return build(profile, guard.folders(profile).edition)


def get_task(name: str, edition: str = "mini"):
    """A fresh mteb task; MedteError for an unknown name, or a task that the edition lacks.

    `edition` is the name of a profile: "mini" is bundled, "open" is real text, from the folder that `MEDTE_MIRROR` names or fetched.
    """
    return _task(find_task(name), _edition(edition))


def _task(entry: Task, built: Edition):
    if entry.name not in built.tasks:
        raise MedteError(f"{entry.name} is missing from the {built.name} edition: {built.why_missing(entry.name)}")
    return mteb_task(entry, built.name, built.tasks[entry.name]["hash"], lambda: built.task_data(entry.name))


def get_benchmark(name: str = "MedEval", edition: str = "mini"):
    """An `mteb.Benchmark`: "MedEval" (51 tasks; also "MedTEB", the authors' name), "MedEval-all" (77), "MedEval-corrected" (51).

    Tasks that an edition lacks are left out, and the description says which and why.
    """
    import mteb

    built = _edition(edition)
    wanted = benchmark_tasks(name)
    lacking = [entry.name for entry in wanted if entry.name not in built.tasks]
    return mteb.Benchmark(
        name=f"{name} ({edition})",
        tasks=[_task(entry, built) for entry in wanted if entry.name not in lacking],
        description=f"{len(wanted) - len(lacking)} of {len(wanted)} tasks of the {edition} edition. "
        + "; ".join(f"{task} is missing: {built.why_missing(task)}" for task in lacking),
        reference="https://arxiv.org/abs/2507.19407",
        citation="",
    )
