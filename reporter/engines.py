"""Where tasks run: here, in processes of this machine, or on a Dask cluster. All are `concurrent.futures` executors."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from reporter.errors import UpstreamError, UsageError

EngineName = Literal["serial", "processes", "dask"]
Task = TypeVar("Task")
Result = TypeVar("Result")
#: A worker is replaced after so many tasks, which costs a fortieth of their time: WeasyPrint, Pango and HarfBuzz keep
#: 0.2 MiB of every page for good.
TASKS_A_WORKER = 80
#: Tasks that wait at a worker, so that it never waits for us and the results never pile up.
AHEAD = 2
#: How often a task may be there when its worker dies.
DEATHS = 3


class Serial(Executor):
    """Runs a task when it is handed in."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  as every executor does: the future carries it to whoever asks
            future.set_exception(error)
        return future


@contextmanager
def serial(_: int, __: str | None) -> Iterator[Executor]:
    yield Serial()


@contextmanager
def processes(workers: int, _: str | None) -> Iterator[Executor]:
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=ignore_interrupts, max_tasks_per_child=TASKS_A_WORKER
    )
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def dask(_: int, address: str | None) -> Iterator[Executor]:
    if address is None:
        raise UsageError("--engine dask needs --scheduler-address, such as tcp://127.0.0.1:8786")
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            "--engine dask needs the extra `cluster`: pip install 'market-brief-reporter[cluster]'"
        ) from error
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise UpstreamError(f"{address}: no Dask scheduler answers ({type(error).__name__}); is it running?") from error
    try:
        yield client.get_executor(retries=DEATHS, pure=False)
    finally:
        client.close()


#: Name -> what opens it, for a number of workers and the address of a scheduler.
ENGINES: Mapping[EngineName, Callable[[int, str | None], Any]] = {
    "serial": serial,
    "processes": processes,
    "dask": dask,
}


def ignore_interrupts() -> None:
    """Ctrl-C at a terminal reaches the whole group; the one who hands out the tasks ends their workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_all(
    function: Callable[[Task], Result], tasks: Iterable[Task], engine: EngineName, workers: int, address: str | None
) -> Iterator[tuple[Task, Future[Result]]]:
    """Every task with its finished future, as they finish; only a few are under way at a time.

    A worker that dies costs time only: the tasks that were under way are run again, one at a time, so that the one
    that kills its worker is found; after DEATHS deaths its future carries the BrokenExecutor.
    """
    waiting = iter(tasks)
    suspects: list[tuple[Task, int]] = []  # with the number of deaths they were there at
    whole = False
    while not whole:
        with ENGINES[engine](workers, address) as executor:
            whole = yield from _until_broken(function, waiting, suspects, executor, workers * AHEAD)


def _until_broken(
    function: Callable[[Task], Result],
    waiting: Iterator[Task],
    suspects: list[tuple[Task, int]],
    executor: Executor,
    most: int,
) -> Generator[tuple[Task, Future[Result]], None, bool]:
    """As `run_all`; False when a worker died and `suspects` is what it left."""
    under_way: dict[Future[Result], tuple[Task, int]] = {}
    while True:
        while len(under_way) < (1 if suspects else most):
            entry = suspects.pop() if suspects else next(((task, 0) for task in waiting), None)
            if entry is None:
                break
            under_way[executor.submit(function, entry[0])] = entry
        if not under_way:
            return True
        dead = False
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            task, deaths = under_way.pop(future)
            if not isinstance(future.exception(), BrokenExecutor):
                yield task, future
                continue
            dead = True
            if deaths + 1 < DEATHS:
                suspects.append((task, deaths + 1))
            else:
                yield task, future
        if dead:
            suspects += ((task, deaths + 1) for task, deaths in under_way.values())
            return False
