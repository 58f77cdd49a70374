"""What the differences in scoring change: metrics, means, conditions, intervals, machines."""

from html import escape

import numpy as np

from medte.evaluation.comparisons import POWER
from medte.evaluation.estimates import Estimate, estimate
from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Scores
from medte.models.registry import entry_of_result
from medte.report import recordings, tables
from medte.report.condition_tables import condition
from medte.report.differences.effects import (
    NOT_RECORDED,
    Record,
    base_tasks,
    count,
    in_results,
    kept_in,
    of_metric,
    over_texts,
    points,
)
from medte.report.published import published
from medte.report.reproduced import PAPERS_MINER
from medte.tasks.catalogue import FAMILIES, benchmark_tasks


def pair_floor(found: Record) -> str:
    """F1 and average precision of pairs beside their floors, and how near each other the published values lie."""
    *others, _ = sorted(published()["pair_classification"])
    said = (
        f"Published: {len(others)} of {len(others) + 1} models between {tables.percent(others[0], 0)} and "
        f"{tables.percent(others[-1], 0)}."
    )
    tasks = found.scores.of_family("pair_classification")
    if not tasks or found.scores.lacking(found.base, tasks):
        return f"{said} {NOT_RECORDED}no pair task on real text."
    bounds = [found.about["cards"][name]["bounds"] for name in tasks]
    rows = {"F1": ("similarity_f1", "always_positive_f1"), "average precision": ("similarity_ap", "positives")}
    parts = [
        f"{name} {tables.cell(found.scores.mean_by(metric, found.base, tasks))} above a floor of "
        f"{tables.percent(float(np.mean([bound[floor] for bound in bounds])))}"
        for name, (metric, floor) in rows.items()
    ]
    return f"{said} Recorded: {tables.title(found.base)} on {count(len(tasks))}: {', '.join(parts)}{in_results(found)}."


def threshold_of_labels(found: Record) -> str:
    """What F1 loses when the threshold comes from other documents than it judges."""
    change = over_texts(
        found,
        lambda scores: of_metric(
            found, scores, found.base, base_tasks(scores, "pair_classification"), "similarity_f1_held_out"
        ),
    )
    if not change:
        return f"{NOT_RECORDED}no pair task."
    return f"Threshold of the other half, {tables.title(found.base)}: {change}{in_results(found)}."


def miner_among_the_judged(found: Record) -> str:
    """Where the paper's miner stands among the published models on the pairs that it mined, and on all else."""
    frame = published().set_index("model")
    model = next(name for name in frame.index if name.endswith(f"/{PAPERS_MINER}"))
    others = frame[[family for family in FAMILIES if family != "pair_classification"]].mean(axis=1).round(6)
    on_pairs, elsewhere = (int((own > own[model]).sum()) for own in (frame["pair_classification"], others))
    return (
        f"Published: {on_pairs} of {len(frame) - 1} other models are above {PAPERS_MINER} on pairs, {elsewhere} on the "
        "mean of the other families, ties not counted. With another miner: not measured, since here BM25 alone has "
        "mined."
    )


def prompts(found: Record) -> str:
    """What a model's own prompts change."""
    return _conditions(found, lambda about: about.with_prompts and not about.cut, "<code>NAME+prompts</code>")


def lengths(found: Record) -> str:
    """What it changes to cut texts at fewer tokens."""
    return _conditions(found, lambda about: about.cut and not about.with_prompts, "<code>NAME@128</code>")


def _conditions(found: Record, wanted, name: str) -> str:
    scores, parts = found.conditions, []
    for model in scores.models if scores else []:
        about = entry_of_result(model)
        if wanted(about) and (gap := scores.difference(model, about.base, scores.tasks)):
            parts.append(f"{tables.title(about.base)} {condition(model)}: {points(gap)} over {count(gap.tasks)}")
    if not parts:
        return f"{NOT_RECORDED}<code>medte evaluate -p open --model</code> {name} measures it."
    return f"{'; '.join(parts)}{in_results(found)}."


def missing_tasks(found: Record) -> str:
    """How many tasks of the benchmark have a result, and who lacks one."""
    wanted = benchmark_tasks(found.about["benchmark"])
    scores = encoders(found.scores)
    lacking = [model for model in scores.models if scores.lacking(model, scores.tasks)]
    who = ", ".join(map(tables.title, lacking)) or "no encoder"
    return (
        f"{len(scores.tasks)} of the {len(wanted)} tasks are in the means on real text; {who} lacks one of "
        f"them{in_results(found)}."
    )


def spread_and_interval(found: Record) -> str:
    """The spread over tasks beside half the interval of the mean, and the smallest difference that is seen."""
    tasks = found.scores.tasks
    mean, seen = found.scores.mean(found.base, tasks), found.scores.detectable(found.trained, found.base, tasks)
    if mean is None or len(tasks) < 2:
        return f"{NOT_RECORDED}too few tasks."
    spread = float(np.std([found.scores.results[found.base, name]["value"] for name in tasks], ddof=1))
    text = (
        f"{tables.title(found.base)} over {count(len(tasks))}: spread over tasks ± {tables.percent(spread)}, interval "
        f"of the mean ± {tables.percent((mean.high - mean.low) / 2)}"
    )
    if seen is not None:
        text += f"; smallest difference seen in {tables.percent(POWER, 0)} % of cases {tables.percent(seen)}"
    return f"{text} points{in_results(found)}."


def lexical_baselines(found: Record) -> str:
    """How near BM25 comes to the best encoder of retrieval, and what random vectors reach."""
    tasks, scores = found.scores.of_family("retrieval"), encoders(found.scores)
    means = {model: mean.value for model in scores.models if (mean := scores.mean(model, tasks))}
    best = max(means, key=means.get, default=None)
    gap = best and found.scores.difference("bm25", best, tasks)
    if not gap:
        return f"{NOT_RECORDED}no task of retrieval with BM25."
    floor = scores.mean("random", scores.tasks)
    random = f" Random vectors: {tables.cell(floor)} over {count(floor.tasks)}." if floor else ""
    return (
        f"BM25 minus {tables.title(best)} on {count(gap.tasks)} of retrieval: {points(gap)}{in_results(found)}.{random}"
    )


def two_means(found: Record) -> str:
    """How far the mean over tasks and the mean over families lie apart."""
    groups = [tasks for name, tasks in found.scores.groups().items() if name != "all"]
    gap = _over_families_minus_over_tasks(found.scores, found.base, groups)
    if gap is None:
        return f"{NOT_RECORDED}no model has a result on every task."
    return (
        f"Mean over {len(groups)} families minus mean over {count(gap.tasks)}, {tables.title(found.base)}: "
        f"{points(gap)}{in_results(found)}."
    )


def _over_families_minus_over_tasks(scores: Scores, model: str, groups: list[list[str]]) -> Estimate | None:
    over_tasks = scores.mean(model, scores.tasks)
    if over_tasks is None:
        return None
    over_families = float(np.mean([scores.mean(model, tasks).value for tasks in groups]))
    drawn = np.mean([scores.replicates_of_mean(model, tasks) for tasks in groups], axis=0)
    return estimate(
        over_families - over_tasks.value, drawn - scores.replicates_of_mean(model, scores.tasks), over_tasks.tasks
    )


def half_precision(found: Record) -> str:
    """What bf16 changes against fp32."""
    if not (bench := found.measured("mini-bench.json")):
        return f"{NOT_RECORDED}<code>make bench</code> measures it."
    outside = ", ".join(map(tables.breakable, bench["tasks_outside_their_interval_bf16"])) or "none"
    return (
        f"{tables.title(bench['model'])}, bf16 against fp32: the means of {count(bench['tasks'])} of machine-written "
        f"text lie {100 * bench['difference_of_means_bf16']:.2f} points apart; tasks outside their interval: "
        f"{outside}{kept_in('mini-bench.json', bench)}."
    )


def plain_mteb(found: Record) -> str:
    """How far the scores are from those of plain mteb on the same machine."""
    if not (bench := found.measured("mini-bench.json")):
        return f"{NOT_RECORDED}<code>make bench</code> measures it."
    most = max(bench["largest_difference_fp32"], 1e-6)
    return (
        f"On one machine in fp32 no score differs by more than {most:.0e} from plain mteb's, ties "
        f"apart{kept_in('mini-bench.json', bench)}. On another machine: not measured."
    )


def ties(found: Record) -> str:
    """In which tasks the order of equal documents alone moves the score."""
    if not (bench := found.measured("mini-bench.json")):
        return f"{NOT_RECORDED}<code>make bench</code> measures it."
    apart = ", ".join(recordings.by_noise(bench)) or "nothing"
    return f"By the order of equal documents alone: {apart}{kept_in('mini-bench.json', bench)}."


def encoding_time(found: Record) -> str:
    """What it saves to encode each distinct text once."""
    if not (bench := found.measured("mini-bench.json")):
        return f"{NOT_RECORDED}<code>make bench</code> measures it."
    texts, seconds = bench["texts"], bench["encoding_seconds"]
    return (
        f"{texts['ours']:,} texts in {seconds['fp32'][0]:.0f} s, and plain mteb {texts['plain']:,} in "
        f"{seconds['plain']:.0f} s, on one machine{kept_in('mini-bench.json', bench)}."
    )


def versions(found: Record) -> str:
    """Which versions of the libraries and of the data the recorded results are of."""
    results = found.scores.results.values()
    libraries = sorted(
        {f"{name} {result['versions'][name]}" for result in results for name in result.get("versions", ())}
    )
    data = escape(found.about["edition"]["hash"])
    return (
        f"Recorded with {', '.join(map(escape, libraries))}, data <code>{data}</code>{in_results(found)}. With others: "
        "not measured."
    )
