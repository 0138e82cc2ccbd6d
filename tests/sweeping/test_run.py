"""Variants in this process, in processes, and with executors: their order, their chunks, and workers that die."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from jobs import Deadly, Greedy, Placed, Squares, Stillborn, times

from analyzer import __version__
from analyzer.sweeping.chunks import Chunks, ExecutorError, calculate
from analyzer.sweeping.result import Problem, Variant
from analyzer.sweeping.run import run

KILLED = Problem("RUN104", "its worker was killed 3 times, perhaps for lack of memory")


def areas(chunks: Iterable[list[Variant]]) -> list[tuple[int, int | None]]:
    """The id and the amount of each variant; None for one that is wrong."""
    return [(one.id, one.amounts.get("area")) for chunk in chunks for one in chunk]


def squares(ids: Iterable[int], *, without: Iterable[int] = ()) -> list[tuple[int, int | None]]:
    return [(id, None if id in without else id * id) for id in ids]


class Counting(ThreadPoolExecutor):
    """Counts the calls that were submitted and are not done, and keeps their arguments."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.lock = threading.Lock()
        self.flying = self.most = 0
        self.calls: list[tuple[Any, ...]] = []

    def submit(self, function: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        with self.lock:
            self.flying += 1
            self.most = max(self.most, self.flying)
            if function is not resolve_name:
                self.calls.append(values)
        future = super().submit(function, *values, **named)
        future.add_done_callback(self.landed)
        return future

    def landed(self, _: object) -> None:
        with self.lock:
            self.flying -= 1


SHUFFLED = random.Random(3).sample(range(10_000), 500)


@pytest.mark.parametrize("ids", [range(1000), SHUFFLED, [7], []], ids=["a range", "any order", "one", "none"])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_variants_come_in_the_order_of_their_ids(ids: list[int], workers: int) -> None:
    assert areas(run(Squares(), ids, workers=workers)) == squares(ids)


def test_ids_may_be_an_iterator_of_unknown_length() -> None:
    assert areas(run(Squares(), iter(SHUFFLED), workers=2)) == squares(SHUFFLED)


def test_processes_share_few_variants() -> None:
    found = [one for chunk in run(Placed(seconds=0.1), range(8), workers=2) for one in chunk]
    assert [one.id for one in found] == list(range(8))
    by_process: dict[Any, int] = {}
    for one in found:
        by_process[one.amounts["process"]] = by_process.get(one.amounts["process"], 0) + 1
    assert os.getpid() not in by_process
    assert sorted(by_process.values()) in ([3, 5], [4, 4])


@pytest.mark.parametrize("size", [1, 2, 5])
def test_threads_calculate_in_order_and_few_chunks_are_under_way(size: int) -> None:
    with Counting(size) as executor:
        assert areas(run(Squares(seconds=0.0005), range(2000), executor=executor)) == squares(range(2000))
    assert executor.most == 2 * size


def test_a_slow_chunk_stops_no_worker_until_eight_chunks_for_each_are_kept() -> None:
    gate = threading.Event()

    class Slow(Counting):
        """Answers at once, but for the first chunk, which waits for the gate."""

        def submit(self, function: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
            if function is resolve_name:
                return super().submit(function, *values)
            return super().submit(self.answer, values[2])

        def answer(self, ids: list[int]) -> tuple[str, list[Variant], float]:
            assert ids[0] != 0 or gate.wait(20)
            return __version__, [Squares().of(id) for id in ids], 1.0

    with Slow(2) as executor:
        timer = threading.Timer(1, gate.set)
        timer.start()
        chunks = run(Squares(), range(200), executor=executor)
        first = next(chunks)
        assert gate.is_set()
        assert len(executor.calls) == 16
        assert areas([first, *chunks]) == squares(range(200))


def test_a_job_is_sent_once_to_each_worker() -> None:
    with Counting(3) as executor:
        assert areas(run(Squares(key="sent", seconds=0.002), range(300), executor=executor)) == squares(range(300))
    sent = [job for _, _, _, job in executor.calls if job is not None]
    assert 1 <= len(sent) <= 2 * 3  # those that were under way when a worker did not know it yet
    assert all(key == "sent" and len(ids) >= 1 for key, _, ids, _ in executor.calls)


def test_a_worker_keeps_few_jobs() -> None:
    jobs = [Squares(key=f"kept{number}") for number in range(6)]
    for job in jobs:
        assert calculate(job.key, __version__, [3], pickle.dumps(job))[1] == [job.of(3)]
    known = [calculate(job.key, __version__, [3])[1] is not None for job in jobs]
    assert known == [False, False, True, True, True, True]


def test_chunks_grow_to_a_second_and_shrink_at_the_end() -> None:
    chunks = Chunks(range(5000), 2)
    sizes = []
    while ids := chunks.take():
        sizes.append(len(ids))
        chunks.learn(len(ids), len(ids) / 500)  # 500 variants a second
    assert sum(sizes) == 5000
    assert sizes[:6] == [1, 4, 16, 64, 256, 500]
    assert max(sizes) == 500
    assert sizes[-3:] == sorted(sizes[-3:], reverse=True)
    assert sizes[-2] == 25  # a twentieth of a second


def test_chunks_follow_variants_that_become_slower() -> None:
    chunks = Chunks(range(10**9), 2)
    for _ in range(20):
        chunks.learn(len(chunks.take()), 0.1)
    fast = len(chunks.take())
    for _ in range(20):
        size = len(chunks.take())
        chunks.learn(size, size / 50)
    assert fast > 500
    assert len(chunks.take()) == 50


def test_one_variant_that_kills_its_worker_is_wrong_and_the_others_are_right(tmp_path: Path) -> None:
    job = Deadly(marks=str(tmp_path), deadly=(77,))
    found = [one for chunk in run(job, range(200), workers=2) for one in chunk]
    assert areas([found]) == squares(range(200), without=[77])
    assert found[77] == Variant(77, {"side": 77}, {}, fits=False, error=KILLED)
    assert 3 <= times(tmp_path, 77) <= 3 + 8 + 3  # the chunk, its halves, the variant


def test_neighbours_that_kill_their_workers_and_the_first_and_the_last_one(tmp_path: Path) -> None:
    deadly = (0, 40, 41, 99)
    job = Deadly(marks=str(tmp_path), deadly=deadly)
    found = [one for chunk in run(job, range(100), workers=2) for one in chunk]
    assert areas([found]) == squares(range(100), without=deadly)
    assert [one.id for one in found if one.error == KILLED] == list(deadly)


@pytest.mark.parametrize("kills", [1, 2])
def test_a_worker_that_is_killed_by_chance_loses_nothing(tmp_path: Path, kills: int) -> None:
    job = Deadly(marks=str(tmp_path), deadly=(50,), at_most=kills)
    assert areas(run(job, range(100), workers=2)) == squares(range(100))
    assert times(tmp_path, 50) == kills


def test_too_little_memory_for_one_variant() -> None:
    with ThreadPoolExecutor(2) as executor:
        found = [one for chunk in run(Greedy(key="greedy", greedy=30), range(60), executor=executor) for one in chunk]
    assert areas([found]) == squares(range(60), without=[30])
    assert found[30].error == Problem("RUN104", "its worker has too little memory")


def test_processes_that_do_not_start_are_no_reason_to_try_for_ever() -> None:
    with pytest.raises(ExecutorError, match=r"^the 2 worker processes end before they calculate anything"):
        list(run(Stillborn(), range(10), workers=2))
    assert not multiprocessing.active_children()


def test_a_script_that_does_not_ask_whether_it_is_the_main_module(tmp_path: Path) -> None:
    """Each worker imports the script, which starts workers again."""
    script = tmp_path / "script.py"
    script.write_text(
        "from jobs import Squares\nfrom analyzer.sweeping.run import run\nlist(run(Squares(), range(9), workers=2))\n"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 1
    said = 'ExecutorError: the 2 worker processes end before they calculate anything; a script needs `if __name__ == "__main__":`'
    assert said in done.stderr


def test_an_executor_that_breaks_ends_the_sweep_and_what_came_before_is_right(tmp_path: Path) -> None:
    job = Deadly(key="broken", marks=str(tmp_path), deadly=(60,))
    found: list[Variant] = []
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        chunks = run(job, range(100), executor=executor)
        with pytest.raises(ExecutorError, match="the executor has lost a worker, and takes no more work"):
            found.extend(one for chunk in chunks for one in chunk)
    assert found
    assert areas([found]) == squares(range(len(found)))


def test_an_executor_that_was_shut_down() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(ExecutorError, match="takes no work: cannot schedule new futures after shutdown"):
        list(run(Squares(), range(3), executor=executor))


def test_an_executor_that_cancels_the_work() -> None:
    class Cancels(Executor):
        def submit(self, function: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(ExecutorError, match="has cancelled the work: it was shut down, or it lost its scheduler"):
        list(run(Squares(), range(10), executor=Cancels()))


def test_a_mistake_in_our_code_comes_out_as_it_is() -> None:
    class Wrong(Squares):
        def of(self, id: int) -> Variant:
            raise ZeroDivisionError(f"at {id}")

    class Here(Executor):
        def submit(self, function: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(ZeroDivisionError("at 1"))
            return future

    with pytest.raises(ZeroDivisionError, match="at 1"):
        list(run(Wrong(), [1, 2], workers=1))
    with pytest.raises(ZeroDivisionError, match="at 1"):
        list(run(Squares(), [1, 2], executor=Here()))


def test_a_worker_of_another_version_is_refused_before_it_reads_the_job() -> None:
    assert calculate("any", "0.0.9", [1], b"what another version has pickled") == (__version__, None, 0.0)


@pytest.mark.parametrize("late", [False, True])
def test_another_version_is_refused_at_the_start_and_where_its_worker_comes_later(late: bool) -> None:
    class Old(ThreadPoolExecutor):
        def submit(self, function: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
            if function is resolve_name:
                return super().submit(lambda: __version__ if late else "0.0.9")
            return super().submit(lambda: ("0.0.9", None, 0.0))

    with (
        Old(2) as executor,
        pytest.raises(ExecutorError, match=f"a worker has analyzer 0.0.9, and this is {__version__}; both need"),
    ):
        list(run(Squares(), range(10), executor=executor))


def test_workers_without_analyzer_are_not_asked_to_calculate() -> None:
    class Without(ThreadPoolExecutor):
        def submit(self, function: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
            assert function is resolve_name
            return super().submit(function, "no_such_package:__version__")

    with (
        Without(2) as executor,
        pytest.raises(
            ExecutorError, match=f"^workers need analyzer {__version__}, and .*No module named 'no_such_package'$"
        ),
    ):
        list(run(Squares(), range(10), executor=executor))


def test_no_process_is_left_where_the_sweep_is_not_read_to_its_end() -> None:
    chunks = run(Squares(seconds=0.05), range(10_000), workers=2)
    assert next(chunks)[0].id == 0
    assert len(multiprocessing.active_children()) == 2
    began = time.monotonic()
    chunks.close()  # type: ignore[attr-defined]  # it is a generator
    assert not multiprocessing.active_children()
    assert time.monotonic() - began < 2


#: Sweeps for a minute with two processes, and says which variants it has, and how it ends.
SCRIPT = """
import sys
from jobs import Placed
from analyzer.sweeping.run import run
if __name__ == "__main__":
    try:
        for chunk in run(Placed(seconds=0.02), range(6000), workers=2):
            for one in chunk:
                print(one.id, one.amounts["process"], flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def heeds_interrupts() -> None:
    """A child inherits ignored interrupts, and a shell's job in the background ignores them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def sweeping(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that sweeps, in a group of its own."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env={**os.environ, "PYTHONPATH": path}, preexec_fn=heeds_interrupts,
    ) as process:  # fmt: skip
        yield process
        process.kill()


def read(process: subprocess.Popen[str], lines: int) -> tuple[list[int], set[int]]:
    """The ids and the processes of the next variants."""
    assert process.stdout is not None
    pairs = [tuple(map(int, process.stdout.readline().split())) for _ in range(lines)]
    return [id for id, _ in pairs], {pid for _, pid in pairs}


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended, and that nobody has asked about, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ended(pids: set[int]) -> bool:
    """Whether these processes end within two seconds."""
    until = time.monotonic() + 2
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_alive, pids))


on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc which processes run")


@on_linux
def test_an_interrupt_ends_all_processes_without_a_word_of_theirs(sweeping: subprocess.Popen[str]) -> None:
    ids, workers = read(sweeping, 30)
    assert ids == list(range(30))
    assert len(workers) == 2
    os.killpg(sweeping.pid, signal.SIGINT)  # as a terminal does
    out, said = sweeping.communicate(timeout=3)
    assert out.split()[-1] == "interrupted"
    assert said == ""
    assert ended(workers)


@on_linux
@pytest.mark.parametrize("after", [0.0, 0.05, 0.1])
def test_an_interrupt_while_processes_start(sweeping: subprocess.Popen[str], after: float) -> None:
    """They do not ignore the signal yet: with it, they would die with a traceback, or without a word."""
    children = Path(f"/proc/{sweeping.pid}/task/{sweeping.pid}/children")
    until = time.monotonic() + 10
    while len(found := children.read_text().split()) < 3 and time.monotonic() < until:  # with the resource tracker
        time.sleep(0.002)
    time.sleep(after)
    os.killpg(sweeping.pid, signal.SIGINT)
    out, said = sweeping.communicate(timeout=3)
    assert out.split()[-1] == "interrupted"
    assert said == ""
    assert len(found) >= 3
    assert ended(set(map(int, found)))


@on_linux
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM"])
def test_workers_end_with_the_process_that_started_them(sweeping: subprocess.Popen[str], how: str) -> None:
    _, workers = read(sweeping, 30)
    os.kill(sweeping.pid, getattr(signal, how))
    sweeping.wait(timeout=3)
    assert ended(workers)
