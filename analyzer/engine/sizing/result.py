"""The answer to which sizes a network accepts: plain data, about the sizes that were tried and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.record import Printed, Record, Reported
from analyzer.volume import Volume


class Accepted(Record):
    """The sizes that a network accepts on one axis of its input, or on several axes that have one size.

    axes      the names of the axes
    others    the sizes that the other axes have meanwhile, by their names
    near      the size that `nearest` is about
    tried     the sizes that were tried, in ascending order; nothing is known of others
    accepted  those that the network accepts
    read      those of them at which no window leaves cells unread
    exact     those of them at which, besides, no merge crops
    """

    axes: tuple[str, ...]
    others: Mapping[str, int]
    near: int
    tried: Sequence[int]
    accepted: Sequence[int]
    read: Sequence[int]
    exact: Sequence[int]

    def nearest_of(self, sizes: Sequence[int]) -> list[int]:
        """The sizes of a list that are nearest to `near`: the one below it, itself and the one above, if there are."""
        below = max((size for size in sizes if size < self.near), default=None)
        above = min((size for size in sizes if size > self.near), default=None)
        own = self.near if self.near in sizes else None
        return [size for size in (below, own, above) if size is not None]

    @property
    def nearest(self) -> list[int]:
        """The accepted sizes that are nearest to `near`, in ascending order."""
        return self.nearest_of(self.accepted)

    @property
    def fits(self) -> bool:
        """Whether `near` itself is accepted."""
        return self.near in self.accepted


class Reached(Record):
    """The inputs for a wanted output.

    name     that of the output
    wanted   what was asked for, as it was written
    sizes    the accepted sizes of the input that give them, by the axes that change together
    tried    the sizes that were tried, likewise
    volumes  inputs with these sizes, each of which was placed and gives the wanted output
    read     those of them at which no window leaves cells unread
    exact    those of them at which, besides, no merge crops
    around   where no input gives it: inputs with the nearest outputs, and these outputs
    """

    name: str
    wanted: str
    sizes: Mapping[tuple[str, ...], Sequence[int]]
    tried: Mapping[tuple[str, ...], Sequence[int]]
    volumes: Sequence[Volume]
    read: Sequence[Volume] = ()
    exact: Sequence[Volume] = ()
    around: Sequence[tuple[Volume, Volume]] = ()


class Sizes(Printed, Reported, kw_only=True):
    """Which sizes of an input a network accepts; `analyzer.sizes` returns it.

    file, name   of the model
    input        the name of the input, and `volume` the one that the file gives it
    beside       the other inputs that change with it, since the network accepts more sizes of them together
    alone        where there are such inputs: what was found for the first axis of this input alone
    axes         what was found for each spatial axis, by its name, the others as in the file
    together     what was found for axes that change together, such as squares; None where the input has one axis
    nearest      input volumes with the nearest sizes on every axis, each of which was placed
    reached      the inputs for a wanted output, if one was asked for
    ended        whether the search ended before every size was tried, since the network is large
    largest      the largest volumes that were tried, by the names of the inputs
    diagnostics  where no size is accepted: why the largest is not

    `to_dict()` gives the JSON report (schemas/sizes.schema.json) as plain data.
    """

    file: str | None = None
    name: str = ""
    input: str
    volume: Volume
    beside: Sequence[str] = ()
    alone: Accepted | None = None
    axes: Mapping[str, Accepted]
    together: Accepted | None = None
    nearest: Sequence[Volume] = ()
    reached: Reached | None = None
    ended: bool = False
    largest: Mapping[str, Volume]
    diagnostics: Sequence[Diagnostic] = ()

    def __repr__(self) -> str:
        return f"Sizes({self.name}: {self.input} {self.volume})"

    @property
    def found(self) -> bool:
        """Whether any size is accepted, and a wanted output can be reached."""
        if self.reached is not None and not self.reached.volumes:
            return False
        return any(one.accepted for one in self.answers)

    @property
    def answers(self) -> list[Accepted]:
        """What was found for each axis, and for axes together."""
        return [*self.axes.values(), *([self.together] if self.together is not None else [])]


def stretches(sizes: Iterable[int]) -> list[tuple[int, int]]:
    """Sizes in ascending order as stretches without a gap: from, to.

    >>> stretches([1, 2, 3, 7, 8])
    [(1, 3), (7, 8)]
    """
    found: list[tuple[int, int]] = []
    for size in sizes:
        if found and size == found[-1][1] + 1:
            found[-1] = (found[-1][0], size)
        else:
            found.append((size, size))
    return found
