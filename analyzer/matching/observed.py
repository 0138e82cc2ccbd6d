"""What is seen of a live module: plain data, the same for torch and Keras, so that matching needs no framework.

One forward call of batch 1 is watched. Each call of a module that owns parameters or buffers is one `Observed`, in the
order of the calls. A shape is that of a tensor as the framework has it, with its batch: `(1, 64, 112, 112)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.record import Record
from analyzer.volume import Volume

#: A tensor's sizes, batch first.
Shape = tuple[int, ...]


class Entered(Record):
    """An input of the network: its name in the file, its volume, and whether it has whole numbers, for an embedding."""

    name: str
    volume: Volume
    whole: bool = False


class Observed(Record, eq=True):
    """One call of a module that owns parameters or buffers, or the first use of a parameter that no such call covers.

    name     its path in the module: `layer1.0.conv1`; that of a free parameter ends with the parameter's own name
    kind     its class: `Conv2d`, `Dense`; `Parameter` for a free parameter
    inputs   the shapes of the tensors that it read
    outputs  the shapes of the tensors that it put out; of a tuple each
    weights  trained numbers but biases, of those that no earlier call had: 0 for a module that is called again
    biases   additive trained numbers of a module that also has weights, in the same way
    buffers  numbers that are kept but not trained, in the same way; a counter of batches is none
    frozen   whether it has parameters and none of them is trained
    calls    how often the module is called in all; 0: never, and then it has no inputs and outputs
    tied     the name of the one whose weights, or all of whose parameters, it uses again; None: it has its own
    parts    what a composite module consists of where a network has its parts as layers: the projections of a
             `MultiheadAttention`; their numbers add up to its own
    """

    name: str
    kind: str
    inputs: Sequence[Shape]
    outputs: Sequence[Shape]
    weights: int
    biases: int
    buffers: int
    frozen: bool = False
    calls: int = 1
    tied: str | None = None
    parts: Sequence[Observed] = ()

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases


class Observation(Record, eq=True):
    """A whole module, as one forward call saw it.

    framework  `torch` or `keras`
    kind       its class: `ResNet`
    layers     the calls, in their order
    unused     modules with parameters or buffers that were never called, and parameters that were never used
    modules    the class of every module in it, by its path; the module itself is at the empty path
    outputs    the shapes of what the module puts out
    parameters all trained numbers of the module, each once, those of `unused` included
    real       why the call needed real tensors on the CPU; None where meta tensors were enough
    """

    framework: str
    kind: str
    layers: Sequence[Observed]
    unused: Sequence[Observed]
    modules: Mapping[str, str]
    outputs: Sequence[Shape]
    parameters: int
    real: str | None = None
