"""The table from layer type to template of PyTorch code."""

from __future__ import annotations

from math import prod

from analyzer.engine.network import Node
from analyzer.loader.writing.code.template import Built, Layout, NoTemplate, Template

#: Layer types without a template, each with the reason.
REFUSED: dict[str, str] = {"custom": "only its author knows what it calculates"}

#: The texts of the classes and functions that templates need, by their names.
HELPERS: dict[str, str] = {}


def _even(padding: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    if any(a != b for a, b in padding):
        raise NoTemplate("its padding is uneven")
    return tuple(a for a, _ in padding)


def _short(sizes: tuple[int, ...]) -> object:
    return sizes[0] if len(set(sizes)) == 1 else sizes


def _conv(node: Node) -> Built:
    volume, layer = node.flow.input, node.layer
    window = layer.window(volume)
    assert window is not None
    counts = layer.parameters(node.flow, layer.declared_sharing)
    named = {}
    if set(window.stride) != {1}:
        named["stride"] = _short(window.stride)
    padding = _even(window.padding)
    if set(padding) != {0}:
        named["padding"] = _short(padding)
    if set(window.dilation) != {1}:
        named["dilation"] = _short(window.dilation)
    groups = layer.plane_groups(volume)
    if groups != 1:
        named["groups"] = groups
    if not counts.biases:
        named["bias"] = False
    return Built(
        f"nn.Conv{volume.rank}d",
        (volume.depth, node.output.depth, _short(window.kernel)),
        named,
        layout=Layout.FIRST,
    )


def _max_pool(node: Node) -> Built:
    window = node.layer.window(node.flow.input)
    assert window is not None
    return Built(
        f"nn.MaxPool{node.flow.input.rank}d",
        (_short(window.kernel), _short(window.stride)),
        {"padding": _short(_even(window.padding))},
        layout=Layout.FIRST,
    )


def _linear(node: Node) -> Built:
    named = {} if node.layer.parameters(node.flow, node.layer.declared_sharing).biases else {"bias": False}
    return Built("nn.Linear", (node.flow.input.depth, node.output.depth), named, layout=Layout.LAST)


def _dense(node: Node) -> Built:
    volume = node.flow.input
    named = {} if node.layer.parameters(node.flow, node.layer.declared_sharing).biases else {"bias": False}
    flat = ".flatten(1)" if volume.rank else ""
    return Built("nn.Linear", (prod(volume.sizes), node.output.depth), named, f"{{self}}({{0}}{flat})", Layout.FIRST)


def _batch_norm(node: Node) -> Built:
    return Built(f"nn.BatchNorm{max(node.output.rank, 1)}d", (node.output.depth,), layout=Layout.FIRST)


TEMPLATES: dict[str, Template] = {
    "conv": _conv,
    "depthwise_conv": _conv,
    "max_pool": _max_pool,
    "linear": _linear,
    "dense": _dense,
    "batch_norm": _batch_norm,
    "layer_norm": lambda node: Built("nn.LayerNorm", (node.output.depth,), layout=Layout.LAST),
    "relu": lambda node: Built("nn.ReLU"),
    "gelu": lambda node: Built("nn.GELU"),
    "softmax": lambda node: Built("nn.Softmax", (1,)),
    "flatten": lambda node: Built("nn.Flatten", layout=Layout.FIRST),
    "dropout": lambda node: Built("nn.Dropout"),
    "add": lambda node: Built(forward=" + ".join(f"{{{n}}}" for n in range(len(node.inputs)))),
    "concat": lambda node: Built(forward="torch.cat([{all}], 1)", layout=Layout.FIRST),
    "global_avg_pool": lambda node: Built(forward="{0}.mean((2, 3))", layout=Layout.FIRST),
    "adaptive_avg_pool": lambda node: Built("nn.AdaptiveAvgPool2d", (node.output.spatial,), layout=Layout.FIRST),
}


def _parameter(node: Node) -> Built:
    if node.layer.parameters(node.flow, node.layer.declared_sharing).weights != node.output.size:
        raise NoTemplate("its numbers are looked up in a table")
    return Built("nn.Parameter", (1, *node.output.sizes), forward="{self}", layout=Layout.LAST)


TEMPLATES["parameter"] = _parameter
