"""What is in an edition, as text for a terminal."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from medte.tasks.catalogue import FAMILIES, Task
from medte.tasks.catalogue import task as find_task

NUMBERS = ("records", "repeated", "evaluation", "training", "kin")


def screen(manifest: Mapping[str, Any], only: Collection[str] = ()) -> str:
    """Counts a source, what was dropped by reason, tasks built and missing, pairs and leaks; of the sources `only`, or all."""
    shown = [source for source in (*manifest["sources"], *manifest["absent"]) if not only or source in only]
    parts = [_sources(manifest, shown), _dropped(manifest, shown), _tasks(manifest, shown), _leaks(manifest, shown)]
    return f"{manifest['edition']} edition, data {manifest['hash']}\n\n" + "\n\n".join(filter(None, parts))


def _sources(manifest: Mapping[str, Any], shown: Collection[str]) -> str:
    lines = [f"{'source':16}" + "".join(f"{name:>12}" for name in (*NUMBERS, "pairs"))]
    for source, about in manifest["sources"].items():
        if source in shown:
            numbers = [*(about[name] for name in NUMBERS), manifest["pairs"].get(source, 0)]
            remark = "fictional notes stand in" if about["stand_in"] else ", ".join(about["licences"])
            lines.append(f"{source:16}" + "".join(f"{number:12,}" for number in numbers) + f"  {remark[:60]}")
    lines += [f"{source:16} not here: {why}" for source, why in manifest["absent"].items() if source in shown]
    return "\n".join(lines)


def _dropped(manifest: Mapping[str, Any], shown: Collection[str]) -> str:
    lines = []
    for source, about in manifest["sources"].items():
        reasons = about["left_out"] | about["repeated_by_reason"]
        if about["in_no_part"]:
            reasons["reserved for the other part"] = about["in_no_part"]
        if source in shown and reasons:
            lines.append(f"  {source}: " + ", ".join(f"{reason} {count:,}" for reason, count in reasons.items()))
    lines += [
        f"  {reason}: no text written {count:,}"
        for reason, count in manifest["unwritten"].items()
        if reason.split(":")[0] in shown
    ]
    return "\n".join(["dropped, by reason", *lines]) if lines else ""


def _tasks(manifest: Mapping[str, Any], shown: Collection[str]) -> str:
    built = [task for name in manifest["tasks"] if (task := find_task(name)).source in shown]
    lines = ["tasks built (rows)"]
    for family in FAMILIES:
        own = [task for task in built if task.family == family]
        lines += [f"  {task.name}: {manifest['tasks'][task.name]['rows']:,}{_mark(task, manifest)}" for task in own]
    missing: dict[str, list[str]] = {}
    for name, reason in manifest["missing"].items():
        if find_task(name).source in shown:
            missing.setdefault(reason, []).append(name)
    lines += ["", f"tasks missing: {sum(map(len, missing.values()))}"]
    return "\n".join(lines + [f"  {reason}: {', '.join(names)}" for reason, names in sorted(missing.items())])


def _mark(task: Task, manifest: Mapping[str, Any]) -> str:
    marks = [] if task.reported == "yes" else [task.variant or "outside the 51"]
    marks += ["stand-in"] if manifest["sources"][task.source]["stand_in"] else []
    written = manifest["tasks"][task.name].get("written_by")
    marks += [f"written by: {written}"] if written else []
    return f"  ({'; '.join(marks)})" if marks else ""


def _leaks(manifest: Mapping[str, Any], shown: Collection[str]) -> str:
    pairs = sum(count for source, count in manifest["pairs"].items() if source in shown)
    lines = [f"{pairs:,} training pairs; pairs that touch the evaluation, dropped by reason"]
    lines += [
        f"  {reason}: {count:,}" for reason, count in manifest["leaks_dropped"].items() if reason.split(":")[0] in shown
    ] or ["  none"]
    touched: Counter = Counter()
    for split, source, task, _, count in manifest["leaks_by_task"]:
        if source in shown and split == "subjects":
            touched[source, task] += count
    if touched:
        lines.append("by source and task, those with the most (a pair may touch several)")
    lines += [f"  {source:16} {task:70} {count:,}" for (source, task), count in touched.most_common(12)]
    lines.append(f"training texts that are evaluation texts: {manifest['training_texts_in_evaluation']}")
    return "\n".join(lines)
