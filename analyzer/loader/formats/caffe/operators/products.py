"""Products with matrices, tables of vectors, and tensors that the network keeps.

Sources: inner_product_layer.cpp, embed_layer.cpp, parameter_layer.hpp of BVLC/caffe.
"""

from __future__ import annotations

from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.operators.axes import axis_of, merged
from analyzer.loader.formats.caffe.reading import Reading, Unsupported, layer_type
from analyzer.loader.formats.caffe.values import truth, whole, wholes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@layer_type("InnerProduct")
def inner_product(reading: Reading, layer: Layer) -> None:
    """All axes from `axis` on as one vector, times a matrix; `transpose` only says how the weights are stored."""
    block = layer.parameters("inner_product_param")
    units = outputs(reading, layer, "inner_product_param")
    x = reading.bottom(layer)
    axis = axis_of(reading, layer, x, "inner_product_param", 1) if x.rank > 1 else 0
    if x.is_batch(axis):
        raise Unsupported("it goes over the batch")
    parameters: dict[str, Any] = {"units": units}
    biased = truth(block, "bias_term", True)
    if not biased:
        parameters["bias"] = False
    more = reading.weighted(layer, 1 + biased)
    made = reading.heart.linear(merged(x, axis, x.rank - 1), layer.place(), parameters, **more)
    reading.own(layer, 1 + biased, reading.sheet.layers[-1])
    if truth(block, "relu"):
        made = reading.heart.pointwise("relu", made, layer.place("relu"))
    reading.give(layer, made)


def outputs(reading: Reading, layer: Layer, block: str) -> int:
    """The number of outputs, which must be written."""
    found = whole(layer.parameters(block), "num_output")
    if found < 1:
        message = f"`{layer.name}` has no `num_output` above 0"
        raise reading.refuse(layer, message, layer.at(block, "num_output"), f"write `{block} {{ num_output: 10 … }}`")
    return found


@layer_type("Embed")
def embed(reading: Reading, layer: Layer) -> None:
    """A vector of a table for each number, and one that is added to all of them."""
    block, x, heart = layer.parameters("embed_param"), reading.bottom(layer), reading.heart
    size, words = outputs(reading, layer, "embed_param"), whole(block, "input_dim")
    if words < 1:
        raise reading.refuse(layer, f"`{layer.name}` has no `input_dim` above 0", layer.at("embed_param", "input_dim"))
    more = reading.weighted(layer, 1)
    given = {"vocabulary": words, "size": size}
    inside = heart.arranged(x, [list(range(x.rank))], layer.place())
    made = heart.new("embedding", [inside], layer.place(), given, batch=False, **more)
    reading.own(layer, 1, reading.sheet.layers[-1])
    if truth(block, "bias_term", True):
        kept = heart.parameter([size], layer.place("bias"))
        made = heart.merge("add", [made, kept], layer.place("add"))
    made = heart.reshape(made, [*(n for n in x.shape if n > 1), size], layer.place())
    for axis, n in enumerate(x.shape):
        if n == 1:
            made = heart.batched(made, axis) if x.is_batch(axis) else heart.unsqueeze(made, [axis])
    reading.give(layer, made)


@layer_type("Parameter")
def parameter(reading: Reading, layer: Layer) -> None:
    """A tensor that the network keeps and trains."""
    shape = wholes(layer.parameters("parameter_param").message("shape"), "dim")
    if not shape or min(shape) < 1:
        raise reading.refuse(layer, f"`{layer.name}` has no shape", layer.at("parameter_param", "shape"))
    more = reading.weighted(layer, 1)
    reading.give(layer, reading.heart.parameter(shape, layer.place(), frozen=bool(more.get("frozen"))))
