"""The peak of an arena, and what half of a tensor there saves: compared with plans that are made again."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import analyzer
from analyzer.engine.memory.arena.peak import peak_of
from analyzer.engine.memory.arena.plan import Tensor
from analyzer.engine.memory.arena.planner import plan_arena
from analyzer.engine.memory.arena.verify import verify

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))


def test_by_hand() -> None:
    """In units of 16: a 64, b 32, c 48; a and b at step 1 make 96, b and c at step 2 make 80."""
    peak = peak_of(plan_arena([Tensor("a", 60, 0, 1), Tensor("b", 20, 1, 2), Tensor("c", 48, 2, 3)]))
    assert peak is not None
    assert (peak.step, peak.bytes, peak.moments) == (1, 80, 1)
    # Half of a, 30, takes 32: then 64 at step 1 and 80 at step 2. Half of b, 10, takes 16: 80 and 64.
    assert [(one.tensor.name, one.saves) for one in peak.alive] == [("a", 16), ("b", 16)]
    assert (peak.smaller.size, peak.saves) == (80, 16)


def test_nothing_is_alive_in_an_empty_plan() -> None:
    assert peak_of(plan_arena([])) is None


@pytest.mark.parametrize("seed", range(30))
def test_what_half_saves_is_what_another_plan_saves(seed: int) -> None:
    random = Random(seed)
    given = []
    for number in range(random.randrange(1, 30)):
        first = random.randrange(20)
        given.append(Tensor(str(number), random.randrange(1, 500), first, first + random.randrange(6)))
    plan = plan_arena(given)
    peak = peak_of(plan)
    assert peak is not None
    assert peak.bytes == sum(t.size for t in given if t.first <= peak.step <= t.last)
    assert [one.tensor.size for one in peak.alive] == sorted((one.tensor.size for one in peak.alive), reverse=True)
    for one in peak.alive:
        again = [t.but(size=(t.size + 1) // 2) if t.name == one.tensor.name else t for t in given]
        assert plan_arena(again).bound == plan.bound - one.saves
    assert peak.saves == plan.size - peak.smaller.size
    assert verify(peak.smaller) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_peaks_of_real_networks(path: Path) -> None:
    """Every tensor there has a layer that makes it and one that it is alive until, in their order."""
    chip = analyzer.memory(path, arena=True, dtype="int8").microcontroller
    assert chip is not None
    peak = chip.peak
    assert peak is not None
    order = [*(node.name for node in chip.network.inputs), *(node.name for node in chip.network.nodes)]
    here = order.index(chip.layer_at(peak.step))
    for alive in peak.alive:
        assert order.index(chip.maker_of(alive.tensor)) <= here <= order.index(chip.reader_of(alive.tensor))
    assert peak.smaller.size <= chip.plan.size
