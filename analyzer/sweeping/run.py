"""Calculates the variants of a sweep: in this process, in processes of its own, or with any executor."""

from __future__ import annotations

from time import perf_counter

from analyzer.sweeping.chunks import Chunks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from concurrent.futures import Executor

    from analyzer.sweeping.chunks import Job
    from analyzer.sweeping.result import Variant


def run(
    job: Job, ids: Iterable[int], *, workers: int = 1, executor: Executor | None = None
) -> Generator[list[Variant], None, None]:
    """The variants with these ids, in the same order, in chunks of about a second.

    More than one of `workers` are processes of this machine. With an `executor` its workers calculate: threads,
    processes, those of MPI, or of Dask's `client.get_executor()`. Where the iterator is closed, or an exception comes
    out of it, the processes have ended. Raises `ExecutorError` where workers cannot calculate; what came out before is
    right.
    """
    if executor is None and workers == 1:
        return _here(job, ids)
    from analyzer.sweeping.spread import spread  # it imports multiprocessing

    return spread(job, ids, workers, executor)


def _here(job: Job, ids: Iterable[int]) -> Generator[list[Variant], None, None]:
    evaluator = job.evaluator()
    chunks = Chunks(ids, 1)
    while taken := chunks.take():
        began = perf_counter()
        variants = [evaluator.of(id) for id in taken]
        chunks.learn(len(taken), perf_counter() - began)
        yield variants
