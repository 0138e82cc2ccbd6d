"""Memory of one rank, against measurements of torch 2.13.0 and the published figures of ZeRO and DeepSpeed.

The measured step: ResNet-18 (torchvision's, 1,000 classes), batch 2 of 128×128×3, Adam with `foreach=False`, second of
two steps under FakeTensorMode. P is its parameters' 46,758,048 bytes.
"""

from __future__ import annotations

from itertools import pairwise
from time import process_time

import pytest

from analyzer.contract.keys import written
from analyzer.contract.memory import RANK
from analyzer.engine.memory.sharding.fsdp import Fsdp
from analyzer.engine.memory.sharding.one_device import Moment, SingleDevice, Unit
from analyzer.engine.memory.sharding.per_rank import per_rank
from analyzer.engine.memory.sharding.rank import PHASES, PerRank
from analyzer.engine.memory.sharding.strategies import STRATEGIES, ShardingError, check_ranks, check_strategy
from analyzer.engine.memory.sharding.zero import BUCKET, zero_model_states

# -- ResNet-18 ---------------------------------------------------------------------------------------------------------

PARAMETERS = 11_689_512
P = 4 * PARAMETERS

#: Basic blocks c → d: 9cd + 9dd weights, 2d + 2d of the norms, and with a projection cd + 2d; 64 → 64, 64 → 128, ….
BLOCKS = [73_984, 73_984, 230_144, 295_424, 919_040, 1_180_672, 3_673_088, 4_720_640]

#: The trained tensors: the stem's 7·7·3·64, weights and two vectors of the norms, the blocks' kernels, and the head.
NORMS = [64] * 5 + [128] * 5 + [256] * 5 + [512] * 5
TENSORS = [
    9_408, 512_000, 1_000, *(2 * NORMS),
    *[36_864] * 4,
    73_728, *[147_456] * 3, 8_192,
    294_912, *[589_824] * 3, 32_768,
    1_179_648, *[2_359_296] * 3, 131_072,
]  # fmt: skip

#: Adam: two words a parameter, and 62 step counters of 4 bytes.
ADAM = 2 * P + 62 * 4

#: 9,600 running means and variances of 4 bytes, 20 counters of 8.
BUFFERS = 9_600 * 4 + 20 * 8

#: 2·3·128·128 numbers of 4 bytes, 2 targets of 8.
INPUT = 393_232

F, B, S = PHASES

#: `MemTracker` on one device: phase, block, saved ("Act" and the loss), transient ("Temp"), gradients. Of every block
#: the moment where it begins and those of the most activations, without and with gradients.
MEASURED = [
    (F, None, 5_775_684, 0, 0),
    (F, 0, 7_873_860, 0, 0),
    (F, 1, 9_972_036, 0, 0),
    (F, 2, 11_547_972, 0, 0),
    (F, 3, 12_336_452, 0, 0),
    (F, 4, 13_129_028, 0, 0),
    (F, 5, 13_526_340, 0, 0),
    (F, 6, 13_931_844, 0, 0),
    (F, 7, 14_136_644, 0, 0),
    (F, None, 14_148_748, 0, 0),
    (B, None, 14_148_748, 0, 0),
    (B, None, 14_140_744, 2_064_096, 0),
    (B, None, 14_136_648, 69_632, 2_052_000),
    (B, 7, 14_136_648, 65_536, 2_052_000),
    (B, 7, 14_001_480, 9_633_792, 2_056_096),
    (B, 7, 13_866_312, 9_633_792, 11_497_376),
    (B, 6, 13_866_312, 65_536, 20_934_560),
    (B, 6, 13_661_512, 9_699_328, 21_467_040),
    (B, 6, 13_526_344, 5_111_808, 30_908_320),
    (B, 5, 13_526_344, 131_072, 35_626_912),
    (B, 5, 13_262_152, 2_752_512, 35_628_960),
    (B, 5, 12_997_960, 2_752_512, 37_990_304),
    (B, 4, 12_997_960, 131_072, 40_349_600),
    (B, 4, 12_600_648, 2_883_584, 40_484_768),
    (B, 4, 12_336_456, 1_966_080, 42_846_112),
    (B, 3, 12_336_456, 262_144, 44_025_760),
    (B, 3, 11_811_144, 1_376_256, 44_026_784),
    (B, 3, 11_285_832, 1_376_256, 44_617_632),
    (B, 2, 11_285_832, 262_144, 45_207_456),
    (B, 2, 10_497_352, 1_638_400, 45_242_272),
    (B, 2, 9_972_040, 1_867_776, 45_833_120),
    (B, 1, 9_972_040, 524_288, 46_128_032),
    (B, 1, 9_972_040, 1_048_576, 46_128_032),
    (B, 0, 7_873_864, 524_288, 46_423_968),
    (B, 0, 7_873_864, 1_048_576, 46_423_968),
    (B, None, 5_251_400, 2_621_440, 46_719_904),
    (B, None, 4_202_824, 4_194_304, 46_719_904),
    (S, None, 8_004, 18_876_416, 46_758_048),
]


def resnet18(*, blocks: bool = True, kept: bool = False, loop: bool = True) -> SingleDevice:
    """The measured step; the units are its basic blocks, or none."""
    moments = [
        Moment(
            phase,
            saved=saved,
            transient=transient,
            gradients=gradients,
            unit=unit if blocks else None,
            layer="" if unit is None else f"block{unit}",
        )
        for phase, unit, saved, transient, gradients in MEASURED
    ]
    units = [Unit(size) for size in BLOCKS] if blocks else []
    root = Unit(PARAMETERS - sum(unit.parameters for unit in units))
    return SingleDevice(
        moments, root, units, optimizer=ADAM, buffers=BUFFERS, input=INPUT, tensors=TENSORS, kept=kept, loop=loop
    )


def test_the_tensors_are_all() -> None:
    assert sum(TENSORS) == PARAMETERS
    assert len(TENSORS) == 62
    assert PARAMETERS - sum(BLOCKS) == 9_408 + 2 * 64 + 512 * 1000 + 1000


@pytest.mark.parametrize(
    ("strategy", "ranks", "peak"), [("single", 1, 4.413), ("ddp", 2, 5.413), ("ddp-view", 2, 4.515)]
)
def test_data_parallel(strategy: str, ranks: int, peak: float) -> None:
    """Measured, DDP on gloo: P + G + 2P and the loop's two temporaries of the largest tensor; the buckets beside."""
    assert round(per_rank(resnet18(), strategy, ranks).peak.bytes / P, 3) == peak


@pytest.mark.parametrize(
    ("strategy", "blocks", "ranks", "peak", "off"),
    [
        ("fsdp", False, 2, 3.812, 0.0001),
        ("fsdp", False, 8, 2.687, 0.0001),
        ("fsdp", False, 64, 2.361, 0.0011),
        ("fsdp", True, 2, 3.229, 0.0013),
        ("fsdp", True, 8, 1.953, 0.0022),
        ("fsdp", True, 64, 1.582, 0.0034),
        ("fsdp-no-reshard", True, 8, 2.399, 0.0025),
    ],
)
def test_fsdp_peak(strategy: str, blocks: bool, ranks: int, peak: float, off: float) -> None:
    """Measured with a fake process group; `off` is what simpler formulas, with all that is saved throughout, reach."""
    assert per_rank(resnet18(blocks=blocks), strategy, ranks).peak.bytes / P == pytest.approx(peak, rel=off)


@pytest.mark.parametrize(
    ("strategy", "blocks", "ranks", "forward", "backward", "step"),
    [
        ("fsdp", False, 8, 125_237_912, 122_004_060, 25_785_388),
        ("fsdp", True, 2, 138_589_804, 150_668_816, 103_001_116),
        ("fsdp", True, 8, 85_987_000, 90_985_052, 25_785_388),
        ("fsdp-no-reshard", True, 8, 111_772_344, 99_328_604, 25_785_388),
        ("fsdp", True, 64, 70_696_072, 73_628_844, 3_267_212),
    ],
)
def test_fsdp_phases(strategy: str, blocks: bool, ranks: int, forward: int, backward: int, step: int) -> None:
    """`FSDPMemTracker`'s peak of every phase; it does not count the input, and 64 ranks pad the head's 1,000 rows."""
    found = per_rank(resnet18(blocks=blocks), strategy, ranks).phases
    measured = {"forward": forward, "backward": backward, "step": step}
    for phase in PHASES:
        assert found[phase].bytes == pytest.approx(measured[phase] + INPUT, rel=0.0015), phase
    if ranks < 64:
        # What is off in the backward pass and the step are Adam's counters, 4 bytes for each of the 62 tensors.
        for phase in ("backward", "step"):
            assert measured[phase] + INPUT - 62 * 4 <= found[phase].bytes <= measured[phase] + INPUT


def test_fsdp_breakdown() -> None:
    """The backward peak of block 6 on 8 ranks, as the tracker has it: 1/8 of P; the root, block 6 whole, block 5 in a
    buffer; block 7's gradients in another, and its share; the gradients of block 6 and of the head."""
    peak = per_rank(resnet18(), "fsdp", 8)
    assert (peak.phase, peak.layer) == ("backward", "block6")
    held = peak.peak
    assert held.parameters == P // 8
    assert held.gathered == 16_782_496 + 4_722_688  # "Unsharded Param" and "All Gather"
    assert held.buckets == 18_882_560  # "Reduce Scatter"
    assert held.saved == 13_526_344  # "Act"
    assert held.gradients + held.transient == 2_360_320 + 17_137_568  # "Sharded Grad" and "Temp"


def test_zero1_at_rest() -> None:
    """Measured on gloo with 2 ranks, 3.009 P: P, the buckets, 2P/2, and buffers and input."""
    rest = per_rank(resnet18(), "zero1", 2).rest
    assert round(rest.bytes / P, 3) == 3.009
    assert rest.parts() == {
        "parameters": P, "buffers": BUFFERS, "gradients": 0, "optimizer": pytest.approx(P, rel=0.001), "buckets": P,
        "gathered": 0, "saved": 0, "transient": 0, "input": INPUT, "libraries": 0,
    }  # fmt: skip


def simple(*, tensors: tuple[int, ...] = (), loop: bool = False, kept: bool = False, frozen: int = 0) -> SingleDevice:
    """1,000 parameters, momentum; units of 100, 300 and 400, a root of 200; every layer saves 50 bytes a unit."""
    moments = [
        Moment(F, saved=50, layer="stem"),
        Moment(F, saved=100, unit=0, layer="a"),
        Moment(F, saved=150, unit=1, layer="b"),
        Moment(F, saved=200, unit=2, layer="c"),
        Moment(B, saved=200, transient=1600, gradients=0, unit=2, layer="c"),
        Moment(B, saved=150, transient=1200, gradients=1600, unit=1, layer="b"),
        Moment(B, saved=100, transient=400, gradients=2800, unit=0, layer="a"),
        Moment(B, saved=50, transient=800, gradients=3200, layer="stem"),
        Moment(S, transient=4000, gradients=4000, layer="c"),
    ]
    return SingleDevice(
        moments, Unit(200), [Unit(100), Unit(300), Unit(400, 400 - frozen)], optimizer=4000, buffers=8, input=60,
        tensors=tensors, loop=loop, kept=kept,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "ranks", "parameters", "optimizer", "buckets"),
    [
        ("single", 1, 4000, 4000, 0),
        ("ddp", 2, 4000, 4000, 4000),
        ("ddp-view", 2, 4000, 4000, 4000),
        ("zero1", 2, 4000, 2000, 4000),
        ("zero2", 2, 4000, 2000, 0),
        ("zero3", 2, 2000, 2000, 0),
        ("fsdp", 2, 2000, 2000, 0),
        ("fsdp-no-reshard", 2, 2000, 2000, 0),
    ],
)
def test_at_rest_by_hand(strategy: str, ranks: int, parameters: int, optimizer: int, buckets: int) -> None:
    """4,000 bytes of parameters and of momentum, whole or halved; buffers and input stay, gradients are gone."""
    assert per_rank(simple(), strategy, ranks).rest.parts() == {
        "parameters": parameters, "buffers": 8, "gradients": 0, "optimizer": optimizer, "buckets": buckets,
        "gathered": 0, "saved": 0, "transient": 0, "input": 60, "libraries": 0,
    }  # fmt: skip


def test_whole_tensors_go_to_ranks() -> None:
    """700, 200, 60 and 40 over three ranks: 700; 200; 60 + 40. 4 bytes of momentum each, and the step's temporaries."""
    found = per_rank(simple(tensors=(60, 200, 700, 40)), "zero1", 3)
    assert found.rest.optimizer == 2800
    assert found.phases["step"].transient == 2800
    assert per_rank(simple(tensors=(60, 200, 700, 40), loop=True), "zero1", 3).phases["step"].transient == 4000
    # 7 ranks, 4 tensors: three have none, the fullest one 700. Without sizes all have 143, the last fewer.
    assert per_rank(simple(tensors=(60, 200, 700, 40)), "zero1", 7).rest.optimizer == 2800
    assert per_rank(simple(), "zero1", 7).rest.optimizer == 4 * 143


def test_zero2() -> None:
    """8 ranks: all 4,000 bytes of parameters, an eighth of optimizer, step and gradients, and a bucket of 1,000."""
    found = per_rank(simple(), "zero2", 8, bucket=1000)
    assert found.rest.bytes == 4000 + 8 + 500 + 60
    assert found.phases["forward"].bytes == 4000 + 8 + 500 + 60 + 200
    assert found.phases["step"].bytes == 4000 + 8 + 500 + 60 + 500 + 500
    # at c: nothing reduced yet, 200 saved, 1,600 made
    assert found.peak.bytes == 4000 + 8 + 500 + 60 + 1000 + 1800
    assert (found.phase, found.layer) == ("backward", "c")


def test_zero2_never_waits_for_more_than_all_gradients() -> None:
    """The default bucket of 25 MiB has room for more than the 4,000 bytes of gradients, and is not allocated whole."""
    assert BUCKET == 26_214_400
    assert per_rank(simple(), "zero2", 8).phases["backward"].buckets == 4000
    assert per_rank(simple(), "zero2", 8, bucket=4001).phases["backward"].buckets == 4000
    assert per_rank(simple(), "zero2", 8, bucket=3999).phases["backward"].buckets == 3999


def test_zero3() -> None:
    """An eighth of everything, and the largest unit's 400 parameters whole, in the backward pass with gradients."""
    found = per_rank(simple(), "zero3", 8)
    assert found.rest.bytes == 500 + 8 + 500 + 60
    assert found.phases["forward"].bytes == 1068 + 1600 + 200
    assert found.phases["backward"].bytes == 1068 + 1600 + 1600 + 1800
    assert found.phases["step"].bytes == 1068 + 500 + 500


def test_fsdp_by_hand() -> None:
    """Two ranks; bytes: root 800, a 400, b 1,200, c 1,600; rest 2,000 + 2,000 + 68."""
    found = per_rank(simple(), "fsdp", 2)
    # c begins: the root, c twice, b's buffer; what is saved is what b left
    assert found.phases["forward"].parts() == {
        "parameters": 2000, "buffers": 8, "gradients": 0, "optimizer": 2000, "buckets": 0,
        "gathered": 800 + 2 * 1600 + 1200, "saved": 150, "transient": 0, "input": 60, "libraries": 0,
    }  # fmt: skip
    # at b: the root, b and a; c's gradients in their buffer and, halved, as they came out of it; b's own are transient
    assert found.phases["backward"].parts() == {
        "parameters": 2000, "buffers": 8, "gradients": 800, "optimizer": 2000, "buckets": 1600,
        "gathered": 800 + 1200 + 400, "saved": 150, "transient": 1200, "input": 60, "libraries": 0,
    }  # fmt: skip
    assert found.phases["step"].bytes == 4068 + 2000 + 2000


def test_fsdp_where_a_unit_begins() -> None:
    """A frozen unit of 1,600 bytes: its buffer and the copy are more than it and the 40 bytes gathered ahead."""
    moments = [
        Moment(F, saved=100, unit=1),
        Moment(B, saved=100, transient=30),
        Moment(B, saved=60, transient=90, unit=1),
    ]
    found = per_rank(SingleDevice(moments, Unit(5), [Unit(10), Unit(400, 0)]), "fsdp", 5).phases["backward"]
    # 70 arrive at most: 130 are alive before, 60 of them saved
    assert (found.gathered, found.saved, found.transient) == (20 + 2 * 1600, 60, 70)


def test_fsdp_in_the_root() -> None:
    """A head after the units: the last unit's buffer is still there, and in the backward pass there again."""
    moments = [Moment(F, saved=9000, layer="head"), Moment(B, saved=9000, transient=500, layer="head")]
    moments.insert(0, Moment(F, unit=1))
    found = per_rank(SingleDevice(moments, Unit(5), [Unit(10), Unit(400)]), "fsdp", 5).phases
    assert found["forward"].gathered == found["backward"].gathered == 20 + 1600
    assert found["backward"].bytes == 83 * 4 + 20 + 1600 + 9500


def test_fsdp_without_resharding() -> None:
    found = per_rank(simple(), "fsdp-no-reshard", 2)
    # c begins: all 4,000, c again and b's buffer
    assert found.phases["forward"].gathered == 4000 + 1600 + 1200
    # at b: the root, a and b; c's gradients in their buffer, and half of them; at c 4,068 + 4,000 + 1,800, less
    assert found.phases["backward"].bytes == 4068 + 2400 + 1600 + 800 + 1350


def test_fsdp_without_resharding_moment_by_moment() -> None:
    """Bytes: root 20, units 40, 80 and 160. `gathered` at every moment, and where each unit begins.

    Forward of a unit: the root, all units before it, the unit and its buffer; where it begins the last buffer too. In
    the root before and after the units: every unit so far, and the buffer of the last one. Backward: the root and the
    units up to the one that runs.
    """
    forward = [(None, "stem"), (0, "a"), (1, "b"), (2, "c"), (None, "head")]
    moments = [Moment(F, unit=unit, layer=layer) for unit, layer in forward]
    moments += [Moment(B, unit=unit, layer=layer) for unit, layer in reversed(forward)]
    single = SingleDevice(moments, Unit(5), [Unit(10), Unit(20), Unit(40)])
    found = [(memory.gathered, layer) for _, memory, layer in Fsdp(single, 5, stays=True).moments()]
    assert found == [
        (0, ""),  # at rest
        (20 + 20, "stem"),
        (20 + 2 * 40 + 20, "a"), (20 + 2 * 40, "a"),
        (20 + 40 + 2 * 80 + 40, "b"), (20 + 40 + 2 * 80, "b"),
        (20 + 40 + 80 + 2 * 160 + 80, "c"), (20 + 40 + 80 + 2 * 160, "c"),
        (20 + 40 + 80 + 160 + 160, "head"),
        (20 + 40 + 80 + 160, "head"),
        (20 + 40 + 80 + 160, "c"), (20 + 40 + 80 + 160, "c"),
        (20 + 40 + 80, "b"), (20 + 40 + 80, "b"),
        (20 + 40, "a"), (20 + 40, "a"),
        (20, "stem"),
    ]  # fmt: skip


def test_frozen_parameters_have_no_gradients() -> None:
    assert per_rank(simple(frozen=400), "ddp", 2).rest.buckets == 2400
    assert per_rank(simple(frozen=400), "fsdp", 2).phases["step"].gradients == 1200


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_kept_gradients_are_there_throughout(strategy: str) -> None:
    """Accumulation: all gradients, or a rank's share of them, in the forward pass and at rest as in the step."""
    ranks = 1 if strategy == "single" else 4
    found = per_rank(simple(kept=True), strategy, ranks)
    assert found.rest.gradients == found.phases["forward"].gradients == found.phases["step"].gradients
    whole = {"single": 4000, "ddp": 4000, "ddp-view": 0, "zero1": 4000}
    assert found.rest.gradients == whole.get(strategy, 1000)


def all_of(found: PerRank) -> list[int]:
    return [found.rest.bytes, *(found.phases[phase].bytes for phase in PHASES)]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_breakdowns_sum_to_their_totals(strategy: str) -> None:
    found = per_rank(resnet18(), strategy, 1 if strategy == "single" else 8)
    assert [sum(held.parts().values()) for held in (found.rest, *found.phases.values())] == all_of(found)
    record = written(RANK, found)
    assert record["peak_bytes"] == max(all_of(found)) == sum(found.peak.parts().values())


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "single"])
def test_more_ranks_never_hold_more(strategy: str) -> None:
    sizes = [all_of(per_rank(resnet18(), strategy, ranks)) for ranks in (1, 2, 3, 8, 64, 1000)]
    for fewer, more in pairwise(sizes):
        assert all(a >= b for a, b in zip(fewer, more, strict=True))


def test_wrapping_the_root_alone_holds_more_than_ddp_saves() -> None:
    """What the formulas are for: without units all parameters are there twice."""
    assert per_rank(resnet18(blocks=False), "fsdp", 2).peak.gathered == 2 * P


def test_linear() -> None:
    """Sixteen times as many units and moments take at most some forty times as long."""

    def seconds(units: int) -> float:
        moments = [Moment(F, saved=4 * i, unit=i) for i in range(units)]
        moments += [Moment(B, saved=4 * i, gradients=4 * (units - i), unit=i) for i in reversed(range(units))]
        single = SingleDevice(moments, Unit(1), [Unit(1)] * units, tensors=[1] * units)
        start = process_time()
        for strategy in ("zero1", "fsdp"):
            per_rank(single, strategy, 64)
        return process_time() - start

    small = min(seconds(1_000) for _ in range(3))
    assert min(seconds(16_000) for _ in range(3)) < 40 * small


# -- published model states --------------------------------------------------------------------------------------------


def test_zero_paper() -> None:
    """Rajbhandari et al. 2020, figure 1: 7.5 B parameters on 64 ranks, GB of 10^9."""
    found = [zero_model_states(7_500_000_000, 64, stage) / 1e9 for stage in range(4)]
    assert [f"{size:.3g}" for size in found] == ["120", "31.4", "16.6", "1.88"]
    assert f"{found[3]:.1f}" == "1.9"


@pytest.mark.parametrize(("stage", "strategy"), [(0, "single"), (1, "zero1"), (2, "zero2"), (3, "zero3")])
def test_strategies_divide_as_the_paper_does(stage: int, strategy: str) -> None:
    """16-bit parameters and gradients, 12 bytes of Adam's state each: what a rank holds of them before the step."""
    count, ranks = 7_500_000_000, 1 if stage == 0 else 64
    moments = [Moment("forward"), Moment("step", gradients=2 * count)]
    single = SingleDevice(moments, Unit(count), optimizer=12 * count, width=2, gradient_width=2)
    held = per_rank(single, strategy, ranks, bucket=0).phases["step"]
    found = held.parameters + held.gradients + held.optimizer
    assert found == zero_model_states(count, ranks, stage)


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_an_unknown_strategy() -> None:
    names = "they are `single`, `ddp`, `ddp-view`, `zero1`, `zero2`, `zero3`, `fsdp` and `fsdp-no-reshard`"
    with pytest.raises(ShardingError, match=rf"^no strategy is called `fsdp2`; did you mean `fsdp`\? {names}$"):
        check_strategy("fsdp2")
    with pytest.raises(ShardingError, match=rf"^no strategy is called `tensor`; {names}$"):
        per_rank(resnet18(), "tensor", 2)


@pytest.mark.parametrize("ranks", [0, -3])
def test_no_ranks(ranks: int) -> None:
    message = f"^there must be at least 1 rank, not {ranks}$"
    with pytest.raises(ShardingError, match=message):
        per_rank(resnet18(), "ddp", ranks)
    with pytest.raises(ShardingError, match=message):
        check_ranks(32, ranks)
    with pytest.raises(ShardingError, match=message):
        zero_model_states(1, ranks, 1)


def test_several_ranks_on_one_device() -> None:
    with pytest.raises(ShardingError, match=r"^the strategy `single` is one device, not 4 ranks; several take `ddp`, "):
        per_rank(resnet18(), "single", 4)


def test_a_batch_that_does_not_divide() -> None:
    assert check_ranks(12, 4) == 3
    with pytest.raises(ShardingError, match=r"^a batch of 10 does not divide among 4 ranks; 8 and 12 do$"):
        check_ranks(10, 4)
    with pytest.raises(ShardingError, match=r"^a batch of 3 does not divide among 4 ranks; the least that does is 4$"):
        check_ranks(3, 4)


def test_an_unknown_stage() -> None:
    with pytest.raises(ShardingError, match=r"^ZeRO has the stages 0 to 3, not 4$"):
        zero_model_states(1, 1, 4)
