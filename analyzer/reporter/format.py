"""The formats of a report: one record each, from which `--format`, the endings of `-o`, help and docs are made.

Each kind of report lists its formats in `FORMATS` of its folder, the default first. A new format is a module with
`render(report, options)` in that folder, and its record in the list.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping

from analyzer.diagnostics import listed
from analyzer.record import Record
from analyzer.reporter.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: Draws a report; the type of a report depends on the folder.
    Render: TypeAlias = Callable[[Any, Options], Iterator[str]]

#: Endings that say only that a file is text: they mean the default format.
_PLAIN = ("", ".txt")


#: The options that say which rows and columns a report shows.
SHOWN = ("depth", "columns", "sort", "top")


class Format(Record):
    """One way to write a report.

    `name` is what `--format` takes, `doc` what the format is for; `render` gives the text in chunks; `endings` are the
    endings of files, in lower case, that ask for it. `colored` allows colours on a terminal. `failures` says that the
    format has a place for files that failed, so that it is written even where every file did. `follows` names the
    options of `SHOWN` that change what it shows; the others are refused. `exact` says that it is for programs: it folds
    only where `--depth` was written, whatever a configuration says. `single` says that it draws one network, so that
    several files are refused.
    """

    name: str
    doc: str
    render: Render
    endings: tuple[str, ...] = ()
    colored: bool = False
    failures: bool = False
    follows: tuple[str, ...] = ()
    exact: bool = False
    single: bool = False


class EndingError(Exception):
    """The ending of an output file belongs to no format of the report; the message is one line for people."""


def on_call(module: str) -> Render:
    """The function `render` of a module, which is imported on the first call: a report pays only for its format."""

    def render(report: Any, options: Options) -> Iterator[str]:
        __import__(module)  # importing `importlib` would take longer than the module of the JSON report
        chunks: Iterator[str] = sys.modules[module].render(report, options)
        return chunks

    return render


def by_name(*formats: Format) -> dict[str, Format]:
    """Formats by their names, in the given order."""
    return {format.name: format for format in formats}


def chosen(
    formats: Mapping[str, Format],
    *,
    name: str | None,
    path: str | None,
    default: str | None = None,
    option: str = "--format",
) -> Format:
    """The format of this name, otherwise the one that the ending of `path` asks for, otherwise the default.

    `default` is the first format unless named, `option` the option that names one. Raises `EndingError` for an ending
    that belongs to none of them, or to several.
    """
    if name is not None:
        return formats[name]
    ending = os.path.splitext(path or "")[1].lower()
    if ending in _PLAIN:
        return formats[default or next(iter(formats))]
    found = [format for format in formats.values() if ending in format.endings]
    if len(found) == 1:
        return found[0]
    if found:
        choices = listed(f"{option} {format.name}" for format in found)
        raise EndingError(f"the ending `{ending}` does not say which format; choose with {choices}")
    known = dict.fromkeys(ending for format in formats.values() for ending in format.endings)
    raise EndingError(
        f"no format has the ending `{ending}`; use {listed([*known, _PLAIN[1]])}, or choose with `{option}`"
    )
