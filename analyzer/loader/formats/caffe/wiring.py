"""Who reads what: a name stands for what the last layer above has put out under it.

Layers that compare an output with a truth, such as losses, are left out, and so is what only they read.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from analyzer.diagnostics import nearest
from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.phases import meaning
from analyzer.loader.formats.sheet import Halted, Place, Sheet
from analyzer.record import Record, field
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: What a layer puts out: its number, and which of its outputs.
    Blob: TypeAlias = tuple[int, int]

#: Layers that compare outputs with a truth, write files, or find boxes in outputs; every type `…Loss` is one too.
LEFT_OUT = frozenset(
    (
        "SoftmaxWithLoss",
        "Accuracy",
        "SegAccuracy",
        "HDF5Output",
        "DetectionOutput",
        "DetectionEvaluate",
        "Silence",
        "Yolov3DetectionOutput",
        "YoloDetectionOutput",
        "EvalDetection",
        "SaveOutput",
        "MultiBoxLoss",
        "BoxAnnotatorOHEM",
        "ImageOutput",
        "LabelingErrorOutput",
    )
)

#: Layers that read images, labels and boxes from files.
DATA = frozenset(
    (
        "Input",
        "Data",
        "ImageData",
        "HDF5Data",
        "WindowData",
        "MemoryData",
        "DummyData",
        "AnnotatedData",
        "DenseImageData",
        "VideoData",
        "ImageSegData",
        "ImageSegmentationData",
        "LabelmapData",
        "BoxData",
        "ImageLabelData",
        "HDF5DataReader",
    )
)

#: So many mistakes of one kind are reported at most.
_MOST = 20

#: The most names that all layers of a network read and put out.
_MOST_NAMES = 50_000


class Wires(Record):
    """The layers of a network, what each reads, and who reads each output.

    `known` are the types that have a function, `kept` says which layers become layers here.
    """

    layers: Sequence[Layer]
    known: Container[str]
    sources: list[list[Blob]] = field(factory=list, init=False)
    readers: dict[Blob, list[int]] = field(factory=dict, init=False)
    kept: list[bool] = field(factory=list, init=False)

    def is_read(self, blob: Blob) -> bool:
        """Whether a layer that is kept reads an output."""
        return any(self.kept[reader] for reader in self.readers.get(blob, ()))

    def is_calculated(self, blob: Blob) -> bool:
        """Whether a layer whose type is known reads an output."""
        return any(
            self.kept[reader] and self.layers[reader].type in self.known for reader in self.readers.get(blob, ())
        )

    def is_silenced(self, blob: Blob) -> bool:
        """Whether the file says that an output of the network is none."""
        return any(self.layers[reader].type == "Silence" for reader in self.readers.get(blob, ()))

    def is_source(self, index: int) -> bool:
        """Whether a layer makes what it puts out of nothing that the network has."""
        layer = self.layers[index]
        return layer.type in DATA or (not layer.bottoms and layer.type not in self.known)


def left_out(layer: Layer) -> bool:
    """Whether a layer is not part of what is calculated here."""
    return layer.type in LEFT_OUT or layer.type.endswith("Loss")


def wired(layers: Sequence[Layer], others: Sequence[Layer], known: Container[str], sheet: Sheet) -> Wires:
    """The wires between layers; `others` are those of another phase. Mistakes go to the sheet."""
    wires = Wires(layers, known)
    names = sum(len(layer.bottoms) + len(layer.tops) for layer in layers)
    if names > _MOST_NAMES:
        message = f"the layers read and put out {names:,} names, more than the {_MOST_NAMES:,} that any network has"
        raise sheet.refuse(message, Place("", line=1))
    last: dict[str, Blob] = {}
    mistakes = 0
    for index, layer in enumerate(layers):
        read = []
        for place, name in enumerate(layer.bottoms):
            blob = last.get(name)
            if blob is None:
                _unmade(layer, place, last, [*layers[index:], *others], sheet)
                mistakes += 1
                if mistakes >= _MOST:
                    raise Halted
                continue
            wires.readers.setdefault(blob, []).append(index)
            read.append(blob)
        wires.sources.append(read)
        for place, name in enumerate(layer.tops):
            if name in last and (place >= len(layer.bottoms) or layer.bottoms[place] != name):
                _made_again(layer, place, layers[last[name][0]], sheet)
                mistakes += 1
            last[name] = (index, place)
        if mistakes >= _MOST:
            raise Halted
    _keep(wires)
    return wires


def _line_of(layer: Layer, name: str, place: int) -> Place:
    """The place of one of the names of what a layer reads or puts out."""
    fields = layer.message.fields.get(name, [])
    return fields[place].place() if place < len(fields) else Place("", line=layer.line)


def _unmade(layer: Layer, place: int, made: dict[str, Blob], others: Sequence[Layer], sheet: Sheet) -> None:
    """The finding about a name that no layer above puts out."""
    name = layer.bottoms[place]
    help = None
    later = next((other for other in others if name in other.tops), None)
    if later is layer:
        help = "it is an output of this layer itself: a layer reads only what is above it"
    elif later is not None:
        when = meaning(later)
        help = f"`{shown(later.name)}` on line {later.line} puts it out"
        help += f", which is in the network with `--set {when}`" if when else ", but Caffe reads layers in their order"
    else:
        near = nearest(name, made)
        help = (
            f"did you mean `{shown(near)}`?"
            if near
            else "a file without an input needs an `Input` layer" * (not made) or None
        )
    sheet.refuse(
        f"`{shown(layer.name)}` reads `{shown(name)}`, which no layer above puts out",
        _line_of(layer, "bottom", place),
        help=help,
    )


def _made_again(layer: Layer, place: int, first: Layer, sheet: Sheet) -> None:
    """The finding about a name that two layers put out."""
    name = layer.tops[place]
    sheet.refuse(
        f"`{shown(name)}` is put out by `{shown(first.name)}` on line {first.line} and again by `{shown(layer.name)}`",
        _line_of(layer, "top", place),
        help="give it another name; only a layer that also reads it may overwrite it",
    )


def _keep(wires: Wires) -> None:
    """Finds the layers that are kept: not those left out, and not those of a truth that only such layers read."""
    layers = wires.layers
    wires.kept = [not left_out(layer) for layer in layers]
    truths: set[Blob] = set()
    of_truth = []
    for index, layer in enumerate(layers):
        read = wires.sources[index]
        of_truth.append(bool(read) and truths.issuperset(read))
        if of_truth[-1]:
            truths.update((index, place) for place in range(len(layer.tops)))
        elif wires.is_source(index) and layer.type != "Input":
            truths.update((index, place) for place in range(1, len(layer.tops)))
    for index in reversed(range(len(layers))):
        if of_truth[index]:
            wires.kept[index] = any(wires.is_read((index, place)) for place in range(len(layers[index].tops)))
