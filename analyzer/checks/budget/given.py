"""Limits of a budget that Python gives, as a file's `budget` writes them: `params="5M"`, `layers={"min": 3}`."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index

from analyzer.checks.budget.words import unknown_key
from analyzer.diagnostics import Refusal
from analyzer.engine.amounts import AMOUNTS
from analyzer.layers.kinds import written
from analyzer.loader.parse.budget import amount_of, limit_of
from analyzer.loader.parse.description import Limit
from analyzer.settings import SettingError, none_of
from analyzer.source import shown

#: The ends of a limit.
_ENDS = ("min", "max")


def given_limits(limits: Mapping[str, object]) -> dict[str, Limit]:
    """The limits by their keys. Raises `SettingError` for a key that no budget has, and for what is no limit."""
    for key in limits:
        if key not in AMOUNTS:
            raise SettingError(unknown_key(shown(key)))
    return {key: _limit(key, value) for key, value in limits.items()}


def _limit(key: str, value: object) -> Limit:
    ends = value if isinstance(value, Mapping) else {"max": value}
    for end in ends:
        if end not in _ENDS:
            raise SettingError(f"an end of `{{{key}}}` {none_of(end, _ENDS)}", key)
    if not ends:
        raise SettingError(f'`{{{key}}}` needs a limit: `{{"min": "1M", "max": "26M"}}`, or only the most', key)
    try:
        return limit_of(key, {end: _amount(key, one) for end, one in ends.items()}, None)
    except Refusal as refusal:
        raise SettingError(refusal.message) from None


def _amount(key: str, value: object) -> tuple[int, str]:
    """An amount with its unit. Raises `SettingError` for anything else."""
    plain = value
    if isinstance(value, float):
        plain = float(value)  # numpy's too
    elif hasattr(value, "__index__") and not isinstance(value, bool):
        plain = index(value)
    try:
        return amount_of(key, plain, _said(plain))
    except Refusal as refusal:
        raise SettingError(f"`{{{key}}}` {refusal.message}; {refusal.help}", key) from None


def _said(value: object) -> str:
    """A value that is no amount, in a sentence."""
    if isinstance(value, bool | None):
        return f"`{value}`"
    if isinstance(value, str | int | float | list | dict):
        return written(value)
    return f"a value of the type `{shown(type(value).__name__)}`"
