"""The walk through a program of torch: operation by operation, each by the function of its operator.

A name of the program stands for a `Tensor` that layers calculate, or for `Fixed` numbers that no input changes. What
reads nothing but such numbers is not written, unless it multiplies matrices: it is calculated once, from shapes. The
file has the shape of every tensor. Where an operator has no function, or its layers put out another shape than the
file says, it becomes a `custom` layer.
"""

# Longer than most modules: the state of a walk, and what every operator asks of it.

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analyzer.layers import CATALOGUE
from analyzer.loader.formats.arranging import MOST_AXES, Unarranged, fitted
from analyzer.loader.formats.digits import BATCH, Undivided, size_of
from analyzer.loader.formats.entering import entering
from analyzer.loader.formats.pt2.made import contents
from analyzer.loader.formats.pt2.names import Naming
from analyzer.loader.formats.pt2.overwriting import Overwriting, put
from analyzer.loader.formats.pt2.places import Lines
from analyzer.loader.formats.pt2.products import macs_of
from analyzer.loader.formats.pt2.program import Info, Node, Program, Ref
from analyzer.loader.formats.pt2.sizes import Expression, Unsized
from analyzer.loader.formats.pt2.values import Fixed, Owner, Stored
from analyzer.loader.formats.sheet import Halted, Place, Sheet
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Value: TypeAlias = Tensor | Fixed

#: What the functions of operators raise where a file contradicts itself: an axis that a tensor does not have, a kernel
#: of no size, sizes that do not broadcast, an argument that is missing. None of them checks that.
_MISFITS = (LookupError, ValueError, ArithmeticError, TypeError, AssertionError, AttributeError)

#: What each operator is; filled by the modules of `operators`. A name has the overload where overloads differ.
OPERATORS: dict[str, Callable[[Reading, Node], None]] = {}

#: Operators that multiply matrices: they are layers even where no input changes what they read.
MULTIPLIES = frozenset((
    "aten.linear", "aten.matmul", "aten.mm", "aten.bmm", "aten.addmm", "aten.baddbmm", "aten.einsum", "aten.conv1d",
    "aten.conv2d", "aten.conv3d", "aten.convolution", "aten.addbmm",
))  # fmt: skip

#: Operators whose weights are those of a layer.
WEIGHTED = frozenset((
    "aten.linear", "aten.conv1d", "aten.conv2d", "aten.conv3d", "aten.convolution", "aten.conv_transpose1d",
    "aten.conv_transpose2d", "aten.conv_transpose3d", "aten.embedding",
))  # fmt: skip

#: Operators that only check something.
_CHECKS = ("aten._assert", "aten.sym_", "operator.", "aten._check", "math.", "sympy", "builtins.", "torch.sym_")


def operator(*names: str) -> Callable[[Callable[[Reading, Node], None]], Callable[[Reading, Node], None]]:
    """Makes a function that of these operators: `aten.relu`, or `aten.mean.dim` for one overload."""
    return entering(OPERATORS, names)


class Unsupported(Exception):
    """An operator in a form that no layer has: it becomes a `custom` layer."""


class Ended(Exception):
    """The reading ends at a node: the shape of what it puts out depends on the data."""

    def __init__(self, why: str, place: Place) -> None:
        super().__init__(why)
        self.why = why
        self.place = place
        self.behind = 0  # the nodes that follow


class Sampled(Exception):
    """The program takes some samples of what was read as the batch: that axis is none."""


class Reading:
    """The state of a walk: the sheet, the heart over it, and the values so far.

    `symbols` are the numbers of the symbols of dynamic shapes, `samples` the batch that the file's shapes have.
    """

    # By hand: it is made of a program and a sheet.
    def __init__(self, program: Program, sheet: Sheet) -> None:
        self.program = program
        self.sheet = sheet
        self.heart = Tensors(sheet)
        self.naming = Naming(program.nodes)
        self.lines = Lines()
        self.aliases = Overwriting(program)
        self.symbols: dict[str, int] = {}
        self.samples = 1
        self.values: dict[str, Value] = {}
        self.stored: list[Stored] = []
        self.owners: dict[int, Owner] = {}  # by the identity of what is stored
        self.readers: dict[str, int] = {}  # how many nodes read each name
        self._parameters: dict[int, Tensor] = {}
        #: The names of what layers have as their weights.
        self._weights = {
            weight.name
            for node in program.nodes
            if node.operator in WEIGHTED and isinstance(weight := node.args.get("weight"), Ref)
        }
        for node in program.nodes:
            for ref in refs_of(node.args):
                self.readers[ref.name] = self.readers.get(ref.name, 0) + 1
        for name in program.outputs:
            self.readers[name] = self.readers.get(name, 0) + 1

    def keep(self) -> None:
        """Enters what the module keeps."""
        trains = any(self.program.infos[kept.name].trained for kept in self.program.kept if kept.kind == "parameter")
        for kept in self.program.kept:
            info = self.program.infos[kept.name]
            frozen = trains and kept.kind == "parameter" and not info.trained
            one = Stored(kept, self.shape_of(kept.name), info.dtype, frozen)
            self.stored.append(one)
            self.values[kept.name] = Fixed(one.shape, one.dtype, (one,))

    # The walk.

    def walk(self, nodes: Sequence[Node]) -> None:
        """Reads nodes in their order. Raises `Ended`."""
        for place, node in enumerate(nodes):
            try:
                self.read_or_leave(node)
            except Ended as ended:
                ended.behind += len(nodes) - place - 1
                raise

    def read_or_leave(self, node: Node) -> None:
        """Reads one node, as a `custom` layer where it is in a form that no layer has."""
        before, said = len(self.sheet.layers), len(self.sheet.problems)
        uncounted = self._uncounted(node)
        try:
            self.read(node)
            self._verify(node)
        except (Halted, Unarranged, Undivided, Unsupported, Unsized, *_MISFITS):
            if len(self.sheet.problems) > said:
                raise  # a finding about the file, not a layer that refuses what it reads
            self._take_back(node, before)
            for one in uncounted:
                one.counted = False
            self.custom(node)
        self.aliases.follow(node, self.values, self._put)

    def read(self, node: Node) -> None:
        """Reads one node."""
        if node.target.startswith(_CHECKS):
            return
        read = [] if node.output in self.aliases.silent else self._read_by(contents(node))
        if node.operator not in MULTIPLIES and not any(isinstance(value, Tensor) for value in read):
            self._fix(node, read)
            return
        known = OPERATORS.get(node.target) or OPERATORS.get(node.operator)
        if known is None and node.operator.endswith("_"):
            known = OPERATORS.get(node.operator[:-1] + node.target[len(node.operator) :]) or OPERATORS.get(
                node.operator[:-1]
            )
        if known is None:
            raise Unsupported
        known(self, node)
        if self.samples > 1 and not any(isinstance(value, Tensor) for value in read):
            self._give_batch(node)

    def _give_batch(self, node: Node) -> None:
        """Makes that axis of a product of fixed numbers the batch which has all samples, as the file says."""
        x = self.values.get(node.output)
        if isinstance(x, Tensor) and x.batch is None:
            shape = self.shape_of(node.output)
            at = [
                axis
                for axis, (n, all_of) in enumerate(zip(x.shape, shape, strict=True))
                if n == 1 and all_of == self.samples
            ]
            if len(at) == 1:
                self.values[node.output] = self.heart.batched(self.heart.squeeze(x, at), at[0])

    def _read_by(self, args: Mapping[str, Any]) -> list[Value]:
        """The tensors and fixed numbers of arguments. Raises `Halted` where nothing has made one of them."""
        found: list[Value] = []
        for ref in refs_of(args):
            value = self.values.get(ref.name)
            if value is not None:
                found.append(value)
            elif ref.name in self.program.infos:
                raise self.sheet.refuse(f"nothing has made `{shown(ref.name)}`, which an operation reads")
        return found

    def _fix(self, node: Node, read: Sequence[Value]) -> None:
        """Says what a node puts out that reads no tensor: numbers with the shape that the file says."""
        origins = tuple(dict.fromkeys(one for value in read if isinstance(value, Fixed) for one in value.origins))
        for name in node.names:
            if name in self.program.infos:
                shape = list(self.shape_of(name))
                axis = self._grown(node, read, shape) if self.samples > 1 else None
                if axis is not None:
                    shape[axis] = 1
                self.values[name] = Fixed(tuple(shape), self.program.infos[name].dtype, origins)

    def _grown(self, node: Node, read: Sequence[Value], shape: Sequence[int]) -> int | None:
        """The axis of fixed numbers that is repeated for all samples: the first one, or the only one that has grown."""
        fixed = [one for one in read if isinstance(one, Fixed)]
        if shape[:1] == [self.samples] and all(
            one.shape[:1] != (self.samples,) for value in fixed for one in value.origins
        ):
            return 0
        if node.operator not in ("aten.repeat", "aten.expand", "aten.expand_as", "aten.tile") or not fixed:
            return None
        old = (1,) * (len(shape) - len(fixed[0].shape)) + fixed[0].shape
        grown = [at for at, (one, size) in enumerate(zip(old, shape, strict=True)) if one == 1 and size == self.samples]
        return grown[0] if len(grown) == 1 else None

    def _verify(self, node: Node) -> None:
        """Compares the shapes of a node's outputs with those of the file. Raises `Unsupported` where they differ."""
        for name in node.names:
            value = self.values.get(name)
            if isinstance(value, Tensor) and name in self.program.infos and not self._fits(value, self.shape_of(name)):
                raise Unsupported

    def _fits(self, x: Tensor, shape: Sequence[int]) -> bool:
        """Whether a tensor has a shape that the file says, in which the batch has all samples."""
        own = [size_of(digits) * (self.samples if BATCH in digits else 1) for digits in x.axes]
        return own == list(shape)

    def _uncounted(self, node: Node) -> list[Stored]:
        """What a node reads that the module keeps and no layer counts."""
        values = [self.values.get(ref.name) for ref in refs_of(node.args)]
        return [one for value in values if isinstance(value, Fixed) for one in value.origins if not one.counted]

    def _take_back(self, node: Node, before: int) -> None:
        """Takes back the layers that a node has written."""
        written = self.sheet.layers[before:]
        if not written:
            return
        del self.sheet.layers[before:]
        gone = {id(layer) for layer in written}
        for ref in refs_of(node.args):
            value = self.values.get(ref.name)
            if not isinstance(value, Tensor):
                continue
            base = value.base
            if id(base.written) in gone:
                base.written, base.groups = None, ()
            for groups in [groups for groups, layer in base.arranged.items() if id(layer) in gone]:
                del base.arranged[groups]
        self._parameters = {
            key: x for key, x in self._parameters.items() if x.base.written is None or id(x.base.written) not in gone
        }
        self.owners = {key: owner for key, owner in self.owners.items() if id(owner.layer) not in gone}

    def _put(self, node: Node, whole: Value | None, part: Value) -> Value | None:
        return put(self.heart, self.as_tensor, self.place(node), whole, part)

    # What operators ask for.

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The shape that the file says. Raises `Unsized` where it depends on data."""
        return tuple(
            size.value(self.symbols) if isinstance(size, Expression) else size
            for size in self.program.infos[name].shape
        )

    def info(self, node: Node, at: int = 0) -> Info:
        """What the file says about an output of a node."""
        return self.program.infos[node.names[at]]

    def has(self, node: Node, name: str) -> bool:
        """Whether a node has an argument that is not None."""
        return node.args.get(name) is not None

    def value(self, node: Node, name: str) -> Value:
        """The tensor or the fixed numbers of an argument. Raises `Unsupported` where it is neither."""
        found = node.args.get(name)
        value = self.values.get(found.name) if isinstance(found, Ref) else None
        if value is None:
            raise Unsupported
        return value

    def tensor(self, node: Node, name: str = "self") -> Tensor:
        """The tensor of an argument; fixed numbers become a `parameter` layer."""
        return self.as_tensor(self.value(node, name))

    def as_tensor(self, value: Value) -> Tensor:
        """A value as a tensor; fixed numbers become a `parameter` layer."""
        return value if isinstance(value, Tensor) else self.parameter(value)

    def values_of(self, node: Node, name: str) -> list[Value]:
        """The tensors and fixed numbers of an argument that is a list."""
        return [self.values[ref.name] for ref in node.args[name] if isinstance(ref, Ref)]

    def fixed(self, node: Node, name: str) -> Fixed | None:
        """The fixed numbers of an argument; None where it is None. Raises `Unsupported` for a tensor."""
        if node.args.get(name) is None:
            return None
        value = self.value(node, name)
        if not isinstance(value, Fixed):
            raise Unsupported
        return value

    def number(self, node: Node, name: str, default: Any = None) -> Any:
        """An argument that is one number, a truth value or a word; `default` where it is None or left out."""
        found = node.args.get(name)
        return default if found is None else self._number(found)

    def ints(self, node: Node, name: str, default: Sequence[int] = ()) -> list[int]:
        """An argument that is a list of whole numbers; one number is a list of one."""
        found = node.args.get(name)
        if found is None:
            return list(default)
        return [int(self._number(one)) for one in (found if isinstance(found, list) else [found])]

    def _number(self, value: Any) -> Any:
        if not isinstance(value, Ref):
            return value
        size = self.program.numbers.get(value.name)
        if size is None:
            raise Unsupported
        return size.value(self.symbols) if isinstance(size, Expression) else size

    def place(self, node: Node, weight: str = "") -> Place:
        """The name and the place of the layer that a node becomes; `weight` is the path of its weights."""
        name = self.naming.layer(node, weight)
        line = self.lines.line(node.trace)
        if line is None:
            return Place(name, node.output)
        columns = self.lines.columns(line)
        if columns is not None:
            return Place(name, line.label, line.number, line.file, columns)
        return Place(name, line.label)

    def give(self, node: Node, value: Value, at: int = 0) -> None:
        """Says what an output of a node is."""
        names = node.names
        if at < len(names) and names[at]:
            self.values[names[at]] = value

    def give_all(self, node: Node, values: Sequence[Value]) -> None:
        """Says what the outputs of a node are."""
        for at, value in enumerate(values):
            self.give(node, value, at)

    def unread(self, node: Node, at: int) -> bool:
        """Whether nothing reads an output of a node."""
        names = node.names
        return at >= len(names) or not names[at] or not self.readers.get(names[at])

    def overwriting(self, node: Node, type: str) -> dict[str, Any]:
        """`inplace` for an operator that overwrites what it reads, where the layer type has it."""
        inplace = node.operator.endswith("_") and "inplace" in CATALOGUE[type].declared
        return {"inplace": True} if inplace else {}

    def pointwise(self, node: Node, type: str, parameters: dict[str, Any] | None = None, name: str = "self") -> None:
        """Gives a node's output the layer of a type that changes each element by itself."""
        given = {**(parameters or {}), **self.overwriting(node, type)}
        self.give(node, self.heart.pointwise(type, self.tensor(node, name), self.place(node), given))

    def own(self, x: Tensor, shape: Sequence[int]) -> list[int]:
        """A shape of the file with the batch of a tensor counted as 1."""
        axis = self.axis_of_batch(x, shape)
        return [1 if at == axis else size for at, size in enumerate(shape)]

    def axis_of_batch(self, x: Tensor, shape: Sequence[int]) -> int | None:
        """The axis of a shape of the file that has the batch of a tensor; None where none has all samples."""
        if x.batch is None:
            return None
        alone = [shape.index(self.samples)] if self.samples > 1 and shape.count(self.samples) == 1 else []
        for axis in (x.batch + min(len(shape) - x.rank, 0), x.batch, *alone):
            if 0 <= axis < len(shape) and shape[axis] == self.samples:
                return axis
        return None

    def keeps_batch(self, node: Node, x: Tensor, axis: int) -> bool:
        """Whether an operator that takes cells of an axis takes it as the batch, whole. Raises `Sampled`."""
        if not x.is_batch(axis):
            return False
        shapes = [self.shape_of(name) for name in node.names]
        if self.samples > 1 and any(len(shape) < x.rank or shape[axis] != self.samples for shape in shapes):
            raise Sampled
        return True

    def agree(self, xs: Sequence[Tensor]) -> None:
        """Raises `Sampled` where tensors that are broadcast have the batch on different axes."""
        if self.samples > 1 and len({x.batch - x.rank for x in xs if x.batch is not None}) > 1:
            raise Sampled

    # Parameters.

    def parameter(self, value: Fixed) -> Tensor:
        """Fixed numbers as a tensor, with the parameters or else the buffers in them that nothing else counts."""
        key = id(value.root) if value.root is not None and value.whole is not None else id(value)
        known = self._parameters.get(key)
        if known is not None and known.shape == value.shape:
            return known
        root, trained = value.root, value.uncounted > 0
        count = value.uncounted or value.kept
        if root is not None and value.whole is root and root.kept.name in self._weights and not root.counted:
            self._weights.discard(root.kept.name)  # the layer whose weights they are counts them
            made = self._uncounted_parameter(value)
            self._parameters[key] = made
            return made
        if trained:
            self.buffers_of(value)
        path = root.kept.path if root is not None else value.origins[0].kept.path if value.origins else ""
        self.count(value)
        shape = value.shape if len(value.shape) <= MOST_AXES else tuple(n for n in value.shape if n > 1)
        made = self.heart.parameter(
            shape,
            Place(path, path),
            trained=trained,
            count=None if count == value.size else count,
            frozen=value.frozen and trained,
        )
        if root is not None:
            self.sheet.formats[path] = root.dtype
        made = self.heart.reshape(made, list(value.shape)) if shape != value.shape else made
        self._parameters[key] = made
        return made

    def _uncounted_parameter(self, value: Fixed) -> Tensor:
        """A parameter that a later layer has as its weights."""
        path = value.origins[0].kept.path
        sizes = [size for size in value.shape if size > 1] or [1]
        made = self.heart.parameter(sizes, Place(path, path), count=0, frozen=value.frozen)
        return self.heart.reshape(made, list(value.shape))

    def buffers_of(self, value: Fixed) -> None:
        """Gives each buffer in fixed numbers a layer of its own, which nothing reads; not those that are indices."""
        for one in value.origins:
            if one.is_buffer and not one.counted:
                self.beside(one)

    def beside(self, one: Stored) -> None:
        """Gives a stored tensor a layer of its own, which nothing reads: the gains of weights, or a buffer."""
        one.counted = True
        sizes = fitted([size for size in one.shape if size > 1])
        place = Place(one.kept.path, one.kept.path)
        self.heart.natural(self.heart.parameter(sizes, place, trained=one.trained, frozen=one.frozen))

    def count_rest(self) -> None:
        """Gives layers to the buffers that operations read and no layer counts, such as a mask of whole numbers."""
        for one in self.stored:
            if one.is_buffer and self.readers.get(one.kept.name):
                self.buffers_of(Fixed(one.shape, one.dtype, (one,)))

    def count(self, value: Fixed) -> None:
        """Says that a layer counts the parameters, or the buffers, of fixed numbers."""
        for one in value.origins:
            one.counted = True

    # What is not covered.

    def custom(self, node: Node, *, macs: int | None = None) -> None:
        """`custom` layers for a node, with the shapes that the file says; `macs` are those of its first output.

        Raises `Ended` where nobody knows the shapes before the network runs.
        """
        try:
            self._customs(node, self._macs(node) if macs is None else macs)
        except Unsized:
            raise Ended(f"`{shown(node.target)}` puts out a shape that depends on the data", self.place(node)) from None
        except (Unarranged, Undivided, *_MISFITS):
            raise Ended(f"`{shown(node.target)}` does not fit what it reads", self.place(node)) from None

    def _customs(self, node: Node, macs: int | None) -> None:
        """A layer for each output that is read."""
        for at, name in enumerate(node.names):
            if name in self.program.infos and 0 in self.program.infos[name].shape:
                self.give(node, Fixed(self.shape_of(name), self.program.infos[name].dtype), at)
            elif name in self.program.infos and (at == 0 or not self.unread(node, at)):
                self.give(node, self._custom(node, name, macs if at == 0 else 0), at)

    def _macs(self, node: Node) -> int | None:
        """The multiply-accumulates of a node for one sample; None where they are unknown."""
        read = {name: self.values.get(arg.name) for name, arg in node.args.items() if isinstance(arg, Ref)}
        tensors = [value for value in read.values() if isinstance(value, Tensor)]
        first = next((x for x in tensors if x.batch is not None), tensors[0] if tensors else None)
        if first is None or node.output not in self.program.infos:
            return None
        shapes = {name: value.shape for name, value in read.items() if value is not None}
        return macs_of(node.operator, shapes, self.own(first, self.shape_of(node.output)))

    def _custom(self, node: Node, name: str, macs: int | None) -> Tensor:
        """One output of a node that is not covered."""
        read = self._read_by(node.args)
        tensors = [value for value in read if isinstance(value, Tensor)]
        weights = sum(value.uncounted for value in read if isinstance(value, Fixed))
        buffers = sum(value.kept for value in read if isinstance(value, Fixed))
        for value in read:
            if isinstance(value, Fixed):
                self.count(value)
        place = self.place(node)
        if not tensors:
            raise Ended(f"`{shown(node.target)}` puts out a shape that depends on the data", place)
        first = next((x for x in tensors if x.batch is not None), tensors[0])
        shape = list(self.shape_of(name))
        batch = self.axis_of_batch(first, shape)
        rest = [size for axis, size in enumerate(shape) if axis != batch]
        parameters: dict[str, Any] = {"output": "x".join(map(str, fitted(rest)))}
        if macs != 0:
            parameters["macs"] = "unknown" if macs is None else macs
        if weights:
            parameters["weights"] = weights
        if buffers:
            parameters["buffers"] = buffers
        operator = node.target.removeprefix("aten.")
        self.sheet.uncovered[operator] = self.sheet.uncovered.get(operator, 0) + 1
        made = self.heart.new("custom", [self.heart.volume(x) for x in tensors], place, parameters, batch=False)
        made = self.heart.reshape(made, rest)
        return self.heart.batched(made, batch) if batch is not None else made


def refs_of(args: Any) -> Iterator[Ref]:
    """The names that arguments have, those of lists too."""
    for value in args.values():
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, Ref):
                    yield one
                elif isinstance(one, list):
                    yield from (ref for ref in one if isinstance(ref, Ref))
