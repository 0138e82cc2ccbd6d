"""Each layer type of Caffe against the function of its source that is named, calculated by hand; inputs, phases, ties."""

from __future__ import annotations

import pytest

from analyzer.settings import SettingError
from tests.loader.formats.of_caffe.reading import analysis, data, layer, sheet

CONV = "convolution_param { num_output: 8 kernel_size: 3 %s }"
IMAGE = data(4, 10, 12)


def conv(more: str = "") -> str:
    return layer("l", "Convolution", "data", CONV % more)


def pool(more: str) -> str:
    return layer("l", "Pooling", "data", f"pooling_param {{ {more} }}")


# The last row's volume and the parameters and buffers of the network. Volumes have the depth last: 10×12 of 4 channels.
@pytest.mark.parametrize(
    ("text", "volume", "parameters", "buffers"),
    [
        # base_conv_layer.cpp: (10 + 2·P − (D·(F − 1) + 1))/S + 1; (9·4 + 1)·8 parameters
        (conv(), "8x10x8", 296, 0),
        (conv("pad: 1 stride: 2"), "5x6x8", 296, 0),
        (conv("dilation: 2"), "6x8x8", 296, 0),
        (conv("hole: 2"), "6x8x8", 296, 0),  # of DeepLab
        (conv("bias_term: false"), "8x10x8", 288, 0),
        (conv("group: 2"), "8x10x8", 9 * 2 * 8 + 8, 0),
        (conv("group: 4"), "8x10x8", 9 * 8 + 8, 0),
        (conv("pad_h: 1 pad_w: 0 stride_h: 1 stride_w: 3"), "10x4x8", 296, 0),
        (conv("pad: [1, 0] stride: [1, 3] force_nd_im2col: true engine: CAFFE"), "10x4x8", 296, 0),
        (layer("l", "Convolution", "data", "convolution_param { num_output: 8 kernel_h: 1 kernel_w: 7 }"), "10x6x8", (7 * 4 + 1) * 8, 0),
        (layer("l", "Convolution", "data", "convolution_param { num_output: 8 kernel_size: 5 kernel_size: 3 }"), "6x10x8", (15 * 4 + 1) * 8, 0),
        (layer("l", "Convolution", "data", "convolution_param { num_output: 8 kernel_size: 3 axis: -3 }"), "8x10x8", 296, 0),
        (layer("l", "DepthwiseConvolution", "data", "convolution_param { num_output: 4 kernel_size: 3 group: 4 }"), "8x10x4", 40, 0),
        (layer("l", "ConvolutionDepthwise", "data", "convolution_param { num_output: 4 kernel_size: 3 bias_term: false }"), "8x10x4", 36, 0),
        # deconv_layer.cpp: 2·9 + 4 − 2 = 20, 2·11 + 4 − 2 = 24; weights are channels × filters of a group × 4·4
        (layer("l", "Deconvolution", "data", "convolution_param { num_output: 8 kernel_size: 4 stride: 2 pad: 1 }"), "20x24x8", 16 * 4 * 8 + 8, 0),
        (layer("l", "Deconvolution", "data", "convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 group: 4 bias_term: false }"), "20x24x4", 64, 0),
        # pooling_layer.cpp: ⌈(10 − 3)/2⌉ + 1 = 5, ⌈(12 − 3)/2⌉ + 1 = 6
        (pool("kernel_size: 3 stride: 2"), "5x6x4", 0, 0),
        (pool("pool: AVE kernel_size: 3 stride: 2"), "5x6x4", 0, 0),
        (pool("pool: STOCHASTIC kernel_size: 3 stride: 2"), "5x6x4", 0, 0),
        (pool("pool: 1 kernel_size: 3 stride: 2"), "5x6x4", 0, 0),
        (pool("kernel_size: 3 stride: 2 round_mode: FLOOR"), "4x5x4", 0, 0),
        (pool("kernel_size: 3 stride: 2 ceil_mode: false"), "4x5x4", 0, 0),
        (pool("kernel_size: 3"), "8x10x4", 0, 0),
        # ⌈(10 + 2 − 2)/2⌉ + 1 = 6, whose last begins at 10 < 10 + 1; ⌈(12 + 2 − 2)/2⌉ + 1 = 7 at 12 < 13
        (pool("kernel_size: 2 stride: 2 pad: 1"), "6x7x4", 0, 0),
        # ⌈(10 + 2 − 2)/3⌉ + 1 = 5 begins at 12 ≥ 11: left out; ⌈(12 + 2 − 2)/3⌉ + 1 = 5 at 12 < 13
        (pool("kernel_size: 2 stride: 3 pad: 1"), "4x5x4", 0, 0),
        (pool("kernel_h: 2 kernel_w: 3 stride_h: 2 stride_w: 1 pad_h: 0 pad_w: 1"), "5x12x4", 0, 0),
        (pool("global_pooling: true"), "1x1x4", 0, 0),
        (pool("pool: AVE global_pooling: true"), "1x1x4", 0, 0),
        # spp_layer.cpp: 1 + 4 + 16 bins of each channel
        (layer("l", "SPP", "data", "spp_param { pyramid_height: 3 }"), "84", 0, 0),
        (layer("l", "Local", "data", "local_param { num_output: 8 kernel_size: 3 }"), "8x10x8", 80 * 296, 0),
        (layer("l", "Upsample", "data", "upsample_param { scale: 2 }"), "20x24x4", 0, 0),
        # inner_product_layer.cpp: 10·12·4 = 480 values; from axis 2 on 120
        (layer("l", "InnerProduct", "data", "inner_product_param { num_output: 7 }"), "7", 481 * 7, 0),
        (layer("l", "InnerProduct", "data", "inner_product_param { num_output: 7 bias_term: false transpose: true }"), "7", 480 * 7, 0),
        (layer("l", "InnerProduct", "data", "inner_product_param { num_output: 7 axis: 2 }"), "4x7", 121 * 7, 0),
        (layer("l", "InnerProduct", "data", "inner_product_param { num_output: 7 axis: -1 }"), "4x10x7", 13 * 7, 0),
        # batch_norm_layer.cpp: mean and variance of 4 channels; the third blob is one factor, which counts nowhere
        (layer("l", "BatchNorm", "data"), "10x12x4", 0, 8),
        (layer("l", "BatchNorm", "data", "batch_norm_param { scale_bias: true }"), "10x12x4", 8, 8),  # of NVIDIA
        (layer("l", "BN", "data", "bn_param { slope_filler { } bias_filler { } frozen: true }"), "10x12x4", 8, 8),  # of PSPNet
        (layer("l", "BN", "data", "bn_param { bn_mode: INFERENCE scale_filler { } shift_filler { } }"), "10x12x4", 8, 0),  # of SegNet
        # scale_layer.cpp, bias_layer.cpp: the shape from `axis` over `num_axes`
        (layer("l", "Scale", "data"), "10x12x4", 4, 0),
        (layer("l", "Scale", "data", "scale_param { bias_term: true }"), "10x12x4", 8, 0),
        (layer("l", "Scale", "data", "scale_param { axis: 3 bias_term: true }"), "4x10x12", 24, 0),
        (layer("l", "Scale", "data", "scale_param { num_axes: -1 }"), "10x12x4", 480, 0),
        (layer("l", "Scale", "data", "scale_param { num_axes: 0 }"), "10x12x4", 1, 0),
        (layer("l", "Scale", "data", "scale_param { axis: 2 num_axes: 2 }"), "10x12x4", 120, 0),
        (layer("l", "Bias", "data"), "10x12x4", 4, 0),
        (layer("l", "Bias", "data", "bias_param { num_axes: -1 }"), "10x12x4", 480, 0),
        (layer("l", "LRN", "data", "lrn_param { local_size: 5 }"), "10x12x4", 0, 0),
        (layer("l", "LRN", "data", "lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL }"), "10x12x4", 0, 0),
        (layer("l", "MVN", "data"), "10x12x4", 0, 0),
        (layer("l", "MVN", "data", "mvn_param { across_channels: true }"), "10x12x4", 0, 0),
        (layer("l", "MVN", "data", "mvn_param { normalize_variance: false }"), "10x12x4", 0, 0),
        # normalize_layer.cpp: one scale, or one for each channel
        (layer("l", "Normalize", "data"), "10x12x4", 1, 0),
        (layer("l", "Normalize", "data", "norm_param { across_spatial: false channel_shared: false }"), "10x12x4", 4, 0),
        # prelu_layer.cpp
        (layer("l", "PReLU", "data"), "10x12x4", 4, 0),
        (layer("l", "PReLU", "data", "prelu_param { channel_shared: true }"), "10x12x4", 1, 0),
        *((layer("l", type, "data", more), "10x12x4", 0, 0) for type, more in (
            ("ReLU", ""), ("ReLU", "relu_param { negative_slope: 0.1 }"), ("ReLU6", ""), ("ELU", "elu_param { alpha: 2 }"),
            ("Sigmoid", ""), ("TanH", ""), ("AbsVal", ""), ("BNLL", ""), ("Exp", "exp_param { base: 2 }"), ("Log", ""),
            ("Power", "power_param { power: 2 scale: 0.5 shift: 1 }"), ("Power", "power_param { shift: -1 }"),
            ("Threshold", "threshold_param { threshold: 0.5 }"), ("Clip", "clip_param { min: 0 max: 6 }"),
            ("Swish", ""), ("Swish", "swish_param { beta: 2 }"), ("Dropout", "dropout_param { dropout_ratio: 0.3 }"),
            ("Softmax", ""), ("ShuffleChannel", "shuffle_channel_param { group: 2 }"),
        )),
        # eltwise_layer.cpp
        (layer("l", "Eltwise", "data data"), "10x12x4", 0, 0),
        (layer("l", "Eltwise", "data data", "eltwise_param { operation: PROD }"), "10x12x4", 0, 0),
        (layer("l", "Eltwise", "data data", "eltwise_param { operation: MAX }"), "10x12x4", 0, 0),
        (layer("l", "Eltwise", "data data", "eltwise_param { coeff: 1 coeff: -1 }"), "10x12x4", 0, 0),
        (layer("l", "Eltwise", "data data", "eltwise_param { coeff: 0.5 coeff: 2 }"), "10x12x4", 0, 0),
        (layer("l", "Concat", "data data"), "10x12x8", 0, 0),
        (layer("l", "Concat", "data data", "concat_param { axis: 2 }"), "20x12x4", 0, 0),
        (layer("l", "Concat", "data data", "concat_param { concat_dim: 3 }"), "10x24x4", 0, 0),
        (layer("l", "Slice", "data", "slice_param { axis: 2 slice_point: 3 }", "a b"), "7x12x4", 0, 0),
        (layer("l", "Slice", "data", "", "a b"), "10x12x2", 0, 0),
        (layer("l", "Tile", "data", "tile_param { axis: 1 tiles: 3 }"), "10x12x12", 0, 0),
        (layer("l", "Reduction", "data", "reduction_param { axis: 2 operation: MEAN }"), "1x1x4", 0, 0),
        (layer("l", "Reduction", "data", "reduction_param { axis: 1 operation: ASUM coeff: 2 }"), "1x1x1", 0, 0),
        (layer("l", "ArgMax", "data", "argmax_param { axis: 1 }"), "10x12x1", 0, 0),
        (layer("l", "ArgMax", "data"), "1", 0, 0),
        # interp_layer.cpp: 10 + 9·1, 12 + 11·1; (10 − 1)/2 + 1, (12 − 1)/2 + 1
        (layer("l", "Interp", "data", "interp_param { zoom_factor: 2 }"), "19x23x4", 0, 0),
        (layer("l", "Interp", "data", "interp_param { shrink_factor: 2 }"), "5x6x4", 0, 0),
        (layer("l", "Interp", "data", "interp_param { height: 7 width: 9 }"), "7x9x4", 0, 0),
        (layer("l", "Interp", "data", "interp_param { zoom_factor: 2 pad_beg: 0 pad_end: -1 }"), "17x21x4", 0, 0),
        (layer("l", "Reorg", "data", "reorg_param { stride: 2 }"), "5x6x16", 0, 0),
    ],
)  # fmt: skip
def test_a_layer_puts_out_what_its_source_says(text: str, volume: str, parameters: int, buffers: int) -> None:
    found = analysis(IMAGE + text)
    assert str(found.rows[-1].output) == volume
    assert found.totals.declared.parameters == parameters
    assert found.totals.declared.buffers == buffers


TAIL = layer("end", "InnerProduct", "l", "inner_product_param { num_output: 2 bias_term: false %s }")


# What moves no value is seen by the layer behind it: its input has so many values.
@pytest.mark.parametrize(
    ("text", "axis", "weights"),
    [
        (layer("l", "Flatten", "data"), 1, 480),
        (layer("l", "Flatten", "data", "flatten_param { axis: 2 }"), 2, 120),
        (layer("l", "Flatten", "data", "flatten_param { axis: 1 end_axis: 2 }"), 2, 12),
        (layer("l", "Reshape", "data", "reshape_param { shape { dim: 0 dim: 0 dim: -1 } }"), 2, 120),
        (layer("l", "Reshape", "data", "reshape_param { shape { dim: 0 dim: 8 dim: 60 } }"), 2, 60),
        (layer("l", "Reshape", "data", "reshape_param { shape { dim: 2 dim: 16 dim: 30 } }"), 2, 30),
        (layer("l", "Reshape", "data", "reshape_param { shape { dim: 6 dim: 80 } axis: 1 }"), 2, 80),
        (layer("l", "Reshape", "data", "reshape_param { shape { dim: 40 } axis: 1 num_axes: 2 }"), 2, 12),
        (layer("l", "Reshape", "data", "reshape_param { shape { dim: 3 dim: 4 } axis: -2 }"), 3, 12),
        (layer("l", "Permute", "data", "permute_param { order: 0 order: 2 order: 3 order: 1 }"), 3, 4),
        (layer("l", "Permute", "data", "permute_param { order: 0 order: 3 }"), 2, 40),
        (layer("l", "Split", "data", tops="l m"), 1, 480),
    ],
)  # fmt: skip
def test_what_moves_no_value(text: str, axis: int, weights: int) -> None:
    found = analysis(IMAGE + text + TAIL % f"axis: {axis}")
    assert found.totals.shared.parameters == 2 * weights


def test_crop_takes_the_size_of_another() -> None:
    text = (
        IMAGE
        + layer("c", "Convolution", "data", CONV % "pad: 3")
        + layer("l", "Crop", "c data", "crop_param { axis: 2 offset: 1 offset: 2 }")
    )
    found = analysis(text)
    assert [str(row.output) for row in found.rows] == ["14x16x8", "10x12x8"]
    (problem,) = sheet(text.replace("offset: 2", "offset: 9")).problems
    assert problem.message == "`l` cuts more than there is along axis 3: 9 + 12 > 16"


def test_two_inputs_of_scale_and_axpy() -> None:
    gate = layer("g", "Pooling", "data", "pooling_param { pool: AVE global_pooling: true }") + layer(
        "f", "Flatten", "g"
    )
    written = sheet(IMAGE + gate + layer("l", "Scale", "data f", "scale_param { axis: 0 }"))
    assert [one.type for one in written.layers] == ["global_avg_pool", "multiply"]
    written = sheet(IMAGE + gate + layer("l", "Axpy", "g data data"))
    assert [one.type for one in written.layers] == ["global_avg_pool", "multiply", "add"]
    assert str(written.layers[-1].volume) == "10x12x4"


def test_a_layer_over_several_inputs_has_one_set_of_weights() -> None:
    two = layer("a", "ReLU", "data") + layer("l", "Convolution", "data a", CONV % "", "x y")
    found = analysis(IMAGE + two)
    assert found.totals.shared.parameters == 296
    assert [row.tied for row in found.rows] == [None, None, "l"]


@pytest.mark.parametrize(
    ("shape", "more", "volume", "parameters"),
    [
        ((4, 10), "kernel_size: 3", "8x8", (3 * 4 + 1) * 8),
        ((4, 5, 6, 7), "kernel_size: 3", "3x4x5x8", (27 * 4 + 1) * 8),
        ((4, 5, 6, 7), "kernel_size: [1, 2, 3] stride: [1, 1, 2]", "5x5x3x8", (6 * 4 + 1) * 8),
    ],
)
def test_a_convolution_of_other_ranks(shape: tuple[int, ...], more: str, volume: str, parameters: int) -> None:
    found = analysis(data(*shape) + layer("l", "Convolution", "data", f"convolution_param {{ num_output: 8 {more} }}"))
    assert str(found.rows[-1].output) == volume
    assert found.totals.shared.parameters == parameters


SEQUENCE = (
    'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 7 dim: 3 dim: 5 } } }\n'
    'layer { name: "cont" type: "Input" top: "cont" input_param { shape { dim: 7 dim: 3 } } }\n'
)


@pytest.mark.parametrize(
    ("type", "parameters", "macs"),
    [
        # lstm_layer.cpp: W_xc 4·6×5, b_c 4·6, W_hc 4·6×6; 7 steps
        ("LSTM", 24 * 5 + 24 + 24 * 6, 7 * (24 * 5 + 24 * 6)),
        # rnn_layer.cpp: W_xh 6×5, b_h, W_hh 6×6, W_ho 6×6, b_o
        ("RNN", 6 * 5 + 6 + 6 * 6 + 6 * 6 + 6, 7 * (6 * 5 + 6 * 6 + 6 * 6)),
    ],
)
def test_sequences_are_time_batch_values(type: str, parameters: int, macs: int) -> None:
    found = analysis(SEQUENCE + layer("l", type, "x cont", "recurrent_param { num_output: 6 }"))
    assert found.totals.shared.parameters == parameters
    assert found.totals.macs == macs
    assert str(found.rows[-1].output) == "7x6"


def test_frames_are_steps_of_the_sample() -> None:
    """Donahue et al. 2015: 16 steps of 10 clips are a batch of 160; the net of an image runs on each of the 16 frames."""
    frames = "input: 'data' input_dim: [160, 3, 8, 8] input: 'markers' input_dim: [160, 1, 1, 1]\n"
    net = (
        layer("c", "Convolution", "data", CONV % "")
        + layer("p", "Pooling", "c", "pooling_param { kernel_size: 2 stride: 2 }")
        + layer("f", "InnerProduct", "p", "inner_product_param { num_output: 5 }")
        + layer("x", "Reshape", "f", "reshape_param { shape { dim: 16 dim: 10 dim: 5 } }")
        + layer("m", "Reshape", "markers", "reshape_param { shape { dim: 16 dim: 10 } }")
        + layer("l", "LSTM", "x m", "recurrent_param { num_output: 6 }")
        + layer("o", "InnerProduct", "l", "inner_product_param { num_output: 2 axis: 2 }")
    )
    found = analysis(frames + net)
    assert [str(row.output) for row in found.rows] == ["16x6x6x8", "16x3x3x8", "16x72", "16x5", "16x6", "16x2"]
    assert found.totals.shared.parameters == 28 * 8 + (72 + 1) * 5 + 24 * 5 + 24 + 24 * 6 + (6 + 1) * 2
    assert found.totals.macs == 16 * (36 * 27 * 8 + 72 * 5 + 24 * 5 + 24 * 6 + 6 * 2)


def test_embedded_words() -> None:
    words = SEQUENCE.replace("dim: 7 dim: 3 dim: 5", "dim: 7 dim: 3")
    embed = layer("e", "Embed", "x", "embed_param { input_dim: 100 num_output: 5 }")
    found = analysis(words + embed + layer("l", "LSTM", "e cont", "recurrent_param { num_output: 6 }"))
    assert found.totals.shared.parameters == 100 * 5 + 5 + 24 * 5 + 24 + 24 * 6
    assert str(found.rows[-1].output) == "7x6"


def test_regions_are_an_axis_of_the_sample() -> None:
    rois = 'layer { name: "r" type: "Input" top: "rois" input_param { shape { dim: 30 dim: 5 } } }\n'
    roi = layer("p", "ROIPooling", "data rois", "roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.06 }")
    found = analysis(
        data(4, 10, 12).replace("dim: 2 ", "dim: 1 ")
        + rois
        + roi
        + layer("l", "InnerProduct", "p", "inner_product_param { num_output: 9 }")
    )
    assert str(found.rows[-1].output) == "30x9"
    assert found.totals.shared.parameters == (24 + 1) * 9
    assert found.totals.macs == 30 * 24 * 9


@pytest.mark.parametrize(
    ("more", "boxes"),
    [
        ("min_size: 30", 1),
        ("min_size: 30 max_size: 60 aspect_ratio: 2", 4),
        ("min_size: 30 max_size: 60 aspect_ratio: 2 aspect_ratio: 3", 6),
        ("min_size: 30 max_size: 60 aspect_ratio: 2 aspect_ratio: 3 flip: false", 4),
        ("min_size: 30 min_size: 40 aspect_ratio: [1, 2, 0.5]", 6),
    ],
)
def test_boxes_of_a_cell(more: str, boxes: int) -> None:
    """prior_box_layer.cpp: ratios × least sizes + largest sizes; a ratio and its reciprocal, each once."""
    text = layer("a", "PriorBox", "data", f"prior_box_param {{ {more} }}") + layer(
        "l", "Concat", "a a", "concat_param { axis: 2 }"
    )
    found = analysis(IMAGE + text)
    assert str(found.rows[-1].output) == f"2x{2 * 10 * 12 * boxes * 4}"
    assert found.totals.shared.parameters == 0


def test_layers_in_place() -> None:
    text = (
        IMAGE
        + layer("c", "Convolution", "data", CONV % "")
        + layer("r", "ReLU", "c", tops="c")
        + layer("p", "Pooling", "c", "pooling_param { kernel_size: 2 }")
    )
    written = sheet(text)
    assert [(one.name, one.inputs[0].name, one.parameters.get("inplace")) for one in written.layers] == [
        ("c", "data", None), ("r", "c", True), ("p", "r", None),
    ]  # fmt: skip
    # Caffe copies what another layer has read: `a` reads what is before the function
    text = (
        IMAGE
        + layer("c", "Convolution", "data", CONV % "")
        + layer("a", "Power", "c")
        + layer("r", "ReLU", "c", tops="c")
        + layer("e", "Eltwise", "a c")
    )
    written = sheet(text)
    assert [(one.name, [source.name for source in one.inputs]) for one in written.layers][1:] == [
        ("a", ["c"]), ("r", ["c"]), ("e", ["a", "r"]),
    ]  # fmt: skip
    assert "inplace" not in written.layers[2].parameters


def shared(one: str, two: str = "") -> str:
    return f'param {{ name: "{one}" }} param {{ name: "{two}" }}'


def test_layers_that_share_weights_are_tied() -> None:
    first = layer("a", "Convolution", "data", CONV % "" + shared("w", "b"))
    both = analysis(IMAGE + first + layer("l", "Convolution", "data", CONV % "" + shared("w", "b")))
    assert [row.tied for row in both.rows] == [None, "a"]
    assert both.totals.shared.parameters == 296
    weights = analysis(IMAGE + first + layer("l", "Convolution", "data", CONV % "" + shared("w", "other")))
    assert weights.totals.shared.parameters == 296 + 8
    neither = analysis(IMAGE + first + layer("l", "Convolution", "data", CONV % "" + shared("v", "c")))
    assert neither.totals.shared.parameters == 2 * 296


def test_statistics_are_shared_by_their_names() -> None:
    names = 'param { name: "m" lr_mult: 0 } param { name: "v" lr_mult: 0 } param { name: "f" lr_mult: 0 }'
    found = analysis(IMAGE + layer("a", "BatchNorm", "data", names) + layer("l", "BatchNorm", "data", names))
    assert found.totals.shared.buffers == 8
    assert [row.frozen for row in found.rows] == [False, False]


def test_rates_of_zero_freeze_a_layer() -> None:
    rows = analysis(
        IMAGE
        + layer("a", "Convolution", "data", CONV % "" + "param { lr_mult: 0 } param { lr_mult: 0 decay_mult: 0 }")
        + layer("b", "Convolution", "data", CONV % "" + "param { lr_mult: 0 }")  # its biases are trained
        + layer("c", "Convolution", "data", CONV % "bias_term: false" + "param { lr_mult: 0 }")
    ).rows
    assert [row.frozen for row in rows] == [True, False, True]


TRAIN_VAL = (
    layer(
        "d",
        "Data",
        "",
        "include { phase: TRAIN } transform_param { crop_size: 9 } data_param { batch_size: 64 }",
        "data label",
    )
    + layer(
        "e",
        "Data",
        "",
        "include { phase: TEST } transform_param { crop_size: 11 mean_value: 1 mean_value: 2 mean_value: 3 }",
        "data label",
    )
    + layer("c", "InnerProduct", "data", "inner_product_param { num_output: 5 }")
    + layer("s", "Silence", "label", "include { stage: 'quiet' }", "").replace('top: ""', "")
    + layer("loss", "SoftmaxWithLoss", "c label")
    + layer("accuracy", "Accuracy", "c label", "include { phase: TEST }")
    + layer("p", "Softmax", "c", "include { stage: 'deploy' not_stage: 'x' }")
)


@pytest.mark.parametrize(
    ("set", "input", "rows", "macs"),
    [
        ({}, None, ["c"], 11 * 11 * 3 * 5),
        ({"phase": "TRAIN"}, "9x9x1", ["c"], 81 * 5),
        ({"phase": "train"}, "9x9x3", ["c"], 243 * 5),
        ({}, "8x8x2", ["c"], 128 * 5),
        ({"stage": "deploy"}, None, ["c", "p"], 11 * 11 * 3 * 5),
        ({"stage": "deploy,x"}, None, ["c"], 11 * 11 * 3 * 5),
        ({}, {"data": "8x8x2"}, ["c"], 128 * 5),
    ],
)
def test_phases_stages_and_inputs(set: dict[str, str], input: object, rows: list[str], macs: int) -> None:
    found = analysis(TRAIN_VAL, input, **set)
    assert [row.name for row in found.rows] == rows
    assert found.totals.macs == macs


@pytest.mark.parametrize(
    ("rule", "level", "inside"),
    [("min_level: 2", 1, False), ("min_level: 2", 2, True), ("max_level: 2", 2, True), ("max_level: 2", 3, False)],
)
def test_levels(rule: str, level: int, inside: bool) -> None:
    text = IMAGE + layer("a", "ReLU", "data") + layer("l", "ReLU", "data", f"include {{ {rule} }}")
    assert (len(analysis(text, level=level).rows) == 2) is inside


def test_what_needs_a_truth_is_left_out_with_a_note() -> None:
    written = sheet(TRAIN_VAL)
    (note,) = written.problems
    assert (note.severity, note.message) == ("note", "`loss` and `accuracy` are left out: what they read is an output")
    assert [one.name for one in written.inputs] == ["data"]
    assert [one.name for one in written._outputs] == ["c"]


def test_outputs_are_what_nobody_reads() -> None:
    text = (
        IMAGE
        + layer("a", "ReLU", "data")
        + layer("b", "TanH", "data")
        + layer("s", "Slice", "b", "", "x y")
        + layer("z", "Silence", "x", "", "").replace('top: ""', "")
    )
    assert [one.name for one in sheet(text)._outputs] == ["a", "s.y"]


@pytest.mark.parametrize(
    ("text", "input", "volume"),
    [
        ("input: 'x' input_shape { dim: 1 dim: 3 dim: 8 dim: 9 }", None, "8x9x3"),
        ("input: 'x' input_dim: 10 input_dim: 3 input_dim: 8 input_dim: 9", None, "8x9x3"),
        ("input: 'x' input_dim: 10 input_dim: 3 input_dim: 8 input_dim: 9", "16x16x3", "16x16x3"),
        ("input: 'x' input_dim: 10 input_dim: 3 input_dim: 1 input_dim: 1", "7", "1x1x7"),
        ("input: 'x' input_shape { dim: 10 dim: 3 }", None, "3"),
        ("input: 'x' input_shape { dim: 10 dim: 3 dim: 50 }", None, "50x3"),
        ("input: 'x'", "8x9x3", "8x9x3"),
        ("input: 'x'", "12", "12"),
        ("layer { name: 'x' type: 'MemoryData' top: 'x' memory_data_param { batch_size: 4 channels: 3 height: 8 width: 9 } }", None, "8x9x3"),
        ("layer { name: 'x' type: 'ImageData' top: 'x' image_data_param { new_height: 8 new_width: 9 } }", None, "8x9x3"),
        ("layer { name: 'x' type: 'ImageData' top: 'x' image_data_param { is_color: false crop_size: 8 } }", None, "8x8x1"),
        ("layer { name: 'x' type: 'DummyData' top: 'x' dummy_data_param { num: 1 channels: 3 height: 8 width: 9 } }", None, "8x9x3"),
        ("layer { name: 'x' type: 'DummyData' top: 'x' dummy_data_param { shape { dim: 1 dim: 3 } } }", None, "3"),
        ("layer { name: 'x' type: 'HDF5Data' top: 'x' top: 'label' }", "16", "16"),
        ("layer { name: 'x' type: 'Python' top: 'x' python_param { module: 'm' layer: 'L' } }", "8x9x3", "8x9x3"),
        ("layer { name: 'x' type: 'AnnotatedData' top: 'x' transform_param { force_color: true resize_param { height: 8 width: 9 } } }", None, "8x9x3"),
    ],
)  # fmt: skip
def test_inputs(text: str, input: str | None, volume: str) -> None:
    found = analysis(f"{text}\n" + layer("l", "ReLU", "x"), input)
    assert str(found.rows[0].output) == volume


def test_an_input_that_does_not_exist() -> None:
    from analyzer.loader.formats.asked import Asked
    from analyzer.loader.formats.caffe import read_text
    from analyzer.loader.formats.sheet import Sheet

    asked = Asked({"nothing": "8x8x3"}, {"phse": "TRAIN"})
    read_text(IMAGE + conv(), Sheet("net.prototxt"), asked)
    with pytest.raises(SettingError, match="has no input `nothing`"):
        asked.check()


UNKNOWN = layer("u", "Mystery", "c") + layer("r", "ReLU", "u") + layer("q", "ReLU", "r") + layer("k", "TanH", "c")


def test_a_layer_that_nobody_knows_and_what_reads_it_are_left_out() -> None:
    text = IMAGE + layer("c", "Convolution", "data", CONV % "") + UNKNOWN
    written = sheet(text)
    (warning,) = written.problems
    assert warning.severity == "warning"
    assert warning.message == "`u` (Mystery) is not covered; 2 layers that read it are left out"
    assert warning.help == "to continue, give its volume: `--input u=…`, depth last"
    assert [one.name for one in written.layers] == ["c", "k"]
    written = sheet(text, {"u": "5x5x3"})
    assert [one.name for one in written.layers] == ["c", "u", "r", "q", "k"]
    assert written.uncovered == {"Mystery": 1}


def test_a_layer_that_nobody_knows_keeps_the_shape_that_it_overwrites() -> None:
    written = sheet(IMAGE + layer("u", "Mystery", "data", tops="data") + layer("l", "ReLU", "data"))
    assert [str(one.volume) for one in written.layers] == ["10x12x4", "10x12x4"]
    assert written.uncovered == {"Mystery": 1}
    (warning,) = written.problems
    assert warning.message == "`u` (Mystery) is not covered: if it has trained numbers, they are not counted"


def test_a_pool_and_what_it_remembers() -> None:
    """SegNet: a value goes to where the pool has found it; (10/2, 12/2) and back."""
    text = (
        IMAGE
        + layer("p", "Pooling", "data", "pooling_param { kernel_size: 2 stride: 2 }", "p m")
        + layer("l", "Upsample", "p m", "upsample_param { scale: 2 }")
    )
    found = analysis(text)
    assert [str(row.output) for row in found.rows] == ["5x6x4", "10x12x4"]
    assert found.rows[-1].macs == 0
