"""Preprocessing: numbers of images, and words as indices. Random changes act in training only and write no row.

Sources: keras/src/layers/preprocessing/ (Keras 3.15.1).
"""

from __future__ import annotations

from analyzer.loader.formats.keras.call import Called, Unknown, layer
from analyzer.loader.formats.keras.config import Mistake
from analyzer.loader.formats.keras.layers.convolutions import axes_of
from analyzer.loader.formats.keras.layers.reshaping import cropped, resized
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown


@layer("Rescaling")
def rescaling(call: Called) -> Tensor:
    """A product with a constant, and a constant added."""
    return call.heart.pointwise("elementwise", call.x, call.place(), {"op": "multiply"})


@layer("Normalization")
def normalization(call: Called) -> Tensor:
    """A mean and a variance along axes, which are buffers unless the file has them; a third buffer counts batches."""
    x, config = call.x, call.config
    named = config.data.get("axis", -1)
    axes = [] if named in (None, []) else config.axes("axis", x.rank, -1)
    if config.has("mean"):
        return call.heart.pointwise("elementwise", x, call.place(), {"op": "divide"})
    shape = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
    mean, variance = (call.parameter(shape, part, trained=False) for part in ("mean", "variance"))
    counted = (call.owner, "count")
    if counted not in call.kept.tensors:
        call.kept.tensors[counted] = mean
        call.kept.sheet.write("parameter", [], call.place("count"), {"volume": "1", "trained": False})
    made = call.heart.merge("subtract", [x, mean], call.place("subtract"))
    return call.heart.merge("elementwise", [made, variance], call.place(), {"op": "divide"})


@layer("Resizing")
def resizing(call: Called) -> Tensor:
    """`resize`; the ratio of the sides may be kept by cells that are cut or added, which changes no size."""
    spatial, depth = _of_picture(call)
    return resized(call, call.x, _sizes(call), spatial, depth)


def _sizes(call: Called) -> list[int]:
    return [call.config.whole("height"), call.config.whole("width")]


def _of_picture(call: Called) -> tuple[list[int], int]:
    """The spatial axes and the depth of a picture, which may have no batch before it."""
    return axes_of(call, call.x, 2)


@layer("CenterCrop", "RandomCrop")
def center_crop(call: Called) -> Tensor:
    """`crop` around the middle; `resize` where the picture is too small."""
    x, to = call.x, _sizes(call)
    spatial, depth = _of_picture(call)
    more = [x.shape[axis] - size for axis, size in zip(spatial, to, strict=True)]
    if min(more) < 0:
        call.config.data = {**call.config.data, "interpolation": "bilinear"}
        return resized(call, x, to, spatial, depth)
    return cropped(call, x, spatial, depth, [[n // 2, n - n // 2] for n in more])


@layer(
    "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness",
    "RandomHeight", "RandomWidth", "RandomHue", "RandomSaturation", "RandomSharpness", "RandomShear", "RandomPerspective",
    "RandomPosterization", "RandomInvert", "RandomGrayscale", "RandomGaussianBlur", "RandomErasing",
    "RandomElasticTransform", "RandomColorJitter", "RandomColorDegeneration", "RandAugment", "AugMix", "MixUp", "CutMix",
    "AutoContrast", "Equalization", "Solarization", "ContrastLimitedAdaptiveHistogramEqualization", "MaxNumBoundingBoxes",
)  # fmt: skip
def random(call: Called) -> Tensor:
    """The picture, whose numbers change and whose sizes do not."""
    return call.x


def _encoded(call: Called, x: Tensor, tokens: int, mode: str) -> Tensor:
    """Indices as vectors: one for each index (`one_hot`), or one for all of the last axis."""
    shape = list(x.shape)
    if mode == "one_hot":
        shape = [*shape[:-1], tokens] if shape[-1] == 1 and x.rank > 1 else [*shape, tokens]
    else:
        shape = [*shape[:-1], tokens] if x.rank > 1 else [*shape, tokens]
    return call.known(shape, [x])


@layer("CategoryEncoding")
def category_encoding(call: Called) -> Tensor:
    """Indices as vectors of `num_tokens`."""
    mode = call.config.word("output_mode", ("one_hot", "multi_hot", "count", "int"), "multi_hot")
    return _encoded(call, call.x, call.config.whole("num_tokens"), mode)


@layer("IntegerLookup", "StringLookup", "Hashing", "HashedCrossing", "Discretization")
def lookup(call: Called) -> Tensor:
    """An index for each value, or a vector where `output_mode` says so."""
    config = call.config
    modes = ("int", "one_hot", "multi_hot", "count", "tf_idf", "binary")
    mode = config.word("output_mode", modes, "int")
    if mode == "int":
        return call.xs[0]
    return _encoded(call, call.x, _tokens(call), mode)


def _tokens(call: Called) -> int:
    """The length of the vectors."""
    config = call.config
    if config.has("num_bins"):
        return config.whole("num_bins")
    if config.has("bin_boundaries") and isinstance(config.data["bin_boundaries"], list):
        return len(config.data["bin_boundaries"]) + 1
    if config.has("vocabulary_size"):
        return config.whole("vocabulary_size")
    if isinstance(config.data.get("vocabulary"), list):
        return len(config.data["vocabulary"]) + config.whole("num_oov_indices", 1, least=0)
    raise Unknown


@layer("STFTSpectrogram", "MelSpectrogram", "TextVectorization")
def signal(call: Called) -> Tensor:
    """A `custom` by the shape in the file."""
    raise Unknown


@layer("CustomScaleLayer")
def scaled_sum(call: Called) -> Tensor:
    """The first tensor and a multiple of the second, as Inception-ResNet of keras.applications has it."""
    xs = call.xs
    if len(xs) != 2:
        raise Mistake(f"`{shown(call.config.name)}` adds two tensors, not {len(xs)}")
    scaled = call.heart.pointwise("elementwise", xs[1], call.place("scale"), {"op": "multiply"})
    return call.heart.merge("add", [xs[0], scaled], call.place())
