"""Checks the plan of an arena. It shares nothing with the planner, so that one mistake cannot hide in both."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from analyzer.engine.memory.arena.plan import Plan


def verify(plan: Plan) -> list[str]:
    """The faults of a plan, a sentence each; none if the plan is right.

    Checks each place by itself, then sweeps over time with the live tensors in the order of their offsets, and sums
    their sizes on the way. O(n log n). It finds whether there is an overlap, but not every one: a tensor that begins on
    others is named with at most two of them and then skipped.

    >>> from analyzer.engine.memory.arena.plan import Tensor
    >>> tensors = [Tensor("a", 16, 0, 1), Tensor("b", 16, 1, 2)]
    >>> verify(Plan(tensors, {"a": 0, "b": 0}, alignment=16, size=16, bound=32, live_bytes=32))
    ['a, 0 to 16, and b, 0 to 16, overlap at step 1']
    """
    return [*_misplaced(plan), *_overlapping(plan)]


def _misplaced(plan: Plan) -> Iterator[str]:
    """Tensors without a place, or with one outside the arena or not aligned; places without a tensor."""
    for tensor in plan.tensors:
        offset = plan.offsets.get(tensor.name)
        if offset is None:
            yield f"{tensor.name} has no offset"
            continue
        if offset < 0:
            yield f"{tensor.name} lies at {offset}, before the arena"
        if offset % plan.alignment:
            yield f"{tensor.name} lies at {offset}, which is no multiple of {plan.alignment}"
        if offset + tensor.size > plan.size:
            yield f"{tensor.name} ends at {offset + tensor.size}, beyond the arena of {plan.size} bytes"
    known = {tensor.name for tensor in plan.tensors}
    yield from (f"{name} has an offset and is no tensor" for name in plan.offsets if name not in known)


def _overlapping(plan: Plan) -> Iterator[str]:
    """Tensors that overlap while both are alive, and bounds that differ from the sum of the sizes alive."""
    begins = [(tensor.first, 1, number) for number, tensor in enumerate(plan.tensors)]
    ends = [(tensor.last + 1, 0, number) for number, tensor in enumerate(plan.tensors)]
    lying: list[tuple[int, int, int]] = []  # offset, end and number of the live tensors, without overlaps
    live = live_rounded = most = most_rounded = 0
    for step, begin, number in sorted([*begins, *ends]):  # at one step the ends come first
        tensor = plan.tensors[number]
        rounded = tensor.size + -tensor.size % plan.alignment
        live += tensor.size if begin else -tensor.size
        live_rounded += rounded if begin else -rounded
        most, most_rounded = max(most, live), max(most_rounded, live_rounded)
        offset = plan.offsets.get(tensor.name)
        if offset is None or not tensor.size:
            continue
        entry = (offset, offset + tensor.size, number)
        place = bisect_left(lying, entry)
        if begin:
            beside = lying[max(place - 1, 0) : place + 1]
            under = [other for other in beside if other[0] < entry[1] and other[1] > offset]
            for start, end, other in under:
                name = plan.tensors[other].name
                yield f"{name}, {start} to {end}, and {tensor.name}, {offset} to {entry[1]}, overlap at step {step}"
            if not under:
                lying.insert(place, entry)
        elif lying[place : place + 1] == [entry]:
            del lying[place]
    if most != plan.live_bytes:
        yield f"{most} bytes are alive at once, not {plan.live_bytes}"
    if most_rounded != plan.bound:
        yield f"{most_rounded} bytes, aligned, are alive at once, not {plan.bound}"
