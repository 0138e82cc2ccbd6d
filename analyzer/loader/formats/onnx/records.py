"""What an ONNX file says, as plain records. Payloads stay in the file until somebody asks for the numbers of one.

Source: onnx.proto of onnx 1.23.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias, TypeVar

    Whole: TypeAlias = int
    Number: TypeAlias = float
    Default = TypeVar("Default", float, None)

#: The number formats by their numbers in a file; the names are ONNX's in small letters.
DTYPES = (
    "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64",
    "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
    "float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2", "float6e2m3", "float6e3m2",
)  # fmt: skip

#: The bits of one element.
BITS = {
    "float32": 32, "uint8": 8, "int8": 8, "uint16": 16, "int16": 16, "int32": 32, "int64": 64, "bool": 8, "float16": 16,
    "float64": 64, "uint32": 32, "uint64": 64, "complex64": 64, "complex128": 128, "bfloat16": 16, "float8e4m3fn": 8,
    "float8e4m3fnuz": 8, "float8e5m2": 8, "float8e5m2fnuz": 8, "uint4": 4, "int4": 4, "float4e2m1": 4, "float8e8m0": 8,
    "uint2": 2, "int2": 2,
}  # fmt: skip

#: The most elements of a constant whose numbers are read.
MOST_ELEMENTS = 10**5


def is_float(dtype: str) -> bool:
    """Whether a number format has fractions."""
    return dtype.startswith(("float", "bfloat", "complex"))


class Tensor(Record):
    """A tensor of the file: its shape and format. `numbers` are read when they are asked for.

    `numbers()` is None where there are more than `MOST_ELEMENTS`, and where they are in another file.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    load: Callable[[], list[int] | list[float] | list[str] | None]
    external: bool = False

    @property
    def size(self) -> int:
        """Its elements."""
        return prod(self.shape)

    def numbers(self) -> list[int] | list[float] | list[str] | None:
        """Its elements in order, None where they are not read."""
        return self.load() if self.size <= MOST_ELEMENTS else None


class Reference(Record):
    """An attribute of a function's node that is an attribute of the function."""

    name: str


class Node(Record):
    """An operator of the graph. An input or an output that it leaves out has an empty name.

    `label` is what messages call it: its name, otherwise its operator and its number. `metadata` has the modules around
    it and their classes, where the exporter says so. `captures` are
    the names that graphs inside it read from around them.
    """

    operator: str
    domain: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    name: str
    attributes: dict[str, Value]
    label: str
    overload: str = ""
    metadata: dict[str, str] = field(factory=dict)
    captures: Sequence[str] = ()

    def has(self, name: str) -> bool:
        """Whether it has an attribute."""
        return name in self.attributes

    def reads(self, place: int) -> bool:
        """Whether it has an input at this place."""
        return place < len(self.inputs) and bool(self.inputs[place])

    def int(self, name: str, default: Whole) -> Whole:
        """An attribute that is a whole number."""
        value = self.attributes.get(name, default)
        return int(value) if isinstance(value, (int, float)) else default

    def ints(self, name: str) -> list[Whole]:
        """An attribute that is a list of whole numbers; empty where it is missing."""
        value = self.attributes.get(name)
        if isinstance(value, list):
            return [one for one in value if isinstance(one, int)]
        return [value] if isinstance(value, int) else []

    def float(self, name: str, default: Default) -> Number | Default:
        """An attribute that is a number."""
        value = self.attributes.get(name, default)
        return float(value) if isinstance(value, (int, float)) else default

    def floats(self, name: str) -> list[Number]:
        """An attribute that is a list of numbers; empty where it is missing."""
        value = self.attributes.get(name)
        return [float(one) for one in value if isinstance(one, (int, float))] if isinstance(value, list) else []

    def string(self, name: str, default: str) -> str:
        """An attribute that is a text."""
        value = self.attributes.get(name, default)
        return value if isinstance(value, str) else default


class ValueInfo(Record):
    """What the file says of a tensor: its format, and its sizes; a name for an open one, None for an unknown one.

    `dims` is None where the file gives no shape, and for what is no tensor.
    """

    name: str
    dtype: str
    dims: Sequence[int | str | None] | None


class Graph(Record):
    """A graph: nodes in the order of the file, initializers, inputs, outputs and what it says of tensors."""

    name: str
    nodes: list[Node]
    initializers: dict[str, Tensor]
    inputs: list[ValueInfo]
    outputs: list[ValueInfo]
    infos: dict[str, ValueInfo]


class Function(Record):
    """A function that the file brings along."""

    name: str
    domain: str
    overload: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Sequence[str]
    defaults: dict[str, Value]
    nodes: list[Node]
    opsets: dict[str, int]


class Model(Record):
    """A file: its graph, its functions by domain, name and overload, and who wrote it."""

    graph: Graph
    functions: dict[tuple[str, str, str], Function]
    opsets: dict[str, int]
    producer: str
    producer_version: str
    ir_version: int
    metadata: dict[str, str]


class TooMany(Record):
    """A list of an attribute with more entries than are read."""

    count: int


if TYPE_CHECKING:
    #: The value of an attribute.
    Value: TypeAlias = (
        int
        | float
        | str
        | Tensor
        | Graph
        | Reference
        | TooMany
        | list[int]
        | list[float]
        | list[str]
        | list[Tensor]
        | list[Graph]
    )
