"""The recipes of docs/testing.md, each run as a program, as it is and with a mistake planted in its network.

Lightning and MLflow are not in `.ci/run`. By hand, in an environment with torch: `pip install lightning mlflow-skinny`,
then `python -m pytest tests/peers/test_recipes.py`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: the recipes with a module are not run")

import recipes

pytestmark = pytest.mark.peer

#: The planted mistake: a bias, which the file does not have.
BIASED = recipes.FILES["net.py"].replace("bias=False):", "bias=True):")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "PYTHONPATH": str(recipes.PAGE.parents[1]),
        "KERAS_BACKEND": "torch",
        "MLFLOW_TRACKING_URI": (folder / "runs").as_uri(),
        "MLFLOW_ALLOW_FILE_STORE": "true",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
    )


def needs(module: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(missing, reason=f"{module} is not installed: its recipe is not run")


def executed(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of a file of the page that is run here, since a process would import torch again."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "net", raising=False)
    importlib.invalidate_caches()
    names: dict[str, Any] = {}
    exec(compile(recipes.FILES[name], name, "exec"), names)
    monkeypatch.delitem(sys.modules, "net")
    return names


def test_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The agreement, then the mismatch."""
    for folder, text in (("right", recipes.FILES["net.py"]), ("wrong", BIASED)):
        (tmp_path / folder).mkdir()
        recipes.write(tmp_path / folder, net=text)
    executed("agree.py", tmp_path / "right", monkeypatch)
    assert capsys.readouterr().out.rstrip("\n") == recipes.SHOWN[0]
    with pytest.raises(AssertionError) as caught:
        executed("agree.py", tmp_path / "wrong", monkeypatch)
    assert str(caught.value) == recipes.SHOWN[1]


def test_pytest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipes.write(tmp_path)
    tests = executed("test_net.py", tmp_path, monkeypatch)
    for name in [name for name in tests if name.startswith("test_")]:
        tests[name]()
    recipes.write(tmp_path, net=BIASED)
    said = run(tmp_path, "-m", "pytest", "-q", "test_net.py").stdout
    assert "1 failed, 2 passed" in said
    assert "conv1 is not what net.yaml:5 says" in said
    assert "testing.py" not in said, "pytest points to the test, not into the package"


@needs("lightning")
def test_lightning(tmp_path: Path) -> None:
    recipes.write(tmp_path)
    done = run(tmp_path, "with_lightning.py")
    assert done.returncode == 0, done.stderr
    assert "`max_steps=1` reached" in done.stdout + done.stderr
    recipes.write(tmp_path, net=BIASED)
    done = run(tmp_path, "with_lightning.py")
    assert done.returncode == 1
    assert recipes.SHOWN[1] in done.stderr
    assert "`max_steps=1` reached" not in done.stdout + done.stderr


@needs("keras")
def test_keras(tmp_path: Path) -> None:
    recipes.write(tmp_path)
    done = run(tmp_path, "with_keras.py")
    assert done.returncode == 0, done.stderr
    script = recipes.FILES["with_keras.py"].replace("use_bias=False", "use_bias=True", 1)
    (tmp_path / "with_keras.py").write_text(script, encoding="utf-8")
    done = run(tmp_path, "with_keras.py")
    assert done.returncode == 1
    assert "hint: use_bias=False, or `bias: true` on line 5" in done.stderr


@needs("mlflow")
def test_mlflow(tmp_path: Path) -> None:
    recipes.write(tmp_path)
    done = run(tmp_path, "with_mlflow.py")
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs").glob("*/*/params")
    logged = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert (logged["params"], logged["macs"], logged["layers"]) == ("19562", "3839104", "10")
    assert len(logged) == 12
