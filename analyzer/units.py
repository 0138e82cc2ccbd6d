"""Numbers for people, and numbers that people write with a unit.

Counts have their thousands grouped, and say where a part of them is unknown. Memory is in KiB, MiB, GiB of 2^10.
Written limits may also use K, M, G, T (10^3 …) and KB, MB, GB.
"""

from __future__ import annotations

import re

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_TIMES = (("year", 365.25 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_FACTORS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
#: A longer text is no amount; Python does not read a number of thousands of digits.
_LONGEST = 100
#: Compiled where it is first used: a report without a written amount does not pay for it.
_WRITTEN = r"([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+))?(?:[eE]\+?([0-9]{1,2}))?\s*([kKMGTP]?)(i?B)?"


class AtLeast(int):
    """A number of which a part is unknown: it is at least this. One of 0 is unknown altogether.

    Sums, and products with known numbers, are of this class too, and so are differences, of what is known. It says so
    wherever it is formatted.

    >>> known = 756560 + UNKNOWN
    >>> f"{known:,} MACs, {2 * known:,} FLOPs; {UNKNOWN:,} MACs"
    'at least 756,560 MACs, at least 1,513,120 FLOPs; unknown MACs'
    """

    __slots__ = ()

    def __add__(self, other: int) -> AtLeast:
        return AtLeast(int(self) + int(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> AtLeast:
        return AtLeast(int(self) - int(other))

    def __rsub__(self, other: int) -> AtLeast:
        return AtLeast(int(other) - int(self))

    def __mul__(self, other: int) -> AtLeast:
        return AtLeast(int(self) * int(other))

    __rmul__ = __mul__

    def __format__(self, spec: str) -> str:
        return f"at least {int(self):{spec}}" if self else "unknown"


#: A number of which nothing is known.
UNKNOWN = AtLeast(0)


def exact(number: float) -> bool:
    """Whether no part of a number is unknown."""
    return number.__class__ is not AtLeast


def count(number: int) -> str:
    """A whole number with its thousands grouped, exact.

    >>> count(756560)
    '756,560'
    """
    return f"{number:,}"


def brief_count(number: int) -> str:
    """A count for a narrow column, where a sign says that a part of it is unknown.

    >>> brief_count(756560), brief_count(756560 + UNKNOWN), brief_count(UNKNOWN)
    ('756,560', '≥ 756,560', 'unknown')
    """
    return f"{number:,}" if number.__class__ is int or not number else f"≥ {int(number):,}"


def plural(number: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "layer"), plural(1000, "layer")
    ('1 layer', '1,000 layers')
    """
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def lasting(seconds: float) -> str:
    """A duration in words, in the largest unit of which it has at least 2.

    >>> lasting(1), lasting(100), lasting(2_500_000), lasting(3e11)
    ('1 second', '100 seconds', '28 days', '9,506 years')
    """
    name, size = next((unit for unit in _TIMES if seconds >= 2 * unit[1]), _TIMES[-1])
    return plural(int(seconds // size), name)


def memory(size: int) -> str:
    """A size in bytes in the largest binary unit of which it has at least 1, with one decimal.

    >>> memory(31120), memory(512), memory(3041920)
    ('30.4 KiB', '512 B', '2.9 MiB')
    """
    step = 0
    while size >= 1024 ** (step + 1) and step < len(_BINARY) - 1:
        step += 1
    if step == 0:
        return f"{size} B"
    tenths = (size * 20 // 1024**step + 1) // 2  # rounded half up in whole numbers, so exact at any size
    if tenths >= 10240 and step < len(_BINARY) - 1:  # 1023.96 KiB reads as 1.0 MiB
        step, tenths = step + 1, 10
    return f"{tenths // 10:,}.{tenths % 10} {_BINARY[step]}"


def short(number: int) -> str:
    """A count in thousands, millions … with three significant digits, to be shown beside the exact count.

    >>> short(4089184256), short(3860), short(999), short(3860 + UNKNOWN)
    ('4.09 G', '3.86 K', '999', '≥ 3.86 K')
    """
    if not exact(number):
        return f"≥ {short(int(number))}" if number else "unknown"
    if number < 1000:
        return str(number)
    power = min((len(str(number)) - 1) // 3, 5)
    value = number / 1000**power
    if float(f"{value:.3g}") >= 1000 and power < 5:
        power, value = power + 1, value / 1000
    digits = max(0, 3 - len(str(int(float(f"{value:.3g}")))))
    return f"{value:.{digits}f} {'KMGTP'[power - 1]}"


def ratio(number: float) -> str:
    """A quotient with three significant digits, and every digit before the point.

    >>> ratio(61.2899), ratio(0.49599), ratio(1234.5), ratio(0)
    ('61.3', '0.496', '1,234', '0')
    """
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def read_amount(text: str) -> tuple[int, str] | None:
    """A written amount such as `26M`, `150 MiB` or `2.5e6` as (whole number, unit); None if it is not an amount.

    >>> read_amount("150 MiB"), read_amount("2.5e6"), read_amount("1_000K")
    ((157286400, 'MiB'), (2500000, ''), (1000000, 'K'))
    """
    match = re.fullmatch(_WRITTEN, text.strip(), re.ASCII) if len(text) <= _LONGEST else None
    if match is None:
        return None
    whole, decimals, exponent, prefix, suffix = match.groups()
    prefix = prefix.upper() if prefix in "kK" else prefix
    binary = (suffix or "") == "iB"
    if binary and not prefix:
        return None
    factor = 1024 ** ("KMGTP".index(prefix) + 1) if binary else _FACTORS[prefix]
    exact = int(whole.replace("_", "") + (decimals or "")) * 10 ** int(exponent or 0) * factor
    unit = prefix + (suffix or "")
    return exact // 10 ** len(decimals or ""), unit
