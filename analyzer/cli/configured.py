"""What a configuration may say: its keys, and the values of each, which the readers of the command line check."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from analyzer.cli.declared import LIST, OPTIONS
from analyzer.cli.dotted import deepest_key
from analyzer.cli.main import UsageError
from analyzer.diagnostics import SEVERITIES, listed, nearest
from analyzer.settings import none_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CODES = 'a list of codes or names, such as ["CHECK101"]'

#: Options that a configuration cannot set, each with the reason.
_REFUSED = {
    **dict.fromkeys(("format", "output"), "each run says what it writes and where: `--format`, `-o`"),
    **dict.fromkeys(("input", "set"), "it would change the network: write it in the model"),
    **dict.fromkeys(
        ("weight-decay", "step", "loss"), "it belongs to one network: write it under `training` in the model"
    ),
    "quiet": "a note that nobody sees helps nobody: write `--quiet` where a log must be empty",
}


class _Wrong(Exception):
    """A value is wrong; the message says what the value must be and is not."""


def settings_in(data: bytes, file: str, *, shared: bool) -> dict[str, Any] | None:
    """The settings in a configuration as values of options, by their names with `-`; None where the file has none.

    `shared`: the file is a pyproject.toml, which has tables of others. Raises `UsageError` for the first mistake.
    """
    if not shared:
        return _checked(_table(data, file), f"`{file}`")
    tool = _table(data, file).get("tool")
    if not isinstance(tool, dict) or "analyzer" not in tool:
        return None
    return _checked(tool["analyzer"], f"`{file}` [tool.analyzer]")


def _table(data: bytes, file: str) -> dict[str, Any]:
    """TOML as a table."""
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        text = data.decode("utf-8-sig")
        line = deepest_key(text)
        if line:
            raise UsageError(f"`{file}` nests too deeply: the key on line {line} has too many parts")
        table: dict[str, Any] = toml.loads(text)
    except UnicodeDecodeError:
        raise UsageError(f"`{file}` is not UTF-8") from None
    except toml.TOMLDecodeError as error:
        why = str(error)
        raise UsageError(f"`{file}` is not valid TOML: {why[:1].lower()}{shown(why[1:], 200)}") from None
    except ValueError:
        raise UsageError(f"`{file}` has a number of thousands of digits") from None
    except RecursionError:
        raise UsageError(f"`{file}` nests too deeply") from None
    return table


def _checked(table: Any, where: str) -> dict[str, Any]:
    """The settings of a table; its keys may be spelled with `_` for `-`."""
    if not isinstance(table, dict):
        raise UsageError(f"{where}: a table is needed, not {_written(table)}")
    spelled: dict[str, str] = {}
    for key in table:
        name = key.replace("_", "-")
        if name in spelled:
            raise UsageError(f"{where}: `{shown(spelled[name])}` and `{shown(key)}` are the same key")
        spelled[name] = key
    values = {}
    for name, key in spelled.items():
        reader = _reader(name)
        if reader is None:
            raise UsageError(f"{where}: {_unknown(name, key)}")
        try:
            values[name] = reader(table[key])
        except _Wrong as wrong:
            raise UsageError(f"{where}: `{shown(key)}`{wrong}") from None
    return values


def _reader(name: str) -> Callable[[Any], Any] | None:
    """The reader of a setting's value; None for a setting that does not exist."""
    if name in OPTIONS:
        return lambda value: _option(name, value)
    return _OF_CHECK.get(name)


def _unknown(name: str, key: str) -> str:
    """The message about a key that no command has."""
    if name in _REFUSED:
        return f"`{shown(key)}` cannot be set here: {_REFUSED[name]}"
    keys = [*OPTIONS, *_OF_CHECK]
    near = nearest(name, keys)
    meant = f"did you mean `{near}`?" if near else f"its keys are {listed(keys, last='and')}"
    return f"unknown key `{shown(key)}`; {meant}"


def _option(name: str, value: Any) -> Any:
    """The value of an option, read as the command line reads it."""
    if name == "columns":
        if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            raise _Wrong(f' must be a list of columns, such as ["layer", "output"], not {_written(value)}')
        value = value if isinstance(value, str) else ",".join(value)
    option = OPTIONS[name]()
    try:
        read = option.read(str(value).lower() if isinstance(value, bool) else str(value))
    except ArgumentTypeError as error:
        raise _Wrong(f": {error}") from None
    if read == LIST and name == "device":
        raise _Wrong(f" must be a card or an amount of memory; `analyzer memory --device {LIST}` shows the cards")
    if option.choices is not None and read not in option.choices:
        raise _Wrong(f" {none_of(value, option.choices, name)}")
    if name in ("columns", "sort"):
        _check_columns(**{"names": read} if name == "columns" else {"sort": read})
    return read


def _check_columns(names: Sequence[str] = (), sort: str | None = None) -> None:
    """Refuses a column that no table has, or that no table can be sorted by."""
    from analyzer.reporter.analysis.columns import ColumnError, check_columns

    for name in names or [""]:
        one = [name] if name else []
        try:
            check_columns(one, sort)
        except ColumnError as error:
            from analyzer.reporter.memory import layers

            try:
                layers.check_columns(one, sort)
            except ColumnError:
                raise _Wrong(f": {error}") from None


def _codes(value: Any) -> list[str]:
    """A list of codes of checks."""
    from analyzer.checks.run import UnknownCheck, chosen

    try:
        chosen(_texts(value))
    except UnknownCheck as error:
        raise _Wrong(f": {error}") from None
    return _texts(value)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(code, str) and code for code in value):
        raise _Wrong(f" must be {_CODES}, not {_written(value)}")
    return value


def _severity(value: Any) -> str:
    if not isinstance(value, str) or value not in SEVERITIES:
        raise _Wrong(f" {none_of(value, SEVERITIES)}")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f" must be `true` or `false`, not {_written(value)}")
    return value


def _per_file(value: Any) -> Mapping[str, list[str]]:
    """Codes by patterns of files."""
    if not isinstance(value, dict):
        example = '{"old/*.yaml" = ["CHECK101"]}'
        raise _Wrong(f" must be a table of patterns and lists of codes, such as {example}, not {_written(value)}")
    for glob, codes in value.items():
        try:
            _texts(codes)
        except _Wrong as wrong:
            raise _Wrong(f" `{shown(glob)}`{wrong}") from None
        _codes(codes)
    return value


#: The settings of `analyzer check` that are no options of other commands.
_OF_CHECK: Mapping[str, Callable[[Any], Any]] = {
    "select": _codes, "ignore": _codes, "severity": _severity, "exit-zero": _truth, "per-file-ignores": _per_file,
}  # fmt: skip


def _written(value: Any) -> str:
    """A value of TOML in a message."""
    text = str(value).lower() if isinstance(value, bool) else f"`{value}`" if isinstance(value, str) else str(value)
    return shown(text)
