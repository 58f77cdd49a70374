"""The form of a file of results that somebody contributes. It leaves no place for text.

Each field is a number, a hash, a date, a word, or at most a line that names a machine, a licence or a writer; a field that
is not listed here is refused. The file is that of a recorded run (`evaluation.store.write_recorded`): a line `Head`, then a
line `Row` for each model and task. A line is taken only as that writes it, so that nothing stands between its fields or twice.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medte.errors import MedteError
from medte.evaluation.store import as_line

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+@/-]{0,99}$")]  # of one word
Line = Annotated[str, Field(pattern=r"^[\w .,:;()@/+-]{1,100}$")]  # that names a machine, a licence, a writer
Identifier = Annotated[
    str, Field(pattern=r"^([a-z_]+:[\w.:/()<>;-]{1,100}|medquad:[A-Za-z_]+/[\d-]+/.{1,150})$")
]  # of a record; those of MedQuAD end in their topic
When = Annotated[str, Field(pattern=r"^\d{4}(-\d\d(-\d\d(T[\d:]{8}\+00:00)?)?)?$")]
Count = Annotated[int, Field(ge=0, le=2**31)]
Share = Annotated[float, Field(ge=-1.001, le=1.001)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Weights(Strict):
    hub: Name
    revision: Commit
    sha256: Sha256


class TaskFacts(Strict):
    hash: Hash
    rows: Count
    written_by: Line | None
    latest: When | None  # of its texts


class SourceFacts(Strict):
    records: Count
    licences: list[Line]
    stand_in: Literal[False]


class EditionFacts(Strict):
    edition: Literal["open"]
    hash: Hash
    tasks: dict[Name, TaskFacts]
    sources: dict[Name, SourceFacts]


class Took(Strict):
    texts: Count
    seconds: Annotated[float, Field(ge=0)]


class About(Strict):
    medte: Name  # its version
    profile: Name
    profile_hash: Hash
    date: When
    machine: Line
    models: dict[Name, Weights]  # those that have weights
    took: dict[Name, Took]  # to encode the texts that were timed, by model
    edition: EditionFacts
    records: list[tuple[Identifier, Name, Literal["training", "evaluation", "kin"], Hash]]  # the frozen list


class Head(Strict):
    about: About
    units: dict[Name, list[Count]]  # by task, the number of each item's document


class Items(Strict):
    labels: list[Count] | None = None
    predictions: list[list[Count]] | None = None
    assignments: list[list[Count]] | None = None
    similarity: list[Share] | None = None
    ndcg: list[Share] | None = None
    ndcg_merged: list[Share] | None = None


class Measured(Strict):
    scoring_seconds: Annotated[float, Field(ge=0)]
    machine: Line
    date: When


class Row(Strict):
    """The result of one model on one task."""

    edition: Literal["open"]
    model: Name
    model_revision: Name
    task: Name
    family: Name
    source: Name
    metric: Name
    value: Share
    counts: dict[Name, Count]
    seed: Count
    data: Hash
    versions: dict[Name, Name]
    code: Hash
    key: Hash
    items: Items
    measured: Measured


def checked(kind: type[Strict], line: str, place: str) -> Any:
    """A line of the file as a `Head` or a `Row`. MedteError names the first field that is not as it should be."""
    try:
        found = kind.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors()[0]
        field, got = ".".join(map(str, problem["loc"])), repr(problem.get("input"))
        said = "no result file has this field" if problem["type"] == "extra_forbidden" else problem["msg"]
        raise MedteError(
            f"{place}, {field or 'the whole'}: {said}, got {got if len(got) <= 60 else f'{got[:60]}…'}; a file holds names, "
            "hashes and numbers, no text"
        ) from error
    if line != as_line(json.loads(line)):
        raise MedteError(
            f"{place} is not as `medte results write` writes it: a field stands twice, or out of its order"
        )
    return found
