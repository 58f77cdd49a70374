"""What tests share: a home of their own, a few records, an encoder that needs no weights."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile

import numpy as np
import pytest

from medte.records import Record

SETTINGS = """MEDTE_EMAIL MEDTE_MIRROR MEDTE_NOTES MEDTE_REMOTE_CODE MEDTE_REPOSITORY MEDTE_WRITER_KEY MEDTE_WRITER_MODEL
MEDTE_WRITER_PRICES MEDTE_WRITER_URL MIMIC_FOLDER NCBI_API_KEY""".split()


def without_settings(patch):
    """Take the settings of whoever starts the tests out of the environment."""
    for setting in SETTINGS:
        patch.delenv(setting, raising=False)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Every test runs in a home of its own, without the settings of whoever starts it, and offline."""
    monkeypatch.setenv("MEDTE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    without_settings(monkeypatch)
    return tmp_path / "home"


@pytest.fixture(scope="session")
def mini(tmp_path_factory):
    """The mini edition, built once for all tests that read it; who changes it takes a copy."""
    from medte import edition
    from medte.profile import load_profile

    with pytest.MonkeyPatch.context() as patch:
        without_settings(patch)
        return edition.build(load_profile("mini"), tmp_path_factory.mktemp("mini") / "edition")


@pytest.fixture(scope="session")
def pieces():
    """What is generated for the pages, file name → text, made once."""
    from medte.report.generated import generated

    return generated()


@pytest.fixture
def figures_closed():
    """Figures that a test made are closed after it."""
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def make_record(name, source="pubmed", document=None, **texts):
    facts = texts.pop("facts", {})
    return Record(f"{source}:{name}", source, document or f"{source}:{name}", texts, "CC0-1.0", facts=facts)


def archive(path, **files):
    """A .tar.xz of texts by name; returns its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:xz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return path.parent


class HashEncoder:
    """Sums of a random vector for each word: texts with common words are near, and nothing is loaded."""

    max_length = None
    revision = "hash-1"

    def __init__(self):
        self.encoded = []

    def side(self, role):
        return ""

    def encode(self, texts, side=""):
        self.encoded += list(texts)
        words = [text.lower().split() for text in texts]
        rows = np.stack([sum((self._word(word) for word in line), np.full(64, 0.01)) for line in words]).astype(
            np.float32
        )
        return rows

    @staticmethod
    def _word(word):
        return np.random.default_rng(int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")).standard_normal(
            64
        )


@pytest.fixture
def hash_encoder():
    return HashEncoder()


def in_a_process_of_its_own(path, script, *words):
    """What `script`, kept at `path`, prints last, as JSON; its peak memory is its own alone."""
    path.write_text(script, encoding="utf-8")
    # a small process between: what a child holds at most counts what its parent held when it was started
    between = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    answer = subprocess.run(
        [sys.executable, "-c", between, sys.executable, str(path), *map(str, words)],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-3000:]
    return json.loads(answer.stdout.splitlines()[-1])


def build_site(folder, pieces, address=None, api=True):
    """A site in `folder` from the real pages, with the generated `pieces`; of its notebooks only what is recorded has been
    shown. Without the `api` pages it takes a third of the time.
    """
    from medte.pipeline import stage
    from medte.pipeline.notebooks import sources, to_ipynb

    notebooks = []
    for source in sources():
        path = folder / f"{source.stem}.ipynb"
        path.write_text(_with_what_is_recorded(to_ipynb(source, address)), encoding="utf-8")
        notebooks.append(path)
    stage.stage(folder / "stage", notebooks, pieces)
    if not api:
        for page in folder.glob("stage/api_*.md"):
            page.unlink()
        toc = folder / "stage" / "_toc.yml"
        toc.write_text(re.sub(r" +- file: api_\w+\n", "", toc.read_text(encoding="utf-8")), encoding="utf-8")
    stage.build(folder / "stage", folder / "site", lambda line: None)
    return folder


def _with_what_is_recorded(notebook):
    """The notebook's JSON with the outputs of the cells that show a recorded table or figure."""
    from medte.report.exhibits import EXHIBITS

    made = json.loads(notebook)
    for cell in made["cells"]:
        shown = re.fullmatch(r'show\("([^"]+)"\)', "".join(cell["source"]))
        if shown and EXHIBITS[shown[1]].recorded:
            data = {"text/html": EXHIBITS[shown[1]].html(shown[1])}
            cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    return json.dumps(made)


@pytest.fixture(scope="session")
def built(pieces, tmp_path_factory):
    """The folder of a built site, in `site`; built once for all tests that look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDTE_REPOSITORY", "")  # whatever the address of this clone is
        yield build_site(tmp_path_factory.mktemp("site"), pieces)


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once for a file of tests."""
    from browser import chromium

    with chromium() as started:
        yield started
