"""The signals that end this process, for who must close or remove something first."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: The signals that ask a process to end, of those that the system has.
_ENDS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGXCPU")


def heeded() -> list[int]:
    """The signals that would end this process: `nohup` and a shell's background job ignore some."""
    import signal  # few commands need it

    ends = [vars(signal)[name] for name in _ENDS if name in vars(signal)]
    return [end for end in ends if signal.getsignal(end) is not signal.SIG_IGN]


def handled(handlers: Mapping[int, Any]) -> dict[int, Any]:
    """Sets the handlers of signals and returns the ones before; does nothing in a thread, which gets no signals."""
    import signal  # few commands need it

    try:
        return {end: signal.signal(end, handler) for end, handler in handlers.items()}
    except ValueError:
        return {}
