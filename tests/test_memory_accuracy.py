"""docs/memory.md is what benchmarks/memory_accuracy.py makes, and its limits are kept and can be missed; no framework is needed."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.engine.memory.work import operations_of
from analyzer.loader.expand.expansion import expand

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import memory_accuracy as accuracy  # noqa: E402


def test_the_page_is_up_to_date() -> None:
    kept = accuracy.PAGE.read_text("utf-8")
    assert kept == accuracy.page(kept), "python benchmarks/memory_accuracy.py --write"


def test_the_page_has_every_table_once_and_a_command() -> None:
    kept = accuracy.PAGE.read_text("utf-8")
    assert sorted(re.findall(r"<!-- made: ([\w-]+) -->", kept)) == sorted(accuracy.ON_PAGE)
    assert re.search(r"^\$ analyzer memory ", kept, re.M)


def test_a_page_that_differs_is_found() -> None:
    kept = accuracy.PAGE.read_text("utf-8")
    changed = kept.replace("| vgg16 | 2 | adam |", "| vgg16 | 2 | adam | 1")
    assert changed != kept
    assert accuracy.page(changed) == kept


def test_no_limit_is_missed() -> None:
    assert list(accuracy.missed()) == []


def test_every_measured_row_is_compared() -> None:
    assert len(accuracy.rows()) == 96
    assert len(list(accuracy.trained())) == 2 + 48 + 2
    assert len(list(accuracy.inferred())) == 2 + 24


# -- each limit can be missed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "key", "wrong", "said"),
    [
        ("RESERVED", "resnet50", 148_897_791, "reserved by resnet50: 148,897,792 B, not 148,897,791 B"),
        ("CHECKPOINTED", ("resnet18", "blocks"), (358.5, 548.0), "resnet18, checkpointed blocks"),
        ("AUTOCAST", ("vgg16", 8), 0.95, "vgg16, batch 8, autocast: 0.97"),
        ("PER_RANK", ("ddp", 2), 4.413, "ddp on 2 ranks: 5.413, not 4.413"),
        ("ZERO", 3, "1.8", "ZeRO stage 3"),
        ("TORCHINFO", "vit_b_16", 441_660_064, "torchinfo of vit_b_16"),
        ("MADE", "adam", (4790104, 0, 0, 0, 0), "adam: "),
        ("NOTED", "vgg16_bn", accuracy.Noted(121.07, 5430, 5957, 1330, 1330), "vgg16_bn: "),
    ],
)
def test_a_figure_that_is_not_met(
    monkeypatch: pytest.MonkeyPatch, table: str, key: object, wrong: object, said: str
) -> None:
    monkeypatch.setitem(getattr(accuracy, table), key, wrong)
    (found,) = accuracy.missed()
    assert found.startswith(said)


def test_rows_that_are_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    row = accuracy.rows()[0]
    off = row._replace(ours=row.measured * 1006 // 1000, as_measured=row.measured + 1)
    monkeypatch.setattr(accuracy, "rows", lambda: [off])
    label = "alexnet, batch 2, sgd, loop"
    assert list(accuracy.missed()) == [
        f"training of {label}: +0.60 %, at most 0.5 %",
        f"training of {label}, joins as measured: +1 B",
        "training on average: +0.60 %, at most 0.1 %",
    ]


def test_inference_that_is_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    found = accuracy.inference
    monkeypatch.setattr(accuracy, "inference", lambda *given, **how: found(*given, **how) * 1002 // 1000)
    missed = [one for one in accuracy.missed() if one.startswith("inference of ")]
    assert len(missed) == 24
    assert missed[0].startswith("inference of alexnet, batch 2: +0.20 %")


@pytest.mark.parametrize(
    ("broken", "kept", "code", "times"), [([], True, 0, 1), (["one"], True, 1, 1), ([], False, 1, 3)]
)
def test_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    broken: list[str], kept: bool, code: int, times: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["memory_accuracy.py", "--check"])
    monkeypatch.setattr(accuracy, "missed", lambda: iter(broken))
    monkeypatch.setattr(accuracy, "speed", lambda: iter([("a measurement", kept)]))
    assert accuracy.main() == code
    assert capsys.readouterr().out == "".join(f"missed: {one}\n" for one in broken) + "a measurement\n" * times


# -- the predictors ------------------------------------------------------------------------------------------------------


def test_torchinfo_by_hand() -> None:
    """conv 8 3x3 on 4x4x3: 224 parameters, 128 numbers out; relu has none; dense 10: 1,290 and 10. Batch 2."""
    text = "input: 4x4x3\nlayers: [{conv: {filters: 8, kernel: 3, padding: 1, act: relu}}, {dense: 10}]\n"
    network, problems = expand(analyzer.load(text))
    assert not problems
    found = accuracy.torchinfo(operations_of(network, "shared"), 2)
    assert found == 4 * (2 * 48 + 224 + 1290 + 2 * 2 * (128 + 10)) + 64


def test_how_far_the_other_predictors_are_off() -> None:
    """ResNet-50, batch 8, plain SGD, from memory.json and torchinfo's own count: 2 samples take 459,095,904 bytes."""
    row = next(
        r for r in accuracy.rows() if (r.network, r.batch, r.optimizer, r.step) == ("resnet50", 8, "sgd", "loop")
    )
    parameters, two = 102_228_128, 459_095_904 - 102_228_128 - 64
    assert (row.four, row.torchinfo) == (4 * parameters, parameters + 64 + 4 * two)
    assert row.measured == next(
        found["peak_train_bytes"]
        for found in accuracy.measured()["training_op_level"]
        if (found["model"], found["batch"], found["optimizer"], found["foreach"]) == ("resnet50", 8, "sgd", False)
    )


def test_errors_are_signed_and_zero_is_no_difference() -> None:
    assert [accuracy.percent(part) for part in (0.0, 0.0031, -0.0031, 1e-9)] == ["0", "+0.31 %", "−0.31 %", "+0.00 %"]


# -- speed ---------------------------------------------------------------------------------------------------------------


def test_the_peak_of_resnet50_takes_less_than_twenty_milliseconds() -> None:
    placed = accuracy.network(accuracy.EXAMPLES / "resnet50.yaml")
    assert 1e3 * min(accuracy.peak_of(placed) for _ in range(10)) < accuracy.MILLISECONDS


def test_speed_is_measured_against_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """30 ms; 1,000 layers in 10 ms, ten times as many in ten times as long, and again in a hundred times as long."""
    seconds: dict[Any, float] = {"resnet": 0.03, 1_000: 0.01, 10_000: 0.1, 100_000: 10.0}
    monkeypatch.setattr(accuracy, "network", lambda _: "resnet")
    monkeypatch.setattr(accuracy, "chain", lambda layers: layers)
    monkeypatch.setattr(accuracy, "peak_of", lambda placed: seconds[placed])
    assert [kept for _, kept in accuracy.speed()] == [False, True, True, False]
