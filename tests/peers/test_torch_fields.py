"""Receptive fields against the support of torch's gradients: random networks that move elements to other axes.

A cell of a layer is a position with all of its planes. What it sees is where the gradient of their sum is not 0, on each
axis of each input from the first such cell to the last. Weights are positive, so that nothing cancels.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod
from random import Random
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: receptive fields are not compared with it")

from building import build  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from analyzer.diagnostics import Refusal  # noqa: E402
from analyzer.engine.arranged import Arranged, settled  # noqa: E402
from analyzer.engine.field_states import _Reader, propagated  # noqa: E402
from analyzer.engine.network import Network, Node  # noqa: E402
from analyzer.volume import Volume  # noqa: E402

pytestmark = pytest.mark.peer

Written = dict[str, Any]


def planes_first(x: Tensor) -> Tensor:
    return x.movedim(-1, 0).unsqueeze(0)


def planes_last(x: Tensor) -> Tensor:
    return x.squeeze(0).movedim(0, -1)


def convolved(x: Tensor, depth: int, kernel: int, stride: int, padding: int, groups: int = 1) -> Tensor:
    rank = x.dim() - 1
    weight = torch.rand(depth, x.shape[-1] // groups, *[kernel] * rank, dtype=x.dtype) + 0.5
    conv = (functional.conv1d, functional.conv2d, functional.conv3d)[rank - 1]
    return planes_last(conv(planes_first(x), weight, stride=stride, padding=padding, groups=groups))


def drawn(rng: Random, volume: Volume) -> tuple[str, Written]:
    """A layer that may follow a volume."""
    kinds = ["relu", "linear", "reshape", "reshape", "permute", "permute", "flatten", "slice", "dense"]
    kinds += ["rearrange", "rearrange", "softmax", "reduce", "tile", "roll", "flip", "gather"]
    if volume.rank == 1:
        kinds.append("unfold")
    if volume.rank:
        kinds += ["conv", "conv", "depthwise_conv", "max_pool", "crop", "mean", "global_avg_pool", "upsample"]
    kind = rng.choice(kinds)
    if kind in ("conv", "depthwise_conv"):
        kernel = rng.choice((1, 2, 3))  # with a padded kernel of 1, a cell would see nothing but padding
        padding = rng.choice((0, 1)) if kernel > 1 else 0
        written: Written = {"kernel": kernel, "stride": rng.choice((1, 1, 2)), "padding": padding}
        return kind, {**written, "filters": 2} if kind == "conv" else written
    if kind == "max_pool":
        return kind, {"kernel": 2, "stride": rng.choice((1, 2))}
    if kind == "crop":
        return kind, {"padding": [[rng.choice((0, 1)), rng.choice((0, 1))] for _ in volume.spatial]}
    if kind == "upsample":
        return kind, {"factor": 2}
    if kind == "mean":
        return kind, {"axis": rng.choice(volume.axes[:-1])}
    if kind == "slice":
        axis = rng.randrange(len(volume.sizes))
        start = rng.randrange(volume.sizes[axis])
        return kind, {"axis": volume.axes[axis], "start": start, "stop": rng.randint(start + 1, volume.sizes[axis])}
    if kind in ("softmax", "reduce", "tile", "roll", "flip"):
        more: Written = {"reduce": {"op": "sum"}, "tile": {"count": 2}, "roll": {"shift": 1}}.get(kind, {})
        return kind, {"axis": rng.choice(volume.axes), **more}
    if kind == "gather":
        axis = rng.randrange(len(volume.sizes))
        return kind, {"axis": volume.axes[axis], "count": rng.randint(1, volume.sizes[axis])}
    if kind == "unfold":
        return kind, {"kernel": 2, "stride": rng.choice((1, 2))}
    if kind == "rearrange":
        return kind, rearranged(rng, volume)
    if kind == "permute":
        return kind, {"order": rng.sample(volume.axes, len(volume.axes))}
    if kind == "reshape":
        return kind, {"to": "x".join(map(str, cut(rng, volume.size)))}
    return kind, {"linear": {"units": 2}, "dense": {"units": rng.choice((3, 12))}}.get(kind, {})


def cut(rng: Random, size: int) -> list[int]:
    """Random factors of a size, up to four."""
    sizes = [size]
    for _ in range(rng.randint(0, 3)):
        last = sizes.pop()
        factor = rng.choice([n for n in range(1, last + 1) if last % n == 0])
        sizes += [factor, last // factor]
    return sizes


def rearranged(rng: Random, volume: Volume) -> Written:
    """A pattern that cuts axes in two, orders the parts, and joins some."""
    left, sizes, names = [], {}, []
    for name, size in zip("tabc", volume.sizes, strict=False):
        factor = rng.choice([n for n in range(1, size + 1) if size % n == 0])
        if rng.random() < 0.5:
            left.append(f"({name}1 {name}2)")
            names += [f"{name}1", f"{name}2"]
            sizes[f"{name}2"] = factor
        else:
            left.append(name)
            names.append(name)
    if rng.random() < 0.7:
        rng.shuffle(names)
    right = [[name] for name in names]
    while len(right) > 4 or (len(right) > 1 and rng.random() < 0.5):
        at = rng.randrange(len(right) - 1)
        right[at : at + 2] = [right[at] + right[at + 1]]
    joined = " ".join("(" + " ".join(axis) + ")" for axis in right)
    return {"pattern": f"{' '.join(left)} -> {joined}", "sizes": sizes}


def einops(x: Tensor, pattern: str, sizes: dict[str, int]) -> Tensor:
    """einops.rearrange, as a view, another order and a view."""
    left, right = (
        [axis.strip("()").split() for axis in re.findall(r"\([^)]*\)|\w+", side)] for side in pattern.split(" -> ")
    )
    known = dict(sizes)
    for axis, size in zip(left, x.shape, strict=True):
        known.setdefault(axis[0], size // prod(known[name] for name in axis[1:]))
    names = [name for axis in left for name in axis]
    x = x.reshape([known[name] for name in names])
    x = x.permute([names.index(name) for axis in right for name in axis])
    return x.reshape([prod(known[name] for name in axis) for axis in right])


def run(kind: str, written: Written, x: Tensor) -> Tensor:
    """What torch makes of a layer, on tensors with the depth last and positive values."""
    names = Volume.of(list(x.shape)).axes
    if kind in ("conv", "depthwise_conv"):
        groups = x.shape[-1] if kind == "depthwise_conv" else 1
        depth = groups if kind == "depthwise_conv" else written["filters"]
        return convolved(x, depth, written["kernel"], written["stride"], written["padding"], groups)
    if kind == "max_pool":  # its gradient has one cell a window: the mean of the same windows has all of them
        pool = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[x.dim() - 2]
        return planes_last(pool(planes_first(x), written["kernel"], written["stride"]))
    if kind == "crop":
        for axis, (before, after) in enumerate(written["padding"]):
            x = x.narrow(axis, before, x.shape[axis] - before - after)
        return x
    if kind == "upsample":
        return planes_last(nn.Upsample(scale_factor=2)(planes_first(x)))
    if kind in ("mean", "global_avg_pool"):
        axes = [names.index(written["axis"])] if kind == "mean" else list(range(x.dim() - 1))
        return x.mean(axes, keepdim=True) if kind == "mean" else x.mean(axes)
    if kind == "slice":
        return x.narrow(names.index(written["axis"]), written["start"], written["stop"] - written["start"])
    if kind == "rearrange":
        return einops(x, written["pattern"], written["sizes"])
    if kind == "softmax":  # the gradient of its sum is 0
        return x + x.sum(names.index(written["axis"]), keepdim=True)
    if kind == "reduce":
        return x.sum(names.index(written["axis"]), keepdim=True)
    if kind == "tile":
        return torch.cat([x, x], names.index(written["axis"]))
    if kind in ("roll", "flip"):
        axis = names.index(written["axis"])
        return x.roll(written["shift"], axis) if kind == "roll" else x.flip(axis)
    if kind == "gather":  # the first cells, in the opposite order
        axis = names.index(written["axis"])
        return x.narrow(axis, 0, written["count"]).flip(axis)
    if kind == "unfold":  # windows x kernel x depth; as torch.nn.Unfold, the depth is the slower one
        return x.unfold(0, written["kernel"], written["stride"]).flatten(1)
    if kind == "permute":
        return x.permute([names.index(name) for name in written["order"]])
    if kind == "reshape":
        return x.reshape([int(size) for size in written["to"].split("x")])
    if kind in ("flatten", "dense"):
        x = x.reshape(-1)
    if kind in ("linear", "dense"):
        return x @ (torch.rand(x.shape[-1], written["units"], dtype=x.dtype) + 0.5)
    return x


def support(x: Tensor, source: Tensor, cell: tuple[int, ...]) -> list[tuple[int, int]] | None:
    """On each axis of the source, the first and the last cell with a gradient; None without any."""
    (gradient,) = torch.autograd.grad(x[cell].sum(), source, retain_graph=True, allow_unused=True)
    if gradient is None or not gradient.any():
        return None
    places = gradient.sum(-1).nonzero()
    return [(int(column.min()), int(column.max())) for column in places.T]


def padded(node: Node) -> bool:
    """Whether a layer pads what is not the network's input: there a field counts cells that are in no padding."""
    return node.index >= 0 and (
        ("padding" in node.layer.written() and node.inputs[0].index >= 0) or padded(node.inputs[0])
    )


def together(node: Node, state: Any, x: Tensor, source: Tensor) -> int:
    """Compares what all cells of a node see together; 1 if it is known."""
    found = _Reader(source.shape[:-1]).together(state, node.output)
    if found is None:
        return 0
    (gradient,) = torch.autograd.grad(x.sum(), source, retain_graph=True, allow_unused=True)
    if gradient is None or not gradient.any():
        return 0
    assert [field.at(0) for field in found] == [
        (int(column.min()), int(column.max())) for column in gradient.sum(-1).nonzero().T
    ], node
    return 1


def compared(node: Node, state: Any, x: Tensor, source: Tensor) -> int:
    """Compares all cells of a node whose field is known; 1 if it is."""
    sizes = source.shape[:-1]
    fields = settled(state, sizes) if isinstance(state, Arranged) else state
    if not isinstance(fields, list):
        return 0
    for cell in product(*map(range, node.output.spatial)):
        seen = [field.at(0 if field.axis is None else cell[field.axis]) for field in fields]
        clipped = [(max(low, 0), min(high, size - 1)) for (low, high), size in zip(seen, sizes, strict=True)]
        expected = support(x, source, cell)
        if expected is None:
            assert any(low > high for low, high in clipped), (node, cell, clipped)
        else:
            assert clipped == expected, (node, cell)
    return 1


@pytest.mark.parametrize("seed", range(120))
def test_random_networks(seed: int) -> None:
    rng = Random(seed)
    torch.manual_seed(seed)
    rank = rng.choice((1, 2, 2, 3))
    volume = Volume(tuple(rng.choice((2, 3, 4, 6)) for _ in range(rank)), rng.choice((1, 2, 3)))
    network = Network()
    node = network.enter("input", volume)
    source = torch.rand(volume.sizes, dtype=torch.float64) + 0.5
    source.requires_grad_()
    tensors = [source]
    while len(tensors) < 7:
        kind, written = drawn(rng, node.output)
        try:
            node = network.place(f"{kind}{len(tensors)}", build(kind, written), [node])
        except Refusal:
            continue
        x = run(kind, written, tensors[-1]).reshape(node.output.sizes)
        if prod(node.output.spatial) > 400 or node.output.size > 4000:
            break
        tensors.append(x)
    states = propagated(network)
    for node, state, x in zip(network.nodes, states, tensors[1:], strict=False):
        together(node, state, x, source)
        if not padded(node):
            compared(node, state, x, source)
