"""Layers of Keras that a network may have as one layer or as several: attention, recurrent layers, wrappers.

The names of the parts are those that the reader of `.keras` files gives their rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from analyzer.matching.keras.backend import Backend
from analyzer.matching.keras.parameters import Variables, all_of, own
from analyzer.matching.keras.watch import Seen, is_repeated
from analyzer.matching.observed import Shape
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ATTENTION = ("MultiHeadAttention", "GroupedQueryAttention")

#: The classes whose calls are one, whatever layers they consist of.
WHOLE = (*_ATTENTION, "RNN", "Bidirectional", "TimeDistributed", "SpectralNormalization")


class Part(Record):
    """A part of a layer: its name in it, its class, its variables, and what it puts out."""

    name: str
    kind: str
    variables: Variables
    outputs: Sequence[Shape]


def is_whole(layer: Any, backend: Backend) -> bool:
    """Whether the calls of the layers in a layer are no layers of their own; a repeated network is its layers.

    A wrapper with trained numbers of its own is one layer with what it wraps, such as the gains of a weight norm.
    """
    if backend.is_own(layer, "Wrapper") and not backend.is_own(layer.layer, "Functional", "Sequential"):
        return backend.is_own(layer, *WHOLE) or bool(layer._trainable_variables)
    return backend.is_own(layer, *WHOLE) and not is_repeated(layer, backend)


def parts_of(seen: Seen, within: Sequence[Seen], backend: Backend) -> list[Part]:
    """The parts of a layer that was called; `within` are the calls in that call."""
    layer = seen.layer
    if backend.is_own(layer, *_ATTENTION):
        found = _of_attention(within, backend)
    elif backend.is_own(layer, "Bidirectional"):
        found = _of_directions(seen, backend)
    elif backend.is_own(layer, "RNN") and backend.is_own(layer.cell, "StackedRNNCells"):
        found = _of_cells(seen, backend)
    elif backend.is_own(layer, "EinsumDense") and not _has_biases_of_its_units(layer):
        found = _of_einsum(seen, backend)
    else:
        return []
    parts = list(found)
    return parts if len(parts) > 1 else []


def beside_of(layer: Any, backend: Backend) -> list[Any]:
    """Variables that a network may have beside a layer: the vector for the norm of its weights."""
    return [layer.vector_u] if backend.is_own(layer, "SpectralNormalization") else []


def _of_attention(within: Sequence[Seen], backend: Backend) -> Iterator[Part]:
    """The projections; those of queries, keys and values put out the heads as one axis."""
    for one in within:
        variables = all_of(one.layer, backend)
        if variables:
            last = one.layer.name == "attention_output"
            outputs = one.outputs if last else [(*shape[:-2], prod(shape[-2:])) for shape in one.outputs]
            yield Part("output" if last else one.layer.name, type(one.layer).__name__, variables, outputs)


def _of_directions(seen: Seen, backend: Backend) -> Iterator[Part]:
    for name, layer in (("forward", seen.layer.forward_layer), ("backward", seen.layer.backward_layer)):
        outputs = _shapes(layer.compute_output_shape(seen.inputs[0]))
        yield Part(name, type(layer).__name__, all_of(layer, backend), outputs)


def _of_cells(seen: Seen, backend: Backend) -> Iterator[Part]:
    """The cells one behind the other; all but the last put out each step."""
    cells = seen.layer.cell.cells
    batch, steps, *_ = seen.inputs[0]
    for place, cell in enumerate(cells):
        sequence = place < len(cells) - 1 or seen.layer.return_sequences
        size = cell.output_size
        yield Part(
            str(place),
            type(cell).__name__,
            all_of(cell, backend),
            [(batch, steps, size) if sequence else (batch, size)],
        )


def puts_out(seen: Seen, backend: Backend) -> Sequence[Shape]:
    """What a call puts out; nothing where its trained numbers are those of a product in the layer, and not the last."""
    layer = seen.layer
    inside = backend.is_own(layer, "Attention", "AdditiveAttention")
    if inside or (backend.is_own(layer, "EinsumDense") and _letters(layer).all_three):
        return []
    return seen.outputs


def _of_einsum(seen: Seen, backend: Backend) -> Iterator[Part]:
    """The product, and biases that are not added to all of its units alike."""
    variables = own(seen.layer, backend)
    yield Part("", type(seen.layer).__name__, Variables(list(variables.weights)), puts_out(seen, backend))
    for one in variables.biases:
        yield Part("bias", "Parameter", Variables([one]), [(1, *one.shape)])


class _Letters(Record):
    """Axes in an equation: those that only the kernel and the output have, and those that the input has too."""

    units: set[str]
    all_three: set[str]


def _letters(layer: Any) -> _Letters:
    left, _, result = layer.equation.replace(" ", "").partition("->")
    read, _, kernel = left.partition(",")
    both = set(result) & set(kernel)
    return _Letters(both - set(read), both & set(read))


def _has_biases_of_its_units(layer: Any) -> bool:
    """Whether the biases are added to all units alike, as those of a dense layer."""
    letters = _letters(layer)
    return not layer.bias_axes or (not letters.all_three and set(layer.bias_axes) == letters.units)


def _shapes(value: Any) -> list[Shape]:
    """One shape or several."""
    if value and isinstance(value[0], (tuple, list)):
        return [tuple(one) for one in value]
    return [tuple(value)]
