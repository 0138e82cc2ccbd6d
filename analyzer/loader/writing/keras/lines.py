"""The layers of a network as lines of code: what two lines have in common, and the values that may differ.

A line is a call: of a layer of Keras that is constructed for it, of an operation, or of a function of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.engine.network import Network, Node
from analyzer.loader.writing.code.template import Built
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: A place for a value in a line: the number of an argument, its name, or a name in `forward`.
    Slot: TypeAlias = tuple[str, int | str]

#: What Keras takes arguments without a name for, by the beginning of what is constructed; the longest one counts.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "layers.Conv": ("filters", "kernel_size"),
    "layers.SeparableConv": ("filters", "kernel_size"),
    "layers.DepthwiseConv": ("kernel_size",),
    "LocallyConnected": ("filters", "kernel_size"),
    "layers.Dense": ("units",),
    "layers.Embedding": ("input_dim", "output_dim"),
    "layers.Max": ("pool_size",),
    "layers.Average": ("pool_size",),
    "layers.Adaptive": ("output_size",),
    "layers.Activation": ("activation",),
    "layers.LeakyReLU": ("slope",),
    "layers.Dropout": ("rate",),
    "layers.SpatialDropout": ("rate",),
    "layers.Reshape": ("shape",),
    "layers.Permute": ("dims",),
    "layers.Cropping": ("cropping",),
    "layers.ZeroPadding": ("padding",),
    "layers.UpSampling": ("size",),
    "layers.Resizing": ("height", "width"),
    "layers.GroupNormalization": ("groups",),
    "layers.MultiHeadAttention": ("num_heads", "key_dim"),
    "layers.GroupQueryAttention": ("head_dim", "num_query_heads", "num_key_value_heads"),
    "layers.LSTM": ("units",),
    "layers.GRU": ("units",),
    "layers.SimpleRNN": ("units",),
    "Attention": ("num_heads", "key_dim"),
    "SqueezeExcite": ("units",),
    "Parameter": ("shape",),
}

#: Arguments of convolutions that may be left out, with what they are then: lines with and without them are alike.
DEFAULTS: dict[str, object] = {
    "strides": 1,
    "padding": "valid",
    "dilation_rate": 1,
    "groups": 1,
    "use_bias": True,
}

#: What is constructed with these defaults.
CONVOLUTIONS = ("layers.Conv", "layers.DepthwiseConv", "layers.SeparableConv", "layers.Dense")


class Line(Record):
    """What a layer becomes, taken apart.

    shape   what lines that differ only in values have in common
    values  the values by their places
    """

    shape: tuple[Any, ...]
    values: Mapping[Slot, Any]


def line_of(built: Built) -> Line:
    """A layer taken apart into what may differ and what may not."""
    values: dict[Slot, Any] = {("positional", place): value for place, value in enumerate(built.positional)}
    values.update({("named", name): value for name, value in built.named.items()})
    values.update({("forward", name): value for name, value in built.values.items()})
    open_names = DEFAULTS if built.call.startswith(CONVOLUTIONS) else {}
    fixed = tuple(name for name in built.named if name not in open_names)
    return Line((built.call, len(built.positional), fixed, built.forward, tuple(built.values)), values)


def word(built: Built, slot: Slot) -> str:
    """What a parameter of a function is called that gives the value of a slot."""
    kind, name = slot
    if kind != "positional":
        return str(name)
    found = max((one for one in ARGUMENTS if built.call.startswith(one)), key=len, default="")
    names = ARGUMENTS.get(found, ())
    place = int(name)
    return names[place] if place < len(names) else "value"


def default(slot: Slot) -> Any:
    """The value of a slot that a line does not have."""
    return DEFAULTS.get(str(slot[1]))


def reads(node: Node, network: Network) -> Sequence[Node]:
    """What a layer reads. One that reads nothing is called on the first input, for the size of the batch."""
    return node.inputs or network.inputs[:1]
