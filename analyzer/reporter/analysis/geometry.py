"""The kind of a layer in a few signs, from its declared parameters: `conv 8×8 /2 +1`, `conv 3×3 +same g32 local`."""

from __future__ import annotations

from analyzer.engine.result import Row
from analyzer.layers.axes import times
from analyzer.layers.padding import Padding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The sign before a parameter's value, in the order shown. What the output volume already shows is not repeated.
SIGNS = {
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
    "order": "",
}

#: The meaning of the signs, for the legend and the documentation.
LEGEND = "kernel, /stride, +padding, ·d dilation, g groups, sharing other than shared"


#: What normalisations are called in papers, for a row that shows a layer with its `norm`.
SHORT = {"batch_norm": "bn", "layer_norm": "ln", "group_norm": "gn", "local_response_norm": "lrn"}


def short_kind(row: Row) -> str:
    """The kind of a layer that another one expands to: a normalisation has its short name."""
    return kind_text(row, SHORT.get(row.kind, row.kind))


def kind_text(row: Row, called: str | None = None) -> str:
    """The type (or what it is `called`), its main parameter, and the parameters that differ from their defaults."""
    layer = row.node.layer
    declared = layer.declared
    words = [(called or layer.type) + ("*" if layer.authored else "")]
    if declared:
        rank = len(row.node.inputs[0].output.spatial) if row.node.inputs else 0
        for name, sign in SIGNS.items():
            declaration = declared.get(name)
            if declaration is None:
                continue
            value = getattr(layer, declaration.attribute)
            if name == "stride" and value is None:
                value = layer.__dict__["kernel"]  # a pool's step is its window
            if value is None or (value == declaration.default and not declaration.main):
                continue
            if isinstance(value, Padding):
                value = _resolved(value, row)
                if value == declaration.default:
                    continue
            words.append(sign + _spelled(name, value, rank))
    if row.node.tied is not None:
        words.append("tied")
    if row.node.frozen:
        words.append("frozen")
    return " ".join(words)


def _resolved(padding: Padding, row: Row) -> Padding:
    """The padding in cells: `same` hides how many they are."""
    if padding.mode == "explicit":
        return padding
    window = row.node.layer.window(row.node.inputs[0].output)
    if window is None:
        return padding
    first = window.padding[0]
    alike = set(window.padding) == {first} and first[0] == first[1]
    return Padding.explicit(first[0] if alike else window.padding)


def _spelled(name: str, value: Any, rank: int) -> str:
    """A value in its shortest form; a kernel shows every axis."""
    if isinstance(value, tuple):
        if value and isinstance(value[0], str):
            return ",".join(value)
        if name != "kernel" and len(set(value)) == 1:
            value = value[0]
        else:
            return "×".join(map(str, value))
    if name == "kernel":
        return times((value,) * max(rank, 1))
    return f"{value:g}" if isinstance(value, float) else str(value)
