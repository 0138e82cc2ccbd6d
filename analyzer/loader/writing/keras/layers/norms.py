"""Normalisations. Epsilons are Keras's: a network's description has none."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, NoTemplate
from analyzer.loader.writing.keras.layers.making import axes_of


def _trained(layer: BatchNorm | GroupNorm | InstanceNorm | LayerNorm) -> dict[str, object]:
    """Whether it has gamma and beta, where not as Keras's default."""
    scale = layer.affine if layer.scale is None else layer.scale
    return options(center=unless(layer.centres, True), scale=unless(scale, True))


def batch_norm(layer: BatchNorm, node: Node) -> Built:
    """`BatchNormalization`, which always keeps running statistics; `BatchStatistics` of the file keeps none."""
    if not layer.statistics:
        return Built("BatchStatistics", (), _trained(layer), needs=("BatchStatistics",))
    return Built("layers.BatchNormalization", (), _trained(layer))


def instance_norm(layer: InstanceNorm, node: Node) -> Built:
    """`GroupNormalization` with a group for each plane, which is what −1 asks for."""
    if layer.statistics:
        raise NoTemplate("Keras has no instance normalisation with running statistics")
    return Built("layers.GroupNormalization", (), {"groups": -1, **_trained(layer)})


def group_norm(layer: GroupNorm, node: Node) -> Built:
    """`GroupNormalization`."""
    return Built("layers.GroupNormalization", (layer.groups,), _trained(layer))


def layer_norm(layer: LayerNorm, node: Node) -> Built:
    """`LayerNormalization` over the last axis, or over several."""
    return Built("layers.LayerNormalization", (), {**_over(layer.axes, node), **_trained(layer)})


def rms_norm(layer: RmsNorm, node: Node) -> Built:
    """`RMSNormalization`, which always has gamma; without it, the operation."""
    over = _over(layer.axes, node)
    if layer.affine if layer.scale is None else layer.scale:
        return Built("layers.RMSNormalization", (), over)
    return Built(forward="ops.rms_normalization({0}, axis={axis})", values={"axis": over.get("axis", -1)})


def _over(axes: tuple[str, ...], node: Node) -> dict[str, object]:
    """The axes that are normalised along, where not the last one."""
    found = axes_of(axes, node.flow.input)
    return {} if found == (node.flow.input.rank + 1,) else {"axis": found if len(found) > 1 else found[0]}


def local_response_norm(layer: LocalResponseNorm, node: Node) -> Built:
    """`local_response_norm` of the file."""
    values = {"size": layer.size}
    return Built(forward="local_response_norm({0}, {size})", needs=("local_response_norm",), values=values)
