"""What each layer keeps for its backward pass, against 139 operations of torch; and what every answer must fulfil.

The numbers are measured (`tests/data/saved_tensors.json`): every storage that torch 2.13.0 keeps, once, parameters and
buffers left out. `saved_rows` draws each row as layers of the catalogue, or says why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import pytest
from building import build, volume
from saved_rows import DRAWN, NOT_OURS, ROWS, Drawing, Saved, answer, expected_held, held, layer, measured
from test_cases import CASES

from analyzer.engine.network import Network
from analyzer.layers import CATALOGUE, LOCAL, SHARED, Flow, Layer, Sharing
from analyzer.layers.operations import (
    AS_READ,
    FULL,
    FULL_ON_CPU,
    FULL_ON_CUDA,
    HALF,
    INDEX,
    INPLACE,
    INSIDE,
    LATE,
    LOGARITHM,
    NEW,
    NONE,
    OUT,
    OWN,
    PASSED,
    REDUCED,
    SCALAR,
    STATISTIC,
    SUMMED,
    VIEW,
    WIDEST,
    Array,
    Operation,
    Place,
)

#: Rows whose drawing is a network that is trained, from its inputs to its outputs.
WHOLE = [op for op, drawn in DRAWN.items() if drawn().part is None and drawn().training]


@pytest.mark.parametrize("op", DRAWN)
def test_row(op: str) -> None:
    """Which inputs are kept, whether the output is, what is made besides, and whether the output is a view."""
    sketch = DRAWN[op]()
    assert answer(sketch) == measured(ROWS[op], sketch)


@pytest.mark.parametrize("op", WHOLE)
def test_the_simulated_forward_pass_ends_with_it(op: str) -> None:
    """What is alive then is what the row keeps, each storage once, and what the last operation put out."""
    sketch = DRAWN[op]()
    assert held(sketch) == expected_held(ROWS[op], sketch)


def test_every_row_is_compared_or_listed() -> None:
    assert len(ROWS) == 139
    assert set(DRAWN) | set(NOT_OURS) == set(ROWS)
    assert len(DRAWN) + len(NOT_OURS) == 139


#: What the rows lack, of a float32 tensor 2 x 8 x 12 x 12 (9,216 bytes) unless a volume is given: the call, run in torch
#: 2.13.0 on a CPU under `saved_tensors_hooks`, and what it kept.
MORE: dict[str, tuple[Drawing, Saved]] = {
    # the mean and the deviation of 16 planes, and what is repeated for each sample: gamma, both running statistics
    "nn.InstanceNorm2d(8)": (layer("instance_norm"), Saved({"x": 9216}, 0, [64] * 2, False, 2304)),
    "nn.InstanceNorm2d(8, track_running_stats=True)": (
        layer("instance_norm", statistics=True),
        Saved({"x": 9216}, 0, [64] * 4, False, 2304),
    ),
    "nn.InstanceNorm2d(8, affine=True, track_running_stats=True)": (
        layer("instance_norm", affine=True, statistics=True),
        Saved({"x": 9216}, 0, [64] * 5, False, 2304),
    ),
    "nn.RMSNorm(12, elementwise_affine=False)": (
        layer("rms_norm", axes="width", affine=False),
        Saved({"x": 9216}, 0, [768], False, 2304),
    ),
    "nn.RMSNorm([8, 12, 12])": (layer("rms_norm", axes="volume"), Saved({"x": 9216}, 0, [8, 9216], False, 2304)),
    "nn.LocalResponseNorm(2)": (
        layer("local_response_norm", size=2),
        Saved({"x": 9216}, 0, [9216, 9216, 10368], False, 2304),
    ),
    "nn.Conv2d(8, 16, 3, padding=1, padding_mode='replicate')": (
        layer("conv", filters=16, kernel=3, padding=1, padding_mode="replicate"),
        Saved({"x": 9216}, 0, [12544], False, 4608),
    ),
    "nn.Conv2d(8, 16, 3, padding=1, padding_mode='circular')": (
        layer("conv", filters=16, kernel=3, padding=1, padding_mode="circular"),
        Saved({}, 0, [12544], False, 4608),
    ),
    "nn.Conv2d(8, 16, 2, padding='same')": (
        layer("conv", filters=16, kernel=2, padding="same"),
        Saved({}, 0, [10816], False, 4608),
    ),
    "functional.interpolate(x, size=24, mode='area')": (
        layer("resize", to=24, mode="area"),
        Saved({"x": 9216}, 0, [], False, 9216),
    ),
    "functional.interpolate(x, size=1, mode='area')": (
        layer("resize", to=1, mode="area"),
        Saved({}, 0, [], False, 16),
    ),
    "functional.interpolate(x, scale_factor=0.5, mode='area')": (
        layer("upsample", factor=0.5, mode="area"),
        Saved({"x": 9216}, 0, [], False, 576),
    ),
    "nn.AdaptiveAvgPool1d(3)": (layer("adaptive_avg_pool", "12x8", size=3), Saved({"x": 768}, 0, [], False, 48)),
    "nn.AdaptiveMaxPool1d(3)": (layer("adaptive_max_pool", "12x8", size=3), Saved({"x": 768}, 0, [384], False, 48)),
    "nn.AdaptiveMaxPool2d(1)": (layer("global_max_pool"), Saved({"x": 9216}, 0, [128], False, 16)),
    "nn.LPPool1d(2, 2)": (layer("lp_pool", "12x8", kernel=2), Saved({"x": 768}, 0, [384] * 4 + [768], False, 96)),
    "torch.cat([functional.adaptive_max_pool2d(x, n).flatten(1) for n in (1, 2, 4)], 1)": (
        layer("spatial_pyramid_pool"),
        Saved({"x": 9216}, 0, [128, 512, 2048], False, 336),
    ),
    "nn.SELU(inplace=True)": (layer("selu", inplace=True), Saved({"x": 9216}, 0, [], True, 2304)),
    "nn.CELU(inplace=True)": (layer("celu", inplace=True), Saved({"x": 9216}, 0, [], True, 2304)),
    "nn.Hardtanh(inplace=True)": (layer("hard_tanh", inplace=True), Saved({}, 0, [9216], True, 2304)),
    "x * 2.0": (layer("elementwise", op="multiply"), Saved({}, 0, [], False, 2304)),
    "x / 2.0": (layer("elementwise", op="divide"), Saved({}, 0, [], False, 2304)),
    "torch.remainder(x, 0.3)": (layer("elementwise", op="mod"), Saved({}, 0, [], False, 2304)),
    "x ** 3.0": (layer("elementwise", op="power"), Saved({"x": 9216}, 0, [], False, 2304)),
    "x.clamp(0.1, 0.9)": (layer("elementwise", op="clip"), Saved({"x": 9216}, 0, [], False, 2304)),
    "torch.exp(x)": (layer("elementwise", op="exp"), Saved({}, 9216, [], False, 2304)),
    "x.cumsum(1)": (layer("elementwise", op="cumsum"), Saved({}, 0, [], False, 2304)),
    "x.cumprod(1)": (layer("elementwise", op="cumprod"), Saved({"x": 9216}, 9216, [], False, 2304)),
    "x.sort(1).values": (layer("elementwise", op="sort"), Saved({}, 0, [18432], False, 2304)),
}

#: What a function of several volumes keeps in torch 2.13.0, measured as above: its reads, its output, bytes besides.
SEVERAL: list[tuple[str, int, list[int], list[tuple[int, int]]]] = [
    ("divide", 2, [0, 1], []),
    ("mod", 2, [0, 1], []),
    ("power", 2, [0, 1, OUT], []),
    ("add", 2, [], []),
    ("where", 3, [], [(256, 1)]),  # torch.where(c, x, y): the condition, of one byte each
    ("where", 2, [], [(256, 1)]),  # torch.where(c, x, 0.0)
    ("scatter", 2, [], []),  # x.scatter(0, index, y), where the index is a constant
    ("scatter", 3, [2], []),
]


@pytest.mark.parametrize(("op", "count", "keeps", "extras"), SEVERAL)
def test_what_a_function_of_several_keeps(op: str, count: int, keeps: list[int], extras: list[tuple[int, int]]) -> None:
    reads = [volume("8x8x4")] * count
    (operation,) = build("elementwise", {"op": op}).saved(Flow(reads, reads[0]), SHARED)
    assert list(operation.keeps) == keeps
    assert [(extra.size, extra.width) for extra in operation.extras] == extras


@pytest.mark.parametrize("call", MORE)
def test_more(call: str) -> None:
    drawn, kept = MORE[call]
    assert answer(drawn()) == kept


# -- in which operations a layer runs ---------------------------------------------------------------------------------

#: Reads, elements and place of each operation: of one sample, counted by hand.
RUNS: list[tuple[str, str, dict[str, object], list[tuple[tuple[int, ...], int, Place]]]] = [
    ("dense", "4x5x6", {"units": 7}, [((0,), 120, VIEW), ((1,), 7, OWN)]),  # nn.Flatten and nn.Linear
    ("dense", "120", {"units": 7}, [((0,), 7, OWN)]),  # a vector needs no view
    ("conv", "4x5x3", {"filters": 2, "kernel": 3, "padding": 1}, [((0,), 40, OWN)]),
    # nn.ZeroPad2d((0, 1, 0, 1)) pads before the layer, 5 x 6 x 3; in nn.Sequential its input is free when the layer runs
    (
        "conv", "4x5x3", {"filters": 2, "kernel": 2, "padding": [[0, 1], [0, 1]]},
        [((0,), 90, OWN), ((1,), 40, OWN)],
    ),
    # nn.Conv2d pads in its forward, which holds the input as its argument: 6 x 7 x 3
    (
        "conv", "4x5x3", {"filters": 2, "kernel": 3, "padding": 1, "padding_mode": "reflect"},
        [((0,), 126, OWN), ((1, 0), 40, OWN)],
    ),
    # torch 2.13.0 copies 4·5·3 values even where it repeats none, as tests/peers/test_torch_pairs.py 1039 1040 measures
    ("conv", "4x5x3", {"filters": 2, "kernel": 1, "padding_mode": "reflect"}, [((0,), 60, OWN), ((1, 0), 40, OWN)]),
    ("separable_conv", "4x5x3", {"filters": 2, "kernel": 3, "padding": 1}, [((0,), 60, OWN), ((1,), 40, OWN)]),
    (
        "separable_conv", "4x5x3", {"filters": 2, "kernel": 2, "padding": [[0, 1], [0, 1]]},
        [((0,), 90, OWN), ((1,), 60, OWN), ((2,), 40, OWN)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "text", "written", "expected"), RUNS)
def test_the_operations_of_a_layer(
    type_: str, text: str, written: dict[str, object], expected: list[tuple[tuple[int, ...], int, Place]]
) -> None:
    asked, read = build(type_, written), volume(text)
    operations = asked.saved(Flow([read], asked.output([read])), SHARED)
    assert [(tuple(one.reads), one.size, one.place) for one in operations] == expected
    assert [one.gradients[1:] for one in operations if len(one.reads) > 1] == [(NONE,)] * (len(expected[-1][0]) - 1)


#: Elements that the backward pass of each operation holds beside gradients: measured in torch 2.13.0 on a CPU, the most
#: that `torch.autograd.grad` holds of each operation less the gradients that it returns.
HELD: list[tuple[str, list[str], list[int]]] = [
    # mul: nothing; a gradient is as large as the output before it is summed over the axes that were broadcast
    ("multiply", ["8x8x4", "8x8x4"], [0]),
    ("multiply", ["8x8x4", "8x8x1"], [0]),
    ("multiply", ["8x8x4", "1x1x4", "8x8x1"], [0, 0]),
    # maximum: also a gradient, and two masks of a byte where a float has four
    ("maximum", ["8x8x4", "8x8x4"], [384]),
    # a sum hands its gradient on
    ("add", ["8x8x4", "8x8x1"], [0]),
    ("average", ["8x8x4", "8x8x1"], [0, 0]),
    # pow: grad·(exponent·self.pow(exponent − 1)), the power and its multiple; div: two quotients
    ("local_response_norm", ["8x8x4"], [0, 0, 0, 0, 0, 512, 512]),
]


@pytest.mark.parametrize(("type_", "texts", "expected"), HELD)
def test_what_a_backward_pass_holds_beside_gradients(type_: str, texts: list[str], expected: list[int]) -> None:
    asked = build(type_, {"inputs": [str(n) for n in range(len(texts))]} if len(texts) > 1 else {})
    reads = [volume(text) for text in texts]
    assert [one.transient for one in asked.saved(Flow(reads, asked.output(reads)), SHARED)] == expected


# -- what every answer fulfils ------------------------------------------------------------------------------------------

ANSWERED = [
    (type_, place) for type_, cases in CASES.items() for place, case in enumerate(cases) if "refused" not in case
]
SHARINGS: dict[str, Callable[[Layer], Sharing]] = {
    "shared": lambda _: SHARED,
    "local": lambda asked: LOCAL if asked.shares else SHARED,
    "declared": lambda layer: layer.declared_sharing,
}


@pytest.mark.parametrize("mode", SHARINGS)
@pytest.mark.parametrize(("type_", "place"), ANSWERED, ids=[f"{type_}-{place}" for type_, place in ANSWERED])
def test_every_answer_is_sound(type_: str, place: int, mode: str) -> None:
    """Over the case files: what is read, kept and put out hangs together, and the parameters are the layer's."""
    case = CASES[type_][place]
    texts = case["input"] if isinstance(case["input"], list) else [case["input"]]
    network = Network()
    sources = [network.enter(f"input{number}", volume(text)) for number, text in enumerate(texts)]
    flow = network.place("layer", build(type_, case.get("parameters")), sources).flow
    asked = network.nodes[0].layer
    sharing = SHARINGS[mode](asked)
    operations = asked.saved(flow, sharing)
    check_references(flow, operations)
    check_memory(flow, operations)
    counts = asked.parameters(flow, sharing)
    shapes = [shape for operation in operations for shape in operation.trained]
    assert all(size > 0 for shape in shapes for size in shape)
    assert sum(map(prod, shapes)) == counts.weights + counts.biases
    buffers = [buffer for operation in operations for buffer in operation.buffers]
    assert sum(buffer.size for buffer in buffers if buffer.width is None) == counts.buffers
    # the others count batches
    assert all((buffer.size, buffer.width) == (1, INDEX) for buffer in buffers if buffer.width is not None)
    assert not any(buffer.batched for buffer in buffers)


def check_references(flow: Flow, operations: Sequence[Operation]) -> None:
    """Everything refers to an input or to an earlier operation, and nothing is worked out that no one reads."""
    for place, operation in enumerate(operations, len(flow.inputs)):
        # parameters alone, repeated for each sample, or numbers that the network keeps
        assert operation.reads or operation.trained or operation.size == 0
        assert all(0 <= read < place for read in operation.reads)
        assert set(operation.keeps) <= {*operation.reads, OUT}
        assert len(set(operation.keeps)) == len(operation.keeps)
        assert len(operation.gradients) == len(operation.reads)
        assert set(operation.gradients) <= {NEW, PASSED, SUMMED, NONE, REDUCED, LATE}
        assert operation.precision in (AS_READ, FULL, FULL_ON_CPU, FULL_ON_CUDA, HALF, WIDEST)
    read = {read for operation in operations for read in operation.reads}
    assert read == set(range(len(flow.inputs) + len(operations) - 1))


def check_memory(flow: Flow, operations: Sequence[Operation]) -> None:
    """Views and gradients that are handed on lie in what is large enough; the last output is the layer's."""
    sizes = [volume.size for volume in flow.inputs]
    for operation in operations:
        assert operation.size > 0 or not operation.reads
        assert operation.transient >= 0 or operation.once > 0
        if operation.place == VIEW:
            assert operation.size <= sizes[operation.reads[0]]
        elif operation.place == INPLACE:
            assert operation.size == sizes[operation.reads[0]]
            assert operation.reads[0] not in operation.keeps  # it is overwritten
        else:
            assert operation.place in (OWN, INSIDE)
        assert all(
            sizes[read] <= operation.size
            for read, rule in zip(operation.reads, operation.gradients, strict=True)
            if rule == PASSED
        )
        for extra in operation.extras:
            assert extra.size > 0
            assert extra.width in (None, 1, STATISTIC, LOGARITHM, SCALAR, INDEX)
            assert extra.cuda in (None, 1, STATISTIC, LOGARITHM, SCALAR, INDEX)
        sizes.append(operation.size)
    assert sizes[-1] == (flow.output.size if flow.inputs else 0)


# -- what must not be forgotten: each of these mistakes turns rows red ---------------------------------------------------


def keep_a_copy_of_the_output(operation: Operation) -> None:
    """A tensor that another operation keeps as well, counted twice."""
    operation.keeps, operation.extras = (), (Array(operation.size),)


def put_it_out_beside_the_input(operation: Operation) -> None:
    """An output in place, counted as one of its own."""
    if operation.place == INPLACE:
        operation.place, operation.keeps = OWN, (*operation.reads, OUT)


def forget_extras(operation: Operation) -> None:
    """Places of a pool, statistics, masks, the copies that in-place operations take."""
    operation.extras = ()


def keep_the_input(operation: Operation) -> None:
    """The input kept, where it is the output."""
    if operation.place == OWN:
        operation.keeps = operation.reads[:1]


MISTAKES: list[tuple[str, Callable[[Operation], None], set[str]]] = [
    (
        "relu",
        keep_a_copy_of_the_output,
        {
            "ReLU", "ReLU_inplace", "conv-bn-relu(inplace)-conv", "conv-bn-relu-conv", "conv-relu-maxpool-conv",
            "AMP bf16 conv-bn-relu-conv",
        },
    ),
    ("relu", put_it_out_beside_the_input, {"ReLU_inplace", "conv-bn-relu(inplace)-conv"}),
    ("relu6", put_it_out_beside_the_input, {"ReLU6_inplace", "conv-bn-relu6(inplace)-conv"}),
    ("add", put_it_out_beside_the_input, {"add inplace (x += y)"}),
    (
        "max_pool",
        forget_extras,
        {"MaxPool2d", "MaxPool2d_k3s2p1", "MaxPool1d", "MaxPool3d", "conv-relu-maxpool-conv"},
    ),
    ("silu", forget_extras, {"SiLU_inplace", "conv-bn-silu(inplace)-conv"}),
    ("dropout", forget_extras, {"Dropout p=.5 train", "Dropout inplace", "AlphaDropout"}),
    (
        "batch_norm",
        forget_extras,
        {
            "BatchNorm2d train", "BatchNorm2d affine=False", "BatchNorm2d no running stats",
            "conv-bn-relu(inplace)-conv", "conv-bn-relu-conv", "conv-bn-silu(inplace)-conv",
            "conv-bn-relu6(inplace)-conv", "AMP bf16 BatchNorm2d on bf16 in", "AMP bf16 conv-bn-relu-conv",
        },
    ),
    ("relu", keep_the_input, {"ReLU", "conv-bn-relu-conv", "conv-relu-maxpool-conv", "AMP bf16 conv-bn-relu-conv"}),
    ("softmax", keep_the_input, {"Softmax", "AMP bf16 Softmax on bf16 in"}),
]  # fmt: skip


def red() -> set[str]:
    """The rows that are not exact, on the tape or at the end of the simulated forward pass."""
    differ = {op for op, drawn in DRAWN.items() if answer(drawn()) != measured(ROWS[op], drawn())}
    return differ | {op for op in WHOLE if held(DRAWN[op]()) != expected_held(ROWS[op], DRAWN[op]())}


@pytest.mark.parametrize(
    ("type_", "mistake", "rows"), MISTAKES, ids=[f"{type_}-{mistake.__name__}" for type_, mistake, _ in MISTAKES]
)
def test_a_mistake_turns_its_rows_red(
    monkeypatch: pytest.MonkeyPatch, type_: str, mistake: Callable[[Operation], None], rows: set[str]
) -> None:
    asked = CATALOGUE[type_].saved

    def mistaken(self: Layer, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        operations = asked(self, flow, sharing)
        for operation in operations:
            mistake(operation)
        return operations

    monkeypatch.setattr(CATALOGUE[type_], "saved", mistaken)
    assert red() == rows
