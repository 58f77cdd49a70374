"""A word planted in clinical notes is found nowhere outside their folder after a whole run; planted leaks are found."""

import csv
import gzip
import io
import lzma
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from string import ascii_lowercase

import pandas as pd
import pytest
import yaml
from pyarrow import parquet

from medte import guard, paths
from medte.edition import Edition
from medte.errors import MedteError
from medte.models.registry import registry
from medte.profile import load_profile
from medte.sources import mimic_iv
from medte.sources.mini.notes import render

MARKER = "zqplanted7k"  # lower-case letters and digits, as cleaning leaves them
PAPER = load_profile("paper")


def leaks(folders, marker):
    """Files under `folders` that hold the marker: in their name, their bytes, or inside gz, xz, zip and Parquet."""
    return [
        path
        for folder in folders
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and (marker in path.name or _holds(path.read_bytes(), marker.encode()))
    ]


def _holds(content, marker):
    if marker in content.lower():
        return True
    if content.startswith(b"\x1f\x8b"):
        return _holds(gzip.decompress(content), marker)
    if content.startswith(b"\xfd7zXZ"):
        return _holds(lzma.decompress(content), marker)
    if content.startswith(b"PK\x03\x04"):
        archive = zipfile.ZipFile(io.BytesIO(content))
        return any(marker in name.encode() or _holds(archive.read(name), marker) for name in archive.namelist())
    if content.startswith(b"PAR1"):
        return marker in parquet.read_table(io.BytesIO(content)).to_pandas().to_csv().encode().lower()
    return False


def marked_notes():
    """Rows of the three published tables: about 700 fictional patients, the word in every section and every number."""
    notes, stays = render()
    chosen = {subject for i, subject in enumerate(dict.fromkeys(row["subject_id"] for row in stays)) if i % 2 == 0}
    notes, stays = ([row for row in rows if row["subject_id"] in chosen] for rows in (notes, stays))
    for row in [*notes, *stays]:
        row |= {key: row[key] + MARKER for key in ("subject_id", "hadm_id")}
    discharge = [
        {
            "note_id": f"{row['subject_id']}-DS-{number}", "subject_id": row["subject_id"], "hadm_id": row["hadm_id"],
            "note_type": "DS", "note_seq": str(number), "charttime": row["charttime"], "storetime": row["charttime"],
            "text": re.sub(r"^([A-Z][A-Za-z ]+:)\n(?=\S)", rf"\1\n{MARKER} ", row["text"], flags=re.MULTILINE),
        }
        for number, row in enumerate(notes, start=1)
    ]  # fmt: skip
    patients = [
        {"subject_id": f"{subject}{MARKER}", "gender": "F", "anchor_age": "60", "anchor_year": "2160",
         "anchor_year_group": "2017 - 2019" if i == 0 else "2008 - 2010", "dod": ""}
        for i, subject in enumerate(sorted(chosen))
    ]  # fmt: skip
    return {"note/discharge": discharge, "hosp/admissions": stays, "hosp/patients": patients}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The three tables as they are published."""
    folder = tmp_path_factory.mktemp("published")
    for name, rows in marked_notes().items():
        path = folder / f"{name}.csv.gz"
        path.parent.mkdir(exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, rows[0])
            table.writeheader()
            table.writerows(rows)
    return folder


@pytest.fixture
def notes(tmp_path, published):
    """A folder as a credentialed user has it, beside the user's machine."""
    return Path(shutil.copytree(published, tmp_path / "credentialed"))


class World:
    """A user's machine: a home, a folder for temporary files, a checkout whose profile "paper" is small."""

    def __init__(self, folder, notes):
        self.folder, self.notes, self.checkout = folder, notes, folder / "checkout"
        for name in ("home", "tmp", "runs", "checkout/profiles", "checkout/notebooks", "checkout/book"):
            (folder / name).mkdir(parents=True)
        for name in ("medte", "pyproject.toml"):
            (self.checkout / name).symlink_to(paths.CHECKOUT / name)
        for path in paths.profiles().glob("*.yaml"):
            self.write(f"profiles/{path.name}", path.read_text(encoding="utf-8"))
        small = PAPER.model_dump() | {"compared_with": "tfidf", "bootstrap": 50}
        small["models"] = ["random", "tfidf", "MEDTE-paper"]
        small["data"] |= {"max_items": 110, "max_class_texts": 60, "evaluation_share": {"default": 0.8}}
        small["training"] |= {
            "sources": ["mimic_iv"], "max_pairs": 60, "max_length": 16, "batch_size": 8, "steps": 3, "validation_pairs": 8,
            "warmup": 0, "bf16": False,
        }  # fmt: skip
        small["encoding"] |= {"max_length": 16, "dtype": "float32"}
        self.write("profiles/paper.yaml", yaml.safe_dump(small))
        self.write("_config.yml", 'title: t\nonly_build_toc_files: true\nexecute: {execute_notebooks: "off"}\n')
        self.write("_toc.yml", "format: jb-book\nroot: index\nchapters: [{file: notebooks/00_one}]\n")
        self.write("book/index.md", "# Front\n")

    def write(self, name, text):
        (self.checkout / name).write_text(text, encoding="utf-8")

    def tiny_encoder(self):
        """Puts a BERT of one layer where the hub's cache has the profile's base."""
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
        from transformers import BertConfig, BertModel, BertTokenizerFast

        cache = self.folder / "home/.cache/huggingface/hub/models--thenlper--gte-base"
        commit = registry()["gte-base"].revision
        raw = self.folder / "raw"
        raw.mkdir()
        (raw / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *ascii_lowercase]))
        BertTokenizerFast(str(raw / "vocab.txt")).save_pretrained(raw)
        size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
        BertModel(BertConfig(vocab_size=31, **size)).save_pretrained(raw)
        modules = [Transformer(str(raw)), Pooling(32)]
        SentenceTransformer(modules=modules, device="cpu").save(
            str(cache / "snapshots" / commit), create_model_card=False
        )
        (cache / "refs").mkdir()
        (cache / "refs/main").write_text(commit)

    def notebook(self, code):
        text = (
            "# ---\n# jupyter:\n#   kernelspec:\n#     display_name: Python 3\n#     language: python\n#     name: python3\n# ---\n\n"
            f'# %% tags=["parameters"]\nprofile = "mini"  # type: str  # A profile\n\n# %% [markdown]\n# # One\n\n# %%\n{code}\n'
        )
        self.write("notebooks/00_one.py", text)

    def python(self, *words):
        """What a new process of this user's does and says."""
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "LD_LIBRARY_PATH") if key in os.environ}
        places = {"HOME": "home", "TMPDIR": "tmp", "MEDTE_HOME": "runs", "PYTHONPATH": "checkout"}
        setting = {key: str(self.folder / place) for key, place in places.items()}
        offline = {"HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1", "MIMIC_FOLDER": str(self.notes or "")}
        return subprocess.run(
            [sys.executable, *words], cwd=self.folder / "home", env=kept | setting | offline, capture_output=True,
            text=True, check=False,
        )  # fmt: skip

    def medte(self, *words, first="pass"):
        """The command line, after a line of Python."""
        return self.python("-c", f"import sys\nfrom medte import cli\n{first}\ncli.main()", *words)

    def leaks(self, *answers):
        """Where the marker is outside the notes' folder: files, and streams of the answers."""
        said = [stream for answer in answers for stream in (answer.stdout, answer.stderr) if MARKER in stream.lower()]
        return leaks([self.folder], MARKER) + said


@pytest.fixture
def world(tmp_path, notes):
    return World(tmp_path / "world", notes)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.txt", f"a {MARKER} b".encode()),
        ("capital.ipynb", b'{"text": ["Zqplanted7K"]}'),
        ("page.gz", gzip.compress(MARKER.encode())),
        ("table.csv.xz", lzma.compress(MARKER.encode())),
        (f"{MARKER}.json", b"{}"),
        ("nothing", None),
    ],
)
def test_the_check_finds_a_planted_word(tmp_path, name, content):
    (tmp_path / "deep/er").mkdir(parents=True)
    if content is not None:
        (tmp_path / "deep/er" / name).write_bytes(content)
    (tmp_path / "other.gz").write_bytes(gzip.compress(b"nothing"))
    assert [path.name for path in leaks([tmp_path], MARKER)] == ([name] if content else [])


def test_the_check_finds_a_planted_word_in_archives_and_tables(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.gz", gzip.compress((MARKER * 9).encode()))
    table = pd.DataFrame({"text": [f"{MARKER} one", "two"]})
    table.to_parquet(tmp_path / "b.parquet", compression="zstd")
    assert MARKER.encode() not in (tmp_path / "a.zip").read_bytes()
    assert [path.name for path in leaks([tmp_path], MARKER)] == ["a.zip", "b.parquet"]


SCORES = """from IPython.display import HTML
from medte.report import tables
from medte.run import Run
HTML(tables.families(Run(profile).scores(), "Scores."))"""


@pytest.mark.slow
def test_a_whole_run_leaves_the_word_in_the_notes_folder_alone(world):
    world.tiny_encoder()
    world.notebook(SCORES)
    run = world.medte("run", "-p", "paper")
    assert run.returncode == 0, run.stdout + run.stderr
    assert world.leaks(run) == []
    ours, inside = world.folder / "runs/paper", world.notes / "medte/runs/paper"
    assert {path.name for path in ours.iterdir()} == {"results", "site"} and (ours / "site/index.html").exists()
    models = {path.name: len(list(path.iterdir())) for path in (ours / "results").iterdir()}
    assert set(models) == {"random", "tfidf", "MEDTE-paper"} and min(models.values()) == max(models.values()) >= 12
    assert {"edition", "embeddings", "model", "notebooks", "stage"} <= {path.name for path in inside.iterdir()}
    assert "pairs.parquet" in {path.name for path in leaks([inside], MARKER)}
    assert not [path for path in inside.rglob("*") if path.stat().st_mode & 0o077]

    leak = """from medte.run import Run
text = Run("paper").edition.pairs().sentence1[0]
print(open("x.txt", "w").write(text), text)"""
    answer = world.python("-c", leak)
    assert world.leaks(answer) == [world.folder / "home/x.txt", answer.stdout]


BROKEN = """import medte.curation.shelf, os, warnings
def broken(record, steps):
    text = record.texts["discharge_diagnosis"]
    warnings.warn(text)
    os.write(2, text.encode())
    open(os.path.join(os.environ["TMPDIR"], "library"), "w").write(text)
    raise ValueError(text) from KeyError(text)
medte.curation.shelf.clean = broken"""


def test_an_error_that_quotes_a_note_shows_its_type_and_code_alone(world, notes):
    answer = world.medte("data", "build", "-p", "paper", first=BROKEN)
    assert answer.returncode == 1 and world.leaks(answer) == []
    assert "clean(record, curation.steps)" in answer.stderr and "ValueError (the message is kept in " in answer.stderr
    assert "KeyError\nwhich led to" in answer.stderr
    log = notes / "medte/log.txt"
    assert str(log) in answer.stderr and f"ValueError: {MARKER}" in log.read_text(encoding="utf-8")
    assert f"UserWarning: {MARKER}" in log.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_hospitals_own_notes_stay_in_their_folder_as_well(tmp_path, notes):
    own = tmp_path / "hospital"
    own.mkdir()
    rows = [
        {"note_id": record.id + MARKER, "patient_id": record.document + MARKER, "admitted": record.date[:10],
         "discharged": record.date, "died": int(record.facts["died"]), **record.texts}
        for record in mimic_iv.read(notes, Counter())
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(own / "notes.csv.gz", index=False)
    world = World(tmp_path / "world", None)
    answer = world.medte("data", "build", "-p", "paper", "--notes", str(own))
    assert answer.returncode == 0 and world.leaks(answer) == []
    edition = Edition(own / "medte/runs/paper/edition")
    assert "mimic_iv" in edition.manifest["sources"] and len(edition.tasks) >= 10 and leaks([edition.folder], MARKER)
    assert not [path for path in leaks([edition.folder], MARKER) if path.name == "manifest.json"]
    mini = world.medte("data", "build", "--notes", str(own))
    assert (mini.returncode, mini.stderr[:39]) == (2, "medte: the profile mini reads no notes;")


@pytest.mark.slow
def test_without_the_guard_the_same_error_and_the_same_build_leak(world):
    unguarded = "from medte import guard\nguard.enclose = lambda folder: None"
    broken = world.medte("data", "build", "-p", "paper", first=f"{BROKEN}\n{unguarded}")
    assert world.leaks(broken) == [world.folder / "tmp/library", broken.stderr]
    built = world.medte("data", "build", "-p", "paper", first=unguarded)
    assert built.returncode == 0
    assert world.folder / "runs/paper/edition/pairs.parquet" in world.leaks(built)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["raise ValueError(text)", "import sys; print(text, file=sys.stderr)"])
def test_a_notebook_that_fails_or_warns_with_a_text_does_not_show_it(world, what):
    world.notebook(f"from medte.run import Run\ntext = Run(profile).edition.pairs().sentence1[0]\n{what}")
    code = """from medte.pipeline.execute import execute
from medte.run import Run
execute({"profile": "paper"}, Run("paper").folders.notebooks, "inputs", print)"""
    answer = world.python("-c", code)
    assert answer.returncode == 1 and world.leaks(answer) == []
    assert "medte: 00_one.py" in answer.stderr and "(the message is kept in " in answer.stderr


def test_the_process_and_its_children_are_enclosed_for_good(tmp_path):
    code = f"""import os, resource, subprocess, sys, tempfile
from pathlib import Path
from medte import guard
from medte.errors import MedteError
folder = Path({str(tmp_path)!r})
private = guard.enclose(folder)
assert private == guard.enclose(folder) == folder / "medte" and private.stat().st_mode & 0o777 == 0o700
assert all(Path(os.environ[setting]).is_relative_to(private) for setting in guard.PLACES)
assert Path(tempfile.gettempdir()).is_relative_to(private) and os.environ["HF_HUB_CACHE"] == "/hub/hub"
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) and os.umask(0o077) == 0o077
subprocess.run([sys.executable, "-c", "import sys, tempfile; print(tempfile.gettempdir(), file=sys.stderr)"])
assert guard.log().read_text().strip() == str(private / "tmp")
try:
    guard.enclose(folder / "other")
except MedteError as error:
    print(error, file=guard.terminal())
"""
    environment = os.environ | {"HF_HOME": "/hub", "PYTHONPATH": str(paths.CHECKOUT)}
    environment.pop("HF_HUB_CACHE", None)
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0 and answer.stderr.startswith(f"this process works on the notes in {tmp_path}; start")


@pytest.mark.slow
@pytest.mark.parametrize("used", [False, True])
def test_a_library_that_was_imported_before_is_moved_or_refused(tmp_path, used):
    code = f"""import datasets, datasets.fingerprint
from pathlib import Path
from medte import guard
if {used}:
    datasets.fingerprint.get_temporary_cache_files_directory()
guard.enclose(Path({str(tmp_path)!r}))
assert str(datasets.config.HF_DATASETS_CACHE).startswith({str(tmp_path)!r})
"""
    environment = os.environ | {"PYTHONPATH": str(paths.CHECKOUT)}
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (answer.returncode == 1 and "start Python anew" in answer.stderr) if used else answer.returncode == 0


@pytest.mark.parametrize(
    ("edition", "mimic", "own", "held"),
    [("full", "m", "", "m"), ("full", "", "n", "n"), ("full", "", "", None), ("open", "m", "", None), ("mini", "", "n", None)],
)  # fmt: skip
def test_a_run_is_credentialed_where_its_edition_reads_notes(tmp_path, monkeypatch, edition, mimic, own, held):
    for setting, value in (("MIMIC_FOLDER", mimic), ("MEDTE_NOTES", own)):
        monkeypatch.setenv(setting, str(tmp_path / value) if value else "")
    profile = PAPER.model_copy(update={"data": PAPER.data.model_copy(update={"edition": edition})})
    assert guard.credentialed(profile) == (tmp_path / held if held else None)


def test_two_kinds_of_notes_at_once_are_an_error(monkeypatch):
    for setting in ("MIMIC_FOLDER", "MEDTE_NOTES"):
        monkeypatch.setenv(setting, "/x")
    with pytest.raises(MedteError, match="both set"):
        guard.credentialed(PAPER)


def test_only_results_and_site_of_a_private_run_are_outside(tmp_path, home):
    folders = paths.RunFolders("paper", tmp_path / "medte")
    outside = {name for name, path in vars(folders).items() if path.is_relative_to(home)}
    assert outside == {"root", "results", "site"} and folders.model("sham").is_relative_to(
        tmp_path / "medte/runs/paper"
    )
    plain = paths.RunFolders("mini")
    assert all(path.is_relative_to(home / "mini") for path in [*vars(plain).values(), plain.model()])


def test_a_folder_that_cannot_be_private_is_refused(tmp_path):
    with pytest.raises(MedteError, match="is no folder"):
        guard.make_private(tmp_path / "gone")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/medte").symlink_to(tmp_path)
    with pytest.raises(MedteError, match="is a link"):
        guard.make_private(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/medte").write_text("")
    with pytest.raises(MedteError, match=r"cannot keep .* private: File exists"):
        guard.make_private(tmp_path / "b")


def test_outside_an_enclosure_messages_are_left_as_they_are():
    assert guard.withheld("text") == "text" and guard.log() is None and guard.terminal() is sys.stderr


def test_an_error_without_messages_keeps_types_and_code():
    try:
        try:
            int("secret one")
        except ValueError as error:
            raise KeyError("secret two") from error
    except KeyError as error:
        shown = guard.without_messages(error)
    assert 'raise KeyError("secret two")' in shown  # the code of a program is no text of a note
    assert re.findall(r"^\w+$|^which led to$", shown, re.MULTILINE) == ["ValueError", "which led to", "KeyError"]
