"""A hospital's own notes: the schema in its four file forms, the facts of stays, and errors that quote no cell."""

import gzip
import json
from collections import Counter

import pandas as pd
import pytest

from medte.errors import MedteError
from medte.sources import notes
from medte.sources.mimic_iv import NO_SECTION

ROWS = [
    {"note_id": "n1", "patient_id": "p1", "admitted": "2024-01-01", "discharged": "2024-01-03 12:00", "died": "0",
     "chief_complaint": "cough", "discharge_diagnosis": "pneumonia,\n left"},
    {"note_id": "n2", "patient_id": "p1", "admitted": "2024-01-10 12:00", "discharged": "2024-01-12", "died": "1",
     "chief_complaint": "fever", "discharge_diagnosis": ""},
    {"note_id": "n3", "patient_id": "p2", "admitted": "2024-01-20", "discharged": "2024-02-11", "died": "",
     "chief_complaint": " ", "discharge_diagnosis": ""},
    {"note_id": "n4", "patient_id": "p2", "admitted": "2024-01-20", "discharged": "2024-02-11", "died": "",
     "chief_complaint": "fall", "discharge_diagnosis": "fracture"},
]  # fmt: skip
HEADER = ",".join(ROWS[0]).encode() + b"\n"


def write(folder, rows, name="notes.csv"):
    table, path = pd.DataFrame(rows), folder / name
    if name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif name.endswith(".parquet"):
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False)
    return folder


def read(folder):
    dropped = Counter()
    return list(notes.read(folder, dropped)), dropped


def changed(number, **cells):
    """The rows with some cells of one of them changed."""
    return [row | cells if i == number else row for i, row in enumerate(ROWS, start=1)]


@pytest.mark.parametrize("name", notes.FILES)
def test_the_facts_and_texts_are_the_same_from_every_file_form(tmp_path, name):
    (first, second, fourth), dropped = read(write(tmp_path, ROWS, name))
    assert dropped == {NO_SECTION: 1}
    assert first.texts == {"chief_complaint": "cough", "discharge_diagnosis": "pneumonia, left"}
    assert second.texts == {"chief_complaint": "fever"} and fourth.texts["chief_complaint"] == "fall"
    assert [record.facts["days_to_return"] for record in (first, second, fourth)] == [7.0, None, None]
    assert [record.facts["died"] for record in (first, second, fourth)] == [False, True, False]
    assert [record.facts["days_followed"] for record in (first, second, fourth)] == [38.5, 30.0, 0.0]
    assert first.document == second.document != fourth.document
    assert all(record.facts["credentialed"] and record.source == "mimic_iv" for record in (first, second, fourth))
    assert first.licence == "held locally" and not first.fictional


def test_typed_columns_are_read_as_well(tmp_path):
    table = pd.DataFrame(ROWS).assign(
        died=[False, True, None, None], patient_id=[7, 7, 8, 8], chief_complaint=["a", None, float("nan"), "d"]
    )
    for column in ("admitted", "discharged"):
        table[column] = pd.to_datetime(table[column], format="mixed")
    table.to_parquet(tmp_path / "notes.parquet", index=False)
    typed, dropped = read(tmp_path)
    assert [record.facts["days_to_return"] for record in typed] == [7.0, None]
    assert [record.texts.get("chief_complaint") for record in typed] == ["a", "d"]
    assert dropped == {NO_SECTION: 2}


def test_names_are_replaced_the_same_way_in_one_folder_and_another_way_in_another(tmp_path):
    names = []
    for place in ("a", "a", "b"):
        folder = tmp_path / place
        folder.mkdir(exist_ok=True)
        records, _ = read(write(folder, ROWS))
        names.append([(record.id, record.document) for record in records])
        assert not any(name in part for pair in names[-1] for part in pair for name in ("n1", "p1"))
    assert names[0] == names[1] and not set(names[0]) & set(names[2])
    key = tmp_path / "a/medte/key"
    assert key.stat().st_mode & 0o777 == 0o600 and key.parent.stat().st_mode & 0o777 == 0o700


def test_two_notes_of_one_stay_are_no_return_and_a_transfer_is_none(tmp_path):
    rows = changed(2, admitted="2024-01-03 17:00", died="0")
    (first, *_), _ = read(write(tmp_path, rows))
    assert first.facts["transferred"] and first.facts["days_to_return"] == pytest.approx(5 / 24)
    same = changed(2, admitted=ROWS[0]["admitted"], discharged=ROWS[0]["discharged"])
    (first, second, _), _ = read(write(tmp_path, same))
    assert first.facts == second.facts and first.facts["died"] and first.facts["days_to_return"] is None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (changed(2, admitted="secret"), r"row 2: admitted is no date like 2024-01-31"),
        (changed(2, admitted="2024-01-01T00:00+01:00"), r"row 2: admitted is no date .* without a time zone"),
        (changed(2, discharged="2023-01-01"), r"row 2: discharged is before admitted"),
        (changed(3, died="secret"), r"row 3: died is not 0, 1 or empty"),
        (changed(3, note_id="n1"), r"rows 1 and 3 have the same note_id"),
        (changed(3, patient_id=""), r"row 3: patient_id is empty"),
        ([{k: v for k, v in row.items() if k != "died"} for row in ROWS], r"the column died is missing; needed are note_id"),
        ([{("patientid" if k == "patient_id" else k): v for k, v in row.items()} for row in ROWS],
         r"the column 'patientid' should be called 'patient_id'"),
        ([{("hospital_curse" if k == "chief_complaint" else k): v for k, v in row.items()} for row in ROWS],
         r"the column 'hospital_curse' should be called 'hospital_course'"),
        ([{k: v for k, v in row.items() if k in notes.NEEDED} for row in ROWS], r"has no section; at least one of chief"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_an_error_that_quotes_no_cell(tmp_path, rows, message):
    with pytest.raises(MedteError, match=message) as caught:
        read(write(tmp_path, rows))
    assert "secret" not in str(caught.value)


def test_a_table_without_a_header_does_not_quote_its_first_row(tmp_path):
    (tmp_path / "notes.csv").write_text("secret one,secret two\na,b\n", encoding="utf-8")
    with pytest.raises(MedteError, match="the column note_id is missing") as caught:
        read(tmp_path)
    assert "secret" not in str(caught.value)


def test_none_or_several_tables_and_an_empty_one_are_errors(tmp_path):
    with pytest.raises(MedteError, match=r"should hold one of notes\.csv, .* holds 0"):
        read(tmp_path)
    (tmp_path / "notes.csv").write_text(",".join(ROWS[0]) + "\n", encoding="utf-8")
    with pytest.raises(MedteError, match="holds no notes"):
        read(tmp_path)
    write(tmp_path, ROWS, "notes.jsonl")
    with pytest.raises(MedteError, match="holds 2"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.csv", HEADER + b"secret,b\n"),
        ("notes.csv", HEADER + b"secret \xff,,,,,,\n"),
        ("notes.csv.gz", gzip.compress(HEADER)[:-9]),
        ("notes.parquet", b"secret"),
        ("notes.jsonl", json.dumps(ROWS[0]).encode() + b"\n{secret"),
        ("notes.jsonl", b'["secret"]\n'),
    ],
    ids=["short row", "not UTF-8", "cut off", "no Parquet", "cut line", "no object"],
)
def test_a_damaged_table_is_an_error_that_quotes_nothing(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MedteError, match="cannot be read after row") as caught:
        read(tmp_path)
    assert "secret" not in str(caught.value)


def test_a_line_with_other_names_is_an_error(tmp_path):
    write(tmp_path, [*ROWS[:2], {**ROWS[2], "chief_complain": ""}], "notes.jsonl")
    with pytest.raises(MedteError, match="row 3, has other names than row 1"):
        read(tmp_path)
