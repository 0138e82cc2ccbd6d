"""The workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings

from analyzer.source import shown
from analyzer.sweeping.chunks import ExecutorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from typing import Any

#: A scheduler that does not answer in so many seconds is not there.
_SECONDS = 5

#: What Dask says by itself, about a scheduler that is gone: here it is one line, from us.
_LOGGERS = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")


@contextlib.contextmanager
def connected(address: str) -> Iterator[Executor]:
    """The executor of the Dask scheduler at an address, such as `tcp://127.0.0.1:8786`.

    Raises `ExecutorError` where Dask is not installed, where no scheduler answers within 5 seconds, where it has no
    workers, and where it stops to answer while the executor is used.
    """
    client = _client(address)
    try:
        error = _within(lambda: client.wait_for_workers(1, timeout=_SECONDS))
        if error is not None or not client.nthreads():  # otherwise it would wait for ever, and nobody knew for what
            raise ExecutorError(f"the Dask scheduler at `{shown(address)}` has no workers")
        yield client.get_executor(pure=False)
    except ExecutorError:
        if client.status == "running":
            raise
        raise ExecutorError(f"the Dask scheduler at `{shown(address)}` no longer answers") from None
    finally:
        _within(client.close)


def _client(address: str) -> Any:
    """A client that is connected."""
    if not address:  # Dask would look for a scheduler elsewhere
        raise ExecutorError("an empty text is no address of a Dask scheduler, such as `tcp://127.0.0.1:8786`")
    try:
        from distributed import Client  # takes seconds
    except ImportError:
        raise ExecutorError('Dask is not installed; `pip install "conv-analyzer[dask]"` installs it') from None
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="distributed")
    found: list[Any] = []
    error = _within(lambda: found.append(Client(address, timeout=_SECONDS, set_as_default=False)))
    if found:
        return found[0]
    if error is None or isinstance(error, OSError):
        raise ExecutorError(f"no Dask scheduler answers at `{shown(address)}` within {_SECONDS} s")
    if isinstance(error, MemoryError):  # it takes the answer of another server for the length of a message
        raise ExecutorError(f"what answers at `{shown(address)}` is no Dask scheduler")
    why = str(error) or error.__class__.__name__
    raise ExecutorError(f"`{shown(address)}` is no address of a Dask scheduler, such as `tcp://127.0.0.1:8786`: {why}")


def _within(call: Any) -> Exception | None:
    """Calls something that may wait for ever, and waits a little longer than it should take; its error, if it has one.

    Dask's own limit does not hold for what answers, but is no scheduler.
    """
    errors: list[Exception] = []

    def called() -> None:
        try:
            call()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=called, daemon=True)
    thread.start()
    thread.join(_SECONDS + 0.5)
    return errors[0] if errors else None
