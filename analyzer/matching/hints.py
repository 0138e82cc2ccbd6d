"""The one change that would make a layer what its module is: tried on the layer, so that it is true of this file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analyzer.diagnostics import Refusal
from analyzer.engine.result import Row
from analyzer.layers import Layer
from analyzer.matching.asking import answers
from analyzer.matching.observed import Observed
from analyzer.matching.tensors import volumes
from analyzer.record import Record
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Sizes of kernels and strides that are tried.
_KERNELS, _STRIDES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 11), (1, 2, 3, 4)
_PADDINGS = (0, 1, 2, 3, 4, 5, "same")

#: Parameters that are often changed together.
_TOGETHER = (
    ("kernel", "padding"), ("kernel", "stride"), ("dilation", "padding"), ("filters", "bias"), ("units", "bias"),
)  # fmt: skip


class Fix(Record):
    """Parameters of a layer with the values that they need for the module (`needed`), and that they have (`now`)."""

    needed: Mapping[str, Any]
    now: Mapping[str, Any]


def fix(call: Observed, row: Row) -> Fix | None:
    """The smallest change of a layer's parameters with which it is what its module is; None where none is found."""
    layer = row.node.layer
    read = [source.output for source in row.node.inputs]
    if not read or not (call.outputs or call.parts):
        return None
    first = next(volumes(call.inputs[0], read[0]), read[0]) if call.inputs else read[0]
    # In Keras, cells of padding may be a layer of their own: then the module read more than the layer does.
    firsts = dict.fromkeys((first, read[0]))
    for change in _changes(layer, call, first):
        changed = _changed(layer, change)
        if changed is not None and any(answers(changed, [one, *read[1:]], call) for one in firsts):
            return Fix(change, {name: _value(layer, name) for name in change})
    return None


def _changes(layer: Layer, call: Observed, read: Volume) -> Iterator[dict[str, Any]]:
    """Changes that are worth a trial, those of one parameter first."""
    single = [
        {name: value}
        for name, values in _values(layer, call, read).items()
        if name in layer.declared
        for value in values
    ]
    yield from single
    for first, second in _TOGETHER:
        pairs = [[one for one in single if name in one] for name in (first, second)]
        yield from ({**one, **other} for one in pairs[0] for other in pairs[1])


def _values(layer: Layer, call: Observed, read: Volume) -> dict[str, Iterable[Any]]:
    """The values that are worth a trial, by parameter: depths and groups as the module has them, others usual ones."""
    put_out = call.outputs[0] if call.outputs else ()
    between = call.parts[0].outputs[0] if call.parts and call.parts[0].outputs else ()
    depths, inner = ([*dict.fromkeys((*shape[-1:], *shape[1:2]))] for shape in (put_out, between))
    return {
        "bias": (True, False),
        "weight_norm": (True, False),
        "filters": depths,
        "units": depths,
        "reduced": inner,
        "groups": [number for number in (1, 2, 4, 8, 16, 32, 64, read.depth) if read.depth % number == 0],
        "stride": _STRIDES,
        "kernel": _KERNELS,
        "padding": _PADDINGS,
        "dilation": _STRIDES,
    }


def _value(layer: Layer, name: str) -> Any:
    """The value of a parameter as a file writes it."""
    declared = layer.declared[name]
    value = declared.kind.write(layer.__dict__.get(declared.attribute, declared.default))
    if isinstance(value, (list, tuple)) and value and all(one == value[0] for one in value):
        return value[0]
    return value


def _changed(layer: Layer, change: Mapping[str, Any]) -> Layer | None:
    """The layer with other values; None where it cannot have them."""
    if all(_value(layer, name) == value for name, value in change.items()):
        return None
    try:
        return type(layer)(**{**layer.written(), **change})
    except Refusal:
        return None
