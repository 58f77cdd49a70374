"""Hashes, and files that are whole or not there: a folder counts as finished once its manifest stands, written last."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from medte.errors import MedteError


def digest(value: Any) -> str:
    """The first 16 hex digits of the SHA-256 of `value` as canonical JSON."""
    return hashlib.sha256(_canonical(value)).hexdigest()[:16]


def digest_of_rows(head: Any, rows: Iterable[Any]) -> str:
    """The same as `digest([head, list(rows)])`, without all rows in memory."""
    total, between = hashlib.sha256(b"[" + _canonical(head) + b",["), b""
    for row in rows:
        total.update(between + _canonical(row))
        between = b","
    total.update(b"]]")
    return total.hexdigest()[:16]


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, all 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def code_digest(*folders_or_files: Path) -> str:
    """A digest of source files: what they say decides, not when they were written."""
    files = sorted(
        file
        for place in folders_or_files
        for file in ([place] if place.is_file() else place.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    )
    return digest([[file.name, file_sha256(file)] for file in files])


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or none: to a neighbour first, then renamed. MedteError where the disk is full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise MedteError(
            f"cannot write {path}: {error.strerror}; free some space or set MEDTE_HOME, then run again"
        ) from error


def write_text(path: Path, text: str) -> None:
    """`text` as UTF-8, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """`value` as indented JSON with sorted keys, whole or not at all."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def seal(folder: Path, facts: dict[str, Any], files: Iterable[Path]) -> dict[str, Any]:
    """Write `folder/manifest.json` with `facts` and the hash of each file; returns what was written."""
    manifest = facts | {"files": {str(f.relative_to(folder)): file_sha256(f) for f in sorted(files)}}
    write_json(folder / "manifest.json", manifest)
    return manifest


def unseal(folder: Path) -> dict[str, Any] | None:
    """The manifest of a finished folder, or None where the folder was never finished."""
    path = folder / "manifest.json"
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise MedteError(f"{path} is damaged ({error}); delete the folder {folder} and run again") from error


def verify(folder: Path, name: str) -> Path:
    """The path of one file of a finished folder, after its hash was compared. MedteError if it is damaged or gone."""
    expected = (unseal(folder) or {}).get("files", {}).get(name)
    path = folder / name
    if expected is None or not path.exists():
        raise MedteError(f"{path} is missing; delete the folder {folder} and run again to make it anew")
    if file_sha256(path) != expected:
        raise MedteError(
            f"{path} is damaged: its hash is not the recorded one; delete the folder {folder} and run again"
        )
    return path


def verify_all(folder: Path) -> int:
    """How many files a finished folder has, after every hash was compared. MedteError as `verify`, or if it was never finished."""
    manifest = unseal(folder)
    if manifest is None:
        raise MedteError(f"{folder} was never finished; nothing in it can be verified")
    for name in manifest["files"]:
        verify(folder, name)
    return len(manifest["files"])
