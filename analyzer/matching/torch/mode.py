"""The mode of torch that sees every function while a module is watched, and helps it along without data.

The module believes that its tensors are on the CPU, wherever they are: what it makes for them there meets tensors
without data, and then loses its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from analyzer.matching.torch.shortcuts import counts, shortcut
from analyzer.matching.torch.standins import MADE_OF
from analyzer.matching.torch.uses import Uses, made_of, tensors_of
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Functions that make tensors of numbers.
_MAKING = {"arange", "empty", "eye", "full", "linspace", "logspace", "ones", "rand", "randint", "randn", "zeros"}

#: Methods that only move a tensor.
_MOVING = {"cpu", "cuda", "pin_memory"}


class Functions(Record):
    """How functions are called.

    uses   what was seen
    bare   whether tensors of the module and its inputs have no data: others that are read with them lose it
    barer  whether those that the module makes of numbers have none from the beginning
    """

    uses: Uses
    bare: bool
    barer: bool

    def call(self, function: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Calls a function. What it reads and puts out is noted."""
        origins: dict[int, None] = {}
        flows = data = meta = False
        name = getattr(function, "__name__", "")
        for one in tensors_of((args, named)):
            known = made_of(one)
            if known is None:
                flows = True
            else:
                origins.update(dict.fromkeys(known))
            if one.is_meta:
                meta = True
            elif one.dim():
                data = True
        self.uses.failed = name
        result = self._called(function, name, args, named, meta=meta, data=data)
        self.uses.failed = ""
        if origins:
            constant = self.uses.use(name, (args, named), origins, result)
        else:
            constant = not flows or name.startswith("new_") or name.endswith("_like")
        if constant:
            keys = tuple(origins)
            for one in tensors_of(result):
                vars(one).setdefault(MADE_OF, keys)
        elif _writes(name) and args and type(args[0]) is sys.modules["torch"].Tensor:
            vars(args[0]).pop(MADE_OF, None)  # it has what depends on an input now
        return result

    def _called(
        self, function: Any, name: str, args: Sequence[Any], named: Mapping[str, Any], *, meta: bool, data: bool
    ) -> Any:
        """What a function puts out."""
        if name == "__get__":
            torch = sys.modules["torch"]
            return torch.device("cpu") if function.__self__ is torch.Tensor.device else function(*args, **named)
        if name in _MOVING and args and isinstance(args[0], sys.modules["torch"].Tensor):
            return args[0]
        if name == "to":
            args = [args[0], *(_place(one, meta=args[0].is_meta) for one in args[1:])]
        if named.get("device") is not None or (self.barer and name in _MAKING):
            bare = meta or (self.barer and name in _MAKING)
            named = {**named, "device": "meta" if bare else "cpu"}
        if self.bare and meta and data and not counts(name, args):
            if _writes(name) and not args[0].is_meta:
                raise NotImplementedError("a tensor with data is changed by one without")
            args, named = _bared(args), _bared(named)
        result = shortcut(name, args, named) if self.bare else None
        return function(*args, **named) if result is None else result


def mode(functions: Functions) -> Any:
    """The mode in which functions are called so."""
    torch = sys.modules["torch"]

    def __torch_function__(
        self: Any, function: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        return functions.call(function, args, kwargs or {})

    made = type("Watching", (torch.overrides.TorchFunctionMode,), {"__torch_function__": __torch_function__})
    return made()


def _writes(name: str) -> bool:
    """Whether a function of this name changes its first argument."""
    return name == "__setitem__" or (name.endswith("_") and not name.endswith("__"))


def _place(value: Any, *, meta: bool) -> Any:
    """An argument of `to`; a device is the one where the tensor is."""
    torch = sys.modules["torch"]
    if isinstance(value, (str, torch.device)) or type(value) is int:
        return torch.device("meta" if meta else "cpu")
    return value


def _bared(value: Any) -> Any:
    """Arguments without data."""
    torch = sys.modules["torch"]
    if isinstance(value, torch.Tensor):
        if value.is_meta or not value.dim():
            return value
        bare = value.to("meta")
        known = made_of(value)
        if known is not None:
            vars(bare)[MADE_OF] = known
        return bare
    if type(value) in (tuple, list):
        return type(value)(map(_bared, value))
    return {name: _bared(one) for name, one in value.items()} if type(value) is dict else value
