"""The negatives of the pair tasks: siblings drawn by hash, or near ones that a miner finds (recipe §3, §5 point 9)."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from medte.chance import chance
from medte.curation.negatives import CHECKS, Choice, Encode, Positive, Ranker, bm25_ranker, choose, encoder_ranker
from medte.profile import BM25, Data
from medte.tasks.catalogue import AS_PUBLISHED, CHECKED, Task

COLUMNS = ["sentence1", "sentence2", "label", "unit"]
CHECKS_OF = {None: ("same words", "same document"), AS_PUBLISHED: ("same string",), CHECKED: CHECKS}  # by variant


@dataclass(frozen=True)
class Mining:
    """How a run finds negatives: by which ranker, among how many (None: as many as the paper), below which similarity."""

    rank: Ranker
    ceiling: float
    seed: int
    nearest: int | None = None


@dataclass(frozen=True)
class Mined:
    """How the negatives of one task were found: among how many, and what became of the candidates."""

    nearest: int
    seen: int  # candidates, over all positives
    refused: dict[str, int]  # candidates by reason
    suspected: float  # the share of those seen that are too near the true partner


def mining_of(data: Data, encoder: Callable[[str], Encode]) -> Mining | None:
    """The mining that a profile's data ask for, or None; `encoder` gives the function that encodes texts by a model's name."""
    asked = data.negatives
    if asked is None:
        return None
    rank = bm25_ranker() if asked.miner == BM25 else encoder_ranker(encoder(asked.miner))
    return Mining(rank, asked.ceiling, data.seed, asked.nearest)


def with_negatives(
    task: Task, positives: pd.DataFrame, mining: Mining | None, dropped: Counter
) -> tuple[pd.DataFrame, Mined | None]:
    """The rows of a pair task, each positive followed by its negative, and how these were mined, if they were.

    A positive that has no negative stays, and is counted. The base task refuses a negative of the same words or the same
    document; as published, one of the same string; checked, all that `choose` can tell.
    """
    if mining is None and task.variant is not None:
        dropped["pair without a miner"] += len(positives)
        return pd.DataFrame(columns=COLUMNS), None
    if mining is None:
        negatives, mined = _siblings(task, positives), None
    else:
        choice, nearest = _mined(task, positives, mining)
        negatives, mined = choice.negatives, Mined(nearest, choice.seen, choice.refused, choice.suspected)
    rows = []
    for positive, negative in zip(positives.itertuples(), negatives, strict=True):
        rows.append([positive.sentence1, positive.sentence2, 1, positive.unit])
        if negative is None:
            dropped["pair without a negative"] += 1
        else:
            rows.append([positive.sentence1, negative, 0, positive.unit])
    return pd.DataFrame(rows, columns=COLUMNS), mined


def _siblings(task: Task, positives: pd.DataFrame) -> list[str | None]:
    """For each positive another record's second sentence, of the same group where the group has a different text to give.

    A group is a body system, a search term: never what a compared encoder picked.
    """
    rows = list(positives.itertuples())
    words = [row.sentence2.casefold() for row in rows]
    in_group: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        in_group[row.group].append(number)
    negatives = []
    for number, row in enumerate(rows):
        for group in (in_group[row.group], range(len(rows))):
            others = {rows[o].sentence2 for o in group if rows[o].unit != row.unit and words[o] != words[number]}
            if others:
                break
        negatives.append(min(others, key=lambda text: chance(task.name, row.sentence1, text), default=None))
    return negatives


def _mined(task: Task, positives: pd.DataFrame, mining: Mining) -> tuple[Choice, int]:
    nearest = mining.nearest or task.build["nearest"]
    ceiling = mining.ceiling if task.variant == CHECKED else None
    given = [Positive(row.sentence1, row.sentence2, row.unit, row.focus or None) for row in positives.itertuples()]
    return choose(given, mining.rank, nearest, ceiling, mining.seed, CHECKS_OF[task.variant]), nearest
