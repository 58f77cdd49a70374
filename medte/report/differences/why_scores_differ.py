"""Why two scores of one model may differ, how large each reason is as far as it is recorded, and what to check."""

from functools import lru_cache
from pathlib import Path

import yaml

from medte.report import tables
from medte.report.differences.effects import record
from medte.report.differences.page import CAPTION, Effect
from medte.report.prose import cell, marked

HEADER = ("Reason", "What happens", "How large", "What to check")


class Reason(Effect):
    """A reason with its size, and how to find out whether it is the one."""

    what: str
    check: str


@lru_cache
def reasons() -> tuple[Reason, ...]:
    """All reasons, in the order in which to look."""
    rows = yaml.safe_load((Path(__file__).parent / "why_scores_differ.yaml").read_text(encoding="utf-8"))
    return tuple(Reason.model_validate(row) for row in rows)


def table(profile: str = "open") -> str:
    """Reason → what happens → how large → what to check, as HTML."""
    found = record(profile)
    rows = [
        [marked(reason.title), *map(cell, (marked(reason.what), reason.text(found), marked(reason.check)))]
        for reason in reasons()
    ]
    return tables.html(HEADER, rows, CAPTION)
