"""What a Keras model is called with: the inputs of the network, by name where the model has names, else in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from analyzer.matching.keras.backend import Backend
from analyzer.matching.observed import Entered
from analyzer.matching.unreadable import Unreadable
from analyzer.record import Record
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


#: The axes of the largest volume; a tensor with more has the first ones as one.
_MOST_AXES = 4


class Arguments(Record):
    """One way to call a model."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]


def ways(model: Any, backend: Backend, entered: Sequence[Entered]) -> list[Arguments]:
    """The ways to call a model, the likely one first. Raises `Unreadable` where it declares other inputs."""
    network = backend.network_of(model)
    if network is not None:
        return [_declared(network, backend, entered)]
    first = _channels_first(model, backend)
    tensors = [backend.tensor((1, *_sizes(one, first)), _dtype(one)) for one in entered]
    if len(tensors) == 1:
        return [Arguments(tensors, {})]
    return list(_guessed(model, {one.name: tensor for one, tensor in zip(entered, tensors, strict=True)}))


# Inputs that the model declares.


def _declared(network: Any, backend: Backend, entered: Sequence[Entered]) -> Arguments:
    """The call of a network that is built from `Input`s."""
    inputs = network.inputs
    names = [one._keras_history.operation.name for one in inputs]
    needed = [name for name, one in zip(names, inputs, strict=True) if not one._keras_history.operation.optional]
    chosen = names if len(entered) == len(names) else needed
    if len(entered) != len(chosen):
        raise Unreadable(_other_number(entered, names))
    by_name = {one.name: one for one in entered}
    if set(by_name) != set(chosen):
        by_name = dict(zip(chosen, entered, strict=True))
    first = _channels_first(network, backend)
    tensors = [
        _tensor(backend, one, name, by_name[name], first) if name in by_name else None
        for name, one in zip(names, inputs, strict=True)
    ]
    return Arguments([backend.tree.pack_sequence_as(network._inputs_struct, tensors)], {})


def _tensor(backend: Backend, declared: Any, name: str, entered: Entered, first: bool) -> Any:
    """The tensor for an input, its depth where the declared sizes have it."""
    inner = list(declared.shape[1:])
    batch = declared.shape[0] or 1
    orders = [_sizes(entered, first), _sizes(entered, not first)]
    for sizes in orders:
        if len(sizes) == len(inner) and all(size in (None, own) for size, own in zip(inner, sizes, strict=True)):
            return backend.tensor((batch, *sizes), declared.dtype)
    if (not inner or len(inner) > _MOST_AXES) and prod(size or 0 for size in inner) == entered.volume.size:
        return backend.tensor((batch, *inner), declared.dtype)
    there = "×".join("?" if size is None else str(size) for size in inner) or "one number"
    raise Unreadable(
        f"the input `{shown(entered.name)}` is {entered.volume.pretty()}, but the model's input `{shown(name)}` is {there}"
    )


def _other_number(entered: Sequence[Entered], names: Sequence[str]) -> str:
    return f"the file has {_listed([one.name for one in entered])}, but the model has {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    """How many inputs, and which."""
    if not names:
        return "no input"
    count = "1 input" if len(names) == 1 else f"{len(names)} inputs"
    return ", ".join([count, *(f"`{shown(one)}`" for one in names)])


# Inputs of a model whose `call` is code.


def _guessed(model: Any, tensors: Mapping[str, Any]) -> Iterator[Arguments]:
    """The ways to give several tensors to a `call`: by the names of its arguments, in order, as a list or a mapping."""
    parameters = [name for name in model.call_signature_parameters if name not in ("training", "mask")]
    if set(tensors) <= set(parameters):
        yield Arguments([], tensors)
    if len(parameters) >= len(tensors):
        yield Arguments(list(tensors.values()), {})
    yield Arguments([list(tensors.values())], {})
    yield Arguments([dict(tensors)], {})


# Volumes as shapes.


def _sizes(entered: Entered, channels_first: bool) -> tuple[int, ...]:
    volume = entered.volume
    return (volume.depth, *volume.spatial) if channels_first else volume.sizes


def _dtype(entered: Entered) -> str:
    return "int32" if entered.whole else "float32"


def _channels_first(model: Any, backend: Backend) -> bool:
    """Whether the first layer that says where its depth is has it first."""
    for layer in model._flatten_layers():
        order = vars(layer).get("data_format")
        if order in ("channels_first", "channels_last"):
            return bool(order == "channels_first")
    return False
