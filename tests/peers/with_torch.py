"""Window layers of torch: a configuration as a module, run on zeros.

MACs are torch's own count, half of `FlopCounterMode`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import chain
from typing import Any

import torch
from comparison import Outcome, Refused, Restriction, Tally, compare
from configurations import Configuration, configurations, local_conv
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from analyzer.volume import Volume

torch.set_num_threads(1)  # the tensors are tiny: a second thread costs more than it saves
with warnings.catch_warnings():  # it warns of a graphics card that is not there
    warnings.simplefilter("ignore")
    # Off: `FlopCounterMode` sees nothing of its fused LSTM, and some of its transposed convolutions put out an axis of 0
    # where torch's own code refuses it.
    torch.backends.mkldnn.set_flags(False)

NAME = f"torch {torch.__version__.partition('+')[0]}"

LOCAL = "conv, local"

#: How many configurations of each window type are drawn for each rank; of locally connected ones in 2-D alone.
COUNTS = {
    "conv": 1500,
    "depthwise_conv": 400,
    "conv_transpose": 1000,
    "max_pool": 800,
    "avg_pool": 500,
    "lp_pool": 300,
    "adaptive_avg_pool": 100,
    "adaptive_max_pool": 100,
    LOCAL: 500,
}

_HALF = "a pool's padding must be at most half its undilated kernel; onnxruntime and Caffe allow up to kernel − 1"

#: What torch alone refuses.
RESTRICTIONS = (
    Restriction("padding='same' is not supported for strided convolutions", "refuses `same` with a stride above 1; Keras and ONNX give ⌈W/S⌉"),
    Restriction("pad should be at most half of", _HALF),
    Restriction("padding should be at most half of", _HALF),
    Restriction("pad should be smaller than or equal to half of", _HALF),
    Restriction("smaller than kernel size", "avg_pool3d, and LPPool3d built on it, need an input of at least the kernel before padding and rounding up; the 1-D and 2-D pools and max_pool3d do not"),
)  # fmt: skip

#: A module, and what is done to its input first.
Built = tuple[nn.Module, Callable[[Tensor], Tensor]]


def axes(value: int | list[int], rank: int) -> tuple[int, ...]:
    """A size for each axis."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _class(stem: str, rank: int) -> Any:
    return getattr(nn, f"{stem}{rank}d")


def _conv(c: Configuration) -> Built:
    w, rank = c.written, c.input.rank
    depth = c.input.depth
    groups = depth if c.type == "depthwise_conv" else w["groups"]
    filters = depth * w["multiplier"] if c.type == "depthwise_conv" else w["filters"]
    padding: Any = w["padding"]
    before: Callable[[Tensor], Tensor] = _same
    if isinstance(padding, list):
        if all(a == b for a, b in padding):
            padding = tuple(a for a, _ in padding)
        else:  # torch's modules pad both ends alike; functional.pad lists the last axis first
            cells = [cells for pair in reversed(padding) for cells in pair]
            before, padding = lambda x: functional.pad(x, cells), 0
    elif isinstance(padding, int):
        padding = (padding,) * rank
    module = _class("Conv", rank)(
        depth,
        filters,
        axes(w["kernel"], rank),
        stride=axes(w["stride"], rank),
        padding=padding,
        dilation=axes(w.get("dilation", 1), rank),
        groups=groups,
        bias=w["bias"],
        padding_mode=w.get("padding_mode", "zeros"),
    )
    return module, before


def _conv_transpose(c: Configuration) -> Built:
    w, rank = c.written, c.input.rank
    module = _class("ConvTranspose", rank)(
        c.input.depth,
        w["filters"],
        axes(w["kernel"], rank),
        stride=axes(w["stride"], rank),
        padding=tuple(a for a, _ in w["padding"]),
        output_padding=axes(w.get("output_padding", 0), rank),
        dilation=axes(w.get("dilation", 1), rank),
        groups=w["groups"],
        bias=w["bias"],
    )
    return module, _same


def _pool(c: Configuration) -> Built:
    w, rank = c.written, c.input.rank
    keywords: dict[str, Any] = {"ceil_mode": w.get("rounding") == "ceil"}
    if "stride" in w:
        keywords["stride"] = axes(w["stride"], rank)
    if "padding" in w:
        keywords["padding"] = tuple(a for a, _ in w["padding"])
    if "dilation" in w:
        keywords["dilation"] = axes(w["dilation"], rank)
    kernel = axes(w["kernel"], rank)
    if rank == 1 and c.type != "max_pool":  # these take numbers in 1-D
        kernel = kernel[0]  # type: ignore[assignment]
        keywords = {name: value[0] if isinstance(value, tuple) else value for name, value in keywords.items()}
    if c.type == "lp_pool":
        return _class("LPPool", rank)(2, kernel, **keywords), _same
    return _class({"max_pool": "MaxPool", "avg_pool": "AvgPool"}[c.type], rank)(kernel, **keywords), _same


class _Local(nn.Module):
    """A locally connected layer of torch's parts: patches by `unfold`, one bank for each, one product for each."""

    def __init__(self, c: Configuration, output: tuple[int, ...]) -> None:
        super().__init__()
        w, self.groups, self.output = c.written, c.written["groups"], output
        self.filters = w["filters"]
        if c.input.depth % self.groups or self.filters % self.groups:
            raise ValueError("groups do not divide")
        kernel = axes(w["kernel"], 2)
        self.unfold = nn.Unfold(kernel, dilation=axes(w.get("dilation", 1), 2), stride=axes(w["stride"], 2))
        taps, banks = kernel[0] * kernel[1] * c.input.depth // self.groups, self.groups * output[0] * output[1]
        self.weight = nn.Parameter(torch.zeros(banks, taps, self.filters // self.groups))
        self.bias = nn.Parameter(torch.zeros(self.filters, *output)) if w["bias"] else None

    def forward(self, x: Tensor) -> Tensor:
        patches = self.unfold(x).view(self.groups, self.weight.shape[1], -1)  # group, tap, position
        rows = patches.transpose(1, 2).reshape(len(self.weight), 1, -1)
        result = torch.bmm(rows, self.weight).view(self.groups, -1, self.filters // self.groups)
        result = result.transpose(1, 2).reshape(1, self.filters, *self.output)
        return result if self.bias is None else result + self.bias


def _local(c: Configuration) -> Built:
    """Positions from torch's own convolution, then a bank for each of them."""
    convolution, before = _conv(c)
    padding = c.written["padding"]
    cells = [[padding, padding]] * 2 if isinstance(padding, int) else padding
    output = convolution(before(tensor(c.input))).shape[2:]
    flat = [number for pair in reversed(cells) for number in pair]
    return _Local(c, tuple(output)), lambda x: functional.pad(x, flat)


def _adaptive(c: Configuration) -> Built:
    stem = {"adaptive_avg_pool": "AdaptiveAvgPool", "adaptive_max_pool": "AdaptiveMaxPool"}[c.type]
    return _class(stem, c.input.rank)(axes(c.written["size"], c.input.rank)), _same


def _same(x: Tensor) -> Tensor:
    return x


MODULES: dict[str, Callable[[Configuration], Built]] = {
    "conv": _conv,
    "depthwise_conv": _conv,
    "conv_transpose": _conv_transpose,
    "max_pool": _pool,
    "avg_pool": _pool,
    "lp_pool": _pool,
    "adaptive_avg_pool": _adaptive,
    "adaptive_max_pool": _adaptive,
}


def outcome(c: Configuration) -> Outcome | Refused:
    """What torch says of a configuration, run on the CPU."""
    try:
        build = _local if c.written.get("sharing") == "local" else MODULES[c.type]
        module, before = build(c)
        return measured(module, [before(tensor(c.input))])
    except (RuntimeError, ValueError) as error:
        return Refused(str(error))


def tally(type_: str) -> Tally:
    """Compares all configurations of a type, in 1-D, 2-D and 3-D; `conv, local` is the locally connected one."""
    drawn = (
        configurations("conv", 2, COUNTS[type_], local_conv)
        if type_ == LOCAL
        else chain.from_iterable(configurations(type_, rank, COUNTS[type_]) for rank in (1, 2, 3))
    )
    return compare(drawn, outcome, RESTRICTIONS)


def measured(module: nn.Module, inputs: list[Tensor], *, last: bool = False) -> Outcome:
    """Runs a module; `last` says that the depth is its last axis."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        result = module(*inputs)
    result = result[0] if isinstance(result, tuple) else result
    sizes = tuple(result.shape[1:])
    weights, biases = trained(module)
    return Outcome(
        output=sizes if last else (*sizes[1:], sizes[0]),
        weights=weights,
        biases=biases,
        buffers=buffers(module),
        macs=counter.get_total_flops() // 2,
    )


def trained(module: nn.Module) -> tuple[int, int]:
    """Weights and biases of a module: a parameter with `bias` in its name is a bias."""
    found = [0, 0]
    for name, parameter in module.named_parameters():
        found["bias" in name.rpartition(".")[2]] += parameter.numel()
    return found[0], found[1]


def buffers(module: nn.Module) -> int:
    """Numbers kept and not trained, the counters of batches excluded."""
    return sum(b.numel() for name, b in module.named_buffers() if not name.endswith("num_batches_tracked"))


def tensor(volume: Volume, *, last: bool = False) -> Tensor:
    """Zeros of a volume, a batch of one."""
    return torch.zeros(1, *volume.sizes) if last else torch.zeros(1, volume.depth, *volume.spatial)
