"""What a run is made of, as tables: its profile, the text of its edition, its tasks, its training."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from medte.profile import Profile
from medte.report import tables
from medte.tasks import card
from medte.tasks.catalogue import task as find_task


def profile(about: Profile, caption: str) -> str:
    """What a profile decides, in a few rows of HTML."""
    rows = [
        ["Edition", about.data.edition],
        ["Benchmark", f"{about.benchmark}, protocol {about.protocol}"],
        ["Base encoder", tables.title(about.base)],
        ["Training", f"{about.training.steps} steps of {about.training.batch_size} pairs, seed {about.training.seed}"],
        ["Replicates behind an interval", f"{about.bootstrap:,}"],
        ["Models compared", ", ".join(tables.title(model) for model in about.models)],
    ]
    return tables.html(["Part", "Choice"], [[name, escape(value)] for name, value in rows], caption)


def sources(manifest: dict, caption: str) -> str:
    """Counts of an edition's sources: records, left out, repeats, the two parts, training pairs, licences."""
    rows = []
    for source, counts in manifest["sources"].items():
        pairs = manifest["pairs"].get(source, 0)
        numbers = [counts["records"], counts["repeated"], counts["evaluation"], counts["training"], pairs]
        licences = ", ".join(counts["licences"]) + (" (fictional)" if counts["fictional"] else "")
        rows.append([escape(source), *(f"{number:,}" for number in numbers), escape(licences)])
    header = ["Source", "Records", "Repeated", "For evaluation", "For training", "Training pairs", "Licence"]
    return tables.html(header, rows, caption)


def dropped(manifest: dict, caption: str) -> str:
    """What left each source before the split, by reason, as HTML; says so where nothing did."""
    rows = []
    for source, about in manifest["sources"].items():
        reasons = about["left_out"] | about["repeated_by_reason"]
        rows += [[escape(source), escape(reason), f"{count:,}"] for reason, count in reasons.items()]
    for reason, count in manifest["unwritten"].items():
        source, _, why = reason.partition(": ")
        rows.append([escape(source), f"no text written: {escape(why)}", f"{count:,}"])
    return tables.html(["Source", "Why", "Records"], rows, caption) if rows else "<p>No record was dropped.</p>"


def cards(found: Mapping[str, dict], names: Sequence[str], caption: str) -> str:
    """The data cards of tasks, a row each, as HTML: documents, words, repeats, floor and ceiling of the score."""
    rows, chosen = [], [found[name] for name in names]
    bounds = tables.bounds(chosen)
    for row in card.table(chosen).itertuples():
        classes = tables.MISSING if pd.isna(row.classes) else str(row.classes)
        rows.append(
            [
                tables.breakable(row.task),
                row.source,
                f"{row.documents:,}",
                classes,
                row.words,
                tables.percent(row.elsewhere, 0),
                *bounds[row.task],
            ]
        )
    header = ["Task", "Source", "Documents", "Classes", "Words", "Repeated", "Floor", "Ceiling"]
    return tables.html(header, rows, caption)


def task_sizes(manifest: dict, names: Sequence[str], caption: str) -> str:
    """What each task holds: family, source, rows, what was left out, and the data's revision."""
    rows = []
    for name in names:
        about = manifest["tasks"][name]
        dropped = "; ".join(f"{reason}: {count:,}" for reason, count in about["dropped"].items()) or tables.MISSING
        entry_ = find_task(name)
        rows.append(
            [
                tables.breakable(name),
                tables.FAMILY_TITLE[entry_.family],
                entry_.source,
                f"{about['rows']:,}",
                dropped,
                f"<code>{about['hash'][:8]}</code>",
            ]
        )
    return tables.html(["Task", "Family", "Source", "Rows", "Left out", "Revision"], rows, caption)


def missing(lacking: dict[str, str], caption: str) -> str:
    """Tasks that an edition lacks, by reason, as HTML; an empty text where none is missing."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in lacking.items():
        by_reason.setdefault(reason, []).append(name)
    rows = [
        [escape(reason), str(len(names)), f"<small>{', '.join(map(tables.breakable, names))}</small>"]
        for reason, names in by_reason.items()
    ]
    return tables.html(["Why", "Tasks", "Which"], rows, caption) if rows else ""


def leaks(manifest: dict, caption: str) -> str:
    """Training pairs dropped because they touch the evaluation, by source and reason, and what is left, as HTML."""
    rows = [[escape(reason), f"{count:,}"] for reason, count in manifest["leaks_dropped"].items()]
    for source, counts in manifest["sources"].items():
        if counts.get("kin"):
            rows.append([f"{escape(source)}: records about an evaluated subject, left out", f"{counts['kin']:,}"])
    rows.append(["training texts that are evaluation texts afterwards", str(manifest["training_texts_in_evaluation"])])
    return tables.html(["Reason", "Pairs"], rows, caption)


def leaks_by_task(manifest: dict, caption: str) -> str:
    """Pairs that would be trained on and touch a base task, by source and task, as HTML; says so where there are none."""
    counts: Counter = Counter()
    for split, source, task, reason, count in manifest["leaks_by_task"]:
        if split == "subjects" and not find_task(task).variant:
            counts[source, task, reason] += count
    rows = [
        [tables.breakable(task), escape(source), escape(reason), f"{n:,}"]
        for (source, task, reason), n in counts.most_common()
    ]
    return (
        tables.html(["Task", "Source of the pairs", "How", "Pairs"], rows, caption)
        if rows
        else "<p>No pair touches a task.</p>"
    )


def settings(training: dict, caption: str) -> str:
    """The settings that a training ran with, as HTML; its sources have a table of their own."""
    rows = [
        [escape(key.replace("_", " ")), escape(str(value))]
        for key, value in training["settings"].items()
        if key != "sources"
    ]
    return tables.html(["Setting", "Value"], rows, caption)


def pairs(training: dict, caption: str) -> str:
    """Training pairs by source, as HTML."""
    rows = [[escape(source), f"{count:,}"] for source, count in training["pairs"].items()]
    rows.append(["all", f"{sum(training['pairs'].values()):,}"])
    return tables.html(["Source", "Pairs"], rows, caption)


def held_out(training: dict, caption: str) -> str:
    """Held-out loss and mean reciprocal rank before and after training, as HTML."""
    rows = [
        [when, f"{figures['loss']:.3f}", f"{figures['mrr']:.3f}", f"{figures['pairs']:,}"]
        for when, figures in training["held_out"].items()
    ]
    return tables.html(["Training", "Loss", "Reciprocal rank", "Pairs"], sorted(rows, reverse=True), caption)
