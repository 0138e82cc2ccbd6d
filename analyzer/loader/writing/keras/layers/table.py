"""The template of each layer type, and why a type has none."""

from __future__ import annotations

from analyzer.layers import (
    activation,
    arithmetic,
    arrangement,
    attention,
    convolution,
    dense,
    merge,
    moving,
    normalization,
    pooling,
    recurrent,
    reductions,
    regularization,
    resampling,
    special,
    unfolding,
)
from analyzer.loader.writing.code.template import Template
from analyzer.loader.writing.keras.layers import activations, convolutions, merges, norms, others, pools
from analyzer.loader.writing.keras.layers import arithmetic as calculated
from analyzer.loader.writing.keras.layers import attention as attending
from analyzer.loader.writing.keras.layers import dense as units
from analyzer.loader.writing.keras.layers import moving as moves
from analyzer.loader.writing.keras.layers import recurrent as steps
from analyzer.loader.writing.keras.layers import resampling as sampling
from analyzer.loader.writing.keras.layers.making import template

#: Activations that Keras knows by name.
_NAMED = (
    "relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "softsign", "sigmoid", "log_sigmoid",
    "hard_sigmoid", "hard_swish", "hard_tanh", "tanh",
)  # fmt: skip

#: What each layer type becomes.
TEMPLATES: dict[str, Template] = {
    **{name: template(activation.Activation, activations.activation) for name in _NAMED},
    **{name: template(merge.Merge, merges.merge) for name in ("add", "subtract", "multiply", "maximum", "average")},
    "conv": template(convolution.Conv, convolutions.conv),
    "depthwise_conv": template(convolution.DepthwiseConv, convolutions.depthwise_conv),
    "separable_conv": template(convolution.SeparableConv, convolutions.separable_conv),
    "conv_transpose": template(convolution.ConvTranspose, convolutions.conv_transpose),
    "dense": template(dense.Dense, units.dense),
    "linear": template(dense.Linear, units.linear),
    "embedding": template(dense.Embedding, units.embedding),
    "max_pool": template(pooling.MaxPool, pools.max_pool),
    "avg_pool": template(pooling.AvgPool, pools.avg_pool),
    "lp_pool": template(pooling.LpPool, pools.lp_pool),
    "blur_pool": template(pooling.BlurPool, pools.blur_pool),
    "global_avg_pool": template(pooling.GlobalAvgPool, pools.global_avg_pool),
    "global_max_pool": template(pooling.GlobalMaxPool, pools.global_max_pool),
    "adaptive_avg_pool": template(pooling.AdaptiveAvgPool, pools.adaptive_avg_pool),
    "adaptive_max_pool": template(pooling.AdaptiveMaxPool, pools.adaptive_max_pool),
    "spatial_pyramid_pool": template(pooling.SpatialPyramidPool, pools.spatial_pyramid_pool),
    "mean": template(reductions.Mean, calculated.mean),
    "reduce": template(reductions.Reduce, calculated.reduce),
    "batch_norm": template(normalization.BatchNorm, norms.batch_norm),
    "instance_norm": template(normalization.InstanceNorm, norms.instance_norm),
    "layer_norm": template(normalization.LayerNorm, norms.layer_norm),
    "rms_norm": template(normalization.RmsNorm, norms.rms_norm),
    "group_norm": template(normalization.GroupNorm, norms.group_norm),
    "local_response_norm": template(normalization.LocalResponseNorm, norms.local_response_norm),
    "softmax": template(activation.Softmax, activations.softmax),
    "log_softmax": template(activation.LogSoftmax, activations.log_softmax),
    "leaky_relu": template(activation.LeakyRelu, activations.leaky_relu),
    "prelu": template(activation.PRelu, activations.prelu),
    "glu": template(activation.Glu, activations.glu),
    "dropout": template(regularization.Dropout, activations.dropout),
    "spatial_dropout": template(regularization.SpatialDropout, activations.spatial_dropout),
    "stochastic_depth": template(regularization.StochasticDepth, activations.stochastic_depth),
    "flatten": template(arrangement.Flatten, moves.flatten),
    "reshape": template(arrangement.Reshape, moves.reshape),
    "permute": template(arrangement.Permute, moves.permute),
    "pad": template(arrangement.Pad, moves.pad),
    "crop": template(arrangement.Crop, moves.crop),
    "slice": template(arrangement.Slice, moves.slice_),
    "rearrange": template(moving.Rearrange, moves.rearrange),
    "gather": template(moving.Gather, moves.gather),
    "tile": template(moving.Tile, moves.tile),
    "roll": template(moving.Roll, moves.roll),
    "flip": template(moving.Flip, moves.flip),
    "unfold": template(unfolding.Unfold, moves.unfold),
    "fold": template(unfolding.Fold, moves.fold),
    "upsample": template(resampling.Upsample, sampling.upsample),
    "resize": template(resampling.Resize, sampling.resize),
    "pixel_shuffle": template(resampling.PixelShuffle, sampling.pixel_shuffle),
    "pixel_unshuffle": template(resampling.PixelUnshuffle, sampling.pixel_unshuffle),
    "channel_shuffle": template(resampling.ChannelShuffle, sampling.channel_shuffle),
    "concat": template(merge.Concat, merges.concat),
    "parameter": template(arithmetic.TrainedTensor, calculated.parameter),
    "elementwise": template(arithmetic.Elementwise, calculated.elementwise),
    "matmul": template(arithmetic.MatMul, calculated.matmul),
    "attention": template(arithmetic.ScaledAttention, calculated.attention),
    "position_table": template(attention.PositionTable, attending.position_table),
    "class_token": template(attention.ClassToken, attending.class_token),
    "multi_head_attention": template(attention.MultiHeadAttention, attending.multi_head_attention),
    "squeeze_excite": template(attention.SqueezeExcite, attending.squeeze_excite),
    "lstm": template(recurrent.Lstm, steps.lstm),
    "gru": template(recurrent.Gru, steps.gru),
    "rnn": template(recurrent.Rnn, steps.rnn),
    "conv_lstm": template(recurrent.ConvLstm, steps.conv_lstm),
    "scale": template(special.Scale, others.scale),
    "coord_channels": template(special.CoordChannels, others.coord_channels),
}

#: Why a type has no template.
REFUSED: dict[str, str] = {
    "custom": "its numbers are its author's: nobody knows what it calculates",
}
