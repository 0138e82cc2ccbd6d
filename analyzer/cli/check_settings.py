"""The settings of `analyzer check` for one file: the options, and what the configuration says where they are silent."""

from __future__ import annotations

import os
import re

from analyzer.cli.configuration import Settings
from analyzer.diagnostics import SEVERITIES
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class CheckSettings(Record):
    """Which checks run on a file, the lowest severity that is shown, and whether a wrong model is an exit code."""

    select: Sequence[str]
    ignore: Sequence[str]
    severity: str
    exit_zero: bool


def check_settings(settings: Settings, asked: Any, file: str) -> CheckSettings:
    """The settings for a file: `--select` replaces both lists of the configuration, `--ignore` only its own."""
    values = settings.values
    usual = values.get("ignore", ()) if asked.select is None else ()
    return CheckSettings(
        values.get("select", ()) if asked.select is None else asked.select,
        [*(usual if asked.ignore is None else asked.ignore), *_ignored_in(file, settings)],
        asked.severity or values.get("severity", SEVERITIES[-1]),
        asked.exit_zero or values.get("exit-zero", False),
    )


def _ignored_in(file: str, settings: Settings) -> list[str]:
    """The codes that patterns of the configuration ignore in this file."""
    patterns = settings.values.get("per-file-ignores")
    if not patterns or file == "-":
        return []
    try:
        path = os.path.relpath(os.path.abspath(file), settings.folder).replace(os.sep, "/")
    except ValueError:  # another drive
        return []
    return [code for glob, codes in patterns.items() if pattern_of(glob).fullmatch(path) for code in codes]


def pattern_of(glob: str) -> re.Pattern[str]:
    """A pattern of paths: `*` within a folder, `**` across them; without a slash a file's name in any folder.

    >>> bool(pattern_of("old/**/*.yaml").fullmatch("old/a/b/net.yaml"))
    True
    """
    if "/" not in glob:
        glob = f"**/{glob}"
    if glob.endswith("/"):
        glob += "**"
    signs = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", re.sub(r"(\*\*/)+", "**/", glob.removeprefix("./")))
    return re.compile("".join(signs.get(part) or re.escape(part) for part in parts), re.DOTALL)
