"""Results that are there and not of today: made from other data, by other code or libraries, or of other weights."""

from typing import NamedTuple

from medte.edition import Edition
from medte.evaluation.score import code, versions
from medte.evaluation.store import Result, Store


class Stale(NamedTuple):
    """A result that is shown as stale and used for nothing."""

    model: str
    task: str
    why: str


def why_stale(result: Result, edition: Edition, revision: str | None = None) -> str | None:
    """Why a result does not hold today, or None where it does. `revision` is the model's own of today, where it is known."""
    now = edition.tasks.get(result["task"])
    if now is None:
        return "the edition no longer has the task"
    if result["data"] != now["hash"]:
        return f"other data: {result['data'][:8]}, now {now['hash'][:8]}"
    if revision and result["model_revision"] != revision:
        return f"other weights or settings: {result['model_revision']}, now {revision}"
    if result["versions"] != versions():
        other = [name for name, number in versions().items() if result["versions"].get(name) != number]
        return f"other versions of {', '.join(other)}"
    return None if result.get("code") == code() else "other code"


def stale(store: Store, edition: Edition) -> list[Stale]:
    """Every result in the store that does not hold today, as far as can be told without loading its model."""
    found = ((result, why_stale(result, edition)) for result in store.all())
    return [Stale(result["model"], result["task"], why) for result, why in found if why]
