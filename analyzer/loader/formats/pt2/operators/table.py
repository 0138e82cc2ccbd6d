"""The modules of this folder by the operators that they read; tests/loader/formats/make_table.py makes it."""

from __future__ import annotations

MODULES = {
    "activations": (
        "_log_softmax", "_prelu_kernel", "_safe_softmax", "_softmax", "alpha_dropout", "celu", "clamp", "clamp_max",
        "clamp_min", "clip", "dropout", "elu", "feature_alpha_dropout", "feature_dropout", "gelu", "glu",
        "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log_softmax", "mish", "native_dropout", "prelu",
        "relu", "relu6", "rrelu", "rrelu_with_noise", "rrelu_with_noise_functional", "selu", "sigmoid", "silu",
        "softmax", "softplus", "tanh",
    ),
    "attention": (
        "_scaled_dot_product_attention_math", "_scaled_dot_product_cudnn_attention",
        "_scaled_dot_product_efficient_attention", "_scaled_dot_product_flash_attention",
        "_scaled_dot_product_flash_attention_for_cpu", "scaled_dot_product_attention",
    ),
    "choosing": (
        "_embedding_bag", "_embedding_bag_forward_only", "_unsafe_index", "cummax", "cummin", "diag_embed",
        "diagonal", "diagonal_copy", "embedding", "embedding_bag", "flip", "fliplr", "gather", "index",
        "index_select", "kthvalue", "median", "mode", "nanmedian", "narrow", "one_hot", "roll", "select",
        "select_copy", "slice", "slice_copy", "sort", "take_along_dim", "topk",
    ),
    "convolutions": (
        "_convolution", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
        "convolution",
    ),
    "elementwise": (
        "__and__", "__lshift__", "__or__", "__rshift__", "__xor__", "abs", "acos", "acosh", "add", "addcdiv",
        "addcmul", "angle", "argsort", "asin", "asinh", "atan", "atan2", "atanh", "bernoulli", "bitwise_and",
        "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bucketize", "ceil",
        "conj_physical", "copysign", "cos", "cosh", "cumprod", "cumsum", "deg2rad", "digamma", "div", "divide", "eq",
        "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "float_power", "floor", "floor_divide", "fmax", "fmin",
        "fmod", "frac", "gcd", "ge", "gt", "hardshrink", "heaviside", "hypot", "i0", "isclose", "isfinite", "isin",
        "isinf", "isnan", "isneginf", "isposinf", "ldexp", "le", "lerp", "lgamma", "log", "log10", "log1p", "log2",
        "log_sigmoid", "logaddexp", "logaddexp2", "logcumsumexp", "logical_and", "logical_not", "logical_or",
        "logical_xor", "logit", "lt", "masked_fill", "max", "maximum", "min", "minimum", "msort", "mul", "multiply",
        "nan_to_num", "ne", "neg", "nextafter", "pow", "rad2deg", "reciprocal", "remainder", "round", "rsqrt", "rsub",
        "searchsorted", "sgn", "sign", "signbit", "sin", "sinc", "sinh", "softshrink", "softsign", "special_expit",
        "sqrt", "square", "sub", "subtract", "tan", "threshold", "tril", "triu", "true_divide", "trunc", "where",
        "xlogy",
    ),
    "joining": (
        "cat", "chunk", "column_stack", "concat", "concatenate", "dstack", "hsplit", "hstack", "row_stack", "split",
        "split_copy", "split_with_sizes", "split_with_sizes_copy", "stack", "tensor_split", "unbind", "unbind_copy",
        "unsafe_chunk", "unsafe_split", "vsplit", "vstack",
    ),
    "matrices": (
        "addbmm", "addmm", "addmv", "baddbmm", "bmm", "dot", "einsum", "ger", "inner", "linear", "matmul", "mm", "mv",
        "outer", "tensordot", "vdot",
    ),
    "measures": (
        "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_similarity", "diff", "dist", "huber_loss",
        "kl_div", "l1_loss", "mse_loss", "pairwise_distance", "smooth_l1_loss", "soft_margin_loss",
    ),
    "norms": (
        "_fused_rms_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_functional",
        "_native_batch_norm_legit_no_training", "batch_norm", "cudnn_batch_norm", "group_norm", "instance_norm",
        "layer_norm", "native_batch_norm", "native_group_norm", "native_layer_norm", "rms_norm",
    ),
    "opaque": (
        "as_strided", "cartesian_prod", "complex", "cross_entropy_loss", "fractional_max_pool2d",
        "fractional_max_pool3d", "max_unpool2d", "max_unpool3d", "multinomial", "nanquantile", "nll_loss2d_forward",
        "nll_loss_forward", "nll_loss_nd", "nonzero_static", "polar", "quantile", "renorm", "take", "trace",
        "view_as_complex", "view_as_real",
    ),
    "pools": (
        "_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "_low_memory_max_pool2d_with_offsets", "adaptive_avg_pool1d",
        "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
        "adaptive_max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool1d_with_indices",
        "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
    ),
    "recurrent": (
        "gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell",
    ),
    "reductions": (
        "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "count_nonzero", "frobenius_norm",
        "linalg_matrix_norm", "linalg_vector_norm", "logsumexp", "max", "mean", "min", "nanmean", "nansum", "norm",
        "prod", "std", "std_mean", "sum", "var", "var_mean",
    ),
    "regrouping": (
        "_conj", "_reshape_copy", "_to_copy", "_to_cpu", "_unsafe_view", "adjoint", "alias", "bool",
        "broadcast_tensors", "broadcast_to", "clone", "contiguous", "copy", "cpu", "detach", "double", "expand",
        "expand_as", "expand_copy", "fake_quantize_per_channel_affine", "fake_quantize_per_tensor_affine", "flatten",
        "float", "half", "int", "lift", "lift_fresh", "lift_fresh_copy", "long", "mT", "meshgrid", "moveaxis",
        "movedim", "numpy_T", "permute", "permute_copy", "positive", "prims", "quantized_decomposed", "ravel", "real",
        "repeat", "repeat_interleave", "requires_grad", "reshape", "reshape_as", "resolve_conj", "resolve_neg",
        "squeeze", "squeeze_copy", "swapaxes", "swapdims", "t", "tile", "to", "transpose", "transpose_copy",
        "type_as", "unflatten", "unsqueeze", "unsqueeze_copy", "view", "view_as", "view_copy",
    ),
    "resampling": (
        "_pad_circular", "_pad_enum", "_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa",
        "_upsample_nearest_exact1d", "_upsample_nearest_exact2d", "_upsample_nearest_exact3d", "channel_shuffle",
        "constant_pad_nd", "native_channel_shuffle", "pad", "pixel_shuffle", "pixel_unshuffle", "reflection_pad1d",
        "reflection_pad2d", "reflection_pad3d", "replication_pad1d", "replication_pad2d", "replication_pad3d",
        "upsample_bicubic2d", "upsample_bilinear2d", "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d",
        "upsample_nearest3d", "upsample_trilinear3d",
    ),
    "scattering": (
        "_unsafe_index_put", "diagonal_scatter", "index_add", "index_copy", "index_fill", "index_put", "index_reduce",
        "masked_scatter", "put", "scatter", "scatter_add", "scatter_reduce", "select_scatter", "slice_scatter",
    ),
    "unfolding": (
        "col2im", "im2col", "unfold", "unfold_copy",
    ),
}  # fmt: skip
