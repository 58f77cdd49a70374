"""Many short trainings, compared: does a part of the recipe help, does it help on a source that it never saw, what is a leak worth?

Each row of `experiments.yaml` is trained with every seed and scored on the tasks whose text is real. For each source the
chosen recipe is trained once more without it, and scored on its tasks alone. What is done is kept, so that an interrupted
sweep goes on where it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from medte import paths
from medte.errors import require_known
from medte.evaluation.store import Result, read_recorded, write_recorded
from medte.machine import machine
from medte.manifest import code_digest, digest
from medte.profile import Training
from medte.run import Run
from medte.tasks.catalogue import Task, benchmark_tasks

BASE, CHOSEN, LEAKED, SHAM, WITHOUT = "base", "chosen", "leaked", "sham", "without"


class Row(BaseModel):
    """One way of training: what differs from the profile's."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: str
    changes: dict[str, Any]


class Plan(BaseModel):
    """The rows, the steps of each training and its seeds."""

    model_config = ConfigDict(extra="forbid")
    steps: int
    warmup: float
    seeds: list[int]
    rows: list[Row]
    not_run: list[Row]


@lru_cache
def plan() -> Plan:
    """What `experiments.yaml` says."""
    return Plan.model_validate(yaml.safe_load((paths.PACKAGE / "experiments.yaml").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Trial:
    """One training and what it is scored on."""

    row: str
    seed: int
    settings: Training
    without: str | None  # a source that is left out
    tasks: list[str]

    @property
    def name(self) -> str:
        return f"{self.row}-{self.seed}"


def real_tasks(run: Run) -> list[Task]:
    """The tasks of the profile's benchmark that the edition could build from real text, and from no stand-in's."""
    sources = run.edition.manifest["sources"]
    built = [task for task in benchmark_tasks(run.profile.benchmark) if task.name in run.edition.tasks]
    return [task for task in built if not sources[task.source]["fictional"]]


def trials(run: Run, rows: Iterable[str] | None = None) -> list[Trial]:
    """All trainings, or those of some rows: seed by seed, so that a sweep that was stopped has a whole table sooner.

    MedteError for an unknown row.
    """
    known = {row.name: row for row in [*plan().rows, *plan().not_run]}
    same = repeated(run)
    tasks = real_tasks(run)
    sources = [source for source in run.profile.to_train().sources if any(task.source == source for task in tasks)]
    left_out = {f"{WITHOUT}-{source}": source for source in sources}
    chosen = list(rows) if rows else [*(row.name for row in plan().rows), *left_out]
    require_known("row", chosen, [*known, *left_out])
    found = []
    for seed in plan().seeds:
        for name in (one for one in chosen if one not in same):
            source = left_out.get(name)
            changes = {} if source else known[name].changes
            settings = _settings(run, seed, changes)
            own = [task.name for task in tasks if source in (None, task.source)]
            found.append(Trial(name, seed, settings, source, own))
    return found


def repeated(run: Run) -> dict[str, str]:
    """For each row whose settings are those of an earlier one: that one; it is not trained twice."""
    first: dict[str, str] = {}
    same = {}
    for row in [*plan().rows, *plan().not_run]:
        settings = digest(_settings(run, 0, row.changes).model_dump())
        if first.setdefault(settings, row.name) != row.name:
            same[row.name] = first[settings]
    return same


def _settings(run: Run, seed: int, changes: dict[str, Any]) -> Training:
    own = run.profile.to_train()
    require_known("setting", changes, Training.model_fields)
    common = {"steps": plan().steps, "warmup": plan().warmup, "seed": seed}
    return Training.model_validate(own.model_dump() | common | changes)


def sweep(run: Run, rows: Iterable[str] | None = None) -> Path:
    """Train and score all trials, or those of some rows, and keep their results and speeds; returns the file.

    After each trial what is there is written to `recorded/<profile>-experiments.jsonl.xz`.
    """
    path = paths.recorded_results(f"{run.profile.name}-experiments")
    kept = _Kept(run, path)
    wanted = trials(run, rows)
    kept.add(BASE, None, run.trial_results(run.profile.base, [task.name for task in real_tasks(run)]))
    for number, trial in enumerate(wanted, start=1):
        run.say(f"{number} of {len(wanted)}: {trial.row}, seed {trial.seed}")
        folder, manifest = run.trial(trial.name, trial.settings, trial.without)
        kept.add(trial.name, manifest, run.trial_results(str(folder), trial.tasks))
    return path


class _Kept:
    """The recorded file of a sweep, which grows with it; what was trained by another recipe, or on other data, is not kept on."""

    def __init__(self, run: Run, path: Path):
        self.path, self.trainings, self.results = path, {}, {}
        self.about = {
            "profile": run.profile.name,
            "data": run.edition.manifest["hash"],
            "recipe": run.profile.to_train().recipe,
            "basis": _basis(run),
            "same": repeated(run),
            "compared_with": run.profile.base,
            "bootstrap": run.profile.bootstrap,
            "seed": run.profile.data.seed,
            "plan": plan().model_dump(),
            "written": [task.name for task in real_tasks(run) if run.edition.cards()[task.name].get("written_by")],
            "date": date.today().isoformat(),
            "machine": machine(),
        }
        if path.exists():
            about, results = read_recorded(path)
            if about["basis"] == self.about["basis"]:
                self.trainings = about["trainings"]
                self.results = {(result["model"], result["task"]): result for result in results}

    def add(self, name: str, manifest: dict | None, results: list[Result]) -> None:
        if manifest:
            keys = ("key", "pairs", "passes", "held_out", "measured")
            self.trainings[name] = {key: manifest[key] for key in keys}
        self.results |= {(name, result["task"]): result | {"model": name} for result in results}
        ordered = [self.results[key] for key in sorted(self.results)]
        write_recorded(self.path, self.about | {"trainings": self.trainings}, ordered)


def _basis(run: Run) -> str:
    """A digest of what all trials have in common: data, base, recipe, budget, code."""
    _, base = run.base()
    code = code_digest(paths.PACKAGE / "training", paths.PACKAGE / "curation" / "deduplicate.py")
    return digest(
        [run.edition.manifest["hash"], base, run.profile.to_train().recipe, plan().steps, plan().warmup, code]
    )
