"""The result of a sweep in JSON: the contract for programs (schemas/sweep.schema.json), one variant a line.

It is written while the variants are read, so a million of them need no more memory than some hundred.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from analyzer.contract.keys import written
from analyzer.contract.sweep import SWEEP
from analyzer.reporter.objects import objects
from analyzer.reporter.options import Failed, Options
from analyzer.sweeping.result import Swept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Lines in one chunk.
_CHUNK = 512


def render(report: Swept | Failed, options: Options) -> Iterator[str]:
    """The sweep as an object; of a file that failed, its name and what is wrong with it."""
    return objects([report], options, _object)


def _object(swept: Swept, encoder: json.JSONEncoder) -> Iterator[str]:
    before = "{"
    for name, value in written(SWEEP, swept).items():
        yield f'{before}"{name}": '
        yield from _written(value, encoder)
        before = ",\n "
    yield "}"


def _written(value: Any, encoder: json.JSONEncoder) -> Iterator[str]:
    """A value, in which iterators are arrays."""
    if isinstance(value, Iterator):
        yield from _array(value, encoder)
    elif isinstance(value, dict) and any(isinstance(one, Iterator) for one in value.values()):
        before = "{"
        for name, one in value.items():
            yield f"{before}{encoder.encode(name)}: "
            yield from _written(one, encoder)
            before = ", "
        yield "}"
    else:
        yield encoder.encode(value)


def _array(values: Iterator[Any], encoder: json.JSONEncoder) -> Iterator[str]:
    """An array: one object a line, other values side by side."""
    before = "["
    while some := list(islice(values, _CHUNK)):
        objects = isinstance(some[0], dict)
        between = ",\n  " if objects else ", "
        yield before + ("\n  " if objects else "") + between.join(map(encoder.encode, some))
        before = "," if objects else ", "
    yield "[]" if before == "[" else "]"
