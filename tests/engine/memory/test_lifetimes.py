"""Lifetimes of tensors against plain counting: what overlaps, how much is alive at each step, and where the most is."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from analyzer.engine.memory.arena.lifetimes import Lifetimes
from analyzer.engine.memory.arena.plan import Tensor


@pytest.mark.parametrize("seed", range(40))
def test_against_plain_counting(seed: int) -> None:
    random = Random(seed)
    tensors = []
    for number in range(random.randint(1, 12)):
        first = random.randint(0, 9)
        tensors.append(Tensor(f"t{number}", random.randint(0, 50), first, random.randint(first, 12)))
    slots = [tensor.size + -tensor.size % 16 for tensor in tensors]
    lives = Lifetimes(tensors, slots)
    starts = sorted({tensor.first for tensor in tensors})  # something begins only at these steps
    alive = [
        sum(slot for tensor, slot in zip(tensors, slots, strict=True) if tensor.first <= at <= tensor.last)
        for at in starts
    ]
    assert lives.breadth == alive
    assert lives.bound == max(alive)
    assert lives.pairs == sum(a.first <= b.last and b.first <= a.last for a, b in combinations(tensors, 2))
    for tensor, place in zip(tensors, lives.broadest(), strict=True):
        within = [n for n, at in enumerate(starts) if tensor.first <= at <= tensor.last]
        assert place == max(within, key=lambda n: (alive[n], -n))
