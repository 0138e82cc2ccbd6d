"""What a reviewer asks first: the title, the totals of an analysis, the conventions behind the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.result import Analysis, Cost, Row
from analyzer.reporter.analysis.columns import COLUMNS
from analyzer.reporter.analysis.fold import Folded, described
from analyzer.reporter.analysis.geometry import SHORT, legend
from analyzer.reporter.analysis.shown import shown_modes
from analyzer.reporter.grid import Grid
from analyzer.reporter.modes import TITLES
from analyzer.reporter.options import Options
from analyzer.units import count, memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def title(analysis: Analysis) -> list[str]:
    """The parts of the title: name, input, batch, dtype, layers."""
    entered = analysis.network.inputs
    if len(entered) == 1:
        inputs = [f"input {entered[0].output.pretty()}"]
    else:
        inputs = [f"{node.name} {node.output.pretty()}" for node in entered]
    return [
        analysis.name,
        *inputs,
        f"batch {count(analysis.batch)}",
        analysis.dtype,
        *([f"weights {analysis.weights_dtype}"] if analysis.weights_dtype is not None else []),
        plural(len(analysis.rows), "layer") + (", fused" if analysis.network.quantized else ""),
    ]


def facts(analysis: Analysis, options: Options) -> list[tuple[str, list[str]]]:
    """Labels, each with its values: parameters in the shown modes and their ratio, MACs, memory, the peak."""
    totals, modes = analysis.totals, shown_modes(analysis, options)
    costs: list[tuple[str, Cost]] = [(TITLES[mode], getattr(totals, mode)) for mode in modes]
    lines = [("parameters", _by_mode(costs, lambda cost: count(cost.parameters)))]
    if options.mode == "both" and (times := ratio(analysis)):
        lines[0][1][1] += f", {times} as many"
    if any(cost.trainable != cost.parameters for _, cost in costs):
        lines.append(("trainable", _by_mode(costs, lambda cost: count(cost.trainable))))
    if any(cost.buffers for _, cost in costs):
        lines.append(("buffers", _by_mode(costs, lambda cost: count(cost.buffers))))
    lines.append(("MACs", [f"{count(totals.macs)} per sample", f"{count(2 * totals.macs)} FLOPs"]))
    lines.append(("parameter memory", _by_mode(costs, lambda cost: memory(cost.bytes))))
    if len(costs) > 0 and costs[0][1].buffers:
        lines[-1][1].append("with buffers")
    if analysis.weights_dtype is not None:
        lines[-1][1].append(weights_said(analysis))
    peak = analysis.peak
    lines.append(("peak activation", [f"{memory(peak.bytes)} at `{peak.name}`", "forward, layer by layer"]))
    field = _field_in_words(analysis)
    if field:
        lines.append(("receptive field", field))
    if analysis.source is not None:
        from analyzer.loader.foreign.programs import read_from

        lines.append(("read from", read_from(analysis.source)))
    return lines


def field_at_the_end(analysis: Analysis) -> tuple[Row | None, Row | None, Row | None]:
    """The layer with the last field smaller than the input, the first one whose field is unknown, if that comes before
    the whole input is seen, and the first layer that sees everything."""
    last = first_whole = unknown = None
    for row in analysis.rows:
        field = row.receptive_field
        if row.node.layer.passes:  # a vector has the whole map, but no value of it sees more than before
            continue
        if field is None:
            unknown = unknown or (row if row.receptive_fields else None)
        elif field.everything:
            first_whole = first_whole or row
        elif first_whole is None:
            last, unknown = row, None
    if unknown is not None and first_whole is not None and unknown.node.index >= first_whole.node.index:
        unknown = None
    return last, unknown, first_whole


def _field_in_words(analysis: Analysis) -> list[str]:
    """The receptive field at the end, in parts of a sentence."""
    last, unknown, first_whole = field_at_the_end(analysis)
    parts = [] if last is None else [f"{COLUMNS['receptive_field'].text(last)} at `{last.name}`"]
    if unknown is not None:
        parts.append(f"unknown from `{unknown.name}` on")
    if first_whole is not None:
        parts.append(f"the whole input from `{first_whole.name}` on")
    return parts


def _by_mode(costs: list[tuple[str, Cost]], text: Callable[[Cost], str]) -> list[str]:
    """A quantity in each mode, or once if it is the same in all."""
    texts = [text(cost) for _, cost in costs]
    if len(costs) > 1 and len(set(texts)) == 1:
        return [f"{texts[0]} in {'both' if len(costs) == 2 else 'all'} modes"]
    return [f"{shown} {name}" for shown, (name, _) in zip(texts, costs, strict=True)]


def ratio(analysis: Analysis) -> str:
    """How many times as many parameters the locally connected network has: `196.0×`; empty if they are equal."""
    shared, local = analysis.totals.shared.parameters, analysis.totals.local.parameters
    if not shared or shared == local:
        return ""
    tenths = (local * 20 // shared + 1) // 2
    return f"{tenths // 10:,}.{tenths % 10}×"


def conventions(grid: Grid, left_out: Sequence[str] = ()) -> list[str]:
    """Sentences on what the numbers of a grid count; those about columns that are left out are left out too."""
    shown = {column.metric for column in grid.columns}.difference(left_out)
    sentences = []
    if "kind" in shown:
        sentences += _kinds(grid)
    if shown & {"macs", "macs_sum", "flops", "backward_macs"}:
        sentences.append("a MAC is one multiplication added to a sum; adding a bias is none")
    if shown & {"memory", "memory_sum"}:
        sentences.append("memory of a row: its parameters, buffers and output")
    if shown & {"traffic", "intensity"}:
        sentences.append("traffic of a row: its inputs, parameters, buffers and output, each once")
    if any(column.nature == "running" and column.metric in shown for column in grid.columns):
        sentences.append("Σ: sum so far")
    sentences.append("KiB = 2^10 bytes")
    return sentences


def _kinds(grid: Grid) -> list[str]:
    """The meaning of the signs and short names in the kinds that a grid shows."""
    layers = [row for row in map(described, grid.subjects) if row is not None]
    added = {row.kind for subject in grid.subjects if isinstance(subject, Folded) for row in subject.added}
    words = [*legend(layers), *(f"{short} {name}" for name, short in SHORT.items() if name in added)]
    return [f"kind: {', '.join(words)}"] if words else []


def weights_said(analysis: Analysis) -> str:
    """Which number format the weights have where it is not that of the run; empty where it is."""
    if analysis.weights_dtype is None:
        return ""
    several = dict.fromkeys([analysis.weights_dtype, *analysis.network.formats.values()])
    return f"in {' and '.join(several)}, as in the file"


def about_layers(analysis: Analysis) -> list[str]:
    """The meaning of the mark `*`, and which layers have unknown numbers, if the network has such layers."""
    names = [row.name for row in analysis.rows if row.node.layer.authored]
    if not names:
        return []
    from analyzer.reporter.foreign import authored, unknown_macs  # few networks have such layers

    unknown = [row.name for row in analysis.rows if row.unknown]
    return [authored(names, analysis.uncovered), *([unknown_macs(unknown)] if unknown else [])]
