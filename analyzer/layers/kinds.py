"""Kinds of parameter: which values a file may have, and what the rules calculate with.

A kind reads a plain value (number, word, flag, list or mapping; expressions are evaluated before) and returns the value
that the rules calculate with, or raises a `Refusal` that says what was expected. It also writes such a value back, and
describes itself to the JSON schema, the docs and the messages, so that a range has one home.
"""

from __future__ import annotations

from collections.abc import Collection
from math import isfinite

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.source import shown
from analyzer.volume import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: A value of a parameter as a file has it, its expressions evaluated.
    Value: TypeAlias = Any
    #: A fragment of a JSON schema.
    Fragment: TypeAlias = dict[str, Any]


def written(value: Value) -> str:
    """A value for a message, as its author wrote it."""
    if value is None:
        return "nothing"
    if value is True or value is False:
        return "`true`" if value else "`false`"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "`[" + shown(", ".join(map(_item, value))) + "]`"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 10**24:
            return written(int(value))
        return f"{value:.12g}".replace("-", "−")
    if isinstance(value, int):
        if abs(value) >= 10**24:  # Python refuses to write out a number of more than 4,300 digits
            return f"a number of about {value.bit_length() * 30103 // 100000 + 1} digits"
        return str(value).replace("-", "−")
    return f"`{shown(str(value))}`"


def _item(value: Value) -> str:
    """An item of a list in a message."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_item, value)) + "]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def whole(value: Value) -> int | None:
    """`value` as a whole number, or None. A result of an expression counts as whole within one part in 10^9."""
    if type(value) is int:
        return value
    if type(value) is float and isfinite(value):
        near = round(value)
        if abs(value - near) <= abs(value) * 1e-9:
            return near
    return None


class Kind:
    """The base of the kinds. `words` completes the sentence "it must be …"."""

    words = ""
    #: The keys of the mapping that it reads, if any.
    keys: tuple[str, ...] = ()

    def read(self, value: Value) -> Value:
        """The value that the rules calculate with. Raises `Refusal` (VALUE101, LIMIT103) for a wrong one."""
        raise NotImplementedError

    def write(self, value: Value) -> Value:
        """A value that was read, as a file writes it: `read(write(value))` equals `value`."""
        return value

    def schema(self) -> Fragment:
        """A fragment of a draft-07 JSON schema that accepts the same values as `read`."""
        raise NotImplementedError

    def refuse(self, value: Value, *, at: tuple[str | int, ...] = (), help: str | None = None) -> Refusal:
        """The refusal of `value`."""
        return Refusal(f"must be {self.words}, not {written(value)}", code="VALUE101", at=at, help=help)


class Whole(Kind):
    """A whole number in a range."""

    def __init__(self, low: int = 1, high: int = LARGEST) -> None:
        self.low = low
        self.high = high
        top = "" if high == LARGEST else f" and at most {high}"
        self.words = f"a whole number of at least {low}{top}".replace("-", "−")

    def read(self, value: Value) -> int:
        number = whole(value)
        if number is None:
            raise self.refuse(value, help=number_help(value))
        if not self.low <= number <= self.high:
            if number > self.high == LARGEST:
                raise Refusal(f"must be at most 10^15, not {written(number)}", code="LIMIT103")
            raise self.refuse(value)
        return number

    def schema(self) -> Fragment:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


class WholeOrUnknown(Whole):
    """A whole number in a range, or the word `unknown`."""

    def __init__(self, low: int = 1) -> None:
        super().__init__(low)
        self.words += ", or `unknown`"

    def read(self, value: Value) -> Value:
        if isinstance(value, str):
            if value == "unknown":
                return value
            raise self.refuse(value, help=word_help(value, ("unknown",)) or number_help(value))
        return super().read(value)

    def schema(self) -> Fragment:
        number = super().schema()
        return {**number, "type": ["integer", "string"], "pattern": "^unknown$"}


class Number(Kind):
    """A number in a range, both ends included; `above` excludes the lower end."""

    def __init__(self, low: float, high: float | None = None, *, above: bool = False) -> None:
        self.low = low
        self.high = high
        self.above = above
        floor = f"above {low:g}" if above else f"of at least {low:g}".replace("-", "−")
        self.words = f"a number {floor}" if high is None else f"a number from {low:g} to {high:g}".replace("-", "−")

    def read(self, value: Value) -> float | int:
        if type(value) not in (int, float):
            raise self.refuse(value, help=number_help(value))
        low_ok = value > self.low if self.above else value >= self.low
        if not low_ok or (self.high is not None and value > self.high) or value > LARGEST:
            raise self.refuse(value)
        number: float | int = value
        return number

    def schema(self) -> Fragment:
        fragment: Fragment = {"type": "number", "maximum": LARGEST if self.high is None else self.high}
        fragment["exclusiveMinimum" if self.above else "minimum"] = self.low
        return fragment


class Flag(Kind):
    """`true` or `false`."""

    words = "`true` or `false`"

    def read(self, value: Value) -> bool:
        if value is True or value is False:
            return bool(value)
        raise self.refuse(value, help=flag_help(value))

    def schema(self) -> Fragment:
        return {"type": "boolean"}


class FlagOr(Kind):
    """`true`, `false` or one word of a list."""

    def __init__(self, *choices: str) -> None:
        self.choices = choices
        self.words = f"`true`, `false` or {listed(choices)}"

    def read(self, value: Value) -> bool | str:
        if value is True or value is False:
            return bool(value)
        if isinstance(value, str) and value in self.choices:
            return str(value)
        help = word_help(value, self.choices) if isinstance(value, str) else None
        raise self.refuse(value, help=help or flag_help(value))

    def schema(self) -> Fragment:
        return {"enum": [True, False, *self.choices]}


class Flags(Kind):
    """`true` or `false` for all parts of a layer, or for each by its name: `{key: false}`; parts left out are true.

    Becomes the names of the parts that are true, in their order.
    """

    def __init__(self, *parts: str) -> None:
        self.parts = parts
        self.one = Flag()
        self.words = f"`true`, `false` or a mapping such as `{{{parts[0]}: false}}`"

    def read(self, value: Value) -> tuple[str, ...]:
        if value is True or value is False:
            return self.parts if value else ()
        if not isinstance(value, dict) or not value:
            raise self.refuse(value, help=flag_help(value) or self._instead_of(value))
        for part in value:
            if part not in self.parts:
                near = nearest(part, self.parts) if isinstance(part, str) else None
                raise Refusal(
                    f"has no part `{shown(str(part))}`; the parts are {listed(self.parts, last='and')}",
                    code="VALUE102",
                    at=(part,),
                    help=f"did you mean `{near}`?" if near else None,
                )
        return tuple(part for part in self.parts if self._flag(value.get(part, True), part))

    def _instead_of(self, value: Value) -> str | None:
        """What helps where the parts that are true were listed."""
        if not isinstance(value, list) or not all(part in self.parts for part in value):
            return None
        false = [f"{part}: false" for part in self.parts if part not in value]
        return f"write `{{{', '.join(false)}}}`" if false else "write `true`"

    def _flag(self, value: Value, part: str) -> bool:
        try:
            return self.one.read(value)
        except Refusal as refusal:
            refusal.at = (part,)
            raise

    def write(self, value: Value) -> Value:
        if not isinstance(value, tuple):
            return value
        if len(value) in (0, len(self.parts)):
            return bool(value)
        return {part: False for part in self.parts if part not in value}

    def schema(self) -> Fragment:
        flag = self.one.schema()
        return {
            "type": ["boolean", "object"],
            "properties": dict.fromkeys(self.parts, flag),
            "additionalProperties": False,
            "minProperties": 1,
        }


class Choice(Kind):
    """One word of a list."""

    def __init__(self, *choices: str) -> None:
        self.choices = choices
        self.words = listed(choices)

    def read(self, value: Value) -> str:
        if isinstance(value, str) and value in self.choices:
            return str(value)
        raise self.refuse(value, help=word_help(value, self.choices))

    def schema(self) -> Fragment:
        return {"enum": list(self.choices)}


def flag_help(value: Value) -> str | None:
    """What helps where another word for `true` or `false` was written."""
    word = str(value).lower()
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false", "1": "true", "0": "false"}.get(word)
    return f"write `{meant}`" if meant else None


def word_help(value: Value, choices: Collection[str]) -> str | None:
    """What helps where a word is none of the choices: its name here, or the nearest choice."""
    if not isinstance(value, str | bool):
        return None
    from analyzer.words.settings import setting_help  # with tables that only a mistake needs

    return setting_help("", str(value), choices)


def number_help(value: Value) -> str | None:
    """What helps where a text was written in place of a number."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.lower().startswith(("0x", "0o")):
        return "numbers are decimal"
    text = text.strip("()[]").rstrip(",")
    digits = text.replace("_", "").replace(",", "").lstrip("+-")
    if digits.isascii() and digits.isdigit() and len(digits) <= len(str(LARGEST)):
        plain = text.replace("_", "").replace(",", "")
        return f"write {plain}, without quotes or separators"
    if any(op in text for op in "+*/") and any(c.isdigit() for c in text):
        return f"an expression is written `$({shown(text)})`"
    return None
