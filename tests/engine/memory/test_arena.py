"""The arena's plan: hand examples, TensorFlow Lite Micro's own test cases, the optimum of tiny ones, real networks.

Random plans and spoiled ones are held against a check of all pairs, which is written here and shares nothing with the
planner or with `verify`.
"""

from __future__ import annotations

from itertools import combinations, pairwise, permutations
from pathlib import Path
from random import Random

import pytest
from building import build, volume

import analyzer
from analyzer.contract.keys import written
from analyzer.contract.microcontroller import PLAN
from analyzer.dtypes import size_in_bytes
from analyzer.engine.memory.arena.lifetimes import Lifetimes
from analyzer.engine.memory.arena.placement import candidates
from analyzer.engine.memory.arena.plan import Plan, Tensor
from analyzer.engine.memory.arena.planner import arena_tensors, plan_arena
from analyzer.engine.memory.arena.verify import verify
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.work import operations_of
from analyzer.engine.network import Network
from analyzer.engine.peak import peak_activation

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))


def laid(network: Network, *, batch: int, dtype: str) -> Tape:
    """A network laid out for inference."""
    return Tape(operations_of(network, "shared"), Run(batch=batch, dtype=dtype), training=False)


def tensors(*rows: tuple[int, int, int]) -> list[Tensor]:
    """Tensors named a, b, c … of these sizes, first and last steps."""
    return [Tensor(f"{chr(97 + i % 26)}{i // 26 or ''}", *row) for i, row in enumerate(rows)]


def spoiled(plan: Plan, *, size: int | None = None, alignment: int | None = None, **offsets: int | None) -> Plan:
    """The plan with some offsets changed, those of None taken away."""
    changed = {name: offset for name, offset in {**plan.offsets, **offsets}.items() if offset is not None}
    return Plan(
        plan.tensors,
        changed,
        alignment=plan.alignment if alignment is None else alignment,
        size=plan.size if size is None else size,
        bound=plan.bound,
        live_bytes=plan.live_bytes,
    )


def together(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are alive at one step."""
    return one.first <= other.last and other.first <= one.last


def overlaps(plan: Plan) -> bool:
    """Whether any two tensors are alive at one step and share a byte: all pairs."""
    return any(
        together(one, other)
        and plan.offsets[one.name] < plan.offsets[other.name] + other.size
        and plan.offsets[other.name] < plan.offsets[one.name] + one.size
        for one, other in combinations(plan.tensors, 2)
    )


def most_alive(given: list[Tensor], alignment: int) -> int:
    """The bound: the sizes alive at each step, rounded up, step by step."""
    steps = range(min(t.first for t in given), max(t.last for t in given) + 1)
    return max(sum(-(-t.size // alignment) * alignment for t in given if t.first <= step <= t.last) for step in steps)


def optimum(given: list[Tensor]) -> int:
    """The smallest arena of a few tensors, sizes multiples of the alignment.

    In an optimal plan, taken from the bottom up, every tensor may fall onto those below it: so some order of stacking
    is optimal, and all are tried.
    """
    best = sum(tensor.size for tensor in given)
    for order in permutations(given):
        tops: list[tuple[Tensor, int]] = []
        for tensor in order:
            tops.append((tensor, max((top for other, top in tops if together(tensor, other)), default=0) + tensor.size))
        best = min(best, max(top for _, top in tops))
    return best


def scattered(random: Random, count: int, steps: int, unit: int = 16) -> list[Tensor]:
    """Tensors of random sizes and lives."""
    lives = [sorted((random.randrange(steps), random.randrange(steps))) for _ in range(count)]
    return tensors(*((random.randrange(1, 20) * unit, first, last) for first, last in lives))


def test_a_chain() -> None:
    """64 at step 0; 64 + 32 at step 1; 32 + 96 at step 2: a and c share a place, 128 in all."""
    plan = plan_arena(tensors((64, 0, 1), (32, 1, 2), (96, 2, 3)))
    assert (plan.size, plan.bound, plan.ratio) == (128, 128, 1.0)
    assert plan.offsets == {"a": 0, "b": 96, "c": 0}
    assert verify(plan) == []


def test_a_skip_connection() -> None:
    """a stays beside b and c: 16 + 32 + 48 at step 2, where b is read and c is written."""
    plan = plan_arena(tensors((16, 0, 3), (32, 1, 2), (48, 2, 3), (16, 3, 3)))
    assert (plan.size, plan.bound) == (96, 96)
    assert verify(plan) == []


def test_steps_are_inclusive() -> None:
    """Read at the step where the other is written: two places. Gone before it: one."""
    assert plan_arena(tensors((16, 0, 1), (16, 1, 2))).size == 32
    assert plan_arena(tensors((16, 0, 0), (16, 1, 2))).size == 16


def test_sizes_are_rounded_up() -> None:
    """10 and 20 bytes take 16 and 32; 30 are alive. At alignment 1 nothing is lost; at 64 each has 64."""
    given = tensors((10, 0, 1), (20, 1, 2))
    assert [(p.size, p.bound, p.live_bytes) for p in (plan_arena(given, alignment=a) for a in (1, 16, 64))] == [
        (30, 30, 30),
        (48, 48, 30),
        (128, 128, 30),
    ]


def test_nothing_and_next_to_nothing() -> None:
    nothing = plan_arena([])
    assert (nothing.size, nothing.bound, nothing.ratio, verify(nothing)) == (0, 0, 1.0, [])
    empty = plan_arena(tensors((0, 0, 5), (16, 1, 2), (0, 2, 2)))
    assert (empty.size, verify(empty)) == (16, [])


def test_as_plain_data() -> None:
    assert written(PLAN, plan_arena(tensors((10, 0, 1), (20, 1, 2)))) == {
        "bytes": 48,
        "bound_bytes": 48,
        "live_bytes": 30,
        "ratio": 1.0,
        "alignment": 16,
        "order": "size",
        "tensors": [
            {"name": "a", "bytes": 10, "offset": 32, "first": 0, "last": 1},
            {"name": "b", "bytes": 20, "offset": 0, "first": 1, "last": 2},
        ],
    }


# tflite-micro, tensorflow/lite/micro/memory_planner/greedy_memory_planner_test.cc: TestGreedyBasics, TestGreedyMedium,
# TestOverlapCase, with the sizes that it asserts or, for the last, that its planner prints.
@pytest.mark.parametrize(
    ("rows", "theirs", "bound"),
    [
        ([(10, 0, 1), (20, 2, 3)], 20, 20),
        ([(10, 0, 1), (20, 1, 2), (30, 2, 3), (40, 3, 4), (50, 0, 1)], 90, 80),  # 10 + 20 + 50 at step 1
        ([(100, 0, 1), (50, 2, 3), (20, 1, 2)], 120, 120),
    ],
)
def test_never_worse_than_tensorflow_lite_micro(rows: list[tuple[int, int, int]], theirs: int, bound: int) -> None:
    plan = plan_arena(tensors(*rows), alignment=1)
    assert bound == plan.bound == plan.size <= theirs
    assert verify(plan) == []


def test_the_person_detection_network() -> None:
    """TestPersonDetectionModel of the same file, which sums its buffers to 241,027.

    Most is alive at step 2: 9,216 to the end, 18,432 and 36,864 read and written there, 64,512.
    """
    middle = [(4608, first, first + 1) for first in range(12, 23)]
    rows = [
        (9216, 0, 29), (3, 28, 29), (256, 27, 28), (2304, 26, 27), (2304, 25, 26), (2304, 24, 25), (1152, 23, 24),
        *middle, (2304, 11, 12), (9216, 10, 11), (9216, 9, 10), (9216, 8, 9), (4608, 7, 8), (18432, 6, 7),
        (18432, 5, 6), (18432, 4, 5), (9216, 3, 4), (36864, 2, 3), (18432, 1, 2), (18432, 0, 1),
    ]  # fmt: skip
    assert sum(size for size, _, _ in rows) == 241_027
    plan = plan_arena(tensors(*rows))
    assert (plan.size, plan.bound, verify(plan)) == (64_512, 64_512, [])


@pytest.mark.parametrize(
    ("given", "alignment", "said"),
    [
        (tensors((16, 0, 1)), 0, "alignment must be at least 1, not 0"),
        (tensors((-1, 0, 1)), 16, "a has a size of -1 bytes"),
        (tensors((16, 2, 1)), 16, "a is alive from step 2 to step 1"),
        ([Tensor("a", 1, 0, 0), Tensor("a", 2, 1, 1)], 16, "two tensors are named a"),
    ],
)
def test_what_cannot_be_planned(given: list[Tensor], alignment: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plan_arena(given, alignment=alignment)


def test_the_verifier_names_what_is_wrong() -> None:
    plan = plan_arena(tensors((64, 0, 1), (32, 1, 2), (96, 2, 3)))  # a 0 to 64, b 96 to 128, c 0 to 96
    assert verify(plan) == []
    assert verify(spoiled(plan, b=48)) == ["a, 0 to 64, and b, 48 to 80, overlap at step 1"]
    assert verify(spoiled(plan, b=64)) == ["b, 64 to 96, and c, 0 to 96, overlap at step 2"]
    assert verify(spoiled(plan, a=-16)) == ["a lies at -16, before the arena"]
    assert verify(spoiled(plan, a=8)) == ["a lies at 8, which is no multiple of 16"]
    assert verify(spoiled(plan, a=None)) == ["a has no offset"]
    assert verify(spoiled(plan, d=0)) == ["d has an offset and is no tensor"]
    assert verify(spoiled(plan, size=112)) == ["b ends at 128, beyond the arena of 112 bytes"]
    assert verify(spoiled(plan, b=112)) == ["b ends at 144, beyond the arena of 128 bytes"]


def test_the_verifier_adds_up_what_is_alive() -> None:
    """30 bytes, 16 + 32 aligned: numbers of another alignment do not hold."""
    plan = plan_arena(tensors((10, 0, 1), (20, 1, 2)))
    assert verify(spoiled(plan, alignment=32)) == ["64 bytes, aligned, are alive at once, not 48"]
    forgotten = Plan(plan.tensors, plan.offsets, alignment=16, size=48, bound=48, live_bytes=20)
    assert verify(forgotten) == ["30 bytes are alive at once, not 20"]


@pytest.mark.parametrize("seed", range(20))
def test_random_plans_hold_and_spoiled_ones_are_found(seed: int) -> None:
    random = Random(seed)
    given = scattered(random, 40, 30, unit=random.choice((1, 16)))
    plan = plan_arena(given)
    assert verify(plan) == []
    assert not overlaps(plan)
    assert plan.bound == most_alive(given, 16)
    assert plan.live_bytes == most_alive(given, 1)
    assert plan.bound <= plan.size <= 1.15 * plan.bound
    found = 0
    for _ in range(60):
        tensor = random.choice(given)
        moved = spoiled(plan, **{tensor.name: random.randrange(0, plan.size - tensor.size + 1, 16)})
        assert any("overlap" in line for line in verify(moved)) == overlaps(moved)
        found += overlaps(moved)
    assert 0 < found < 60


def test_the_same_tensors_give_the_same_plan() -> None:
    given = scattered(Random(1), 60, 40)
    assert written(PLAN, plan_arena(given)) == written(PLAN, plan_arena(given))


@pytest.mark.parametrize("seed", range(100))
def test_the_optimum_of_a_few_tensors(seed: int) -> None:
    random = Random(seed)
    given = scattered(random, random.randrange(1, 7), 5)
    plan = plan_arena(given)
    assert plan.size == optimum(given)
    assert verify(plan) == []


def offered(*rows: tuple[int, int, int]) -> list[tuple[str, list[int]]]:
    """All offsets that the planner may choose from, with the order that gives them."""
    given = tensors(*rows)
    slots = [tensor.size for tensor in given]
    return list(candidates(given, slots, Lifetimes(given, slots)))


def test_each_order_by_hand() -> None:
    """All four are alive at step 5, so each lies upon those before it in the order.

    Lives last 1, 2, 3 and 4 steps; sizes times lives are 48, 32, 96 and 64.
    """
    found = offered((48, 5, 5), (16, 5, 6), (32, 4, 6), (16, 5, 8))
    assert dict(found[:6]) == {
        "size": [0, 80, 48, 96],  # a, c, b, d
        "breadth": [0, 80, 48, 96],
        "size × lifetime": [48, 96, 0, 32],  # c, d, a, b
        "lifetime": [64, 48, 16, 0],  # d, c, b, a
        "start": [32, 80, 0, 96],  # c, a, b, d
        "end": [64, 48, 16, 0],  # d, c, b, a
    }


def test_a_repair_also_gives_what_it_has_after_a_move_of_more_than_half() -> None:
    """A copy takes as much work as a move of that many. The last offsets are always given."""
    # d is placed again before b and c: three of four are moved.
    names = [name for name, _ in offered((48, 2, 2), (32, 0, 1), (32, 1, 2), (32, 1, 1))]
    assert names.count("size, repaired") == 2
    # In time a lies at 0, b at 48 and c, with 48 below b, at 80, above the bound of 96: b and c, two of four, are moved.
    found = offered((48, 0, 1), (32, 1, 2), (64, 2, 2), (16, 3, 3))
    assert dict(found)["start"] == [0, 48, 80, 0]
    assert [offsets for name, offsets in found if name == "start, repaired"] == [[0, 64, 0, 0]]


def test_broad_steps_first() -> None:
    """32 at steps 0 to 2. By size, as given, c lies upon b and d upon a and c; by breadth a and d come first, then c."""
    plan = plan_arena(tensors((16, 0, 0), (16, 2, 3), (16, 1, 2), (16, 0, 1)))
    assert (plan.size, plan.order) == (32, "breadth")


def test_a_plan_that_the_orders_alone_miss() -> None:
    """b, c and d make 96 at step 1. By size a and b lie at 0, c at 48 upon a, and d, with 16 left below c, at 80."""
    plan = plan_arena(tensors((48, 2, 2), (32, 0, 1), (32, 1, 2), (32, 1, 1)))
    assert plan.size == optimum(list(plan.tensors)) == 96
    assert plan.order == "size, repaired"


def test_long_chains_meet_the_bound() -> None:
    """Two neighbours are alive at once: one from the bottom, one from the top always fit. Any integers as steps."""
    random = Random(2)
    given = [Tensor(str(i), random.randrange(1, 100_000), 7 * i - 50, 7 * i - 43) for i in range(10_000)]
    plan = plan_arena(given)
    assert plan.ratio == 1.0
    assert plan.bound == max(-(-one.size // 16) * 16 - (-other.size // 16) * 16 for one, other in pairwise(given))
    assert verify(plan) == []


@pytest.mark.parametrize("backwards", [False, True])
def test_very_many_at_once_need_no_pairs(backwards: bool) -> None:
    """3,000 results that stay to the end, each of a tensor beside it: 4.5 million pairs. One place for the tensors."""
    given = []
    for i in range(3000):
        given += [Tensor(f"work{i}", 640, i, i), Tensor(f"result{i}", 16, i, 3000)]
    if backwards:
        given = [Tensor(t.name, t.size, -t.last, -t.first) for t in given]
    plan = plan_arena(given)
    assert plan.order in ("start", "end")
    assert plan.size == plan.bound == 3000 * 16 + 640
    assert verify(plan) == []


def test_results_that_stay_are_placed_from_the_end() -> None:
    """Every other one of 3,000 stays to the end: backwards in time they come first, one upon the other, without a gap."""
    random = Random(3)
    plan = plan_arena([Tensor(str(i), random.randrange(1, 1000), i, 3000 if i % 2 else i + 1) for i in range(3000)])
    assert plan.order == "end"
    assert plan.ratio < 1.001
    assert verify(plan) == []


@pytest.mark.parametrize("seed", range(5))
def test_orders_in_time_hold_whatever_is_alive(seed: int) -> None:
    """2,500 random lives: two of three pairs overlap, two million."""
    given = scattered(Random(seed), 2500, 2500, unit=7)
    plan = plan_arena(given)
    assert plan.order in ("start", "end")
    assert verify(plan) == []
    assert plan.ratio < 1.03


def small_network() -> Network:
    """input 10 → a 20 → flat (a view) → b 5; mask and dead are read by nothing; b and the relu over a are outputs."""
    network = Network()
    source = network.enter("input", volume("10"))
    network.enter("mask", volume("2"))
    first = network.place("a", build("dense", {"units": 20}), [source])
    flat = network.place("flat", build("flatten"), [first])
    network.place("dead", build("dense", {"units": 7}), [source])
    second = network.place("b", build("dense", {"units": 5}), [flat])
    over = network.place("relu", build("relu", {"inplace": True}), [first])
    network.name_outputs([second, over])
    return network


def test_the_tensors_of_a_network() -> None:
    """Steps are the layers' indices, 0 to 4; the view and the in-place relu are a, an output: alive to the end.

    With mask, an input that stays, the peak is at b: 3 + 30 + 8 and nothing of dead, or at dead: 15 + 3 + 30 + 11.
    """
    tape = laid(small_network(), batch=3, dtype="int4")
    found = [(t.name, t.size, t.first, t.last) for t in arena_tensors(tape)]
    assert found == [("input", 15, 0, 2), ("mask", 3, 0, 4), ("a", 30, 0, 4), ("dead", 11, 2, 2), ("b", 8, 3, 4)]
    plan = plan_arena(arena_tensors(tape))
    assert plan.live_bytes == 59 == peak_activation(small_network(), batch=3, dtype="int4").bytes


@pytest.mark.parametrize("dtype", ["int8", "int4"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_real_networks_meet_the_bound(path: Path, dtype: str) -> None:
    """Nothing is lost to fragments; what is alive is at least what one kernel reads and writes.

    It is at most the peak of outputs, where layers are fused; it can be more where a layer is several operations.
    """
    analysis = analyzer.analyze(path, dtype=dtype)
    tape = laid(analysis.network, batch=1, dtype=dtype)
    plan = plan_arena(arena_tensors(tape))
    kernels = [node for node in analysis.network.nodes if node.layer.linear]
    assert plan.live_bytes >= max(sum(size_in_bytes(v.size, dtype) for v in (n.flow.input, n.output)) for n in kernels)
    if len(tape.steps) == len(analysis.network.nodes):
        assert plan.live_bytes <= analysis.peak.bytes
    assert plan.size == plan.bound
    assert verify(plan) == []
    assert not overlaps(plan)
