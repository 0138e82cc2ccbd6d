"""Layers around a layer: over each step of time, with a norm of its weights, or only around it.

Sources: keras/src/layers/rnn/time_distributed.py, normalization/spectral_normalization.py (Keras 3.15.1).
"""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.loader.formats.arranging import Unarranged
from analyzer.loader.formats.keras.call import LAYERS, Called, Kept, Unknown, layer
from analyzer.loader.formats.keras.config import Config, Mistake, of_object
from analyzer.loader.formats.keras.description import Entry, Graph, Ref, described, flat, is_network
from analyzer.loader.formats.sheet import Sheet
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def inner_call(call: Called, part: str, tensors: list[Any]) -> Any:
    """What the layer in a wrapper puts out, with the wrapper's name."""
    data = call.config.value(part)
    if is_network(data):
        return _network(call, described(data), tensors)
    config = of_object(data, f"{call.config.name}.{part}")
    inner = call.within("", config, tensors)
    translator = LAYERS.get(inner.kind)
    if translator is None or ">" in config.kind:
        raise Unknown
    return translator(inner)


def _network(call: Called, graph: Graph, tensors: list[Any]) -> Any:
    """A chain of layers in a wrapper; other graphs are unknown to it."""
    made: dict[str, Any] = {ref.layer: x for ref, x in zip(flat(graph.inputs), flat(tensors), strict=False)}
    for entry in graph.entries.values():
        if entry.name in made:
            continue
        if len(entry.calls) != 1 or entry.custom:
            raise Unknown
        made[entry.name] = _of_entry(call, entry, made)
    found = [made[ref.layer] for ref in flat(graph.outputs) if isinstance(ref, Ref)]
    return found[0] if len(found) == 1 else found


def _of_entry(call: Called, entry: Entry, made: Mapping[str, Any]) -> Any:
    def filled(structure: Any) -> Any:
        if isinstance(structure, Ref):
            if structure.layer not in made:
                raise Unknown
            return made[structure.layer]
        if isinstance(structure, list):
            return [filled(one) for one in structure]
        return {key: filled(one) for key, one in structure.items()} if isinstance(structure, dict) else structure

    args = filled(entry.calls[0].args)
    inner = call.within(entry.name, entry.config, args)
    inner.kwargs = filled(entry.calls[0].kwargs)
    if entry.network is not None:
        return _network(inner, entry.network, args)
    translator = LAYERS.get(entry.kind)
    if translator is None:
        raise Unknown
    return translator(inner)


@layer("TimeDistributed")
def time_distributed(call: Called) -> Any:
    """The layer over each step: the time is part of the batch for it."""
    x, heart = call.x, call.heart
    if x.rank < 3:
        raise Mistake(f"`{shown(call.config.name)}` needs time and at least one more axis behind the batch")
    steps = x.shape[1]
    joined = heart.reshape(x, [x.shape[0] * steps, *x.shape[2:]], call.beside())
    try:
        made = inner_call(call, "layer", [joined])
    except Unarranged:  # one axis too many: the numbers of one step are known
        return _one_step(call, x)
    tensors = made if isinstance(made, list) else [made]
    found = [heart.reshape(y, [x.shape[0], steps, *y.shape[1:]], call.beside()) for y in tensors]
    return found if isinstance(made, list) else found[0]


def _one_step(call: Called, x: Tensor) -> Tensor:
    """A `custom` with the weights of one step, and the MACs of all."""
    from analyzer.layers import SHARED, Flow
    from analyzer.layers.building import build

    scratch = Sheet("step")
    heart = Tensors(scratch)
    sizes = list(x.shape[2:])
    while len(sizes) > 4:
        sizes[:2] = [sizes[0] * sizes[1]]
    step = heart.reshape(heart.enter("input", [1, *sizes]), [1, *x.shape[2:]])
    alone = Called(Kept(scratch, heart), call.owner, call.path, call.kind, call.config, [step], {}, call.frozen)
    made = inner_call(alone, "layer", [step])
    if not isinstance(made, Tensor):
        raise Unarranged
    numbers: dict[str, Any] = {"weights": 0, "biases": 0, "buffers": 0, "macs": 0}
    for written in scratch.layers:
        if written.type == "custom" and written.parameters.get("macs") == "unknown":
            raise Unarranged
        if isinstance(written.item.get("tied"), (str, dict)):
            raise Unarranged
        row = build(written.type, dict(written.parameters))
        flow = Flow(tuple(source.volume for source in written.inputs), written.volume)
        counts = row.parameters(flow, SHARED)
        numbers["weights"] += counts.weights
        numbers["biases"] += counts.biases
        numbers["buffers"] += counts.buffers
        numbers["macs"] += x.shape[0] * x.shape[1] * row.macs(flow)
    return call.known([*x.shape[:2], *made.shape[1:]], [x], **numbers)


@layer("Wrapper")
def wrapper(call: Called) -> Any:
    """The layer in it."""
    return inner_call(call, "layer", list(call.args))


@layer("SpectralNormalization")
def spectral(call: Called) -> Any:
    """The layer in it, and a vector for the norm of its weights, which is no trained one."""
    before = len(call.kept.sheet.layers)
    made = inner_call(call, "layer", list(call.args))
    key = call.owner, "vector_u"
    if key not in call.kept.tensors:
        rows = call.kept.sheet.layers[before:]
        parameters = of_object(call.config.value("layer"), call.config.name)
        size = _last_axis(parameters, rows[0].inputs[0].volume.depth if rows and rows[0].inputs else 1)
        call.kept.tensors[key] = made if isinstance(made, Tensor) else made[0]
        call.kept.sheet.write("parameter", [], call.place("vector_u"), {"volume": str(size), "trained": False})
    return made


def _last_axis(config: Config, depth: int) -> int:
    """The size of the last axis of the weights."""
    for key in ("filters", "units", "output_dim"):
        if config.has(key):
            if config.kind.endswith("Transpose"):
                return depth
            return config.whole(key)
    if config.has("depth_multiplier"):
        return config.whole("depth_multiplier")
    raise Unknown
