import numpy as np
import pandas as pd
import pytest

from medte.training.heldout import assess, hold_out


def pairs(count, source="s"):
    return pd.DataFrame(
        {
            "sentence1": [f"{source} q{i}" for i in range(count)],
            "sentence2": [f"{source} a{i}" for i in range(count)],
            "source": source,
            "document": [f"{source}{i // 2}" for i in range(count)],
        }
    )


def test_whole_documents_are_held_out_of_every_source():
    table = pd.concat([pairs(100, "s"), pairs(20, "t")], ignore_index=True)
    training, held = hold_out(table, 12, key=len)
    assert set(held["source"]) == {"s", "t"} and 8 <= len(held) <= 16
    assert not set(training["document"]) & set(held["document"])
    assert len(training) + len(held) == 120


def test_a_pair_that_shares_a_text_with_a_held_out_one_is_in_neither_part():
    table = pairs(10)
    table.loc[9, "sentence2"] = table.loc[0, "sentence2"]
    training, held = hold_out(table, 2, key=lambda document: int(document[1:]))
    assert set(held["document"]) == {"s0"} and len(training) == 7


def test_loss_and_rank_by_hand():
    # cosine with the right partner 1, with the other 0: loss = log(1 + exp(-1 / tau)); every rank is 1
    vectors = {"s q0": [1, 0], "s a0": [2, 0], "s q1": [0, 1], "s a1": [0, 3]}
    figures = assess(lambda texts: np.array([vectors[text] for text in texts], float), pairs(2), temperature=0.5)
    assert figures == {"loss": pytest.approx(np.log1p(np.exp(-2)), abs=1e-4), "mrr": 1.0, "pairs": 2}


def test_ties_count_against():
    figures = assess(lambda texts: np.ones((len(texts), 2)), pairs(4), temperature=1)
    assert figures == {"loss": pytest.approx(np.log(4), abs=1e-4), "mrr": 0.25, "pairs": 4}
