"""A callable that returns a Keras model is read by its configuration, whatever the backend of Keras is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.peer
pytest.importorskip("keras")

NET = """
import keras
from keras import layers

def small(width=8):
    return keras.Sequential([layers.Input((28, 28, 1)), layers.Conv2D(width, 3), layers.Flatten(), layers.Dense(10)])

def unbuilt():
    return keras.Sequential([layers.Conv2D(8, 3), layers.Flatten(), layers.Dense(10)])

class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.last = layers.Dense(3)
    def call(self, x):
        return self.last(x)
"""


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (place / "net.py").write_text(NET)
    environment = {"KERAS_BACKEND": "torch", **os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "analyzer", *arguments, "--format", "json", "--quiet"]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        (["net.py:small"], (9 * 1 + 1) * 8 + (26 * 26 * 8 + 1) * 10),
        (["net.py:small(width=2)"], (9 * 1 + 1) * 2 + (26 * 26 * 2 + 1) * 10),
        (["net.py:unbuilt", "--input", "28x28x1"], (9 * 1 + 1) * 8 + (26 * 26 * 8 + 1) * 10),
    ],
)
def test_a_keras_model(arguments: list[str], parameters: int, tmp_path: Path) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["totals"]["shared"]["parameters"] == parameters


def test_a_class_with_its_layers_in_code_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "net.py:Own")
    assert done.returncode == 1
    assert "whose `config` has no `layers`" in json.loads(done.stdout)["diagnostics"][0]["message"]
