"""The reader of MedQA on the publishers' files and on what the hub leaves."""

import json
import os
from pathlib import Path

import pytest

from medte.errors import MedteError
from medte.sources import medqa
from tests.test_hub import fetched

MIRROR = os.environ.get("MEDTE_MIRROR")
ROW = {
    "question": "Q",
    "answer": "three",
    "options": {"B": "two", "A": "one", "D": "four", "C": "three"},
    "answer_idx": "C",
}
IDENTITY = "medqa:4ae81572f06e1b88"  # sha256 of "Q"


def publishers(folder, split, *rows):
    text = "\n".join(json.dumps(row) for row in rows)
    (folder / f"phrases_no_exclude_{split}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_options_are_in_the_order_of_letters_and_the_key_counts_from_zero(tmp_path):
    (record,) = medqa.read(publishers(tmp_path, "test", ROW))
    assert record.facts == {"options": ["one", "two", "three", "four"], "answer": 2, "identities": [IDENTITY]}
    assert (record.id, record.document, record.texts, record.licence) == (IDENTITY, IDENTITY, {"question": "Q"}, "MIT")


def test_every_split_of_the_publishers_is_read(tmp_path):
    for number, split in enumerate(("train", "dev", "test")):
        publishers(tmp_path, split, ROW | {"question": f"Q{number}"})
    assert [record.texts["question"] for record in medqa.read(tmp_path)] == ["Q1", "Q2", "Q0"]


def test_what_the_hub_leaves_gives_the_same_records_under_its_licence(tmp_path):
    (record,) = medqa.read(fetched(tmp_path, "medqa", {"phrases_no_exclude_test.jsonl.xz": [ROW]}))
    assert (record.id, record.facts["answer"], record.licence) == (IDENTITY, 2, "CC-BY-4.0")


def test_a_key_that_is_no_option_is_an_error(tmp_path):
    with pytest.raises(MedteError, match=r"test\.jsonl, line 2: the key is 'E', the options are A, B, C, D"):
        list(medqa.read(publishers(tmp_path, "test", ROW, ROW | {"answer_idx": "E"})))


def test_a_file_without_the_columns_is_an_error(tmp_path):
    with pytest.raises(
        MedteError, match="line 1, has the columns question; it should have question, options, answer_idx"
    ):
        list(medqa.read(publishers(tmp_path, "test", {"question": "Q"})))


def test_a_folder_with_neither_is_an_error(tmp_path):
    with pytest.raises(MedteError, match=r"holds neither phrases_no_exclude_\*\.jsonl nor a finished fetch"):
        list(medqa.read(tmp_path))


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the publishers' files are not here")
def test_counts_of_the_real_file():
    records = list(medqa.read(Path(MIRROR) / "medqa"))
    assert len(records) == len({record.id for record in records}) == 1_273
