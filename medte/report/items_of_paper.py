"""The paper's tables and figures, and where each of them is here; the words stand in `items_of_paper.yaml`."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from medte.report import tables
from medte.report.prose import cell, marked, places

HEADER = ("Item", "In the PDF", "How we know of it", "Here", "Commands", "State")
CAPTION = (
    "The paper's tables and figures as far as we know of them. Published: drawn from the paper's own numbers. "
    "Recorded: from an earlier run that is kept here. Live: from the run at hand."
)


class Item(BaseModel):
    """A table or figure of the paper; `number` is that of the PDF, None where it is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    kind: Literal["table", "figure"]
    number: Annotated[int, Field(ge=1)] | None = None
    known: str
    where: tuple[str, ...]
    commands: tuple[str, ...] = ()
    state: tuple[Literal["published", "recorded", "live"], ...]
    why: str


@lru_cache
def items() -> tuple[Item, ...]:
    """All items of the paper that are known to us."""
    rows = yaml.safe_load((Path(__file__).parent / "items_of_paper.yaml").read_text(encoding="utf-8"))
    return tuple(Item.model_validate(row) for row in rows)


def table() -> str:
    """Item → how it is known → where it is here, by which command, in which state, as HTML."""
    rows = [
        [
            f'{marked(item.title)}<br><span class="interval">{item.kind}</span>',
            f"{item.kind.capitalize()} {item.number}" if item.number else "not known",
            cell(marked(item.known)),
            cell(places(item.where) or tables.MISSING),
            "<br>".join(f"<code>{command}</code>" for command in item.commands) or tables.MISSING,
            cell(f"<b>{', '.join(item.state) or 'not here'}</b>. {marked(item.why)}"),
        ]
        for item in items()
    ]
    return tables.html(HEADER, rows, CAPTION)
