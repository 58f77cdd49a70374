"""What earlier runs left in the repository: results on real text, seeds, choices; each says when and where it was made."""

import json
from functools import lru_cache
from html import escape
from typing import Any

from medte import paths
from medte.evaluation.groups import BENCHMARK, as_they_come, grouped, probe_groups
from medte.evaluation.statistics import Scores
from medte.evaluation.store import Result, read_head, read_recorded, recorded_seeds
from medte.profile import load_profile
from medte.report import tables


def is_recorded(name: str) -> bool:
    """Whether a run is recorded under that name, such as "open" or "mini-plain"."""
    return paths.recorded_results(name).exists()


def head(name: str) -> dict[str, Any]:
    """What a recorded run says of itself: when and where it was made, by which profile, on which data. No score is read."""
    return read_head(paths.recorded_results(name))


@lru_cache
def recorded_groups(name: str) -> tuple[dict[str, Any], dict[str, Scores]]:
    """(about, scores by group) of a recorded run's models as they come.

    The intervals are computed now, from the recorded items; on the benchmark's tasks they hold the recorded training seeds.
    """
    about, results = read_recorded(paths.recorded_results(name))
    found = _grouped(about, as_they_come(results))
    return about, {group: _scores(about, own, seeds=group == BENCHMARK) for group, own in found.items()}


def recorded_conditions(name: str) -> Scores:
    """The recorded scores on the benchmark's tasks of every model as it comes and under its conditions: prompts, another length."""
    about, results = read_recorded(paths.recorded_results(name))
    return _scores(about, _grouped(about, results)[BENCHMARK])


def recorded_probes(name: str) -> tuple[dict[str, Any], dict[str, Scores]] | None:
    """(about, scores by group) of a recorded run on its probes; None where none is recorded."""
    if not is_recorded(f"{name}-probes"):
        return None
    about, results = read_recorded(paths.recorded_results(f"{name}-probes"))
    cards = {card["name"]: card for card in about["cards"]}
    return about, probe_groups(results, cards, about["bootstrap"], about["seed"])


def _grouped(about: dict[str, Any], results: list[Result]) -> dict[str, list[Result]]:
    return grouped(results, about.get("benchmark", "MedEval"), about.get("edition", {}))


def _scores(about: dict[str, Any], results: list[Result], protocol: str = "published", seeds: bool = False) -> Scores:
    known = (
        recorded_seeds(load_profile(about["profile"]), about["edition"]["hash"], protocol)
        if seeds and "edition" in about
        else {}
    )
    return Scores(results, about["bootstrap"], about["seed"], protocol, known)


def corrected(name: str) -> Scores:
    """The scores of a recorded run on the benchmark's tasks by the corrected metrics, from the same items."""
    about, scores = recorded(name)
    return _scores(about, list(scores.results.values()), "corrected", seeds=True)


def recorded(name: str) -> tuple[dict[str, Any], Scores]:
    """(about, scores on the benchmark's tasks) of a recorded run."""
    about, groups = recorded_groups(name)
    return about, groups[BENCHMARK]


def measurement(name: str) -> Any:
    """What a file of `recorded/` holds, such as "open-padding.json"; None where there is no such file."""
    path = paths.recorded() / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def seeds(profile: str, live: bool = True) -> str:
    """The spread of a profile's trained model over training seeds, recorded; says so where none is recorded.

    Beside the numbers of a `live` run it says that they are of other models.
    """
    record = measurement(f"{profile}-seeds.json")
    if record is None:
        return f"<p>No spread over training seeds is recorded for the profile {escape(profile)}.</p>"
    columns = list(record["seeds"][0]["difference"])
    rows = [
        [f"seed {row['seed']}", *(f"{row['held_out'][when]['loss']:.3f}" for when in ("before", "after"))]
        + [tables.percent(row["difference"][column], sign=True) for column in columns]
        for row in record["seeds"]
    ]
    titles = [tables.FAMILY_TITLE.get(column, "All tasks") for column in columns]
    caption = (
        f"Recorded: {tables.title(record['model'])} minus {tables.title(record['compared_with'])} for each training seed, in "
        f"points; data {record['data']}. {'Models of that day, not of this run. ' if live else ''}"
        f"Recorded {record['date']} on {escape(record['machine'])}."
    )
    return tables.html(["Training seed", "Held-out loss before", "after", *titles], rows, caption)


def choice(profile: str) -> str:
    """What the profile's candidates reached on held-out training pairs, recorded; says so where nothing is recorded."""
    found = measurement(f"{profile}-choice.json")
    if found is None:
        return f"<p>No comparison of settings is recorded for the profile {escape(profile)}.</p>"
    rows = [
        [
            ", ".join(f"{key} {value}" for key, value in row["settings"].items()),
            f"{row['before']['mrr']:.3f}",
            f"{row['after']['mrr']:.3f}",
        ]
        for row in found["candidates"]
    ]
    caption = (
        "Mean reciprocal rank of the right partner among held-out training pairs, best first. "
        f"Recorded {found['date']} on {escape(found['machine'])}."
    )
    return tables.html(["Setting", "Before training", "After"], rows, caption)


def provenance(about: dict[str, Any], suffix: str = "") -> str:
    """When and where a recorded run was made, and which file holds it, as a sentence of HTML."""
    return (
        f"Recorded {escape(about['date'])} on {escape(about['machine'])}; profile {escape(about['profile'])}, "
        f"from <code>medte/report/recorded/{escape(about['profile'])}{suffix}.jsonl.xz</code>."
    )


def padding(profile: str = "open") -> str:
    """What padding costs in training, recorded, as HTML; says so where nothing is recorded."""
    found = measurement(f"{profile}-padding.json")
    if found is None:
        return "<p>What padding costs is not recorded.</p>"
    names = {"padded": f"Padded to {found['max_length']} tokens", "ours": "Passes of similar length"}
    rows = [
        [
            names[name], f"{way['pairs_per_second']:.1f}", f"{way['tokens_per_second']:,.0f}", f"{way['padded_share']:.0%}",
            f"{way['share_of_matrix_rate']:.0%}", f"{way['loss']:.4f}",
        ]
        for name, way in found["ways"].items()
    ]  # fmt: skip
    caption = (
        f"Recorded: the same {found['pairs']:,} pairs of the {escape(found['profile'])} edition in the same batches, forward and backward, "
        f"both ways in turn, {'bf16' if found['bf16'] else 'fp32'}; {found['faster']:.1f} times as fast. Tokens: those that are no padding. "
        f"Recorded {found['date']} on {escape(found['machine'])}."
    )
    return tables.html(["Batches", "Pairs/s", "Tokens/s", "Padding", "Matrix rate", "Loss"], rows, caption)


def bench() -> str:
    """What encoding and scoring cost against plain mteb, recorded; says so where nothing is recorded."""
    found = measurement("mini-bench.json")
    if found is None:
        return "<p>No measurement against plain mteb is recorded.</p>"
    texts, encoding, faster = found["texts"], found["encoding_seconds"], found["faster"]
    share, scoring = found["share_of_matrix_rate"], found["scoring_seconds"]
    rows = [
        ["Plain mteb, fp32", f"{texts['plain']:,}", f"{encoding['plain']:.0f}", "1", tables.MISSING, f"{scoring['plain']:.0f}"],
        [
            "Each text once, fp32", f"{texts['ours']:,}", " and ".join(f"{seconds:.0f}" for seconds in encoding["fp32"]),
            f"{faster['fp32']:.1f}", f"{share['fp32']:.0%}", f"{scoring['ours']:.0f}",
        ],
        [
            "Each text once, bf16", f"{texts['ours']:,}", f"{encoding['bf16']:.0f}", f"{faster['bf16']:.1f}",
            f"{share['bf16']:.0%}", tables.MISSING,
        ],
    ]  # fmt: skip
    ours = encoding["fp32"][0]
    shares = {"plain": _share(encoding["plain"], scoring["plain"]), "ours": _share(ours, scoring["ours"])}
    outside = ", ".join(found["tasks_outside_their_interval_bf16"]) or "none"
    caption = (
        f"Recorded: {tables.title(found['model'])} on {found['tasks']} tasks, in one run; seconds. In fp32 encoding takes "
        f"{shares['plain']} of the time with plain mteb and {shares['ours']} with each text once. Matrix rate: the share of what this "
        f"machine's matrix product reaches. In fp32 no score differs by more than {max(found['largest_difference_fp32'], 1e-6):.0e}{_noise(found)}; "
        f"in bf16 the means are {100 * found['difference_of_means_bf16']:.2f} points apart, and outside their interval: {outside}. "
        f"Recorded {found['date']} on {escape(found['machine'])}."
    )
    return tables.html(["Way", "Texts encoded", "Encoding", "Times as fast", "Matrix rate", "Scoring"], rows, caption)


def _share(part: float, rest: float) -> str:
    """The share of a part in the sum of both, in percent."""
    return f"{tables.percent(part / (part + rest), 0)} %"


def _noise(found: dict[str, Any]) -> str:
    """Which scores of plain mteb differ because it gives a repeated text several vectors, as a clause."""
    apart = by_noise(found)
    if not apart:
        return ""
    return (
        " once a repeated text has one vector; plain mteb gives it several, 1e-7 apart, and orders equal documents by them, which makes "
        + " and ".join(apart)
    )


def by_noise(found: dict[str, Any]) -> list[str]:
    """How far each task is apart by the order of equal documents alone, in words of HTML."""
    return [f"{100 * gap:.2f} points in {tables.breakable(task)}" for task, gap in found["apart_by_noise_fp32"].items()]
