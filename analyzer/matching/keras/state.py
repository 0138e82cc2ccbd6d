"""What a forward call of a Keras model could change, kept and put back.

A call of a layer writes attributes: what was built, nodes of the graph, losses. A model that was not built makes its
layers and variables when it is called. All attributes of all layers are kept, with the lists, mappings and sets in
them, and put back as they were; the values of variables are not written in a stateless scope.

Source: keras/src/backend/common/stateless_scope.py (Keras 3.15.1).
"""

from __future__ import annotations

import random
import sys
from collections import OrderedDict
from collections.abc import Iterable
from types import TracebackType

from analyzer.matching.keras.backend import Backend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The classes of objects whose attributes are kept too; a layer's own ones come from the module of its Keras.
_HELD = ("Tracker", "SeedGenerator")

_CONTAINERS = (list, dict, set)


class Kept:
    """The state of a model, put back at the end of the `with` block."""

    # By hand: it starts by reading the model.
    def __init__(self, model: Any, backend: Backend) -> None:
        self._backend = backend
        self._attributes: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._seen: set[int] = set()
        self._held: dict[type, bool] = {}
        self._left: list[Any] = [model]
        self._keep_attributes(vars(backend.state.GLOBAL_STATE_TRACKER))
        while self._left:
            self._keep(self._left.pop())
        self._random = _random_states()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for held, copy in self._containers:
            if not _same(held, copy):
                _refill(held, copy)
        for attributes, before in self._attributes:
            if not _same(attributes, before):
                attributes.clear()
                attributes.update(before)
        for put_back, state in self._random:
            put_back(state)

    def _keep(self, thing: Any) -> None:
        if id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        if isinstance(thing, tuple):
            self._push(thing)
        elif issubclass(type(thing), _CONTAINERS):  # the class it is of: a wrapper of TensorFlow says that it is one
            self._containers.append((thing, _copied(thing)))
            self._push(_items(thing))
        else:
            self._keep_attributes(vars(thing))

    def _keep_attributes(self, attributes: dict[str, Any]) -> None:
        self._attributes.append((attributes, dict(attributes)))
        self._push(attributes.values())

    def _push(self, things: Iterable[Any]) -> None:
        """Notes those of some objects that can change: most are numbers and texts."""
        held = self._held
        for one in things:
            kind = type(one)
            if kind not in held:
                held[kind] = issubclass(kind, (tuple, *_CONTAINERS)) or self._has_attributes(kind)
            if held[kind]:
                self._left.append(one)

    def _has_attributes(self, kind: type) -> bool:
        """Whether objects of a class are kept with their attributes."""
        if issubclass(kind, (self._backend.layer, self._backend.backend.Variable)):
            return True
        return kind.__name__ in _HELD and kind.__module__.startswith(f"{self._backend.root}.src.")


def _copied(held: Any) -> Any:
    """The items of a container, in a plain one."""
    if isinstance(held, list):
        return list(held)
    return dict(held) if isinstance(held, dict) else set(held)


def _items(held: Any) -> list[Any]:
    return list(held.values()) if isinstance(held, dict) else list(held)


def _same(held: Any, copy: Any) -> bool:
    """Whether a container still has the same objects in it: `==` would compare the numbers of tensors."""
    if len(held) != len(copy):
        return False
    if isinstance(copy, list):
        return all(one is other for one, other in zip(held, copy, strict=True))
    if isinstance(copy, dict):
        pairs = zip(held.items(), copy.items(), strict=True)
        return all(one is other and mine is theirs for (one, mine), (other, theirs) in pairs)
    return {id(one) for one in held} == {id(one) for one in copy}


def _refill(held: Any, copy: Any) -> None:
    """Puts the items back by the methods of the plain container: those of Keras' own note the items as new."""
    if isinstance(held, list):
        list.__setitem__(held, slice(None), copy)
    elif isinstance(held, dict):
        plain: Any = OrderedDict if isinstance(held, OrderedDict) else dict
        plain.clear(held)
        plain.update(held, copy)
    else:
        set.clear(held)
        set.update(held, copy)


def _random_states() -> list[tuple[Any, Any]]:
    """The states of the generators of random numbers, each with the function that puts it back."""
    found: list[tuple[Any, Any]] = [(random.setstate, random.getstate())]
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        found.append((numpy.random.set_state, numpy.random.get_state()))
    torch = sys.modules.get("torch")
    if torch is not None:
        found.append((torch.set_rng_state, torch.get_rng_state()))
        if torch.cuda.is_initialized():
            found.append((torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all()))
    return found
