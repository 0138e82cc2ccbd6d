"""Hints about an output that is not the expected one: the parameter that reaches it, confirmed by placing the layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Node
from analyzer.layers.kinds import Whole
from analyzer.layers.padding import Padding
from analyzer.layers.parameters import Parameter
from analyzer.layers.spatial_kinds import Factors, PaddingKind, Sizes, VolumeKind
from analyzer.loader.expand.hint_words import changed, either, line_of
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.trial import Trial
from analyzer.loader.parse.description import LayerItem
from analyzer.volume import Volume

#: Parameters are tried up to this value.
_LARGEST = 16

#: Pairs for two axes are tried up to this value, this one left out.
_PAIRED = 4

#: The most alternatives that a help offers.
_MOST = 3

_KINDS = (Sizes, PaddingKind, Factors, VolumeKind)

#: Parameters about axes that nobody changes to reach a size.
_LEFT_OUT = ("dilation", "sharing", "window")

Wanted = tuple[int | None, ...]


#: Values of parameters by attribute.
Values = dict[str, object]


def reaching(puzzle: Puzzle, read: list[Node], trial: Trial) -> None:
    """The parameters of the layer with which it puts out what `expect` asks for, or those of the layer before."""
    wanted, item, result = puzzle.wanted, puzzle.item, read[0]
    chain = _Chain(item, result) if isinstance(item, LayerItem) else None
    if chain is None or not chain.nodes:
        return
    if len(wanted) != len(result.output.sizes):
        puzzle.found.help = _dense(chain, wanted)
        return
    repeated = chain.repetitions(wanted)
    if repeated is not None:
        puzzle.found.help = repeated
        return
    depths = [{}] if wanted[-1] in (None, result.output.depth) else list(chain.depths(wanted))
    found: list[tuple[str, Volume]] = []
    for values in depths:
        volume = chain.outcome(values)
        if volume is not None and _is(volume, wanted):
            found.append((chain.told(values), volume))
        else:
            found += chain.reached(values, wanted)
    if found:
        volume = found[0][1]
        options = [text for text, other in found if other == volume][:_MOST]
        puzzle.found.help = f"{either(options)} gives {volume.pretty()}"
    elif len(chain.nodes[0].inputs) == 1 and result.output.spatial == wanted[:-1]:
        puzzle.found.help = _maker(chain, wanted)


def _is(volume: Volume, wanted: Wanted) -> bool:
    sizes = volume.sizes
    return len(sizes) == len(wanted) and all(a is None or a == b for a, b in zip(wanted, sizes, strict=True))


class _Chain:
    """The nodes of one item, its repetitions and its rows of `norm` and `act` included, in the order of placing."""

    def __init__(self, item: LayerItem, result: Node) -> None:
        self.item = item
        self.nodes: list[Node] = []
        while result.origin.span is item.span and result.inputs:
            self.nodes.insert(0, result)
            result = result.inputs[0]
        own = next((node.layer for node in self.nodes if isinstance(node.layer, item.type)), None)
        if own is None:
            self.nodes = []
            return
        self.own = own
        self.rows = [node for node in self.nodes if not isinstance(node.layer, item.type)]

    def repetitions(self, wanted: Wanted) -> str | None:
        """The number of repetitions after which the volume is the wanted one."""
        ends = [node.inputs[0] for node in self.nodes if isinstance(node.layer, self.item.type)]
        for count, end in enumerate(ends):
            if count and _is(end.output, wanted):
                return f"`repeat: {count}` gives {end.output.pretty()}"
        return None

    def outcome(self, values: Mapping[str, object]) -> Volume | None:
        """What the last node puts out with these parameters; None where a layer refuses."""
        volume: Volume | None = None
        try:
            for node in self.nodes:
                read = [source.output for source in node.inputs]
                if volume is not None:
                    read[0] = volume
                layer = node.layer
                for attribute, value in values.items() if isinstance(layer, self.item.type) else ():
                    layer = changed(layer, attribute, value)
                volume = layer.output(read)
        except Refusal:
            return None
        return volume

    def told(self, values: Mapping[str, object]) -> str:
        """Parameters as a file writes them."""
        declared = {one.attribute: one for one in self.own.declared.values()}
        return " and ".join(f"`{declared[name].name}: {_text(declared[name], values[name])}`" for name in values)

    def depths(self, wanted: Wanted) -> Iterator[Values]:
        """The numbers of filters or units with which the depth is the wanted one."""
        depth = wanted[-1]
        for name in ("filters", "units", "multiplier", "size"):
            declared = self.own.declared.get(name)
            if declared is None or depth is None or not isinstance(declared.kind, Whole):
                continue
            for value in dict.fromkeys((depth, 2 * depth, depth // max(1, self.nodes[0].inputs[0].output.depth))):
                volume = self.outcome({declared.attribute: value}) if value else None
                if volume is not None and volume.depth == depth:
                    yield {declared.attribute: value}
                    return

    def reached(self, base: Values, wanted: Wanted) -> list[tuple[str, Volume]]:
        """One parameter, otherwise a stride with a padding, that gives the wanted sizes, and what comes out."""
        found: list[tuple[str, Volume]] = []
        for declared in self._spatial():
            texts = [
                (values, volume)
                for values in self._values(declared, wanted)
                if (volume := self.outcome({**base, **values})) is not None and _is(volume, wanted)
            ]
            if texts:
                told = [self.told({**base, **values}) for values, _ in texts[:2]]
                found.append((_shared(told) if declared.name == "padding" else told[0], texts[0][1]))
        return found if found or len(self.nodes) > 1 + len(self.rows) else self._together(base, wanted)

    def _together(self, base: Values, wanted: Wanted) -> list[tuple[str, Volume]]:
        """A stride with a padding or with a kernel that gives the wanted sizes."""
        by_name = {declared.name: declared for declared in self._spatial()}
        for other in ("padding", "kernel"):
            if not {"stride", other} <= set(by_name):
                continue
            for step, more in product(self._values(by_name["stride"], wanted), self._values(by_name[other], wanted)):
                values = {**base, **step, **more}
                volume = self.outcome(values)
                if volume is not None and _is(volume, wanted):
                    return [(self.told(values), volume)]
        return []

    def _spatial(self) -> list[Parameter]:
        """Its parameters about spatial axes, those first that change no weight."""
        declared = self.own.declared.values()
        about = [one for one in declared if isinstance(one.kind, _KINDS) or one.name == "factor"]
        return sorted((one for one in about if one.name not in _LEFT_OUT), key=_weight)

    def _values(self, declared: Parameter, wanted: Wanted) -> list[Values]:
        """The values of one parameter that are tried, the nearest to its own first."""
        volume = self.nodes[0].inputs[0].output
        if isinstance(declared.kind, VolumeKind):
            values: list[object] = [wanted]
        elif isinstance(declared.kind, PaddingKind):
            values = list(self._paddings(volume, declared.kind.modes))
        else:
            own = self.own.__dict__.get(declared.attribute, declared.default)
            now = own if isinstance(own, int) else 1
            values = [*sorted(range(1, _LARGEST + 1), key=lambda one: abs(one - now)), *dict.fromkeys(wanted[:-1])]
            if volume.rank == 2 and not isinstance(declared.kind, Whole):
                values += [*(pair for pair in product(range(1, _PAIRED), repeat=2)), wanted[:-1]]
        return [{declared.attribute: value} for value in values if value is not None]

    def _paddings(self, volume: Volume, modes: Sequence[str]) -> Iterator[Padding]:
        """Paddings below the kernel, the same on all sides or, in 2-D, for each axis."""
        window = self.own.window(volume)
        most = 1 + max(window.kernel) // 2 if window is not None else _LARGEST
        yield from map(Padding.explicit, range(most))
        if "same" in modes:
            yield Padding("same")
        for height, width in product(range(min(most, _PAIRED)), repeat=2) if volume.rank == 2 else ():
            if height != width:
                yield Padding.explicit(((height, height), (width, width)))


def _text(declared: Parameter, value: object) -> str:
    """A value as a file writes it."""
    if isinstance(value, Padding) and isinstance(value.cells, tuple):
        return "x".join(str(before) for before, _ in value.cells)
    written = declared.kind.write(value)
    return "x".join(map(str, written)) if isinstance(written, list) else str(written)


def _dense(chain: _Chain, wanted: Wanted) -> str | None:
    """A dense layer in place of one that acts at each position, where a vector is wanted."""
    units = wanted[0]
    if len(wanted) > 1 or units is None or "units" not in chain.own.declared or chain.own.dense or not chain.own.linear:
        return None
    return f"`dense: {units}`, which reads the whole volume, gives {units}"


def _weight(declared: Parameter) -> bool:
    return declared.agreed


def _shared(told: Sequence[str]) -> str:
    """Two values of one parameter: `padding: 2` or `same`."""
    if len(told) < 2:
        return told[0]
    return f"{told[0]} or `{told[1].rpartition(': ')[2]}"


def _maker(chain: _Chain, wanted: Wanted) -> str | None:
    """The number of filters of the layer that gave the depth, where everything after it keeps the depth."""
    node = chain.nodes[0].inputs[0]
    while node.inputs and len(node.inputs) == 1 and node.output.depth == node.inputs[0].output.depth:
        node = node.inputs[0]
    declared = node.layer.declared.get("filters") or node.layer.declared.get("units")
    if declared is None or node.output.depth != chain.nodes[-1].output.depth:
        return None
    return f"`{declared.name}: {wanted[-1]}` in {line_of(node)} gives a depth of {wanted[-1]}"
