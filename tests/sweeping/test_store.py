"""The store of a sweep: what goes in comes out, nothing twice, and what was added is there after `kill -9`."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyzer.loader.parse.description import Limit
from analyzer.loader.parse.file import parse
from analyzer.loader.parse.ranges import Decimals, read_axis
from analyzer.sweeping.evaluate import Job
from analyzer.sweeping.result import Axis, Counts, Problem, Variant
from analyzer.sweeping.store import Store, is_store
from analyzer.units import AtLeast, exact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

TEXT = """\
input: 32x32x3
vars: {width: 20, act: relu}
budget: {macs: 1G}
layers: [conv: {filters: $width, kernel: 8, stride: 2, padding: 1, act: $act}]
"""


def job_over(axes: Sequence[Axis], keys: Sequence[str] = ("params", "macs"), **fields: Any) -> Job:
    """A job of a small model over some axes."""
    return Job("net.yaml", axes, keys, model=parse(TEXT, "net.yaml").model, **fields)


WIDTHS = [Axis("width", range(8, 81, 8)), Axis("act", ["relu", "silu"])]


def variant(id: int, *, params: int | None = None, fits: bool = True) -> Variant:
    """A variant of `WIDTHS`."""
    values = {"width": 8 + id // 2 * 8, "act": ("relu", "silu")[id % 2]}
    return Variant(id, values, {"params": id if params is None else params, "macs": 100 - id}, fits)


def read(path: Path) -> sqlite3.Connection:
    """A store as any program reads it."""
    return sqlite3.connect(path)


def test_the_table_has_the_columns_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    with Store.create(str(path), job_over(WIDTHS), "net") as store:
        store.add(
            [variant(0), Variant(1, {"width": 8, "act": "silu"}, {"params": 5, "macs": 6}, False, ["params", "macs"])]
        )
        store.add(
            [Variant(2, {"width": 16, "act": "relu"}, {}, False, [], Problem("SHAPE201", "the kernel: too large"))]
        )
    database = read(path)
    assert [(name, key) for _, name, _, _, _, key in database.execute("PRAGMA table_info(variant)")] == [
        ("id", 1), ("width", 0), ("act", 0), ("params", 0), ("macs", 0), ("fits", 0), ("breaks", 0), ("error", 0)
    ]  # fmt: skip
    assert database.execute("SELECT * FROM variant").fetchall() == [
        (0, 8, "relu", 0, 100, 1, "", None),
        (1, 8, "silu", 5, 6, 0, "params,macs", None),
        (2, 16, "relu", None, None, 0, "", "SHAPE201: the kernel: too large"),
    ]
    database.close()


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    given = [
        variant(0),
        Variant(3, {"width": 16, "act": "silu"}, {"params": AtLeast(7), "macs": AtLeast(0)}),
        Variant(4, {"width": 24, "act": "relu"}, {"params": None, "macs": 2**63}, False, ["params", "macs"]),
        Variant(9, {"width": 40, "act": "silu"}, {}, False, [], Problem("SHAPE201", "the kernel: \udcff")),
    ]
    path = str(tmp_path / "runs.sqlite")
    with Store.create(path, job_over(WIDTHS), "net") as store:
        store.add([given[3], given[0], given[2], given[1]])
        assert [one.id for one in store.rows()] == [0, 3, 4, 9]
    with Store.open(path) as store:
        found = list(store.rows())
        assert found[:3] == given[:3]
        assert [exact(number) for number in found[1].amounts.values()] == [False, False]
        assert found[3].error == Problem("SHAPE201", "the kernel: \\udcff")  # no text of UTF-8 has half a character
        assert list(store.some([4, 9, 5])) == found[2:]
        assert store.counts() == Counts(4, 2, 1)


VALUES = [
    16, "16", "16.0", 0.5, 1e300, 1, True, False, "True", "", "a\0b", "it's \"quoted\"; DROP TABLE variant", "µ",
    2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 10**40, "10000000000000000000000000000000000000000", "relu\udcff", "true",
    "false", '"true"', "null",
]  # fmt: skip


def test_every_kind_of_value_keeps_its_type(tmp_path: Path) -> None:
    axes = [Axis("width", VALUES)]
    path = str(tmp_path / "runs.sqlite")
    with Store.create(path, job_over(axes, ["params"]), "net") as store:
        store.add(Variant(id, {"width": value}, {"params": 10**id}) for id, value in enumerate(VALUES))
    with Store.open(path) as store:
        rows = list(store.rows())
        assert [row.amounts["params"] for row in rows] == [10**id for id in range(len(VALUES))]
        found = [row.set["width"] for row in rows]
        assert [(type(one), one) for one in found] == [(type(one), one) for one in VALUES]
        assert [(type(one), one) for one in store.axes[0].values] == [(type(one), one) for one in VALUES]


NAMES = [
    "id",
    "fits",
    "params",
    "Params",
    "W",
    "w",
    "set.w",
    'a"b',
    "a'b",
    "",
    "ä",
    "Ä",
    "rowid",
    "a b",
    "select",
    "front",
]


def test_any_name_of_an_axis_has_a_column(tmp_path: Path) -> None:
    axes = [Axis(name, [place]) for place, name in enumerate(NAMES)]
    path = tmp_path / "runs.sqlite"
    given = Variant(0, {name: place for place, name in enumerate(NAMES)}, {"params": 99, "depth": 3})
    with Store.create(str(path), job_over(axes, ["params", "depth"]), "net") as store:
        store.add([given])
    with Store.open(str(path)) as store:
        assert list(store.rows()) == [given]
        assert store.mark_front(["set.params"], ["w"]) == 1
    database = read(path)
    columns = [name for _, name, *_ in database.execute("PRAGMA table_info(variant)")]
    database.close()
    assert columns == [
        "id", "set.id", "set.fits", "set.params", "set.set.Params", "W", "set.w", "set.set.w", 'a"b', "a'b", "", "ä", "set.Ä",
        "rowid", "a b", "select", "set.front", "params", "depth", "fits", "breaks", "error",
    ]  # fmt: skip


def test_a_store_says_what_was_swept(tmp_path: Path) -> None:
    axes = [
        *WIDTHS,
        Axis("rate", Decimals(range(1, 4), 10)),
        Axis("input", ["8x8x3"], True),
        read_axis("drop", "0.1:0.5"),
    ]
    limits = {"params": Limit(None, 5_000_000, "M", None), "peak_training_memory": Limit(1, None, "GiB", None)}
    job = job_over(axes, ["params", "macs"], shown=["params"], limits=limits, random=3, settings={"batch": 8})
    job = job.but(minimize=["params"], maximize=["width"])
    path = str(tmp_path / "runs.sqlite")
    Store.create(path, job, "a net").close()
    with Store.open(path) as store:
        assert (list(store.axes), store.minimize, store.maximize) == (axes, ["params"], ["width"])
        assert (store.file, store.name, store.keys, store.shown) == (
            "net.yaml",
            "a net",
            ["params", "macs"],
            ["params"],
        )
        assert {key: (one.least, one.most, one.unit, one.least_unit) for key, one in store.limits.items()} == {
            "macs": (None, 10**9, "G", "G"),
            "params": (None, 5_000_000, "M", "M"),
            "peak_training_memory": (1, None, "GiB", "GiB"),
        }
        assert store.run == "batch 8"
        assert list(store.rows()) == []
        assert store.counts() == Counts(0, 0, 0)


def test_nothing_is_there_twice_and_what_is_there_is_not_missing(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.sqlite")
    with Store.create(path, job_over(WIDTHS), "net") as store:
        assert store.missing(range(20)) == range(20)
        store.add(map(variant, [3, 4, 7]))
        store.add(map(variant, [4, 5]))
    with Store.create(path, job_over(WIDTHS), "net") as store:
        assert list(store.missing(range(9))) == [0, 1, 2, 6, 8]
        assert [one.id for one in store.rows()] == [3, 4, 5, 7]
        store.add([variant(4, params=77)])
        assert list(store.some([4])) == [variant(4)]


def test_of_many_ids_too(tmp_path: Path) -> None:
    """More than 10,000 are found by reading the table once."""
    axes = [Axis("width", range(30_000))]
    with Store.create(None, job_over(axes), "net") as store:
        ids = range(0, 30_000, 2)
        assert store.missing(ids) is ids
        store.add(Variant(id, {"width": id}, {"params": 1, "macs": 1}) for id in (0, 1, 10, 29_998, 29_999))
        assert list(store.missing(ids)) == [id for id in ids if id not in (0, 10, 29_998)]
        assert [one.id for one in store.some(range(29_000, 30_000))] == [29_998, 29_999]


def test_all_of_a_call_is_added_or_nothing() -> None:
    def broken() -> Any:
        yield variant(0)
        raise KeyboardInterrupt

    with Store.create(None, job_over(WIDTHS), "net") as store:
        store.add([variant(1)])
        with pytest.raises(KeyboardInterrupt):
            store.add(broken())
        assert [one.id for one in store.rows()] == [1]


def test_the_front_is_of_the_variants_that_fit() -> None:
    with Store.create(None, job_over(WIDTHS), "net") as store:
        store.add(
            [variant(0, params=5), variant(2, params=4, fits=False), variant(4, params=2**70), variant(6, params=5)]
        )
        store.add([Variant(7, {"width": 80, "act": "relu"}, {"params": None, "macs": 0})])
        store.add([Variant(8, {"width": 88, "act": "relu"}, {"params": AtLeast(0), "macs": 0})])
        assert store.mark_front(["params"], []) == 2
        assert [one.id for one in store.rows() if one.front] == [0, 6]
        assert store.mark_front([], ["params"]) == 1  # 2^70 of params is more than any number that SQLite has
        assert [(one.id, one.front) for one in store.some([0, 4])] == [(0, False), (4, True)]
        assert store.mark_front(["macs"], ["width"]) == 1
        assert [one.id for one in store.rows() if one.front] == [8]
        assert store.mark_front(["macs", "params"], ["width"]) == 1
        assert [one.id for one in store.rows() if one.front] == [6]
        assert store.mark_front(["act"], []) == 0  # words are no goal
        assert store.mark_front(["params"], []) == 2
        store.add([variant(9)])
        assert not any(one.front for one in store.rows())


def test_a_closed_store_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    with Store.create(str(path), job_over(WIDTHS), "net") as store:
        store.add(map(variant, range(20)))
        rows = store.rows()  # whoever reads it may stop early
        assert next(rows) == variant(0)
    assert os.listdir(tmp_path) == ["runs.sqlite"]
    before = path.read_bytes()
    with Store.open(str(path)) as store:
        assert store.mark_front(["params"], []) == 1
        assert len(list(store.rows())) == 20
    assert os.listdir(tmp_path) == ["runs.sqlite"]
    assert path.read_bytes() == before
    assert is_store(str(path))


def test_others_read_while_a_sweep_writes(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    with Store.create(str(path), job_over(WIDTHS), "net") as store:
        store.add([variant(0)])
        with Store.open(str(path)) as reader:
            rows = reader.rows()
            assert next(rows) == variant(0)
            store.add([variant(1)])
            assert list(rows) == []
            assert [one.id for one in reader.rows()] == [0, 1]
        store.add([variant(2)])
    with Store.open(str(path)) as store:
        assert store.counts().variants == 3


#: Adds variants until it is killed, and says after each call how many there are.
WRITER = """
import sys
sys.path[:0] = {path!r}
from test_store import WIDTHS, Store, job_over, variant
store = Store.create(sys.argv[1], job_over(WIDTHS), "net")
for id in store.missing(range(10**6)):
    store.add([variant(id)])
    print(id, flush=True)
"""


def writer(path: Path) -> subprocess.Popen[str]:
    """A process that writes a store."""
    code = WRITER.format(path=[str(Path(__file__).parent), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no kill -9")
def test_what_was_added_is_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    done = -1
    for round in range(3):
        process = writer(path)
        assert process.stdout is not None
        assert int(process.stdout.readline()) == done + 1, "it begins with the first one that is missing"
        for _ in range(40 * round + 5):
            done = int(process.stdout.readline())
        process.kill()
        rest = process.stdout.read().split()
        done = int(rest[-1]) if rest else done
        process.communicate()
        with Store.open(str(path)) as store:  # what a process that was killed has left can be read
            ids = [one.id for one in store.rows()]
        assert os.listdir(tmp_path) == ["runs.sqlite"]
        assert ids in (list(range(done + 1)), list(range(done + 2)))  # one may be added and not said
        done = ids[-1]
    with Store.create(str(path), job_over(WIDTHS), "net") as store:
        assert list(store.missing(range(done + 3))) == [done + 1, done + 2]
    assert os.listdir(tmp_path) == ["runs.sqlite"]
    database = read(path)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("SELECT count(*), count(DISTINCT id) FROM variant").fetchall() == [(done + 1, done + 1)]
    database.close()
