"""How well an encoder brings held-out pairs together: the training loss, and the rank of the right partner."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

BATCH = 64  # pairs whose second texts compete, of one source


def hold_out(pairs: pd.DataFrame, count: int, key: Callable[[str], int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(training, held out): about `count` pairs in proportion to the sources, whole documents, by ascending `key`.

    A pair that shares a text with a held-out one is in neither part.
    """
    share = count / len(pairs)
    chosen = set()
    for _, part in pairs.groupby("source"):
        documents = sorted(part["document"].unique(), key=key)
        chosen.update(documents[: max(1, round(share * len(documents)))])
    inside = pairs["document"].isin(chosen)
    held = pairs[inside]
    seen = set(held["sentence1"]) | set(held["sentence2"])
    touching = pairs["sentence1"].isin(seen) | pairs["sentence2"].isin(seen)
    return pairs[~inside & ~touching].reset_index(drop=True), held.reset_index(drop=True)


def assess(encode: Callable[[Sequence[str]], np.ndarray], pairs: pd.DataFrame, temperature: float) -> dict[str, float]:
    """Mean loss (nats) and mean reciprocal rank (0 to 1) of held-out pairs.

    Pairs compete in batches of one source, in their order; the loss is InfoNCE on cosine similarity from the first to
    the second text. A rank counts every other second text that is at least as similar as the right one.
    """
    losses, ranks = [], []
    for _, part in pairs.groupby("source"):
        first, second = encode(part["sentence1"].tolist()), encode(part["sentence2"].tolist())
        first, second = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (first, second))
        for start in range(0, len(part), BATCH):
            similarity = first[start : start + BATCH] @ second[start : start + BATCH].T  # (b, b)
            right = np.diag(similarity)[:, None]
            scaled = similarity / temperature
            peak = scaled.max(axis=1, keepdims=True)
            losses += (np.log(np.exp(scaled - peak).sum(1)) + (peak - right / temperature)[:, 0]).tolist()
            ranks += (similarity >= right).sum(axis=1).tolist()
    return {
        "loss": round(float(np.mean(losses)), 4),
        "mrr": round(float(np.mean(1 / np.array(ranks))), 4),
        "pairs": len(losses),
    }
