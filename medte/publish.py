"""A trained model as a folder that others can use: it pools rightly wherever it is loaded, and its card says what it has seen.

The folder has sentence-transformers' modules, the tokenizer, safetensors, a card of our own (the library's quotes training
texts), and what mteb wants to know of a model (`model_card`). Nothing in it is training text.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from medte import guard
from medte.errors import MedteError
from medte.manifest import seal, unseal, verify, write_text
from medte.model_card import card, mteb_meta
from medte.models.registry import entry
from medte.report.pages import trained_model, variant_model
from medte.run import Run

Say = Callable[[str], None]
NAME = re.compile(r"[\w.-]+/[\w.-]+")
CARD, META = "README.md", "mteb_meta.py"


def publish(run: Run, folder: Path, name: str, variant: str | None = None) -> Path:
    """Write the model that the run has trained into `folder`, under the `name` it shall have (`organisation/name`).

    MedteError where it is not trained yet, or not as it would be today, where the folder is another one's, and for a model of credentialed notes.
    """
    if guard.credentialed(run.profile):
        raise MedteError(
            "a model that was trained on clinical notes may hold some of them; where it may be shared is for those to say who gave "
            "you the notes (PhysioNet, for MIMIC)"
        )
    if not NAME.fullmatch(name):
        raise MedteError(f"{name!r} is no name of a model; expected organisation/name")
    source, folder = run.folders.model(variant), folder.absolute()
    training = unseal(source)
    if training is None or training["key"] != run.training_key(variant):
        what = "no finished model" if training is None else "a model of other pairs, settings or code than today's"
        raise MedteError(f"{source} holds {what}; run `medte train --profile {run.profile.name}` first")
    trained = entry(variant_model(run.profile, variant) if variant else trained_model(run.profile))
    _require_own(folder)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
        new = Path(beside) / folder.name
        for file in training["files"]:
            (new / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(verify(source, file), new / file)
        base = entry(run.profile.base)
        write_text(new / CARD, card(run, name, trained, base, training, new))
        declared = [] if run.edition.name == "mini" else training["pairs"]  # its text is nobody's test set
        write_text(new / META, mteb_meta(name, base, declared, new))
        seal(new, {"published": name, "key": training["key"]}, [path for path in new.rglob("*") if path.is_file()])
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    return folder


def _require_own(folder: Path) -> None:
    """MedteError where the folder holds anything that `publish` did not write as it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    about = _published(folder)
    if about is None:
        raise MedteError(f"{folder} is not empty, and nothing that `medte publish` wrote; name another folder")
    own = {*about["files"], "manifest.json"}
    added = sorted({path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - own)
    if added:
        raise MedteError(
            f"{folder} holds {added[0]}, which `medte publish` did not write; move it, or name another folder"
        )
    for file in about["files"]:
        verify(folder, file)


def _published(folder: Path) -> dict | None:
    """The manifest of a folder that `publish` wrote, or None."""
    about = unseal(folder)
    return about if about and "published" in about else None


def upload(folder: Path, say: Say) -> str:
    """Put a published folder onto the hub, under its name, as a private repository; returns the address of the commit.

    The client must be logged in. MedteError where the folder was not written by `publish` or was changed since, where the
    repository is there and public, and where the hub refuses or cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HTTPError

    about = _published(folder)
    if about is None:
        raise MedteError(f"{folder} was not written by `medte publish`")
    for file in about["files"]:
        verify(folder, file)
    api, name = HfApi(), about["published"]
    try:
        api.create_repo(name, private=True, exist_ok=True)
        if not api.model_info(name).private:
            raise MedteError(f"{name} is there already, and public; make it private first, or give another name")
        say(f"uploading {len(about['files'])} files to {name}")
        commit = api.upload_folder(
            repo_id=name,
            folder_path=folder,
            allow_patterns=list(about["files"]),
            commit_message="Model, card and scores",
        )
    except (HTTPError, OSError) as error:
        raise MedteError(
            f"{name} could not be uploaded ({' '.join(str(error).split())[:300]}); log in with `hf auth login`"
        ) from error
    return commit.commit_url
