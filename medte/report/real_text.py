"""The page on real text, and the front page's first table: what the open edition's run left in the repository."""

from collections.abc import Mapping
from typing import Any

from medte.evaluation.groups import BENCHMARK
from medte.evaluation.statistics import Scores
from medte.profile import load_profile
from medte.report import (
    by_task,
    condition_tables,
    edition_tables,
    experiments,
    figures,
    pages,
    recordings,
    reproduced,
    tables,
)
from medte.report.exhibit import Exhibit
from medte.report.recordings import provenance, recorded_groups
from medte.tasks.catalogue import benchmark_tasks

PROFILE = "open"


def _about() -> dict[str, Any]:
    return recordings.head(PROFILE)


def _scores() -> Scores:
    return recorded_groups(PROFILE)[1][BENCHMARK]


def _pair() -> tuple[str, str]:
    return _about()["trained"], _about()["compared_with"]


def _captioned(caption: str) -> str:
    return f"{caption} {provenance(_about())}"


def _first_caption() -> str:
    wanted = len(benchmark_tasks("MedEval"))
    return f"Real text, {len(_scores().tasks)} of the {wanted} tasks, recorded. {_captioned(pages.RANKS)}"


def _missing() -> Mapping[str, str]:
    return pages.missing_of_benchmark(load_profile(PROFILE), _about()["edition"]["missing"])


def _recorded(make, arguments) -> Exhibit:
    return Exhibit(make, lambda run: arguments(), recorded=True)


def _figure(make, arguments, caption: str, alt: str) -> Exhibit:
    return Exhibit(
        make, lambda run: arguments(), lambda run: _captioned(f"Real text, recorded. {caption}"), alt, recorded=True
    )


EXHIBITS = {
    "open-families": _recorded(tables.families, lambda: (_scores(), _first_caption(), _pair())),
    "open-tasks": _recorded(
        tables.tasks,
        lambda: (
            _scores(),
            _scores().tasks,
            _about()["cards"],
            _captioned(f"Each task on real text, recorded. {pages.TASKS}"),
        ),
    ),
    "open-differences": _recorded(tables.differences, lambda: (_scores(), *_pair(), _captioned(pages.PAIRED))),
    "open-comparisons": _recorded(
        tables.comparisons, lambda: (_scores(), _about()["compared_with"], _captioned(pages.COMPARED))
    ),
    "open-seeds": _recorded(recordings.seeds, lambda: (PROFILE, False)),
    "open-seen": _recorded(
        condition_tables.seen_and_unseen,
        lambda: (_scores(), _captioned(f"{pages.SEEN} {condition_tables.seen_by_medte()}")),
    ),
    "open-pair-metrics": _recorded(condition_tables.pair_metrics, lambda: (_scores(), _captioned(pages.PAIRS))),
    "open-protocols": _recorded(
        condition_tables.protocols, lambda: (_scores(), recordings.corrected(PROFILE), _captioned(pages.PROTOCOLS))
    ),
    "open-conditions": _recorded(
        condition_tables.conditions, lambda: (recordings.recorded_conditions(PROFILE), _captioned(pages.CONDITIONS))
    ),
    "open-reproduced": _recorded(
        reproduced.section,
        lambda: (
            _scores(),
            load_profile(PROFILE),
            _about()["edition"],
            _about()["cards"],
            _captioned("Ours are on real text, recorded."),
        ),
    ),
    "open-beside": _recorded(
        pages.beside, lambda: (recorded_groups(PROFILE)[1], _about()["cards"], provenance(_about()))
    ),
    "open-sources": _recorded(
        edition_tables.sources,
        lambda: (
            _about()["edition"],
            _captioned(
                "Sources of the recorded run. What is on neither side repeats another record or is about an evaluated "
                "subject. Training pairs: with those that are held out to check the training."
            ),
        ),
    ),
    "open-dropped": _recorded(
        edition_tables.dropped,
        lambda: (_about()["edition"], _captioned("Records that left before the split, by reason.")),
    ),
    "open-leaks-by-task": _recorded(
        edition_tables.leaks_by_task,
        lambda: (_about()["edition"], _captioned("Training pairs that touch a task, and were dropped.")),
    ),
    "open-cards": _recorded(
        edition_tables.cards, lambda: (_about()["cards"], _scores().tasks, _captioned(pages.CARDS))
    ),
    "open-missing": _recorded(
        edition_tables.missing,
        lambda: (
            _missing(),
            _captioned("Tasks of the 51 that the recorded run could not build; they are in no mean."),
        ),
    ),
    "open-families-figure": _figure(
        figures.means_by_family,
        lambda: (_scores(),),
        "Mean of every model over each family's tasks and over all; the lines are 95 % intervals over documents and "
        "draws.",
        "Dot plot of every model's mean on real text by family, with intervals",
    ),
    "open-gain": _figure(
        figures.gain_by_task,
        lambda: (_scores(), *_pair()),
        "Gain over the base by task, in points; the lines are 95 % intervals over documents and draws, each task "
        "judged alone.",
        "Dot plot of the difference between the fine-tuned model and its base on each task of real text, and intervals",
    ),
    "open-leakage": _figure(
        by_task.leakage,
        lambda: (_scores(), *_pair(), _about()["edition"]),
        "Gain on each task against the share of training pairs that touched it and were dropped, so that none was "
        "trained on. Families stand a little beside each other.",
        "Scatter plot of tasks of real text: gain over the base against the share of pairs dropped for touching it",
    ),
    "open-heat-map": _figure(
        by_task.heat_map,
        lambda: (_scores(), _about()["cards"]),
        "Score of every model on every task; light is high. In front the floor, where the task has one.",
        "Heat map of scores on real text, tasks by models, families apart, with the floor of each task",
    ),
    "open-length": _figure(
        by_task.length,
        lambda: (_scores(), _about()["cards"]),
        "Scores against the length of the texts, a point a task, a panel a model. Lengths are not all that differs "
        "between tasks.",
        "A panel a model: score of each task of real text against the median number of words of its texts",
    ),
}


def _shown(name: str) -> str:
    return EXHIBITS[name].html(name)


def summary() -> str:
    """The front page's first table: models × families on real text, recorded, and what the comparison says."""
    sentence = tables.difference_sentence(_scores(), *_pair())
    first = f"{_shown('open-families')}\n\n{_shown('open-families-figure')}"
    rest = tables.without_one_source(_scores(), *_pair())
    return f"{first}\n\n**{sentence}** {rest} {pages.UNCERTAIN} {experiments.carries_over()}\n"


def details() -> str:
    """Everything recorded on real text: tasks, differences, other conditions, training, what is missing."""
    parts = [
        "## Task by task\n",
        _shown("open-tasks"),
        _shown("open-heat-map"),
        "\n## What fine-tuning changed\n",
        _shown("open-differences"),
        _shown("open-gain"),
        f"\n**{tables.difference_sentence(_scores(), *_pair())}**\n",
        _training(_about()["training"]),
        _shown("open-seeds"),
        experiments.verdict(PROFILE),
        f"\n{experiments.carries_over(PROFILE)}\n",
        "\n## Every model against one\n",
        _shown("open-comparisons"),
        "\n## Sources seen and not seen in training\n",
        _shown("open-seen"),
        "\n## By other metrics\n",
        _shown("open-pair-metrics"),
        "\n## Under the corrected protocol\n",
        _shown("open-protocols"),
        "\n## With prompts, at equal length\n",
        _shown("open-conditions"),
        "\n## Published against reproduced\n",
        _shown("open-reproduced"),
        "\n## Beside the means\n",
        "Hospital notes may not be shared, so the fictional notes of the bundled edition stand in for them here. What they give is "
        "shown apart, as are extractive tasks, tasks outside the 51 and tasks built in another way: as published, corrected, or with the "
        "class's words masked. Fine-tuning can lose here what it gains in the means: read both.\n",
        _shown("open-beside"),
        "\n## Where the text is from\n",
        _shown("open-sources"),
        "\n## What was dropped\n",
        _shown("open-dropped"),
        _shown("open-leaks-by-task"),
        _shown("open-leakage"),
        "\n## What the tasks are made of\n",
        _shown("open-cards"),
        _shown("open-length"),
        "\n## What is missing\n",
        _shown("open-missing"),
    ]
    return "\n".join(parts) + "\n"


def _training(about: Mapping[str, Any]) -> str:
    """A recorded training as two sentences: pairs, time, held-out figures."""
    pairs = ", ".join(f"{source} {count:,}" for source, count in about["pairs"].items())
    before, after = about["held_out"]["before"], about["held_out"]["after"]
    return (
        f"Trained on {pairs} pairs, {about['presentations']:,} presentations in {about['measured']['seconds'] / 60:.0f} minutes; "
        f"held-out loss {before['loss']:.3f} before, {after['loss']:.3f} after; "
        f"reciprocal rank {before['mrr']:.3f} before, {after['mrr']:.3f} after.\n"
    )
