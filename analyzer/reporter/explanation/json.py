"""The explanation in JSON: the contract for programs (schemas/explain.schema.json), a layer a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from analyzer.contract.explanation import FINDINGS, HEADER, LAYER
from analyzer.contract.keys import written
from analyzer.engine.explained.result import Explanation
from analyzer.reporter.objects import objects
from analyzer.reporter.options import Failed, Options


def render(reports: Sequence[Explanation | Failed], options: Options) -> Iterator[str]:
    """One explanation as an object."""
    return objects(reports, options, _object)


def _object(explanation: Explanation, encoder: json.JSONEncoder) -> Iterator[str]:
    yield encoder.encode(written(HEADER, explanation))[:-1] + ',\n "layers": ['
    before = "\n  "
    for layer in explanation.layers:
        yield before + encoder.encode(written(LAYER, layer))
        before = ",\n  "
    yield "]"
    for key, value in written(FINDINGS, explanation).items():
        yield f',\n "{key}": {encoder.encode(value)}'
    yield "}"
