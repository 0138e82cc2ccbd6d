"""Cycles of calls: blocks that reach themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


def cycles(calls: Mapping[str, Sequence[tuple[str, T]]]) -> Iterator[tuple[str, list[tuple[str, T]]]]:
    """Names that reach themselves, each with one way of calls back to it, found without recursion; each cycle once.

    >>> list(cycles({"A": [("B", 1)], "B": [("A", 2)], "C": [("A", 3)]}))
    [('A', [('B', 1), ('A', 2)])]
    """
    done: set[str] = set()
    for start in calls:
        if start in done:
            continue
        way: list[tuple[str, T]] = []
        open_names = {start: 0}
        stack = [iter(calls[start])]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                done.add(open_names.popitem()[0])
                if way:
                    way.pop()
                continue
            name = step[0]
            if name in open_names:
                yield name, [*way[open_names[name] :], step]
            elif name not in done and name in calls:
                way.append(step)
                open_names[name] = len(open_names)
                stack.append(iter(calls[name]))
