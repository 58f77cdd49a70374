"""An evaluation that is killed again and again, at times while it writes a file, ends with the results of one left in peace."""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_evaluate import Handmade
from tiny_bert import plain_bert

from medte import paths
from medte.evaluation import evaluate as evaluation
from medte.evaluation.store import Store
from medte.models import embeddings
from medte.profile import load_profile
from medte.tasks.catalogue import catalogue

KILLS = 10
BEGUN = "results are there"  # what an evaluation says when it begins with a model
LIMIT = 600  # seconds that nothing here may take


@dataclass
class Started:
    """A process at work; `wait` gives its exit code, `log` is the file of what it says."""

    pid: int
    wait: Callable[[], int]
    log: Path


def slow_disk(seconds=0.05):
    """Let every file that this process writes stay half-written for a while."""
    replace = os.replace

    def slowly(part, path):
        time.sleep(seconds)
        replace(part, path)

    os.replace = slowly


def until(happens):
    end = time.monotonic() + LIMIT
    while not happens():
        assert time.monotonic() < end, "nothing happens any more"
        time.sleep(0.002)


def kill(work, folder, pause, while_writing):
    """Kill a process `pause` seconds after it began or, `while_writing`, at the next half-written file: whether there was one."""

    def half_written():
        return any(folder.rglob(f"*.{work.pid}.part"))

    until(lambda: work.log.exists() and BEGUN in work.log.read_text(encoding="utf-8"))
    time.sleep(pause)
    if while_writing:
        until(half_written)
    os.kill(work.pid, signal.SIGKILL)
    assert work.wait() == -signal.SIGKILL, "it ended before it was killed"
    return half_written()


def survives(start, folder, seconds):
    """Kill what `start` starts ten times and let it end then: how many times a file was half-written.

    `seconds` is what the work takes in peace.
    """
    draw = random.Random(8)
    pauses = [draw.uniform(0, seconds / (2 * KILLS)) for _ in range(KILLS)]
    written = [kill(start(), folder, pause, number % 2 == 0) for number, pause in enumerate(pauses)]
    assert start().wait() == 0
    return sum(written)


def results(folder):
    """Every result under a home but for what was measured."""
    (place,) = folder.glob("*/results")
    return {(result["model"], result["task"]): result | {"measured": None} for result in Store(place).all()}


def score_handmade(home, log, bert):
    """The whole work of a small process: random vectors, TF-IDF and a tiny BERT on two handmade tasks, the quick ones."""
    slow_disk()
    os.environ["MEDTE_HOME"] = str(home)
    edition = Handmade()
    edition.tasks = {name: edition.tasks[name] for name in ("MedQAPairClassification", "MedQuADRetrieval")}
    evaluation.benchmark_tasks = lambda name: [catalogue()[task] for task in edition.tasks]
    embeddings.SHARD = 16
    profile = load_profile("mini")
    with log.open("w", encoding="utf-8", buffering=1) as stream:
        evaluation.evaluate(
            profile, edition, paths.RunFolders("mini"), trained=None, models=["random", "tfidf", str(bert)],
            say=lambda line: print(line, file=stream),
        )  # fmt: skip


@pytest.mark.slow
def test_a_small_evaluation_survives_ten_kills(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["mteb", "sentence_transformers", "medte.tasks.mteb_tasks", "test_kill"])
    number = iter(range(100))

    bert = plain_bert(tmp_path / "bert")

    def start(home):
        log = tmp_path / f"log-{next(number)}"
        process = server.Process(target=score_handmade, args=(home, log, bert))
        process.start()
        return Started(process.pid, lambda: process.join(LIMIT) or process.exitcode, log)

    assert start(tmp_path / "warm").wait() == 0
    begun = time.monotonic()
    assert start(tmp_path / "peace").wait() == 0
    seconds = time.monotonic() - begun
    written = survives(lambda: start(tmp_path / "killed"), tmp_path / "killed", seconds)
    assert written >= KILLS // 2
    assert len(results(tmp_path / "peace")) == 6 and results(tmp_path / "killed") == results(tmp_path / "peace")


COMMAND = "import sys; from test_kill import slow_disk; slow_disk(); from medte.cli import main; main()"


@pytest.mark.full
def test_the_whole_mini_evaluation_survives_ten_kills(tmp_path):
    """With MEDTE_KILL_HOME, a home with trained models, the profile's models; else random, TF-IDF and MiniLM alone."""
    trained = os.environ.get("MEDTE_KILL_HOME")
    models = [] if trained else [f"--model={name}" for name in ("random", "tfidf", "all-MiniLM-L6-v2")]
    peace, disturbed, number = tmp_path / "peace", tmp_path / "killed", iter(range(100))
    (peace / "mini").mkdir(parents=True)
    for model in Path(trained).glob("mini/model*") if trained else ():
        shutil.copytree(model, peace / "mini" / model.name)

    def start(home, *words):
        log = tmp_path / f"log-{next(number)}"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, *words], stdout=stream, stderr=subprocess.STDOUT,
                env=os.environ | {"MEDTE_HOME": str(home), "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
            )  # fmt: skip
        return Started(process.pid, lambda: process.wait(LIMIT * 10), log)

    assert start(peace, "data", "build").wait() == 0
    shutil.copytree(peace, disturbed)
    words = ("evaluate", "--profile", "mini", *models)
    begun = time.monotonic()
    work = start(peace, *words)
    assert work.wait() == 0, work.log.read_text(encoding="utf-8")[-3000:]
    seconds = time.monotonic() - begun
    shutil.copy(peace / "machine.json", disturbed / "machine.json")
    written = survives(lambda: start(disturbed, *words), disturbed, seconds)
    print(f"{len(results(peace))} results in {seconds:.0f} s; {KILLS} kills, {written} while a file was written")
    assert written >= KILLS // 2
    assert results(disturbed) == results(peace)
