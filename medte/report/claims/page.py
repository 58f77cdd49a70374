"""The page of the paper's claims: each with a verdict that code makes from results, and the tables behind it.

`claims.yaml` holds the words, `verdicts.py` the rules; this puts both and the tables together.
"""

from collections.abc import Callable, Mapping
from html import escape

from matplotlib.figure import Figure

from medte.report import probes, published, tables
from medte.report.claims import figures, published_gains, published_groups, published_ranks, rebuilt_tasks, recipe_gains
from medte.report.claims.stated import Claim, claims, evidence
from medte.report.claims.verdicts import RULES, UNTESTED, Evidence, Finding
from medte.report.exhibit import Exhibit

SAID_IN = {"abstract": "The paper's abstract", "summary": "A second-hand, machine-written summary of the paper"}
WORDS = (
    "Reproduced: the numbers show what is claimed. Direction only: they point the same way, for a part of the claim or "
    "on another model. Not reproduced: they do not show it, or speak against it. Cannot be tested here: the evidence "
    "says what is missing. Numbers: published are the paper's own, recorded are from an earlier run kept in the "
    "repository; a sentence that uses both says which is which."
)


def page() -> str:
    """The generated piece: one table of all verdicts, then a section for each claim."""
    found = evidence()
    sections = [section(number, claim, findings(found)[claim.test]) for number, claim in enumerate(claims().claims, 1)]
    return "\n".join([EXHIBITS["claims"].html("claims"), *sections]) + "\n"


def findings(found: Evidence) -> dict[str, Finding]:
    """The name of each claim's rule → what it finds."""
    return {claim.test: RULES[claim.test](found) for claim in claims().claims}


def summary(found: Mapping[str, Finding]) -> str:
    """Claim → verdict → one sentence of evidence, as HTML; `found` holds what each claim's rule finds."""
    rows = []
    for number, claim in enumerate(claims().claims, 1):
        finding = found[claim.test]
        lacking = _missing(finding) if finding.verdict == UNTESTED else ""
        rows.append(
            [
                f"{number}. {escape(claim.title)}",
                f"<b>{finding.verdict}</b>",
                f"<small>{finding.evidence}{lacking}</small>",
                f"<small>{finding.numbers}</small>",
            ]
        )
    return tables.html(["Claim", "Verdict", "Evidence", "Numbers"], rows, WORDS)


def section(number: int, claim: Claim, finding: Finding) -> str:
    """A claim's own section, as Markdown with tables: who says it, the test, what comes out, what stays open."""
    parts = [
        f"\n## {number}. {claim.title}\n",
        f"{SAID_IN[claim.said_in]}: *{claim.claim}*\n",
        f"{claim.how}\n",
        *(EXHIBITS[name].html(name) for name in SHOWN[claim.test]),
        *(note(evidence()) for note in NOTES.get(claim.test, ())),
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


def _of(make: Callable[..., str], take: Callable[[Evidence], tuple]) -> Exhibit:
    """A table of this page: `take` gives the arguments of `make`."""
    return Exhibit(make, lambda run: take(evidence()), recorded=True)


def _drawn(make: Callable[..., Figure], take: Callable[[Evidence], tuple], caption: str, alt: str) -> Exhibit:
    return Exhibit(make, lambda run: take(evidence()), caption, alt, recorded=True)


def _boards(found: Evidence) -> tuple:
    return found.published, found.mteb


def _gains(found: Evidence) -> list[published_gains.Gain]:
    return published_gains.gains(found.published)


def _results(found: Evidence) -> tuple:
    return found.about, found.scores


EXHIBITS: Mapping[str, Exhibit] = {
    "claims": _of(summary, lambda found: (findings(found),)),
    "group-means": _of(published_groups.means_table, lambda found: (found.published,)),
    "group-effects": _of(published_groups.effects_table, lambda found: (found.published,)),
    "declared-sources": _of(published_groups.declared_table, lambda found: (found.published, list(found.curated))),
    "both-boards": _of(published_ranks.boards_table, _boards),
    "boards-agreement": _of(published_ranks.agreement_table, _boards),
    "single-tasks-agreement": _of(published_ranks.single_tasks_table, _boards),
    "boards-figure": _drawn(
        figures.published_against_mteb,
        lambda found: (published_ranks.on_both(*_boards(found)),),
        "Published means of MedEval, best on top, and the same models' means on MTEB(Medical, v1), as its results repository "
        f"gives them. {published.BRIEF}",
        "Dot plot of the models on both benchmarks in the order of their published mean, with their means on MTEB(Medical)",
    ),
    "paper-sources": Exhibit(sources_table, recorded=True),
    "recipe-gain": _of(recipe_gains.recipe_table, _results),
    "separations": _of(rebuilt_tasks.separations_table, _results),
    "gains-by-column": _of(published_gains.columns_table, lambda found: (_gains(found),)),
    "gains-by-rival": _of(published_gains.rivals_table, lambda found: (_gains(found), found.published)),
    "rivals-figure": _drawn(
        figures.gain_by_rival,
        lambda found: (_gains(found),),
        f"Published: MEDTE minus each rival by family. The lines are what rounding allows. {published.BRIEF}",
        "Dot plot of the published difference between MEDTE and each rival, a mark for each family",
    ),
    "coverage": Exhibit(rebuilt_tasks.coverage_table, recorded=True),
    "gains-by-kind": _of(published_gains.gains_table, lambda found: (_gains(found), found.span)),
    "gains-in-span": _of(published_gains.span_table, lambda found: (_gains(found), found.span)),
    "added-tasks": Exhibit(probes.added_tasks_table, recorded=True),
    "needs": _of(rebuilt_tasks.needs_table, lambda found: (found.about,)),
    "families-agreement": _of(published_ranks.families_table, lambda found: (found.published,)),
}
SHOWN: Mapping[str, tuple[str, ...]] = {
    "training_text": ("group-means", "group-effects", "declared-sources"),
    "evaluations": ("boards-figure", "both-boards", "boards-agreement", "single-tasks-agreement"),
    "self_supervision": ("paper-sources", "recipe-gain"),
    "framework": ("separations",),
    "consistency": ("rivals-figure", "gains-by-column", "gains-by-rival"),
    "priority": ("coverage",),
    "added_kinds": ("gains-by-kind", "gains-in-span", "added-tasks"),
    "reproducibility": ("needs", "families-agreement"),
}  # name of a claim's rule → its exhibits


def _share_of_curated(found: Evidence) -> str:
    """How many pairs of our own training are of sources whose answers people chose or wrote, as HTML."""
    curated = [source for source, is_curated in found.curated.items() if is_curated]
    share = recipe_gains.share_of_pairs(found.about["training"]["pairs"], curated)
    return (
        f"<p>Of the pairs of our own recorded training {tables.percent(share, 0)} % are of curated sources. How many "
        "of the paper's are is not known.</p>"
    )


NOTES: Mapping[str, tuple[Callable[[Evidence], str], ...]] = {
    "self_supervision": (_share_of_curated,),
    "framework": (lambda found: published.pairs_above_floor(found.published),),
}  # name of a claim's rule → sentences after its exhibits
