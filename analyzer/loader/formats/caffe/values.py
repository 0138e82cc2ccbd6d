"""The values of checked messages: numbers, truth values, words, with their defaults."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.caffe.checking import truth_of, whole_of
from analyzer.loader.formats.caffe.text import NUMBER, Field, Message


def whole(message: Message, name: str, default: int = 0) -> int:
    """A whole number."""
    found = message.last(name)
    return default if found is None else whole_of(found.text)


def wholes(message: Message, name: str) -> list[int]:
    """The whole numbers of a field that may be written several times."""
    return [whole_of(one.text) for one in message.fields.get(name, ())]


def number(message: Message, name: str, default: float) -> float:
    """A number."""
    found = message.last(name)
    return default if found is None else float_of(found)


def numbers(message: Message, name: str) -> list[float]:
    """The numbers of a field that may be written several times."""
    return [float_of(one) for one in message.fields.get(name, ())]


def float_of(value: Field) -> float:
    """The number that a value is: `1`, `0x10`, `.5f`, `inf`."""
    text = value.text
    if value.kind == NUMBER and text.lstrip("-")[:2] in ("0x", "0X"):
        return float(whole_of(text))
    return float(text[:-1] if value.kind == NUMBER and text[-1] in "fF" else text)


def truth(message: Message, name: str, default: bool = False) -> bool:
    """A truth value."""
    found = message.last(name)
    return default if found is None else truth_of(found.text)


def text(message: Message, name: str, default: str = "") -> str:
    """A text."""
    found = message.last(name)
    return default if found is None else found.text


def texts(message: Message, name: str) -> list[str]:
    """The texts of a field that may be written several times."""
    return [one.text for one in message.fields.get(name, ())]


def choice(message: Message, name: str, choices: Sequence[str], default: str) -> str:
    """A word of an enumeration, which may be written as its number."""
    found = message.last(name)
    if found is None:
        return default
    return choices[int(found.text)] if found.kind == NUMBER and int(found.text) < len(choices) else found.text
