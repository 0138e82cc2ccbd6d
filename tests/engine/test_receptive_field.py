"""The receptive field pass: measured and published fields, random networks against a walk of all taps, and its limits.

`walking.py` is the walk. All 127 measured rows of `tests/data/receptive_fields.json` are compared; none is left out.
"""

from __future__ import annotations

import gc
import json
import re
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
import walking
from building import build, volume
from walking import Line

import analyzer
from analyzer.diagnostics import Refusal
from analyzer.engine.field_states import propagated
from analyzer.engine.network import Network, Node
from analyzer.engine.receptive_field import ReceptiveField, receptive_fields
from analyzer.engine.result import Analysis, Row

TESTS = Path(__file__).parents[1]
EXAMPLES, MODELS = TESTS.parent / "example_models", TESTS / "data" / "models"

# --- measured networks ---

Measured = dict[str, Any]
ROWS: list[Measured] = json.loads((TESTS / "data" / "receptive_fields.json").read_text("utf-8"))["rows"]

#: How an end point of a network is found among the rows of its model.
Finder = Callable[[Analysis, str], Row]


def named(**names: str) -> Finder:
    """End points by the name of a row here; one written `_4` for `4` in keywords."""
    return lambda analysis, point: find(analysis, names[re.sub(r"\W", "_", point)])


def find(analysis: Analysis, name: str) -> Row:
    """The row of this name, or the last one below it."""
    return [row for row in analysis.rows if row.name == name or row.name.startswith(name + ".")][-1]


def of_kind(*kinds: str) -> Finder:
    """End points numbered as `Conv2d_3_pointwise` or `pool3`: the row of these kinds with that number."""

    def found(analysis: Analysis, point: str) -> Row:
        match = re.search(r"\d+", point.replace("Conv2d", ""))
        assert match
        return [row for row in analysis.rows if row.kind in kinds][int(match[0]) - (kinds[0] == "max_pool")]

    return found


def text_of(file: str) -> str:
    """An example, as it stands."""
    return (EXAMPLES / file).read_text("utf-8")


def at_any_size(text: str) -> str:
    """Without what it asserts at its own input."""
    return re.sub(r"(?m)^ +expect:.*\n", "", text)


def padded_by_one() -> str:
    """MobileNetV2 as torchvision pads it: (1, 1) around every 3×3 window."""
    text = text_of("mobilenetv2.yaml").replace("padding: same", "padding: 0", 1).replace("padding: same", "padding: 1")
    return text.replace("kernel: 3, stride: 2}", "kernel: 3, stride: 2, padding: 1}", 1)


def residual(depth: int, v1: int) -> tuple[str, dict[str, Any], Finder]:
    points = {f"{word}{n}": f"stage{n + 1}" for n in (1, 2, 3, 4) for word in ("layer", "block")}
    return text_of("resnet.yaml"), {"depth": depth, "v1": v1}, named(conv1="conv1", maxpool="max_pool1", **points)


SLIM_RESNET = (MODELS / "slim_resnet_v1.yaml").read_text("utf-8")
SLIM_RESNET_POINTS = named(**{f"block{n}": f"block{n}" for n in (1, 2, 3, 4)})
MIXED = {f"Mixed_{n}": n for n in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")}


class Mixed(dict[str, str]):
    """Names that stay as they are."""

    def __missing__(self, point: str) -> str:
        return point


#: For each measured network: the model, its variables, and where its end points stand.
NETWORKS: dict[str, tuple[str, dict[str, Any], Finder]] = {
    "alexnet": (
        text_of("alexnet_torchvision.yaml"),
        {},
        named(features_0="conv1", features_2="max_pool1", features_12="max_pool3"),
    ),
    "vgg11": (text_of("vgg11.yaml"), {}, named(features_20="Stage5")),
    "vgg16": (text_of("vgg16.yaml"), {}, named(features_28="Stage5.conv1.3", features_30="Stage5")),
    "vgg19": (text_of("vgg19.yaml"), {}, named(features_36="Stage5")),
    "resnet18": residual(18, 0),
    "resnet34": residual(34, 0),
    "resnet50": residual(50, 0),
    "resnet101": residual(101, 0),
    "resnet152": residual(152, 0),
    "googlenet": ((MODELS / "torchvision_googlenet.yaml").read_text("utf-8"), {}, named(inception5b="5b")),
    "inception_v3": (text_of("inception_v3.yaml"), {}, named(**MIXED)),
    "densenet121": (
        text_of("densenet121.yaml"),
        {},
        named(features_denseblock1="dense1", features_denseblock4="dense4"),
    ),
    "squeezenet1_0": (text_of("squeezenet.yaml"), {}, named(features_12="fire9")),
    "mobilenet_v2": (padded_by_one(), {}, lambda analysis, _: [row for row in analysis.rows if row.kind == "conv"][-1]),
    "mnasnet1_0": (
        text_of("mnasnet.yaml"),
        {},
        lambda analysis, _: [row for row in analysis.rows if row.kind == "conv"][-1],
    ),
    "alexnet_v2": (
        text_of("alexnet.yaml"),
        {},
        named(pool1="max_pool1", pool5="max_pool3", **{f"conv{n}": f"conv{n}" for n in range(1, 6)}),
    ),
    "vgg_a": (text_of("vgg11.yaml"), {}, of_kind("max_pool")),
    "vgg_16": (text_of("vgg16.yaml"), {}, of_kind("max_pool")),
    "vgg_19": (text_of("vgg19.yaml"), {}, of_kind("max_pool")),
    "mobilenet_v1": (at_any_size(text_of("mobilenetv1.yaml")), {"resolution": 5000}, of_kind("conv")),
    "inception_v2": ((MODELS / "slim_inception_v2.yaml").read_text("utf-8"), {}, find),
    "resnet_v1_50 slim": (SLIM_RESNET, {}, SLIM_RESNET_POINTS),
    "resnet_v1_101 slim": (SLIM_RESNET, {"n3": 23}, SLIM_RESNET_POINTS),
    "resnet_v1_152 slim": (SLIM_RESNET, {"n2": 8, "n3": 36}, SLIM_RESNET_POINTS),
    "resnet_v1_200 slim": (SLIM_RESNET, {"n2": 24, "n3": 36}, SLIM_RESNET_POINTS),
    "resnet50 paper stride in 1x1": residual(50, 1),
    "resnet101 paper": residual(101, 1),
    "resnet152 paper": residual(152, 1),
    "resnet50 stride in 3x3 (v1.5)": residual(50, 0),
    "resnet101 v1.5": residual(101, 0),
    "resnet152 v1.5": residual(152, 0),
}


def field_of(row: Row) -> ReceptiveField:
    assert row.receptive_field is not None
    return row.receptive_field


@pytest.mark.parametrize("network", NETWORKS)
def test_measured_network(network: str) -> None:
    """Size, stride and effective padding (−offset) of every end point, the same on both axes."""
    text, variables, finder = NETWORKS[network]
    analysis = analyzer.analyze(analyzer.load(text), set=variables)
    for row in ROWS:
        if row["network"] == network:
            field = field_of(finder(analysis, row["end_point"]))
            found = {"size": field.size, "stride": field.stride, "padding": [-cell for cell in field.offset]}
            assert found == {key: [row[key]] * 2 for key in found}, row["end_point"]


def test_every_measured_row_is_compared() -> None:
    assert {row["network"] for row in ROWS} == set(NETWORKS)
    assert len(ROWS) == 127


@pytest.mark.parametrize(
    ("file", "variables", "name", "size"),
    [
        ("vgg16.yaml", {}, "Stage5", 212),
        ("alexnet.yaml", {}, "max_pool3", 195),
        ("resnet50.yaml", {}, "stage4", 427),
        ("resnet.yaml", {"depth": 50, "v1": 0}, "stage5", 427),
        ("resnet.yaml", {"depth": 50, "v1": 1}, "stage5", 483),
        ("inception_v3.yaml", {}, "7c", 1311),
        ("mobilenetv1.yaml", {}, "conv14", 315),
    ],
)
def test_published_size(file: str, variables: dict[str, Any], name: str, size: int) -> None:
    """Araujo, Norris & Sim 2019, table 1; 427 is ResNet-50 with the stride in the 3×3 convolution."""
    analysis = analyzer.analyze(EXAMPLES / file, set=variables)
    if file == "mobilenetv1.yaml":
        row = [row for row in analysis.rows if row.kind == "conv"][-1]
    else:
        row = find(analysis, name)
    assert field_of(row).to_dict()["size"] == [size, size]


def test_same_padding_moves_the_field_and_nothing_else() -> None:
    """MobileNetV1 pads (0, 1) on the even sizes of 224 and 126 in all (Araujo et al.); 150 at a width of 5000."""
    rows = [row for row in analyzer.analyze(EXAMPLES / "mobilenetv1.yaml").rows if row.kind == "conv"]
    assert field_of(rows[-1]).to_dict() == {"size": [315, 315], "stride": [32, 32], "offset": [-126, -126]}


@pytest.mark.parametrize(
    ("depths", "sizes"),
    [({}, 483), ({"n3": 23}, 1027), ({"n2": 8, "n3": 36}, 1507), ({"n2": 24, "n3": 36}, 1763)],
)
def test_slim_resnets_at_224(depths: dict[str, int], sizes: int) -> None:
    """Effective padding at 224: 239, 511, 751, 879 (Araujo et al.)."""
    analysis = analyzer.analyze(analyzer.load(SLIM_RESNET), set=depths, input="224x224x3")
    field = field_of(analysis.rows[-1])
    assert (field.size, field.offset) == ([sizes] * 2, [-(sizes // 2 - 2)] * 2)


def test_inception_v2_at_224() -> None:
    """699 and an effective padding of 318 (Araujo et al.)."""
    analysis = analyzer.analyze(MODELS / "slim_inception_v2.yaml", input="224x224x3")
    assert field_of(analysis.rows[-1]).to_dict() == {"size": [699] * 2, "stride": [32] * 2, "offset": [-318] * 2}


def test_unet_is_an_interval() -> None:
    """188 or 204 with the phase of the output cell (autograd, torch 2.13.0); the usual recurrence says 200."""
    analysis = analyzer.analyze(MODELS / "unet_same.yaml")
    field = field_of(analysis.rows[-1])
    assert (field.size, field.size_min, field.stride) == ([204, 204], [188, 188], [1, 1])


def test_upsampling_then_an_even_window() -> None:
    """Nearest ×2, then 2 cells: 1 and 2 input cells in turn (autograd, torch 2.13.0)."""
    node = chain("8x1", ("upsample", {"factor": 2}), ("conv", {"filters": 1, "kernel": 2}))
    (field,) = fields_of(node)[-1:]
    assert field is not None
    assert field.to_dict() == {"size": [2], "size_min": [1], "stride": [0.5], "offset": [0]}


# --- random networks against a walk ---


def chain(text: str, *layers: tuple[str, dict[str, Any]]) -> Network:
    """Layers one after the other."""
    network = Network()
    node = network.enter("input", volume(text))
    for place, (type_, written) in enumerate(layers):
        node = network.place(f"{type_}{place}", build(type_, written), [node])
    return network


def fields_of(network: Network) -> list[ReceptiveField | None]:
    return receptive_fields(network)


FACTORS = (2, 3, 1.5, 0.5, 2.5, 1.1, 1 / 3, 0.75, 1)
RESAMPLING = ("nearest", "linear", "bicubic", "area")


class Drawing:
    """A random network and the walk of each of its axes, layer by layer."""

    def __init__(self, random: Random, rank: int) -> None:
        self.random = random
        self.rank = rank
        self.network = Network()
        sizes = [random.randint(1, 24) for _ in range(rank)]
        entry = self.network.enter("input", volume("x".join(map(str, [*sizes, 4]))))
        self.drawn: list[tuple[Node, list[Line]]] = [(entry, [walking.Entry(size) for size in sizes])]

    def each(self, *choices: int) -> list[int]:
        return [self.random.choice(choices) for _ in range(self.rank)]

    def put(self, type_: str, written: dict[str, Any], sources: list[Node], walk: Callable[[int, int], Line]) -> None:
        """Places a layer where it fits; `walk` gives the line of an axis from its number and its length."""
        if type_ in ("add", "concat", "average"):
            written = {"inputs": [node.name for node in sources], **written}
        try:
            node = self.network.place(f"n{len(self.network.nodes)}", build(type_, written), sources)
        except Refusal:
            return
        if max(node.output.spatial) > 64 or node.output.depth > 64:
            del self.network.names[self.network.nodes.pop().name]
            return
        self.drawn.append((node, [walk(axis, length) for axis, length in enumerate(node.output.spatial)]))

    def drawn_sizes(self) -> list[int]:
        """The sizes of the layer that was placed last."""
        return list(self.network.nodes[-1].output.spatial)

    def grow(self) -> None:
        """One more layer, on the last or an earlier one."""
        random = self.random
        node, lines = random.choice(self.drawn[-3:]) if random.random() < 0.3 else self.drawn[-1]
        kind = random.choice(
            (self.window, self.window, self.scatter, self.resample, self.move, self.shuffle, self.merge)
        )
        kind(node, lines)

    def window(self, node: Node, lines: list[Line]) -> None:
        random, each = self.random, self.each
        kernel, dilation = each(1, 2, 3, 4), each(1, 1, 2, 3)
        slow = all(line.rate is None or line.rate < 12 for line in lines)
        stride = each(1, 1, 2, 3) if slow else each(1)
        before = each(0, 1, 2)
        written: dict[str, Any] = {"kernel": kernel, "stride": stride, "dilation": dilation}
        written["padding"] = [[cells, random.randint(0, 2)] for cells in before]
        type_ = random.choice(("conv", "max_pool"))
        written.update({"filters": 4} if type_ == "conv" else {"rounding": random.choice(("floor", "ceil", "caffe"))})
        self.put(
            type_,
            written,
            [node],
            lambda n, length: walking.window(lines[n], length, kernel[n], stride[n], dilation[n], before[n]),
        )

    def scatter(self, node: Node, lines: list[Line]) -> None:
        each = self.each
        kernel, stride, dilation, before = each(1, 2, 3, 4), each(1, 2, 3), each(1, 1, 2, 3), each(0, 1, 2)
        extra = [self.random.randrange(max(pair)) for pair in zip(stride, dilation, strict=True)]
        padding = [[cells, self.random.randint(0, 2)] for cells in before]
        written = {"filters": 4, "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
        self.put(
            "conv_transpose",
            {**written, "output_padding": extra},
            [node],
            lambda n, length: walking.scattered(lines[n], length, kernel[n], stride[n], dilation[n], before[n]),
        )

    def resample(self, node: Node, lines: list[Line]) -> None:
        mode = self.random.choice(RESAMPLING)
        if self.random.random() < 0.15:
            to = self.each(2, 3, 5, 7)
            bins = [Fraction(length, line.length) for length, line in zip(to, lines, strict=True)]
            self.put(
                "adaptive_avg_pool",
                {"size": to},
                [node],
                lambda n, length: walking.resampled(lines[n], length, bins[n], "area"),
            )
            return
        if self.random.random() < 0.3:
            to = self.each(1, 3, 7, 8, 13)
            factors = [Fraction(length, line.length) for length, line in zip(to, lines, strict=True)]
            written: dict[str, Any] = {"to": to, "mode": mode}
            type_ = "resize"
        else:
            floats: list[float] = [self.random.choice(FACTORS) for _ in lines]
            factors = [Fraction(factor).limit_denominator(100) for factor in floats]
            written = {"factor": floats, "mode": mode}
            type_ = "upsample"

        def walk(n: int, length: int) -> Line:
            # torch pools adaptively for `area`: bins of the sizes, not of the factor
            copied = self.drawn_sizes() == [line.length for line in lines]  # torch copies then, whatever the factor was
            factor = Fraction(length, lines[n].length) if mode == "area" or copied else factors[n]
            return walking.resampled(lines[n], length, factor, mode)

        self.put(type_, written, [node], walk)

    def move(self, node: Node, lines: list[Line]) -> None:
        before = self.each(0, 1, 2)
        pairs = [[cells, self.random.randint(0, 2)] for cells in before]
        which = self.random.choice(("pad", "crop", "slice"))
        if which == "slice":
            axis, step = self.random.randrange(self.rank), self.random.choice((1, 2, 3))
            written = {"axis": node.output.axes[axis], "start": before[axis], "step": step}
            self.put(
                "slice",
                written,
                [node],
                lambda n, length: (
                    walking.moved(lines[n], length, before[n], step)
                    if n == axis
                    else walking.moved(lines[n], length, 0)
                ),
            )
            return
        sign = 1 if which == "crop" else -1
        self.put(which, {"padding": pairs}, [node], lambda n, length: walking.moved(lines[n], length, sign * before[n]))

    def shuffle(self, node: Node, lines: list[Line]) -> None:
        if node.output.depth % 2**self.rank == 0 and self.random.random() < 0.5:
            self.put("pixel_shuffle", {"factor": 2}, [node], lambda n, length: walking.shuffled(lines[n], length, 2))
        else:
            self.put(
                "pixel_unshuffle", {"factor": 2}, [node], lambda n, length: walking.window(lines[n], length, 2, 2, 1, 0)
            )

    def merge(self, node: Node, lines: list[Line]) -> None:
        if self.random.random() < 0.4:  # a straight path beside a window of the same size: the residual
            kernel, dilation = self.each(1, 3, 5), self.each(1, 2)
            before = [d * (k // 2) for k, d in zip(kernel, dilation, strict=True)]
            written = {"filters": node.output.depth, "kernel": kernel, "dilation": dilation, "padding": before}
            self.put(
                "conv",
                written,
                [node],
                lambda n, length: walking.window(lines[n], length, kernel[n], 1, dilation[n], before[n]),
            )
            other, others = self.drawn[-1]
        else:
            other, others = self.random.choice(self.drawn)
        type_ = self.random.choice(("add", "concat", "average"))
        crop = self.random.choice(("none", "center"))
        self.put(
            type_,
            {"crop": crop},
            [node, other],
            lambda n, length: walking.merged([lines[n], others[n]], length),
        )

    def compare(self) -> int:
        """Every cell of every axis of every layer; how many were compared."""
        compared = 0
        states, fields = propagated(self.network), receptive_fields(self.network)
        for (node, lines), state, record in zip(self.drawn[1:], states, fields, strict=True):
            assert state, node
            assert record
            for axis, (line, field) in enumerate(zip(lines, state, strict=True)):
                if line.rate is not None and not field.period:
                    return 0  # more phases than the pass keeps: it lists the real cells; the rest is left out
                where = f"axis {axis} of {node} in {describe(self.network)}"
                real = range(line.length)
                ours = {cell: field.at(cell) for cell in (real if line.rate is None else range(-3, line.length + 3))}
                for cell, (low, high) in ours.items():
                    assert (None if low > high else (low, high)) == line.range(cell), f"cell {cell}, {where}"
                compared += len(ours)
                ranges = [line.range(cell) for cell in real]
                sizes = [0 if seen is None else seen[1] - seen[0] + 1 for seen in ranges]
                assert (record.size[axis], record.size_min[axis]) == (max(sizes), min(sizes)), where
                if ranges[0]:
                    assert record.offset[axis] == ranges[0][0], where
                rate: Fraction | float | None = line.rate
                if rate is None and ranges[0] and ranges[-1]:
                    rate = (ranges[-1][0] - ranges[0][0]) / (line.length - 1) if line.length > 1 else 0
                if rate is not None:
                    assert record.stride[axis] == pytest.approx(float(rate), rel=1e-12), where
        return compared


def describe(network: Network) -> str:
    """A network as one can build it again."""
    return "; ".join(
        f"{node.name}={node.layer.type}({', '.join(f'{k}={v}' for k, v in vars(node.layer).items())})"
        f" of {[source.name for source in node.inputs]} -> {node.output}"
        for node in network.nodes
    )


@pytest.mark.parametrize("seed", range(10))
def test_random_networks_against_a_walk(seed: int) -> None:
    """400 networks a seed; those with more phases than are kept are left out, at most 2 of them."""
    random, compared, left_out = Random(seed), 0, 0
    for _ in range(400):
        drawing = Drawing(random, random.choice((1, 1, 1, 2, 3)))
        for _ in range(random.randint(2, 8)):
            drawing.grow()
        cells = drawing.compare()
        compared += cells
        left_out += not cells and bool(drawing.network.nodes)
    assert compared > 40_000
    assert left_out <= 2


def test_the_walk_agrees_with_the_ranges_of_the_reference() -> None:
    """The walk itself, on cases worked out by hand."""
    entry = walking.Entry(9)
    assert walking.window(entry, 4, 3, 2, 2, 1).range(1) == (1, 5)
    spread = walking.scattered(entry, 18, 2, 2, 1, 0)
    assert [spread.range(cell) for cell in range(3)] == [(0, 0), (0, 0), (1, 1)]
    assert walking.scattered(entry, 17, 1, 2, 1, 0).range(1) is None  # between two cells of the input
    assert walking.resampled(entry, 18, Fraction(2), "linear").range(0) == (-1, 0)
    assert walking.resampled(entry, 27, Fraction(3), "linear").range(1) == (0, 0)


@pytest.mark.parametrize(
    ("size", "factor", "mode", "cells"),
    [
        # the support of the gradient of each output cell, torch 2.13.0, functional.interpolate
        (3, 3, "linear", [(0, 0), (0, 0), (0, 1), (0, 1), (1, 1), (1, 2), (1, 2), (2, 2), (2, 2)]),
        (6, 0.5, "linear", [(0, 1), (2, 3), (4, 5)]),
        (9, 1 / 3, "linear", [(1, 1), (4, 4), (7, 7)]),
        (9, 1 / 3, "bicubic", [(1, 1), (4, 4), (7, 7)]),
        (6, 2.5, "nearest", [(int(u / 2.5), int(u / 2.5)) for u in range(15)]),
        (5, 1.5, "area", [(0, 0), (0, 1), (1, 2), (2, 2), (2, 3), (3, 4), (4, 4)]),
        (5, 1.1, "nearest", [(u, u) for u in range(5)]),
        (5, 1.1, "linear", [(u, u) for u in range(5)]),
    ],
)
def test_resampling_as_measured(size: int, factor: float, mode: str, cells: list[tuple[int, int]]) -> None:
    """Cells that weigh nothing are not seen; clipped to the input, as torch clips."""
    ((field,),) = [
        state for state in propagated(chain(f"{size}x1", ("upsample", {"factor": factor, "mode": mode}))) if state
    ]
    seen = [field.at(cell) for cell in range(len(cells))]
    assert [(max(low, 0), min(high, size - 1)) for low, high in seen] == cells


# --- operations over the whole input, and forms that are not known ---


def field_after(text: str, *layers: tuple[str, dict[str, Any]]) -> ReceptiveField | None:
    return fields_of(chain(text, *layers))[-1]


CONV: tuple[str, dict[str, Any]] = ("conv", {"filters": 8, "kernel": 3, "padding": 1})


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("9x7x8", ("global_avg_pool", {})),
        ("9x7x8", ("global_max_pool", {})),
        ("9x7x8", ("adaptive_avg_pool", {"size": 1})),
        ("9x7x8", ("spatial_pyramid_pool", {})),
        ("9x7x8", ("dense", {"units": 5})),
        ("9x7x8", ("squeeze_excite", {})),
        ("9x7x8", ("multi_head_attention", {"heads": 2})),
        ("9x7x8", ("mean", {"axis": ["height", "width"]})),
        ("9x8", ("lstm", {"units": 3})),
        ("9x8", ("gru", {"units": 3, "sequence": False})),
        ("9x7x5x8", ("global_avg_pool", {})),
    ],
)
def test_whole_input(text: str, layer: tuple[str, dict[str, Any]]) -> None:
    """Every output cell sees all of the input, from the first cell on, whatever stands behind it."""
    spatial = list(volume(text).spatial)
    whole = {"size": spatial, "stride": [0] * len(spatial), "offset": [0] * len(spatial)}
    for before in ((), (CONV,), (CONV, ("max_pool", {"kernel": 2}), CONV)):
        for behind in ((), (("relu", {}),), (("dense", {"units": 3}),), (("custom", {"output": "3x3x2"}), CONV)):
            network = chain(text, *before, layer, *behind)
            for field in fields_of(network)[len(before) :]:
                assert field is not None
                assert field.whole
                assert field.to_dict() == whole


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("9x7x8", ("custom", {"output": "9x7x8"})),
        ("9x7x8", ("multi_head_attention", {"heads": 2, "window": 3})),
        ("9x8", ("class_token", {})),
        ("5x9x7x8", ("conv_lstm", {"filters": 8, "kernel": 3})),
    ],
)
def test_forms_that_are_not_known(text: str, layer: tuple[str, dict[str, Any]]) -> None:
    """None from there on; the whole input again behind an operation over everything."""
    fields = fields_of(chain(text, CONV, layer, ("relu", {}), ("dense", {"units": 3}), ("relu", {})))
    assert fields[0] is not None
    assert fields[1] is None
    assert fields[2] is None
    for field in fields[3:]:
        assert field is not None
        assert field.whole


def test_a_form_that_is_not_known_beside_one_that_is() -> None:
    network = Network()
    entry = network.enter("input", volume("9x8"))
    conv = network.place("conv", build("conv", {"filters": 8, "kernel": 1}), [entry])
    mine = network.place("mine", build("custom", {"output": "9x8"}), [entry])
    pooled = network.place("pooled", build("global_avg_pool", {}), [entry])
    network.place("both", build("add", {"inputs": ["conv", "mine"]}), [conv, mine])
    network.place("reversed", build("add", {"inputs": ["mine", "conv"]}), [mine, conv])
    network.place("gated", build("multiply", {"inputs": ["mine", "pooled"]}), [mine, pooled])
    network.place("stacked", build("concat", {"inputs": ["conv", "conv"], "axis": "length"}), [conv, conv])
    fields = fields_of(network)
    assert [field is None for field in fields[3:]] == [True, True, False, True]
    assert fields[5] is not None
    assert fields[5].whole


def test_inputs_other_than_the_first() -> None:
    """A merge has a field on each input, that of the first input's side first; a vector has no axes."""
    text = """
inputs: {image: 16x16x3, mask: 16x16x3, words: 12}
layers:
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: a
  - conv: {filters: 4, kernel: 5, padding: 2}
    from: mask
    name: b
  - add: [a, b]
    name: both
  - dense: 5
    from: words
    name: c
  - dense: 5
    from: b
    name: d
"""
    found = {row.name: row for row in analyzer.analyze(analyzer.load(text)).rows}
    rows = {name: row.receptive_field for name, row in found.items()}
    assert rows["a"] is not None
    assert rows["both"] is not None
    assert rows["a"].to_dict() == rows["both"].to_dict() == {"size": [3, 3], "stride": [1, 1], "offset": [-1, -1]}
    assert rows["b"] is not None
    mask = {"size": [5, 5], "stride": [1, 1], "offset": [-2, -2], "input": "mask"}
    assert rows["b"].to_dict() == mask
    assert {name: field and field.to_dict() for name, field in found["both"].receptive_fields.items()} == {
        "image": rows["a"].to_dict(),
        "mask": mask,
    }
    assert found["both"].to_dict()["receptive_fields"] == {"image": rows["a"].to_dict(), "mask": mask}
    assert "receptive_fields" not in found["b"].to_dict()
    assert (rows["c"], found["c"].receptive_fields) == (None, {})
    assert rows["d"] is not None
    assert rows["d"].to_dict() == {"size": [16, 16], "stride": [0, 0], "offset": [0, 0], "input": "mask"}


def test_an_input_without_axes_has_no_field() -> None:
    assert fields_of(chain("128", ("dense", {"units": 9}), ("reshape", {"to": "3x3x1"}), CONV)) == [None] * 3


def test_a_resize_reads_the_size_of_its_model_and_not_its_values() -> None:
    """Beside a volume that sees everything the field stays what the resized volume gives."""
    network = Network()
    entry = network.enter("input", volume("8x3"))
    gate = network.place("gate", build("squeeze_excite", {"reduced": 1}), [entry])
    pooled = network.place("pooled", build("max_pool", {"kernel": 2}), [entry])
    network.place("grown", build("resize", {"like": "gate"}), [pooled, gate])
    network.place("large", build("resize", {"like": "pooled"}), [gate, pooled])
    fields = fields_of(network)
    assert fields[2] is not None
    assert fields[2].to_dict() == {"size": [2], "stride": [1], "offset": [0]}
    assert fields[3] is not None
    assert fields[3].whole


def test_one_axis_may_be_whole() -> None:
    field = field_after("9x7x8", CONV, ("mean", {"axis": "height"}), CONV, ("conv", {"filters": 8, "kernel": "1x3"}))
    assert field is not None
    assert field.to_dict() == {"size": [9, 7], "stride": [0, 1], "offset": [0, -2]}
    assert not field.whole


def test_axes_that_change_places() -> None:
    """The sizes stay with the axes of the input: 5 by 1 turned, then 1 by 3, is 5 and 3 more."""
    turned = ("permute", {"order": ["width", "height", "depth"]})
    upright = ("conv", {"filters": 2, "kernel": "5x1", "stride": "2x1", "padding": "2x0"})
    field = field_after("20x30x2", upright, turned)
    assert field is not None
    assert field.to_dict() == {"size": [5, 1], "stride": [2, 1], "offset": [-2, 0]}
    field = field_after("20x30x2", upright, turned, ("conv", {"filters": 2, "kernel": "1x3"}))
    assert field is not None
    assert field.to_dict() == {"size": [9, 1], "stride": [2, 1], "offset": [-2, 0]}
    field = field_after("20x20x2", upright, turned, upright)
    assert field is not None
    assert field.to_dict() == {"size": [5, 5], "stride": [2, 2], "offset": [-2, -2]}


def test_a_volume_and_itself_turned() -> None:
    """Cell (i, j) sees (i, j) and (j, i): no range on each axis says so."""
    network = Network()
    entry = network.enter("input", volume("6x6x2"))
    turned = network.place("turned", build("permute", {"order": ["width", "height", "depth"]}), [entry])
    network.place("sum", build("add", {"inputs": ["input", "turned"]}), [entry, turned])
    fields = fields_of(network)
    assert fields[0] is not None
    assert fields[1] is None


def test_axes_of_one_cell_come_and_go() -> None:
    """CRNN: a map one cell high becomes steps; the field on the axis that is gone stays what it was."""
    convs = (("conv", {"filters": 2, "kernel": "5x3"}), ("reshape", {"to": "7x2"}))
    field = field_after("5x9x2", *convs)
    assert field is not None
    assert field.to_dict() == {"size": [5, 3], "stride": [0, 1], "offset": [0, 0]}
    field = field_after("5x9x2", *convs, ("reshape", {"to": "1x7x2"}), ("conv", {"filters": 2, "kernel": "1x3"}))
    assert field is not None
    assert field.to_dict() == {"size": [5, 5], "stride": [0, 1], "offset": [0, 0]}
    field = field_after("5x9x2", ("conv", {"filters": 2, "kernel": "5x9"}), ("flatten", {}), ("linear", {"units": 3}))
    assert field is not None
    assert field.to_dict() == {"size": [5, 9], "stride": [0, 0], "offset": [0, 0]}


def test_broadcast_of_a_volume_of_one_cell() -> None:
    """A window as large as its input beside its input: each cell sees itself and those under the window."""
    network = Network()
    entry = network.enter("input", volume("6x2"))
    one = network.place("one", build("conv", {"filters": 2, "kernel": 4, "stride": 4}), [entry])
    network.place("sum", build("add", {"inputs": ["input", "one"]}), [entry, one])
    field = fields_of(network)[-1]
    assert field is not None
    assert field.to_dict() == {"size": [6], "size_min": [4], "stride": [0], "offset": [0]}


def test_a_cropped_end_is_gone_for_good() -> None:
    """13 and 12 cells beside an input of its own: the field is listed for 12 cells, and a window past them reads padding."""
    network = Network()
    entry, mask = network.enter("input", volume("13x1")), network.enter("mask", volume("12x1"))
    half = network.place("half", build("max_pool", {"kernel": 1, "stride": 2}), [entry])
    grown = network.place("grown", build("resize", {"like": "input"}), [half, entry])
    crossed = network.place("crossed", build("add", {"inputs": ["input", "grown"]}), [entry, grown])
    cut = network.place("cut", build("add", {"inputs": ["crossed", "mask"], "crop": "center"}), [crossed, mask])
    network.place("behind", build("conv", {"filters": 1, "kernel": 3, "padding": 1}), [cut])
    assert cut.output == volume("12x1")
    ((field,),) = [state for state in propagated(network)[-1:] if state]
    cells = [(min(u, 2 * (7 * u // 13)), max(u, 2 * (7 * u // 13))) for u in range(12)]
    assert list(zip(field.first, field.last, strict=True)) == [
        (cells[max(u - 1, 0)][0], cells[min(u + 1, 11)][1]) for u in range(12)
    ]


@pytest.mark.parametrize("reach", [0, 1, 2])
def test_a_resize_back_to_an_odd_size(reach: int) -> None:
    """13 → 7 (stride 2, `reach` cells on both sides) → 13 by ⌊7·u/13⌋, and the skip: worked out cell by cell."""
    network = Network()
    entry = network.enter("input", volume("13x1"))
    written = {"filters": 1, "kernel": 2 * reach + 1, "stride": 2, "padding": "same"}
    half = network.place("half", build("conv", written), [entry])
    grown = network.place("grown", build("resize", {"like": "input"}), [half, entry])
    network.place("sum", build("add", {"inputs": ["input", "grown"]}), [entry, grown])
    fields = fields_of(network)
    assert half.output == volume("7x1")
    cells = [(min(u, 2 * (7 * u // 13) - reach), max(u, 2 * (7 * u // 13) + reach)) for u in range(13)]
    sizes = [last - first + 1 for first, last in cells]
    assert fields[1] is not None
    assert (fields[1].size, fields[1].stride) == ([2 * reach + 1], [14 / 13])
    assert fields[2] is not None
    assert (fields[2].size, fields[2].size_min) == ([max(sizes)], [min(sizes)])
    assert (fields[2].stride, fields[2].offset) == ([(cells[12][0] - cells[0][0]) / 12], [-reach])
    assert repr(fields[2].stride) == "[1]"  # a whole number is reported as one
    network.place("all", build("conv", {"filters": 1, "kernel": 13}), [network.nodes[-1]])
    last = fields_of(network)[-1]
    assert last is not None
    assert (last.size, last.stride, last.offset) == ([13 + 2 * reach], [0], [-reach])  # its only cell never moves


def test_a_feature_pyramid_on_odd_maps() -> None:
    """800×1333 halved to 25×42 and resized back, a skip at each level: fields on every level, not clipped in the middle."""
    levels = "".join(
        f"  - conv: {{filters: 4, kernel: 3, stride: 2, padding: 1}}\n    name: c{n}\n" for n in range(1, 6)
    )
    tops = "".join(
        f"  - resize: {{like: c{n}}}\n  - add: [c{n}, prev]\n  - conv: {{filters: 4, kernel: 3, padding: 1}}\n    name: p{n}\n"
        for n in (4, 3, 2)
    )
    rows = {row.name: row for row in analyzer.analyze(f"input: 800x1333x3\nlayers:\n{levels}{tops}").rows}
    sizes = [field_of(rows[name]).size for name in ("c5", "p4", "p3", "p2")]
    assert sizes[0] == [63, 63]
    assert all(size >= before for size, before in zip(sizes[1:], sizes, strict=False))
    assert field_of(rows["p2"]).stride == pytest.approx([4, 4], rel=0.05)


# --- limits ---


@pytest.mark.parametrize("steps", [1, 6])
def test_phases_grow_and_shrink(steps: int) -> None:
    """Up by 2^6 and down again: a period of 64 phases comes back to 1."""
    up = [("upsample", {"factor": 2})] * steps
    grown = chain("4x1", CONV, *up, ("conv", {"filters": 1, "kernel": 3, "padding": 1}))
    ((field,),) = [state for state in propagated(grown)[-1:] if state]
    assert field.period == 2**steps
    down = [("max_pool", {"kernel": 2})] * steps
    back = chain("4x1", CONV, *up, *down)
    ((field,),) = [state for state in propagated(back)[-1:] if state]
    assert (field.period, field.step, field.first, field.last) == (1, 1, [-1], [1])


def test_a_generator_from_one_cell() -> None:
    """DCGAN's windows, 4 cells and stride 2 five times: the hull of ⌈(u + 1 − 3)/2⌉ to ⌊(u + 1)/2⌋, five times."""
    network = chain("4x4x1", *[("conv_transpose", {"filters": 1, "kernel": 4, "stride": 2, "padding": 1})] * 5)
    cells = []
    for u in range(128):
        low = high = u
        for _ in range(5):
            low, high = -((2 - low) // 2), (high + 1) // 2
        cells.append((low, high))
    sizes = [high - low + 1 for low, high in cells]
    field = fields_of(network)[-1]
    assert field is not None
    assert (field.size, field.size_min, field.offset) == ([max(sizes)] * 2, [min(sizes)] * 2, [cells[0][0]] * 2)
    assert field.stride == [1 / 32] * 2


def test_factors_are_what_was_written() -> None:
    """1.1 is 11/10: 11 phases, and 10 input cells a period."""
    ((field,),) = [state for state in propagated(chain("30x1", ("upsample", {"factor": 1.1}))) if state]
    assert (field.period, field.step) == (11, 10)
    # a factor that is no small fraction: the real cells are listed
    ((field,),) = [state for state in propagated(chain("30x1", ("upsample", {"factor": 1.2345678}))) if state]
    assert field.period == 0
    assert field.first == [int(u / 1.2345678) for u in range(37)]


def test_beyond_the_limit_a_field_is_left_open() -> None:
    """10,000 cells with paths of different strides; and whole again behind a global pool."""
    network = Network()
    entry = network.enter("input", volume("10000x1"))
    crossed = network.place("crossed", build("resize", {"to": 9999}), [entry])
    entry2 = network.place("cut", build("crop", {"padding": [[0, 1]]}), [entry])
    both = network.place("both", build("add", {"inputs": ["crossed", "cut"]}), [crossed, entry2])
    behind = network.place("behind", build("conv", {"filters": 1, "kernel": 3}), [both])
    network.place("pooled", build("global_avg_pool", {}), [behind])
    fields = fields_of(network)
    assert [field is None for field in fields] == [True, False, True, True, False]


def test_huge_windows_cost_nothing() -> None:
    start = time.process_time()
    huge = 10**9
    layers = (
        ("conv", {"filters": 1, "kernel": huge, "padding": huge, "dilation": 3}),
        ("conv_transpose", {"filters": 1, "kernel": huge, "stride": 7, "dilation": 3}),
        ("conv", {"filters": 1, "kernel": huge, "dilation": 2}),
        ("upsample", {"factor": 3, "mode": "bicubic"}),
        ("max_pool", {"kernel": huge, "stride": 1}),
    )
    fields = fields_of(chain(f"{10 * huge}x1", *layers))
    assert fields[0] is not None
    assert fields[0].to_dict() == {"size": [3 * huge - 2], "stride": [1], "offset": [-huge]}
    assert fields_of(chain("1000000x1", ("conv_transpose", {"filters": 1, "kernel": huge, "stride": 10**5}))) == [None]
    # cells that see nothing, in a long period, under a long window
    sparse = ("conv_transpose", {"filters": 1, "kernel": 1, "stride": 4096})
    assert fields_of(chain("1000000x1", sparse, ("conv", {"filters": 1, "kernel": huge})))[1] is None
    assert time.process_time() - start < 1


def seconds(network: Network) -> float:
    """The best of three runs of the pass, the collector off as in a command that ends."""
    best = float("inf")
    for _ in range(3):
        gc.collect()
        gc.disable()
        start = time.process_time()
        receptive_fields(network)
        best = min(best, time.process_time() - start)
        gc.enable()
    return best


def residuals(blocks: int) -> Network:
    """Blocks of two windows beside a shortcut."""
    network = Network()
    node = network.enter("input", volume("224x224x8"))
    window, norm = build(*CONV), build("batch_norm", {})
    for number in range(blocks):
        first = network.place(f"a{number}", window, [node])
        second = network.place(f"b{number}", norm, [first])
        third = network.place(f"c{number}", window, [second])
        node = network.place(f"d{number}", build("add", {"inputs": [node.name, third.name]}), [node, third])
    return network


def straight(layers: int) -> Network:
    """One window behind the other."""
    network = Network()
    node, window = network.enter("input", volume("64x1")), build("conv", {"filters": 1, "kernel": 3, "padding": 1})
    for number in range(layers):
        node = network.place(f"a{number}", window, [node])
    return network


@pytest.mark.parametrize(("build_network", "layers"), [(residuals, 50), (straight, 2_000)])
def test_cost_is_linear_in_layers(build_network: Callable[[int], Network], layers: int) -> None:
    """Ten times the layers, up to a chain of 20,000: about ten times the time; a quadratic pass would take a hundred."""
    assert seconds(build_network(10 * layers)) < 40 * seconds(build_network(layers))


def test_very_many_inputs_of_a_large_network_take_a_bounded_time() -> None:
    """1,000 inputs of 20,000 layers would be 20 million steps; the first inputs have their fields."""
    network = Network()
    entries = [network.enter(f"input{number}", volume("8x1")) for number in range(1000)]
    nodes = [network.place(f"a{number}", build(*CONV), [entries[number % 1000]]) for number in range(20_000)]
    start = time.process_time()
    fields = receptive_fields(network)
    assert time.process_time() - start < 5
    assert len(fields) == len(nodes)
    assert fields[0] is not None


def test_resnet_152_costs_a_row_what_resnet_50_does() -> None:
    """The issue asks for under twice the time per row; the best of several tries, since a busy machine disturbs either."""
    networks = [analyzer.analyze(EXAMPLES / "resnet.yaml", set={"depth": depth}).network for depth in (50, 152)]
    ratios = []
    for _ in range(5):
        small, large = (seconds(network) / len(network.nodes) for network in networks)
        ratios.append(large / small)
        if ratios[-1] < 2:
            return
    raise AssertionError(ratios)


def test_a_layer_that_changes_nothing_shares_its_record() -> None:
    fields = fields_of(chain("8x8x2", CONV, ("batch_norm", {}), ("relu", {}), ("dropout", {})))
    assert len({id(field) for field in fields}) == 1


# --- properties ---

STACK: tuple[tuple[str, dict[str, Any]], ...] = (
    ("conv", {"filters": 4, "kernel": 3, "stride": 2, "padding": 1}),
    ("max_pool", {"kernel": 3, "stride": 2, "padding": 1, "rounding": "ceil"}),
    ("conv_transpose", {"filters": 4, "kernel": 5, "stride": 3, "padding": 1}),
    ("conv", {"filters": 4, "kernel": 3, "dilation": 2, "padding": 2}),
    ("upsample", {"factor": 2, "mode": "linear"}),
)


def dict_after(text: str, *layers: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    field = field_after(text, *layers)
    assert field is not None
    return {"size_min": field.size, **field.to_dict()}


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("by", [1, 3, 10])
def test_padding_in_front_moves_the_field(rank: int, by: int) -> None:
    """`pad` moves the offset down by as much, `crop` up; sizes and strides stay."""
    text = "x".join(["40"] * rank + ["4"])
    plain = dict_after(text, *STACK)
    for type_, sign in (("pad", -1), ("crop", 1)):
        moved = dict_after(text, (type_, {"padding": [[by, 0]] * rank}), *STACK)
        assert moved == {**plain, "offset": [cell + sign * by for cell in plain["offset"]]}


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_axes_are_independent(rank: int) -> None:
    """Each axis of a stack in 2-D and 3-D is the stack in 1-D."""
    line = dict_after("40x4", *STACK)
    space = dict_after("x".join(["40"] * rank + ["4"]), *STACK)
    assert space == {key: value * rank for key, value in line.items()}


@pytest.mark.parametrize("times", [1, 2, 8, 64])
def test_a_repeat_adds_as_much_each_time(times: int) -> None:
    """n windows of 3 cells with dilation 4 behind a stride of 2: 1 + 2·(8·n); doubled, the growth doubles."""
    text = "input: 64x64x1\nlayers:\n  - max_pool: {kernel: 1, stride: 2}\n" + (
        f"  - conv: {{filters: 1, kernel: 3, dilation: 4, padding: 4}}\n    repeat: {times}\n"
    )
    field = field_of(analyzer.analyze(text).rows[-1])
    assert field.to_dict() == {"size": [1 + 16 * times] * 2, "stride": [2, 2], "offset": [-8 * times] * 2}


def test_padding_never_changes_a_size() -> None:
    for padding in (0, 1, 2, "same", [[2, 0]]):
        field = dict_after("50x1", ("conv", {"filters": 1, "kernel": 5, "stride": 2, "padding": padding}), CONV)
        assert (field["size"], field["stride"]) == ([9], [2])


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_has_fields_of_its_rank(path: Path) -> None:
    """A number for each axis of the first input, in every row that has a field; the least is no larger than the largest."""
    analysis = analyzer.analyze(path)
    rank = analysis.network.inputs[0].output.rank
    for row in analysis.rows:
        field = row.receptive_field
        if field is not None:
            assert {len(field.size), len(field.size_min), len(field.stride), len(field.offset)} == {rank}
            assert all(0 <= least <= most for least, most in zip(field.size_min, field.size, strict=True))
