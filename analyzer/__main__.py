"""The process of the command: `python -m analyzer`, and the console script.

From here on an interrupt ends it with one line, while the command is imported as well as while it runs. So `run` sees
to that first, and nothing of size is imported before.
"""

# `signal` wraps this in enumerations, which would take longer to import than a model takes to read.
import _signal  # type: ignore[import-not-found]
import os
import sys

from analyzer.cli import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> "NoReturn":
    """Runs the command that `sys.argv` asks for, and ends the process with its exit code."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # otherwise the caller wants it ignored
        _signal.signal(_signal.SIGINT, _interrupted)
    from analyzer.cli.main import process

    # All is written; taking every object apart would be work for nothing.
    os._exit(process(sys.argv[1:]))


def _interrupted(*_: object) -> None:
    """Ends the process at once.

    An exception would not do: raised inside the machinery of imports or in a callback, it is printed and forgotten.
    """
    try:
        os.write(2, b"analyzer: interrupted\n")
    finally:
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    run()
