"""Views, copies of what does not lie in order, and what is kept of them, as a real step of torch 2.13.0 on a CPU has it.

Every number is read from torch's profiler by `memory_torch.train_real` (tests/peers), plain SGD in a loop:
`python tests/peers/measured.py FILE BATCH` prints it for a file.
"""

from __future__ import annotations

import pytest

from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.strides import dense, depth_last, elementwise, in_order, strided, viewed
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import operations_of
from analyzer.engine.network import Network
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse

CROPPED_SKIP = """\
input: 128x128x3
layers:
  - conv: {filters: 32, kernel: 3, padding: same}
    name: a
  - avg_pool: 4
  - conv: {filters: 8, kernel: 3}
  - conv_transpose: {filters: 8, kernel: 2, stride: 2}
  - conv_transpose: {filters: 8, kernel: 2, stride: 2}
  - concat: {inputs: [prev, a], crop: center}
  - conv: {filters: 4, kernel: 1}
"""
CROP_LAYER = """\
input: 64x64x8
layers:
  - conv: {filters: 64, kernel: 1}
  - crop: 8
  - conv: {filters: 4, kernel: 1}
"""
TIED_STEPS = """\
input: 64
layers:
  - linear: 64
    name: first
  - linear: 64
    tied: first
    repeat: 5
"""
NARROW_ATTENTION = """\
input: 32x32x64
layers:
  - residual:
      body:
        - multi_head_attention: {heads: 1, key_depth: 8, value_depth: 32, bias: false}
        - scale: {per: layer}
"""

TWO_WAYS = """\
input: 40x29
layers:
  - gru: {units: 29, layers: 5, bidirectional: true, biases: 2}
  - linear: 5
"""

#: A file, its batch, the bytes saved after the forward pass, and the peak of the backward pass.
MEASURED = {
    "a skip cropped on both axes": (CROPPED_SKIP, 2, 10_274_056, 18_579_592),
    "a crop as a layer": (CROP_LAYER, 2, 2_244_616, 4_047_144),
    "a layer used six times": (TIED_STEPS, 4, 7_176, 72_232),
    "a GRU of five layers in both directions": (TWO_WAYS, 2, 764_168, 1_093_384),
    "keys narrower than values": (NARROW_ATTENTION, 2, 12_189_704, 28_225_552),
}


def network_of(text: str) -> Network:
    model = parse(text, "model.yaml").model
    assert model is not None
    return expand(model)[0]


@pytest.mark.parametrize("case", MEASURED)
def test_as_torch_has_it(case: str) -> None:
    text, batch, saved, backward = MEASURED[case]
    run = Run(batch=batch, optimizer="sgd", step="loop")
    training = Training(Tape(operations_of(network_of(text), "declared"), run))
    assert training.saved == saved
    assert training.ledger.peaks["backward"].bytes == backward


def test_places_of_a_pool_with_one_axis_exist_at_inference_on_cuda_only() -> None:
    """8 samples of 4x6: outputs of 4·3 numbers, and their places, 8 bytes each."""
    network = network_of("input: 6x4\nlayers: [max_pool: 2]\n")
    peaks = [
        Inference(Tape(operations_of(network, "shared", cuda=cuda), Run(batch=8, device=device), training=False)).peak
        for cuda, device in ((False, None), (True, "24GiB"))
    ]
    assert peaks[1].saved - peaks[0].saved == 8 * 4 * 3 * 8


def test_a_matrix_of_attention_is_kept_on_the_cpu_only() -> None:
    """2 samples, 1,024 x 1,024 weights of 4 bytes, and on CUDA a logarithm for each row in their place."""
    network = network_of(NARROW_ATTENTION)
    run = Run(batch=2, optimizer="sgd")
    cpu = Training(Tape(operations_of(network, "declared"), run)).saved
    cuda = Training(Tape(operations_of(network, "declared", cuda=True), run.but(device="24GiB"))).saved
    assert cpu - cuda == 2 * 1024 * (1024 - 1) * 4


@pytest.mark.parametrize(
    ("shape", "strides", "ordered", "gapless"),
    [
        ((2, 3, 4), (12, 4, 1), True, True),
        ((2, 3, 4), (12, 1, 3), False, True),
        ((2, 3, 4), (24, 4, 1), False, False),
        ((1, 3, 4), (99, 4, 1), True, True),  # the stride of an axis of one cell says nothing
    ],
)
def test_order_and_gaps(shape: tuple[int, ...], strides: tuple[int, ...], ordered: bool, gapless: bool) -> None:
    """torch.Tensor.is_contiguous; torch.empty_strided of these."""
    assert in_order(shape, strides) is ordered
    assert dense(shape, strides) is gapless


def test_strides_of_views_and_of_what_elementwise_kernels_make() -> None:
    """Each as torch 2.13.0 gives it: Tensor.view, torch.abs, and a sum."""
    assert viewed((2, 3, 4), (12, 4, 1), (6, 4)) == (4, 1)
    assert viewed((2, 3, 4), (24, 4, 1), (2, 12)) == (24, 1)
    assert viewed((2, 3, 4), (24, 4, 1), (6, 4)) is None
    assert viewed((2, 3, 4), (12, 1, 3), (2, 12)) is None
    assert elementwise((2, 3, 4), [((2, 3, 4), (24, 1, 3))]) == (12, 1, 3)
    assert elementwise((2, 3, 4), [((2, 3, 4), (12, 4, 1)), ((2, 3, 4), (12, 1, 3))]) == strided((2, 3, 4))
    assert depth_last((2, 3, 4, 5), (60, 1, 15, 3))
    assert not depth_last((2, 3, 4, 5), (60, 20, 5, 1))
