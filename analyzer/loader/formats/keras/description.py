"""A network of Keras as records: layers, their calls, and the tensors that each call reads.

Keras 3 writes a call as `args` and `kwargs` with `__keras_tensor__` in them, Keras 2 as lists of [layer, call, tensor,
kwargs]. A `Sequential` is a chain of calls.

Sources: keras/src/models/functional.py, sequential.py, saving/serialization_lib.py (Keras 3.15.1);
keras/engine/functional.py, node.py (Keras 2.15).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from analyzer.layers.kinds import whole, written
from analyzer.loader.formats.keras.config import Config, Mistake, of_object
from analyzer.record import Record, field
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Networks in networks, at most.
MOST_NESTED = 64


class Ref(Record):
    """A tensor that a call reads: the output `tensor` of the call `call` of `layer`; its shape as the file has it."""

    layer: str
    call: int
    tensor: int
    shape: Sequence[int | None] | None = None


class Slice(Record):
    """A slice of Python: start, stop and step, each a whole number or None."""

    start: Any
    stop: Any
    step: Any


class Constant(Record):
    """Numbers that the file has: their shape, and the values as lists."""

    shape: Sequence[int]
    values: Any


class Dots:
    """The `...` of an index."""


class Call(Record):
    """One call of a layer: structures of lists, mappings and values, with `Ref`s for tensors."""

    args: Any
    kwargs: Mapping[str, Any]


class Entry(Record):
    """A layer of a network.

    module   where its class is from; None in a file of Keras 2
    custom   whether the class is its author's
    build    the shape that it was built with, if the file has it
    network  the network that it is, if it is one
    """

    name: str
    kind: str
    config: Config
    module: str | None
    custom: bool
    calls: list[Call]
    build: Any = None
    network: Graph | None = None
    #: The shape of each output, by call and tensor, as the calls that read it say.
    shapes: dict[tuple[int, int], Sequence[int | None]] = field(factory=dict)


class Graph(Record):
    """A network: its layers, and the structures of its inputs and outputs."""

    name: str
    kind: str
    entries: dict[str, Entry]
    inputs: Any
    outputs: Any
    trainable: bool
    sequential: bool
    #: The shape that it was built with, where no input layer says it.
    shape: Any = None


def flat(structure: Any) -> list[Any]:
    """The leaves of a structure, mappings in the order of their keys, as Keras flattens it."""
    found: list[Any] = []
    left = [structure]
    while left:
        one = left.pop()
        if isinstance(one, (list, tuple)):
            left += reversed(one)
        elif isinstance(one, Mapping):
            left += [one[key] for key in sorted(one, reverse=True)]
        else:
            found.append(one)
    return found


def is_network(data: Any) -> bool:
    """Whether a serialised object is a network: it has layers."""
    if not isinstance(data, Mapping):
        return False
    config = data.get("config")
    if isinstance(config, list):
        return data.get("class_name") == "Sequential"
    return isinstance(config, Mapping) and isinstance(config.get("layers"), list)


def described(data: Any, depth: int = 0) -> Graph:
    """The network of a serialised object. Raises `Mistake`."""
    if depth > MOST_NESTED:
        raise Mistake(f"networks are nested more than {MOST_NESTED} times")
    if not is_network(data):
        raise _no_network(data)
    kind = data["class_name"] if isinstance(data.get("class_name"), str) else "Functional"
    config = data["config"]
    if isinstance(config, list):  # Keras before 2.2.3
        config = {"layers": config}
    name = config.get("name")
    own = Config(str(name) if isinstance(name, str) else kind.lower(), kind, config)
    entries: dict[str, Entry] = {}
    for item in config["layers"]:
        entry = _entry(item, depth, kind)
        if entry.name in entries:
            raise Mistake(f"two layers of `{shown(own.name)}` have the name `{shown(entry.name)}`")
        entries[entry.name] = entry
    graph = Graph(own.name, kind, entries, [], [], own.flag("trainable", True), "input_layers" not in config)
    if graph.sequential:
        _chain(graph, data, config)
    else:
        graph.inputs, graph.outputs = (_ends(config, key, own.name) for key in ("input_layers", "output_layers"))
    _settle(graph)
    return graph


def _no_network(data: Any) -> Mistake:
    kind = data.get("class_name") if isinstance(data, Mapping) else None
    if not isinstance(kind, str):
        return Mistake("the file has no `class_name`, so it is not a network of Keras")
    return Mistake(
        f"the network is `{shown(kind)}`, whose `config` has no `layers`",
        "a subclass of `Model` has its layers in code; build the network from an `Input`, `keras.Model(x, y)`",
    )


def _entry(item: Any, depth: int, network: str) -> Entry:
    if not isinstance(item, Mapping):
        raise Mistake(f"a layer of `{shown(network)}` is {written(item)}, not a mapping")
    kind, data = item.get("class_name"), item.get("config", {})
    if not isinstance(kind, str):
        raise Mistake(f"a layer of `{shown(network)}` has no `class_name`")
    name = item.get("name", data.get("name") if isinstance(data, Mapping) else None)
    name = name if isinstance(name, str) and name else kind.lower()
    module, registered = item.get("module"), item.get("registered_name")
    nested = described(item, depth + 1) if is_network(item) else None
    config = Config(name, kind, data if isinstance(data, Mapping) or nested is None else {})
    nodes: Any = item.get("inbound_nodes", [])
    if not isinstance(nodes, list):
        raise Mistake(f"`inbound_nodes` of `{shown(name)}` must be a list, not {written(nodes)}")
    calls = [_call(node, name) for node in nodes if node]
    build = item.get("build_config")
    build = build.get("input_shape", build.get("shapes_dict")) if isinstance(build, Mapping) else None
    return Entry(
        name, kind.rpartition(">")[2], config, module, _is_custom(kind, module, registered), calls, build, nested
    )


def _is_custom(kind: str, module: Any, registered: Any) -> bool:
    """Whether a class is of the network's author, and none of Keras."""
    if ">" in kind:
        return True
    if module is None:
        return registered is not None
    parts = str(module).split(".")
    if parts[:2] == ["keras", "layers"] or parts[:2] == ["keras", "src"] or parts == ["keras"]:
        return False
    return parts[0] not in ("keras", "tf_keras", "tensorflow", "builtins")


def _call(node: Any, name: str) -> Call:
    """A call, in the words of Keras 3 or of Keras 2."""
    if isinstance(node, Mapping) and "args" in node:
        kwargs = node.get("kwargs") or {}
        if not isinstance(node["args"], list) or not isinstance(kwargs, Mapping):
            raise Mistake(f"a call of `{shown(name)}` must have a list `args` and a mapping `kwargs`")
        return Call([_value(one, name) for one in node["args"]], {key: _value(v, name) for key, v in kwargs.items()})
    if isinstance(node, Mapping):  # Keras 2: a mapping of tensors
        pairs = {key: _old(one, name) for key, one in node.items()}
        return Call([{key: ref for key, (ref, _) in pairs.items()}], {})
    if isinstance(node, list) and node and isinstance(node[0], str):
        node = [node]
    if not isinstance(node, list):
        raise Mistake(f"a call of `{shown(name)}` must be a list or a mapping, not {written(node)}")
    found = [_old(one, name) for one in node]
    refs = [ref for ref, _ in found]
    kwargs = {key: _old_value(value, name) for _, given in found[:1] for key, value in given.items()}
    return Call([refs[0] if len(refs) == 1 else refs], kwargs)


def _old(one: Any, name: str) -> tuple[Any, Mapping[str, Any]]:
    """[layer, call, tensor] or [layer, call, tensor, kwargs] of Keras 2, or a structure of them."""
    if isinstance(one, list) and len(one) in (3, 4) and isinstance(one[0], str):
        kwargs = one[3] if len(one) == 4 else {}
        if not isinstance(kwargs, Mapping):
            raise Mistake(f"a call of `{shown(name)}` has {written(kwargs)} for arguments, not a mapping")
        if one[0] == "_CONSTANT_VALUE":
            return _constant(one[2]), kwargs
        return _ref(one[:3], name), kwargs
    if isinstance(one, list) and one:
        return [_old(item, name)[0] for item in one], {}
    raise Mistake(f"a call of `{shown(name)}` reads {written(one)}, not a tensor [layer, call, tensor]")


def _old_value(value: Any, name: str) -> Any:
    """An argument of Keras 2, in which a list of a text and two numbers is a tensor."""
    if _is_ref(value):
        return _ref(value, name)
    if isinstance(value, list):
        return [_old_value(one, name) for one in value]
    if isinstance(value, Mapping):
        if "start" in value and "stop" in value:
            return Slice(*(_old_value(value.get(key), name) for key in ("start", "stop", "step")))
        return _value(value, name) if "class_name" in value else {k: _old_value(v, name) for k, v in value.items()}
    return value


def _is_ref(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(type(number) is int for number in value[1:])
    )


def _ref(value: Any, name: str, shape: Any = None) -> Ref:
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], str):
        raise Mistake(f"`{shown(name)}` reads {written(value)}, not a tensor [layer, call, tensor]")
    call, tensor = whole(value[1]), whole(value[2])
    if call is None or tensor is None or call < 0 or tensor < 0:
        raise Mistake(f"`{shown(name)}` reads {written(value)}, not a tensor [layer, call, tensor]")
    return Ref(value[0], call, tensor, shape_of(shape))


def shape_of(value: Any) -> list[int | None] | None:
    """A shape as a file has it, None for an open axis; None for what is no shape."""
    if not isinstance(value, list) or not all(one is None or (type(one) is int and one >= -1) for one in value):
        return None
    return [None if one is None or one < 0 else one for one in value]


def _value(value: Any, name: str) -> Any:
    """An argument of Keras 3."""
    if isinstance(value, list):
        return [_value(one, name) for one in value]
    if not isinstance(value, Mapping):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if not isinstance(kind, str) or not isinstance(config, Mapping):
        return {key: _value(one, name) for key, one in value.items()}
    if kind == "__keras_tensor__":
        return _ref(config.get("keras_history"), name, config.get("shape"))
    if kind == "__slice__":
        return Slice(*(_value(config.get(key), name) for key in ("start", "stop", "step")))
    if kind == "__ellipsis__":
        return Dots()
    if kind in ("__tensor__", "__numpy__"):
        return _constant(config.get("value"))
    return value


def _constant(value: Any) -> Any:
    """A number as it is, lists of numbers with their shape."""
    if not isinstance(value, list):
        return value
    shape: list[int] = []
    inner: Any = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    return Constant(shape, value)


def _ends(config: Mapping[str, Any], key: str, name: str) -> Any:
    """The structure of the inputs or of the outputs, with a `Ref` for each [layer, call, tensor]."""
    if key not in config:
        raise Mistake(f"`{shown(name)}` needs `{key}`")

    def read(value: Any) -> Any:
        if isinstance(value, list) and value and isinstance(value[0], str):
            return _ref(value, name)
        if isinstance(value, list):
            return [read(one) for one in value]
        if isinstance(value, Mapping):
            return {label: read(one) for label, one in value.items()}
        raise Mistake(f"`{key}` of `{shown(name)}` has {written(value)}, not a tensor [layer, call, tensor]")

    found = read(config[key])
    if not flat(found):
        raise Mistake(f"`{key}` of `{shown(name)}` is empty")
    return found


def _chain(graph: Graph, data: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Makes each layer of a `Sequential` read the one before."""
    entries = list(graph.entries.values())
    if not entries:
        raise Mistake(f"`{shown(graph.name)}` has no layers")
    build = data.get("build_config")
    given = config.get("build_input_shape") or (build.get("input_shape") if isinstance(build, Mapping) else None)
    if entries[0].kind != "InputLayer":
        first = entries[0].config.data
        shape = first.get("batch_input_shape", first.get("batch_shape")) or given or entries[0].build
        if entries[0].network is not None:
            shape = shape or entries[0].network.shape
        name = "input" if "input" not in graph.entries else "sequential_input"
        while name in graph.entries:
            name += "_"
        made = Entry(name, "InputLayer", Config(name, "InputLayer", {"batch_shape": shape}), "keras", False, [])
        graph.entries = {name: made, **graph.entries}
        entries = [made, *entries]
    graph.shape = shape_of(entries[0].config.data.get("batch_shape", entries[0].config.data.get("batch_input_shape")))
    for before, entry in pairwise(entries):
        entry.calls = [Call([Ref(before.name, 0, 0, shape_of(entry.build))], {})]
    graph.inputs, graph.outputs = Ref(entries[0].name, 0, 0), Ref(entries[-1].name, 0, 0)


def refs_of(entry: Entry) -> Iterator[Ref]:
    """The tensors that the calls of a layer read."""
    for call in entry.calls:
        yield from (one for one in flat([call.args, call.kwargs]) if isinstance(one, Ref))


def _settle(graph: Graph) -> None:
    """Refuses unknown layers, counts the calls of networks from 0, and collects the shapes that calls say."""
    ends = [one for one in flat([graph.inputs, graph.outputs]) if isinstance(one, Ref)]
    inside: dict[str, list[Ref]] = {}
    for entry in graph.entries.values():
        for ref in refs_of(entry):
            if ref.layer not in graph.entries:
                raise Mistake(f"`{shown(entry.name)}` reads `{shown(ref.layer)}`, which is no layer of the network")
            inside.setdefault(ref.layer, []).append(ref)
    outside: dict[str, list[Ref]] = {}
    for ref in ends:
        if ref.layer not in graph.entries:
            raise Mistake(f"`{shown(graph.name)}` ends with `{shown(ref.layer)}`, which is none of its layers")
        outside.setdefault(ref.layer, []).append(ref)
    for entry in graph.entries.values():
        if entry.network is not None:
            _count_from_zero(entry, inside.get(entry.name, []), outside.get(entry.name, []))
        for ref in inside.get(entry.name, []):
            if ref.shape is not None:
                entry.shapes.setdefault((ref.call, ref.tensor), ref.shape)


def _count_from_zero(entry: Entry, inside: Sequence[Ref], outside: Sequence[Ref]) -> None:
    """A network has a call of its own, which Keras 2 counts everywhere, and Keras 3 at the end of the network only."""
    count = max(len(entry.calls), 1)
    old = entry.module is None
    for refs in ([*inside, *outside],) if old else (inside, outside):
        calls = {ref.call for ref in refs}
        if calls and (max(calls) >= count or (0 not in calls and (old or (refs is outside and _counts_itself(entry))))):
            for ref in refs:
                ref.call -= min(1, ref.call)


def _counts_itself(entry: Entry) -> bool:
    """Whether Keras 3 counts a call of the network's own: a `Functional` has one, a `Sequential` none."""
    return entry.network is not None and not entry.network.sequential


def parsed(data: Any, name: str) -> tuple[str, Config]:
    """The class and the config of a serialised layer in a layer."""
    config = of_object(data, name)
    return config.kind.rpartition(">")[2], config
