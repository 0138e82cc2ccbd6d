"""Attention and the layers that come with it: tokens, position tables, gates.

Tokens are a 1-D volume, L x D; a feature map H x W x D is read as its H·W tokens.

Sources: Vaswani et al. 2017; Dosovitskiy et al. 2021 (ViT); Liu et al. 2021 (Swin); Hu et al. 2018 (squeeze and
excitation); torch.nn.MultiheadAttention, Keras MultiHeadAttention.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Counts, Flow
from analyzer.layers.axes import checked, nearest_divisor, needs_axes, per_axis
from analyzer.layers.base import CATALOGUE, Layer
from analyzer.layers.kinds import Choice, Flag, FlagOr, Flags, Whole
from analyzer.layers.operations import (
    ALIKE,
    FIRST,
    FULL,
    HALF,
    LAST,
    OUT,
    PASSED,
    PROJECTIONS,
    WIDEST,
    Kernel,
    Operation,
    Sum,
)
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import Cells, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Sizes
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.layers.attention_operations import Attention


class PositionTable(Layer, type="position_table", elsewhere=("PositionEmbedding", "pos_embed", "AddPositionEmbs")):
    """Adds a trained table to the volume.

    output   kept
    weights  W·H·D: one number for each element

    Sources: Dosovitskiy et al. 2021.
    """

    pointwise = True
    of_tokens = True

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return Counts(flow.input.size)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A sum. The gradient of the table is summed over the batch."""
        size = flow.output.size
        return (
            Operation(
                (0,),
                size,
                trained=((flow.output.positions, flow.output.depth),),
                gradients=(PASSED,),
                precision=FULL,
                lies=ALIKE,
                cuda=Kernel(summed=Sum(size, 1)),
            ),
        )


class ClassToken(Layer, type="class_token", elsewhere=("cls_token",)):
    """Puts trained rows before the tokens.

    output   L + count rows, depth kept
    weights  count · D
    refused  an input that is not L x D

    Sources: Dosovitskiy et al. 2021.
    """

    depth_at = LAST
    count: int = parameter(Whole(), "number of rows", default=1, main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        if inputs[0].rank != 1:
            raise Refusal(
                f"{{layer}} adds a row to tokens L x D, but its input is {inputs[0].pretty()}",
                code="SHAPE205",
                help=f"`reshape: {inputs[0].positions}x{inputs[0].depth}` before it",
            )
        return checked(Volume((inputs[0].spatial[0] + self.count,), inputs[0].depth))

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return Counts(self.count * flow.input.depth)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A concatenation. The gradient of the input is a view of the gradient of the output."""
        trained = self.parameters(flow, sharing).tensors(self.count, flow.input.depth)
        return (Operation((0,), flow.output.size, trained=trained, gradients=(PASSED,), precision=FULL),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.UNKNOWN  # the added rows read no cell of the input, the others are moved


class MultiHeadAttention(
    Layer,
    type="multi_head_attention",
    elsewhere=(
        "MultiheadAttention", "MHA", "Attention", "SelfAttention", "GroupQueryAttention", "GroupedQueryAttention",
        "MultiQueryAttention",
    ),
    reads=(1, 3),
):  # fmt: skip
    """Scaled dot-product attention with its four projections. One input attends to itself, two are the query and the
    memory, three are the query, the key and the value.

    With L query tokens, M memory tokens, h heads of key depth k and value depth v (D/h unless given), and g heads of
    keys and values (h unless given):

    output   kept (the query's volume)
    weights  D·h·k + D_key·g·k + D_value·g·v + h·v·D. `relative_position: true` adds (2a − 1)·(2b − 1)·h for a window
             a x b, `decomposed` adds (2a − 1)·k + (2b − 1)·k. Without a `window`, a x b is the whole volume; over a
             memory of other sizes, `decomposed` takes the larger size on each axis
    biases   h·k + g·k + g·v + D: one for each output of a projection that has a bias
    MACs     L·D·h·k + M·D_key·g·k + M·D_value·g·v + L·M·h·(k + v) + L·h·v·D; `decomposed` adds L·h·k·(a + b) for a
             memory of a x b. With a `window` of w tokens the axes are padded to whole windows before everything else, L
             counts the padded tokens, and M is w in L·M·h·(k + v)
    refused  heads that do not divide D where no depth is given; `key_value_heads` that do not divide the heads; an
             input without spatial axes; different numbers of keys and values; a window with a memory of other positions
             than the query; decomposed relative positions with a memory of other axes

    Sources: torch.nn.MultiheadAttention; Keras MultiHeadAttention (key_dim, value_dim are per head); Liu et al. 2021
    and torchvision's `shifted_window_attention`; Ainslie et al. 2023 (GQA); Li et al. 2022 (MViTv2) and Kirillov et al.
    2023 (SAM), `add_decomposed_rel_pos`.
    """

    depth_at = LAST
    heads: int = parameter(Whole(), "number of heads", main=True)
    key_depth: int | None = parameter(Whole(), "depth of a head's queries and keys", default=None, shown="D/heads")
    value_depth: int | None = parameter(Whole(), "depth of a head's values", default=None, shown="key_depth")
    key_value_heads: int | None = parameter(
        Whole(), "number of heads of keys and values, each for a group of heads", default=None, shown="heads"
    )
    biases: tuple[str, ...] = parameter(
        Flags(*PROJECTIONS), "which projections have biases", default=PROJECTIONS, shown="true", name="bias"
    )
    within: int | tuple[int, ...] | None = parameter(
        Sizes(), "size of the windows that limit the attention", default=None, shown="none", name="window"
    )
    relative_position: bool | str = parameter(
        FlagOr("decomposed"),
        "whether it has a trained table of relative positions, or one for each axis",
        default=False,
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        for volume in inputs:
            needs_axes(volume, "attends over")
        depth = inputs[0].depth
        if self.key_depth is None and depth % self.heads:
            near = nearest_divisor(depth, self.heads)
            raise Refusal(
                f"the {self.heads} heads of {{layer}} do not divide its input depth of {depth}",
                code="SHAPE207",
                parameter="heads",
                notes=[f"{depth} = {depth // self.heads}·{self.heads} + {depth % self.heads}"],
                help=f"`heads: {near}` divides {depth}; or give the depth of a head, `key_depth`",
            )
        shared = self.key_value_heads or self.heads
        if self.heads % shared:
            near = nearest_divisor(self.heads, shared)
            raise Refusal(
                f"the {shared} key and value heads of {{layer}} do not divide its {self.heads} heads",
                code="SHAPE207",
                parameter="key_value_heads",
                notes=[f"{self.heads} = {self.heads // shared}·{shared} + {self.heads % shared}"],
                help=f"`key_value_heads: {near}` divides {self.heads}",
            )
        if len(inputs) == 3 and inputs[1].positions != inputs[2].positions:
            raise Refusal(
                f"{{layer}} reads {inputs[1].positions} keys and {inputs[2].positions} values",
                code="SHAPE211",
                help="each key has one value",
            )
        if self.within is not None:
            per_axis(self.within, inputs[0].rank, "window")
            if any(volume.spatial != inputs[0].spatial for volume in inputs):
                raise Refusal(
                    "{layer} attends in windows, but the positions of its memory and its query differ",
                    code="SHAPE211",
                    parameter="window",
                    notes=[f"it reads {', '.join(volume.pretty() for volume in inputs)}"],
                    help="leave `window` out where the memory has other positions",
                )
        if self.relative_position == "decomposed" and any(volume.rank != inputs[0].rank for volume in inputs):
            raise Refusal(
                "{layer} has positions on each axis, but its memory and its query have different axes",
                code="SHAPE211",
                parameter="relative_position",
                notes=[f"it reads {', '.join(volume.pretty() for volume in inputs)}"],
                help="`relative_position: true` has one table for all axes",
            )
        return inputs[0]

    def _attention(self, flow: Flow) -> Attention:
        from analyzer.layers.attention_operations import Attention

        key = self.key_depth or flow.input.depth // self.heads
        return Attention(
            flow,
            self.heads,
            self.key_value_heads or self.heads,
            key,
            self.value_depth or key,
            self.biases,
            relative=self.relative_position,
            window=None if self.within is None else per_axis(self.within, flow.input.rank, "window"),
        )

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        attention = self._attention(flow)
        projections = attention.projections.values()
        weights = sum(units * depth for units, depth in projections) + sum(map(prod, attention.tables))
        return Counts(weights, sum(attention.projections[name][0] for name in self.biases))

    def macs(self, flow: Flow) -> int:
        attention = self._attention(flow)
        queries, heads, attended = attention.tokens[0], attention.heads, attention.attended
        macs = sum(attention.projected) + queries * prod(attended) * heads * (attention.key + attention.value)
        if self.relative_position == "decomposed":
            macs += queries * heads * attention.key * sum(attended)
        return macs

    def backward_macs(self, flow: Flow, needed: Sequence[bool], *, trained: bool) -> int:
        """Each projection has the gradients of its weights and of its input.

        Each product of the attention has those of both factors, as far as a gradient flows there.
        """
        attention = self._attention(flow)
        reads = needed[0], needed[1 % len(needed)], needed[-1]
        query, key, value = (trained or one for one in reads)
        scores, mixed, relative = attention.multiplied
        macs = trained * sum(attention.projected)
        macs += sum(
            one * product for one, product in zip((*reads, query or key or value), attention.projected, strict=True)
        )
        macs += (query + key) * scores + (query + trained) * relative
        return macs + ((query or key) + value) * mixed

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        from analyzer.layers.attention_operations import operations_of

        return operations_of(self._attention(flow))

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """CUDA's memory-efficient kernel takes heads whose values have a depth of their own."""
        from analyzer.layers.attention_operations import operations_of

        return operations_of(self._attention(flow), cuda=True)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.EVERYTHING if self.within is None else Cells.UNKNOWN


class SqueezeExcite(Layer, type="squeeze_excite", elsewhere=("SEBlock", "SqueezeExcitation", "SELayer", "SEModule")):
    """A gate on each plane: a global mean and two dense layers, multiplied with the volume.

    With R = `reduced`, or ⌊D/ratio⌋ and at least 1:

    output   kept
    weights  2·D·R
    biases   R + D
    MACs     2·D·R; the products with the gate do not count
    refused  nothing

    Sources: Hu et al. 2018; torchvision.ops.SqueezeExcitation.
    """

    depth_at = FIRST
    reduced: int | None = parameter(Whole(), "units between the two dense layers", default=None, shown="D/ratio")
    ratio: int = parameter(Whole(), "D over the units between the two", default=16)
    act: str = parameter(Choice("relu", "relu6", "silu", "gelu", "hard_swish"), "activation between", default="relu")
    gate: str = parameter(
        Choice("sigmoid", "hard_sigmoid", "tanh", "softmax"), "activation of the gate", default="sigmoid"
    )
    bias: bool = parameter(Flag(), "whether the dense layers have biases", default=True)

    def _between(self, flow: Flow) -> int:
        return self.reduced or max(1, flow.input.depth // self.ratio)

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        between, depth = self._between(flow), flow.input.depth
        return Counts(2 * depth * between, depth + between if self.bias else 0)

    def macs(self, flow: Flow) -> int:
        return 2 * flow.input.depth * self._between(flow)

    def first_macs(self, flow: Flow) -> int:
        return flow.input.depth * self._between(flow)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A mean, two dense layers with their activations, and a product that keeps the volume and the gate."""
        between, depth, size = self._between(flow), flow.input.depth, flow.input.size
        first = Counts(depth * between, between if self.bias else 0).tensors(1, 1)
        second = Counts(depth * between, depth if self.bias else 0).tensors(1, 1)
        acts = [CATALOGUE[name]() for name in (self.act, self.gate)]
        return (
            Operation((0,), depth),
            Operation((1,), between, keeps=(1,), trained=first, precision=HALF),
            Operation((2,), between, keeps=[OUT if kept == OUT else 2 for kept in acts[0].keeps]),
            Operation((3,), depth, keeps=(3,), trained=second, precision=HALF),
            Operation((4,), depth, keeps=[OUT if kept == OUT else 4 for kept in acts[1].keeps]),
            Operation((5, 0), size, keeps=(5, 0), transient=size, precision=WIDEST, product=True, lies=ALIKE),
        )

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.EVERYTHING
