"""The models as data (`registry.yaml`): what a name in a profile stands for.

A name is `NAME[+prompts][@TOKENS]`: a model of the registry, or the folder of anybody's own, with its prompts on, or cut at
a length. Without `+prompts` no text gets a prompt, as in the paper (recipe §3; §5 points 19 and 20). A folder that is there
is taken by its whole path, whatever condition that seems to end in (`PATH/model@2`); a registered name comes before both.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medte.errors import MedteError, unknown
from medte.models.folder import licence, own_length, own_prompts, parameters

Role = Literal["query", "document", "classification", "clustering", "pair_classification"]
NAME = re.compile(r"(?P<base>.+?)(?P<prompts>\+prompts)?(?:@(?P<cut>\d+))?")
CONDITION = re.compile(r"\+(?=prompts(@\d+)?$)|@(?=\d+$)")  # what makes the end of a name a condition
WITHOUT_WEIGHTS = ("random", "tfidf", "bm25")  # kinds that learn from no text but what they are given to rank
WITHOUT_LAYERS = (*WITHOUT_WEIGHTS, "static")
NEEDED = {
    "random": set(),
    "tfidf": set(),
    "bm25": set(),
    "package": {"package", "sha256"},
    "hub": {"hub", "revision"},
    "static": {"hub", "revision"},
    "trained": {"profile"},
    "folder": {"folder"},
}  # by kind
ALLOWED = {
    "package": {"hub", "revision", "layers"},
    "hub": {"sha256", "mirror", "document_hub", "document_revision", "remote_code"},
    "static": {"sha256", "mirror"},
    "trained": {"variant"},
}  # by kind, beside what it needs
PLACES = set().union(*NEEDED.values(), *ALLOWED.values())  # the fields that say where a model comes from


class Entry(BaseModel):
    """One model; `registry.yaml` says what the fields mean, and `kind` which of them are needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    kind: Literal["random", "tfidf", "bm25", "package", "hub", "static", "trained", "folder"]
    group: str
    package: str | None = None
    hub: str | None = None
    revision: str | None = None
    document_hub: str | None = None
    document_revision: str | None = None
    sha256: str | None = None
    remote_code: bool = False
    mirror: str | None = None
    profile: str | None = None
    variant: str | None = None
    folder: Path | None = None
    layers: int | None = None
    pooling: Literal["mean", "cls"] | None = None
    prompts: dict[Role, str] = {}
    max_length: int | None = Field(None, ge=1)
    parameters: int | None = Field(None, ge=1)
    licence: str | None = None
    trained_on: list[str] | None = None
    training_data: str | None = None
    with_prompts: bool = False
    cut: int | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Entry":
        filled = {name for name in PLACES if getattr(self, name)}
        needed, allowed = NEEDED[self.kind], ALLOWED.get(self.kind, set())
        if lacking := needed - filled:
            raise ValueError(f"a model of kind {self.kind} needs {', '.join(sorted(lacking))}")
        if useless := filled - needed - allowed:
            raise ValueError(f"a model of kind {self.kind} has no {', '.join(sorted(useless))}")
        if bool(self.document_hub) != bool(self.document_revision):
            raise ValueError("document_hub and document_revision belong together")
        if bool(self.hub) != bool(self.revision):
            raise ValueError("hub and revision belong together")
        return self

    @property
    def base(self) -> str:
        """The name without prompts and length."""
        return NAME.fullmatch(self.name)["base"]

    def does(self, family: str) -> bool:
        """Whether the model can be scored on tasks of a family: one that searches without vectors does retrieval alone."""
        return self.kind != "bm25" or family == "retrieval"

    def document_encoder(self) -> "Entry":
        """The second encoder, of documents, as an entry of its own."""
        changes = {"hub": self.document_hub, "revision": self.document_revision}
        of_queries = ("document_hub", "document_revision", "sha256", "mirror")
        return self.model_copy(update=changes | dict.fromkeys(of_queries))


@lru_cache
def registry() -> dict[str, Entry]:
    """All models of `registry.yaml` by name. MedteError where an entry does not fit, or a name is given twice."""
    rows = yaml.safe_load((Path(__file__).parent / "registry.yaml").read_text(encoding="utf-8"))
    entries: dict[str, Entry] = {}
    for row in rows:
        try:
            model = Entry.model_validate(row)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(map(str, problem["loc"]))
            raise MedteError(
                f"registry.yaml, {row.get('name')}: {place} {problem['msg']}; correct the entry"
            ) from error
        if model.name in entries:
            raise MedteError(f"registry.yaml has two models {model.name}; rename one")
        entries[model.name] = model
    return entries


def entry(name: str) -> Entry:
    """The model of that name. MedteError for a name that is neither registered nor a folder, for prompts of a model that
    has none, and for a length that it cannot be cut at."""
    parts = NAME.fullmatch(name)
    if parts is None:
        raise MedteError("a model's name is empty; name one of `medte models`, or the folder of your own")
    if parts["base"] not in registry() and Path(name).expanduser().is_dir():
        return _own(name)
    asked = _under(registry().get(parts["base"]) or _own(parts["base"]), parts)
    _require_possible(asked)
    return asked


def entry_of_result(name: str) -> Entry:
    """The model that a result names: registered, or somebody's own, of which the name is all that results keep."""
    parts = NAME.fullmatch(name)
    if parts["base"] in registry():
        return entry(name)
    base = parts["base"]
    return _under(Entry(name=base, title=base, kind="folder", group="own", folder=Path(base)), parts)


def _under(model: Entry, parts: re.Match) -> Entry:
    """The model under the conditions that the parts of a name state."""
    changes: dict = {}
    if parts["prompts"]:
        changes |= {"with_prompts": True, "title": f"{model.title}, with prompts"}
    if parts["cut"]:
        changes |= {"cut": int(parts["cut"]), "title": f"{changes.get('title', model.title)}, {parts['cut']} tokens"}
    if not changes:
        return model
    return model.model_copy(update=changes | {"name": model.name + parts[0].removeprefix(parts["base"])})


def _require_possible(model: Entry) -> None:
    if model.with_prompts and not model.prompts:
        known = [name for name, other in registry().items() if other.prompts]
        raise MedteError(
            f"{model.base} has no prompts, so {model.name} is no model; with prompts: {', '.join(known)}, and folders whose "
            "config_sentence_transformers.json names some"
        )
    if model.cut is None:
        return
    if model.kind in WITHOUT_LAYERS:
        raise MedteError(f"{model.base} reads whole texts and is never cut; name it without @{model.cut}")
    if model.cut < 1 or (model.max_length and model.cut > model.max_length):
        most = f" to {model.max_length}, its own length" if model.max_length else " on"
        raise MedteError(f"{model.name} cuts at {model.cut} tokens; {model.base} can be cut at 1{most}")


def _own(name: str) -> Entry:
    """The model in a folder of anybody's own; its name is the folder's, with a hyphen where that would be a condition."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if "/" in name:
            raise MedteError(f"there is no folder {name}; name one with a model that sentence-transformers saved")
        raise unknown("model", name, registry())
    own = folder.resolve()
    called = CONDITION.sub("-", own.name)
    if called in registry():
        raise MedteError(
            f"the folder {name} has the name of a registered model, {called}, and their results would mix; rename it"
        )
    return Entry(
        name=called,
        title=own.name,
        kind="folder",
        group="own",
        folder=own,
        prompts=own_prompts(own),
        max_length=own_length(own),
        parameters=parameters(own),
        licence=licence(own),
    )
