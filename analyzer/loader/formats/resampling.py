"""Axes of a tensor with other sizes, their cells interpolated."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.sheet import Place
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor

#: The mode of the layer by the number of axes, for each kind of interpolation.
MODES = {
    "nearest": ["nearest"] * 4,
    "linear": ["linear", "linear", "bilinear", "trilinear"],
    "cubic": ["bicubic"] * 4,
    "area": ["area"] * 4,
}


def resampled(heart: Tensors, x: Tensor, sizes: Sequence[int], kind: str, place: Place, *, by_factors: bool) -> Tensor:
    """An `upsample` where whole factors are given, otherwise a `resize`, over the axes whose sizes change.

    `sizes` are those of all axes, `kind` is a key of `MODES`.
    """
    changed = [axis for axis, (old, new) in enumerate(zip(x.shape, sizes, strict=True)) if old != new]
    if not changed:
        return x
    depth = _depth(x, changed)
    added = depth is None
    if depth is None:
        x, depth, sizes = heart.unsqueeze(x, [-1]), x.rank, [*sizes, 1]
    spatial = [axis for axis in range(x.rank) if axis != depth and not x.is_batch(axis)]
    if len(spatial) > 3:
        spatial = list(changed)
    mode = MODES[kind][min(len(spatial), 3)]
    parameters: dict[str, object] = {} if mode == "nearest" else {"mode": mode}
    steps = {sizes[axis] / x.shape[axis] for axis in spatial}
    whole = len(steps) == 1 and min(steps).is_integer()
    type = "upsample" if whole and by_factors else "resize"
    if type == "upsample":
        parameters = {"factor": int(min(steps)), **parameters}
    else:
        parameters = {"to": "x".join(str(sizes[axis]) for axis in spatial), **parameters}
        if len(spatial) == 1:
            parameters["to"] = sizes[spatial[0]]
    made = heart.layer(type, x, place, parameters, spatial=spatial, depth=depth)
    return heart.squeeze(made, [-1]) if added else made


def _depth(x: Tensor, changed: Sequence[int]) -> int | None:
    """The axis that stays the depth: the volume's own, otherwise the second, otherwise the last that keeps its size."""
    kept = [axis for axis in range(x.rank) if axis not in changed and not x.is_batch(axis)]
    if not kept:
        return None
    last = len(x.base.groups) - 1
    own = [axis for axis in kept if any(digit.axis == last for digit in x.axes[axis])]
    return own[0] if own else 1 if 1 in kept else kept[-1]
