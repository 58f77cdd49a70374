"""Readers on files in their publishers' formats, made here, and on the real ones where a mirror is set."""

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from medte.errors import MedteError
from medte.sources import medmcqa, medqa, medquad, mimic_iv, pmc, registry

MIRROR = os.environ.get("MEDTE_MIRROR")


def archive(path, **files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:xz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return path.parent


PAGE = """<?xml version="1.0"?><Document id="0000007" source="X"><Focus>Gout</Focus><QAPairs>
<QAPair pid="1"><Question qid="7-1" qtype="causes">What causes Gout ?</Question><Answer>Crystals.</Answer></QAPair>
<QAPair pid="2"><Question qid="7-2" qtype="outlook">What is the outlook?</Question><Answer></Answer></QAPair>
</QAPairs></Document>"""


def test_medquad_reads_answered_questions_and_keeps_pages_together(tmp_path):
    (record,) = medquad.read(archive(tmp_path / "medquad" / "x.tar.xz", **{"1_A_QA/0000007.xml": PAGE}))
    assert record.texts == {"question": "What causes Gout ?", "answer": "Crystals."}
    assert (record.document, record.facts["type"]) == ("medquad:1_A_QA/0000007", "causes")


def article(
    permissions, abstract="<abstract><sec><title>Aim</title><p>One.</p></sec><sec><p>Two.</p></sec></abstract>"
):
    return (
        f"<article><front><article-meta><title-group><article-title>A <i>title</i></article-title></title-group>"
        f"<pub-date><year>2016</year></pub-date><permissions>{permissions}</permissions>{abstract}"
        "</article-meta></front></article>"
    )


@pytest.mark.parametrize(
    ("permissions", "licence"),
    [
        ('<license href="http://creativecommons.org/licenses/by/4.0/"><p>x</p></license>', "CC-BY"),
        ("<license><p>Creative Commons Attribution License, which permits any use</p></license>", "CC-BY"),
        ('<license href="http://creativecommons.org/publicdomain/zero/1.0/"/>', "CC0-1.0"),
        ('<license href="http://creativecommons.org/licenses/by-nc/4.0/"/>', None),
        ("<license><p>Creative Commons Attribution Non-Commercial License</p></license>", None),
        ("", None),
    ],
)
def test_pmc_takes_only_licences_that_allow_any_use(tmp_path, permissions, licence):
    records = list(pmc.read(archive(tmp_path / "pmc" / "x.tar.xz", **{"oa/PMC1.nxml": article(permissions)})))
    assert [record.licence for record in records] == ([licence] if licence else [])
    if records:
        assert records[0].texts == {"title": "A title", "abstract": "One. Two."}
        assert (records[0].id, records[0].date) == ("pmc:PMC1", "2016")


ROW = {
    "question": "Q",
    "exp": None,
    "cop": 1,
    "opa": "a",
    "opb": "b",
    "opc": "c",
    "opd": "d",
    "id": "i",
    "subject_name": "S",
}


def medmcqa_folder(path, *rows):
    path.mkdir()
    (path / "dev.json").write_text("\n".join(rows), encoding="utf-8")
    return path


def test_medmcqa_counts_the_key_from_zero(tmp_path):
    rows = [json.dumps(ROW | {"cop": cop}) for cop in (1, 4, None)]
    keys = [record.facts["answer"] for record in medmcqa.read(medmcqa_folder(tmp_path / "m", *rows))]
    assert keys == [0, 3, None]


@pytest.mark.parametrize("row", [json.dumps(ROW | {"cop": 0}), json.dumps(ROW)[:-9]])
def test_medmcqa_refuses_a_key_of_the_other_count_and_a_cut_line(tmp_path, row):
    with pytest.raises(MedteError, match="line 2"):
        list(medmcqa.read(medmcqa_folder(tmp_path / "m", json.dumps(ROW), row)))


def test_medqa_gives_options_in_the_order_of_letters(tmp_path):
    row = {"question": "Q", "options": {"B": "two", "A": "one", "D": "four", "C": "three"}, "answer_idx": "C"}
    (tmp_path / "q.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (record,) = medqa.read(tmp_path)
    assert record.facts == {"options": ["one", "two", "three", "four"], "answer": 2}


def test_a_cut_archive_is_an_error_that_names_it(tmp_path):
    folder = archive(tmp_path / "medquad" / "x.tar.xz", **{"a/1.xml": PAGE * 50})
    whole = (folder / "x.tar.xz").read_bytes()
    (folder / "x.tar.xz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MedteError, match=r"x\.tar\.xz is damaged or cut off"):
        list(medquad.read(folder))


NOTE = """ \nName:  ___\n\nChief Complaint:\nSOB\n \nHistory of Present Illness:\nWorse for\ntwo days.\n
Discharge Diagnosis:\nPrimary:\npneumonia\nSecondary:\ngout\n\nDischarge Instructions:\nDear ___,\nrest.\n"""


def stay(subject, hadm, come, go, died="0"):
    return {"subject_id": subject, "hadm_id": hadm, "admittime": come, "dischtime": go, "hospital_expire_flag": died}


def test_mimic_reads_sections_and_days_until_the_next_stay(tmp_path):
    admissions = [
        stay("1", "12", "2150-01-09 12:00:00", "2150-01-11 12:00:00", "1"),
        stay("1", "11", "2150-01-01 12:00:00", "2150-01-07 00:00:00"),
        stay("2", "21", "2150-01-01 12:00:00", "2150-01-02 12:00:00"),
    ]
    discharge = [
        {"note_id": f"{s}-DS-{h}", "subject_id": s, "hadm_id": h, "charttime": "2150-01-07 00:00:00", "text": NOTE}
        for s, h in (("1", "11"), ("1", "12"), ("2", "21"))
    ]
    for name, rows in (("note/discharge", discharge), ("hosp/admissions", admissions)):
        path = tmp_path / f"{name}.csv.gz"
        path.parent.mkdir(parents=True)
        text = ",".join(rows[0]) + "\n" + "".join(",".join(f'"{v}"' for v in row.values()) + "\n" for row in rows)
        path.write_bytes(gzip.compress(text.encode()))
    first, second, third = mimic_iv.read(tmp_path)
    assert first.texts == {
        "chief_complaint": "SOB",
        "history_of_present_illness": "Worse for two days.",
        "discharge_diagnosis": "Primary: pneumonia Secondary: gout",
        "discharge_instructions": "Dear ___, rest.",
    }
    assert [record.facts["days_to_return"] for record in (first, second, third)] == [2.5, None, None]
    assert [record.facts["died"] for record in (first, second, third)] == [False, True, False]
    assert first.document == second.document != third.document


def test_a_return_at_the_minute_of_discharge_is_zero_days():
    rows = [
        stay("1", "1", "2150-01-01 00:00:00", "2150-01-02 00:00:00"),
        stay("1", "2", "2150-01-02 00:00:00", "2150-01-03 00:00:00"),
    ]
    note = {"note_id": "n", "subject_id": "1", "hadm_id": "1", "charttime": "", "text": NOTE}
    (record,) = mimic_iv.records([note], rows, licence="x", fictional=True)
    assert record.facts["days_to_return"] == 0


def test_a_missing_mimic_table_is_an_error_that_names_it(tmp_path):
    with pytest.raises(MedteError, match=r"discharge\.csv\.gz is missing"):
        mimic_iv.read(tmp_path)


def test_a_source_without_a_way_to_it_says_why(tmp_path, monkeypatch):
    with pytest.raises(registry.SourceMissing, match="MEDTE_MIRROR"):
        registry.read("open", "medquad")
    monkeypatch.setenv("MEDTE_MIRROR", str(tmp_path))
    with pytest.raises(registry.SourceMissing, match="no folder medquad/"):
        registry.read("open", "medquad")
    with pytest.raises(registry.SourceMissing, match="credentialed"):
        registry.read("open", "mimic_iv")


def test_a_mirror_that_is_no_folder_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTE_MIRROR", str(tmp_path / "gone"))
    with pytest.raises(MedteError, match="is no folder"):
        registry.inputs_digest("open")


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the publishers' files are not here")
def test_counts_of_the_real_files():
    counts = {name: len(list(read(Path(MIRROR) / name))) for name, read in registry.READERS.items()}
    assert (counts["medquad"], counts["medmcqa"], counts["medqa"]) == (16_407, 4_183, 1_273)
    assert 1_900 < counts["pmc"] <= 2_024
