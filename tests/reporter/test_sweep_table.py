"""The table of a sweep for people: what comes first, what is marked, and that it fits the terminal."""

from __future__ import annotations

import re

import pytest
from swept import LIMITS, PARAMS, answered, fronted, moved, render, swept, variant, wrong

from analyzer.engine.amounts import AMOUNTS
from analyzer.loader.parse.description import Limit
from analyzer.reporter.terminal import cells
from analyzer.sweeping.result import Axis, Counts, Found, Move, Problem
from analyzer.units import UNKNOWN


def test_variants_that_fit_come_first_then_those_that_do_not() -> None:
    assert (
        render("table", swept(), width=80)
        == """\
net.yaml · width 4 values · act 2 values · 8 variants

limits  params at most 300

width  act   params  macs  breaks
─────  ────  ──────  ────  ────────────────────
    4  relu      86    72
    8  relu     162   144
   16  relu   ! 314   288  params
   32  relu   ! 618   576  params
    4  add                 no network: SHAPE101
    8  add                 no network: SHAPE101
   16  add                 no network: SHAPE101
   32  add                 no network: SHAPE101

2 fit · 2 break a limit (params 2) · 4 are no network
SHAPE101: `add1` adds 8 and 10 (4 variants, the first with width 4, act add)

! breaks a limit · MACs of one sample
"""
    )


def test_the_front_comes_first_and_is_marked() -> None:
    text = render("table", fronted(), width=80)
    assert "front   2 variants with least `macs`, most `width`\n" in text
    table = text.split("\n\n")[2].splitlines()
    assert table[0] == "front  width  act   params  macs  breaks"
    assert table[2:4] == ["*          4  relu      86    72", "*          8  relu     162   144"]
    assert table[4] == "          16  relu   ! 314   288  params"


def test_the_front_is_in_the_order_of_its_goals() -> None:
    """Most of the width, then least MACs: the widest is first, and so it is with ids that say otherwise."""
    front = [variant(place, id=3 - place, front=True, fits=True, breaks=[]) for place in (1, 3, 0, 2)]
    rows = render("table", swept(*front, maximize=["width"], front=4, limits={})).split("\n\n")[2].splitlines()[2:]
    assert [row.split()[1] for row in rows] == ["32", "16", "8", "4"]


def test_a_goal_may_be_an_axis_that_is_called_as_an_amount() -> None:
    """The amount `depth` has the plain name: it orders 3, 2 one way, the axis the other way."""
    rows = [
        variant(0, set={"depth": axis}, amounts={"depth": amount}, front=True) for axis, amount in ((18, 3), (50, 2))
    ]
    report = swept(*rows, axes=[Axis("depth", [18, 50])], amounts=["depth"], front=2)
    for goal, first in (("set.depth", "18"), ("depth", "50")):
        table = render("table", report.but(minimize=[goal])).split("\n\n")[2].splitlines()
        assert table[0].split() == ["front", "set.depth", "depth"]
        assert table[2].split()[1] == first


def test_the_whole_front_and_a_thousand_others() -> None:
    rows = [variant(0, id=place, front=place % 2 == 1) for place in range(3000)]
    text = render("table", swept(*rows, minimize=["macs"], front=1500))
    lines = text.splitlines()
    assert sum(line.startswith("*") for line in lines) == 1500
    assert sum(bool(re.match(r" +4  relu", line)) for line in lines) == 1000
    assert "500 variants more; --format csv and json have all\n" in text
    assert "\n3,000 fit\n" in text


def test_what_fits_is_shown_where_only_the_last_variants_fit() -> None:
    rows = [variant(3, id=place) for place in range(1500)] + [variant(0, id=1500)]
    table = render("table", swept(*rows)).split("\n\n")[2].splitlines()
    assert table[2] == "    4  relu      86    72"
    assert len(table) == 2 + 1000 + 1  # the heading, the rows, and how many are left out
    assert table[-1] == "501 variants more; --format csv and json have all"


def test_counts_of_one() -> None:
    text = render("table", swept(variant(0), variant(3), wrong(1)))
    assert "1 fits · 1 breaks a limit (params 1) · 1 is no network\n" in text


def test_how_often_each_limit_is_broken() -> None:
    limits = LIMITS | {"macs": Limit(100, 500, "", None)}
    rows = [variant(0, breaks=["macs"], fits=False), variant(3, breaks=["params", "macs"]), variant(2)]
    text = render("table", swept(*rows, limits=limits))
    assert "limits  params at most 300 · macs at least 100 and at most 500\n" in text
    assert "0 fit · 3 break a limit (macs 2, params 2)\n" in text
    assert "    4  relu      86   ! 72  macs\n" in text


def test_the_answers_take_the_place_of_the_variants() -> None:
    assert (
        render("table", answered(), width=80)
        == """\
net.yaml · width 4 values · act 2 values · 8 variants

limits  params at most 300

largest width that fits

act   width  params  macs  next  breaks
────  ─────  ──────  ────  ────  ────────────────────
relu      8     162   144    16  params
add    none                   4  no network: SHAPE101

2 fit · 2 break a limit (params 2) · 4 are no network
SHAPE101: `add1` adds 8 and 10 (4 variants, the first with width 4, act add)

MACs of one sample
"""
    )


def test_each_question_has_its_table_and_the_last_value_no_next() -> None:
    found = [Found({"act": "relu"}, "width", True, variant(1), variant(2)),
             Found({"act": "relu"}, "width", False, variant(0), None)]  # fmt: skip
    text = render("table", swept(found=found))
    largest, smallest = text.index("largest width that fits"), text.index("smallest width that fits")
    assert largest < smallest
    assert "relu      4      86    72  none\n" in text


def test_a_thousand_answers() -> None:
    found = [Found({"act": "relu"}, "width", True, variant(1), variant(2))] * 1234
    text = render("table", swept(found=found))
    assert text.count("\nrelu      8     162   144    16  params") == 1000
    assert "\n234 answers more; --format json has all\n" in text


def test_answers_and_a_front() -> None:
    text = render("table", fronted(found=[Found({"act": "relu"}, "width", True, variant(1), variant(2))]))
    assert text.index("largest width that fits") < text.index("*          4  relu")


def test_the_steps() -> None:
    """By hand: 314 − 162 = +152, 93.8 %; 288 − 144 = +144, 100 %; 144 / 152 = 0.947 MACs; 640 / 152 = 4.21 bytes."""
    text = render("table", moved(), width=100)
    table = text[text.index("one step") :].split("\n\n")[1]
    assert (
        table
        == """\
axis   step        params           macs            MACs/param  bytes/param  breaks
─────  ──────────  ──────  ───────  ────  ────────  ──────────  ───────────  ────────────────────
width  8 → 16        +152  +93.8 %  +144  +100.0 %       0.947         4.21  params
width  8 → 4          −76  −46.9 %   −72   −50.0 %       0.947         4.21
act    relu → add                                                            no network: SHAPE101"""
    )


def test_a_change_that_is_not_known_is_not_left_empty() -> None:
    amounts = {"params": 162, "macs": 144 + UNKNOWN, "peak_training_memory": None}
    move = Move("width", variant(1, amounts=amounts), variant(2, amounts=amounts | {"params": 314}))
    text = render("table", swept(variant(1), moves=[move]).but(amounts=list(amounts), rows=lambda: iter([])))
    assert "\nwidth  8 → 16    +152  +93.8 %  unknown                    none    params\n" in text


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("unicode", [True, False])
def test_it_fits_the_terminal(width: int, unicode: bool) -> None:
    """With every amount, each as long as that of a large network, the tables are divided; no number is lost."""
    amounts = dict.fromkeys(AMOUNTS, 123_456_789_012)
    axes = [Axis("width", [1024]), Axis("input", ["224x224x3"], volume=True)]
    rows = [variant(0, id=place, set={"width": 1024, "input": "224x224x3"}, amounts=amounts, front=True,
                    breaks=["peak_training_memory", "activation_memory"], fits=False) for place in range(3)]  # fmt: skip
    more = {"axes": axes, "amounts": list(AMOUNTS), "limits": {}, "front": 3, "minimize": ["macs"]}
    found = [Found({"width": 1024}, "input", True, rows[0], rows[1])]
    for report in (swept(*rows, **more), swept(*rows, **more, found=found), moved()):
        text = render("table", report, width=width, unicode=unicode)
        assert max(map(cells, text.splitlines())) <= width
        assert unicode or text.isascii()
    text = render("table", swept(*rows, **more), width=width, unicode=unicode)
    written = text.count("123,456,789,012") or text.count("123 G")
    assert written == 3 * list(AMOUNTS.values()).count("count")
    assert text.count("115.0 GiB") == 3 * list(AMOUNTS.values()).count("bytes")


def test_numbers_are_shortened_before_a_table_is_divided() -> None:
    amounts = {"params": 25_557_032, "peak_training_memory": 3_041_920, "macs": 4_089_184_256}
    report = swept(variant(0, amounts=amounts), amounts=list(amounts), limits={})
    wide, middle, narrow = (render("table", report, width=width) for width in (80, 50, 45))
    assert "width  act       params  peak_training_memory           macs\n" in wide
    assert "width  act       params  training           MACs\n" in middle
    assert "    4  relu  25,557,032   2.9 MiB  4,089,184,256\n" in middle
    assert "    4  relu  25.6 M   2.9 MiB  4.09 G\n" in narrow


def test_what_the_numbers_mean() -> None:
    """The run is told where bytes depend on it, and units where they are shown."""
    assert render("table", swept(variant(0), amounts=["params"])).endswith("\n1 fits\n")
    text = render("table", swept(variant(0), amounts=["flops", "weight_memory"], run="batch=8").but(
        rows=lambda: iter([variant(0, amounts={"flops": 144, "weight_memory": 344})])))  # fmt: skip
    assert "\nrun     batch=8 · the rest as in the file\n" in text
    assert text.endswith("\nFLOPs = 2 × MACs of one sample · KiB = 2^10 bytes\n")
    text = render("table", swept(variant(0), amounts=["weight_memory"]))
    assert "\nrun     as in the file, else batch 1, float32\n" in text


def test_what_breaks_a_limit_is_red_and_the_front_green() -> None:
    text = render("table", fronted(), color=True)
    assert "\x1b[1;31m! 314\x1b[0m" in text
    assert "\x1b[1;31mparams\x1b[0m" in text
    assert "\x1b[1;32m*\x1b[0m" in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == render("table", fronted())


def test_amounts_that_a_network_lacks_or_that_are_known_in_part() -> None:
    amounts = {"macs": 72 + UNKNOWN, "flops": UNKNOWN, "peak_training_memory": None}
    report = swept(variant(0, amounts=amounts, breaks=["peak_training_memory"], fits=False), amounts=list(amounts))
    assert "    4  relu  ≥ 72  unknown                ! none  peak_training_memory\n" in render("table", report)


def test_the_axes_in_the_title() -> None:
    axes = [Axis("width", range(16, 129, 16)), Axis("depth", [18]), Axis("rate", [], between=(0.1, 1.0)),
            Axis("input", ["8x8x3"], volume=True)]  # fmt: skip
    choice = {"width": 16, "depth": 18, "rate": 0.123456789, "input": "8x8x3"}
    one = variant(0, set=choice, amounts={"depth": 2})
    text = render("table", swept(one, axes=axes, amounts=["depth"]))
    assert text.startswith("net.yaml · width 8 values · depth 18 · rate 0.1 to 1 · input 8×8×3 · 1 variant\n")
    assert "width  set.depth      rate  input  depth\n" in text
    assert "   16         18  0.123457  8×8×3      2\n" in text


def test_nothing_in_a_name_acts_on_the_terminal() -> None:
    axes = [Axis("act", ["a\x1b[31m", "b\nc"])]
    rows = [variant(0, set={"act": word}, error=Problem("X\x1b1", "it\x1bs"), amounts={}) for word in axes[0].values]
    text = render("table", swept(*rows, axes=axes, file="n\x1bet.yaml"))
    assert "\x1b" not in text
    assert "b\\nc" in text


def test_different_mistakes_are_told_once_each() -> None:
    rows = [wrong(0).but(id=place, error=Problem(f"SHAPE10{place % 7}", "no")) for place in range(21)]
    text = render("table", swept(*rows))
    assert text.count("(3 variants, the first with width 4, act add)") == 5
    assert "\nand 2 other mistakes\n" in text


def test_no_variants_at_all() -> None:
    text = render("table", moved(rows=lambda: iter([]), counts=Counts(0, 0, 0)))
    assert "one step from the file's values" in text
    assert str(PARAMS[1]) not in text
