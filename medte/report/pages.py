"""Pieces of pages that are made from results: the banner over live numbers, the recorded tables of the front page."""

import json
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any

from medte import paths
from medte.errors import MedteError
from medte.evaluation.groups import BENCHMARK, BESIDE, grouped
from medte.evaluation.statistics import Scores
from medte.evaluation.store import read_recorded
from medte.models.registry import entry, registry
from medte.profile import Profile, load_profile
from medte.report import mini_card, published, tables
from medte.tasks.catalogue import benchmark_tasks

INTERVALS = "Percent, with the 95 % interval of a Bayesian bootstrap over documents. Bold: best. •: not distinguishable from the best."
CARDS = (
    "Words: median length, of the first and the second text. Repeated: share of texts that stand elsewhere in the task. Floor: always "
    "the positive or the most frequent answer. Ceiling: what a perfect model could reach, given repeated texts."
)
UNCERTAIN = "Intervals are a Bayesian bootstrap over documents; other tasks and other training seeds are not in them."


def banner(manifest: dict[str, Any], count: int) -> str:
    """What the live numbers of a page are from, as HTML: the edition, its fictional sources, how many results."""
    fictional = [source for source, about in manifest["sources"].items() if about["fictional"]]
    if manifest["edition"] == "mini":
        what = (
            "<b>Mini edition, scored in this run.</b> All text is machine-written and the patients are fictional. "
            "These numbers show that the pipeline runs and how encoders differ on this text; they prove nothing about the paper. "
            + escape(mini_card.agreement_sentence(manifest["hash"]))
        )
    else:
        real = [source for source, about in manifest["sources"].items() if not about["stand_in"]]
        stand_ins = [source for source in manifest["sources"] if source not in real]
        what = f"<b>{manifest['edition'].capitalize()} edition, scored in this run</b> on real text from {', '.join(real)}."
        if stand_ins:
            what += f" Fictional notes stand in for {', '.join(stand_ins)}; they are in no mean."
        notices = [about["notice"] for source, about in manifest["sources"].items() if source in manifest["pairs"]]
        what = " ".join([what, *map(escape, filter(None, notices))])
    facts = (
        f"{count} results · " if count else ""
    ) + f"{len(manifest['tasks'])} tasks built, {len(manifest['missing'])} missing"
    if fictional and manifest["edition"] == "mini":
        facts += f" · fictional studies or patients in {escape(', '.join(fictional))}"
    return f'<div class="medte-banner">{what} <span class="interval">{facts}</span></div>'


def agreement(manifest: Mapping[str, Any]) -> str:
    """Whether the mini edition orders encoders as real text does, as HTML; says so where that is not the question."""
    record = mini_card.agreement()
    if manifest["edition"] != "mini":
        return "<p>This edition is real text itself.</p>"
    return mini_card.agreement_table(record) if record else "<p>No agreement with real text is recorded.</p>"


def trained_model(profile: Profile) -> str:
    """The model among the profile's that a run of it trains. MedteError where none of them is."""
    for name in profile.models:
        if entry(name).profile == profile.name and entry(name).variant is None:
            return name
    raise MedteError(
        f"none of the models of profile {profile.name!r} is trained by it; add a row to models/registry.yaml and name it"
    )


def verdict(scores: Scores, profile: Profile) -> str:
    """What the paired comparison of the trained model with its base says, as one bold sentence of HTML."""
    return f"<p><b>{tables.difference_sentence(scores, trained_model(profile), profile.compared_with)}</b></p>"


def variant_model(profile: Profile, variant: str) -> str:
    """The model that a variant of the profile's training makes. MedteError where the registry has none."""
    for model in registry().values():
        if model.profile == profile.name and model.variant == variant:
            return model.name
    raise MedteError(f"no model in models/registry.yaml is the variant {variant!r} of the profile {profile.name!r}")


def sham(scores: Scores, profile: Profile) -> str:
    """Whether the gain comes from the pairs: the trained model against its sham; says so where the run has none."""
    if "sham" not in profile.training.variants:
        return f"<p>The profile {escape(profile.name)} trains no sham.</p>"
    model, other = trained_model(profile), variant_model(profile, "sham")
    caption = f"The trained model against a sham, trained on the same texts with the pairs reshuffled within each source. {UNCERTAIN}"
    sentence = tables.difference_sentence(scores, model, other)
    return f"{tables.differences(scores, model, other, caption)}\n<p><b>{sentence}</b></p>"


def plain_split(profile: Profile, data: str) -> str:
    """What the split by subject costs: the same training with pairs split by document alone, as recorded.

    `data` is the hash of the edition at hand: a record of other data says so.
    """
    name = f"{profile.name}-plain"
    if not (paths.recorded() / f"{name}.jsonl").exists():
        return f"<p>No training split by document alone is recorded for the profile {escape(profile.name)}.</p>"
    about, scores = recorded(name)
    model, other = about["models"]
    older = "" if about["data"] == data else " <b>It is of an earlier version of the text.</b>"
    caption = (
        "Recorded: the same training on pairs that are split by document alone, so that it has met other texts about the evaluated "
        f"subjects, against the split by subject. {UNCERTAIN} Recorded {about['date']} on {escape(about['machine'])}.{older}"
    )
    sentence = tables.difference_sentence(scores, other, model)
    return f"{tables.differences(scores, other, model, caption)}\n<p><b>{sentence}</b></p>"


def missing_of_benchmark(profile: Profile, missing: Mapping[str, str]) -> dict[str, str]:
    """The profile's benchmark tasks among those `missing` from an edition, with the reasons."""
    names = [task.name for task in benchmark_tasks(profile.benchmark)]
    return {name: missing[name] for name in names if name in missing}


@lru_cache
def recorded_groups(name: str) -> tuple[dict[str, Any], dict[str, Scores]]:
    """(about, scores by group) of a recorded run; the intervals are computed now, from the recorded items."""
    about, results = read_recorded(paths.recorded() / f"{name}.jsonl")
    found = grouped(results, about.get("benchmark", "MedEval"), about.get("edition", {}))
    return about, {group: Scores(own, about["bootstrap"], about["seed"]) for group, own in found.items()}


def recorded(name: str) -> tuple[dict[str, Any], Scores]:
    """(about, scores on the benchmark's tasks) of a recorded run."""
    about, groups = recorded_groups(name)
    return about, groups[BENCHMARK]


def beside(groups: Mapping[str, Scores], provenance: str = "") -> str:
    """The results that are in no mean, a table for each reason, as HTML; says so where there are none."""
    found = [
        tables.tasks(groups[group], groups[group].tasks, f"{title}. In no mean. {INTERVALS} {provenance}")
        for group, title in BESIDE.items()
        if group in groups
    ]
    return "\n".join(found) or "<p>Every task that is scored is in the means.</p>"


def stale_records() -> list[str]:
    """What is recorded of another profile, or of other text, than today's, a line each."""
    stale = []
    about, _ = recorded("open")
    if about["profile_hash"] != load_profile("open").hash:
        stale.append("recorded/open.jsonl is of another profile than profiles/open.yaml; run `medte record -p open`")
    data = mini_card.versions()[-1]["hash"]
    of_mini = {
        "mini-plain.jsonl": (recorded("mini-plain")[0]["data"], "medte record -p mini --variant plain"),
        "mini-seeds.json": (_json("mini-seeds.json")["data"], "medte record -p mini --seeds 1,2,3"),
        "agreement.json": (mini_card.agreement()["mini"], "medte record -p open --agreement"),
    }
    stale += [
        f"recorded/{name} is of another version of the mini edition than the last; run `{command}`"
        for name, (hash_, command) in of_mini.items()
        if hash_ != data
    ]
    return stale


def _json(name: str) -> dict[str, Any]:
    return json.loads((paths.recorded() / name).read_text(encoding="utf-8"))


def _provenance(about: dict[str, Any]) -> str:
    return (
        f"Recorded {escape(about['date'])} on {escape(about['machine'])}; profile {escape(about['profile'])}, "
        f"from <code>medte/report/recorded/{escape(about['profile'])}.jsonl</code>."
    )


def real_text_summary() -> str:
    """The front page's first table: models × families on real text, recorded, and what the comparison says."""
    about, scores = recorded("open")
    wanted = len(benchmark_tasks("MedEval"))
    caption = f"Real text, {len(scores.tasks)} of the {wanted} tasks, recorded. {INTERVALS} {_provenance(about)}"
    sentence = tables.difference_sentence(scores, about["trained"], about["compared_with"])
    return f"{tables.families(scores, caption)}\n\n**{sentence}** {UNCERTAIN}\n"


def real_text_details() -> str:
    """Everything recorded on real text: tasks, differences, training, what is missing."""
    about, groups = recorded_groups("open")
    scores, held = groups[BENCHMARK], about["training"]["held_out"]
    pairs = ", ".join(f"{source} {count:,}" for source, count in about["training"]["pairs"].items())
    parts = [
        "## Task by task\n",
        tables.tasks(scores, scores.tasks, f"Each task on real text, recorded. {INTERVALS} {_provenance(about)}"),
        "\n## What fine-tuning changed\n",
        tables.differences(
            scores,
            about["trained"],
            about["compared_with"],
            f"Paired differences in points. {UNCERTAIN} {_provenance(about)}",
        ),
        f"\n**{tables.difference_sentence(scores, about['trained'], about['compared_with'])}**\n",
        f"Trained on {pairs} pairs, {about['training']['presentations']:,} presentations in "
        f"{about['training']['measured']['seconds'] / 60:.0f} minutes; held-out loss {held['before']['loss']:.3f} before, "
        f"{held['after']['loss']:.3f} after; reciprocal rank {held['before']['mrr']:.3f} before, {held['after']['mrr']:.3f} after.\n",
        "\n## Beside the means\n",
        "Hospital notes may not be shared, so the fictional notes of the bundled edition stand in for them here. What they give is "
        "shown apart, as are tasks outside the 51 and tasks built in another way: as published, corrected, or with the class's words masked.\n",
        beside(groups, _provenance(about)),
        "\n## Where the text is from\n",
        tables.sources(about["edition"], f"Sources of the recorded run. {_provenance(about)}"),
        "\n## What was dropped\n",
        tables.dropped(about["edition"], f"Records that left before the split, by reason. {_provenance(about)}"),
        tables.leaks_by_task(
            about["edition"], f"Training pairs that touch a task, and were dropped. {_provenance(about)}"
        ),
        "\n## What the tasks are made of\n",
        tables.cards(about["cards"], scores.tasks, f"{CARDS} {_provenance(about)}"),
        "\n## What is missing\n",
        tables.missing(
            missing_of_benchmark(load_profile("open"), about["edition"]["missing"]),
            "Tasks of the 51 that this run could not build; they are in no mean.",
        ),
    ]
    return "\n".join(parts) + "\n"


def seeds(profile: str) -> str:
    """The spread of a profile's trained model over training seeds, recorded; says so where none is recorded."""
    path = paths.recorded() / f"{profile}-seeds.json"
    if not path.exists():
        return f"<p>No spread over training seeds is recorded for the profile {escape(profile)}.</p>"
    record = _json(path.name)
    columns = list(record["seeds"][0]["difference"])
    rows = [
        [f"seed {row['seed']}", *(f"{row['held_out'][when]['loss']:.3f}" for when in ("before", "after"))]
        + [tables.percent(row["difference"][column], sign=True) for column in columns]
        for row in record["seeds"]
    ]
    titles = [tables.FAMILY_TITLE.get(column, "All tasks") for column in columns]
    caption = (
        f"Recorded: {tables.title(record['model'])} minus {tables.title(record['compared_with'])} for each training seed, in "
        f"points; data {record['data']}. Recorded {record['date']} on {escape(record['machine'])}."
    )
    return tables.html(["Training seed", "Held-out loss before", "after", *titles], rows, caption)


def choice(profile: str) -> str:
    """What the profile's candidates reached on held-out training pairs, recorded; says so where nothing is recorded."""
    path = paths.recorded() / f"{profile}-choice.json"
    if not path.exists():
        return f"<p>No comparison of settings is recorded for the profile {escape(profile)}.</p>"
    rows = [
        [
            ", ".join(f"{key} {value:g}" for key, value in row["settings"].items()),
            f"{row['before']['mrr']:.3f}",
            f"{row['after']['mrr']:.3f}",
        ]
        for row in _json(path.name)["candidates"]
    ]
    caption = "Recorded: mean reciprocal rank of the right partner among held-out training pairs, best first."
    return tables.html(["Setting", "Before training", "After"], rows, caption)


def generated() -> dict[str, str]:
    """File name → text of every piece that pages include."""
    return {
        "real_text_summary.md": real_text_summary(),
        "real_text_details.md": real_text_details(),
        "published.md": published.table() + "\n",
        "mini_card.md": mini_card.card(),
    }
