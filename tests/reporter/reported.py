"""Networks that the reporter's tests draw, built without the loader."""

from __future__ import annotations

from typing import Any

from analyzer.diagnostics import Diagnostic
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network, Node, Origin
from analyzer.engine.result import Analysis
from analyzer.layers import CATALOGUE, LOCAL
from analyzer.layers.padding import Padding
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.options import Failed, Options
from analyzer.source import Span
from analyzer.volume import Volume


def render(format: str, *reports: Analysis | Failed, **options: Any) -> str:
    """The reports in a format."""
    return "".join(FORMATS[format].render(reports, Options(**options)))


class Builder:
    """Places layers one below the other."""

    def __init__(self, volume: Volume) -> None:
        self.network = Network()
        self.last = self.network.enter("input", volume)

    def add(self, name: str, type: str, *, note: str | None = None, frozen: bool = False, **values: Any) -> Node:
        line = len(self.network.nodes) + 4
        origin = Origin(Span("net.yaml", line, 5), name.rpartition(".")[0], note)
        layer = CATALOGUE[type](**values)
        self.last = self.network.place(name, layer, [self.last], origin, frozen=frozen)
        return self.last

    def analysis(self, name: str = "net", **values: Any) -> Analysis:
        return analyze_network(self.network, name=name, file=f"{name}.yaml", **values)


def textbook() -> Analysis:
    """The worked example of the exercise: 32x32x3, 20 filters of 8x8, stride 2, padding 1."""
    net = Builder(Volume((32, 32), 3))
    net.add("conv1", "conv", filters=20, kernel=8, stride=2, padding=Padding.explicit(1))
    return net.analysis("textbook")


def blocks() -> Analysis:
    """A stem with sugar rows, a block repeated, a head: names of one, two and four components."""
    net = Builder(Volume((32, 32), 3))
    net.network.groups["stage1"] = "Bottleneck ×2"
    net.add("conv1", "conv", filters=16, kernel=3, stride=2, padding=Padding("same"), bias=False)
    net.add("conv1.batch_norm", "batch_norm")
    net.add("conv1.relu", "relu")
    for number in (1, 2):
        net.add(f"stage1.{number}.conv1", "conv", filters=16, kernel=3, padding=Padding("same"), groups=4)
        net.add(f"stage1.{number}.conv1.relu", "relu")
    net.add("flatten1", "flatten")
    net.add("dense1", "dense", units=10, frozen=True, note='the "head" | of <all>, and\nmore')
    return net.analysis("blocks")


def mixed() -> Analysis:
    """A locally connected layer declared, an authored layer, a warning; the name needs escaping everywhere."""
    net = Builder(Volume((12, 12), 3))
    net.add("conv_1", "conv", filters=4, kernel=3, dilation=2, sharing=LOCAL)
    net.add("own", "custom", output="4x4x8", weights=100, biases=8, macs=5000)
    warning = Diagnostic("W1", "an example", Span("net.yaml", 4, 5), severity="warning", help="none")
    return net.analysis("<b>50% & $x_1|#</b>", diagnostics=[warning], batch=3, dtype="float16", description="a\x1b[31m")


def wide(layers: int = 20) -> Analysis:
    """Large numbers under long names."""
    net = Builder(Volume((224, 224), 3))
    for number in range(layers):
        net.add(
            f"stage{number}.1.branch.conv1.batch_norm"[: 40 - number],
            "conv",
            filters=256,
            kernel=3,
            padding=Padding("same"),
        )
    net.add("dense1", "dense", units=1000)
    return net.analysis("wide")


EVERY = {"textbook": textbook, "blocks": blocks, "mixed": mixed, "wide": wide}
