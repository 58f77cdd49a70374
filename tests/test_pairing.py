"""The negatives of pair tasks: siblings by hash, or mined, as the profile asks."""

import numpy as np
import pytest

from medte.curation.negatives import bm25_ranker
from medte.profile import load_profile
from medte.tasks.build import Limits, build
from medte.tasks.catalogue import task
from medte.tasks.pairing import Mining, mining_of
from tests.conftest import make_record

NAME = "WikipediaDiseasesPairClassification"
WORDS = "heart lung liver bone nerve skin blood gut eye ear".split()


def page(number, focus=None, two=None):
    """A page whose two sentences share their organ with those of every tenth page."""
    facts = {"group": "pages"} | ({"focus": focus} if focus else {})
    sentences = {
        "sentence1": f"{WORDS[number % 10]} disease number {number}",
        "sentence2": two or f"what number {number} of the {WORDS[number % 10]} does",
    }
    return make_record(str(number), "wikipedia", facts=facts, **sentences)


def made(name, records, nearest=8, ceiling=0.99):
    return build(task(name), records, Limits(200, 200, 0.3), Mining(bm25_ranker(), ceiling, 1, nearest))


def organs(rows):
    negatives = rows[rows["label"] == 0]
    return [(a.split()[0], b.split()[-2]) for a, b in zip(negatives["sentence1"], negatives["sentence2"], strict=True)]


def test_mined_negatives_are_near_and_siblings_are_not():
    records = [page(i) for i in range(80)]
    mined, siblings = made(NAME, records), build(task(NAME), records, Limits(200, 200, 0.3))
    assert np.mean([one == two for one, two in organs(mined.rows)]) > 0.9
    assert np.mean([one == two for one, two in organs(siblings.rows)]) < 0.4
    assert mined.rows[mined.rows["label"] == 1].equals(siblings.rows[siblings.rows["label"] == 1])
    assert siblings.mined is None and mined.mined.nearest == 8 and mined.mined.seen == 640
    assert mined.rows["label"].tolist() == [1, 0] * 80


def test_rows_do_not_depend_on_the_order_of_records():
    records = [page(i, focus=f"f{i % 20}") for i in range(60)]
    for name in (NAME, f"{NAME}Checked", f"{NAME}AsPublished"):
        assert made(name, records).rows.equals(made(name, records[::-1]).rows)


def test_a_checked_negative_shares_no_focus_and_a_mined_one_may():
    records = [page(i, focus=WORDS[i % 10].upper() if i % 2 else WORDS[i % 10]) for i in range(80)]
    assert not [pair for pair in organs(made(f"{NAME}Checked", records, nearest=20).rows) if pair[0] == pair[1]]
    assert [pair for pair in organs(made(NAME, records, nearest=20).rows) if pair[0] == pair[1]]
    assert made(f"{NAME}Checked", records, nearest=20).mined.refused["shared focus"] > 100


def test_as_published_the_string_alone_must_differ():
    texts = ["Pneumonia", "pneumonia", "Pneumonia."]
    records = [page(i, two=texts[i % 3]) for i in range(60)]
    published = made(f"{NAME}AsPublished", records).rows
    pairs = published["sentence2"].tolist()
    assert len(pairs) == 120 and all(one != two for one, two in zip(pairs[::2], pairs[1::2], strict=True))
    checked = made(NAME, records)
    assert checked.dropped == {"pair without a negative": 60} and checked.rows["label"].all()


def test_the_papers_number_of_near_texts_unless_the_profile_says_another():
    records = [page(i) for i in range(80)]
    assert made(NAME, records, nearest=None).mined.nearest == 32
    assert {task(name).build["nearest"] for name in ("PubMedPairClassification",)} == {64}
    assert task("MIMICChiefComplaintToDischargeDiagnosisPairClassification").build["nearest"] == 128


@pytest.mark.parametrize("variant", ["Checked", "AsPublished"])
def test_without_a_miner_a_variant_is_missing_and_says_so(variant):
    data = build(task(NAME + variant), [page(i) for i in range(80)], Limits(200, 200, 0.3))
    assert data.dropped == {"pair without a miner": 80}
    assert "name one in the profile" in data.missing()


def test_the_miner_is_the_profiles():
    data = load_profile("mini").data
    assert mining_of(data, encoder=None) is None
    asked = {"negatives": {"miner": "bm25", "nearest": 5}}
    mining = mining_of(type(data).model_validate(data.model_dump() | asked), encoder=None)
    assert (mining.nearest, mining.ceiling, mining.seed) == (5, 0.8, data.seed)
    asked = {"negatives": {"miner": "tiny"}}
    mining = mining_of(
        type(data).model_validate(data.model_dump() | asked),
        encoder=lambda name: lambda texts: np.array([[len(text), len(name)] for text in texts]),
    )
    assert mining.rank(["four"], ["a longer text", "five"], 1)[0].tolist() == [[1]]
