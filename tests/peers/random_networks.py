"""Random networks, for what no one wrote down: convolutions, norms, activations, pools, branches and what joins them."""

from __future__ import annotations

from random import Random
from typing import Any

from building import build

from analyzer.engine.network import Network, Node
from analyzer.volume import Volume

#: Activations, those first that torch has in place too.
IN_PLACE = (
    "relu",
    "relu6",
    "silu",
    "hard_swish",
    "leaky_relu",
    "elu",
    "mish",
    "hard_tanh",
    "hard_sigmoid",
    "celu",
    "selu",
)
ACTIVATIONS = (*IN_PLACE, "gelu", "sigmoid", "tanh", "softplus", "softsign", "log_sigmoid", "softmax", "prelu")

#: Layers whose output their own backward pass does not keep, so that the next may overwrite it.
OVERWRITTEN = {"conv", "depthwise_conv", "conv_transpose", "batch_norm", "group_norm", "add", "dense"}


class Drawn:
    """A network that grows from its input by random layers, up to a class score; `seed` gives it again."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.network = Network()
        size = self.rng.choice((16, 20, 24, 32))
        self.at = self.network.enter(
            "input", Volume((size, size + self.rng.choice((0, 4))), self.rng.choice((1, 3, 4)))
        )
        self.put("conv", filters=self.rng.choice((8, 16, 24)), kernel=3, padding=1)
        for _ in range(self.rng.randint(4, 14)):
            self.rng.choice(
                (self.window, self.window, self.norm, self.norm, self.activation, self.activation, self.pool, self.residual,
                 self.branches, self.gate, self.drop, self.split, self.larger, self.other)
            )()  # fmt: skip
        if self.rng.random() < 0.3:
            self.put("flatten") if self.at.output.size < 20_000 else self.put("global_avg_pool")
        else:
            self.put(self.rng.choice(("global_avg_pool", "adaptive_avg_pool")))
        if self.rng.random() < 0.3:
            self.put("dropout", rate=0.5)
        self.put("dense", units=self.rng.choice((2, 10, 100)))

    def put(self, type_: str, *sources: Node, **parameters: Any) -> Node:
        """A layer behind the last one, or behind `sources`."""
        if type_ == "adaptive_avg_pool":
            parameters.setdefault("size", 2)
        name = f"{type_}{len(self.network.nodes)}"
        self.at = self.network.place(name, build(type_, parameters), sources or [self.at])
        return self.at

    def window(self) -> None:
        """A convolution of some kind."""
        depth, bias = self.at.output.depth, self.rng.random() < 0.5
        kernel = self.rng.choice((1, 3, 5))
        stride = self.rng.choice((1, 1, 2)) if min(self.at.output.spatial) > 6 else 1
        if self.rng.random() < 0.25:
            self.put("depthwise_conv", kernel=3, padding=1, stride=stride, bias=bias)
            return
        groups = self.rng.choice([n for n in (1, 1, 2, 4) if depth % n == 0])
        mode = self.rng.choice(("zeros", "zeros", "zeros", "reflect")) if kernel > 1 else "zeros"
        padding: Any = kernel // 2 if self.rng.random() < 0.8 or mode != "zeros" else "same"
        self.put("conv", filters=8 * self.rng.randint(1, 5), kernel=kernel, stride=stride, padding=padding, bias=bias,
                 groups=groups, padding_mode=mode)  # fmt: skip

    def norm(self) -> None:
        """A normalisation."""
        groups = 4 if self.at.output.depth % 4 == 0 else 1
        choices: tuple[tuple[str, dict[str, Any]], ...] = (
            ("batch_norm", {}), ("batch_norm", {}), ("group_norm", {"groups": groups}), ("instance_norm", {"affine": True}),
            ("local_response_norm", {"size": 5}),
        )  # fmt: skip
        type_, parameters = self.rng.choice(choices)
        self.put(type_, **parameters)

    def activation(self) -> None:
        """An activation, in place now and then where nothing else needs what it overwrites."""
        type_ = self.rng.choice(ACTIVATIONS)
        free = self.at.layer.type in OVERWRITTEN and type_ in IN_PLACE
        if free and self.rng.random() < 0.6:
            self.put(type_, inplace=True)
        else:
            self.put(type_)

    def pool(self) -> None:
        """A pool, where there is enough left."""
        if min(self.at.output.spatial) >= 6:
            kernel, padding = self.rng.choice(((2, 0), (3, 1), (3, 0)))
            self.put(self.rng.choice(("max_pool", "max_pool", "avg_pool")), kernel=kernel, stride=2, padding=padding)

    def residual(self) -> None:
        """A body and a shortcut, joined by a sum, in place into the body now and then."""
        start, depth = self.at, self.at.output.depth
        self.put("conv", filters=depth, kernel=3, padding=1, bias=False)
        self.put("batch_norm")
        if self.rng.random() < 0.5:
            self.activation()
            self.put("conv", filters=depth, kernel=1)
        body, shortcut = self.at, start
        if self.rng.random() < 0.4:
            self.put("conv", start, filters=depth, kernel=1)
            shortcut = self.put("batch_norm")
        inplace = body.layer.type in OVERWRITTEN and self.rng.random() < 0.5
        type_ = self.rng.choice(("add", "add", "add", "subtract", "average", "multiply", "maximum"))
        if type_ == "add" and inplace:
            self.put("add", body, shortcut, inputs=["a", "b"], inplace=True)
        else:
            self.put(type_, body, shortcut, inputs=["a", "b"])

    def branches(self) -> None:
        """Two or three branches, joined along the depth."""
        start, ends = self.at, []
        for kernel in self.rng.sample((1, 3, 5), self.rng.choice((2, 3))):
            self.put("conv", start, filters=self.rng.choice((4, 8, 12)), kernel=kernel, padding=kernel // 2)
            self.activation()
            ends.append(self.at)
        if self.rng.random() < 0.3:
            ends.append(start)
        self.put("concat", *ends, inputs=["x"] * len(ends))

    def gate(self) -> None:
        """A squeeze and excitation, whole or written out."""
        if self.rng.random() < 0.5:
            self.put("squeeze_excite", ratio=4)
            return
        start = self.at
        self.put("global_avg_pool")
        self.put("conv", filters=start.output.depth, kernel=1)
        self.put("sigmoid")
        self.put("multiply", start, self.at, inputs=["x", "gate"])

    def drop(self) -> None:
        """Something dropped at random."""
        self.put(self.rng.choice(("dropout", "spatial_dropout", "stochastic_depth")), rate=self.rng.choice((0, 0.2)))

    def split(self) -> None:
        """Two halves of the depth, one of them worked on."""
        start, depth = self.at, self.at.output.depth
        if depth % 4:
            return
        one = self.put("slice", start, stop=depth // 2)
        self.put("slice", start, start=depth // 2)
        self.put("conv", filters=depth // 2, kernel=3, padding=1)
        self.put("concat", one, self.at, inputs=["a", "b"])
        if self.rng.random() < 0.5:
            self.put("channel_shuffle", groups=2)

    def larger(self) -> None:
        """More positions, where there are few."""
        if max(self.at.output.spatial) > 16:
            return
        if self.rng.random() < 0.5:
            self.put("conv_transpose", filters=8, kernel=2, stride=2)
        else:
            self.put("upsample", factor=2, mode=self.rng.choice(("nearest", "bilinear")))

    def other(self) -> None:
        """What is left."""
        type_ = self.rng.choice(("scale", "pad", "glu", "pixel_unshuffle"))
        if type_ == "pad":
            self.put("pad", padding=1)
        elif type_ == "scale":
            self.put("scale")
        elif type_ == "glu" and self.at.output.depth % 8 == 0:
            self.put("glu")
        elif type_ == "pixel_unshuffle" and all(n % 2 == 0 and n > 8 for n in self.at.output.spatial):
            self.put("pixel_unshuffle", factor=2)
