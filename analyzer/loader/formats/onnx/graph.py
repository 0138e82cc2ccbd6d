"""An ONNX file as records: what each field means. Nothing is read that nobody needs: payloads are skipped."""

# Longer than most modules: one method for each message of onnx.proto.

from __future__ import annotations

from collections.abc import Callable
from math import prod
from struct import iter_unpack, pack

from analyzer.loader.formats.onnx.functions import MOST_NODES, check_functions
from analyzer.loader.formats.onnx.order import order_graph
from analyzer.loader.formats.onnx.records import (
    BITS,
    DTYPES,
    MOST_ELEMENTS,
    Function,
    Graph,
    Model,
    Node,
    Reference,
    Tensor,
    TooMany,
    ValueInfo,
    is_float,
)
from analyzer.loader.formats.onnx.versions import check_versions
from analyzer.loader.formats.onnx.wire import BYTES, EIGHT, FOUR, VARINT, Damaged, Wire, signed
from analyzer.volume import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from analyzer.loader.formats.onnx.records import Value

#: Longer lists of an attribute are not read: nothing that decides a shape has so many entries.
MOST_ENTRIES = 4096

#: Graphs inside of graphs.
DEEPEST = 64

#: struct's letter of each format in `raw_data`.
_LETTERS = {
    "float32": "f", "uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "int32": "i", "int64": "q", "bool": "?",
    "float16": "e", "float64": "d", "uint32": "I", "uint64": "Q",
}  # fmt: skip

#: The fields of a tensor that have elements, with the wire types that they may have.
_PAYLOADS = {
    4: (BYTES, FOUR), 5: (BYTES, VARINT), 6: (BYTES,), 7: (BYTES, VARINT), 9: (BYTES,), 10: (BYTES, EIGHT),
    11: (BYTES, VARINT),
}  # fmt: skip


def load(file: BinaryIO, size: int) -> Model:
    """The model in an open file of this size, its nodes in an order of computation. Raises `Damaged` where it is none.

    The numbers of tensors are read from the file when they are asked for, so it must stay open until then.
    """
    model = _Loader(Wire(file, size)).model(size)
    check_functions(model)
    check_versions(model)
    order_graph(model.graph)
    return model


class _Loader:
    """Reads messages; counts nodes."""

    # By hand: it counts.
    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.nodes = 0

    def model(self, size: int) -> Model:
        graph: tuple[int, int] | None = None
        functions = []
        opsets: dict[str, int] = {}
        producer = version = ""
        ir = 0
        metadata: dict[str, str] = {}
        for number, kind, start, end in self.wire.fields(0, size):
            if number == 1 and kind == VARINT:
                ir = signed(start)
            elif kind != BYTES:
                continue
            elif number == 2:
                producer = self.wire.text(start, end)
            elif number == 3:
                version = self.wire.text(start, end)
            elif number == 7:
                graph = start, end
            elif number == 8:
                opsets.update([self.opset(start, end)])
            elif number == 14:
                metadata.update([self.pair(start, end)])
            elif number == 25:
                functions.append((start, end))
        if graph is None:
            raise Damaged("it has no graph")
        made = {}
        for place in functions:
            function = self.function(*place)
            made[function.domain, function.name, function.overload] = function
        return Model(self.graph(*graph, 1), made, opsets, producer, version, ir, metadata)

    def opset(self, start: int, end: int) -> tuple[str, int]:
        domain, version = "", 0
        for number, kind, a, b in self.wire.fields(start, end):
            if number == 1 and kind == BYTES:
                domain = self.wire.text(a, b)
            elif number == 2 and kind == VARINT:
                version = signed(a)
        return _standard(domain), version

    def pair(self, start: int, end: int) -> tuple[str, str]:
        key = value = ""
        for number, kind, a, b in self.wire.fields(start, end):
            if kind == BYTES and number == 1:
                key = self.wire.text(a, b)
            elif kind == BYTES and number == 2 and b - a <= 1 << 16:
                value = self.wire.text(a, b)
        return key, value

    def graph(self, start: int, end: int, depth: int) -> Graph:
        if depth > DEEPEST:
            raise Damaged(f"graphs are nested more than {DEEPEST} deep")
        found = Graph("", [], {}, [], [], {})
        for number, kind, a, b in self.wire.fields(start, end):
            if kind != BYTES:
                continue
            if number == 1:
                found.nodes.append(self.node(a, b, depth))
            elif number == 2:
                found.name = self.wire.text(a, b)
            elif number == 5:
                tensor = self.tensor(a, b)
                found.initializers[tensor.name] = tensor
            elif number == 15:
                tensor = self.sparse(a, b)
                found.initializers[tensor.name] = tensor
            elif number == 11:
                found.inputs.append(self.info(a, b))
            elif number == 12:
                found.outputs.append(self.info(a, b))
            elif number == 13:
                info = self.info(a, b)
                found.infos[info.name] = info
        return found

    def node(self, start: int, end: int, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise Damaged(f"it has more than {MOST_NODES:,} nodes")
        inputs, outputs = [], []
        name = operator = domain = overload = ""
        attributes: dict[str, Value] = {}
        metadata: dict[str, str] = {}
        for number, kind, a, b in self.wire.fields(start, end):
            if kind != BYTES:
                continue
            if number == 1:
                inputs.append(self.wire.text(a, b))
            elif number == 2:
                outputs.append(self.wire.text(a, b))
            elif number == 3:
                name = self.wire.text(a, b)
            elif number == 4:
                operator = self.wire.text(a, b)
            elif number == 5:
                key, value = self.attribute(a, b, depth)
                if value is not None:
                    attributes[key] = value
            elif number == 7:
                domain = self.wire.text(a, b)
            elif number == 8:
                overload = self.wire.text(a, b)
            elif number == 9:
                metadata.update([self.pair(a, b)])
        label = name or f"{operator} {self.nodes}"
        return Node(operator, _standard(domain), inputs, outputs, name, attributes, label, overload, metadata)

    def attribute(self, start: int, end: int, depth: int) -> tuple[str, Value | None]:
        """The name and the value of an attribute; None for one of a kind that nothing needs."""
        name = reference = ""
        type = 0
        single: Any = None
        lists: dict[int, list[Any]] = {}
        counts: dict[int, int] = {}
        for number, kind, a, b in self.wire.fields(start, end):
            if number == 1 and kind == BYTES:
                name = self.wire.text(a, b)
            elif number == 20 and kind == VARINT:
                type = a
            elif number == 21 and kind == BYTES:
                reference = self.wire.text(a, b)
            elif number == 2 and kind == FOUR:
                single = self.wire.number(kind, a, b)
            elif number == 3 and kind == VARINT:
                single = signed(a)
            elif number == 4 and kind == BYTES:
                single = self.wire.text(a, b) if b - a < 1 << 16 else ""
            elif number == 5 and kind == BYTES:
                single = self.tensor(a, b)
            elif number == 22 and kind == BYTES:
                single = self.sparse(a, b)
            elif number == 6 and kind == BYTES:
                single = self.graph(a, b, depth + 1)
            elif number in (7, 8, 9, 10, 11):
                self.entries(number, kind, a, b, depth, lists.setdefault(number, []), counts)
                if counts[number] > MOST_ENTRIES and not reference:
                    break  # its name comes first; the rest is skipped
        if reference:
            return name, Reference(reference)
        if single is not None:
            return name, single
        for number, entries in lists.items():
            if counts[number] > MOST_ENTRIES:
                return name, TooMany(counts[number])
            return name, entries
        return name, _EMPTY.get(type)

    def entries(
        self, number: int, kind: int, a: int, b: int, depth: int, found: list[Any], counts: dict[int, int]
    ) -> None:
        """Adds the entries of a list, in their packed form too; those beyond the limit are only counted."""
        count = counts.get(number, 0)
        if number == 7 and kind == BYTES:
            count += (b - a) // 4
            if count <= MOST_ENTRIES:
                found += [value for (value,) in iter_unpack("<f", self.wire.bytes(a, b - (b - a) % 4))]
        elif number == 8 and kind == BYTES:
            if b - a > 10 * MOST_ENTRIES:
                count += MOST_ENTRIES + 1
            else:
                values = self.wire.varints(a, b)
                count += len(values)
                found += map(signed, values)
        else:
            count += 1
            if count <= MOST_ENTRIES:
                found.append(self.entry(number, kind, a, b, depth))
        counts[number] = count

    def entry(self, number: int, kind: int, a: int, b: int, depth: int) -> Any:
        if number == 7 and kind == FOUR:
            return self.wire.number(kind, a, b)
        if number == 8 and kind == VARINT:
            return signed(a)
        if kind != BYTES:
            raise Damaged("an attribute has a value of another kind than its own")
        if number == 9:
            return self.wire.text(a, b)
        return self.tensor(a, b) if number == 10 else self.graph(a, b, depth + 1)

    def tensor(self, start: int, end: int) -> Tensor:
        dims: list[int] = []
        dtype = 0
        name = ""
        external = False
        payload: list[tuple[int, int, int, int]] = []
        for number, kind, a, b in self.wire.fields(start, end):
            if number == 1:
                self.dims(dims, kind, a, b)
            elif number == 2 and kind == VARINT:
                dtype = a
            elif number == 8 and kind == BYTES:
                name = self.wire.text(a, b)
            elif number == 14 and kind == VARINT:
                external = a == 1
            elif kind in _PAYLOADS.get(number, ()) and len(payload) <= MOST_ELEMENTS:
                payload.append((number, kind, a, b))
        return self.made(name, dims, dtype, external, payload)

    def dims(self, found: list[int], kind: int, a: int, b: int) -> None:
        """Adds sizes of a tensor, in their packed form too."""
        if len(found) > MOST_ENTRIES or (kind == BYTES and b - a > MOST_ENTRIES):
            raise Damaged("a tensor has thousands of axes")
        if kind == VARINT:
            found.append(signed(a))
        elif kind == BYTES:
            found += map(signed, self.wire.varints(a, b))

    def made(
        self, name: str, dims: list[int], dtype: int, external: bool, payload: list[tuple[int, int, int, int]]
    ) -> Tensor:
        if any(not 0 <= dim <= LARGEST for dim in dims) or prod(dims) > LARGEST:
            raise Damaged(f"the tensor `{name}` has the sizes {dims[:8]}")
        word = DTYPES[dtype] if dtype < len(DTYPES) else "undefined"
        size = prod(dims)
        for number, _, a, b in payload:
            if number == 9 and not external and word in BITS and b - a != (size * BITS[word] + 7) // 8:
                raise Damaged(f"the tensor `{name}` has {size:,} elements of {word}, but {b - a:,} bytes")
        return Tensor(name, tuple(dims), word, self.loader(word, size, payload) if not external else _nothing, external)

    def loader(self, dtype: str, size: int, payload: list[tuple[int, int, int, int]]) -> Callable[[], Any]:
        """What reads the elements of a tensor."""

        def read() -> Any:
            found: list[Any] = []
            for number, kind, a, b in payload:
                found += self.elements(dtype, number, kind, a, b, size - len(found))
            return found[:size] if len(found) >= size else None

        return read

    def elements(self, dtype: str, number: int, kind: int, a: int, b: int, most: int) -> list[Any]:
        """Elements of one field of a tensor, as many as are missing."""
        if number == 6:
            return [self.wire.text(a, b)]
        if number == 9:
            letter = _LETTERS.get(dtype)
            if dtype == "bfloat16":  # the upper half of a float32
                words = (bytes(2) + self.wire.bytes(at, at + 2) for at in range(a, b, 2))
                return [value for (value,) in iter_unpack("<f", b"".join(words))]
            return [value for (value,) in iter_unpack(f"<{letter}", self.wire.bytes(a, b))] if letter else []
        if number in (4, 10):
            letter, step = ("f", 4) if number == 4 else ("d", 8)
            if kind != BYTES:
                return [self.wire.number(kind, a, b)]
            count = min((b - a) // step, most)
            return [value for (value,) in iter_unpack(f"<{letter}", self.wire.bytes(a, a + count * step))]
        values = [a] if kind == VARINT else self.wire.varints(a, b, most)
        if dtype == "float16":  # as its 16 bits
            return [one for (one,) in iter_unpack("<e", b"".join(pack("<H", value & 0xFFFF) for value in values))]
        if is_float(dtype) or BITS.get(dtype, 8) < 8:
            return []
        return values if dtype == "uint64" else [signed(value) for value in values]

    def sparse(self, start: int, end: int) -> Tensor:
        """A sparse tensor: its shape, and its values as if they were all there."""
        values: Tensor | None = None
        dims: list[int] = []
        for number, kind, a, b in self.wire.fields(start, end):
            if number == 1 and kind == BYTES:
                values = self.tensor(a, b)
            elif number == 3:
                self.dims(dims, kind, a, b)
        if any(not 0 <= dim <= LARGEST for dim in dims) or prod(dims) > LARGEST:
            raise Damaged(f"a sparse tensor has the sizes {dims[:8]}")
        name, dtype = (values.name, values.dtype) if values is not None else ("", "undefined")
        return Tensor(name, tuple(dims), dtype, _nothing)

    def info(self, start: int, end: int) -> ValueInfo:
        found = ValueInfo("", "undefined", None)
        for number, kind, a, b in self.wire.fields(start, end):
            if number == 1 and kind == BYTES:
                found.name = self.wire.text(a, b)
            elif number == 2 and kind == BYTES:
                self.type(found, a, b)
        return found

    def type(self, found: ValueInfo, start: int, end: int) -> None:
        """The format and the sizes of a tensor; what is no tensor has none."""
        for number, kind, a, b in self.wire.fields(start, end):
            if number not in (1, 8) or kind != BYTES:
                continue
            for inner, wire, c, d in self.wire.fields(a, b):
                if inner == 1 and wire == VARINT:
                    found.dtype = DTYPES[c] if c < len(DTYPES) else "undefined"
                elif inner == 2 and wire == BYTES:
                    found.dims = [self.dim(e, f) for n, w, e, f in self.wire.fields(c, d) if n == 1 and w == BYTES]

    def dim(self, start: int, end: int) -> int | str | None:
        found: int | str | None = None
        for number, kind, a, b in self.wire.fields(start, end):
            if number == 1 and kind == VARINT:
                found = signed(a)
            elif number == 2 and kind == BYTES:
                found = self.wire.text(a, b) or None
        return found

    def function(self, start: int, end: int) -> Function:
        found = Function("", "", "", [], [], [], {}, [], {})
        inputs, outputs, attributes = [], [], []
        for number, kind, a, b in self.wire.fields(start, end):
            if kind != BYTES:
                continue
            if number == 1:
                found.name = self.wire.text(a, b)
            elif number == 4:
                inputs.append(self.wire.text(a, b))
            elif number == 5:
                outputs.append(self.wire.text(a, b))
            elif number == 6:
                attributes.append(self.wire.text(a, b))
            elif number == 7:
                found.nodes.append(self.node(a, b, 1))
            elif number == 9:
                found.opsets.update([self.opset(a, b)])
            elif number == 10:
                found.domain = _standard(self.wire.text(a, b))
            elif number == 11:
                name, value = self.attribute(a, b, 1)
                if value is not None:
                    found.defaults[name] = value
            elif number == 13:
                found.overload = self.wire.text(a, b)
        found.inputs, found.outputs, found.attributes = inputs, outputs, attributes
        return found


#: What an attribute without a value is, by its type: proto3 leaves out what is 0 or empty.
_EMPTY: dict[int, Value] = {1: 0.0, 2: 0, 3: "", 6: [], 7: [], 8: [], 9: [], 10: []}


def _nothing() -> None:
    """The elements of a tensor that nobody reads."""


def _standard(domain: str) -> str:
    """A domain; that of the standard operators has two names."""
    return "" if domain == "ai.onnx" else domain
