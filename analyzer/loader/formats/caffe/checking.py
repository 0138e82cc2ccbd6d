"""Whether a text has only what Caffe knows: fields that exist, of their kinds, and no more of them than
may be written.

Forks of Caffe have fields that are not in the table. Such a field is an error only where it is nearly one of the table.
"""

from __future__ import annotations

import re

from analyzer.diagnostics import listed, nearest
from analyzer.loader.formats.caffe.text import MESSAGE, NUMBER, STRING, WORD, Field, Message
from analyzer.loader.formats.caffe.words import MESSAGES, fields_of
from analyzer.loader.formats.sheet import Halted, Sheet
from analyzer.loader.text.limits import LIMITS
from analyzer.source import shown

_WHOLE = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9]+)")
_DIGITS = 20
_TRUTHS = {"true": True, "True": True, "t": True, "1": True, "false": False, "False": False, "f": False, "0": False}
_WORDS_OF_NUMBERS = ("inf", "-inf", "infinity", "-infinity", "nan", "-nan")

#: The least and the largest value of whole numbers.
_RANGES = {"i": (-(2**63), 2**63 - 1), "u": (0, 2**32 - 1)}


def check(message: Message, type: str, sheet: Sheet) -> bool:
    """Reports on the sheet what is wrong in a message of this type. Fields of a type `any` are not looked at.

    Says whether what layers read and put out is right: mistakes are in the blocks of parameters only.
    """
    known = fields_of(type)
    wired = True
    if len(sheet.problems) >= LIMITS.findings and any(one.severity == "error" for one in sheet.problems):
        raise Halted
    for name, values in message.fields.items():
        kind, before = known.get(name), len(sheet.problems)
        if kind is None:
            _unknown(message, type, values[0], sheet)
            wired = wired and len(sheet.problems) == before
            continue
        if kind.endswith("*"):
            kind = kind[:-1]
        elif len(values) > 1:
            first, second = values[:2]
            sheet.refuse(
                f"`{name}` appears twice in this block, first on line {first.line}",
                second.place(),
                help="delete one of them",
            )
        inside = [_check(value, kind, message, sheet) for value in values]
        wired = wired and (
            len(sheet.problems) == before or name.endswith("_param") or (name == "layer" and all(inside))
        )
    return wired


def _check(value: Field, kind: str, message: Message, sheet: Sheet) -> bool:
    """Reports a value that is not of its kind; of a layer, says whether what it reads and puts out is right."""
    if kind == "any":
        return True
    if kind in MESSAGES:
        if value.message is not None:
            return check(value.message, kind, sheet)
        sheet.refuse(
            f"`{value.name}` is a block, not `{shown(value.text)}`",
            value.place(),
            help=f"write `{value.name} {{ … }}`",
        )
        return False
    wanted, help = _wrong(value, kind, message)
    if wanted:
        got = "a block" if value.kind == MESSAGE else f"`{shown(value.text)}`"
        sheet.refuse(f"`{value.name}` must be {wanted}, not {got}", value.place(), help=help)
    return not wanted


def _wrong(value: Field, kind: str, message: Message) -> tuple[str, str | None]:
    """What a value should be where it is not, and what helps; empty where it is of its kind."""
    if kind == "s":
        if value.kind == STRING:
            return "", None
        return "a text in quotes", f'write `{value.name}: "{shown(value.text)}"`' if value.text else None
    if kind == "b":
        return ("" if value.kind in (WORD, NUMBER) and value.text in _TRUTHS else "`true` or `false`"), None
    if kind == "word":
        return ("" if value.kind in (WORD, NUMBER) else "a word"), None
    if kind == "f":
        fits = value.kind == NUMBER or (value.kind == WORD and value.text.lower() in _WORDS_OF_NUMBERS)
        return ("" if fits else "a number"), None
    if kind in _RANGES:
        return _no_whole(value, *_RANGES[kind]), None
    return _no_choice(value, kind.split("|"), message)


def _no_whole(value: Field, least: int, most: int) -> str:
    """What a whole number should be where it is not one in a range."""
    if value.kind != NUMBER or not _WHOLE.fullmatch(value.text):
        return "a whole number"
    if len(value.text) > _DIGITS or not least <= whole_of(value.text) <= most:
        return (
            f"a whole number from {least:,} to {most:,}".replace("-", "−")
            if least
            else f"at least 0 and at most {most:,}"
        )
    return ""


def _no_choice(value: Field, choices: list[str], message: Message) -> tuple[str, str | None]:
    """What a value of an enumeration should be where it is not one, and the nearest."""
    named = [choice for choice in choices if choice != "_"]
    if value.kind == WORD and value.text in named:
        return "", None
    if value.kind == NUMBER and value.text.isdigit() and len(value.text) < 4 and int(value.text) < len(choices):
        return "", None
    if value.kind == STRING and message.name == "layers":
        return "a word without quotes in a `layers` block", 'the new form is `layer { type: "Convolution" … }`'
    near = nearest(value.text, named)
    return (listed(named) if len(named) < 6 else "a known word"), f"did you mean `{near}`?" if near else None


def whole_of(text: str) -> int:
    """The whole number that a text is: decimal, octal after a 0, or hexadecimal after 0x.

    >>> whole_of("12"), whole_of("-0x10"), whole_of("010")
    (12, -16, 8)
    """
    digits = text.lstrip("-")
    if digits[:2] in ("0x", "0X"):
        number = int(digits[2:], 16)
    elif digits[0] == "0" and all(digit in "01234567" for digit in digits):
        number = int(digits, 8)
    else:
        number = int(digits)
    return -number if text[0] == "-" else number


def truth_of(text: str) -> bool:
    """The truth value that a text is, such as `true` or `0`."""
    return _TRUTHS.get(text, False)


def _unknown(message: Message, type: str, value: Field, sheet: Sheet) -> None:
    """A field that is not in the table: misspelt, in the wrong block, or of a fork."""
    if len(sheet.problems) >= LIMITS.findings:
        return
    where = f"`{message.name}`" if message.name else "a network of Caffe"
    text = f"{where} has no field `{shown(value.name)}`"
    inside = _owner(message, type, value.name)
    if inside:
        sheet.refuse(text, value.place(), help=f"it belongs inside `{inside} {{ … }}`")
        return
    near = nearest(value.name, fields_of(type))
    if near is not None:
        sheet.refuse(text, value.place(), help=f"did you mean `{near}`?")
    else:
        sheet.warn(f"{text}: it is not read", value.place())


def _owner(message: Message, type: str, name: str) -> str | None:
    """The block of a layer that a field belongs into: one that is written, or the only one that has such a field."""
    if type not in ("LayerParameter", "V1LayerParameter"):
        return None
    owners = [own for own, kind in fields_of(type).items() if own.endswith("_param") and name in fields_of_kind(kind)]
    return next((own for own in owners if own in message.fields), owners[0] if len(owners) == 1 else None)


def fields_of_kind(kind: str) -> dict[str, str]:
    """The fields of a kind that is a message; none of any other kind."""
    return fields_of(kind) if kind in MESSAGES else {}
