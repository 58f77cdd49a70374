"""The reader of CUREv1 on what the hub leaves; its text is never here, and it is read only where a profile asks for it."""

from collections import Counter

import pytest

from medte.errors import MedteError
from medte.sources import cure, hub
from tests.test_hub import fetched


def passage(number, title="Ulcers", text="They heal."):
    return {"_id": number, "title": title, "text": text}


def test_passages_of_every_discipline_are_read(tmp_path):
    dropped = Counter()
    files = {
        "dermatology/corpus.jsonl.xz": [passage("p1", " Ulcers "), passage("p2", title=""), passage("p3", text=None)],
        "genetics/corpus.jsonl.xz": [passage("p1"), passage("p4")],
    }
    records = list(cure.read(fetched(tmp_path, "cure", files), dropped))
    assert [record.id for record in records] == ["cure:dermatology/p1", "cure:genetics/p1", "cure:genetics/p4"]
    assert [record.document for record in records] == ["cure:p1", "cure:p1", "cure:p4"]
    assert records[0].texts == {"title": "Ulcers", "text": "They heal."}
    assert records[0].facts == {"discipline": "dermatology", "identities": ["cure:p1"]}
    assert {record.licence for record in records} == {"CC-BY-NC-4.0"}
    assert dropped == {"without title or text": 2}


def test_it_has_to_be_asked_for_and_says_what_that_means():
    assert cure.SOURCE.asked_only and cure.SOURCE.licence == "CC BY-NC 4.0"
    assert "MTEB(Medical)" in cure.NOTICE and "not zero-shot" in cure.NOTICE


def test_all_ten_disciplines_are_fetched_at_one_commit():
    data = hub.data_set("cure")
    assert len({name.partition("/")[0] for name in data.files}) == len(data.files) == 10
    assert data.revision != hub.UNRESOLVED


def test_a_folder_without_a_finished_fetch_is_an_error(tmp_path):
    with pytest.raises(MedteError, match="holds no finished fetch"):
        list(cure.read(tmp_path))
