"""The answer about sizes in JSON: the contract for programs (schemas/sizes.schema.json), a key a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from analyzer.contract.sizes import as_dict
from analyzer.engine.sizing.result import Sizes
from analyzer.reporter.objects import objects
from analyzer.reporter.options import Failed, Options


def render(reports: Sequence[Sizes | Failed], options: Options) -> Iterator[str]:
    """One answer as an object, several as an array."""
    return objects(reports, options, _object)


def _object(sizes: Sizes, encoder: json.JSONEncoder) -> Iterator[str]:
    before = "{"
    for key, value in as_dict(sizes).items():
        yield f'{before}"{key}": {encoder.encode(value)}'
        before = ",\n "
    yield "}"
