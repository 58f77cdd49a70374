"""The page of the paper's claims: each with a verdict that code makes from results, and the tables behind it.

`claims.yaml` holds the words, `verdicts.py` the rules; this puts both and the tables together.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from medte.errors import require_known
from medte.report import probes, tables
from medte.report.claims import published_gains, published_groups, published_ranks, rebuilt_tasks, recipe_gains
from medte.report.claims.verdicts import RULES, Evidence, Finding
from medte.report.published import pairs_above_floor, published
from medte.report.recordings import recorded

SAID_IN = {"abstract": "The paper's abstract", "summary": "A second-hand, machine-written summary of the paper"}
WORDS = (
    "Reproduced: the numbers show what is claimed. Direction only: they point the same way, for a part of the claim or "
    "on another model. Not reproduced: they do not show it, or speak against it. Cannot be tested here: the evidence "
    "says what is missing. Numbers: published are the paper's own, recorded are from an earlier run kept in the "
    "repository; a sentence that uses both says which is which."
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Claim(_Strict):
    """A claim in our words, who makes it, how it is tested, what stays open; `test` is the name of its rule."""

    test: str
    title: str
    said_in: Literal["abstract", "summary"]
    claim: str
    how: str
    limits: str
    span: tuple[float, float] | None = None


class TrainingSource(_Strict):
    """One of the paper's training sources: its pairs, and whether people wrote the second half to answer the first."""

    source: str
    pair: str
    curated: bool
    why: str


class Claims(_Strict):
    claims: tuple[Claim, ...]
    sources: tuple[TrainingSource, ...]

    @property
    def curated(self) -> dict[str, bool]:
        return {about.source: about.curated for about in self.sources}

    @property
    def span(self) -> tuple[float, float]:
        """The span of relative gains that a claim names."""
        return next(claim.span for claim in self.claims if claim.span)


@lru_cache
def claims() -> Claims:
    """What `claims.yaml` says. MedteError for a claim whose rule does not exist."""
    found = Claims.model_validate(yaml.safe_load((Path(__file__).parent / "claims.yaml").read_text(encoding="utf-8")))
    require_known("rule of a claim", [claim.test for claim in found.claims], RULES)
    return found


def evidence() -> Evidence:
    """All that the verdicts are made from: what is published, what MTEB(Medical) says, what is recorded."""
    about, scores = recorded("open")
    stated = claims()
    return Evidence(
        published(), published_ranks.mteb_medical(), about, scores, recipe_gains.added(), stated.curated, stated.span
    )


def page() -> str:
    """The generated piece: one table of all verdicts, then a section for each claim."""
    found = evidence()
    findings = {claim.test: RULES[claim.test](found) for claim in claims().claims}
    sections = [section(number, claim, findings[claim.test], found) for number, claim in enumerate(claims().claims, 1)]
    return "\n".join([summary(findings), *sections]) + "\n"


def summary(findings: Mapping[str, Finding]) -> str:
    """Claim → verdict → one sentence of evidence, as HTML."""
    rows = []
    for number, claim in enumerate(claims().claims, 1):
        finding = findings[claim.test]
        lacking = _missing(finding) if finding.verdict == "cannot be tested here" else ""
        rows.append(
            [
                f"{number}. {escape(claim.title)}",
                f"<b>{finding.verdict}</b>",
                f"<small>{finding.evidence}{lacking}</small>",
                f"<small>{finding.numbers}</small>",
            ]
        )
    return tables.html(["Claim", "Verdict", "Evidence", "Numbers"], rows, WORDS)


def section(number: int, claim: Claim, finding: Finding, found: Evidence) -> str:
    """A claim's own section, as Markdown with tables: who says it, the test, what comes out, what stays open."""
    parts = [
        f"\n## {number}. {claim.title}\n",
        f"{SAID_IN[claim.said_in]}: *{claim.claim}*\n",
        f"{claim.how}\n",
        *TABLES[claim.test](found),
        f"\n<p><b>{finding.verdict.capitalize()}. {finding.evidence}</b>{_missing(finding)}</p>\n",
        claim.limits,
    ]
    return "\n".join(parts)


def _missing(finding: Finding) -> str:
    """What a test, or a better one, would need, as a sentence that follows another; empty where nothing is missing."""
    return f" Missing: {finding.missing}." if finding.missing else ""


def sources_table() -> str:
    """The paper's training sources: their pairs, whether people wrote the answers, and why we say so; as HTML."""
    rows = [
        [
            about.source,
            f"<small>{escape(about.pair)}</small>",
            "curated by people" if about.curated else "natural pair",
            f"<small>{escape(about.why)}</small>",
        ]
        for about in claims().sources
    ]
    caption = (
        "The paper's training sources. A natural pair stands in its source as it is; a curated one was made as an "
        "answer to a question. No result is in this table."
    )
    return tables.html(["Source", "Sentence 1 → sentence 2", "Kind", "Why"], rows, caption)


def _training_text(found: Evidence) -> list[str]:
    frame = found.published
    declared = published_groups.declared_table(frame, list(found.curated))
    return [published_groups.means_table(frame), published_groups.effects_table(frame), declared]


def _evaluations(found: Evidence) -> list[str]:
    makers = (published_ranks.boards_table, published_ranks.agreement_table, published_ranks.single_tasks_table)
    return [make(found.published, found.mteb) for make in makers]


def _self_supervision(found: Evidence) -> list[str]:
    curated = [source for source, is_curated in found.curated.items() if is_curated]
    share = recipe_gains.share_of_pairs(found.about["training"]["pairs"], curated)
    ours = (
        f"<p>Of the pairs of our own recorded training {tables.percent(share, 0)} % are of curated sources. How many "
        "of the paper's are is not known.</p>"
    )
    return [sources_table(), ours, recipe_gains.recipe_table(found.about, found.scores)]


def _framework(found: Evidence) -> list[str]:
    return [rebuilt_tasks.separations_table(found.about, found.scores), pairs_above_floor(found.published)]


def _consistency(found: Evidence) -> list[str]:
    gains = published_gains.gains(found.published)
    return [published_gains.columns_table(gains), published_gains.rivals_table(gains, found.published)]


def _priority(found: Evidence) -> list[str]:
    return [rebuilt_tasks.coverage_table()]


def _added_kinds(found: Evidence) -> list[str]:
    gains = published_gains.gains(found.published)
    published = [make(gains, found.span) for make in (published_gains.gains_table, published_gains.span_table)]
    return [*published, probes.added_tasks_table()]


def _reproducibility(found: Evidence) -> list[str]:
    return [rebuilt_tasks.needs_table(found.about), published_ranks.families_table(found.published)]


TABLES: Mapping[str, Callable[[Evidence], list[str]]] = {
    "training_text": _training_text,
    "evaluations": _evaluations,
    "self_supervision": _self_supervision,
    "framework": _framework,
    "consistency": _consistency,
    "priority": _priority,
    "added_kinds": _added_kinds,
    "reproducibility": _reproducibility,
}  # name of a claim's rule → its tables
