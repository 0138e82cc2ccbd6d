"""The state of a torch module and of what it runs in: saved before a call, and put back after it.

Nothing is asked whether it changed something. What a module refers to is remembered as it is, so that a list that grew,
an attribute that was added and a hook that was registered are all undone in the same way.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Values in which nothing changes.
_PLAIN = frozenset((type(None), bool, int, float, complex, str, bytes, FunctionType, BuiltinFunctionType))

#: What is never looked into.
_CLOSED = (type, ModuleType, FunctionType, MethodType, BuiltinFunctionType)


#: Packages of objects that change by themselves, or that keep what happens in a training: no state of a module.
_RUNNING = frozenset(
    ("threading", "queue", "multiprocessing", "concurrent", "asyncio", "logging", "lightning", "pytorch_lightning")
)


#: The largest array that is copied.
_MOST_BYTES = 2**24


class State(Record):
    """All modules that can be reached from one, and what they and their containers had.

    saved    each dict, list, set and queue, with what was in it
    modules  the modules
    undo     what puts back the rest: classes, arrays, and generators of random numbers
    """

    saved: list[tuple[Any, Any]] = field(factory=list)
    modules: list[Any] = field(factory=list)
    undo: list[Callable[[], object]] = field(factory=list)

    def restore(self) -> None:
        """Puts everything back that is not as it was."""
        for container, content in self.saved:
            if not _is_same(container, content):
                _fill(container, content)
        for undo in self.undo:
            undo()


def state_of(module: Any) -> State:
    """What a module has now, with the modules, containers and plain objects that it refers to."""
    torch = sys.modules["torch"]
    state = State()
    seen: set[int] = set()
    waiting: list[tuple[Any, bool]] = [(module, True)]
    while waiting:
        value, objects = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        cls = type(value)
        if issubclass(cls, (dict, list, set, deque)):
            content = dict(value.items()) if issubclass(cls, dict) else list(value)
            state.saved.append((value, content))
            inner: Any = content.values() if content.__class__ is dict else content
            waiting += [(one, objects) for one in inner if one.__class__ not in _PLAIN]
        elif issubclass(cls, torch.nn.Module):
            state.modules.append(value)
            state.undo.append(_class_back(value, cls))
            waiting.append((vars(value), True))
        elif issubclass(cls, tuple):
            waiting += [(one, objects) for one in value if one.__class__ not in _PLAIN]
        elif issubclass(cls, (torch.Tensor, *_CLOSED)):
            continue
        elif undo := _undo(value):
            state.undo.append(undo)
        elif objects and _package(cls) not in _RUNNING:
            own = _attributes(value)
            if own is not None:
                waiting.append((own, False))  # an object inside an object may lead anywhere
    return state


def _undo(value: Any) -> Callable[[], object] | None:
    """What puts back the state of a generator of random numbers, or the numbers of an array; None for other values."""
    from random import Random

    torch, numpy = sys.modules["torch"], sys.modules.get("numpy")
    if isinstance(value, torch.Generator):
        return _put_back(value.set_state, value.get_state())
    if isinstance(value, Random):
        return _put_back(value.setstate, value.getstate())
    if numpy is not None and isinstance(value, numpy.ndarray) and value.nbytes <= _MOST_BYTES:
        return partial(numpy.copyto, value, value.copy()) if value.flags.writeable else None
    if numpy is not None and isinstance(value, numpy.random.Generator):
        return partial(setattr, value.bit_generator, "state", value.bit_generator.state)
    return None


def _class_back(module: Any, cls: type) -> Callable[[], object]:
    """What gives a module its class back: a parametrization changes it."""

    def back() -> None:
        if type(module) is not cls:
            module.__class__ = cls

    return back


def _package(cls: type) -> str:
    return str(cls.__module__).partition(".")[0]


def _attributes(value: object) -> dict[str, Any] | None:
    """The attributes of a plain object; None where it has none that can be put back."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found if type(found) is dict else None


def _is_same(container: Any, content: Any) -> bool:
    """Whether a container has the same objects in the same order."""
    if len(container) != len(content):
        return False
    if not content:
        return True
    if isinstance(container, dict):
        pairs = zip(container.items(), content.items(), strict=True)
        return all(key is old and one is other for (key, one), (old, other) in pairs)
    if isinstance(container, set):
        return {id(one) for one in container} == {id(one) for one in content}
    return all(one is other for one, other in zip(container, content, strict=True))


def _fill(container: Any, content: Any) -> None:
    """Gives a container its content again, past what a class of the user makes of assignments."""
    if isinstance(container, (dict, set)):
        base: Any = OrderedDict if isinstance(container, OrderedDict) else dict if isinstance(container, dict) else set
        base.clear(container)
        base.update(container, content)
    elif isinstance(container, list):
        list.__setitem__(container, slice(None), content)
    else:
        container.clear()
        container.extend(content)


def _put_back(put: Callable[[Any], object], state: Any) -> Callable[[], object]:
    return lambda: put(state)


@contextmanager
def surroundings() -> Iterator[None]:
    """Neither gradients nor autocast nor warnings; random numbers are afterwards as they were."""
    import warnings

    torch = sys.modules["torch"]
    undo = list(_random_states())
    mha = sys.modules.get("torch.backends.mha")  # torch before 2.3 has no such module
    with ExitStack() as stack:
        for back in undo:
            stack.callback(back)
        if mha is not None:
            stack.callback(mha.set_fastpath_enabled, mha.get_fastpath_enabled())
            mha.set_fastpath_enabled(False)  # it would skip the calls of the modules inside
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.autocast("cpu", enabled=False))
        yield


def _random_states() -> Iterator[Callable[[], object]]:
    """What puts back the random numbers of torch, Python and numpy."""
    import random

    torch, numpy = sys.modules["torch"], sys.modules.get("numpy")
    yield _put_back(torch.set_rng_state, torch.get_rng_state())
    if torch.cuda.is_initialized():
        yield _put_back(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())
    yield _put_back(random.setstate, random.getstate())
    if numpy is not None:
        yield _put_back(numpy.random.set_state, numpy.random.get_state())
