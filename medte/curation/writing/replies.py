"""Replies kept on disk by content, so that a run goes on where it stopped, and is repeated without the endpoint."""

import json
import threading
from pathlib import Path

from medte.errors import MedteError


class Replies:
    """The replies in an append-only file of JSON lines; one whose line is cut or damaged is as if it had never come."""

    def __init__(self, path: Path):
        self.path = path
        self.damaged = 0  # lines
        self._by_key: dict[str, str] = {}
        self._lock = threading.Lock()
        said = path.read_text(encoding="ascii", errors="replace") if path.exists() else ""
        self._ends_whole = said.endswith("\n") or not said
        for line in said.splitlines():
            self._read(line)

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: str) -> str | None:
        """The reply under that key, or None where there is none."""
        return self._by_key.get(key)

    def keep(self, key: str, reply: str, **about: str | int) -> str:
        """Add a reply, and what is worth knowing `about` it; returns the one that is kept, the first that came.

        MedteError where it cannot be written.
        """
        line = json.dumps({"key": key, "reply": reply, **about}) + "\n"
        with self._lock:
            if key in self._by_key:
                return self._by_key[key]
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="ascii") as stream:
                    stream.write(line if self._ends_whole else "\n" + line)
            except OSError as error:
                self._ends_whole = False
                raise MedteError(
                    f"cannot write {self.path}: {error.strerror}; free some space, then run again to go on"
                ) from error
            self._ends_whole = True
            self._by_key[key] = reply
        return reply

    def _read(self, line: str) -> None:
        try:
            entry = json.loads(line)
            self._by_key.setdefault(entry["key"], entry["reply"])
        except (json.JSONDecodeError, KeyError, TypeError):
            self.damaged += bool(line)
