"""A profile is one whole run as a YAML file: which data, base encoder, budgets, models and seeds. Unknown keys are errors."""

from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from medte import paths
from medte.errors import MedteError, require_known, unknown
from medte.manifest import digest

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _with_default(shares: dict[str, float]) -> dict[str, float]:
    if "default" not in shares:
        raise ValueError("a share under `default` is needed")
    return shares


BM25 = "bm25"  # the miner that is no encoder, and so is judged on no pairs


class Negatives(Strict):
    """How the negatives of pair tasks are mined (recipe §3, §5 points 9 and 10)."""

    miner: str  # "bm25" or a model of the registry
    nearest: Count | None = None  # how many of an anchor's nearest are candidates; None is the paper's, by source
    ceiling: Share = 0.8  # similarity to the true partner from which a candidate is suspected to be right too
    judged_miner: bool = False  # whether the miner may be among the models that are judged


class Data(Strict):
    """What the run is trained and judged on."""

    edition: Literal["mini", "open", "full"]
    sources: list[str] | None = Field(
        default=None, exclude_if=lambda sources: sources is None
    )  # which alone are read; None is all that can be
    evaluation_share: Annotated[
        dict[str, Share], AfterValidator(_with_default)
    ]  # by source or "default", of documents; "subjects": of subjects; the rest trains
    max_items: Count  # queries or pairs that a task keeps at most
    max_class_texts: Count  # texts of each class that a classification or clustering keeps at most
    max_evaluation: Count | None = None  # documents of a source (of each of its strata) for evaluation at most
    cleaning: dict[str, list[str]] = {}  # by source: named steps of curation/clean.py, where not the same as for all
    near_duplicates: Share | None = None  # similarity from which a record repeats another; None: word for word alone
    near_leaks: Share | None = (
        None  # similarity from which a pair touches an evaluation text; None: word for word alone
    )
    writer: Literal["extractive", "model"] | None = (
        None  # of the queries that no source has; None leaves their tasks out
    )
    variants: bool = False  # build the corrected and the probing variants of the tasks as well
    test_share: Share = 0.3  # of a class's texts in a classification, by whole documents; the authors' 70/30
    seed: int
    negatives: Negatives | None = None  # None: siblings drawn by hash, and no task that needs a miner


class Training(Strict):
    """How the base encoder is fine-tuned; recipe §2 unless the profile says otherwise."""

    sources: list[str]
    max_pairs: Count | None  # of each source; None keeps all
    max_length: Count  # tokens
    batch_size: Count
    temperature: Annotated[float, Field(gt=0)]
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    warmup: Annotated[float, Field(ge=0)]  # steps, or a share of them where below 1
    schedule: Literal["constant", "linear"]
    steps: Count
    validation_pairs: Count  # held out of training, never of the tasks
    bf16: bool | Literal["auto"]
    seed: int
    split: Literal["subjects", "documents"] = (
        "subjects"  # which pairs: of no evaluated subject, or of no evaluated document
    )
    leaks: Literal["drop", "keep"] = "drop"  # pairs that touch the evaluation; "keep" is as the authors did
    batches: Literal["source", "clusters", "mixed"] = "source"  # what the pairs of a batch have in common
    weights: Literal["size", "root"] = "size"  # a source counts by its pairs, or by their square root
    cluster_rows: Count = 16000  # pairs of a source for each cluster at least, where batches are of clusters
    first_clusters: Count = 1  # of each source in the first pass; two more in each further one
    symmetric: bool = False  # the loss in both directions
    mask: bool = False  # leave out negatives that are known to be right
    near: Share | None = (
        None  # similarity from which two texts say the same, where negatives are left out; None: the same words
    )
    average: Annotated[float, Field(ge=0, lt=1)] = 0.0  # of the base in the final weights
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None  # None is the base's own
    cached: bool = False  # activations of one pass at a time in memory, for a second forward pass
    tokens_per_pass: Count = 4096  # of the texts of a batch that go through the encoder together
    gradient_checkpointing: bool = False  # less memory for activations, for a second forward pass
    reshuffled: bool = False  # a sham: the second texts dealt out anew within each source
    variants: dict[str, dict[str, Any]] = {}  # further trainings by name, and in what they differ
    candidate_steps: Count | None = None  # steps of each comparison; None is as many as the training
    candidates: dict[str, list[Any]] = {}  # settings that `medte train --choose` compares on the validation pairs

    @property
    def recipe(self) -> str:
        """A digest of what all seeds of this training have in common."""
        return digest(self.model_dump(exclude={"seed", "variants", "candidate_steps", "candidates"}))

    def of(self, variant: str | None) -> "Training":
        """The settings of a variant; None is the training itself. MedteError for a name or a setting that is unknown."""
        if variant is None:
            return self
        require_known("variant", [variant], self.variants)
        changes = self.variants[variant]
        require_known("setting", changes, Training.model_fields)
        return Training.model_validate(self.model_dump() | changes)


class Encoding(Strict):
    """How texts become vectors in the evaluation."""

    max_length: Count
    tokens_per_batch: Count
    dtype: Literal["auto", "float32", "bfloat16"]


class Profile(Strict):
    name: str
    description: str
    data: Data
    base: str | None  # of the training
    training: Training | None  # None where nothing is trained
    encoding: Encoding
    benchmark: str
    scored: Literal["benchmark", "built"] = (
        "benchmark"  # "built": other tasks that could be built too, beside the means
    )
    protocol: Literal["published"]
    models: Annotated[list[str], Field(min_length=1)]
    compared_with: str  # the model that every other is compared with
    bootstrap: Count  # draws behind each interval

    @property
    def hash(self) -> str:
        """A digest of everything the profile says."""
        return digest(self.model_dump())

    @property
    def training_sources(self) -> list[str]:
        """The sources that training pairs come from; none where nothing is trained."""
        return self.training.sources if self.training else []

    def to_train(self) -> Training:
        """How the base encoder is fine-tuned. MedteError where the profile trains nothing."""
        if self.training is None or self.base is None:
            raise MedteError(
                f"the profile {self.name} trains no model: its base or its training is null; name one that does, such as mini"
            )
        return self.training

    def check_names(self, *, sources: set[str], steps: set[str], models: set[str], benchmarks: set[str]) -> "Profile":
        """The profile itself, once every name in it is known to the registries handed in."""
        require_known("source", [*self.training_sources, *self.data.cleaning, *(self.data.sources or [])], sources)
        require_known("source", self.data.evaluation_share, {*sources, "subjects", "default"})
        require_known("cleaning step", [step for own in self.data.cleaning.values() for step in own], steps)
        require_known("model", [*self.models, *([self.base] if self.base else []), self.compared_with], models)
        require_known("benchmark", [self.benchmark], benchmarks)
        if mining := self.data.negatives:
            require_known("miner", [mining.miner], {*models, BM25})
            if mining.miner != BM25 and mining.miner in self.models and not mining.judged_miner:
                raise MedteError(
                    f"{self.name} judges {mining.miner} on pairs whose negatives it mined, which are chosen to be hard for it;"
                    f" set data.negatives.miner to {BM25!r} or to a model that is not judged, or judged_miner: true to allow it"
                )
        return self


def names() -> list[str]:
    """The names of the profiles that exist."""
    return sorted(path.stem for path in paths.profiles().glob("*.yaml"))


@lru_cache
def load_profile(name: str) -> Profile:
    """The profile of that name. MedteError for an unknown name, an unknown key or a value that does not fit."""
    path = paths.profiles() / f"{name}.yaml"
    if name not in names():
        raise unknown("profile", name, names())
    try:
        profile = Profile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise MedteError(f"{path.name} is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise MedteError(f"{path.name}: {_first_problem(error)}") from error
    if profile.name != name:
        raise MedteError(f"{path.name} calls itself {profile.name!r}; its name must be the file's, {name!r}")
    return profile


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = [str(part) for part in problem["loc"]]
    if problem["type"] != "extra_forbidden":
        return f"{'.'.join(place)}: {problem['msg']}, got {problem.get('input')!r}"
    model = Profile
    for part in place[:-1]:
        annotation = model.model_fields[part].annotation
        model = next(iter(get_args(annotation)), annotation)  # of "a model or None", the model
    return str(unknown("key", place[-1], model.model_fields)).replace(f"{place[-1]!r}", f"{'.'.join(place)!r}", 1)
