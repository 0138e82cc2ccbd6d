"""A live torch module exported by `torch.export`, in this process, as a file without weights."""

# loader/formats/exporting.py does the same in another Python. It travels there as one file, which nothing imports.

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from importlib import import_module

from analyzer.matching.observed import Entered
from analyzer.matching.torch.calls import evaluate, tensor_of
from analyzer.matching.torch.inputs import Way, ways
from analyzer.matching.torch.owners import structure_of, unwrapped
from analyzer.matching.torch.standins import place
from analyzer.matching.torch.state import State, state_of, surroundings
from analyzer.matching.torch_modules import initialised, text_of
from analyzer.matching.unreadable import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What torch raises where a value of a tensor decides, whatever the inputs are, by the names of the classes.
_DEPENDS = frozenset(("GuardOnDataDependentSymNode", "DataDependentOutputException", "UserError"))


def exported(module: Any, entered: Sequence[Entered]) -> bytes:
    """A module as a `.pt2`, called with the inputs of a network; the module is afterwards as before.

    Raises `Unreadable` with the reason of `torch.export`, one line.
    """
    inner = unwrapped(module)
    failed: Exception | None = None
    with surroundings(), _quiet():
        all_ways = ways(inner, entered)
        inner = initialised(inner, structure_of(inner), entered, all_ways)
        state = state_of(inner)
        for way in all_ways:
            for real in (False, True):  # some code makes tensors on the CPU, which do not meet those without data
                try:
                    return _exported(inner, state, way, real=real)
                except Exception as error:
                    if failed is None or _depends(error):
                        failed = error
            if failed is not None and _depends(failed):
                break
    raise Unreadable(
        f"`torch.export` refuses the module: {text_of(failed)}" if failed else "the file has no input"
    ) from failed


def _exported(module: Any, state: State, way: Way, *, real: bool) -> bytes:
    """The program of one way to call a module."""
    torch = sys.modules["torch"]
    floats = [one.dtype for one in module.parameters() if one.is_floating_point()]
    dtype = floats[0] if floats else torch.get_default_dtype()
    try:
        place(state, (), real=real)
        evaluate(state)
        positional, named = way.made(lambda one: tensor_of(one, dtype, real=real))
        return _saved(import_module("torch.export").export(module, tuple(positional), named, strict=False))
    finally:
        state.restore()


def _saved(program: Any) -> bytes:
    """The program as a `.pt2` without its weights."""
    torch = sys.modules["torch"]
    bare: dict[int, Any] = {}
    for name, value in list(program.state_dict.items()):
        if not value.is_meta:
            if id(value) not in bare:  # a tensor with two names stays one
                empty = value.detach().to("meta")
                parameter = isinstance(value, torch.nn.Parameter)
                bare[id(value)] = torch.nn.Parameter(empty, requires_grad=value.requires_grad) if parameter else empty
            program.state_dict[name] = bare[id(value)]
    stream = io.BytesIO()
    import_module("torch.export").save(program, stream)
    return stream.getvalue()


def _depends(error: Exception) -> bool:
    """Whether a value of a tensor decides what happens, so that other inputs are of no help."""
    return not _DEPENDS.isdisjoint(kind.__name__ for kind in type(error).__mro__)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the graphs that torch prints and logs where it refuses a module."""
    logger = logging.getLogger("torch")
    level = logger.level
    try:
        logger.setLevel(logging.CRITICAL)
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
