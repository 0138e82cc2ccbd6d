"""Normalisations. Running statistics are buffers.

Sources: torch/nn/functional.py; native_functions.yaml (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.normalising import over_last
from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.pt2.weights import path_of, weighted
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.formats.pt2.weights import Write


@operator(
    "aten.batch_norm", "aten._native_batch_norm_legit_no_training", "aten._native_batch_norm_legit",
    "aten.native_batch_norm", "aten._native_batch_norm_legit_functional", "aten.cudnn_batch_norm",
)  # fmt: skip
def batch_norm(reading: Reading, node: Node) -> None:
    """Over the second axis."""
    x = reading.tensor(node, "input")
    statistics = [reading.fixed(node, name) for name in ("running_mean", "running_var") if reading.has(node, name)]

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        return reading.heart.over_depth("batch_norm", x, min(1, x.rank - 1), _place(reading, node), given, **more)

    made = _normed(reading, node, {} if statistics else {"statistics": False}, write)
    for value in statistics:
        if value is not None:
            reading.count(value)
    reading.give(node, made)


@operator("aten.layer_norm", "aten.native_layer_norm", "aten.rms_norm", "aten._fused_rms_norm")
def layer_norm(reading: Reading, node: Node) -> None:
    """Over so many of the last axes as `normalized_shape` has."""
    x = reading.tensor(node, "input")
    axis = x.rank - len(reading.ints(node, "normalized_shape"))
    type = "layer_norm" if "layer" in node.operator else "rms_norm"

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        return over_last(reading.heart, type, x, axis, _place(reading, node), given, **more)

    reading.give(node, _normed(reading, node, {}, write, centred=type == "layer_norm"))


@operator("aten.group_norm", "aten.native_group_norm")
def group_norm(reading: Reading, node: Node) -> None:
    """Groups of the planes of the second axis."""
    x = reading.tensor(node, "input")
    groups = int(reading.number(node, "num_groups", None) or reading.number(node, "group", 1))

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        place = _place(reading, node)
        return reading.heart.layer("group_norm", x, place, given, spatial=range(2, x.rank), depth=1, **more)

    reading.give(node, _normed(reading, node, {"groups": groups}, write))


@operator("aten.instance_norm")
def instance_norm(reading: Reading, node: Node) -> None:
    """Each plane by itself."""
    x = reading.tensor(node, "input")
    statistics = [reading.fixed(node, name) for name in ("running_mean", "running_var") if reading.has(node, name)]
    given: dict[str, Any] = {"statistics": True} if statistics else {}

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        place = _place(reading, node)
        return reading.heart.layer("instance_norm", x, place, given, spatial=range(2, x.rank), depth=1, **more)

    if reading.has(node, "weight"):
        given["affine"] = True
    made = _normed(reading, node, given, write, usual=False)
    for value in statistics:
        if value is not None:
            reading.count(value)
    reading.give(node, made)


def _place(reading: Reading, node: Node) -> Any:
    weights = reading.fixed(node, "weight") or reading.fixed(node, "bias")
    return reading.place(node, path_of(weights))


def _normed(
    reading: Reading, node: Node, given: dict[str, Any], write: Write, *, usual: bool = True, centred: bool = True
) -> Tensor:
    """The norm with its weights and biases; `usual` is whether the type has them unless it is told otherwise.

    `centred` is whether the type has biases at all.
    """
    weights, biases = reading.fixed(node, "weight"), reading.fixed(node, "bias")
    weights, biases = (one if one is not None and one.root is not None else None for one in (weights, biases))
    if weights is None and biases is None:
        return write({**given, "affine": False} if usual else given, {})
    parameters = dict(given)
    if weights is None:
        parameters["scale"] = False
    if biases is None and centred:
        parameters["center"] = False
    main: Fixed | None = weights if weights is not None else biases
    assert main is not None
    return weighted(reading, parameters, main, [biases] if weights is not None else [], write)
