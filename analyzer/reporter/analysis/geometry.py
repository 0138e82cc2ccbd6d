"""The kind of a layer in a few signs, from its declared parameters: `conv 8×8 /2 +1`, `conv 3×3 +1 g32 local`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.engine.result import Row
from analyzer.layers.axes import signed, times
from analyzer.layers.padding import Padding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The sign before a parameter's value, in the order shown. What the output volume already shows is not repeated.
SIGNS = {
    "op": "",
    "pattern": "",
    "kernel": "",
    "size": "",
    "factor": "×",
    "stride": "/",
    "padding": "+",
    "output_padding": "+out ",
    "dilation": "·d",
    "groups": "g",
    "multiplier": "m",
    "heads": "h",
    "key_value_heads": "kv",
    "layers": "l",
    "reduced": "r",
    "ratio": "÷",
    "rate": "",
    "slope": "",
    "mode": "",
    "rounding": "",
    "padding_mode": "",
    "sharing": "",
    "per": "per ",
    "axes": "",
    "axis": "",
    "shift": "by ",
    "order": "",
    "transpose": "",
    "trained": "",
}

#: What is said of a flag that is not at its default.
_FLAGS = {"transpose": "transposed", "trained": "not trained"}

#: The meaning of the signs that are not plain, for the legend.
_LEGEND = {
    "kernel": "kernel",
    "stride": "/stride",
    "padding": "+padding",
    "dilation": "·d dilation",
    "groups": "g groups",
    "sharing": "sharing other than shared",
}


#: What normalisations are called in papers, for a row that shows a layer with its `norm`.
SHORT = {"batch_norm": "bn", "layer_norm": "ln", "group_norm": "gn", "local_response_norm": "lrn"}


def kind_text(row: Row) -> str:
    """The type, its main parameter, and the parameters that differ from their defaults."""
    layer = row.node.layer
    words = [layer.type + "*" if layer.authored else layer.type]
    if layer.declared:
        rank = max(volume.rank for volume in (row.node.output, *(source.output for source in row.node.inputs[:1])))
        words += [SIGNS[name] + _spelled(name, value, rank) for name, value in _shown(row)]
    if row.node.tied is not None:
        words.append("tied")
    if row.node.frozen:
        words.append("frozen")
    return ", ".join([" ".join(words), *(SHORT.get(one.layer.type, one.layer.type) for one in row.node.fused)])


def legend(rows: Iterable[Row]) -> list[str]:
    """The meaning of the signs in the kinds of these rows."""
    used = {name for row in rows for name, _ in _shown(row)}
    return [words for name, words in _LEGEND.items() if name in used]


def _shown(row: Row) -> Iterator[tuple[str, Any]]:
    """The parameters that the kind of a row shows, by their names."""
    layer = row.node.layer
    for name in SIGNS:
        declaration = layer.declared.get(name)
        if declaration is None:
            continue
        value = getattr(layer, declaration.attribute)
        if name == "stride" and value is None:
            value = layer.__dict__["kernel"]  # a pool's step is its window
        if isinstance(value, Padding):
            value = _resolved(value, row)
        # a layer whose main parameter is the axis is about the depth unless it says so
        shown = declaration.main and name != "axis"
        if value is not None and (shown or value != declaration.default):
            yield name, value


def _resolved(padding: Padding, row: Row) -> Padding:
    """The padding in cells: `same` hides how many they are."""
    if padding.mode == "explicit":
        return padding
    window = row.node.layer.window(row.node.flow.input)
    if window is None:
        return padding
    first = window.padding[0]
    alike = set(window.padding) == {first} and first[0] == first[1]
    return Padding.explicit(first[0] if alike else window.padding)


def _spelled(name: str, value: Any, rank: int) -> str:
    """A value in its shortest form; a kernel shows every axis."""
    if name == "pattern":
        from analyzer.layers.patterns import text_of  # few networks have one

        return text_of(value)
    if isinstance(value, tuple):
        if value and isinstance(value[0], str):
            return ",".join(value)
        if name != "kernel" and len(set(value)) == 1:
            value = value[0]
        else:
            return "×".join(map(str, value))
    if name in _FLAGS:
        return _FLAGS[name]
    if name == "kernel":
        return times((value,) * max(rank, 1))
    if name == "shift":
        return signed(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
