"""Small modules of torch, one or more for each operator: name, what builds it, and the shapes of what it reads.

A shape that begins with 1 has a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class Numbers:
    """An input of whole numbers below `table`."""

    def __init__(self, *shape: int, table: int = 10) -> None:
        self.shape, self.table = shape, table


class Of(nn.Module):
    """A function of tensors, with parameters of these shapes before what it reads."""

    def __init__(self, function: Callable[..., Any], *shapes: tuple[int, ...], buffers: bool = False) -> None:
        super().__init__()
        self.function, self.count = function, len(shapes)
        for at, shape in enumerate(shapes):
            if buffers:
                self.register_buffer(f"kept{at}", torch.ones(shape))
            else:
                self.register_parameter(f"kept{at}", nn.Parameter(torch.ones(shape)))

    def forward(self, *given: Any) -> Any:
        made = self.function(*(getattr(self, f"kept{at}") for at in range(self.count)), *given)
        return tuple(made) if isinstance(made, tuple) else made  # a named one cannot be saved


class Kept(nn.Module):
    """A module and what a function makes of what it puts out."""

    def __init__(self, inner: nn.Module, function: Callable[..., Any]) -> None:
        super().__init__()
        self.inner, self.function = inner, function

    def forward(self, *given: Any) -> Any:
        return self.function(self.inner(*given))


IMAGE, WIDE, DEEP = (1, 8, 12, 10), (1, 8, 12), (1, 4, 6, 8, 5)
TOKENS = (1, 6, 16)
Case = tuple[str, Callable[[], nn.Module], list[Any]]


def convolutions() -> Iterator[Case]:
    for rank, shape in ((1, WIDE), (2, IMAGE), (3, DEEP)):
        conv = getattr(nn, f"Conv{rank}d")
        turned = getattr(nn, f"ConvTranspose{rank}d")
        c = shape[1]
        yield f"conv{rank}d", lambda conv=conv, c=c: conv(c, 6, 3, stride=2, padding=1), [shape]
        yield f"conv{rank}d_same", lambda conv=conv, c=c: conv(c, 6, 4, padding="same"), [shape]
        yield f"conv{rank}d_same_dilated", lambda conv=conv, c=c: conv(c, 4, 3, padding="same", dilation=2), [shape]
        yield f"conv{rank}d_valid", lambda conv=conv, c=c: conv(c, 6, 3, padding="valid", bias=False), [shape]
        yield f"conv{rank}d_groups", lambda conv=conv, c=c: conv(c, 8, 3, groups=2), [shape]
        yield f"conv{rank}d_depthwise", lambda conv=conv, c=c: conv(c, 2 * c, 3, groups=c, dilation=2), [shape]
        yield f"conv{rank}d_unbatched", lambda conv=conv, c=c: conv(c, 6, 3), [shape[1:]]
        yield (
            f"conv{rank}d_reflect",
            lambda conv=conv, c=c: conv(c, 6, 3, padding=1, padding_mode="circular"),
            [shape],
        )
        yield f"turned{rank}d", lambda turned=turned, c=c: turned(c, 6, 3, stride=2, padding=1), [shape]
        yield (
            f"turned{rank}d_groups",
            lambda turned=turned, c=c: turned(c, 8, 3, stride=2, output_padding=1, groups=2, bias=False),
            [shape],
        )
        yield f"turned{rank}d_depthwise", lambda turned=turned, c=c: turned(c, c, 4, stride=2, groups=c), [shape]
        yield f"turned{rank}d_dilated", lambda turned=turned, c=c: turned(c, 3, 3, dilation=2), [shape]
    yield "conv2d_uneven", lambda: nn.Conv2d(8, 5, (3, 1), (2, 1), (1, 0)), [IMAGE]
    yield "conv2d_twice", lambda: Kept(nn.Conv2d(8, 8, 1), lambda x: x), [IMAGE]
    yield "conv2d_tied", lambda: Of(lambda w, x: F.conv2d(F.conv2d(x, w), w), (8, 8, 1, 1)), [IMAGE]
    yield (
        "conv2d_tied_other_bias",
        lambda: Of(lambda w, b, x: F.conv2d(F.conv2d(x, w), w, b), (8, 8, 1, 1), (8,)),
        [IMAGE],
    )
    yield "conv2d_weight_norm", lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(8, 6, 3)), [IMAGE]
    yield "conv1d_old_weight_norm", lambda: nn.utils.weight_norm(nn.Conv1d(8, 6, 3)), [WIDE]
    yield "conv2d_spectral_norm", lambda: nn.utils.parametrizations.spectral_norm(nn.Conv2d(8, 6, 3)), [IMAGE]
    yield "conv2d_standardised", lambda: Of(_standardised, (6, 8, 3, 3)), [IMAGE]
    yield "conv2d_of_a_filter", lambda: Of(lambda w, x: F.conv2d(x, w, groups=8), (8, 1, 3, 3), buffers=True), [IMAGE]
    yield "conv2d_frozen", lambda: _frozen(nn.Conv2d(8, 4, 3)), [IMAGE]
    yield "conv2d_dynamic", lambda: Of(lambda x, w: F.conv2d(x, w)), [IMAGE, (4, 8, 3, 3)]
    yield "separable", lambda: nn.Sequential(nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 16, 1)), [IMAGE]
    yield "turned1d_weight_norm", lambda: nn.utils.parametrizations.weight_norm(nn.ConvTranspose1d(8, 6, 4, 2)), [WIDE]


def _standardised(w: Any, x: Any) -> Any:
    mean = w.mean((1, 2, 3), keepdim=True)
    return F.conv2d(x, (w - mean) / (w.var((1, 2, 3), keepdim=True) + 1e-5).sqrt())


def _frozen(module: nn.Module) -> nn.Module:
    return module.requires_grad_(False)


def products() -> Iterator[Case]:
    yield "linear", lambda: nn.Linear(16, 5), [TOKENS]
    yield "linear_vector", lambda: nn.Linear(16, 5, bias=False), [(1, 16)]
    yield "linear_images", lambda: nn.Linear(10, 4), [IMAGE]
    yield "linear_flat", lambda: nn.Sequential(nn.Flatten(), nn.Linear(960, 7)), [IMAGE]
    yield "linear_tied", lambda: Of(lambda w, x: F.linear(F.linear(x, w), w.t()), (5, 16)), [TOKENS]
    yield "linear_of_product", lambda: Of(lambda a, b, x: F.linear(x, a @ b), (5, 2), (2, 16)), [TOKENS]
    yield "linear_weight_norm", lambda: nn.utils.parametrizations.weight_norm(nn.Linear(16, 5)), [TOKENS]
    yield "linear_spectral_norm", lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(16, 5)), [TOKENS]
    yield "linear_dynamic", lambda: Of(lambda x, w: F.linear(x, w[0])), [TOKENS, (1, 5, 16)]
    yield "linear_part", lambda: Of(lambda w, x: F.linear(x, w[:4]) + F.linear(x, w[4:]), (8, 16)), [TOKENS]
    yield "matmul", lambda: Of(lambda x: x @ x.transpose(1, 2)), [TOKENS]
    yield "matmul_weight", lambda: Of(lambda w, x: x @ w, (16, 5)), [TOKENS]
    yield "matmul_left", lambda: Of(lambda w, x: w @ x, (5, 6)), [TOKENS]
    yield "matmul_batched_weight", lambda: Of(lambda w, x: x @ w, (4, 8, 5)), [(1, 4, 6, 8)]
    yield "matmul_vector", lambda: Of(lambda w, x: x @ w, (16,)), [TOKENS]
    yield "bmm", lambda: Of(lambda x, y: torch.bmm(x, y)), [TOKENS, (1, 16, 3)]
    yield "baddbmm", lambda: Of(lambda b, x, y: torch.baddbmm(b, x, y), (1, 6, 3)), [TOKENS, (1, 16, 3)]
    yield "addmm", lambda: Of(lambda b, w, x: torch.addmm(b, x, w), (5,), (16, 5)), [(1, 16)]
    yield "addmv", lambda: Of(lambda b, w, x: torch.addmv(b, x[0], w), (6,), (16,)), [TOKENS]
    yield "outer", lambda: Of(lambda x, y: torch.outer(x[0], y[0])), [(1, 6), (1, 5)]
    yield "dot", lambda: Of(lambda x, y: torch.dot(x[0], y[0])), [(1, 6), (1, 6)]
    yield "einsum", lambda: Of(lambda x, y: torch.einsum("bhid,bhjd->bhij", x, y)), [(1, 2, 6, 8), (1, 2, 5, 8)]
    yield "einsum_weight", lambda: Of(lambda w, x: torch.einsum("bti,io->bto", x, w), (16, 5)), [TOKENS]
    yield "einsum_heads", lambda: Of(lambda w, x: torch.einsum("btc,hcd->bhtd", x, w), (2, 16, 8)), [TOKENS]
    yield "einsum_outer", lambda: Of(lambda x, y: torch.einsum("bi,bj->bij", x, y)), [(1, 6), (1, 5)]
    yield "einsum_pixels", lambda: Of(lambda x: torch.einsum("nchw,ncvw->nhv", x, x)), [IMAGE]
    yield "tensordot", lambda: Of(lambda w, x: torch.tensordot(x, w, dims=1), (16, 5)), [TOKENS]
    yield "inner", lambda: Of(lambda w, x: torch.inner(x, w), (5, 16)), [TOKENS]
    yield "multi_dot", lambda: Of(lambda x, y: torch.linalg.multi_dot([x[0], y[0], x[0]])), [TOKENS, (1, 16, 6)]
    yield "cosine", lambda: Of(lambda x, y: F.cosine_similarity(x, y, dim=-1)), [TOKENS, TOKENS]
    yield "bilinear", lambda: nn.Bilinear(6, 5, 4), [(1, 6), (1, 5)]
    yield "cdist", lambda: Of(lambda x, y: torch.cdist(x, y)), [TOKENS, (1, 5, 16)]
    yield "chain_matmul", lambda: Of(lambda a, b, x: x @ a @ b, (16, 4), (4, 16)), [TOKENS]
    yield "kron_free", lambda: Of(lambda w, x: (x.unsqueeze(-2) * w).sum(-1), (5, 16)), [TOKENS]
    yield (
        "lora",
        lambda: Of(lambda w, a, b, x: F.linear(x, w) + F.linear(F.linear(x, a), b), (5, 16), (2, 16), (5, 2)),
        [TOKENS],
    )


def norms() -> Iterator[Case]:
    yield "batch_norm1d", lambda: nn.BatchNorm1d(8), [WIDE]
    yield "batch_norm_vector", lambda: nn.BatchNorm1d(16), [(1, 16)]
    yield "batch_norm2d", lambda: nn.BatchNorm2d(8), [IMAGE]
    yield "batch_norm2d_train", lambda: nn.BatchNorm2d(8).train(), [IMAGE]
    yield "batch_norm2d_plain", lambda: nn.BatchNorm2d(8, affine=False), [IMAGE]
    yield "batch_norm2d_no_statistics", lambda: nn.BatchNorm2d(8, track_running_stats=False), [IMAGE]
    yield "batch_norm3d", lambda: nn.BatchNorm3d(4), [DEEP]
    yield "layer_norm", lambda: nn.LayerNorm(16), [TOKENS]
    yield "layer_norm_no_bias", lambda: nn.LayerNorm(16, bias=False), [TOKENS]
    yield "layer_norm_plain", lambda: nn.LayerNorm(16, elementwise_affine=False), [TOKENS]
    yield "layer_norm_images", lambda: nn.LayerNorm([8, 12, 10]), [IMAGE]
    yield "layer_norm_two", lambda: nn.LayerNorm([12, 10]), [IMAGE]
    yield (
        "layer_norm_channels",
        lambda: Of(lambda w, b, x: F.layer_norm(x.permute(0, 2, 3, 1), (8,), w, b).permute(0, 3, 1, 2), (8,), (8,)),
        [IMAGE],
    )
    yield "group_norm", lambda: nn.GroupNorm(4, 8), [IMAGE]
    yield "group_norm_one", lambda: nn.GroupNorm(1, 8), [IMAGE]
    yield "group_norm_each", lambda: nn.GroupNorm(8, 8, affine=False), [WIDE]
    yield "group_norm_vector", lambda: nn.GroupNorm(4, 16), [(1, 16)]
    yield "instance_norm1d", lambda: nn.InstanceNorm1d(8), [WIDE]
    yield "instance_norm2d", lambda: nn.InstanceNorm2d(8, affine=True), [IMAGE]
    yield "instance_norm2d_statistics", lambda: nn.InstanceNorm2d(8, affine=True, track_running_stats=True), [IMAGE]
    yield "instance_norm3d", lambda: nn.InstanceNorm3d(4), [DEEP]
    yield "rms_norm", lambda: nn.RMSNorm(16), [TOKENS]
    yield "rms_norm_plain", lambda: nn.RMSNorm(16, elementwise_affine=False), [TOKENS]
    yield (
        "rms_norm_by_hand",
        lambda: Of(lambda w, x: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * w, (16,)),
        [TOKENS],
    )
    yield "layer_norm_by_hand", lambda: Of(_by_hand, (8, 1, 1), (8, 1, 1)), [IMAGE]
    yield "local_response_norm", lambda: nn.LocalResponseNorm(3), [IMAGE]
    yield "local_response_norm1d", lambda: nn.LocalResponseNorm(3), [WIDE]
    yield "normalize", lambda: Of(lambda x: F.normalize(x, dim=-1)), [TOKENS]
    yield "grn", lambda: Of(_grn, (10,), (10,)), [IMAGE]
    yield "sync_batch_norm", lambda: nn.SyncBatchNorm(8), [IMAGE]
    yield "layer_scale", lambda: Of(lambda g, x: x + g * x, (16,)), [TOKENS]


def _by_hand(g: Any, b: Any, x: Any) -> Any:
    mean = x.mean(1, keepdim=True)
    return g * (x - mean) / torch.sqrt((x - mean).pow(2).mean(1, keepdim=True) + 1e-6) + b


def _grn(g: Any, b: Any, x: Any) -> Any:
    size = torch.norm(x, p=2, dim=(1, 2), keepdim=True)
    return g * (x * size / (size.mean(-1, keepdim=True) + 1e-6)) + b + x


def pools() -> Iterator[Case]:
    for rank, shape in ((1, WIDE), (2, IMAGE), (3, DEEP)):
        for kind in ("Max", "Avg"):
            of = getattr(nn, f"{kind}Pool{rank}d")
            yield f"{kind.lower()}_pool{rank}d", lambda of=of: of(3, 2, 1), [shape]
            yield f"{kind.lower()}_pool{rank}d_ceil", lambda of=of: of(2, 3, ceil_mode=True), [shape]
            yield f"{kind.lower()}_pool{rank}d_unbatched", lambda of=of: of(2), [shape[1:]]
            adaptive = getattr(nn, f"Adaptive{kind}Pool{rank}d")
            yield f"adaptive_{kind.lower()}{rank}d", lambda adaptive=adaptive: adaptive(4), [shape]
            yield f"global_{kind.lower()}{rank}d", lambda adaptive=adaptive: adaptive(1), [shape]
        yield f"max_pool{rank}d_dilated", lambda rank=rank: getattr(nn, f"MaxPool{rank}d")(2, 1, dilation=2), [shape]
        indices = lambda rank=rank: getattr(nn, f"MaxPool{rank}d")(2, return_indices=True)  # noqa: E731
        yield f"max_pool{rank}d_indices", indices, [shape]
        yield f"lp_pool{rank}d", lambda rank=rank: getattr(nn, f"LPPool{rank}d")(2, 3, 2), [shape]
        yield f"max_unpool{rank}d", lambda rank=rank: Of(_unpool(rank)), [shape]
    yield "avg_pool2d_uneven", lambda: nn.AvgPool2d((3, 1), (2, 1), (1, 0), count_include_pad=False), [IMAGE]
    yield "adaptive_avg2d_none", lambda: nn.AdaptiveAvgPool2d((None, 3)), [IMAGE]
    yield "adaptive_max2d_indices", lambda: nn.AdaptiveMaxPool2d(4, return_indices=True), [IMAGE]
    yield "fractional_max_pool2d", lambda: nn.FractionalMaxPool2d(2, output_size=(5, 4)), [IMAGE]
    yield "fractional_max_pool3d", lambda: nn.FractionalMaxPool3d(2, output_ratio=0.5), [DEEP]
    yield "mean_pool", lambda: Of(lambda x: x.mean([2, 3])), [IMAGE]
    yield "gem", lambda: Of(lambda p, x: F.avg_pool2d(x.clamp(min=1e-6).pow(p), (12, 10)).pow(1.0 / p), (1,)), [IMAGE]


def _unpool(rank: int) -> Callable[..., Any]:
    def function(x: Any) -> Any:
        made, indices = getattr(F, f"max_pool{rank}d")(x, 2, return_indices=True)
        return getattr(F, f"max_unpool{rank}d")(made, indices, 2)

    return function


def activations() -> Iterator[Case]:
    plain = (
        "ReLU ReLU6 ELU SELU CELU GELU SiLU Mish Softplus Sigmoid Hardsigmoid Hardswish Tanh Softsign LeakyReLU Hardtanh "
        "LogSigmoid Tanhshrink Softshrink Hardshrink Softmin Softmax LogSoftmax"
    )
    for name in plain.split():
        of = getattr(nn, name)
        yield name.lower(), (lambda of=of: of(dim=1)) if "oftm" in name else (lambda of=of: of()), [IMAGE]
    for name in ("ReLU", "ELU", "SiLU", "Hardswish", "LeakyReLU", "Hardtanh", "ReLU6", "SELU", "CELU", "Mish"):
        of = getattr(nn, name)
        yield f"{name.lower()}_inplace", lambda of=of: nn.Sequential(nn.Conv2d(8, 4, 1), of(inplace=True)), [IMAGE]
    yield "gelu_tanh", lambda: nn.GELU(approximate="tanh"), [TOKENS]
    yield "threshold", lambda: nn.Threshold(0.1, 20), [IMAGE]
    yield "softmax_images", lambda: nn.Softmax2d(), [IMAGE]
    yield "softmax_last", lambda: nn.Softmax(-1), [TOKENS]
    yield "prelu", lambda: nn.PReLU(), [IMAGE]
    yield "prelu_planes", lambda: nn.PReLU(8), [IMAGE]
    yield "prelu_vector", lambda: nn.PReLU(16), [(1, 16)]
    yield "rrelu", lambda: nn.RReLU(), [IMAGE]
    yield "glu", lambda: nn.GLU(1), [IMAGE]
    yield "glu_last", lambda: nn.GLU(), [TOKENS]
    yield "swiglu", lambda: Of(lambda w, x: F.silu(x @ w[:, :8]) * (x @ w[:, 8:]), (16, 16)), [TOKENS]
    yield "clamp", lambda: Of(lambda x: x.clamp(-2, 3)), [IMAGE]
    yield "clamp_max", lambda: Of(lambda x: x.clamp(max=3)), [IMAGE]
    yield "clamp_tensor", lambda: Of(lambda x, y: torch.clamp(x, min=y)), [IMAGE, IMAGE]
    yield "logit", lambda: Of(lambda x: torch.logit(x, 1e-3)), [IMAGE]
    for name in ("Dropout", "Dropout2d", "AlphaDropout", "FeatureAlphaDropout", "Dropout1d", "Dropout3d"):
        shape = WIDE if name == "Dropout1d" else DEEP if name == "Dropout3d" else IMAGE
        yield f"{name.lower()}_train", lambda name=name: getattr(nn, name)(0.3).train(), [shape]
    yield "rrelu_train", lambda: nn.RReLU().train(), [IMAGE]
    yield "gumbel", lambda: Of(lambda x: F.gumbel_softmax(x, dim=-1)), [TOKENS]
    yield "gumbel_hard", lambda: Of(lambda x: F.gumbel_softmax(x, hard=True)), [TOKENS]
    yield "stochastic_depth", lambda: Of(_dropped_path), [IMAGE]


def _dropped_path(x: Any) -> Any:
    mask = x.new_empty((x.shape[0], 1, 1, 1)).bernoulli_(0.9)
    return x * mask.div_(0.9)


def elements() -> Iterator[Case]:
    unary = (
        "abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp exp2 expm1 floor frac log log10 log1p log2 neg "
        "reciprocal round rsqrt sign sgn sin sinc sinh sqrt square tan trunc isnan isinf isfinite logical_not nan_to_num "
        "signbit deg2rad relu sigmoid erfinv digamma lgamma i0 bernoulli"
    )
    for name in unary.split():
        yield f"unary_{name}", lambda name=name: Of(getattr(torch, name)), [WIDE]
    binary = (
        "add sub mul div maximum minimum fmax fmin pow remainder fmod atan2 eq ne lt le gt ge logical_and logical_or "
        "logical_xor hypot floor_divide copysign xlogy heaviside true_divide logaddexp logaddexp2 nextafter ldexp"
    )
    for name in binary.split():
        yield f"binary_{name}", lambda name=name: Of(getattr(torch, name)), [WIDE, WIDE]
        if name in ("add", "mul", "sub", "div", "maximum", "pow"):
            yield f"broadcast_{name}", lambda name=name: Of(getattr(torch, name)), [IMAGE, (1, 8, 1, 1)]
            yield f"number_{name}", lambda name=name: Of(lambda x: getattr(torch, name)(x, torch.tensor(2.0))), [WIDE]
            yield f"trained_{name}", lambda name=name: Of(lambda p, x: getattr(torch, name)(x, p), (8, 1)), [WIDE]
    yield "scalars", lambda: Of(lambda x: ((x + 1) * 2 - 3) / 4 - (1 - x) + 2**x + 1 / x), [WIDE]
    yield "rsub", lambda: Of(lambda x: 1 - x), [WIDE]
    yield "outer_sum", lambda: Of(lambda x: x.unsqueeze(1) + x.unsqueeze(2)), [TOKENS]
    yield "where", lambda: Of(lambda x, y: torch.where(x > 0, x, y)), [WIDE, WIDE]
    yield "where_number", lambda: Of(lambda x: torch.where(x > 0, x, 0.5)), [WIDE]
    yield "where_broadcast", lambda: Of(lambda p, x: torch.where(x > 0, x, p), (8, 1)), [WIDE]
    yield "masked_fill", lambda: Of(lambda x: x.masked_fill(x > 0, -1)), [WIDE]
    yield (
        "masked_fill_triangle",
        lambda: Of(lambda x: x.masked_fill(torch.ones(6, 6).triu(1).bool(), -1e9)),
        [(1, 6, 6)],
    )
    yield "tril", lambda: Of(lambda x: torch.tril(x) + torch.triu(x, 1)), [(1, 6, 6)]
    yield "lerp", lambda: Of(lambda x, y: torch.lerp(x, y, 0.5)), [WIDE, WIDE]
    yield "lerp_tensor", lambda: Of(lambda w, x, y: torch.lerp(x, y, w), (1,)), [WIDE, WIDE]
    yield "addcmul", lambda: Of(lambda x, y, z: torch.addcmul(x, y, z)), [WIDE, WIDE, WIDE]
    yield "addcdiv", lambda: Of(lambda x, y, z: torch.addcdiv(x, y, z)), [WIDE, WIDE, WIDE]
    yield "polar", lambda: Of(lambda x: torch.polar(x, x).real), [WIDE]
    yield "bits", lambda: Of(lambda x: ((x & 3) | (x << 1) ^ (x >> 1)) + ~x), [Numbers(1, 8)]
    yield "casts", lambda: Of(lambda x: x.half().float().long().to(torch.float64).type(torch.float32) + 1), [WIDE]
    yield "inplace", lambda: Of(lambda x: x.clone().add_(1).mul_(2).div_(3).sub_(1).relu_().clamp_(0, 1)), [WIDE]
    yield "cumsum", lambda: Of(lambda x: x.cumsum(1)), [TOKENS]
    yield "cumprod", lambda: Of(lambda x: x.cumprod(-1)), [TOKENS]
    yield "cummax", lambda: Of(lambda x: torch.cummax(x, 1)), [TOKENS]
    yield "logcumsumexp", lambda: Of(lambda x: torch.logcumsumexp(x, 1)), [TOKENS]
    yield "diff", lambda: Of(lambda x: torch.diff(x, dim=1)), [TOKENS]
    yield "fill", lambda: Of(lambda x: x.clone().zero_() + x), [WIDE]
    yield "float_power", lambda: Of(lambda x: x.float_power(2)), [WIDE]
    yield "noise", lambda: Of(lambda x: x + torch.randn_like(x) * 0.1), [WIDE]
    yield "swish_by_hand", lambda: Of(lambda x: x * torch.sigmoid(1.702 * x)), [WIDE]
    yield "gelu_by_hand", lambda: Of(lambda x: 0.5 * x * (1 + torch.tanh(0.797 * (x + 0.044715 * x**3)))), [WIDE]
    yield "isin_eq", lambda: Of(lambda x: (x == 3).any(-1, keepdim=True) * x), [Numbers(1, 8)]
    yield "complex", lambda: Of(lambda x: torch.view_as_real(torch.fft.rfft2(x))), [IMAGE]
    yield "fft_filter", lambda: Of(_fft_filter, (8, 12, 6, 2)), [IMAGE]


def _fft_filter(w: Any, x: Any) -> Any:
    made = torch.fft.rfft2(x, norm="ortho") * torch.view_as_complex(w)
    return torch.fft.irfft2(made, s=(12, 10), norm="ortho")


def shapes() -> Iterator[Case]:
    yield "view", lambda: Of(lambda x: x.view(x.shape[0], 4, 2, -1)), [IMAGE]
    yield "view_flat", lambda: Of(lambda x: x.view(-1)), [IMAGE]
    yield "view_split", lambda: Of(lambda x: x.view(x.size(0), -1, 5) + 1), [IMAGE]
    yield "reshape_batch", lambda: Of(lambda x: x.reshape(-1, 12, 10) * 2), [IMAGE]
    yield "reshape_odd", lambda: Of(lambda x: F.relu(x.reshape(x.shape[0], 12, 8, 10))), [IMAGE]
    yield "permute", lambda: Of(lambda x: x.permute(0, 2, 3, 1) + 1), [IMAGE]
    yield "permute_softmax", lambda: Of(lambda x: x.permute(0, 2, 3, 1).softmax(-1)), [IMAGE]
    yield "transposes", lambda: Of(lambda x: x.transpose(1, 2).swapaxes(2, 3).mT.contiguous() + 1), [IMAGE]
    yield "movedim", lambda: Of(lambda x: torch.movedim(x, (1, 2), (-1, 1)) + 1), [IMAGE]
    yield "rollaxis", lambda: Of(lambda x: torch.moveaxis(x, 1, -1) + 1), [IMAGE]
    yield "t", lambda: Of(lambda w, x: x @ w.t(), (5, 16)), [(1, 16)]
    yield "squeeze", lambda: Of(lambda x: x.squeeze(1).unsqueeze(-1).squeeze((2, 3)) + 1), [(1, 1, 6, 1)]
    yield "squeeze_all", lambda: Of(lambda x: x.mean(1, keepdim=True).squeeze() + 1), [IMAGE]
    yield "flatten", lambda: Of(lambda x: x.flatten(1, 2) + 1), [IMAGE]
    yield "unflatten", lambda: nn.Unflatten(1, (2, 4)), [IMAGE]
    yield "ravel", lambda: Of(lambda x: torch.ravel(x) + 1), [(1, 16)]
    yield "expand", lambda: Of(lambda x: x.expand(-1, 8, -1) + 1), [(1, 1, 6)]
    yield "expand_as", lambda: Of(lambda x, y: x.expand_as(y) + y), [(1, 1, 6), (1, 5, 6)]
    yield "broadcast_to", lambda: Of(lambda x: torch.broadcast_to(x.unsqueeze(1), (x.shape[0], 3, 8, 12)) * 2), [WIDE]
    yield "repeat", lambda: Of(lambda x: x.repeat(1, 2, 3)), [WIDE]
    yield "repeat_new_axis", lambda: Of(lambda x: x.unsqueeze(1).repeat(1, 3, 1, 1)), [WIDE]
    yield "tile", lambda: Of(lambda x: torch.tile(x, (2,))), [WIDE]
    yield "repeat_interleave", lambda: Of(lambda x: x.repeat_interleave(2, dim=1)), [WIDE]
    yield "repeat_interleave_flat", lambda: Of(lambda x: x.repeat_interleave(3, -1)), [TOKENS]
    yield "cat", lambda: Of(lambda x, y: torch.cat([x, y], 1)), [IMAGE, (1, 3, 12, 10)]
    yield "cat_last", lambda: Of(lambda x: torch.cat([x, x * 2], -1)), [TOKENS]
    yield "cat_token", lambda: Of(lambda t, x: torch.cat([t.expand(x.shape[0], -1, -1), x], 1), (1, 1, 16)), [TOKENS]
    yield "cat_empty", lambda: Of(lambda x: torch.cat([x[:, :0], x], 1) + 1), [TOKENS]
    yield "cat_zeros", lambda: Of(lambda x: torch.cat([x, torch.zeros(x.shape[0], 2, 16)], 1)), [TOKENS]
    yield "stack", lambda: Of(lambda x: torch.stack([x, x + 1], 1)), [TOKENS]
    yield "stack_sum", lambda: Of(lambda x: torch.stack([x, x + 1, x * 2]).sum(0)), [TOKENS]
    yield "stack_last", lambda: Of(lambda x: torch.stack([x.sin(), x.cos()], -1).flatten(-2)), [TOKENS]
    yield "hstack", lambda: Of(lambda x: torch.hstack([x, x])), [TOKENS]
    yield "dstack", lambda: Of(lambda x: torch.dstack([x, x])), [TOKENS]
    yield "split", lambda: Of(lambda x: torch.cat([one * (n + 1) for n, one in enumerate(x.split(3, 1))], 1)), [IMAGE]
    yield "split_sizes", lambda: Of(lambda x: list(x.split([2, 6], 1))), [IMAGE]
    yield "chunk", lambda: Of(lambda x: torch.mul(*x.chunk(2, 1))), [IMAGE]
    yield "chunk_uneven", lambda: Of(lambda x: list(torch.chunk(x, 3, 1))), [IMAGE]
    yield "tensor_split", lambda: Of(lambda x: list(torch.tensor_split(x, 3, 1))), [IMAGE]
    yield "tensor_split_places", lambda: Of(lambda x: list(torch.tensor_split(x, (2, 5), 1))), [IMAGE]
    yield "unbind", lambda: Of(lambda x: sum(x.unbind(1))), [IMAGE]
    yield "unsafe_chunk", lambda: Of(lambda x: torch.add(*x.unsafe_chunk(2, 1))), [IMAGE]
    yield "slice", lambda: Of(lambda x: x[:, 1:7:2, ..., -3:]), [IMAGE]
    yield "slice_focus", lambda: Of(lambda x: torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2]], 1)), [IMAGE]
    yield "select", lambda: Of(lambda x: x[:, 2] + x[:, -1]), [IMAGE]
    yield "select_token", lambda: Of(lambda x: x[:, 0]), [TOKENS]
    yield "narrow", lambda: Of(lambda x: x.narrow(1, 2, 3)), [IMAGE]
    yield "none_index", lambda: Of(lambda x: x[:, None] * x[:, :, None]), [TOKENS]
    yield "flip", lambda: Of(lambda x: x.flip(1, -1)), [IMAGE]
    yield "fliplr", lambda: Of(lambda x: torch.fliplr(x)), [IMAGE]
    yield "rot90", lambda: Of(lambda x: torch.rot90(x, 1, (2, 3))), [IMAGE]
    yield "roll", lambda: Of(lambda x: torch.roll(x, (1, -2), (2, 3))), [IMAGE]
    yield "roll_flat", lambda: Of(lambda x: torch.roll(x, 3)), [(1, 16)]
    yield "windows", lambda: Of(_windows), [(1, 8, 12, 12)]
    yield "pixel_shuffle", lambda: nn.PixelShuffle(2), [IMAGE]
    yield "pixel_unshuffle", lambda: nn.PixelUnshuffle(2), [IMAGE]
    yield "channel_shuffle", lambda: nn.Sequential(nn.ChannelShuffle(4), nn.ReLU()), [IMAGE]
    yield "channel_shuffle_by_hand", lambda: Of(_shuffled), [IMAGE]
    yield "unfold2d", lambda: nn.Unfold(3, padding=1, stride=2), [IMAGE]
    yield "unfold2d_dilated", lambda: nn.Unfold((3, 2), dilation=2), [IMAGE]
    yield "fold2d", lambda: nn.Fold((6, 5), (2, 3), padding=1, stride=(2, 1)), [(1, 48, 20)]
    yield "unfold_fold", lambda: Of(lambda x: F.fold(F.unfold(x, 2, stride=2), (12, 10), 2, stride=2)), [IMAGE]
    yield "tensor_unfold", lambda: Of(lambda x: x.unfold(2, 4, 2)), [IMAGE]
    yield "tensor_unfold_patches", lambda: Of(lambda x: x.unfold(2, 4, 4).unfold(3, 5, 5)), [IMAGE]
    yield "tensor_unfold_overlap", lambda: Of(lambda x: x.unfold(2, 6, 3).unfold(3, 4, 3) * 2), [IMAGE]
    yield "frames", lambda: Of(lambda x: x.unfold(-1, 4, 2).mean(-1)), [WIDE]
    yield "as_strided", lambda: Of(lambda x: x.as_strided((1, 4, 6), (96, 12, 2))), [WIDE]
    yield "diagonal", lambda: Of(lambda x: torch.diagonal(x, dim1=1, dim2=2)), [(1, 6, 6)]
    yield "diag_embed", lambda: Of(lambda x: torch.diag_embed(x)), [(1, 6)]
    yield "meshgrid", lambda: Of(lambda x, y: torch.stack(torch.meshgrid(x[0], y[0], indexing="ij"))), [(1, 6), (1, 5)]
    yield "atleast", lambda: Of(lambda x: torch.atleast_3d(x) + 1), [(1, 6)]
    yield "view_as_complex", lambda: Of(lambda x: torch.view_as_real(torch.view_as_complex(x) * 2)), [(1, 6, 2)]
    yield (
        "patches",
        lambda: Of(
            lambda x: x.reshape(x.shape[0], 8, 3, 4, 2, 5).permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2) * 2
        ),
        [IMAGE],
    )
    yield "space_to_depth", lambda: Of(_space_to_depth), [IMAGE]
    yield "fold_batch", lambda: Of(lambda x: F.relu(x.reshape(-1, 8, 10)).reshape(x.shape)), [IMAGE]
    yield "column_stack", lambda: Of(lambda x: torch.column_stack([x, x])), [(1, 6)]
    yield "vander", lambda: Of(lambda x: torch.vander(x[0])), [(1, 6)]
    yield "copies", lambda: Of(lambda x: x.clone().detach().contiguous().to(torch.float32).type_as(x) + 1), [WIDE]
    yield "copy_into", lambda: Of(_copy_into), [IMAGE]
    yield "zeros_cat", lambda: Of(lambda x: torch.cat([x, x.new_zeros(x.shape[0], 1, 16)], 1)), [TOKENS]
    yield "cartesian", lambda: Of(lambda x: torch.cartesian_prod(x[0], x[0])), [(1, 4)]
    yield "combinations", lambda: Of(lambda x: x[:, [0, 0, 1]] * x[:, [1, 2, 2]]), [TOKENS]


def _windows(x: Any) -> Any:
    n = x.shape[0]
    made = x.permute(0, 2, 3, 1).view(n, 3, 4, 3, 4, 8).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 8)
    made = (made @ made.transpose(1, 2)).softmax(-1) @ made
    return made.view(n, 3, 3, 4, 4, 8).permute(0, 1, 3, 2, 4, 5).reshape(n, 12, 12, 8).permute(0, 3, 1, 2)


def _shuffled(x: Any) -> Any:
    n, c, h, w = x.shape
    return torch.relu(x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, -1, h, w))


def _space_to_depth(x: Any) -> Any:
    n, c, h, w = x.shape
    return torch.relu(x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(n, c * 4, h // 2, w // 2))


def _copy_into(x: Any) -> Any:
    made = torch.zeros_like(x)
    made[:, 2:5] = x[:, :3]
    return made + x


def choices() -> Iterator[Case]:
    yield "index_list", lambda: Of(lambda x: x[:, [3, 1, 4]]), [IMAGE]
    yield "index_even", lambda: Of(lambda x: x[:, torch.arange(0, 8, 2)]), [IMAGE]
    yield "index_two", lambda: Of(lambda x: x[:, [0, 1], [2, 3]]), [IMAGE]
    yield "index_apart", lambda: Of(lambda x: x[:, [0, 1], :, [2, 3]]), [IMAGE]
    yield "index_batch", lambda: Of(lambda x: x[torch.arange(x.shape[0]), 2]), [TOKENS]
    yield "index_tensor", lambda: Of(lambda x, i: x[:, i[0]]), [TOKENS, Numbers(1, 3, table=6)]
    yield "index_pairs", lambda: Of(lambda x: x[:, torch.arange(3)[:, None], torch.arange(4)]), [IMAGE]
    yield (
        "index_table",
        lambda: Of(lambda t, x: x + t[torch.arange(36) % 9].view(6, 6, 2).permute(2, 0, 1), (9, 2)),
        [(1, 2, 6, 6)],
    )
    yield "index_select", lambda: Of(lambda x: torch.index_select(x, 1, torch.tensor([0, 2, 5]))), [IMAGE]
    yield "gather", lambda: Of(lambda x, i: torch.gather(x, 1, i)), [TOKENS, Numbers(1, 3, 16, table=6)]
    yield "take_along", lambda: Of(lambda x: torch.take_along_dim(x, x.argsort(1), 1)), [TOKENS]
    yield "take", lambda: Of(lambda x: torch.take(x, torch.tensor([0, 3, 5]))), [TOKENS]
    yield "scatter", lambda: Of(lambda x, i: x.scatter(1, i, 1.0)), [TOKENS, Numbers(1, 3, 16, table=6)]
    yield "scatter_source", lambda: Of(lambda x, i: x.scatter(1, i, x * 2)), [TOKENS, Numbers(1, 3, 16, table=6)]
    yield (
        "scatter_add",
        lambda: Of(lambda x, i: torch.zeros_like(x).scatter_add(1, i, x)),
        [TOKENS, Numbers(1, 6, 16, table=6)],
    )
    yield (
        "scatter_reduce",
        lambda: Of(lambda x, i: x.scatter_reduce(1, i, x, "amax")),
        [TOKENS, Numbers(1, 6, 16, table=6)],
    )
    yield "index_add", lambda: Of(lambda x: x.index_add(1, torch.tensor([0, 2]), x[:, :2])), [TOKENS]
    yield "index_copy", lambda: Of(lambda x: x.index_copy(1, torch.tensor([0, 2]), x[:, :2])), [TOKENS]
    yield "index_fill", lambda: Of(lambda x: x.index_fill(1, torch.tensor([0, 2]), 1.0)), [TOKENS]
    yield (
        "index_put",
        lambda: Of(lambda x: x.index_put((torch.tensor([0]), torch.tensor([1])), torch.tensor(1.0))),
        [TOKENS],
    )
    yield "select_scatter", lambda: Of(lambda x: torch.select_scatter(x, x[:, 0] * 2, 1, 3)), [TOKENS]
    yield "slice_scatter", lambda: Of(lambda x: torch.slice_scatter(x, x[:, :2] * 2, 1, 3, 5)), [TOKENS]
    yield "masked_scatter", lambda: Of(lambda x: x.masked_scatter(x > 0, x * 2)), [TOKENS]
    yield "assign", lambda: Of(_assigned), [IMAGE]
    yield "topk", lambda: Of(lambda x: torch.topk(x, 3, dim=1)), [TOKENS]
    yield "sort", lambda: Of(lambda x: torch.sort(x, dim=-1)), [TOKENS]
    yield "argsort", lambda: Of(lambda x: torch.argsort(x, dim=1) * 2), [TOKENS]
    yield "msort", lambda: Of(lambda x: torch.msort(x)), [TOKENS]
    yield "kthvalue", lambda: Of(lambda x: torch.kthvalue(x, 2, dim=1)), [TOKENS]
    yield "median", lambda: Of(lambda x: torch.median(x, dim=1)), [TOKENS]
    yield "mode", lambda: Of(lambda x: torch.mode(x, dim=1)), [TOKENS]
    yield "argmax", lambda: Of(lambda x: x.argmax(-1)), [TOKENS]
    yield "one_hot", lambda: Of(lambda x: F.one_hot(x, 10).float() * 2), [Numbers(1, 6)]
    yield "embedding", lambda: nn.Embedding(10, 16), [Numbers(1, 6)]
    yield "embedding_padding", lambda: nn.Embedding(10, 16, padding_idx=0), [Numbers(1, 6)]
    yield "embedding_pictures", lambda: nn.Embedding(10, 16), [Numbers(1, 6, 5)]
    yield (
        "embedding_positions",
        lambda: Of(lambda t, p, x: F.embedding(x, t) + F.embedding(torch.arange(6), p), (10, 16), (12, 16)),
        [Numbers(1, 6)],
    )
    yield "embedding_tied", lambda: Of(lambda t, x: F.linear(F.embedding(x, t), t), (10, 16)), [Numbers(1, 6)]
    yield "embedding_bag", lambda: nn.EmbeddingBag(10, 16), [Numbers(1, 6)]
    yield "embedding_bag_sum", lambda: nn.EmbeddingBag(10, 16, mode="max"), [Numbers(1, 6)]
    yield "bucketize", lambda: Of(lambda x: torch.bucketize(x, torch.tensor([0.0, 1.0])) * 2), [WIDE]
    yield "searchsorted", lambda: Of(lambda x: torch.searchsorted(torch.tensor([0.0, 1.0]), x) * 2), [WIDE]


def _assigned(x: Any) -> Any:
    made = x.clone()
    made[:, 0] = made[:, 0] * 2
    made[:, 1:3, ::2] = 0
    made[..., -1] += 1
    return made


def reductions() -> Iterator[Case]:
    for name in ("mean", "sum", "amax", "amin", "prod", "var", "std", "logsumexp", "any", "all", "nansum", "median"):
        if name not in ("prod", "median"):
            yield f"reduce_{name}_two", lambda name=name: Of(lambda x: getattr(x, name)(dim=(2, 3))), [IMAGE]
        yield (
            f"reduce_{name}_kept",
            lambda name=name: Of(lambda x: getattr(torch, name)(x, dim=1, keepdim=True)),
            [IMAGE],
        )
        if name not in ("logsumexp", "nansum"):
            yield f"reduce_{name}_all", lambda name=name: Of(lambda x: getattr(x, name)()), [WIDE]
    yield "max_all", lambda: Of(lambda x: x.max() + x.min()), [WIDE]
    yield "max_dim", lambda: Of(lambda x: torch.max(x, 1)), [IMAGE]
    yield "min_dim", lambda: Of(lambda x: torch.min(x, 1, keepdim=True)), [IMAGE]
    yield "aminmax", lambda: Of(lambda x: torch.aminmax(x, dim=1)), [IMAGE]
    yield "var_mean", lambda: Of(lambda x: torch.var_mean(x, dim=1)), [IMAGE]
    yield "std_mean", lambda: Of(lambda x: torch.std_mean(x, dim=(2, 3), keepdim=True)), [IMAGE]
    yield "norm", lambda: Of(lambda x: torch.norm(x, dim=1)), [IMAGE]
    yield "norm1", lambda: Of(lambda x: torch.linalg.vector_norm(x, 1, dim=(1, 2))), [IMAGE]
    yield "frobenius", lambda: Of(lambda x: torch.linalg.matrix_norm(x)), [IMAGE]
    yield "argmin", lambda: Of(lambda x: torch.argmin(x, 1, keepdim=True)), [IMAGE]
    yield "count_nonzero", lambda: Of(lambda x: torch.count_nonzero(x, dim=1)), [IMAGE]
    yield "trace", lambda: Of(lambda x: torch.trace(x[0])), [(1, 6, 6)]
    yield "quantile", lambda: Of(lambda x: torch.quantile(x, 0.5, dim=1)), [IMAGE]
    yield "nanmean", lambda: Of(lambda x: torch.nanmean(x, 1)), [IMAGE]
    yield "dist", lambda: Of(lambda x, y: torch.dist(x, y)), [WIDE, WIDE]
    yield "pairwise", lambda: Of(lambda x, y: F.pairwise_distance(x, y)), [TOKENS, TOKENS]
    yield "mse", lambda: Of(lambda x, y: F.mse_loss(x, y)), [WIDE, WIDE]
    yield "cross_entropy", lambda: Of(lambda x, y: F.cross_entropy(x, y)), [(1, 10), Numbers(1)]
    yield "bce", lambda: Of(lambda x, y: F.binary_cross_entropy_with_logits(x, y)), [WIDE, WIDE]
    yield (
        "smooth_l1",
        lambda: Of(lambda x, y: F.smooth_l1_loss(x, y) + F.l1_loss(x, y) + F.huber_loss(x, y)),
        [WIDE, WIDE],
    )
    yield (
        "squeeze_excite",
        lambda: Of(lambda w, x: x * torch.sigmoid(F.conv2d(x.mean((2, 3), keepdim=True), w)), (8, 8, 1, 1)),
        [IMAGE],
    )
    yield "softargmax", lambda: Of(lambda x: (x.flatten(2).softmax(-1) * torch.arange(120.0)).sum(-1)), [IMAGE]


def resampling() -> Iterator[Case]:
    for rank, shape, modes in (
        (1, WIDE, ("nearest", "nearest-exact", "linear", "area")),
        (2, IMAGE, ("nearest", "nearest-exact", "bilinear", "bicubic", "area")),
        (3, DEEP, ("nearest", "nearest-exact", "trilinear", "area")),
    ):
        for mode in modes:
            yield f"upsample{rank}d_{mode}", lambda mode=mode: nn.Upsample(scale_factor=2, mode=mode), [shape]
            size = (9, 7, 6)[:rank]
            yield f"resize{rank}d_{mode}", lambda mode=mode, size=size: nn.Upsample(size=size, mode=mode), [shape]
    yield "upsample_corners", lambda: nn.Upsample(scale_factor=3, mode="bilinear", align_corners=True), [IMAGE]
    yield "upsample_half", lambda: nn.Upsample(scale_factor=0.5, mode="bilinear"), [IMAGE]
    yield "upsample_uneven", lambda: nn.Upsample(scale_factor=(2, 1), mode="nearest"), [IMAGE]
    yield "upsample_like", lambda: Of(lambda x, y: F.interpolate(x, y.shape[-2:]) + y), [IMAGE, (1, 8, 24, 20)]
    yield "antialias", lambda: Of(lambda x: F.interpolate(x, (5, 4), mode="bilinear", antialias=True)), [IMAGE]
    yield "antialias_cubic", lambda: Of(lambda x: F.interpolate(x, (5, 4), mode="bicubic", antialias=True)), [IMAGE]
    for mode in ("constant", "reflect", "replicate", "circular"):
        yield f"pad_{mode}", lambda mode=mode: Of(lambda x: F.pad(x, (1, 2, 3, 0), mode=mode)), [IMAGE]
        yield f"pad1d_{mode}", lambda mode=mode: Of(lambda x: F.pad(x, (1, 2), mode=mode)), [WIDE]
    yield "pad_planes", lambda: Of(lambda x: F.pad(x, (0, 0, 0, 0, 2, 3))), [IMAGE]
    yield "pad_negative", lambda: Of(lambda x: F.pad(x, (-1, 2, 0, -3))), [IMAGE]
    yield "zero_pad", lambda: nn.ZeroPad2d(2), [IMAGE]
    yield "pad_tokens", lambda: Of(lambda x: F.pad(x, (0, 0, 0, 2), value=1.0)), [TOKENS]
    yield "grid_sample", lambda: Of(lambda x, g: F.grid_sample(x, g, align_corners=False)), [IMAGE, (1, 5, 4, 2)]
    yield "grid_sample3d", lambda: Of(lambda x, g: F.grid_sample(x, g, align_corners=False)), [DEEP, (1, 3, 5, 4, 3)]
    yield (
        "affine_grid",
        lambda: Of(lambda t, x: F.grid_sample(x, F.affine_grid(t, x.shape, align_corners=False), align_corners=False)),
        [(1, 2, 3), IMAGE],
    )
    yield "glu_up", lambda: nn.Sequential(nn.Conv2d(8, 12, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()), [IMAGE]


def recurrent() -> Iterator[Case]:
    for name in ("LSTM", "GRU", "RNN"):
        of = getattr(nn, name)
        word = name.lower()
        yield word, lambda of=of: of(16, 5, batch_first=True), [TOKENS]
        yield f"{word}_time_first", lambda of=of: of(16, 5), [(6, 1, 16)]
        yield f"{word}_deep", lambda of=of: of(16, 5, num_layers=2, bidirectional=True, batch_first=True), [TOKENS]
        yield f"{word}_last", lambda of=of: Kept(of(16, 5, batch_first=True), lambda made: made[0][:, -1]), [TOKENS]
        yield f"{word}_state", lambda of=of: Kept(of(16, 5, batch_first=True), lambda made: made[1]), [TOKENS]
        yield f"{word}_no_bias", lambda of=of: of(16, 5, bias=False, batch_first=True), [TOKENS]
        yield f"{word}_unbatched", lambda of=of: of(16, 5), [(6, 16)]
        yield (
            f"{word}_dropout_train",
            lambda of=of: of(16, 5, num_layers=3, dropout=0.2, batch_first=True).train(),
            [TOKENS],
        )
        cell = getattr(nn, f"{name}Cell")
        yield f"{word}_cell", lambda cell=cell: cell(16, 5), [(1, 16)]
        yield f"{word}_loop", lambda cell=cell: Loop(cell(16, 5)), [TOKENS]
    yield "lstm_projected", lambda: nn.LSTM(16, 8, proj_size=3, batch_first=True), [TOKENS]
    yield "lstm_given_state", lambda: Of2(nn.LSTM(16, 5, batch_first=True)), [TOKENS, (1, 1, 5)]
    yield "rnn_relu", lambda: nn.RNN(16, 5, nonlinearity="relu", batch_first=True), [TOKENS]
    yield (
        "lstm_of_embedding",
        lambda: nn.Sequential(nn.Embedding(10, 16), nn.LSTM(16, 5, batch_first=True)),
        [Numbers(1, 6)],
    )
    yield (
        "gru_both_ends",
        lambda: Kept(
            nn.GRU(16, 5, bidirectional=True, batch_first=True), lambda made: made[1].transpose(0, 1).flatten(1)
        ),
        [TOKENS],
    )
    yield "conv_lstm", lambda: ConvLSTM(), [(1, 3, 8, 6, 5)]
    yield "crnn", lambda: CRNN(), [(1, 1, 8, 12)]


class Of2(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any, h: Any) -> Any:
        return self.inner(x, (h, h))


class Loop(nn.Module):
    """A cell, step by step."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Any) -> Any:
        state, made = None, []
        for step in x.unbind(1):
            state = self.cell(step, state)
            made.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(made, 1)


class ConvLSTM(nn.Module):
    """An LSTM of convolutions, step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.gates = nn.Conv2d(8 + 4, 16, 3, padding=1)

    def forward(self, x: Any) -> Any:
        h = c = x.new_zeros(x.shape[0], 4, 6, 5)
        for at in range(x.shape[1]):
            i, f, o, g = self.gates(torch.cat([x[:, at], h], 1)).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return h


class CRNN(nn.Module):
    """Columns of a picture read by a recurrent layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.rnn = nn.LSTM(32, 6, bidirectional=True)
        self.head = nn.Linear(12, 5)

    def forward(self, x: Any) -> Any:
        x = self.conv(x).permute(3, 0, 1, 2).flatten(2)
        return self.head(self.rnn(x)[0])


def attention() -> Iterator[Case]:
    heads = (1, 2, 6, 8)
    sdpa = F.scaled_dot_product_attention
    yield "sdpa", lambda: Of(lambda q, k, v: sdpa(q, k, v)), [heads, (1, 2, 5, 8), (1, 2, 5, 4)]
    yield "sdpa_causal", lambda: Of(lambda x: sdpa(x, x, x, is_causal=True)), [heads]
    yield "sdpa_mask", lambda: Of(lambda x, m: sdpa(x, x, x, attn_mask=m)), [heads, (1, 1, 6, 6)]
    yield "sdpa_bias", lambda: Of(lambda b, x: sdpa(x, x, x, attn_mask=b), (2, 6, 6)), [heads]
    yield "sdpa_three", lambda: Of(lambda x: sdpa(x, x, x)), [(1, 6, 8)]
    yield "sdpa_five", lambda: Of(lambda x: sdpa(x, x, x)), [(1, 3, 2, 6, 8)]
    yield "sdpa_grouped", lambda: Of(lambda q, k: sdpa(q, k, k, enable_gqa=True)), [(1, 4, 6, 8), heads]
    yield "sdpa_one_head", lambda: Of(lambda q, k: sdpa(q, k, k)), [(1, 4, 6, 8), (1, 1, 6, 8)]
    yield "attention_by_hand", lambda: ByHand(), [TOKENS]
    for first in (True, False):
        shape = TOKENS if first else (6, 1, 16)
        name = "mha" if first else "mha_time_first"
        yield name, lambda first=first: SelfAttention(nn.MultiheadAttention(16, 4, batch_first=first)), [shape]
        for mode in ("eval", "train"):
            layer = lambda first=first: nn.TransformerEncoderLayer(16, 4, 32, batch_first=first)  # noqa: E731
            build = layer if mode == "eval" else lambda layer=layer: layer().train()
            yield f"encoder_layer{'' if first else '_time_first'}_{mode}", build, [shape]
    yield (
        "mha_weights",
        lambda: SelfAttention(nn.MultiheadAttention(16, 4, batch_first=True), need_weights=True),
        [TOKENS],
    )
    yield (
        "mha_kv",
        lambda: Cross(nn.MultiheadAttention(16, 4, kdim=8, vdim=4, batch_first=True, add_bias_kv=True)),
        [TOKENS, (1, 5, 8), (1, 5, 4)],
    )
    yield (
        "mha_zero",
        lambda: SelfAttention(nn.MultiheadAttention(16, 4, batch_first=True, add_zero_attn=True, bias=False)),
        [TOKENS],
    )
    yield "mha_mask", lambda: Masked(nn.MultiheadAttention(16, 4, batch_first=True)), [TOKENS, (6, 6)]
    yield "encoder", lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 2), [TOKENS]
    yield "decoder_layer", lambda: nn.TransformerDecoderLayer(16, 4, 32, batch_first=True), [TOKENS, (1, 5, 16)]
    yield "transformer", lambda: nn.Transformer(16, 4, 1, 1, 32, batch_first=True), [TOKENS, (1, 5, 16)]
    yield (
        "encoder_layer_gelu",
        lambda: nn.TransformerEncoderLayer(16, 4, 32, activation="gelu", norm_first=True, batch_first=True),
        [TOKENS],
    )
    yield "rotary", lambda: Rotary(), [TOKENS]
    yield "linear_attention", lambda: Of(_linear_attention), [(1, 2, 6, 8)]
    yield "relative", lambda: Of(lambda q, t: torch.einsum("bhid,ijd->bhij", q, t)), [(1, 2, 6, 8), (6, 6, 8)]
    yield "vit", lambda: ViT(), [(1, 3, 16, 16)]


class SelfAttention(nn.Module):
    def __init__(self, inner: nn.Module, need_weights: bool = False, **given: Any) -> None:
        super().__init__()
        self.inner, self.need, self.given = inner, need_weights, given

    def forward(self, x: Any) -> Any:
        made = self.inner(x, x, x, need_weights=self.need, **self.given)
        return made if self.need else made[0]


class Masked(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any, mask: Any) -> Any:
        return self.inner(x, x, x, need_weights=False, attn_mask=mask)[0]


class Cross(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, q: Any, k: Any, v: Any) -> Any:
        return self.inner(q, k, v, need_weights=False)[0]


class ByHand(nn.Module):
    """Attention of matrix products, as vision transformers write it."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(16, 48), nn.Linear(16, 16)

    def forward(self, x: Any) -> Any:
        n, t, c = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, 2, 8).permute(2, 0, 3, 1, 4).unbind(0)
        made = (q * 8**-0.5 @ k.transpose(-2, -1)).softmax(-1) @ v
        return self.proj(made.transpose(1, 2).reshape(n, t, c))


class Rotary(nn.Module):
    """Rotated halves by tables that are buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.arange(8.0))
        self.proj = nn.Linear(16, 16)

    def forward(self, x: Any) -> Any:
        angles = torch.outer(torch.arange(x.shape[1]).float(), self.frequencies)
        cos, sin = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)
        a, b = x.chunk(2, -1)
        return self.proj(x * cos + torch.cat([-b, a], -1) * sin)


def _linear_attention(x: Any) -> Any:
    q, k = x.softmax(-1), x.softmax(-2)
    return q @ (k.transpose(-1, -2) @ x)


class ViT(nn.Module):
    """Patches, a class token, positions, one encoder layer, a head."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 4, 4)
        self.token = nn.Parameter(torch.zeros(1, 1, 16))
        self.positions = nn.Parameter(torch.zeros(1, 17, 16))
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=True)
        self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 5)

    def forward(self, x: Any) -> Any:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        return self.head(self.norm(self.layer(x))[:, 0])


def others() -> Iterator[Case]:
    yield "checkpoint", lambda: Checkpointed(), [TOKENS]
    yield "no_grad", lambda: Region(torch.no_grad), [TOKENS]
    yield "autocast", lambda: Region(lambda: torch.autocast("cpu", enabled=False)), [TOKENS]
    yield "scale_of_weights", lambda: Of(_modulated, (8, 8, 3, 3)), [IMAGE, (1, 8)]
    yield "table_of_frequencies", lambda: Of(_frequencies, (4,), buffers=True), [TOKENS]
    yield "adjacency", lambda: Of(lambda w, x: (x @ w + (x @ w).T).softmax(1) @ x, (8, 1)), [(7, 8)]
    yield "arange_positions", lambda: Of(lambda x: x + torch.arange(16.0)), [TOKENS]
    yield "sine_positions", lambda: Of(_sine), [TOKENS]
    yield "coordinates", lambda: Of(_coordinates), [IMAGE]
    yield "full", lambda: Of(lambda x: x + torch.full((6, 16), 2.0) + torch.ones(16) + torch.eye(6, 16)), [TOKENS]
    yield "scalar_tensor", lambda: Of(lambda x: x * torch.tensor(0.5) + torch.tensor([1.0, 2.0] * 8)), [TOKENS]
    yield "linspace", lambda: Of(lambda x: x + torch.linspace(0, 1, 16)), [TOKENS]
    yield "buffer", lambda: Of(lambda m, s, x: (x - m) / s, (8, 1, 1), (8, 1, 1), buffers=True), [IMAGE]
    yield "buffer_table", lambda: Of(lambda t, x: x + t[:, : x.shape[1]], (1, 20, 16), buffers=True), [TOKENS]
    yield "output_is_input", lambda: Of(lambda x: (x, x * 2)), [TOKENS]
    yield "dictionary", lambda: Of(lambda x: {"a": x + 1, "b": [x * 2, x * 3]}), [TOKENS]
    yield "maxout", lambda: Of(lambda x: x.view(x.shape[0], 4, 2, 12).max(2).values), [WIDE]
    yield "mixture", lambda: Mixture(), [TOKENS]
    yield "residual", lambda: Residual(), [IMAGE]
    yield "unused_parameter", lambda: Of(lambda p, x: x + 1, (5,)), [TOKENS]
    yield "stft", lambda: Of(lambda x: torch.stft(x, 8, return_complex=True).abs()), [(1, 64)]
    yield "triangle", lambda: Of(lambda x: x * torch.tril(torch.ones(6, 6))), [(1, 6, 6)]
    yield "reparametrised", lambda: Of(lambda m, x: x + m.exp() * torch.randn_like(x), (16,)), [TOKENS]


class Region(nn.Module):
    """Products in a region of their own, of what comes in and of fixed numbers."""

    def __init__(self, region: Callable[[], Any]) -> None:
        super().__init__()
        self.region, self.a, self.b = region, nn.Linear(16, 8), nn.Linear(8, 4)
        self.register_buffer("kept", torch.ones(4))

    def forward(self, x: Any) -> Any:
        with self.region():
            made, table = self.a(x.float()), torch.outer(torch.arange(6).float(), self.kept) @ torch.ones(4, 8)
        return self.b(made.relu() + table)


def _modulated(w: Any, x: Any, style: Any) -> Any:
    scale = (w * style.view(-1, 1, 8, 1, 1)).pow(2).sum([2, 3, 4]).rsqrt()
    return F.conv2d(x * style[:, :, None, None], w, padding=1) * scale[:, :, None, None]


def _frequencies(f: Any, x: Any) -> Any:
    table = (f[None, :, None].expand(x.shape[0], -1, 1) @ torch.arange(6.0)[None, None]).transpose(1, 2)
    return x * torch.cat([table.cos(), table.sin()] * 2, -1)


class Checkpointed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(16, 16)

    def forward(self, x: Any) -> Any:
        return torch.utils.checkpoint.checkpoint(self.a, x, use_reentrant=False)


def _sine(x: Any) -> Any:
    at = torch.arange(x.shape[1]).unsqueeze(1)
    table = torch.zeros(x.shape[1], 16)
    angles = at * torch.exp(torch.arange(0, 16, 2) * -0.5)
    table[:, 0::2], table[:, 1::2] = torch.sin(angles), torch.cos(angles)
    return x + table


def _coordinates(x: Any) -> Any:
    n, _, h, w = x.shape
    ys, xs = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    return torch.cat([x, torch.stack([xs, ys]).expand(n, 2, h, w)], 1)


class Mixture(nn.Module):
    """Two experts, weighted by a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(16, 2)
        self.experts = nn.ModuleList(nn.Linear(16, 5) for _ in range(2))

    def forward(self, x: Any) -> Any:
        gates = self.gate(x).softmax(-1)
        return (torch.stack([one(x) for one in self.experts], -1) * gates.unsqueeze(-2)).sum(-1)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Any) -> Any:
        made = self.relu(self.norm(self.conv(x)))
        made += x
        return self.relu(made)


FAMILIES = (
    convolutions, products, norms, pools, activations, elements, shapes, choices, reductions, resampling, recurrent,
    attention, others,
)  # fmt: skip

#: Modules with an operator that no layer type is.
CUSTOM = frozenset((
    "conv2d_dynamic", "bilinear", "cdist", "multi_dot", "max_unpool1d", "max_unpool2d", "max_unpool3d",
    "fractional_max_pool2d", "fractional_max_pool3d", "polar", "complex", "fft_filter", "rot90", "roll_flat", "as_strided",
    "atleast", "view_as_complex", "vander", "cartesian", "take", "searchsorted", "reduce_median_all", "trace", "quantile",
    "cross_entropy", "lstm_projected", "stft", "grid_sample", "grid_sample3d",
    "affine_grid",
))  # fmt: skip

#: Products that `FlopCounterMode` does not count, by hand: rows × columns.
UNCOUNTED = {"matmul_vector": 6 * 16, "addmv": 6 * 16, "dot": 6}

#: Modules that read a batch on another axis, or one sample of a batch.
UNBATCHED = frozenset(
    (
        "lstm_given_state",
        "linear_dynamic",
        "index_tensor",
        "expand",
        "expand_as",
        "squeeze",
        "view_flat",
        "ravel",
        "reshape_batch",
        "cartesian",
    )
)

#: Decomposed programs that have no operator any more that no layer type is.
DECOMPOSED = frozenset(("max_unpool1d.core",))
