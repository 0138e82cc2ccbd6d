"""Keras, as the module that a model's own class comes from: nothing of it is imported here.

Keras is imported already where a model of it exists. Its parts are found in `sys.modules` by the name of the module of
the class `Layer`, so that another Keras beside it is never touched.

Sources: keras/src/backend/, keras/src/layers/layer.py (Keras 3.15.1).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from analyzer.matching.observed import Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Backend:
    """The parts of Keras that a model is of."""

    # By hand: it looks its parts up.
    def __init__(self, model: object) -> None:
        self.layer: Any = next(
            one for one in type(model).__mro__ if one.__name__ == "Layer" and ".layers." in one.__module__
        )
        self._classes: dict[type, set[str]] = {}
        self.root: str = self.layer.__module__.partition(".")[0]
        self.backend = self._module("backend")
        self.tree = self._module("tree")
        self.state = self._module("backend.common.global_state")
        self.stateless = self._module("backend.common.stateless_scope").StatelessScope
        self.name: str = self.backend.backend()

    def _module(self, name: str) -> Any:
        return sys.modules[f"{self.root}.src.{name}"]

    def is_layer(self, thing: object) -> bool:
        """Whether it is a layer; a metric is none."""
        return isinstance(thing, self.layer)

    def is_own(self, layer: object, *names: str) -> bool:
        """Whether a layer is of one of these classes of Keras, or of a class that is made of one."""
        kind = type(layer)
        if kind not in self._classes:
            prefix = f"{self.root}.src."
            self._classes[kind] = {one.__name__ for one in kind.__mro__ if one.__module__.startswith(prefix)}
        return not self._classes[kind].isdisjoint(names)

    def is_theirs(self, layer: object) -> bool:
        """Whether the class of a layer is of Keras itself, and not of an author."""
        return type(layer).__module__.startswith(f"{self.root}.src.")

    def network_of(self, model: Any) -> Any:
        """The network that is built from the `Input`s of a model: itself, or that of a `Sequential` that is built."""
        if self.is_own(model, "Functional"):
            return model
        return model._functional if self.is_own(model, "Sequential") else None

    def flat(self, structure: object) -> list[Any]:
        """The leaves of a structure."""
        found: list[Any] = self.tree.flatten(structure)
        return found

    def shapes(self, structure: object) -> list[Shape]:
        """The shapes of the tensors in a structure."""
        is_tensor = self.backend.is_tensor
        return [tuple(int(size) for size in one.shape) for one in self.flat(structure) if is_tensor(one)]

    def tensor(self, shape: Sequence[int], dtype: str) -> Any:
        """The description of a tensor, without its numbers."""
        return self.backend.KerasTensor(shape, dtype=dtype, name="given")  # a name of its own would count

    def numbers(self, structure: Any) -> Any:
        """Tensors for a structure of descriptions, with numbers where the device has any: those that Keras takes, 1."""
        make, described = self.backend.numpy.ones, self.backend.KerasTensor
        return self.tree.map_structure(
            lambda one: make(one.shape, dtype=one.dtype) if isinstance(one, described) else one, structure
        )

    def traced(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Runs a function on descriptions of tensors: on tensors without numbers, if the backend can.

        On torch these are tensors of the device `meta`; where they do not do, Keras runs the function once more, on
        tensors with numbers.
        """
        return self.backend.compute_output_spec(function, *args, **kwargs)

    def unwritten(self) -> Any:
        """The scope in which no variable is written, and a variable that is made takes no memory."""
        return self.stateless(initialize_variables=False)
