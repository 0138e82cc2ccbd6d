"""Readers of the values of options: each takes a text and refuses it with `ArgumentTypeError`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Sequence

from analyzer.settings import SettingError, not_whole
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: The depths that are words: as many rows as fit, and every row.
DEPTHS = ("auto", "all")


def at_least(least: int) -> Callable[[str], int]:
    """A reader of whole numbers of at least `least`."""

    def whole_number(text: str) -> int:
        reason = not_whole(int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text, least)
        if reason is not None:
            raise ArgumentTypeError(reason)
        return int(text)

    return whole_number


def option_value(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """`read` as argparse takes it: the parser names the option in a refusal."""

    def reading(text: str) -> Any:
        try:
            return read(text)
        except SettingError as error:
            raise ArgumentTypeError(str(error)) from None

    return reading


def word_of(setting: str, choices: Sequence[str]) -> Callable[[str], str]:
    """A reader of one of `choices` in any spelling: `Adam`, `torch.float16`, `fp16`. The parser refuses other words."""

    def reading(text: str) -> str:
        if text in choices:
            return text
        from analyzer.words.settings import choice_called  # with tables that only another spelling needs

        return choice_called(setting, text, choices) or text

    return reading


def read_depth(text: str) -> int | str:
    """The levels of names that rows have: a whole number of at least 1, `auto` or `all`."""
    if text in DEPTHS:
        return text
    try:
        return at_least(1)(text)
    except ArgumentTypeError:
        raise ArgumentTypeError(
            f"`auto`, `all` or a whole number of at least 1 is needed, not `{shown(text)}`"
        ) from None


def listing(text: str) -> list[str]:
    """Names with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()]


def names(text: str) -> list[str]:
    """At least one name, with commas between."""
    found = listing(text)
    if not found:
        raise ArgumentTypeError(f"a name is needed, not `{shown(text)}`")
    return found


def target(text: str) -> str | None:
    """The file that a report goes to; None for stdout."""
    if not text:
        raise ArgumentTypeError("the name of a file is needed")
    return None if text in ("-", "/dev/stdout") else text


def assignment(text: str) -> tuple[str, str]:
    """A variable and its value: `width=64`."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ArgumentTypeError(f"`name=value` is needed, not `{text}`")
    return name.lstrip("$"), value
