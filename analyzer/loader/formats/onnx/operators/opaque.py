"""Operators that the catalogue has no type for: `custom` layers whose shapes follow from what they read.

Their MACs are unknown, but where nothing is multiplied and added up.

Sources: the operators of the same names in ONNX' Operators.md (1.23.2).
"""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node


@operator("GridSample")
def grid_sample(reading: Reading, node: Node) -> None:
    """N×C of the image, and the cells of the grid without its last axis."""
    x, grid = reading.tensor(node, 0), reading.tensor(node, 1)
    reading.custom(node, [*x.shape[:2], *grid.shape[1:-1]])


@operator("RoiAlign", "MaxRoiPool")
def roi_align(reading: Reading, node: Node) -> None:
    """A window of C planes for each region."""
    x, regions = reading.tensor(node, 0), reading.tensor(node, 1)
    size = node.ints("pooled_shape") or [node.int("output_height", 1), node.int("output_width", 1)]
    reading.custom(node, [regions.shape[0], x.shape[1], *size])


@operator("Det")
def det(reading: Reading, node: Node) -> None:
    """A number for each matrix."""
    reading.custom(node, list(reading.tensor(node, 0).shape[:-2]))


@operator("DFT")
def dft(reading: Reading, node: Node) -> None:
    """The axis has `dft_length` numbers, half of them where it is onesided; the last axis has the parts of a number."""
    x = reading.tensor(node, 0)
    shape = list(x.shape)
    axis = x.at(node.int("axis", 1 if reading.opset(node) < 20 else -2))
    if node.reads(2):
        axis = x.at(reading.sizes(node, 2)[0])
    length = reading.sizes(node, 1)[0] if node.reads(1) else shape[axis]
    onesided, inverse = node.int("onesided", 0), node.int("inverse", 0)
    shape[-1] = 2
    if onesided and inverse:
        shape[-1] = 1
        length = length if node.reads(1) else 2 * (shape[axis] - 1)
    elif onesided:
        length = length // 2 + 1
    shape[axis] = length
    reading.custom(node, shape)


@operator("STFT")
def stft(reading: Reading, node: Node) -> None:
    """Frames × frequencies × 2 of each signal."""
    x = reading.tensor(node, 0)
    step = reading.sizes(node, 1)[0]
    window = reading.operand(node, 2).shape[0] if node.reads(2) else None
    frame = reading.sizes(node, 3)[0] if node.reads(3) else window
    if frame is None:
        raise Unsupported
    bins = frame // 2 + 1 if node.int("onesided", 1) else frame
    reading.custom(node, [x.shape[0], (x.shape[1] - frame) // step + 1, bins, 2])


@operator("AffineGrid")
def affine_grid(reading: Reading, node: Node) -> None:
    """A point for each cell of a shape N×C×…."""
    sizes = reading.sizes(node, 1)
    reading.custom(node, [reading.tensor(node, 0).shape[0], *sizes[2:], len(sizes) - 2])


@operator("Col2Im")
def col2im(reading: Reading, node: Node) -> None:
    """Blocks that overlap, added up to planes: a `fold`, which has the windows before their cells."""
    x, heart, place = reading.tensor(node, 0), reading.heart, reading.place(node)
    image, block = reading.sizes(node, 1), reading.sizes(node, 2)
    if x.shape[0] > 1:
        raise Unsupported
    pads = node.ints("pads") or [0] * (2 * len(image))
    parameters = {
        "to": image,
        "kernel": block,
        "stride": node.ints("strides") or [1] * len(image),
        "dilation": node.ints("dilations") or [1] * len(image),
        "padding": [[pads[axis], pads[axis + len(image)]] for axis in range(len(image))],
    }
    made = heart.new("fold", [heart.arranged(x, [[2], [1]], place)], place, parameters, batch=False)
    made = heart.transpose(made, [made.rank - 1, *range(made.rank - 1)])
    reading.give(node, heart.unsqueeze(made, [0]) if x.batch is None else heart.batched(made, 0))


@operator("CausalConvWithState")
def causal_conv(reading: Reading, node: Node) -> None:
    """A depthwise convolution that reads the cells before; the last of them are the next state."""
    x, taps = reading.tensor(node, 0), reading.operand(node, 1).shape[-1]
    reading.custom(node, list(x.shape), macs=prod(x.shape) * taps)
    if not reading.empty(node, 1) and taps > 1:
        reading.custom(node, [*x.shape[:2], taps - 1], macs=0, place=1)


@operator("Multinomial")
def multinomial(reading: Reading, node: Node) -> None:
    """Samples of each row."""
    reading.custom(node, [reading.tensor(node, 0).shape[0], node.int("sample_size", 1)], macs=0)


@operator("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")
def loss(reading: Reading, node: Node) -> None:
    """One number, or one for each position; the second output has the axes of the scores."""
    shape = list(reading.operand(node, 1).shape) if node.string("reduction", "mean") == "none" else []
    reading.custom(node, shape, macs=0)
    if len(node.outputs) > 1:
        reading.give(node, reading.tensor(node, 0), 1)


@operator("StringConcat", "StringSplit", "StringNormalizer", "RegexFullMatch", "TfIdfVectorizer", "ImageDecoder")
def text(reading: Reading, node: Node) -> None:
    """Texts and files: the shape is the one that the file gives."""
    raise Unsupported
