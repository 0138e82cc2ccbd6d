"""How a broken budget is described: amounts in the unit of their limit, shares, and the parts that cost most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import nearest
from analyzer.engine.amounts import AMOUNTS
from analyzer.units import AtLeast, count, plural
from analyzer.words.lookup import absent, called

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.amounts import Amounts
    from analyzer.loader.parse.description import Limit

#: How many of the layers that cost most are named.
_NAMED = 3

_SCALES = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}

#: What makes an unknown amount known.
GIVE = "a number in place of `macs: unknown`"

#: How the parts of an amount are introduced.
_HEADINGS = {
    "peak_training_memory": "kept for the backward pass, most by",
    "peak_inference_memory": "alive while a layer runs, most at",
    "receptive_field": "widened most by",
    "depth": "longest in",
}


def unknown_key(key: str) -> str:
    """What is wrong with a key that no budget has."""
    from analyzer.words.keys import BUDGET, BUDGET_ABSENT  # tables that only a mistake needs

    near = called(key, BUDGET, AMOUNTS) or nearest(key, AMOUNTS)
    help = f"did you mean `{near}`?" if near else absent(key, BUDGET_ABSENT) or f"its keys are {', '.join(AMOUNTS)}"
    return f"a budget has no `{key}`; {help}"


def broken(key: str, amount: int | None, limit: Limit) -> str:
    """The sentence about a limit that an amount breaks. The amount is None where the network has no such amount.

    >>> from analyzer.loader.parse.description import Limit
    >>> broken("params", 5200000, Limit(None, 5000000, "M", None))
    '`params` is 5.2M, 0.2M (4.0 %) over its budget of 5M'
    """
    if amount is None:
        return f"the budget limits `{key}`, and the network has none"
    allowed, unit = broken_end(amount, limit)
    now, then = in_units(amount, allowed, unit=unit)
    by = in_units(abs(amount - allowed), unit=unit)[0]
    share = f" ({percent(abs(amount - allowed), allowed)})" if allowed else ""
    bound = f"over its budget of {then}" if amount > allowed else f"under the minimum of its budget, {then}"
    return f"`{key}` is {now}, {by}{share} {bound}"


def broken_end(amount: int, limit: Limit) -> tuple[int, str]:
    """The most or the least of a limit, whichever an amount breaks, and its unit."""
    if limit.most is not None and amount > limit.most:
        return limit.most, limit.unit
    return limit.least or 0, limit.least_unit


def difference(key: str, amount: int, allowed: int) -> str:
    """The exact arithmetic.

    >>> difference("params", 122, 100), difference("weight_memory", 488, 1000)
    ('122 − 100 = 22', '1,000 − 488 = 512 bytes')
    """
    more, less = max(amount, allowed), min(amount, allowed)
    unit = " bytes" if AMOUNTS[key] == "bytes" else ""
    return f"{count(more)} − {count(less)} = {count(more - less)}{unit}"


def largest_parts(key: str, amount: int, amounts: Amounts) -> Iterator[str]:
    """A note that names the parts that cost most, with their shares of the whole; none where nothing costs anything."""
    named = [f"`{name}` {count(part)} ({percent(part, amount)})" for name, part in amounts.parts(key)[:_NAMED]]
    if named:
        yield f"{_HEADINGS.get(key, 'most in')} {', '.join(named)}"


def unknown_parts(amounts: Amounts) -> str:
    """A note that names the layers with unknown MACs."""
    names = amounts.analysis.unknown["macs"]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"the MACs of {plural(len(names), 'layer')} are unknown: {', '.join(f'`{name}`' for name in names[:_NAMED])}{more}"


def percent(part: int, whole: int) -> str:
    """A share with a decimal.

    >>> percent(1, 8), percent(1, 100000)
    ('12.5 %', 'under 0.1 %')
    """
    if not whole:
        return "all of it"
    share = 100 * part / whole
    return f"{share:,.1f} %" if share >= 0.05 or not part else "under 0.1 %"


def in_units(*numbers: int, unit: str) -> list[str]:
    """Numbers in the unit of a limit, with enough digits to tell unequal numbers apart.

    >>> in_units(25557032, 25000000, unit="M"), in_units(157286401, 157286400, unit="MiB"), in_units(3860, unit="")
    (['25.56M', '25M'], ['150.000001 MiB', '150 MiB'], ['3,860'])
    >>> in_units(AtLeast(25557032), 25000000, unit="M")
    ['at least 25.56M', '25M']
    """
    texts = _in_units([int(number) for number in numbers], unit)
    return [
        f"at least {text}" if isinstance(number, AtLeast) else text for number, text in zip(numbers, texts, strict=True)
    ]


def _in_units(numbers: Sequence[int], unit: str) -> list[str]:
    """Numbers of which every part is known, in the unit of a limit."""
    prefix, suffix = unit.rstrip("iB"), unit.lstrip("KMGTP")
    scale = 1024 ** ("KMGTP".index(prefix) + 1) if suffix == "iB" and prefix else _SCALES.get(prefix, 1)
    space = " " if suffix else ""
    if scale == 1:
        return [f"{count(number)}{space}{unit}" for number in numbers]
    for digits in range(4, 18):
        texts = [_rounded(number / scale, digits) for number in numbers]
        if len(set(texts)) == len(set(numbers)):
            break
    return [f"{text}{space}{unit}" for text in texts]


def _rounded(value: float, digits: int) -> str:
    """A value with this many significant digits, without zeros at its end."""
    decimals = max(0, digits - len(str(int(value)).lstrip("0")))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
