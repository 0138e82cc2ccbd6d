"""One question: which sizes of some axes does a network accept, the other axes fixed?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analyzer.engine.sizes import resized
from analyzer.engine.sizing.exact import Losses, Lost
from analyzer.engine.sizing.result import Accepted
from analyzer.engine.sizing.trials import Placed, Trials
from analyzer.record import Record
from analyzer.volume import Volume


class Answer(Record):
    """A size that a network accepts: what is lost, and what its outputs put out, by their names."""

    lost: Lost
    outputs: Mapping[str, Volume]


class Question:
    """Which sizes are accepted on `axes`, which have one size, of inputs that are changed together.

    `volumes` are these inputs, whose other axes keep their sizes; the first of them is the one that was asked about.
    `answers` has what was found for each size that was tried, None where the network refuses it; `ended` says that
    the trials ended before all of them.
    """

    def __init__(self, axes: tuple[int, ...], volumes: Mapping[str, Volume], near: int) -> None:
        self.axes = axes
        self.volumes = volumes
        self.near = near
        self.answers: dict[int, Answer | None] = {}
        self.ended = False
        self._losses = Losses(tuple(volumes))

    def copy(self) -> Question:
        """A question with the same answers, of which more sizes can be asked."""
        other = Question(self.axes, self.volumes, self.near)
        other.answers.update(self.answers)
        return other

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the axes."""
        return tuple(self.volume.axes[axis] for axis in self.axes)

    @property
    def volume(self) -> Volume:
        """The input that was asked about."""
        return next(iter(self.volumes.values()))

    def at(self, size: int) -> dict[str, Volume]:
        """The inputs with this size."""
        return {name: resized(volume, self.axes, size) for name, volume in self.volumes.items()}

    def ask(self, trials: Trials, size: int) -> Answer | None:
        """The answer for a size, which is tried once; None too where the trials have ended."""
        if size in self.answers:
            return self.answers[size]
        self.ended = self.ended or trials.ended
        if not self.ended:
            placed = trials.over(self.at(size))
            self.answers[size] = None if placed is None else self._answer(placed)
        return self.answers.get(size)

    def _answer(self, placed: Placed) -> Answer:
        return Answer(self._losses.along(placed, self.axes), placed.outputs)

    @property
    def accepted(self) -> list[int]:
        """The sizes that were accepted so far, in ascending order."""
        return sorted(size for size, answer in self.answers.items() if answer is not None)

    @property
    def result(self) -> Accepted:
        """What was found."""
        names, volume = self.volume.axes, self.volume
        lost = {size: answer.lost for size, answer in sorted(self.answers.items()) if answer is not None}
        return Accepted(
            self.names,
            {names[axis]: size for axis, size in enumerate(volume.spatial) if axis not in self.axes},
            self.near,
            sorted(self.answers),
            list(lost),
            [size for size, one in lost.items() if not one.unread],
            [size for size, one in lost.items() if not (one.unread or one.cropped)],
        )


def with_sizes(volumes: Mapping[str, Volume], spatial: tuple[int, ...]) -> dict[str, Volume]:
    """Inputs with other spatial sizes."""
    return {name: Volume(spatial, volume.depth) for name, volume in volumes.items()}


def outward(near: int, sizes: Iterable[int]) -> list[int]:
    """Sizes in the order in which they are tried: the nearest first, of two the larger.

    >>> outward(4, [1, 3, 4, 5])
    [4, 5, 3, 1]
    """
    return sorted(sizes, key=lambda size: (abs(size - near), -size))


def ask_all(trials: Trials, sizes: Mapping[Question, Iterable[int]]) -> None:
    """Asks questions about their sizes, one of each in turn, so that trials that end early end at the same distance."""
    waiting: list[tuple[Question, Iterator[int]]] = [
        (question, iter(outward(question.near, own))) for question, own in sizes.items()
    ]
    while waiting:
        left = []
        for question, rest in waiting:
            size = next(rest, None)
            if size is not None:
                question.ask(trials, size)
                if not question.ended:
                    left.append((question, rest))
        waiting = left
