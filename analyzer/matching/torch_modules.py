"""A live torch module, watched in one forward call of batch 1: its layers, their volumes and their numbers.

The call reads no data and needs no memory: for its time, parameters and inputs are tensors on torch's `meta` device,
which have a shape only. A module whose code reads data is called once more with copies on the CPU. Afterwards the
module is as it was before, also where it raised an error.

torch is never imported here: whoever has a module of it has imported it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from analyzer.matching.observed import Entered, Observation
from analyzer.matching.torch.calls import Failure, Run, called, first_working
from analyzer.matching.torch.inputs import Way, mistake, ways
from analyzer.matching.torch.observed import observation
from analyzer.matching.torch.owners import Structure, structure_of, unwrapped
from analyzer.matching.torch.state import state_of, surroundings
from analyzer.matching.unreadable import Unreadable
from analyzer.source import inert, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Packages whose modules have their weights in another form than parameters.
_QUANTISED = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.nn.quantized", "bitsandbytes")

#: Classes of modules that have only a part of their parameters.
_SHARDED = ("FullyShardedDataParallel", "FSDPModule")

#: The longest text of an error that is shown.
_LONGEST = 300


def observe(module: Any, entered: Sequence[Entered]) -> Observation:
    """What one forward call of a module shows, called with the inputs of a network.

    Raises `TypeError` for what is not a module of its own parameters, such as a scripted one, and `Unreadable` where
    the call fails.
    """
    inner = unwrapped(module)
    _check(inner)
    with surroundings():
        all_ways = ways(inner, entered)
        structure = structure_of(inner)
        ready = initialised(inner, structure, entered, all_ways)
        if ready is not inner:
            inner, structure = ready, structure_of(ready)
        state = state_of(inner)
        run, failures = first_working(all_ways, lambda way, how: called(inner, structure, state, way, how))
        if run is None:
            error = _unreadable(entered, failures)
            if len(entered) > 1 and all(way.packed for way in all_ways):
                error = Unreadable(mistake(inner, entered))
            raise error from failures[0].error
        return observation(structure, run, _reason(failures) if run.real else None)


def _check(module: Any) -> None:
    """Refuses modules whose parameters cannot be seen."""
    torch = sys.modules["torch"]
    for path, one in module.named_modules():
        cls = type(one)
        if isinstance(one, torch.jit.ScriptModule) and (not path or next(one.parameters(), None) is not None):
            why = "is scripted or traced: give the module that `torch.jit` was given"
        elif cls.__module__.startswith(_QUANTISED):
            why = "is quantised, so its weights are no parameters: give the module before that"
        elif any(base.__name__ in _SHARDED for base in cls.__mro__):
            why = "has only a part of its parameters here: give the module before it is sharded"
        else:
            continue
        raise TypeError(f"`{shown(path or cls.__name__)}` {why}")


def _is_lazy(tensor: Any) -> bool:
    """Whether a tensor gets its size from the first input."""
    return bool(sys.modules["torch"].nn.parameter.is_lazy(tensor))


def initialised(module: Any, structure: Structure, entered: Sequence[Entered], all_ways: Sequence[Way]) -> Any:
    """A copy of a module that was called once, so that its lazy parameters have their sizes; itself without such."""
    lazy = [one for owner in structure.owners for one in (*owner.trained, *owner.buffers) if _is_lazy(one)]
    if not lazy:
        return module
    copies: list[Any] = []

    def tried(way: Way, how: int) -> Run | Failure:
        copies.append(_copy(module, lazy))
        return called(copies[-1], structure_of(copies[-1]), state_of(copies[-1]), way, how, keep=True)

    run, failures = first_working(all_ways, tried)
    if run is None:
        raise _unreadable(entered, failures) from failures[0].error
    return copies[-1]


def _copy(module: Any, lazy: Sequence[Any]) -> Any:
    """A copy of a module. Tensors without a size are made again, since torch does not copy all of them."""
    from copy import deepcopy

    made = {id(one): type(one)(one.requires_grad, one.device, one.dtype) for one in lazy}
    try:
        return deepcopy(module, {**made})
    except Exception as error:
        name = type(module).__name__
        raise Unreadable(f"`{name}` is lazy, and cannot be copied: give it after its first call") from error


def _unreadable(entered: Sequence[Entered], failures: list[Failure]) -> Unreadable:
    """The error of the call that went furthest, which `failures` begins with afterwards."""
    failures.sort(key=lambda one: (-one.reached, not one.real))
    failure = failures[0]
    where = f"`{shown(failure.path)}` (`{failure.kind}`)" if failure.path else f"`{failure.kind}`"
    inputs = ", ".join(f"`{shown(one.name)}` {one.volume}" for one in entered)
    return Unreadable(f"{where} raises {text_of(failure.error)}, called with the input {inputs}")


def _reason(failures: Sequence[Failure]) -> str:
    """Why tensors without data were not enough: the error of the call that went furthest without them."""
    failure = min((one for one in failures if not one.real), key=lambda one: -one.reached)
    where = f"`{shown(failure.path)}` (`{failure.kind}`)" if failure.path else f"`{failure.kind}`"
    return f"{where} reads data: {text_of(failure.error)}"


def text_of(error: Exception) -> str:
    """The class of an error and the first line of what it says."""
    text = str(error)
    said = next((line.strip() for line in text.splitlines() if line.strip()), "")
    said = said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
    return f"{type(error).__name__}: {inert(said)}".rstrip(": ")
