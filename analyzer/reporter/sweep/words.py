"""What the reports of a sweep for people say in words: its axes, its limits, what the front is of, and its counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.checks.budget.words import broken, in_units
from analyzer.diagnostics import listed
from analyzer.sweeping.result import Axis, Swept
from analyzer.units import count, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.description import Limit
    from analyzer.sweeping.result import Value, Variant


def written(value: Value, axis: Axis) -> str:
    """A value of an axis as a file or `--set` may write it, so without separators.

    >>> written(1024, Axis("width", [1024])), written("128x128x3", Axis("input", ["128x128x3"], volume=True))
    ('1024', '128×128×3')
    >>> written(True, Axis("bias", [True])), written(0.1234567891, Axis("rate", [], between=(0, 1)))
    ('true', '0.123457')
    """
    if isinstance(value, str):
        return value.replace("x", "×") if axis.volume else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if axis.between is not None else str(value)


def choice(variant: Variant, swept: Swept) -> str:
    """The value of a variant on each axis: `width 64, depth 18`."""
    return ", ".join(f"{axis.name} {written(variant.set[axis.name], axis)}" for axis in swept.axes)


def axes(swept: Swept) -> Iterator[str]:
    """Each axis with the number of its values; one value as it is, of a continuous axis its ends."""
    for axis in swept.axes:
        if axis.between is not None:
            yield f"{axis.name} {axis.between[0]:g} to {axis.between[1]:g}"
        elif len(axis.values) == 1:
            yield f"{axis.name} {written(axis.values[0], axis)}"
        else:
            yield f"{axis.name} {plural(len(axis.values), 'value')}"


def limits(limited: Mapping[str, Limit]) -> Iterator[str]:
    """The limits, in the units in which they are written.

    >>> from analyzer.loader.parse.description import Limit
    >>> list(limits({"params": Limit(None, 5000000, "M", None), "depth": Limit(10, 50, "", None)}))
    ['params at most 5M', 'depth at least 10 and at most 50']
    >>> list(limits({"layers": Limit(54, 54, "", None)}))
    ['layers exactly 54']
    """
    for key, limit in limited.items():
        if limit.most is not None and limit.least == limit.most:
            yield f"{key} exactly {in_units(limit.most, unit=limit.unit)[0]}"
            continue
        bounds = []
        if limit.least is not None:
            bounds.append(f"at least {in_units(limit.least, unit=limit.least_unit)[0]}")
        if limit.most is not None:
            bounds.append(f"at most {in_units(limit.most, unit=limit.unit)[0]}")
        yield f"{key} {' and '.join(bounds)}"


def miss(variant: Variant, swept: Swept) -> str:
    """By how much a variant breaks its limits, each of which holds for every variant.

    >>> from analyzer.loader.parse.description import Limit
    >>> from analyzer.sweeping.result import Counts, Variant
    >>> limits = {"params": Limit(None, 5000000, "M", None), "layers": Limit(None, 20, "", None)}
    >>> swept = Swept("", "", [Axis("width", [16])], [], limits, Counts(1, 0, 0), lambda: iter([]))
    >>> print(miss(Variant(0, {"width": 16}, {"params": 5200000, "layers": 25}, False, [*limits]), swept))
    width 16: `params` is 5.2M, 0.2M (4.0 %) over its budget of 5M; `layers` is 25, 5 (25.0 %) over its budget of 20
    """
    said = (broken(key, variant.amounts[key], swept.limits[key]) for key in variant.breaks)
    return f"{choice(variant, swept)}: {'; '.join(said)}"


def goals(swept: Swept) -> str:
    """What the front is of, as in: least `macs`, most `width` and `receptive_field`."""
    sides = {"least": swept.minimize, "most": swept.maximize}
    return ", ".join(f"{word} {listed(names, last='and')}" for word, names in sides.items() if names)


def counted(swept: Swept, broken: Mapping[str, int] | None = None) -> list[str]:
    """How many variants fit, break a limit (with `broken`: which, and how often) and are no network.

    >>> from analyzer.sweeping.result import Counts
    >>> swept = Swept(file="", name="", axes=[], amounts=[], limits={}, counts=Counts(9, 4, 2), rows=lambda: iter([]))
    >>> counted(swept, {"params": 1, "macs": 3})
    ['4 fit', '3 break a limit (params 1, macs 3)', '2 are no network']
    """
    counts = swept.counts
    over = counts.variants - counts.fit - counts.wrong
    parts = [f"{count(counts.fit)} {'fits' if counts.fit == 1 else 'fit'}"]
    if over:
        which = ", ".join(f"{key} {count(number)}" for key, number in (broken or {}).items())
        parts.append(f"{count(over)} {'breaks' if over == 1 else 'break'} a limit" + (f" ({which})" if which else ""))
    if counts.wrong:
        parts.append(f"{count(counts.wrong)} {'is' if counts.wrong == 1 else 'are'} no network")
    return parts
