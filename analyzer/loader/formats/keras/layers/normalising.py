"""Normalisations, and layers that scale by trained numbers.

Sources: keras/src/layers/normalization/, keras/src/applications/convnext.py (Keras 3.15.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.loader.formats.keras.call import Called, layer
from analyzer.loader.formats.keras.layers.activations import along
from analyzer.loader.formats.views import Tensor
from analyzer.volume import AXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _flags(call: Called) -> dict[str, Any]:
    """Gamma and beta where they are left out."""
    found = {}
    for key in ("scale", "center"):
        if not call.config.flag(key, True):
            found[key] = False
    return found


@layer("BatchNormalization", "SyncBatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2")
def batch_norm(call: Called) -> Tensor:
    """`batch_norm` along one axis, or along several as one."""
    parameters = _flags(call)

    def write(x: Tensor, axis: int) -> Tensor:
        return call.weighted(
            lambda **more: call.heart.over_depth("batch_norm", x, axis, call.place(), parameters, **more)
        )

    return along(call, call.x, call.config.axes("axis", call.x.rank, -1), write)


@layer("LayerNormalization")
def layer_norm(call: Called) -> Tensor:
    """`layer_norm` along its axes; with `rms_scaling` it has gamma only."""
    config, x = call.config, call.x
    parameters = _flags(call)
    if config.flag("rms_scaling", False):
        parameters = {"center": False}
    return over_axes(call, "layer_norm", x, config.axes("axis", x.rank, -1), parameters)


@layer("RMSNormalization")
def rms_norm(call: Called) -> Tensor:
    """`rms_norm` along its axes."""
    return over_axes(call, "rms_norm", call.x, call.config.axes("axis", call.x.rank, -1), {})


@layer("UnitNormalization")
def unit_norm(call: Called) -> Tensor:
    """A division by the length along its axes: `rms_norm` with another factor, and nothing to train."""
    return over_axes(call, "rms_norm", call.x, call.config.axes("axis", call.x.rank, -1), {"affine": False})


def over_axes(call: Called, type: str, x: Tensor, axes: Sequence[int], parameters: Mapping[str, Any]) -> Tensor:
    """A normalisation along axes of the tensor, each an axis of its volume."""
    axes = sorted(axes)
    written, groups, places = call.heart.by_itself(x, axes, call.beside())
    names = [(*AXES[len(groups) - 1], "depth")[place] for place in places]
    given = {**({} if names == ["depth"] else {"axes": names}), **parameters}

    def write(**more: Any) -> Tensor:
        made = call.kept.sheet.write(type, [written], call.place(), given, **more)
        return call.heart.placed(x, groups, made, dict(zip(axes, places, strict=True)))

    return call.weighted(write)


@layer("GroupNormalization", "InstanceNormalization")
def group_norm(call: Called) -> Tensor:
    """`group_norm`; −1 groups are as many as planes."""
    config, x = call.config, call.x
    axis = config.axis("axis", x.rank, -1)
    groups = config.whole("groups", 32, least=-1) if call.kind == "GroupNormalization" else -1
    parameters = {"groups": x.shape[axis] if groups == -1 else groups, **_flags(call)}
    return call.weighted(lambda **more: call.heart.over_depth("group_norm", x, axis, call.place(), parameters, **more))


@layer("LayerScale")
def layer_scale(call: Called) -> Tensor:
    """A trained number for each plane, as ConvNeXt of keras.applications has it."""
    x = call.x
    return call.weighted(lambda **more: call.heart.over_depth("scale", x, x.rank - 1, call.place(), {}, **more))
