"""The order of arguments in calls of torch and Keras, by our layer types, each with the name that it has there."""

from __future__ import annotations

_TORCH_CONV = "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode"
_TORCH_NORM = "num_features eps momentum affine track_running_stats"
_KERAS_CONV = "filters kernel_size strides padding data_format dilation_rate groups activation use_bias"
_KERAS_POOL = "pool_size strides padding data_format"
_TORCH_RNN = "input_size hidden_size num_layers"

#: `torch.nn` 2.13.
TORCH = {
    "conv": _TORCH_CONV,
    "conv_transpose": "in_channels out_channels kernel_size stride padding output_padding groups bias dilation padding_mode",
    "dense": "in_features out_features bias",
    "linear": "in_features out_features bias",
    "embedding": "num_embeddings embedding_dim padding_idx",
    "max_pool": "kernel_size stride padding dilation return_indices ceil_mode",
    "avg_pool": "kernel_size stride padding ceil_mode count_include_pad",
    "adaptive_avg_pool": "output_size",
    "adaptive_max_pool": "output_size",
    "batch_norm": _TORCH_NORM,
    "instance_norm": _TORCH_NORM,
    "group_norm": "groups num_channels eps affine",
    "layer_norm": "normalized_shape",
    "local_response_norm": "size alpha beta k",
    "dropout": "p inplace",
    "spatial_dropout": "p inplace",
    "stochastic_depth": "p mode",
    "leaky_relu": "negative_slope inplace",
    "prelu": "num_parameters init",
    "upsample": "size scale_factor mode align_corners",
    "pixel_shuffle": "upscale_factor",
    "pixel_unshuffle": "downscale_factor",
    "channel_shuffle": "groups",
    "multi_head_attention": "embed_dim num_heads dropout bias",
    "lstm": _TORCH_RNN,
    "gru": _TORCH_RNN,
    "rnn": _TORCH_RNN,
    "softmax": "dim", "log_softmax": "dim",
    "flatten": "start_dim end_dim",
}  # fmt: skip

#: `keras.layers` 3.15.
KERAS = {
    "conv": _KERAS_CONV,
    "conv_transpose": "filters kernel_size strides padding data_format output_padding dilation_rate activation use_bias",
    "depthwise_conv": "kernel_size strides padding depth_multiplier data_format dilation_rate activation use_bias",
    "separable_conv": "filters kernel_size strides padding data_format dilation_rate depth_multiplier activation use_bias",
    "dense": "units activation use_bias",
    "linear": "units activation use_bias",
    "embedding": "input_dim output_dim",
    "max_pool": _KERAS_POOL,
    "avg_pool": _KERAS_POOL,
    "adaptive_avg_pool": "output_size",
    "adaptive_max_pool": "output_size",
    "batch_norm": "axis momentum epsilon center scale",
    "group_norm": "groups axis epsilon",
    "layer_norm": "",
    "dropout": "rate seed",
    "spatial_dropout": "rate seed",
    "leaky_relu": "negative_slope",
    "upsample": "factor data_format interpolation",
    "reshape": "target_shape",
    "pad": "padding data_format",
    "crop": "cropping data_format",
    "multi_head_attention": "num_heads key_dim value_dim dropout use_bias",
    "lstm": "units activation",
    "gru": "units activation",
    "rnn": "units activation",
    "softmax": "axis",
    "flatten": "data_format",
}  # fmt: skip
