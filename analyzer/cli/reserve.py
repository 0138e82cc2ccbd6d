"""Memory kept back from the start, so that a command that runs out of memory can still say so.

Where no memory is left, a message cannot be made, a file cannot be removed, and Python itself prints what it finds. So
whoever handles an error that may be of this kind first gives the reserve back.
"""

from __future__ import annotations

#: Python asks the system for a MiB at once; some of them are enough for a message and for closing files.
_RESERVE = 4 << 20

#: A process that cannot get as much as this has too little memory: then the error is about that, whatever it says.
_LITTLE = 16 << 20

#: The one line about it.
NO_MEMORY = "the model needs more memory than this machine has"

_kept: list[bytes] = []


def keep() -> None:
    """Keeps the reserve. It takes no time: the system gives zeros without writing them."""
    # `bytearray` would write them, which takes 1 to 4 ms of every start.
    _kept.append(bytes(_RESERVE))


def give_back() -> None:
    """Gives the reserve back."""
    _kept.clear()


def is_memory_short() -> bool:
    """Whether the process can hardly get more memory. Libraries then fail with errors of any kind."""
    try:
        bytes(_LITTLE)
    except MemoryError:
        return True
    return False
