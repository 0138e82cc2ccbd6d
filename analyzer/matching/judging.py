"""What differs between a call and its row, and whether that is a cause or follows from an earlier difference.

A layer is asked again with what its module read: where it then has the numbers of the module and puts out its volume,
the layer is as the file says, and the difference comes from further up. It follows from a difference that is known, or
the cause is a layer without parameters in between, such as a pool, which no hook on parameters sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from analyzer.align import Pairs
from analyzer.diagnostics import Refusal
from analyzer.engine.network import Network, Node
from analyzer.engine.result import Analysis, Row
from analyzer.matching.asking import answers, is_cropped, read_by
from analyzer.matching.keys import counts
from analyzer.matching.observed import Observed, Shape
from analyzer.matching.result import Difference
from analyzer.matching.tensors import is_of, volumes
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COUNTS = ("weights", "biases", "buffers")


class Judge:
    """Compares a module with a network, layer by layer, once it is known which call is which row.

    `volume` has what each node would put out if all layers before it were as the module has them; `doubtful` the nodes
    behind a layer that only one side has, of which nobody knows what it put out. `called` is for each node the last
    call among those that it needs.
    """

    def __init__(self, calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs, analysis: Analysis) -> None:
        self.calls = calls
        self.network: Network = analysis.network
        self.all = {row.node.index: row for row in analysis.rows}
        self.rows = {row.node.index: row for row in rows}
        self.call = {rows[row].node.index: call for call, row in pairs}
        paired = {call for call, _ in pairs}
        self.extra = [place for place in range(len(calls)) if place not in paired]
        self.extras = _running(len(calls), self.extra)
        self.volume: dict[int, Volume] = {node.index: node.output for node in self.network.inputs}
        self.doubtful: set[int] = set()
        self.called: dict[int, int] = {}
        self.blamed: set[int] = set()

    def differences(self) -> Iterator[Difference]:
        """Every difference, in the order of the network; a call without a row comes behind the call before it."""
        left = list(reversed(self.extra))
        for node in self.network.nodes:
            found = list(self._differences(node))
            if node.index in self.rows and node.index in self.call:
                while left and left[-1] < self.call[node.index]:
                    yield Difference(self.calls[left.pop()], None, {})
            yield from found
        yield from (Difference(self.calls[place], None, {}) for place in reversed(left))

    def ends(self, outputs: Sequence[Shape]) -> Iterator[Difference]:
        """A difference for every output of the network that no output of the module is.

        Only of layers without parameters: those with some are compared with their calls.
        """
        for node in self.network.outputs if outputs else ():
            if node.index < 0 or node.index in self.rows or node.index in self.doubtful:
                continue
            if not any(is_of(shape, self.volume[node.index]) for shape in outputs):
                cause = _resized(node, self.rows) or node
                yield Difference(None, self.all[cause.index], {"read": (outputs[0], cause.output)})

    def _differences(self, node: Node) -> Iterator[Difference]:
        """The differences at one node; notes what it puts out."""
        before = max((self.called.get(source.index, -1) for source in node.inputs), default=-1)
        place = self.call.get(node.index)
        if place is None:
            self.called[node.index] = before
            if node.index in self.rows:
                yield Difference(None, self.rows[node.index], {})
                self.doubtful.add(node.index)
            elif any(source.index in self.doubtful for source in node.inputs):
                self.doubtful.add(node.index)
            self.volume[node.index] = self._passed(node)
            return
        self.called[node.index] = max(before, place) if node.inputs else -1  # a table is there before it is read
        call, row = self.calls[place], self.rows[node.index]
        fields = compared(call, row)
        self.volume[node.index] = _seen(call, row) if "output" in fields else row.output
        if place < before:
            fields["order"] = (call.name, self.calls[before].name)
        if fields:
            yield from self._judged(node, place, before, fields)

    def _judged(self, node: Node, place: int, before: int, fields: dict[str, Any]) -> Iterator[Difference]:
        """The difference of a pair, and that of a layer without parameters before it that is the cause."""
        call, row = self.calls[place], self.rows[node.index]
        reuses = call.tied is not None or row.tied is not None
        if not fields.keys() & {"output", *_COUNTS} or (reuses and not fields.keys().isdisjoint(_COUNTS)):
            yield Difference(call, row, fields)
            return
        now = [self.volume[source.index] for source in node.inputs]
        read = read_by(node, call)
        if read is None:
            follows = now != [source.output for source in node.inputs] and answers(node.layer, now, call)
            yield from _following(call, row, fields) if follows else [Difference(call, row, fields)]
            return
        known = read[0] == now[0] or is_of(call.inputs[0], now[0])
        doubt = (
            any(source.index in self.doubtful for source in node.inputs) or self.extras[place] > self.extras[before + 1]
        )
        if not known and not doubt:
            cause = _resized(node.inputs[0], self.rows)
            if cause is None:
                yield Difference(call, row, {**fields, "input": (call.inputs[0], node.inputs[0].output)})
                return
            self._correct(node.inputs[0], cause, read[0])
            if cause.index not in self.blamed:
                self.blamed.add(cause.index)
                yield Difference(call, self.all[cause.index], {"read": (call.inputs[0], cause.output)})
        yield from _following(call, row, fields)

    def _correct(self, node: Node, cause: Node, volume: Volume) -> None:
        """Notes what a cause without a call puts out, for others that read it: up to a node that a call read."""
        sizes = node.output.sizes
        while node.output.sizes == sizes:
            self.volume[node.index] = volume
            if node is cause:
                break
            node = node.inputs[0]

    def _passed(self, node: Node) -> Volume:
        """What a node without a call puts out, given what the layers before it put out."""
        now = [self.volume[source.index] for source in node.inputs]
        if now == [source.output for source in node.inputs]:
            return node.output
        try:
            return node.layer.output(now)
        except Refusal:
            return node.output


def _resized(node: Node, rows: Mapping[int, Row]) -> Node | None:
    """The nearest layer without parameters, from a node on upwards, that changes a volume's size, or else its axes."""
    reshapes: Node | None = None
    while node.index >= 0 and node.index not in rows:
        if not node.inputs or any(source.output.size != node.output.size for source in node.inputs):
            return node
        if reshapes is None and node.output.sizes != node.inputs[0].output.sizes:
            reshapes = node
        node = node.inputs[0]
    return reshapes


def compared(call: Observed, row: Row) -> dict[str, Any]:
    """What differs between a call and its row, by name, as (module, file)."""
    fields: dict[str, Any] = {}
    # A table that reads nothing is itself its output; its call has the shape of the first function that reads it.
    if call.outputs and row.node.inputs and not _puts_out(call, row):
        fields["output"] = (call.outputs[0], row.output)
    for name, mine, theirs in zip(_COUNTS, counts(call), counts(row), strict=True):
        if mine != theirs:
            fields[name] = (mine, theirs)
    if call.frozen != row.frozen and call.parameters and row.declared.parameters:
        fields["frozen"] = (call.frozen, row.frozen)
    return fields


def _puts_out(call: Observed, row: Row) -> bool:
    """Whether a call put out the volume of its row, or what code makes that of behind it.

    A layer without a window is the same at every position, so positions may be in windows on one side.
    """
    shape, volume = call.outputs[0], row.output
    if is_of(shape, volume) or is_cropped(call, row.node.layer, row.input, volume):
        return True
    return row.kernel is None and prod(shape) == volume.size and volume.depth in (shape[1:2] + shape[-1:])


def _following(call: Observed, row: Row, fields: dict[str, Any]) -> Iterator[Difference]:
    """A difference that follows from an earlier one, and one that never does: whether the layer is frozen."""
    if "frozen" in fields:
        yield Difference(call, row, {"frozen": fields.pop("frozen")})
    yield Difference(call, row, fields, follows=True)


def _seen(call: Observed, row: Row) -> Volume:
    """What a call put out, as a volume like that of its row."""
    found = list(volumes(call.outputs[0], row.output))
    near = [volume for volume in found if volume.depth == row.output.depth or volume.spatial == row.output.spatial]
    return (near or found or [row.output])[0]


def _running(number: int, places: Sequence[int]) -> list[int]:
    """How many of some places are before each place, and before the end."""
    there: Mapping[int, bool] = dict.fromkeys(places, True)
    found = [0]
    for place in range(number):
        found.append(found[-1] + there.get(place, False))
    return found
