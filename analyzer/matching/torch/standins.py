"""What takes the place of a torch module's tensors while it is watched: tensors without data, or copies on the CPU.

Each stand-in says what it is made of (`MADE_OF`), so that a watcher knows a parameter wherever it turns up.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Collection

from analyzer.matching.torch.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The attribute of a tensor that says which tensors of the module it is made of, by their `id`. Nothing else that a
#: module calculates has it: what depends on an input is made of more.
MADE_OF = "_analyzer_made_of"

#: Other tensors than parameters and buffers are read by Python code now and then; those of at most so many elements
#: keep their data.
_SMALL = 4096


def place(state: State, owned: Collection[int], *, real: bool) -> None:
    """Puts stand-ins in the place of all tensors; `owned` are those to be told apart, by their `id`."""
    torch = sys.modules["torch"]
    tensor_class: type = torch.Tensor
    made: dict[int, Any] = {}

    def stand_in(tensor: Any, *, buffer: bool = True) -> Any:
        found = made.get(id(tensor))
        if found is None:
            found = made[id(tensor)] = _made(tensor, real=real, buffer=buffer)
            vars(found).update(vars(tensor))
            vars(found)[MADE_OF] = (id(tensor),) if id(tensor) in owned else ()
        return found

    for module in state.modules:
        for which in ("_parameters", "_buffers"):
            for one in (vars(module).get(which) or {}).values():
                if one is not None:
                    stand_in(one)
    for container, content in state.saved:
        if isinstance(container, dict):
            for name, value in content.items():
                if isinstance(value, tensor_class):
                    dict.__setitem__(container, name, stand_in(value, buffer=False))
                elif type(value) is tuple:
                    dict.__setitem__(container, name, _each(value, stand_in, tensor_class))
        elif isinstance(container, (list, deque)):
            base: Any = list if isinstance(container, list) else deque
            for at, value in enumerate(content):
                if isinstance(value, tensor_class):
                    base.__setitem__(container, at, stand_in(value, buffer=False))
                elif type(value) is tuple:
                    base.__setitem__(container, at, _each(value, stand_in, tensor_class))


def _each(values: tuple[Any, ...], stand_in: Callable[..., Any], tensor_class: type) -> tuple[Any, ...]:
    """A tuple with stand-ins; itself where it has no tensors."""
    if not any(isinstance(one, tensor_class) for one in values):
        return values
    return tuple(stand_in(one, buffer=False) if isinstance(one, tensor_class) else one for one in values)


def _made(tensor: Any, *, real: bool, buffer: bool) -> Any:
    """The stand-in for a tensor: a parameter for a parameter."""
    torch = sys.modules["torch"]
    parameter = isinstance(tensor, torch.nn.Parameter)
    if torch.nn.parameter.is_lazy(tensor):
        kind = torch.nn.UninitializedParameter if parameter else torch.nn.parameter.UninitializedBuffer
        return kind(tensor.requires_grad, "cpu" if real else "meta", tensor.dtype)
    if real and tensor.is_meta:
        made = torch.zeros(tensor.shape, dtype=tensor.dtype, device="cpu")
    elif real or not (parameter or tensor.is_meta or _is_bare(tensor, buffer)):
        made = tensor.detach().to("cpu", copy=True)
    elif tensor.layout is torch.strided:
        made = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
    else:
        made = torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
    return torch.nn.Parameter(made, requires_grad=tensor.requires_grad) if parameter else made


def _is_bare(tensor: Any, buffer: bool) -> bool:
    """Whether a tensor other than a parameter needs no data: only its shape will be asked for."""
    if tensor.is_floating_point() or tensor.is_complex():
        return buffer or tensor.numel() > _SMALL
    return bool(tensor.numel() > _SMALL * _SMALL)
