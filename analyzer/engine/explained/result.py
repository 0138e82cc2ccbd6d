"""What an explanation consists of: steps, each with a formula and the number that the report has for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.engine.explained.expression import Expression, Letter
from analyzer.engine.network import Node
from analyzer.engine.result import Row
from analyzer.record import ABOVE, Printed, Record, Reported
from analyzer.units import plural

#: What a step can be about, in the order of an explanation.
TOPICS = ("output", "weights", "biases", "buffers", "parameters", "macs", "memory", "saved", "receptive_field")


class Step(Record, kw_only=True):
    """One number of a layer, with the formula that gives it.

    topic    what it is about: one of `TOPICS`
    name     what the number is called: `H_out`, `weights`
    value    the number, as the report has it; None where it is unknown
    formula  the formula that gives it; None where the step is in words only
    unit     the unit of the number, if it is no count
    mode     the mode of sharing that the number is for; None where it is the same in all
    axis     the axis that the number is for, if it is one axis
    words    what the formula does not say
    """

    topic: str
    name: str
    value: int | float | None = None
    formula: Expression | None = None
    unit: str = ""
    mode: str | None = None
    axis: str | None = None
    words: str = ""

    def check(self) -> None:
        """Drops a formula that does not give the number: what is shown is true or is not shown."""
        if self.formula is not None and self.formula.value != self.value:
            self.formula = None


class Explained(Record, kw_only=True):
    """The arithmetic of one layer, or of several equal ones.

    node     the layer; where it stands for several, the first of them
    row      its row in the analysis; None for an input of the network, and for a layer that was refused
    refused  whether the layer was refused: its steps end where it fits no more
    names    the names of all layers that it stands for
    rule     what the layer does, in a sentence
    letters  the letters of its formulas for numbers that are given: sizes of what it reads, and parameters
    steps    its numbers
    """

    node: Node
    row: Row | None
    names: Sequence[str]
    rule: str
    letters: Sequence[Letter]
    steps: Sequence[Step]
    refused: bool = False

    def about(self, *topics: str) -> list[Step]:
        """The steps about these topics."""
        return [step for step in self.steps if step.topic in topics]


class Explanation(Printed, Reported, kw_only=True):
    """The arithmetic of the layers of a network.

    `layers` has the explained layers in the order of computation. `modes` are the modes of sharing that are shown.
    `refused` has what is wrong with a network that was refused: the layers before that are explained. `diagnostics` are
    doubts about the whole network.

    `str()` gives the text of `analyzer explain`, `to_dict()` its JSON (schemas/explain.schema.json) as plain data; a
    notebook shows the equations.
    """

    layers: Sequence[Explained]
    name: str
    file: str
    inputs: Sequence[Node]
    batch: int
    dtype: str
    modes: Sequence[str]
    refused: Sequence[Diagnostic] = ()
    diagnostics: Sequence[Diagnostic] = ()

    def __iter__(self) -> Iterator[Explained]:
        return iter(self.layers)

    def __repr__(self) -> str:
        return f"Explanation({self.name}: {plural(len(self.layers), 'layer')})"

    def _repr_latex_(self) -> str:
        equations: str = ABOVE["equations"](self)
        return equations
