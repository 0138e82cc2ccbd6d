"""LSTM and RNN over time × batch × values. Caffe unrolls them; here each is a layer over all steps.

Sources: recurrent_layer.cpp, lstm_layer.cpp, rnn_layer.cpp of BVLC/caffe.
"""

from __future__ import annotations

from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.operators.axes import merged
from analyzer.loader.formats.caffe.operators.products import outputs
from analyzer.loader.formats.caffe.reading import Reading, Unsupported, layer_type
from analyzer.loader.formats.caffe.values import truth
from analyzer.loader.formats.digits import Digit
from analyzer.loader.formats.views import Tensor

_BLOCK = "recurrent_param"


@layer_type("LSTM", "RNN")
def recurrent(reading: Reading, layer: Layer) -> None:
    """The second input says where sequences begin. A third one is the same at all steps, with weights of its own.

    An RNN has an output matrix: o = tanh(W_ho·h + b_o).
    """
    x = reading.bottom(layer)
    units = outputs(reading, layer, _BLOCK)
    if x.rank < 2 or not x.is_batch(1):
        raise Unsupported("it reads time × batch × values, and the second axis is not the batch")
    exposed = truth(layer.parameters(_BLOCK), "expose_hidden")
    states = (2 if layer.type == "LSTM" else 1) if exposed else 0
    if any(reading.is_read(place) for place in range(1, len(layer.tops))):
        raise Unsupported("its states are read")
    if len(reading.wires.sources[reading.index]) > 2 + states:
        raise Unsupported("it reads a value that is the same at all steps")
    heart = reading.heart
    x = merged(x, 2, x.rank - 1) if x.rank > 3 else x if x.rank == 3 else heart.unsqueeze(x, [2])
    inside = heart.arranged(x, [[0], [2]], layer.place())
    kind, part = ("lstm", "") if layer.type == "LSTM" else ("rnn", "hidden")
    more = {key: value for key, value in reading.weighted(layer, 3 if kind == "lstm" else 5).items() if key == "frozen"}
    made = heart.new(kind, [inside], layer.place(part), {"units": units}, batch=False, **more)
    if kind == "rnn":
        made = heart.linear(made, layer.place("output"), {"units": units}, **more)
        made = heart.pointwise("tanh", made, layer.place())
    reading.give(layer, heart.batched(made, 1))
    for place in range(1, len(layer.tops)):
        reading.give(layer, Tensor(made.base, [(Digit(0, 1, 1),), *made.axes[1:]]), place)
