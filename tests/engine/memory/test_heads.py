"""What no gradient reaches: heads that are no output, frozen layers in front, and a ledger's phases, by hand."""

from __future__ import annotations

import pytest

import analyzer
from analyzer.engine.memory.ledger import Ledger
from analyzer.engine.memory.loss import Loss
from analyzer.engine.memory.segments import segments
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import operations_of

HEADS = """\
input: 10
layers:
  - dense: 20
    name: body
  - dense: 3
    name: aside
  - relu
  - dense: 4
    from: body
    name: score
outputs: [score]
"""


def tape(text: str, **settings: object) -> Tape:
    return Tape(operations_of(analyzer.analyze(text).network, "shared"), Run(**settings))  # type: ignore[arg-type]


def test_a_head_that_is_no_output_has_no_gradients() -> None:
    """body 10·20 + 20, aside 20·3 + 3, score 20·4 + 4: the loss depends on the first and the last."""
    training = Training(tape(HEADS, optimizer="momentum"))
    assert training.parameters == 4 * (220 + 63 + 84)
    assert training.gradients == training.optimizer == 4 * (220 + 84)


def test_a_head_that_is_no_output_has_no_gradients_where_it_runs_last_either() -> None:
    """The outputs begin the backward pass, since there is no loss; aside and the activation behind it run after them."""
    aside, score = HEADS.index("  - dense: 3"), HEADS.index("  - dense: 4")
    body, outputs = HEADS[:aside], "outputs: [score]\n"
    last = HEADS[aside:score].replace("name: aside", "from: body\n    name: aside")
    training = Training(tape(body + HEADS[score:].removesuffix(outputs) + last + outputs, loss="none"))
    assert training.parameters == 4 * (220 + 63 + 84)
    assert training.gradients == 4 * (220 + 84)


def test_both_heads_are_outputs_unless_some_are_named() -> None:
    training = Training(tape(HEADS.replace("outputs: [score]\n", "")))
    assert training.gradients == 4 * (220 + 63 + 84)


@pytest.mark.parametrize(
    ("frozen", "gradients"), [("body", 63 + 84), ("aside", 220 + 84), ("score", 220 + 63)]
)  # fmt: skip
def test_a_frozen_layer_has_no_gradients_and_those_before_it_have(frozen: str, gradients: int) -> None:
    text = HEADS.replace("outputs: [score]\n", "").replace(f"name: {frozen}\n", f"name: {frozen}\n    frozen: true\n")
    assert Training(tape(text)).gradients == 4 * gradients


def test_a_loss_is_in_no_segment() -> None:
    """Four layers in two stretches; the steps that the loss adds are behind them."""
    laid = tape("input: 4\nlayers: [dense: 4, dense: 4, dense: 4, dense: 4]\n", checkpoint="sqrt")
    Loss(laid)
    assert len(laid.steps) > 4
    assert segments(laid) == [(0, 2), (2, 4)]


def test_a_squared_error_by_hand() -> None:
    """Two samples of 4 outputs: targets as large as the outputs, one number as the loss."""
    laid = tape("input: 3\nlayers: [dense: 4]\n", batch=2, loss="mse", dtype="float64")
    loss = Loss(laid)
    assert loss.targets == 2 * 4 * 8
    assert [step.bytes for step in laid.steps[1:]] == [8]


def test_cross_entropy_by_hand() -> None:
    """Two samples of 4 classes: an int64 each, logarithms as large as the outputs, the loss and the weight's sum."""
    laid = tape("input: 3\nlayers: [dense: 4]\n", batch=2, dtype="float64")
    loss = Loss(laid)
    assert loss.targets == 2 * 8
    assert [step.bytes for step in laid.steps[1:]] == [2 * 4 * 8, 8]
    assert list(laid.steps[2].extras) == [8]


def test_losses_of_several_outputs_are_added() -> None:
    laid = tape(HEADS.replace("outputs: [score]\n", ""), loss="mse")
    loss = Loss(laid)
    assert loss.steps == 3
    assert [step.bytes for step in laid.steps[-3:]] == [4, 4, 4]
    assert loss.targets == 4 * (3 + 4)


def test_no_loss_begins_at_the_outputs() -> None:
    laid = tape(HEADS, loss="none")
    loss = Loss(laid)
    assert (loss.steps, loss.targets, loss.value) == (0, 0, None)
    assert list(loss.starts) == list(laid.outputs)


def test_a_phase_has_a_peak_even_where_nothing_is_alive() -> None:
    ledger = Ledger(0)
    ledger.mark("a")
    ledger.begin("step")
    ledger.mark("b")
    assert [(peak.phase, peak.layer, peak.bytes) for peak in ledger.peaks.values()] == [
        ("forward", "a", 0),
        ("step", "b", 0),
    ]
    assert ledger.peak.layer == "a"


def test_a_ledger_says_what_its_bytes_are() -> None:
    ledger = Ledger(100, timed=True)
    first, second = ledger.new(8), ledger.new(4, 2)
    ledger.keep(first)
    ledger.gradients += 4
    ledger.mark("a")
    assert [(mark.live, mark.saved, mark.gradients) for mark in ledger.timeline or ()] == [(112, 8, 4)]
    peak = ledger.peak
    assert (peak.bytes, peak.saved, peak.gradients, peak.transient) == (112, 8, 4, 0)
    ledger.keep(first)
    assert ledger.saved == 8  # twice needed, once there
    ledger.release(first)
    assert (ledger.saved, ledger.live) == (8, 112)
    ledger.release(first)
    ledger.drop(first)
    ledger.drop(second)
    assert (ledger.saved, ledger.live, ledger.left) == (0, 104, [second])
    ledger.drop(second)
    assert (ledger.live, ledger.left) == (100, [])
    assert ledger.live + ledger.sizes[ledger.outside()] == 100


def test_autocast_copies_weights_for_the_backward_pass_and_biases_until_the_forward_pass_ends() -> None:
    """10·20 weights and 20 biases, 2 bytes each, at the step that multiplies; the relu casts nothing."""
    laid = tape("input: 10\nlayers: [dense: 20, relu]\n", autocast="bfloat16")
    (step,) = (step for step in laid.steps if step.parameters)
    assert (step.copies, step.passing, step.bytes) == ([400], [40], 40)
    assert all(not other.copies and not other.passing for other in laid.steps if other is not step)


def backward_of(text: str, **settings: object) -> tuple[Training, list[tuple[str, int]]]:
    """A step of SGD without a loss, and the bytes beside its base at each moment of its backward pass."""
    training = Training(tape(text, loss="none", optimizer="sgd", **settings), timed=True)
    ledger = training.ledger
    return training, [
        (mark.layer, mark.live - ledger.base) for mark in ledger.timeline or () if mark.phase == "backward"
    ]


def test_a_gradient_in_16_bits_is_cast_to_the_format_of_its_parameter_and_freed() -> None:
    """Two samples, 50 weights and 5 biases: the output and its gradient have 20 bytes each.

    The copies of the input (40) and the weights (100) are freed once the gradients, 100 and 10, are made. In float32
    these have 200 and 20 bytes; each is alive beside the one that it is cast from.
    """
    training, backward = backward_of("input: 10\nlayers: [dense: 5]\n", batch=2, autocast="bfloat16")
    assert [live for _, live in backward] == [
        20 + 20 + 140 + 110,
        20 + 20 + 110 + 200,
        20 + 20 + 200 + 10 + 20,
    ]
    assert training.ledger.live - training.ledger.base == 20 + 220


@pytest.mark.parametrize("in_place", [True, False])
def test_a_second_gradient_is_added_into_the_first(in_place: bool) -> None:
    """100 samples: the relu has 40,000 bytes, a and b 4,000 each; a and b have 1,010 parameters each, 4,040 bytes.

    The outputs and their gradients, 16,000, stay. At a there are two gradients of the relu, at the join a third where
    they are not added in place.
    """
    text = """\
input: 1
layers:
  - dense: 100
    name: first
  - relu: {inplace: false}
    name: relu
  - dense: 10
    name: a
  - dense: 10
    name: b
    from: relu
"""
    _, backward = backward_of(text, batch=100, in_place_joins=in_place)
    at_a = 16_000 + 40_000 + 2 * 40_000 + 2 * 4_040
    assert backward == [
        ("b", 16_000 + 40_000 + 40_000 + 4_040),
        ("a", at_a),
        *([] if in_place else [("a", at_a + 40_000)]),
        ("relu", at_a),  # the sum, and the gradient of what the relu reads
        ("first", 16_000 + 40_000 + 2 * 4_040 + 800),
    ]


def test_a_gradient_that_has_another_owner_is_not_added_into() -> None:
    """100 samples of 10, 4,000 bytes a value; 440 of gradients for each dense layer.

    The sum passes its own gradient on to the relu and to a. The output's caller owns it too, so the join is a third
    tensor beside it and the gradient that a makes.
    """
    text = """\
input: 10
layers:
  - dense: 10
    name: first
  - relu: {inplace: false}
    name: relu
  - dense: 10
    name: a
  - add: [relu, a]
    name: sum
"""
    _, backward = backward_of(text, batch=100)
    assert backward == [
        ("sum", 4_000 + 4_000 + 4_000),  # the output, its gradient, and the relu's output, which is saved
        ("a", 12_000 + 4_000 + 440),
        ("a", 12_000 + 2 * 4_000 + 440),
        ("relu", 12_000 + 2 * 4_000 + 440),
        ("first", 8_000 + 4_000 + 2 * 440),
    ]
