"""Sweeps on Dask: a cluster in this process, and a scheduler with two workers, each of which may be killed."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: no sweep runs on it")

import distributed

sys.path.insert(0, str(Path(__file__).parents[1] / "sweeping"))

from jobs import Deadly, Placed, Squares, times

from analyzer import __version__
from analyzer.sweeping.chunks import ExecutorError
from analyzer.sweeping.cluster import connected
from analyzer.sweeping.result import Variant
from analyzer.sweeping.run import run

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]


NET = """\
input: 32x32x3
vars: {width: 20}
layers:
  - conv: {filters: $width, kernel: 8, stride: 2, padding: 1}
"""


ROOT = Path(__file__).parents[2]
JOBS = ROOT / "tests" / "sweeping"


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start("scheduler", "--host", self.address, "--no-dashboard")

    def worker(self, *options: str, first: str = "") -> subprocess.Popen[bytes]:
        """A worker; what is in the folder `first` is imported before anything else of its name."""
        words = "worker", self.address, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard", *options
        return self.start(*words, first=first)

    def start(self, *words: str, first: str = "") -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, [first, str(JOBS), str(ROOT)]))
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, "PYTHONPATH": path}, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def wait(self, workers: int = 1) -> None:
        """Waits until so many workers have told the scheduler that they are there."""
        with distributed.Client(self.address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)

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
    cluster.wait(2)
    found: list[Variant] = []
    with connected(cluster.address) as executor:
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
    cluster.wait(2)
    with connected(cluster.address) as executor:
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
    cluster.wait(2)
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


def test_a_command_goes_on_after_a_worker_and_the_scheduler_were_killed(cluster: Cluster, tmp_path: Path) -> None:
    """A filter of 8×8×3 has 193 parameters."""
    (tmp_path / "net.yaml").write_text(NET)
    workers = [cluster.worker("--no-nanny") for _ in range(2)]
    cluster.wait(2)
    line = ["sweep", "net.yaml", "--set", "width=1:6000", "--amounts", "params", "-o", "runs.sqlite"]
    process = command(tmp_path, *line, "--dask", cluster.address)
    until(lambda: len(stored(tmp_path)) > 100)
    workers[0].kill()
    before = len(stored(tmp_path))
    until(lambda: len(stored(tmp_path)) > before)
    cluster.scheduler.kill()
    out, said = process.communicate(timeout=20)
    kept = "what is done is in `runs.sqlite`; the same command goes on from there"
    assert said == f"analyzer: the Dask scheduler at `{cluster.address}` no longer answers; {kept}\n"
    assert (process.returncode, out) == (2, "")
    done = stored(tmp_path)
    assert done == [(width, 193 * width) for width in range(1, len(done) + 1)]
    assert before < len(done) < 6000
    again = command(tmp_path, *line)
    assert again.communicate(timeout=60)[1] == ""
    assert again.returncode == 0
    assert stored(tmp_path) == [(width, 193 * width) for width in range(1, 6001)]


def command(folder: Path, *words: str) -> subprocess.Popen[str]:
    """The command, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "analyzer", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def stored(folder: Path) -> list[tuple[int, int]]:
    """The width and the parameters of what is in the store."""
    if not (folder / "runs.sqlite").exists():
        return []
    with contextlib.closing(sqlite3.connect(folder / "runs.sqlite")) as database:
        try:
            return list(database.execute("SELECT width, params FROM variant ORDER BY id"))
        except sqlite3.OperationalError:  # it is being made
            return []


def test_a_worker_of_another_version_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import analyzer\nanalyzer.__version__ = '0.0.9'\n")
    cluster.worker("--no-nanny", first=str(tmp_path))
    cluster.wait()
    with (
        connected(cluster.address) as executor,
        pytest.raises(
            ExecutorError, match=f"a worker has analyzer 0.0.9, and this is {__version__}; both need the same"
        ),
    ):
        list(run(Squares(), range(10), executor=executor))


def test_a_worker_without_analyzer_is_refused_and_lives(cluster: Cluster, tmp_path: Path) -> None:
    """Dask's worker ends where it cannot import a function that it is sent."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "analyzer.py").write_text("")
    worker = cluster.worker("--no-nanny", first=str(other))
    cluster.wait()
    with (
        connected(cluster.address) as executor,
        pytest.raises(ExecutorError, match=f"workers need analyzer {__version__}, and so does the scheduler of Dask"),
    ):
        list(run(Squares(), range(10), executor=executor))
    assert worker.poll() is None


def test_a_scheduler_without_analyzer(tmp_path: Path) -> None:
    (tmp_path / "analyzer.py").write_text("")  # in the current folder of its processes
    cluster = Cluster(tmp_path)
    cluster.worker("--no-nanny", first=str(ROOT))
    try:
        cluster.wait()
        with (
            connected(cluster.address) as executor,
            pytest.raises(
                ExecutorError, match=f"workers need analyzer {__version__}, and so does the scheduler of Dask"
            ),
        ):
            list(run(Squares(), range(10), executor=executor))
    finally:
        cluster.end()


def test_a_scheduler_without_workers(cluster: Cluster) -> None:
    began = time.monotonic()
    with pytest.raises(ExecutorError) as caught, connected(cluster.address):
        pass
    assert str(caught.value) == f"the Dask scheduler at `{cluster.address}` has no workers"
    assert time.monotonic() - began < 15


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


@pytest.mark.parametrize(
    ("address", "called"), [("here", "`here`"), ("", "an empty text"), ("http://127.0.0.1:80", "`http://127.0.0.1:80`")]
)
def test_what_is_no_address(address: str, called: str) -> None:
    with pytest.raises(ExecutorError) as caught, connected(address):
        pass
    said = str(caught.value)
    assert said.startswith(f"{called} is no address of a Dask scheduler, such as `tcp://127.0.0.1:8786`")
    assert "\n" not in said


def test_another_server() -> None:
    """Dask reads the first 8 bytes of an answer as how much follows."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        with pytest.raises(ExecutorError) as caught, connected(address):
            pass
    assert str(caught.value) == f"what answers at `{address}` is no Dask scheduler"


def answer(server: socket.socket) -> None:
    """Answers one connection as a server of another kind does."""
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)
        connection.recv(1 << 16)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    assert holds()
