"""How much faster is encoding each text once than mteb as it comes, on this machine, and are the scores the same?

In one run, with one model on the same tasks: plain `mteb.evaluate`, a task at a time, as the authors did; ours in fp32,
once before and once after it; ours in bf16. Encoding and scoring are timed apart, each ratio is of times taken in this
run, and every rate stands beside what the machine's matrix product reached before or after.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from medte.edition import Edition
from medte.errors import MedteError, require_known
from medte.evaluation.evaluate import texts_by_role
from medte.evaluation.score import score
from medte.evaluation.statistics import Scores
from medte.machine import machine, matrix_rate, operations_per_token
from medte.models.embeddings import Encoded, Plan, Vectors
from medte.models.load import SentenceEncoder, folder_of
from medte.models.registry import WITHOUT_LAYERS, Entry, entry
from medte.profile import Profile
from medte.tasks.catalogue import Task, benchmark_tasks
from medte.tasks.mteb_tasks import mteb_task

PLAIN_BATCH = 32  # mteb's
EQUAL = 1e-4  # how far two fp32 scores may be apart
MEAN_EQUAL = 0.003  # how far the means over all tasks may be apart in bf16
Say = Callable[[str], None]


@dataclass
class Way:
    """One way of doing the benchmark: what it took, and what came out."""

    encoding: float = 0.0  # seconds
    scoring: float = 0.0  # seconds
    texts: int = 0
    tokens: int = 0
    rate: float = 0.0  # of the machine's matrix product in this way's dtype, in operations a second
    scores: dict[str, float] = field(default_factory=dict)
    first: dict[str, Encoded] = field(default_factory=dict)  # by task: each text's vector where it was met first
    results: list[dict] = field(default_factory=list)

    def share(self, operations: int) -> float:
        """The share of the machine's matrix-product rate that encoding reached; `operations` for each token."""
        return self.tokens * operations / self.encoding / self.rate


def bench(
    profile: Profile,
    edition: Edition,
    model: str,
    say: Say,
    *,
    trained: Callable[[Entry], Path],
    tasks: Sequence[str] | None = None,
) -> dict[str, Any]:
    """What was measured, as plain numbers: times in seconds, ratios, differences of scores, shares of the machine's rate.

    The model must be a sentence-transformers model; `tasks` are those of the profile's benchmark unless named.
    """
    there = [task for task in benchmark_tasks(profile.benchmark) if task.name in edition.tasks]
    require_known("task", tasks or [], [task.name for task in there])
    chosen = [task for task in there if task.name in (tasks or edition.tasks)]
    edition, asked = edition.only([task.name for task in chosen]), entry(model)
    if asked.kind in WITHOUT_LAYERS:
        raise MedteError(
            f"{model} has no layers to encode with, so there is nothing to measure; name an encoder of `medte models`"
        )
    folder, sha256 = folder_of(asked, trained)
    ways = {"ours before": Way(), "plain": Way(), "ours after": Way(), "bf16": Way()}
    rates: dict[str, list[float]] = defaultdict(list)  # the machine's, by dtype: its best moment counts
    for name, way in ways.items():
        dtype = "bfloat16" if name == "bf16" else "float32"
        settings = profile.encoding.model_copy(update={"dtype": dtype})
        encoder = SentenceEncoder(folder, sha256, settings, asked)
        operations = operations_per_token(encoder.model)
        rates[dtype].append(matrix_rate(dtype))
        if name == "plain":
            _plain(way, chosen, edition, encoder, say)
        else:
            _ours(way, chosen, profile, edition, encoder, model, say, scored=name != "ours after")
        rates[dtype].append(matrix_rate(dtype))
    for name, way in ways.items():
        way.rate = max(rates["bfloat16" if name == "bf16" else "float32"])
    return _findings(ways, profile, edition, model, operations, chosen)


def _plain(way: Way, tasks: Sequence[Task], edition: Edition, encoder: SentenceEncoder, say: Say) -> None:
    """mteb as it comes: every task encodes its own texts, 32 at a time."""
    import mteb
    from mteb.models import SentenceTransformerEncoderWrapper

    model = SentenceTransformerEncoderWrapper(encoder.model)
    inner = model.encode
    first: dict[str, np.ndarray] = {}

    def timed(inputs: Any, **kwargs: Any) -> np.ndarray:
        start = time.perf_counter()
        rows = inner(inputs, **kwargs)
        way.encoding += time.perf_counter() - start
        way.texts += len(rows)
        for text, row in zip((text for batch in inputs for text in batch["text"]), rows, strict=True):
            first.setdefault(text, row)
        return rows

    model.encode = timed
    for number, task in enumerate(tasks, start=1):
        rows = partial(edition.task_data, task.name)
        start, encoding = time.perf_counter(), way.encoding
        answer = mteb.evaluate(
            model, mteb_task(task, edition.name, edition.tasks[task.name]["hash"], rows), cache=None, co2_tracker=False,
            show_progress_bar=False, encode_kwargs={"batch_size": PLAIN_BATCH, "show_progress_bar": False},
        )  # fmt: skip
        way.scoring += time.perf_counter() - start - (way.encoding - encoding)
        way.scores[task.name] = float(answer.task_results[0].scores["test"][0]["main_score"])
        vectors = Vectors(list(first), np.array(list(first.values())))
        way.first[task.name] = Encoded(encoder.revision, defaultdict(str), {"": vectors})
        first.clear()
        say(f"plain mteb: {number} of {len(tasks)} · {task.name}")


def _ours(
    way: Way,
    tasks: Sequence[Task],
    profile: Profile,
    edition: Edition,
    encoder: SentenceEncoder,
    name: str,
    say: Say,
    scored: bool,
) -> None:
    """Every distinct text once, in batches of similar length, then all tasks from the vectors."""
    texts = texts_by_role(profile, edition)
    encoder.encode(["the model is loaded before the clock starts"])
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        plan = Plan(encoder, texts, Path(folder))
        model = plan.encode()
        way.encoding = time.perf_counter() - start
        counts = plan.measured()
    way.texts, way.tokens = int(counts["texts"]), int(counts["tokens"])
    say(f"ours, {encoder.dtype}: {way.texts:,} texts encoded in {way.encoding:.0f} s")
    if not scored:
        return
    start = time.perf_counter()
    way.results = [score(task, edition, name, model) for task in tasks]
    way.scoring = time.perf_counter() - start
    way.scores = {result["task"]: result["value"] for result in way.results}


def _findings(
    ways: dict[str, Way], profile: Profile, edition: Edition, model: str, operations: int, tasks: Sequence[Task]
) -> dict[str, Any]:
    before, plain, after, fast = ways.values()
    ours = (before.encoding + after.encoding) / 2
    gaps = {task: abs(before.scores[task] - number) for task, number in plain.scores.items()}
    by_noise = {task: gap for task, gap in gaps.items() if gap > EQUAL}
    for task in [task for task in tasks if task.name in by_noise]:
        gaps[task.name] = abs(before.scores[task.name] - score(task, edition, model, plain.first[task.name])["value"])
    scores = Scores(before.results, profile.bootstrap, profile.data.seed)
    outside = []
    for task, number in fast.scores.items():
        interval = scores.mean(model, [task])
        if not interval.low <= number <= interval.high:
            outside.append(task)
    return {
        "profile": profile.name,
        "model": model,
        "machine": machine(),
        "tasks": len(tasks),
        "texts": {"plain": plain.texts, "ours": before.texts},
        "tokens": before.tokens,
        "encoding_seconds": {
            "plain": round(plain.encoding, 1),
            "fp32": [round(way.encoding, 1) for way in (before, after)],
            "bf16": round(fast.encoding, 1),
        },
        "scoring_seconds": {"plain": round(plain.scoring, 1), "ours": round(before.scoring, 1)},
        "faster": {"fp32": round(plain.encoding / ours, 2), "bf16": round(plain.encoding / fast.encoding, 2)},
        "matrix_rate": {"fp32": before.rate, "bf16": fast.rate},
        "share_of_matrix_rate": {
            "fp32": round(before.share(operations), 3),
            "bf16": round(fast.share(operations), 3),
        },
        "largest_difference_fp32": max(gaps.values()),
        "apart_by_noise_fp32": by_noise,  # tasks that plain mteb scores otherwise for giving one text several vectors
        "tasks_outside_their_interval_bf16": outside,
        "difference_of_means_bf16": abs(
            float(np.mean(list(fast.scores.values())) - np.mean(list(before.scores.values())))
        ),
    }


def lines(found: dict[str, Any]) -> list[str]:
    """What was measured, in words: a line each, and whether the scores are the same."""
    faster, seconds, share = found["faster"], found["encoding_seconds"], found["share_of_matrix_rate"]
    scoring, rate = found["scoring_seconds"], found["matrix_rate"]
    same = "equal" if found["largest_difference_fp32"] <= EQUAL else "NOT EQUAL"
    outside = ", ".join(found["tasks_outside_their_interval_bf16"]) or "none"
    near = "near enough" if found["difference_of_means_bf16"] <= MEAN_EQUAL else "TOO FAR"
    return [
        f"{found['model']} on {found['tasks']} tasks of {found['profile']}; {found['machine']}",
        f"texts encoded: plain mteb {found['texts']['plain']:,}, ours {found['texts']['ours']:,}",
        f"encoding: plain mteb {seconds['plain']} s, ours fp32 {seconds['fp32']} s, ours bf16 {seconds['bf16']} s",
        f"faster than plain mteb: {faster['fp32']} times in fp32, {faster['bf16']} times in bf16",
        f"scoring: plain mteb {scoring['plain']} s, ours {scoring['ours']} s, with further k-means draws",
        f"share of the machine's matrix-product rate: fp32 {share['fp32']:.0%} of {rate['fp32'] / 1e9:.0f} GFLOP/s, "
        f"bf16 {share['bf16']:.0%} of {rate['bf16'] / 1e9:.0f} GFLOP/s",
        f"scores in fp32: {same}, largest difference {found['largest_difference_fp32']:.1e}{_noise(found)}",
        f"scores in bf16: outside their interval: {outside}; means apart by {found['difference_of_means_bf16']:.4f}, {near}",
    ]


def _noise(found: dict[str, Any]) -> str:
    """Which scores of plain mteb depend on the last bits of repeated texts' vectors."""
    apart = ", ".join(f"{task} by {gap:.1e}" for task, gap in found["apart_by_noise_fp32"].items())
    if not apart:
        return ""
    return (
        f", once every text has one vector; plain mteb gives a repeated text several, 1e-7 apart, and orders equal documents by "
        f"that: {apart}"
    )
