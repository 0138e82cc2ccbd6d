"""Layers of Keras 3 on its torch backend: channels last, `valid`, `same` and `causal`, one bias vector of a gate.

MACs are torch's own count of what Keras runs. Long because the types are many: each is a few lines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import torch
from comparison import Outcome, Refused, Restriction, Tally, compare
from configurations import Configuration, pairs, sizes, volume, window
from torch.utils.flop_counter import FlopCounterMode
from with_torch import axes, tensor

from analyzer.layers.axes import effective
from analyzer.volume import Volume

NAME = f"Keras {keras.__version__} (torch backend)"
#: How many configurations of each type are drawn.
COUNT = 150

Written = dict[str, Any]
layers = keras.layers

RESTRICTIONS = (
    Restriction("not supported in conjunction with", "refuses a stride and a dilation above 1 together; torch and ONNX allow both"),
    Restriction("must be strictly less than `strides`", "output_padding must be below the stride; torch: below the stride or the dilation"),
    Restriction("Received: causal", "cannot run a causal separable convolution on its torch backend, although the layer accepts it"),
)  # fmt: skip


class Peer(NamedTuple):
    """How a type is drawn, and the Keras layer that it is."""

    draw: Callable[[Random], tuple[tuple[Volume, ...], Written]]
    make: Callable[[Configuration], Any]


def tally(type_: str) -> Tally:
    """Compares all configurations of a type."""
    return compare(drawn(type_), outcome, RESTRICTIONS)


def drawn(type_: str) -> Iterator[Configuration]:
    rng = Random(f"keras {type_}")
    for _ in range(COUNT):
        inputs, written = CALLS[type_].draw(rng)
        yield Configuration(type_, inputs, written)


def outcome(c: Configuration) -> Outcome | Refused:
    """What Keras says of a configuration, run on zeros."""
    try:
        layer = CALLS[c.type].make(c)
        inputs = [tensor(v, last=True) for v in c.inputs]
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            if c.type == "multi_head_attention":  # with scores it is not fused, and so counted
                result = layer(*inputs, return_attention_scores=True)[0]
            else:
                result = layer(*inputs)
    except (ValueError, RuntimeError, TypeError) as error:
        return Refused(str(error))
    kept = {"bias": 0, "beta": 0}
    for weight in layer.trainable_weights:
        kind = weight.path.rpartition("/")[2]
        kept[kind] = kept.get(kind, 0) + int(weight.value.numel())
    biases = kept.pop("bias") + kept.pop("beta")
    macs = counter.get_total_flops() // 2
    if c.type in ("rnn", "conv_lstm") or (c.type == "gru" and c.written["biases"] < 2):
        steps = c.input.spatial[0]  # Keras runs the first step once more, to learn what a step puts out
        macs = macs * steps // (steps + 1)
    return Outcome(
        output=tuple(result.shape[1:]),
        weights=sum(kept.values()),
        biases=biases,
        buffers=sum(int(weight.value.numel()) for weight in layer.non_trainable_weights),
        macs=macs,
    )


def keras_class(stem: str, rank: int, after: str = "") -> Any:
    """`Conv` in 2-D is `Conv2D`; with `Transpose` after it `Conv2DTranspose`."""
    return getattr(layers, f"{stem}{rank}D{after}")


def flag(rng: Random) -> bool:
    return rng.random() < 0.5


def conv_window(rng: Random, rank: int, *paddings: str) -> Written:
    """A window; Keras refuses stride with dilation, so most draws have one of the two."""
    written = window(rng, rank)
    if "dilation" in written and rng.random() < 0.8:
        written["stride"] = 1
    return {**written, "padding": rng.choice(paddings), "bias": flag(rng)}


def even(rng: Random, written: Written) -> Written:
    """One stride for all axes, which the depthwise layers of Keras ask for."""
    stride = written["stride"]
    return {**written, "stride": stride if isinstance(stride, int) else stride[0]}


def shared_keywords(c: Configuration) -> Written:
    w, rank = c.written, c.input.rank
    return {
        "strides": axes(w["stride"], rank),
        "dilation_rate": axes(w.get("dilation", 1), rank),
        "padding": w["padding"],
        "use_bias": w["bias"],
    }


def draw_conv(rng: Random) -> tuple[tuple[Volume], Written]:
    rank = rng.randint(1, 3)
    read = volume(rng, rank)
    groups = rng.choice([1, 1, *(g for g in range(1, read.depth + 1) if read.depth % g == 0), 2])
    written = conv_window(rng, rank, "valid", "same", *(["causal"] if rank == 1 or flag(rng) else []))
    return (read,), {**written, "filters": groups * rng.randint(1, 3), "groups": groups}


def make_conv(c: Configuration) -> Any:
    cls = keras_class("Conv", c.input.rank)
    kernel = axes(c.written["kernel"], c.input.rank)
    return cls(c.written["filters"], kernel, groups=c.written["groups"], **shared_keywords(c))


def draw_depthwise(*paddings: str) -> Callable[[Random], tuple[tuple[Volume], Written]]:
    def draw(rng: Random) -> tuple[tuple[Volume], Written]:
        rank = rng.randint(1, 2)
        written = even(rng, conv_window(rng, rank, "valid", "same", *(paddings if rank == 1 else ())))
        return (volume(rng, rank),), {**written, "multiplier": rng.randint(1, 3)}

    return draw


def draw_separable(rng: Random) -> tuple[tuple[Volume], Written]:
    inputs, written = draw_depthwise("causal")(rng)
    return inputs, {**written, "filters": rng.randint(1, 8)}


def make_depthwise(c: Configuration) -> Any:
    cls = keras_class("DepthwiseConv", c.input.rank)
    return cls(axes(c.written["kernel"], c.input.rank), depth_multiplier=c.written["multiplier"], **shared_keywords(c))


def make_separable(c: Configuration) -> Any:
    w = c.written
    cls = keras_class("SeparableConv", c.input.rank)
    return cls(w["filters"], axes(w["kernel"], c.input.rank), depth_multiplier=w["multiplier"], **shared_keywords(c))


def draw_transposed(rng: Random) -> tuple[tuple[Volume], Written]:
    """Three forms of Keras: `same` (W·S), `valid` and `same` with output_padding, which pads by ⌊F_eff/2⌋."""
    rank = rng.randint(1, 3)
    written = {**window(rng, rank), "filters": rng.randint(1, 6), "bias": flag(rng)}
    form = rng.choice(("same", "valid", "same with output_padding"))
    if form == "same":
        return (volume(rng, rank),), {**written, "padding": "same"}
    strides, spread = axes(written["stride"], rank), axes(written.get("dilation", 1), rank)
    written["output_padding"] = [rng.randint(0, step - (rng.random() < 0.9)) for step in strides]
    half = [effective(k, d) // 2 for k, d in zip(axes(written["kernel"], rank), spread, strict=True)]
    return (volume(rng, rank),), {**written, "padding": 0 if form == "valid" else [[cells, cells] for cells in half]}


def make_transposed(c: Configuration) -> Any:
    w, rank = c.written, c.input.rank
    return keras_class("Conv", rank, "Transpose")(
        w["filters"],
        axes(w["kernel"], rank),
        strides=axes(w["stride"], rank),
        padding="valid" if w["padding"] == 0 else "same",
        output_padding=None if w["padding"] == "same" else axes(w["output_padding"], rank),
        dilation_rate=axes(w.get("dilation", 1), rank),
        use_bias=w["bias"],
    )


def draw_pool(rng: Random) -> tuple[tuple[Volume], Written]:
    rank = rng.randint(1, 3)
    written = window(rng, rank, dilated=False)
    if rng.random() < 0.3:
        del written["stride"]
    return (volume(rng, rank),), {**written, "padding": rng.choice(("valid", "same"))}


def make_pool(stem: str) -> Callable[[Configuration], Any]:
    def make(c: Configuration) -> Any:
        w, rank = c.written, c.input.rank
        strides = axes(w["stride"], rank) if "stride" in w else None
        return keras_class(stem, rank)(axes(w["kernel"], rank), strides=strides, padding=w["padding"])

    return make


def draw_global(rng: Random) -> tuple[tuple[Volume], Written]:
    return (volume(rng, rng.randint(1, 3)),), {}


def draw_recurrent(rng: Random) -> tuple[tuple[Volume], Written]:
    read = Volume((rng.randint(1, 9),), rng.randint(1, 12))
    return (read,), {"units": rng.randint(1, 12), "biases": rng.randint(0, 1), "sequence": flag(rng), "bidirectional": flag(rng)}  # fmt: skip


def make_recurrent(name: str) -> Callable[[Configuration], Any]:
    def make(c: Configuration) -> Any:
        w = c.written
        # GRU: reset_after has two bias vectors, its other form one
        more = {"reset_after": w["biases"] == 2} if name == "GRU" else {}
        layer = getattr(layers, name)(w["units"], use_bias=w["biases"] > 0, return_sequences=w["sequence"], **more)
        return layers.Bidirectional(layer) if w["bidirectional"] else layer

    return make


def draw_gru(rng: Random) -> tuple[tuple[Volume], Written]:
    inputs, written = draw_recurrent(rng)
    return inputs, {**written, "biases": rng.randint(0, 2)}


def draw_attention(rng: Random) -> tuple[tuple[Volume, ...], Written]:
    """Sizes of at least 2: a product over one element is a multiplication to torch, and not counted."""
    query = Volume((rng.randint(1, 8),), rng.randint(2, 16))
    memory = Volume((rng.randint(2, 8),), rng.randint(2, 16))
    written = {"heads": rng.randint(1, 4), "key_depth": rng.randint(2, 8), "value_depth": rng.randint(2, 8)}
    return (query, memory), {**written, "bias": flag(rng)}


def make_attention(c: Configuration) -> Any:
    w = c.written
    return layers.MultiHeadAttention(w["heads"], w["key_depth"], value_dim=w["value_depth"], use_bias=w["bias"])


def draw_conv_lstm(rng: Random) -> tuple[tuple[Volume], Written]:
    rank = rng.randint(1, 2)
    frame = volume(rng, rank, 4)
    written = {"filters": rng.randint(1, 4), "kernel": sizes(rng, rank, 1, 4), "sequence": flag(rng)}
    read = Volume((rng.randint(1, 4), *frame.spatial), frame.depth)
    return (read,), {**written, "padding": rng.choice(("valid", "same"))}


def make_conv_lstm(c: Configuration) -> Any:
    w, rank = c.written, c.input.rank - 1
    cls = keras_class("ConvLSTM", rank)
    return cls(w["filters"], axes(w["kernel"], rank), padding=w["padding"], return_sequences=w["sequence"])


def draw_norm(rng: Random) -> tuple[tuple[Volume], Written]:
    return (volume(rng, rng.randint(1, 3)),), {"scale": flag(rng), "center": flag(rng)}


def make_prelu(c: Configuration) -> Any:
    spatial = list(range(1, c.input.rank + 1))
    shared = {"volume": None, "depth": spatial, "layer": [*spatial, c.input.rank + 1]}[c.written["per"]]
    return layers.PReLU(shared_axes=shared)


def draw_units(rng: Random) -> tuple[tuple[Volume], Written]:
    return (volume(rng, rng.randint(1, 3), 16),), {"units": rng.randint(1, 16), "bias": flag(rng)}


def draw_sides(rng: Random) -> tuple[tuple[Volume], Written]:
    rank = rng.randint(1, 3)
    return (volume(rng, rank),), {"padding": pairs(rng, rank, 3)}


def make_sides(stem: str) -> Callable[[Configuration], Any]:
    def make(c: Configuration) -> Any:
        cells = tuple(map(tuple, c.written["padding"]))
        return keras_class(stem, c.input.rank)(cells[0] if c.input.rank == 1 else cells)

    return make


def draw_factor(rng: Random) -> tuple[tuple[Volume], Written]:
    rank = rng.randint(1, 3)
    return (volume(rng, rank),), {"factor": [rng.randint(1, 3) for _ in range(rank)]}


def make_upsample(c: Configuration) -> Any:
    factor = c.written["factor"]
    return keras_class("UpSampling", c.input.rank)(factor[0] if c.input.rank == 1 else tuple(factor))


CALLS: dict[str, Peer] = {
    "conv": Peer(draw_conv, make_conv),
    "depthwise_conv": Peer(draw_depthwise(), make_depthwise),
    "separable_conv": Peer(draw_separable, make_separable),
    "conv_transpose": Peer(draw_transposed, make_transposed),
    "max_pool": Peer(draw_pool, make_pool("MaxPooling")),
    "avg_pool": Peer(draw_pool, make_pool("AveragePooling")),
    "global_avg_pool": Peer(draw_global, lambda c: keras_class("GlobalAveragePooling", c.input.rank)(keepdims=True)),
    "global_max_pool": Peer(draw_global, lambda c: keras_class("GlobalMaxPooling", c.input.rank)(keepdims=True)),
    "linear": Peer(draw_units, lambda c: layers.Dense(c.written["units"], use_bias=c.written["bias"])),
    "lstm": Peer(draw_recurrent, make_recurrent("LSTM")),
    "gru": Peer(draw_gru, make_recurrent("GRU")),
    "rnn": Peer(draw_recurrent, make_recurrent("SimpleRNN")),
    "conv_lstm": Peer(draw_conv_lstm, make_conv_lstm),
    "multi_head_attention": Peer(draw_attention, make_attention),
    "batch_norm": Peer(draw_norm, lambda c: layers.BatchNormalization(**c.written)),
    "layer_norm": Peer(draw_norm, lambda c: layers.LayerNormalization(**c.written)),
    "prelu": Peer(
        lambda rng: ((volume(rng, rng.randint(1, 3)),), {"per": rng.choice(("volume", "depth", "layer"))}), make_prelu
    ),
    "pad": Peer(draw_sides, make_sides("ZeroPadding")),
    "crop": Peer(draw_sides, make_sides("Cropping")),
    "upsample": Peer(draw_factor, make_upsample),
}
