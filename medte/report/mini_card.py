"""The mini edition's data card: what its text is worth, which versions there were, and whether it predicts anything.

Everything shown is from a measured report (`medte.quality`) or from what was recorded.
"""

import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from medte.models.registry import registry
from medte.report import recordings, tables
from medte.report.exhibit import Exhibit
from medte.report.recordings import measurement
from medte.tasks.catalogue import FAMILIES

WIDTH = 118  # of the report
HONEST = (
    "written by machine, not reviewed by clinicians; patients and studies are fictional, patients have no names; "
    "one writer's habits; not for clinical use"
)
BOUNDS = {
    "ceiling": 0.97, "margin": 0.03, "ids": 0.95, "shared": 0.20, "near_duplicates": 0.01, "overlap": 0.15, "high": 5, "low": 10,
    "tokens": 600_000, "megabytes": 8, "seconds": 20, "rows": 300, "class_texts": 40, "test_texts": 20,
}  # fmt: skip


def versions() -> list[dict[str, Any]]:
    """The versions of the mini edition, oldest first: hash, what changed, report, scores."""
    return measurement("mini-versions.json") or []


def agreement() -> dict[str, Any] | None:
    """How the mini edition and real text order encoders, as recorded; None where it is not."""
    return measurement("agreement.json")


def heading(data: str) -> str:
    """Which version the mini edition with that hash is, in a line."""
    latest = versions()[-1] if versions() else None
    if latest and latest["hash"] == data:
        return f"mini edition, version {latest['version']}, frozen {latest['date']}: data {data} as frozen"
    return f"mini edition, not frozen: data {data}"


def screen(report: dict[str, Any], counts: dict[str, Any], head: str) -> str:
    """The report as text, one screen; `counts` is the edition's manifest."""
    sizes, separated = report["sizes"], report["separated"]
    lines = [
        head,
        "",
        "source          records  for eval.  training   pairs   words 5 % · 50 % · 95 %   repeated 5-grams   near-duplicates",
    ]
    for source, about in report["sources"].items():
        own, words = counts["sources"][source], about["words"]
        lines.append(
            f"{source:15} {own['records']:7,}  {own['evaluation']:9,} {own['training']:9,} {counts['pairs'].get(source, 0):7,}"
            f"   {words[0]:9} · {words[1]:4} · {words[2]:4} {about['shared']:18.1%} {about['near_duplicates']:17.1%}"
        )
    right = report["right"]
    lines += [
        "",
        f"Sizes      {sizes['tasks']} tasks; at least {sizes['rows']} queries or pairs, {sizes['class_texts']} texts a class, {sizes['test_texts']} of them test; "
        f"{sizes['tokens']:,} tokens in {sizes['texts']:,} texts; {sizes['megabytes']} MB, built in {sizes['seconds']} s, "
        + ("the same again" if sizes["same"] else "NOT the same again"),
        "Right      " + (_right_line(right) if right else "no ontology here (MEDTE_MIRROR/ontology): not checked"),
        "Queries    content words that stand in the document: "
        + ", ".join(f"{name.removesuffix('Retrieval')} {share:.1%}" for name, share in report["overlap"].items()),
        "Separated  on both sides: "
        f"{separated['subjects']} subjects, {separated['texts']} texts, {separated['near_duplicates']} near-duplicates; "
        f"{separated['naming']:.0%} of the training texts name an evaluated subject in passing",
    ]
    for name, found in report["useful"].items():
        lines.append(f"Useful     {name}: {len(found['high'])} tasks above {BOUNDS['ceiling']}{_named(found['high'])}")
        lines.append(f"           {len(found['low'])} within {BOUNDS['margin']} of their floor{_named(found['low'])}")
    lines.append(
        "Ceilings   readmission, the best that can be expected: "
        + ", ".join(f"{share:.1%} ({days} days)" for days, share in report["ceilings"].items())
    )
    if sentence := agreement_sentence(report["hash"]):
        lines.append(f"Predicts   {sentence}")
    lines.append(f"Honest     {HONEST}")
    problems = outside(report)
    lines += ["", "outside the bounds: " + ("; ".join(problems) if problems else "nothing")]
    return "\n".join(_wrapped(line) for line in lines)


def _wrapped(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent=" " * 11, break_on_hyphens=False) if len(line) > WIDTH else line


def _right_line(right: dict[str, dict[str, int]]) -> str:
    ids, system = right["id"], right["system"]
    return (
        f"{ids.get('matches', 0)} of {sum(ids.values())} diseases carry a Disease Ontology id that matches by name; of their systems "
        f"{system.get('agrees', 0)} agree, {system.get('by cause', 0)} stand there by cause, {system.get('says why', 0)} say why not, {system.get('differs', 0)} differ"
    )


def _named(tasks: Sequence[str]) -> str:
    return f": {', '.join(tasks)}" if tasks else ""


def outside(report: dict[str, Any]) -> list[str]:
    """What is outside `BOUNDS`, a few words each."""
    sizes, found = report["sizes"], []
    found += [
        f"{key} {sizes[key]:,} (at most {BOUNDS[key]:,})"
        for key in ("tokens", "megabytes", "seconds")
        if sizes[key] > BOUNDS[key]
    ]
    found += [
        f"{key} {sizes[key]} (at least {BOUNDS[key]})"
        for key in ("rows", "class_texts", "test_texts")
        if sizes[key] < BOUNDS[key]
    ]
    found += [] if sizes["same"] else ["a second build is not the same"]
    for source, about in report["sources"].items():
        found += [
            f"{source}: {key} {about[key]:.1%}" for key in ("shared", "near_duplicates") if about[key] >= BOUNDS[key]
        ]
    if ids := (report["right"] or {}).get("id"):
        share = ids.get("matches", 0) / sum(ids.values())
        found += [f"ids {share:.1%}"] if share < BOUNDS["ids"] else []
        differs = report["right"]["system"].get("differs", 0)
        found += [f"{differs} systems differ without a reason"] if differs else []
    found += [
        f"{name}: {share:.1%} of the query in the document"
        for name, share in report["overlap"].items()
        if share > BOUNDS["overlap"]
    ]
    for name, lists in report["useful"].items():
        found += [f"{name}: {len(lists[key])} tasks {key}" for key in ("high", "low") if len(lists[key]) > BOUNDS[key]]
    found += [
        f"{count} {what} on both sides" for what, count in report["separated"].items() if what != "naming" and count
    ]
    return found


def summary(report: Mapping[str, Any]) -> str:
    """The report against its bounds, as an HTML table."""
    sizes, separated, right = report["sizes"], report["separated"], report["right"]
    most = {key: max(about[key] for about in report["sources"].values()) for key in ("shared", "near_duplicates")}
    share = tables.percent
    rows = [
        ["queries or pairs a task, at least", f"{sizes['rows']}", f"≥ {BOUNDS['rows']}"],
        [
            "texts a class, at least (of them test)",
            f"{sizes['class_texts']} ({sizes['test_texts']})",
            f"≥ {BOUNDS['class_texts']} ({BOUNDS['test_texts']})",
        ],
        ["distinct tokens to encode for the 51 tasks", f"{sizes['tokens']:,}", f"≤\u00a0{BOUNDS['tokens']:,}"],
        ["knowledge files, MB", f"{sizes['megabytes']}", f"≤ {BOUNDS['megabytes']}"],
        ["seconds to build it on two cores", f"{sizes['seconds']}", f"≤ {BOUNDS['seconds']}"],
    ]
    if right:
        total = sum(right["id"].values())
        rows.append(
            [
                "diseases with a matching Disease Ontology id, %",
                share(right["id"].get("matches", 0) / total),
                f"≥ {share(BOUNDS['ids'], 0)}",
            ]
        )
        rows.append(
            [
                "diseases whose system differs from the ontology's without a reason",
                str(right["system"].get("differs", 0)),
                "0",
            ]
        )
    rows += [
        [
            "a document's five-word sequences that stand in five others, median of the worst source, %",
            share(most["shared"]),
            f"< {share(BOUNDS['shared'], 0)}",
        ],
        [
            "documents with a near-duplicate in their source, worst source, %",
            share(most["near_duplicates"]),
            f"< {share(BOUNDS['near_duplicates'], 0)}",
        ],
        [
            "a written query's content words that stand in its document, worst task, %",
            share(max(report["overlap"].values())),
            f"≤ {share(BOUNDS['overlap'], 0)}",
        ],
        [
            "subjects, texts, near-duplicates on both sides",
            f"{separated['subjects']}, {separated['texts']}, {separated['near_duplicates']}",
            "0, 0, 0",
        ],
        ["training texts that name an evaluated subject in passing, %", share(separated["naming"], 0), tables.MISSING],
    ]
    for name, found in report["useful"].items():
        rows.append(
            [
                f"tasks where {tables.title(name)} is above {BOUNDS['ceiling']}",
                str(len(found["high"])),
                f"≤ {BOUNDS['high']}",
            ]
        )
        rows.append(
            [
                f"tasks where {tables.title(name)} is within {BOUNDS['margin']} of the floor",
                str(len(found["low"])),
                f"≤ {BOUNDS['low']}",
            ]
        )
    for days, best in sorted(report["ceilings"].items(), key=lambda pair: int(pair[0])):
        rows.append(
            [f"readmission within {days} days: the best accuracy that can be expected, %", share(best), tables.MISSING]
        )
    return tables.html(
        ["Property", "Measured", "Bound"],
        rows,
        "What the text of the mini edition is worth, measured when it was frozen.",
    )


def history(known: Sequence[Mapping[str, Any]]) -> str:
    """The versions with the mean of every model over the 51 tasks, as an HTML table."""
    scored = {model for version in known for model in version["scores"]}
    models = [model for model in registry() if model in scored]
    rows = [
        [
            f"{version['version']}, {version['date']}: <small>{escape(version['change'])} "
            f"Data <code>{version['hash'][:8]}</code></small>"
        ]
        + [tables.percent(version["scores"].get(model, {}).get("all")) for model in models]
        for version in known
    ]
    header = ["Version", *(tables.title(model) for model in models)]
    return tables.html(
        header,
        rows,
        "Recorded: the versions of the mini edition, with the mean over the 51 tasks, in percent, as scored on the version's date, "
        "without intervals; a run of today may differ. A change of the data is a new version.",
    )


def _in_order(families: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(family, families[family]) for family in (*FAMILIES, "all") if family in families]


def agreement_table(record: Mapping[str, Any]) -> str:
    """Kendall's tau by family, as an HTML table."""
    rows = [
        [
            tables.FAMILY_TITLE.get(family, "All tasks"), str(about["tasks"]["mini"]), str(about["tasks"]["real"]),
            tables.with_range(*map(tables.decimal, (about["tau"], about["low"], about["high"]))),
        ]
        for family, about in _in_order(record["families"])
    ]  # fmt: skip
    count = len(next(iter(record["families"].values()))["means"])
    caption = (
        f"Kendall's τ between the orders of {count} encoders of graded quality on the mini edition and on real text, with the 95 % interval of a "
        f"bootstrap over documents; the encoders are fixed. They reach from random vectors to MiniLM: a high τ does not say that two "
        f"encoders close together, such as a fine-tuned one and its base, are ordered alike. Recorded {record['date']} on {escape(record['machine'])}."
    )
    return tables.html(["Family", "Mini tasks", "Real tasks", "τ"], rows, caption)


def agreement_sentence(data: str) -> str:
    """What a reader of live mini numbers must know of their worth, in a sentence; empty where nothing is recorded."""
    record = agreement()
    if record is None:
        return ""
    *families, (_, about) = _in_order(record["families"])
    apart = ", ".join(f"{family['tau']:.2f} in {name.replace('_', ' ')}" for name, family in families)
    real = recordings.head(record["real"]["profile"])["edition"]["hash"]
    older = [
        name
        for name, same in (("this text", record["mini"] == data), ("the real text", record["real"]["data"] == real))
        if not same
    ]
    same = f", on an earlier version of {' and of '.join(older)}" if older else ""
    return (
        f"It orders {len(about['means'])} encoders of graded quality as real text does with Kendall's τ = {about['tau']:.2f} "
        f"({about['low']:.2f} to {about['high']:.2f}; 1 would be the same order{same}): {apart}."
    )


def card() -> str:
    """The data card's measured part, for the page on the mini edition."""
    known, record = versions(), agreement()
    if not known:
        return "No version of the mini edition is recorded.\n"
    latest = known[-1]
    parts = [f"Version {latest['version']}, frozen {latest['date']}, data `{latest['hash']}`.\n"]
    if latest["report"]:  # the first version had none
        problems = outside(latest["report"])
        parts.append(
            f"Outside the bounds: {'; '.join(problems)}.\n" if problems else "Nothing is outside the bounds.\n"
        )
        parts.append(EXHIBITS["mini-quality"].html("mini-quality"))
    if record:
        parts += ["\n## Does it predict anything?\n", EXHIBITS["mini-agreement"].html("mini-agreement")]
    parts += ["\n## Versions\n", EXHIBITS["mini-versions"].html("mini-versions")]
    return "\n".join(parts) + "\n"


EXHIBITS = {
    "mini-quality": Exhibit(summary, lambda run: (versions()[-1]["report"],), recorded=True),
    "mini-agreement": Exhibit(agreement_table, lambda run: (agreement(),), recorded=True),
    "mini-versions": Exhibit(history, lambda run: (versions(),), recorded=True),
}
