"""Random programs of a framework's operations, run on numbers twice: as the framework defines them, on its own axes,
and as the layers that were written for them, on the axes of volumes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from math import prod

import pytest
from running import (
    Array,
    Running,
    along,
    broadcast,
    concat,
    dense,
    linear,
    matmul,
    pool,
    reduce,
    reshape,
    slice_,
    tile,
    transpose,
)

from analyzer.layers import CATALOGUE
from analyzer.loader.formats.arranging import Unarranged
from analyzer.loader.formats.sheet import Place, Sheet
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor

HERE = Place("here", "node")

#: More cells are not looked at: each is calculated in Python.
MOST = 3000


class Program:
    """A tensor of the heart and what it should be, under the same random operations."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.tensors = Tensors(Sheet("net.onnx", "net"))
        self.run = Running()
        self.log: list[str] = []
        self.earlier: list[tuple[Tensor, Array]] = []
        self.x, self.expected = self.entered("x")

    def entered(self, name: str) -> tuple[Tensor, Array]:
        chance = self.chance
        rank = chance.randint(1, 4)
        shape = [1, *(chance.choice((1, 2, 2, 3, 4, 6)) for _ in range(rank))]
        batch: int | None = 0
        if chance.random() < 0.2 and rank < 4:
            shape, batch = shape[1:], None
        depth = chance.choice([axis for axis in range(len(shape)) if axis != batch])
        x = self.tensors.enter(name, shape, batch=batch, depth=depth)
        written = x.base.written
        assert written is not None
        numbers = Array(written.volume.sizes, [chance.randint(1, 999) for _ in range(written.volume.size)])
        self.run.give(written, numbers)
        self.log.append(f"enter {shape} batch={batch} depth={depth}")
        return x, self.run.tensor(x)

    def step(self) -> None:
        """One random operation, on both sides."""
        self.earlier.append((self.x, self.expected))
        name = self.chance.choice([*OPERATIONS])
        self.log.append(name)
        found = OPERATIONS[name](self)
        if found is None:
            self.log[-1] += " (left out)"
            return
        self.x, self.expected = found
        self.log[-1] += f" -> {self.expected.shape}"

    def check(self) -> None:
        assert self.x.shape == self.expected.shape, self.told()
        if self.x.base.written is not None:
            assert self.run.tensor(self.x) == self.expected, self.told()

    def told(self) -> str:
        layers = [f"{one.type} {one.parameters} {one.volume}" for one in self.tensors.sheet.layers]
        return "\n".join([*self.log, *layers])

    def axis(self) -> int:
        return self.chance.randrange(self.x.rank)

    def kept(self) -> list[int]:
        """The axes that are not the batch."""
        return [axis for axis in range(self.x.rank) if not self.x.is_batch(axis)]


Found = tuple[Tensor, Array] | None


def transposed(p: Program) -> Found:
    order = list(range(p.x.rank))
    p.chance.shuffle(order)
    return p.tensors.transpose(p.x, order), transpose(p.expected, order)


def reshaped(p: Program) -> Found:
    factors = [f for n in p.x.shape for f in ((2, n // 2) if n % 2 == 0 and p.chance.random() < 0.5 else (n,))]
    while len(factors) > 6 or (len(factors) > 1 and p.chance.random() < 0.4):
        at = p.chance.randrange(len(factors) - 1)
        factors[at : at + 2] = [factors[at] * factors[at + 1]]
    if p.chance.random() < 0.3:
        factors.insert(p.chance.randint(0, len(factors)), 1)
    asked = list(factors)
    if p.chance.random() < 0.3:
        asked[p.chance.randrange(len(asked))] = -1
    p.log[-1] += f" {asked}"
    return p.tensors.reshape(p.x, asked, HERE), reshape(p.expected, factors)


def squeezed(p: Program) -> Found:
    ones = [axis for axis in p.kept() if p.x.shape[axis] == 1]
    gone = [axis for axis in ones if p.chance.random() < 0.6]
    if len(gone) == p.x.rank:
        return None
    p.log[-1] += f" {gone}"
    return p.tensors.squeeze(p.x, gone), reshape(p.expected, [n for a, n in enumerate(p.x.shape) if a not in gone])


def unsqueezed(p: Program) -> Found:
    at = p.chance.randint(0, p.x.rank)
    if p.x.rank > 5:
        return None
    return p.tensors.unsqueeze(p.x, [at]), reshape(p.expected, [*p.x.shape[:at], 1, *p.x.shape[at:]])


def flattened(p: Program) -> Found:
    at = p.chance.randint(0, p.x.rank)
    shape = [prod(p.x.shape[:at]), prod(p.x.shape[at:])]
    p.log[-1] += f" {at}"
    return p.tensors.flatten(p.x, at), reshape(p.expected, shape)


def sliced(p: Program) -> Found:
    axis = p.chance.choice(p.kept() or [0])
    size = p.x.shape[axis]
    start = p.chance.randrange(size)
    stop = p.chance.randint(start + 1, size)
    step = p.chance.choice((1, 1, 1, 2))
    p.log[-1] += f" {axis} {start}:{stop}:{step}"
    return p.tensors.slice(p.x, axis, start, stop, step, HERE), slice_(p.expected, axis, start, stop, step)


def concatenated(p: Program) -> Found:
    axis = p.chance.choice(p.kept() or [0])
    fitting = [
        (x, e)
        for x, e in p.earlier
        if len(e.shape) == p.x.rank
        and all(a == axis or m == n for a, (m, n) in enumerate(zip(e.shape, p.x.shape, strict=True)))
    ]
    others = [p.chance.choice(fitting)] if fitting else []
    all_of = [*others, (p.x, p.expected)]
    if p.chance.random() < 0.5:
        all_of.append((p.x, p.expected))
    p.chance.shuffle(all_of)
    p.log[-1] += f" {axis} {[e.shape for _, e in all_of]}"
    return p.tensors.concat([x for x, _ in all_of], axis, HERE), concat([e for _, e in all_of], axis)


def added(p: Program) -> Found:
    """With an earlier tensor that can be broadcast, or with a part of itself."""
    fitting = [
        (x, e)
        for x, e in p.earlier
        if all(m == n or 1 in (m, n) for m, n in zip(e.shape[::-1], p.x.shape[::-1], strict=False))
    ]
    axis = p.axis()
    own = (p.tensors.slice(p.x, axis, 0, 1, 1, HERE), slice_(p.expected, axis, 0, 1, 1))
    other = p.chance.choice([*fitting, own])
    pair = [(p.x, p.expected), other]
    p.chance.shuffle(pair)
    type_, put = p.chance.choice([("add", sum), ("multiply", prod)])
    p.log[-1] += f" {type_} {[e.shape for _, e in pair]}"
    found = broadcast([e for _, e in pair], put)
    if prod(found.shape) > MOST:
        return None
    return p.tensors.merge(type_, [x for x, _ in pair], HERE), found


def reduced(p: Program) -> Found:
    axes = [axis for axis in p.kept() if p.chance.random() < 0.4]
    keep = p.chance.random() < 0.5
    if not axes or (not keep and len(axes) == p.x.rank):
        return None
    op = p.chance.choice(("sum", "max", "mean"))
    p.log[-1] += f" {op} {axes} keep={keep}"
    expected = reduce(p.expected, op, axes)
    if not keep:
        expected = reshape(expected, [n for axis, n in enumerate(expected.shape) if axis not in axes])
    return p.tensors.reduce(p.x, op, axes, keep, HERE), expected


def summed_along(p: Program) -> Found:
    axis = p.chance.choice(p.kept() or [0])
    p.log[-1] += f" {axis}"
    return p.tensors.softmax("softmax", p.x, axis, HERE), along(p.expected, axis)


def multiplied(p: Program) -> Found:
    if not p.kept() or p.x.rank - 1 not in p.kept():
        return None
    units = p.chance.randint(1, 5)
    p.log[-1] += f" {units}"
    found = p.tensors.linear(p.x, HERE, {"units": units})
    if p.tensors.sheet.layers[-1].type == "dense":
        made = dense(p.expected, units)
        return found, reshape(made, (*[1] * (p.x.rank - 1), units))
    return found, linear(p.expected, units)


def expanded(p: Program) -> Found:
    ones = [axis for axis in p.kept() if p.x.shape[axis] == 1]
    if not ones:
        return None
    axis, count = p.chance.choice(ones), p.chance.randint(2, 3)
    shape = [count if a == axis else n for a, n in enumerate(p.x.shape)]
    p.log[-1] += f" {shape}"
    return p.tensors.expand(p.x, shape, HERE), tile(p.expected, [axis], count)


def pooled(p: Program) -> Found:
    free = [axis for axis in p.kept() if p.x.shape[axis] > 1]
    if len(free) < 2:
        return None
    p.chance.shuffle(free)
    depth, *rest = free
    spatial = sorted(rest[: p.chance.randint(1, min(2, len(rest)))])
    kernel = [p.chance.randint(1, min(2, p.x.shape[axis])) for axis in spatial]
    stride = [p.chance.randint(1, 2) for _ in spatial]
    p.log[-1] += f" {spatial} {depth} {kernel} {stride}"
    given = {"kernel": kernel, "stride": stride}
    found = p.tensors.layer("max_pool", p.x, HERE, given, spatial=spatial, depth=depth)
    return found, pool(p.expected, spatial, kernel, stride)


def product_with_itself(p: Program) -> Found:
    """x · xᵀ over the last two axes."""
    if p.x.rank < 2 or any(axis not in p.kept() for axis in (p.x.rank - 1, p.x.rank - 2)):
        return None
    order = list(range(p.x.rank))
    order[-2:] = order[-1], order[-2]
    turned, expected = p.tensors.transpose(p.x, order), transpose(p.expected, order)
    if prod(p.x.shape[:-1]) * p.x.shape[-2] > MOST:
        return None
    return p.tensors.matmul(p.x, turned, HERE), matmul(p.expected, expected)


OPERATIONS: dict[str, Callable[[Program], Found]] = {
    "transpose": transposed,
    "reshape": reshaped,
    "squeeze": squeezed,
    "unsqueeze": unsqueezed,
    "flatten": flattened,
    "slice": sliced,
    "concat": concatenated,
    "merge": added,
    "reduce": reduced,
    "softmax": summed_along,
    "linear": multiplied,
    "expand": expanded,
    "pool": pooled,
}
if "matmul" in CATALOGUE:
    OPERATIONS["matmul"] = product_with_itself


def ran(seed: int) -> str:
    """Runs one program and compares it after each step; says how it ended."""
    program = Program(seed)
    program.check()
    try:
        for _ in range(program.chance.randint(2, 18)):
            if prod(program.x.shape) > MOST:
                return "large"
            program.step()
            program.check()
        natural = program.tensors.natural(program.x)
    except Unarranged:
        return "no volume has these axes"
    assert program.run.array(natural).numbers == program.expected.numbers, program.told()
    return "compared"


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_a_program_gives_the_frameworks_numbers(start: int) -> None:
    ends = Counter(ran(seed) for seed in range(start, start + 100))
    assert ends["compared"] > 80, ends
