"""The walk through a Caffe network: layer by layer in the order of the file, each by the function of its type.

A type without a function becomes a `custom` layer where it overwrites what it reads, so that its shape is known. Where
it is not, what reads the layer is left out, and a warning says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from analyzer.diagnostics import listed, nearest
from analyzer.layers import CATALOGUE
from analyzer.loader.formats.arranging import MOST_AXES, Unarranged
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.wiring import DATA, LEFT_OUT, Wires, left_out
from analyzer.loader.formats.digits import Undivided
from analyzer.loader.formats.entering import entering
from analyzer.loader.formats.sheet import Place, Sheet, Weights, Written
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor
from analyzer.loader.text.limits import LIMITS
from analyzer.record import Record
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Layers that read sequences.
RECURRENT = ("LSTM", "RNN")

#: What each layer type is; filled by the modules of `operators`.
LAYERS: dict[str, Callable[[Reading, Layer], None]] = {}

#: Types of forks that have a name like one of Caffe's, and no function here.
_OTHERS = frozenset(
    (
        "CuDNNConvolution",
        "DeformableConvolution",
        "ConvolutionRistretto",
        "Proposal",
        "ROIAlign",
        "Correlation",
        "Downsample",
        "Warp",
        "SpatialTransformer",
        "CenterLoss",
        "BatchReindex",
        "Filter",
        "GridGenerator",
        "Correlation1D",
        "Resize",
        "Resample",
        "Flip",
        "LSTMUnit",
        "RNNUnit",
        "Mean",
        "Pad",
        "Pack",
        "Unpack",
        "Eltwise2",
        "ImageScale",
        "LRN2",
        "Slice2",
        "Matmul",
        "MatMul",
    )
)

#: What the functions of layers raise where a file contradicts itself: an axis that does not exist, a division by 0.
_MISFITS = (LookupError, ValueError, ArithmeticError, TypeError, AssertionError)


def layer_type(*names: str) -> Callable[[Callable[[Reading, Layer], None]], Callable[[Reading, Layer], None]]:
    """Makes a function that of these layer types."""
    return entering(LAYERS, names)


class Unsupported(Exception):
    """A layer in a form that is not covered. The message says why."""


class Mistake(Exception):
    """A layer has a mistake, which is on the sheet."""


class Owner(Record):
    """Who has a tensor that several layers share: the layer here, and which of its tensors it is."""

    written: Written
    place: int


class End(Record):
    """Why nobody knows the output of a layer, and how many layers are left out since they read it."""

    why: str
    behind: int = 0


class Reading:
    """The state of a walk: the sheet, the heart over it, and the tensors so far.

    `samples` is the batch of the first input.
    """

    # By hand: it is made of wires and a sheet.
    def __init__(self, wires: Wires, sheet: Sheet, asked: Asked) -> None:
        self.wires = wires
        self.sheet = sheet
        self.asked = asked
        self.heart = Tensors(sheet)
        self.samples = 1
        self.index = 0
        self.blobs: dict[tuple[int, int], Tensor] = {}
        self.owners: dict[str, Owner] = {}
        self.ended: dict[int, End] = {}  # layers whose output nobody knows, by their numbers
        self.unknowns = 0  # layers of unknown types
        self._cause: dict[int, int] = {}  # the layer of `ended` that a layer without an output reads

    def walk(self) -> None:
        """Reads the layers in their order."""
        for index, layer in enumerate(self.wires.layers):
            self.index = index
            if not self.wires.kept[index] or self.wires.is_source(index):
                continue
            lacks = next((blob for blob in self.wires.sources[index] if blob not in self.blobs), None)
            if lacks is not None and layer.type in LAYERS:
                self._behind(index, lacks[0])
                continue
            try:
                self.read(layer)
            except Mistake:
                pass
            except Unsupported as unsupported:
                self.unknown(layer, str(unsupported))
            except (Unarranged, Undivided):
                self.unknown(layer, "no volume has the axes that it needs")
            except _MISFITS:
                self.unknown(layer, "its parameters do not fit what it reads")
        self._say_ended()

    def _behind(self, index: int, source: int) -> None:
        """Counts a layer that reads one which was not read."""
        cause = self._cause.get(source, source)
        self._cause[index] = cause
        if cause in self.ended:
            self.ended[cause].behind += 1

    def read(self, layer: Layer) -> None:
        """Reads one layer."""
        known = LAYERS.get(layer.type)
        if known is not None:
            known(self, layer)
            return
        new = layer.type not in _OTHERS and self.unknowns < LIMITS.findings
        self.unknowns += 1
        near = None if not new else nearest(layer.type, [*LAYERS, *DATA, *LEFT_OUT])
        if near is not None:
            raise self.refuse(
                layer,
                f"Caffe has no layer type `{shown(layer.type)}`",
                layer.message.place("type"),
                f"did you mean `{near}`?",
            )
        raise Unsupported("nobody but its code knows what it puts out" if layer.type == "Python" else "")

    def unknown(self, layer: Layer, why: str) -> None:
        """A `custom` layer where its shape is known: the one that it reads, or one that `--input` gives.

        Where it is not, the layers that read it are left out.
        """
        source = self.wires.sources[self.index][:1]
        if layer.inplace() and len(layer.tops) == 1 and source[0] in self.blobs:
            self.custom(layer, list(self.blobs[source[0]].shape))
            self._warn_trained(layer)
            return
        read = [place for place in range(len(layer.tops)) if self.is_read(place)]
        given = [self.asked.volume(layer.tops[place], first=False) for place in read]
        for place, sizes in zip(read, given, strict=True):
            if sizes is not None:
                self.custom(layer, [1, sizes[-1], *sizes[:-1]], place=place)
        if read and None not in given:
            self._warn_trained(layer)
            return
        self.ended[self.index] = End(why)
        self._cause[self.index] = self.index

    def _warn_trained(self, layer: Layer) -> None:
        if len(self.sheet.problems) >= LIMITS.findings:
            return
        name = f"`{shown(layer.name)}` ({shown(layer.type)})"
        self.sheet.warn(f"{name} is not covered: if it has trained numbers, they are not counted", layer.place())

    def _say_ended(self) -> None:
        """Warns about each layer of which nobody knows the output."""
        for index, end in islice(self.ended.items(), LIMITS.findings):
            layer = self.wires.layers[index]
            because = f": {end.why}" if end.why else ""
            count = "1 layer that reads it is" if end.behind == 1 else f"{end.behind:,} layers that read it are"
            behind = f"; {count} left out" if end.behind else ""
            kind = f" ({shown(layer.type)})" if layer.type else ""
            read = next((top for place, top in enumerate(layer.tops) if self.wires.is_read((index, place))), None)
            help = None if read is None else f"to continue, give its volume: `--input {shown(read)}=…`, depth last"
            self.sheet.warn(f"`{shown(layer.name)}`{kind} is not covered{because}{behind}", layer.place(), help=help)

    # What the functions of layers ask for.

    def bottom(self, layer: Layer, place: int = 0) -> Tensor:
        """What a layer reads at a place."""
        blobs = self.wires.sources[self.index]
        if place >= len(blobs):
            count = "no `bottom`" if not blobs else f"only {len(blobs)} `bottom`"
            raise self.refuse(layer, f"`{shown(layer.name)}` ({shown(layer.type)}) has {count}")
        return self.blobs[blobs[place]]

    def bottoms(self, layer: Layer) -> list[Tensor]:
        """All that a layer reads; at least one tensor."""
        self.bottom(layer)
        return [self.blobs[blob] for blob in self.wires.sources[self.index]]

    def give(self, layer: Layer, tensor: Tensor, place: int = 0) -> None:
        """Says what a layer puts out at a place."""
        if not layer.tops:
            raise self.refuse(layer, f"`{shown(layer.name)}` ({shown(layer.type)}) has no `top`")
        if place < len(layer.tops):
            self.blobs[self.index, place] = tensor

    def output(self, blob: tuple[int, int]) -> Written:
        """The layer of an output of the network: the volume as it is, or with the axes of the tensor."""
        tensor = self.blobs[blob]
        volume = self.heart.volume(tensor)
        own = sorted(size for size in tensor.shape if size > 1)
        return volume if own == sorted(size for size in volume.volume.sizes if size > 1) else self._natural(tensor)

    def _natural(self, tensor: Tensor) -> Written:
        try:
            return self.heart.natural(tensor)
        except Unarranged:
            return self.heart.volume(tensor)

    def is_read(self, place: int) -> bool:
        """Whether an output of the layer at hand is read by another layer."""
        return self.wires.is_read((self.index, place))

    def refuse(self, layer: Layer, message: str, place: Place | None = None, help: str | None = None) -> Mistake:
        """Reports a mistake in a layer; returns what to raise."""
        at = Place("", line=layer.line) if place is None else place
        self.sheet.refuse(message, at, help=help)
        return Mistake()

    def axes(self, layer: Layer, x: Tensor, count: int) -> None:
        """Refuses what a layer reads where it does not have so many axes."""
        if x.rank != count:
            name = layer.bottoms[0]
            raise self.refuse(
                layer,
                f"`{shown(layer.name)}` ({shown(layer.type)}) reads {count} axes, batch × channels × height × width, but "
                f"`{shown(name)}` has {x.rank}: {text_of(x)}",
            )

    def same(self, layer: Layer, xs: Sequence[Tensor], but: int | None = None) -> None:
        """Refuses inputs of different shapes; they may differ in the axis `but`."""
        first = xs[0]
        for place, x in enumerate(xs[1:], 1):
            alike = x.rank == first.rank and all(
                a == b or axis == but for axis, (a, b) in enumerate(zip(first.shape, x.shape, strict=True))
            )
            if not alike:
                a, b = (shown(layer.bottoms[at]) for at in (0, place))
                message = f"`{shown(layer.name)}` ({shown(layer.type)}) reads `{a}`, {text_of(first)}, and `{b}`, {text_of(x)}"
                wanted = "the same shape" if but is None else f"equal sizes but along axis {but}"
                raise self.refuse(layer, message, help=f"what it reads must have {wanted}")

    def inplace(self, layer: Layer, type: str) -> dict[str, Any]:
        """`inplace` for a type that has it, where a layer overwrites what nothing else reads."""
        if not layer.inplace() or "inplace" not in CATALOGUE[type].declared:
            return {}
        return {"inplace": True} if len(self.wires.readers[self.wires.sources[self.index][0]]) == 1 else {}

    def weighted(self, layer: Layer, count: int) -> dict[str, Any]:
        """How a layer with so many trained tensors, its weights first, has them: its own, those of another, frozen."""
        found: dict[str, Any] = {}
        rates = [*layer.rates, *[1.0] * count][:count]
        if count and not any(rates):
            found["frozen"] = True
        names = [*layer.shared, *[""] * count][:count]
        owners = [self.owners.get(name) if name else None for name in names]
        first = owners[0] if owners else None
        if first is not None and first.place == 0:
            whole = all(one is not None and one.written is first.written for one in owners)
            found["tied"] = first.written if whole else Weights(first.written)
        return found

    def own(self, layer: Layer, count: int, written: Written) -> None:
        """Says that a layer which was written has the tensors of these names, where no other has them."""
        for place, name in enumerate([*layer.shared][:count]):
            if name:
                self.owners.setdefault(name, Owner(written, place))

    def custom(self, layer: Layer, shape: Sequence[int], *, macs: int | None = None, place: int = 0) -> Tensor:
        """A `custom` layer with an output of this shape, batch first; its MACs are unknown unless given."""
        read = [self.blobs[blob] for blob in self.wires.sources[self.index] if blob in self.blobs]
        if not read:
            made = self.heart.enter(layer.tops[place], shape, depth=1, label=layer.tops[place])
            self.give(layer, made, place)
            return made
        kept = shape[0] == 1
        sizes = [size for axis, size in enumerate(shape) if not (kept and axis == 0)] or [1]
        if len(sizes) > MOST_AXES:
            raise Unarranged
        depth = 0 if kept else min(1, len(sizes) - 1)
        order = [*(axis for axis in range(len(sizes)) if axis != depth), depth]
        parameters: dict[str, Any] = {"output": "x".join(str(sizes[axis]) for axis in order)}
        if macs != 0:
            parameters["macs"] = "unknown" if macs is None else macs
        self.sheet.uncovered[layer.type] = self.sheet.uncovered.get(layer.type, 0) + 1
        inputs = [self.heart.volume(one) for one in read]
        made = self.heart.new("custom", inputs, layer.place(), parameters, batch=False)
        made = self.heart.transpose(made, [order.index(axis) for axis in range(len(sizes))])
        made = self.heart.batched(made, 0) if kept else made
        self.give(layer, made, place)
        return made


def text_of(x: Tensor) -> str:
    """The shape of a tensor as Caffe writes it, N for the batch.

    >>> sheet = Sheet("net.prototxt")
    >>> text_of(Tensors(sheet).enter("data", (1, 3, 8, 9), depth=1))
    'N×3×8×9'
    """
    return "×".join("N" if x.is_batch(axis) else str(size) for axis, size in enumerate(x.shape)) or "a number"


def tell_left_out(wires: Wires, sheet: Sheet) -> None:
    """Notes the layers that were left out."""
    found = [layer for layer in wires.layers if left_out(layer) and layer.type != "Silence"]
    if found:
        names = listed([f"{shown(layer.name)}" for layer in found], last="and")
        verb = "is" if len(found) == 1 else "are"
        sheet.note(
            f"{names} {verb} left out: what {'it reads' if len(found) == 1 else 'they read'} is an output",
            found[0].place(),
        )
