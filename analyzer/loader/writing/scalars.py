"""Values as YAML's flow style, which every YAML parser reads back as the same values."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A word that needs no quotes.
_WORD = re.compile(r"[A-Za-z_][\w/-]*", re.ASCII)

#: Words that some version of YAML reads as something else.
_TAKEN = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))

#: A volume or several sizes with an axis of unknown size.
_SIZES = re.compile(r"[0-9?]+(x[0-9?]+)+", re.ASCII)


def flow(value: Any) -> str:
    """A value in flow style, on one line.

    >>> flow({"kernel": [3, 3], "padding": "same", "output": "7x7x512", "slope": 1e-05, "norm": None})
    '{kernel: [3, 3], padding: same, output: 7x7x512, slope: 0.00001, norm: null}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _float(value) if isinstance(value, float) else str(value)


def text(value: str) -> str:
    """A text, in quotes where it would be read as something else without them.

    >>> text("conv1"), text("layer1.0.conv1"), text("on"), text("a: b\\n")
    ('conv1', '"layer1.0.conv1"', '"on"', '"a: b\\\\n"')
    """
    if (_WORD.fullmatch(value) and value.lower() not in _TAKEN) or _SIZES.fullmatch(value):
        return value
    return '"' + "".join(map(_sign, value)) + '"'


def sizes(expected: tuple[int | None, ...]) -> str | int:
    """The value of `expect` for these sizes (None: any).

    >>> sizes((14, None, 20)), sizes((1000,))
    ('14x?x20', 1000)
    """
    first = expected[0]
    if len(expected) == 1 and first is not None:
        return first
    return "x".join("?" if size is None else str(size) for size in expected)


def comment(value: str) -> str:
    """A text as one line of a comment."""
    line = " ".join(value.split())
    return "# " + "".join(one if one.isprintable() else _sign(one) for one in line)


def _sign(sign: str) -> str:
    """A sign inside of double quotes."""
    if sign in '"\\':
        return "\\" + sign
    if sign.isprintable():
        return sign
    if sign == "\n":
        return "\\n"
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _float(value: float) -> str:
    """A number that YAML 1.1 and 1.2 both read as this one: digits and a point, or an exponent with its sign."""
    written = repr(value)
    if "e" not in written:
        return written
    plain = f"{value:.20f}".rstrip("0")
    if float(plain + "0") == value and len(plain) < 24:
        return plain + "0" if plain.endswith(".") else plain
    mantissa, _, exponent = written.partition("e")
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}e{exponent if exponent[0] in '+-' else '+' + exponent}"
