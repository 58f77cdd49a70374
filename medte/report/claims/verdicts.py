"""The rule of each claim: from results to a verdict, one sentence of evidence, and the kind of numbers it stands on.

A rule is the function that `claims.yaml` names. It reads the published numbers, those of MTEB(Medical) and a recorded
run, and nothing else: other numbers give another verdict.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from medte.evaluation.statistics import Estimate, Scores
from medte.report import pages, tables
from medte.report.claims import published_gains, published_groups, published_ranks, rebuilt_tasks, recipe_gains
from medte.report.claims.published_ranks import ALL_TASKS, ENGLISH
from medte.report.experiments import AgainstSham
from medte.report.published import COLUMNS, MEAN
from medte.report.reproduced import MEDTE
from medte.tasks.catalogue import FAMILIES, benchmark_tasks

Verdict = Literal["reproduced", "direction only", "not reproduced", "cannot be tested here"]
ALPHA = 0.05
STRONG = 0.7  # the rank correlation from which on two benchmarks share half of the variance of the ranks
UNTESTED: Verdict = "cannot be tested here"
PUBLISHED, RECORDED = "published", "recorded"
OTHER_BOARD = "MTEB(Medical)"
MISSING_WEIGHTS = f"scores of the released weights, {MEDTE}"


@dataclass(frozen=True)
class Evidence:
    """All that a rule may read: published numbers, MTEB(Medical), a recorded run, what the claims state.

    `against_sham` are short trainings by the recipe beside the same on sham pairs, and `added` is what the recorded
    recipe gains over its base on each probe that claim 7 names; each None where nothing of it is recorded.
    `curated` says of each of the paper's training sources whether people wrote the second half of its pairs to answer
    the first; `span` is the span of relative gains that claim 7 names.
    """

    published: pd.DataFrame
    mteb: pd.DataFrame
    about: Mapping[str, Any]
    scores: Scores
    against_sham: AgainstSham | None
    added: Mapping[str, Estimate] | None
    curated: Mapping[str, bool]
    span: tuple[float, float]


@dataclass(frozen=True)
class Finding:
    """What became of a claim: its verdict, one sentence of evidence as HTML, the kinds of numbers, what is missing."""

    verdict: Verdict
    evidence: str
    numbers: str
    missing: str = ""  # the source, task or model without which there is no test, or no better one


def training_text(evidence: Evidence) -> Finding:
    """Claim 1: both halves shown is reproduced, one of them direction only."""
    others = published_groups.without_medte(evidence.published)
    method = published_groups.effect(others, MEAN, "contrastive")
    domain = published_groups.effect(published_groups.contrastive_alone(others), MEAN, "medical")
    shown = (method.value > 0 and method.p < ALPHA) + (domain.value < 0 and domain.p < ALPHA)
    sentence = (
        f"By the published means contrastive minus other models is {_points(method.value)} points (p {_p(method.p)}), "
        f"and medical minus general ones among the contrastive {_points(domain.value)} (p {_p(domain.p)}), both "
        "without MEDTE."
    )
    return Finding(("not reproduced", "direction only", "reproduced")[shown], sentence, PUBLISHED)


def evaluations(evidence: Evidence) -> Finding:
    """Claim 2: an agreement surely below `STRONG` is reproduced, one surely above it not; the better one counts."""
    both = published_ranks.on_both(evidence.published, evidence.mteb)
    found = {column: published_ranks.agreement(both[MEAN], both[column]) for column in (ALL_TASKS, ENGLISH)}
    best = max(found.values(), key=lambda agreement: agreement.rho)
    verdict = "reproduced" if best.high < STRONG else "not reproduced" if best.low > STRONG else UNTESTED
    sentence = (
        f"Over the {best.models} models on both boards the published mean agrees with MTEB(Medical, v1) to ρ = "
        f"{published_ranks.said(found[ALL_TASKS])} over its 12 tasks (p {_p(found[ALL_TASKS].p)}) and "
        f"{published_ranks.said(found[ENGLISH])} over the English ones (p {_p(found[ENGLISH].p)}): {best.models} "
        f"models {'do not' if verdict == UNTESTED else 'do'} tell on which side of {STRONG} it lies."
    )
    missing = "more models on both boards" if verdict == UNTESTED else ""
    return Finding(verdict, sentence, f"{PUBLISHED}, {OTHER_BOARD}", missing)


def self_supervision(evidence: Evidence) -> Finding:
    """Claim 3: a gain over another base, long and short, and over sham pairs is direction only; more would take the released weights."""
    gain, short = recipe_gains.recipe_gain(evidence.about, evidence.scores), evidence.against_sham
    curated, count = sum(evidence.curated.values()), len(evidence.curated)
    sentence = (
        f"The pairs of {count - curated} of the {count} training sources are self-supervised, those of {curated} are "
        f"questions with answers that people chose or wrote; {_own_gain(evidence)}"
    )
    if short is None:
        verdict = UNTESTED if gain.side == "above" else "not reproduced"
        return Finding(verdict, f"{sentence}.", RECORDED, "trainings on sham pairs")
    above = all(one.side == "above" for one in (gain, short.gain, short.over_sham))
    return Finding(
        "direction only" if above else "not reproduced",
        f"{sentence}; short trainings on {short.gain.tasks} tasks are {tables.cell(short.gain, sign=True)} over the base and {short}.",
        RECORDED,
        _weights(evidence.scores),
    )


def framework(evidence: Evidence) -> Finding:
    """Claim 4: reproduced where all 51 tasks tell an encoder from no learning, direction only where most of them do."""
    found = rebuilt_tasks.separations(evidence.scores, evidence.about["cards"])
    wanted, telling = len(benchmark_tasks("MedEval")), sum(one.tells for one in found)
    sentence = (
        f"Of the {wanted} tasks {len(found)} are rebuilt from their own text and scored here; in {telling} of these "
        "the best encoder is above the floor, random vectors and word counts."
    )
    verdict = of_all(telling, len(found), wanted)
    return Finding(verdict, sentence, RECORDED, _texts(evidence.about["edition"]))


def of_all(telling: int, scored: int, wanted: int) -> Verdict:
    """The verdict on a claim about `wanted` tasks of which `scored` were looked at: what the others could turn is not tested."""
    if telling == wanted:
        return "reproduced"
    if telling > wanted / 2:
        return "direction only"
    return UNTESTED if telling + wanted - scored > wanted / 2 else "not reproduced"


def consistency(evidence: Evidence) -> Finding:
    """Claim 5: the best mean and most published cells are direction only; more would take the released weights."""
    found = published_gains.gains(evidence.published)
    count, best = published_gains.tally(found), published_gains.over_best(found)
    mostly = best[MEAN][0].standing == "ahead" and count["ahead"] > count.total() / 2
    sentence = (
        f"By the paper's own numbers MEDTE is ahead of its rivals in {count['ahead']} of {count.total()} cells, level "
        f"within rounding in {count['within rounding']} and behind in {count['behind']}, and not ahead of the best "
        f"rival in {published_gains.not_ahead(found) or 'no column'}; {_own_gain(evidence)}."
    )
    verdict = "direction only" if mostly else "not reproduced"
    return Finding(verdict, sentence, f"{PUBLISHED}, {RECORDED}", _weights(evidence.scores))


def priority(evidence: Evidence) -> Finding:
    """Claim 6: no run tests what came first; the coverage is counted."""
    tasks = benchmark_tasks("MedEval")
    names = ", ".join(tables.FAMILY_TITLE[family].lower() for family in FAMILIES)
    sentence = (
        f"No run shows what came first; the {len(tasks)} tasks are of {len({task.source for task in tasks})} sources "
        f"and {len(FAMILIES)} families ({names}), none of which is called semantic understanding."
    )
    return Finding(UNTESTED, sentence, "none", "a survey of medical benchmarks")


def added_kinds(evidence: Evidence) -> Finding:
    """Claim 7: only tasks of the three kinds test it; a gain of our own on each, by its interval, is direction only."""
    found = published_gains.gains(evidence.published)
    best = [gains[0] for gains in published_gains.over_best(found).values()]
    low, high = (tables.percent(pick(gain.relative for gain in best), sign=True) for pick in (min, max))
    inside = sum(gain.within(*evidence.span) for gain in best)
    sentence = (
        f"None of the {len(COLUMNS)} published columns is one of the three tasks; over the best rival MEDTE gains "
        f"{low} % to {high} % by column, {inside} of {len(best)} between {published_gains.named_span(evidence.span)}"
    )
    if evidence.added is None:
        missing = "tasks of term similarity, record retrieval and cross-modal alignment"
        return Finding(UNTESTED, f"{sentence}.", PUBLISHED, missing)
    gained = sum(gap.side == "above" for gap in evidence.added.values())
    verdict = "direction only" if gained == len(evidence.added) else "not reproduced"
    sentence = (
        f"{sentence}; on {gained} of {len(evidence.added)} added tasks, recorded, our own recipe gains over its base by "
        "an interval above 0."
    )
    return Finding(verdict, sentence, f"{PUBLISHED}, {RECORDED}", _weights(evidence.scores))


def reproducibility(evidence: Evidence) -> Finding:
    """Claim 8: all tasks open to everybody is reproduced, at least half direction only."""
    total = sum(rebuilt_tasks.needs(evidence.about["edition"]).values(), Counter())
    free = sum(total[need] for need in rebuilt_tasks.OPEN)
    share = free / total.total()
    among = published_ranks.between_families(published_groups.contrastive_alone(evidence.published)).values()
    low, high = (tables.decimal(pick(one.rho for one in among)) for pick in (min, max))
    sentence = (
        f"{free} of {total.total()} tasks need neither credentialed notes nor a language model's text, and "
        f"{total[rebuilt_tasks.OWN]} are rebuilt here; the families order the contrastive models alike to ρ = {low} to "
        f"{high}."
    )
    verdict = "reproduced" if share == 1 else "direction only" if share >= 0.5 else "not reproduced"
    return Finding(verdict, sentence, f"{PUBLISHED}, {RECORDED}", _texts(evidence.about["edition"]))


RULES: Mapping[str, Callable[[Evidence], Finding]] = {
    rule.__name__: rule
    for rule in (
        training_text,
        evaluations,
        self_supervision,
        framework,
        consistency,
        priority,
        added_kinds,
        reproducibility,
    )
}


def _own_gain(evidence: Evidence) -> str:
    """What our own training gains, as a clause."""
    model, base = (tables.title(evidence.about[role]) for role in ("trained", "compared_with"))
    gain = recipe_gains.recipe_gain(evidence.about, evidence.scores)
    return f"our own recorded {model} gains {tables.cell(gain, sign=True)} points over {base} on {gain.tasks} tasks"


def _weights(scores: Scores) -> str:
    """What is missing of MEDTE itself."""
    return "" if pages.RELEASED in scores.models else MISSING_WEIGHTS


def _texts(edition: Mapping[str, Any]) -> str:
    """Which text is missing for those of the 51 tasks that the edition has not rebuilt, by what they need."""
    needed: dict[str, list[str]] = {}
    for source, count in rebuilt_tasks.needs(edition).items():
        for need in count:
            needed.setdefault(need, []).append(source)
    lacking = {need: what for need, what in rebuilt_tasks.LACKING.items() if need in needed}
    return "; ".join(f"{what} {', '.join(needed[need])}" for need, what in lacking.items())


def _points(value: float) -> str:
    return tables.percent(value, sign=True)


def _p(value: float) -> str:
    """A p-value with its sign of relation."""
    text = tables.probability(value)
    return text if text.startswith("&lt;") else f"= {text}"
