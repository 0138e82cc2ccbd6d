"""The memory report for a terminal: the verdict, the modes side by side, live bytes over a step, proposed changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.verify import verify
from analyzer.engine.memory.devices import Device, gigabytes
from analyzer.reporter.drawing import draw, labelled
from analyzer.reporter.memory.table import SUM, arena_grid, changes_grid, comparison_grid, grid, titles
from analyzer.reporter.memory.timeline import plot
from analyzer.reporter.modes import TITLES
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import joined, styled, wrapped
from analyzer.units import count, memory, plural

_STYLES = {"fits": "green", "at risk": "yellow", "does not fit": "red"}


def render(reports: Sequence[MemoryAnalysis | Failed], options: Options) -> Iterator[str]:
    """The reports one after the other, and a comparison of several."""
    good = [report for report in reports if isinstance(report, MemoryAnalysis)]
    for report in good:
        yield from _one(report, options)
        if len(reports) > 1:
            yield "\n"
    if len(good) > 1:
        yield styled("comparison", "bold", options.color) + "\n\n"
        yield from draw(comparison_grid(reports), options, free=False)


def _one(report: MemoryAnalysis, options: Options) -> Iterator[str]:
    heading = joined([options.fit(part) for part in _title(report)], options.fit(" · "), options.width, "  ")
    yield styled(heading, "bold", options.color) + "\n\n"
    verdict = "".join(_verdict(report, options))
    if verdict:
        yield verdict + "\n"
    yield from _table(report, options)
    if report.trains:
        mode = TITLES["shared" if report.held().mode == "shared" else report.mode]
        where = " on one device" if report.divided else ""
        yield f"\n{styled(f'live bytes of a training step{where}, {mode}', 'bold', options.color)}\n"
        yield from plot(report.held().timeline, options)
    if report.changes:
        yield "\n"
        yield from draw(changes_grid(report), options, free=False)
    if report.plan is not None:
        yield "\n" + "".join(labelled([("arena", _arena(report))], options)) + "\n"
        yield from draw(arena_grid(report), options, free=False)
    yield "\n"
    for sentence in _assumptions(report):
        yield styled(wrapped(options.fit(sentence), options.width), "dim", options.color) + "\n"


def _title(report: MemoryAnalysis) -> Iterator[str]:
    """The parts of the title: name, input, batch, number format, optimizer and its step, and ways to save memory."""
    run, inputs = report.run, report.network.inputs
    yield report.name
    if len(inputs) == 1:
        yield f"input {inputs[0].output.pretty()}"
    else:
        yield from (f"{node.name} {node.output.pretty()}" for node in inputs)
    yield f"batch {count(run.batch)}"
    yield run.dtype if run.autocast is None else f"{run.dtype}, autocast {run.autocast}"
    if not report.trains:
        yield "inference only"
        return
    yield run.optimizer if not run.weight_decay else f"{run.optimizer}, weight decay {run.weight_decay:g}"
    yield f"{run.step} step"
    if run.accumulate > 1:
        yield f"{count(run.accumulate)} passes a step"
    if run.ema:
        yield "EMA"
    if run.checkpoint is not None:
        named = run.checkpoint if isinstance(run.checkpoint, str) else ",".join(run.checkpoint)
        yield f"checkpoint {named}" + (", but there are no blocks" if report.without_blocks else "")
    if report.divided:
        yield f"{plural(report.ranks, 'rank')}, {report.strategy}"


def _verdict(report: MemoryAnalysis, options: Options) -> Iterator[str]:
    """The verdict, its reason and the largest batch; nothing where no device is named."""
    device, found, largest = report.device, report.verdict(), report.largest
    if device is None or found is None or largest is None:
        return
    usable = " usable" if device.usable is not None else ""
    parts = [
        f"{found.word} on {device.name}",
        f"{memory(found.low)} to {memory(found.high)} needed of {memory(device.capacity)}{usable}",
    ]
    if report.held().mode != "shared":
        parts.append(TITLES[report.mode])
    first, *others = labelled(
        [
            ("verdict", parts),
            ("because", [found.reason, *_context(report, device.capacity)]),
            ("largest batch", _batches(report, *largest)),
            *_amount(device),
        ],
        options,
    )
    yield first.replace(found.word, styled(found.word, _STYLES[found.word], options.color), 1)
    yield from others


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


def _batches(report: MemoryAnalysis, fits: int, at_risk: int) -> list[str]:
    of = f" over {plural(report.ranks, 'rank')}" if report.ranks > 1 else ""
    if not at_risk:
        return [f"none: {'one sample' if not of else 'one sample a rank'} does not fit"]
    return [f"{count(fits)} fits{of}" if fits else "none fits for certain", f"up to {count(at_risk)} at risk"]


def _table(report: MemoryAnalysis, options: Options) -> Iterator[str]:
    """The modes side by side; the sums and the titles of sections are bold."""
    heads = {options.fit(title) for title in titles(report)}
    for line in draw(grid(report, options.width), options, free=False):
        text = line.rstrip("\n")
        yield styled(text, "bold", options.color) + "\n" if text.startswith(SUM) or text in heads else line


def _arena(report: MemoryAnalysis) -> list[str]:
    """The size of the arena, compared with the smallest possible."""
    plan = report.plan
    if plan is None:
        return []
    against = "the smallest possible" if plan.size == plan.bound else f"{memory(plan.bound)} is the bound"
    checked = "checked" if not verify(plan) else "wrong"
    return [
        f"{count(plan.size)} bytes, {against}",
        f"multiples of {plan.alignment}",
        f"placed by {plan.order}",
        checked,
    ]


def _assumptions(report: MemoryAnalysis) -> Iterator[str]:
    """The assumptions, in two lines, and one more for layers with numbers given in the file."""
    assumed = report.assumptions()
    if "authored" in assumed:
        layers = plural(len(assumed["authored"]), "layer")
        yield (
            f"* {layers} with numbers given in the file, assumed to run as one operation that keeps its input: "
            f"{', '.join(assumed['authored'])}"
        )
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
