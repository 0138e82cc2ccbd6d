"""Settings: values that come from outside a model, as arguments of the API or as options of the command.

Both refuse a wrong value by the same rule and with the same message. The rules that several settings share are here;
others are with what they are about, in the constructors of records.
"""

from __future__ import annotations

from math import inf
from operator import index

from analyzer.diagnostics import listed
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

#: No setting may be larger; no volume is.
_LARGEST = 10**15


class SettingError(ValueError):
    """A setting is wrong. The text is one line for people.

    `message` writes a setting as `{weight_decay}`; `settings` are the settings that it writes so. As text they have the
    names of the API's arguments; the command writes `--weight-decay`.
    """

    def __init__(self, message: str, *settings: str) -> None:
        self.message = message
        self.settings = settings
        super().__init__(self.text(str))

    def text(self, called: Callable[[str], str]) -> str:
        """The message, with `called` giving the name of each setting."""
        text = self.message
        for setting in self.settings:
            text = text.replace(f"{{{setting}}}", called(setting), 1)
        return text

    def __reduce__(self) -> tuple[type[SettingError], tuple[str, ...]]:
        return self.__class__, (self.message, *self.settings)


def whole(setting: str, value: object, least: int = 1) -> int:
    """A setting's value as a whole number of at least `least`; of any type that counts as one, but no truth value.

    >>> whole("batch", 0)
    Traceback (most recent call last):
    analyzer.settings.SettingError: `batch`: a whole number of at least 1 is needed, not `0`
    """
    reason = not_whole(value, least)
    if reason is not None:
        raise SettingError(f"`{{{setting}}}`: {reason}", setting)
    return index(value)  # type: ignore[arg-type]  # `not_whole` asked


def not_whole(value: object, least: int = 1) -> str | None:
    """Why a value is not a whole number of at least `least`; None where it is one."""
    if hasattr(value, "__index__") and not isinstance(value, bool) and least <= index(value) < _LARGEST:
        return None
    return f"a whole number of at least {least} is needed, not `{shown(str(value))}`"


def number(setting: str, value: object) -> float:
    """A setting's value as a number of at least 0, and not infinite."""
    reason = not_number(value)
    if reason is not None:
        raise SettingError(f"`{{{setting}}}`: {reason}", setting)
    return value  # type: ignore[return-value]  # `not_number` asked


def not_number(value: object) -> str | None:
    """Why a value is not a finite number of at least 0; None where it is one."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf:
        return None
    return f"a number of at least 0 is needed, not `{shown(str(value))}`"


def one_of(setting: str, value: object, choices: Iterable[str]) -> str:
    """A setting's value, which must be one of `choices`."""
    choices = tuple(choices)
    if not isinstance(value, str) or value not in choices:
        raise SettingError(f"`{{{setting}}}` {none_of(value, choices, setting)}", setting)
    return value


def none_of(value: object, choices: Iterable[str], setting: str = "") -> str:
    """The end of the message about a value that is not one of `choices`.

    >>> none_of("adamm", ["sgd", "adam"])
    'must be `sgd` or `adam`, not `adamm`; did you mean `adam`?'
    """
    from analyzer.words.settings import setting_help  # with tables that only a mistake needs

    choices = tuple(choices)
    word = shown(str(value))
    help = setting_help(setting, word, choices)
    return f"must be {listed(choices)}, not `{word}`" + (f"; {help}" if help else "")


def reading(setting: str, read: Callable[[str], Any], value: object) -> Any:
    """What `read` reads of a setting's value, whose refusal gains the setting's name."""
    try:
        return read(str(value))
    except SettingError as error:
        raise SettingError(f"`{{{setting}}}`: {error}", setting) from None


def truth(setting: str, value: object) -> bool:
    """A setting's value, which must be True or False."""
    if not isinstance(value, bool):
        raise SettingError(f"`{{{setting}}}` must be `True` or `False`, not `{shown(str(value))}`", setting)
    return value
