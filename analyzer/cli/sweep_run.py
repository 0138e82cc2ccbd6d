"""A sweep at work: variants go into a store, the progress to stderr, and the store answers what was asked."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from analyzer.cli.main import UsageError
from analyzer.cli.output import note
from analyzer.cli.progress import Progress
from analyzer.cli.signals import handled, heeded
from analyzer.cli.sweep_plan import Plan
from analyzer.engine.amounts import AMOUNTS
from analyzer.source import shown
from analyzer.sweeping.asked import check_amounts
from analyzer.sweeping.chunks import ExecutorError
from analyzer.sweeping.find import answers
from analyzer.sweeping.goals import check_goals, value_of
from analyzer.sweeping.result import Found, Move, Swept, Variant
from analyzer.sweeping.run import run
from analyzer.sweeping.sensitivity import moves
from analyzer.sweeping.store import Store
from analyzer.units import memory, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor
    from typing import Any


#: So many variants of bisection, which asks for them again and again, take less time than processes take to start.
_FEW = 200


@contextmanager
def calculated(asked: Any, plan: Plan) -> Iterator[Swept]:
    """The sweep of a plan, calculated; its store is open as long as the result is read.

    Raises `UsageError` for a store that cannot be used, and where workers cannot calculate: what is done is kept.
    """
    with Store.create(asked.store, plan.job, plan.model.name) as store:
        kept = f"what is done is in `{shown(asked.store)}`; the same command goes on from there" if asked.store else ""
        try:
            with _interrupts(), _executor(asked) as executor:
                work = _Work(asked, plan, store, executor)
                with work.progress:
                    found, steps = work.answers()
        except KeyboardInterrupt:
            if kept:
                note(asked, kept)
            raise
        except ExecutorError as error:
            raise UsageError(f"{error}{f'; {kept}' if kept else ''}") from None
        yield _swept(asked, store).but(
            limits=plan.limits,
            found=found if plan.searches else None,
            moves=steps if asked.sensitivity else None,
        )


@contextmanager
def read_back(asked: Any, file: str) -> Iterator[Swept]:
    """The sweep that a store has; raises `FileError` for one that cannot be read, `SettingError` for what it lacks."""
    with Store.open(file) as store:
        check_amounts(asked.amounts or ())
        check_goals(store.axes, asked.minimize, asked.maximize)
        for option in ("amounts", "minimize", "maximize"):
            for name in vars(asked)[option] or ():
                if name in AMOUNTS and name not in store.keys:
                    known = ", ".join(store.keys)
                    raise UsageError(f"`--{option}`: `{file}` has no `{name}`; its amounts are {known}")
        yield _swept(asked, store)


def _swept(asked: Any, store: Store) -> Swept:
    """What is in a store, with the front that is asked for."""
    minimize, maximize = asked.minimize, asked.maximize
    if not (minimize or maximize):  # a store remembers the front that it was made for
        minimize, maximize = store.minimize, store.maximize
    return Swept(
        store.file,
        store.name,
        store.axes,
        asked.amounts or store.shown,
        store.limits,
        store.counts(),
        store.rows,
        minimize,
        maximize,
        store.mark_front(minimize, maximize) if minimize or maximize else None,
        run=store.run,
    )


class _Again:
    """The answers, found again whenever they are read: there may be too many for the memory."""

    def __init__(self, read: Callable[[], Iterator[Found]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[Found]:
        return self._read()


class _Work:
    """What is calculated goes into the store, and the progress shows it."""

    def __init__(self, asked: Any, plan: Plan, store: Store, executor: Executor | None) -> None:
        self._asked, self._plan, self._store, self._executor = asked, plan, store, executor
        self._done = store.counts().variants
        self._best: Variant | None = None
        self._told: list[str] = []
        total = None if plan.bisected else len(plan.order.ids)
        self.progress = Progress(total, done=self._done, quiet=asked.quiet)

    def answers(self) -> tuple[Iterable[Found], Sequence[Move]]:
        """Calculates the variants, and answers `--largest`, `--smallest` and `--sensitivity`."""
        plan, job = self._plan, self._plan.job
        steps = moves(job.evaluator(), job.axes, job.shown) if self._asked.sensitivity else []
        found = _Again(self._found)
        if plan.bisected:
            for _ in found:
                pass
        else:
            self._calculate(plan.order.ids)
        return found, steps

    def _found(self) -> Iterator[Found]:
        """The answers of all questions; their variants are in the store where this is not the first reading."""
        plan = self._plan
        seed = plan.job.seed if plan.bisected else None
        for search in plan.searches:
            yield from answers(plan.order, search, self._variants, limits=plan.limits, seed=seed, tell=self._tell)

    def _calculate(self, ids: Sequence[int], *, few: int = 0) -> None:
        """Calculates the variants that the store does not have; up to `few` of them in this process."""
        missing = self._store.missing(ids)
        workers = 1 if len(missing) <= few else self._asked.workers or 1
        with closing(run(self._plan.job, missing, workers=workers, executor=self._executor)) as chunks:
            for chunk in chunks:
                self._store.add(chunk)
                self._done += len(chunk)
                self.progress.show(self._done, self._best_of(chunk))

    def _variants(self, ids: Sequence[int]) -> Iterable[Variant]:
        """The variants of these numbers; those that the store does not have are calculated."""
        if self._plan.bisected:
            self._calculate(ids, few=_FEW)
        return self._store.some(ids)

    def _best_of(self, chunk: Iterable[Variant]) -> str:
        """The best so far in the first goal of the front, in words; empty without a front."""
        goal = next(iter([*self._asked.minimize, *self._asked.maximize]), None)
        if goal is None:
            return ""
        pick = min if self._asked.minimize else max
        known = [one for one in (self._best, *chunk) if one is not None and one.fits]
        valued = [(value, place) for place, one in enumerate(known) if (value := value_of(one, goal)) is not None]
        if not valued:
            return ""
        value, place = pick(valued)
        self._best = known[place]
        if AMOUNTS.get(goal) == "bytes":
            return f"{goal} {memory(int(value))}"
        return f"{goal} {short(value) if isinstance(value, int) else value}"

    def _tell(self, message: str) -> None:
        """Writes a note between two states of the progress, once."""
        if message not in self._told:
            self._told.append(message)
            self.progress.clear()
            note(self._asked, message)


@contextmanager
def _executor(asked: Any) -> Iterator[Executor | None]:
    """The workers of `--dask`; None where this machine calculates."""
    if asked.dask is None:
        yield None
        return
    from analyzer.sweeping.cluster import connected

    with connected(asked.dask) as executor:
        yield executor


@contextmanager
def _interrupts() -> Iterator[None]:
    """Lets a signal that ends this process raise `KeyboardInterrupt`: the store is closed, and all workers end."""
    before = handled(dict.fromkeys(heeded(), signal.default_int_handler))
    try:
        yield
    finally:
        handled(before)
