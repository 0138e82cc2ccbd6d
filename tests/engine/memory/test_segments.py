"""Which stretches of a network are checkpointed, by hand."""

from __future__ import annotations

import pytest

import analyzer
from analyzer.engine.memory.segments import check_names, prefixes, segments
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.work import operations_of
from analyzer.engine.network import Network
from analyzer.settings import SettingError

BLOCKS = """\
input: 8x8x4
blocks:
  Inner:
    layers: [{conv: {filters: 4, kernel: 1}}]
  Outer:
    layers:
      - relu
      - Inner
      - relu
layers:
  - relu
  - Outer
  - Outer:
    repeat: 2
  - sequence: [relu, relu]
    name: group
  - relu
"""


def network() -> Network:
    return analyzer.analyze(BLOCKS).network


def checkpointed(network: Network, checkpoint: str | list[str]) -> list[list[str]]:
    """The layers of every segment."""
    tape = Tape(operations_of(network, "shared"), Run(checkpoint=checkpoint))
    found = segments(tape)
    return [list(dict.fromkeys(step.node.name for step in tape.steps[start:stop])) for start, stop in found]


def test_none_unless_asked() -> None:
    tape = Tape(operations_of(network(), "shared"), Run())
    assert segments(tape) == []


def test_a_segment_for_each_outermost_call() -> None:
    """A repetition is a call of its own; a block inside a block and a group are none."""
    assert checkpointed(network(), "blocks") == [
        ["Outer1.relu1", "Outer1.Inner1.conv1", "Outer1.relu2"],
        ["Outer2.1.relu1", "Outer2.1.Inner1.conv1", "Outer2.1.relu2"],
        ["Outer2.2.relu1", "Outer2.2.Inner1.conv1", "Outer2.2.relu2"],
    ]


@pytest.mark.parametrize(
    ("layers", "lengths"),
    [(1, [1]), (2, [1, 1]), (4, [2, 2]), (5, [2, 2, 1]), (9, [3, 3, 3]), (10, [3, 2, 3, 2])],
)
def test_the_root_of_the_layers(layers: int, lengths: list[int]) -> None:
    """⌈√n⌉ stretches, layer i in stretch ⌊i·⌈√n⌉/n⌋."""
    chain = analyzer.analyze(f"input: 4\nlayers: [{', '.join(['relu'] * layers)}]\n").network
    assert [len(names) for names in checkpointed(chain, "sqrt")] == lengths


def test_names_of_layers_and_blocks() -> None:
    """Neighbours with different names are different segments."""
    assert checkpointed(network(), ["relu1", "Outer2.1"]) == [
        ["relu1"],
        ["Outer2.1.relu1", "Outer2.1.Inner1.conv1", "Outer2.1.relu2"],
    ]
    assert checkpointed(network(), ["Outer2"]) == [
        [f"Outer2.{call}.{name}" for call in (1, 2) for name in ("relu1", "Inner1.conv1", "relu2")]
    ]
    assert checkpointed(network(), ["Outer2.1", "Outer2.2"]) == [
        [f"Outer2.{call}.{name}" for name in ("relu1", "Inner1.conv1", "relu2")] for call in (1, 2)
    ]


def test_prefixes_from_the_outermost() -> None:
    assert list(prefixes("a.1.b")) == ["a", "a.1", "a.1.b"]
    assert list(prefixes("a")) == ["a"]


def test_a_name_that_nothing_has() -> None:
    check_names(network(), ["relu1", "Outer2", "Outer2.2.relu1"])
    check_names(network(), "blocks")
    check_names(network(), None)
    with pytest.raises(SettingError, match=r"`Outer3`; did you mean `Outer"):
        check_names(network(), ["Outer3"])
    with pytest.raises(SettingError, match="`blocks` is every block"):
        check_names(network(), ["zzzzzzzz"])
