"""A static memory plan for microcontrollers: where each tensor lies in one arena, worked out before anything runs.

Tensors alive at the same step must not overlap; the arena can be no smaller than the most bytes alive at once, the
bound. The planner places tensors one after the other, each in the lowest gap between those of its lifetime that
already lie there; the order decides, so several are tried, and where none meets the bound, what sticks out is placed
again before its neighbours. `verify` shares nothing with the planner.

Only tensors that overlap in time are compared: an order takes O(n log n) and a step for each such pair, a chain of
100,000 layers a few seconds. Where there are very many pairs, only the orders in time are tried, which need none.

Activations only: weights lie in flash, and an interpreter's own records come on top.

Sources: Pisarchyk & Lee 2020, "Efficient memory management for deep neural net inference" (greedy by size, greedy by
breadth); TensorFlow Lite Micro `GreedyMemoryPlanner` and `MicroArenaBufferAlignment()`, 16; Joslin & Clements 1999,
"Squeaky wheel optimization", for what is placed first the next time.
"""

# Longer than most modules: the orders, the repair and the verifier are read beside each other.

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import accumulate

from analyzer.engine.memory.inference import last_reads
from analyzer.engine.memory.tape import Tape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Bytes that every tensor's offset is a multiple of.
ALIGNMENT = 16

# Up to so many pairs, or 8 a tensor, the orders that need them are tried; a repair looks at so many neighbours, and 16 a
# tensor, and moves one tensor forward so often.
_PAIRS = 1 << 20
_EFFORT = 1 << 17
_TRIES = 16


class Tensor:
    """A tensor of the arena: `size` bytes, alive from step `first` to step `last`, both included."""

    __slots__ = ("first", "last", "name", "size")

    def __init__(self, name: str, size: int, first: int, last: int) -> None:
        self.name = name
        self.size = size
        self.first = first
        self.last = last

    def __repr__(self) -> str:
        return f"Tensor({self.name}: {self.size} bytes, {self.first} to {self.last})"


class Plan:
    """Where each tensor lies.

    `offsets` in bytes by the tensors' names, `size` the bytes of the arena, a multiple of `alignment`; `bound` the most
    bytes alive at one step with every size rounded up to the alignment, which no plan goes below, and `live_bytes` the
    same without the rounding; `order` says in which order the tensors were placed.
    """

    __slots__ = ("alignment", "bound", "live_bytes", "offsets", "order", "size", "tensors")

    def __init__(
        self,
        tensors: Sequence[Tensor],
        offsets: Mapping[str, int],
        *,
        alignment: int,
        size: int,
        bound: int,
        live_bytes: int,
        order: str = "",
    ) -> None:
        self.tensors = tensors
        self.offsets = offsets
        self.alignment = alignment
        self.size = size
        self.bound = bound
        self.live_bytes = live_bytes
        self.order = order

    @property
    def ratio(self) -> float:
        """The arena against the bound; 1 is the best that there is."""
        return self.size / self.bound if self.bound else 1.0

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain data: whole bytes, tensors in the order given."""
        return {
            "bytes": self.size,
            "bound_bytes": self.bound,
            "live_bytes": self.live_bytes,
            "ratio": self.ratio,
            "alignment": self.alignment,
            "order": self.order,
            "tensors": [
                {"name": t.name, "bytes": t.size, "offset": self.offsets[t.name], "first": t.first, "last": t.last}
                for t in self.tensors
            ],
        }


def arena_tensors(tape: Tape) -> list[Tensor]:
    """The tensors of one forward pass, from a tape laid out for inference; inputs are there from step 0.

    Alive from their own step to their last reader's, outputs to the end. Views and in-place layers have no tensor of
    their own: they lengthen the life of the one that they share. A layer that runs as several operations has a tensor
    for each: `gate`, `gate#2`.
    """
    last, end = last_reads(tape), len(tape.steps) - 1
    tensors = [
        Tensor(node.name, size, 0, min(last.get(value, end), end))
        for value, (node, size) in enumerate(zip(tape.work.network.inputs, tape.inputs, strict=True))
    ]
    count: dict[int, int] = {}
    for place, step in enumerate(tape.steps):
        value = tape.first + place
        if tape.root[value] == value:
            count[step.node.index] = number = count.get(step.node.index, 0) + 1
            name = step.node.name if number == 1 else f"{step.node.name}#{number}"
            tensors.append(Tensor(name, step.bytes, place, min(last[value], end)))
    return tensors


def plan_arena(tensors: Sequence[Tensor], *, alignment: int = ALIGNMENT) -> Plan:
    """The smallest plan found; the same tensors give the same plan.

    Raises `ValueError` for an alignment below 1, a negative size, a life that ends before it begins, a name used twice.
    """
    _check(tensors, alignment)
    slots = [-(-tensor.size // alignment) * alignment for tensor in tensors]
    lives = _Lives(tensors, slots)
    best: list[int] | None = None
    size, order = 0, ""
    for name, offsets in _candidates(tensors, slots, lives):
        height = max((offset + slot for offset, slot in zip(offsets, slots, strict=True)), default=0)
        if best is None or height < size:
            best, size, order = offsets, height, name
        if size == lives.bound:
            break
    return Plan(
        tensors,
        {tensor.name: offset for tensor, offset in zip(tensors, best or (), strict=True)},
        alignment=alignment,
        size=size,
        bound=lives.bound,
        live_bytes=max(lives.alive([tensor.size for tensor in tensors]), default=0),
        order=order,
    )


def _check(tensors: Sequence[Tensor], alignment: int) -> None:
    """Refuses what cannot be planned."""
    if alignment < 1:
        raise ValueError(f"alignment must be at least 1, not {alignment}")
    names = set()
    for tensor in tensors:
        if tensor.size < 0:
            raise ValueError(f"{tensor.name} has a size of {tensor.size} bytes")
        if tensor.last < tensor.first:
            raise ValueError(f"{tensor.name} is alive from step {tensor.first} to step {tensor.last}")
        if tensor.name in names:
            raise ValueError(f"two tensors are named {tensor.name}")
        names.add(tensor.name)


class _Lives:
    """Lifetimes, counted in the steps where some tensor begins: two overlap just where they share one of those.

    `spans` the first and last of them for each tensor, `breadth` the bytes of the slots alive at each, `bound` the most
    of those, `pairs` how many pairs of tensors overlap.
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
        """The sum over the tensors alive at each step."""
        change = [0] * (self.steps + 1)
        for (first, last), amount in zip(self.spans, amounts, strict=True):
            change[first] += amount
            change[last + 1] -= amount
        return list(accumulate(change[:-1]))

    def broadest(self) -> list[int]:
        """For each tensor the step of its life where most is alive, the first of them."""
        found = [0] * len(self.spans)
        ending: list[list[int]] = [[] for _ in range(self.steps)]
        for which, (_, last) in enumerate(self.spans):
            ending[last].append(which)
        stack: list[int] = []  # steps that are broader than all behind them up to here, or as broad
        for step, breadth in enumerate(self.breadth):
            while stack and self.breadth[stack[-1]] < breadth:
                stack.pop()
            stack.append(step)
            for which in ending[step]:
                found[which] = stack[bisect_left(stack, self.spans[which][0])]
        return found

    def neighbours(self) -> list[list[int]]:
        """For each tensor those that overlap it in time."""
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


def _candidates(tensors: Sequence[Tensor], slots: Sequence[int], lives: _Lives) -> Iterator[tuple[str, list[int]]]:
    """Plans to choose from, each with its name: the orders, then the repaired ones; at least one."""
    if lives.pairs > max(_PAIRS, 8 * len(tensors)):
        yield "start", _sweep([(tensor.first, tensor.last) for tensor in tensors], slots)
        yield "end", _sweep([(-tensor.last, -tensor.first) for tensor in tensors], slots)
        return
    neighbours = lives.neighbours()
    placed: list[tuple[str, list[int], list[int]]] = []
    for name, key in _keys(tensors, slots, lives).items():
        order = sorted(range(len(tensors)), key=key)
        offsets = [-1] * len(tensors)
        for which in order:
            offsets[which] = _lowest(which, offsets, slots, neighbours[which])
        placed.append((name, order, offsets))
        yield name, offsets
    for name, order, offsets in placed:
        for repaired in _repair(order, offsets, slots, neighbours, lives):
            yield f"{name}, repaired", repaired


def _keys(
    tensors: Sequence[Tensor], slots: Sequence[int], lives: _Lives
) -> dict[str, Callable[[int], tuple[int, ...]]]:
    """What each order sorts the tensors by."""
    broadest = lives.broadest()
    life = [tensor.last - tensor.first + 1 for tensor in tensors]
    return {
        "size": lambda i: (-slots[i], i),
        "breadth": lambda i: (-lives.breadth[broadest[i]], broadest[i], -slots[i], i),
        "size × lifetime": lambda i: (-slots[i] * life[i], i),
        "lifetime": lambda i: (-life[i], -slots[i], i),
        "start": lambda i: (tensors[i].first, -slots[i], i),
        "end": lambda i: (-tensors[i].last, -slots[i], i),
    }


def _lowest(which: int, offsets: Sequence[int], slots: Sequence[int], neighbours: Sequence[int]) -> int:
    """The lowest offset where a tensor lies on none of its neighbours; those that lie nowhere yet have -1."""
    slot = slots[which]
    offset = 0
    for start, end in sorted([(offsets[i], offsets[i] + slots[i]) for i in neighbours if offsets[i] >= 0]):
        if start - offset >= slot:
            break
        if end > offset:
            offset = end
    return offset


def _repair(
    order: Sequence[int],
    offsets: Sequence[int],
    slots: Sequence[int],
    neighbours: Sequence[Sequence[int]],
    lives: _Lives,
) -> Iterator[list[int]]:
    """Better plans from one that does not meet the bound, the last of them as good as its effort makes it.

    From the first step on, a tensor that sticks out beyond the bound is put before its neighbours in the order, and it
    and they are placed again around all others; where that does not do, their neighbours too, and so on outwards.
    """
    offsets = list(offsets)
    rank = [0] * len(slots)
    for place, which in enumerate(order):
        rank[which] = place
    tries = [0] * len(slots)
    out = [(lives.spans[i][0], i) for i in order if offsets[i] + slots[i] > lives.bound]
    heapify(out)
    waiting = {which for _, which in out}
    effort = _EFFORT + 16 * len(slots)
    while out and effort > 0:
        which = heappop(out)[1]
        waiting.remove(which)
        if offsets[which] + slots[which] <= lives.bound or tries[which] == _TRIES:
            continue
        tries[which] += 1
        moved = {which}
        edge = [which]
        for _ in range(tries[which]):
            effort -= sum(len(neighbours[i]) for i in edge)
            edge = sorted({other for i in edge for other in neighbours[i]} - moved)
            moved.update(edge)
        rank[which] = min(rank[i] for i in moved) - 1
        for i in moved:
            offsets[i] = -1
        for i in sorted(moved, key=lambda i: (rank[i], i)):
            effort -= len(neighbours[i]) + 1
            offsets[i] = _lowest(i, offsets, slots, neighbours[i])
            if offsets[i] + slots[i] > lives.bound and i not in waiting:
                heappush(out, (lives.spans[i][0], i))
                waiting.add(i)
        if len(moved) > len(slots) // 2:  # as much work as the copy
            yield offsets.copy()
    yield offsets


def _sweep(lives: Sequence[tuple[int, int]], slots: Sequence[int]) -> list[int]:
    """The offsets when tensors are placed as they begin, each in the smallest gap that takes it, and freed at their end.

    No pairs are looked at; what is free lies in a list by size.
    """
    offsets = [0] * len(slots)
    total = sum(slots)
    free = [(2 * total + 1, 0)]  # size and start; the last gap stays the largest, hence the last choice
    ends: dict[int, int] = {}  # start of a gap -> its end
    starts: dict[int, int] = {}  # end of a gap -> its start
    ends[0], starts[2 * total + 1] = 2 * total + 1, 0
    alive: list[tuple[int, int]] = []  # last step and tensor

    def open_gap(start: int, end: int) -> None:
        insort(free, (end - start, start))
        ends[start], starts[end] = end, start

    def close_gap(start: int) -> int:
        end = ends.pop(start)
        del starts[end]
        del free[bisect_left(free, (end - start, start))]
        return end

    for which in sorted(range(len(slots)), key=lambda which: (lives[which][0], -slots[which], which)):
        first, last = lives[which]
        while alive and alive[0][0] < first:
            gone = heappop(alive)[1]
            start, end = offsets[gone], offsets[gone] + slots[gone]
            if end in ends:
                end = close_gap(end)
            if start in starts:
                start = starts[start]
                close_gap(start)
            open_gap(start, end)
        if slots[which]:
            start = free[bisect_left(free, (slots[which], 0))][1]
            end = close_gap(start)
            if start + slots[which] < end:
                open_gap(start + slots[which], end)
            offsets[which] = start
            heappush(alive, (last, which))
    return offsets


def verify(plan: Plan) -> list[str]:
    """What is wrong with a plan, a sentence each; nothing where it holds.

    Looks at each place by itself, then sweeps over time with the tensors alive in the order of their offsets, and sums
    their sizes on the way. O(n log n). An overlap is found whenever there is one; a tensor that begins on others is
    named with two of them at most, and then passed over.
    """
    return [*_misplaced(plan), *_overlapping(plan)]


def _misplaced(plan: Plan) -> Iterator[str]:
    """Tensors without a place, or with one that is not in the arena or not aligned; places without a tensor."""
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
    """Tensors that lie on one another while both are alive, and bounds that the sizes alive do not add up to."""
    begins = [(tensor.first, 1, number) for number, tensor in enumerate(plan.tensors)]
    ends = [(tensor.last + 1, 0, number) for number, tensor in enumerate(plan.tensors)]
    lying: list[tuple[int, int, int]] = []  # offset, end and number of tensors alive, none of them on another
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
