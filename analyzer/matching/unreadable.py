"""What an observer raises when it cannot watch a module run."""

from __future__ import annotations


class Unreadable(RuntimeError):
    """A module cannot be compared, since its forward call cannot be watched. The text is one line for people.

    Where the module raised an error, that error is its `__cause__`.
    """
