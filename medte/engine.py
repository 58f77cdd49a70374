"""The same function on many batches, in order: in this process, on several processes, or on a cluster's machines.

    with Engine(workers=8, scratch=folder) as engine:
        for cleaned in engine.map(clean_batch, batches):
            …
        for kept, found in engine.map(audit_batch, pair_batches, shared=index):
            …

Without arguments an `Engine` works in this process. The other kinds are Dask's and need the extra `scale`. Dask and not
Ray: it is small, pure Python, and runs on what clusters have (SSH, Kubernetes, and Slurm or others by dask-jobqueue). The
units of work here are plain functions on batches, and futures taken in order are all the interface that they need.

What the function takes and gives must be picklable, and it must stand in a module that the workers can import. A script
that starts workers does so under `if __name__ == "__main__"`. New workers listen on loopback, where other users of the
same machine can reach them: with credentialed text, use a machine that nobody else is logged in to.
"""

import logging
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from medte.errors import MedteError

IN_FLIGHT = 2  # batches for each worker's thread: one at work, one waiting
SETTINGS = {
    "distributed.admin.large-graph-warning-threshold": "1TB",  # batches are meant to be megabytes
    "distributed.scheduler.active-memory-manager.start": False,  # workers keep what they share
    "distributed.scheduler.http.routes": [],  # no pages that show what is worked on
    "distributed.worker.http.routes": [],
}
LOST = "the connection to the Dask scheduler was lost; see in its log why it ended, and run again"


class Engine:
    """Does a function on each of many items; a context manager that ends what it started."""

    def __init__(self, workers: int | None = None, scheduler: str | None = None, scratch: Path | None = None):
        """In this process; or on `workers` new processes of this machine; or on the workers of a running Dask scheduler.

        What new workers cannot hold in memory they spill into a folder that is made in `scratch` and removed at the end (in
        the system's temporary folder where None). Workers of a running scheduler spill where they were told to when they
        were started, so that `scratch` is refused there. `scheduler` is an address, "tcp://host:8786". MedteError for what
        does not fit, and without the extra `scale`.
        """
        if workers is not None and scheduler is not None:
            raise MedteError(f"got both {workers} workers and the scheduler {scheduler}; give one of the two")
        if workers is not None and workers < 1:
            raise MedteError(f"got {workers} workers; at least 1 is needed")
        if scheduler is not None and scratch is not None:
            raise MedteError(
                f"scratch is {scratch}, but the workers of {scheduler} spill where they were started (`dask worker "
                "--local-directory`); leave it out"
            )
        self._running: AbstractContextManager = nullcontext()
        if workers is not None:
            self._running = _new_workers(workers, scratch)
        elif scheduler is not None:
            self._running = _joined(scheduler)
        #: whether it works in other processes, to which items are sent
        self.elsewhere = workers is not None or scheduler is not None
        self._client = None  # of Dask, where it is one, between enter and exit

    def __enter__(self) -> "Engine":
        self._client = self._running.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._client = None
        self._running.__exit__(*error)

    def map(self, function: Callable, items: Iterable, shared: Any = None) -> Iterator:
        """`function(item)` of each item, in the order of items; `function(item, shared)` where `shared` is given.

        Items are taken as they are needed, at most two ahead for each worker. `shared`, which may be large, goes to each
        worker once. A worker that dies loses nothing: its batches are done again by another. The first error of the
        function, or of items, comes out as it is and ends the work. MedteError where a batch kills every worker it is given.
        """
        work = _Work(function, () if shared is None else (shared,))
        if self._client is not None:
            return self._map_on_workers(work, items)
        if self.elsewhere:
            raise ValueError("an engine with workers works inside `with` only")
        return map(work, items)

    def _map_on_workers(self, work: "_Work", items: Iterable) -> Iterator:
        _, distributed = _dask()
        client, waiting = self._client, deque()
        # A task that unpacks the work, and not a scatter: where the one worker that holds it dies, Dask makes it anew.
        sent = client.submit(pickle.loads, pickle.dumps(work), pure=False)
        try:
            for item in items:
                waiting.append(client.submit(_answer, sent, pickle.dumps(item), pure=False))
                if len(waiting) >= IN_FLIGHT * _threads(client):
                    yield pickle.loads(waiting.popleft().result())
            while waiting:
                yield pickle.loads(waiting.popleft().result())
        except distributed.KilledWorker as error:
            raise MedteError(
                f"a batch ended {error.allowed_failures + 1} workers one after the other, most likely for want of memory; "
                "use fewer workers, or machines with more memory"
            ) from error
        except distributed.client.FutureCancelledError as error:
            raise MedteError(LOST) from error
        finally:
            if client.status == "running":  # and not closed, or cut off, before the last answer was taken
                client.cancel([*waiting, sent])


def _threads(client: Any) -> int:
    """Of all workers now, and 1 while there is none; a running cluster may grow and shrink."""
    try:
        return max(1, sum(client.nthreads().values()))
    except OSError as error:
        raise MedteError(LOST) from error


@dataclass(frozen=True)
class _Work:
    """A function of an item, with its second argument where there is one."""

    function: Callable
    shared: tuple

    def __call__(self, item: Any) -> Any:
        return self.function(item, *self.shared)


def _answer(work: _Work, packed: bytes) -> bytes:
    """What the work makes of an item; both travel as bytes, since Dask looks into every list and tuple that it is given."""
    return pickle.dumps(work(pickle.loads(packed)))


def _dask():
    """The packages `dask` and `distributed`, imported where they are asked for."""
    try:
        import dask
        import distributed
    except ImportError as error:
        raise MedteError('work on several processes needs Dask; run `pip install "medte[scale]"`') from error
    return dask, distributed


@contextmanager
def _new_workers(workers: int, scratch: Path | None) -> Iterator[Any]:
    """A client of new worker processes of one thread each, on loopback, without a dashboard."""
    dask, distributed = _dask()
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    set_by_dask = {*dask.config.get("distributed.nanny.pre-spawn-environ"), "PYTHONHASHSEED"}
    with TemporaryDirectory(prefix="workers-", dir=scratch) as folder:
        with (
            _restored(set_by_dask),
            dask.config.set(SETTINGS | {"temporary-directory": folder}),
            distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # Dask always opens one; any free port, without a page
                scheduler_kwargs={"dashboard": False},
                local_directory=folder,
                silence_logs=logging.CRITICAL,  # an error comes out of `map`, once
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client


@contextmanager
def _restored(settings: Iterable[str]) -> Iterator[None]:
    """Give these settings of the environment their values back afterwards.

    Dask sets those of its workers, one thread among them, in this process too; whatever it started later would have them.
    """
    before = {name: os.environ.get(name) for name in settings}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _joined(scheduler: str) -> Iterator[Any]:
    """A client of a running scheduler, which goes on running afterwards."""
    dask, distributed = _dask()
    with dask.config.set(SETTINGS):
        try:
            client = distributed.Client(scheduler, set_as_default=False)
        except (OSError, ValueError) as error:
            raise MedteError(
                f"no Dask scheduler answers at {scheduler!r} ({' '.join(str(error).split())}); expected an address such as "
                "tcp://host:8786, where `dask scheduler` runs"
            ) from error
        with client:
            yield client
