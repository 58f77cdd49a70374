"""The folder of a model: which of its files are used, and what they say of the model. Nothing here loads it."""

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from math import prod
from pathlib import Path
from typing import Any

from medte.errors import MedteError
from medte.manifest import code_digest

WEIGHTS = ("model.safetensors", "pytorch_model.bin")  # the first that is there; neither can hold code as it is loaded
ABOUT = ("*.json", "*.txt", "*.model")  # configuration and tokenizer
MODULE = re.compile(r"\d+_\w+")  # folders such as 1_Pooling
NO_LENGTH = 10**6  # tokens from which a tokenizer's configuration says "any length"
PROMPTS = {
    "query": "query",
    "document": "document",
    "passage": "document",
    "classification": "classification",
    "clustering": "clustering",
    "pairclassification": "pair_classification",
}  # a prompt's name, in small letters and without underscores, to the role of the texts that it is put before


def file_names(folder: Path) -> list[str]:
    """The names of the files in the folder and below it."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def wanted(names: Iterable[str], code: bool = False) -> list[str]:
    """Those of a repository's files that the model is loaded from: configuration, tokenizer, of each folder one form of
    the weights, and the modules' folders; `code` adds its Python files."""
    names = [name for name in sorted(names) if "/" not in name or MODULE.fullmatch(name.partition("/")[0])]
    taken = [name for name in names if any(fnmatchcase(name, pattern) for pattern in (*ABOUT, *["*.py"] * code))]
    for folder in sorted({name.rpartition("/")[0] for name in names}):
        forms = [f"{folder}/{form}".lstrip("/") for form in WEIGHTS]
        taken += [form for form in forms if form in names][:1]
    return sorted(taken)


def about(folder: Path, code: bool = False) -> str:
    """A digest of what decides the vectors beside the main weights: configuration, tokenizer, the modules' own weights,
    and the Python files where `code` may run."""
    others = {*WEIGHTS, "manifest.json"}  # the manifest is ours, of a model that was trained here
    used = [folder / name for name in wanted(file_names(folder), code) if name not in others]
    return code_digest(*used)[:8]


def own_length(folder: Path) -> int | None:
    """The tokens that a model takes, as its configuration says; None where that says nothing."""
    said = [
        _configuration(folder / name).get(key)
        for name, key in (
            ("sentence_bert_config.json", "max_seq_length"),
            ("tokenizer_config.json", "model_max_length"),
            ("config.json", "max_position_embeddings"),
        )
    ]
    return min((length for length in said if length and 0 < length < NO_LENGTH), default=None)


def own_prompts(folder: Path) -> dict[str, str]:
    """The prompts of the model's configuration by the roles that we know; an empty one counts as none."""
    path = folder / "config_sentence_transformers.json"
    said = _configuration(path).get("prompts") or {}
    if not isinstance(said, dict) or not all(isinstance(prompt, str) for prompt in said.values()):
        raise MedteError(
            f"the prompts in {path} are no texts by name; correct them as sentence-transformers saves them"
        )
    roles = {name: PROMPTS.get(name.casefold().replace("_", "")) for name in said}
    return {role: said[name] for name, role in roles.items() if role and said[name]}


def parameters(folder: Path) -> int | None:
    """The number of weights, from the headers of the files; None where one of the files is of the older form."""
    files = [name for name in wanted(file_names(folder)) if name.endswith(WEIGHTS)]
    if WEIGHTS[0] not in files or not all(name.endswith(WEIGHTS[0]) for name in files):
        return None
    return sum(_weights_in(folder / name) for name in files)


def _weights_in(path: Path) -> int:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as tensors:
            parts = [tensors.get_slice(name) for name in tensors.keys()]
            return sum(prod(part.get_shape()) for part in parts if part.get_dtype() != "I64")  # those are positions
    except SafetensorError as error:
        raise MedteError(f"{path} is damaged ({error}); get the model anew") from error


def licence(folder: Path) -> str | None:
    """The licence that the head of the folder's README.md declares; None where it declares none."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    head = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    said = re.search(r"^license: *(\S.*)$", head[1], re.MULTILINE) if head else None
    return said[1].strip(" \"'") if said else None


def code_elsewhere(folder: Path) -> list[str]:
    """The other repositories that the configuration takes code from, each as `organisation/name`."""
    maps = [_configuration(folder / name).get("auto_map") or {} for name in ("config.json", "tokenizer_config.json")]
    classes = [value for own in maps for value in (own.values() if isinstance(own, dict) else own)]  # lists are of old
    classes += [module.get("type", "") for module in _json(folder / "modules.json", list)]
    flat = [name for value in classes for name in (value if isinstance(value, list) else [value]) if name]
    return sorted({name.partition("--")[0] for name in flat if "--" in name})


def _configuration(path: Path) -> dict[str, Any]:
    return _json(path, dict)


def _json(path: Path, kind: type) -> Any:
    """What the file holds, empty where there is none. MedteError where it is no JSON of that kind."""
    try:
        value = json.loads(path.read_text(encoding="utf-8")) if path.exists() else kind()
    except ValueError as error:
        raise MedteError(f"{path} is damaged ({error}); get the model anew") from error
    if not isinstance(value, kind):
        raise MedteError(f"{path} is damaged (it holds no {kind.__name__}); get the model anew")
    return value
