"""Models of the hub: the real client on a small hub on loopback; the first download locks, later ones ask for nothing."""

import hashlib
import json

import pytest
from hub_server import NEW, OLD, cut_off, loopback_hub, models_hub, says, whole  # noqa: F401
from huggingface_hub import constants

from medte import paths
from medte.errors import MedteError
from medte.models import hub
from medte.models.registry import Entry

WEIGHTS = b"not really numbers"
FILES = {
    "config.json": b"{}",
    "vocab.txt": b"gout\n",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"the older form",
    "1_Pooling/config.json": b'{"pooling_mode": "cls"}',
    "onnx/model.onnx": b"another form",
    "onnx/config.json": b"{}",
    "modeling.py": b"raise SystemExit",
    "README.md": b"a card",
}
USED = ["1_Pooling/config.json", "config.json", "model.safetensors", "vocab.txt"]
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


def tiny(**changes):
    about = {
        "name": "tiny",
        "title": "Tiny",
        "kind": "hub",
        "group": "own",
        "hub": "org/tiny",
        "revision": "unresolved",
    }
    return Entry(**about | changes)


@pytest.fixture
def server(models_hub):  # noqa: F811
    models_hub.commits[OLD] = dict(FILES)
    return models_hub


@pytest.fixture
def offline(monkeypatch):
    return lambda: monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def lock(repository="org--tiny"):
    return json.loads((paths.home() / "models.lock" / f"{repository}.json").read_text(encoding="utf-8"))


def test_the_first_download_takes_what_is_needed_and_locks_it(server, capfd):
    said = []
    folder, sha256 = hub.fetch(tiny(), said.append)
    assert sha256 == SHA256 and (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == USED
    assert lock() == {"revision": OLD, "files": {name: hashlib.sha256(FILES[name]).hexdigest() for name in USED}}
    assert said[-1] == f"tiny: commit {OLD} of org/tiny; from now on it stays this one here" and len(said) == 5
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("told_to_stay_offline", [False, True])
def test_a_second_call_asks_for_nothing(server, offline, told_to_stay_offline):
    first = hub.fetch(tiny())
    server.asked.clear()
    if told_to_stay_offline:
        offline()
    assert hub.fetch(tiny()) == first and server.asked == []


def test_a_locked_commit_stays_though_the_hub_has_a_newer_one(server):
    folder, _ = hub.fetch(tiny())
    server.commits[NEW], server.newest = FILES | {"model.safetensors": b"newer"}, NEW
    (folder / "vocab.txt").unlink()
    server.asked.clear()
    assert hub.fetch(tiny())[1] == SHA256
    assert {commit for _, commit, _ in server.asked} == {OLD}


def test_a_registered_revision_is_asked_for_and_replaces_the_lock_of_another(server):
    hub.fetch(tiny())
    server.commits[NEW] = FILES | {"model.safetensors": b"newer"}
    assert hub.fetch(tiny(revision=NEW))[1] == hashlib.sha256(b"newer").hexdigest()
    assert lock()["revision"] == NEW


@pytest.mark.parametrize("name", ["model.safetensors", "vocab.txt"])
def test_a_changed_file_is_refused(server, name):
    folder, _ = hub.fetch(tiny())
    path = (folder / name).resolve()
    path.write_bytes(b"other")
    with pytest.raises(
        MedteError, match=rf"{name} is not as .*models\.lock/org--tiny\.json holds it .* delete the folder .*org--tiny "
    ):
        hub.fetch(tiny())


def test_a_file_that_the_lock_does_not_hold_is_refused(server):
    folder, _ = hub.fetch(tiny())
    (folder / "modules.json").write_text("[]")
    with pytest.raises(MedteError, match=r"modules\.json is not as .* \(sha256 .*, locked none\)"):
        hub.fetch(tiny())


def test_weights_of_another_hash_than_the_registrys_are_refused_and_not_locked(server):
    with pytest.raises(MedteError, match=rf"not the expected file \(sha256 {SHA256[:12]}…, expected 000000000000…\)"):
        hub.fetch(tiny(sha256="0" * 64))
    assert not (paths.home() / "models.lock").exists()
    assert hub.fetch(tiny(sha256=SHA256))[1] == SHA256


def test_the_older_form_of_weights_is_taken_where_there_is_no_other(server):
    del server.commits[OLD]["model.safetensors"]
    folder, sha256 = hub.fetch(tiny())
    assert sha256 == hashlib.sha256(b"the older form").hexdigest() == hub.weights(folder)


def test_a_repository_without_weights_is_an_error_before_anything_is_fetched(server):
    for name in hub.WEIGHTS:
        del server.commits[OLD][name]
    with pytest.raises(
        MedteError, match=r"org/tiny holds neither model\.safetensors nor pytorch_model\.bin, but 1_Pool"
    ):
        hub.fetch(tiny())
    assert [part for _, _, part in server.asked] == ["info"]


@pytest.mark.parametrize(
    ("part", "trouble", "message"),
    [
        ("info", says(404, "RepoNotFound"), r"knows no model org/tiny: .* correct medte/models/registry\.yaml"),
        ("info", says(404, "RevisionNotFound"), "no longer has commit"),
        ("info", says(403, "GatedRepo"), "accepted its terms: do so at https://huggingface.co/org/tiny, log in"),
        ("vocab.txt", says(401, "GatedRepo"), "accepted its terms"),
        ("vocab.txt", says(404, "EntryNotFound"), f"a file of org/tiny at {OLD} is missing .* give another `revision`"),
    ],
)
def test_a_refusal_says_what_to_do_and_locks_nothing(server, part, trouble, message):
    server.troubles[part] = [trouble]
    with pytest.raises(MedteError, match=message):
        hub.fetch(tiny())
    assert not (paths.home() / "models.lock").exists()


def test_a_cut_connection_is_taken_up_and_one_always_cut_is_an_error(server):
    server.troubles["model.safetensors"] = [whole, *[cut_off] * 99]
    server.commits[OLD]["model.safetensors"] = WEIGHTS * 9
    with pytest.raises(MedteError, match=r"gives no usable answer for org/tiny, at last .*; check connection"):
        hub.fetch(tiny())
    server.troubles.clear()
    server.asked.clear()
    assert hub.fetch(tiny())[1] == hashlib.sha256(WEIGHTS * 9).hexdigest()
    assert not [part for _, _, part in server.asked if part == "config.json"]  # it is there


def test_offline_a_commit_in_the_cache_is_taken_as_it_is_and_locked(server, offline):
    first = hub.fetch(tiny(revision=OLD))
    (paths.home() / "models.lock" / "org--tiny.json").unlink()
    offline()
    assert hub.fetch(tiny(revision=OLD)) == first and lock()["revision"] == OLD


def test_offline_and_not_in_the_cache_is_an_error_that_names_the_setting(server, offline):
    offline()
    with pytest.raises(MedteError, match=r"tiny \(org/tiny\) is not in the local cache, and HF_HUB_OFFLINE is set"):
        hub.fetch(tiny())
    assert server.asked == []


def test_code_is_fetched_only_for_a_model_that_needs_it_and_with_the_users_word(server, monkeypatch):
    with pytest.raises(MedteError, match=r"runs code of its repository, .*/tiny; .* set MEDTE_REMOTE_CODE=tiny"):
        hub.fetch(tiny(remote_code=True))
    assert server.asked == []
    monkeypatch.setenv("MEDTE_REMOTE_CODE", "other, tiny")
    folder, _ = hub.fetch(tiny(name="tiny+prompts@8", remote_code=True))
    assert (folder / "modeling.py").exists() and not hub.code_allowed(tiny())


def test_each_repository_has_a_lock_of_its_own(server, home):
    hub.fetch(tiny())
    before = lock()
    hub.fetch(tiny(name="other", hub="org/other"))
    assert sorted(path.name for path in (home / "models.lock").iterdir()) == ["org--other.json", "org--tiny.json"]
    assert lock() == before == lock("org--other")


def test_a_damaged_lock_is_an_error_that_names_it_and_hinders_no_other_model(server, home):
    hub.fetch(tiny())
    (home / "models.lock" / "org--tiny.json").write_text("{")
    with pytest.raises(MedteError, match=r"models\.lock/org--tiny\.json is damaged"):
        hub.fetch(tiny())
    assert hub.fetch(tiny(name="other", hub="org/other"))[1] == SHA256


def test_a_mirrors_weights_are_those_that_were_locked(server, tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "model.safetensors").write_bytes(WEIGHTS)
    assert hub.mirrored(tiny(), mirror) == SHA256 and not (paths.home() / "models.lock").exists()
    hub.fetch(tiny())
    assert hub.mirrored(tiny(), mirror) == SHA256
    (mirror / "model.safetensors").write_bytes(b"other")
    with pytest.raises(MedteError, match=r"the mirror's weights .* came from org/tiny before; unset MEDTE_MIRROR, or"):
        hub.mirrored(tiny(), mirror)
    assert hub.mirrored(tiny(revision=NEW), mirror) == hashlib.sha256(b"other").hexdigest()  # that one was never locked
    with pytest.raises(MedteError, match="not the expected file"):
        hub.mirrored(tiny(revision=NEW, sha256=SHA256), mirror)
