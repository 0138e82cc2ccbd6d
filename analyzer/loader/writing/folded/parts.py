"""What a folded model is made of: layers, structures, and groups of them, each a stretch of units.

The output of a part is that of its last unit, and its layers follow each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.record import Record, field


class Part(Record):
    """The units from `start` to before `stop`.

    source  the unit that its first layer reads where it names none
    inner   the last unit that reads one of its layers, its own output left out
    depth   how many levels of lists are in it
    sign    a number; equal for parts that are alike up to numbers
    """

    start: int
    stop: int
    source: int = field(default=-1, init=False)
    inner: int = field(default=-1, init=False)
    depth: int = field(default=0, init=False)
    sign: int = field(default=0, init=False)

    @property
    def out(self) -> int:
        """The unit whose output is that of the part."""
        return self.stop - 1

    def lists(self) -> Sequence[list[Part]]:
        """The lists of parts in it, in the order of their layers."""
        return ()


class Single(Part):
    """One unit."""


class Repeated(Part):
    """Equal layers, each of which reads the one before."""


class Residual(Part):
    """A body and a shortcut, their sum, and the activation after it.

    `project` are the parts of the shortcut, empty where it is the input itself; `total` is the unit of the sum, None
    where there is neither shortcut nor sum; `act` that of the activation.
    """

    body: list[Part]
    project: list[Part]
    total: int | None
    act: int | None = None

    def lists(self) -> Sequence[list[Part]]:
        return [self.body, self.project] if self.project else [self.body]


class Parallel(Part):
    """Branches that read the same unit, and the unit that joins them: the last."""

    branches: list[list[Part]]

    def lists(self) -> Sequence[list[Part]]:
        return self.branches


class Group(Part):
    """Parts that may become a block: only its last output is read elsewhere.

    `path` is the name of its group in the network and `kind` the block or class of that; empty where there is none.
    `grows` says that it is a member of a `Grown`: `all` if the first member joins what it reads too, otherwise `later`.
    """

    parts: list[Part]
    path: str = ""
    kind: str = ""
    grows: str = field(default="", init=False)

    def lists(self) -> Sequence[list[Part]]:
        return [self.parts]


class Looped(Part):
    """Groups with equal numbers, each of which reads the one before: a sequence that is repeated."""

    members: list[Group]

    def lists(self) -> Sequence[list[Part]]:
        return [self.members[0].parts]


class Grown(Part):
    """Groups with equal numbers, each of which reads `base` and the outputs of all before it, in one volume.

    The members leave out the layer that joins these, which the first of them need not have.
    """

    members: list[Group]
    base: int

    def lists(self) -> Sequence[list[Part]]:
        return [[self.members[0]]]


def all_lists(parts: list[Part]) -> Iterator[list[Part]]:
    """A list of parts and all lists in it, outer ones first."""
    left = [parts]
    while left:
        found = left.pop()
        yield found
        for part in reversed(found):
            left.extend(reversed(part.lists()))
