"""Networks calculated by workers: every number by hand, and no garbage that somebody must collect."""

from __future__ import annotations

import gc
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analyzer import analyze, load, sweep
from analyzer.sweeping.evaluate import Job
from analyzer.sweeping.result import Axis, Variant
from analyzer.sweeping.run import run

NET = """\
input: 32x32x3
vars: {width: 20, kernel: 8}
layers:
  - conv: {filters: $width, kernel: $kernel, stride: 2, padding: 1}
"""

#: The kernel 40 is larger than the padded input of 34.
JOB = Job("net.yaml", [Axis("width", range(1, 201)), Axis("kernel", [3, 8, 40])], ["params", "macs"], model=load(NET))
FOREIGN = Path(__file__).parents[1] / "data" / "foreign"
RESNET50 = Path(__file__).parents[2] / "example_models" / "resnet50.yaml"


def checked(variants: list[Variant]) -> None:
    """A filter of 3×3×3 is read at 16·16 places, one of 8×8×3 at 14·14; each has a bias, which is no MAC."""
    assert [one.id for one in variants] == list(range(600))
    for one in variants:
        width, kernel = one.set["width"], one.set["kernel"]
        if kernel == 40:
            assert (one.fits, one.amounts, one.error and one.error.code) == (False, {}, "SHAPE201")
        else:
            taps, side = (27, 16) if kernel == 3 else (192, 14)
            assert one.amounts == {"params": (taps + 1) * width, "macs": taps * width * side * side}


def test_in_this_process_in_two_and_in_threads() -> None:
    for workers in (1, 2):
        checked([one for chunk in run(JOB, range(600), workers=workers) for one in chunk])
    with ThreadPoolExecutor(2) as executor:
        checked([one for chunk in run(JOB, range(600), executor=executor) for one in chunk])


def test_a_file_in_another_format_is_read_by_workers_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(FOREIGN / "detector.cfg", tmp_path)
    monkeypatch.chdir(tmp_path)
    found = sweep("detector.cfg", {"input": ["64x64x3", "96x96x3"]}, workers=2)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir("other")
    params = analyze(load("../detector.cfg")).totals.shared.parameters  # convolutions have them at any size
    assert [(one.error, one.amounts["params"]) for one in found] == [(None, params)] * 2


def test_variants_leave_no_cycles() -> None:
    """So the garbage collector is off in our processes, however long a sweep is."""
    axes = [Axis("width", range(8, 14)), Axis("input", ["64x64x3", "64x64x0"], volume=True)]
    evaluator = Job(
        "resnet50.yaml", axes, ["params", "peak_training_memory", "receptive_field"], model=load(RESNET50)
    ).evaluator()
    assert [evaluator.of(id).error is None for id in (0, 1)] == [True, False]  # and imports what they need
    gc.collect()
    gc.disable()
    try:
        for id in range(2, 12):
            evaluator.of(id)
        assert gc.collect() == 0
    finally:
        gc.enable()
