"""What keeps clinical notes, and everything made of them, in the folder that their user named.

A run whose edition reads notes (MIMIC-IV-Note, or a hospital's own) encloses its process and all that this one starts:

- `<folder>/medte/` is for its owner alone, and so is every file that is made from then on
- the edition, embeddings, weights, executed notebooks, the stage of the site, temporary files and the caches of libraries
  lie in there; results and site, which are numbers, lie where every run keeps them
- what libraries write to standard error, and the message of an unexpected error, which may quote a text, go to a log in
  there; the terminal gets medte's own lines, an error's type and the lines of code that it came through
- a process that crashes leaves no image of its memory
"""

import os
import resource
import secrets
import sys
import tempfile
import traceback
from pathlib import Path
from types import TracebackType
from typing import TextIO

from medte import paths
from medte.errors import MedteError
from medte.profile import Profile

PLACES = {
    "TMPDIR": "tmp",
    "JOBLIB_TEMP_FOLDER": "tmp",  # else joblib takes shared memory
    "XDG_CACHE_HOME": "cache",
    "HF_HOME": "cache/huggingface",
    "HF_DATASETS_CACHE": "cache/datasets",
    "TORCH_HOME": "cache/torch",
    "MTEB_CACHE": "cache/mteb",
    "MPLCONFIGDIR": "cache/matplotlib",
    "IPYTHONDIR": "cache/ipython",
    "JUPYTER_DATA_DIR": "cache/jupyter",
    "JUPYTER_RUNTIME_DIR": "cache/jupyter/runtime",
}  # setting of the environment -> folder inside `<folder>/medte/`

_private: Path | None = None  # `<folder>/medte` of the notes that this process is enclosed with
_terminal: TextIO | None = None  # standard error as it was before it went to the log


def credentialed(profile: Profile) -> Path | None:
    """The folder of the notes that a run of the profile reads; None where it reads none.

    MedteError where MIMIC_FOLDER and MEDTE_NOTES are both set, since both give the same tasks.
    """
    if profile.data.edition != "full":
        return None
    mimic, notes = paths.mimic(), paths.notes()
    if mimic and notes:
        raise MedteError("MIMIC_FOLDER and MEDTE_NOTES are both set, and a run reads one of them; unset the other")
    return mimic or notes


def folders(profile: Profile) -> paths.RunFolders:
    """The folders of a run of the profile; encloses a run that reads notes."""
    held = credentialed(profile)
    return paths.RunFolders(profile.name, enclose(held) if held else None)


def enclose(folder: Path) -> Path:
    """Enclose this process and all that it starts with the notes in `folder`, and return `<folder>/medte`.

    It holds until the process ends. MedteError where the folder cannot be kept private, or the process is already
    enclosed with other notes.
    """
    global _private
    private = folder / "medte"
    if _private == private:
        return private
    if _private is not None:
        raise MedteError(f"this process works on the notes in {_private.parent}; start a new one for those in {folder}")
    make_private(folder)
    os.umask(0o077)
    os.environ.setdefault("HF_HUB_CACHE", str(_hub_cache()))
    for setting, place in PLACES.items():
        (private / place).mkdir(parents=True, exist_ok=True)
        os.environ[setting] = str(private / place)
    tempfile.tempdir = os.environ["TMPDIR"]
    _move_datasets(private)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _private = private
    if sys.stderr is not None and sys.stderr is sys.__stderr__:  # not in a notebook, which shows errors by itself
        _divert(log())
        sys.excepthook = _show
    return private


def make_private(folder: Path) -> Path:
    """`<folder>/medte`, there and open to nobody else.

    MedteError where that cannot be: no such folder, no permission to write, a link to elsewhere, a disk without permissions.
    """
    private = folder / "medte"
    if not folder.is_dir():
        raise MedteError(f"{folder} is no folder; set MIMIC_FOLDER or MEDTE_NOTES to the folder that holds the notes")
    if private.is_symlink():
        raise MedteError(f"{private} is a link: what is made of the notes would leave {folder}; put a folder there")
    try:
        private.mkdir(exist_ok=True)
        private.chmod(0o700)
    except OSError as error:
        raise MedteError(
            f"cannot keep {private} private: {error.strerror}; all that is made of the notes goes there, so make "
            f"{folder} writable or copy the notes to a folder of your own"
        ) from error
    if private.stat().st_mode & 0o077:
        raise MedteError(f"{private} stays open to others on this disk; copy the notes to one that has permissions")
    return private


def key(folder: Path) -> bytes:
    """32 random bytes that belong to the notes of `folder`, made at first use and kept in `<folder>/medte/key`.

    Names that are hashed with them are always the same there, and mean nothing elsewhere.
    """
    path = make_private(folder) / "key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def terminal() -> TextIO:
    """Where medte's own lines go that are not the answer to a command: standard error, as it was before any enclosure."""
    return _terminal or sys.stderr


def log() -> Path | None:
    """The private log of an enclosed process; None where the process is not enclosed."""
    return _private / "log.txt" if _private else None


def withheld(message: str) -> str:
    """A message of others, which may quote a text: as it is or, in an enclosed process, where it is kept instead."""
    if _private is None:
        return message
    with log().open("a", encoding="utf-8") as stream:
        stream.write(f"{message}\n")
    return f"(the message is kept in {log()})"


def without_messages(error: BaseException) -> str:
    """An error and its causes, the first cause first: their types and the lines of code, none of their messages."""
    parts = []
    while error is not None:
        name = type(error).__name__
        parts.append("".join([*traceback.format_tb(error.__traceback__), name]))
        error = error.__cause__ or error.__context__
    return "\nwhich led to\n".join(reversed(parts))


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends an enclosed process: in whole to the log, to the terminal without messages that are not medte's."""
    whole = "".join(traceback.format_exception(kind, error, trace))
    kept = withheld(whole)
    said = str(error) if isinstance(error, MedteError) else f"{without_messages(error)} {kept}"
    print(f"medte: {said}", file=terminal())


def _divert(log: Path) -> None:
    """Let standard error, of this process and of all that it starts, end in a file."""
    global _terminal
    sys.stderr.flush()
    _terminal = os.fdopen(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
    with log.open("a") as stream:
        os.dup2(stream.fileno(), 2)


def _hub_cache() -> Path:
    """Where downloaded models are found, which are public and stay where they are."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    return Path(os.environ.get("HF_HOME", cache / "huggingface")).expanduser() / "hub"


def _move_datasets(private: Path) -> None:
    """`datasets` takes its folders when it is imported and first used: where it is imported already, say them again."""
    datasets = sys.modules.get("datasets")
    if datasets is None:
        return
    datasets.config.HF_DATASETS_CACHE = private / PLACES["HF_DATASETS_CACHE"]
    if not Path(datasets.fingerprint.get_temporary_cache_files_directory()).is_relative_to(private):
        raise MedteError(
            f"the library datasets already keeps temporary files outside {private}; start Python anew and begin with "
            "the run that reads notes"
        )
