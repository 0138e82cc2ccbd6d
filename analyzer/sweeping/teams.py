"""Teams of workers: processes of our own, or an executor that somebody gives.

Processes are spawned, which is safe on every system: a fork copies locks that other threads hold, and the connection of
the store. Two workers on Linux answer 0.25 s after they were spawned, 0.12 s after a fork.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, ProcessPoolExecutor, wait
from pkgutil import resolve_name

from analyzer import __version__
from analyzer.sweeping.chunks import ExecutorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor
    from multiprocessing.connection import Connection
    from typing import Any, Protocol

    class Team(Protocol):
        """Workers, of which `size` calculate at the same time."""

        size: int

        def start(self) -> None:
            """Makes the workers ready. Raises `ExecutorError` where they cannot be."""

        def submit(self, function: Callable[..., Any], *values: Any) -> Future[Any]:
            """Lets a worker call a function."""

        def renew(self) -> None:
            """Replaces workers of which one was killed. Raises `ExecutorError` where they cannot be."""

        def close(self) -> None:
            """Ends the workers that were started here."""


#: A pool whose processes end before they answer is started so many times.
STARTS = 3

#: Windows waits for at most 63 things at once, of which a pool needs two.
_MOST_ON_WINDOWS = 61

#: So long the main thread waits without looking for an interrupt, which Windows does not wake it for.
_LOOK = 0.5


#: What a worker imports is the script of the user.
_GUARD = 'a script needs `if __name__ == "__main__":` around what it does'


class Processes:
    """Processes of this machine. Each calls `hello`, a function and its arguments, before anything else.

    They end when this process does, however it ends: they wait at the other end of a pipe, the lifeline.
    """

    # By hand: it holds what must be closed.
    def __init__(self, size: int, hello: tuple[Any, ...]) -> None:
        self.size = min(size, _MOST_ON_WINDOWS) if sys.platform == "win32" else size
        self._hello = hello
        self._pool: ProcessPoolExecutor | None = None
        self._lifeline: Connection[Any, Any] | None = None

    def start(self) -> None:
        for _ in range(STARTS):
            self.close()
            if self._answers():
                return
        raise ExecutorError(f"the {self.size} worker processes end before they calculate anything; {_GUARD}")

    def renew(self) -> None:
        self.start()

    def submit(self, function: Callable[..., Any], *values: Any) -> Future[Any]:
        assert self._pool is not None
        try:
            with _uninterrupted():
                return submitted(self._pool, function, *values)
        except OSError as error:  # a process more cannot be started
            raise self._unstarted(error) from None
        except ExecutorError:  # a worker runs the script that has started it
            raise ExecutorError(f"a worker cannot start workers; {_GUARD}") from None

    def close(self) -> None:
        if self._lifeline is not None:
            self._lifeline.close()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._lifeline = self._pool = None

    def _answers(self) -> bool:
        """Starts the processes; whether the first of them calls a function."""
        context = multiprocessing.get_context("spawn")
        try:
            theirs, self._lifeline = context.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(self.size, mp_context=context, initializer=_begin, initargs=(theirs,))
        except OSError as error:
            raise self._unstarted(error) from None
        called = [self.submit(*self._hello) for _ in range(self.size)]
        first = next(iter(waited(called)))
        return not isinstance(first.exception(), BrokenExecutor)

    def _unstarted(self, error: OSError) -> ExecutorError:
        return ExecutorError(f"{self.size} worker processes cannot be started: {error.strerror or error}")


class Lent:
    """An executor that somebody gives, and ends."""

    # By hand: it holds an executor.
    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.size = _size(executor)
        #: Dask would take the answer to an earlier call with the same arguments.
        self._named = {"pure": False} if _is_dask(executor) else {}

    def start(self) -> None:
        """Asks the workers for their version with a function of Python's own: one of ours would kill a worker of Dask
        that has no analyzer.
        """
        for future in [self.submit(resolve_name, "analyzer:__version__") for _ in range(self.size)]:
            while not future.done():
                waited([future])
            error = failure(future)
            if isinstance(error, BrokenExecutor):
                self.renew()
            if isinstance(error, ImportError | AttributeError):
                raise _without(error)
            check_version(future.result())

    def renew(self) -> None:
        raise ExecutorError("the executor has lost a worker, and takes no more work")

    def submit(self, function: Callable[..., Any], *values: Any) -> Future[Any]:
        return submitted(self._executor, function, *values, **self._named)

    def close(self) -> None:
        pass


def check_version(version: str) -> None:
    """Refuses a worker with another version of analyzer."""
    if version != __version__:
        raise ExecutorError(f"a worker has analyzer {version}, and this is {__version__}; both need the same version")


def failure(future: Future[Any]) -> BaseException | None:
    """The error of a call; raises `ExecutorError` where no call can be answered any more."""
    try:
        error = future.exception()
    except CancelledError:
        raise ExecutorError("the executor has cancelled the work: it was shut down, or it lost its scheduler") from None
    cause = error
    while cause is not None:  # Dask's scheduler says what it cannot import as the cause of another error
        if isinstance(cause, ImportError) and (cause.name or "").startswith("analyzer"):
            raise _without(cause)
        cause = cause.__cause__
    return error


def _without(error: BaseException) -> ExecutorError:
    """The refusal of workers that have no analyzer, or an old one without sweeps."""
    return ExecutorError(f"workers need analyzer {__version__}, and so does the scheduler of Dask: {error}")


def submitted(executor: Executor, function: Callable[..., Any], *values: Any, **named: Any) -> Future[Any]:
    """Lets an executor call a function. One that is broken gives a future that says so, like those before it."""
    try:
        return executor.submit(function, *values, **named)
    except BrokenExecutor as error:
        failed: Future[Any] = Future()
        failed.set_exception(error)
        return failed
    except RuntimeError as error:  # it was shut down
        raise ExecutorError(f"the executor takes no work: {error}") from None


def waited(futures: Iterable[Future[Any]]) -> set[Future[Any]]:
    """Waits until at least one of these is done; those that are."""
    futures = list(futures)
    while True:
        done = wait(futures, _LOOK, FIRST_COMPLETED).done
        if done:
            return done


def _size(executor: Executor) -> int:
    """How many calls an executor runs at once; of one that does not say, the number of processors here."""
    # `_max_workers` has every executor of the standard library and of loky, `num_workers` that of mpi4py
    for name in ("num_workers", "_max_workers"):
        number = getattr(executor, name, None)
        if isinstance(number, int) and number > 0:
            return number
    if _is_dask(executor):
        return sum(executor._client.nthreads().values()) or 1  # type: ignore[attr-defined]  # Dask's
    return os.cpu_count() or 1


def _is_dask(executor: Executor) -> bool:
    """Whether this is the executor of a client of Dask."""
    dask = sys.modules.get("distributed")
    return dask is not None and isinstance(executor, dask.cfexecutor.ClientExecutor)


def _begin(lifeline: Connection[Any, Any]) -> None:
    """Prepares a process: Ctrl-C is for the one that started it, and no analysis leaves cycles to be collected."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection[Any, Any]) -> None:
    """Ends this process as soon as nobody has the other end: what it calculates is for nobody any more."""
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(0)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keeps Ctrl-C from a process that starts: it would die with a traceback before it can ignore the signal.

    Ours comes afterwards. Windows has no such mask.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
