"""Lists of sizes in words: as a rule where one holds for every size that was tried, otherwise as stretches."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.sizing.result import stretches

#: So many sizes or stretches are listed at most, and this many of a longer list.
_LISTED, _FIRST = 6, 3


def rule(sizes: Sequence[int], tried: Sequence[int]) -> str:
    """Accepted sizes, in ascending order, with the rule that they follow among those that were tried.

    >>> rule([32, 64, 96, 128], range(1, 129))
    '32, 64, 96, 128: multiples of 32'
    >>> rule([29, 30, 31, 32], range(1, 33))
    '29–32: every size from 29 on'
    >>> rule([5, 8, 11], range(1, 13))
    '5, 8, 11: from 5 in steps of 3'
    """
    if not sizes:
        return "no size"
    first, step = sizes[0], sizes[1] - sizes[0] if len(sizes) > 1 else 0
    if len(sizes) == len(tried):
        return f"{listed(sizes)}: every size that was tried"
    if step and list(sizes) == [size for size in tried if size >= first and (size - first) % step == 0]:
        if step == 1:
            return f"{listed(sizes)}: every size from {first:,} on"
        if len(sizes) > 2:
            said = f"multiples of {step:,}" if first == step else f"from {first:,} in steps of {step:,}"
            return f"{_shortened([f'{size:,}' for size in sizes])}: {said}"
    return listed(sizes)


def listed(sizes: Sequence[int]) -> str:
    """Sizes in ascending order as stretches.

    >>> listed([1, 2, 3, 9, 12])
    '1–3, 9, 12'
    """
    return _shortened([f"{first:,}" if first == last else f"{first:,}–{last:,}" for first, last in stretches(sizes)])


def tried_in_words(tried: Sequence[int]) -> str:
    """The sizes that were tried.

    >>> tried_in_words([1, 2, 3, 8, 9])
    '1 to 3 and 8 to 9'
    """
    told = [f"{first:,} to {last:,}" if last > first else f"{first:,}" for first, last in stretches(tried)]
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]])) if told else "nothing"


def _shortened(parts: Sequence[str]) -> str:
    """Parts of a list, the ones in the middle left out where they are many."""
    if len(parts) <= _LISTED:
        return ", ".join(parts)
    return f"{', '.join(parts[:_FIRST])} … {parts[-1]}"
