"""Which layers of a Keras model a call of it calls, in their order, with the shapes that they read and put out."""

from __future__ import annotations

import threading
from types import TracebackType

from analyzer.matching.keras.backend import Backend
from analyzer.matching.keras.short import Short
from analyzer.matching.observed import Shape
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Seen(Record):
    """One call of a layer; `inside` is the call that it is part of."""

    layer: Any
    inside: Seen | None
    inputs: list[Shape]
    outputs: list[Shape] = field(factory=list)


class Apart(Record):
    """A variable that a call read which is not of its own layer; `place` is how many calls had begun."""

    variable: Any
    inside: Seen
    place: int


class Watch:
    """Watches all calls of layers while its `with` block lasts, by a method in the place of `Layer.__call__`.

    The class is changed, not its objects, so that nothing is left on a layer. Calls of other threads pass unseen.
    `reads` has for each variable, by its `id`, how many calls had begun when its value was read first; `apart` what
    was read in calls of other layers, once for each call.
    """

    # By hand: it starts empty.
    def __init__(self, backend: Backend) -> None:
        self.calls: list[Seen] = []
        self.failed: Seen | None = None
        self.shortly = True
        self._short = Short(backend)
        self._backend = backend
        self._around: list[Seen] = []
        self._thread = threading.get_ident()
        self._original: Any = backend.layer.__call__
        self.reads: dict[int, int] = {}
        self.apart: dict[tuple[int, int], Apart] = {}
        self._variable, self._value = _property(backend.backend.Variable, "value")

    def start(self, *, shortly: bool) -> None:
        """Forgets what was seen: the call begins again. `shortly`: layers with a rule for their output are not run."""
        self.calls, self._around, self.failed, self.reads, self.apart = [], [], None, {}, {}
        self.shortly = shortly

    def __enter__(self) -> Watch:
        watch, original = self, self._original

        def watched(layer: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != watch._thread:
                return original(layer, *args, **kwargs)
            return watch._called(layer, args, kwargs)

        def read(variable: Any) -> Any:
            if threading.get_ident() == watch._thread:
                watch._read(variable)
            return watch._value.fget(variable)

        self._backend.layer.__call__ = watched
        self._variable.value = property(read)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._backend.layer.__call__ = self._original
        self._variable.value = self._value

    def _called(self, layer: Any, args: Any, kwargs: Any) -> Any:
        read = [args, {name: one for name, one in kwargs.items() if "mask" not in name}]
        seen = Seen(layer, self._around[-1] if self._around else None, self._backend.shapes(read))
        self.calls.append(seen)
        self._around.append(seen)
        try:
            made = self._made(layer, args, kwargs)
        except Exception:
            self.failed = self.failed or seen
            raise
        finally:
            self._around.pop()
        seen.outputs = self._backend.shapes(made)
        return made

    def _read(self, variable: Any) -> None:
        number = len(self.calls)
        self.reads.setdefault(id(variable), number)
        around = self._around[-1] if self._around else None
        if around is not None and not any(one is variable for one in around.layer._trainable_variables):
            self.apart.setdefault((id(variable), id(around)), Apart(variable, around, number))

    def _made(self, layer: Any, args: Any, kwargs: Any) -> Any:
        made = self._short.output(layer, args, kwargs) if self.shortly else None
        if made is None and is_repeated(layer, self._backend) and layer.built and len(args) == 1:
            made = self._one_step(layer, args[0])
        return self._original(layer, *args, **kwargs) if made is None else made

    def _one_step(self, layer: Any, x: Any) -> Any:
        """What a network puts out for each step of time, run for the first step only."""
        layer._assert_input_compatibility(x)
        if len(x.shape) < 3:
            return None
        made = layer.layer(x[:, 0])
        return self._backend.backend.numpy.stack([made] * int(x.shape[1]), axis=1)


def _property(kind: type, name: str) -> tuple[Any, Any]:
    """The class that has a property of a class, and the property."""
    owner = next(one for one in kind.__mro__ if name in vars(one))
    return owner, vars(owner)[name]


def is_repeated(layer: Any, backend: Backend) -> bool:
    """Whether it runs a network for each step of time."""
    return backend.is_own(layer, "TimeDistributed") and backend.is_own(layer.layer, "Functional", "Sequential")
