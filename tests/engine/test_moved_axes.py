"""Receptive fields behind layers that move elements to other axes, worked out by hand.

`tests/peers/test_torch_fields.py` holds random networks of this kind against autograd.
"""

from __future__ import annotations

from typing import Any

import pytest
from building import build, volume

from analyzer.engine.network import Network, Node
from analyzer.engine.receptive_field import ReceptiveField, receptive_fields

Layer = tuple[str, dict[str, Any]]

CONV: Layer = ("conv", {"filters": 4, "kernel": 3, "padding": 1})
POINT: Layer = ("conv", {"filters": 4, "kernel": 1})
DENSE: Layer = ("dense", {"units": 3})


def chain(text: str, *layers: Layer) -> list[ReceptiveField | None]:
    network = Network()
    node: Node = network.enter("input", volume(text))
    for number, layer in enumerate(layers):
        node = network.place(f"layer{number}", build(*layer), [node])
    return receptive_fields(network)


def reshape(to: str) -> Layer:
    return "reshape", {"to": to}


def permute(*order: str) -> Layer:
    return "permute", {"order": list(order)}


def rearrange(pattern: str, **sizes: int) -> Layer:
    return "rearrange", {"pattern": pattern, "sizes": sizes}


WINDOWS = "(h a) (w b) c -> (h w) (a b) c"
BACK = "(h w) (a b) c -> (h a) (w b) c"


@pytest.mark.parametrize(
    ("text", "layers", "size", "offset"),
    [
        # Tokens: a row and a column each; a window over tokens crosses the end of a row, but a linear layer does not.
        ("6x4x3", (reshape("24x3"),), [1, 1], [0, 0]),
        ("6x4x3", (CONV, reshape("24x4"), ("linear", {"units": 5}), ("layer_norm", {})), [3, 3], [-1, -1]),
        ("6x4x3", (CONV, reshape("24x4"), ("relu", {}), reshape("6x4x4"), CONV), [5, 5], [-2, -2]),
        ("6x4x3", (reshape("24x3"), permute("depth", "length"), permute("depth", "length"), reshape("6x4x3")), [1, 1], [0, 0]),
        # Each pair of rows is one row of twice the depth, and back: 2 rows, 1 column.
        ("8x4x3", (reshape("4x24"), POINT), [2, 4], [0, 0]),
        ("8x3", (reshape("4x6"),), [2], [0]),
        ("8x3", (reshape("4x6"), ("linear", {"units": 6}), reshape("8x3")), [2], [0]),
        ("8x3", (reshape("4x6"), ("relu", {}), reshape("8x3")), [1], [0]),
        # The width in the depth: every cell sees all columns of its row.
        ("9x7x8", (CONV, permute("depth", "height", "width")), [3, 7], [-1, 0]),
        ("9x7x8", (CONV, permute("height", "depth", "width")), [3, 7], [-1, 0]),
        ("9x7x8", (permute("height", "depth", "width"), ("relu", {}), permute("height", "depth", "width")), [1, 1], [0, 0]),
        # Windows of 2 × 2, cut out and put back; layers along the depth keep each cell, a mean sees its window.
        ("6x4x3", (rearrange(WINDOWS, a=2, b=2), ("relu", {}), rearrange(BACK, h=3, a=2)), [1, 1], [0, 0]),
        ("6x4x3", (CONV, rearrange(WINDOWS, a=2, b=2), ("linear", {"units": 4}), rearrange(BACK, h=3, a=2), CONV), [5, 5], [-2, -2]),
        ("6x4x3", (rearrange("(h a) (w b) c -> h w (a b c)", a=2, b=2), POINT), [2, 2], [0, 0]),
        ("6x4x3", (rearrange("(h a) (w b) c -> (h w) (a b c)", a=3, b=2), ("linear", {"units": 4})), [3, 2], [0, 0]),
        # Axes that stay whole; the depth in another order.
        ("9x7x8", (CONV, rearrange("h w c -> w h c"), ("conv", {"filters": 4, "kernel": "3x1", "padding": "1x0"})), [3, 5], [-1, -2]),
        ("9x7x8", (CONV, rearrange("h w (g c) -> 1 w h (c g)", g=2)), [3, 3], [-1, -1]),
        # A vector has all of them, and gives them back.
        ("6x4x3", (("flatten", {}),), [6, 4], [0, 0]),
        ("6x4x3", (("flatten", {}), ("relu", {}), reshape("6x4x3")), [1, 1], [0, 0]),
        ("6x4x3", (("flatten", {}), ("linear", {"units": 72}), reshape("6x4x3")), [6, 4], [0, 0]),
        # A softmax over a vector makes each element of all.
        ("6x4x3", (("flatten", {}), ("softmax", {}), reshape("6x4x3")), [6, 4], [0, 0]),
        ("6x4x3", (("softmax", {}), ("flatten", {}), reshape("6x4x3")), [1, 1], [0, 0]),
        # What is left of a part is not the whole input.
        ("8x6x2", (("slice", {"axis": "width", "stop": 2}), ("flatten", {}), DENSE), [8, 2], [0, 0]),
        ("8x6x2", (("slice", {"axis": "width", "start": 3}), reshape("24x2"), ("global_avg_pool", {})), [8, 3], [0, 3]),
        ("8x6x2", (("slice", {"axis": "height", "start": 4}), DENSE), [4, 6], [4, 0]),
        ("8x6x2", (reshape("48x2"), ("slice", {"axis": "length", "stop": 6}), ("global_avg_pool", {})), [1, 6], [0, 0]),
        ("8x6x2", (("conv", {"filters": 1, "kernel": 1, "stride": 2}), ("flatten", {}), DENSE), [7, 5], [0, 0]),
    ],
)  # fmt: skip
def test_where_the_axes_went(text: str, layers: tuple[Layer, ...], size: list[int], offset: list[int]) -> None:
    field = chain(text, *layers)[-1]
    assert field is not None
    assert (field.size, field.offset) == (size, offset)


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("64x2", (reshape("8x8x2"),)),  # a cell (h, w) sees cell 8·h + w
        ("6x4x3", (reshape("4x6x3"),)),  # of 6 rows, 4 cells an axis
        (
            "8x4x3",
            (permute("height", "depth", "width"), ("slice", {"axis": "depth", "stop": 2})),
        ),  # some planes of a row
        (
            "8x4x3",
            (permute("height", "depth", "width"), ("max_pool", {"kernel": 1})),
        ),  # planes that see different cells
    ],
)
def test_what_is_unknown_stays_unknown(text: str, layers: tuple[Layer, ...]) -> None:
    fields = chain(text, *layers, CONV)
    assert fields[-2:] == [None, None]


def test_unknown_is_not_the_whole_input() -> None:
    """Of an unknown volume only a part is read: which part of the input that is, nobody knows."""
    cut: Layer = ("slice", {"axis": "height", "stop": 3})
    assert chain("64x2", reshape("8x8x2"), cut, DENSE)[1:] == [None, None]
    assert chain("9x7x2", ("custom", {"output": "9x7x2"}), cut, ("global_avg_pool", {}))[1:] == [None, None]
    whole = chain("64x2", reshape("8x8x2"), CONV, DENSE)[-1]
    assert whole is not None
    assert whole.whole


def test_whole_is_what_it_says() -> None:
    """Whether every output cell sees the whole input, by a window too."""
    for text, layer, expected in (
        ("8x8x3", ("conv", {"filters": 2, "kernel": 8}), True),
        ("8x8x3", ("conv", {"filters": 2, "kernel": 7}), False),
        ("8x8x3", ("conv", {"filters": 2, "kernel": 15, "padding": 7}), True),
        ("8x8x3", ("conv", {"filters": 2, "kernel": 15, "padding": 8}), False),  # the first cell ends at 6
        ("8x8x3", DENSE, True),
        ("3x8", ("conv_transpose", {"filters": 2, "kernel": 3, "stride": 3}), False),
    ):
        (field,) = chain(text, layer)
        assert field is not None
        assert field.whole is expected, layer


def test_branches_of_tokens() -> None:
    """Tokens and the same tokens behind a window over the map: the hull, cell by cell."""
    network = Network()
    entry = network.enter("input", volume("6x4x4"))
    tokens = network.place("tokens", build("reshape", {"to": "24x4"}), [entry])
    conv = network.place("conv", build(*CONV), [entry])
    others = network.place("others", build("reshape", {"to": "24x4"}), [conv])
    both = network.place("both", build("add", {"inputs": ["tokens", "others"]}), [tokens, others])
    network.place("map", build("reshape", {"to": "6x4x4"}), [both])
    field = receptive_fields(network)[-1]
    assert field is not None
    assert (field.size, field.stride, field.offset) == ([3, 3], [1, 1], [-1, -1])
