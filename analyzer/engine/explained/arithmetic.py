"""The formulas of one layer: its output on each axis, its parameters in each mode of sharing, its MACs.

The layer is asked the same questions as for a report, with letters for its numbers (`lettered`). So each formula is the
calculation that the report's number came from, for every type of the catalogue, and a new type needs nothing here.

>>> from analyzer.engine.explained.expression import written
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> layer, volume = CATALOGUE["conv"](filters=20, kernel=8, stride=2, padding=1), Volume((32, 32), 3)
>>> found = Arithmetic(layer, Flow([volume], layer.output([volume])))
>>> [written(size) for _, size in found.output]
['⌊(32 − 8 + 2·1)/2⌋ + 1', '⌊(32 − 8 + 2·1)/2⌋ + 1', '20']
>>> written(found.counts(LOCAL)["parameters"]), written(found.macs)
('(8·8·3 + 1)·20·14·14', '8·8·3·20·14·14')
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.explained.expression import (
    Expression,
    Letter,
    Product,
    Quotient,
    Sum,
    letters_in,
    parts_of,
    replaced,
    written,
)
from analyzer.engine.explained.lettered import AXIS_LETTERS, NamedPadding, lettered, lettered_volume
from analyzer.engine.explained.simplified import factored, simplified
from analyzer.engine.explained.traced import formula, traced
from analyzer.layers import LOCAL, Flow, Layer, Sharing
from analyzer.volume import Volume

__all__ = ["LOCAL", "Arithmetic", "Flow"]


class Arithmetic:
    """The formulas of a layer in this flow.

    padding  the cells of padding that follow from the sizes, each with its formula: for `same` and `causal`
    output   the name and the formula of each axis of the output
    defaults  the parameters that are calculated where a file leaves them out, each with its formula
    layer    the layer with letters for its numbers
    flow     the volumes with their letters
    """

    def __init__(self, layer: Layer, flow: Flow) -> None:
        many = len(flow.inputs) > 1
        inputs = [
            lettered_volume(volume, f"_{place}" if many else "", f"input {place}" if many else "input")
            for place, volume in enumerate(flow.inputs, 1)
        ]
        self.layer = lettered(layer)
        answer = self.layer.output(inputs)
        self.defaults: dict[Expression, Expression] = {}
        sizes = [simplified(formula(size)) for size in answer.sizes]
        self.output = list(zip((f"{AXIS_LETTERS[axis]}_out" for axis in answer.axes), sizes, strict=True))
        self.padding = self._named(sizes)
        self.flow = Flow(inputs, self._put_out(flow.output, sizes))

    def _named(self, sizes: Sequence[Expression]) -> dict[Expression, Expression]:
        """The letters of calculated padding that the formulas of the output use, each with its own formula."""
        found: dict[Expression, Expression] = {}
        for value in self.layer.__dict__.values():
            if isinstance(value, NamedPadding):
                found.update(value.found)
        used = {letter for size in sizes for letter in letters_in(size)}
        return {letter: simplified(found[letter]) for letter in found if letter in used}

    def _put_out(self, volume: Volume, sizes: Sequence[Expression]) -> Volume:
        """The output with a letter for each size: the letter that it is equal to, where its formula is one letter."""
        own = lettered_volume(volume, "_out", "output")
        return Volume.of(
            [traced(size) if isinstance(size, Letter) else one for one, size in zip(own.sizes, sizes, strict=True)]
        )

    def counts(self, sharing: Sharing) -> dict[str, Expression]:
        """The weights, biases and buffers with this sharing, and weights and biases together."""
        counts = self.layer.parameters(self.flow, sharing)
        weights, biases = self._simple(counts.weights), self._simple(counts.biases)
        together = factored([weights, biases])
        if not isinstance(together, Product) and counts.weights and counts.biases:
            together = Sum(((1, Letter("weights", counts.weights)), (1, Letter("biases", counts.biases))))
        return {
            "weights": weights,
            "biases": biases,
            "buffers": self._simple(counts.buffers),
            "parameters": together,
        }

    def _simple(self, number: int) -> Expression:
        """The formula of a number in the textbook's form, with a name for what a parameter is where it is left out."""
        found = simplified(formula(number))
        left_out = {
            declared.shown_default: declared.name
            for declared in self.layer.declared.values()
            if declared.default is None and declared.shown_default and "/" in declared.shown_default
        }
        names: dict[Expression, Expression] = {}
        for part in parts_of(found) if left_out else ():
            text = written(part, letters=True).replace("_1", "").strip("⌊⌋")
            if isinstance(part, Quotient) and text in left_out:
                names[part] = Letter(left_out[text], part.value, text)
        self.defaults.update({letter: part for part, letter in names.items()})
        return replaced(found, names)

    @property
    def declared(self) -> Sharing:
        """The sharing that the file declares, with letters for its steps."""
        return self.layer.declared_sharing

    @property
    def macs(self) -> Expression:
        """The multiply-accumulates of one sample."""
        return self._simple(self.layer.macs(self.flow))
