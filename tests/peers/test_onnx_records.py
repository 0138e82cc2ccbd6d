"""ONNX files as our own code reads them, against onnx: every node, attribute, tensor and shape is the same.

The files are the samples of this repository, and those that the onnx package brings along.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.loader.formats.onnx.graph import load
from analyzer.loader.formats.onnx.records import DTYPES, MOST_ELEMENTS, Graph, Reference, Tensor, TooMany, ValueInfo
from analyzer.loader.formats.onnx.wire import Damaged

pytestmark = pytest.mark.peer

onnx: Any = pytest.importorskip("onnx", reason="onnx is not installed: its records are not compared")


def files() -> list[Path]:
    samples = Path(__file__).parents[1] / "data" / "foreign"
    return sorted([*samples.glob("*.onnx"), *Path(onnx.__file__).parent.glob("backend/test/data/**/*.onnx")])


def standard(domain: str) -> str:
    """A domain; that of the standard operators has two names."""
    return "" if domain == "ai.onnx" else domain


def same_tensor(ours: Tensor, theirs: Any) -> None:
    assert (ours.name, ours.shape, ours.dtype) == (theirs.name, tuple(theirs.dims), DTYPES[theirs.data_type])
    if ours.dtype != "string" and ours.size <= MOST_ELEMENTS:
        assert ours.numbers() == pytest.approx(onnx.numpy_helper.to_array(theirs).flatten().tolist(), nan_ok=True)


def same_info(ours: ValueInfo, theirs: Any) -> None:
    assert ours.name == theirs.name
    if theirs.type.WhichOneof("value") != "tensor_type":
        return
    tensor = theirs.type.tensor_type
    assert ours.dtype == DTYPES[tensor.elem_type]
    if not tensor.HasField("shape"):
        assert ours.dims is None
        return
    dims = [
        dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None if dim.HasField("dim_param") else None
        for dim in tensor.shape.dim
    ]
    assert ours.dims == dims


def same_attribute(ours: Any, theirs: Any) -> None:
    if theirs.ref_attr_name:
        assert isinstance(ours, Reference)
        assert ours.name == theirs.ref_attr_name
        return
    value = onnx.helper.get_attribute_value(theirs)
    if isinstance(ours, TooMany):
        assert len(value) > 4096
    elif isinstance(ours, Tensor):
        same_tensor(ours, value)
    elif isinstance(ours, Graph):
        same_graph(ours, value)
    elif isinstance(value, bytes):
        assert ours == value.decode("utf-8", "replace")
    elif isinstance(ours, list) and value and isinstance(value[0], bytes):
        assert ours == [one.decode("utf-8", "replace") for one in value]
    elif isinstance(ours, (int, float, list)):
        assert ours == (pytest.approx(list(value)) if isinstance(ours, list) else pytest.approx(value))
    else:
        assert ours is None


def same_graph(ours: Graph, theirs: Any) -> None:
    assert len(ours.nodes) == len(theirs.node)
    for mine, node in zip(ours.nodes, theirs.node, strict=True):
        assert (mine.operator, mine.name) == (node.op_type, node.name)
        assert mine.domain == standard(node.domain)
        assert (list(mine.inputs), list(mine.outputs)) == (list(node.input), list(node.output))
        assert {entry.key: entry.value for entry in node.metadata_props} == mine.metadata
        for attribute in node.attribute:
            same_attribute(mine.attributes.get(attribute.name), attribute)
    assert len(ours.initializers) == len(theirs.initializer) + len(theirs.sparse_initializer)
    for tensor in theirs.initializer:
        same_tensor(ours.initializers[tensor.name], tensor)
    for mine, info in zip([*ours.inputs, *ours.outputs], [*theirs.input, *theirs.output], strict=True):
        same_info(mine, info)
    for info in theirs.value_info:
        same_info(ours.infos[info.name], info)


@pytest.mark.parametrize("path", files(), ids=lambda path: "-".join(path.parts[-3:]))
def test_records_are_those_of_onnx(path: Path) -> None:
    theirs = onnx.load(str(path), load_external_data=False)
    with path.open("rb") as file:
        try:
            ours = load(file, path.stat().st_size)
        except Damaged as damage:
            if "older than 7" not in str(damage):
                raise
            pytest.skip("opset 6 is not read")
        assert ours.opsets == {standard(one.domain): one.version for one in theirs.opset_import}
        assert (ours.producer, ours.producer_version, ours.ir_version) == (
            theirs.producer_name,
            theirs.producer_version,
            theirs.ir_version,
        )
        same_graph(ours.graph, theirs.graph)
        assert len(ours.functions) == len(theirs.functions)
