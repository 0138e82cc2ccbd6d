"""Writes any kind of report as JSON: one as an object, several as an array of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from analyzer.contract.writer import write_failed
from analyzer.reporter.options import Failed, Options
from analyzer.source import COMMAND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Encoder(json.JSONEncoder):
    """Writes a value on one line, as it may be shown in a terminal or a log: JSON has an escape for every character."""

    def encode(self, value: Any) -> str:
        """The value as JSON."""
        text = super().encode(value)
        if not text.isprintable():
            text = "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)
        if "##" in text:
            text = re.sub(COMMAND, lambda found: f"\\u{ord(found.group()):04x}", text)
        return text


def objects(
    reports: Sequence[Any], options: Options, write: Callable[[Any, json.JSONEncoder], Iterator[str]]
) -> Iterator[str]:
    """The reports, each written by `write`; for a file that failed, its name and what is wrong with it."""
    encoder = Encoder(ensure_ascii=not options.unicode)
    several = len(reports) != 1
    if several:
        yield "[\n"
    for place, report in enumerate(reports):
        if place:
            yield ",\n"
        if isinstance(report, Failed):
            yield from write_failed(report.file, report.diagnostics, encoder)
        else:
            yield from write(report, encoder)
    yield "\n]\n" if several else "\n"
