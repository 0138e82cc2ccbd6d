"""Random configurations of layers, seeded: the same on every machine, drawn once and read by every framework.

A configuration is written in this project's language; the frameworks' files translate it into their calls.
About one in five is wrong on purpose: a kernel that does not fit, groups that do not divide, too much padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from analyzer.volume import Volume

#: The largest size of a spatial axis, by rank: small, so that the frameworks really compute.
LARGEST = {1: 24, 2: 13, 3: 8}
#: The largest kernel, by rank.
KERNEL = {1: 7, 2: 5, 3: 4}


class Configuration(NamedTuple):
    """A layer type, the volumes that it reads, and its parameters as a file writes them."""

    type: str
    inputs: tuple[Volume, ...]
    written: dict[str, Any]

    @property
    def input(self) -> Volume:
        """The first input."""
        return self.inputs[0]

    def __str__(self) -> str:
        return f"{' and '.join(map(str, self.inputs))} into {self.type}: {self.written}"


Draw = Callable[[Random, int], tuple[Volume, dict[str, Any]]]


def configurations(type_: str, rank: int, count: int, draw: Draw | None = None) -> Iterator[Configuration]:
    """`count` configurations of a window type over volumes of this rank."""
    rng = Random(f"{type_} {rank}")
    for _ in range(count):
        read, written = (draw or DRAWS[type_])(rng, rank)
        yield Configuration(type_, (read,), written)


def volume(rng: Random, rank: int, depth: int = 6) -> Volume:
    """A small volume; one in eight axes may be smaller than most kernels."""
    low = {1: 6, 2: 4, 3: 3}[rank]
    spatial = [rng.randint(1 if rng.random() < 0.125 else low, LARGEST[rank]) for _ in range(rank)]
    return Volume(tuple(spatial), rng.randint(1, depth))


def sizes(rng: Random, rank: int, low: int, high: int) -> int | list[int]:
    """One number for all axes, or one for each."""
    if rng.random() < 0.4:
        return rng.randint(low, high)
    return [rng.randint(low, high) for _ in range(rank)]


def pairs(rng: Random, rank: int, high: int, *, symmetric: bool = False) -> list[list[int]]:
    """Cells [before, after] on each axis."""
    drawn = [[rng.randint(0, high), rng.randint(0, high)] for _ in range(rank)]
    return [[before, before] for before, _ in drawn] if symmetric else drawn


def window(rng: Random, rank: int, *, dilated: bool = True) -> dict[str, Any]:
    """Kernel, stride and, in one of three, dilation."""
    written: dict[str, Any] = {"kernel": sizes(rng, rank, 1, KERNEL[rank]), "stride": sizes(rng, rank, 1, 4)}
    if dilated and rng.random() < 0.3:
        written["dilation"] = sizes(rng, rank, 1, 3)
    return written


def padding(rng: Random, rank: int) -> Any:
    """Padding of a convolution: a number, one an axis, two an axis, or `same`."""
    kind = rng.choice(("none", "number", "axes", "sides", "same"))
    return {
        "none": 0,
        "number": rng.randint(0, 3),
        "axes": pairs(rng, rank, 3, symmetric=True),
        "sides": pairs(rng, rank, 3),
        "same": "same",
    }[kind]


def _bank(rng: Random, depth: int) -> dict[str, Any]:
    """Filters, groups and bias; the groups divide both numbers in most draws."""
    groups = rng.choice([1, 1, 1, *(g for g in range(2, depth + 1) if depth % g == 0), rng.randint(1, 4)])
    filters = groups * rng.randint(1, 3) if rng.random() < 0.85 else rng.randint(1, 9)
    return {"filters": filters, "groups": groups, "bias": rng.random() < 0.7}


def conv(rng: Random, rank: int) -> tuple[Volume, dict[str, Any]]:
    read = volume(rng, rank)
    written = {**_bank(rng, read.depth), **window(rng, rank), "padding": padding(rng, rank)}
    if written["padding"] == "same" and rng.random() < 0.7:
        written["stride"] = 1
    if rng.random() < 0.2:
        written["padding_mode"] = rng.choice(("reflect", "replicate", "circular"))
        written["padding"] = pairs(rng, rank, 3, symmetric=True)
    return read, written


def local_conv(rng: Random, rank: int) -> tuple[Volume, dict[str, Any]]:
    """Locally connected: every position has its own bank and its own biases."""
    read, written = conv(rng, rank)
    written.pop("padding_mode", None)
    if written["padding"] == "same":
        written["padding"] = 0
    return read, {**written, "sharing": "local"}


def depthwise_conv(rng: Random, rank: int) -> tuple[Volume, dict[str, Any]]:
    read, written = conv(rng, rank)
    del written["filters"], written["groups"]
    return read, {**written, "multiplier": rng.randint(1, 3)}


def conv_transpose(rng: Random, rank: int) -> tuple[Volume, dict[str, Any]]:
    read = volume(rng, rank)
    written = {**_bank(rng, read.depth), **window(rng, rank), "padding": pairs(rng, rank, 3, symmetric=True)}
    if rng.random() < 0.5:
        written["output_padding"] = sizes(rng, rank, 0, 3)
    return read, written


def pool(rng: Random, rank: int, *, dilated: bool = False) -> tuple[Volume, dict[str, Any]]:
    written = window(rng, rank, dilated=dilated)
    if rng.random() < 0.3:
        del written["stride"]  # the kernel's size
    if rng.random() < 0.6:
        written["padding"] = pairs(rng, rank, 2, symmetric=True)
    if rng.random() < 0.5:
        written["rounding"] = "ceil"
    return volume(rng, rank), written


def lp_pool(rng: Random, rank: int) -> tuple[Volume, dict[str, Any]]:
    read, written = pool(rng, rank)
    written.pop("padding", None)  # torch's has none
    return read, written


def adaptive_pool(rng: Random, rank: int) -> tuple[Volume, dict[str, Any]]:
    return volume(rng, rank), {"size": sizes(rng, rank, 1, 9)}


DRAWS: dict[str, Draw] = {
    "conv": conv,
    "depthwise_conv": depthwise_conv,
    "conv_transpose": conv_transpose,
    "max_pool": lambda rng, rank: pool(rng, rank, dilated=True),
    "avg_pool": pool,
    "lp_pool": lp_pool,
    "adaptive_avg_pool": adaptive_pool,
    "adaptive_max_pool": adaptive_pool,
}
