"""Makes `folds.jsonl`: the node tests of the onnx wheel whose results are calculated while a file is read.

    python tests/loader/formats/of_onnx/make_folds.py > tests/loader/formats/of_onnx/folds.jsonl

It needs onnx 1.23.2. A line is a node: name of the test, opset, the bytes of the node in base64, the names
that it reads, inputs, outputs. A tensor is [number of its format, shape, numbers]; the outputs are those of the wheel's own reference. Tensors of more
than 24 elements are left out.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

from analyzer.loader.formats.onnx.folding import FOLDS

MOST = 24

#: What is not calculated: products with scales, products of other than matrices, 0 as a divisor, dropout that trains.
LEFT_OUT = (
    "quantizelinear",
    "matmul_1d",
    "matmul_3d",
    "matmul_4d",
    "mod_float_edge_cases",
    "negative_shift",
    "training",
)


def tensor(value: object) -> list[object] | None:
    """A tensor; None for what is no tensor of numbers, or is too large."""
    if isinstance(value, onnx.TensorProto):
        array, dtype = onnx.numpy_helper.to_array(value), value.data_type
    elif isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        dtype = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    else:
        return None
    if array.dtype.kind not in "fiub" or (array.dtype.itemsize == 1 and array.dtype.kind == "f") or array.size > MOST:
        return None
    return [dtype, list(array.shape), [short(one, array.itemsize) for one in array.flatten().tolist()]]


def short(number: float, size: int) -> object:
    """A number with the digits that it has in so many bytes; a text where it is not finite."""
    if isinstance(number, float):
        return float(f"{number:.{9 if size < 8 else 17}g}") if np.isfinite(number) else str(number)
    return int(number)


def line(case: object) -> list[object] | None:
    graph = case.model.graph
    if len(graph.node) != 1 or graph.node[0].op_type not in FOLDS or not case.data_sets:
        return None
    node = graph.node[0]
    opset = next((one.version for one in case.model.opset_import if one.domain == node.domain), 0)
    given, made = case.data_sets[0]
    found = {value.name: tensor(one) for value, one in zip([*graph.input, *graph.output], [*given, *made], strict=True)}
    if opset < 7 or any(part in case.name for part in LEFT_OUT) or any(one is None for one in found.values()):
        return None
    inputs = [found.get(name) for name in node.input]
    outputs = [found.get(name) for name in node.output]
    data = b64encode(node.SerializeToString()).decode()
    return [case.name.removeprefix("test_"), opset, data, list(node.input), inputs, outputs]


def main() -> None:
    seen = set()
    for case in collect_testcases(None):
        found = line(case)
        if found is not None and json.dumps(found[2:]) not in seen:
            seen.add(json.dumps(found[2:]))
            sys.stdout.write(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
