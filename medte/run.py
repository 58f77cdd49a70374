"""One run, which is one profile carried out: its data, its trained model, its results. Each is made when first asked for.

The command line, the notebooks and the book all go through `Run`, so that each of them can come first: what another has
finished is used, what is missing is done.
"""

import os
import time
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

os.environ.setdefault("TQDM_DISABLE", "1")  # libraries' progress bars would land on pages; a run says its own lines

from medte import edition as editions
from medte import guard
from medte.curation.clean import STEPS
from medte.curation.frozen import Frozen
from medte.curation.negatives import Encode
from medte.engine import Engine
from medte.errors import MedteError
from medte.evaluation.evaluate import evaluate, planned, tasks_of
from medte.evaluation.groups import BENCHMARK, as_they_come, grouped, in_means, probe_groups
from medte.evaluation.stale import Stale, stale, why_stale
from medte.evaluation.statistics import Scores
from medte.evaluation.store import Result, Store, recorded_seeds
from medte.evaluation.times import times
from medte.manifest import unseal
from medte.models import load as loading
from medte.models.added import Added
from medte.models.embeddings import MEASURED
from medte.models.registry import Entry, entry, registry
from medte.probes import build as probing
from medte.profile import Profile, Training, load_profile
from medte.sources.registry import SOURCES
from medte.tasks.catalogue import ALIASES, BENCHMARKS
from medte.training.train import train, training_key

Say = Callable[[str], None]


def quiet(line: str) -> None:
    """Say nothing: what notebooks use, so that no progress lands on a page."""


def checked_profile(name: str) -> Profile:
    """The profile of that name, with every source, model and benchmark in it known. MedteError otherwise."""
    profile = load_profile(name)
    cut_or_prompted = {model for model in profile.models if entry(model).base in registry()}
    return profile.check_names(
        sources=set(SOURCES),
        steps=set(STEPS),
        models=set(registry()) | cut_or_prompted,
        benchmarks={*BENCHMARKS, *ALIASES},
    )


class Run:
    """The data, model and results of a profile; `say` gets a line for each step of long work.

    With `listed`, a frozen list, the records on it alone are used, and lie apart from the run's own data.

    A run that reads clinical notes encloses the process: what is made of them stays in their folder (`medte.guard`).
    """

    def __init__(self, profile: str | Profile, say: Say = quiet, listed: Path | None = None):
        self.profile = checked_profile(profile) if isinstance(profile, str) else profile
        self.folders = guard.folders(self.profile)
        self.added = Added(self.folders.added, self.profile.models)
        self.say = say
        self._listed = listed
        self._groups: dict[tuple, dict[str, Scores]] = {}

    @cached_property
    def edition(self) -> editions.Edition:
        """The run's data, built if need be."""
        if self._listed is None:
            return self.build()
        frozen = Frozen(self._listed)
        edition = self.build(frozen=frozen)
        counts = frozen.differences()["difference"].value_counts()
        self.say(
            f"of the records listed {counts.get('changed', 0):,} changed since, {counts.get('gone', 0):,} are gone"
        )
        return edition

    def build(self, engine: Engine | None = None, frozen: Frozen | None = None) -> editions.Edition:
        """The run's data, built by an engine (None: in this process) if they are not there.

        With a `frozen` list its records alone, beside the run's own data.
        """
        self._refuse_elsewhere(engine)
        folder = self.folders.frozen if frozen else self.folders.edition
        return editions.build(self.profile, folder, self.say, engine, self._miner, frozen)

    def _miner(self, name: str) -> Encode:
        """The function that encodes texts with a model, to mine negatives. MedteError for one that must see the texts first."""
        if entry(name).kind in ("trained", "tfidf"):
            raise MedteError(
                f"{name} cannot mine negatives, since it is made from the edition; name bm25 or an encoder as it comes"
            )
        return loading.load(
            name, self.profile.encoding, seed=self.profile.data.seed, corpus=list, trained=_trained_elsewhere
        ).encode

    @cached_property
    def training(self) -> dict:
        """The manifest of the run's trained model (held-out figures, curve, pairs), trained if need be."""
        return self.train()

    def train(self, variant: str | None = None) -> dict:
        """The manifest of the run's trained model, or of a variant that the profile names; trained if need be."""
        settings = self.profile.to_train().of(variant)
        if variant:
            self.say(f"variant {variant}")
        for notice in self.edition.notices:
            self.say(notice)
        return self._train(settings, self.folders.model(variant))

    def trial(self, name: str, settings: Training, without: str | None = None) -> tuple[Path, dict]:
        """A training beside the run's own, on its pairs or on those of all sources but one: its folder and its manifest."""
        folder = self.folders.trials / name
        return folder, self._train(settings, folder, without)

    def trial_results(self, model: str, tasks: Iterable[str]) -> list[Result]:
        """The results of a trial's folder, or of any model, on some tasks; they are in no table of the run."""
        return evaluate(
            self.profile,
            self.edition.only(tasks),
            self.folders.of_trials(),
            trained=self.folder_of,
            models=[model],
            say=self.say,
        )

    def base(self) -> tuple[Path, str]:
        """The folder of the encoder that is fine-tuned, and the SHA-256 of its weights."""
        return loading.folder_of(entry(self.profile.base), _trained_elsewhere)

    def _train(self, settings: Training, folder: Path, without: str | None = None) -> dict:
        base, sha256 = self.base()
        pairs = self._pairs(settings, without)
        return train(settings, base, sha256, pairs, folder, self.say, entry(self.profile.base).pooling)

    def _pairs(self, settings: Training, without: str | None = None) -> pd.DataFrame:
        pairs = self.edition.pairs(settings.split, settings.leaks)
        return pairs[pairs["source"] != without].reset_index(drop=True)

    def training_key(self, variant: str | None = None) -> str:
        """The key that the run's model, or a variant, would have if it were trained today (`training_key`)."""
        settings = self.profile.to_train().of(variant)
        return training_key(settings, self.base()[1], self._pairs(settings), entry(self.profile.base).pooling)

    def variants(self) -> list[str]:
        """The variants of the training that the profile's models ask for."""
        models = [entry(name) for name in self.profile.models]
        return [model.variant for model in models if model.profile == self.profile.name and model.variant]

    def folder_of(self, model: Entry) -> Path:
        """The folder of a model that a profile's run trains, trained if it is this run's and not there."""
        if model.profile != self.profile.name:
            return _trained_elsewhere(model)
        if model.variant:
            self.train(model.variant)
        else:
            self.training  # noqa: B018 - trains the model if it is not there
        return self.folders.model(model.variant)

    @property
    def models(self) -> list[str]:
        """The models that are compared: the profile's, and those that were added; of somebody's own, their folders.

        One whose folder is gone is left out, and said.
        """
        there = []
        for name, place in self.added.places().items():
            try:
                entry(place)
                there.append(place)
            except MedteError as error:
                self.say(f"{name} is left out: {error}; `medte models --forget {name}` forgets it")
        return [*self.profile.models, *there]

    def stale(self) -> list[Stale]:
        """The results that are there and not of today; they are shown as such, and used for nothing."""
        return stale(Store(self.folders.results), self.edition)

    def kept(self, family: str | None = None) -> Scores:
        """The scores, on the benchmark's tasks, of all models that have results of today; nothing is computed."""
        tasks = in_means(self.tasks(family), self.profile.benchmark, self.edition.manifest)
        found = Store(self.folders.results).all()
        return self._scores([one for one in found if one["task"] in tasks and why_stale(one, self.edition) is None])

    def results(
        self, family: str | None = None, models: list[str] | None = None, engine: Engine | None = None
    ) -> list[Result]:
        """The results of the run's models on its tasks, of one family or of all; what is missing is computed.

        `models` are names of the registry, or folders; `engine` shares out the work.
        """
        self._refuse_elsewhere(engine)
        return evaluate(
            self.profile,
            self.edition,
            self.folders,
            trained=self.folder_of,
            family=family,
            models=[self.added.reference(name) for name in models] if models else self.models,
            say=self.say,
            engine=engine,
        )

    def took(self, model: str) -> dict[str, float | None]:
        """What encoding the run's texts with a model took (`Plan.measured`; zeros where vectors are not stored), and
        `max_length`, where it cuts them."""
        encoder, plan = planned(self.profile, self.edition, self.folders, self.added.reference(model), self.folder_of)
        took = plan.measured() if plan else dict.fromkeys(MEASURED, 0)
        return took | {"max_length": encoder.max_length}

    @cached_property
    def times(self) -> dict[str, dict[str, float]]:
        """What encoding took, in seconds by family, for each compared model that was timed (`evaluation.times`)."""
        took = {model: self.took(model) for model in self.scores().models}
        return times(took, self.profile, self.edition)

    def vectors(self, model: str, task: str) -> tuple[np.ndarray, list[str]]:
        """A vector for each text of a classification or clustering task, (n, d), and the texts' labels.

        What is stored is read, what is missing is encoded. MedteError for a model that makes no vectors.
        """
        _, plan = planned(self.profile, self.edition, self.folders, self.added.reference(model), self.folder_of)
        if plan is None:
            raise MedteError(f"{model} searches without vectors; name an encoder of `medte models`")
        data = self.edition.task_data(task)
        return plan.encode().of(data.rows["text"], data.task.family), data.rows["label"].astype(str).tolist()

    def _refuse_elsewhere(self, engine: Engine | None) -> None:
        if engine and engine.elsewhere and guard.credentialed(self.profile):
            raise MedteError("clinical notes stay in this process alone; leave out --workers and --scheduler")

    def groups(
        self, family: str | None = None, models: list[str] | None = None, protocol: str = "published"
    ) -> dict[str, Scores]:
        """The results with the intervals of their means: those of the benchmark, and beside them those in no mean.

        `protocol` "corrected" takes the values by the corrected metrics instead, from the same items. What was read once is
        kept, until the models are others.
        """
        asked = (family, tuple(models or self.models), protocol)
        if asked not in self._groups:
            results = as_they_come(self.results(family, models))
            found = grouped(results, self.profile.benchmark, self.edition.manifest)
            self._groups[asked] = {
                group: self._scores(own, protocol, seeds=group == BENCHMARK) for group, own in found.items()
            }
        return self._groups[asked]

    def _scores(self, results: list[Result], protocol: str = "published", seeds: bool = False) -> Scores:
        known = recorded_seeds(self.profile, self.edition.manifest["hash"], protocol) if seeds else {}
        return Scores(results, self.profile.bootstrap, self.profile.data.seed, protocol, known)

    def conditions(self) -> Scores:
        """The results on the benchmark's tasks of every model as it comes and under its conditions: prompts, another length."""
        found = grouped(self.results(), self.profile.benchmark, self.edition.manifest)
        return self._scores(found.get(BENCHMARK, []))

    def scores(self, family: str | None = None, models: list[str] | None = None, protocol: str = "published") -> Scores:
        """The results on the benchmark's tasks, of one family or of all, with the intervals of their means."""
        return self.groups(family, models, protocol).get(BENCHMARK) or Scores([])

    @cached_property
    def probe_set(self) -> probing.Probes:
        """The probes of the run's data, made if need be."""
        return probing.build(self.edition, self.profile.data, self.folders.probes, self.say)

    def probe_results(self) -> list[Result]:
        """The results of the run's models, as they come, on the probes; what is missing is computed.

        The run's own results come first, so that the vectors of texts that both have are the same with probes and without.
        """
        models = [model for model in self.models if entry(model).base == entry(model).name]
        self.results(models=models)
        return evaluate(
            self.profile,
            self.probe_set,
            self.folders.of_probes(),
            trained=self.folder_of,
            models=models,
            say=self.say,
        )

    def probes(self) -> dict[str, Scores]:
        """The scores of the run's models, as they come, on the probes by their group; what was read once is kept."""
        asked = ("probes", tuple(self.models))
        if asked not in self._groups:
            cards, settings = self.probe_set.cards(), (self.profile.bootstrap, self.profile.data.seed)
            self._groups[asked] = probe_groups(self.probe_results(), cards, *settings)
        return self._groups[asked]

    def tasks(self, family: str | None = None) -> list[str]:
        """The names of the tasks that are scored, of one family or of all."""
        return [task.name for task in tasks_of(self.profile, self.edition, family)]


def _trained_elsewhere(model: Entry) -> Path:
    folder = guard.folders(load_profile(model.profile)).model(model.variant)
    if unseal(folder) is None:
        raise MedteError(f"{model.name} is not trained here; run `medte train --profile {model.profile}` first")
    return folder


@lru_cache
def clock() -> float:
    """When this process first asked: the zero of `stamped`."""
    return time.monotonic()


def stamped(line: str, stream: TextIO | None = None) -> None:
    """Print a line after the minutes and seconds since the start: what the command line says with."""
    seconds = int(time.monotonic() - clock())
    print(f"[{seconds // 60:02d}:{seconds % 60:02d}] {line}", flush=True, file=stream)


def stamped_to_stderr(line: str) -> None:
    """As `stamped`, beside what the command prints."""
    stamped(line, guard.terminal())
