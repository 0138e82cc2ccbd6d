"""The uses of a torch module's owners as an `Observation`: each number is counted where it is first used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from math import prod

from analyzer.matching.observed import Observation, Observed
from analyzer.matching.torch.calls import Run
from analyzer.matching.torch.owners import Owner, Part, Structure
from analyzer.matching.torch.uses import Use
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Counted(Record):
    """The tensors that a use has counted so far, each with the name of the owner that did."""

    names: dict[int, str] = field(factory=dict)

    def count(self, tensors: Iterable[Any], name: str) -> int:
        """The elements of those that nothing counted before."""
        new = [one for one in tensors if id(one) not in self.names]
        self.names.update((id(one), name) for one in new)
        return sum(prod(one.shape) for one in new)

    def before(self, owner: Owner) -> str | None:
        """The name of the one that counted the largest of an owner's weights."""
        first = max(owner.trained, key=lambda one: prod(one.shape), default=None)
        return None if first is None else self.names.get(id(first))


def observation(structure: Structure, run: Run, real: str | None) -> Observation:
    """What a run of a module showed; `real` says why it had data."""
    uses = [one for one in run.uses.found if one.outputs is not None]
    calls: dict[int, int] = {}
    for use in uses:
        calls[id(use.owner)] = calls.get(id(use.owner), 0) + 1
    added = run.uses.added - run.uses.scaled
    counted = _Counted()
    layers = [_observed(use, calls[id(use.owner)], added, counted) for use in uses]
    left = [one for one in structure.owners if id(one) not in calls and one.kind != "Buffer"]
    unused = [_observed(Use(one), 0, added, counted) for one in left]
    return Observation(
        framework="torch",
        kind=structure.modules[""],
        layers=layers,
        unused=unused,
        modules=structure.modules,
        outputs=run.outputs,
        parameters=sum(one.parameters for one in (*layers, *unused)),
        real=real,
    )


def _observed(use: Use, calls: int, added: Collection[int], counted: _Counted) -> Observed:
    """One use of an owner."""
    owner = use.owner
    weights, biases = _split(owner, added)
    tied = counted.before(owner)
    parts = tuple(_part(owner, one, use, counted) for one in owner.parts)
    if owner.free and tied is None:
        parts = tuple(_free(owner, name, one, use) for name, one in owner.free.items() if id(one) not in counted.names)
    if owner.parts:
        numbers = sum(one.weights for one in parts), sum(one.biases for one in parts)
    else:
        numbers = counted.count(weights, owner.path), counted.count(biases, owner.path)
    return Observed(
        name=owner.path,
        kind=owner.kind,
        inputs=list(use.inputs),
        outputs=list(use.outputs or ()),
        weights=numbers[0],
        biases=numbers[1],
        buffers=counted.count(owner.buffers, owner.path),
        frozen=bool(owner.trained) and not any(one.requires_grad for one in owner.trained),
        calls=calls,
        tied=tied,
        parts=parts,
    )


def _split(owner: Owner, added: Collection[int]) -> tuple[list[Any], list[Any]]:
    """Weights and biases: also those that the module only added are biases, if it has others."""
    if owner.module is None or owner.biases:
        return owner.weights, owner.biases
    rest = [one for one in owner.weights if id(one) not in added]
    if not rest:
        return owner.weights, []
    return rest, [one for one in owner.weights if id(one) in added]


def _part(owner: Owner, part: Part, use: Use, counted: _Counted) -> Observed:
    """A projection of a composite owner: it keeps the tokens, and changes their depth."""
    read: Sequence[Any] = use.inputs[:1]
    outputs = [(*shape[:-1], part.width) for shape in read]
    return Observed(
        name=f"{owner.path}.{part.name}" if owner.path else part.name,
        kind="Linear",
        inputs=list(read),
        outputs=outputs,
        weights=counted.count(part.weights, owner.path),
        biases=counted.count(part.biases, owner.path),
        buffers=0,
        frozen=not any(one.requires_grad for one in (*part.weights, *part.biases)),
        calls=1 if use.outputs else 0,
    )


def _free(owner: Owner, name: str, tensor: Any, use: Use) -> Observed:
    """A parameter of a module's own; nobody knows which of its functions reads it."""
    return Observed(
        name=f"{owner.path}.{name}" if owner.path else name,
        kind="Parameter",
        inputs=list(use.inputs),
        outputs=(),
        weights=prod(tensor.shape),
        biases=0,
        buffers=0,
        frozen=not tensor.requires_grad,
        calls=1 if use.outputs else 0,
    )
