"""Arithmetic on volumes, and the trained tensors that it reads: what frameworks' code does without a layer of its own.

Sources: NumPy's broadcasting and `matmul`, which torch and ONNX follow; torch.nn.Parameter;
torch.nn.functional.scaled_dot_product_attention (torch 2.13.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Reason, Refusal
from analyzer.layers.answers import Counts, Flow
from analyzer.layers.axes import checked
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice, Flag, Whole
from analyzer.layers.operations import (
    ALIKE,
    FULL,
    FULL_ON_CUDA,
    HALF,
    INDEX,
    LAST,
    LOGARITHM,
    OUT,
    WIDEST,
    Array,
    Operation,
)
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import FIRST, KEPT, Cells, Readings
from analyzer.layers.reference_kinds import References
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import VolumeKind
from analyzer.volume import Volume

#: The functions of one volume.
UNARY = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "bernoulli", "bitwise_not", "cast", "ceil", "clip", "cos",
    "cosh", "cumprod", "cumsum", "erf", "exp", "floor", "hard_mish", "isinf", "isnan", "lhtan", "log", "loggy", "negative",
    "not", "plse", "quantize", "ramp", "reciprocal", "round", "rsqrt", "shrink", "sign", "sin", "sinh", "sort", "sqrt",
    "square", "stair", "tan", "triangle",
)  # fmt: skip

#: Those of two volumes, or of one and a constant.
BINARY = (
    "add", "and", "atan2", "bitwise_and", "bitwise_or", "bitwise_xor", "divide", "equal", "floor_divide", "greater",
    "greater_equal", "less", "less_equal", "maximum", "mean", "minimum", "mod", "multiply", "not_equal", "or", "power",
    "shift", "subtract", "xor",
)  # fmt: skip

#: Those of three, of which some may be constants.
TERNARY = ("where", "scatter")


class TrainedTensor(
    Layer,
    type="parameter",
    elsewhere=("nn.Parameter", "Buffer → parameter: {trained: false}", "Variable", "add_weight"),
    reads=(0, 0),
):
    """A tensor that the network keeps, such as a class token or a table of positions. It reads no volume.

    output   the volume as given, the same for every sample
    weights  its elements, or `count` of them
    buffers  the same where it is not trained
    MACs     none

    Sources: torch.nn.Parameter, torch.nn.Module.register_buffer.
    """

    keeps = ()
    stored = True
    volume: tuple[int, ...] = parameter(VolumeKind(), "the volume that it puts out", main=True)
    trained: bool = parameter(Flag(), "whether it is trained; a buffer otherwise", default=True)
    count: int | None = parameter(
        Whole(0), "its elements, where the volume follows from fewer or more of them", default=None, shown="all"
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        return checked(Volume.of(self.volume))

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        count = flow.output.size if self.count is None else self.count
        return Counts(count) if self.trained else Counts(0, 0, count)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """The tensor itself: no output beside it."""
        counts = self.parameters(flow, sharing)
        return (
            Operation(
                (),
                0,
                trained=counts.tensors(),
                buffers=(Array(counts.buffers, batched=False),) if counts.buffers else (),
                precision=FULL,
                lies=ALIKE,
            ),
        )

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.NOTHING


class Elementwise(Layer, type="elementwise", elsewhere=("Elementwise", "Pow", "Exp", "Sqrt", "Where"), reads=(1, None)):
    """A function of each element of a volume, or of the elements at one place of several, which are broadcast.

    Constants are part of it: `from: x` with `op: add` adds a number. `where` chooses by a condition. Several volumes
    are of one rank, and each axis is equal or 1. `scatter` puts the elements of a second volume of any size into the
    first, at places that are constants or a third volume.

    output   the larger of each axis; of `scatter` the first volume
    MACs     none
    refused  axes that are neither equal nor 1; different ranks; more volumes than the function has

    Sources: NumPy's universal functions; ONNX' operators of these names.
    """

    op: str = parameter(Choice(*UNARY, *BINARY, *TERNARY), "the function", main=True)

    @property
    def places(self) -> int | None:
        """The most volumes that its function takes; None for any number."""
        if self.op in _SEVERAL:
            return None
        return 1 if self.op in UNARY else 2 if self.op in BINARY else 3

    def output(self, inputs: Sequence[Volume]) -> Volume:
        if self.places is not None and len(inputs) > self.places:
            raise Refusal(
                f"{{layer}} reads {len(inputs)} volumes, but `{self.op}` is a function of "
                f"{('one', 'two', 'three')[self.places - 1]}",
                code="SHAPE212",
                parameter="op",
            )
        return checked(inputs[0]) if self.op == "scatter" else broadcast(inputs)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """One operation, whose backward pass keeps what the slope of the function is calculated from."""
        reads = tuple(range(len(flow.inputs)))
        extras = self._made(flow)
        keeps = () if extras else self._keeps(reads)
        return (Operation(reads, flow.output.size, keeps=keeps, extras=extras, precision=WIDEST, lies=ALIKE),)

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """CUDA's autocast has some functions in 32 bits."""
        (operation,) = self.saved(flow, sharing)
        if self.op in _FULL:
            operation.precision = FULL_ON_CUDA
        return (operation,)

    def _keeps(self, reads: tuple[int, ...]) -> tuple[int, ...]:
        if self.op in _CONSTANT_SLOPE or (self.op in _CONSTANT_FACTOR and len(reads) == 1):
            return ()
        if self.op == "scatter":
            return reads[2:]
        if self.op in _BY_OUTPUT:
            return (OUT,)
        return (*reads, OUT) if self.op == "cumprod" or (self.op == "power" and len(reads) == 2) else reads

    def _made(self, flow: Flow) -> tuple[Array, ...]:
        """What is kept and is neither read nor put out: the places of `sort`, and a condition, in one byte each."""
        if self.op == "sort":
            return (Array(flow.output.size, INDEX),)
        if self.op == "where" and len(flow.inputs) > 1:
            return (Array(flow.input.size, 1),)
        return ()

    def windows(self, flow: Flow, which: int) -> Readings:
        if self.op in ("cumsum", "cumprod", "sort", "scatter"):
            return Cells.UNKNOWN
        pairs = zip(flow.inputs[which].spatial, flow.output.spatial, strict=True)
        return tuple(FIRST if size == 1 < length else KEPT for size, length in pairs)


#: Functions that CUDA's autocast has in 32 bits.
_FULL = (
    "acos", "asin", "cosh", "cumprod", "cumsum", "exp", "log", "power", "reciprocal", "rsqrt", "sinh", "square", "tan",
)  # fmt: skip

#: Functions of two that are those of any number, one after the other.
_SEVERAL = ("add", "and", "maximum", "mean", "minimum", "multiply", "or", "xor")

#: Functions whose backward pass keeps nothing that it reads: their slope is a constant.
_CONSTANT_SLOPE = (
    "add", "subtract", "mean", "negative", "cast", "round", "floor", "ceil", "sign", "equal", "not_equal", "greater",
    "greater_equal", "less", "less_equal", "and", "or", "xor", "not", "bitwise_and", "bitwise_or", "bitwise_xor",
    "bitwise_not", "shift", "isinf", "isnan", "cumsum", "quantize", "floor_divide", "bernoulli",
)  # fmt: skip

#: Functions of a volume and a constant whose slope is a constant too; `where` of one volume has a constant condition.
_CONSTANT_FACTOR = ("multiply", "divide", "mod", "where")

#: Functions whose slope follows from their output.
_BY_OUTPUT = ("exp", "sqrt", "rsqrt", "reciprocal")


def broadcast(inputs: Sequence[Volume]) -> Volume:
    """The volume that several are broadcast to. Raises `Refusal` for different ranks and for sizes that do not fit."""
    if len({volume.rank for volume in inputs}) > 1:
        raise Refusal(
            f"{{layer}} reads volumes of different ranks: {', '.join(v.pretty() for v in inputs)}",
            code="SHAPE211",
            help=f"`reshape` the smaller one first, a vector to `{'1x' * max(v.rank for v in inputs)}?`",
            reason=Reason.SIZES_DIFFER,
        )
    sizes = []
    for name, found in zip(inputs[0].axes, zip(*(v.sizes for v in inputs), strict=True), strict=True):
        size = max(found)
        if any(one not in (1, size) for one in found):
            raise Refusal(
                f"{{layer}} reads volumes of different {name}: {', '.join(map(str, found))}",
                code="SHAPE211",
                notes=[f"{name}: the inputs must be equal or 1"],
                reason=Reason.SIZES_DIFFER,
            )
        sizes.append(size)
    return checked(Volume.of(sizes))


class MatMul(Layer, type="matmul", elsewhere=("MatMul", "BatchMatMul", "bmm", "Dot"), reads=(2, 2)):
    """The product of two matrices that the network calculates, one for each position of the axes before them.

    The first is …×T×K, the second …×K×U, or …×U×K where it is transposed. A vector is a matrix of one row in the
    first place, and of one column in the second.

    output   …×T×U
    MACs     …·T·K·U
    refused  two different K; axes before the last two that are neither equal nor 1

    Sources: torch.matmul; ONNX MatMul.
    """

    depth_at = LAST
    inputs: tuple[str, ...] = parameter(References(), "the two layers, `prev` for the one above", main=True)
    transpose: bool = parameter(Flag(), "whether the second matrix is transposed", default=False)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        rows, _, columns, lead = self._sizes(inputs)
        first, second = inputs
        sizes = [*lead, *([rows] if first.rank else []), *([columns] if second.rank else [])]
        return checked(Volume.of(sizes or [1]))

    def _sizes(self, inputs: Sequence[Volume]) -> tuple[int, int, int, list[int]]:
        """T, K, U and the axes before them."""
        first, second = inputs
        rows, inner = (1, first.depth) if not first.rank else first.sizes[-2:]
        if not second.rank:
            other, columns = second.depth, 1
        else:
            other, columns = reversed(second.sizes[-2:]) if self.transpose else second.sizes[-2:]
        if inner != other:
            turned = "transposed " if self.transpose and second.rank else ""
            raise Refusal(
                f"{{layer}} multiplies {first.pretty()} by {turned}{second.pretty()}: {inner} is not {other}",
                code="SHAPE214",
                notes=[f"the columns of the first, {inner}, must be the rows of the second, {other}"],
                help=self._help(inner, second),
            )
        return rows, inner, columns, self._lead(first, second)

    def _help(self, inner: int, second: Volume) -> str | None:
        if not second.rank or second.sizes[-1 if not self.transpose else -2] != inner:
            return None
        return "leave `transpose` out" if self.transpose else "`transpose: true` would fit"

    def _lead(self, first: Volume, second: Volume) -> list[int]:
        pair = [list(volume.sizes[:-2]) for volume in (first, second)]
        rank = max(map(len, pair))
        padded = [[1] * (rank - len(sizes)) + sizes for sizes in pair]
        for a, b in zip(*padded, strict=True):
            if a != b and 1 not in (a, b):
                raise Refusal(
                    f"{{layer}} multiplies {first.pretty()} by {second.pretty()}: {a} matrices are not {b}",
                    code="SHAPE211",
                    reason=Reason.SIZES_DIFFER,
                )
        return [max(sizes) for sizes in zip(*padded, strict=True)]

    def macs(self, flow: Flow) -> int:
        rows, inner, columns, lead = self._sizes(flow.inputs)
        return prod(lead) * rows * inner * columns

    def backward_macs(self, flow: Flow, needed: Sequence[bool], *, trained: bool) -> int:
        return sum(needed) * self.macs(flow)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """One product, which keeps both."""
        return (Operation((0, 1), flow.output.size, keeps=(0, 1), precision=HALF, product=True),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.UNKNOWN


class ScaledAttention(
    Layer, type="attention", elsewhere=("scaled_dot_product_attention", "SDPA", "DotProductAttention"), reads=(3, 4)
):
    """softmax(q·kᵀ)·v without projections, from a query, a key and a value: …×T×d, …×U×d and …×U×e.

    The axis before the tokens has the heads, one before it samples or windows. Fewer heads of keys and values, each for
    a group of queries, are grouped queries. A fourth volume is a mask.

    output   …×T×e
    MACs     h·T·U·(d + e) with h heads of the query
    refused  keys and queries of different depth; keys and values of different number; heads that do not divide

    Sources: Vaswani et al. 2017; Ainslie et al. 2023 (grouped queries);
    torch.nn.functional.scaled_dot_product_attention.
    """

    depth_at = LAST

    def output(self, inputs: Sequence[Volume]) -> Volume:
        query, key, value = inputs[:3]
        for volume, what in ((query, "query"), (key, "key"), (value, "value")):
            if not volume.rank:
                raise Refusal(
                    f"{{layer}} reads tokens L x D, or heads of them, but its {what} is {volume.pretty()}",
                    code="SHAPE205",
                )
        if query.depth != key.depth:
            self._refuse("query", "key", "depths", query.depth, key.depth)
        if len({volume.spatial[:-2] for volume in (query, key, value)}) > 1:
            self._refuse("query", "key", "axes before their heads", query.pretty(), key.pretty())
        if key.spatial[-1] != value.spatial[-1]:
            self._refuse("key", "value", "numbers of tokens", key.spatial[-1], value.spatial[-1])
        heads, groups = _heads(query), _heads(key)
        if groups != _heads(value):
            self._refuse("key", "value", "numbers of heads", groups, _heads(value))
        if heads % groups:
            raise Refusal(
                f"{{layer}} has {heads} heads of queries, which {groups} heads of keys do not divide",
                code="SHAPE207",
                notes=[f"{heads} = {heads // groups}·{groups} + {heads % groups}"],
            )
        return checked(Volume(query.spatial, value.depth))

    def _refuse(self, one: str, other: str, what: str, first: int | str, second: int | str) -> None:
        raise Refusal(
            f"the {one} and the {other} of {{layer}} have different {what}: {first} and {second}", code="SHAPE211"
        )

    def macs(self, flow: Flow) -> int:
        query, key, value = flow.inputs[:3]
        return query.positions * key.spatial[-1] * (query.depth + value.depth)

    def backward_macs(self, flow: Flow, needed: Sequence[bool], *, trained: bool) -> int:
        """The scores' gradient needs that of the product with the values, also where only the mask has one."""
        query, key, value = flow.inputs[:3]
        scores = query.positions * key.spatial[-1]
        by_query, by_key, by_value, *by_mask = needed
        through = by_query or by_key or any(by_mask)
        return scores * ((by_query + by_key) * query.depth + (by_value + through) * value.depth)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """The fused kernel, which keeps its three inputs, its output and a logarithm for each query."""
        logarithms = Array(flow.input.positions, LOGARITHM)
        reads = tuple(range(len(flow.inputs)))
        return (Operation(reads, flow.output.size, keeps=(0, 1, 2, OUT), extras=(logarithms,), precision=HALF),)

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """CUDA's kernels: the memory-efficient one in 32 bits, the flash one in 16."""
        from analyzer.layers.attention_kernels import Heads

        query, value = flow.inputs[0], flow.inputs[2]
        queries = query.spatial[-1]
        heads = Heads(query.positions // queries, queries, query.depth, value.depth, masked=len(flow.inputs) > 3)
        return (heads.run(range(len(flow.inputs))),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.EVERYTHING


def _heads(volume: Volume) -> int:
    return volume.spatial[-2] if volume.rank > 1 else 1
