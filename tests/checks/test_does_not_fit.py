"""Whether a run fits on the device of its file: the verdict of `analyzer memory`, on each side of both thresholds."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from analyzer.cli.main import guarded

MODEL = """
input: 32x32x3
layers:
  - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
  - dense: 10
training: """


def severities(training: str) -> list[str]:
    return [one.severity for one in analyzer.check(MODEL + training + "\n", select="CHECK502")]


def test_it_is_the_verdict_of_the_memory_analysis() -> None:
    largest = analyzer.memory(MODEL + "{device: 4GiB}\n").largest
    assert largest is not None
    safe, at_risk = largest
    assert severities(f"{{batch: {safe}, device: 4GiB}}") == []
    assert severities(f"{{batch: {safe + 1}, device: 4GiB}}") == ["warning"]
    assert severities(f"{{batch: {at_risk}, device: 4GiB}}") == ["warning"]
    assert severities(f"{{batch: {at_risk + 1}, device: 4GiB}}") == ["error"]


def test_the_advice_can_be_followed() -> None:
    """What the help writes into the file gives the peak that it promises."""
    text = MODEL + "{batch: 65536, device: 24GiB}\n"
    (one,) = analyzer.check(text, select="CHECK502")
    assert one.help is not None
    keys = one.help.split("`")[1].removeprefix("training: {").removesuffix("}")
    written = dict(pair.split(": ") for pair in keys.split(", "))
    merged = ", ".join(f"{key}: {value}" for key, value in {"batch": "65536", **written, "device": "24GiB"}.items())
    found = analyzer.memory(MODEL + f"{{{merged}}}\n")
    change = analyzer.memory(text).changes[0]
    assert found.needed() == change.bytes
    verdict = found.verdict()
    assert verdict is not None
    assert verdict.word == change.verdict


def test_ranks_and_settings_count() -> None:
    assert severities("{batch: 16384, device: 8GiB}") == ["error"]
    assert severities("{batch: 16384, device: 8GiB, ranks: 16}") == []


def test_a_run_that_the_optimizer_does_not_have_is_no_finding() -> None:
    assert severities("{optimizer: lion, step: fused, device: 1MiB}") == []


def test_the_configuration_may_name_the_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    Path("net.yaml").write_text(MODEL + "{batch: 65536}\n")
    assert guarded(["check", "net.yaml", "--select", "CHECK502"]) == 0
    Path(".analyzer.toml").write_text('device = "4GiB"\n')
    assert guarded(["check", "net.yaml", "--select", "CHECK502"]) == 1
    assert "training at batch 65,536 does not fit on 4GiB" in capsys.readouterr().out
