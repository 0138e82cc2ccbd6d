"""Which owner is used when, and with what shapes: hooks see calls of modules, a mode sees functions (torch/mode.py).

A parameter is followed through functions that read nothing but parameters and constants (`expand`, `reshape`,
`[:, 1:]`) to the first one that also reads what depends on an input. That function is its use.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence

from analyzer.matching.observed import Shape
from analyzer.matching.torch.owners import Owner, Structure
from analyzer.matching.torch.standins import MADE_OF
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Functions that add, by their names.
_ADDING = {"add", "add_", "sub", "sub_", "rsub", "subtract", "__radd__", "__rsub__", "__add__", "__iadd__", "__isub__"}

#: The place of the biases among the arguments of functions that take weights too.
_BIASES = {
    "linear": 2, "conv1d": 2, "conv2d": 2, "conv3d": 2, "conv_transpose1d": 2, "conv_transpose2d": 2,
    "conv_transpose3d": 2, "layer_norm": 3, "group_norm": 3, "batch_norm": 4, "instance_norm": 4, "bilinear": 3,
    "addmm": 0, "baddbmm": 0,
}  # fmt: skip


class Use(Record):
    """One call of an owner: the shapes that it read and put out, once it has put out something."""

    owner: Owner
    inputs: Sequence[Shape] = ()
    outputs: Sequence[Shape] | None = None


class Uses(Record):
    """What a run shows, in its order.

    owners   the owners of each tensor, by its `id`: several where modules are tied
    called   the owner of which a call of a module is a use, by the `id` of the module
    found    the uses
    added    parameters that were added to something, by the `id` of the tensor
    scaled   parameters that were used in any other way
    stack    the modules that are being called, the innermost last: (`id`, number of the call)
    entered  how many calls of modules began
    failed   the name of the function that raised an error last
    """

    owners: dict[int, list[Owner]]
    called: dict[int, Owner]
    found: list[Use] = field(factory=list)
    added: set[int] = field(factory=set)
    scaled: set[int] = field(factory=set)
    stack: list[tuple[int, int]] = field(factory=list)
    open: list[Use | None] = field(factory=list)
    entered: int = 0
    failed: str = ""
    last: dict[int, int] = field(factory=dict)

    def enter(self, module: Any) -> None:
        """A call of a module begins."""
        self.entered += 1
        self.stack.append((id(module), self.entered))
        owner = self.called.get(id(module))
        use = None if owner is None else Use(owner)
        if use is not None:
            self.found.append(use)
        self.open.append(use)

    def leave(self, module: Any, arguments: Any, output: Any) -> None:
        """A call of a module ends. Calls that began later ended in exceptions that the module caught."""
        while self.stack:
            (one, _), use = self.stack.pop(), self.open.pop()
            if one == id(module):
                if use is not None:
                    use.inputs = shapes_of(arguments)
                    use.outputs = shapes_of(output)
                break
        for tensor in tensors_of(output):
            vars(tensor).pop(MADE_OF, None)

    def use(self, name: str, arguments: Any, origins: dict[int, None], output: Any) -> bool:
        """A function read tensors made of `origins`; returns whether what it put out is made of nothing else."""
        inside = {one for one, _ in self.stack}
        others = [one for one in tensors_of(arguments) if made_of(one) is None]
        read: dict[int, Owner] = {}
        for owners in filter(None, map(self.owners.get, origins)):
            owner = self._owner(owners, inside)
            read[id(owner)] = owner
        within = [owner for owner in read.values() if owner.module in inside]
        apart = [owner for owner in read.values() if owner.module not in inside]
        if not others and not (within and apart):
            return True
        if others:
            self._note(name, arguments, origins)
        for owner in apart:
            self._used(owner, arguments, output)
        return False

    def _owner(self, owners: Sequence[Owner], inside: Collection[int]) -> Owner:
        """Of the owners of a tied parameter the one that is being called, or else the first that was never used."""
        if len(owners) == 1:
            return owners[0]
        used = {id(use.owner) for use in self.found}
        called = [owner for owner in owners if owner.module in inside]
        return next(iter((*called, *(owner for owner in owners if id(owner) not in used), owners[0])))

    def _used(self, owner: Owner, arguments: Any, output: Any) -> None:
        """A use of an owner outside its own call: once for each call of the module around it."""
        numbers = [number for one, number in self.stack if owner.inside is None or one == owner.inside]
        number = numbers[-1] if numbers else 0
        if self.last.get(id(owner)) == number:
            return
        self.last[id(owner)] = number
        own = {id(one) for one in (*owner.trained, *owner.buffers)}
        others = [one for one in tensors_of(arguments) if own.isdisjoint(made_of(one) or ())]
        outputs = shapes_of(output)
        if outputs:
            self.found.append(Use(owner, [tuple(one.shape) for one in others], outputs))

    def _note(self, name: str, arguments: Any, origins: Mapping[int, None]) -> None:
        """Which parameters are added, and which are not."""
        positional, named = arguments
        at = _BIASES.get(name)
        biases = [named.get("bias")] if at is not None else []
        if at is not None and at < len(positional):
            biases.append(positional[at])
        added = origins if name in _ADDING else {key for one in biases for key in made_of(one) or ()}
        self.added.update(added)
        self.scaled.update(key for key in origins if key not in added)


def watched(structure: Structure) -> Uses:
    """What is to be seen of a module."""
    owners: dict[int, list[Owner]] = {}
    for owner in structure.owners:
        for one in (*owner.trained, *owner.buffers):
            owners.setdefault(id(one), []).append(owner)
    return Uses(owners, {owner.module: owner for owner in structure.owners if owner.module is not None})


def hook(uses: Uses, structure: Structure, modules: Sequence[Any]) -> None:
    """Registers hooks on the modules of a structure. Whoever saved the state of the modules removes them."""

    def before(module: Any, arguments: Any, named: Any) -> None:
        uses.enter(module)

    def after(module: Any, arguments: Any, named: Any, output: Any) -> None:
        uses.leave(module, (arguments, named), output)

    scripted = sys.modules["torch"].jit.ScriptModule
    for module in modules:
        if id(module) in structure.paths and not isinstance(module, scripted):
            module.register_forward_pre_hook(before, with_kwargs=True)
            module.register_forward_hook(after, with_kwargs=True)


def made_of(value: Any) -> tuple[int, ...] | None:
    """The tensors of the module that a tensor is made of and of nothing else; None where it depends on an input."""
    found: tuple[int, ...] | None = getattr(value, MADE_OF, None)
    return found


def shapes_of(value: Any) -> list[Shape]:
    """The shapes of the tensors in a value."""
    return [tuple(one.shape) for one in tensors_of(value)]


def tensors_of(value: Any, depth: int = 6) -> Iterator[Any]:
    """The tensors in a value: in tuples, lists, mappings, and the attributes of data classes."""
    if isinstance(value, sys.modules["torch"].Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value if depth else ():
            yield from tensors_of(one, depth - 1)
    elif isinstance(value, Mapping):
        for one in value.values() if depth else ():
            yield from tensors_of(one, depth - 1)
    elif depth and hasattr(type(value), "__dataclass_fields__"):
        yield from tensors_of(vars(value), depth - 1)
