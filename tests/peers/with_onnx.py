"""Window layers as ONNX nodes of opset 22: run by onnxruntime, and inferred by ONNX's own shape inference.

ONNX pads each side by its own number, pools too, and has `SAME_UPPER` and `SAME_LOWER`. It has no count of MACs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from math import prod
from random import Random
from typing import Any

import numpy
import onnx
import onnxruntime
from comparison import Departure, Outcome, Refused, Restriction, Tally, compare
from configurations import Configuration, configurations, pairs, sizes, volume, window
from onnx import TensorProto, helper

from analyzer.volume import Volume

NAME = f"onnxruntime {onnxruntime.__version__}"
INFERENCE = f"onnx {onnx.__version__} shape inference"
OPSET = 22

#: How many configurations of each type are drawn for each rank.
COUNTS = {"conv": 300, "conv_transpose": 200, "max_pool": 200, "avg_pool": 150, "lp_pool": 50}

Written = dict[str, Any]

onnxruntime.set_default_logger_severity(4)


def _bank(rng: Random, depth: int) -> Written:
    groups = rng.choice([1, 1, *(g for g in range(1, depth + 1) if depth % g == 0)])
    return {"filters": groups * rng.randint(1, 3), "groups": groups, "bias": rng.random() < 0.7}


def draw_conv(rng: Random, rank: int) -> tuple[Volume, Written]:
    read = volume(rng, rank)
    padding = rng.choice((pairs(rng, rank, 3), pairs(rng, rank, 3), "same", "same_lower"))
    return read, {**_bank(rng, read.depth), **window(rng, rank), "padding": padding}


def draw_transposed(rng: Random, rank: int) -> tuple[Volume, Written]:
    read = volume(rng, rank)
    written = {**_bank(rng, read.depth), **window(rng, rank), "padding": pairs(rng, rank, 2)}
    return read, {**written, "output_padding": sizes(rng, rank, 0, 2)} if rng.random() < 0.4 else written


def draw_pool(dilated: bool) -> Callable[[Random, int], tuple[Volume, Written]]:
    def draw(rng: Random, rank: int) -> tuple[Volume, Written]:
        written = window(rng, rank, dilated=dilated)
        room = [cells - (rng.random() < 0.9) for cells in _axes(written["kernel"], rank)]  # below the kernel, mostly
        written["padding"] = [[rng.randint(0, cells), rng.randint(0, cells)] for cells in room]
        if rng.random() < 0.5:
            written["rounding"] = "ceil"
        return volume(rng, rank), written

    return draw


DRAWS = {
    "conv": draw_conv,
    "conv_transpose": draw_transposed,
    "max_pool": draw_pool(True),
    "avg_pool": draw_pool(False),
    "lp_pool": draw_pool(False),
}


def _axes(value: int | list[int], rank: int) -> list[int]:
    return [value] * rank if isinstance(value, int) else list(value)


def model(c: Configuration) -> tuple[onnx.ModelProto, int, int]:
    """A model of one node, its weights and its biases."""
    w, rank = c.written, c.input.rank
    kernel = _axes(w["kernel"], rank)
    attributes: Written = {"kernel_shape": kernel, "strides": _axes(w["stride"], rank)}
    if w["padding"] in ("same", "same_lower"):
        attributes["auto_pad"] = "SAME_UPPER" if w["padding"] == "same" else "SAME_LOWER"
    else:  # all begins, then all ends
        attributes["pads"] = [before for before, _ in w["padding"]] + [after for _, after in w["padding"]]
    if "dilation" in w:
        attributes["dilations"] = _axes(w["dilation"], rank)
    names, constants, weights, biases = ["x"], [], 0, 0
    if "filters" in w:
        attributes["group"] = w["groups"]
        shape = [w["filters"], c.input.depth // w["groups"], *kernel]
        if c.type == "conv_transpose":
            shape[:2] = [c.input.depth, w["filters"] // w["groups"]]
        weights, biases = prod(shape), w["filters"] if w["bias"] else 0
        constants.append(helper.make_tensor("w", TensorProto.FLOAT, shape, [0.0] * weights))
        if w["bias"]:
            constants.append(helper.make_tensor("b", TensorProto.FLOAT, [biases], [0.0] * biases))
        names += [constant.name for constant in constants]
    elif w.get("rounding") == "ceil":
        attributes["ceil_mode"] = 1
    if "output_padding" in w:
        attributes["output_padding"] = _axes(w["output_padding"], rank)
    operator = {"conv": "Conv", "conv_transpose": "ConvTranspose", "max_pool": "MaxPool", "avg_pool": "AveragePool", "lp_pool": "LpPool"}[c.type]  # fmt: skip
    node = helper.make_node(operator, names, ["y"], **attributes)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, c.input.depth, *c.input.spatial])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "one", [x], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10), weights, biases


def _outcome(sizes: tuple[int, ...], weights: int, biases: int) -> Outcome:
    return Outcome((*sizes[2:], sizes[1]), weights, biases)


def run(c: Configuration) -> Outcome | Refused:
    """What onnxruntime puts out."""
    built, weights, biases = model(c)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(built.SerializeToString(), options, providers=["CPUExecutionProvider"])
        zeros = numpy.zeros((1, c.input.depth, *c.input.spatial), numpy.float32)
        return _outcome(session.run(None, {"x": zeros})[0].shape, weights, biases)
    except Exception as error:  # onnxruntime's own classes, one for each status
        return Refused(str(error))


def infer(c: Configuration) -> Outcome | Refused:
    """What ONNX's shape inference says."""
    built, weights, biases = model(c)
    try:
        inferred = onnx.shape_inference.infer_shapes(built, check_type=True, strict_mode=True)
    except onnx.shape_inference.InferenceError as error:
        return Refused(str(error))
    dimensions = inferred.graph.output[0].type.tensor_type.shape.dim
    return _outcome(tuple(d.dim_value for d in dimensions), weights, biases)


_TRUNCATED = "accepts a pool that does not fit: it divides towards 0, as C does, and gets a length of 1 or 0"

#: What onnxruntime alone refuses, and accepts.
RESTRICTIONS = (
    Restriction("Dilation not supported for AutoPadType", "refuses a dilation with auto_pad SAME, which ONNX allows"),
    Restriction("output_padding (", "output_padding must be below the stride; torch: below the stride or the dilation"),
)
DEPARTURES = (Departure("is larger than its", _TRUNCATED),)

#: What shape inference alone accepts: it checks nothing.
INFERENCE_DEPARTURES = (
    Departure("is larger than its", "accepts a kernel that does not fit: a length of 0, below 0, or 1 after dividing towards 0"),
    Departure("must be less than its window", "accepts a pool's padding of the kernel or more, which onnxruntime refuses"),
    Departure("must be below its stride", "accepts an output_padding of the stride and dilation or more, which onnxruntime refuses"),
    Departure("removes its whole output", "accepts a transposed convolution without output: a length of 0 or below"),
)  # fmt: skip


def drawn(type_: str) -> Iterator[Configuration]:
    draws = (configurations(type_, rank, COUNTS[type_], DRAWS[type_]) for rank in (1, 2, 3))
    return chain.from_iterable(draws)


def tally(type_: str) -> Tally:
    """Compares all configurations of a type with onnxruntime."""
    return compare(drawn(type_), run, RESTRICTIONS, DEPARTURES, macs=False)


def inferred(type_: str) -> Tally:
    """Compares all configurations of a type with shape inference."""
    return compare(drawn(type_), infer, departures=INFERENCE_DEPARTURES, macs=False)
