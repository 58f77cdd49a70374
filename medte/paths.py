"""Every folder the project reads or writes; no other file builds a path from scratch."""

import os
from copy import copy
from pathlib import Path

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").exists() else None


def profiles() -> Path:
    """The folder of the profiles: the checkout's, or the copy inside an installed package."""
    return CHECKOUT / "profiles" if CHECKOUT else PACKAGE / "profiles"


def home() -> Path:
    """Where runs are kept: `MEDTE_HOME`, else `runs/` of the checkout, else `medte-runs/` of the current folder."""
    if setting := os.environ.get("MEDTE_HOME"):
        return Path(setting).expanduser()
    return CHECKOUT / "runs" if CHECKOUT else Path.cwd() / "medte-runs"


def mirror() -> Path | None:
    """The folder of locally held sources (`MEDTE_MIRROR`), or None where none is set."""
    setting = os.environ.get("MEDTE_MIRROR")
    return Path(setting).expanduser().resolve() if setting else None


def fetched() -> Path:
    """Where what is fetched from the sources is kept, a folder each."""
    return home() / "sources"


def mimic() -> Path | None:
    """The folder of a credentialed user's MIMIC-IV-Note (`MIMIC_FOLDER`), or None where none is set."""
    setting = os.environ.get("MIMIC_FOLDER")
    return Path(setting).expanduser().resolve() if setting else None


def notes() -> Path | None:
    """The folder of a hospital's own notes (`MEDTE_NOTES`), or None where none is set."""
    setting = os.environ.get("MEDTE_NOTES")
    return Path(setting).expanduser().resolve() if setting else None


def recorded() -> Path:
    """Results of earlier runs that are kept in the repository."""
    return PACKAGE / "report" / "recorded"


def recorded_results(name: str) -> Path:
    """The file of a recorded run, such as "open", "open-probes" or "mini-plain"."""
    return recorded() / f"{name}.jsonl.xz"


class RunFolders:
    """The folders of one run, which is one profile: `runs/<profile>/…`.

    Of a run on text that must not leave its folder, only results and site, which are numbers, lie there; all else is under
    `<private>/runs/<profile>/…`.
    """

    def __init__(self, profile: str, private: Path | None = None):
        self.root = home() / profile
        self.inner = private / "runs" / profile if private else self.root
        self.edition = self.inner / "edition"
        self.frozen = self.inner / "edition-frozen"
        self.embeddings = self.inner / "embeddings"
        self.notebooks = self.inner / "notebooks"
        self.exhibits = self.inner / "exhibits"
        self.stage = self.inner / "stage"
        self.results = self.root / "results"
        self.site = self.root / "site"
        self.trials = self.inner / "trials"
        self.added = self.inner / "added"
        self.probes = self.inner / "probes"

    def of_trials(self) -> "RunFolders":
        """The same folders for trainings beside the run's own, whose results are in no table of the run."""
        beside = copy(self)
        beside.results = self.root / "results-of-trials"
        return beside

    def of_probes(self) -> "RunFolders":
        """The same folders for the probes, whose results are in no table of the benchmark."""
        beside = copy(self)
        beside.results = self.root / "results-of-probes"
        return beside

    def model(self, variant: str | None = None) -> Path:
        """The folder of the model that the run trains, or of a variant of it."""
        return self.inner / (f"model-{variant}" if variant else "model")
