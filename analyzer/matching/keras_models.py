"""A live Keras model, as one call of it without numbers shows it.

The call is Keras' own way to find shapes, so that padding and the order of axes are those of the framework: every layer
is run on tensors that have a shape and no numbers (on torch those of the device `meta`). No variable is written, and
the model is afterwards as it was. A model that is not built is built for the call, and is then not built again.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from types import TracebackType

from analyzer.matching.keras.backend import Backend
from analyzer.matching.keras.inputs import Arguments, ways
from analyzer.matching.keras.layers import observed
from analyzer.matching.keras.mistakes import first_line, unreadable
from analyzer.matching.keras.order import order_networks
from analyzer.matching.keras.state import Kept
from analyzer.matching.keras.watch import Watch
from analyzer.matching.observed import Entered, Observation
from analyzer.matching.unreadable import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def observe(model: Any, entered: Sequence[Entered]) -> Observation:
    """What one call of a Keras model shows, called with the inputs of a network.

    Raises `Unreadable`, one line, for a model that cannot be called with them, with the model's own error as its cause,
    and `TypeError` for a quantized model.
    """
    backend = Backend(model)
    _refuse_quantized(model)
    with _Uncollected(), Kept(model, backend):
        failed: Unreadable | None = None
        for way in ways(model, backend, entered):
            watch = Watch(backend)
            try:
                real = _run(model, backend, way, watch)
            except Exception as error:
                if failed is None or isinstance(error, KeyError):  # a mapping with other names says more than a list
                    failed = unreadable(model, backend, watch.failed, error, entered)
                    failed.__cause__ = error
            else:
                return observed(model, backend, watch, real)
    raise failed or Unreadable("the file has no input")


class _Uncollected:
    """No garbage is collected in its `with` block: to look through all objects of a framework takes longer than it."""

    # By hand: it notes what it changes.
    def __init__(self) -> None:
        self._enabled = gc.isenabled()

    def __enter__(self) -> None:
        gc.disable()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._enabled:
            gc.enable()


def _refuse_quantized(model: Any) -> None:
    """A quantized layer has other numbers than the one that was described."""
    for layer in model._flatten_layers():
        mode = layer.quantization_mode
        if mode is not None:
            raise TypeError(
                f"`{layer.name}` is quantized to {mode}, so its numbers are others: compare the model before `quantize`"
            )


def _run(model: Any, backend: Backend, way: Arguments, watch: Watch) -> str | None:
    """Calls the model, watched; why it needed tensors with numbers, if it did. Raises what the model raises."""
    errors: list[Exception] = []

    def call(*args: Any, **kwargs: Any) -> Any:
        watch.start(shortly=not errors)
        try:
            return model(*args, **kwargs, training=False)
        except Exception as error:
            errors.append(error)
            raise

    if not all(layer.built for layer in model._flatten_layers()):
        _build(model, backend, way)
    order_networks(model, backend)
    with backend.unwritten(), watch:
        try:
            backend.traced(call, *way.args, **way.kwargs)
        except Exception as error:
            if len(errors) != 1:  # on torch it was called a second time, with numbers
                raise errors[-1] if errors else error from None
            call(*backend.numbers(way.args), **backend.numbers(way.kwargs))
    return first_line(errors[0]) if errors else None


def _build(model: Any, backend: Backend, way: Arguments) -> None:
    """Builds the model by a call. Its variables take memory only where it makes them of numbers of its own."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return model(*args, **kwargs, training=False)

    with backend.unwritten():
        try:
            backend.traced(call, *way.args, **way.kwargs)
        except Exception:
            pass
        else:
            return
    try:
        call(*backend.numbers(way.args), **backend.numbers(way.kwargs))
    except Exception:
        return  # the watched call raises it again, and knows the layer
