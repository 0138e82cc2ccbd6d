"""MACs over real data and cells that no window reads, against torch: sums of ones, and gradients that are 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: MACs on data are not compared with it")

from building import build  # noqa: E402
from comparison import Tally  # noqa: E402
from configurations import Configuration, configurations  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from with_torch import MODULES, NAME  # noqa: E402

from analyzer.engine.network import Network, Node  # noqa: E402
from analyzer.engine.on_data import macs_on_data, unread  # noqa: E402

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore:Using padding='same'")]

#: How many configurations of a type are drawn for each rank.
COUNT = 400


def accepted(type_: str) -> Iterator[tuple[Configuration, nn.Module, Tensor, Tensor, Tensor]]:
    """Configurations that torch runs, with the module, its input, what it reads of that (padded) and its output.

    Every number of the input and of the weights is 1, every bias 0.
    """
    for rank in (1, 2, 3):
        for c in configurations(type_, rank, COUNT):
            try:
                module, before = MODULES[c.type](c)
                module.double()
                for name, parameter in module.named_parameters():
                    nn.init.constant_(parameter, float("bias" not in name))
                x = torch.ones(1, c.input.depth, *c.input.spatial, dtype=torch.double, requires_grad=True)
                output = module(before(x))
            except (RuntimeError, ValueError):
                continue
            yield c, module, x, before(x), output


def placed(c: Configuration) -> Node:
    """The configuration as a node of this project."""
    network = Network()
    return network.place("layer", build(c.type, c.written), [network.enter("input", c.input)])


@pytest.mark.parametrize("type_", ["conv", "depthwise_conv", "conv_transpose"])
def test_macs_on_data(type_: str, tallied: Callable[[str, Tally], None]) -> None:
    """The sum of the output counts every product of a weight with a cell of the input."""
    differences, tally = [], Tally()
    for c, _, _, _, output in accepted(type_):
        mine, theirs = macs_on_data(placed(c)), int(output.sum().item())
        tally.agreed += mine == theirs
        differences += [] if mine == theirs else [f"{c}: ours {mine}, theirs {theirs}"]
    tallied(f"{NAME}, MACs on data", tally)
    assert differences == []
    assert tally.agreed > COUNT


@pytest.mark.parametrize("type_", ["conv", "depthwise_conv", "avg_pool"])
def test_unread(type_: str, tallied: Callable[[str, Tally], None]) -> None:
    """A cell that no window reads has no gradient; those at the end of each axis are counted."""
    differences, tally = [], Tally()
    for c, _, x, _, output in accepted(type_):
        if c.written.get("padding_mode", "zeros") != "zeros":
            continue  # its padding is the input's own cells, read a second time
        output.sum().backward()
        read = x.grad[0].ne(0).any(dim=0)
        if not read.any():
            continue  # every window lies on padding alone, and the axes cannot be told apart
        theirs = []
        for axis in range(read.dim()):
            others = [dim for dim in range(read.dim()) if dim != axis]
            along = read.any(dim=others) if others else read
            theirs.append(len(along) - 1 - int(along.nonzero().max()))
        mine = unread(placed(c))
        tally.agreed += mine == theirs
        differences += [] if mine == theirs else [f"{c}: ours {mine}, theirs {theirs}"]
    tallied(f"{NAME}, cells not read", tally)
    assert differences == []
    assert tally.agreed > COUNT
