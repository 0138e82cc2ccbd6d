"""Checkpointed segments: stretches of the tape whose activations are not saved but recomputed in the backward pass.

`blocks` makes a segment of every outermost block call, with each repetition a call of its own. `sqrt` cuts the n layers
into ⌈√n⌉ stretches of equal length. Names make a segment of each layer or block that they name.

>>> from analyzer.engine.memory.settings import Run
>>> from analyzer.engine.memory.work import operations_of
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((4, 4), 1))
>>> for name in ("conv1", "conv2"):
...     node = network.place(name, CATALOGUE["conv"](filters=2, kernel=3, padding=1), [node])
>>> network.name_outputs([node])
>>> work = operations_of(network, "shared")
>>> segments(Tape(work, Run(checkpoint="sqrt"))), segments(Tape(work, Run(checkpoint=["conv2"])))
([(0, 1), (1, 2)], [(1, 2)])

Source: Chen et al. 2016, "Training deep nets with sublinear memory cost".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isqrt

from analyzer.diagnostics import nearest
from analyzer.engine.memory.settings import CHECKPOINTS
from analyzer.engine.memory.tape import Tape
from analyzer.engine.network import Network, Node
from analyzer.settings import SettingError
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def segments(tape: Tape) -> list[tuple[int, int]]:
    """The checkpointed stretches of a tape as (first step, step after the last), in order."""
    checkpoint = tape.run.checkpoint
    if checkpoint is None:
        return []
    network = tape.work.network
    label: Callable[[Node], object] = _Named(checkpoint)
    if checkpoint in ("blocks", "sqrt"):
        label = Blocks(network) if checkpoint == "blocks" else _Sqrt(network)
    found: list[tuple[int, int]] = []
    before: object = None
    for place, step in enumerate(tape.steps):
        here = label(step.node) if step.node.index < len(tape.work.nodes) else None
        if here is not None and here == before:
            found[-1] = found[-1][0], place + 1
        elif here is not None:
            found.append((place, place + 1))
        before = here
    return found


class Blocks:
    """The outermost block call that a node is in. Each repetition is a call; sequences and branches are not."""

    def __init__(self, network: Network) -> None:
        self.calls = {path for path, what in network.groups.items() if what[:1].isupper()}

    def __call__(self, node: Node) -> str | None:
        return next((prefix for prefix in prefixes(node.origin.path) if prefix in self.calls), None)


class _Sqrt:
    """The number of the stretch that a node is in, of ⌈√n⌉ stretches of n layers."""

    def __init__(self, network: Network) -> None:
        self.layers = len(network.nodes)
        self.stretches = isqrt(self.layers - 1) + 1

    def __call__(self, node: Node) -> int:
        return node.index * self.stretches // self.layers


class _Named:
    """The named layer or block that a node is or is in."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = set(names)

    def __call__(self, node: Node) -> str | None:
        return next((prefix for prefix in prefixes(node.name) if prefix in self.names), None)


def prefixes(name: str) -> Iterator[str]:
    """A full name and the paths around it, the outermost first: `stage2`, `stage2.1`, `stage2.1.conv3`."""
    place = name.find(".")
    while place >= 0:
        yield name[:place]
        place = name.find(".", place + 1)
    yield name


def check_names(network: Network, checkpoint: str | Sequence[str] | None) -> None:
    """Refuses a checkpoint's name that no layer and no block of the network has."""
    if checkpoint is None or isinstance(checkpoint, str):
        return
    known = {prefix for node in network.nodes for prefix in prefixes(node.name)}
    for name in checkpoint:
        if name not in known:
            near = nearest(name, [*sorted(known), *(CHECKPOINTS if len(checkpoint) == 1 else ())])
            meant = f"did you mean `{near}`?" if near else "`blocks` is every block, `sqrt` every √n layers"
            raise SettingError(
                f"`{{checkpoint}}`: no layer and no block is called `{shown(name)}`; {meant}", "checkpoint"
            )
