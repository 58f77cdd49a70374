"""The reader of MedMCQA on the publishers' files and on what the hub leaves: each counts the key in its own way."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from medte.errors import MedteError
from medte.sources import medmcqa
from medte.tasks.builders import options
from medte.tasks.catalogue import task
from medte.tasks.sampling import Limits
from tests.test_hub import fetched

MIRROR = os.environ.get("MEDTE_MIRROR")
TEST = "data/test-00000-of-00001.parquet"
ROW = {
    "id": "i",
    "question": "Which gland makes insulin?",
    "opa": "a",
    "opb": "b",
    "opc": "c",
    "opd": "d",
    "cop": 2,
    "exp": "Its islets do.",
    "subject_name": "Physiology",
}


def publishers(folder, name="dev.json", *rows):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(rows), encoding="utf-8")
    return folder


def keys(records):
    return [record.facts["answer"] for record in records]


def test_a_question_keeps_its_options_key_and_exam_subject_and_no_subject_to_split_by(tmp_path):
    (record,) = medmcqa.read(publishers(tmp_path, "dev.json", json.dumps(ROW)))
    assert (record.id, record.document, record.licence) == ("medmcqa:i", "medmcqa:i", "MIT")
    assert record.texts == {"question": "Which gland makes insulin?", "explanation": "Its islets do."}
    assert record.facts == {
        "options": ["a", "b", "c", "d"],
        "answer": 1,
        "exam_subject": "Physiology",
        "identities": ["medmcqa:i"],
    }


def test_the_publishers_files_count_the_key_from_one(tmp_path):
    assert keys(
        medmcqa.read(publishers(tmp_path, "dev.json", *(json.dumps(ROW | {"cop": cop}) for cop in (1, 4))))
    ) == [0, 3]


def test_the_publishers_test_split_has_neither_key_nor_explanation(tmp_path):
    unlabelled = {name: value for name, value in ROW.items() if name not in ("cop", "exp")}
    publishers(tmp_path, "dev.json", json.dumps(ROW))
    one, two = medmcqa.read(publishers(tmp_path, "test.json", json.dumps(unlabelled | {"id": "j"})))
    assert (keys([one, two]), two.texts["explanation"]) == ([1, None], "")


def test_the_hubs_files_count_the_key_from_zero_and_minus_one_is_none(tmp_path):
    rows = [ROW | {"id": str(cop), "cop": cop, "exp": None} for cop in (0, 3, -1)]
    records = list(medmcqa.read(fetched(tmp_path, "medmcqa", {TEST: rows})))
    assert keys(records) == [0, 3, None]
    assert {record.licence for record in records} == {"Apache-2.0"}


def test_the_publishers_files_come_first(tmp_path):
    fetched(tmp_path, "medmcqa", {TEST: [ROW, ROW]})
    assert len(list(medmcqa.read(publishers(tmp_path, "dev.json", json.dumps(ROW))))) == 1


def test_a_question_without_a_key_is_counted_and_no_option_of_it_becomes_a_negative(tmp_path):
    rows = [ROW | {"id": str(cop), "question": f"Which {cop}?", "cop": cop} for cop in (0, -1)]
    dropped = Counter()
    table = options(
        task("MedMCQAPairClassification"),
        list(medmcqa.read(fetched(tmp_path, "medmcqa", {TEST: rows}))),
        Limits(items=100, class_texts=100, test_share=0.3),
        dropped,
    )
    assert set(table["sentence1"]) == {"Which 0?"} and list(table["label"]) == [1, 0, 0, 0]
    assert dropped["question without a key"] == 1


def test_a_question_that_lacks_an_option_is_dropped_and_counted(tmp_path):
    dropped = Counter()
    rows = [json.dumps(ROW | {"opd": gap}) for gap in ("d", " ", None)]
    assert len(list(medmcqa.read(publishers(tmp_path, "dev.json", *rows), dropped))) == 1
    assert dropped == {"question without four options": 2}


@pytest.mark.parametrize(
    "row", [json.dumps(ROW | {"cop": 0}), json.dumps(ROW | {"cop": "2"}), json.dumps(ROW)[:-9], "{}"]
)
def test_a_key_of_the_other_count_and_a_damaged_line_are_errors(tmp_path, row):
    with pytest.raises(MedteError, match="line 2"):
        list(medmcqa.read(publishers(tmp_path, "dev.json", json.dumps(ROW), row)))


def test_a_key_of_the_publishers_count_on_the_hub_is_an_error(tmp_path):
    with pytest.raises(MedteError, match=r"question i: the key cop is 4; it should count from 0 to 3"):
        list(medmcqa.read(fetched(tmp_path, "medmcqa", {TEST: [ROW | {"cop": 4}]})))


def test_a_folder_with_neither_is_an_error(tmp_path):
    with pytest.raises(MedteError, match=r"holds neither train\.json, dev\.json, test\.json nor a finished fetch"):
        list(medmcqa.read(tmp_path))


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the publishers' files are not here")
def test_counts_of_the_real_file():
    dropped = Counter()
    records = list(medmcqa.read(Path(MIRROR) / "medmcqa", dropped))
    assert (len(records), sum(record.texts["explanation"] != "" for record in records)) == (4_183, 2_206)
    assert Counter(keys(records)) == {0: 1_348, 1: 1_085, 2: 925, 3: 825} and not dropped
