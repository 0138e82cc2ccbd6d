"""The entry point of the command, for `python -m analyzer` and for the console script.

Ctrl-C must end the command with one line, even while its modules are still being imported. So `run` handles the signal
first, and almost nothing is imported before that.
"""

# `signal` wraps this in enumerations, which would take longer to import than a model takes to read.
import _signal  # type: ignore[import-not-found]
import os
import sys

from analyzer.cli import INTERRUPTED, OUT_OF_MEMORY
from analyzer.cli.reserve import NO_MEMORY, give_back, keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


_NO_MEMORY = f"analyzer: {NO_MEMORY}\n".encode()


def run() -> "NoReturn":
    """Runs the command that `sys.argv` asks for, and ends the process with its exit code."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # otherwise the caller has it ignored
        _signal.signal(_signal.SIGINT, _interrupted)
    sys.unraisablehook = id  # Python prints what it ignores; a function in C also works where no memory is left
    try:
        keep()
        import gc

        gc.disable()  # the process ends soon: collecting makes its imports, and reading a long file, slower
        from analyzer.cli.main import process

        # Everything is written. A normal exit would free every object first, which takes time and changes nothing.
        os._exit(process(sys.argv[1:]))
    except MemoryError:  # while modules were imported, or while an error was handled
        _end(_NO_MEMORY, OUT_OF_MEMORY)


def _interrupted(*_: object) -> None:
    """Ends the process at once.

    Raising an exception is not enough: Python prints and drops it if it is raised in a callback of the import system.
    """
    _end(b"analyzer: interrupted\n", INTERRUPTED)


def _end(line: bytes, code: int) -> "NoReturn":
    """Writes a line that was made before, and ends the process."""
    give_back()
    try:
        os.write(2, line)
    finally:
        os._exit(code)


if __name__ == "__main__":
    run()
