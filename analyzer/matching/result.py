"""The result of holding a module against a network: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.engine.result import Analysis, Row
from analyzer.matching.observed import Observation, Observed
from analyzer.record import Printed, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Pair(Record):
    """A call of the module, and the row of the network that it is."""

    observed: Observed
    row: Row


class Difference(Record):
    """A layer that differs, or that only one side has (the other is None).

    `fields` has what differs, by name, as (module, file): `output`, `weights`, `biases`, `buffers`, `frozen`. `order`
    are the names of a call and of one that came later, though the network has it before; `input` is what the layer
    reads, where nothing before it differs. `read` is what `observed` reads of a layer without parameters, the row of
    which does not put that out. Of a layer without parameters `kind` are the types, `arguments` its parameters as a
    file writes them, and `sources` are the names of the layers that a layer reads, those left out that only move
    values. A tensor has the shape of the framework, a `Volume` is that of the file. `follows` says that the layer
    itself is as the file says, and differs only since an earlier one does.
    """

    observed: Observed | None
    row: Row | None
    fields: Mapping[str, tuple[Any, Any]]
    follows: bool = False


class Match(Printed, Record):
    """A module held against a network.

    `calls` are those of `observation`, put together or taken apart as the network has its layers; `pairs` are the
    layers of both, `differences` what differs: the causes first, then what follows from them, each in the order of the
    network; `equal` says that nothing does. `print` shows them as the error does. `strict` says that layers without
    parameters were compared too, and `refused` why they could not be, though that was asked for.
    """

    observation: Observation
    analysis: Analysis
    calls: Sequence[Observed]
    pairs: Sequence[Pair]
    differences: Sequence[Difference]
    strict: bool = False
    refused: str | None = None

    @property
    def equal(self) -> bool:
        """Whether the module is what the network says."""
        return not self.differences and self.refused is None

    def __repr__(self) -> str:
        number = len(self.differences)
        found = "1 difference" if number == 1 else f"{number:,} differences"
        if not number:
            found = "equal" if self.equal else "not exported"
        return f"Match({self.observation.kind} and {self.analysis.name!r}: {found})"
