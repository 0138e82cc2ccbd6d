"""One call of a torch module with stand-ins for its tensors, and which calls are tried."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from analyzer.matching.observed import Shape
from analyzer.matching.torch.inputs import Tensor, Way
from analyzer.matching.torch.mode import Functions, mode
from analyzer.matching.torch.owners import Structure, wrapped
from analyzer.matching.torch.standins import place
from analyzer.matching.torch.state import State
from analyzer.matching.torch.uses import Uses, hook, shapes_of, watched
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: How a module is called: with tensors without data; with those, and what its code makes has none either; with data;
#: without data, but with gradients.
_BARE, _BARER, _REAL, _DERIVING = range(4)

#: Functions that read the data of a tensor.
_READING = {
    "__bool__", "__int__", "__float__", "__complex__", "__index__", "__contains__", "__array__", "item", "tolist",
    "numpy", "to", "equal", "allclose", "nonzero", "masked_select", "unique", "is_nonzero", "__getitem__",
    "multinomial", "bincount", "repeat_interleave", "histc", "unique_consecutive", "copy_", "__setitem__", "_assert",
}  # fmt: skip


class Run(Record):
    """A call that worked: what was used in it, the shapes that the module put out, and whether it had data."""

    uses: Uses
    outputs: Sequence[Shape]
    real: bool


class Failure(Record):
    """A call that failed.

    reached     how many calls of modules began in it
    path, kind  the innermost module that was called
    error       its error
    reads       whether it asked for the data of a tensor
    real        whether its tensors had data
    """

    reached: int
    path: str
    kind: str
    error: Exception
    reads: bool
    real: bool


def first_working(ways: Sequence[Way], call: Callable[[Way, int], Run | Failure]) -> tuple[Run | None, list[Failure]]:
    """The first call that works, and those before it that failed.

    Data is the answer to code that asks for it, another layout of the inputs to any other error. Where none works, the
    one that went furthest is called with data, since a function may be one that torch does not have without, and with
    gradients, since `forward` may need some.
    """
    failures: list[Failure] = []
    left: list[tuple[int, Way]] = []
    for way in ways:
        for how in (_BARE, _BARER, _REAL):
            found = call(way, how)
            if isinstance(found, Run):
                return found, failures
            failures.append(found)
            if not found.reads:
                break
        if not failures[-1].real:
            left.append((failures[-1].reached, way))
    best = max(left, key=lambda one: one[0])[1] if left else ways[0]
    for how in (_REAL, _DERIVING) if left else (_DERIVING,):
        found = call(best, how)
        if isinstance(found, Run):
            return found, failures
        failures.append(found)
    return None, failures


def called(module: Any, structure: Structure, state: State, way: Way, how: int, *, keep: bool = False) -> Run | Failure:
    """One call of a module, which is afterwards as before; with `keep`, nothing is watched and the stand-ins stay."""
    torch = sys.modules["torch"]
    real = how == _REAL
    uses = watched(structure)
    floats = (one.dtype for owner in structure.owners for one in owner.trained if one.is_floating_point())
    dtype = next(floats, torch.get_default_dtype())
    try:
        place(state, uses.owners, real=real)
        evaluate(state)
        if not keep:
            hook(uses, structure, state.modules)
        positional, named = way.made(lambda one: tensor_of(one, dtype, real=real))
        with torch.set_grad_enabled(how == _DERIVING), mode(Functions(uses, not real, how == _BARER)):
            output = module(*positional, **named)
        return Run(uses, shapes_of(output), real)
    except Exception as error:
        inner = uses.stack[-1][0] if uses.stack else id(module)
        path, kind = structure.paths.get(inner, ("", type(module).__name__))
        reads = isinstance(error, NotImplementedError) or uses.failed in _READING
        return Failure(uses.entered, path, kind, error, reads, real)
    finally:
        if not keep:
            state.restore()


def evaluate(state: State) -> None:
    """Puts all modules in evaluation mode, and takes compiled code out of the way."""
    for module in state.modules:
        own = vars(module)
        own["training"] = False
        if own.get("_compiled_call_impl") is not None:
            own["_compiled_call_impl"] = None
        inner = wrapped(module)
        if inner is not None:
            own["forward"] = inner.__call__


def tensor_of(wanted: Tensor, dtype: Any, *, real: bool) -> Any:
    """An input: the same random numbers each time, or none."""
    torch = sys.modules["torch"]
    if wanted.whole:
        return torch.zeros(wanted.shape, dtype=torch.int64, device="cpu" if real else "meta")
    if not real:
        return torch.empty(wanted.shape, dtype=dtype, device="meta")
    generator = torch.Generator("cpu")
    generator.manual_seed(0)
    return torch.rand(wanted.shape, generator=generator, device="cpu").to(dtype)
