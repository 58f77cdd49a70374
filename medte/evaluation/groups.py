"""Which results count in a benchmark's means, which stand beside them, and of which sources a model has seen text."""

from collections.abc import Iterable, Mapping
from typing import Any

from medte.evaluation.statistics import Scores
from medte.evaluation.store import Result
from medte.models.registry import WITHOUT_WEIGHTS, entry_of_result
from medte.profile import load_profile
from medte.tasks.catalogue import benchmark_tasks
from medte.tasks.catalogue import task as find_task

BENCHMARK = "benchmark"
BESIDE = {
    "stand_in": "Stand-ins: fictional notes instead of credentialed ones",
    "extractive": "Queries and pairs taken from the text itself (extractive), where the paper had a model write them",
    "other": "Tasks outside the benchmark",
    "variant": "The same tasks built in another way",
}  # group -> title


def group_of(task: str, benchmark: str, edition: Mapping[str, Any]) -> str:
    """ "benchmark", or why the task is in no mean: a key of `BESIDE`. `edition` is the manifest of its data."""
    entry = find_task(task)
    if edition.get("sources", {}).get(entry.source, {}).get("stand_in"):
        return "stand_in"
    if edition.get("tasks", {}).get(task, {}).get("written_by") == "extractive":
        return "extractive"
    if entry in benchmark_tasks(benchmark):
        return BENCHMARK
    return "variant" if entry.variant else "other"


def grouped(results: Iterable[Result], benchmark: str, edition: Mapping[str, Any]) -> dict[str, list[Result]]:
    """The results of each group that has some: real text and what stands in for it are never in one mean."""
    groups: dict[str, list[Result]] = {group: [] for group in (BENCHMARK, *BESIDE)}
    for result in results:
        groups[group_of(result["task"], benchmark, edition)].append(result)
    return {group: found for group, found in groups.items() if found}


def as_they_come(results: Iterable[Result]) -> list[Result]:
    """The results of models without a condition (prompts, another length): what the tables of models compare."""
    return [result for result in results if entry_of_result(result["model"]).base == result["model"]]


def encoders(scores: Scores) -> Scores:
    """The scores of the models that make vectors: what means over tasks, ranks and the correction for comparisons are about.

    A model that searches without (BM25) stands in the tables of retrieval tasks alone.
    """
    return scores.only([model for model in scores.models if entry_of_result(model).kind != "bm25"])


def probe_groups(
    results: Iterable[Result], cards: Mapping[str, Mapping[str, Any]], draws: int, seed: int
) -> dict[str, Scores]:
    """The scores on probes by the group that each probe's card names, in the order of the cards.

    By the corrected metrics: average precision of pairs, nDCG@10 where every document that answers is right.
    """
    found = list(results)
    own = {
        group: [result for result in found if cards[result["task"]]["group"] == group]
        for group in dict.fromkeys(card["group"] for card in cards.values())
    }
    return {group: Scores(of_group, draws, seed, protocol="corrected") for group, of_group in own.items() if of_group}


def in_means(tasks: Iterable[str], benchmark: str, edition: Mapping[str, Any]) -> list[str]:
    """The tasks that count in the benchmark's means."""
    return [task for task in tasks if group_of(task, benchmark, edition) == BENCHMARK]


def trained_on(model: str) -> set[str] | None:
    """The sources whose text the model is known to have been trained on; None where that is not declared.

    Of a model that a profile's run trains: the sources of that training, and those of its base that are declared.
    """
    about = entry_of_result(model)
    if about.kind in WITHOUT_WEIGHTS:
        return set()
    if about.kind != "trained":
        return None if about.trained_on is None else set(about.trained_on)
    profile = load_profile(about.profile)
    return set(profile.training.of(about.variant).sources) | (trained_on(profile.base) or set())
