"""Two linear layers without a non-linearity between them.

A sum of sums is a sum: one linear layer can calculate what the two calculate. Where it needs no more weights than the
two have, the second layer costs time and memory and adds nothing. Batch normalisation, dropout, mean pools and views
between the two do not change that. Mostly an activation was forgotten. Pairs that are known to save weights are not
reported: a narrow layer between wider ones, a depthwise layer beside a 1×1 layer, a 1×N beside an N×1, and the linear
end of an inverted residual. A pair that saves weights in another way is a note, and so is a pair with a normalisation
between that divides by statistics of each sample.

Fires:

    input: 32x32x64
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1}
      - conv: {filters: 64, kernel: 1}
      - relu

Instead: an activation after the first, or one layer instead of the two.

    input: 32x32x64
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 64, kernel: 1, act: relu}

Source: Goodfellow, Bengio & Courville 2016, "Deep learning", section 6.3; Sandler et al. 2018, "MobileNetV2", for the
narrow linear layer that is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd, prod

from analyzer.checks.found import Found
from analyzer.checks.passing import owners, source_of_values
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.layers import SHARED, Layer
from analyzer.layers.traits import Averages, Drops, Normalises
from analyzer.volume import Volume, pretty_sizes

CODE = "CHECK201"
NAME = "linear-pair"
SEVERITY = "warning"

#: Means of whole planes: after them, only another full sum is the same map.
_MEANS = (Averages.PLANE, Averages.AXIS)
#: Normalisations by statistics of each sample: linear apart from one factor.
_BY_SAMPLE = (Normalises.SAMPLE, Normalises.PLANE)


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every linear layer whose only reader, apart from layers that keep it linear, is another one."""
    shared = owners(subject)
    for row in subject.rows:
        first = row.node
        if not first.layer.linear or first.tied is not None or first.index in shared:
            continue
        between, second = _next(subject, first)
        if second is None or second.tied is not None or second.index in shared or first.frozen != second.frozen:
            continue
        if _completes_depthwise(first):
            continue
        merged = _Merged(first, between, second)
        two = row.declared.weights + subject.rows[second.index].declared.weights
        divided = next((node for node in between if node.layer.normalises in _BY_SAMPLE), None)
        certain = divided is None and merged.weights <= two
        if not certain and (merged.saves_on_purpose() or (divided is not None and merged.weights > two)):
            continue
        passed = dict.fromkeys(f"`{node.layer.type}`" for node in between)
        alone = f"only {' and '.join(passed)} between them" if passed else "nothing between them"
        notes = [f"{merged.words} has {merged.weights:,} weights, the two have {two:,}"]
        if divided is not None:
            notes.append(f"`{divided.name}` divides by statistics of each sample, and is linear apart from that factor")
        yield Found(
            f"`{first.name}` and `{second.name}` are two linear layers with {alone}",
            first,
            notes=notes,
            help=f"an activation after `{first.name}`"
            + (", or one layer instead of the two" if certain else ", unless the two are meant as one"),
            severity=None if certain else "note",
        )


def _next(subject: Subject, first: Node) -> tuple[list[Node], Node | None]:
    """The nodes between `first` and the linear layer that is its only reader, and that layer or None."""
    between: list[Node] = []
    node = subject.only_reader(first)
    while node is not None and len(node.inputs) == 1:
        layer = node.layer
        if layer.linear:
            return between, node
        if not layer.passes:
            if not _linear_between(layer) or layer.positional:
                break  # numbers of each position make another layer at each
            between.append(node)
        node = subject.only_reader(node)
    return between, None


def _linear_between(layer: Layer) -> bool:
    """Whether a layer between the two leaves them one linear map: it multiplies, averages or drops values."""
    averages, drops = layer.averages is not Averages.NOTHING, layer.drops is not Drops.NOTHING
    return layer.scales or averages or drops or layer.normalises in _BY_SAMPLE


def _completes_depthwise(node: Node) -> bool:
    """Whether a 1×1 layer mixes what a depthwise one put out: the linear end of an inverted residual."""
    if prod(_kernel(node)) > 1 or node.layer.dense:
        return False
    node = node.inputs[0]
    while not node.layer.linear and (len(node.inputs) == 1 or (node.layer.multiplies and node.inputs)):
        node = node.inputs[0]
    return node.layer.depthwise


class _Merged:
    """The one linear layer that computes what two do, except for cells at a padded border.

    `weights` is the number of its weights, `words` describes it, `window` is its kernel.
    """

    def __init__(self, first: Node, between: list[Node], second: Node) -> None:
        self.first = first
        self.second = second
        self.source = source = first.flow.input
        target = second.output
        self.dense = first.layer.dense or second.layer.dense
        self.window = window = self._window(between)
        if window is None:
            self.words = f"one dense layer from {source.pretty()} to {target.pretty()}"
            self.weights = source.size * target.size
            return
        groups = gcd(_groups(first), _groups(second))
        rows = _rows(second) if self.dense and len(window) else ()
        banks = 1 if all(n.layer.declared_sharing == SHARED for n in (first, second)) else target.positions
        self.weights = prod(window) * prod(rows) * (source.depth // groups) * target.depth * banks
        kind = "local layer" if banks > 1 else "transposed convolution" if self.up > 1 else "convolution"
        kind = "dense layer" if self.dense else "linear layer" if not window else f"{pretty_sizes(window)} {kind}"
        read = Volume(rows, source.depth).pretty() if prod(rows) > 1 else f"depth {source.depth:,}"
        self.words = f"one {kind} from {read} to {target.depth:,}"
        self.words += f" in {groups:,} groups" if groups > 1 else ""

    def _window(self, between: list[Node]) -> tuple[int, ...] | None:
        """The kernel of the one layer on each axis; None where only a dense layer can be the one."""
        rank = self.first.flow.input.rank
        size, down, up = [1] * rank, [1] * rank, [1] * rank
        averaged = False
        for node in (self.first, *between, self.second):
            layer, volume = node.layer, node.flow.input
            if layer.averages in _MEANS:
                averaged = True
            if node is not self.first and _regrouped(node) and not (averaged and volume.positions == 1):
                return None
            if volume.rank != rank:
                if not averaged:
                    return None
                continue  # a 1×1 layer and a mean may change places, and a 1×1 layer is dense over one position
            if layer.dense and (volume.positions > 1 or (not averaged and self.source.positions > 1)):
                return None
            slid = node.layer.window(volume)
            if slid is None:
                continue
            kernel, stride, dilation = slid.kernel, slid.stride, slid.dilation
            for axis in range(rank):
                if slid.scatters:
                    if down[axis] > 1:
                        return None
                    size[axis] = (size[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
                    up[axis] *= stride[axis]
                else:
                    if up[axis] > 1 and stride[axis] > 1:
                        return None
                    size[axis] += dilation[axis] * (kernel[axis] - 1) * down[axis]
                    down[axis] *= stride[axis]
        if averaged and prod(size) > 1:
            return None
        self.up = prod(up)
        return tuple(size)

    def saves_on_purpose(self) -> bool:
        """Whether the two are a known way to save weights.

        A narrow volume between them, a depthwise or a 1×N kernel, or two that share weights where one could not.
        """
        first, second = self.first, self.second
        ends, middle = (self.source, second.output), second.flow.input
        narrowest = min(volume.size if self.dense else volume.depth for volume in ends)
        if (middle.size if self.dense else middle.depth) < narrowest:
            return True
        if self.window is None and not self.dense:
            return True
        if any(_groups(node) > 1 or node.layer.factored for node in (first, second)):
            return True
        kernels = [_kernel(node) for node in (first, second)]
        return all(len(set(kernel)) > 1 for kernel in kernels) and kernels[0] != kernels[1]


def _rows(node: Node) -> tuple[int, ...]:
    """The positions of what a node reads, before it was flattened."""
    return source_of_values(node.inputs[0]).output.spatial


def _regrouped(node: Node) -> bool:
    """Whether a node reads a volume that was reshaped, so that its planes are others."""
    above = node.inputs[0]
    while above.layer.passes and above.inputs:
        if above.layer.regroups:
            return True
        above = above.inputs[0]
    return False


def _kernel(node: Node) -> tuple[int, ...]:
    window = node.layer.window(node.flow.input)
    return () if window is None else window.kernel


def _groups(node: Node) -> int:
    """The groups of depth that do not mix."""
    return node.layer.plane_groups(node.flow.input)
