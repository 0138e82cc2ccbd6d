"""The goals of a Pareto front: amounts or axes with numbers, each to be small or large.

An axis that is called like an amount (`depth`) is meant as `set.depth`: the amount has the plain name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.diagnostics import listed, nearest
from analyzer.engine.amounts import AMOUNTS
from analyzer.settings import SettingError
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.sweeping.result import Axis, Variant

#: What makes a name that of an axis.
OF_AXIS = "set."


def check_goals(axes: Sequence[Axis], minimize: Sequence[str], maximize: Sequence[str]) -> None:
    """Refuses a goal that is neither an amount nor an axis with numbers, and one that is named twice.

    Raises `SettingError`.

    >>> from analyzer.sweeping.result import Axis
    >>> check_goals([Axis("width", [16, 32])], ["macs"], ["width"])
    >>> check_goals([Axis("width", [16, 32])], ["mac"], [])
    Traceback (most recent call last):
    analyzer.settings.SettingError: `minimize`: there is no amount or axis `mac`; did you mean `macs`?
    """
    seen: set[str] = set()
    for setting, names in (("minimize", minimize), ("maximize", maximize)):
        for name in names:
            if name in seen:
                raise SettingError(f"`{{{setting}}}`: `{shown(name)}` is a goal already", setting)
            seen.add(name)
            if name not in AMOUNTS:
                _check_axis(axes, name, setting)


def _check_axis(axes: Sequence[Axis], name: str, setting: str) -> None:
    axis = next((axis for axis in axes if axis.name == name.removeprefix(OF_AXIS)), None)
    if axis is None:
        names = [*AMOUNTS, *(axis.name for axis in axes)]
        near = nearest(name, names)
        help = f"did you mean `{near}`?" if near else f"they are {listed(names, last='and')}"
        raise SettingError(f"`{{{setting}}}`: there is no amount or axis `{shown(name)}`; {help}", setting)
    listed_values = axis.values if isinstance(axis.values, list | tuple) else ()  # those of a range are numbers
    wrong = next((one for one in listed_values if not is_number(one)), None)
    if wrong is not None:
        said = f"`{shown(name)}` has values that are no numbers, such as `{shown(str(wrong))}`"
        raise SettingError(f"`{{{setting}}}`: {said}; a goal is a number", setting)


def is_number(value: object) -> bool:
    """Whether a value of an axis is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def value_of(variant: Variant, goal: str) -> int | float | None:
    """The number of a goal of `check_goals`; None where the variant has no such amount, or is no network."""
    if goal in AMOUNTS:
        return variant.amounts.get(goal)
    value = variant.set[goal.removeprefix(OF_AXIS)]
    return value if isinstance(value, int | float) else None


def ordered(variants: Iterable[Variant], minimize: Sequence[str], maximize: Sequence[str]) -> list[Variant]:
    """Variants by the first goal, the best first, then by the next goals; those of equal goals in the given order.

    >>> from analyzer.sweeping.result import Variant
    >>> numbers = ((0, 8, 5), (1, 16, 9), (2, 8, 3))
    >>> found = [Variant(id, {"width": width}, {"macs": macs}) for id, width, macs in numbers]
    >>> [variant.id for variant in ordered(found, ["macs"], [])], [one.id for one in ordered(found, [], ["width"])]
    ([2, 0, 1], [1, 0, 2])
    """
    signs = [*((goal, 1) for goal in minimize), *((goal, -1) for goal in maximize)]

    def place(variant: Variant) -> list[float]:
        return [sign * value for goal, sign in signs if (value := value_of(variant, goal)) is not None]

    return sorted(variants, key=place)


def amounts_in(goals: Iterable[str]) -> list[str]:
    """Those goals that are amounts."""
    return [goal for goal in goals if goal in AMOUNTS]
