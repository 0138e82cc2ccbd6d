"""The peak of inference by hand, where Python's variables keep tensors alive beyond their last reader and where not."""

from __future__ import annotations

import pytest

import analyzer
from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.work import operations_of

#: Every layer puts out 10 numbers, 40 bytes, but for one that is filled in.
LIST = """\
input: 10
layers:
  - dense: 10
    name: a
  - dense: 10
    name: b
  - dense: 10
    name: c
    from: a
  - add: [b, c]
    name: d
  - dense: 100
    name: e
"""

NESTED = """\
input: 10
blocks:
  Inner:
    layers:
      - dense: 10
        name: x
      - dense: %d
        name: y
  Outer:
    layers:
      - dense: 10
        name: c
      - Inner
      - dense: %d
        name: z
layers:
  - Outer
"""


def activations(text: str, *, eager: bool) -> int:
    """The bytes of activations at the peak of one sample."""
    work = operations_of(analyzer.analyze(text).network, "shared")
    return Inference(Tape(work, Run(), training=False), eager=eager).peak.transient


def test_a_tensor_that_several_layers_of_a_list_read_stays_until_the_list_ends() -> None:
    """At e: d, 40, and e, 400; as modules, a too, which b and c have read."""
    assert activations(LIST, eager=False) == 40 + 400
    assert activations(LIST, eager=True) == 40 + 40 + 400


@pytest.mark.parametrize(
    ("y", "z", "graph", "eager"),
    [
        (100, 10, 40 + 400, 40 + 40 + 400),  # at y: x and y; as modules, c too, the argument of the block
        (10, 100, 40 + 400, 40 + 400),  # at z: y and z; the inner block, and with it c, has ended
    ],
)
def test_the_argument_of_a_block_stays_until_the_block_ends(y: int, z: int, graph: int, eager: int) -> None:
    text = NESTED % (y, z)
    assert (activations(text, eager=False), activations(text, eager=True)) == (graph, eager)
