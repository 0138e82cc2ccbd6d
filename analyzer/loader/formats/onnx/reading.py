"""The walk through an ONNX graph: node by node, in an order of computation, each by the function of its operator.

A name of the graph stands for a `Tensor` that layers calculate, or for a `Constant` that the file fixes. What has only
constants to read is calculated (see `folding`); a stored tensor that only an arithmetic operator reads becomes a
`parameter`. An operator without a function becomes a `custom` layer where the file says its shape; otherwise the
reading ends there.
"""

# Longer than most modules: the state of a walk, and what every operator asks of it.

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.loader.formats.arranging import MOST_AXES, Unarranged, fitted
from analyzer.loader.formats.digits import Undivided
from analyzer.loader.formats.entering import entering
from analyzer.loader.formats.onnx.folding import fold
from analyzer.loader.formats.onnx.folding.given import Budget
from analyzer.loader.formats.onnx.functions import called
from analyzer.loader.formats.onnx.names import Naming
from analyzer.loader.formats.onnx.order import graphs_of, tensors_inside
from analyzer.loader.formats.onnx.records import Function, Graph, Model, Node, ValueInfo
from analyzer.loader.formats.onnx.records import Tensor as File
from analyzer.loader.formats.onnx.scopes import Scope, bound
from analyzer.loader.formats.onnx.values import (
    BUFFERS,
    NUMBERS,
    PARAMETER,
    WEIGHTS,
    Constant,
    Stored,
    stored,
    unknown,
)
from analyzer.loader.formats.sheet import Halted, Place, Sheet, Written
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from analyzer.loader.formats.onnx.values import Owner

    Value: TypeAlias = Tensor | Constant

#: Functions inside of functions, and branches inside of branches.
DEEPEST = 64

#: What the functions of operators raise where a file contradicts itself: an axis that a tensor does not have, a kernel
#: of no size, sizes that do not broadcast. None of them checks that, since each file would have to be checked twice.
_MISFITS = (LookupError, ValueError, ArithmeticError, TypeError, AssertionError)

#: What each operator is; filled by the modules of `operators`.
OPERATORS: dict[str, Callable[[Reading, Node], None]] = {}

#: What an operator is where it belongs to a layer with weights, asked first: whether it was.
PARTS: dict[str, Callable[[Reading, Node], bool]] = {}


def operator(*names: str) -> Callable[[Callable[[Reading, Node], None]], Callable[[Reading, Node], None]]:
    """Makes a function that of these operators; those outside of the standard are `domain:name`."""
    return entering(OPERATORS, names)


def part(*names: str) -> Callable[[Callable[[Reading, Node], bool]], Callable[[Reading, Node], bool]]:
    """Makes a function the one that is asked first whether such an operator belongs to a layer with weights."""
    return entering(PARTS, names)


class Unsupported(Exception):
    """An operator in a form that no layer has: it becomes a `custom` layer. The message says why, if it is known."""


class Ended(Exception):
    """The reading ends at a node: nobody knows the shape behind it."""

    def __init__(self, node: Node, why: str) -> None:
        super().__init__(why)
        self.node = node
        self.why = why
        self.behind = 0  # the nodes that follow


class Reading:
    """The state of a walk: the sheet, the heart over it, and the values so far.

    `sizes_of` are the named axes that are known; `uses` counts how often each name of the graph is read.
    """

    # By hand: it is made of a model and a sheet.
    def __init__(self, model: Model, sheet: Sheet, axes: dict[str, int]) -> None:
        self.model = model
        self.sheet = sheet
        self.heart = Tensors(sheet)
        self.naming = Naming(model.graph)
        self.axes = axes
        self.opsets = model.opsets
        self.stored: list[Stored] = []
        self.branches: list[tuple[Node, int]] = []  # the elements of branches that are not read
        self.scope = Scope()
        self.infos: dict[str, ValueInfo] = dict(model.graph.infos)
        self.infos.update((info.name, info) for info in model.graph.outputs)
        self.uses: dict[str, int] = {}
        self.readers: dict[str, list[Node]] = {}
        self.owners: dict[int, Owner] = {}  # the layer that has the weights of a stored tensor, by its identity
        #: Products without biases by the name of their output: the layer, and the axis of its depth.
        self.products: dict[str, tuple[Written, int]] = {}
        #: Counted elements that the file does not store: merged tensors, zeros in place of weights.
        self.unstored = 0
        self.samples = 1  # the batch that the file's shapes have, where all inputs share one above 1
        self.lists: dict[str, list[Value]] = {}  # sequences of tensors, by their names
        self._parameters: dict[int, Tensor] = {}
        self.budget = Budget()
        self._depth = 0
        self._constants: dict[int, Constant] = {}  # stored tensors, by the identity of the file's

    # The walk.

    def count_uses(self, graph: Graph) -> None:
        """Counts who reads each name of a graph. Its own names begin at 0: another branch may have the same."""
        for node in graph.nodes:
            for name in node.outputs:
                self.uses.pop(name, None)
                self.readers.pop(name, None)
        for node in graph.nodes:
            for name in (*node.inputs, *node.captures):
                if name:
                    self.uses[name] = self.uses.get(name, 0) + 1
                    self.readers.setdefault(name, []).append(node)
        for info in graph.outputs:
            self.uses[info.name] = self.uses.get(info.name, 0) + 1

    def keep(self, tensors: dict[str, File]) -> None:
        """Adds the stored tensors of a graph."""
        for name, tensor in tensors.items():
            self.scope.values[name] = self.store(tensor)

    def store(self, tensor: File) -> Constant:
        """A tensor of the file, counted once: a function that is called twice has it twice."""
        known = self._constants.get(id(tensor))
        if known is None:
            known = self._constants[id(tensor)] = stored(tensor)
            self.stored += known.origins
        return known

    def walk(self, nodes: Sequence[Node]) -> None:
        """Reads nodes in their order."""
        for place, node in enumerate(nodes):
            try:
                self.read_or_leave(node)
            except Ended as ended:
                ended.behind += len(nodes) - place - 1
                raise

    def read_or_leave(self, node: Node) -> None:
        """Reads one node, as a `custom` layer where it is in a form that no layer has."""
        try:
            self.read(node)
        except (Unarranged, Undivided):
            self.custom_or_end(node)
        except Unsupported as unsupported:
            self.custom_or_end(node, str(unsupported))
        except _MISFITS:
            read = (self.scope.get(name) for name in node.inputs if name)
            shapes = ", ".join("x".join(map(str, value.shape)) or "a number" for value in read if value is not None)
            self.custom_or_end(node, f"`{shown(node.operator)}` does not fit what it reads ({shapes})")

    def read(self, node: Node) -> None:
        """Reads one node."""
        function = called(self.model, node)
        if function is not None:
            self.inline(node, function)
            return
        if self.folded(node):
            return
        key = key_of(node)
        part = PARTS.get(key)
        if part is not None and part(self, node):
            return
        known = OPERATORS.get(key)
        if known is None:
            raise Unsupported
        known(self, node)

    def folded(self, node: Node) -> bool:
        """Calculates a node that has only constants to read, or only asks for a shape; whether it could."""
        values = [self.scope.get(name) if name else None for name in node.inputs]
        if node.operator == "Constant" and not node.inputs:
            tensor = node.attributes.get("value", node.attributes.get("sparse_value"))
            if isinstance(tensor, File):
                self.scope.values[node.outputs[0]] = self.store(tensor)
                return True
        elif node.operator not in ("Shape", "Size") and not all(
            isinstance(value, Constant) or not name for value, name in zip(values, node.inputs, strict=True)
        ):
            return False
        found = fold(node, values, self.opset(node), self.budget)
        if found is None:
            return self.shaped(node, values)
        asks = node.operator in ("Shape", "Size") and isinstance(values[0], Tensor)
        derived = asks or any(isinstance(value, Constant) and value.derived for value in values)
        for name, constant in zip(node.outputs, found, strict=False):
            if name and constant is not None:
                constant.derived = constant.derived or derived
                self.scope.values[name] = constant
        return True

    def shaped(self, node: Node, values: Sequence[Value | None]) -> bool:
        """Calculates the shapes that an operator makes of numbers no stored tensor is in; whether it could.

        The operator writes its layers on another sheet, which is forgotten.
        """
        constants = [value for value in values if isinstance(value, Constant)]
        known = OPERATORS.get(key_of(node))
        if known is None or not constants or any(value.origins for value in constants) or any(graphs_of(node)):
            return False
        aside = object.__new__(Reading)
        aside.__dict__.update(self.__dict__)
        aside.sheet = Sheet(self.sheet.file, "")
        aside.heart, aside.scope, aside._parameters = Tensors(aside.sheet), Scope(self.scope), {}
        try:
            known(aside, node)
        except (Unarranged, Undivided, Unsupported, Ended, Halted):
            return False
        found = [aside.scope.values.get(name) for name in node.outputs]
        if any(name and value is None for name, value in zip(node.outputs, found, strict=True)):
            return False
        for name, value in zip(node.outputs, found, strict=True):
            if value is not None:
                made = value if isinstance(value, Constant) else unknown(value.shape, constants[0].dtype)
                self.scope.values[name] = made
        return True

    def inline(self, node: Node, function: Function) -> None:
        """Reads the nodes of a function of the file in place of a node that calls it."""
        given = {**function.defaults, **node.attributes}
        nodes = [bound(inner, given) for inner in function.nodes]
        scope, outer = Scope(), self.scope
        for formal, name in zip(function.inputs, node.inputs, strict=False):
            value = outer.get(name) if name else None
            if value is not None:
                scope.values[formal] = value
            if name in self.lists:
                self.lists[formal] = self.lists[name]
        asked = [formal for formal, name in zip(function.outputs, node.outputs, strict=False) if self.uses.get(name)]
        state = self.scope, self.infos, self.uses, self.readers, self.opsets
        self.scope, self.infos, self.uses, self.readers = scope, {}, {}, {}
        self.opsets = {**self.model.opsets, **function.opsets}
        self._enter(node)
        try:
            self.count_uses(Graph("", nodes, {}, [], [ValueInfo(name, "", None) for name in asked], {}))
            self.walk(nodes)
        finally:
            self.scope, self.infos, self.uses, self.readers, self.opsets = state
            self._depth -= 1
        self._give_all(node, scope, function.outputs)

    def branch(self, node: Node, graph: Graph) -> None:
        """Reads a graph inside of a node in place of the node."""
        infos, scope = self.infos, Scope(self.scope)
        self.scope = scope
        self.infos = {**infos, **graph.infos, **{info.name: info for info in graph.outputs}}
        self._enter(node)
        try:
            self.keep(graph.initializers)
            self.count_uses(graph)
            self.walk(graph.nodes)
        finally:
            assert scope.parent is not None
            self.scope, self.infos = scope.parent, infos
            self._depth -= 1
        self._give_all(node, scope, [info.name for info in graph.outputs])

    def _enter(self, node: Node) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Ended(node, f"functions and branches are nested more than {DEEPEST} deep")

    def _give_all(self, node: Node, scope: Scope, names: Sequence[str]) -> None:
        """Gives the outputs of a node the values of names of a graph inside it."""
        for inner, name in zip(names, node.outputs, strict=False):
            value = scope.get(inner)
            if name and value is not None:
                self.scope.values[name] = value
            if name and inner in self.lists:
                self.lists[name] = self.lists[inner]

    # What operators ask for.

    def opset(self, node: Node) -> int:
        """The version of the operators of a node's domain."""
        return self.opsets.get(node.domain, 1)

    def value(self, node: Node, place: int) -> Value | None:
        """What a node reads at a place; None where it leaves that out."""
        if not node.reads(place):
            return None
        value = self.scope.get(node.inputs[place])
        if value is None:
            raise Ended(node, f"nothing has made `{shown(node.inputs[place])}`, which it reads")
        return value

    def tensor(self, node: Node, place: int) -> Tensor:
        """What a node reads at a place as a tensor; a constant becomes a `parameter` layer."""
        value = self.value(node, place)
        if value is None:
            raise Unsupported
        return value if isinstance(value, Tensor) else self.parameter(node, value)

    def operand(self, node: Node, place: int) -> Value:
        """What a node reads at a place: a tensor, or a constant that is part of the operation.

        A stored tensor of several numbers with fractions is a trained tensor.
        """
        value = self.value(node, place)
        if value is None:
            raise Unsupported
        if isinstance(value, Constant):
            if value.origins and value.is_float and value.size > 1 and not value.scale:
                return self.parameter(node, value)
            self.used(value, NUMBERS)
        return value

    def parameter(self, node: Node, value: Constant) -> Tensor:
        """A constant as a tensor: trained where the file stores it and it has fractions; else it counts nowhere."""
        root = value.weights
        trained = (
            root is not None
            and (value.is_float or root.tensor.dtype in ("int8", "uint8", "int4", "uint4"))
            and root.tensor.size > 1
        )
        key = id(root) if trained and root is not None else id(value)
        if key in self._parameters and self._parameters[key].shape == value.shape:
            return self._parameters[key]
        place = Place(self.naming.weight(root.tensor.name) if root is not None else "", node.label)
        size = value.uncounted if trained else 0
        if trained and root is not None and root.use in (WEIGHTS, BUFFERS) and _is_vector(root):
            size = root.tensor.size  # equal vectors are no tie: exporters merge them
            self.unstored += size
        self.used(value, PARAMETER if size else NUMBERS)
        shape = value.shape if len(value.shape) <= MOST_AXES else tuple(n for n in value.shape if n > 1)
        count = None if size == value.size else size
        if root is not None:
            self.sheet.formats[place.name] = root.tensor.dtype
        made = self.heart.parameter(shape, place, trained=size > 0, count=count)
        made = self.heart.reshape(made, list(value.shape)) if shape != value.shape else made
        self._parameters[key] = made
        return made

    def constant(self, node: Node, place: int) -> Constant | None:
        """What a node reads at a place, where it is a constant."""
        value = self.value(node, place)
        return value if isinstance(value, Constant) else None

    def numbers(self, node: Node, place: int) -> list[float]:
        """The numbers of a constant that a node reads; empty where it leaves it out.

        Raises `Unsupported` where they depend on data, or are too many.
        """
        value = self.value(node, place)
        if value is None:
            return []
        if not isinstance(value, Constant):
            name = f"the input `{shown(node.inputs[place])}` of `{shown(node.operator)}`"
            raise Unsupported(f"{name} decides a shape and depends on the data")
        numbers = value.numbers()
        if numbers is None:
            raise Unsupported
        self.used(value, NUMBERS)
        return numbers

    def sizes(self, node: Node, place: int) -> list[int]:
        """The same as whole numbers: sizes, axes, places."""
        return [int(number) for number in self.numbers(node, place)]

    def of_one_sample(self, x: Tensor, shape: Sequence[int]) -> list[int]:
        """A shape that the file gives for all samples, with the batch of a tensor counted as 1."""
        axis = x.batch
        found = list(shape)
        if self.samples > 1 and axis is not None:
            axis += len(found) - x.rank if len(found) < x.rank else 0
            if 0 <= axis < len(found) and found[axis] == self.samples:
                found[axis] = 1
        return found

    def numbers_of(self, node: Node, place: int) -> None:
        """Says that what a node reads at a place are numbers of a quantisation or the like, which count nowhere."""
        value = self.value(node, place)
        if isinstance(value, Constant):
            self.used(value, NUMBERS)

    def used(self, value: Constant, use: str) -> None:
        """Says what the elements of a constant are. What is counted stays counted."""
        parts = value.parts
        for one in value.origins:
            if not one.use or (one.use == NUMBERS and use != NUMBERS):
                one.use = use if use == NUMBERS or one in parts else NUMBERS

    def place(self, node: Node, weight: str = "") -> Place:
        """The name and the place of the layer that a node becomes."""
        return Place(self.naming.layer(node, weight), node.label)

    def give(self, node: Node, value: Value, place: int = 0) -> None:
        """Says what an output of a node is."""
        if place < len(node.outputs) and node.outputs[place]:
            self.scope.values[node.outputs[place]] = value

    def empty(self, node: Node, place: int) -> bool:
        """Whether nothing reads an output of a node."""
        return place >= len(node.outputs) or not self.uses.get(node.outputs[place])

    def shape_of(self, name: str) -> list[int] | None:
        """The shape that the file gives a tensor, the batch counted as 1; None where it is not whole."""
        info = self.infos.get(name)
        if info is None or info.dims is None:
            return None
        found = [self.axes.get(dim, -1) if isinstance(dim, str) else -1 if dim is None else dim for dim in info.dims]
        return found if all(size > 0 for size in found) else None

    def custom(self, node: Node, shape: Sequence[int], *, macs: int | None = None, place: int = 0) -> Tensor:
        """A `custom` layer for a node, with an output of this shape, batch first; its MACs are unknown unless given.

        The tensors in graphs inside the node are weights of the layer.
        """
        read: list[Value | None] = [self.scope.get(name) for name in (*node.inputs, *node.captures) if name]
        read += [self.store(tensor) for graph in graphs_of(node) for tensor in tensors_inside(graph)]
        tensors = [value for value in read if isinstance(value, Tensor)]
        if not tensors:
            raise Ended(node, "it reads no tensor that a layer has made")
        weights = self.taken([value for value in read if isinstance(value, Constant)])
        of_samples = next((x for x in tensors if x.batch is not None), tensors[0])
        shape, batch = self.of_one_sample(of_samples, shape), of_samples.batch
        kept = batch is not None and batch < len(shape) and shape[batch] == 1
        sizes = fitted([size for axis, size in enumerate(shape) if not (kept and axis == batch)])
        parameters: dict[str, Any] = {"output": "x".join(map(str, sizes)), "macs": "unknown" if macs is None else macs}
        if weights:
            parameters["weights"] = weights
        if not macs:
            parameters = {key: value for key, value in parameters.items() if (key, value) != ("macs", 0)}
        self.sheet.uncovered[node.operator] = self.sheet.uncovered.get(node.operator, 0) + 1
        made = self.heart.new(
            "custom", [self.heart.volume(x) for x in tensors], self.place(node), parameters, batch=False
        )
        made = self.heart.reshape(made, [size for axis, size in enumerate(shape) if not (kept and axis == batch)])
        made = self.heart.batched(made, batch) if kept and batch is not None else made
        self.give(node, made, place)
        return made

    def taken(self, constants: Sequence[Constant]) -> int:
        """The trained elements among constants that one layer reads, none of which was counted before."""
        count = 0
        for value in constants:
            root = value.weights
            if root is not None and value.is_float and root.tensor.size > 1 and root.use in ("", NUMBERS):
                count += root.tensor.size
                self.used(value, WEIGHTS)
            else:
                self.used(value, NUMBERS)
        return count

    def custom_or_end(self, node: Node, why: str = "") -> None:
        """A `custom` layer where the file gives the shapes of a node's outputs; otherwise the reading ends."""
        shapes = {place: self.shape_of(name) for place, name in enumerate(node.outputs) if name}
        if not shapes or any(shape is None for shape in shapes.values()):
            known = " in a form that is" if node.operator in OPERATORS else ""
            what = why or f"`{shown(node.operator)}` is{known} not covered"
            raise Ended(node, f"{what}, and the file does not give its shape")
        for place, shape in shapes.items():
            assert shape is not None
            if place == 0 or not self.empty(node, place):
                self.custom(node, shape, place=place)


def key_of(node: Node) -> str:
    """The name of an operator in `OPERATORS`: with its domain where two domains call different operators alike."""
    whole = f"{node.domain}:{node.operator}"
    return node.operator if node.domain in ("", "com.microsoft", "ai.onnx.ml") and whole not in OPERATORS else whole


def _is_vector(one: Stored) -> bool:
    """Whether a stored tensor has one axis at most."""
    return sum(size > 1 for size in one.tensor.shape) < 2
