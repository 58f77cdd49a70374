"""Pieces of pages that are made from results: the banner over live numbers, captions, what the comparisons say."""

from collections.abc import Mapping
from html import escape
from typing import Any

from medte.errors import MedteError
from medte.evaluation.comparisons import POWER
from medte.evaluation.groups import BESIDE
from medte.evaluation.statistics import Scores
from medte.models.registry import entry, registry
from medte.profile import Profile
from medte.report import mini_card, tables
from medte.report.recordings import is_recorded, recorded
from medte.tasks.card import Card
from medte.tasks.catalogue import benchmark_tasks

INTERVALS = (
    "Percent, with the 95 % interval over documents and draws. Bold: best. •: not distinguishable from the best, with all pairs of "
    "models compared at once."
)
RANKS = (
    f"{INTERVALS} Small in the head: the number of tasks. Rank, over all tasks: 1 is the best and all that cannot be told from it, "
    f"2 the best of the rest, and so on. The last row is the difference between the fine-tuned model and its base that would have been seen in {tables.percent(POWER, 0)} % of cases."
)
BOUNDS = "Floor: always the positive or the most frequent answer. Ceiling: what a perfect model could reach, given repeated texts."
CARDS = f"Words: median length, of the first and the second text. Repeated: share of texts that stand elsewhere in the task. {BOUNDS}"
TASKS = f"{INTERVALS} {BOUNDS}"
UNCERTAIN = "Intervals are over documents and draws; other tasks are not in them, and other training seeds only where several were trained."
COMPARED = (
    "Differences over all tasks, in points. Intervals and p are corrected for the number of models in this table."
)
PAIRED = f"Differences of two models, in points; each row is judged alone, uncorrected. {UNCERTAIN}"
SEEN = (
    "Trained on: tasks of sources that the model has seen text of, though not these texts. The two means are over other tasks, "
    "and the tasks of one column differ between models: compare only values over the same tasks. A family stands where the model has tasks of both kinds."
)
PAIRS = (
    "Mean over the pair tasks, in percent, with the 95 % interval over documents alone. The published F1 chooses its threshold on the "
    "labels that judge it; the second column chooses it on one half of the documents and judges the other, and the reverse. The floor "
    "calls every pair right."
)
PROTOCOLS = (
    "Percent, with the 95 % interval over documents and draws. Corrected: clustering is the mean of several k-means, pairs are average "
    "precision, retrieval takes texts of equal words as one."
)
CONDITIONS = (
    "Mean over all tasks, in percent, with the 95 % interval. The paper gave no model its prompts, and each its own length; here no "
    "model reads further than the profile's cap."
)
STALE = "Kept results that no table uses."
RELEASED = "MEDTE"  # the authors' weights, as models/registry.yaml calls them


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
    """What the paired comparison of the run's main pair of models says, and how much of it is one source, as HTML."""
    pair = main_pair(profile)
    return f"<p><b>{tables.difference_sentence(scores, *pair)}</b> {tables.without_one_source(scores, *pair)}</p>"


def on_real_text(profile: Profile) -> str:
    """What the recorded training gained on real text, to be read beside a run on the bundled text, as HTML; else nothing."""
    if profile.data.edition != "mini" or not is_recorded("open"):
        return ""
    about, scores = recorded("open")
    sentence = tables.difference_sentence(scores, about["trained"], about["compared_with"])
    steps = about["training"]["measured"]["steps"]
    return f"<p>{sentence} That is recorded, of {steps} steps of training on real text.</p>"


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
    caption = f"The trained model against a sham, trained on the same texts with the pairs reshuffled within each source. {PAIRED}"
    sentence = tables.difference_sentence(scores, model, other)
    return f"{tables.differences(scores, model, other, caption)}\n<p><b>{sentence}</b></p>"


def plain_split(profile: Profile, data: str) -> str:
    """What the split by subject costs: the same training with pairs split by document alone, as recorded.

    `data` is the hash of the edition at hand: a record of other data says so.
    """
    name = f"{profile.name}-plain"
    if not is_recorded(name):
        return f"<p>No training split by document alone is recorded for the profile {escape(profile.name)}.</p>"
    about, scores = recorded(name)
    model, other = about["models"]
    older = "" if about["data"] == data else " <b>It is of an earlier version of the text.</b>"
    caption = (
        "Recorded: the same training on pairs that are split by document alone, so that it has met other texts about the evaluated "
        f"subjects, against the split by subject; models of that day, not of this run. {PAIRED} Recorded {about['date']} on {escape(about['machine'])}.{older}"
    )
    sentence = tables.difference_sentence(scores, other, model)
    return f"{tables.differences(scores, other, model, caption)}\n<p><b>{sentence}</b></p>"


def missing_of_benchmark(profile: Profile, missing: Mapping[str, str]) -> dict[str, str]:
    """The profile's benchmark tasks among those `missing` from an edition, with the reasons."""
    names = [task.name for task in benchmark_tasks(profile.benchmark)]
    return {name: missing[name] for name in names if name in missing}


def beside(groups: Mapping[str, Scores], cards: Mapping[str, Card], origin: str = "") -> str:
    """The results that are in no mean, a table for each reason, as HTML; says so where there are none."""
    found = [
        tables.tasks(groups[group], groups[group].tasks, cards, f"{title}. In no mean. {TASKS} {origin}")
        for group, title in BESIDE.items()
        if group in groups
    ]
    return "\n".join(found) or "<p>Every task that is scored is in the means.</p>"


def main_pair(profile: Profile) -> tuple[str, str]:
    """The two models that a run is made for: the one it trains and the one that every other is compared with.

    Where nothing is trained, the first of them is the released MEDTE, if the profile names it.
    """
    if profile.training is None and RELEASED in profile.models:
        return RELEASED, profile.compared_with
    return trained_model(profile), profile.compared_with
