"""Sensitivity: what one step up and one step down from the file's value changes, axis by axis.

The other axes stay as in the file; one with a single value fixes its variable, and is not moved. A step goes to the
nearest value of the axis that is larger, or smaller, than the file's. Values without an order have the steps of a list:
to the word before, and to the word behind the file's; to every word where the file's is none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from analyzer.loader.expand.entry import read_variables
from analyzer.loader.expand.mistakes import Mistakes
from analyzer.settings import SettingError
from analyzer.sweeping.ascending import Unordered, neighbours
from analyzer.sweeping.result import INPUT, Move

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.sweeping.evaluate import Evaluator
    from analyzer.sweeping.result import Axis, Value

#: The amounts that the quotients need, beside those that are shown.
NEEDED = ("params", "macs", "weight_memory", "activation_memory")


def moves(evaluator: Evaluator, axes: Sequence[Axis], keys: Sequence[str]) -> list[Move]:
    """The steps from the file's values, the one with the largest change in percent of any amount of `keys` first.

    Steps to what is no network come last. The amounts of the job must have `keys` and `NEEDED`. Raises `SettingError`
    for an axis that has no steps or no value in the file, and where the file's own values are no network.
    """
    fixed = {axis.name: axis.values[0] for axis in axes if len(axis.values) == 1}
    start = evaluator.settled(fixed)
    if start.error is not None:
        why = f"{start.error.code}: {start.error.message}"
        raise _refusal(f"starts from the values of the file, and with them it is no network ({why})")
    own = _own_values(evaluator, axes, fixed)
    before = start.but(set=own)
    found = [
        Move(axis.name, before, evaluator.settled({**fixed, axis.name: value}))
        for axis in axes
        if axis.name not in fixed
        for value in _steps(axis, own[axis.name])
    ]
    return sorted(found, key=lambda move: (move.error is not None, -max(_share(move, key) for key in keys)))


def _refusal(reason: str) -> SettingError:
    return SettingError(f"`{{sensitivity}}` {reason}", "sensitivity")


def _share(move: Move, key: str) -> float:
    """The change of an amount in percent, without its sign; infinite where it was 0."""
    percent = move.percent(key)
    return abs(percent) if percent is not None else inf if move.by(key) else 0


def _steps(axis: Axis, own: Value) -> Sequence[Value]:
    """The values that one step from the file's value leads to."""
    if axis.between is not None:
        raise _refusal(f"moves each axis by one step, and `{axis.name}` is continuous; give it a step, or a list")
    try:
        return neighbours(axis.values, own, volume=axis.volume)
    except Unordered:
        at = next((place for place, value in enumerate(axis.values) if _same(value, own)), None)
    return axis.values if at is None else [*axis.values[max(0, at - 1) : at], *axis.values[at + 1 : at + 2]]


def _same(one: Value, other: Value) -> bool:
    """Whether two values are the same; `true` is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _own_values(evaluator: Evaluator, axes: Sequence[Axis], fixed: dict[str, Value]) -> dict[str, Value]:
    """The values that the file gives to the axes, those of `fixed` in place of its own."""
    model, network = evaluator.placed(fixed)
    given = {name: value for name, value in fixed.items() if name in model.vars}
    variables = read_variables(model, given, Mistakes(model.file)).variables
    volumes = {f"{INPUT}.{node.name}": str(node.output) for node in network.inputs}
    volumes[INPUT] = str(network.inputs[0].output)  # as an axis without a name means the first
    found: dict[str, Value] = {}
    for axis in axes:
        own = fixed.get(axis.name, volumes.get(axis.name) if axis.volume else variables.get(axis.name))
        if own is None:
            raise _refusal(f"starts from the values of the file, and it has none for `{axis.name}`")
        found[axis.name] = own if isinstance(own, int | float | str) else str(own)
    return found
