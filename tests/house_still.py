"""What the rules of the house still find: lists that only get shorter, and go when they are empty."""

from __future__ import annotations

STILL_BY_HAND: set[str] = {
    "analyzer.checks.rules.misaligned_branches.Line",
    "analyzer.checks.rules.padding_kernel._Axis",
    "analyzer.checks.rules.uneven_skip._Mismatch",
    "analyzer.cli.budget_options.Growth",
    "analyzer.difference.match.Matching",
    "analyzer.difference.match.Rename",
    "analyzer.difference.result.Difference",
    "analyzer.difference.result.LayerChange",
    "analyzer.difference.result.Side",
    "analyzer.difference.tree.Node",
    "analyzer.difference.tree.Numbers",
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
    "analyzer.checks",
    "analyzer.checks.budget.suggestions",
    "analyzer.checks.declared_uses",
    "analyzer.checks.page",
    "analyzer.checks.rules.dropout_before_norm",
    "analyzer.checks.rules.heavy_layer",
    "analyzer.checks.rules.large_field",
    "analyzer.checks.rules.linear_pair",
    "analyzer.checks.rules.misaligned_branches",
    "analyzer.checks.rules.skipped_pixels",
    "analyzer.checks.rules.uneven_depth",
    "analyzer.checks.rules.uneven_skip",
    "analyzer.checks.run",
    "analyzer.cli.config",
    "analyzer.cli.sides",
    "analyzer.difference.match",
    "analyzer.difference.result",
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
    "analyzer.record",
    "analyzer.reporter.analysis.geometry",
    "analyzer.reporter.difference.words",
    "analyzer.reporter.memory.text",
    "analyzer.reporter.terminal",
}

STILL_PARSED: set[str] = {
    "analyzer.contract.saved: found[0].notes[0]",
}

STILL_UNEXPLAINED: set[str] = {
    "analyzer.loader.parse.description: def stem(self) -> str:",
    "analyzer.loader.text.files: getattr(error, 'strerror', None)",
}
