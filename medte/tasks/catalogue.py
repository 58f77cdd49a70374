"""The 77 tasks as data (`catalogue.yaml`) and the two benchmarks made of them."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from medte.errors import unknown

Family = Literal["classification", "clustering", "pair_classification", "retrieval"]
FAMILIES: tuple[Family, ...] = ("classification", "clustering", "pair_classification", "retrieval")
MAIN_SCORE = {
    "classification": "f1",
    "clustering": "v_measure",
    "pair_classification": "similarity_f1",
    "retrieval": "ndcg_at_10",
}  # of the published protocol, by mteb's names
BENCHMARKS = {"MedEval": ("yes",), "MedEval-all": ("yes", "no", "unsure")}  # name -> values of `reported`
ALIASES = {"MedTEB": "MedEval"}  # the authors' name


class Task(BaseModel):
    """One data set with one family; `build` says how it is made of its source's records."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    authors_name: str
    family: Family
    source: str
    reported: Literal["yes", "no", "unsure"]
    max_items: int
    build: dict[str, Any]
    definition: str


@lru_cache
def catalogue() -> dict[str, Task]:
    """All 77 tasks by name, in the authors' order."""
    rows = yaml.safe_load((Path(__file__).parent / "catalogue.yaml").read_text(encoding="utf-8"))
    return {row["name"]: Task.model_validate(row) for row in rows}


def task(name: str) -> Task:
    """The task of that name; MedteError with the nearest known name where there is none."""
    if name not in catalogue():
        raise unknown("task", name, catalogue())
    return catalogue()[name]


def benchmark_tasks(name: str) -> list[Task]:
    """The tasks of "MedEval" (51; also "MedTEB") or "MedEval-all" (77), in the catalogue's order."""
    name = ALIASES.get(name, name)
    if name not in BENCHMARKS:
        raise unknown("benchmark", name, [*BENCHMARKS, *ALIASES])
    return [entry for entry in catalogue().values() if entry.reported in BENCHMARKS[name]]
