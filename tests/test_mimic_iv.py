"""The reader of MIMIC-IV-Note on tables with its published columns, made here: sections, stays, names, damage."""

import csv
import gzip
import io
from collections import Counter

import pytest

from medte.errors import MedteError
from medte.sources import mimic_iv
from medte.sources.mimic_iv import NO_PATIENT, NO_SECTION

NOTE = """ \nName:  ___\n\nChief Complaint:\nSOB\n \nHistory of Present Illness:\nWorse for\ntwo days.\n
Discharge Diagnosis:\nPrimary:\npneumonia\nSecondary:\ngout\n\nDischarge Instructions:\nDear ___,\nrest.\n"""


def stay(subject, hadm, come, go, died="0"):
    return {
        "subject_id": subject, "hadm_id": hadm, "admittime": come, "dischtime": go, "deathtime": "",
        "admission_type": "URGENT", "hospital_expire_flag": died,
    }  # fmt: skip


def note(subject, hadm, text=NOTE, sequence=1):
    return {
        "note_id": f"{subject}-DS-{sequence}", "subject_id": subject, "hadm_id": hadm, "note_type": "DS",
        "note_seq": str(sequence), "charttime": "2150-01-07 00:00:00", "storetime": "", "text": text,
    }  # fmt: skip


def patient(subject, dod="", year="2150", group="2008 - 2010"):
    return {
        "subject_id": subject, "gender": "F", "anchor_age": "60", "anchor_year": year, "anchor_year_group": group,
        "dod": dod,
    }  # fmt: skip


def packed(rows):
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return gzip.compress(text.getvalue().encode())


def write(folder, **tables):
    for name, rows in tables.items():
        (path,) = [folder / key for key in mimic_iv.COLUMNS if name in key]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(packed(rows))
    return folder


@pytest.fixture
def folder(tmp_path):
    """Two patients; the first comes back after two and a half days and dies there."""
    stays = [
        stay("1", "12", "2150-01-09 12:00:00", "2150-01-11 12:00:00", "1"),
        stay("1", "11", "2150-01-01 12:00:00", "2150-01-07 00:00:00"),
        stay("2", "21", "2150-01-01 12:00:00", "2150-01-02 12:00:00"),
    ]
    notes = [note("1", "11", sequence=1), note("1", "12", sequence=2), note("2", "21")]
    return write(tmp_path, discharge=notes, admissions=stays, patients=[patient("1"), patient("2")])


def read(folder):
    dropped = Counter()
    return list(mimic_iv.read(folder, dropped)), dropped


def facts_of(stays, patients):
    """The facts of a note of the first stay, with these admissions and patients."""
    (record,) = mimic_iv.records([note("1", "1")], stays, patients, licence="x", fictional=False)
    return record.facts


def test_sections_and_days_until_the_next_stay(folder):
    (first, second, third), dropped = read(folder)
    assert first.texts == {
        "chief_complaint": "SOB",
        "history_of_present_illness": "Worse for two days.",
        "discharge_diagnosis": "Primary: pneumonia Secondary: gout",
        "discharge_instructions": "Dear ___, rest.",
    }
    assert [record.facts["days_to_return"] for record in (first, second, third)] == [2.5, None, None]
    assert [record.facts["died"] for record in (first, second, third)] == [False, True, False]
    assert first.document == second.document != third.document
    assert all(record.facts["credentialed"] and not record.fictional for record in (first, second, third))
    assert not dropped


def test_a_patient_gets_a_number_that_does_not_depend_on_the_order_of_the_tables():
    stays = [
        stay(name, name, "2150-01-01 00:00:00", "2150-01-02 00:00:00") for name in ("10004235", "10000032", "19999987")
    ]
    notes = [note(row["subject_id"], row["hadm_id"]) for row in stays]

    def names(stays, notes):
        made = mimic_iv.records(notes, stays, [], licence="x", fictional=False)
        return {(record.document, record.id) for record in made}

    assert names(stays, notes) == names(stays[::-1], notes[::-1])
    assert names(stays, notes) == {(f"mimic_iv:patient-{n:06d}", f"mimic_iv:patient-{n:06d}-DS-1") for n in (1, 2, 3)}


def test_fictional_patients_keep_their_names_and_no_more_facts_than_before():
    rows = [stay("1", "1", "2150-01-01 00:00:00", "2150-01-02 00:00:00")]
    (record,) = mimic_iv.records([note("1", "1")], rows, licence="x", fictional=True)
    assert (record.id, record.document) == ("mimic_iv:1-DS-1", "mimic_iv:1")
    assert record.facts == {"stratum": "notes", "group": "notes", "days_to_return": None, "died": False}


@pytest.mark.parametrize(
    ("next_admission", "transferred", "days"),
    [
        ("2150-01-02 12:00:00", True, 0),  # at the minute of the discharge
        ("2150-01-02 23:00:00", True, 11 / 24),  # on its day
        ("2150-01-03 00:30:00", False, 12.5 / 24),  # on the next day, over six hours later
        ("2150-01-01 12:00:00", False, -1),  # before it
    ],
)
def test_a_stay_that_the_next_goes_on_with_is_no_return(next_admission, transferred, days):
    stays = [
        stay("1", "1", "2150-01-01 00:00:00", "2150-01-02 12:00:00"),
        stay("1", "2", next_admission, "2150-01-09 00:00:00"),
    ]
    facts = facts_of(stays, [])
    assert (facts["transferred"], facts["days_to_return"]) == (transferred, pytest.approx(days))


def test_over_midnight_six_hours_are_the_limit():
    stays = [
        stay("1", "1", "2150-01-01 00:00:00", "2150-01-02 22:00:00"),
        stay("1", "2", "2150-01-03 03:59:00", "2150-01-04 22:00:00"),
        stay("1", "3", "2150-01-05 04:00:00", "2150-01-09 00:00:00"),
    ]
    notes = [note("1", "1"), note("1", "2"), note("1", "3")]
    made = mimic_iv.records(notes, stays, [], licence="x", fictional=False)
    assert [record.facts["transferred"] for record in made] == [True, False, False]


def test_a_death_after_the_discharge_is_counted_in_days():
    stays = [stay("1", "1", "2150-01-01 00:00:00", "2150-01-02 22:00:00")]
    assert facts_of(stays, [patient("1", dod="2150-01-12")])["days_to_death"] == 10
    assert facts_of(stays, [patient("1")])["days_to_death"] is None


@pytest.mark.parametrize(
    ("discharged", "group", "days"),
    [
        ("2150", "2008 - 2010", 9 * 365),  # in 2010 at the latest, the data end in 2019
        ("2158", "2008 - 2010", 365),
        ("2159", "2008 - 2010", 0),
        ("2150", "2017 - 2019", 0),
        ("2152", "2017 - 2019", 0),
    ],
)
def test_a_return_is_sure_to_be_known_in_the_years_before_the_data_end(discharged, group, days):
    stays = [stay("1", "1", f"{discharged}-01-01 00:00:00", f"{discharged}-01-02 00:00:00")]
    assert facts_of(stays, [patient("1", group=group), patient("2", group="2017 - 2019")])["days_followed"] == days


def test_a_note_whose_stay_is_not_known_is_followed_for_no_day():
    stays = [stay("1", "2", "2150-01-01 00:00:00", "2150-01-02 00:00:00")]
    facts = facts_of(stays, [patient("1")])
    assert (facts["days_to_return"], facts["died"], facts["days_followed"]) == (None, False, 0)


def test_what_is_left_out_is_counted():
    stays = [stay("1", "1", "2150-01-01 00:00:00", "2150-01-02 00:00:00")]
    notes = [note("1", "1"), note("1", "1", "An addendum."), note("9", "9")]
    dropped = Counter()
    made = mimic_iv.records(notes, stays, [], licence="x", fictional=False, dropped=dropped)
    assert len(list(made)) == 1 and dropped == {NO_SECTION: 1, NO_PATIENT: 1}


def test_notes_are_streamed():
    """The first record comes before the second note is read."""

    def notes():
        yield note("1", "1")
        raise AssertionError("read ahead")

    rows = [stay("1", "1", "2150-01-01 00:00:00", "2150-01-02 00:00:00")]
    assert next(mimic_iv.records(notes(), rows, [], licence="x", fictional=False)).texts


@pytest.mark.parametrize("name", mimic_iv.COLUMNS)
def test_a_missing_table_and_a_missing_column_are_errors_that_name_them(folder, name):
    path = folder / name
    header, *rest = gzip.decompress(path.read_bytes()).decode().split("\n")
    column = mimic_iv.COLUMNS[name][-1]
    path.write_bytes(gzip.compress("\n".join([header.replace(column, "other"), *rest]).encode()))
    with pytest.raises(MedteError, match=rf"{path.name} has no column {column};"):
        read(folder)
    path.unlink()
    with pytest.raises(MedteError, match=rf"{path.name} is missing; MIMIC_FOLDER must hold"):
        read(folder)


def test_a_damaged_table_is_an_error_that_quotes_nothing(folder):
    path = folder / "note/discharge.csv.gz"
    whole = path.read_bytes()
    for damaged in (whole[:-12], b"SOB" + whole, gzip.compress(gzip.decompress(whole) + b"pneumonia,\xff\n")):
        path.write_bytes(damaged)
        with pytest.raises(MedteError) as caught:
            read(folder)
        assert "is damaged or cut off" in str(caught.value)
        assert not any(word in str(caught.value) for word in ("pneumonia", "SOB", "xff"))


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"admissions": [stay("1", "1", "secret text", "2150-01-02 00:00:00")]},
            "admissions, row 1: admittime is no date",
        ),
        ({"patients": [patient("1"), patient("2", dod="secret")]}, "patients, row 2: dod is no date"),
        ({"patients": [patient("1", group="secret")]}, "patients, row 1: anchor_year"),
    ],
)
def test_a_bad_cell_is_named_by_its_row_and_not_quoted(folder, tables, message):
    write(folder, **tables)
    with pytest.raises(MedteError, match=message) as caught:
        read(folder)
    assert "secret" not in str(caught.value)


def test_a_row_of_another_length_is_an_error(folder):
    path = folder / "note/discharge.csv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"a,b\n"))
    with pytest.raises(MedteError, match="row 4, has another number of cells"):
        read(folder)
