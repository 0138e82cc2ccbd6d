"""The calls of a Keras model as `Observed`s: which layers are one, which are several, and what each counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod

from analyzer.matching.keras.backend import Backend
from analyzer.matching.keras.parameters import Ledger, Variables, all_of, own
from analyzer.matching.keras.parts import Part, beside_of, is_whole, parts_of, puts_out
from analyzer.matching.keras.paths import Found, layers_of
from analyzer.matching.keras.watch import Seen, Watch, is_repeated
from analyzer.matching.observed import Observation, Observed, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def observed(model: Any, backend: Backend, watch: Watch, real: str | None) -> Observation:
    """The observation of a model whose call was watched."""
    return _Reading(model, backend, watch).observation(real)


class _Reading:
    """What the steps share: the layers by their paths, and what was counted."""

    # By hand: it starts with the model.
    def __init__(self, model: Any, backend: Backend, watch: Watch) -> None:
        self.model = model
        self.backend = backend
        self.calls = calls = watch.calls
        self.reads = watch.reads
        self.apart = list(watch.apart.values())
        #: Observations of variables that were read, by how many calls had begun.
        self.read: dict[int, list[Observed]] = {}
        self.found = layers_of(model, backend)
        self.ledger = Ledger()
        self.parts = Ledger()
        self.times = Counter(id(one.layer) for one in calls)
        self.batch = calls[0].inputs[0][0] if calls and calls[0].inputs and calls[0].inputs[0] else 1

    def observation(self, real: str | None) -> Observation:
        made = [[] if self._is_within(seen) else self._of(seen) for seen in self.calls]
        self._uses_apart()
        layers = [one for place, own in enumerate([*made, []]) for one in (*self.read.get(place, ()), *own)]
        everything = all_of(self.model, self.backend)
        return Observation(
            "keras",
            type(self.model).__name__,
            layers,
            self._unused(),
            {one.path: type(one.layer).__name__ for one in reversed(self.found.values())},
            self._alone(self.calls[0].outputs) if self.calls else [],
            sum(prod(one.shape) for one in everything.parameters),
            real,
        )

    def _is_within(self, seen: Seen) -> bool:
        """Whether the call is part of a layer that is one, whatever it consists of."""
        around = seen.inside
        while around is not None:
            if is_whole(around.layer, self.backend):
                return True
            around = around.inside
        return False

    def _of(self, seen: Seen) -> list[Observed]:
        """The layers that a call is: none without variables, otherwise mostly one."""
        layer = seen.layer
        found = self.found.get(id(layer)) or Found(layer, layer.name, bool(layer.trainable))
        whole = is_whole(layer, self.backend)
        variables = all_of(layer, self.backend) if whole else own(layer, self.backend)
        if not variables:
            return []
        if self.backend.is_own(layer, "Normalization"):
            return self._normalization(found, variables)
        if not whole and layer._layers:
            everything = all_of(layer, self.backend)
            if len(everything.parameters) > len(variables.parameters):
                return self._free(found, variables)
        made = self._layer(found, variables, seen)
        within = [one for one in self.calls if one.inside is seen] if whole else []
        made.parts = [self._part(found, one) for one in parts_of(seen, within, self.backend)]
        beside = self._free(found, Variables(buffers=beside_of(layer, self.backend)))
        return [made, *beside]

    def _part(self, found: Found, part: Part) -> Observed:
        name = f"{found.path}.{part.name}" if part.name else found.path
        numbers, tied = self.parts.counted(part.variables, name)
        return Observed(
            name,
            part.kind,
            [],
            self._alone(part.outputs),
            numbers.weights,
            numbers.biases,
            numbers.buffers,
            is_frozen(found, part.variables),
            self.times[id(found.layer)],
            tied,
        )

    def _layer(self, found: Found, variables: Variables, seen: Seen | None) -> Observed:
        numbers, tied = self.ledger.counted(variables, found.path)
        return Observed(
            found.path,
            type(found.layer).__name__,
            self._shapes(seen, seen.inputs) if seen is not None else [],
            self._shapes(seen, puts_out(seen, self.backend)) if seen is not None else [],
            numbers.weights,
            numbers.biases,
            numbers.buffers,
            is_frozen(found, variables),
            self.times[id(found.layer)],
            tied,
        )

    def _free(self, found: Found, variables: Variables) -> list[Observed]:
        """The buffers of a layer that has other layers in it; its parameters are noted where they were read."""
        for one in variables.parameters:
            if id(one) in self.reads and id(one) not in self.ledger.names:
                self.read.setdefault(self.reads[id(one)], []).append(self._variable(found, one, Variables([one])))
        buffers = [one for one in variables.buffers if id(one) not in self.ledger.names]
        return [self._variable(found, one, Variables(buffers=[one])) for one in buffers]

    def _variable(self, found: Found, one: Any, alone: Variables) -> Observed:
        """A variable by itself. What it is used for is not seen; a buffer is what it has."""
        name = f"{found.path}.{one.name}" if found.path else one.name
        numbers, _ = self.ledger.counted(alone, name)
        kind = "Parameter" if numbers.weights else "Buffer"
        outputs = [] if numbers.weights else [(1, *one.shape)]
        frozen = is_frozen(found, alone)
        return Observed(name, kind, [], outputs, numbers.weights, 0, numbers.buffers, frozen)

    def _uses_apart(self) -> None:
        """Uses of a layer's variables without a call of it: of a table in the last layer, or of a layer never called.

        What they put out is not seen. A layer that is called may be read for other things too, such as a penalty.
        """
        owners = {id(variable): found for found in self.found.values() for variable in found.layer._trainable_variables}
        done: set[tuple[int, int]] = set()
        for one in self.apart:
            found = owners.get(id(one.variable))
            if found is None or (id(found), id(one.inside)) in done:
                continue
            if is_whole(one.inside.layer, self.backend) or self._is_within(one.inside):
                continue
            if self.times[id(found.layer)] and not self.backend.is_own(found.layer, "Embedding"):
                continue
            done.add((id(found), id(one.inside)))
            made = self._layer(found, own(found.layer, self.backend), None)
            made.calls = max(made.calls, 1)
            self.read.setdefault(one.place, []).append(made)

    def _normalization(self, found: Found, variables: Variables) -> list[Observed]:
        """A count of samples, then the mean and the variance, as the reader of `.keras` files has them."""
        made = self._free(found, Variables(buffers=variables.buffers[-1:] + variables.buffers[:-1]))
        for one in made[1:]:
            one.outputs = [(1, *found.layer._broadcast_shape[1:])]
        return made

    def _unused(self) -> list[Observed]:
        made: list[Observed] = []
        for found in self.found.values():
            variables = own(found.layer, self.backend)
            fresh = [one for one in (*variables.parameters, *variables.buffers) if id(one) not in self.ledger.names]
            if fresh:
                made.append(self._layer(found, variables, None))
        return made

    def _shapes(self, seen: Seen, shapes: Sequence[Shape]) -> list[Shape]:
        """The shapes of a call, with the steps of time for which it is repeated."""
        steps: tuple[int, ...] = ()
        around = seen.inside
        while around is not None:
            if is_repeated(around.layer, self.backend):
                steps = (around.inputs[0][1], *steps)
            around = around.inside
        return [(*shape[:1], *steps, *shape[1:]) for shape in self._alone(shapes)]

    def _alone(self, shapes: Sequence[Shape]) -> list[Shape]:
        """Shapes of one sample, where the model was built for a batch of several."""
        if self.batch == 1:
            return list(shapes)
        return [(1, *shape[1:]) if shape and shape[0] == self.batch else shape for shape in shapes]


def is_frozen(found: Found, variables: Variables) -> bool:
    """Whether a layer has parameters and none of them is trained."""
    parameters = variables.parameters
    return bool(parameters) and not (found.trained and any(one.trainable for one in parameters))
