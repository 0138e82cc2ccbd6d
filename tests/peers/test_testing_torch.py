"""`analyzer.testing.assert_matches` with real torch modules, at its door: what it takes, and what it refuses how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: live modules are not compared")

import torch
from torch import nn

import analyzer
from analyzer.testing import Match, Mismatch, Unreadable, assert_matches

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]

#: 4 filters of 3×3×3 and 5 outputs of 6·6·4 cells, with biases: 837 parameters.
TEXT = "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3}\n    name: conv\n  - flatten\n  - dense: 5\n"


class Net(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(144, 5)

    def forward(self, x: Any) -> Any:
        return self.head(self.conv(x).flatten(1))


class Raises(Net):
    def forward(self, x: Any) -> Any:
        raise KeyError("labels")


class Two(Net):
    def forward(self, image: Any, scale: Any) -> Any:
        return super().forward(image) * scale


def refused(module: Any, model: Any = TEXT) -> str:
    with pytest.raises(TypeError) as caught:
        assert_matches(module, model)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        Net,
        lambda: nn.DataParallel(Net()),
        lambda: Net().train(),
        lambda: Net().half(),
        lambda: Net().to("meta"),
        lambda: torch.fx.symbolic_trace(Net()),
        lambda: nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(5)),
    ],
    ids=["plain", "parallel", "training", "half", "meta", "traced", "lazy"],
)
def test_modules_that_are_the_description(make: Any) -> None:
    found = assert_matches(make(), TEXT)
    assert isinstance(found, Match)
    assert (found.equal, found.observation.parameters) == (True, 837)


def test_what_is_no_module_of_its_own_parameters() -> None:
    net = Net()
    assert refused(Net) == "`Net` is a class: give a module that is made of it, `Net()`"
    assert refused(net.forward).startswith("`forward` is not a torch or Keras module")
    assert refused(net.state_dict()).startswith("a dict of weights has no layers")
    assert refused({"model": net.state_dict(), "epoch": 3}).startswith("a dict of weights has no layers")
    assert refused(net.conv.weight).endswith("not a value of the type `Parameter`")
    assert refused(torch.optim.SGD(net.parameters(), 0.1)).endswith("not a value of the type `SGD`")
    assert refused([net.conv, net.head]).startswith("a list is not called in an order")
    assert refused(TEXT, net) == 'the arguments are swapped: write `assert_matches(module, "model.yaml")`'
    assert "scripted or traced" in refused(torch.jit.trace(net, torch.zeros(1, 3, 8, 8)))


def test_a_module_that_raises() -> None:
    """Its own error is the cause; the text has the path of the module and what it was called with."""
    with pytest.raises(Unreadable) as caught:
        assert_matches(nn.Sequential(Raises()), TEXT)
    assert str(caught.value) == "`0` (`Raises`) raises KeyError: 'labels', called with the input `input` 8x8x3"
    assert isinstance(caught.value.__cause__, KeyError)
    assert not isinstance(caught.value, AssertionError)


def test_inputs_that_do_not_fit_are_named() -> None:
    with pytest.raises(
        Unreadable, match=r"`conv` \(`Conv2d`\) raises RuntimeError: .*called with the input `input` 8x3$"
    ):
        assert_matches(Net(), TEXT, input="8x3")
    with pytest.raises(
        Unreadable, match=r"`Two\.forward` takes `image` and `scale`, but the file has the input `input`"
    ):
        assert_matches(Two(), TEXT)
    two = TEXT.replace("input: 8x8x3", "inputs: {scale: 5, image: 8x8x3}").replace(
        "    name", "    from: image\n    name"
    )
    assert assert_matches(Two(), two + "  - multiply: [prev, scale]\n").equal


def test_a_foreign_file_in_place_of_the_description(tmp_path: Path) -> None:
    """The same network as a file of `torch.export`; the text says which format the other side has."""
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(Net(), (torch.zeros(1, 3, 8, 8),)), path)
    assert assert_matches(Net(), path).equal
    assert assert_matches(Net(), analyzer.load(path)).equal
    wrong = Net()
    wrong.head = nn.Linear(144, 4)
    with pytest.raises(Mismatch) as caught:
        assert_matches(wrong, path)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("head is not what")
    assert lines[1].split() == ["module", "head", "Linear", "4", "580", "(576", "weights,", "4", "biases)"]
    assert lines[2].split()[0] == "pt2"
    assert lines[-1] == "1 of 2 layers differs; parameters 692 against 837"


def test_a_wrong_description_is_said_before_the_module_is_called() -> None:
    with pytest.raises(analyzer.ModelError):
        assert_matches(Raises(), "input: 8x8x3\nlayers: [con: 3]\n")
