"""What a reader of a foreign format writes: layers of the catalogue, one after the other, and notes.

A sheet is one flat list. It becomes the same tree that the text of a YAML file becomes, so that parsing, expansion,
checks and messages are those of YAML. A reader never calculates a shape: `Sheet.write` asks the layer type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from analyzer.diagnostics import Diagnostic, Refusal
from analyzer.dtypes import is_narrow, number_format
from analyzer.engine.network import Kept, Source
from analyzer.layers import CATALOGUE, Layer
from analyzer.layers.building import build
from analyzer.layers.reference_kinds import References
from analyzer.loader.parse.grammar import TAKEN_NAMES
from analyzer.loader.parse.naming import stem_of
from analyzer.loader.text.read import Read
from analyzer.loader.text.tree import Elsewhere, Scalar, Tree, Way, value_of
from analyzer.loader.text.tree import Mapping as MappingTree
from analyzer.loader.text.tree import Sequence as SequenceTree
from analyzer.record import Record, field
from analyzer.source import Span, shown
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.parse.description import Model
    from analyzer.loader.text.tree import Mark

#: What a name may not have in it, other than the dots between its parts.
_ILLEGAL = re.compile(r"[^\w\-/:.]+")

#: Longer parts of names are cut.
_LONGEST = 80


class Halted(Exception):
    """Reading cannot continue. The reason is among the sheet's problems, or is a layer that the expansion refuses."""


class Place(Record):
    """Where a layer comes from.

    name    the dotted path that it should have as its name: `layer1.0.conv1`. One that ends in a dot is a group, in
            which the layer is called by its type and a number: `layer1.0.` → `layer1.0.add1`
    label   its place in the file, for messages: the name of a node or of a layer
    line    its line, from 1, in a file that is a text; 0 in any other
    file    the file that has the line, where it is not the network's: the Python that made it
    columns the first and the last column of the line that has it, from 1, the last one exclusive; (1, 2) if unknown
    """

    name: str = ""
    label: str = ""
    line: int = 0
    file: str = ""
    columns: tuple[int, int] = (1, 2)

    def span(self, file: str, order: int) -> Span | None:
        """The place for a message; `order` counts places that have no line."""
        if self.line:
            return Span(self.file or file, self.line, self.columns[0], None, self.columns[1])
        return Span(file, order, 1, label=self.label) if self.label else None


NOWHERE = Place()


class Written(Record):
    """A layer that was written, or an input of the network (its type is empty).

    name    unique on the sheet
    place   where it comes from
    item    its item in the list of layers, as YAML has it
    """

    name: str
    type: str
    parameters: Mapping[str, Any]
    inputs: Sequence[Written]
    volume: Volume
    place: Place
    item: dict[str, Any] = field(factory=dict)


class Weights(Record):
    """What a layer reuses of a written one where it has other biases: the weights only."""

    of: Written


class Sheet:
    """The layers of a foreign network in an order of computation, its inputs and outputs, and what is said about it.

    `groups` has the class of the module at a path (`layer1.0` → `Bottleneck`), `uncovered` how often each operator
    became a `custom` layer, `tensors` what a module of PyTorch saves, by their names, `problems` errors, warnings and
    notes.

    >>> sheet = Sheet("net.onnx", "net")
    >>> image = sheet.enter("image", (32, 32, 3))
    >>> conv = sheet.write("conv", [image], Place("stem.conv", "/stem/conv/Conv"), {"filters": 8, "kernel": [3, 3]})
    >>> conv.name, conv.volume
    ('stem.conv', Volume(30x30x8))
    """

    def __init__(self, file: str, name: str = "") -> None:
        self.file = file
        self.name = name or stem_of(file)
        #: What messages show lines of; empty for a file that is no text.
        self.text = ""
        #: The texts of other files that places are in.
        self.texts: dict[str, str] = {}
        self.description: str | None = None
        self.source: Source | None = None
        #: The number format of most weights, None where the file has none; that of each layer's weights, by the name of
        #: the layer or of its place.
        self.dtype: str | None = None
        self.formats: dict[str, str] = {}
        self.inputs: list[Written] = []
        self.layers: list[Written] = []
        self.problems: list[Diagnostic] = []
        self.groups: dict[str, str] = {}
        self.uncovered: dict[str, int] = {}
        self.tensors: Mapping[str, Kept] = {}
        self._outputs: list[Written] = []
        self._names: set[str] = set(TAKEN_NAMES)
        self._numbers: dict[str, int] = {}
        # Layers by what was written, and volumes by the layer and what it reads: networks repeat themselves.
        self._alike: dict[tuple[str, str], Layer] = {}
        self._volumes: dict[tuple[object, ...], Volume] = {}

    def enter(self, name: str, sizes: Sequence[int], label: str = "") -> Written:
        """An input of the network; `sizes` has the depth last."""
        if self.inputs and self.inputs[0].name == "input":  # the word means the first input, whatever its name
            self.inputs[0].name = self._unique("input")
        alone = name == "input" and not self.inputs
        name = name if alone else self._unique(legal(name) or "input1")
        volume = Volume.of(tuple(sizes))
        self.inputs.append(Written(name, "", {}, (), volume, Place(name, label or name)))
        return self.inputs[-1]

    def write(
        self,
        type: str,
        inputs: Sequence[Written],
        place: Place = NOWHERE,
        parameters: Mapping[str, Any] | None = None,
        *,
        tied: Written | Weights | None = None,
        frozen: bool = False,
        note: str | None = None,
    ) -> Written:
        """Writes a layer that reads `inputs`; `parameters` are as YAML has them, without the layers that a merge reads.

        `tied` is a layer that it is called again for, or whose tensors of weights it has (`Weights`) with other biases.

        Raises `Halted` where the type refuses its parameters or what it reads: the tree then ends with this layer, and
        the expansion reports it.
        """
        given = dict(parameters or {})
        name = self._name(place.name, type)
        item: dict[str, Any] = {"name": name}
        reading = [source.name for source in inputs]
        listed = _merged(type)
        if listed is not None:
            item[type] = {listed: reading, **given} if given else reading
        else:
            item[type] = given
            if reading and (len(reading) > 1 or not self._follows(inputs[0])):
                item["from"] = reading[0] if len(reading) == 1 else reading
        owner = {"weights": tied.of.name} if isinstance(tied, Weights) else None if tied is None else tied.name
        for key, value in (("tied", owner), ("frozen", frozen or None), ("note", note)):
            if value is not None:
                item[key] = value
        written = Written(name, type, given, inputs, _UNKNOWN, place, item)
        self.layers.append(written)
        try:
            written.volume = self._volume(type, given, inputs, listed, reading)
        except Refusal:
            raise Halted from None
        return written

    def _follows(self, source: Written) -> bool:
        """Whether a layer that is written now reads `source` without saying so."""
        above = self.layers[-1] if self.layers else self.inputs[0]
        return source is above and not (above.type and CATALOGUE[above.type].reads == (0, 0))

    def _volume(
        self, type: str, given: dict[str, Any], inputs: Sequence[Written], listed: str | None, reading: list[str]
    ) -> Volume:
        """The output of a layer, asked of its type once for equal parameters and equal inputs."""
        alike = type, repr(given)
        layer = self._alike.get(alike)
        if layer is None:
            layer = self._alike[alike] = build(type, {listed: reading, **given} if listed else given)
        key = (alike, *[source.volume.sizes for source in inputs])
        volume = self._volumes.get(key)
        if volume is None:
            volume = self._volumes[key] = layer.output([source.volume for source in inputs])
        return volume

    def outputs(self, written: Iterable[Written]) -> None:
        """Names the outputs of the network."""
        self._outputs = list(dict.fromkeys(one for one in written if one.type))

    def note(self, message: str, place: Place = NOWHERE, *, code: str = "READ301", help: str | None = None) -> None:
        """Says something about the network that is no mistake."""
        self._say("note", code, message, place, help)

    def warn(self, message: str, place: Place = NOWHERE, *, code: str = "READ201", help: str | None = None) -> None:
        """Says that something of the network is missing from the sheet."""
        self._say("warning", code, message, place, help)

    def refuse(self, message: str, place: Place = NOWHERE, *, code: str = "READ101", help: str | None = None) -> Halted:
        """Reports a mistake in the file; returns what to raise where reading cannot continue."""
        self._say("error", code, message, place, help)
        return Halted()

    def ends(self, why: str, place: Place, behind: int) -> None:
        """Says that the reading ends at a place, and how many nodes behind it are not read.

        Raises `Halted` where nothing was read before.
        """
        if not self.layers:
            raise self.refuse(f"nothing of the network can be read: {why}", place)
        count = "1 node behind it is" if behind == 1 else f"{behind:,} nodes behind it are"
        left = f"; {count} not read" if behind else ""
        self.warn(f"the reading ends at `{shown(place.label)}`: {why}{left}", place)

    def _say(self, severity: str, code: str, message: str, place: Place, help: str | None) -> None:
        span = place.span(self.file, len(self.layers))
        self.problems.append(Diagnostic(code, message, span, severity=severity, help=help))
        self.problems[-1].shorten()

    def _name(self, wanted: str, type: str) -> str:
        """The name of a new layer: the wanted one made legal and unique, or its type and a number in its group."""
        name = legal(wanted)
        if name and not wanted.endswith("."):
            return self._unique(name)
        prefix = f"{name}." if name else ""
        return self._numbered(prefix + type, "")

    def _unique(self, name: str) -> str:
        if name in self._names:
            return self._numbered(name, "_" if name[-1].isdigit() else "")
        self._names.add(name)
        return name

    def _numbered(self, stem: str, between: str) -> str:
        """The stem and the next number that nothing on the sheet has."""
        number = self._numbers.get(stem, 0 if not between else 1)
        name = stem
        while name in self._names or name == stem:
            number += 1
            name = f"{stem}{between}{number}"
        self._numbers[stem] = number
        self._names.add(name)
        return name

    def read(self) -> Read:
        """The tree of the sheet, and what was found while it was written."""
        return Read(_Builder(self).tree(), self.problems)

    def tell(self, model: Model) -> None:
        """Gives the description that was parsed from the tree what the tree does not say."""
        model.source, model.uncovered, model.weights_dtype = self.source, self.uncovered, self.dtype
        model.tensors = self.tensors
        told = ((one.name, self.formats.get(one.name, self.formats.get(one.place.name))) for one in self.layers)
        formats = {name: number_format(format) for name, format in told if format is not None}
        several, model.formats = list(formats.values()), {}
        if len(set(several)) > 1 or any(is_narrow(format) for format in several):
            model.weights_dtype = self.dtype or max(dict.fromkeys(several), key=several.count)
            model.formats = formats
        model.text, model.texts, model.told, model.groups = self.text, self.texts, self.problems, self.groups

    def data(self) -> dict[str, Any]:
        """The sheet as YAML would load it."""
        data: dict[str, Any] = {"name": self.name}
        if self.description:
            data["description"] = self.description
        if [written.name for written in self.inputs] == ["input"]:
            data["input"] = str(self.inputs[0].volume)
        else:
            data["inputs"] = {written.name: str(written.volume) for written in self.inputs}
        data["layers"] = [written.item for written in self.layers]
        if self._outputs:
            data["outputs"] = [written.name for written in self._outputs]
        return data


#: The volume of a layer until its type has answered; nothing reads it.
_UNKNOWN = Volume((), 1)


#: The number formats of weights that memory knows, by the names of ONNX and torch.
_FORMATS = ("float32", "float64", "float16", "bfloat16", "int8", "uint8")


def usual_format(weights: Iterable[tuple[str, int]]) -> str | None:
    """The number format of most weights, given as formats and numbers of elements; None where it is float32.

    >>> usual_format([("float32", 10), ("float16", 90)])
    'float16'
    """
    sizes: dict[str, int] = {}
    for format, size in weights:
        sizes[format] = sizes.get(format, 0) + size
    most = max(sizes, key=sizes.__getitem__, default="float32")
    return most if most != "float32" and most in _FORMATS else None


def legal(name: str) -> str:
    """A dotted path with only what names may have: letters, digits and `_ - / :` between the dots.

    >>> legal(" a b..c$d "), legal("/layer1/conv")
    ('a_b.c_d', 'layer1/conv')
    """
    parts = (_ILLEGAL.sub("_", part.strip().strip("/"))[:_LONGEST] for part in name.split("."))
    return ".".join(part for part in parts if part)


def _merged(type: str) -> str | None:
    """The parameter in which a type lists the layers that it reads; None where `from` names them."""
    cls = CATALOGUE[type]
    return cls.main if cls.main is not None and isinstance(cls.declared[cls.main].kind, References) else None


class _Line(Record):
    """A mark as PyYAML makes it: a line and a column from 0."""

    line: int
    column: int = 0


class _Builder:
    """Makes the tree of a sheet. Every value of a layer has that layer's place."""

    # By hand: it counts the places.
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.number = 0

    def tree(self) -> Tree:
        """The tree of the sheet."""
        places = {id(written.item): written.place for written in self.sheet.layers}
        root = MappingTree(self._mark(NOWHERE), flow=False)
        for key, value in self.sheet.data().items():
            place = Place(label=key)
            mark = self._mark(place)
            if key == "layers":
                layers = SequenceTree(mark, flow=False)
                layers.items = [self._value(item, self._labelled(places[id(item)], item)) for item in value]
                made: Tree = layers
            else:
                made = self._value(value, place)
            root.items.append((Scalar(key, mark, mark, plain=True), made))
        return root

    def _labelled(self, place: Place, item: dict[str, Any]) -> Place:
        return place if place.line or place.label else Place(label=item["name"])

    def _mark(self, place: Place) -> Mark:
        if place.line:
            if place.file:
                first, last = place.columns
                return Elsewhere(place.file, place.line - 1, first - 1, last - 1)
            return _Line(place.line - 1)
        self.number += 1
        return Way(place.label, self.number)

    def _value(self, value: Any, place: Place) -> Tree:
        mark = self._mark(place)
        if isinstance(value, dict):
            mapping = MappingTree(mark, flow=False)
            mapping.items = [
                (Scalar(key, mark, mark, plain=_is_plain(key)), self._value(one, place)) for key, one in value.items()
            ]
            return mapping
        if isinstance(value, (list, tuple)):
            sequence = SequenceTree(mark, flow=False)
            sequence.items = [self._value(one, place) for one in value]
            return sequence
        if isinstance(value, str):
            return Scalar(value, mark, mark, plain=_is_plain(value))
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
        return Scalar(text, mark, mark, plain=True)


def _is_plain(text: str) -> bool:
    """Whether a text without quotes is read as that text; a path is none."""
    if "." in text:
        return False
    way = Way("", 0)
    return isinstance(value_of(Scalar(text, way, way, plain=True)), str)
