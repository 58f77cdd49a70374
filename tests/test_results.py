"""Contributed results: a file is taken only where everything in it is as it should be, and what it says is shown."""

import lzma
from types import SimpleNamespace

import pytest

from medte import cli, contribute, paths
from medte.curation.frozen import read
from medte.errors import MedteError
from medte.evaluation.items import value
from medte.evaluation.score import VERSIONS, code
from medte.evaluation.store import as_line
from medte.manifest import digest, digest_of_rows
from medte.models.registry import entry
from medte.profile import load_profile
from medte.report.contributions import contributed
from medte.report.contributions.contribution import Contribution
from medte.tasks.catalogue import MAIN_SCORE, benchmark_tasks

PROFILE = load_profile("test-the-paper")
TASKS = [
    task for task in benchmark_tasks("MedEval") if task.source == "wikipedia" and task.family != "pair_classification"
]
PAIN = "WikipediaPainVsFeverClassification"
LABELS = [0, 1] * 6
RIGHT = {
    "classification": {"labels": LABELS, "predictions": [LABELS] * 10},
    "clustering": {"labels": LABELS, "assignments": [LABELS] * 5},
}
WRONG = {
    "classification": {"labels": LABELS, "predictions": [[0] * 12] * 10},
    "clustering": {"labels": LABELS, "assignments": [[0] * 12] * 5},
}


def weights(name):
    about = entry(name)
    revision = about.revision if about.revision != "unresolved" else "a" * 40
    return {"hub": about.hub, "revision": revision, "sha256": about.sha256 or digest(name) * 4}


def row(model, task):
    items = (RIGHT if model == "MEDTE" else WRONG)[task.family]
    return {
        "edition": "open", "model": model, "task": task.name, "family": task.family, "source": task.source,
        "model_revision": f"{weights(model)['sha256'][:16]}-512-float32" if entry(model).hub else "made-here",
        "metric": MAIN_SCORE[task.family], "value": value(task.family, items), "counts": {"rows": 40, "units": 12}, "seed": 42,
        "data": digest(task.name), "versions": dict.fromkeys(VERSIONS, "1.2.3"), "code": code(), "key": "0" * 16, "items": items,
        "measured": {"scoring_seconds": 1.5, "machine": "x86_64, Linux", "date": "2026-11-22T23:43:55+00:00"},
    }  # fmt: skip


def lines():
    """A file's head and rows as they should be: MEDTE is right everywhere, every other model says always the same."""
    tasks = {
        task.name: {"hash": digest(task.name), "rows": 40, "written_by": None, "latest": "2026-02-01"} for task in TASKS
    }
    encoders = ("all-MiniLM-L6-v2", "gte-base", "MEDTE")
    about = {
        "medte": "0.1.0", "profile": "test-the-paper", "profile_hash": PROFILE.hash, "date": "2026-11-22", "machine": "Tesla T4, 2 cores (x86_64)",
        "models": {name: weights(name) for name in encoders}, "took": {name: {"texts": 480, "seconds": 60.0} for name in encoders},
        "edition": {
            "edition": "open", "hash": digest_of_rows({name: task["hash"] for name, task in tasks.items()}, []), "tasks": tasks,
            "sources": {"wikipedia": {"records": 12, "licences": ["CC-BY-SA-4.0"], "stand_in": False}},
        },
        "records": [[f"wikipedia:{number}", "wikipedia", "evaluation", digest(number)] for number in (2, 1)],
    }  # fmt: skip
    head = {"about": about, "units": {task.name: list(range(12)) for task in TASKS}}
    return head, [row(model, task) for model in PROFILE.models for task in TASKS]


def test_the_time_of_encoding_is_that_of_the_texts_that_were_timed():
    run = SimpleNamespace(took=lambda name: {"texts": 500, "timed": 20, "seconds": 3.5, "tokens": 9, "truncated": 0})
    assert contribute._took(run, "gte-base") == {"texts": 20, "seconds": 3.5}


def written(folder, change=lambda head, rows: None):
    head, rows = lines()
    change(head, rows)
    path = folder / "mine.jsonl.xz"
    path.write_bytes(lzma.compress("".join(as_line(line) + "\n" for line in (head, *rows)).encode()))
    return path


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty place for what is recorded."""
    monkeypatch.setattr(paths, "recorded", lambda: tmp_path / "recorded")
    (tmp_path / "recorded").mkdir()
    return tmp_path / "recorded"


def medte(monkeypatch, capsys, *words):
    """(exit code, what it printed, what it complained of)."""
    monkeypatch.setattr("sys.argv", ["medte", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr()
    return stop.value.code, said.out, said.err


def test_a_file_as_it_should_be_gives_the_verdicts_on_the_published_column(tmp_path):
    found = Contribution(written(tmp_path))
    verdicts = {cell.model: (cell.column, cell.verdict) for cell in found.cells}
    assert verdicts == dict.fromkeys(("all-MiniLM-L6-v2", "gte-base", "MEDTE"), ("source_wikipedia", "not reproduced"))
    medte, gte = (next(cell for cell in found.cells if cell.model == name) for name in ("MEDTE", "gte-base"))
    assert medte.ours.value == 1.0 and medte.between == pytest.approx((10.66 / 11, 1.0))
    assert gte.ours.value == pytest.approx(
        4 / 3 / 10
    )  # F1 of one class in two is 1/3 in each of four tasks, v-measure 0
    assert medte.published == 0.45 and gte.published == 0.43
    assert "Tesla T4" in contributed.screen(found) and "MEDTE at" not in contributed.screen(found)
    assert "Over 10 tasks MEDTE is above gte-base: +86.7 points" in contributed.sentence(found).replace("−", "-")
    assert "MEDTE 60 s for 480 texts" in contributed.sentence(found) and "other code" not in contributed.sentence(found)


def test_values_are_taken_from_the_items_and_other_code_is_named(tmp_path):
    def change(head, rows):
        rows[0].update(value=rows[0]["value"] + 0.0005, code="f" * 16)

    found = Contribution(written(tmp_path, change))
    assert found.scores.results["random", TASKS[0].name]["value"] == pytest.approx(1 / 3, abs=1e-9)
    assert "other code than this copy's" in contributed.sentence(found)


def about(**changes):
    return lambda head, rows: head["about"].update(changes)


def first(**changes):
    return lambda head, rows: rows[0].update(changes)


def items(**changes):
    return lambda head, rows: rows[0].update(items=rows[0]["items"] | changes)


def foreign_data(head, rows):
    """Other data in all that names them, but for the edition's own hash."""
    head["about"]["edition"]["tasks"][PAIN]["hash"] = "0" * 16
    for one in rows:
        one["data"] = "0" * 16 if one["task"] == PAIN else one["data"]


def other_answers(head, rows):
    rows[0]["items"] = {"labels": LABELS[::-1], "predictions": [[0] * 12] * 10}


def weights_of(name, **changes):
    def change(head, rows):
        head["about"]["models"][name] |= changes

    return change


SENTENCE = "A 54-year-old man came with pain in the chest."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (first(value=0.5), r"random on \w+: the file says 0\.5000, its items give 0\.3333: one of them was changed"),
        (items(predictions=[LABELS] * 10), "the file says 0.3333, its items give 1.0000"),
        (first(data="0" * 16), r"made from other data \(0000000000000000\) than the edition's"),
        (foreign_data, r"a task's data are of another edition"),
        (first(task="WikipediaPainVsFevrClassification"), rf"unknown task '\w+'; did you mean '{PAIN}'\?"),
        (first(task="WikipediaDiseasesPairClassification"), "its data are not in the edition of this file"),
        (first(model="gte-bas"), "unknown model 'gte-bas'; did you mean 'gte-base'"),
        (first(family="retrieval"), "family 'retrieval', expected 'classification'"),
        (items(labels=[SENTENCE] * 12), r"line 2, items\.labels\.0: .*got 'A 54-year-old.*; a file holds .* no text"),
        (first(texts=[SENTENCE]), r"line 2, texts: no result file has this field"),
        (about(note=SENTENCE), r"line 1, about\.note: no result file has this field"),
        (about(machine=f"{SENTENCE}\n{SENTENCE}"), r"line 1, about\.machine"),
        (about(machine=SENTENCE * 3), r"line 1, about\.machine"),
        (about(records=[[f"wikipedia:{SENTENCE}", "wikipedia", "evaluation", "0" * 16]]), r"about\.records\.0\.0"),
        (about(records=[["pubmed:1", "pubmed", "evaluation", "0" * 16]]), "unknown source of the record pubmed:1"),
        (lambda head, rows: head["units"].update({PAIN: [SENTENCE] * 12}), rf"line 1, units\.{PAIN}\.0"),
        (lambda head, rows: head["units"].update({TASKS[0].name: [1, 2]}), "12. items of 2 documents' items"),
        (items(similarity=[0.5] * 12), "items labels, predictions, similarity, expected labels, predictions"),
        (items(predictions=[[0] * 11] * 10), r"items of 12 documents' items"),
        (first(value=float("nan")), r"line 2, value"),
        (first(versions={"mteb": "2.26.24"}), "does not name the versions of numpy, scikit-learn"),
        (first(counts={"rows": 41}), "41 rows, the edition's task has 40"),
        (about(profile="test-the-papr"), "unknown profile 'test-the-papr'; did you mean 'test-the-paper'"),
        (about(profile_hash="0" * 16), "of another profile test-the-paper"),
        (lambda head, rows: rows.pop(), r"no result of MEDTE on \w+; a file holds every model of test-the-paper"),
        (lambda head, rows: rows.append(rows[0]), "stands there twice"),
        (other_answers, "other right answers than those of another model"),
        (weights_of("gte-base", revision="b" * 40), "gte-base: revision bbbb.*the registry's is c0782883"),
        (weights_of("MEDTE", sha256="b" * 64), r"MEDTE on \w+: of other weights"),
        (weights_of("MEDTE", hub="somebody/else"), "MEDTE: hub somebody/else, the registry's is MohammadKhodadad"),
        (lambda head, rows: head["about"]["models"].pop("MEDTE"), "does not say of which weights MEDTE is"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_as_it_should_be_is_refused_with_a_line_that_says_where(tmp_path, change, message):
    with pytest.raises(MedteError, match=rf"^mine\.jsonl\.xz is not taken: .*{message}"):
        Contribution(written(tmp_path, change))


def test_nothing_can_follow_the_results_or_stand_in_a_field_that_comes_twice(tmp_path):
    path = written(tmp_path)
    packed = path.read_bytes()
    path.write_bytes(packed + lzma.compress(b"a patient's note"))
    with pytest.raises(MedteError, match="something follows its results"):
        Contribution(path)
    path.write_bytes(packed[:-12])
    with pytest.raises(MedteError, match="cut off"):
        Contribution(path)
    text = lzma.decompress(packed).decode().replace('"family":', '"family":"a note","family":', 1)
    path.write_bytes(lzma.compress(text.encode()))
    with pytest.raises(MedteError, match=r"line 2 is not as .* a field stands twice"):
        Contribution(path)


@pytest.mark.parametrize("content", [b"", b"{}", lzma.compress(b"not a line"), lzma.compress(b"{}\n")])
def test_what_is_no_result_file_is_refused(tmp_path, content):
    (tmp_path / "mine.jsonl.xz").write_bytes(content)
    with pytest.raises(MedteError, match="is not taken: it is "):
        Contribution(tmp_path / "mine.jsonl.xz")
    with pytest.raises(MedteError, match="there is no such file"):
        Contribution(tmp_path / "other.jsonl.xz")


def test_a_file_is_taken_in_shown_and_brings_the_list_of_its_records(tmp_path, repository, monkeypatch, capsys):
    path = written(tmp_path)
    assert contributed.table() == f"<p>{contributed.NOTHING}</p>"
    assert contributed.NOTHING in medte(monkeypatch, capsys, "results", "show")[1]
    status, said, _ = medte(monkeypatch, capsys, "results", "add", str(path))
    (name,) = contributed.names()
    assert status == 0 and f"Taken in: {repository / 'contributed' / name}" in said and "MEDTE" in said
    assert name.startswith("test-the-paper-2026-11-22-")
    assert (repository / "contributed" / f"{name}.jsonl.xz").read_bytes() == path.read_bytes()
    listed = read(contribute.frozen_list("test-the-paper"))
    assert listed["id"].tolist() == ["wikipedia:1", "wikipedia:2"] and set(listed["part"]) == {"evaluation"}
    assert "It is there already" in medte(monkeypatch, capsys, "results", "add", str(path))[1]
    text = contributed.table()
    assert text.count("not reproduced") == 3 and "Published, not measured here" in text and "10 of 11 tasks" in text
    assert name in medte(monkeypatch, capsys, "results", "show")[1]
    assert "test-the-paper, 2026-11-22, Tesla T4" in medte(monkeypatch, capsys, "results", "show", name)[1]
    status, _, complaint = medte(monkeypatch, capsys, "results", "show", name[:-1])
    assert status == 2 and f"did you mean '{name}'?" in complaint


def test_a_refused_file_leaves_nothing_behind(tmp_path, repository, monkeypatch, capsys):
    path = written(tmp_path, first(value=0.5))
    status, said, complaint = medte(monkeypatch, capsys, "results", "add", str(path))
    assert (status, said) == (2, "") and complaint.startswith("medte: mine.jsonl.xz is not taken: random on ")
    assert not list(repository.iterdir())


def test_an_installed_package_says_where_to_send_the_file_and_writes_nothing(tmp_path, repository, monkeypatch):
    monkeypatch.setattr(paths, "CHECKOUT", None)
    said = contribute.add(written(tmp_path))
    assert (
        "open a pull request in the repository that this copy came from" in said
        and "contributed/test-the-paper-" in said
    )
    assert not list(repository.iterdir())


def test_a_run_that_trains_has_nothing_to_contribute(monkeypatch, capsys):
    status, _, complaint = medte(monkeypatch, capsys, "results", "write", "-p", "mini")
    assert status == 2 and "the profile mini trains a model" in complaint


def test_what_lies_in_the_repository_was_checked():
    for name in contributed.names():
        assert contributed.contributed(name).cells
    assert contributed.table()
