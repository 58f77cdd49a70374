"""The 77 tasks as data (`catalogue.yaml`), their variants, and the three benchmarks made of them.

A variant is a base task with one named change: its name is the base's with a suffix. None is one of the 51 or the 77,
and neither is an added task, which is nobody's but ours (`reported: added`).
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

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
BENCHMARKS = {
    "MedEval": ("yes",),
    "MedEval-all": ("yes", "no", "unsure"),
    "MedEval-corrected": ("yes",),
}  # name -> values of `reported`
ALIASES = {"MedTEB": "MedEval"}  # the authors' name

AS_PUBLISHED, MASKED, MERGED, CHECKED = "AsPublished", "Masked", "Merged", "Checked"
CORRECTED = (
    MERGED,
    CHECKED,
)  # what stands for its base in MedEval-corrected; the other bases are corrected as they are


class Variant(NamedTuple):
    """Which tasks, by kind of build and family, have a variant, and what it changes in them."""

    suffix: str
    kinds: tuple[str, ...]
    family: Family
    definition: str


VARIANTS = (
    Variant(
        AS_PUBLISHED, ("sections", "terms", "diagnoses"), "classification",
        "as published: split by text, not by document, and what falls in two classes stays in both",
    ),
    Variant(AS_PUBLISHED, ("sections", "terms"), "clustering", "as published: what falls in two classes stays in both"),
    Variant(
        AS_PUBLISHED, ("columns",), "pair_classification",
        "as published: a mined negative is another string than the right text, and is checked for nothing else",
    ),
    Variant(AS_PUBLISHED, ("columns",), "retrieval", "as published: every document has the title 'No title' in front"),
    Variant(MASKED, ("sections", "terms"), "classification", "the words of the classes are masked in the texts"),
    Variant(MASKED, ("sections", "terms"), "clustering", "the words of the classes are masked in the texts"),
    Variant(
        MERGED, ("columns",), "retrieval",
        "queries of equal words are one query, documents of equal words one document, and every document that is right for "
        "one of the merged queries is right",
    ),
    Variant(
        CHECKED, ("columns",), "pair_classification",
        "a mined negative is no known positive of the sentence, is not about the same thing, and is not too near the right text",
    ),
)  # fmt: skip


class Task(BaseModel):
    """One data set with one family; `build` says how it is made of its source's records.

    `base` is the name of the task of which this is a variant, or its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    authors_name: str | None = None  # None of an added task
    family: Family
    source: str
    reported: Literal["yes", "no", "unsure", "added"]
    max_items: int
    build: dict[str, Any]
    definition: str
    base: str
    variant: str | None = None


@lru_cache
def catalogue() -> dict[str, Task]:
    """All 77 tasks by name, in the authors' order, and after them those that were added."""
    rows = yaml.safe_load((Path(__file__).parent / "catalogue.yaml").read_text(encoding="utf-8"))
    return {row["name"]: Task.model_validate(row | {"base": row["name"]}) for row in rows}


@lru_cache
def variants() -> dict[str, Task]:
    """All variants by name, kind by kind, each in the order of the base tasks."""
    found = [
        _derived(entry, variant)
        for variant in VARIANTS
        for entry in catalogue().values()
        if entry.build["kind"] in variant.kinds and entry.family == variant.family
    ]
    return {entry.name: entry for entry in found}


def _derived(base: Task, variant: Variant) -> Task:
    differs = {
        "name": base.name + variant.suffix,
        "variant": variant.suffix,
        "reported": "no",
        "definition": f"{base.definition}; {variant.definition}",
    }
    return base.model_copy(update=differs)


def task(name: str) -> Task:
    """The task or variant of that name; MedteError with the nearest known name where there is none."""
    known = catalogue() | variants()
    if name not in known:
        raise unknown("task", name, known)
    return known[name]


def corrected(base: Task) -> Task:
    """The variant that mends what is doubtful in a base task, or the base where there is nothing to mend."""
    names = [base.name + variant for variant in CORRECTED]
    return next((variants()[name] for name in names if name in variants()), base)


def benchmark_tasks(name: str) -> list[Task]:
    """The tasks of a benchmark, in the catalogue's order; MedteError for an unknown name.

    "MedEval" (also "MedTEB"): the 51; "MedEval-all": the 77; "MedEval-corrected": of each of the 51 its corrected form.
    """
    name = ALIASES.get(name, name)
    if name not in BENCHMARKS:
        raise unknown("benchmark", name, [*BENCHMARKS, *ALIASES])
    entries = [entry for entry in catalogue().values() if entry.reported in BENCHMARKS[name]]
    return [corrected(entry) for entry in entries] if name == "MedEval-corrected" else entries


def all_tasks() -> list[Task]:
    """The 77, those that were added, then their variants."""
    return [*catalogue().values(), *variants().values()]
