"""The reader of MedQuAD on the authors' archive and on what the hub leaves: both give the same records."""

import os
from collections import Counter
from pathlib import Path

import pytest

from medte.errors import MedteError
from medte.sources import medquad
from tests.conftest import archive
from tests.test_hub import fetched

MIRROR = os.environ.get("MEDTE_MIRROR")
TRAIN = "data/train-00000-of-00001.parquet"


def page(focus="Gout", source="X", pieces=""):
    return f"""<?xml version="1.0"?><Document id="0000007{pieces}" source="{source}"><Focus>{focus}</Focus><QAPairs>
<QAPair pid="1"><Question qid="0000007-1" qtype="causes">What causes {focus} ?</Question><Answer> Crystals.
</Answer></QAPair><QAPair pid="2"><Question qid="0000007-2" qtype="outlook">What then?</Question><Answer></Answer></QAPair>
</QAPairs></Document>"""


def row(number, answer, **changed):
    return {
        "document_source": "X",
        "question_id": f"0000007-{number}",
        "question_focus": "Gout",
        "question_type": "causes",
        "question": "What causes Gout ?",
        "answer": answer,
    } | changed


def test_an_answered_question_has_its_page_as_document_and_the_focus_as_subject(tmp_path):
    dropped = Counter()
    (record,) = medquad.read(archive(tmp_path / "m" / "x.tar.xz", **{"1_X_QA/0000007.xml": page()}), dropped)
    assert record.texts == {"question": "What causes Gout ?", "answer": "Crystals."}
    assert (record.id, record.document) == ("medquad:X/0000007-1/gout", "medquad:X/0000007/gout")
    assert record.facts == {"type": "causes", "focus": "Gout", "subject": "gout", "identities": ["medquad:X/0000007-1"]}
    assert dropped == {"no answer": 1}


def test_what_the_hub_leaves_gives_the_same_records(tmp_path):
    from_archive = list(medquad.read(archive(tmp_path / "m" / "x.tar.xz", **{"1_X_QA/0000007.xml": page()})))
    dropped = Counter()
    rows = [row(1, "Crystals."), row(2, ""), row(3, None), row(4, "Yes.", question=" ")]
    assert list(medquad.read(fetched(tmp_path / "h", "medquad", {TRAIN: rows}), dropped)) == from_archive
    assert dropped == {"no answer": 2, "no question": 1}


def test_pages_of_several_sites_about_one_disease_have_one_subject_and_their_own_documents(tmp_path):
    files = {"1/0000007.xml": page("Lyme  disease", "A"), "2/0000007.xml": page("lyme disease", "B")}
    one, two = medquad.read(archive(tmp_path / "m" / "x.tar.xz", **files))
    assert one.facts["subject"] == two.facts["subject"] == "lyme disease"
    assert (one.document, two.document) == ("medquad:A/0000007/lyme disease", "medquad:B/0000007/lyme disease")


def test_a_page_in_pieces_of_several_foci_has_a_document_for_each(tmp_path):
    files = {"1/0000007.xml": page("Gout"), "1/0000007_1.xml": page("Pseudogout")}
    one, two = medquad.read(archive(tmp_path / "m" / "x.tar.xz", **files))
    assert one.id != two.id and one.document != two.document
    assert one.facts["identities"] == two.facts["identities"] == ["medquad:X/0000007-1"]


def test_a_page_without_focus_has_no_subject(tmp_path):
    (record,) = medquad.read(archive(tmp_path / "m" / "x.tar.xz", **{"1/0000007.xml": page(" ")}))
    assert (record.facts["focus"], record.facts["subject"]) == (None, None)


def test_a_cut_archive_is_an_error_that_names_it(tmp_path):
    folder = archive(tmp_path / "medquad" / "x.tar.xz", **{"a/1.xml": page() * 50})
    whole = (folder / "x.tar.xz").read_bytes()
    (folder / "x.tar.xz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MedteError, match=r"x\.tar\.xz is damaged or cut off"):
        list(medquad.read(folder))


def test_a_page_that_is_no_xml_is_an_error_that_names_it(tmp_path):
    with pytest.raises(MedteError, match=r"a/1\.xml is no XML"):
        list(medquad.read(archive(tmp_path / "m" / "x.tar.xz", **{"a/1.xml": page()[:-9]})))


def test_a_folder_with_neither_is_an_error(tmp_path):
    with pytest.raises(MedteError, match=r"holds neither \*\.tar\.xz nor a finished fetch"):
        list(medquad.read(tmp_path))


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the authors' archive is not here")
def test_counts_of_the_real_archive():
    dropped = Counter()
    records = list(medquad.read(Path(MIRROR) / "medquad", dropped))
    assert (len(records), dropped) == (16_407, {"no answer": 31_034})
    assert len({record.id for record in records}) == 16_407
    subjects = [record.facts["subject"] for record in records]
    assert (len({*subjects} - {None}), subjects.count(None)) == (4_741, 14)
    assert len({record.document for record in records}) == len({(r.document, r.facts["subject"]) for r in records})
