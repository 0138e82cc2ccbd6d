"""What the `forward` of a torch module is called with, given the inputs of a network.

A volume does not say where a tensor has its depth, and `forward` does not say whether it takes tensors or a list of
them. The ways are tried in the order in which modules are written: channels first before tokens and channels last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product

from analyzer.matching.observed import Entered, Shape
from analyzer.matching.unreadable import Unreadable
from analyzer.record import Record
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Parameter
    from typing import Any

#: More ways are not tried.
_MOST = 16


class Tensor(Record):
    """A tensor to make: its shape, and whether it has whole numbers."""

    shape: Shape
    whole: bool


class Way(Record):
    """One way to call a module: arguments in their order and by name, with `Tensor`s for tensors.

    `packed` says that the first argument is a list or mapping of them.
    """

    positional: Sequence[Any]
    named: Mapping[str, Any]
    packed: bool = False

    def made(self, make: Callable[[Tensor], Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments, with each tensor as `make` makes it."""
        return _made(list(self.positional), make), _made(dict(self.named), make)


def _made(value: Any, make: Callable[[Tensor], Any]) -> Any:
    if isinstance(value, Tensor):
        return make(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_made(one, make) for one in value)
    return {name: _made(one, make) for name, one in value.items()} if isinstance(value, dict) else value


def ways(module: Any, entered: Sequence[Entered]) -> list[Way]:
    """The ways to call a module, the likely ones first. Raises `Unreadable` where it takes other inputs."""
    taken = _taken(module)
    if taken is None:
        layouts = _layouts(entered)
        return [Way(tensors, {}) for tensors in layouts]
    found = [way for tensors in _layouts(entered) for way in _calls(taken, entered, tensors)]
    if not found:
        raise Unreadable(mistake(module, entered))
    found.sort(key=lambda way: way[0])  # stable: layouts keep their order
    return [way for _, way in islice(found, _MOST)]


def _taken(module: Any) -> list[Parameter] | None:
    """The parameters of `forward`; None where it has no signature."""
    from inspect import signature

    try:
        return list(signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        return None


def _layouts(entered: Sequence[Entered]) -> list[list[Tensor]]:
    """The tensors of all inputs in each combination of layouts, the likely ones first."""
    each = [list(enumerate(_shapes(one))) for one in entered]
    found = sorted(product(*each), key=lambda way: sum(cost for cost, _ in way))
    return [[tensor for _, tensor in way] for way in found[:_MOST]]


def _shapes(entered: Entered) -> Iterator[Tensor]:
    """The tensors that an input may be, the likely ones first."""
    spatial, depth = tuple(entered.volume.spatial), entered.volume.depth
    first, last = (1, depth, *spatial), (1, *spatial, depth)
    tokens = [Tensor((1, *spatial), True)] if spatial and depth == 1 else []
    whole = [*tokens, Tensor(first, True)]
    decimal = [Tensor(first, False)]
    if spatial and last != first:
        decimal.append(Tensor(last, False))
        whole.append(Tensor(last, True))
    if depth == 1:
        decimal.append(Tensor((1, *spatial), False))
    if len(spatial) == 1:
        decimal.append(Tensor((spatial[0], 1, depth), False))  # modules of torch that have the batch second
    if len(spatial) == 3:
        decimal.append(Tensor((1, spatial[0], depth, *spatial[1:]), False))  # images one after the other
    yield from whole + decimal if entered.whole else decimal + whole[:2]


def _calls(taken: list[Parameter], entered: Sequence[Entered], tensors: list[Tensor]) -> Iterator[tuple[int, Way]]:
    """The ways to give tensors to `forward`, each with how unlikely it is."""
    by_name = {one.name: tensor for one, tensor in zip(entered, tensors, strict=True)}
    plain = [one for one in taken if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    order = [one.name for one in plain if not isinstance(one.default, (bool, int, float, str))]
    needed = {one.name for one in plain if one.default is one.empty}
    rest = any(one.kind == one.VAR_POSITIONAL for one in taken)
    any_name = any(one.kind == one.VAR_KEYWORD for one in taken)
    known = {one.name for one in plain if one.kind != one.POSITIONAL_ONLY}
    if set(by_name) <= known and needed <= set(by_name):
        yield 0, _way(plain, by_name)
    elif len(tensors) <= len(order) and needed <= set(order[: len(tensors)]):
        yield 0, _way(plain, dict(zip(order, tensors, strict=False)))
    elif rest and needed <= {one.name for one in plain[: len(tensors)]}:
        yield 0, Way(tensors, {})
    elif any_name and needed <= set(by_name):
        yield 0, Way((), by_name)
    if tensors and needed <= set(order[:1]) and (order or (rest and len(tensors) > 1)):
        yield 2, Way((by_name,), {}, packed=True)
        yield 3, Way((tensors,), {}, packed=True)
        if len(tensors) > 1:
            yield 4, Way((tuple(tensors),), {}, packed=True)
        else:
            yield 5, Way(([tensors[0].but(shape=tensors[0].shape[1:])],), {}, packed=True)


def _way(plain: Sequence[Parameter], given: Mapping[str, Tensor]) -> Way:
    """Arguments for these names: without their names as long as none is left out, since hooks only see those."""
    left, positional = dict(given), []
    for one in plain:
        if one.kind == one.KEYWORD_ONLY or one.name not in left:
            break
        positional.append(left.pop(one.name))
    return Way(positional, left)


def mistake(module: Any, entered: Sequence[Entered]) -> str:
    """Why the inputs of a network are not those of a module."""
    names = [f"`{shown(one.name)}`" for one in entered]
    plain = [one for one in _taken(module) or () if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    needed = [f"`{one.name}`" for one in plain if one.default is one.empty]
    takes = f"takes {_listed(needed or [f'`{one.name}`' for one in plain])}" if plain else "takes no input"
    has = f"the input {names[0]}" if len(names) == 1 else f"the inputs {_listed(names)}" if names else "no input"
    return f"`{type(module).__name__}.forward` {takes}, but the file has {has}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
