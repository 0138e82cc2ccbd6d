"""What CUDA's kernels keep, make and take, against single operations measured on an H200 (tests/data/gpu/kernels.json).

Each operation is drawn as layers of the language. Its input needs a gradient too, as it did there.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.ledger import Ledger
from analyzer.engine.memory.loss import Loss
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.simulation import Simulation
from analyzer.engine.memory.sums import Buffer, resident
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.work import Work, operations_of
from analyzer.layers.operations import Sum
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse

DATA = Path(__file__).parents[2] / "data" / "gpu" / "kernels.json"

#: An operation on 64 planes of 56×56 as a layer. Group norm had 8 groups, the pools windows of 2.
PLANES = {
    "batch_norm": "batch_norm",
    "group_norm": "group_norm: 8",
    "instance_norm": "instance_norm: {affine: true}",
    "relu": "relu",
    "gelu": "gelu",
    "silu": "silu",
    "hardswish": "hard_swish",
    "max_pool": "max_pool: 2",
    "avg_pool": "avg_pool: 2",
    "adaptive": "adaptive_avg_pool: 7",
    "dropout": "dropout",
    "upsample": "upsample: 2",
    "lrn": "local_response_norm",
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    "prelu": "prelu: {per: depth}",
    "pixel_shuffle": "pixel_shuffle: 2",
}

#: An operation on tokens or steps as a layer, of its width and its units.
TOKENS = {
    "linear": "linear: {units: 4*WIDTH}",
    "layer_norm": "layer_norm",
    "mha": "multi_head_attention: {heads: WIDTH/64}",
    "lstm": "lstm: {units: UNITS, biases: 2}",
    "gru": "gru: {units: UNITS, biases: 2}",
    "rnn": "rnn: {units: UNITS, biases: 2}",
}


#: The rows of inference that were measured in training mode, without gradients: statistics of the batch, a mask.
IN_TRAINING_MODE = ("batch_norm", "dropout")

#: What the rows in channels_last have besides: a workspace of cuDNN (`batch_norm`), and a copy of the gradient in the
#: order of the input, since the input of a measurement is a leaf (`pixel_shuffle`).
BESIDES = {"batch_norm": (0, 1, 1), "pixel_shuffle": (0, 0, 1)}

#: Operations whose scratch memory is cuDNN's own business: only what they keep is compared.
OPAQUE = ("lstm", "gru", "rnn")


def by_hand(tokens: int, width: int) -> str:
    """An attention as a forward of its own has it: one product, three views, the kernel, and a product."""
    heads = width // 64
    parts = "\n".join(
        f"  - {{slice: {{axis: time, start: {part}, stop: {part + 1}}}, from: heads}}\n"
        f"  - {{reshape: {heads}x{tokens}x64, name: {name}}}"
        for part, name in enumerate(("query", "key", "value"))
    )
    return f"""\
input: {tokens}x{width}
layers:
  - linear: {3 * width}
  - reshape: {tokens}x3x{heads}x64
  - {{permute: [height, width, time, depth], name: heads}}
{parts}
  - {{attention: {{}}, from: [query, key, value]}}
  - permute: [width, height, depth]
  - reshape: {tokens}x{width}
  - linear: {width}
"""


def text_of(op: str, shape: list[int]) -> str:
    """The model of a row."""
    if op in PLANES:
        return f"input: {shape[2]}x{shape[2]}x{shape[1]}\nlayers: [{PLANES[op]}]\n"
    if op == "qkv_sdpa":
        return by_hand(*shape[1:])
    layer = TOKENS[op].replace("4*WIDTH", str(4 * shape[2])).replace("WIDTH/64", str(shape[2] // 64))
    return f"input: {shape[1]}x{shape[2]}\nlayers: [{layer.replace('UNITS', str(shape[-1]))}]\n"


ROWS: list[list[Any]] = json.loads(DATA.read_text(encoding="utf-8"))["rows"]


def run_of(mode: str, batch: int) -> Run:
    return Run(
        batch=batch,
        dtype="bfloat16" if mode.startswith("bf16") else "float32",
        autocast="bfloat16" if mode.startswith("amp") else None,
        loss="none",
        device="H200",
        layout="channels_last" if mode.endswith("_cl") else "channels_first",
    )


@cache
def work_of(text: str, *, cuda: bool = True) -> Work:
    model = parse(text, "model.yaml").model
    assert model is not None
    network, problems = expand(model)
    assert not problems
    return operations_of(network, "shared", cuda=cuda)


def inference(work: Work, run: Run) -> int:
    """The most alive in inference beside the input, the parameters and the output."""
    tape = Tape(work, run, training=False)
    peak = Inference(tape).peak
    return peak.transient + peak.saved - tape.value_bytes[tape.outputs[0]]


def training(work: Work, run: Run) -> tuple[int, int, int]:
    """What is kept, and the most alive in the forward and in the backward pass, as the rows have it."""
    tape = Tape(work, run)
    ledger = Ledger(base=0)
    loss = Loss(tape)
    simulation = Simulation(tape, loss, [True] * (tape.first + len(tape.steps)), ledger)
    out = tape.outputs[0]
    uses = simulation._uses(0, len(tape.steps))
    uses[tape.root[out]] = uses.get(tape.root[out], 0) + 1
    simulation._run(0, len(tape.steps), uses, saving=True)
    forward = ledger.peaks["forward"].bytes
    simulation._leave_autocast()
    kept = ledger.live
    simulation.backward()
    size = tape.value_bytes[out]
    return kept - size, forward - size, ledger.peaks["backward"].bytes - kept - size


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_row(row: list[Any]) -> None:
    """To the byte. Where a forward names its results (`qkv_sdpa`), Python keeps them: inference is not compared."""
    op, mode, shape, out, in_inference, *in_training = row
    work, run = work_of(text_of(op, shape)), run_of(mode, shape[0])
    tape = Tape(work, run)
    assert tape.value_bytes[tape.outputs[0]] == out
    besides = (0, 1, 1) if op in OPAQUE else BESIDES.get(op, (0, 0, 0)) if mode.endswith("_cl") else (0, 0, 0)
    for ours, theirs, more in zip(training(work, run), in_training, besides, strict=True):
        assert ours < theirs if more else ours == theirs
    if op not in (*IN_TRAINING_MODE, *OPAQUE, "qkv_sdpa"):
        assert inference(work, run) == in_inference


def test_every_operation_is_compared() -> None:
    assert {row[0] for row in ROWS} == {*PLANES, *TOKENS, "qkv_sdpa"}
    assert len(ROWS) == 147


@pytest.mark.parametrize(
    ("sum", "batch", "processors", "bytes"),
    [
        # 197 rows: W = 32, H = 4, 197 ≥ 64, ⌈197/4⌉ = 50 values a thread, fewer than 256
        (Sum(3072, 197), 1, 132, 0),
        # ⌈1576/4⌉ = 394; grid 3072/4/32 = 24; min(⌈2112/24⌉, ⌈394/16⌉) = 25 blocks: 4·3072·25·128 + 4·24
        (Sum(3072, 197), 8, 132, 39_321_696),
        # on 40 processors 640 blocks run at once: min(⌈640/24⌉, 99) = 27, so 4·3072·27·128 + 4·24
        (Sum(3072, 197), 32, 40, 42_467_424),
        # an odd number of columns, one a thread: W = 32, H = 16, ⌈4096/16⌉ = 256; grid 32; min(⌈528/32⌉, 16) = 16
        (Sum(1001, 128), 32, 132, 4 * 1001 * 16 * 32 + 4 * 32),
        # the elements of a column side by side: W = 32, H = 16, ⌈50176/512⌉ = 98 values, fewer than 256
        (Sum(64, 3136, beside=False), 16, 132, 0),
        # 64 images of 224×224: ⌈3211264/512⌉ = 6272; grid 64; min(⌈528/64⌉, 392) = 9, but ⌈6272/256⌉ = 25
        (Sum(64, 50176, beside=False), 64, 132, 4 * 64 * 25 + 4 * 64),
    ],
)
def test_a_sum(sum: Sum, batch: int, processors: int, bytes: int) -> None:
    """Calculated by hand from `setReduceConfig`."""
    assert Buffer(sum, processors, 2048).bytes(batch) == bytes


def test_a_sum_on_a_card() -> None:
    """The multiprocessors and their threads decide: T4 has 40 of 1,024, so 320 blocks of 128 threads run at once.

    768 columns are a grid of 6 blocks: min(⌈320/6⌉, ⌈394/16⌉) = 25, as on an H200. 3,072 are one of 24: min(⌈320/24⌉,
    25) = 14. A sum of 32-bit numbers takes 4·3072·14·128 + 4·24 bytes.
    """
    assert [resident(compute) for compute in ((7, 5), (8, 0), (8, 6), (9, 0))] == [1024, 2048, 1536, 2048]
    assert Buffer(Sum(768, 197), 40, 1024).bytes(8) == Buffer(Sum(768, 197), 132, 2048).bytes(8)
    work = work_of(text_of("linear", [8, 197, 768]))
    (summed,) = {step.summed for step in Tape(work, run_of("fp32", 8).but(device="T4")).steps} - {None}
    assert summed.bytes(8) == 4 * 3072 * 14 * 128 + 4 * 24


def test_kernels_of_16_bits_need_ampere() -> None:
    """A T4 has no flash attention: the memory-efficient kernel pads 197 logarithms of each of 12 heads to 224."""
    work = work_of(text_of("mha", [8, 197, 768]))
    kept = [step.extras for step in Tape(work, run_of("amp_bf16", 8).but(device="T4")).steps if step.extras]
    assert kept == [[8 * 12 * 224 * 4]]


#: The bits of what a layer puts out behind a convolution under autocast: on CUDA by the lists of torch 2.11,
#: ATen/autocast_mode.h, on a CPU as before.
BITS = [
    ("layer_norm", 32, 16),
    ("group_norm: 8", 32, 16),
    ("softmax", 32, 16),
    ("log_softmax", 32, 16),
    ("softplus", 32, 16),
    ("upsample: 2", 32, 16),
    ("resize: {to: 5, mode: bilinear}", 32, 16),
    ("resize: {to: 5, mode: area}", 16, 16),
    ("local_response_norm", 32, 32),
    ("reduce: {op: sum}", 32, 16),
    ("reduce: {op: l2}", 32, 16),
    ("reduce: {op: variance}", 16, 16),
    ("mean: depth", 16, 16),
    ("elementwise: exp", 32, 16),
    ("elementwise: power", 32, 16),
    ("elementwise: sqrt", 16, 16),
    ("batch_norm", 16, 16),
    ("gelu", 16, 16),
    ("silu", 16, 16),
    ("sigmoid", 16, 16),
    ("prelu", 16, 16),
    ("max_pool: 2", 16, 16),
    ("avg_pool: 2", 16, 16),
    ("conv: {filters: 8, kernel: 1}", 16, 16),
    ("linear: 8", 16, 16),
    ("multi_head_attention: 2", 16, 16),
]


@pytest.mark.parametrize(("layer", "on_cuda", "on_cpu"), BITS, ids=[layer for layer, _, _ in BITS])
def test_autocast(layer: str, on_cuda: int, on_cpu: int) -> None:
    text = f"input: 8x8x3\nlayers:\n  - conv: {{filters: 16, kernel: 3}}\n  - {layer}\n"
    for device, bits in (("H200", on_cuda), (None, on_cpu)):
        tape = Tape(work_of(text, cuda=device is not None), Run(autocast="bfloat16", device=device))
        assert tape.value_bits[tape.outputs[0]] == bits


def test_layer_norm_copies_what_lies_otherwise() -> None:
    """torch 2.11, layer_norm_kernel.cu: `input.expect_contiguous()`, forward and backward; a copy that is not kept.

    A convolution puts out 2×16×8×8 numbers, 8,192 bytes, with the planes first. Behind it are the output, 128 means and
    deviations (1,024 bytes) and the copy; backwards the gradient of the input, those of gamma and beta (128 bytes) and
    the copy. What a linear layer puts out is not copied.
    """
    text = "input: 8x8x3\nlayers:\n  - conv: {filters: 16, kernel: 1, bias: false}\n  - layer_norm\n"
    assert training(work_of(text), run_of("fp32", 2))[1:] == (8192 + 1024 + 8192, 8192 + 128 + 8192)
    text = "input: 64x16\nlayers: [linear: {units: 16, bias: false}, layer_norm]\n"
    assert training(work_of(text), run_of("fp32", 2))[1:] == (8192 + 1024, 8192 + 128)


def test_a_convolution_lies_as_what_it_reads() -> None:
    """ConvNeXt's convolutions read what a layer norm put out, whose planes lie last: cuDNN copies nothing then.

    cudnn_conv_suggest_memory_format of torch 2.11 (ATen/native/ConvUtils.h): by the input or by the weights. Cards
    before Ampere have no TF32.
    """
    text = (
        "input: 8x8x3\nlayers:\n  - conv: {filters: 16, kernel: 3}\n  - layer_norm\n  - conv: {filters: 8, kernel: 2}\n"
    )
    for device, layout, last, tf32 in (
        ("H200", "channels_first", [False, True], True),
        ("H200", "channels_last", [True, True], True),
        ("V100-32GB", "channels_first", [False, True], False),
    ):
        tape = Tape(work_of(text), Run(device=device, layout=layout))
        found = [step.convolved for step in tape.steps if step.convolved is not None]
        assert [(one.last, one.tf32) for one in found] == [(each, tf32) for each in last]
