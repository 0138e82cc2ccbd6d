"""The words of a memory report that its formats for people share: title, verdict, assumptions."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.devices import Device, gigabytes
from analyzer.reporter.modes import TITLES
from analyzer.units import count, memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def title(report: MemoryAnalysis) -> Iterator[str]:
    """The parts of the title: name, input, batch, number format, optimizer and its step, and ways to save memory."""
    run, inputs = report.run, report.network.inputs
    yield report.name
    if len(inputs) == 1:
        yield f"input {inputs[0].output.pretty()}"
    else:
        yield from (f"{node.name} {node.output.pretty()}" for node in inputs)
    yield f"batch {count(run.batch)}"
    yield run.dtype if run.autocast is None else f"{run.dtype}, autocast {run.autocast}"
    if report.weights_dtype is not None:
        yield f"weights {report.weights_dtype}"
    if not report.trains:
        yield "inference only"
        return
    yield run.optimizer if not run.weight_decay else f"{run.optimizer}, weight decay {run.weight_decay:g}"
    yield f"{run.step} step"
    if run.accumulate > 1:
        yield f"{count(run.accumulate)} passes a step"
    if run.ema:
        yield "EMA"
    if run.master_weights:
        yield "master weights"
    if run.checkpoint is not None:
        named = run.checkpoint if isinstance(run.checkpoint, str) else ",".join(run.checkpoint)
        yield f"checkpoint {named}" + (", but there are no blocks" if report.without_blocks else "")
    if report.divided:
        yield f"{plural(report.ranks, 'rank')}, {report.strategy}"


def judgement(report: MemoryAnalysis) -> list[tuple[str, list[str]]]:
    """The verdict, its reason and the largest batches, each with its label; nothing where no device is named."""
    device, found, largest = report.device, report.verdict(), report.largest
    if device is None or found is None or largest is None:
        return []
    usable = " usable" if device.usable is not None else ""
    parts = [
        f"{found.word} on {device.name}",
        f"{memory(found.low)} to {memory(found.high)} needed of {memory(device.capacity)}{usable}",
    ]
    if report.held().mode != "shared":
        parts.append(TITLES[report.mode])
    return [
        ("verdict", parts),
        ("because", [found.reason, *_context(report, device.capacity)]),
        ("largest", [band(report.ranks, *largest)]),
        *_amount(device),
    ]


def _amount(device: Device) -> Iterator[tuple[str, list[str]]]:
    """A note on an amount in GB: a card that is sold with as many GB has more."""
    number = gigabytes(device)
    if number is not None:
        yield (
            "note",
            [
                f"{device.name} is {number}·10^9 bytes",
                f"a card that is sold as {number} GB has {number} GiB ({number}·2^30)",
            ],
        )


def _context(report: MemoryAnalysis, capacity: int) -> Iterator[str]:
    """A hint, where the context by itself is too much."""
    if report.context >= capacity:
        yield f"the context by itself is {memory(report.context)}; --context sets it"


def band(ranks: int, safe: int, at_risk: int) -> str:
    """Which batches of all ranks are safe, may fail and will fail: `safe` and `at_risk` are the largest of theirs."""
    if not at_risk:
        return f"none: {'one sample' if ranks == 1 else 'one sample a rank'} does not fit"
    over = f" over {plural(ranks, 'rank')}" if ranks > 1 else ""
    known = f"batch {count(safe)}{over} is safe" if safe else f"no batch{over} is safe"
    failing = count(at_risk + ranks)
    if safe == at_risk:
        return f"{known}, {failing} will run out of memory"
    return f"{known}, {count(at_risk)} may run out of memory, {failing} will"


def about_file(report: MemoryAnalysis, assumed: dict[str, Any]) -> Iterator[str]:
    """What is said of a file of another program, and of layers that the catalogue does not have."""
    network = report.network
    if network.source is None and "authored" not in assumed:
        return
    from analyzer.loader.foreign.programs import read_from  # few networks have any of it
    from analyzer.reporter.foreign import authored

    if network.source is not None:
        yield ", ".join([f"read from {read_from(network.source)[0]}", *read_from(network.source)[1:]])
    if "weights" in assumed:
        yield f"weights {assumed['weights']}"
    if "export" in assumed:
        yield f"the export is {assumed['export']}"
    if "authored" in assumed:
        assumption = "assumed to run as one operation that keeps its input"
        yield authored(assumed["authored"], network.uncovered, assumption)


def assumptions(report: MemoryAnalysis) -> Iterator[str]:
    """The assumptions, in two lines, and more where a file of another program says less than ours, or a layer does."""
    assumed = report.assumptions()
    yield from about_file(report, assumed)
    words = {"units": "gathered together", "fused": "arena fuses"}
    asked = "".join(f"{said}: {assumed[key]} · " for key, said in words.items() if key in assumed)
    if not report.trains:
        yield (
            f"counted: {assumed['counted']} · kernels: {assumed['kernels']} · slices: {assumed['slices']} · "
            f"{assumed['local']} · {asked}KiB = 2^10 bytes"
        )
        return
    yield (
        f"assumed: the {assumed['step']} step, gradients {assumed['gradients']} · loss: {assumed['loss']} · "
        f"counted: {assumed['counted']}"
    )
    yield (
        f"kernels: {assumed['kernels']} · masks: {assumed['masks']} · slices: {assumed['slices']} · "
        f"joins: {assumed['joins']} · {assumed['local']} · {asked}KiB = 2^10 bytes"
    )
