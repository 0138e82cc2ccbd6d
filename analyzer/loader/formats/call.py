"""A callable that builds a network, as it was written on the command line."""

from __future__ import annotations

from analyzer.record import Record


class Call(Record):
    """A callable as it was written on the command line, `net.py:Net(width=2)`.

    target     the module, or the path of a `.py` file
    name       the callable in it, with dots
    arguments  its arguments as they were written: literals
    """

    label: str
    target: str
    name: str
    arguments: str = ""

    @property
    def built(self) -> str:
        """What is built, without where it is: `Net(width=2)`."""
        return self.label[len(self.target) + 1 :]

    @property
    def file(self) -> str:
        """The path of the file that it is in; empty for a module."""
        return self.target if self.target.endswith(".py") else ""
