"""The pieces of pages that are generated: file name → text, included by the pages of `book/`."""

from collections.abc import Mapping, Sequence
from typing import Any

from medte.report import api, mini_card, paper_figures, real_text, status
from medte.report.claims import page as claims
from medte.report.differences import page as differences
from medte.report.exhibits import exhibit

UP = 'href="../'  # exhibits are written for notebooks, whose pages lie a folder deeper


def generated(notebooks: Sequence[Mapping[str, Any]] = (), run: Mapping[str, str] | None = None) -> dict[str, str]:
    """File name → text of every piece that pages include; `notebooks` and `run` are for the status page (`status.page`)."""
    pieces = {
        "real_text_summary.md": real_text.summary(),
        "real_text_details.md": real_text.details(),
        "published.md": exhibit("published").html("published"),
        "claims.md": claims.page(),
        "differences.md": differences.page(),
        "paper_items.md": exhibit("paper-items").html("paper-items"),
        "why_scores_differ.md": exhibit("why-scores-differ").html("why-scores-differ"),
        "published_figures.md": paper_figures.published_section(),
        "mini_card.md": mini_card.card(),
        "bench.md": exhibit("bench").html("bench"),
        "status.md": status.page(notebooks, run or {}),
        **{f"api_{name}.md": api.page(name) for name in api.PAGES},
    }
    return {name: f"{text.rstrip()}\n".replace(UP, 'href="') for name, text in pieces.items()}
