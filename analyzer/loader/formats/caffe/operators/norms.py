"""Normalisations, and trained numbers that multiply or are added.

Sources: batch_norm_layer.cpp, scale_layer.cpp, bias_layer.cpp, lrn_layer.cpp, mvn_layer.cpp of BVLC/caffe;
normalize_layer.cpp of weiliu89/caffe; bn_layer.cpp of alexgkendall/caffe-segnet and of hszhao/PSPNet.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.reading import Reading, Unsupported, layer_type, text_of
from analyzer.loader.formats.caffe.values import choice, truth, whole
from analyzer.loader.formats.sheet import Written
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@layer_type("BatchNorm")
def batch_norm(reading: Reading, layer: Layer) -> None:
    """Running mean and variance of each channel, which nobody trains. Some forks have a scale and a bias in it.

    The file of weights has a third tensor, one number that both are divided by. It counts nowhere.
    """
    block = layer.parameters("batch_norm_param")
    affine = truth(block, "scale_bias") or truth(block, "use_weight_bias")
    _normed(reading, layer, {} if affine else {"affine": False})


@layer_type("BN")
def bn(reading: Reading, layer: Layer) -> None:
    """A batch norm with scale and shift. SegNet's keeps no statistics, the other ones do."""
    fields = layer.parameters("bn_param").fields
    own = any(name in fields for name in ("slope_filler", "bias_filler", "frozen", "momentum"))
    _normed(reading, layer, {} if own else {"statistics": False})


def _normed(reading: Reading, layer: Layer, parameters: dict[str, Any]) -> None:
    """A batch norm; one without a scale shares its statistics where all three of its tensors are shared."""
    x = reading.bottom(layer)
    trained = "affine" not in parameters
    count = 2 if trained else 3
    more = reading.weighted(layer, count)
    if not trained:
        more = {"tied": more["tied"]} if isinstance(more.get("tied"), Written) else {}
    made = reading.heart.over_depth("batch_norm", x, min(1, x.rank - 1), layer.place(), parameters, **more)
    reading.own(layer, count, reading.sheet.layers[-1])
    reading.give(layer, made)


@layer_type("LRN")
def lrn(reading: Reading, layer: Layer) -> None:
    """Over neighbouring channels; within a channel it is the net of layers that Caffe itself makes of it."""
    x, block = reading.bottom(layer), layer.parameters("lrn_param")
    reading.axes(layer, x, 4)
    heart, size = reading.heart, whole(block, "local_size", 5)
    if choice(block, "norm_region", ("ACROSS_CHANNELS", "WITHIN_CHANNEL"), "ACROSS_CHANNELS") == "ACROSS_CHANNELS":
        made = heart.layer("local_response_norm", x, layer.place(), {"size": size}, spatial=[2, 3], depth=1)
        reading.give(layer, made)
        return
    square = heart.pointwise("elementwise", x, layer.place("square"), {"op": "square"})
    window: dict[str, Any] = {"kernel": [size, size], "stride": 1}
    if size > 2:
        window["padding"] = (size - 1) // 2
    mean = heart.layer("avg_pool", square, layer.place("pool"), window, spatial=[2, 3], depth=1)
    power = heart.pointwise("elementwise", mean, layer.place("power"), {"op": "power"})
    reading.give(layer, heart.merge("multiply", [x, power], layer.place()))


@layer_type("MVN")
def mvn(reading: Reading, layer: Layer) -> None:
    """Each plane, or each sample, less its mean; divided by its deviation unless the file says otherwise."""
    x, block, heart = reading.bottom(layer), layer.parameters("mvn_param"), reading.heart
    axes = list(range(1 if truth(block, "across_channels") else 2, x.rank))
    if not truth(block, "normalize_variance", True):
        mean = heart.reduce(x, "mean", axes, True, layer.place("mean"))
        reading.give(layer, heart.merge("subtract", [x, mean], layer.place()))
        return
    reading.axes(layer, x, 4)
    if len(axes) == 2:
        made = heart.layer("instance_norm", x, layer.place(), {"affine": False}, spatial=[2, 3], depth=1)
    else:
        given = {"affine": False, "axes": ["height", "width", "depth"]}
        made = heart.layer("layer_norm", x, layer.place(), given, spatial=[2, 3], depth=1)
    reading.give(layer, made)


@layer_type("Normalize")
def normalize(reading: Reading, layer: Layer) -> None:
    """Divided by its length at each place, or of the whole sample; then a trained scale."""
    x, block, heart = reading.bottom(layer), layer.parameters("norm_param"), reading.heart
    axes = list(range(1, x.rank)) if truth(block, "across_spatial", True) else [1]
    norm = heart.reduce(x, "l2", axes, True, layer.place("norm"))
    x = heart.merge("elementwise", [x, norm], layer.place("divide"), {"op": "divide"})
    more = reading.weighted(layer, 1)
    if truth(block, "channel_shared", True):
        made = heart.pointwise("scale", x, layer.place(), {"per": "layer"}, **more)
    else:
        made = heart.over_depth("scale", x, 1, layer.place(), {}, **more)
    reading.own(layer, 1, reading.sheet.layers[-1])
    reading.give(layer, made)


@layer_type("Scale")
def scale(reading: Reading, layer: Layer) -> None:
    """Trained numbers multiply, and may be added; or a second input multiplies."""
    block, heart = layer.parameters("scale_param"), reading.heart
    bias = truth(block, "bias_term")
    x = reading.bottom(layer)
    if len(reading.wires.sources[reading.index]) > 1:
        other = reading.bottom(layer, 1)
        covered = _of_second(reading, layer, "scale_param", x, other)
        made = heart.merge("multiply", [x, _over(x, other, covered)], layer.place())
        if bias:
            made = _with_bias(reading, layer, made, covered, 1)
        reading.give(layer, made)
        return
    covered = _covered(reading, layer, "scale_param", x, whole(block, "num_axes", 1))
    reading.give(layer, _multiplied(reading, layer, x, covered, bias=bias))


def _multiplied(reading: Reading, layer: Layer, x: Tensor, covered: Sequence[int], *, bias: bool) -> Tensor:
    """A tensor times trained numbers over some of its axes."""
    heart, count = reading.heart, 1 + bias
    more = reading.weighted(layer, count)
    given: dict[str, Any] = {"bias": True} if bias else {}
    wide = [axis for axis in covered if x.shape[axis] > 1]
    if not wide:
        made = heart.pointwise("scale", x, layer.place(), {"per": "layer", **given}, **more)
    elif len(wide) == 1:
        made = heart.over_depth("scale", x, wide[0], layer.place(), given, **more)
    elif all(axis in covered for axis, size in enumerate(x.shape) if size > 1):
        made = heart.pointwise("scale", x, layer.place(), {"per": "volume", **given}, **more)
    else:
        factors = heart.parameter([x.shape[axis] for axis in covered], layer.place("factors"))
        made = heart.merge("multiply", [x, _over(x, factors, covered)], layer.place())
        return _with_bias(reading, layer, made, covered, 1) if bias else made
    reading.own(layer, count, reading.sheet.layers[-1])
    return made


@layer_type("Bias")
def bias(reading: Reading, layer: Layer) -> None:
    """Trained numbers, or a second input, are added."""
    x, block = reading.bottom(layer), layer.parameters("bias_param")
    if len(reading.wires.sources[reading.index]) > 1:
        other = reading.bottom(layer, 1)
        covered = _of_second(reading, layer, "bias_param", x, other)
        reading.give(layer, reading.heart.merge("add", [x, _over(x, other, covered)], layer.place()))
        return
    covered = _covered(reading, layer, "bias_param", x, whole(block, "num_axes", 1))
    reading.give(layer, _with_bias(reading, layer, x, covered, 0))


def _with_bias(reading: Reading, layer: Layer, x: Tensor, covered: Sequence[int], place: int) -> Tensor:
    """A tensor with trained numbers over some of its axes added; they are the layer's tensor with this number."""
    frozen = bool([*layer.rates][place : place + 1] == [0])
    kept = reading.heart.parameter([x.shape[axis] for axis in covered], layer.place("bias"), frozen=frozen)
    return reading.heart.merge("add", [x, _over(x, kept, covered)], layer.place("add") if place else layer.place())


def _covered(reading: Reading, layer: Layer, block: str, x: Tensor, count: int) -> list[int]:
    """The axes that numbers cover: so many from `axis` on, all the others for −1."""
    axis = whole(layer.parameters(block), "axis", 1)
    if count == 0:
        return []
    if not -x.rank <= axis < x.rank:
        at = layer.at(block, "axis")
        raise reading.refuse(
            layer, f"`axis` of `{layer.name}` is {axis}, but `{layer.bottoms[0]}` has {x.rank} axes", at
        )
    axis %= x.rank
    covered = list(range(axis, x.rank if count < 0 else axis + count))
    if covered[-1] >= x.rank:
        raise reading.refuse(
            layer,
            f"`{layer.name}` covers axes {axis} to {covered[-1]} of `{layer.bottoms[0]}`, which has {x.rank} axes",
        )
    if len(layer.bottoms) == 1 and any(x.is_batch(at) for at in covered):
        raise Unsupported("it has trained numbers for each sample of the batch")
    return covered


def _of_second(reading: Reading, layer: Layer, block: str, x: Tensor, other: Tensor) -> list[int]:
    """The axes that a second input covers, whose sizes are its own."""
    covered = _covered(reading, layer, block, x, other.rank)
    if [x.shape[axis] for axis in covered] != [*other.shape]:
        one, two = (shown(name) for name in layer.bottoms[:2])
        message = f"`{layer.name}` ({layer.type}) reads `{one}`, {text_of(x)}, and `{two}`, {text_of(other)}"
        help = f"the second must have the sizes of the first from axis {covered[0]} on" if covered else None
        raise reading.refuse(layer, message, help=help)
    return covered


def _over(x: Tensor, other: Tensor, covered: Sequence[int]) -> Tensor:
    """A tensor with the axes `covered` of another, as one that is broadcast to it."""
    axes: list[Any] = [()] * x.rank
    for axis, digits in zip(covered, other.axes, strict=True):
        axes[axis] = digits
    return Tensor(other.base, axes)
