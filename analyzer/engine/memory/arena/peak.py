"""The peak of an arena: the step where most is alive, what is alive there, and what a smaller tensor would save.

A plan cannot be smaller than the most bytes alive at one step, each tensor rounded up to the alignment. If a layer puts
out half as many bytes, the steps of its tensor's life need that much less, and all others what they need now; the most
of both is exact, and takes one pass for all tensors. For the largest tensor the whole plan is made again.

>>> from analyzer.engine.memory.arena.planner import plan_arena
>>> plan = plan_arena([Tensor("a", 100, 0, 1), Tensor("b", 50, 1, 2), Tensor("c", 60, 2, 3)], alignment=1)
>>> peak = peak_of(plan)  # a and b at step 1: 150; half of a leaves 100 there, and 110 at step 2
>>> peak.step, peak.bytes, peak.moments, [(alive.tensor.name, alive.saves) for alive in peak.alive]
(1, 150, 1, [('a', 40), ('b', 25)])
>>> peak.smaller.size, peak.saves
(110, 40)
"""

from __future__ import annotations

from itertools import accumulate

from analyzer.engine.memory.arena.lifetimes import Lifetimes
from analyzer.engine.memory.arena.plan import Plan, Tensor
from analyzer.engine.memory.arena.planner import plan_arena
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Alive(Record):
    """A tensor that is alive at the peak, and the bytes by which the peak falls if it has half its size."""

    tensor: Tensor
    saves: int


class Peak(Record):
    """The first step where most is alive.

    `bytes` is the sum of the tensors alive there, `alive` the largest first. `moments` is how many steps need as much
    with every size rounded up to the alignment: if there are several, one smaller tensor may save nothing. `smaller` is
    the plan where the largest tensor has half its size, and `saves` by how many bytes the arena is smaller then.
    """

    step: int
    bytes: int
    moments: int
    alive: Sequence[Alive]
    smaller: Plan
    saves: int


def peak_of(plan: Plan) -> Peak | None:
    """The peak of a plan; None for a plan without tensors. O(n log n) and the time of another plan."""
    tensors, unit = plan.tensors, plan.alignment
    if not tensors:
        return None
    slots = [_up(tensor.size, unit) for tensor in tensors]
    lives = Lifetimes(tensors, slots)
    starts = sorted({tensor.first for tensor in tensors})
    where = lives.breadth.index(lives.bound)
    before = [0, *accumulate(lives.breadth, max)]
    after = [*reversed(list(accumulate(reversed(lives.breadth), max))), 0]
    alive = []
    for tensor, slot, (first, last) in zip(tensors, slots, lives.spans, strict=True):
        if first <= where <= last:
            less = slot - _up(_half(tensor.size), unit)
            most = max(before[first], lives.bound - less, after[last + 1])
            alive.append(Alive(tensor, lives.bound - most))
    alive.sort(key=lambda one: -one.tensor.size)
    largest = alive[0].tensor
    smaller = plan_arena(
        [tensor.but(size=_half(tensor.size)) if tensor is largest else tensor for tensor in tensors], alignment=unit
    )
    return Peak(
        step=starts[where],
        bytes=sum(one.tensor.size for one in alive),
        moments=lives.breadth.count(lives.bound),
        alive=alive,
        smaller=smaller,
        saves=plan.size - smaller.size,
    )


def _half(size: int) -> int:
    """Half of a size in whole bytes, rounded up."""
    return -(-size // 2)


def _up(size: int, unit: int) -> int:
    """A size rounded up to the alignment."""
    return -(-size // unit) * unit
