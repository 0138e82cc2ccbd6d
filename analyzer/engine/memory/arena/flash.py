"""The numbers of a network in flash, in bytes, as a converter for microcontrollers writes them.

weights  trained weights in the number format of the run, or of the file that they come from
biases   32 bits each where the weights are narrow (int8), otherwise in the format of the weights
scales   where the weights are narrow, a float32 for each filter of a convolution, and one for any other weights

Norms and scales that `fusing` folds into the layer before have no numbers of their own: their factors go into its
weights, what they add into its biases, which it gains where it had none. A batch norm that stays is a factor and a bias
for each plane. Gains of `weight_norm` count as weights.

The scales of biases and outputs follow from those of weights and volumes, and symmetric weights have no zero points. A
file has more than these numbers (docs/memory.md); so has the program that runs it.

>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> image = network.enter("image", Volume((9, 9), 3))
>>> conv = network.place("c", CATALOGUE["conv"](filters=8, kernel=3, bias=False), [image])
>>> norm = network.place("n", CATALOGUE["batch_norm"](), [conv])
>>> flash_of(network, "shared", "int8")  # 3·3·3·8 weights, 8 biases and 8 scales of 4 bytes
Flash(weights=216, biases=32, scales=32)

Sources: TensorFlow Lite's specification of 8-bit quantization (int8 weights, per axis for convolutions, int32 biases);
the .tflite files of MLPerf Tiny, whose tensors have these bytes: tests/engine/memory/test_flash.py.
"""

from __future__ import annotations

from analyzer.dtypes import is_quantized, size_in_bytes
from analyzer.engine.costs import cost_rows
from analyzer.engine.memory.arena.fusing import fused_into, shifted_by
from analyzer.engine.network import Network, Node
from analyzer.engine.result import Cost
from analyzer.layers import LOCAL, SHARED
from analyzer.layers.traits import Normalises
from analyzer.record import Record

#: The bytes of a bias of narrow weights, and of a scale.
_WIDE = 4


class Flash(Record, eq=True):
    """The bytes of weights, of biases and of the scales of quantization."""

    weights: int
    biases: int
    scales: int

    @property
    def bytes(self) -> int:
        """All of them."""
        return self.weights + self.biases + self.scales


def flash_of(network: Network, mode: str, dtype: str) -> Flash:
    """The numbers of a network in a mode of sharing, where layers are fused, with weights of this format."""
    fused = fused_into(network)
    shifted = shifted_by(network, fused)
    weights = biases = scales = 0
    for row in cost_rows(network, batch=1, dtype=dtype)[0]:
        node = row.node
        if node.index in fused:
            continue
        cost: Cost = getattr(row.own, mode)
        factors, added = cost.weights, cost.biases
        if node.layer.normalises is Normalises.BATCH:
            factors = added = node.output.depth
        elif node.index in shifted:
            added = added or node.output.depth
        format, _ = network.stored(node.name, dtype)
        weights += size_in_bytes(factors, format)
        if is_quantized(format):
            biases += _WIDE * added
            scales += _WIDE * _scales(node, mode) if factors else 0
        else:
            biases += size_in_bytes(added, format)
    return Flash(weights, biases, scales)


def _scales(node: Node, mode: str) -> int:
    """How many scales the weights of a layer have: one for each filter, otherwise one for each tensor."""
    layer, flow = node.layer, node.flow
    sharing = LOCAL if mode == "local" and layer.shares else layer.declared_sharing if mode == "declared" else SHARED
    operations = [operation for operation in layer.saved(flow, sharing) if operation.trained]
    if layer.linear and layer.window(flow.input) is not None:
        banks = sharing.banks(layer.bank_positions(flow))
        return banks * sum(operation.size // flow.output.positions for operation in operations)
    tensors = sum(len(shape) > 1 for operation in operations for shape in operation.trained)
    return max(tensors, 1)
