"""The 139 rows of `tests/data/saved_tensors.json` as layers of the catalogue: what each keeps for its backward pass.

A row is one operation of torch, read with `torch.autograd.graph.saved_tensors_hooks`, each storage once. `DRAWN` draws
it as layers of the language, behind layers that make its inputs need gradients; `answer` lays that on a tape and says
what the tape keeps, in the form in which `measured` reads it off the row. Parameters and buffers are left out: what is
kept of them is no memory of its own. `NOT_OURS` lists the rows that the language has no layer for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from building import build, volume

from analyzer.engine.memory.loss import Loss
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.steps import Step
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import operations_of
from analyzer.engine.network import Network, Node

Row = dict[str, Any]

FILE = Path(__file__).parents[1] / "data" / "saved_tensors.json"

ROWS: dict[str, Row] = {row["op"]: row for row in json.loads(FILE.read_text("utf-8"))["op_saved_tensors"]}


class Saved(NamedTuple):
    """What an operation keeps, in bytes: of its inputs by name, its output (0: not kept), and what it makes besides."""

    inputs: dict[str, int]
    output: int
    extras: list[int]
    #: Whether its output lies in the memory of an input.
    view: bool
    #: Elements of its output, of all samples.
    elements: int


class Sketch:
    """A row drawn as a network.

    Each volume enters the network behind a trained `scale`, so that a gradient flows to it; `plain` leaves that out (the
    first layer of a network, or indices), and `tokens` enter with their depth last. Under autocast `half` names the
    inputs that come in 16 bits, behind a `linear`.

    names       what the row calls the inputs of its operation
    parameters  what of its inputs is a parameter of the layer
    target      what of its inputs is the target of the loss
    part        the operation of the last layer that the row is about; None for all of the layer
    loss        the row's operation is this loss
    training    False for a row in inference mode
    """

    def __init__(
        self,
        *volumes: str,
        batch: int = 2,
        plain: bool = False,
        tokens: bool = False,
        half: Sequence[str] = (),
        names: Sequence[str] = ("x", "y"),
        parameters: Sequence[str] = (),
        target: str = "",
        part: int | None = None,
        loss: str = "none",
        autocast: bool = False,
        training: bool = True,
    ) -> None:
        self.names = names
        self.parameters = parameters
        self.target = target
        self.part = part
        self.plain = plain
        self.training = training
        # Hooks do not see numbers of Python, as a dispatch mode does not.
        autocasting = "bfloat16" if autocast else None
        self.run = Run(batch=batch, loss=loss, autocast=autocasting, in_place_joins=False)
        self.network = Network()
        self.last: Sequence[Node] = ()
        self.inputs = [self.network.enter(name, volume(text)) for name, text in zip(names, volumes, strict=False)]
        if not plain:
            # A table of positions is for tokens, whose depth comes last.
            self.inputs = [
                self.put("position_table", node) if tokens else self.put("scale", node, per="layer")
                for node in self.inputs
            ]
        self.inputs = [
            self.put("linear", node, units=node.output.depth, bias=False) if name in half else node
            for name, node in zip(names, self.inputs, strict=False)
        ]
        self.leading = len(self.network.nodes)
        self.last = self.inputs

    def put(self, type_: str, *sources: Node, frozen: bool = False, **written: Any) -> Node:
        """Places a layer; without sources behind the last one, the first behind all inputs."""
        name, behind = f"layer{len(self.network.nodes)}", sources or self.last
        self.last = (self.network.place(name, build(type_, written), behind, frozen=frozen),)
        return self.last[0]

    def tape(self) -> Tape:
        """Its steps, without the loss."""
        return Tape(operations_of(self.network, "declared"), self.run, training=self.training)


def answer(sketch: Sketch) -> Saved:
    """What the tape keeps of the row's operation, each storage once."""
    tape = sketch.tape()
    targets = Loss(tape).targets
    start = _led(sketch, tape)
    steps = tape.steps[start:] if sketch.part is None else tape.steps[start + sketch.part :][:1]
    begin = tape.steps.index(steps[0]) + tape.first
    reads = sorted({read for step in steps for read in step.reads if read < begin})
    names = {tape.root[read]: name for read, name in zip(reads, sketch.names, strict=False)}
    value = begin + len(steps) - 1
    out, kept = tape.root[value], _kept(tape, steps)
    inputs = {names[root]: tape.value_bytes[root] for root in kept & set(names)}
    if sketch.target:
        inputs[sketch.target] = targets
    others = kept - set(names) - {out}
    made = [size for step in steps for size in (*(step.extras if sketch.training else step.made), *step.copies) if size]
    return Saved(
        inputs,
        tape.value_bytes[out] if out in kept - set(names) else 0,
        sorted([*made, *[tape.value_bytes[root] for root in others]]),
        out in names,
        tape.value_bytes[value] * 8 // tape.value_bits[value],
    )


def measured(row: Row, sketch: Sketch) -> Saved:
    """The row in the same form."""
    inputs: dict[str, int] = {}
    output, extras = 0, []
    for storage in row["saved"]:
        kind, _, name = storage["what"].partition(":")
        if kind == "in" and name not in sketch.parameters:
            inputs[name] = storage["bytes"]
        elif kind == "out":
            output = storage["bytes"]
        elif kind == "extra":
            extras.append(storage["bytes"])
        else:
            assert kind == "param" or name in sketch.parameters, storage
    return Saved(inputs, output, sorted(extras), row["out_is_view_of_in"], prod(row["out_shape"]))


def held(sketch: Sketch) -> int:
    """Bytes alive at the end of the simulated forward pass."""
    return Training(sketch.tape()).saved


def expected_held(row: Row, sketch: Sketch) -> int:
    """The same, of what the row keeps: that, its output where it is not kept, and what the layers before it keep."""
    tape = sketch.tape()
    saved, start = measured(row, sketch), _led(sketch, tape)
    leading = tape.steps[:start]
    total = sum(size for step in leading for size in (*step.extras, *step.copies))
    total += sum(tape.value_bytes[root] for root in _kept(tape, leading) if root >= tape.first)
    total += sum(saved.extras) + saved.output
    alive = {name for name in saved.inputs if name != sketch.target}
    if sketch.run.loss != "none" or saved.view:  # the logits are referenced; a view holds what it lies in
        alive.add(sketch.names[0])
    if not sketch.plain:
        total += sum(_value_bytes(tape, sketch, name) for name in alive)
    if not saved.view and not saved.output:
        total += saved.elements * (tape.bits if sketch.run.loss != "none" else tape.value_bits[-1]) // 8
    return total


def _value_bytes(tape: Tape, sketch: Sketch, name: str) -> int:
    """Bytes of the input of this name, as its layer reads it."""
    return tape.value_bytes[tape.values[sketch.inputs[list(sketch.names).index(name)].index]]


def _led(sketch: Sketch, tape: Tape) -> int:
    """How many steps come before the row's operation."""
    return sum(step.node.index < sketch.leading for step in tape.steps)


def _kept(tape: Tape, steps: Sequence[Step]) -> set[int]:
    """The storages of values that these steps keep, by their root values."""
    return {tape.root[kept] for step in steps for kept in step.keeps}


# -- the rows as layers -------------------------------------------------------------------------------------------------

Drawing = Callable[[], Sketch]


def layer(
    type_: str, *volumes: str, frozen: bool = False, about: dict[str, Any] | None = None, **written: Any
) -> Drawing:
    """One layer on these volumes, 12x12x8 where none is given; `about` goes to the sketch."""

    def drawn() -> Sketch:
        sketch = Sketch(*(volumes or ("12x12x8",)), **(about or {}))
        sketch.put(type_, frozen=frozen, **written)
        return sketch

    return drawn


def merge(type_: str, *volumes: str, about: dict[str, Any] | None = None, **written: Any) -> Drawing:
    """A merge of two volumes."""
    return layer(type_, *(volumes or ("12x12x8", "12x12x8")), about=about, inputs=["x", "y"], **written)


def chain(*layers: tuple[str, dict[str, Any]], **about: Any) -> Drawing:
    """Layers one behind the other."""

    def drawn() -> Sketch:
        sketch = Sketch("12x12x8", **about)
        for type_, written in layers:
            sketch.put(type_, **written)
        return sketch

    return drawn


def loss(type_: str, volume_: str, **about: Any) -> Drawing:
    """A loss on logits of this volume."""
    return lambda: Sketch(volume_, loss=type_, **about)


def slices(parts: int) -> Drawing:
    """So many of the two halves of the depth."""

    def drawn() -> Sketch:
        sketch = Sketch("12x12x8")
        for part in range(parts):
            sketch.put("slice", *sketch.inputs, start=4 * part, stop=4 * part + 4)
        return sketch

    return drawn


def stacked() -> Sketch:
    """Two volumes put behind each other on an axis of their own."""
    sketch = Sketch("12x12x8", "12x12x8")
    parts = [sketch.put("reshape", node, to="1x12x12x8") for node in sketch.inputs]
    sketch.put("concat", *parts, inputs=["x", "y"], axis="time")
    return sketch


def product_and_sum() -> Sketch:
    """x + x·y."""
    sketch = Sketch("12x12x8", "12x12x8")
    product = sketch.put("multiply", *sketch.inputs, inputs=["x", "y"])
    sketch.put("add", sketch.inputs[0], product, inputs=["x", "product"])
    return sketch


def gated() -> Sketch:
    """A volume times one number for each plane."""
    sketch = Sketch("12x12x8", "1x1x8", names=("x", "gate"))
    sketch.put("multiply", *sketch.inputs, inputs=["x", "gate"])
    return sketch


_CONV = ("conv", {"filters": 8, "kernel": 3, "padding": 1, "bias": False})
_NORM: tuple[str, Row] = ("batch_norm", {})
_AMP: Row = {"autocast": True}
_HALF: Row = {"autocast": True, "half": ("x",)}

DRAWN: dict[str, Drawing] = {
    "Conv2d 3x3": layer("conv", filters=16, kernel=3, padding=1),
    "Conv2d 1x1 nobias": layer("conv", filters=16, kernel=1, bias=False),
    "Conv2d 3x3 depthwise": layer("depthwise_conv", kernel=3, padding=1),
    "Conv2d 3x3 frozen weight": layer("conv", frozen=True, filters=16, kernel=3, padding=1),
    "Conv2d, input needs no grad (first layer)": layer("conv", about={"plain": True}, filters=16, kernel=3, padding=1),
    "Conv2d padding_mode=reflect": layer("conv", filters=16, kernel=3, padding=1, padding_mode="reflect"),
    "ConvTranspose2d 2x2 s2": layer("conv_transpose", filters=16, kernel=2, stride=2),
    "Conv1d": layer("conv", "12x8", filters=16, kernel=3),
    "Conv3d": layer("conv", "6x6x6x8", filters=16, kernel=3),
    "BatchNorm2d train": layer("batch_norm"),
    "BatchNorm2d affine=False": layer("batch_norm", affine=False),
    "BatchNorm2d no running stats": layer("batch_norm", statistics=False),
    "InstanceNorm2d": layer("instance_norm", affine=True),  # the third extra is gamma, repeated for each sample
    "GroupNorm": layer("group_norm", groups=4),
    "LayerNorm (last dim)": layer("layer_norm", axes="width"),
    "RMSNorm": layer("rms_norm", axes="width"),
    "LocalResponseNorm": layer("local_response_norm", size=5),
    "ReLU": layer("relu"),
    "ReLU_inplace": layer("relu", inplace=True),
    "ReLU6": layer("relu6"),
    "ReLU6_inplace": layer("relu6", inplace=True),
    "Hardtanh": layer("hard_tanh"),
    "LeakyReLU": layer("leaky_relu"),
    "LeakyReLU_inplace": layer("leaky_relu", inplace=True),
    "PReLU": layer("prelu"),
    "ELU": layer("elu"),
    "ELU_inplace": layer("elu", inplace=True),
    "CELU": layer("celu"),
    "SELU": layer("selu"),
    "GELU": layer("gelu"),
    "GELU_tanh": layer("gelu"),
    "SiLU": layer("silu"),
    "SiLU_inplace": layer("silu", inplace=True),
    "Mish": layer("mish"),
    "Mish_inplace": layer("mish", inplace=True),
    "Sigmoid": layer("sigmoid"),
    "Tanh": layer("tanh"),
    "Hardswish": layer("hard_swish"),
    "Hardswish_inplace": layer("hard_swish", inplace=True),
    "Hardsigmoid": layer("hard_sigmoid"),
    "Hardsigmoid_inplace": layer("hard_sigmoid", inplace=True),
    "Softplus": layer("softplus"),
    "LogSigmoid": layer("log_sigmoid"),
    "Softsign": layer("softsign"),
    "GLU": layer("glu"),
    "MaxPool2d": layer("max_pool", kernel=2),
    "MaxPool2d_k3s2p1": layer("max_pool", kernel=3, stride=2, padding=1),
    "AvgPool2d": layer("avg_pool", kernel=2),
    "AdaptiveAvgPool2d_1": layer("adaptive_avg_pool", size=1),
    "AdaptiveAvgPool2d_7": layer("adaptive_avg_pool", size=7),
    "AdaptiveAvgPool2d_same": layer("adaptive_avg_pool", size=12),
    "AdaptiveMaxPool2d": layer("adaptive_max_pool", size=3),
    "LPPool2d": layer("lp_pool", kernel=2),
    "Upsample_nearest": layer("upsample", factor=2),
    "Upsample_bilinear": layer("upsample", factor=2, mode="bilinear"),
    "PixelShuffle": layer("pixel_shuffle", factor=2),
    "PixelUnshuffle": layer("pixel_unshuffle", factor=2),
    "ChannelShuffle": layer("channel_shuffle", groups=2),
    "ZeroPad2d": layer("pad", padding=1),
    # the language pads by reflection in a convolution alone; the padding is its first operation
    "ReflectionPad2d": layer("conv", about={"part": 0}, filters=8, kernel=1, padding=1, padding_mode="reflect"),
    "Flatten": layer("flatten"),
    "Identity": layer("dropout", rate=0),
    "Softmax": layer("softmax"),
    "LogSoftmax": layer("log_softmax"),
    "MaxPool1d": layer("max_pool", "12x8", kernel=2),
    "MaxPool3d": layer("max_pool", "6x6x6x8", kernel=2),
    "Dropout p=.5 train": layer("dropout", rate=0.5),
    "Dropout eval": layer("dropout", about={"training": False}, rate=0.5),
    "Dropout inplace": layer("dropout", rate=0.5, inplace=True),
    "Dropout2d": layer("spatial_dropout", rate=0.5),
    "AlphaDropout": layer("dropout", rate=0.5),
    "Linear 2D input": layer("dense", "32", about={"batch": 4}, units=10),
    "Linear 3D input": layer("linear", "5x32", about={"tokens": True}, units=10),
    "Linear nobias 3D": layer("linear", "5x32", about={"tokens": True}, units=10, bias=False),
    "Embedding": layer("embedding", "7", about={"plain": True}, vocabulary=100, size=16),
    "add": merge("add"),
    "sub": merge("subtract"),
    "mul": merge("multiply"),
    "cat": merge("concat"),
    "stack": stacked,
    "maximum": merge("maximum"),
    "addcmul": product_and_sum,
    "mul broadcast (SE gate)": gated,
    # the sum, then the sum times ½
    "mul by python scalar": merge("average", about={"part": 1}),
    "mul by param [C,1,1] (LayerScale)": layer("scale", about={"parameters": ("gamma",)}),
    "add inplace (x += y)": merge("add", inplace=True),
    "mean (H,W)": layer("global_avg_pool"),
    "pow 2": layer("lp_pool", about={"part": 0}, kernel=2),  # x², then means of it
    "abs": layer("softsign", about={"part": 0}),  # |x|, then 1 + |x|
    "clamp": layer("hard_tanh"),
    "view": layer("flatten"),
    "permute": layer("permute", order=["depth", "height", "width"]),
    "roll": layer("roll", shift=1, axis=["height", "width"]),
    "unfold": layer("unfold", kernel=3),
    "index_select": layer("gather", count=2),
    "sum": layer("reduce", op="sum", axis=["height", "width"]),
    "amax (H,W)": layer("reduce", op="max", axis=["height", "width"]),
    "norm": layer("reduce", op="l2"),
    "chunk": slices(2),
    "getitem slice": slices(1),
    "pad": layer("pad", padding=1),
    "pad negative/channels": layer("pad", depth=[0, 4]),
    "interpolate bicubic": layer("upsample", factor=2, mode="bicubic"),
    # four heads of depth 8; the operation behind three copies and three projections
    "scaled_dot_product_attention (flash cpu)": layer(
        "multi_head_attention",
        "16x32",
        "16x32",
        "16x32",
        about={"part": 6, "names": ("q", "k", "v"), "tokens": True},
        heads=4,
    ),
    "MultiheadAttention need_weights=False": layer("multi_head_attention", "9x16", heads=4),
    "cross_entropy (log_softmax + nll)": loss("cross_entropy", "10", batch=4, target="y"),
    "cross_entropy 2D (segm.)": loss("cross_entropy", "6x6x5", target="y"),
    "mse_loss": loss("mse", "12x12x8", names=("a",), target="b"),
    "conv-bn-relu(inplace)-conv": chain(_CONV, _NORM, ("relu", {"inplace": True}), _CONV),
    "conv-bn-relu-conv": chain(_CONV, _NORM, ("relu", {}), _CONV),
    "conv-relu-maxpool-conv": chain(_CONV, ("relu", {}), ("max_pool", {"kernel": 2}), _CONV),
    "conv-bn-silu(inplace)-conv": chain(_CONV, _NORM, ("silu", {"inplace": True}), _CONV),
    "conv-bn-relu6(inplace)-conv": chain(_CONV, _NORM, ("relu6", {"inplace": True}), _CONV),
    "AMP bf16 Conv2d (fp32 in)": layer("conv", about=_AMP, filters=16, kernel=3, padding=1),
    "AMP bf16 Linear (fp32 in)": layer("dense", "32", about={**_AMP, "batch": 4}, units=10),
    "AMP bf16 BatchNorm2d on bf16 in": layer("batch_norm", about=_HALF),
    "AMP bf16 conv-bn-relu-conv": chain(_CONV, _NORM, ("relu", {}), _CONV, **_AMP),
    "AMP bf16 LayerNorm on bf16 in": layer("layer_norm", about=_HALF, axes="width"),
    "AMP bf16 Softmax on bf16 in": layer("softmax", about=_HALF),
    "AMP bf16 GELU on bf16 in": layer("gelu", about=_HALF),
    "AMP bf16 cross_entropy on bf16 logits": loss("cross_entropy", "10", batch=4, target="y", **_HALF),
    "AMP bf16 add bf16+fp32": merge("add", about=_HALF),
}

#: Rows that the language has no layer for.
NOT_OURS = {
    "BatchNorm2d eval (grad on)": "a network in inference mode that is trained: a run is one or the other",
    "div": "no quotient of two volumes",
    "matmul": "no product of two volumes' matrices",
    "max dim=1": "`reduce` runs as torch's amax, which keeps no places",
    "sqrt": "no root",
    "exp": "no exponential",
    "permute+contiguous": "`permute` is a view; what reads it copies it where it must",
    "normalize": "no division by a norm",
    "grid_sample": "no sampling at places that another volume gives",
    "where": "no choice by a mask",
    "scaled_dot_product_attention (math)": "attention is the fused one; in windows it is Swin's, which scales the query alone",
    "MultiheadAttention need_weights=True": "`multi_head_attention` returns no weights, as in torchvision's networks",
    "cross_entropy label_smoothing": "no loss of a training step of ours",
    "l1_loss": "no loss of a training step of ours",
    "smooth_l1": "no loss of a training step of ours",
    "bce_with_logits": "no loss of a training step of ours",
    "bce": "no loss of a training step of ours",
}
