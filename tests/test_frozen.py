"""A stream of records against the list of what it once was: the same, changed, gone, new."""

import random
from dataclasses import replace

import pandas as pd
import pytest

from medte.curation.frozen import COLUMNS, Frozen, read, record_hash, write
from medte.errors import MedteError
from tests.conftest import make_record

RECORDS = [
    ("training", make_record("2", title="Gout of the toe", abstract="It hurts.")),
    ("evaluation", make_record("10", title="Fever in spring", abstract="It is warm.")),
    ("kin", make_record("1", "medquad", "medquad:page", question="What is gout?", answer="A pain.")),
]


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "trial-frozen.parquet", RECORDS)
    return tmp_path / "trial-frozen.parquet"


def test_the_list_holds_names_parts_and_hashes_in_order_and_no_text(path):
    table = read(path)
    assert table.equals(pd.read_parquet(path)) and list(table.columns) == COLUMNS
    assert table[["id", "source", "part"]].values.tolist() == [
        ["medquad:1", "medquad", "kin"],
        ["pubmed:10", "pubmed", "evaluation"],
        ["pubmed:2", "pubmed", "training"],
    ]
    assert table["hash"].str.fullmatch("[0-9a-f]{16}").all() and table["hash"].is_unique
    assert b"gout" not in path.read_bytes().lower()


def test_the_same_records_in_another_order_are_the_same_file(path, tmp_path):
    write(tmp_path / "again.parquet", iter(RECORDS[::-1]))
    assert (tmp_path / "again.parquet").read_bytes() == path.read_bytes()


def test_a_stream_that_is_as_it_was_has_no_differences(path):
    frozen = Frozen(path)
    assert [frozen.part(record) for _, record in RECORDS] == [part for part, _ in RECORDS]
    assert len(frozen.differences()) == 0 and not frozen.left_out


def test_one_letter_one_gone_and_one_new_are_named_and_counted(path):
    frozen = Frozen(path)
    changed = make_record("2", title="Gout of the toe", abstract="It hurtS.")
    assert frozen.part(changed) == "training"
    assert frozen.part(RECORDS[2][1]) == "kin"
    assert frozen.part(RECORDS[2][1]) is None
    assert [frozen.part(make_record(name, title="New", abstract="New.")) for name in ("3", "4")] == [None, None]
    assert frozen.differences().to_dict("records") == [
        {"id": "pubmed:10", "source": "pubmed", "difference": "gone"},
        {"id": "pubmed:2", "source": "pubmed", "difference": "changed"},
    ]
    assert frozen.left_out == {
        ("pubmed", "not in the list (new since, or dropped then)"): 2,
        ("medquad", "came twice"): 1,
    }


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"texts": {"section:A": "one", "section:B": "three"}}, False),
        ({"texts": {"section:B": "two", "section:A": "one"}}, False),  # pairs are made of the first two
        ({"document": "wikipedia:other"}, False),
        ({"facts": {"categories": ["Pain", "Fever"], "revision": 1}}, False),
        ({"facts": {"categories": ["Pain"], "revision": 2}}, True),
        ({"facts": {"revision": 1, "categories": ["Pain"]}}, True),
        ({"date": "2026-01-01"}, True),
        ({"licence": "CC-BY-4.0"}, True),
    ],
)
def test_the_hash_is_of_what_the_record_says(change, same):
    texts = {"section:A": "one", "section:B": "two"}
    page = make_record("1", "wikipedia", facts={"categories": ["Pain"], "revision": 1}, **texts)
    assert (record_hash(replace(page, **change)) == record_hash(page)) is same


def test_the_hash_is_this_one():
    """Lists that were shipped must be readable by every later version."""
    record = make_record("1", facts={"answer": 2, "options": ["é", None]}, question="Why?")
    assert record_hash(record) == "da8a5bf7119f1a5b"


def test_a_row_takes_at_most_14_bytes(tmp_path):
    draw = random.Random(0)
    numbers = sorted(draw.sample(range(30_000_000, 40_000_000), 5_000))
    records = (make_record(str(number), title=f"Title {number}") for number in numbers)
    write(tmp_path / "many.parquet", ((draw.choice(["training", "evaluation"]), record) for record in records))
    assert (tmp_path / "many.parquet").stat().st_size < 14 * 5_000 + 3_000  # the format's own head is about 2,500


def test_what_is_no_list_is_refused(path):
    with pytest.raises(MedteError, match=r"no frozen list .*other-frozen.parquet; known there: trial-frozen.parquet"):
        read(path.with_name("other-frozen.parquet"))
    pd.DataFrame({"id": ["a"]}).to_parquet(path.with_name("less.parquet"))
    with pytest.raises(MedteError, match=r"has the columns \['id'\]"):
        read(path.with_name("less.parquet"))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(MedteError, match="damaged"):
        Frozen(path)


def test_a_part_that_is_unknown_or_an_id_that_comes_twice_is_not_written(tmp_path):
    with pytest.raises(MedteError, match="unknown part 'train'; did you mean 'training'"):
        write(tmp_path / "list.parquet", [("train", RECORDS[0][1])])
    with pytest.raises(ValueError, match="ids listed twice: 1, the first pubmed:2"):
        write(tmp_path / "list.parquet", [*RECORDS, ("kin", RECORDS[0][1])])
    assert not any(tmp_path.iterdir())


def test_an_empty_list_leaves_everything_out(tmp_path):
    write(tmp_path / "list.parquet", [])
    frozen = Frozen(tmp_path / "list.parquet")
    assert frozen.part(RECORDS[0][1]) is None and len(frozen.differences()) == 0
