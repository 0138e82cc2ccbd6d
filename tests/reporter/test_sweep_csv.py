"""The CSV of a sweep: a line for each variant, exact, and nothing that a spreadsheet takes for something else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from swept import fronted, pieces, render, swept, variant

from analyzer.sweeping.result import Axis, Problem, Swept
from analyzer.units import UNKNOWN


def rows_of(report: Swept) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render("csv", report), newline="")))


def test_a_line_for_each_variant() -> None:
    text = render("csv", swept())
    assert text.split("\r\n")[:3] == [
        "id,width,act,params,macs,fits,breaks,error",
        "0,4,relu,86,72,1,,",
        "1,4,add,,,0,,SHAPE101: `add1` adds 8 and 10",
    ]
    assert text.count("\r\n") == text.count("\n") == 9
    assert "4,16,relu,314,288,0,params," in text.split("\r\n")


def test_the_front_has_a_column_where_it_was_asked_for() -> None:
    rows = rows_of(fronted())
    assert list(rows[0])[-4:] == ["fits", "breaks", "front", "error"]
    assert [(row["fits"], row["front"]) for row in rows] == [("1", "1"), ("1", "1"), ("0", "0"), ("0", "0")]


def test_several_limits_have_spaces_between() -> None:
    (row,) = rows_of(swept(variant(2, breaks=["params", "macs"])))
    assert row["breaks"] == "params macs"


def test_amounts_are_exact_and_those_known_in_part_are_named() -> None:
    amounts = {"macs": 72 + UNKNOWN, "flops": UNKNOWN, "peak_training_memory": None, "weight_memory": 10**20}
    (row,) = rows_of(swept(variant(0, amounts=amounts), amounts=list(amounts)))
    assert row["macs"] == "72"
    assert row["flops"] == "unknown"
    assert row["peak_training_memory"] == ""
    assert row["weight_memory"] == "100000000000000000000"
    assert row["at_least"] == "macs flops"
    (row,) = rows_of(swept(variant(0, amounts=amounts), amounts=["weight_memory"]))
    assert "at_least" not in row  # the amounts in question are not shown


def test_nothing_becomes_a_formula_or_a_date() -> None:
    """A word, a name and a message come from other people's files (OWASP, "CSV Injection")."""
    axes = [Axis("dec1", ["=1+1", "1-2", "a,b"]), Axis("rate", [1e-05, -0.5])]
    error = Problem("SHAPE101", 'a "quoted", long\nmessage')
    rows = [variant(0, set={"dec1": word, "rate": 1e-05}, error=error) for word in axes[0].values]
    text = render("csv", swept(*rows, axes=axes))
    head, first, second, third, *_ = text.split("\r\n")
    assert head == "id,'dec1,rate,params,macs,fits,breaks,error"
    assert first.startswith("0,'=1+1,1e-05,86,")
    assert second.startswith("0,'1-2,1e-05,")
    assert third.startswith('0,"a,b",1e-05,')
    assert first.endswith(',"SHAPE101: a ""quoted"", long\nmessage"')
    assert [row["error"] for row in rows_of(swept(*rows, axes=axes))] == ['SHAPE101: a "quoted", long\nmessage'] * 3


def test_an_axis_that_is_called_as_another_column() -> None:
    axes = [Axis("depth", [18]), Axis("fits", [1])]
    one = variant(0, set={"depth": 18, "fits": 1}, amounts={"depth": 17})
    assert render("csv", swept(one, axes=axes, amounts=["depth"])) == (
        "id,set.depth,set.fits,depth,fits,breaks,error\r\n0,18,1,17,1,,\r\n"
    )


def test_it_is_written_while_it_is_read() -> None:
    read = 0

    def rows() -> Iterator[Any]:
        nonlocal read
        for read in range(1, 5001):
            yield variant(0, id=read)

    report = swept(rows=rows, amounts=["params"])
    seen = [read for _, piece in zip(range(3), pieces("csv", report), strict=False) if "\r\n1," in f"\r\n{piece}"]
    assert 0 < seen[0] < 5000
    assert len(rows_of(report)) == 5000
