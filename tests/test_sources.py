"""Where an edition reads each source, and what it says where it cannot."""

import pytest

from medte.errors import MedteError
from medte.manifest import seal
from medte.sources import mini, registry


def test_every_source_is_there_once_and_says_its_licence():
    assert set(registry.SOURCES) == {*mini.SOURCES, "cure"}
    assert all(source.licence and callable(source.read) for source in registry.SOURCES.values())
    unfetched = {name for name, source in registry.SOURCES.items() if source.fetch is None}
    assert unfetched == {"mimic_iv"}
    assert all((source.plan is None) == (source.fetch is None) for source in registry.SOURCES.values())


def test_a_public_test_set_is_read_only_where_it_is_named():
    assert "cure" not in registry.sources(["medquad"])
    assert "cure" in registry.sources(["medquad", "cure"])


def test_a_source_without_a_way_to_it_says_why():
    with pytest.raises(
        registry.SourceMissing, match=r"neither in MEDTE_MIRROR \(medquad/\) nor fetched; run `medte data"
    ):
        registry.read("open", "medquad")
    with pytest.raises(registry.SourceMissing, match=r"\(preprints/\)"):
        registry.read("open", "medrxiv")
    with pytest.raises(registry.SourceMissing, match="set MIMIC_FOLDER to"):
        registry.read("full", "mimic_iv")
    with pytest.raises(registry.SourceMissing, match="the bundled text has no cure"):
        registry.read("mini", "cure")


def test_the_mirror_is_looked_at_before_what_was_fetched_unless_it_is_empty(tmp_path, home, monkeypatch):
    fetched, mirrored = home / "sources" / "medquad", tmp_path / "mirror" / "medquad"
    fetched.mkdir(parents=True)
    seal(fetched, {"records": 0}, [])
    assert registry.folder_of("open", "medquad") == fetched
    monkeypatch.setenv("MEDTE_MIRROR", str(tmp_path / "mirror"))
    mirrored.mkdir(parents=True)
    assert registry.folder_of("open", "medquad") == fetched
    (mirrored / "medquad.tar.xz").write_bytes(b"")
    assert registry.folder_of("open", "medquad") == mirrored


def test_a_fetch_that_was_only_begun_is_a_source_that_is_missing_and_no_error(home):
    (home / "sources" / "pubmed" / "articles").mkdir(parents=True)
    with pytest.raises(
        registry.SourceMissing, match="a fetch was begun and is not finished; `medte data fetch --source"
    ):
        registry.folder_of("open", "pubmed")
    (home / "sources" / "preprints" / "biorxiv").mkdir(parents=True)
    seal(home / "sources" / "preprints" / "biorxiv", {"records": 0}, [])
    assert registry.folder_of("open", "biorxiv") == home / "sources" / "preprints"
    with pytest.raises(registry.SourceMissing, match="begun"):
        registry.folder_of("open", "medrxiv")


def test_the_digest_of_a_folder_changes_with_a_file_and_with_what_was_fetched_into_it(home):
    folder = home / "sources" / "preprints"
    seal(folder / "biorxiv", {"records": 0}, [])
    digests = [registry.inputs_digest("open", "biorxiv")]
    for name in ("table.csv", "biorxiv/manifest.json"):
        (folder / name).write_text("{}\n ")
        digests.append(registry.inputs_digest("open", "biorxiv"))
    assert len(set(digests)) == 3


def test_in_the_open_edition_fictional_notes_stand_in_for_credentialed_ones():
    assert registry.is_stand_in("open", "mimic_iv") and not registry.is_stand_in("full", "mimic_iv")
    record = next(iter(registry.read("open", "mimic_iv")))
    assert record.fictional


def test_a_mirror_that_is_no_folder_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTE_MIRROR", str(tmp_path / "gone"))
    with pytest.raises(MedteError, match="is no folder"):
        registry.inputs_digest("open", "medquad")
