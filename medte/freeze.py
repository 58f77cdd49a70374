"""Freezing the mini edition: a version with its hash and its difficulty, set before any encoder that it judges is scored on it."""

from datetime import date
from typing import Any

from medte import paths
from medte.errors import MedteError
from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Scores
from medte.evaluation.store import Store
from medte.manifest import write_json
from medte.models.registry import entry
from medte.quality import assess
from medte.report.mini_card import versions
from medte.run import Run, Say

ALLOWED = {"random", "tfidf", "bm25", "static"}  # kinds of models that may be scored before the freeze
PATH = paths.recorded() / "mini-versions.json"


def freeze(run: Run, change: str, say: Say) -> dict[str, Any]:
    """Add a version: hash, what changed, the report. MedteError where the data are frozen already, or already judged.

    Already judged: a learned encoder has a result on a task that no earlier version has in this form. Whoever sees such
    scores must not set the difficulty by them.
    """
    known = versions()
    if known and known[-1]["hash"] == run.edition.manifest["hash"]:
        raise MedteError(f"these data are frozen already, as version {known[-1]['version']}")
    tasks = {name: about["hash"] for name, about in run.edition.tasks.items()}
    old = {(name, revision) for version in known for name, revision in version["tasks"].items()}
    for result in Store(run.folders.results).all():
        now = (result["task"], result["data"])
        if (
            entry(result["model"]).kind not in ALLOWED
            and now not in old
            and tasks.get(result["task"]) == result["data"]
        ):
            raise MedteError(
                f"{result['model']} was scored on {result['task']} before the freeze; freeze first, then score"
            )
    version = {
        "version": len(known) + 1,
        "date": date.today().isoformat(),
        "hash": run.edition.manifest["hash"],
        "change": change,
        "tasks": tasks,
        "report": assess(run, say),
        "scores": {},
    }
    write_json(PATH, [*known, version])
    return version


def record_scores(run: Run) -> dict[str, Any]:
    """Write the family means of the profile's models into the version that the run's data are. MedteError where they are none."""
    known = versions()
    if not known or known[-1]["hash"] != run.edition.manifest["hash"]:
        raise MedteError("these data are no frozen version; run `medte data freeze` first")
    scores = encoders(Scores(run.results(), draws=2))
    known[-1]["scores"] = {
        model: {name: round(scores.mean(model, tasks).value, 4) for name, tasks in scores.groups().items()}
        for model in scores.models
    }
    write_json(PATH, known)
    return known[-1]
