"""The same answers in the same order, on however many processes, whatever happens to them."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from medte.engine import IN_FLIGHT, Engine
from medte.errors import MedteError
from medte.manifest import digest


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def two(scratch):
    pytest.importorskip("distributed")
    with Engine(workers=2, scratch=scratch) as engine:
        yield engine


BATCHES = [[f"text {batch} {i}" for i in range(20)] for batch in range(30)]


def hashed(batch):
    return [digest(text) for text in batch]


def found_in(batch, index):
    return [text for text in batch if text in index]


def refused(number):
    if number == 3:
        raise MedteError("the third is no good; leave it out")
    return number


def process(number, shared=None):
    return os.getpid()


def killed_twice(number, folder):
    if number == 7 and len(list(folder.iterdir())) < 2:
        (folder / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def killed(number):
    os.kill(os.getpid(), signal.SIGKILL)


def test_in_this_process_it_is_a_plain_lazy_map():
    taken = []
    answers = Engine().map(lambda number: 2 * number, (taken.append(i) or i for i in range(5)))
    assert next(answers) == 0 and taken == [0]
    assert list(answers) == [2, 4, 6, 8]
    assert list(Engine().map(found_in, [["a", "b"], ["c"]], shared={"b", "c"})) == [["b"], ["c"]]


def test_two_workers_give_what_one_process_gives(two):
    with Engine() as one:
        assert list(two.map(hashed, BATCHES)) == list(one.map(hashed, BATCHES))
    index = {text for batch in BATCHES[::2] for text in batch[::3]}
    assert list(two.map(found_in, BATCHES, shared=index)) == list(Engine().map(found_in, BATCHES, shared=index))
    processes = set(two.map(process, range(40)))
    assert len(processes) == 2 and os.getpid() not in processes


def test_tuples_and_functions_in_a_batch_arrive_as_they_are(two):
    batch = [(len, "abc"), {"key": (len, [1, 2])}]
    assert list(two.map(list, [batch])) == [batch]


def test_items_are_taken_as_they_are_needed(two):
    taken = []
    answers = two.map(hashed, (taken.append(1) or batch for batch in BATCHES))
    for number in range(1, 4):
        next(answers)
        assert len(taken) <= 2 * IN_FLIGHT + number - 1 < len(BATCHES)
    answers.close()
    assert list(two.map(refused, range(3))) == [0, 1, 2]


def test_an_error_of_the_function_or_of_the_items_comes_out_as_it_is_and_ends_the_work(two):
    def items():
        yield 1
        raise ValueError("no more of these")

    for engine in (Engine(), two):
        taken, answers = [], []
        with pytest.raises(MedteError, match="the third is no good; leave it out"):
            answers += engine.map(refused, (taken.append(i) or i for i in range(100)))
        assert len(taken) <= 3 + 2 * IN_FLIGHT + 1
        with pytest.raises(ValueError, match="no more of these"):
            list(engine.map(refused, items()))


def test_what_is_started_afterwards_has_the_threads_that_it_had_before(scratch, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    with Engine(workers=1, scratch=scratch) as engine:
        assert engine._client.run(os.getenv, "OMP_NUM_THREADS").popitem()[1] == "1"
    assert "OMP_NUM_THREADS" not in os.environ and os.environ["PYTHONHASHSEED"] == "7"


def test_workers_spill_into_the_scratch_folder_alone(two, scratch):
    import dask

    folders = two._client.run(lambda dask_worker: dask_worker.local_directory).values()
    settings = two._client.run(lambda: dask.config.get("temporary-directory")).values()
    assert folders and all(Path(folder).is_relative_to(scratch) for folder in [*folders, *settings])
    assert all(address.startswith("tcp://127.0.0.1:") for address in two._client.nthreads())


def test_a_running_scheduler_is_joined_and_left_running(two):
    address = two._client.scheduler.address
    with Engine(scheduler=address) as joined:
        assert list(joined.map(hashed, BATCHES)) == [hashed(batch) for batch in BATCHES]
        unfinished = joined.map(hashed, BATCHES)
        next(unfinished)
    unfinished.close()
    assert list(two.map(refused, range(3))) == [0, 1, 2]


def test_killed_workers_lose_nothing_not_even_what_they_shared(two, tmp_path):
    """The batch that kills the first is given to the second at once: none is left that holds `shared`."""
    assert list(two.map(killed_twice, range(20), shared=tmp_path)) == list(range(20))
    assert len(list(tmp_path.iterdir())) == 2
    assert list(two.map(hashed, BATCHES)) == [hashed(batch) for batch in BATCHES]


def test_a_batch_that_ends_every_worker_is_named(two, monkeypatch):
    monkeypatch.setattr(two._client.cluster.scheduler, "allowed_failures", 1)
    with pytest.raises(MedteError, match="ended 2 workers one after the other, most likely for want of memory"):
        list(two.map(killed, [1]))


@pytest.mark.parametrize("number_of_items", [3, 100])
def test_a_scheduler_that_goes_away_is_named(number_of_items):
    dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")
    settings = {"processes": False, "host": "127.0.0.1", "protocol": "tcp", "dashboard_address": "127.0.0.1:0"}
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, silence_logs=100, **settings) as cluster,
        Engine(scheduler=cluster.scheduler_address) as engine,
    ):
        answers = engine.map(refused, range(100, 100 + number_of_items))
        assert next(answers) == 100
        cluster.close()
        with pytest.raises(MedteError, match="the connection to the Dask scheduler was lost"):
            list(answers)


PROGRAM = """
import os, sys, time
from pathlib import Path
from medte.engine import Engine

if __name__ == "__main__":
    with Engine(workers=1, scratch=Path(sys.argv[1])) as engine:
        for number in engine.map(time.sleep, [0.01, 0.01] + 500 * [0.2]):
            print(*engine._client.run(os.getpid).values(), flush=True)
"""


def test_an_interrupt_ends_the_workers(tmp_path):
    pytest.importorskip("distributed")
    script = tmp_path / "program.py"
    script.write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    command = [sys.executable, str(script), str(tmp_path / "scratch")]
    root = str(Path(__file__).parent.parent)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": root}
    ) as program:
        worker = int(program.stdout.readline())
        os.kill(worker, 0)
        program.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in program.communicate(timeout=60)[1]
    assert program.returncode != 0 and not any((tmp_path / "scratch").iterdir())
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "got 0 workers; at least 1 is needed"),
        ({"workers": 2, "scheduler": "tcp://host:1"}, "give one of the two"),
        ({"scheduler": "tcp://host:1", "scratch": Path("here")}, "spill where they were started"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(MedteError, match=message):
        Engine(**settings)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://"])
def test_a_scheduler_that_does_not_answer_is_named(address):
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")
    with dask.config.set({"distributed.comm.timeouts.connect": "100ms"}):
        with pytest.raises(MedteError, match=f"no Dask scheduler answers at {re.escape(repr(address))}"):
            with Engine(scheduler=address):
                pass


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MedteError, match=re.escape('pip install "medte[scale]"')):
        with Engine(workers=2):
            pass
    assert list(Engine().map(refused, range(3))) == [0, 1, 2]


def test_workers_work_inside_with_only():
    with pytest.raises(ValueError, match="inside `with` only"):
        Engine(workers=2).map(refused, [1])


def test_dask_is_imported_when_asked_for_only():
    code = "import sys, medte.engine; list(medte.engine.Engine().map(len, ['a'])); print('distributed' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False"]
