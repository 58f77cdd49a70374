"""Fetching by the command line's way: which sources, with what, whereto; nothing here asks a network."""

import dataclasses

import pytest

from medte import cli, fetch
from medte.errors import MedteError
from medte.manifest import seal
from medte.profile import load_profile
from medte.sources import registry

OPEN = load_profile("open")


@pytest.fixture
def asked(monkeypatch):
    """What each source was asked for: (name, folder, classes); every source answers with one page."""
    calls = []

    def fake(name):
        def bring(folder, classes, say):
            calls.append((name, folder, classes))
            folder = folder / name if name.endswith("rxiv") else folder
            folder.mkdir(parents=True)
            (folder / "page.gz").write_bytes(b"page")
            return seal(folder, {"records": 1, "bytes": 4}, [folder / "page.gz"])

        return bring

    for name, source in registry.SOURCES.items():
        if source.fetch:
            plan = lambda folder, classes, say: f"{len(classes)} requests"  # noqa: E731
            changed = dataclasses.replace(source, fetch=fake(name), plan=plan)
            monkeypatch.setitem(registry.SOURCES, name, changed)
    return calls


def test_the_classes_of_a_sources_tasks_are_what_it_is_asked_for():
    assert {"Pain", "Fever"} < set(fetch.classes_of("wikipedia"))
    assert {"MRI", "diagnostic"} < set(fetch.classes_of("pmc"))
    assert {"treatment", "prevention"} < set(fetch.classes_of("pubmed"))
    assert fetch.classes_of("medquad") == []


def test_a_profile_of_the_51_alone_asks_for_their_classes_and_what_it_fetched_begins_what_others_ask_for(asked, home):
    few = fetch.classes_of("wikipedia", load_profile("test-the-paper"))
    assert "Pain" in few and "Viral diseases" not in few
    for source in ("wikipedia", "pubmed", "pmc"):
        few, all_ = fetch.classes_of(source, load_profile("test-the-paper-all")), fetch.classes_of(source)
        assert all_[: len(few)] == few and len(all_) > len(few) and sorted(set(all_)) == sorted(all_)
        assert fetch.classes_of(source, load_profile("paper")) == all_  # which it trains on
    fetch.fetch(load_profile("test-the-paper"), [], lambda line: None)
    assert [(name, len(classes)) for name, _, classes in asked] == [("wikipedia", 34)]


def test_a_profile_whose_one_source_cannot_be_fetched_says_so():
    with pytest.raises(MedteError, match="the profile notes reads mimic_iv alone, which cannot be fetched"):
        fetch.fetch(load_profile("notes"), [], lambda line: None)


def test_without_a_name_every_source_is_fetched_but_those_asked_for_by_name(asked, home):
    fetch.fetch(OPEN, [], lambda line: None)
    names = [name for name, *_ in asked]
    assert "pubmed" in names and "cure" not in names and "mimic_iv" not in names
    assert {folder for _, folder, _ in asked if folder.name == "pmc"} == {home / "sources" / "pmc"}
    assert fetch.verify_fetched(["biorxiv", "medrxiv"]) == {"biorxiv": 1, "medrxiv": 1}


def test_one_source_is_fetched_and_verified_and_damage_is_found(asked, home, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["medte", "data", "fetch", "--edition", "open", "--source", "pubmed"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0 and "pubmed: 1 records" in capsys.readouterr().out
    assert [name for name, *_ in asked] == ["pubmed"]
    assert fetch.verify_fetched(["pubmed"]) == {"pubmed": 1}
    (home / "sources" / "pubmed" / "page.gz").write_bytes(b"other")
    with pytest.raises(MedteError, match="damaged"):
        fetch.verify_fetched(["pubmed"])
    with pytest.raises(MedteError, match="never finished"):
        fetch.verify_fetched(["pmc"])


def test_a_dry_run_says_the_cost_and_fetches_nothing(asked, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["medte", "data", "fetch", "-p", "open", "--source", "pmc", "--dry-run"])
    with pytest.raises(SystemExit):
        cli.main()
    assert f"pmc: {len(fetch.classes_of('pmc'))} requests" in capsys.readouterr().out
    assert asked == []


@pytest.mark.parametrize(
    ("profile", "names", "message"),
    [
        ("open", ["pubmd"], "unknown source 'pubmd'; did you mean 'pubmed'"),
        ("open", ["mimic_iv"], "mimic_iv cannot be fetched"),
        ("mini", [], "the mini edition's text is bundled"),
    ],
)
def test_what_cannot_be_fetched_says_why(profile, names, message):
    with pytest.raises(MedteError, match=message):
        fetch.fetch(load_profile(profile), names, lambda line: None)


def test_without_an_address_a_source_says_what_to_set():
    with pytest.raises(MedteError, match="MEDTE_EMAIL"):
        fetch.fetch(OPEN, ["clinicaltrials"], lambda line: None)
