"""Every folder the project reads or writes; no other file builds a path from scratch."""

import os
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


def recorded() -> Path:
    """Results of earlier runs that are kept in the repository."""
    return PACKAGE / "report" / "recorded"


class RunFolders:
    """The folders of one run, which is one profile: `runs/<profile>/…`."""

    def __init__(self, profile: str):
        self.root = home() / profile
        self.edition = self.root / "edition"
        self.embeddings = self.root / "embeddings"
        self.results = self.root / "results"
        self.notebooks = self.root / "notebooks"
        self.stage = self.root / "stage"
        self.site = self.root / "site"

    def model(self, variant: str | None = None) -> Path:
        """The folder of the model that the run trains, or of a variant of it."""
        return self.root / (f"model-{variant}" if variant else "model")
