"""What `claims.yaml` says: each claim in our words, who makes it and how it is tested; and the evidence to judge it by."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from medte.errors import require_known
from medte.report.claims import published_ranks, recipe_gains
from medte.report.claims.verdicts import RULES, Evidence
from medte.report.published import published
from medte.report.recordings import recorded


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


@lru_cache
def evidence() -> Evidence:
    """All that the verdicts are made from: what is published, what MTEB(Medical) says, what is recorded."""
    about, scores = recorded("open")
    return Evidence(
        published=published(),
        mteb=published_ranks.mteb_medical(),
        about=about,
        scores=scores,
        against_sham=recipe_gains.against_sham(about["profile"]),
        added=recipe_gains.added(),
        curated=claims().curated,
        span=claims().span,
    )
