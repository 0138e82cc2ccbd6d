"""Lifetimes of an arena's tensors: which overlap, and how many bytes are alive at each step."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from analyzer.engine.memory.arena.plan import Tensor


class Lifetimes:
    """Lifetimes, counted in the steps where some tensor begins: tensors overlap if and only if they share such a step.

    `slots` are the tensors' sizes rounded up to the alignment, in bytes. `spans` has the first and last step of each
    tensor, `breadth` the bytes alive at each step, `bound` the most of those. `pairs` is how many pairs of tensors
    overlap.
    """

    __slots__ = ("bound", "breadth", "pairs", "spans", "steps")

    def __init__(self, tensors: Sequence[Tensor], slots: Sequence[int]) -> None:
        starts = sorted({tensor.first for tensor in tensors})
        self.steps = len(starts)
        self.spans = [(bisect_left(starts, t.first), bisect_right(starts, t.last) - 1) for t in tensors]
        self.breadth = self.alive(slots)
        self.bound = max(self.breadth, default=0)
        begin = [0] * self.steps
        for first, _ in self.spans:
            begin[first] += 1
        counts = self.alive([1] * len(tensors))
        self.pairs = sum(new * (count - new) + new * (new - 1) // 2 for new, count in zip(begin, counts, strict=True))

    def alive(self, amounts: Sequence[int]) -> list[int]:
        """For each step the sum of the amounts of the tensors alive then."""
        change = [0] * (self.steps + 1)
        for (first, last), amount in zip(self.spans, amounts, strict=True):
            change[first] += amount
            change[last + 1] -= amount
        return list(accumulate(change[:-1]))

    def broadest(self) -> list[int]:
        """For each tensor the first step of its life when the most bytes are alive."""
        found = [0] * len(self.spans)
        ending: list[list[int]] = [[] for _ in range(self.steps)]
        for which, (_, last) in enumerate(self.spans):
            ending[last].append(which)
        stack: list[int] = []  # steps with at least as many bytes as each later step so far
        for step, breadth in enumerate(self.breadth):
            while stack and self.breadth[stack[-1]] < breadth:
                stack.pop()
            stack.append(step)
            for which in ending[step]:
                found[which] = stack[bisect_left(stack, self.spans[which][0])]
        return found

    def neighbours(self) -> list[list[int]]:
        """For each tensor the tensors that overlap it in time."""
        found: list[list[int]] = [[] for _ in self.spans]
        alive: list[int] = []
        for which in sorted(range(len(self.spans)), key=lambda which: self.spans[which][0]):
            first = self.spans[which][0]
            alive = [other for other in alive if self.spans[other][1] >= first]
            for other in alive:
                found[other].append(which)
            found[which] = alive.copy()
            alive.append(which)
        return found
