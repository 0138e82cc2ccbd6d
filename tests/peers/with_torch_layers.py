"""The other layers of torch: dense, normalising, recurrent, attending, rearranging; a draw and a run for each type.

Long because the types are many: each is a few lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from random import Random
from typing import Any, NamedTuple

import torch
from building import build
from comparison import Departure, Outcome, Refused, Tally, compare
from configurations import Configuration, pairs, sizes, volume
from torch import Tensor, nn
from torch.nn import functional
from torch_modules import WrittenOut
from with_torch import NAME as NAME
from with_torch import axes, measured, tensor

from analyzer.engine.network import Network
from analyzer.layers.padding import PADDING_MODES
from analyzer.volume import Volume

Written = dict[str, Any]


#: How many configurations of each type are drawn.
COUNT = 200

#: What torch alone accepts.
DEPARTURES = (
    Departure("cells from a", "accepts a negative padding that leaves an axis of 0", empty=True),
    Departure("leaves nothing of a", "accepts resampling in 3-D to an axis of 0; in 1-D and 2-D torch refuses it, as this project does", empty=True),
)  # fmt: skip


class Peer(NamedTuple):
    """How a type is drawn, and how torch runs it."""

    draw: Callable[[Random], tuple[tuple[Volume, ...], Written]]
    run: Callable[[Configuration], Outcome]


def drawn(type_: str, count: int) -> Iterator[Configuration]:
    """`count` configurations of a type."""
    rng = Random(type_)
    for _ in range(count):
        inputs, written = PEERS[type_].draw(rng)
        yield Configuration(type_, inputs, written)


def outcome(c: Configuration) -> Outcome | Refused:
    """What torch says of a configuration."""
    try:
        return PEERS[c.type].run(c)
    except (RuntimeError, ValueError, AssertionError) as error:
        return Refused(str(error))


def tally(type_: str) -> Tally:
    """Compares all configurations of a type."""
    return compare(drawn(type_, COUNT), outcome, departures=DEPARTURES)


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


def any_rank(rng: Random, low: int = 0) -> Volume:
    """A volume of any rank from `low` on."""
    rank = rng.randint(low, 3)
    return Volume((), rng.randint(1, 40)) if rank == 0 else volume(rng, rank, 12)


def tokens(rng: Random, depth: int = 0) -> Volume:
    """A volume L x D."""
    return Volume((rng.randint(1, 12),), depth or rng.randint(1, 24))


def first(c: Configuration, module: nn.Module) -> Outcome:
    """A module that takes the depth as the first axis."""
    return measured(module, [tensor(v) for v in c.inputs])


def last(c: Configuration, module: nn.Module) -> Outcome:
    """A module that takes the depth as the last axis."""
    return measured(module, [tensor(v, last=True) for v in c.inputs], last=True)


def flag(rng: Random) -> bool:
    return rng.random() < 0.5


def units(rng: Random, read: Volume) -> tuple[tuple[Volume], Written]:
    return (read,), {"units": rng.randint(1, 30), "bias": flag(rng)}


def dense(c: Configuration) -> Outcome:
    linear = nn.Linear(c.input.size, c.written["units"], bias=c.written["bias"])
    return last(c, nn.Sequential(nn.Flatten(), linear))


def linear(c: Configuration) -> Outcome:
    return last(c, nn.Linear(c.input.depth, c.written["units"], bias=c.written["bias"]))


def embedding(c: Configuration) -> Outcome:
    table = nn.Embedding(c.written["vocabulary"], c.written["size"])
    return measured(table, [torch.zeros(1, c.input.depth, dtype=torch.long)], last=True)


def normalised(rng: Random) -> tuple[tuple[Volume], Written]:
    return (any_rank(rng, 1),), {"affine": flag(rng), "statistics": flag(rng)}


def batch_norm(stem: str) -> Callable[[Configuration], Outcome]:
    def run(c: Configuration) -> Outcome:
        cls = getattr(nn, f"{stem}{c.input.rank}d")
        module = cls(c.input.depth, affine=c.written["affine"], track_running_stats=c.written["statistics"])
        return first(c, module.eval())

    return run


def layer_norm(c: Configuration) -> Outcome:
    shape = c.input.sizes if c.written["axes"] == "volume" else c.input.sizes[-1:]
    if c.type == "rms_norm":
        return last(c, nn.RMSNorm(shape, elementwise_affine=c.written["affine"]))
    center = c.written.get("center", c.written["affine"])
    return last(c, nn.LayerNorm(shape, elementwise_affine=c.written["affine"], bias=center))


def norm_axes(rng: Random) -> tuple[tuple[Volume], Written]:
    return (any_rank(rng),), {"axes": rng.choice(("depth", "volume")), "affine": flag(rng)}


def centred(rng: Random) -> tuple[tuple[Volume], Written]:
    inputs, written = norm_axes(rng)
    if written["affine"]:
        written["center"] = flag(rng)
    return inputs, written


def prelu(c: Configuration) -> Outcome:
    return first(c, nn.PReLU(1 if c.written["per"] == "layer" else c.input.depth))


def recurrent(rng: Random) -> tuple[tuple[Volume], Written]:
    written = {"units": rng.randint(1, 16), "bidirectional": flag(rng), "layers": rng.randint(1, 3)}
    return (tokens(rng),), {**written, "biases": rng.choice((0, 2)), "sequence": flag(rng)}


class Steps(nn.Module):
    """The sequence of a recurrent layer, or its last step."""

    def __init__(self, layer: nn.Module, sequence: bool) -> None:
        super().__init__()
        self.layer, self.sequence = layer, sequence

    def forward(self, x: Tensor) -> Tensor:
        result = self.layer(x)[0]
        return result if self.sequence else result[:, -1]


def recurrence(cls: type[nn.RNNBase]) -> Callable[[Configuration], Outcome]:
    def run(c: Configuration) -> Outcome:
        w = c.written
        layer = cls(
            c.input.depth,
            w["units"],
            num_layers=w["layers"],
            bias=w["biases"] == 2,
            bidirectional=w["bidirectional"],
            batch_first=True,
        )
        return last(c, Steps(layer, w["sequence"]))

    return run


def attention_inputs(rng: Random) -> tuple[tuple[Volume, ...], Written]:
    heads = rng.randint(1, 4)
    depth = heads * rng.randint(1, 8) if rng.random() < 0.9 else rng.randint(1, 24)
    query = tokens(rng, depth)
    memory = tokens(rng)
    others = ((), (memory,), (memory, Volume(memory.spatial, rng.randint(1, 24))))[rng.randint(0, 2)]
    return (query, *others), {"heads": heads, "bias": flag(rng)}


def attention_of_any_kind(rng: Random) -> tuple[tuple[Volume, ...], Written]:
    """torch's own, or one with groups, biases, depths, windows or positions of its own, over 1 to 3 axes.

    A key has at least two numbers: of one, torch.einsum makes a product that its counter does not see.
    """
    if flag(rng):
        return attention_inputs(rng)
    groups, each, rank = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 3)
    written: Written = {"heads": groups * each, "key_value_heads": groups}
    if flag(rng):
        written["bias"] = {name: flag(rng) for name in ("query", "key", "value", "output") if flag(rng)} or False
    if flag(rng):
        written |= {"key_depth": rng.randint(2, 6), "value_depth": rng.randint(1, 6)}
    if flag(rng):
        written["relative_position"] = "decomposed"
    spatial = tuple(rng.randint(1, 6) for _ in range(rank))
    query, memory = Volume(spatial, groups * each * rng.randint(2, 4)), Volume(spatial, rng.randint(1, 9))
    if flag(rng):
        written["window"] = [rng.randint(1, 4) for _ in range(rank)]
    else:
        memory = Volume(tuple(rng.randint(1, 6) for _ in range(rank)), memory.depth)
    return ((query,), (query, memory), (query, memory, Volume(memory.spatial, 5)))[rng.randint(0, 2)], written


def attention(c: Configuration) -> Outcome:
    if isinstance(c.written.get("bias"), bool) and "key_value_heads" not in c.written:
        return last(c, Attention(c))
    network = Network()
    sources = [network.enter(f"input{place}", read) for place, read in enumerate(c.inputs)]
    return last(c, WrittenOut(network.place("attention", build(c.type, c.written), sources)))


class Attention(nn.Module):
    """torch's attention as called: query alone, query and memory, or query, key and value."""

    def __init__(self, c: Configuration) -> None:
        super().__init__()
        key, value = c.inputs[1 % len(c.inputs)], c.inputs[-1]
        self.layer = nn.MultiheadAttention(
            c.input.depth,
            c.written["heads"],
            bias=c.written["bias"],
            kdim=key.depth,
            vdim=value.depth,
            batch_first=True,
        )

    def forward(self, *inputs: Tensor) -> Tensor:
        result: Tensor = self.layer(inputs[0], inputs[1 % len(inputs)], inputs[-1])[0]
        return result


def shuffled(rng: Random) -> tuple[tuple[Volume], Written]:
    factor = rng.randint(1, 3)
    depth = rng.randint(1, 3) * factor**2 if rng.random() < 0.8 else rng.randint(1, 12)
    return (Volume(volume(rng, 2).spatial, depth),), {"factor": factor}


def unshuffled(rng: Random) -> tuple[tuple[Volume], Written]:
    factor = rng.randint(1, 3)
    spatial = tuple(n * factor if rng.random() < 0.8 else n for n in volume(rng, 2).spatial)
    return (Volume(spatial, rng.randint(1, 4)),), {"factor": factor}


def grouped(rng: Random) -> tuple[tuple[Volume], Written]:
    read = any_rank(rng, 2)
    return (read,), {"groups": rng.choice([g for g in range(1, read.depth + 1) if read.depth % g == 0] + [2, 3])}


def resampled(rng: Random) -> tuple[tuple[Volume], Written]:
    factors = [rng.choice((0.25, 0.3, 1 / 3, 0.5, 0.75, 1.1, 1.15, 1.5, 2, 2.5, 3)) for _ in range(rng.randint(1, 3))]
    return (volume(rng, len(factors)),), {"factor": factors}


def resized(rng: Random) -> tuple[tuple[Volume], Written]:
    rank = rng.randint(1, 3)
    return (volume(rng, rank),), {"to": sizes(rng, rank, 1, 20)}


def padded(rng: Random) -> tuple[tuple[Volume], Written]:
    rank = rng.randint(1, 3)
    return (volume(rng, rank),), {"padding": pairs(rng, rank, 4)}


def padded_somehow(rng: Random) -> tuple[tuple[Volume], Written]:
    """Small volumes, so that some have too few values to repeat."""
    read, written = padded(rng)
    return read, {**written, "padding_mode": rng.choice(PADDING_MODES)}


def pad(c: Configuration) -> Outcome:
    """`crop` is torch's negative padding."""
    sign = -1 if c.type == "crop" else 1
    cells = [sign * cells for pair in reversed(c.written["padding"]) for cells in pair]
    mode = c.written.get("padding_mode", "zeros")
    return first(c, Call(lambda x: functional.pad(x, cells, "constant" if mode == "zeros" else mode)))


def merged(rng: Random) -> tuple[tuple[Volume, ...], Written]:
    read = any_rank(rng, 1)
    others = [Volume.of([rng.choice((n, n, n, 1, n + (rng.random() < 0.1))) for n in read.sizes]) for _ in range(rng.randint(1, 3))]  # fmt: skip
    return (read, *others), {"inputs": [f"input{place}" for place in range(1 + len(others))]}


def merge(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Configuration], Outcome]:
    return lambda c: first(c, Call(lambda *inputs: reduce(function, inputs)))


def joined(rng: Random) -> tuple[tuple[Volume, ...], Written]:
    read = any_rank(rng, 1)
    place = rng.randrange(len(read.sizes))
    others = []
    for _ in range(rng.randint(1, 3)):
        numbers = [n + (rng.random() < 0.05) for n in read.sizes]
        numbers[place] = rng.randint(1, 9)
        others.append(Volume.of(numbers))
    return (read, *others), {
        "inputs": [f"input{n}" for n in range(1 + len(others))],
        "axis": read.axes[place],
    }


def concat(c: Configuration) -> Outcome:
    place = c.input.axes.index(c.written["axis"])
    return last(c, Call(lambda *inputs: torch.cat(inputs, dim=1 + place)))


def gated(c: Configuration) -> Outcome:
    """Squeeze and excitation of torch's parts."""
    between, bias = c.written["reduced"], c.written["bias"]
    gate = nn.Sequential(
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(c.input.depth, between, bias=bias),
        nn.ReLU(),
        nn.Linear(between, c.input.depth, bias=bias),
        nn.Sigmoid(),
    )

    class Gate(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = gate

        def forward(self, x: Tensor) -> Tensor:
            return x * self.gate(x)[:, :, None, None]

    return first(c, Gate())


def keeping(rng: Random) -> tuple[tuple[Volume], Written]:
    return (any_rank(rng, 1),), {}


def permuted(rng: Random) -> tuple[tuple[Volume], Written]:
    read = any_rank(rng, 1)
    return (read,), {"order": rng.sample(read.axes, len(read.axes))}


def permute(c: Configuration) -> Outcome:
    order = [1 + c.input.axes.index(name) for name in c.written["order"]]
    return last(c, Call(lambda x: x.permute(0, *order)))


PEERS: dict[str, Peer] = {
    "dense": Peer(lambda rng: units(rng, any_rank(rng)), dense),
    "linear": Peer(lambda rng: units(rng, any_rank(rng)), linear),
    "embedding": Peer(
        lambda rng: ((Volume((), rng.randint(1, 20)),), {"vocabulary": rng.randint(1, 99), "size": rng.randint(1, 32)}),
        embedding,
    ),
    "batch_norm": Peer(normalised, batch_norm("BatchNorm")),
    "instance_norm": Peer(normalised, batch_norm("InstanceNorm")),
    "layer_norm": Peer(centred, layer_norm),
    "rms_norm": Peer(norm_axes, layer_norm),
    "group_norm": Peer(grouped, lambda c: first(c, nn.GroupNorm(c.written["groups"], c.input.depth))),
    "local_response_norm": Peer(
        lambda rng: ((any_rank(rng, 2),), {"size": rng.randint(1, 7)}),
        lambda c: first(c, nn.LocalResponseNorm(c.written["size"])),
    ),
    "prelu": Peer(lambda rng: ((any_rank(rng, 1),), {"per": rng.choice(("layer", "depth"))}), prelu),
    "glu": Peer(keeping, lambda c: first(c, nn.GLU(dim=1))),
    "lstm": Peer(recurrent, recurrence(nn.LSTM)),
    "gru": Peer(recurrent, recurrence(nn.GRU)),
    "rnn": Peer(recurrent, recurrence(nn.RNN)),
    "multi_head_attention": Peer(attention_of_any_kind, attention),
    "squeeze_excite": Peer(
        lambda rng: ((volume(rng, 2, 24),), {"reduced": rng.randint(1, 8), "bias": flag(rng)}),
        gated,
    ),
    "pixel_shuffle": Peer(shuffled, lambda c: first(c, nn.PixelShuffle(c.written["factor"]))),
    "pixel_unshuffle": Peer(unshuffled, lambda c: first(c, nn.PixelUnshuffle(c.written["factor"]))),
    "channel_shuffle": Peer(grouped, lambda c: first(c, nn.ChannelShuffle(c.written["groups"]))),
    "upsample": Peer(resampled, lambda c: first(c, nn.Upsample(scale_factor=tuple(map(float, c.written["factor"]))))),
    "resize": Peer(resized, lambda c: first(c, nn.Upsample(size=axes(c.written["to"], c.input.rank)))),
    "pad": Peer(padded_somehow, pad),
    "crop": Peer(padded, pad),
    "flatten": Peer(lambda rng: ((any_rank(rng, 1),), {}), lambda c: last(c, nn.Flatten())),
    "permute": Peer(permuted, permute),
    "add": Peer(merged, merge(torch.add)),
    "multiply": Peer(merged, merge(torch.mul)),
    "maximum": Peer(merged, merge(torch.maximum)),
    "concat": Peer(joined, concat),
}
