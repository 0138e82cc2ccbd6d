"""docs/testing.md without a framework: its files are all run, here, in tests/peers/test_recipes.py or test_optuna.py."""

from __future__ import annotations

from pathlib import Path

import pytest
import recipes


def test_every_block_of_code_has_a_name_and_is_run() -> None:
    assert recipes.TEXT.count("```py\n") + recipes.TEXT.count("```yaml\n") == len(recipes.FILES)
    here, there = {"costs.py", "amounts.py"}, {"agree.py", "test_net.py", "with_lightning.py", "with_keras.py"}
    there |= {"with_mlflow.py", "with_optuna.py"}  # the last one in tests/peers/test_optuna.py
    assert set(recipes.FILES) == here | there | {"net.yaml", "net.py", "search.yaml"}


@pytest.mark.parametrize("name", ["costs.py", "amounts.py"])
def test_what_needs_no_framework(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """288 + 64 + 18,432 + 128 + 650 parameters; 256 samples of 149,130 activations of 2 bytes."""
    recipes.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(compile(recipes.FILES[name], name, "exec"), {})
    said = capsys.readouterr().out
    if name == "amounts.py":
        first, second = said.splitlines()
        assert first.startswith("{'params': 19562, ")
        activations = 3 * 28 * 28 * 32 + 14 * 14 * 32 + 3 * 14 * 14 * 64 + 2 * 64 + 10
        assert second == str(256 * 2 * activations)
