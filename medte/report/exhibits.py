"""Every table and figure of the book by its name, with the function that makes it: `show` in a notebook, `medte table` and
`medte figure` on the command line."""

from collections.abc import Mapping
from typing import Any

from medte.errors import require_known
from medte.report import (
    condition_tables,
    edition_tables,
    experiments,
    figures,
    items_of_paper,
    mini_card,
    pages,
    paper_figures,
    probes,
    published,
    real_text,
    recordings,
    reproduced,
    tables,
    task_cards,
)
from medte.report.claims import page as claims
from medte.report.contributions import contributed
from medte.report.differences import page as differences
from medte.report.differences import why_scores_differ
from medte.report.exhibit import Exhibit
from medte.tasks.catalogue import FAMILIES

TASKS = "Scores by task and model; the lines are 95 % intervals over documents and draws."

DATA = {
    "profile": Exhibit(edition_tables.profile, lambda run: (run.profile, run.profile.description)),
    "sources": Exhibit(
        edition_tables.sources,
        lambda run: (
            run.edition.manifest,
            "Records of each source and what became of them; tasks and pairs are capped by the profile, and some pairs held out.",
        ),
    ),
    "dropped": Exhibit(
        edition_tables.dropped, lambda run: (run.edition.manifest, "Records that left before the split, by reason.")
    ),
    "leaks": Exhibit(
        edition_tables.leaks,
        lambda run: (run.edition.manifest, "Training pairs that were dropped, by source and reason."),
    ),
    "leaks-by-task": Exhibit(
        edition_tables.leaks_by_task, lambda run: (run.edition.manifest, "The same by task; a pair may touch several.")
    ),
    "task-sizes": Exhibit(
        edition_tables.task_sizes,
        lambda run: (run.edition.manifest, run.tasks(), "The tasks of this edition that are scored."),
    ),
    "cards": Exhibit(edition_tables.cards, lambda run: (run.edition.cards(), run.tasks(), pages.CARDS)),
    "task-cards": Exhibit(
        task_cards.table,
        lambda run: (
            run.edition.cards(),
            run.scores(),
            f"All tasks of this edition. {pages.CARDS} Best: the highest score of this run's models.",
        ),
    ),
    "missing": Exhibit(
        edition_tables.missing,
        lambda run: (
            pages.missing_of_benchmark(run.profile, run.edition.missing),
            "Tasks that this edition lacks, and why.",
        ),
    ),
    "agreement": Exhibit(pages.agreement, lambda run: (run.edition.manifest,)),
    "agreement-figure": Exhibit(
        figures.agreement,
        lambda run: (mini_card.agreement(),),
        "Encoders of graded quality: the mean over the mini edition's tasks against the mean over real tasks, as recorded.",
        "Scatter plot of encoders: mean score on the mini edition against mean score on real text",
    ),
}

TRAINING = {
    "settings": Exhibit(
        edition_tables.settings, lambda run: (run.training, "The settings of this training, from the profile.")
    ),
    "choice": Exhibit(recordings.choice, lambda run: (run.profile.name,)),
    "pairs": Exhibit(
        edition_tables.pairs,
        lambda run: (run.training, "Training pairs by source; every batch comes from one of them."),
    ),
    "padding": Exhibit(recordings.padding, recorded=True),
    "learning-curve": Exhibit(
        figures.learning_curve,
        lambda run: (run.training,),
        "Training loss by step; loss of held-out pairs before, on the way and after (dashed).",
        "Line chart of the training loss by step, with the loss of held-out pairs before, during and after training",
    ),
    "held-out": Exhibit(
        edition_tables.held_out,
        lambda run: (
            run.training,
            "Held-out pairs: the loss in nats, and the mean reciprocal rank of the right partner.",
        ),
    ),
    "seeds": Exhibit(recordings.seeds, lambda run: (run.profile.name,)),
    "ablation": Exhibit(experiments.ablation, recorded=True),
    "left-out": Exhibit(experiments.left_out, recorded=True),
    "leaks-worth": Exhibit(
        experiments.leaks,
        recorded=True,
        caption="Recorded: gain over the base on the tasks of each source; intervals over documents, draws and seeds.",
        alt="Gain over the base by source, as points with intervals, for training with leaked pairs, without them, and without "
        "the source",
    ),
}


def _of_family(family: str) -> dict[str, Exhibit]:
    words = family.replace("_", " ")
    return {
        f"tasks-{family}": Exhibit(
            tables.tasks,
            lambda run: ((scores := run.scores(family)), scores.tasks, run.edition.cards(), pages.TASKS),
        ),
        f"scores-{family}": Exhibit(
            figures.scores_by_task,
            lambda run: ((scores := run.scores(family)), scores.tasks),
            TASKS,
            f"Dot plot of the score of every model on each {words} task, with intervals",
        ),
    }


def _pair(run: Any) -> tuple[Any, str, str]:
    return run.scores(), *pages.main_pair(run.profile)


RESULTS = {
    "families": Exhibit(tables.families, lambda run: (run.scores(), pages.RANKS, pages.main_pair(run.profile))),
    **{name: exhibit for family in FAMILIES for name, exhibit in _of_family(family).items()},
    "pair-metrics": Exhibit(
        condition_tables.pair_metrics, lambda run: (run.scores("pair_classification"), pages.PAIRS)
    ),
    "comparisons": Exhibit(tables.comparisons, lambda run: (run.scores(), run.profile.compared_with, pages.COMPARED)),
    "differences": Exhibit(tables.differences, lambda run: (*_pair(run), pages.PAIRED)),
    "gain": Exhibit(
        figures.gain_by_task,
        _pair,
        "Gain over the base by task, in points; the lines are 95 % intervals over documents and draws, each task judged alone.",
        "Dot plot of the difference between the fine-tuned model and its base on each task, with intervals",
    ),
    "sham": Exhibit(pages.sham, lambda run: (run.scores(), run.profile)),
    "plain-split": Exhibit(pages.plain_split, lambda run: (run.profile, run.edition.manifest["hash"])),
    "seen": Exhibit(
        condition_tables.seen_and_unseen,
        lambda run: (run.scores(), f"{pages.SEEN} {condition_tables.seen_by_medte()}"),
    ),
    "protocols": Exhibit(
        condition_tables.protocols,
        lambda run: (run.scores(), run.scores(protocol="corrected"), pages.PROTOCOLS),
    ),
    "conditions": Exhibit(condition_tables.conditions, lambda run: (run.conditions(), pages.CONDITIONS)),
    "reproduced": Exhibit(
        reproduced.section, lambda run: (run.scores(), run.profile, run.edition.manifest, run.edition.cards())
    ),
    "beside": Exhibit(pages.beside, lambda run: (run.groups(), run.edition.cards())),
    "bench": Exhibit(recordings.bench, recorded=True),
    "stale": Exhibit(tables.stale, lambda run: (run.stale(), pages.STALE)),
}

PROBES = {
    "probe-cards": Exhibit(probes.describe, lambda run: (run.probe_set.cards(), run.probe_set.missing)),
    "probes": Exhibit(probes.table, lambda run: (run.probes(), run.probe_set.cards())),
    "query-styles": Exhibit(
        probes.by_style,
        lambda run: (run.probes().get("styles"), run.probe_set.cards()),
        "The same diseases, documents and right answers, asked for in other words; the lines are 95 % intervals over diseases. "
        "Scored in this run.",
        "Line chart of the score of every model by style of query, with intervals",
    ),
    "style-differences": Exhibit(
        probes.style_differences, lambda run: (run.probes().get("styles"), run.probe_set.cards())
    ),
    "open-probes": Exhibit(probes.recorded_table, recorded=True),
}

PAPER = {
    "paper-items": Exhibit(items_of_paper.table, recorded=True),
    "why-scores-differ": Exhibit(why_scores_differ.table, recorded=True),
    "published": Exhibit(published.table, recorded=True),
    "contributed": Exhibit(contributed.table, recorded=True),
}

EXHIBITS: Mapping[str, Exhibit] = (
    DATA
    | TRAINING
    | RESULTS
    | paper_figures.LIVE
    | PROBES
    | PAPER
    | paper_figures.PUBLISHED
    | claims.EXHIBITS
    | differences.EXHIBITS
    | mini_card.EXHIBITS
    | real_text.EXHIBITS
)


def exhibit(name: str, figure: bool | None = None) -> Exhibit:
    """The exhibit of that name, among figures or tables alone where `figure` says so. MedteError names the nearest known."""
    known = {key: one for key, one in EXHIBITS.items() if figure is None or one.is_figure == figure}
    kind = {None: "table or figure", True: "figure", False: "table"}[figure]
    require_known(kind, [name], known)
    return known[name]


def show(name: str, run: Any = None):
    """An exhibit in a notebook, as an object that displays itself."""
    from IPython.display import HTML

    return HTML(exhibit(name).html(name, run))
