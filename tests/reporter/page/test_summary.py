"""The summary: totals in both modes, verdicts, and a run that is stated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import analyzer
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.devices import read_device
from analyzer.engine.memory.settings import Run
from analyzer.reporter.options import Options
from analyzer.reporter.page import summary
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.page.verdicts import run_said

#: 32×32×3 with 20 filters 8×8, stride 2, padding 1: the numbers of the textbook's example, by hand.
TEXTBOOK = {
    "name": "net",
    "input": "32x32x3",
    "layers": [{"conv": {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}}],
}


def reviewed(model: object = TEXTBOOK, device: str | None = None, **run: object) -> Reviewed:
    analysis = analyzer.analyze(model, batch=run.get("batch", 1), dtype=run.get("dtype", "float32"))  # type: ignore[arg-type]
    memory = MemoryAnalysis(
        analysis.network,
        Run(device=device, **run),  # type: ignore[arg-type]
        device=None if device is None else read_device(device),
    )
    return Reviewed(analysis=analysis, memory=memory, findings=analyzer.check(analysis))


def shown(subject: Reviewed, mode: str = "both") -> str:
    """The text of the view, as a reader has it."""
    markup = "".join(summary.section(subject, None, Options(mode=mode)))
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def test_the_totals_of_the_textbook_in_both_modes() -> None:
    text = shown(reviewed())
    assert "3.86 K shared 3,860" in text
    assert "757 K locally connected 756,560" in text
    assert "196.0× as many" in text
    assert "752,640 per sample 1,505,280 FLOPs" in text


def test_one_mode_is_asked_for() -> None:
    assert "locally connected" not in shown(reviewed(), "shared")
    assert "3,860" not in shown(reviewed(), "local")


def test_equal_modes_have_one_value() -> None:
    assert "490 in both modes" in shown(reviewed({"input": "4x4x3", "layers": [{"dense": 10}]}))


def test_the_verdicts_on_a_device_in_both_modes() -> None:
    """The modes need 0.1 and 11 MiB besides 1,750 MiB of context and 66 MiB that cuBLAS reserves."""
    markup = "".join(summary.section(reviewed(device="1823MiB"), None, Options()))
    assert re.search(r'summary-good"[^>]*>.*shared training fits on 1823MiB', markup)
    assert re.search(r'summary-bad"[^>]*>.*locally connected training does not fit on 1823MiB', markup)
    assert "device" not in shown(reviewed())


def test_a_format_that_nobody_trains_in() -> None:
    text = shown(reviewed(dtype="int8"))
    assert "int8 is only for inference: nothing is trained in it" in text
    assert "backward" not in text


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({}, ["batch 1", "float32", "momentum"]),
        ({"optimizer": "adam", "batch": 8}, ["batch 8", "float32", "adam"]),
        ({"step": "loop", "loss": "mse"}, ["batch 1", "float32", "momentum", "loop step", "loss mse"]),
        ({"accumulate": 4, "ema": True}, ["batch 1", "float32", "momentum", "4 passes a step", "EMA"]),
        ({"autocast": "bfloat16"}, ["batch 1", "float32, autocast bfloat16", "momentum"]),
        ({"dtype": "int8"}, ["batch 1", "int8", "inference only"]),
    ],
)
def test_the_run_is_stated_with_what_is_not_usual(run: dict[str, object], said: list[str]) -> None:
    assert run_said(reviewed(**run)) == ["input 32×32×3", *said, "1 layer", "<dict>"]  # type: ignore[arg-type]


def test_values_from_outside_the_file_are_stated() -> None:
    assert run_said(reviewed().but(given=[("width", "32"), ("input", "8x8x3")]))[-2] == "width=32"


def test_without_memory_and_checks() -> None:
    """What a notebook has: an analysis."""
    text = shown(Reviewed(analysis=analyzer.analyze(TEXTBOOK)))
    assert "peak activation" in text
    assert "every check passes" not in text


@pytest.mark.parametrize("name", ["</script><b>", "a\u202eb", '"x" & <y>', "n" * 10_000])
def test_a_name_is_text(name: str) -> None:
    subject = reviewed()
    subject.analysis.name = name
    markup = "".join(summary.section(subject, None, Options()))
    assert "<b>" not in markup
    assert "\u202e" not in markup
    assert len(re.sub('title="[^"]*"', "", markup)) < 6000


def test_every_example_has_a_summary() -> None:
    for path in sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))[::6]:
        assert "receptive field" in shown(reviewed(str(path)))
