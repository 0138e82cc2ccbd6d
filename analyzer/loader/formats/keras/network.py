"""The walk over a network of Keras: inputs, calls in an order of computation, networks in networks, outputs.

Sources: keras/src/models/functional.py, sequential.py (Keras 3.15.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from analyzer.loader.formats.arranging import Unarranged
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.digits import Undivided, joined
from analyzer.loader.formats.keras import layers as _layers  # enters the translators  # noqa: F401
from analyzer.loader.formats.keras.call import LAYERS, OPERATIONS, Called, Kept, Unknown
from analyzer.loader.formats.keras.config import Mistake
from analyzer.loader.formats.keras.description import (
    Call,
    Entry,
    Graph,
    Ref,
    described,
    flat,
    shape_of,
)
from analyzer.loader.formats.sheet import NOWHERE, Place, Sheet, Written
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown
from analyzer.volume import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Classes of networks whose names say nothing that the names of others do not.
_FUNCTIONAL = ("Functional", "Model")

#: An axis of more cells is a mistake.
_LONGEST = LARGEST


def write_network(data: Any, sheet: Sheet, asked: Asked) -> None:
    """Writes the network of a serialised object on the sheet. Mistakes go to the sheet; may raise `Halted`."""
    try:
        graph = described(data)
    except Mistake as mistake:
        sheet.refuse(mistake.message, NOWHERE, help=mistake.help)
        return
    sheet.name = sheet.name if graph.name in ("", graph.kind.lower()) else graph.name
    walk = _Walk(sheet, asked)
    inputs = walk.enter(graph)
    if inputs is None:
        return
    try:
        walk.finish(walk.run(graph, inputs, "", "", not graph.trainable))
    except Mistake as mistake:  # of the outputs; one of a layer is reported at the layer
        sheet.refuse(mistake.message, NOWHERE, help=mistake.help)


class _Missing:
    """What a layer with a mistake puts out. What reads it is left out in silence."""


_MISSING = _Missing()


class _Walk:
    """What all networks of a file share."""

    # By hand: it starts with the sheet.
    def __init__(self, sheet: Sheet, asked: Asked) -> None:
        self.sheet = sheet
        self.asked = asked
        self.kept = Kept(sheet, Tensors(sheet))
        self.called: dict[str, int] = {}

    # Inputs.

    def enter(self, graph: Graph) -> dict[str, Tensor] | None:
        """The inputs of the network by their layers; None after a mistake."""
        first = _depth_first(graph)
        found: dict[str, Tensor] = {}
        refs = [one for one in flat(graph.inputs) if isinstance(one, Ref)]
        wrong = False
        for ref in refs:
            entry = graph.entries[ref.layer]
            if ref.layer in found:
                continue
            try:
                found[ref.layer] = self._input(entry, first, alone=len(refs) == 1, first=not found and not wrong)
            except Mistake as mistake:
                wrong = True
                self.sheet.refuse(mistake.message, Place(entry.name, entry.name), help=mistake.help)
        return None if wrong else found

    def _input(self, entry: Entry, channels_first: bool, *, alone: bool, first: bool) -> Tensor:
        shape = _input_shape(entry)
        name = "input" if alone and entry.config.data.get("name", "") == "" else entry.name
        given = self.asked.volume(entry.name, first=first)
        inner: Sequence[int | None] | None = None if shape is None else shape[1:]
        depth = 0 if channels_first and inner is not None and len(inner) > 1 else -1
        if given is not None:
            inner = _asked_shape(entry, inner, list(given), depth)
        if inner is None or any(size is None for size in inner):
            raise _open_input(entry, inner, depth, alone=alone)
        sizes = [size or 0 for size in inner]
        if any(not 0 < size <= _LONGEST for size in sizes):
            raise Mistake(
                f"the input `{shown(entry.name)}` is {'x'.join(map(str, sizes))}; each axis has 1 cell or more"
            )
        heart = self.kept.heart
        while_too_many = list(sizes)
        while len(while_too_many) > 4:
            while_too_many[:2] = [while_too_many[0] * while_too_many[1]]
        at = 1 if depth == 0 else -1
        tensor = heart.enter(name, [1, *while_too_many], depth=at, label=entry.name)
        return heart.reshape(tensor, [1, *sizes])

    # A network.

    def run(self, graph: Graph, inputs: Mapping[str, Tensor], path: str, owner: str, frozen: bool) -> Any:
        """The outputs of a network: a structure of tensors, as the file has it."""
        made: dict[tuple[str, int], list[Any]] = {(name, 0): [tensor] for name, tensor in inputs.items()}
        for entry, number in self._ordered(graph):
            if (entry.name, number) in made:
                continue
            made[entry.name, number] = self._call(entry, number, made, path, owner, frozen)
        return _mapped(graph.outputs, lambda ref: _taken(made, ref))

    def _ordered(self, graph: Graph) -> list[tuple[Entry, int]]:
        """The calls in an order of computation, as the file has them where it can be."""
        calls = [(entry, number) for entry in graph.entries.values() for number in range(max(1, len(entry.calls)))]
        place = {(entry.name, number): at for at, (entry, number) in enumerate(calls)}
        waiting = [0] * len(calls)
        readers: dict[int, list[int]] = {}
        for at, (entry, number) in enumerate(calls):
            if number >= len(entry.calls):
                continue
            call = entry.calls[number]
            for ref in {(r.layer, r.call) for r in flat([call.args, call.kwargs]) if isinstance(r, Ref)}:
                if ref not in place:
                    raise self._no_call(entry, ref)
                waiting[at] += 1
                readers.setdefault(place[ref], []).append(at)
        ready = [at for at, count in enumerate(waiting) if not count]
        heapify(ready)
        order = []
        while ready:
            at = heappop(ready)
            order.append(calls[at])
            for reader in readers.get(at, ()):
                waiting[reader] -= 1
                if not waiting[reader]:
                    heappush(ready, reader)
        if len(order) < len(calls):
            entry = next(calls[at][0] for at, count in enumerate(waiting) if count)
            place_ = Place(entry.name, entry.name)
            raise self.sheet.refuse(f"`{shown(entry.name)}` reads its own output: the calls are a circle", place_)
        return order

    def _no_call(self, entry: Entry, ref: tuple[str, int]) -> Exception:
        message = f"`{shown(entry.name)}` reads call {ref[1]} of `{shown(ref[0])}`, which is not called so often"
        return self.sheet.refuse(message, Place(entry.name, entry.name))

    def _call(
        self, entry: Entry, number: int, made: Mapping[tuple[str, int], list[Any]], path: str, owner: str, frozen: bool
    ) -> list[Any]:
        """What one call puts out, as a list of tensors."""
        own = f"{owner}.{entry.name}" if owner else entry.name
        place = Place(own, own)
        if number >= len(entry.calls):
            if entry.kind == "InputLayer":
                return [_MISSING]  # an input that nothing gives
            self.sheet.refuse(f"`{shown(entry.name)}` is in the network, but nothing calls it", place)
            return [_MISSING]
        call: Call = entry.calls[number]
        try:
            args, kwargs = (_mapped(one, lambda ref: _taken(made, ref)) for one in (call.args, call.kwargs))
        except Mistake as mistake:
            self.sheet.refuse(mistake.message, place)
            return [_MISSING]
        if any(one is _MISSING for one in flat([args, kwargs])):
            return [_MISSING]
        times = self.called[own] = self.called.get(own, 0) + 1
        name = f"{path}.{entry.name}" if path else entry.name
        name = f"{name}_{times}" if times > 1 and entry.network is not None else name
        frozen = frozen or entry.config.data.get("trainable") is False
        try:
            if entry.network is not None:
                return self._nested(entry.network, args, kwargs, name, own, frozen)
            called = Called(self.kept, own, name, entry.kind, entry.config, args, kwargs, frozen)
            return self._translated(called, entry, number)
        except Mistake as mistake:
            self.sheet.refuse(mistake.message, place, help=mistake.help)
        return [_MISSING]

    def _nested(
        self, graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any], path: str, owner: str, frozen: bool
    ) -> list[Any]:
        given = args[0] if args else kwargs.get("inputs")
        names = [ref.layer for ref in flat(graph.inputs) if isinstance(ref, Ref)]
        if isinstance(given, Mapping) and not isinstance(graph.inputs, Mapping) and set(names) <= set(given):
            tensors = [given[name] for name in names]
        else:
            tensors = [one for one in flat(given) if isinstance(one, Tensor)]
        if len(tensors) < len(names):
            raise Mistake(f"`{shown(owner)}` reads {len(tensors)} tensors, but it has {len(names)} inputs")
        self.sheet.groups[path] = graph.kind
        made = self.run(graph, dict(zip(names, tensors, strict=False)), path, owner, frozen)
        return flat(made)

    def _translated(self, called: Called, entry: Entry, number: int) -> list[Any]:
        """The rows of a layer; a `custom` where the catalogue has no type for it."""
        if self.kept.sheet.dtype is None:
            _note_dtype(self.sheet, entry)
        for key in ("lora_rank", "renorm"):
            if entry.config.data.get(key) not in (None, False):
                self.sheet.warn(f"the weights that `{key}` adds to `{shown(entry.name)}` count nowhere", called.place())
        table = OPERATIONS if _is_operation(entry) else LAYERS
        translator = None if entry.custom else table.get(entry.kind)
        try:
            if translator is None:
                raise Unknown
            found = translator(called)
            return found if isinstance(found, list) else [found]
        except (Unknown, Unarranged, Undivided):
            return self._custom(called, entry, number)

    def _custom(self, called: Called, entry: Entry, number: int) -> list[Any]:
        """A `custom` for each output whose shape the file says."""
        shapes = {tensor: shape for (call, tensor), shape in entry.shapes.items() if call == number}
        inputs = [one for one in flat([called.args, called.kwargs]) if isinstance(one, Tensor)]
        if not shapes and entry.kind == "Lambda":
            shape = shape_of(entry.config.data.get("output_shape"))
            if shape:
                shapes = {0: [None, *shape]}
        known = bool(shapes) and bool(inputs) and _agree(entry, number, inputs)
        if not known or any(None in shape[1:] or not shape for shape in shapes.values()):
            raise _no_shape(entry, known=known)
        self.sheet.uncovered[entry.kind] = self.sheet.uncovered.get(entry.kind, 0) + 1
        if entry.custom:
            self.sheet.warn(
                f"`{shown(entry.name)}` is a `{shown(entry.kind)}`, a class of its author: its weights and its MACs are "
                "not in the file, and count nowhere",
                called.place(),
            )
        made: list[Any] = [_MISSING] * (max(shapes) + 1)
        for tensor, said in shapes.items():
            sizes = [1, *(size or 0 for size in said[1:])]
            made[tensor] = called.known(sizes, inputs, str(tensor) if tensor else "", macs=0 if tensor else "unknown")
        return made

    # Outputs.

    def finish(self, made: Any) -> None:
        """Names the outputs of the network."""
        heart = self.kept.heart
        written: list[Written] = []
        for tensor in flat(made):
            if isinstance(tensor, Tensor):
                volume = heart.volume(tensor)
                whole = {joined(digits) for digits in tensor.axes} - {()}
                same = whole == {joined(digits) for digits in tensor.base.groups} - {()}
                written.append(volume if same else heart.natural(tensor))
        if not self.sheet.layers:  # a network that calculates nothing
            sizes = "x".join(map(str, written[0].volume.sizes)) if written else "1"
            written = [self.sheet.write("reshape", written[:1], Place("output"), {"to": sizes})] if written else []
        self.sheet.outputs(written)


def _taken(made: Mapping[tuple[str, int], list[Any]], ref: Ref) -> Any:
    """The tensor that a `Ref` means."""
    found = made.get((ref.layer, ref.call), [_MISSING])
    if ref.tensor >= len(found):
        if found == [_MISSING]:
            return _MISSING
        raise Mistake(f"`{shown(ref.layer)}` has no output {ref.tensor}")
    return found[ref.tensor]


def _mapped(structure: Any, of: Callable[[Ref], Any]) -> Any:
    """A structure with something in the place of each `Ref`."""
    if isinstance(structure, Ref):
        return of(structure)
    if isinstance(structure, (list, tuple)):
        return [_mapped(one, of) for one in structure]
    if isinstance(structure, Mapping):
        return {key: _mapped(one, of) for key, one in structure.items()}
    return structure


def _is_operation(entry: Entry) -> bool:
    """Whether it is a function in a graph, and no layer."""
    if entry.kind in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"):
        return True
    return entry.module is not None and ".ops" in str(entry.module)


def _depth_first(graph: Graph) -> bool:
    """Whether the first layer that says where the depth is has it first."""
    left = list(reversed(graph.entries.values()))
    while left:
        entry = left.pop()
        if entry.network is not None:
            left += reversed(entry.network.entries.values())
        elif "data_format" in entry.config.data:
            return bool(entry.config.data["data_format"] == "channels_first")
    return False


def _input_shape(entry: Entry) -> list[int | None] | None:
    """The shape of an input with its batch; None where the file does not say it."""
    data = entry.config.data
    for key in ("batch_shape", "batch_input_shape"):
        if data.get(key) is not None:
            shape = shape_of(data[key])
            if not shape:
                raise entry.config.wrong(key, "a list of sizes with the batch, `null` for an open one")
            return shape
    shape = shape_of(data.get("shape"))
    return None if shape is None else [None, *shape]


def _asked_shape(
    entry: Entry, inner: Sequence[int | None] | None, given: list[int], depth: int
) -> Sequence[int | None]:
    """The sizes that are asked for, in the order of the file."""
    if inner is not None and len(given) != len(inner):
        volume = "x".join("?" if size is None else str(size) for size in inner)
        raise Mistake(f"the input `{shown(entry.name)}` has the sizes {volume}, but {len(given)} are given")
    return [given[-1], *given[:-1]] if depth == 0 else given


def _open_input(entry: Entry, inner: Sequence[int | None] | None, depth: int, *, alone: bool) -> Mistake:
    """The refusal of an input with open axes, with the option that closes them."""
    if inner is None:
        text = "224x224x3"
        message = f"the file does not say the shape of the input `{shown(entry.name)}`"
    else:
        order = [*inner[1:], inner[0]] if depth == 0 else list(inner)
        open_axes = sum(size is None for size in order)
        standard = "224" if len(order) > 2 else "128"
        text = "x".join(standard if size is None else str(size) for size in order)
        message = f"the input `{shown(entry.name)}` has {open_axes} open {'axis' if open_axes == 1 else 'axes'}"
    option = f"--input {text}" if alone else f"--input {shown(entry.name)}={text}"
    return Mistake(message, f"give its volume, the depth last, such as `{option}`")


def _agree(entry: Entry, number: int, inputs: Sequence[Tensor]) -> bool:
    """Whether the tensors that a call reads have the shapes that the file says: only then its outputs have too."""
    call = entry.calls[number]
    said = [ref.shape for ref in flat([call.args, call.kwargs]) if isinstance(ref, Ref)]
    return all(
        shape is None
        or (
            len(shape) == x.rank and all(n is None or n == size for n, size in zip(shape[1:], x.shape[1:], strict=True))
        )
        for shape, x in zip(said, inputs, strict=False)
    )


def _no_shape(entry: Entry, *, known: bool) -> Mistake:
    """The refusal of a layer that nothing is known about."""
    why = "its output has an open axis" if known else "its output is not in the file"
    if entry.kind == "Lambda":
        return Mistake(
            f"`{shown(entry.name)}` is a `Lambda`, whose code is never run, and {why}",
            "give the `Lambda` an `output_shape`, or use a layer or an operation of `keras.ops` in its place",
        )
    what = f"`{shown(entry.kind)}`, a class of its author" if entry.custom else f"`{shown(entry.kind)}`"
    return Mistake(
        f"`{shown(entry.name)}` is {what}, which analyzer does not know, and {why}",
        "save the network with Keras 3, whose files say the shape that the next layer reads",
    )


def _note_dtype(sheet: Sheet, entry: Entry) -> None:
    """Notes the number format of the weights where it is not the usual one."""
    policy: Any = entry.config.data.get("dtype")
    if isinstance(policy, Mapping):
        policy = policy.get("config")
        policy = policy.get("name") if isinstance(policy, Mapping) else None
    if policy in ("float16", "bfloat16"):
        sheet.dtype = policy
