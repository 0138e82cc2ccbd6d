"""`analyzer sweep`: hand calculations, exit codes, stores and what is said where nothing fits."""

import json
import sqlite3
from pathlib import Path

import pytest

from analyzer.cli.main import guarded

#: (8·8·3 + 1) = 193 parameters for each filter, and 192 · 14·14 = 37,632 MACs.
NET = """\
input: 32x32x3
vars: {width: 20, kernel: 8}
layers:
  - conv: {filters: $width, kernel: $kernel, stride: 2, padding: 1}
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    return "net.yaml"


def swept(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, object]:
    """The JSON of a sweep that ends with an exit code."""
    assert guarded(["sweep", *arguments, "--format", "json"]) == code
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_every_combination_in_the_order_of_their_numbers(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The last axis is the fastest; with a kernel of 6 there are 109 parameters for each filter, at 15·15 positions."""
    found = swept(capsys, net, "--set", "width=10:20:10", "--set", "kernel=6,8")
    assert found == {
        "format": 1,
        "file": "net.yaml",
        "axes": {"width": [10, 20], "kernel": [6, 8]},
        "amounts": ["params", "macs"],
        "counts": {"variants": 4, "fit": 4, "wrong": 0},
        "variants": [
            {"id": 0, "set": {"width": 10, "kernel": 6}, "params": 1090, "macs": 108 * 225 * 10, "fits": True, "breaks": []},
            {"id": 1, "set": {"width": 10, "kernel": 8}, "params": 1930, "macs": 376320, "fits": True, "breaks": []},
            {"id": 2, "set": {"width": 20, "kernel": 6}, "params": 2180, "macs": 108 * 225 * 20, "fits": True, "breaks": []},
            {"id": 3, "set": {"width": 20, "kernel": 8}, "params": 3860, "macs": 752640, "fits": True, "breaks": []},
        ],
    }  # fmt: skip


def test_limits_the_largest_and_the_front(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    """193 · 25 = 4,825 parameters fit into 5K, 193 · 26 = 5,018 do not. All that fit are on the front of width against params."""
    found = swept(
        capsys, net, "--set", "width=24:27", "--budget", "params=5K", "--largest", "width",
        "--minimize", "params", "--maximize", "width", "--amounts", "params",
    )  # fmt: skip
    assert [(one["fits"], one["breaks"], one["front"]) for one in found["variants"]] == [
        (True, [], True), (True, [], True), (False, ["params"], False), (False, ["params"], False),
    ]  # fmt: skip
    assert found["amounts"] == ["params"]
    assert found["found"] == [{"set": {}, "value": 25, "params": 4825, "next": {"value": 26, "breaks": ["params"]}}]


def test_axes_of_the_file_hold_until_they_are_replaced(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(net).write_text(NET + "sweep: {width: 1:3, kernel: [6, 8]}\n")
    assert swept(capsys, net)["counts"] == {"variants": 6, "fit": 6, "wrong": 0}
    assert swept(capsys, net, "--set", "width=7")["axes"] == {"width": [7], "kernel": [6, 8]}


def test_volumes_are_an_axis(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = swept(capsys, net, "--input", "32x32x3,64x64x3")
    assert [(one["set"], one["macs"]) for one in found["variants"]] == [
        ({"input": "32x32x3"}, 752640),
        ({"input": "64x64x3"}, 192 * 30 * 30 * 20),
    ]


def test_random_variants_depend_on_the_seed_alone(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = [
        [one["id"] for one in swept(capsys, net, "--set", "width=1:1000", "--random", "5", *more)["variants"]]
        for more in ((), (), ("--seed", "1"))
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 5


def test_an_expect_that_fails_is_no_mistake(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(net).write_text(NET.rstrip("\n") + "\n    expect: 14x14x20\n")
    assert swept(capsys, net, "--set", "width=1:3")["counts"] == {"variants": 3, "fit": 3, "wrong": 0}


def test_nothing_fits(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    """193 · 10 = 1,930 parameters are 930 more than 1K."""
    assert guarded(["sweep", net, "--set", "width=10:20", "--budget", "params=1K"]) == 1
    error = capsys.readouterr().err
    assert "`params` is 1.93K, 0.93K (93.0 %) over its budget of 1K" in error
    assert "width" in error


def test_every_variant_is_wrong(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["sweep", net, "--set", "kernel=40:50:10", "--quiet"]) == 1
    error = capsys.readouterr().err
    assert "net.yaml:4:5" in error
    assert "none of the 2 variants is a network; the mistakes above are those of kernel 40" in error


def test_the_limits_of_a_file_can_be_left_out(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(net).write_text(NET + "budget: {params: 1K, macs: 1M}\n")
    assert swept(capsys, net, "--set", "width=20", code=1)["variants"][0]["breaks"] == ["params"]
    assert swept(capsys, net, "--set", "width=20", "--budget", "none")["variants"][0]["fits"] is True
    found = swept(capsys, net, "--set", "width=20", "--budget", "none", "--budget", "macs=1K", code=1)
    assert found["variants"][0]["breaks"] == ["macs"]


def test_a_store_keeps_every_variant_and_goes_on(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = [
        "sweep",
        net,
        "--set",
        "width=1:5",
        "--budget",
        "params=600",
        "--maximize",
        "params",
        "-o",
        "runs.sqlite",
    ]
    assert guarded(command) == 0
    first = capsys.readouterr().out
    assert "width" in first
    with sqlite3.connect("runs.sqlite") as store:
        columns = [row[1] for row in store.execute("PRAGMA table_info(variant)")]
        assert columns == ["id", "width", "params", "macs", "fits", "breaks", "error"]
        assert store.execute(
            "SELECT width, params, fits, breaks, error FROM variant WHERE id IN (2, 3)"
        ).fetchall() == [
            (3, 579, 1, "", None),
            (4, 772, 0, "params", None),
        ]
        store.execute("DELETE FROM variant WHERE id > 1")  # as if it had been interrupted
    assert guarded(command) == 0
    assert capsys.readouterr().out == first
    assert guarded(["sweep", "runs.sqlite"]) == 0
    assert capsys.readouterr().out == first
    found = swept(capsys, "runs.sqlite", "--minimize", "macs")
    assert [one["id"] for one in found["variants"] if one["front"]] == [0]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (["--set", "width=1:6"], "axes"),
        (["--set", "width=1:5", "--amounts", "params"], "amounts"),
        (["--set", "width=1:5", "--budget", "params=5K"], "limits"),
        (["--set", "width=1:5", "--batch", "2"], "run"),
    ],
)
def test_the_store_of_another_sweep_is_left_as_it_is(
    net: str, change: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(["sweep", net, "--set", "width=1:5", "-o", "runs.sqlite", "--quiet"]) == 0
    before = Path("runs.sqlite").read_bytes()
    capsys.readouterr()
    assert guarded(["sweep", net, *change, "-o", "runs.sqlite"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert part in said.err
    assert Path("runs.sqlite").read_bytes() == before


def test_a_model_is_never_the_store(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.sqlite").write_text(NET)
    assert guarded(["sweep", "net.sqlite", "--set", "width=1:5", "-o", "net.sqlite"]) == 2
    assert Path("net.sqlite").read_text() == NET


def test_processes_calculate_the_same(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    alone = swept(capsys, net, "--set", "width=1:40")
    assert swept(capsys, net, "--set", "width=1:40", "--workers", "2") == alone


def test_what_is_no_network_and_no_store_is_named(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect("other.sqlite") as database:
        database.execute("CREATE TABLE other (a)")
    assert guarded(["sweep", "other.sqlite"]) == 2
    assert "`other.sqlite` is a SQLite database, which analyzer does not read" in capsys.readouterr().err


def test_a_store_answers_no_question_about_a_model(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["sweep", net, "--set", "width=1:5", "-o", "runs.sqlite", "--quiet"]) == 0
    for arguments, said in (
        (["--set", "width=3"], "`--set` is for a model file"),
        (["-o", "runs.sqlite"], "is a store already"),
        (["-o", "copy.db"], "is a store already"),
        (["--amounts", "depth"], "has no `depth`; its amounts are params, macs"),
        (["--minimize", "layers"], "has no `layers`; its amounts are params, macs"),
    ):
        capsys.readouterr()
        assert guarded(["sweep", "runs.sqlite", *arguments]) == 2
        assert said in capsys.readouterr().err


def test_doubts_about_the_network_are_told(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("plane.yaml").write_text("input: 32x32\nvars: {width: 1}\nlayers: [conv: {filters: $width, kernel: 3}]\n")
    assert guarded(["sweep", "plane.yaml", "--set", "width=1:3"]) == 0
    assert "warning[CHECK111]" in capsys.readouterr().err
    assert guarded(["sweep", "plane.yaml", "--set", "width=1:3", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_a_run_that_suits_no_variant_is_refused_before_one_is_calculated(
    net: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, said in (
        (["--batch", "7", "--ranks", "2"], "a batch of 7 does not divide among 2 ranks; 6 and 8 do"),
        (["--ranks", "2", "--strategy", "single"], "the strategy `single` is one device, not 2 ranks"),
    ):
        assert guarded(["sweep", net, "--set", "width=1:3", "--amounts", "peak_training_memory", *arguments]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert said in told.err
