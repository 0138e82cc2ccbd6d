"""A program of `torch.export` as its JSON has it: nodes in an order of computation, and the shape of every tensor.

Sources: torch/_export/serde/schema.py and torch/export/pt2_archive (2.13.0, schema 8.20).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.loader.formats.pt2.sizes import Expression
from analyzer.loader.text.limits import LIMITS
from analyzer.record import Record, field
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: A size of a tensor: a number, or an expression over the symbols of dynamic shapes.
    Size: TypeAlias = int | Expression

#: The newest major version of the schema that was tried.
NEWEST = 8

#: The number formats by their numbers in the schema (`ScalarType`).
DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8_e4m3fn",
    30: "float8_e5m2", 31: "float8_e4m3fnuz", 32: "float8_e5m2fnuz",
}  # fmt: skip

#: What the names of torch's own operators begin with.
_OPS = "torch.ops."


#: The end of a range that is open.
_ENDLESS = 2**63 - 1


class Broken(Exception):
    """The JSON is not that of a program. The message says what is wrong."""


class Ref(Record):
    """The name of a tensor, or of a number that the program calculates."""

    name: str


class Graph(Record):
    """A graph inside of a node, such as a branch."""

    name: str
    data: Mapping[str, Any]


class Info(Record):
    """The shape and the number format of a tensor; `trained` is whether it requires a gradient."""

    shape: tuple[Size, ...]
    dtype: str
    trained: bool


class Node(Record):
    """An operation.

    target    `aten.conv2d.default`, or `operator.add` for one on numbers
    args      what it reads by name, as Python's values: `Ref` for a tensor or a calculated number
    outputs   the names of what it puts out; a list for a list of tensors, None for what nobody names
    stack     the modules around it, from the outside: key, path and class
    trace     the lines of Python that led to it, as Python prints them
    """

    target: str
    args: dict[str, Any]
    outputs: list[str | list[str] | None]
    stack: str
    trace: str

    #: The name without the overload: `aten.conv2d`; the names of its outputs, those of lists one after the other, empty
    #: for what nobody names; the first of them.
    operator: str = field(default="", init=False)
    names: list[str] = field(factory=list, init=False)
    output: str = field(default="", init=False)

    def check(self) -> None:
        """What follows from others is made once: each is asked for many times."""
        self.operator = self.target.rpartition(".")[0]
        for output in self.outputs:
            self.names += output if isinstance(output, list) else (output or "",)
        self.output = self.names[0] if self.names else ""


class Kept(Record):
    """A tensor that the module keeps.

    name   its name in the graph
    path   its name in the module: `layer1.0.conv1.weight`
    kind   `parameter`, `buffer` or `constant`
    saved  whether it is in the module's state dict
    """

    name: str
    path: str
    kind: str
    saved: bool = True


class Program(Record):
    """A program: its nodes, what it keeps, what it reads and returns, and what is known about each name.

    `numbers` are expressions of calculated numbers by their names, `ranges` the least and the most number of a symbol.
    """

    nodes: list[Node]
    kept: list[Kept]
    inputs: list[str]
    outputs: list[str]
    infos: dict[str, Info]
    numbers: dict[str, Size]
    version: str = ""
    ranges: dict[str, tuple[int, int]] = field(factory=dict)


def program_of(data: Any) -> Program:
    """The program of a parsed JSON. Raises `Broken`."""
    if not isinstance(data, dict) or not isinstance(data.get("graph_module"), dict):
        raise Broken("it has no `graph_module`")
    _check_version(data.get("schema_version"))
    module = data["graph_module"]
    try:
        graph = graph_of(module["graph"])
        signature = module["signature"]
        kept, inputs = _inputs(signature["input_specs"])
        outputs = list(_outputs(signature["output_specs"]))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise Broken(
            f"its graph does not have the form of schema {NEWEST}: {shown(str(problem) or 'empty', 80)}"
        ) from None
    version = str(data.get("torch_version") or "")
    ranges = dict(_ranges(data.get("range_constraints")))
    return Program(graph.nodes, kept, inputs, outputs, graph.infos, graph.numbers, version, ranges)


def _ranges(constraints: Any) -> Iterator[tuple[str, tuple[int, int]]]:
    """The range of each symbol; an end that is open or no number is none."""
    for name, ends in constraints.items() if isinstance(constraints, dict) else ():
        low, high = (ends.get(end) if isinstance(ends, dict) else None for end in ("min_val", "max_val"))
        yield name, (low if isinstance(low, int) else 0, high if isinstance(high, int) else _ENDLESS)


def _check_version(version: Any) -> None:
    major = version.get("major") if isinstance(version, dict) else version
    if not isinstance(major, int):
        raise Broken("it has no `schema_version`")
    if major > NEWEST:
        minor = version.get("minor") if isinstance(version, dict) else None
        said = f"{major}.{minor}" if isinstance(minor, int) else str(major)
        raise Broken(f"its schema is {said}, newer than {NEWEST}, the newest one that is read")


def check_count(count: int) -> None:
    """Refuses more operations than a network may have. Raises `Broken`."""
    if count > LIMITS.layers:
        raise Broken(f"it has {count:,} operations, more than {LIMITS.layers:,}")


def graph_of(data: Mapping[str, Any]) -> Program:
    """The nodes of a graph and what it says about its names."""
    nodes = data["nodes"]
    check_count(len(nodes))
    infos = {name: _info(value) for name, value in data["tensor_values"].items()}
    numbers = {name: _size(value) for name, value in (data.get("sym_int_values") or {}).items()}
    read = [_node(node) for node in nodes]
    return Program(
        read, [], [_name(one) for one in data["inputs"]], [_name(one) for one in data["outputs"]], infos, numbers
    )


def _info(value: Mapping[str, Any]) -> Info:
    dtype = value["dtype"]
    shape = tuple(_size(size) for size in value["sizes"])
    return Info(
        shape,
        DTYPES.get(dtype, "unknown") if isinstance(dtype, int) else str(dtype),
        value.get("requires_grad") is True,
    )


def _text(value: Any) -> str:
    """A name. Raises `TypeError` for anything else."""
    if not isinstance(value, str):
        raise TypeError("a name that is no text")
    return value


def _size(value: Mapping[str, Any]) -> Size:
    """A size: `{"as_int": 3}`, or an expression with the number that it had in the example."""
    found = value.get("as_int")
    if isinstance(found, int):
        if found < 0:
            raise ValueError("a size below 0")
        return found
    expression = value["as_expr"]
    hint = (expression.get("hint") or {}).get("as_int")
    return Expression(str(expression["expr_str"]), hint if isinstance(hint, int) else None)


def _node(data: Mapping[str, Any]) -> Node:
    metadata = data.get("metadata") or {}
    target = str(data["target"])
    target = target[len(_OPS) :] if target.startswith(_OPS) else target.lstrip("_")
    args: dict[str, Any] = {}
    for place, given in enumerate(data["inputs"]):
        args[given["name"] or str(place)] = _value(given["arg"])
    return Node(
        target,
        args,
        [_named(one) for one in data["outputs"]],
        str(metadata.get("nn_module_stack") or ""),
        str(metadata.get("stack_trace") or ""),
    )


def _value(arg: Mapping[str, Any]) -> Any:
    """An argument as a value of Python."""
    ((kind, value),) = arg.items()
    if kind in ("as_tensor", "as_custom_obj"):
        return Ref(str(value["name"]))
    if kind in ("as_sym_int", "as_sym_bool", "as_sym_float", "as_sym_ints", "as_sym_bools", "as_sym_floats"):
        return [_number(one) for one in value] if isinstance(value, list) else _number(value)
    if kind == "as_none":
        return None
    if kind in ("as_tensors", "as_optional_tensors", "as_optional_tensor", "as_nested_tensors"):
        return _tensors(value)
    if kind == "as_graph":
        return Graph(str(value.get("name")), value["graph"])
    return value


def _tensors(value: Any) -> Any:
    """Tensors of a list, some of them maybe None."""
    if isinstance(value, list):
        return [_tensors(one) for one in value]
    if "name" in value:
        return Ref(str(value["name"]))
    return None if "as_none" in value else Ref(str(value["as_tensor"]["name"]))


def _number(value: Any) -> Any:
    """A number of a list, or the name of one that is calculated."""
    if not isinstance(value, dict):
        return value
    ((kind, found),) = value.items()
    return Ref(str(found)) if kind == "as_name" else found


def _named(output: Mapping[str, Any]) -> str | list[str] | None:
    """The name, or the names, of an output of a node."""
    ((kind, value),) = output.items()
    if kind in ("as_tensors", "as_optional_tensors"):
        return [one.name if isinstance(one, Ref) else "" for one in _tensors(value)]
    if isinstance(value, dict):
        return str(value.get("name") or value.get("as_name") or "") or None
    return None


def _name(arg: Mapping[str, Any]) -> str:
    """The name of an input or an output of a graph; empty for what is no tensor."""
    ((kind, value),) = arg.items()
    return str(value["name"]) if kind == "as_tensor" else ""


def _inputs(specs: Sequence[Mapping[str, Any]]) -> tuple[list[Kept], list[str]]:
    """What the module keeps, and the names of its inputs."""
    kept: list[Kept] = []
    inputs: list[str] = []
    for spec in specs:
        ((kind, value),) = spec.items()
        if kind == "user_input":
            inputs.append(_name(value["arg"]))
        elif kind == "parameter":
            kept.append(Kept(_text(value["arg"]["name"]), _text(value["parameter_name"]), "parameter"))
        elif kind == "buffer":
            kept.append(
                Kept(
                    _text(value["arg"]["name"]),
                    _text(value["buffer_name"]),
                    "buffer",
                    bool(value.get("persistent", True)),
                )
            )
        elif kind == "tensor_constant":
            kept.append(Kept(_text(value["arg"]["name"]), _text(value["tensor_constant_name"]), "constant", False))
    return kept, [name for name in inputs if name]


def _outputs(specs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The names of the tensors that the module returns; changed buffers are none of them."""
    for spec in specs:
        ((kind, value),) = spec.items()
        if kind in ("user_output", "loss_output"):
            arg = value["arg"]
            name = str(arg["name"]) if "name" in arg else _name(arg)
            if name:
                yield name
