"""Random pairs of layers, operator after operator, as YAML: a few layers to begin with, two that are drawn, a class score.

A layer that the loader refuses is drawn again, so a seed always gives the same network.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from random_networks import ACTIVATIONS, IN_PLACE

from analyzer.engine.network import Network
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse
from analyzer.volume import Volume

Item = dict[str, Any]


def network_of(text: str) -> Network | None:
    """The network of a file, or None where the loader refuses it."""
    model = parse(text, "pair.yaml").model
    if model is None:
        return None
    network, diagnostics = expand(model)
    return None if diagnostics else network


class Pair:
    """Two layers drawn with `seed`, with layers before and after them. `text` is the file, `names` the two types."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        rank = self.rng.choice((1, 1, 2, 2, 2, 2, 2, 3))
        sizes = {1: (12, 13, 16), 2: (8, 9, 10, 12), 3: (4, 5, 6)}[rank]
        self.input = "x".join(str(self.rng.choice(sizes)) for _ in range(rank)) + f"x{self.rng.choice((4, 8))}"
        self.layers: list[Item] = []
        self.names: list[str] = []
        self.volume = self._volume()
        start = self.rng.random()
        if start < 0.7:
            self._add({"conv": {"filters": self.rng.choice((8, 12, 16)), "kernel": 3, "padding": 1}})
        elif start < 0.85:
            self._add({"linear": self.rng.choice((8, 12))})
        self.layers[-1:] = [{**item, "name": "first"} for item in self.layers[-1:]]
        for _ in range(2):
            self._draw()
        self._end()
        self.text = self._text(self.layers)
        network = network_of(self.text)
        assert network is not None, self.text
        self.network: Network = network

    def _text(self, layers: list[Item]) -> str:
        lines = "".join(f"  - {json.dumps(item)}\n" for item in layers)
        return f"input: {self.input}\nlayers:\n{lines}"

    def _volume(self) -> Volume:
        network = network_of(self._text(self.layers or [{"relu": {}}]))
        assert network is not None
        return network.outputs[0].output

    def _add(self, *items: Item) -> bool:
        """Appends layers, and says whether the loader took them."""
        network = network_of(self._text([*self.layers, *items]))
        if network is None or network.outputs[0].output.size > 20_000:
            return False
        self.layers.extend(items)
        self.volume = network.outputs[0].output
        return True

    def _draw(self) -> None:
        while True:
            name, items = self.drawn()
            if self._add(*items):
                self.names.append(name)
                return

    def _end(self) -> None:
        """A class score, behind a convolution now and then."""
        if self.volume.rank and self.rng.random() < 0.5:
            self._add({"conv": {"filters": 6, "kernel": 1}})
        if self.volume.rank and self.rng.random() < 0.4:
            self._add({"global_avg_pool": {}})
        self._add({"dense": 5})

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def drawn(self) -> tuple[str, list[Item]]:
        """A layer, or the few layers that make an operator, with random parameters."""
        kinds: dict[str, Callable[[], Item | list[Item]]] = {
            "slice": self.slice, "slices": self.slice, "crop": self.crop, "pad": self.pad, "norm": self.norm,
            "norms": self.norm, "merge": self.merge, "merges": self.merge, "tied": self.tied, "permute": self.permute,
            "reshape": self.reshape, "flatten": lambda: {"flatten": {}}, "resample": self.resample,
            "shuffle": self.shuffle, "pool": self.pool, "pools": self.pool, "conv": self.conv, "convs": self.conv,
            "transposed": self.transposed, "drop": self.drop, "activation": self.activation,
            "activations": self.activation, "split": self.split, "attention": self.attention,
            "recurrent": self.recurrent, "linear": self.linear, "dense": lambda: {"dense": 12}, "gate": self.gate,
            "trained": self.trained,
        }  # fmt: skip
        name = self.rng.choice(sorted(kinds))
        made = kinds[name]()
        items = made if isinstance(made, list) else [made]
        return "+".join(
            type_ for item in items for type_ in item if type_ not in ("name", "from", "tied", "repeat")
        ), items

    def axis(self) -> str:
        return self.rng.choice(self.volume.axes)

    def slice(self) -> Item:
        axis = self.rng.choice((self.axis(), "depth"))
        size = self.volume.sizes[self.volume.axes.index(axis)]
        start = self.rng.choice((0, 0, 1, size // 2))
        stop = self.rng.choice((size, size, size // 2, max(size - 1, 1)))
        written: Item = {"axis": axis, "start": start, "stop": stop}
        if self.rng.random() < 0.3:
            written["step"] = 2
        return {"slice": written}

    def _sides(self) -> Any:
        rank = self.volume.rank
        if self.rng.random() < 0.4:
            return self.rng.choice((1, 2))
        return [[self.rng.choice((0, 1, 2)), self.rng.choice((0, 0, 1, 2))] for _ in range(rank)]

    def crop(self) -> Item:
        return {"crop": self._sides()}

    def pad(self) -> Item:
        return {"pad": self._sides()}

    def norm(self) -> Item:
        return self.rng.choice((
            {"batch_norm": {}}, {"group_norm": 2}, {"group_norm": 1}, {"instance_norm": {}}, {"instance_norm": {"affine": True}},
            {"layer_norm": {}}, {"rms_norm": {}}, {"layer_norm": {"axes": "volume"}}, {"local_response_norm": 3},
        ))  # fmt: skip

    def merge(self) -> list[Item]:
        """A second branch of the same volume, broadcast or larger now and then, and what joins it with the first."""
        type_ = self.rng.choice(("add", "add", "subtract", "multiply", "maximum", "average", "concat", "concat"))
        rank, depth = self.volume.rank, self.volume.depth
        name = f"start{len(self.names)}"
        start: Item = {"relu": {}, "name": name}
        side: list[Item] = [{"conv": {"filters": depth, "kernel": 1}}] if rank else [{"dense": depth}]
        inputs, crop = ["prev", name], {}
        if rank and self.rng.random() < 0.3:
            side = [{"global_avg_pool": {}}, *side]
        elif rank and self.rng.random() < 0.3:
            side, crop = [{"conv": {"filters": depth, "kernel": 3}}], {"crop": "center"}
        elif self.rng.random() < 0.3:
            side = [{"relu": {}}]
        if self.rng.random() < 0.5:
            inputs.reverse()
        written: Item = {"inputs": inputs, **crop}
        if type_ == "add" and self.rng.random() < 0.3:
            written["inplace"] = True
        start = start if self.rng.random() < 0.5 else {"conv": {"filters": depth, "kernel": 1}, "name": name}
        return [start, *side, {type_: written}]

    def tied(self) -> list[Item]:
        """One layer used two to four times."""
        depth, rank = self.volume.depth, self.volume.rank
        kind = self.rng.choice(("linear", "conv", "dense"))
        written = {"linear": depth, "dense": self.volume.size, "conv": {"filters": depth, "kernel": 3, "padding": 1}}[
            kind
        ]
        first: Item = {kind: written, "name": "shared"}
        return (
            [first, {kind: written, "tied": "shared", "repeat": self.rng.choice((1, 2, 4))}]
            if rank or kind != "conv"
            else [first]
        )

    def permute(self) -> Item:
        axes = list(self.volume.axes)
        self.rng.shuffle(axes)
        return {"permute": axes}

    def reshape(self) -> Item:
        sizes = list(self.volume.sizes)
        how = self.rng.choice(("join", "divide", "vector"))
        if how == "join" and len(sizes) > 2:
            place = self.rng.randrange(len(sizes) - 2)
            sizes[place : place + 2] = [sizes[place] * sizes[place + 1]]
        elif how == "divide" and len(sizes) < 4 and self.volume.size % 4 == 0:
            sizes = [4, *sizes[:-1], sizes[-1] // 4] if sizes[-1] % 4 == 0 else sizes
        else:
            sizes = [self.volume.size]
        return {"reshape": "x".join(map(str, sizes))}

    def resample(self) -> Item:
        modes = ["nearest", ("linear", "bilinear", "trilinear")[max(self.volume.rank - 1, 0)], "area"]
        modes += ["bicubic"] if self.volume.rank == 2 else []
        mode = self.rng.choice(modes)
        if self.rng.random() < 0.6:
            return {"upsample": {"factor": self.rng.choice((2, 2, 1.5, 0.5)), "mode": mode}}
        return {"resize": {"to": "x".join([str(self.rng.choice((5, 7, 8)))] * self.volume.rank), "mode": mode}}

    def shuffle(self) -> Item:
        return self.rng.choice(
            ({"pixel_shuffle": 2}, {"pixel_unshuffle": 2}, {"channel_shuffle": 2}, {"coord_channels": {}})
        )

    def pool(self) -> Item:
        type_ = self.rng.choice(("max_pool", "max_pool", "avg_pool", "avg_pool", "lp_pool", "global_avg_pool", "global_max_pool",
                                 "adaptive_avg_pool", "adaptive_max_pool", "blur_pool", "mean", "spatial_pyramid_pool"))  # fmt: skip
        if type_ in ("max_pool", "avg_pool"):
            kernel = self.rng.choice((2, 3))
            stride = self.rng.choice((1, 2))
            padding = self.rng.choice((0, 1, "same"))
            return {type_: {"kernel": kernel, "stride": stride, "padding": padding}}
        if type_ == "lp_pool":
            return {type_: 2}
        if type_.startswith("adaptive"):
            return {type_: self.rng.choice((1, 2, 3))}
        return {type_: {"axis": self.axis()}} if type_ == "mean" else {type_: {}}

    def conv(self) -> Item:
        type_ = self.rng.choice(("conv", "conv", "conv", "depthwise_conv", "separable_conv"))
        written: Item = {"kernel": self.rng.choice((1, 2, 3, 4, 5)), "bias": self.rng.random() < 0.7}
        written["padding"] = self.rng.choice(
            (0, 1, "same", "same", "causal") if self.volume.rank == 1 else (0, 1, 2, "same", "same")
        )
        if self.rng.random() < 0.25:
            written["padding_mode"] = self.rng.choice(("circular", "reflect", "replicate"))
        if self.rng.random() < 0.3:
            written["stride"] = 2
        if self.rng.random() < 0.2:
            written["dilation"] = 2
        if type_ != "depthwise_conv":
            written["filters"] = self.rng.choice((4, 8))
        if type_ == "conv" and self.rng.random() < 0.3:
            written["groups"] = 2
        return {type_: written}

    def transposed(self) -> Item:
        written: Item = {"filters": self.rng.choice((4, 8)), "kernel": self.rng.choice((2, 3, 4))}
        written |= {"stride": self.rng.choice((1, 2)), "padding": self.rng.choice((0, 0, 1, "same"))}
        return {"conv_transpose": written}

    def drop(self) -> Item:
        type_ = self.rng.choice(("dropout", "spatial_dropout", "stochastic_depth"))
        return {type_: {"rate": self.rng.choice((0, 0.2)), "inplace": self.rng.random() < 0.2}}

    def activation(self) -> Item:
        type_ = self.rng.choice(ACTIVATIONS)
        free = not self.layers or next(iter(self.layers[-1])) in ("conv", "batch_norm", "add", "slice", "crop")
        if type_ in IN_PLACE and free and self.rng.random() < 0.5:
            return {type_: {"inplace": True}}
        return {type_: {"per": "depth"}} if type_ == "prelu" and self.rng.random() < 0.5 else {type_: {}}

    def split(self) -> list[Item]:
        """Two halves of an axis, joined again or one of them alone worked on."""
        axis = self.axis()
        half = self.volume.sizes[self.volume.axes.index(axis)] // 2
        whole, one, two = (f"{name}{len(self.names)}" for name in ("whole", "one", "two"))
        start: Item = {"conv": {"filters": self.volume.depth, "kernel": 1}, "name": whole}
        items = [start, {"slice": {"axis": axis, "stop": half}, "name": one}]
        items.append({"slice": {"axis": axis, "start": half}, "from": whole, "name": two})
        worked, other = self.rng.choice(((one, two), (two, one)))
        items.append({"relu": {}, "from": worked} if self.rng.random() < 0.5 else {"sigmoid": {}, "from": worked})
        return [*items, {"concat": {"inputs": ["prev", other, worked][: self.rng.choice((2, 3))], "axis": axis}}]

    def attention(self) -> Item:
        written: Item = {"heads": self.rng.choice((1, 2)), "bias": self.rng.random() < 0.5}
        how = self.rng.random()
        if how < 0.3:
            written |= {"key_depth": 2, "value_depth": self.rng.choice((2, 4))}
        elif how < 0.5 and self.volume.rank == 2:
            written |= {"window": 4, "relative_position": self.rng.random() < 0.5}
        return {"multi_head_attention": written}

    def recurrent(self) -> Item:
        type_ = self.rng.choice(("lstm", "gru", "rnn"))
        written: Item = {"units": 4, "biases": self.rng.choice((0, 2)), "bidirectional": self.rng.random() < 0.4}
        return {type_: {**written, "layers": self.rng.choice((1, 1, 2)), "sequence": self.rng.random() < 0.6}}

    def linear(self) -> Item:
        return {"linear": {"units": self.rng.choice((4, 8)), "bias": self.rng.random() < 0.7}}

    def gate(self) -> Item:
        return {"squeeze_excite": {"ratio": 2}}

    def trained(self) -> Item:
        return self.rng.choice((
            {"scale": {}}, {"scale": {"per": "layer"}}, {"scale": {"bias": True}}, {"scale": {"per": "volume"}},
            {"position_table": {}}, {"class_token": {}}, {"glu": {}},
        ))  # fmt: skip
