"""Finds the configuration of each model: `.analyzer.toml`, or `[tool.analyzer]` in pyproject.toml.

The nearest file in a model's folder or above it applies; the search ends at the root of a repository (`.git`). Every
command looks for it, so this module imports nothing: a parser of TOML is imported only when such a file exists.
"""

from __future__ import annotations

import os

from analyzer.cli.inputs import CONFIGURATION, Inputs
from analyzer.cli.main import UsageError
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The names of the files. The first one wins in a folder that has both.
OWN, SHARED = ".analyzer.toml", "pyproject.toml"

#: A longer file is not a configuration.
_LONGEST = 1 << 20


class Settings(Record):
    """The settings of one file, by their names with `-`; without a file there are none.

    `values` are as the command line would give them. Patterns in them are relative to `folder`, which holds the file;
    `label` is the file's name for people.
    """

    values: dict[str, Any] = field(factory=dict)
    folder: str = ""
    label: str = ""


class Configuration:
    """Finds the settings of each model; each folder is searched once."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._known: dict[str, Settings | None] = {}

    def of(self, file: str) -> Settings:
        """The settings for a model or a folder (`-`: the current one); raises `UsageError` for a mistake in them."""
        try:
            folder = os.getcwd() if file == "-" else os.path.abspath(file)
        except (OSError, ValueError):  # the current folder was deleted, or no file has this name
            return Settings()
        if file != "-" and not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        passed = []
        settings: Settings | None = None
        while True:
            if folder in self._known:
                settings = self._known[folder]
                break
            passed.append(folder)
            settings = self._in(folder)
            above = os.path.dirname(folder)
            if settings is not None or above == folder or os.path.exists(os.path.join(folder, ".git")):
                break
            folder = above
        self._known.update(dict.fromkeys(passed, settings))
        return settings or Settings()

    def _in(self, folder: str) -> Settings | None:
        """The settings in this folder, if it has any."""
        path = os.path.join(folder, OWN)
        data = self._read(path)
        if data is None:
            path = os.path.join(folder, SHARED)
            data = self._read(path)
            if data is None or not may_be_ours(data):
                return None
        from analyzer.cli.configured import settings_in  # with a parser of TOML

        values = settings_in(data, short(path), shared=path.endswith(SHARED))
        if values is None:
            return None
        return Settings(values, folder, short(path) + (" [tool.analyzer]" if path.endswith(SHARED) else ""))

    def _read(self, path: str) -> bytes | None:
        """The content of a file; None if the file does not exist."""
        if not os.path.exists(path):
            return None
        data = self._inputs.read(short(path), CONFIGURATION)
        if len(data) > _LONGEST:
            raise UsageError(f"`{short(path)}` is larger than {_LONGEST // 1024:,} KiB, too large for a configuration")
        return data


def may_be_ours(data: bytes) -> bool:
    """Whether a pyproject.toml may have a table of ours: most have none, and need no parser of TOML.

    >>> may_be_ours(b"[project]\\nname = 'analyzer'\\n"), may_be_ours(b"[ tool . 'analyzer' ]\\n")
    (False, True)
    """
    if b"analyzer" not in data:
        return False
    plain = b"\n" + data.removeprefix(b"\xef\xbb\xbf").translate(None, b" \t\"'")
    return b"tool.analyzer" in plain or b"\n[tool]" in plain or b"\ntool=" in plain


def short(path: str) -> str:
    """The shorter of the absolute path and the path from the current folder."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # the current folder was deleted, or another drive
        return path
    return relative if len(relative) < len(path) else path
