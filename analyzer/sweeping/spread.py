"""Spreads the variants of a sweep over workers, and gives them back in order.

A worker that is killed, mostly for lack of memory, takes the chunks of others with it. All of them get new workers and
a second try together, then a third one at a time. The chunk that kills its worker then too is halved, until a single
variant is left: that one is recorded as wrong, and the sweep continues.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from operator import length_hint

from analyzer import __version__
from analyzer.record import Record
from analyzer.sweeping.chunks import Chunks, calculate
from analyzer.sweeping.result import Problem, Variant
from analyzer.sweeping.teams import Lent, Processes, check_version, failure, waited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from concurrent.futures import Executor, Future

    from analyzer.sweeping.chunks import Answer, Job
    from analyzer.sweeping.teams import Team

#: The code of a variant whose worker was killed each time.
KILLED = "RUN104"

#: A chunk is calculated so many times before it is halved, and a variant before it is recorded as wrong.
TRIES = 3

#: At most so many chunks of each worker are under way: one that is calculated, and one that waits for it.
AHEAD = 2

#: So many chunks of each worker are kept at most, until one before them is done.
_KEPT = 8


def spread(
    job: Job, ids: Iterable[int], workers: int, executor: Executor | None
) -> Generator[list[Variant], None, None]:
    """What `run` gives, with so many processes, or with an executor where one is given."""
    key, sent = job.key, pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
    team: Team
    if executor is None:
        few = min(workers, max(1, length_hint(ids, workers)))
        team = Processes(few, (calculate, key, __version__, (), sent))
    else:
        team = Lent(executor)
    with contextlib.closing(team):
        team.start()
        yield from _Spread(job, key, sent, Chunks(ids, team.size), team).results()


class _Chunk(Record):
    """A chunk that was taken. With a `future` it is under way, with `variants` calculated, otherwise lost.

    tries    how many times its worker was killed, which the last `error` says
    """

    ids: Sequence[int]
    future: Future[Answer] | None = None
    variants: list[Variant] | None = None
    tries: int = 0
    error: BaseException | None = None

    @property
    def lost(self) -> bool:
        """Whether its worker was killed."""
        return self.future is None and self.variants is None


class _Spread:
    """Chunks on their way to a team and back."""

    # By hand: it holds what is under way.
    def __init__(self, job: Job, key: str, sent: bytes, chunks: Chunks, team: Team) -> None:
        self._job = job
        self._key = key
        self._sent = sent
        self._chunks = chunks
        self._team = team
        #: The chunks that were taken and not given back yet, in the order of their ids.
        self._line: deque[_Chunk] = deque()

    def results(self) -> Generator[list[Variant], None, None]:
        """The variants of each chunk."""
        try:
            while self._fill():
                self._settle(self._line)
                if any(chunk.lost for chunk in self._line):
                    self._recover()
                while self._line and self._line[0].variants is not None:
                    yield self._line.popleft().variants or []
        finally:
            for chunk in self._line:
                if chunk.future is not None:
                    chunk.future.cancel()

    def _fill(self) -> bool:
        """Keeps the workers busy; whether anything is left to be done."""
        under_way = sum(chunk.future is not None for chunk in self._line)
        size = self._team.size
        while under_way < AHEAD * size and len(self._line) < _KEPT * size and (ids := self._chunks.take()):
            self._line.append(_Chunk(ids))
            self._send(self._line[-1])
            under_way += 1
        return bool(self._line)

    def _send(self, chunk: _Chunk, job: bytes | None = None) -> None:
        chunk.future = self._team.submit(calculate, self._key, __version__, chunk.ids, job)

    def _settle(self, chunks: Iterable[_Chunk]) -> None:
        """Waits until at least one of the chunks that are under way is answered, and takes the answers."""
        by_future = {chunk.future: chunk for chunk in chunks if chunk.future is not None}
        for future in waited(by_future):
            self._take(by_future[future], future)

    def _take(self, chunk: _Chunk, future: Future[Answer]) -> None:
        """Takes the answer about a chunk, and sends the job where the worker asks for it."""
        chunk.future = None
        error = failure(future)
        cost = _cost(error)
        if cost:
            chunk.tries += cost
            chunk.error = error
            return
        version, variants, seconds = future.result()
        check_version(version)
        if variants is None:
            self._send(chunk, self._sent)
        else:
            chunk.variants = variants
            self._chunks.learn(len(chunk.ids), seconds)

    def _recover(self) -> None:
        """Sends lost chunks again; one whose last try it is, is calculated when no other is under way."""
        while any(chunk.future is not None for chunk in self._line):
            self._settle(self._line)
        lost = [chunk for chunk in self._line if chunk.lost]
        self._renew(lost)
        for chunk in lost:
            if chunk.tries >= TRIES - 1:
                chunk.tries = TRIES - 1  # another one may have killed the worker
                chunk.variants = self._alone(chunk)
        for chunk in lost:
            if chunk.lost:
                self._send(chunk)

    def _alone(self, chunk: _Chunk) -> list[Variant]:
        """The variants of a lost chunk while nothing else is calculated. Pieces of it that kill workers are halved."""
        variants: list[Variant] = []
        left = [chunk]
        while left:
            piece = left.pop()
            self._send(piece)
            while piece.future is not None:
                self._settle([piece])
            if piece.variants is not None:
                variants += piece.variants
                continue
            self._renew([piece])
            if piece.tries < TRIES:
                left.append(piece)
            elif len(piece.ids) == 1:
                variants.append(self._killed(piece))
            else:
                half = len(piece.ids) // 2
                for ids in (piece.ids[half:], piece.ids[:half]):
                    left.append(_Chunk(ids, tries=TRIES - 1 if len(ids) > 1 else 0))
        return variants

    def _renew(self, lost: Iterable[_Chunk]) -> None:
        """Replaces the workers, where the one that was killed has ended them all."""
        if any(isinstance(chunk.error, BrokenExecutor) for chunk in lost):
            self._team.renew()

    def _killed(self, chunk: _Chunk) -> Variant:
        (id,) = chunk.ids
        message = f"its worker was killed {TRIES} times, perhaps for lack of memory"
        if isinstance(chunk.error, MemoryError):
            message = "its worker has too little memory"
        return Variant(id, self._job.set_of(id), {}, fits=False, error=Problem(KILLED, message))


def _cost(error: BaseException | None) -> int:
    """How many tries an error has cost because a worker was killed, or has too little memory; otherwise 0."""
    if isinstance(error, BrokenExecutor):
        return 1
    dask = sys.modules.get("distributed")
    if isinstance(error, MemoryError) or (dask is not None and isinstance(error, dask.KilledWorker)):
        return TRIES  # Dask has tried four workers
    return 0
