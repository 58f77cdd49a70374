"""The one kind of error that a user's input can cause: a line that says what was got, what was expected, what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class MedteError(Exception):
    """A problem that the user can mend; the command line prints it as one line and ends with code 2."""


def unknown(kind: str, got: str, known: Iterable[str]) -> MedteError:
    """The error for a name that does not exist: it names the nearest known one, or all where there are few."""
    known = sorted(known)
    by_folded = {name.casefold(): name for name in known}
    near = get_close_matches(got.casefold(), by_folded, n=1, cutoff=0.5)
    hint = (
        f"did you mean {by_folded[near[0]]!r}?"
        if near
        else f"known: {', '.join(known[:12])}" + (" …" if len(known) > 12 else "")
    )
    return MedteError(f"unknown {kind} {got!r}; {hint}")


def require_known(kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise `unknown` for the first of `names` that is not among `known`."""
    known = set(known)
    for name in names:
        if name not in known:
            raise unknown(kind, name, known)
