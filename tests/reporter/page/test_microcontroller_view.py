"""The page of `--arena`: RAM and flash in the summary and in the view of memory, and nothing of training."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import analyzer
from analyzer.reporter.options import Options
from analyzer.reporter.page import memory, summary
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import scene_of

KEYWORDS = Path(__file__).parents[3] / "example_models" / "ds_cnn_kws.yaml"


def reviewed(**settings: str) -> Reviewed:
    return Reviewed(
        analysis=analyzer.analyze(KEYWORDS),
        memory=analyzer.memory(KEYWORDS, arena=True, dtype="int8", **settings),  # type: ignore[arg-type]  # of one type
    )


def words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def test_the_view_has_the_facts_and_the_tables_of_the_report() -> None:
    one = reviewed(ram="256KiB", flash="16KiB")
    markup = "".join(memory.section(one, scene_of(one.analysis), Options()))
    assert " style=" not in markup
    said = words(markup)
    assert said.startswith("Memory of a microcontroller batch 1 · int8 · inference only verdict does not fit")
    assert "arena 15.6 KiB of 256 KiB RAM · weights 26.1 KiB of 16 KiB flash, 10.1 KiB too much" in said
    assert "conv1 8,000 0 conv + batch_norm + relu Separable1.1.depthwise_conv1" in said
    assert "flash shared bytes locally connected bytes weights 22,016" in said
    assert "softmax1 16 12 32 32" in said
    assert "training" not in said
    assert memory.data(one, scene_of(one.analysis), Options()) is None


def test_the_summary_has_ram_and_flash() -> None:
    one = reviewed(ram="8KiB")
    said = words("".join(summary.section(one, scene_of(one.analysis), Options())))
    assert "arena in RAM 15.6 KiB does not fit at Separable1.1.depthwise_conv1" in said
    assert "weights in flash 26.1 KiB shared 3.1 MiB locally connected" in said
    assert "training" not in said
