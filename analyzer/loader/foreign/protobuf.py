"""Signs of files in protocol buffers, which have no magic number: their first fields.

A field is a tag (number · 8 + wire type: 0 a number, 2 a length and so many bytes) and its value. Writers write the
fields in the order of their numbers. Sources: onnx.proto, Model.proto of Core ML, saved_model.proto and graph.proto of
TensorFlow, caffe.proto.
"""

from __future__ import annotations

_NUMBER_1 = 0x08
_BYTES_1 = 0x0A
_BYTES_2 = 0x12
#: ModelProto's fields behind `ir_version` (1): producer, its version, domain, model_version, doc, graph, opset.
_ONNX_NEXT = (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42)
_NEWEST_IR = 0x40


def is_onnx(data: bytes) -> bool:
    """ONNX: `ir_version`, then another field of a ModelProto."""
    return len(data) > 3 and data[0] == _NUMBER_1 and 0 < data[1] < _NEWEST_IR and data[2] in _ONNX_NEXT


def is_core_ml(data: bytes) -> bool:
    """Core ML: `specificationVersion`, then a message where ONNX has the text `producer_name`."""
    start = _inside(data, 2) if data[:1] == b"\x08" and data[2:3] == b"\x12" else None
    return start is not None and data[start : start + 1] == b"\x0a" and data[1] < _NEWEST_IR


def is_saved_model(data: bytes) -> bool:
    """TensorFlow's SavedModel: `saved_model_schema_version` 1, then a MetaGraphDef, which begins with a message."""
    start = _inside(data, 2) if data[:3] == b"\x08\x01\x12" else None
    return start is not None and data[start : start + 1] == b"\x0a" and start > 4


def is_graph(data: bytes) -> bool:
    """TensorFlow's GraphDef: a NodeDef with a name and an operator."""
    name = _text(data, _inside(data, 0), _BYTES_1) if data[:1] == b"\x0a" else None
    return name is not None and _text(data, name, _BYTES_2) is not None


def is_caffemodel(data: bytes) -> bool:
    """Caffe's NetParameter: a name, then layers (field 100, or 2 in old files)."""
    end = _text(data, 0, _BYTES_1)
    return end is not None and data[end : end + 2] in (b"\xa2\x06", b"\x12\xa2", b"\x12\xb2")


def _inside(data: bytes, at: int) -> int | None:
    """Where the value of the field at `at`, which has a length, begins."""
    place = at + 1
    for place in range(at + 1, at + 6):
        if data[place : place + 1] < b"\x80":
            break
    return place + 1 if place + 1 < len(data) else None


def _text(data: bytes, at: int | None, tag: int) -> int | None:
    """Where a field of printable ASCII with this tag ends, if one is at `at`."""
    if at is None or data[at : at + 1] != bytes((tag,)) or at + 2 > len(data):
        return None
    length = data[at + 1]
    value = data[at + 2 : at + 2 + length]
    return (
        at + 2 + length
        if 0 < length < 0x80 and len(value) == length and value.isascii() and value.decode().isprintable()
        else None
    )
