"""The inputs for a wanted output: sizes are guessed from the outputs of others, and every answer is placed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analyzer.diagnostics import listed, nearest
from analyzer.engine.sizes import REACH
from analyzer.engine.sizing.exact import Losses, Lost
from analyzer.engine.sizing.question import Answer, Question, with_sizes
from analyzer.engine.sizing.result import Reached
from analyzer.engine.sizing.trials import Placed, Trials
from analyzer.record import Record
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.volume import Volume

#: `min` or `max`.
Pick = Callable[[Sequence[int]], int]
#: Whether so much may be lost.
Allowed = Callable[[Lost], bool]

#: How often sizes farther away are guessed, and the largest that is tried.
_GUESSES, _LARGEST = 8, 10**7


class Wanted(Record):
    """An output that is asked for: its sizes (None: any), spatial ones or all of them, as they were written in `text`.

    `name` is that of the output, None for the first one with these axes.
    """

    text: str
    sizes: tuple[int | None, ...]
    name: str | None = None

    def of(self, outputs: Mapping[str, Volume]) -> tuple[str, tuple[int | None, ...]]:
        """The output that is meant, and its spatial sizes. Raises `SettingError` where there is none."""
        if self.name is not None and self.name not in outputs:
            near = nearest(self.name, outputs)
            meant = f"did you mean `{near}`?" if near else f"its outputs are {listed(outputs, last='and')}"
            raise SettingError(f"`{{output}}`: the model has no output `{shown(self.name)}`; {meant}", "output")
        chosen = outputs if self.name is None else {self.name: outputs[self.name]}
        count = len(self.sizes)
        for name, volume in chosen.items():
            if volume.rank and count == volume.rank:
                return name, self.sizes
            if volume.rank and count == volume.rank + 1 and self.sizes[-1] in (None, volume.depth):
                return name, self.sizes[:-1]
        said = " and ".join(f"`{shown(name)}` puts out {volume.pretty()}" for name, volume in chosen.items())
        raise SettingError(f"`{{output}}`: `{shown(self.text)}` is no size of an output: {said}", "output")


def reach(wanted: Wanted, questions: Sequence[Question], trials: Trials, *, widen: bool) -> Reached | None:
    """The inputs that give a wanted output; None where nothing is known of outputs, since no size is accepted.

    `widen` allows other sizes than the questions asked about. Raises `SettingError` for an output that does not exist.
    """
    known = next((answer for one in questions for answer in one.answers.values() if answer is not None), None)
    if known is None:
        return None
    name, sizes = wanted.of(known.outputs)
    target = _Target(name, sizes, questions, trials)
    if widen:
        for question in target.parts:
            target.widen(question)
    return target.reached(wanted.text)


class _Target:
    """The search for one output, among the answers to some questions, which stay as they are.

    `parts` are the questions whose axes together are all axes of the input: axes that change together where they are
    wanted equal.
    """

    def __init__(
        self, name: str, wanted: tuple[int | None, ...], questions: Sequence[Question], trials: Trials
    ) -> None:
        self.name = name
        self.wanted = wanted
        self.questions = questions
        self.trials = trials
        self._losses = Losses(tuple(questions[0].volumes))
        self.aligned = len(wanted) == questions[0].volume.rank
        square = questions[-1] if len(questions[-1].axes) > 1 and questions[-1].accepted else None
        if square is None or (self.aligned and len({wanted[axis] for axis in square.axes}) > 1):
            parts = [question for question in questions if len(question.axes) == 1]
        else:
            alone = [one for one in questions if len(one.axes) == 1 and one.axes[0] not in square.axes]
            parts = [*alone, square]
        self.parts = [question.copy() for question in parts]

    def misses(self, question: Question, answer: Answer) -> int:
        """How far the output is from the wanted one along the axes of a question, below 0 where it is smaller."""
        spatial = answer.outputs[self.name].spatial
        if len(spatial) != len(self.wanted):
            return 1
        axes = question.axes if self.aligned else range(len(spatial))
        off = [spatial[axis] - want for axis in axes if (want := self.wanted[axis]) is not None]
        return max(off, key=abs, default=0)

    def hits(self, question: Question) -> list[int]:
        """The accepted sizes that give the wanted output along the axes of a question, in ascending order."""
        return [size for size, missed in self._missed(question) if missed == 0]

    def _missed(self, question: Question) -> Iterator[tuple[int, int]]:
        for size in question.accepted:
            answer = question.answers[size]
            if answer is not None:
                yield size, self.misses(question, answer)

    def widen(self, question: Question) -> None:
        """Tries sizes farther away: around those that give the wanted output, otherwise where one is guessed."""
        for _ in range(_GUESSES):
            hits = self.hits(question)
            if hits:
                sizes = [*range(hits[0] - REACH, hits[0]), *range(hits[-1] + 1, hits[-1] + REACH + 1)]
            else:
                guess = self._guess(question)
                sizes = [] if guess is None else list(range(guess - REACH, guess + REACH + 1))
            fresh = [size for size in sizes if 0 < size <= _LARGEST and size not in question.answers]
            for size in fresh:
                question.ask(self.trials, size)
            if not fresh or question.ended or (hits and self.hits(question) == hits):
                return

    def _guess(self, question: Question) -> int | None:
        """Where the wanted output may be, if outputs grow evenly with their inputs."""
        missed = list(self._missed(question))
        if not missed:
            return None
        (last, off), (first, before) = missed[-1], missed[len(missed) // 2]
        if off == before:
            return None
        return max(1, min(_LARGEST, last - round(off * (last - first) / (off - before))))

    def reached(self, text: str) -> Reached:
        """The sizes and the inputs that give the wanted output, and where there are none those with the nearest."""
        hits = {question: self.hits(question) for question in self.parts}
        found: dict[Volume, Lost] = {}
        for allowed in (_nothing_lost, _all_read, _anything):
            for pick in (min, max):
                placed = self._placed([_picked(question, own, pick, allowed) for question, own in hits.items()])
                if placed is not None and self._fits(placed[1].outputs[self.name]):
                    found[placed[0]] = self._losses.along(placed[1], range(placed[0].rank))
        volumes = sorted(found, key=lambda volume: volume.sizes)
        return Reached(
            self.name,
            text,
            {question.names: own for question, own in hits.items()},
            {question.names: sorted(question.answers) for question in hits},
            volumes,
            [volume for volume in volumes if _all_read(found[volume])],
            [volume for volume in volumes if _nothing_lost(found[volume])],
            [] if volumes else list(self._around()),
        )

    def _placed(self, sizes: Sequence[int | None]) -> tuple[Volume, Placed] | None:
        """The input with a size for each of the parts, and the network over it; None where either is missing."""
        first = self.questions[0]
        spatial = list(first.volume.spatial)
        for question, size in zip(self.parts, sizes, strict=True):
            if size is None:
                return None
            for axis in question.axes:
                spatial[axis] = size
        volume = Volume(tuple(spatial), first.volume.depth)
        placed = self.trials.over(with_sizes(first.volumes, volume.spatial))
        return None if placed is None else (volume, placed)

    def _fits(self, output: Volume) -> bool:
        """Whether an output is the wanted one."""
        pairs = zip(output.spatial, self.wanted, strict=True) if output.rank == len(self.wanted) else [(0, -1)]
        return all(want in (None, size) for size, want in pairs)

    def _around(self) -> Iterator[tuple[Volume, Volume]]:
        """The inputs with the nearest outputs, the smaller one first, and these outputs."""
        for sign in (-1, 1):
            sizes = []
            for question in self.parts:
                missed = [(abs(off), sign * size) for size, off in self._missed(question) if off * sign >= 0]
                sizes.append(sign * min(missed)[1] if missed else None)
            placed = self._placed(sizes)
            if placed is not None:
                yield placed[0], placed[1].outputs[self.name]


def _picked(question: Question, sizes: Sequence[int], pick: Pick, allowed: Allowed) -> int | None:
    """The smallest or the largest of some accepted sizes at which no more is lost than allowed; None without any."""
    chosen = [size for size in sizes if (answer := question.answers[size]) is not None and allowed(answer.lost)]
    return pick(chosen) if chosen else None


def _nothing_lost(lost: Lost) -> bool:
    return not (lost.unread or lost.cropped)


def _all_read(lost: Lost) -> bool:
    return not lost.unread


def _anything(lost: Lost) -> bool:
    return True
