"""Makes `nodes.jsonl`: the node tests of the onnx wheel, with the shapes that the reference gives them.

    python tests/loader/formats/of_onnx/make_nodes.py > tests/loader/formats/of_onnx/nodes.jsonl

It needs onnx 1.23.2. A line is a node: name of the test, operator, opset, attributes, inputs, outputs. An input is
[what it is, dtype, shape, values]: `data` comes from another node, `weight` is in the file, `setting` is there too and
its values count. The shapes of the outputs are those of the arrays that the wheel's own reference calculated.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

#: The inputs of an operator that files have as constants.
SETTINGS = {
    "AffineGrid": (1,), "BlackmanWindow": (0,), "CenterCropPad": (1,), "Clip": (1, 2), "Col2Im": (1, 2),
    "ConstantOfShape": (0,), "CumProd": (1,), "CumSum": (1,), "DFT": (1, 2), "Dropout": (1, 2), "Expand": (1,),
    "Gather": (1,), "GatherND": (1,), "HammingWindow": (0,), "HannWindow": (0,), "MaxUnpool": (2,),
    "MelWeightMatrix": (0, 1, 2, 3, 4), "NonMaxSuppression": (2, 3, 4), "OneHot": (1, 2), "Pad": (1, 2, 3), "Pow": (1,),
    "QLinearConv": (1, 2, 4, 5, 6, 7), "QLinearMatMul": (1, 2, 4, 5, 6, 7), "Range": (0, 1, 2), "ReduceL1": (1,),
    "ReduceL2": (1,), "ReduceLogSum": (1,), "ReduceLogSumExp": (1,), "ReduceMax": (1,), "ReduceMean": (1,),
    "ReduceMin": (1,), "ReduceProd": (1,), "ReduceSum": (1,), "ReduceSumSquare": (1,), "Reshape": (1,),
    "Resize": (1, 2, 3), "ReverseSequence": (1,), "STFT": (1, 2, 3), "Slice": (1, 2, 3, 4), "Split": (1,),
    "SplitToSequence": (1,), "Squeeze": (1,), "Tile": (1,), "TopK": (1,), "Trilu": (1,), "Unsqueeze": (1,),
    "Upsample": (1,), "QuantizeLinear": (1, 2), "DequantizeLinear": (1, 2), "BitShift": (1,), "ConvInteger": (2, 3),
    "MatMulInteger": (2, 3),
}  # fmt: skip

#: The inputs of an operator that are trained.
WEIGHTS = {
    "BatchNormalization": (1, 2, 3, 4), "CausalConvWithState": (1, 2), "Conv": (1, 2), "ConvInteger": (1,),
    "ConvTranspose": (1, 2), "DeformConv": (1, 3), "GRU": (1, 2, 3), "Gemm": (1, 2), "GroupNormalization": (1, 2),
    "InstanceNormalization": (1, 2), "LSTM": (1, 2, 3, 7), "LayerNormalization": (1, 2), "MatMulInteger": (1,),
    "PRelu": (1,), "QLinearConv": (3, 8), "QLinearMatMul": (3,), "RMSNormalization": (1,), "RNN": (1, 2, 3),
}  # fmt: skip

#: Their results are no tensors, they have graphs in them, or they train.
LEFT_OUT = {"If", "Loop", "Scan", "SequenceMap", "Adam", "Adagrad", "Momentum", "Gradient"}


def attribute(value: onnx.AttributeProto) -> object:
    found = onnx.helper.get_attribute_value(value)
    if isinstance(found, bytes):
        return found.decode()
    if isinstance(found, list) and found and isinstance(found[0], bytes):
        return [one.decode() for one in found]
    return found if isinstance(found, (int, float, str, list)) else None


def tensor(kind: str, value: object) -> list[object] | None:
    if not isinstance(value, np.ndarray):
        return None
    found: list[object] = [kind, str(value.dtype), list(value.shape)]
    if kind == "setting" and value.size <= 16:
        found.append([float(one) if value.dtype.kind == "f" else int(one) for one in value.flatten().tolist()])
    return found


def array(value: object) -> np.ndarray | None:
    """A value as an array; None for a sequence of tensors."""
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return None if isinstance(value, (list, tuple)) and np.ndim(value[0] if value else 0) else np.asarray(value)


def line(case: object) -> list[object] | None:
    graph = case.model.graph
    if len(graph.node) != 1 or graph.node[0].op_type in LEFT_OUT or not case.data_sets:
        return None
    node = graph.node[0]
    given, made = case.data_sets[0]
    values = dict(zip([value.name for value in graph.input], given, strict=False))
    results = dict(zip([value.name for value in graph.output], made, strict=False))
    inputs: list[object] = []
    for place, name in enumerate(node.input):
        kind = "data"
        if place in SETTINGS.get(node.op_type, ()):
            kind = "setting"
        elif place in WEIGHTS.get(node.op_type, ()):
            kind = "weight"
        found = tensor(kind, array(values[name])) if name and not isinstance(values.get(name), list) else None
        if name and found is None:
            return None
        inputs.append(found)
    outputs = [tensor("out", array(results[name])) if name in results else None for name in node.output]
    outputs = [one[1:] if one else None for one in outputs]
    opset = next((one.version for one in case.model.opset_import if one.domain == node.domain), 0)
    attributes = {one.name: attribute(one) for one in node.attribute}
    return [case.name.removeprefix("test_"), node.domain, node.op_type, opset, attributes, inputs, outputs]


def main() -> None:
    seen = set()
    for case in collect_testcases(None):
        found = line(case)
        if found is None:
            continue
        _, domain, operator, _, attributes, inputs, outputs = found
        shapes = [[one and (one[0], one[2:]) for one in inputs], [one and one[1] for one in outputs]]
        key = json.dumps([domain, operator, attributes if operator != "Cast" else {}, shapes])
        if key not in seen:
            seen.add(key)
            sys.stdout.write(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
