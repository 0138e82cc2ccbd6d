"""The comparison for programs (schemas/diff.schema.json), one layer a line: every layer, every mode, no rounding."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.difference.result import Difference
from analyzer.difference.schema import as_dict
from analyzer.reporter.objects import Encoder
from analyzer.reporter.options import Options


def render(difference: Difference, options: Options) -> Iterator[str]:
    """The comparison as a JSON object."""
    encoder = Encoder(ensure_ascii=not options.unicode)
    record = as_dict(difference)
    layers = record.pop("layers")
    yield encoder.encode(record)[:-1] + ',\n "layers": ['
    before = "\n  "
    for layer in layers:
        yield before + encoder.encode(layer)
        before = ",\n  "
    yield "]}\n"
