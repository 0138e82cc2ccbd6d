"""The search for the sizes that a network accepts: on each axis, on axes together, and of inputs together.

Every answer is a trial. What decides where to look next may be wrong without making an answer wrong: that two inputs
of one size belong together, say, only makes them worth a trial together.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Network
from analyzer.engine.sizes import REACH
from analyzer.engine.sizing.output import Wanted, reach
from analyzer.engine.sizing.question import Question, ask_all, with_sizes
from analyzer.engine.sizing.result import Accepted, Sizes
from analyzer.engine.sizing.trials import ASKED, LAYERS, Trials
from analyzer.record import Record
from analyzer.volume import Volume

#: The sizes that are tried at least, unless others are asked for.
USUAL = range(1, 257)


class Asked(Record, kw_only=True):
    """What is asked about an input of a network.

    `near` are the sizes that the nearest accepted ones are about, `tried` the sizes to try (None: the usual ones, and
    those around `near` and around the sizes of the input); `wanted` is an output to reach.
    """

    input: str
    near: tuple[int, ...]
    tried: range | None = None
    wanted: Wanted | None = None


def find(network: Network, asked: Asked, *, layers: int = LAYERS) -> Sizes:
    """Which sizes of an input a network accepts; `layers` limits what the trials of each step may cost."""
    search = _Search(network, asked, layers if asked.tried is None else layers * ASKED)
    questions = search.questions([asked.input])
    others = search.beside()
    if others:
        search.trials.renew(search.layers)
        together = search.questions([asked.input, *others])
        if _number(together) > _number(questions):
            return search.result(together, others, alone=questions[0].result)
    return search.result(questions, [])


def _number(questions: Sequence[Question]) -> int:
    return sum(len(question.accepted) for question in questions)


class _Search:
    """A search with one network; each step of it may cost `layers`."""

    def __init__(self, network: Network, asked: Asked, layers: int) -> None:
        self.asked = asked
        self.layers = layers
        self.trials = Trials(network, layers=layers)
        self.inputs = {node.name: node.output for node in network.inputs}
        self.volume = self.inputs[asked.input]

    def questions(self, names: Sequence[str]) -> list[Question]:
        """The questions about these inputs together, with their answers: one for each axis, then axes together."""
        volumes = {name: self.inputs[name] for name in names}
        near = self.asked.near
        single = [Question((axis,), volumes, near[axis]) for axis in range(self.volume.rank)]
        axes = self._square()
        square = [Question(axes, volumes, near[axes[0]])] if axes else []
        ask_all(self.trials, {question: self._sizes(question) for question in (*single, *square)})
        return [*self._moved(single, square), *square]

    def _square(self) -> tuple[int, ...]:
        """The axes that have one size together: all of a plane or of a cube, otherwise those of a frame."""
        rank = self.volume.rank
        if rank < 2:
            return ()
        return tuple(range(rank)) if rank == 2 or len(set(self.volume.spatial)) == 1 else (rank - 2, rank - 1)

    def _sizes(self, question: Question) -> list[int]:
        """The sizes to try."""
        if self.asked.tried is not None:
            return list(self.asked.tried)
        sizes = set(USUAL)
        for centre in (question.near, *(self.volume.spatial[axis] for axis in question.axes)):
            sizes.update(range(max(1, centre - REACH), centre + REACH + 1))
        return sorted(sizes)

    def _moved(self, single: Sequence[Question], square: Sequence[Question]) -> list[Question]:
        """The questions about one axis; where none of its sizes is accepted, asked again with other sizes beside it.

        The file's own size of another axis may be the one that does not fit: it is replaced by the nearest that does.
        """
        open_ones = [question for question in single if not question.accepted]
        spatial = list(self.volume.spatial)
        for question in (*square, *single):
            for axis in question.axes:
                spatial[axis] = _nearest_in(question.accepted, self.asked.near[axis], spatial[axis])
        if not open_ones or tuple(spatial) == self.volume.spatial:
            return list(single)
        self.trials.renew(self.layers)
        volumes = with_sizes(open_ones[0].volumes, tuple(spatial))
        again = {one: Question(one.axes, volumes, one.near) for one in open_ones}
        ask_all(self.trials, {question: self._sizes(question) for question in again.values()})
        return [again.get(question, question) for question in single]

    def beside(self) -> list[str]:
        """The other inputs that may have to change together with this one: those of its sizes."""
        own = self.asked.input
        return [name for name, volume in self.inputs.items() if name != own and volume.spatial == self.volume.spatial]

    def result(self, questions: Sequence[Question], beside: Sequence[str], alone: Accepted | None = None) -> Sizes:
        """The answers, with the nearest volumes and the inputs for the wanted output."""
        wanted, reached = self.asked.wanted, None
        if wanted is not None:
            self.trials.renew(self.layers)
            reached = reach(wanted, questions, self.trials, widen=self.asked.tried is None)
        single = [question for question in questions if len(question.axes) == 1]
        answers = [question.result for question in questions]
        last = max(questions, key=lambda one: (len(one.axes), max(one.answers, default=0)))
        return Sizes(
            input=self.asked.input,
            volume=self.volume,
            beside=beside,
            alone=alone,
            axes={one.axes[0]: one for one in answers[: len(single)]},
            together=answers[-1] if len(answers) > len(single) else None,
            nearest=self._nearest(questions),
            reached=reached,
            ended=any(question.ended for question in questions),
            largest=last.at(max(last.answers, default=self.volume.spatial[0])),
        )

    def _nearest(self, questions: Sequence[Question]) -> list[Volume]:
        """The nearest volumes on all axes at once, each of which is placed."""
        answers = [question.result for question in questions if len(question.axes) == 1]
        fits = all(one.fits for one in answers)
        ways = [_ways(one, whole=fits) for one in answers]
        found = [volume for sizes in zip(*ways, strict=True) if (volume := self._placed(questions, sizes)) is not None]
        return list(dict.fromkeys(found))

    def _placed(self, questions: Sequence[Question], sizes: Sequence[int | None]) -> Volume | None:
        """The input with these sizes; None where one is missing, or where the network refuses it."""
        known = tuple(size for size in sizes if size is not None)
        if len(known) < len(sizes) or self.trials.over(with_sizes(questions[0].volumes, known)) is None:
            return None
        return Volume(known, self.volume.depth)


def _ways(one: Accepted, *, whole: bool) -> list[int | None]:
    """The sizes of an axis in the nearest volumes: below, `near`, above; what fits stays unless the `whole` does."""
    below = max((size for size in one.accepted if size < one.near), default=None)
    above = min((size for size in one.accepted if size > one.near), default=None)
    if whole:
        return [below, one.near, above]
    return [one.near, one.near] if one.fits else [below, above]


def _nearest_in(sizes: Sequence[int], near: int, otherwise: int) -> int:
    """The size of a list that is nearest to another one, of two the smaller."""
    return min(sizes, key=lambda size: (abs(size - near), size), default=otherwise)
