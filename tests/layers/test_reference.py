"""Every measured row of `tests/data/layers.json` against the catalogue: output, weights, biases, buffers, MACs, MACs on
real data, unread cells, refusals.

A row is translated into layers of the catalogue, placed in a network and compared to the unit. Composites are put
together from several layers. What is left out, and where one framework alone refuses, stands in the tables here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from building import build

from analyzer.diagnostics import Refusal
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network, Node
from analyzer.engine.on_data import macs_on_data, unread
from analyzer.volume import Volume

Row = dict[str, Any]

ROWS: dict[str, Row] = {
    row["id"]: row
    for row in json.loads((Path(__file__).parents[1] / "data" / "layers.json").read_text("utf-8"))["rows"]
}

#: Rows without a layer in the catalogue.
NOT_OURS = {
    "layer/torch/034": "fractional max pooling: no layer of the language",
}

_HALF = "torch limits a pool's padding to half the kernel; onnxruntime and Caffe allow up to kernel − 1"

#: Rows that one framework alone refuses although the geometry is sound: the reason, and the output by the formula.
RESTRICTIONS = {
    "conv/torch/071": ("torch allows `same` only with stride 1; Keras and ONNX: ⌈8/2⌉ = 4", (4, 4, 4)),
    "pool/torch/038": (_HALF + ": ⌊(8 − 3 + 4)/2⌋ + 1 = 5", (2, 5, 5)),
    "pool/torch/039": (_HALF + ": ⌊(8 − 3 + 4)/2⌋ + 1 = 5", (2, 5, 5)),
    "pool/torch/040": (_HALF + ": (8 − 5 + 4)/1 + 1 = 8", (2, 8, 8)),
}


class Sketch:
    """A network under construction, with the volumes that a row reads."""

    def __init__(self, volumes: list[Volume]) -> None:
        self.network = Network()
        self.inputs = [self.network.enter(f"input{place}", volume) for place, volume in enumerate(volumes)]

    def put(self, type_: str, *sources: Node, **written: Any) -> Node:
        """Places a layer; without sources it reads the row's input."""
        layer = build(type_, {name: value for name, value in written.items() if value is not None})
        return self.network.place(f"layer{len(self.network.nodes)}", layer, list(sources) or self.inputs)


def volume_of(row: Row, shape: list[int]) -> Volume:
    """The volume of a row's shape; most are channels first."""
    last = row["op"] in ("linear", "mha", "lstm", "gru", "rnn", "embedding") or row.get("layout") == "HWC"
    if row["config"].get("type") in ("layer_norm", "rms_norm") and len(shape) == 2:  # tokens L x D
        last = True
    return Volume.of(shape if last else [*shape[1:], shape[0]])


def pairs(padding: Row) -> list[list[int]]:
    """Explicit padding as the language writes it: [[before, after], …]."""
    return [list(pair) for pair in zip(padding["begin"], padding["end"], strict=True)]


def padding_of(config: Row) -> Any:
    """A window's padding as the language writes it."""
    padding = config.get("padding", {"mode": "valid"})
    words = {
        "same_upper": "same",
        "same_torch": "same",
        "same_lower": "same_lower",
        "valid": "valid",
        "causal": "causal",
    }
    return pairs(padding) if padding["mode"] == "explicit" else words[padding["mode"]]


def sharing_of(config: Row) -> Row:
    """`sharing` and `untied_bias` of a row."""
    mode, biases = config.get("weights_mode", "shared"), config.get("bias_mode", "shared")
    sharing = {
        "shared": "shared",
        "unshared": "local",
        "tiled": {"tiled": config.get("tile")},
        "region": {"regions": config.get("region")},
    }[mode]
    untied = {"as_weights": None, "shared": False, "unshared": True}[biases]
    return {"sharing": sharing, "untied_bias": None if mode == biases else untied}


def conv(sketch: Sketch, config: Row) -> Node:
    return sketch.put(
        "conv",
        filters=config["filters"],
        kernel=config["kernel"],
        stride=config["stride"],
        padding=padding_of(config),
        dilation=config["dilation"],
        groups=config["groups"],
        bias=config["bias"],
        **sharing_of(config),
    )


def depthwise(sketch: Sketch, config: Row) -> Node:
    return sketch.put(
        "depthwise_conv",
        kernel=config["kernel"],
        multiplier=config["multiplier"],
        stride=config["stride"],
        padding=padding_of(config),
        bias=config["bias"],
    )


def separable(sketch: Sketch, config: Row) -> Node:
    mobilenet = "bias" not in config  # torch's row: padded by 1 and without biases
    return sketch.put(
        "separable_conv",
        filters=config["filters"],
        kernel=config["kernel"],
        stride=config["stride"],
        multiplier=config.get("multiplier"),
        padding=1 if mobilenet else "valid",
        bias=not mobilenet,
    )


def transposed(sketch: Sketch, config: Row) -> Node:
    padding, extra = transposed_padding(config, sketch.inputs[0].output.spatial)
    return sketch.put(
        "conv_transpose",
        filters=config["filters"],
        kernel=config["kernel"],
        stride=config["stride"],
        padding=padding,
        output_padding=extra,
        dilation=config["dilation"],
        groups=config["groups"],
        bias=config["bias"],
        **sharing_of(config),
    )


def transposed_padding(config: Row, spatial: tuple[int, ...]) -> tuple[Any, Any]:
    """Padding and output_padding that say in this language what Keras and ONNX say in theirs."""
    padding, strides = config["padding"], config["stride"]
    spans = [d * (k - 1) + 1 for k, d in zip(config["kernel"], config["dilation"], strict=True)]
    given = padding["output_padding"]
    if padding["mode"] == "explicit":
        return pairs(padding), given
    if padding["mode"] == "keras_same":  # without output_padding W·S; with it ⌊F_eff/2⌋ on each side
        return ("same", None) if given is None else ([[span // 2, span // 2] for span in spans], given)
    if padding["mode"] == "keras_valid":  # without output_padding W·S + max(F_eff − S, 0)
        gaps = [max(step - span, 0) for step, span in zip(strides, spans, strict=True)]
        return "valid", gaps if given is None else given
    found = []  # ONNX output_shape: the padding that leads there
    for size, step, span, extra, wanted in zip(spatial, strides, spans, given, padding["output_shape"], strict=True):
        total = step * (size - 1) + extra + span - wanted
        half = total // 2
        found.append([half, total - half] if padding["upper"] else [total - half, half])
    return found, given


def pool(sketch: Sketch, config: Row) -> Node:
    kind = {"max": "max_pool", "avg": "avg_pool", "ave": "avg_pool", "lp": "lp_pool"}[config["kind"]]
    return sketch.put(
        kind,
        kernel=config["kernel"],
        stride=config["stride"],
        padding=padding_of(config),
        dilation=config.get("dilation") if kind == "max_pool" else None,
        rounding=config["rounding"],
    )


def global_pool(sketch: Sketch, config: Row) -> Node:
    pooled = sketch.put("global_avg_pool")
    return pooled if config["keepdims"] else sketch.put("flatten", pooled)


def linear(sketch: Sketch, config: Row) -> Node:
    sketch.put("linear", units=config["units"], bias=config["bias"])
    return sketch.network.nodes[-1]


def attention(sketch: Sketch, config: Row) -> Node:
    return sketch.put("multi_head_attention", heads=config["heads"], bias=config.get("bias"))


def recurrent(type_: str) -> Callable[[Sketch, Row], Node]:
    def translated(sketch: Sketch, config: Row) -> Node:
        one = config.get("one_bias", False)  # torch and Keras' reset_after have two bias vectors
        return sketch.put(
            type_,
            units=config["hidden"],
            layers=config.get("layers"),
            bidirectional=config.get("directions") == 2,
            biases=1 if one else 2,
            sequence=not config.get("last_only", False),
        )

    return translated


def merge(type_: str) -> Callable[[Sketch, Row], Node]:
    def translated(sketch: Sketch, config: Row) -> Node:
        names = [node.name for node in sketch.inputs]
        axis = {"channel": "depth", "height": "height", None: None}[config.get("axis")]
        return sketch.put(type_, inputs=names, axis=axis)

    return translated


def spp_yolo(sketch: Sketch, config: Row) -> Node:
    pools = [sketch.put("max_pool", kernel=k, stride=1, padding=k // 2) for k in config["kernels"]]
    return sketch.put("concat", *sketch.inputs, *pools, inputs=["input0", *(node.name for node in pools)])


def focus(sketch: Sketch, config: Row) -> Node:
    halves = sketch.put("pixel_unshuffle", factor=2)
    return sketch.put("conv", halves, filters=config["filters"], kernel=config["kernel"], padding="same", bias=False)


def ghost(sketch: Sketch, config: Row) -> Node:
    primary = sketch.put("conv", filters=config["filters"] // config["ratio"], kernel=1, bias=False)
    cheap = sketch.put("depthwise_conv", primary, kernel=config["dw"], padding="same", bias=False)
    return sketch.put("concat", primary, cheap, inputs=[primary.name, cheap.name])


def inverted_residual(sketch: Sketch, config: Row) -> Node:
    depth = sketch.inputs[0].output.depth
    wide = sketch.put("conv", filters=config["expand"] * depth, kernel=1, bias=False)
    deep = sketch.put("depthwise_conv", wide, kernel=3, padding=1, bias=False)
    thin = sketch.put("conv", deep, filters=config["filters"], kernel=1, bias=False)
    return sketch.put("add", *sketch.inputs, thin, inputs=["input0", thin.name])


def coord_conv(sketch: Sketch, config: Row) -> Node:
    planes = sketch.put("coord_channels", radius=config["with_r"])
    return sketch.put("conv", planes, filters=config["filters"], kernel=config["kernel"], padding="same")


def batch_norm(sketch: Sketch, config: Row) -> Node:
    return sketch.put(
        "batch_norm", affine=config.get("affine"), scale=config.get("scale"), statistics=config.get("track")
    )


def layer_norm(sketch: Sketch, config: Row) -> Node:
    axes = "volume" if len(config.get("shape", [0])) > 1 else None
    return sketch.put(config["type"], axes=axes, center=config.get("bias"))


def pad(sketch: Sketch, config: Row) -> Node:
    """Cells added, then cells taken: torch's negative padding is a crop."""
    if config.get("mode") == "reflect":  # a convolution of one cell has the reflecting padding
        read = sketch.inputs[0].output  # in a network of its own: its costs are not the padding's
        Sketch([read]).put("conv", filters=read.depth, kernel=1, padding=pairs(config), padding_mode="reflect")
    cells = pairs(config)
    padded = sketch.put("pad", padding=[[max(b, 0), max(a, 0)] for b, a in cells])
    if min(map(min, cells)) >= 0:
        return padded
    return sketch.put("crop", padded, padding=[[max(-b, 0), max(-a, 0)] for b, a in cells])


def upsample(sketch: Sketch, config: Row) -> Node:
    if "size" in config:
        return sketch.put("resize", to=config["size"])
    return sketch.put("upsample", factor=config["scale"])


def flatten(sketch: Sketch, config: Row) -> Node:
    """From the first spatial axis on, the planes stay: a reshape."""
    return sketch.put("reshape", to="?x16") if config.get("start") else sketch.put("flatten")


#: One translation for each `op`, and for each `config.type` of the rows of op `layer`.
TRANSLATIONS: dict[str, Callable[[Sketch, Row], Node]] = {
    "conv": conv,
    "local_conv": conv,
    "tied_conv": conv,
    "depthwise_conv": depthwise,
    "separable_conv": separable,
    "conv_transpose": transposed,
    "local_conv_transpose": transposed,
    "pool": pool,
    "adaptive_pool": lambda s, c: s.put("adaptive_avg_pool", size=c["output"]),
    "global_pool": global_pool,
    "linear": linear,
    "embedding": lambda s, c: s.put("embedding", vocabulary=c["num"], size=c["dim"]),
    "mha": attention,
    "patch_embed": lambda s, c: s.put("conv", filters=c["dim"], kernel=c["patch"], stride=c["patch"]),
    "lstm": recurrent("lstm"),
    "gru": recurrent("gru"),
    "rnn": recurrent("rnn"),
    "add": merge("add"),
    "multiply": merge("multiply"),
    "concat": merge("concat"),
    "se_block": lambda s, c: s.put("squeeze_excite", reduced=c["squeeze"]),
    "spp": lambda s, c: s.put("spatial_pyramid_pool", bins=c["bins"]),
    "spp_yolo": spp_yolo,
    "focus": focus,
    "ghost": ghost,
    "inverted_residual": inverted_residual,
    "coord_conv": coord_conv,
    "batch_norm": batch_norm,
    "instance_norm": lambda s, c: s.put("instance_norm", affine=c["affine"], statistics=c.get("track")),
    "layer_norm": layer_norm,
    "rms_norm": layer_norm,
    "group_norm": lambda s, c: s.put("group_norm", groups=c["groups"]),
    "lrn": lambda s, c: s.put("local_response_norm", size=c["size"]),
    "prelu": lambda s, c: s.put("prelu", per={"single": "layer", "channel": "depth", "element": "volume"}[c["mode"]]),
    "relu": lambda s, c: s.put("relu"),
    "dropout": lambda s, c: s.put("dropout"),
    "glu": lambda s, c: s.put("glu"),
    "flatten": flatten,
    "unflatten": lambda s, c: s.put("reshape", to="4x8x4"),
    "pixel_shuffle": lambda s, c: s.put("pixel_shuffle", factor=c["r"]),
    "pixel_unshuffle": lambda s, c: s.put("pixel_unshuffle", factor=c["r"]),
    "channel_shuffle": lambda s, c: s.put("channel_shuffle", groups=c["groups"]),
    "pad": pad,
    "unfold": lambda s, c: s.put("unfold", kernel=c["kernel"], stride=c["stride"]),
    "fold": lambda s, c: s.put("fold", to=c["output"], kernel=c["kernel"], stride=c["stride"]),
    "crop": lambda s, c: s.put("crop", padding=pairs(c)),
    "upsample": upsample,
    "permute_hwc": lambda s, c: s.put("permute", order=[("height", "width", "depth")[i - 1] for i in c["order"]]),
}  # fmt: skip

COMPARED = sorted(set(ROWS) - set(NOT_OURS))


def translation(row: Row) -> Callable[[Sketch, Row], Node]:
    return TRANSLATIONS[row["config"]["type"] if row["op"] == "layer" else row["op"]]


def drawn(row: Row) -> tuple[Sketch, Node]:
    """The row as a network, and the node that is its output."""
    shapes = row["in_shape"] if isinstance(row["in_shape"][0], list) else [row["in_shape"]]
    sketch = Sketch([volume_of(row, shape) for shape in shapes])
    return sketch, translation(row)(sketch, row["config"])


@pytest.mark.parametrize("id_", COMPARED)
def test_row(id_: str) -> None:
    row = ROWS[id_]
    if row["status"] == "error":
        compare_refusal(row)
        return
    sketch, output = drawn(row)
    totals = analyze_network(sketch.network).totals
    ours = {
        "output": output.output,
        "weights": totals.declared.weights,
        "biases": totals.declared.biases,
        "buffers": totals.declared.buffers,
        "macs": totals.macs,
    }
    assert ours == {
        "output": volume_of(row, row["out_shape"]),
        "weights": row["weights"] + row.get("other_params", 0),
        "biases": row["biases"],
        "buffers": row["buffers"],
        "macs": row["macs"],
    }, f"{row['framework']}: {row['call']}"


def compare_refusal(row: Row) -> None:
    """Ours refuses too, unless the framework does so alone: then ours is what the geometry gives."""
    alone = row["formula_out"] if row.get("framework_restriction") else RESTRICTIONS.get(row["id"], ("", None))[1]
    if alone is None:
        with pytest.raises(Refusal):
            drawn(row)
    else:
        assert drawn(row)[1].output == volume_of(row, list(alone))


@pytest.mark.parametrize("id_", [id_ for id_ in COMPARED if "resolved_pads" in ROWS[id_]])
def test_padding(id_: str) -> None:
    """The cells before and after on each axis: where the odd one goes."""
    row = ROWS[id_]
    _, node = drawn(row)
    window = node.layer.window(node.inputs[0].output)
    assert window is not None
    assert [list(pair) for pair in window.padding] == row["resolved_pads"]


@pytest.mark.parametrize("id_", [id_ for id_ in COMPARED if "macs_nonpad" in ROWS[id_]])
def test_macs_on_data(id_: str) -> None:
    """The sum of the output with all-ones input and weights."""
    _, node = drawn(ROWS[id_])
    assert macs_on_data(node) == ROWS[id_]["macs_nonpad"]


@pytest.mark.parametrize("id_", [id_ for id_ in COMPARED if "unused_trailing" in ROWS[id_]])
def test_unread(id_: str) -> None:
    _, node = drawn(ROWS[id_])
    assert unread(node) == ROWS[id_]["unused_trailing"]


def test_the_rows_on_real_data_are_compared_or_without_a_measurement() -> None:
    """140 rows of MACs on data (95 conv, 27 transposed, 18 local), 144 of unread cells (114 conv, 30 local): all compared.

    Without the first: Keras' convolutions and torch's local ones through `unfold`; without the second: transposed
    windows, which leave no input cell out. Pools, depthwise, separable and tied rows carry neither: random windows
    against a walk in `tests/engine/test_on_data.py`.
    """
    counted = {
        key: Counter(ROWS[id_]["op"] for id_ in COMPARED if key in ROWS[id_])
        for key in ("macs_nonpad", "unused_trailing")
    }
    assert counted == {
        "macs_nonpad": {"conv": 95, "conv_transpose": 27, "local_conv": 18},
        "unused_trailing": {"conv": 114, "local_conv": 30},
    }
    assert not {key for id_ in NOT_OURS for key in ROWS[id_]} & set(counted)


def test_linear_rows_of_vectors_are_dense_layers() -> None:
    for row in ROWS.values():
        if row["op"] == "linear" and len(row["in_shape"]) == 1:
            sketch = Sketch([volume_of(row, row["in_shape"])])
            sketch.put("dense", **row["config"])
            totals = analyze_network(sketch.network).totals
            counted = (totals.shared.weights, totals.shared.biases, totals.macs)
            assert counted == (row["weights"], row["biases"], row["macs"])


def test_every_row_is_compared_or_listed() -> None:
    assert len(ROWS) == 398
    assert set(NOT_OURS) <= set(ROWS)
    assert set(RESTRICTIONS) <= set(ROWS)
    assert len(COMPARED) + len(NOT_OURS) == 398
    for id_ in COMPARED:
        assert translation(ROWS[id_])
    alone = [id_ for id_, row in ROWS.items() if row.get("framework_restriction")]
    assert len(alone) + len(RESTRICTIONS) == 7
