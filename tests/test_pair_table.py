"""Pairs on disk: each once, with its verdict; a source is cut by hash; what touches the evaluation is counted."""

from collections import Counter

import pandas as pd
import pytest

from medte.curation import pair_table
from medte.curation.clean import DEFAULT_STEPS
from medte.curation.leakage import Audit
from medte.curation.pair_table import Work, write
from medte.curation.shelf import Curation, fill
from medte.engine import Engine
from tests.conftest import make_record

TEXTS = {"T": ["An evaluated answer of some length."]}


@pytest.fixture
def work(tmp_path):
    """Two batches of a shelf: four pairs for training, one of an evaluated document."""
    records = [
        make_record("0", title="first title", abstract="first abstract"),
        make_record("1", title="second title", abstract="an evaluated answer of some length"),
        make_record("2", title="first title", abstract="other abstract"),
        make_record("3", title="only a title"),
        make_record("4", document="pubmed:judged", title="judged", abstract="judged abstract"),
    ]
    shelf = fill(tmp_path / "shelf", "k", iter(records), Curation(DEFAULT_STEPS, None), Engine())
    ((path, places),) = shelf.batches()
    return [
        Work("subjects", path, places[:4]),
        Work("subjects", path, places[:1]),
        Work("evaluation", path, places[4:]),
    ]


def written(tmp_path, work, most=None):
    audit = Audit(TEXTS, {"T": ["pubmed:judged"]}, None)
    counts = write(tmp_path / "pairs.parquet", work, audit, set(TEXTS["T"]), most, 1, Engine())
    return counts, pd.read_parquet(tmp_path / "pairs.parquet")


def test_every_pair_stands_once_with_its_verdict(tmp_path, work):
    counts, table = written(tmp_path, work)
    assert table["document"].tolist() == ["pubmed:0", "pubmed:1", "pubmed:2", "pubmed:judged"]
    assert table["leak"].tolist() == ["", "same words", "", "same document"]
    assert table["side"].tolist() == [0, 2, 0, 0]
    assert [list(tasks) for tasks in table["tasks"]] == [[], ["T"], [], ["T"]]
    assert counts.pairs == {"subjects": Counter(pubmed=2)}
    assert counts.leaks == {
        "subjects": Counter({("pubmed", "same words"): 1}),
        "evaluation": Counter({("pubmed", "same document"): 1}),
    }
    assert counts.tasks == Counter(
        {("subjects", "pubmed", "T", "same words"): 1, ("evaluation", "pubmed", "T", "same document"): 1}
    )
    assert counts.evaluation_texts == 0
    assert not (tmp_path / "pairs.draft").exists()


def test_a_source_is_cut_by_hash_and_leaks_do_not_count(tmp_path, work):
    counts, table = written(tmp_path, work, most=1)
    assert counts.pairs == {"subjects": Counter(pubmed=1)}
    assert (table["leak"] != "").sum() == 2
    (kept,) = table.loc[table["leak"] == "", "document"]
    _, again = written(tmp_path, work[::-1], most=1)
    assert again.loc[again["leak"] == "", "document"].tolist() == [kept]


def test_an_evaluation_text_that_passes_the_audit_is_counted(tmp_path, work):
    audit = Audit({"T": []}, {"T": []}, None)
    texts = {"first title", "never seen"}
    counts = write(tmp_path / "pairs.parquet", work, audit, texts, None, 1, Engine())
    assert counts.evaluation_texts == 1


def test_no_pairs_at_all_are_an_empty_table(tmp_path):
    counts, table = written(tmp_path, [])
    assert len(table) == 0 and list(table) == pair_table.SCHEMA.names and counts.pairs == {}
