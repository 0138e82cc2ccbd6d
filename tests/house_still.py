"""What the rules of the house still find: lists that only get shorter, and go when they are empty."""

from __future__ import annotations

STILL_BY_HAND: set[str] = {
    "analyzer.engine.memory.allocator._Allocator",
    "analyzer.loader.parse.description.Argument",
    "analyzer.loader.parse.description.Block",
    "analyzer.loader.parse.description.Item",
    "analyzer.loader.parse.description.Limit",
    "analyzer.loader.parse.description.Template",
    "analyzer.loader.text.tree.Scalar",
    "analyzer.loader.text.tree.Tree",
}

STILL_LONG: set[str] = {
    "analyzer.cli.config",
    "analyzer.engine.memory.analysis",
    "analyzer.engine.on_data",
    "analyzer.engine.receptive_field",
    "analyzer.engine.result",
    "analyzer.layers.attention",
    "analyzer.layers.convolution",
    "analyzer.layers.merge",
    "analyzer.layers.normalization",
    "analyzer.layers.operations",
    "analyzer.layers.pooling",
    "analyzer.layers.readings",
    "analyzer.layers.recurrent",
    "analyzer.layers.resampling",
    "analyzer.layers.taps",
    "analyzer.loader.expressions.expression",
    "analyzer.loader.parse.description",
    "analyzer.loader.parse.grammar",
    "analyzer.loader.schema.check",
    "analyzer.loader.schema.model",
    "analyzer.reporter.analysis.geometry",
    "analyzer.reporter.difference.words",
    "analyzer.reporter.memory.text",
    "analyzer.reporter.terminal",
}

STILL_PARSED: set[str] = set()

STILL_UNEXPLAINED: set[str] = {
    "analyzer.loader.parse.description: def stem(self) -> str:",
    "analyzer.loader.text.files: getattr(error, 'strerror', None)",
}
