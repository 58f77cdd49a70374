"""The models as data (`registry.yaml`): what a name in a profile stands for."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from medte.errors import unknown


class Entry(BaseModel):
    """One model; which fields are needed follows from its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    kind: Literal["random", "tfidf", "package", "hub", "static", "trained"]
    group: str
    package: str | None = None
    hub: str | None = None
    revision: str | None = None
    sha256: str | None = None
    profile: str | None = None
    variant: str | None = None
    layers: int | None = None
    mirror: str | None = None
    max_length: int | None = None
    licence: str | None = None


@lru_cache
def registry() -> dict[str, Entry]:
    """All models by name."""
    rows = yaml.safe_load((Path(__file__).parent / "registry.yaml").read_text(encoding="utf-8"))
    return {row["name"]: Entry.model_validate(row) for row in rows}


def entry(name: str) -> Entry:
    """The model of that name; MedteError with the nearest known name where there is none."""
    if name not in registry():
        raise unknown("model", name, registry())
    return registry()[name]
