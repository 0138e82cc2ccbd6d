"""Hints about an output that is not the expected one: the parameter that reaches it, confirmed by placing the layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Node
from analyzer.layers import Layer
from analyzer.layers.kinds import Whole
from analyzer.layers.padding import Padding
from analyzer.layers.parameters import Parameter
from analyzer.layers.spatial_kinds import Factors, PaddingKind, Sizes, VolumeKind
from analyzer.loader.expand.hint_words import changed, either, line_of, ways_back
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.trial import Trial
from analyzer.loader.parse.description import Item, LayerItem
from analyzer.record import Record
from analyzer.volume import Volume

#: Parameters are tried up to this value.
_LARGEST = 16

#: Kernels are changed together with a stride only this near to their own.
_NEAR = 5

#: A longer repetition is not placed again with every parameter.
_REPEATED = 64

#: How many layers after the one that changes the volume may keep it.
_FAR = 8

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
    """The parameters of the layer, or of one before it, with which it puts out what `expect` asks for."""
    wanted, item, result = puzzle.wanted, puzzle.item, read[0]
    own = _Chain(item, [node for node in ways_back(result) if node.origin.span is item.span])
    if len(own.layers) > _REPEATED:
        puzzle.found.help = own.repetitions(wanted)
        return
    before = _before(item, result, trial) if not own.repeats else None
    puzzle.found.help = (
        _offers(own, wanted)
        or (before and _offered_before(before, wanted, puzzle, trial))
        or _told(own, own.together(wanted))
    )


def _offered_before(chain: _Chain, wanted: Wanted, puzzle: Puzzle, trial: Trial) -> str | None:
    """The parameters of a layer of another item, confirmed by a trial: that item may be repeated, or in a block."""
    item = chain.item
    if not isinstance(item, LayerItem) or len(wanted) != len(chain.nodes[-1].output.sizes):
        return None
    confirmed = [
        one
        for one in chain.single(wanted)[:_MOST]
        if trial.clears(puzzle.found, changes=[(item, *pair) for pair in one.values.items()], expects=True)
    ]
    told = _told(chain, confirmed)
    return f"in {line_of(chain.nodes[0])}, {told}" if told is not None else None


def _before(item: Item, result: Node, trial: Trial) -> _Chain | None:
    """The chain from the nearest layer of another item that has parameters about the shape."""
    nodes: list[Node] = []
    for node in ways_back(result):
        nodes.append(node)
        inner = trial.item(node)
        if len(node.inputs) != 1 or len(nodes) > _FAR:
            return None
        if inner is not None and inner is not item and not node.layer.pointwise:
            return _Chain(inner, nodes)
    return None


def _offers(chain: _Chain, wanted: Wanted) -> str | None:
    """The single parameters of the item's own layer with which it puts out the wanted volume."""
    if not chain.layers:
        return None
    if len(wanted) != len(chain.nodes[-1].output.sizes) and not chain.own.regroups:
        return _dense(chain, wanted)
    return chain.repetitions(wanted) or _told(chain, chain.single(wanted))


def _told(chain: _Chain, found: Sequence[_Offer]) -> str | None:
    """What gives which volume, for those that give the same as the first."""
    if not found:
        return None
    volume = found[0].volume
    options = [chain.told(one) for one in found if one.volume == volume][:_MOST]
    verb = "give" if " and " in options[0] else "gives"
    return f"{either(options)} {verb} {volume.pretty()}"


class _Offer(Record):
    """Parameters, by attribute, that give a volume; `other` is a second value of the padding that gives it too."""

    values: Values
    volume: Volume
    other: Values | None = None


def _is(volume: Volume, wanted: Wanted) -> bool:
    sizes = volume.sizes
    return len(sizes) == len(wanted) and all(a is None or a == b for a, b in zip(wanted, sizes, strict=True))


class _Chain:
    """Nodes from one whose item may change to the one with the `expect`, each reading the one before.

    `nodes` are in the order of placing; `layers` are those of the item's own type, several where it is repeated.
    """

    def __init__(self, item: Item, nodes: Sequence[Node]) -> None:
        self.item = item
        self.nodes = [node for node in reversed(nodes) if node.inputs]
        kind = item.type if isinstance(item, LayerItem) else None
        self.layers = [node.layer for node in self.nodes if type(node.layer) is kind and node.origin.span is item.span]

    @property
    def own(self) -> Layer:
        """The layer of the item."""
        return self.layers[0]

    @property
    def repeats(self) -> bool:
        """Whether the item is repeated."""
        return len(self.layers) > 1

    def repetitions(self, wanted: Wanted) -> str | None:
        """The number of repetitions after which the volume is the wanted one."""
        if self.nodes[0].inputs[0].origin.span is self.item.span:
            return None  # more repetitions than were looked at
        ends = [node.inputs[0] for node in self.nodes if node.layer in self.layers]
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
                for attribute, value in values.items() if layer in self.layers else ():
                    layer = changed(layer, attribute, value)
                volume = layer.output(read)
        except Refusal:
            return None
        return volume

    def told(self, offer: _Offer) -> str:
        """Parameters as a file writes them: `padding: 2` or `same`."""
        declared = {one.attribute: one for one in self.own.declared.values()}
        texts = [f"`{declared[name].name}: {_text(declared[name], value)}`" for name, value in offer.values.items()]
        told = " and ".join(texts)
        for name, value in offer.other.items() if offer.other is not None else ():
            if value != offer.values[name]:
                told += f" or `{_text(declared[name], value)}`"
        return told

    def depths(self, wanted: Wanted) -> Iterator[Values]:
        """The numbers of filters or units with which the depth is the wanted one."""
        depth = wanted[-1]
        for name in ("filters", "units", "multiplier", "size"):
            declared = self.own.declared.get(name)
            if declared is None or depth is None or not isinstance(declared.kind, Whole):
                continue
            for value in dict.fromkeys((depth, 2 * depth, depth // max(1, self.nodes[0].flow.input.depth))):
                volume = self.outcome({declared.attribute: value}) if value else None
                if volume is not None and volume.depth == depth:
                    yield {declared.attribute: value}
                    return

    def single(self, wanted: Wanted) -> list[_Offer]:
        """One parameter, besides the number of filters, that gives the wanted volume."""
        found: list[_Offer] = []
        for base in self._bases(wanted):
            volume = self.outcome(base)
            if base and volume is not None and _is(volume, wanted):
                return [_Offer(base, volume)]
            for declared in self._spatial():
                fitting = self._reaching(base, self._values(declared, wanted), wanted)
                if len(fitting) > 1 and declared.name == "padding":
                    fitting[0].other = fitting[1].values
                found += fitting[:1]
        return found

    def together(self, wanted: Wanted) -> list[_Offer]:
        """A stride with a padding or with a kernel that gives the wanted sizes."""
        spatial = {declared.name: declared for declared in self._spatial()} if len(self.layers) == 1 else {}
        for base, other in product(self._bases(wanted) if spatial else (), ("padding", "kernel")):
            if {"stride", other} <= set(spatial):
                near = self._values(spatial[other], wanted)[: _NEAR if other == "kernel" else None]
                pairs = product(self._values(spatial["stride"], wanted), near)
                fitting = self._reaching(base, ({**step, **more} for step, more in pairs), wanted)
                if fitting:
                    return fitting[:1]
        return []

    def _bases(self, wanted: Wanted) -> list[Values]:
        """The numbers of filters that give the wanted depth; nothing to change where it is right."""
        right = wanted[-1] in (None, self.nodes[-1].output.depth) or self.own.regroups
        return [{}] if right else list(self.depths(wanted))

    def _reaching(self, base: Values, tried: Iterable[Values], wanted: Wanted) -> list[_Offer]:
        """Those of the values, beside `base`, that give the wanted volume."""
        every = ({**base, **values} for values in tried)
        return [_Offer(one, out) for one in every if (out := self.outcome(one)) is not None and _is(out, wanted)]

    def _spatial(self) -> list[Parameter]:
        """Its parameters about spatial axes, those first that change no weight."""
        declared = self.own.declared.values()
        about = [one for one in declared if isinstance(one.kind, _KINDS) or one.name == "factor"]
        return sorted((one for one in about if one.name not in _LEFT_OUT), key=_weight)

    def _values(self, declared: Parameter, wanted: Wanted) -> list[Values]:
        """The values of one parameter that are tried, the nearest to its own first."""
        volume = self.nodes[0].flow.input
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
