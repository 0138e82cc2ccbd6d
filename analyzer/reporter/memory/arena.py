"""The report of `analyzer memory --arena`: what a network takes of a microcontroller's RAM and flash.

Its tables are grids that the formats for people share; `csv` and `markdown` draw them too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.flash import Flash
from analyzer.engine.memory.arena.microcontroller import Microcontroller
from analyzer.engine.memory.arena.peak import Peak
from analyzer.engine.memory.arena.plan import Tensor
from analyzer.engine.memory.arena.verify import verify
from analyzer.record import Record
from analyzer.reporter.column import Column
from analyzer.reporter.grid import Grid
from analyzer.reporter.memory.words import about_file
from analyzer.units import count, memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


#: How many tensors of the peak have a line each.
_MOST = 12


class FlashLine(Record):
    """A line of the table of flash: its label and the bytes in each mode."""

    label: str
    sizes: Sequence[int]


class AliveLine(Record):
    """A line of the table of the peak: a tensor, or what several take together."""

    name: str
    size: int
    saves: int = 0
    made: str = ""
    until: str = ""


def facts(chip: Microcontroller) -> list[tuple[str, list[str]]]:
    """What a report says first, each with its label: whether it fits, the plan, its peak, and a smaller tensor."""
    plan = chip.plan
    against = "the smallest possible" if plan.size == plan.bound else f"{memory(plan.bound)} is the bound"
    lines = [
        ("verdict" if chip.verdict else "needs", [*filter(None, [chip.verdict]), *needs(chip)]),
        (
            "arena",
            [
                f"{count(plan.size)} bytes, {against}",
                f"multiples of {plan.alignment}",
                f"placed by {plan.order}",
                "checked" if not verify(plan) else "wrong",
            ],
        ),
    ]
    peak = chip.peak
    if peak is not None:
        as_high = f"the first of {plural(peak.moments, 'step')} as high" if peak.moments > 1 else "nowhere else as high"
        lines.append(
            (
                "peak",
                [
                    f"{count(peak.bytes)} bytes in {plural(len(peak.alive), 'tensor')} at {chip.layer_at(peak.step)}",
                    as_high,
                ],
            )
        )
        lines.append(("less", [_smaller(peak)]))
    return lines


def needs(chip: Microcontroller) -> list[str]:
    """The arena and the weights, with what there is of RAM and flash."""
    return [
        f"arena {memory(chip.plan.size)}{_of(chip.plan.size, chip.ram)} RAM{_over(chip.plan.size, chip.ram)}",
        f"weights {memory(chip.numbers().bytes)}{_of(chip.numbers().bytes, chip.flash)} flash"
        f"{_over(chip.numbers().bytes, chip.flash)}",
    ]


def _of(size: int, capacity: int | None) -> str:
    return "" if capacity is None else f" of {room(capacity)}"


def _over(size: int, capacity: int | None) -> str:
    return "" if capacity is None or size <= capacity else f", {memory(size - capacity)} too much"


def room(capacity: int) -> str:
    """An amount of RAM or flash, without decimals that are 0.

    >>> room(1 << 18), room(1_000_000)
    ('256 KiB', '976.6 KiB')
    """
    return memory(capacity).replace(".0 ", " ")


def _smaller(peak: Peak) -> str:
    """What the arena saves if the largest tensor at the peak has half its size."""
    name = peak.alive[0].tensor.name
    if not peak.saves:
        why = f", since {plural(peak.moments, 'step')} are as high" if peak.moments > 1 else ""
        return f"half of {name} saves nothing{why}"
    return f"half of {name} saves {count(peak.saves)} bytes: an arena of {count(peak.smaller.size)}"


def alive_grid(chip: Microcontroller) -> Grid:
    """The tensors alive at the peak, the largest first: bytes, what half of it saves, its maker and its last reader."""
    alive = chip.peak.alive if chip.peak else ()
    lines = [
        AliveLine(one.tensor.name, one.tensor.size, one.saves, _made(chip, one.tensor), chip.reader_of(one.tensor))
        for one in alive[:_MOST]
    ]
    others = alive[_MOST:]
    rest = AliveLine(f"the other {plural(len(others), 'tensor')}", sum(one.tensor.size for one in others))
    columns = [
        Column("layer", "alive at the peak", "the tensor", value=lambda line: line.name),
        _number("size", "bytes", lambda line: line.size).but(nature="amount"),
        _number("saves", "half saves", lambda line: line.saves),
        Column("kind", "made by", "its layer, and what runs in its kernel", value=lambda line: line.made),
        Column("until.layer", "until", "the layer that it is alive until", value=lambda line: line.until),
    ]
    return Grid(columns, lines, [rest] if others else [])


def _made(chip: Microcontroller, tensor: Tensor) -> str:
    """The types of the layers whose kernel makes a tensor."""
    layer, names = chip.maker_of(tensor), chip.network.names
    if layer not in names:
        return "input"
    return " + ".join(names[name].layer.type for name in (layer, *chip.fused.get(layer, ())))


def flash_grid(chip: Microcontroller, modes: Sequence[str]) -> Grid:
    """What lies in flash, a column for each mode."""
    found = [chip.numbers(mode) for mode in modes]

    def line(label: str, read: Callable[[Flash], int]) -> FlashLine:
        return FlashLine(label, [read(one) for one in found])

    def size(place: int) -> Callable[[Any], int]:
        return lambda line: int(line.sizes[place])

    columns = [Column("name", "flash", "the part", value=lambda line: line.label)]
    for place, mode in enumerate(modes):
        columns.append(_number(f"{mode}.bytes", "bytes", size(place)).but(group=mode))
    lines = [
        line("weights", lambda one: one.weights),
        line("biases", lambda one: one.biases),
        line("scales", lambda one: one.scales),
        line("= flash", lambda one: one.bytes),
    ]
    return Grid(columns, [one for one in lines if one.label != "scales" or any(one.sizes)])


def tensors_grid(chip: Microcontroller, *, exact: bool = False) -> Grid:
    """Where each tensor lies, in bytes, and the steps between which it is alive; `exact`: with its layers too."""
    plan = chip.plan
    columns = [
        Column("tensor" if exact else "layer", "tensor", "its name", value=lambda tensor: tensor.name),
        _number("offset", "offset", lambda tensor: plan.offsets[tensor.name]),
        _number("bytes", "bytes", lambda tensor: tensor.size),
        _number("first", "first", lambda tensor: tensor.first),
        _number("last", "last", lambda tensor: tensor.last),
    ]
    if exact:
        columns.append(Column("layer", "layer", "the layer that makes it", value=chip.maker_of))
        columns.append(Column("until", "until", "the layer that it is alive until", value=chip.reader_of))
    return Grid(columns, plan.tensors)


def comparison_columns(reports: Sequence[MemoryAnalysis]) -> list[Column]:
    """The columns of a comparison of several networks: arena, weights, and the verdict where there is one."""

    def chip_of(read: Callable[[Microcontroller], str]) -> Callable[[Any], str]:
        def text(report: Any) -> str:
            chip = report.microcontroller if isinstance(report, MemoryAnalysis) else None
            return read(chip) if chip is not None else ""

        return text

    columns = [
        Column("arena", "arena", "arena", value=chip_of(lambda chip: memory(chip.plan.size)), nature="place"),
        Column("flash", "weights", "weights", value=chip_of(lambda chip: memory(chip.numbers().bytes)), nature="place"),
    ]
    if any(report.microcontroller and report.microcontroller.verdict for report in reports):
        columns.append(Column("verdict", "verdict", "verdict", value=chip_of(lambda chip: chip.verdict or "")))
    return columns


def _number(name: str, heading: str, read: Callable[[Any], int]) -> Column:
    return Column(name, heading, heading, value=read, text=lambda subject: count(read(subject)), nature="place")


def assumed(report: MemoryAnalysis) -> Iterator[str]:
    """What the numbers assume, in two lines, and what is said of a file of another program."""
    said = report.assumptions()
    yield from about_file(report, said)
    yield f"arena: the volumes that layers put out, in the order of the file · fused: {said['fused']}"
    yield f"flash: {said['flash']} · beside both: {said['beside']} · KiB = 2^10 bytes"
