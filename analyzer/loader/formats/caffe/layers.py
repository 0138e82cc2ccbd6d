"""The layers of a network file in one form, whatever the age of the file: Caffe's own rules for old ones.

Sources: upgrade_proto.cpp of BVLC/caffe: `UpgradeV0Net`, `UpgradeV1LayerParameter`, `UpgradeNetInput`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from analyzer.diagnostics import nearest
from analyzer.loader.formats.caffe.text import MESSAGE, NUMBER, Field, Message
from analyzer.loader.formats.caffe.values import number, numbers, text, texts
from analyzer.loader.formats.caffe.words import V0_FIELDS, V0_TYPES, V1_TYPES
from analyzer.loader.formats.sheet import Place, Sheet
from analyzer.loader.text.limits import LIMITS
from analyzer.record import Record
from analyzer.source import shown


class Layer(Record):
    """A layer: its parameters, and by name what it reads (`bottoms`) and what it puts out (`tops`).

    `shared` are the names of its trained tensors, by which layers share them, empty without one; `rates` the factors of
    their learning rates. Both may be shorter than the list of tensors.
    """

    name: str
    type: str
    message: Message
    bottoms: Sequence[str]
    tops: Sequence[str]
    shared: Sequence[str] = ()
    rates: Sequence[float] = ()

    @property
    def line(self) -> int:
        """The line where it begins."""
        return self.message.line

    def place(self, part: str = "") -> Place:
        """The name and the place of the layer here, or of a part of it."""
        return Place(f"{self.name}.{part}" if part else self.name, line=self.line)

    def parameters(self, name: str) -> Message:
        """A block of parameters; an empty one where it is not written."""
        return self.message.message(name)

    def at(self, block: str, field: str) -> Place:
        """The place of a field in a block of parameters."""
        found = self.parameters(block).last(field)
        return Place("", line=self.line if found is None else found.line)

    def inplace(self) -> bool:
        """Whether it overwrites what it reads."""
        return bool(self.bottoms and self.tops and self.bottoms[0] == self.tops[0])


def layers_of(net: Message, sheet: Sheet) -> list[Layer]:
    """The layers of a file in their order, its inputs first."""
    new, old = net.messages("layer"), net.messages("layers")
    if new and old:
        first = max(new[0].line, old[0].line)
        message = "some layers are `layer` blocks and others `layers` blocks, of which Caffe reads only the second"
        sheet.refuse(message, Place("", line=first), help="write all of them as `layer`")
    if any("layer" in one.fields for one in old):
        found = _unpadded([_v0(one, sheet) for one in old])
    else:
        found = [_v1(one) for one in old] + [_v2(one) for one in new]
    for layer in islice((one for one in found if not one.type), LIMITS.findings):
        name = f"`{shown(layer.name)}`" if layer.name else "a layer"
        sheet.refuse(f"{name} has no `type`", Place("", line=layer.line), help='for example `type: "Convolution"`')
    return _inputs(net, sheet) + found


def _v2(message: Message) -> Layer:
    specs = message.messages("param")
    return Layer(
        _name(message),
        text(message, "type"),
        message,
        texts(message, "bottom"),
        texts(message, "top"),
        [text(one, "name") for one in specs],
        [number(one, "lr_mult", 1.0) for one in specs],
    )


def _v1(message: Message) -> Layer:
    """A layer whose type is a word of an enumeration, and whose tensors are named by `param: "…"`."""
    written = message.last("type")
    if written is None:
        type = ""
    elif written.kind == NUMBER:
        type = list(V1_TYPES.values())[int(written.text)]
    else:
        type = V1_TYPES[written.text]
    return Layer(
        _name(message),
        type,
        message,
        texts(message, "bottom"),
        texts(message, "top"),
        texts(message, "param"),
        numbers(message, "blobs_lr"),
    )


def _v0(connection: Message, sheet: Sheet) -> Layer:
    """A layer of the oldest form: `layers { layer { name, type, … } bottom top }`."""
    inner = connection.message("layer")
    written = text(inner, "type")
    type = V0_TYPES.get(written, written)
    if type == written != "padding":
        near = nearest(written, V0_TYPES)
        help = f"did you mean `{near}`?" if near else None
        sheet.refuse(f"Caffe has no layer type `{shown(written)}`", inner.place("type"), help=help)
    message = Message("layers", connection.line)
    block, names = V0_FIELDS.get(type, ("", {}))
    moved = Message(block, connection.line)
    for name, values in inner.fields.items():
        for value in values:
            if name in names:
                moved.add(Field(names[name], value.line, value.kind, value.text, value.message))
            else:
                message.add(value)
    if block:
        message.add(Field(block, connection.line, MESSAGE, message=moved))
    bottoms, tops = texts(connection, "bottom"), texts(connection, "top")
    return Layer(_name(inner), type, message, bottoms, tops, (), numbers(inner, "blobs_lr"))


def _unpadded(layers: Sequence[Layer]) -> list[Layer]:
    """The oldest form without its `padding` layers: their padding is that of the layer which reads them."""
    padding: dict[str, Layer] = {}
    found = []
    for layer in layers:
        if layer.type == "padding":
            padding.update((top, layer) for top in layer.tops)
            continue
        before = padding.get(layer.bottoms[0]) if layer.bottoms else None
        if before is not None and layer.type in ("Convolution", "Pooling"):
            block = layer.parameters(V0_FIELDS[layer.type][0])
            block.fields["pad"] = before.message.fields.get("pad", [])
            layer.bottoms = [*before.bottoms, *layer.bottoms[1:]]
        for top in layer.tops:
            padding.pop(top, None)
        found.append(layer)
    return found


def _name(message: Message) -> str:
    return text(message, "name") or text(message, "type").lower()


def _inputs(net: Message, sheet: Sheet) -> list[Layer]:
    """The inputs that the file has outside of layers, as one layer of type `Input`; four `input_dim` are a shape."""
    tops = texts(net, "input")
    shapes, dims = net.messages("input_shape"), net.fields.get("input_dim", [])
    if not shapes and not dims:  # names that a layer of type `Input` has too
        made = {top for layer in net.messages("layer") if text(layer, "type") == "Input" for top in texts(layer, "top")}
        tops = [top for top in tops if top not in made]
    if not tops:
        return []
    message = Message("input", net.fields["input"][0].line)
    if not shapes and dims and len(dims) != 4 * len(tops):
        inputs = "the input" if len(tops) == 1 else f"{len(tops)} inputs"
        sheet.refuse(
            f"`input_dim` appears {len(dims)} times, but {inputs} need {4 * len(tops)}"
            if len(tops) > 1
            else f"`input_dim` appears {len(dims)} times, but an input has 4: batch, channels, height and width",
            dims[0].place(),
            help="an `input_shape { dim: … }` may have any number of axes",
        )
        return []
    if shapes and len(shapes) != len(tops):
        sheet.refuse(
            f"the network has {len(tops)} `input` and {len(shapes)} `input_shape`, one of which belongs to each input",
            shapes[0].place(),
        )
        return []
    if not shapes:
        shapes = [_shape(dims[at : at + 4]) for at in range(0, len(dims), 4)]
    given = Message("input_param", message.line)
    for shape in shapes:
        given.add(Field("shape", shape.line, MESSAGE, message=shape))
    message.add(Field("input_param", message.line, MESSAGE, message=given))
    return [Layer("input", "Input", message, (), tops)]


def _shape(dims: Sequence[Field]) -> Message:
    shape = Message("shape", dims[0].line)
    for dim in dims:
        shape.add(Field("dim", dim.line, NUMBER, dim.text))
    return shape
