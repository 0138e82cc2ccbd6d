"""The trace that an allocator replays: what is freed was allocated, and what is alive adds up to the ledger's numbers."""

from __future__ import annotations

import pytest
from test_random_networks import ROWS, label, network_of

import analyzer
from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.trace import inference_trace, training_trace
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import operations_of

SOME = ROWS[:72:6]


def walked(events: list[tuple[int, int]]) -> tuple[dict[int, int], list[int]]:
    """What is alive at the end, and the bytes alive after each event; refuses what no allocator could do."""
    alive: dict[int, int] = {}
    sums = []
    total = 0
    for storage, size in events:
        if size:
            assert storage not in alive, "a storage that is alive is allocated again"
            alive[storage] = size
            total += size
        else:
            total -= alive.pop(storage)
        sums.append(total)
    return alive, sums


@pytest.mark.parametrize("row", SOME, ids=label)
def test_two_training_steps(row: dict[str, object]) -> None:
    """Both steps are alike but for the optimizer's state; the first batch is freed once the second is there."""
    work, run = operations_of(network_of(row), "shared"), Run(**row["run"])  # type: ignore[arg-type]
    training = Training(Tape(work, run), traced=True)
    tape = Tape(work, run)
    events = list(training_trace(training))
    alive, sums = walked(events)
    assert sum(alive.values()) == training.parameters + training.buffers + training.optimizer + training.input
    last = max(place for place, (storage, size) in enumerate(events) if storage < 0 and size)
    count = len([size for size in (*tape.inputs, training.input - sum(tape.inputs)) if size])
    given, freed = events[last + 1 - count : last + 1], events[last + 1 : last + 1 + count]
    assert sum(size for _, size in given) == training.input
    assert [size for _, size in freed] == [0] * count
    assert {storage for storage, _ in given}.isdisjoint(storage for storage, _ in freed)
    second = last + count - 1
    assert max(sums[second + 1 :]) == training.ledger.peak.bytes
    states = [size for storage, size in events[: second + 1] if storage in alive and storage >= 0]
    assert sorted(states) == sorted(size for size in training.state if size)


@pytest.mark.parametrize("row", SOME, ids=label)
def test_inference(row: dict[str, object]) -> None:
    """Parameters, buffers and the input stay; the most alive is the eager peak; outputs are alive at the end."""
    work = operations_of(network_of(row), "shared")
    tape = Tape(work, Run(batch=3), training=False)
    alive, sums = walked(list(inference_trace(tape)))
    eager = Inference(tape, eager=True)
    assert max(sums) == eager.peak.bytes
    assert sum(size for storage, size in alive.items() if storage < 0) == eager.parameters + eager.buffers + eager.input
    assert eager.peak.bytes >= Inference(tape).peak.bytes


def test_static_tensors_come_layer_by_layer() -> None:
    """Weights and biases, then the buffers of their layer, then the next layer."""
    row = next(row for row in ROWS if [layer["type"] for layer in row["layers"][:2]] == ["conv", "batch_norm"])
    network = network_of(row)
    conv, norm = network.nodes[:2]
    depth = conv.output.depth
    tape = Tape(operations_of(network, "shared"), Run())
    weights = 4 * 9 * network.inputs[0].output.depth * depth
    assert tape.static[:4] == [weights, 4 * depth, 4 * depth, 4 * depth]
    assert tape.static[4] == 2 * 4 * depth or tape.static[4:6] == [4 * depth, 4 * depth], norm.name
    assert sum(tape.static) == sum(size for size, _ in tape.parameters) + sum(tape.buffers)


def test_every_input_has_a_storage_of_its_own() -> None:
    """6·6·1 and 3·3·2 numbers of 4 bytes, behind the parameters."""
    text = "inputs: {image: 6x6x1, mask: 3x3x2}\nlayers: [{conv: {filters: 2, kernel: 3}}, relu]\n"
    tape = Tape(operations_of(analyzer.analyze(text).network, "shared"), Run(), training=False)
    events = list(inference_trace(tape))
    walked(events)
    assert events[:4] == [(-1, 4 * 18), (-2, 4 * 2), (-3, 4 * 36), (-4, 4 * 18)]
