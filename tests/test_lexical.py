"""BM25: scores worked out by hand, and a search that mteb scores."""

import math

import pandas as pd
import pytest

from medte.errors import MedteError
from medte.models.lexical import Bm25, RandomEncoder, TfidfEncoder
from medte.models.load import load
from medte.profile import load_profile
from medte.tasks.build import TaskData
from medte.tasks.catalogue import task

DOCUMENTS = ["gout of the toe", "asthma attack in children", "toe nail", "gout gout"]


def searched(documents, queries, top_k=10, **settings):
    bm25 = Bm25()
    bm25.index([{"id": f"d{i}", "text": text} for i, text in enumerate(documents)], num_proc=None)
    return bm25.search([{"id": f"q{i}", "text": text} for i, text in enumerate(queries)], top_k=top_k, **settings)


def by_hand(count, length, holding, documents=4, average=9 / 4):
    """Lucene's score of one word: `count` times in a document of `length` words, in `holding` documents."""
    rarity = math.log(1 + (documents - holding + 0.5) / (holding + 0.5))
    return rarity * count / (count + 1.5 * (1 - 0.75 + 0.75 * length / average))


def test_scores_are_lucenes():
    found = searched(DOCUMENTS, ["the gout"])["q0"]  # words: gout toe · asthma attack children · toe nail · gout gout
    assert found == pytest.approx({"d3": by_hand(2, 2, 2), "d0": by_hand(1, 2, 2)})
    assert list(found) == ["d3", "d0"]


def test_equal_scores_keep_the_order_and_what_shares_no_word_is_not_found():
    found = searched(DOCUMENTS, ["toe", "of the", "unheard"])
    assert list(found["q0"]) == ["d0", "d2"] and found["q1"] == found["q2"] == {}
    assert list(searched(DOCUMENTS, ["toe"], top_k=1)["q0"]) == ["d0"]


def test_documents_without_words_are_searched_in_vain():
    assert searched(["of the", ""], ["gout"]) == {"q0": {}}


def test_reranking_is_refused():
    with pytest.raises(MedteError, match="reranks none"):
        searched(DOCUMENTS, ["gout"], top_ranked={"q0": ["d1"]})


def test_titles_are_searched_too():
    bm25 = Bm25()
    bm25.index([{"id": "a", "title": "gout", "text": "toe"}, {"id": "b", "title": "", "text": "lung"}])
    assert list(bm25.search([{"id": "q", "text": "gout"}], top_k=9)["q"]) == ["a"]


def test_mteb_scores_it_on_a_retrieval_task():
    import mteb
    from mteb.models.models_protocols import SearchProtocol

    from medte.tasks.mteb_tasks import mteb_task

    bm25 = load("bm25", load_profile("mini").encoding, seed=0, corpus=list, trained=None)
    queries = ["toe nail", "asthma", "gout", "unheard"]
    rows = pd.DataFrame(
        {"query": queries, "document": [DOCUMENTS[2], DOCUMENTS[1], DOCUMENTS[0], DOCUMENTS[3]], "unit": list("abcd")}
    )
    data = TaskData(task("MedQuADRetrieval"), rows, {})
    fresh = mteb_task(data.task, "mini", "1", lambda: data)
    answer = mteb.evaluate(bm25, fresh, cache=None, co2_tracker=False, show_progress_bar=False)
    assert isinstance(bm25, SearchProtocol)
    assert (bm25.mteb_model_meta.name, bm25.mteb_model_meta.revision) == ("medte/bm25", bm25.revision)
    ndcg = answer.task_results[0].scores["test"][0]["ndcg_at_10"]
    assert ndcg == pytest.approx((1 + 1 + 1 / math.log2(3) + 0) / 4, abs=1e-4)  # "gout gout" is before its right answer


def test_models_without_weights_have_one_side():
    for encoder in (RandomEncoder(1), TfidfEncoder(DOCUMENTS)):
        assert {encoder.side(role) for role in ("query", "document", "clustering")} == {""}
        assert (encoder.encode(["gout"], "") == encoder.encode(["gout"])).all()
