"""A replay says what the description placed again says, or that it is not sure."""

from __future__ import annotations

from pathlib import Path

import pytest
from loading import network

import analyzer
from analyzer.engine.network import Network
from analyzer.engine.sizes import resized
from analyzer.engine.sizing.replay import Replay
from analyzer.engine.sizing.trials import Trials
from analyzer.layers import CATALOGUE
from analyzer.loader.expand.expansion import expand
from analyzer.volume import Volume

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))


def sure(text: str, size: int) -> bool:
    """Whether a replay answers for a square of this size."""
    return sure_of(network(text), size)


def sure_of(placed: Network, size: int) -> bool:
    assert placed.again is not None
    again, entry = placed.again({}), placed.inputs[0]
    assert again is not None
    volume = resized(entry.output, range(entry.output.rank), size)
    return Replay(again).over({entry.name: volume}) is not None


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_answered_as_its_description_placed_again(path: Path) -> None:
    placed, problems = expand(analyzer.load(path))
    assert not problems
    assert placed.again is not None
    entry, trials = placed.inputs[0], Trials(placed)
    rank = entry.output.rank
    for axes in ([axis] for axis in range(rank)) if rank < 2 else ([0], [rank - 1], range(rank)):
        for size in (1, 3, 16, 31, 64, 190, 225):
            volumes = {entry.name: resized(entry.output, axes, size)}
            answer, other = trials.over(volumes), placed.again(volumes)
            assert (answer is None) == (other is None), (list(axes), size)
            if answer is not None and other is not None:
                assert [step.output for step in answer.steps] == [node.output for node in other.nodes]
                assert [node.name for node in answer.network.nodes] == [node.name for node in other.nodes]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_example_needs_an_expansion(path: Path) -> None:
    """ViT's `$(H*W)` and ResNet-CIFAR's `$(H//2)` are parameters of a layer, which is made anew."""
    placed, _ = expand(analyzer.load(path))
    if placed.inputs[0].output.rank:
        assert sure_of(placed, max(placed.inputs[0].output.spatial) + 16)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("- conv: {filters: $W, kernel: 3}", True),
        ("- conv: {filters: 2, kernel: [3, $H], padding: same}", True),
        ("- conv: {filters: 2, kernel: 3, act: $('relu' if H > 4 else 'tanh')}", False),
        ("- {relu: , when: $W > 4}", False),
        ("- {relu: , repeat: $H//4}", False),
        ("- B: {f: $W}", False),
        ("- {relu: , when: $D > 2}", True),  # 3 planes at any size
        ("- conv: {filters: $(2*i + 1), kernel: 3}", True),
    ],
)
def test_expressions_that_ask_for_sizes(items: str, expected: bool) -> None:
    text = "input: 8x8x3\nblocks: {B: {params: [f], layers: [conv: {filters: $f, kernel: 3}]}}\n"
    text += f"layers:\n  - conv: {{filters: 3, kernel: 1}}\n  {items}\n  - B: {{f: 1}}\n"
    assert sure(text, 9) is expected


def test_a_layer_is_made_anew_for_each_size() -> None:
    """A kernel of all columns, as in a text CNN: 9 columns become one, with 3·9·2 weights for each of 4 filters."""
    trials = Trials(network("input: 8x8x2\nlayers:\n  - conv: {filters: 4, kernel: [3, $W]}\n"))
    for width in (8, 9, 12):
        answer = trials.over({"input": Volume((8, width), 2)})
        assert answer is not None
        (step,) = answer.steps
        assert str(step.output) == "6x1x4"
        window = step.layer.window(Volume((8, width), 2))
        assert window is not None
        assert window.kernel == (3, width)


def test_expressions_that_ask_for_a_depth_that_changes() -> None:
    text = "input: 8x8x3\nlayers:\n  - flatten\n  - {dense: 3, when: $D > 100}\n"
    assert sure(text, 8)
    assert not sure(text, 9)  # 243 values in place of 192


def test_a_projection_that_is_not_placed_at_another_size() -> None:
    """A stride of 2 keeps a single cell: at 1×1 the body puts out what it reads, and no projection is placed."""
    text = """
    input: 8x8x4
    layers:
      - residual:
          body: [conv: {filters: 4, kernel: 3, stride: 2, padding: 1}]
          project: [conv: {filters: 4, kernel: 1, stride: 2}]
    """
    assert sure(text, 9)
    assert not sure(text, 1)
    placed = network(text)
    answer = Trials(placed).over({"input": Volume((1, 1), 4)})
    assert answer is not None
    assert [node.layer.type for node in answer.network.nodes] == ["conv", "add"]


def test_a_sum_that_only_a_structure_refuses() -> None:
    """`add` broadcasts an axis of one cell; a residual refuses it: 2 − 2 + 1 = 1 cell and 2 cells."""
    text = """
    input: 1x1x4
    layers:
      - residual: {body: [{conv: {filters: 4, kernel: 2, padding: same}}]}
      - residual: {body: [{max_pool: {kernel: 2, stride: 2, padding: same}}]}
    """
    placed = network(text)
    trials = Trials(placed)
    assert trials.over({"input": Volume((1, 1), 4)}) is not None
    assert trials.over({"input": Volume((2, 1), 4)}) is None


def test_tied_layers_are_placed_again() -> None:
    text = """
    input: 8x8x3
    layers:
      - {conv: {filters: 3, kernel: 3, padding: 1}, name: a}
      - {conv: {filters: 3, kernel: 3, padding: 1}, tied: a}
    """
    assert not sure(text, 9)
    assert Trials(network(text)).over({"input": Volume((9, 9), 3)}) is not None


def test_a_refusal_ends_the_steps() -> None:
    built = Network()
    image = built.enter("image", Volume((9, 9), 3))
    first = built.place("c1", CATALOGUE["conv"](filters=4, kernel=3, stride=2), [image])
    built.place("c2", CATALOGUE["conv"](filters=4, kernel=3, stride=2), [first])
    replay = Replay(built)
    steps = replay.over({"image": Volume((7, 7), 3)})
    assert steps is not None
    assert [str(step.output) for step in steps] == ["3x3x4", "1x1x4"]
    steps = replay.over({"image": Volume((6, 6), 3)})
    assert steps is not None
    assert [str(step.output) for step in steps] == ["2x2x4"]


def test_trials_end_when_they_have_cost_enough() -> None:
    trials = Trials(network("input: 8x8x3\nlayers: [relu]\n"), layers=18)
    assert trials.over({"input": Volume((9, 9), 3)}) is not None  # an expansion: 2·8 of 18
    assert not trials.ended
    assert trials.over({"input": Volume((7, 7), 3)}) is not None  # a replay: 2
    assert trials.ended
    trials.renew(2)
    assert not trials.ended
