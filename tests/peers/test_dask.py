"""Sweeps on Dask: a cluster in this process, and a scheduler with two workers, each of which may be killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: no sweep runs on it")

import distributed

sys.path.insert(0, str(Path(__file__).parents[1] / "sweeping"))

from jobs import Deadly, Placed, Squares, times

from analyzer.sweeping.chunks import ExecutorError
from analyzer.sweeping.cluster import connected
from analyzer.sweeping.result import Variant
from analyzer.sweeping.run import run

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start("scheduler", "--host", self.address, "--no-dashboard")

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        return self.start("worker", self.address, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard", *options)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(Path(__file__).parents[1] / "sweeping"), str(Path(__file__).parents[2])])
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, "PYTHONPATH": path}, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            try:
                os.killpg(process.pid, 9)  # with a nanny's worker
            except ProcessLookupError:
                pass
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    yield made
    made.end()


def areas(variants: list[Variant]) -> list[int | None]:
    return [one.amounts.get("area") for one in variants]


def workers_of(variants: list[Variant]) -> set[int | None]:
    return {one.amounts["process"] for one in variants}


def test_a_cluster_in_this_process() -> None:
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        found = [
            one for chunk in run(Squares(seconds=0.001), range(500), executor=client.get_executor()) for one in chunk
        ]
    assert [one.id for one in found] == list(range(500))
    assert areas(found) == [id * id for id in range(500)]


def test_a_worker_that_is_killed_loses_nothing(cluster: Cluster) -> None:
    first, _ = cluster.worker("--no-nanny"), cluster.worker("--no-nanny")
    found: list[Variant] = []
    with connected(cluster.address) as executor:
        until(lambda: len(executor._client.nthreads()) == 2)  # type: ignore[attr-defined]  # Dask's
        for chunk in run(Placed(seconds=0.005), range(1500), executor=executor):
            found += chunk
            if len(found) > 300 and first.poll() is None:
                first.kill()
                assert len(workers_of(found)) == 2
    assert first.wait() == -9
    assert [one.id for one in found] == list(range(1500))
    assert areas(found) == [id * id for id in range(1500)]


def test_a_variant_that_kills_its_workers_is_wrong(cluster: Cluster, tmp_path: Path) -> None:
    for _ in range(2):
        cluster.worker("--nanny")
    with connected(cluster.address) as executor:
        until(lambda: len(executor._client.nthreads()) == 2)  # type: ignore[attr-defined]  # Dask's
        job = Deadly(marks=str(tmp_path), deadly=(5,))
        found = [one for chunk in run(job, range(8), executor=executor) for one in chunk]
    assert areas(found) == [None if id == 5 else id * id for id in range(8)]
    assert found[5].error is not None
    assert found[5].error.code == "RUN104"
    assert times(tmp_path, 5) >= 4  # Dask itself tries four workers


def test_a_scheduler_that_is_killed_ends_the_sweep_with_one_line(
    cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        cluster.worker("--no-nanny")
    found: list[Variant] = []

    def sweep() -> None:
        with connected(cluster.address) as executor:
            for chunk in run(Placed(seconds=0.01), range(3000), executor=executor):
                found.extend(chunk)
                if len(found) > 100:
                    cluster.scheduler.kill()

    with pytest.raises(ExecutorError) as caught:
        sweep()
    assert str(caught.value) == f"the Dask scheduler at `{cluster.address}` no longer answers"
    assert 100 < len(found) < 3000
    assert areas(found) == [id * id for id in range(len(found))]
    assert capfd.readouterr() == ("", "")


def test_an_address_where_nobody_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"  # it accepts a connection, and says nothing
        began = time.monotonic()
        with pytest.raises(ExecutorError) as caught, connected(address):
            pass
    assert str(caught.value) == f"no Dask scheduler answers at `{address}` within 5 s"
    assert time.monotonic() - began < 7


def test_what_is_no_address() -> None:
    with pytest.raises(ExecutorError, match="`here` is no address of a Dask scheduler, such as `tcp://") as caught:
        connected("here").__enter__()
    assert "\n" not in str(caught.value)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    assert holds()
