"""What torch calls the arguments of its modules, and their defaults."""

from __future__ import annotations

from analyzer.loader.writing.code.classes import Words

_RANKS = ("1d", "2d", "3d")
_CONV = ("in_channels", "out_channels", "kernel_size")
_CONV_DEFAULTS = {
    "stride": "1",
    "padding": "0",
    "dilation": "1",
    "groups": "1",
    "bias": "True",
    "padding_mode": '"zeros"',
}
_LOCAL_DEFAULTS = {
    "stride": "1",
    "padding": "None",
    "dilation": "1",
    "groups": "1",
    "sharing": '"local"',
    "step": "1",
    "bias": "True",
    "untied_bias": "None",
    "weight_norm": "False",
}
#: Modules that can overwrite what they read.
_INPLACE = (
    *("ReLU", "ReLU6", "ELU", "SELU", "CELU", "SiLU", "Mish", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU"),
    *("Dropout", "Dropout1d", "Dropout2d", "Dropout3d"),
)
_POOL_DEFAULTS = {"padding": "0", "dilation": "1", "ceil_mode": "False"}
_NORM_DEFAULTS = {"eps": "1e-05", "momentum": "0.1", "affine": "True", "track_running_stats": "True"}

WORDS = Words(
    positional={
        **{f"nn.Conv{rank}": _CONV for rank in _RANKS},
        **{f"nn.ConvTranspose{rank}": _CONV for rank in _RANKS},
        **{f"nn.MaxPool{rank}": ("kernel_size", "stride") for rank in _RANKS},
        **{f"nn.AvgPool{rank}": ("kernel_size", "stride") for rank in _RANKS},
        **{f"nn.AdaptiveAvgPool{rank}": ("output_size",) for rank in _RANKS},
        **{f"nn.AdaptiveMaxPool{rank}": ("output_size",) for rank in _RANKS},
        **{f"nn.BatchNorm{rank}": ("num_features",) for rank in _RANKS},
        **{f"nn.InstanceNorm{rank}": ("num_features",) for rank in _RANKS},
        **{f"nn.Dropout{rank}": ("p",) for rank in _RANKS},
        "nn.Linear": ("in_features", "out_features"),
        "nn.Embedding": ("num_embeddings", "embedding_dim"),
        "nn.LayerNorm": ("normalized_shape",),
        "nn.RMSNorm": ("normalized_shape",),
        "nn.GroupNorm": ("num_groups", "num_channels"),
        "nn.LocalResponseNorm": ("size",),
        "nn.MultiheadAttention": ("embed_dim", "num_heads"),
        "nn.LSTM": ("input_size", "hidden_size"),
        "nn.GRU": ("input_size", "hidden_size"),
        "nn.RNN": ("input_size", "hidden_size"),
        "nn.Dropout": ("p",),
        "nn.LeakyReLU": ("negative_slope",),
        "nn.PReLU": ("num_parameters",),
        "nn.Softmax": ("dim",),
        "nn.LogSoftmax": ("dim",),
        "nn.GLU": ("dim",),
        "nn.Upsample": ("size",),
        "nn.PixelShuffle": ("upscale_factor",),
        "nn.PixelUnshuffle": ("downscale_factor",),
        **{f"SeparableConv{rank}": _CONV for rank in _RANKS},
        "LocalConv": (*_CONV, "output_size"),
        "LocalConvTranspose": (*_CONV, "input_size"),
        "ConvLSTM": _CONV,
        **{f"OneBias{cell}": ("input_size", "hidden_size") for cell in ("LSTM", "GRU", "RNN")},
        "Attention": ("embed_dim", "num_heads"),
        "SqueezeExcite": ("channels", "reduced_channels"),
        "StochasticDepth": ("p",),
    },
    defaults={
        **{f"nn.Conv{rank}": _CONV_DEFAULTS for rank in _RANKS},
        **{f"nn.ConvTranspose{rank}": {**_CONV_DEFAULTS, "output_padding": "0"} for rank in _RANKS},
        **{f"nn.MaxPool{rank}": _POOL_DEFAULTS for rank in _RANKS},
        **{f"nn.AvgPool{rank}": {"padding": "0", "ceil_mode": "False", "count_include_pad": "True"} for rank in _RANKS},
        **{f"nn.BatchNorm{rank}": _NORM_DEFAULTS for rank in _RANKS},
        "nn.Linear": {"bias": "True"},
        "nn.LayerNorm": {"eps": "1e-05", "elementwise_affine": "True", "bias": "True"},
        "nn.GroupNorm": {"eps": "1e-05", "affine": "True"},
        "nn.RMSNorm": {"elementwise_affine": "True"},
        "nn.MultiheadAttention": {
            "dropout": "0.0",
            "bias": "True",
            "kdim": "None",
            "vdim": "None",
            "batch_first": "False",
        },
        **{f"nn.{name}": {"inplace": "False"} for name in _INPLACE},
        **{f"SeparableConv{rank}": {"multiplier": "1", **_CONV_DEFAULTS} for rank in _RANKS},
        "LocalConv": _LOCAL_DEFAULTS,
        "LocalConvTranspose": {**_LOCAL_DEFAULTS, "output_padding": "0"},
        "nn.Upsample": {"size": "None", "scale_factor": "None", "mode": '"nearest"'},
        **{
            f"nn.{cell}": {"num_layers": "1", "bias": "True", "bidirectional": "False"}
            for cell in ("LSTM", "GRU", "RNN")
        },
    },
)
