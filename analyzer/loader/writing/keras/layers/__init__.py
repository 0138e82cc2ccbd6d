"""The template of each layer type, and why a type has none."""

from __future__ import annotations

from analyzer.layers.activation import Activation, Glu, LeakyRelu, LogSoftmax, PRelu, Softmax
from analyzer.layers.arithmetic import Elementwise, MatMul, ScaledAttention, TrainedTensor
from analyzer.layers.arrangement import Crop, Flatten, Pad, Permute, Reshape, Slice
from analyzer.layers.attention import ClassToken, MultiHeadAttention, PositionTable, SqueezeExcite
from analyzer.layers.convolution import Conv, ConvTranspose, DepthwiseConv, SeparableConv
from analyzer.layers.dense import Dense, Embedding, Linear
from analyzer.layers.merge import Concat, Merge
from analyzer.layers.moving import Flip, Gather, Rearrange, Roll, Tile
from analyzer.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm
from analyzer.layers.pooling import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    BlurPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
    SpatialPyramidPool,
)
from analyzer.layers.recurrent import ConvLstm, Gru, Lstm, Rnn
from analyzer.layers.reductions import Mean, Reduce
from analyzer.layers.regularization import Dropout, SpatialDropout, StochasticDepth
from analyzer.layers.resampling import ChannelShuffle, PixelShuffle, PixelUnshuffle, Resize, Upsample
from analyzer.layers.special import CoordChannels, Scale
from analyzer.layers.unfolding import Fold, Unfold
from analyzer.loader.writing.code.making import template
from analyzer.loader.writing.code.template import Template
from analyzer.loader.writing.keras.layers import activations, convolutions, merges, norms, others, pools
from analyzer.loader.writing.keras.layers import arithmetic as calculated
from analyzer.loader.writing.keras.layers import attention as attending
from analyzer.loader.writing.keras.layers import dense as units
from analyzer.loader.writing.keras.layers import moving as moves
from analyzer.loader.writing.keras.layers import recurrent as steps
from analyzer.loader.writing.keras.layers import resampling as sampling

#: Activations that Keras knows by name.
_NAMED = (
    "relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "softsign", "sigmoid", "log_sigmoid",
    "hard_sigmoid", "hard_swish", "hard_tanh", "tanh",
)  # fmt: skip

#: What each layer type becomes.
TEMPLATES: dict[str, Template] = {
    **{name: template(Activation, activations.activation) for name in _NAMED},
    **{name: template(Merge, merges.merge) for name in ("add", "subtract", "multiply", "maximum", "average")},
    "conv": template(Conv, convolutions.conv),
    "depthwise_conv": template(DepthwiseConv, convolutions.depthwise_conv),
    "separable_conv": template(SeparableConv, convolutions.separable_conv),
    "conv_transpose": template(ConvTranspose, convolutions.conv_transpose),
    "dense": template(Dense, units.dense),
    "linear": template(Linear, units.linear),
    "embedding": template(Embedding, units.embedding),
    "max_pool": template(MaxPool, pools.max_pool),
    "avg_pool": template(AvgPool, pools.avg_pool),
    "lp_pool": template(LpPool, pools.lp_pool),
    "blur_pool": template(BlurPool, pools.blur_pool),
    "global_avg_pool": template(GlobalAvgPool, pools.global_avg_pool),
    "global_max_pool": template(GlobalMaxPool, pools.global_max_pool),
    "adaptive_avg_pool": template(AdaptiveAvgPool, pools.adaptive_avg_pool),
    "adaptive_max_pool": template(AdaptiveMaxPool, pools.adaptive_max_pool),
    "spatial_pyramid_pool": template(SpatialPyramidPool, pools.spatial_pyramid_pool),
    "mean": template(Mean, calculated.mean),
    "reduce": template(Reduce, calculated.reduce),
    "batch_norm": template(BatchNorm, norms.batch_norm),
    "instance_norm": template(InstanceNorm, norms.instance_norm),
    "layer_norm": template(LayerNorm, norms.layer_norm),
    "rms_norm": template(RmsNorm, norms.rms_norm),
    "group_norm": template(GroupNorm, norms.group_norm),
    "local_response_norm": template(LocalResponseNorm, norms.local_response_norm),
    "softmax": template(Softmax, activations.softmax),
    "log_softmax": template(LogSoftmax, activations.log_softmax),
    "leaky_relu": template(LeakyRelu, activations.leaky_relu),
    "prelu": template(PRelu, activations.prelu),
    "glu": template(Glu, activations.glu),
    "dropout": template(Dropout, activations.dropout),
    "spatial_dropout": template(SpatialDropout, activations.spatial_dropout),
    "stochastic_depth": template(StochasticDepth, activations.stochastic_depth),
    "flatten": template(Flatten, moves.flatten),
    "reshape": template(Reshape, moves.reshape),
    "permute": template(Permute, moves.permute),
    "pad": template(Pad, moves.pad),
    "crop": template(Crop, moves.crop),
    "slice": template(Slice, moves.slice_),
    "rearrange": template(Rearrange, moves.rearrange),
    "gather": template(Gather, moves.gather),
    "tile": template(Tile, moves.tile),
    "roll": template(Roll, moves.roll),
    "flip": template(Flip, moves.flip),
    "unfold": template(Unfold, moves.unfold),
    "fold": template(Fold, moves.fold),
    "upsample": template(Upsample, sampling.upsample),
    "resize": template(Resize, sampling.resize),
    "pixel_shuffle": template(PixelShuffle, sampling.pixel_shuffle),
    "pixel_unshuffle": template(PixelUnshuffle, sampling.pixel_unshuffle),
    "channel_shuffle": template(ChannelShuffle, sampling.channel_shuffle),
    "concat": template(Concat, merges.concat),
    "parameter": template(TrainedTensor, calculated.parameter),
    "elementwise": template(Elementwise, calculated.elementwise),
    "matmul": template(MatMul, calculated.matmul),
    "attention": template(ScaledAttention, calculated.attention),
    "position_table": template(PositionTable, attending.position_table),
    "class_token": template(ClassToken, attending.class_token),
    "multi_head_attention": template(MultiHeadAttention, attending.multi_head_attention),
    "squeeze_excite": template(SqueezeExcite, attending.squeeze_excite),
    "lstm": template(Lstm, steps.lstm),
    "gru": template(Gru, steps.gru),
    "rnn": template(Rnn, steps.rnn),
    "conv_lstm": template(ConvLstm, steps.conv_lstm),
    "scale": template(Scale, others.scale),
    "coord_channels": template(CoordChannels, others.coord_channels),
}

#: Why a type has no template.
REFUSED: dict[str, str] = {
    "custom": "its numbers are its author's: nobody knows what it calculates",
}
