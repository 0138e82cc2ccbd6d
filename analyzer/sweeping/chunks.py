"""Chunks of variants: how many a chunk has, and the function that calculates one in a worker.

A worker is a process or a thread. It gets the job once and keeps it by its key: with every chunk, the job of ResNet-50
would take as long to send as some of its variants take to calculate.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from itertools import islice
from operator import length_hint
from time import perf_counter

from analyzer import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol, TypeAlias

    from analyzer.sweeping.result import Value, Variant

    class Evaluator(Protocol):
        """Calculates variants."""

        def of(self, id: int) -> Variant:
            """The variant with this id; one that is no network has an `error`."""

    class Job(Protocol):
        """What is calculated; it can be pickled.

        key      the hash of all that decides the numbers
        """

        @property
        def key(self) -> str: ...

        def set_of(self, id: int) -> dict[str, Value]:
            """The value on each axis of the variant with this id."""

        def evaluator(self) -> Evaluator:
            """What calculates it; each process and thread has one of its own."""

    #: The version of analyzer of a worker, the variants, and how many seconds they took. There are no variants where
    #: the worker does not know the job, or has another version. Plain data: a worker of another version answers too.
    Answer: TypeAlias = tuple[str, list[Variant] | None, float]

#: A chunk is to take about so many seconds: with Dask each costs 5 ms, and what an interrupt loses is small.
SECONDS = 1.0

#: A chunk is at most so many times as long as the longest one that was measured.
_GROWTH = 4

#: Near the end chunks become shorter, so that all workers end together, but not shorter than this part of a second.
_SHORTEST = 0.05

#: So many jobs a worker keeps: one of a cluster may live for days.
_KEPT = 4

#: Each thread has its own evaluators: an evaluator keeps what it has calculated, and no lock protects that.
_known = threading.local()


class ExecutorError(RuntimeError):
    """Workers cannot calculate: they do not start, have another version, or do not answer. One line for people."""


class Chunks:
    """Divides ids into chunks of about a second, by what the chunks before have taken; the first have one variant."""

    # By hand: it is an iterator with a state.
    def __init__(self, ids: Iterable[int], workers: int) -> None:
        self._ids = iter(ids)
        self._left = length_hint(ids, -1)
        self._workers = workers
        self._each = 0.0
        self._longest = 0

    def take(self) -> list[int]:
        """The ids of the next chunk; none where all are taken."""
        size = 1
        if self._longest:
            size = min(self._fill(SECONDS), _GROWTH * self._longest)
            if self._left >= 0:
                share = -(-self._left // (2 * self._workers))
                size = min(size, max(share, self._fill(_SHORTEST)))
        taken = list(islice(self._ids, size))
        self._left -= len(taken) if self._left >= 0 else 0
        return taken

    def learn(self, variants: int, seconds: float) -> None:
        """So many variants took so many seconds of one worker."""
        each = seconds / variants
        self._each = (self._each + each) / 2 if self._longest else each
        self._longest = max(self._longest, variants)

    def _fill(self, seconds: float) -> int:
        """How many variants take so many seconds."""
        return max(1, round(seconds / max(self._each, 1e-9)))


def calculate(key: str, version: str, ids: Sequence[int], job: bytes | None = None) -> Answer:
    """Calculates variants of a job in a worker.

    `key` is that of the job, `version` that of analyzer where the answer is read, `job` the pickled job for a worker
    that does not know it.
    """
    if version != __version__:  # what was pickled there may mean something else here
        return __version__, None, 0.0
    evaluators: dict[str, Evaluator] = vars(_known)
    evaluator = evaluators.get(key)
    if evaluator is None:
        if job is None:
            return __version__, None, 0.0
        while len(evaluators) >= _KEPT:
            del evaluators[next(iter(evaluators))]
        made: Job = pickle.loads(job)
        evaluator = evaluators[key] = made.evaluator()
    began = perf_counter()
    return __version__, [evaluator.of(id) for id in ids], perf_counter() - began
