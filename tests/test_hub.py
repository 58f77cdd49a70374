"""Data sets of the hub: the real client on a small hub on loopback, which answers well and badly."""

import io
import json
import lzma
from dataclasses import replace

import pandas as pd
import pytest
from hub_server import NEW, OLD, at, cut_off, loopback_hub, says, whole  # noqa: F401
from huggingface_hub import HfApi, constants

from medte import hub_client
from medte.errors import MedteError
from medte.manifest import seal, unseal
from medte.sources import hub

TRAIN, TEST = "data/train-0.parquet", "test.jsonl"
DATA = hub.DataSet("exam", "org/exam", hub.UNRESOLVED, ["data/train-*.parquet", TEST], ["id", "text"], "CC0-1.0")


def parquet(*rows):
    stream = io.BytesIO()
    pd.DataFrame(rows).to_parquet(stream, index=False)
    return stream.getvalue()


def lines(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def fetched(folder, name, files):
    """`folder` as `fetch` leaves it, with these files: rows by the path that they are kept under."""
    for path, rows in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        packed = path.endswith(".xz")
        (folder / path).write_bytes(lzma.compress(lines(*rows)) if packed else parquet(*rows))
    seal(folder, {"query": hub.data_set(name).query(OLD)}, [folder / path for path in files])
    return folder


@pytest.fixture
def server(loopback_hub):  # noqa: F811
    loopback_hub.commits[OLD] = {
        TRAIN: parquet({"id": "1", "text": "Größe", "more": 0}, {"id": "2", "text": "two", "more": 0}),
        TEST: lines({"id": "3", "text": "drei"}),
        "README.md": b"a card",
    }
    return loopback_hub


def fetch(server, folder, data=DATA, **settings):
    return hub.fetch(data, folder, endpoint=server.url, **settings)


def test_files_are_kept_as_they_came_and_the_manifest_holds_the_commit(server, tmp_path, capfd):
    said = []
    manifest = fetch(server, tmp_path, say=said.append)
    assert (tmp_path / TRAIN).read_bytes() == server.commits[OLD][TRAIN]
    assert lzma.decompress((tmp_path / f"{TEST}.xz").read_bytes()) == server.commits[OLD][TEST]
    assert list(hub.rows(tmp_path)) == [
        (TRAIN, {"id": "1", "text": "Größe"}),
        (TRAIN, {"id": "2", "text": "two"}),
        (f"{TEST}.xz", {"id": "3", "text": "drei"}),
    ]
    assert manifest["query"] == {
        "repository": "org/exam",
        "revision": OLD,
        "files": ["data/train-*.parquet", TEST],
        "columns": ["id", "text"],
    }
    assert (manifest["source"], manifest["licence"], manifest["records"]) == ("exam", "CC0-1.0", 3)
    assert manifest["bytes"] == sum((tmp_path / name).stat().st_size for name in manifest["files"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "manifest.json", f"{TEST}.xz"]
    assert said == [
        f"exam: commit {OLD} of org/exam is the newest; from now on it stays this one here",
        "exam: file 1 of 2, 2 rows",
        "exam: file 2 of 2, 3 rows",
    ]
    assert "".join(capfd.readouterr()) == ""


def test_what_is_there_is_not_asked_for_again(server, tmp_path):
    manifest = fetch(server, tmp_path)
    server.asked.clear()
    assert fetch(server, tmp_path) == manifest
    assert hub.plan(DATA, tmp_path, server.url) == f"no requests: org/exam at {OLD} is there"
    assert server.asked == []


def test_a_later_fetch_asks_for_the_locked_commit_alone(server, tmp_path):
    fetch(server, tmp_path)
    server.commits[NEW], server.newest = {TRAIN: parquet({"id": "9", "text": "new"}), TEST: b""}, NEW
    (tmp_path / TRAIN).write_bytes(b"damaged")
    with pytest.raises(MedteError, match=r"train-0\.parquet is missing or damaged; fetch the source again"):
        list(hub.rows(tmp_path))
    server.asked.clear()
    assert fetch(server, tmp_path)["query"]["revision"] == OLD
    assert {commit for _, commit, _ in server.asked} == {OLD}
    assert len(list(hub.rows(tmp_path))) == 3


def test_a_locked_commit_that_is_gone_is_never_replaced_by_another(server, tmp_path):
    fetch(server, tmp_path)
    server.commits, server.newest = {NEW: server.commits[OLD]}, NEW
    (tmp_path / TRAIN).unlink()
    with pytest.raises(MedteError, match=f"no longer has commit {OLD} of org/exam; if another will do"):
        fetch(server, tmp_path)
    assert unseal(tmp_path)["query"]["revision"] == OLD


def test_a_listed_revision_is_asked_for_whatever_is_newest(server, tmp_path):
    server.commits[NEW] = {TRAIN: parquet({"id": "9", "text": "new"}), TEST: b""}
    assert fetch(server, tmp_path, replace(DATA, revision=NEW))["records"] == 1
    assert {commit for _, commit, _ in server.asked} == {NEW}
    assert fetch(server, tmp_path, replace(DATA, revision=OLD))["records"] == 3


def test_a_hub_that_answers_with_another_commit_is_an_error(server, tmp_path):
    other = json.dumps({"id": "org/exam", "sha": OLD, "siblings": []}).encode()
    server.troubles["info"] = [says(200, body=other)]
    with pytest.raises(MedteError, match=f"asked for commit {NEW}, the hub answers with {OLD}"):
        fetch(server, tmp_path, replace(DATA, revision=NEW))


def test_two_commits_never_mix_where_the_first_call_was_cut(server, tmp_path):
    server.troubles[TEST] = [says(503)] * 99
    with pytest.raises(MedteError, match="run again to go on"):
        fetch(server, tmp_path)
    assert unseal(tmp_path) is None
    with pytest.raises(MedteError, match="holds no finished fetch"):
        list(hub.rows(tmp_path))
    new = {TRAIN: parquet({"id": "8", "text": "new"}), TEST: lines({"id": "9", "text": "new"})}
    server.commits, server.newest, server.troubles = {NEW: new}, NEW, {}
    fetch(server, tmp_path)
    assert [row["id"] for _, row in hub.rows(tmp_path)] == ["8", "9"]


def test_an_interrupted_call_goes_on_with_the_files_that_are_missing(server, tmp_path):
    server.troubles[TEST] = [says(503)] * 99
    with pytest.raises(MedteError):
        fetch(server, tmp_path)
    server.troubles.clear()
    server.asked.clear()
    assert fetch(server, tmp_path)["records"] == 3
    assert {part for _, _, part in server.asked} == {"info", TEST}


@pytest.mark.parametrize("part", ["info", TRAIN])
def test_a_busy_hub_is_asked_again(server, tmp_path, part):
    server.troubles[part] = [says(500), says(429), says(503)]
    assert fetch(server, tmp_path)["records"] == 3
    assert len([asked for asked in server.asked if asked[2] == part]) >= 4


def test_a_cut_connection_is_taken_up_where_it_was_cut(server, tmp_path):
    server.troubles[TRAIN] = [whole, cut_off]
    assert fetch(server, tmp_path)["records"] == 3
    assert (tmp_path / TRAIN).read_bytes() == server.commits[OLD][TRAIN]
    assert [command for command, _, part in server.asked if part == TRAIN] == ["HEAD", "GET", "GET"]


def test_a_connection_that_is_always_cut_is_an_error_and_nothing_is_sealed(server, tmp_path):
    server.troubles[TRAIN] = [whole, *[cut_off] * 99]
    with pytest.raises(MedteError, match=r"gives no usable answer for org/exam, at last .*; check connection and disk"):
        fetch(server, tmp_path)
    assert unseal(tmp_path) is None and not (tmp_path / TRAIN).exists()


def test_no_connection_is_an_error_that_says_so(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(MedteError, match="check connection and disk"):
        fetch(server, tmp_path)


@pytest.mark.parametrize(
    ("part", "trouble", "message"),
    [
        ("info", says(404, "RepoNotFound"), r"knows no data set org/exam: .* correct medte/sources/hub\.yaml"),
        ("info", says(401), "knows no data set org/exam: .* log in"),
        (
            "info",
            says(403, "GatedRepo"),
            "only to those who accepted its terms: do so at https://huggingface.co/datasets",
        ),
        (TRAIN, says(403, "GatedRepo"), "accepted its terms"),
        (TRAIN, says(401, "GatedRepo"), "accepted its terms"),
        (TRAIN, says(403), "accepted its terms"),
        (TRAIN, says(404, "EntryNotFound"), f"a file of org/exam at {OLD} is missing .* correct `files`"),
        ("info", says(400), "gives no usable answer for org/exam, at last BadRequestError"),
    ],
)
def test_a_refusal_is_not_repeated_and_says_what_to_do(server, tmp_path, part, trouble, message):
    server.troubles[part] = [trouble]
    with pytest.raises(MedteError, match=message):
        fetch(server, tmp_path)
    assert len([asked for asked in server.asked if asked[2] == part]) == 1


def test_a_page_that_is_no_answer_of_the_hub_is_an_error(server, tmp_path):
    server.troubles["info"] = [says(200, body=b"<html>log in to the hotel</html>")] * hub_client.ATTEMPTS
    with pytest.raises(MedteError, match="gives no usable answer for org/exam, at last JSONDecodeError"):
        fetch(server, tmp_path)


def test_a_pattern_that_finds_no_file_is_an_error_that_lists_the_files(server, tmp_path):
    with pytest.raises(MedteError, match=r"no file dev-\*; it has README\.md, data/train-0\.parquet, test\.jsonl"):
        fetch(server, tmp_path, replace(DATA, files=["dev-*"]))


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        (TRAIN, parquet({"id": "1", "words": "x"}), "has the columns id, words; it should have id, text"),
        (TRAIN, b"PAR1 no parquet PAR1", r"train-0\.parquet is damaged"),
        (TEST, lines({"id": "1", "text": "x"}, {"id": "2"}), "line 2, has the columns id; it should have id, text"),
        (TEST, lines({"id": "1", "text": "x"}, ["id", "text"]), "line 2, has the columns none"),
        (TEST, b'{"id": "1", "text": "x"}\n{"id": ', "line 2, is damaged"),
        (TEST, b'{"id": "1", "text": "\xe4"}\n', "is damaged"),
    ],
)
def test_rows_of_another_kind_are_an_error_until_the_hub_has_the_right_ones(server, tmp_path, name, body, message):
    good = server.commits[OLD][name]
    server.commits[OLD][name] = body
    with pytest.raises(MedteError, match=message):
        fetch(server, tmp_path)
    assert unseal(tmp_path) is None
    server.commits[OLD][name] = good
    assert fetch(server, tmp_path)["records"] == 3


def test_a_cut_compressed_file_is_an_error(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(lzma.compress(lines({"id": "1"}) * 99)[:-20])
    with pytest.raises(MedteError, match="is damaged"):
        list(hub.json_lines(path, ["id"]))


def test_offline_is_an_error_that_names_the_setting(server, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for call in (hub.fetch, hub.plan):
        with pytest.raises(MedteError, match="HF_HUB_OFFLINE is set"):
            call(DATA, tmp_path, endpoint=server.url)
    assert server.asked == []


def test_a_plan_counts_files_requests_and_bytes_and_fetches_nothing(server, tmp_path):
    size = sum(len(server.commits[OLD][name]) for name in (TRAIN, TEST))
    plan = hub.plan(DATA, tmp_path, server.url)
    assert plan == f"org/exam at {OLD}: 2 files, 5 requests, about {size / 1e6:.1f} MB"
    assert [part for _, _, part in server.asked] == ["info"] and not any(tmp_path.iterdir())
    server.sizes = False
    assert hub.plan(DATA, tmp_path, server.url).endswith("5 requests, an unknown number of MB")


def test_a_disk_that_takes_no_file_is_an_error(server, tmp_path):
    (tmp_path / TRAIN).mkdir(parents=True)  # in the way
    with pytest.raises(MedteError, match=r"cannot write .*train-0\.parquet: .*; free some space"):
        fetch(server, tmp_path)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["train-0.parquet"]


def test_the_listed_data_sets_have_a_commit_or_say_that_they_have_none():
    listed = {name: hub.data_set(name) for name in ("medmcqa", "medqa", "medquad", "cure")}
    for data in listed.values():
        assert data.revision == hub.UNRESOLVED or len(data.revision) == 40
        assert all(name.endswith((".parquet", ".jsonl")) for name in data.files)
    with pytest.raises(MedteError, match="did you mean 'medmcqa'"):
        hub.data_set("medmqa")


def test_a_source_is_planned_and_fetched_from_its_data_set(server, tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "_listed", lambda: {"exam": DATA})
    monkeypatch.setattr(HfApi, "__init__", at(server.url))
    exam = hub.source("exam", read=lambda folder, dropped: iter(()), licence="CC0")
    assert exam.plan(tmp_path, (), print).startswith(f"org/exam at {OLD}")
    assert exam.fetch(tmp_path, (), lambda line: None)["records"] == 3
    assert (exam.place, exam.asked_only) == ("exam", False)


def test_the_clients_progress_bar_shows_nothing():
    assert hub_client.silent_bar()(total=3, desc="x").disable is True
