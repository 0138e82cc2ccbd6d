"""The step at any batch: as it is simulated at that batch, its bounds, and the largest batches that were measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from measured import DATA, work
from on_gpu import CARD, held, rows_of

import analyzer
from analyzer.engine.memory.allocator import replay
from analyzer.engine.memory.devices import CONTEXT
from analyzer.engine.memory.growth import Growth
from analyzer.engine.memory.ledger import Ledger
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.trace import step_trace, training_trace
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import operations_of

VGG16 = Path(__file__).parents[3] / "example_models" / "vgg16.yaml"

MIB, GIB = 1 << 20, 1 << 30


def growth(name: str, **settings: Any) -> Growth:
    """The growth of a measured network."""
    network = work(name).network
    return Growth(operations_of(network, "shared", cuda=True), Run(device=CARD, **settings))


@pytest.mark.parametrize("settings", [{}, {"autocast": "float16"}, {"layout": "channels_last", "accumulate": 2}])
@pytest.mark.parametrize("name", ["resnet18", "vgg16", "vit_b_16", "convnext_tiny", "unet"])
@pytest.mark.parametrize("batch", [2, 7, 64])
def test_the_sizes_are_those_of_a_step_at_that_batch(name: str, batch: int, settings: dict[str, Any]) -> None:
    found = growth(name, **settings)
    run = found.run.but(batch=batch)
    training = Training(Tape(operations_of(work(name).network, "shared", cuda=True), run), traced=True)
    sizes = [size for _, size in step_trace(training) if size]
    assert found.alive(batch) == training.ledger.peak.bytes
    grown = [size for size in found.sizes(batch) if size]
    assert grown == sizes


def test_the_peak_is_that_of_a_step_without_workspaces() -> None:
    """Small networks without convolutions have none; the second batch is there before the first is freed."""
    found = growth("vit_b_16", optimizer="adam")
    held = Training(Tape(operations_of(work("vit_b_16").network, "shared", cuda=True), found.run.but(batch=16)))
    assert found.peak(16) == held.ledger.peak.bytes


def test_the_steps_of_another_run_are_taken_where_they_are_the_same() -> None:
    first = growth("resnet18")
    for settings in ({"optimizer": "adam"}, {"checkpoint": "sqrt"}, {"accumulate": 2}, {"autocast": "bfloat16"}):
        run = first.run.but(**settings)
        work_on_gpu = operations_of(work("resnet18").network, "shared", cuda=True)
        taken, anew = Growth(work_on_gpu, run, [first]), Growth(work_on_gpu, run)
        assert (taken.training.tape.steps is first.training.tape.steps) is ("autocast" not in settings)
        assert (taken.events, taken.fixed, taken.each) == (anew.events, anew.fixed, anew.each)


def test_a_little_less_than_what_is_reserved_still_fits() -> None:
    """The allocator gives back what is free; without any room nothing fits."""
    found = growth("resnet18")
    taken = found.reserved(64)
    assert found.fits(64, taken)
    assert found.fits(64, taken - 20 * MIB)
    assert not found.fits(64, found.peak(64) - 1)


def test_the_bounds_agree_with_the_largest_batches() -> None:
    found, room = growth("resnet18"), 4 * GIB
    safe, most = found.safe(room), found.most(room)
    assert 0 < safe < most
    assert found.bounds(safe, room, 5 * GIB).high == room
    assert found.bounds(safe, room, 3 * GIB).high == 3 * GIB
    assert found.bounds(most, room, 3 * GIB).low <= room < found.bounds(most, room, 3 * GIB).high
    assert found.bounds(most + 1, room, 3 * GIB).low > room


def test_one_sample_above_the_largest_does_not_fit_where_squeezed_workspaces_decide() -> None:
    """In the search from above, VGG-16 with checkpoints on an H200 fails at a batch below its largest safe one."""
    settings: dict[str, Any] = {"device": "H200", "checkpoint": "sqrt"}
    safe, most = analyzer.memory(VGG16, **settings).largest or (0, 0)
    assert 0 < safe <= most
    for batch, words in ((safe, ["fits"]), (most, ["fits", "at risk"]), (most + 1, ["does not fit"])):
        verdict = analyzer.memory(VGG16, batch=batch, **settings).verdict()
        assert verdict is not None
        assert verdict.word in words


def test_nothing_fits_where_one_sample_is_too_many() -> None:
    found = growth("vgg16")
    assert (found.safe(GIB), found.most(GIB)) == (0, 0)


@pytest.mark.parametrize("row", rows_of("maxbatch"), ids=lambda row: f"{row['model']}-{row['cap_gib']:.0f}GiB")
def test_largest_batches_on_a_gpu(row: dict[str, Any]) -> None:
    """What is safe trained, and what trained is not above what is at risk; nearly all of the card is used.

    VGG-16 has workspaces of a quarter of its memory. There the largest batch depends on which algorithm cuDNN takes
    where they find no room.
    """
    memory = held(row)
    found, room = Growth(memory.work, memory.run), int(row["cap_gib"] * GIB)
    safe, most = found.safe(room), found.most(room)
    squeezed = row["model"] == "vgg16"
    assert (0.89 if squeezed else 0.96) * row["max_batch"] <= safe <= row["max_batch"]
    assert row["max_batch"] <= most <= max((1.15 if squeezed else 1.02) * row["max_batch"], row["first_fail"] - 1)


# -- every allocation of two steps on a GPU -----------------------------------------------------------------------------


def traced(name: str) -> dict[str, Any]:
    """A trace: sizes of allocations in order; −1 − n frees the nth."""
    found: dict[str, Any] = json.loads((DATA / "gpu" / f"trace_{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("name", "allocated", "reserved"),
    [("resnet50", 3_076_910_592, 3_703_570_432), ("vgg16", 4_071_753_216, 6_157_238_272)],
)
def test_the_replay_of_a_measured_trace(name: str, allocated: int, reserved: int) -> None:
    """To the byte, as the allocator counted. Of VGG-16 the libraries had theirs before: 65 and 66 MiB are missing."""
    count, events = 0, []
    for event in traced(name)["events"]:
        if event > 0:
            events.append((count, event))
            count += 1
        else:
            events.append((-1 - event, 0))
    replayed = replay(events)
    assert (replayed.allocated, replayed.reserved) == (allocated, reserved)
    missing = (0, 0) if name == "resnet50" else (65 * MIB, 66 * MIB)
    row = traced(name)["row"]
    assert (allocated + missing[0], reserved + missing[1]) == (row["peak_allocated"], row["peak_reserved"])


class Bare(Ledger):
    """A ledger that lends nothing."""

    def lend(self, layer: str, convolved: object, purpose: int) -> None:
        self.mark(layer)


def lasting(events: list[tuple[int, int]]) -> list[int]:
    """The sizes of more than a MiB that are allocated for longer than until the next event, in their order."""
    following = [identity if not size else None for identity, size in [*events[1:], (0, 1)]]
    return [size for (identity, size), freed in zip(events, following, strict=True) if size > MIB and identity != freed]


@pytest.mark.parametrize("name", ["resnet50", "vgg16"])
def test_the_allocations_of_a_step_are_those_that_were_measured(name: str) -> None:
    """All but workspaces, in their order; what was measured had the same batch in both steps."""
    count, measured = 0, []
    for event in traced(name)["events"]:
        measured.append((count, event) if event > 0 else (-1 - event, 0))
        count += event > 0
    run = Run(batch=32, optimizer="momentum", weight_decay=1e-4, device=CARD)
    work_on_gpu = operations_of(work(name).network, "shared", cuda=True)
    ours = lasting(list(training_trace(Training(Tape(work_on_gpu, run), traced=True, kind=Bare))))
    batch = 32 * 224 * 224 * 3 * 4
    again = len(ours) - 1 - ours[::-1].index(batch)
    del ours[again]
    found = [size for size in lasting(measured) if size != 32 * MIB]
    assert found == [size for size in ours if size != 32 * MIB]


# -- runs of others on another card -------------------------------------------------------------------------------------

#: Training of timm's networks with momentum on an A100 (GPUMemNet, arXiv 2602.17817): MiB that `nvidia-smi` showed at
#: batch 32 and 128, with `cudnn.benchmark`, so with workspaces of any size.
RUNS = {
    "resnet50": (5229, 15169),
    "mobilenet_v2": (4535, 12721),
    "efficientnet_b0": (4969, 13987),
    "convnext_tiny": (5965, 16857),
    "vit_b_16": (6459, 17601),
    "resnext50_32x4d": (6115, 18563),
    "regnet_y_400mf": (3259, 7039),
    "inception_v3": (6437, 19387),
    "resnet18": (3291, 7269),
    "vgg16": (7507, 24761),
}
A100 = 40_510 * MIB


@pytest.mark.parametrize("name", RUNS)
def test_runs_that_ran_fit_and_took_no_less_than_the_lower_bound(name: str) -> None:
    """`nvidia-smi` showed the context of a process that had run others before: 3 % less than 1,750 MiB and the rest."""
    found = growth(name)
    for batch, used in zip((32, 128), RUNS[name], strict=True):
        bounds = found.bounds(batch, A100 - CONTEXT, found.reserved(batch))
        assert bounds.high <= A100 - CONTEXT
        assert bounds.low + CONTEXT <= 1.035 * used * MIB
