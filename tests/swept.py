"""Sweeps that the tests of reports draw, with amounts from a calculation by hand.

The network has an input of 8, a dense layer of `width` units and one of 10. A dense layer of n units over m numbers has
m·n weights, n biases and m·n MACs, so the network has 8w + w + 10w + 10 = 19w + 10 parameters and 8w + 10w = 18w MACs,
and its outputs are w + 10 numbers. In float32 it takes four bytes for each.

width                4     8    16    32
params              86   162   314   618
macs                72   144   288   576
weight_memory      344   648 1,256 2,472
activation_memory   56    72   104   168
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyzer.loader.parse.description import Limit
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.sweep import FORMATS
from analyzer.sweeping.result import Axis, Counts, Found, Move, Problem, Swept, Variant

WIDTHS = (4, 8, 16, 32)
PARAMS = (86, 162, 314, 618)
MACS = (72, 144, 288, 576)
WEIGHTS = (344, 648, 1256, 2472)
ACTIVATIONS = (56, 72, 104, 168)

#: At most 300 parameters: widths 4 and 8 fit.
LIMITS = {"params": Limit(None, 300, "", None)}
WRONG = Problem("SHAPE101", "`add1` adds 8 and 10")


def variant(place: int, act: str = "relu", **more: Any) -> Variant:
    """The variant with the width at this place, with the four amounts of the table above."""
    amounts = {"params": PARAMS[place], "macs": MACS[place], "weight_memory": WEIGHTS[place],
               "activation_memory": ACTIVATIONS[place]}  # fmt: skip
    breaks = ["params"] if PARAMS[place] > 300 else []
    set = {"width": WIDTHS[place], "act": act}
    values = {"id": 2 * place + (act == "add"), "set": set, "amounts": amounts, "fits": not breaks, "breaks": breaks}
    return Variant(**(values | more))


def wrong(place: int) -> Variant:
    """The variant of a width with the act `add`, which is no network."""
    return variant(place, "add", amounts={}, fits=False, breaks=[], error=WRONG)


def swept(*variants: Variant, **more: Any) -> Swept:
    """A sweep of these variants; without any of every width with `relu` and `add`."""
    rows = list(variants) or [one for place in range(4) for one in (variant(place), wrong(place))]
    counts = Counts(len(rows), sum(one.fits for one in rows), sum(one.error is not None for one in rows))
    axes = [Axis("width", WIDTHS), Axis("act", ["relu", "add"])]
    values = {"file": "net.yaml", "name": "net", "axes": axes, "amounts": ["params", "macs"], "limits": LIMITS,
              "counts": counts, "rows": lambda: iter(rows)}  # fmt: skip
    return Swept(**(values | more))


def fronted(**more: Any) -> Swept:
    """The sweep with its front of few MACs and a large width: both widths that fit, since one is wider."""
    front = [variant(place, front=True) for place in (0, 1)]
    others = [variant(2), variant(3)]
    return swept(*front, *others, minimize=["macs"], maximize=["width"], front=2, **more)


def answered(**more: Any) -> Swept:
    """The sweep with the answers to `--largest width`: 8 with `relu`, no value with `add`."""
    found = [Found({"act": "relu"}, "width", True, variant(1), variant(2)),
             Found({"act": "add"}, "width", True, None, wrong(0))]  # fmt: skip
    return swept(found=found, **more)


def moved(**more: Any) -> Swept:
    """The sweep with steps from a width of 8: up to 16, down to 4, and to the act that gives no network."""
    moves = [Move("width", variant(1), variant(2)), Move("width", variant(1), variant(0)),
             Move("act", variant(1), wrong(1))]  # fmt: skip
    return swept(variant(1), moves=moves, **more)


def pieces(format: str, report: Swept | Failed, **options: Any) -> Iterator[str]:
    """The report in a format, piece by piece."""
    return FORMATS[format].render(report, Options(**options))


def render(format: str, report: Swept | Failed, **options: Any) -> str:
    """The report in a format."""
    return "".join(pieces(format, report, **options))
