"""Norms over the last axes of a tensor."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.loader.formats.sheet import Place
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor
from analyzer.volume import AXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def over_last(
    heart: Tensors, type: str, x: Tensor, axis: int, place: Place, parameters: Mapping[str, Any], **more: Any
) -> Tensor:
    """A `layer_norm` or an `rms_norm` over the axes from `axis` on."""
    last = x.shape[axis:]
    if sum(size > 1 for size in last) <= 1:
        depth = next((at for at in range(axis, x.rank) if x.shape[at] > 1), x.rank - 1)
        return heart.over_depth(type, x, depth, place, parameters, **more)
    groups = heart.groups_of(x)
    inside = heart.natural(x)
    names = (*AXES[len(groups) - 1], "depth")
    axes = [names[at] for at, group in enumerate(groups) if min(group) >= axis]
    made = heart.new(type, [inside], place, {**parameters, "axes": axes}, batch=False, **more)
    return Tensor(made.base, heart.over_groups(x, groups))
