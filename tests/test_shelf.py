"""Records on a shelf: cleaned, each once, read back as they were, and kept while nothing that decides them changes."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from medte.curation import shelf
from medte.curation.clean import DEFAULT_STEPS
from medte.curation.shelf import Curation, Shelf, fill
from medte.engine import Engine
from tests.conftest import make_record

EXACT = Curation(DEFAULT_STEPS, None)


def filled(folder, records, curation=EXACT, key="k", left_out=None):
    return fill(folder, key, iter(records), curation, Engine(), left_out)


def test_records_come_back_as_they_were_cleaned_and_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "BATCH", 3)
    facts = {"terms": ["MRI"], "days_to_return": 2.5, "died": False, "answer": None, "options": [" a ", "b"]}
    records = [make_record(str(n), title=f" Größe\t{n} ", facts=facts) for n in range(8)]
    kept = list(filled(tmp_path / "s", records).kept())
    clean_facts = facts | {"options": ["a", "b"]}
    assert kept == [replace(r, texts={"title": f"Größe {n}"}, facts=clean_facts) for n, r in enumerate(records)]
    assert len(list((tmp_path / "s").glob("[0-9]*.parquet"))) == 3


def test_a_repeat_leaves_and_is_counted_even_from_another_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "BATCH", 2)
    texts = ["One.", "Two.", "one", "Three.", "TWO", "one!"]
    found = filled(tmp_path / "s", [make_record(str(n), title=text) for n, text in enumerate(texts)])
    assert [record.id for record in found.kept()] == ["pubmed:0", "pubmed:1", "pubmed:3"]
    assert found.kept_count == 3 and found.manifest["repeated"] == {"same words": 3}


def test_near_duplicates_leave_only_where_they_are_looked_for(tmp_path):
    words = [f"w{n}" for n in range(60)]
    records = [make_record("a", title=" ".join(words)), make_record("b", title=" ".join([*words[:-1], "other"]))]
    assert filled(tmp_path / "exact", records).kept_count == 2
    near = filled(tmp_path / "near", records, Curation(DEFAULT_STEPS, 0.8))
    assert [record.id for record in near.kept()] == ["pubmed:a"]
    assert near.manifest["repeated"] == {"near-duplicate": 1}


def test_the_manifest_counts_what_the_reader_left_out_licences_and_dates(tmp_path):
    left_out = Counter()

    def stream():
        for day in ("2024-02", "2023-12-31", None):
            yield replace(make_record(str(day), title=f"t {day}"), date=day)
        left_out["no abstract"] += 2

    manifest = filled(tmp_path / "s", stream(), left_out=left_out).manifest
    assert manifest["left_out"] == {"no abstract": 2}
    assert manifest["dates"] == ["2023-12-31", "2024-02"] and manifest["licences"] == {"CC0-1.0": 3}


def test_a_shelf_is_kept_while_its_key_stays_and_filled_anew_when_it_changes(tmp_path):
    filled(tmp_path / "s", [make_record("a", title="t")])
    assert [r.id for r in filled(tmp_path / "s", [make_record("b", title="t")]).kept()] == ["pubmed:a"]
    assert [r.id for r in filled(tmp_path / "s", [make_record("b", title="t")], key="other").kept()] == ["pubmed:b"]


def test_a_shelf_that_was_cut_off_is_filled_from_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "BATCH", 1)

    def broken():
        yield make_record("a", title="t")
        yield make_record("b", title="u")
        raise OSError("cut")

    with pytest.raises(OSError, match="cut"):
        filled(tmp_path / "s", broken())
    assert not (tmp_path / "s" / "manifest.json").exists()
    found = filled(tmp_path / "s", [make_record("c", title="v")])
    assert [record.id for record in found.kept()] == ["pubmed:c"]


def test_an_empty_source_is_an_empty_shelf(tmp_path):
    found = filled(tmp_path / "s", [])
    assert list(found.kept()) == [] and found.kept_count == 0
    assert json.loads((tmp_path / "s" / "manifest.json").read_text())["records"] == 0
    assert list(Shelf(tmp_path / "s").batches()) == []
