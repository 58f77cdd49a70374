"""The files of a model of the hub: those of one commit, hashed when they first came, and the same ones ever after.

The home folder holds for each repository a file, `models.lock/<organisation>--<name>.json`, with the commit and the SHA-256 of
every file that is used. Where the registry leaves the revision unresolved, it is the lock. What is locked and in the hub's
local cache is used without a request; what has another hash is not used at all.
"""

import json
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from medte import hub_client, paths
from medte.errors import MedteError
from medte.manifest import file_sha256, write_json
from medte.models.folder import WEIGHTS, file_names, wanted
from medte.models.registry import Entry

UNRESOLVED = "unresolved"
Say = Callable[[str], None]


def fetch(model: Entry, say: Say = lambda line: None) -> tuple[Path, str]:
    """(folder, SHA-256 of the weights) of a model of the hub, from the local cache or downloaded.

    Told to stay offline (HF_HUB_OFFLINE), it takes a commit that is in the cache as it is and locks that. MedteError
    where the model is neither here nor to be had, where a hash is not the expected one, and where the user did not agree
    to code that the model needs.
    """
    code = code_allowed(model)
    locked = _locked(model)
    commit = locked.get("revision") or (None if model.revision == UNRESOLVED else model.revision)
    folder = _in_cache(model, commit, locked) or _downloaded(model, commit, code, say)
    found = {name: file_sha256(folder / name) for name in wanted(file_names(folder), code)}
    if locked:
        _require_same(model, folder, found, locked["files"])
    sha256 = found[_weights_name(model, found)]
    _require_sha256(folder, sha256, model.sha256)
    if not locked:
        write_json(_lock_path(model), {"revision": folder.name, "files": found})
        say(f"{model.name}: commit {folder.name} of {model.hub}; from now on it stays this one here")
    return folder, sha256


def weights(folder: Path, expected: str | None = None) -> str:
    """The SHA-256 of the folder's weights. MedteError where there are none, or not the expected ones."""
    path = next((folder / name for name in WEIGHTS if (folder / name).exists()), None)
    if path is None:
        raise MedteError(
            f"{folder} holds no model.safetensors and no pytorch_model.bin; name a folder that sentence-transformers saved"
        )
    found = file_sha256(path)
    _require_sha256(folder, found, expected)
    return found


def mirrored(model: Entry, folder: Path) -> str:
    """The SHA-256 of the weights of a model in the mirror. MedteError where they are not the registry's or the locked ones."""
    found = weights(folder, model.sha256)
    locked = _locked(model)
    if locked and found not in locked["files"].values():
        raise MedteError(
            f"the mirror's weights in {folder} (sha256 {found[:12]}…) are not those that came from {model.hub} before; unset "
            f"MEDTE_MIRROR, or, if the mirror's are meant, delete the lock {_lock_path(model)}"
        )
    return found


def code_allowed(model: Entry) -> bool:
    """Whether code of the model's repository may run; False where it needs none.

    MedteError where it needs some and the user did not agree to it in MEDTE_REMOTE_CODE, a list of names with commas.
    """
    agreed = {name.strip() for name in os.environ.get("MEDTE_REMOTE_CODE", "").split(",")}
    if model.remote_code and model.base not in agreed:
        raise MedteError(
            f"{model.base} runs code of its repository, https://huggingface.co/{model.hub}; if you trust it, set "
            f"MEDTE_REMOTE_CODE={model.base} (several names with commas) and run again"
        )
    return model.remote_code


def _in_cache(model: Entry, commit: str | None, locked: dict[str, Any]) -> Path | None:
    """The folder of a locked commit that is whole in the local cache, or offline of any commit; None otherwise."""
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    if locked:
        paths_there = [
            huggingface_hub.try_to_load_from_cache(model.hub, name, revision=commit) for name in locked["files"]
        ]
        if all(isinstance(path, str) for path in paths_there):
            return _snapshot(Path(paths_there[0]), commit)
    if not huggingface_hub.is_offline_mode() or locked:
        return None
    try:
        return Path(huggingface_hub.snapshot_download(model.hub, revision=commit, local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise MedteError(
            f"{model.name} ({model.hub}) is not in the local cache, and HF_HUB_OFFLINE is set; unset it, then run again"
        ) from error


def _downloaded(model: Entry, commit: str | None, code: bool, say: Say) -> Path:
    """The folder in the local cache, once every wanted file is in it; a file that is there is not asked for."""
    api = hub_client.api(None)
    ask = partial(hub_client.ask, hub_client.MODEL, model.hub)
    info = ask(commit, partial(api.model_info, model.hub, revision=commit, timeout=hub_client.TIMEOUT))
    if not info.sha or commit not in (None, info.sha):
        raise MedteError(f"{model.hub}: asked for commit {commit}, the hub answers with {info.sha}; run again later")
    names = wanted((file.rfilename for file in info.siblings or ()), code)
    _weights_name(model, names)
    for number, name in enumerate(names, start=1):
        request = partial(
            api.hf_hub_download,
            model.hub,
            name,
            revision=info.sha,
            etag_timeout=hub_client.TIMEOUT,
            tqdm_class=hub_client.silent_bar(),
        )
        folder = _snapshot(Path(ask(info.sha, request)), info.sha)
        say(f"{model.name}: file {number} of {len(names)}, {name}")
    return folder


def _snapshot(path: Path, commit: str) -> Path:
    """The folder of the commit that a file in the local cache belongs to."""
    return next(folder for folder in path.parents if folder.name == commit)


def _weights_name(model: Entry, names: Iterable[str]) -> str:
    names = list(names)
    for name in WEIGHTS:
        if name in names:
            return name
    raise MedteError(
        f"{model.hub} holds neither {' nor '.join(WEIGHTS)}, but {', '.join(names) or 'nothing'}; correct {model.base} in "
        f"{hub_client.MODEL.listing}"
    )


def _require_same(model: Entry, folder: Path, found: dict[str, str], locked: dict[str, str]) -> None:
    for name in sorted({*found, *locked}):
        if found.get(name) != locked.get(name):
            raise MedteError(
                f"{folder / name} is not as {_lock_path(model)} holds it (sha256 {found.get(name, 'none')[:12]}, locked "
                f"{locked.get(name, 'none')[:12]}); delete the folder {folder.parents[1]} and run again, or, if the change "
                "is meant, delete the lock"
            )


def _require_sha256(folder: Path, found: str, expected: str | None) -> None:
    if expected and found != expected:
        raise MedteError(
            f"the weights in {folder} are not the expected file (sha256 {found[:12]}…, expected {expected[:12]}…); "
            "install them again"
        )


def _lock_path(model: Entry) -> Path:
    return paths.home() / "models.lock" / f"{model.hub.replace('/', '--')}.json"


def _locked(model: Entry) -> dict[str, Any]:
    """The lock of the model's repository, empty where there is none, or one of another commit than the registry's."""
    path = _lock_path(model)
    try:
        lock = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except json.JSONDecodeError as error:
        raise MedteError(
            f"{path} is damaged ({error}); delete it, and the next use of the model locks it anew"
        ) from error
    return lock if model.revision in (UNRESOLVED, lock.get("revision")) else {}
