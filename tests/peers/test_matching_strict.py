"""Live torch modules compared strictly: functions without parameters, which hooks do not see, are compared too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.testing import Match, Mismatch, assert_matches

pytestmark = pytest.mark.peer
torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

#: Every kind of function between layers: activations, pools, merges, resampling, what moves values.
MODEL = """\
input: 16x16x3
layers:
  - conv: {filters: 8, kernel: 3, padding: 1, norm: batch_norm, act: relu}
    name: c1
  - max_pool: {kernel: 2, stride: 2}
    name: pool
  - conv: {filters: 8, kernel: 3, padding: 1}
    name: c2
  - {add: [c2, pool], name: sum}
  - relu:
    name: last
  - {upsample: {factor: 2, mode: bilinear}, name: up}
  - {concat: [up, c1.relu], name: both}
  - {conv: {filters: 4, kernel: 1}, name: c3}
  - avg_pool: {kernel: 3, stride: 1, padding: 1}
    name: smooth
  - dropout: 0.5
  - flatten:
  - dense: 10
  - softmax:
"""


class Net(nn.Module):
    """The model, each function as an attribute, so that a test can put another one in its place."""

    def __init__(self, **other: Callable[..., Any]) -> None:
        super().__init__()
        self.c1, self.n1 = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.c2, self.c3 = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(16, 4, 1)
        self.fc = nn.Linear(4 * 16 * 16, 10)
        functions: dict[str, Callable[..., Any]] = {
            "act": torch.relu,
            "pool": lambda x: F.max_pool2d(x, 2),
            "join": lambda new, old: new + old,
            "up": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
            "both": lambda up, old: torch.cat([up, old], 1),
            "last": F.relu,
            "smooth": lambda x: F.avg_pool2d(x, 3, 1, 1),
            "end": lambda x: x.softmax(1),
        }
        self.functions = {**functions, **other}

    def forward(self, x: Any) -> Any:
        do = self.functions
        first = do["act"](self.n1(self.c1(x)))
        small = do["pool"](first)
        new = do["last"](do["join"](self.c2(small), small))
        x = do["smooth"](self.c3(do["both"](do["up"](new), first)))
        return do["end"](self.fc(F.dropout(x, 0.3, self.training).permute(0, 1, 2, 3).reshape(x.shape[0], -1)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "net.yaml"
    file.write_text(MODEL.replace("norm: batch_norm", "bias: false, norm: batch_norm"), encoding="utf-8")
    return file


def differs(path: Path | str, module: Any) -> Match:
    """The match of a module that is not equal strictly, though it is without that."""
    assert assert_matches(module, path).equal
    with pytest.raises(Mismatch) as raised:
        assert_matches(module, path, strict=True)
    return raised.value.match


def test_equal(path: Path) -> None:
    module = Net().train()
    state = {name: value.clone() for name, value in module.state_dict().items()}
    match = assert_matches(module, path, strict=True)
    assert match.strict
    assert str(match).startswith("15 layers are equal; ")
    assert module.training
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert all(one.device.type == "cpu" and one.grad is None for one in module.parameters())


MISTAKES: list[tuple[str, Callable[..., Any], str, str]] = [
    ("act", F.gelu, "c1.relu", "kind"),
    ("last", F.silu, "last", "kind"),
    ("pool", lambda x: F.avg_pool2d(x, 2), "pool", "kind"),
    ("pool", lambda x: F.max_pool2d(x, 3, 2, 1), "pool", "arguments"),
    ("up", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), "up", "arguments"),
    ("up", lambda x: F.interpolate(x, size=(16, 16), mode="bicubic"), "up", "arguments"),
    ("join", lambda new, old: new * old, "sum", "kind"),
    ("both", lambda up, old: torch.cat([old, up], 1), "both", "sources"),
    ("smooth", lambda x: F.avg_pool2d(x, 5, 1, 2), "smooth", "arguments"),
    ("end", lambda x: x.log_softmax(1), "softmax1", "kind"),
]


@pytest.mark.parametrize(
    ("function", "other", "row", "field"), MISTAKES, ids=[f"{one[0]}-{one[3]}" for one in MISTAKES]
)
def test_another_function(path: Path, function: str, other: Callable[..., Any], row: str, field: str) -> None:
    match = differs(path, Net(**{function: other}))
    causes = [one for one in match.differences if not one.follows]
    assert [(one.row.name, field in one.fields) for one in causes if one.row] == [(row, True)]


def test_a_missing_sum(path: Path) -> None:
    match = differs(path, Net(join=lambda new, old: new))
    first = match.differences[0]
    assert first.observed is None
    assert first.row is not None
    assert first.row.name == "sum"
    assert str(Mismatch(match)).startswith(f"`sum` of {path}:9 is not in the module\n")


def test_one_function_too_many(path: Path) -> None:
    match = differs(path, Net(smooth=lambda x: F.relu(F.avg_pool2d(x, 3, 1, 1))))
    (first,) = (one for one in match.differences if not one.follows)
    assert first.row is None
    assert first.observed is not None
    assert first.observed.kind == "relu"


def test_another_input(path: Path) -> None:
    match = differs(path, Net(join=lambda new, old: new + new))
    (cause,) = (one for one in match.differences if not one.follows)
    assert cause.fields["sources"] == (("c2", "c2"), ("c2", "pool"))


class Branch(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        return self.fc(x) if x.sum() > -1 else self.fc(-x)


def test_what_cannot_be_exported_says_why() -> None:
    model = {"name": "branch", "input": "4", "layers": [{"dense": 4}]}
    module = Branch()
    assert assert_matches(module, model).equal
    with pytest.raises(Mismatch) as raised:
        assert_matches(module, model, strict=True)
    first, second, *_ = str(raised.value).splitlines()
    assert first.startswith("Branch cannot be compared with <dict> strictly: `torch.export` refuses the module: ")
    assert second == "1 layer with parameters is equal; 20 parameters on both sides"
    assert not raised.value.match.equal


@pytest.mark.parametrize(("activation", "pool", "rows"), [("relu", "MaxPooling2D", []), ("gelu", "MaxPooling2D", ["relu1"]), ("relu", "AveragePooling2D", ["pool"])])  # fmt: skip
def test_a_keras_model(activation: str, pool: str, rows: list[str]) -> None:
    keras = pytest.importorskip("keras", reason="Keras is not installed: its models are not exported")
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((16, 16, 3)),
            layers.Conv2D(8, 3, padding="same", activation=activation),
            getattr(layers, pool)(2),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    file = "input: 16x16x3\nlayers:\n- {conv: {filters: 8, kernel: 3, padding: same}, name: c}\n- relu:\n- {max_pool: 2, name: pool}\n- dense: 10\n"  # fmt: skip
    if not rows:
        assert assert_matches(model, file, strict=True).equal
        return
    match = differs(file, model)
    assert [one.row.name for one in match.differences if one.row] == rows
