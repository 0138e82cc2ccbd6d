"""Merges: several volumes become one. No parameters, no MACs.

Volumes must be of one rank, their axes equal or 1; the output has the larger of each. `crop: center` first cuts the
spatial axes of all to the smallest.

Sources: NumPy's broadcasting, which torch and ONNX follow; torch.cat; Ronneberger et al. 2015 (crop).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Reason, Refusal
from analyzer.layers.answers import Flow
from analyzer.layers.axes import checked
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice, Flag
from analyzer.layers.operations import (
    ALIKE,
    FORMAT,
    NEW,
    NONE,
    NUMBER,
    PASSED,
    REDUCED,
    SUMMED,
    VIEW,
    WIDEST,
    Gradient,
    Operation,
)
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import FIRST, KEPT, Cells, Reading, Readings
from analyzer.layers.reference_kinds import References
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Axes, axis_named
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class Merge(Layer, reads=(1, None)):
    """The base of all merges."""

    merges = True
    inputs: tuple[str, ...] = parameter(References(), "the layers that are merged, `prev` for the one above", main=True)
    crop: str = parameter(Choice("none", "center"), "`center` cuts larger inputs to the smallest", default="none")

    @property
    def crops(self) -> bool:
        return self.crop != "none"

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volumes = self.aligned(inputs)
        sizes = list(volumes[0].sizes)
        for volume in volumes[1:]:
            for axis, size in enumerate(volume.sizes):
                if size != sizes[axis] and 1 not in (size, sizes[axis]):
                    raise self.mismatch(volumes, axis)
                sizes[axis] = max(sizes[axis], size)
        return checked(Volume.of(sizes))

    #: The gradients that arrive at two volumes, and whether the backward pass keeps both volumes.
    gradients: ClassVar[tuple[Gradient, Gradient]] = (REDUCED, REDUCED)
    keeps_both: ClassVar[bool] = False

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Merges two volumes at a time, in the order written; cropped inputs are views."""
        volumes, operations, reads = self.aligned(flow.inputs), *self.cropped(flow)
        left, size = reads[0], volumes[0]
        if len(reads) == 1:
            return (*operations, Operation(reads, size.size, place=VIEW))
        for read, volume in zip(reads[1:], volumes[1:], strict=True):
            joined = Volume.of([max(pair) for pair in zip(size.sizes, volume.sizes, strict=True)])
            operations.append(self.pair((left, read), (size.size, volume.size), joined.size, first=read == reads[1]))
            left, size = len(flow.inputs) + len(operations) - 1, joined
        return operations

    def pair(self, reads: tuple[int, int], sizes: tuple[int, int], size: int, *, first: bool) -> Operation:
        """The merge of two volumes of these sizes into one of `size`; `first` says that it is the first of several."""
        keeps = reads if self.keeps_both else ()
        return Operation(
            reads,
            size,
            keeps=keeps,
            gradients=self.gradients,
            precision=WIDEST,
            lies=ALIKE,
            product=self.multiplies,
        )

    def cropped(self, flow: Flow) -> tuple[list[Operation], list[int]]:
        """The views of the inputs that are cropped, and the numbers to read: of inputs, or of views of them."""
        from analyzer.layers.copies import cut

        operations: list[Operation] = []
        reads = list(range(len(flow.inputs)))
        for which, (volume, to) in enumerate(zip(flow.inputs, self.aligned(flow.inputs), strict=True)):
            if volume != to:
                pairs = zip(volume.spatial, to.spatial, strict=True)
                starts = [((size - length) // 2, length) for size, length in pairs]
                ranges = [(start, start + length, 1) for start, length in starts]
                operations.extend(cut(volume, ranges, which, len(flow.inputs) + len(operations)))
                reads[which] = len(flow.inputs) + len(operations) - 1
        return operations, reads

    def windows(self, flow: Flow, which: int) -> Readings:
        """The cell at the same place: shifted where the input is cropped, the first cell where it is broadcast."""
        readings = []
        for size, length in zip(flow.inputs[which].spatial, flow.output.spatial, strict=True):
            if size == 1 and length > 1:
                readings.append(FIRST)
            else:
                before = (size - length) // 2 if self.crop == "center" else 0
                readings.append(Reading(1, before, before) if size != length else KEPT)
        return tuple(readings)

    def aligned(self, inputs: Sequence[Volume]) -> Sequence[Volume]:
        """The inputs, cropped where asked. Raises `Refusal` where their ranks differ."""
        ranks = {volume.rank for volume in inputs}
        if len(ranks) > 1:
            raise Refusal(
                f"{{layer}} merges volumes of different ranks: {', '.join(v.pretty() for v in inputs)}",
                code="SHAPE211",
                parameter="inputs",
                help=f"`reshape` the smaller one first, a vector to `{'1x' * max(ranks)}?`",
                reason=Reason.SIZES_DIFFER,
            )
        if self.crop == "none":
            return inputs
        smallest = tuple(map(min, zip(*(volume.spatial for volume in inputs), strict=True)))
        return [Volume(smallest, volume.depth) for volume in inputs]

    def mismatch(self, volumes: Sequence[Volume], axis: int, rule: str = "equal or 1") -> Refusal:
        """The refusal of volumes that differ on `axis`."""
        name = volumes[0].axes[axis]
        notes = [f"input {place} is {volume.pretty()}" for place, volume in enumerate(volumes, 1)]
        cropped = name != "depth" and self.crop == "none"
        return Refusal(
            f"{{layer}} merges volumes of different {name}: {', '.join(str(v.sizes[axis]) for v in volumes)}",
            code="SHAPE211",
            parameter="inputs",
            notes=[*notes, f"{name}: the inputs must be {rule}"],
            help="`crop: center` cuts larger inputs to the smallest" if cropped else None,
            reason=Reason.SIZES_DIFFER,
        )


class Add(Merge, type="add", elsewhere=("Add", "Eltwise", "Sum", "shortcut")):
    """The sum of its inputs, broadcast.

    output   the larger of each axis
    refused  axes that are neither equal nor 1; different ranks; `inplace` where the first input is the smaller

    Sources: torch.add; Keras Add.
    """

    clamped = True
    gradients = (SUMMED, SUMMED)
    inplace: bool = parameter(Flag(), "whether it overwrites its first input (memory only)", default=False)

    @property
    def overwrites(self) -> bool:
        return self.inplace

    def output(self, inputs: Sequence[Volume]) -> Volume:
        output = super().output(inputs)
        if self.inplace and output.size > inputs[0].size:
            raise Refusal(
                f"{{layer}} cannot overwrite its first input of {inputs[0].pretty()} with its output of {output.pretty()}",
                code="SHAPE211",
                parameter="inplace",
                help=self._largest_first(inputs, output),
            )
        return output

    def _largest_first(self, inputs: Sequence[Volume], output: Volume) -> str:
        """The help: an input as large as the output may be overwritten; where none is, the sum needs its own memory."""
        fits = any(volume.size == output.size for volume in self.aligned(inputs))
        return "name the largest input first" if fits else "leave `inplace` out"

    def pair(self, reads: tuple[int, int], sizes: tuple[int, int], size: int, *, first: bool) -> Operation:
        operation = super().pair(reads, sizes, size, first=first)
        operation.place = self.place
        return operation


class Subtract(Merge, type="subtract", elsewhere=("Sub",), reads=(2, 2)):
    """The first input minus the second, broadcast; output and refusals as `add`.

    Sources: torch.sub; Keras Subtract.
    """

    clamped = True
    gradients = (SUMMED, REDUCED)


class Multiply(Merge, type="multiply", elsewhere=("Mul",)):
    """The product of its inputs, broadcast, such as a gate; output and refusals as `add`; no MACs.

    Sources: torch.mul; Keras Multiply.
    """

    clamped = True
    multiplies = True
    keeps_both = True


class Maximum(Merge, type="maximum", elsewhere=("Max",)):
    """The largest of its inputs, broadcast; output and refusals as `add`.

    Sources: torch.maximum; Keras Maximum.
    """

    keeps_both = True

    def pair(self, reads: tuple[int, int], sizes: tuple[int, int], size: int, *, first: bool) -> Operation:
        """Its backward pass finds where the two are equal and where one is smaller, and makes half the gradient."""
        operation = super().pair(reads, sizes, size, first=first)
        operation.transient += size + size // 2
        return operation


class Average(Merge, type="average", elsewhere=("Average",)):
    """The mean of its inputs, broadcast; output and refusals as `add`.

    Sources: Keras Average.
    """

    gradients = (SUMMED, SUMMED)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """The sum, and a quotient."""
        operations = super().saved(flow, sharing)
        count = len(flow.inputs)
        reads, gradients = (count + len(operations) - 1, *range(count)), (NEW, *[NONE] * count)
        return (*operations, Operation(reads, flow.output.size, gradients=gradients, extras=(NUMBER,), lies=ALIKE))


class Concat(Merge, type="concat", elsewhere=("Concat", "Concatenate", "cat", "route", "DepthConcat")):
    """Joins its inputs along one axis.

    output   the sum on that axis, the other axes kept
    refused  other axes that differ; different ranks

    Sources: torch.cat; Keras Concatenate.
    """

    axis: tuple[str, ...] = parameter(
        Axes(single=True), "the axis they are joined along", default=("depth",), shown="depth"
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volumes = self.aligned(inputs)
        joined = axis_named(self.axis[0], volumes[0].axes, "axis")
        sizes = list(volumes[0].sizes)
        for axis in range(len(sizes)):
            if axis != joined and any(volume.sizes[axis] != sizes[axis] for volume in volumes):
                raise self.mismatch(volumes, axis, "equal")
        sizes[joined] = sum(volume.sizes[joined] for volume in volumes)
        return checked(Volume.of(sizes))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A copy. The gradient of each input is a view of the gradient of the output."""
        operations, reads = self.cropped(flow)
        joined = Operation(reads, flow.output.size, gradients=(PASSED,) * len(reads), precision=WIDEST, lies=FORMAT)
        return (*operations, joined)

    def windows(self, flow: Flow, which: int) -> Readings:
        return super().windows(flow, which) if self.axis[0] == "depth" else Cells.UNKNOWN
