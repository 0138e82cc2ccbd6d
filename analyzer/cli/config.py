"""The settings of `analyzer check` in a file: `.analyzer.toml`, or `[tool.analyzer]` in pyproject.toml.

The nearest file in a model's folder or above it applies; the search ends at the root of a repository (`.git`). A parser
of TOML is imported only when such a file exists, and for a pyproject.toml only if it contains the word `analyzer`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module

from analyzer.checks.run import UnknownCheck, chosen
from analyzer.cli.dotted import deepest_key
from analyzer.cli.inputs import CONFIGURATION, Inputs
from analyzer.cli.main import UsageError
from analyzer.diagnostics import SEVERITIES, listed, nearest
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CODES = {"type": "array", "items": {"type": "string", "minLength": 1}}

_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "select": _CODES,
        "ignore": _CODES,
        "severity": {"enum": list(SEVERITIES)},
        "exit-zero": {"type": "boolean"},
        "per-file-ignores": {"type": "object", "additionalProperties": _CODES},
    },
}

_CODES_WORDS = 'a list of codes or names, such as ["CHECK101"]'
_WORDS = {
    "select": _CODES_WORDS,
    "ignore": _CODES_WORDS,
    "severity": listed(SEVERITIES),
    "exit-zero": "`true` or `false`",
    "per-file-ignores": 'a table of patterns and lists of codes, such as {"old/*.yaml" = ["CHECK101"]}',
}

#: A longer file is not a configuration.
_LONGEST = 1 << 20


class Settings:
    """The settings of a file, or the defaults without one. Patterns are relative to `folder`, which holds the file."""

    __slots__ = ("exit_zero", "folder", "ignore", "per_file", "select", "severity")

    def __init__(self, table: dict[str, Any] | None = None, folder: str = "") -> None:
        table = table or {}
        self.folder = folder
        self.select: Sequence[str] = table.get("select", ())
        self.ignore: Sequence[str] = table.get("ignore", ())
        self.severity: str = table.get("severity", SEVERITIES[-1])
        self.exit_zero: bool = table.get("exit-zero", False)
        self.per_file = [(_pattern(glob), codes) for glob, codes in table.get("per-file-ignores", {}).items()]

    def ignored_in(self, file: str) -> list[str]:
        """The codes that patterns ignore in this file."""
        if not self.per_file or file == "-":
            return []
        try:
            path = os.path.relpath(os.path.abspath(file), self.folder).replace(os.sep, "/")
        except ValueError:  # another drive
            return []
        return [code for pattern, codes in self.per_file if pattern.fullmatch(path) for code in codes]


def _pattern(glob: str) -> re.Pattern[str]:
    """A pattern of paths: `*` within a folder, `**` across them; without a slash a file's name in any folder.

    >>> bool(_pattern("old/**/*.yaml").fullmatch("old/a/b/net.yaml"))
    True
    """
    if "/" not in glob:
        glob = f"**/{glob}"
    if glob.endswith("/"):
        glob += "**"
    signs = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", re.sub(r"(\*\*/)+", "**/", glob.removeprefix("./")))
    return re.compile("".join(signs.get(part) or re.escape(part) for part in parts), re.DOTALL)


class Configuration:
    """Finds the settings of each model; each folder is searched once."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._known: dict[str, Settings | None] = {}

    def of(self, file: str) -> Settings:
        """The settings for a file (`-`: for the current folder); raises `UsageError` for a mistake in them."""
        try:
            folder = os.getcwd() if file == "-" else os.path.dirname(os.path.abspath(file))
        except OSError:  # the current folder was deleted
            return Settings()
        passed = []
        settings: Settings | None = None
        while True:
            if folder in self._known:
                settings = self._known[folder]
                break
            passed.append(folder)
            settings = _settings(folder, self._inputs)
            above = os.path.dirname(folder)
            if settings is not None or above == folder or os.path.exists(os.path.join(folder, ".git")):
                break
            folder = above
        self._known.update(dict.fromkeys(passed, settings))
        return settings or Settings()


def _settings(folder: str, inputs: Inputs) -> Settings | None:
    """The settings in this folder, if it has any."""
    own = os.path.join(folder, ".analyzer.toml")
    data = _read(own, inputs)
    if data is not None:
        return Settings(_checked(_table(data, own), own), folder)
    shared = os.path.join(folder, "pyproject.toml")
    data = _read(shared, inputs)
    if data is None or b"analyzer" not in data:
        return None
    tool = _table(data, shared).get("tool")
    if not isinstance(tool, dict) or "analyzer" not in tool:
        return None
    return Settings(_checked(tool["analyzer"], shared), folder)


def _read(path: str, inputs: Inputs) -> bytes | None:
    """The content of a file; None if the file does not exist."""
    if not os.path.exists(path):
        return None
    near = _near(path)
    data = inputs.read(near, CONFIGURATION)
    if len(data) > _LONGEST:
        raise UsageError(f"`{near}` is larger than {_LONGEST // 1024:,} KiB, too large for a configuration")
    return data


def _table(data: bytes, path: str) -> dict[str, Any]:
    """TOML as a table."""
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        text = data.decode("utf-8-sig")
        line = deepest_key(text)
        if line:
            raise UsageError(f"`{_near(path)}` nests too deeply: the key on line {line} has too many parts")
        table: dict[str, Any] = toml.loads(text)
    except UnicodeDecodeError:
        raise UsageError(f"`{_near(path)}` is not UTF-8") from None
    except toml.TOMLDecodeError as error:
        why = str(error)
        raise UsageError(f"`{_near(path)}` is not valid TOML: {why[:1].lower()}{shown(why[1:], 200)}") from None
    except ValueError:
        raise UsageError(f"`{_near(path)}` has a number of thousands of digits") from None
    except RecursionError:
        raise UsageError(f"`{_near(path)}` nests too deeply") from None
    return table


def _checked(table: Any, path: str) -> dict[str, Any]:
    """The settings of a file, checked against the schema; keys may be spelled with `_` for `-`."""
    from jsonschema import Draft7Validator

    where = f"`{_near(path)}`" + (" [tool.analyzer]" if path.endswith("pyproject.toml") else "")
    if not isinstance(table, dict):
        raise UsageError(f"{where}: a table is needed, not {_written(table)}")
    spelled: dict[str, str] = {}
    for key in table:
        name = key.replace("_", "-")
        if name in spelled:
            raise UsageError(f"{where}: `{shown(spelled[name])}` and `{shown(key)}` are the same key")
        spelled[name] = key
    plain = {name: table[key] for name, key in spelled.items()}
    unknown = next((name for name in plain if name not in _WORDS), None)
    if unknown is not None:
        near = nearest(unknown, _WORDS)
        meant = f"did you mean `{near}`?" if near else f"its keys are {listed(_WORDS, last='and')}"
        raise UsageError(f"{where}: unknown key `{shown(spelled[unknown])}`; {meant}")
    for error in Draft7Validator(_SCHEMA).iter_errors(plain):
        key, *inside = error.absolute_path
        words = _WORDS["ignore" if inside and key == "per-file-ignores" else str(key)]
        way = f"`{spelled[str(key)]}`" + "".join(f" `{shown(part)}`" for part in inside if isinstance(part, str))
        near = nearest(error.instance, SEVERITIES) if key == "severity" and isinstance(error.instance, str) else None
        value = _written(plain[str(key)] if not inside or key != "per-file-ignores" else plain[str(key)][inside[0]])
        raise UsageError(f"{where}: {way} must be {words}, not {value}" + (f"; did you mean `{near}`?" if near else ""))
    lists = [("select", plain.get("select", [])), ("ignore", plain.get("ignore", []))]
    lists += [("per-file-ignores", codes) for codes in plain.get("per-file-ignores", {}).values()]
    for key, codes in lists:
        try:
            chosen(codes)
        except UnknownCheck as error:
            raise UsageError(f"{where}: `{spelled[key]}`: {error}") from None
    return plain


def _written(value: Any) -> str:
    """A value of TOML in a message."""
    text = str(value).lower() if isinstance(value, bool) else f"`{value}`" if isinstance(value, str) else str(value)
    return shown(text)


def _near(path: str) -> str:
    """The shorter of the absolute path and the path from the current folder."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # the current folder was deleted, or another drive
        return path
    return relative if len(relative) < len(path) else path
