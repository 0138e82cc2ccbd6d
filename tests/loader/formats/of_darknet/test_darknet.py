"""Darknet's configurations: numbers of Debian's darknet, rules calculated by hand from its code, and mistakes.

`expected.json` has what Debian's darknet 0.0.0+git20180914 printed of the two samples, and the floats of the file of
weights that it wrote.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.loader.expand.expansion import expand
from analyzer.loader.formats.darknet import read_text
from analyzer.loader.formats.sheet import Sheet
from analyzer.loader.parse.file import parse_read

SAMPLES = Path(__file__).parents[3] / "data" / "foreign"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text())

NET = "[net]\nwidth=16\nheight=16\nchannels=4\n"


def sheet(sections: str, net: str = NET) -> Sheet:
    return read_text(net + sections, "net.cfg", "net")


def analysis(sections: str, net: str = NET) -> Analysis:
    written = sheet(sections, net)
    assert not written.problems
    parsed = parse_read(written.read(), "net.cfg")
    assert parsed.model is not None, parsed.problems
    network, found = expand(parsed.model)
    assert not found
    return analyze_network(network)


def volumes(sections: str, net: str = NET) -> dict[str, str]:
    return {row.name: str(row.output) for row in analysis(sections, net).rows}


@pytest.mark.parametrize("name", ["detector.cfg", "local.cfg"])
def test_numbers_are_those_of_darknet(name: str) -> None:
    expected = EXPECTED[name]
    found = analysis((SAMPLES / name).read_text(), net="")
    kept = found.totals.declared.parameters + found.totals.declared.buffers
    assert kept == expected["parameters and buffers"]
    counted = sum(row.macs for row in found.rows if not row.name.startswith("local"))  # its counter has no [local]
    assert counted == expected["macs of its own counter (without [local])"]


def test_every_line_of_darknets_table() -> None:
    rows = {row.name.partition(".")[0]: row for row in analysis((SAMPLES / "detector.cfg").read_text(), net="").rows}
    table = [line for line in EXPECTED["detector.cfg"]["table"] if line[:5].strip().isdigit()]  # the last is broken
    for line in table:
        number, kind = line.split()[:2]
        stem = {"res": "shortcut"}.get(kind, kind)
        width, height, depth = map(int, re.findall(r"\d+", line.split("->")[1])[:3])
        assert str(rows[f"{stem}{number}"].output) == f"{height}x{width}x{depth}"
    assert len(table) == 11


# Each by hand, from the function of Darknet's code that is named.
@pytest.mark.parametrize(
    ("sections", "name", "volume"),
    [
        ("[maxpool]\nsize=2\nstride=1", "max0", "16x16x4"),  # make_maxpool_layer: (16 + 1 − 2)/1 + 1
        ("[maxpool]\nsize=3\nstride=2", "max0", "8x8x4"),  # (16 + 2 − 3)/2 + 1 = 8
        ("[maxpool]\nstride=2", "max0", "8x8x4"),  # the size is the stride
        ("[maxpool]\nsize=3\nstride=2\npadding=0", "max0", "7x7x4"),  # (16 − 3)/2 + 1 = 7
        ("[max]\nsize=2\nstride_x=1\nstride_y=2", "max0", "8x16x4"),
        ("[conv]\nfilters=8\nsize=3\nstride=2\npadding=0\nactivation=linear", "conv0", "7x7x8"),
        ("[conv]\nfilters=8\nsize=5\npad=1\nstride=2\nactivation=linear", "conv0", "8x8x8"),  # (16 + 4 − 5)/2 + 1
        ("[conv]\nfilters=8\nsize=3\npad=1\ndilation=2\nactivation=linear", "conv0", "16x16x8"),
        ("[deconv]\nfilters=8\nsize=4\nstride=2\npadding=1\nactivation=linear", "deconv0", "32x32x8"),
        ("[local]\nfilters=2\nsize=5\nstride=2\npad=1\nactivation=linear", "local0", "8x8x2"),  # (16 − 1)/2 + 1
        ("[local]\nfilters=2\nsize=5\nstride=2\nactivation=linear", "local0", "6x6x2"),  # (16 − 5)/2 + 1
        ("[avgpool]", "avg0", "1x1x4"),
        ("[crop]\ncrop_height=10\ncrop_width=12", "crop0", "10x12x4"),
        ("[reorg]\nstride=2", "reorg0", "8x8x16"),
        ("[reorg]\nstride=2\nreverse=1", "reorg0", "32x32x1"),
        ("[reorg]\nextra=10", "reorg0", "1034"),  # 16·16·4 + 10
        ("[upsample]\nstride=2", "upsample0", "32x32x4"),
        ("[upsample]\nstride=-2", "upsample0", "8x8x4"),
        ("[connected]\noutput=7\nactivation=linear\n[conv]\nfilters=3\nactivation=linear", "conv1", "1x1x3"),
        ("[route]\nlayers=-1", "route0", ""),
    ],
)  # fmt: skip
def test_a_section_puts_out_what_darknets_code_says(sections: str, name: str, volume: str) -> None:
    if not volume:
        assert sheet(sections).problems[0].severity == "error"
        return
    assert volumes(sections)[name] == volume


CONV = "[conv]\nfilters=8\nsize=1\nactivation=linear\n"


def test_routes_and_shortcuts() -> None:
    found = volumes(f"{CONV}{CONV}[route]\nlayers=-1,0\n[shortcut]\nfrom=-1\nactivation=linear\n")
    assert found["route2"] == "16x16x16"
    assert found["shortcut3"] == "16x16x16"


def test_parts_of_planes() -> None:
    found = volumes(f"{CONV}[route]\nlayers=-1\ngroups=2\ngroup_id=1\n")
    assert found == {"conv0": "16x16x8", "route1.part1": "16x16x4"}


def test_a_shortcut_of_other_volumes_is_custom_and_costs_nothing() -> None:
    written = sheet(f"{CONV}[conv]\nfilters=6\nsize=1\nstride=2\nactivation=linear\n[shortcut]\nfrom=0\n")
    assert written.uncovered == {"shortcut": 1}
    assert written.layers[-1].volume.sizes == (8, 8, 6)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        # I = 4·16·16 = 1024 values read, H = 5: products of the input and of the state, each with 5 biases
        ("gru", 3 * (1024 * 5 + 5) + 3 * (5 * 5 + 5)),
        ("lstm", 4 * (1024 * 5 + 5) + 4 * (5 * 5 + 5)),
        ("rnn", 1024 * 5 + 5 + 2 * (5 * 5 + 5)),
    ],
)
def test_recurrent_sections(kind: str, parameters: int) -> None:
    found = analysis(f"[{kind}]\noutput=5\n")
    assert found.totals.shared.parameters == parameters
    assert found.totals.shared.buffers == 0
    assert str(found.rows[-1].output) == "5"


def test_a_convolution_that_uses_the_weights_of_another() -> None:
    found = analysis(
        f"{CONV}[conv]\nfilters=8\nsize=1\nactivation=linear\n[conv]\nfilters=8\nsize=1\nshare_index=1\nactivation=linear\n"
    )
    assert [row.tied for row in found.rows] == [None, None, "conv1"]
    assert found.totals.shared.parameters == (4 * 8 + 8) + (8 * 8 + 8)


@pytest.mark.parametrize(
    ("text", "line", "message", "help"),
    [
        ("[convolutionl]\n", 1, "Darknet has no section `[convolutionl]`", "did you mean `[convolutional]`?"),
        (f"{NET}[conv]\nfilter=8\n", 6, "`[convolutional]` has no option `filter`", "did you mean `filters`?"),
        (f"{NET}{CONV}[route]\nlayers=-99\n", 10, "`layers=-99` names no section above this one (1 − 99 = -98)", "-1 to -1, or 0 to 0"),
        (f"{NET}[conv]\nfilters=many\n", 6, "`filters` must be a whole number, not `many`", None),
        (f"{NET}[conv]\nfilters=0\n", 6, "`filters` must be at least 1, not `0`", None),
        (f"{NET}[conv]\nactivation=lekay\n", 6, "Darknet has no activation `lekay`", "did you mean `leaky`?"),
        ("[conv]\nfilters=8\n", 1, "a configuration begins with `[net]`", None),
        ("[net]\nwidth=8\nheight=8\n", 1, "`[net]` gives no input", "`channels` is missing"),
        (f"{NET}[conv\nfilters=8\n", 5, "the section `[conv` has no `]`", "write `[conv]`"),
        (f"{NET}[conv]\nfilters 8\n", 6, "`filters 8` is neither a section", None),
        ("filters=8\n", 1, "`filters=8` is above the first section", "begins with `[net]`"),
        (f"{NET}{CONV}[route]\n", 9, "`[route]` needs `layers`", "for example `layers=-1,8`"),
        (f"{NET}{CONV}[shortcut]\nfrom=\n", 10, "`from` must be whole numbers", None),
        (f"{NET}[crop]\ncrop_height=20\ncrop_width=2\n", 6, "`crop_height` is larger than the image, 16", None),
        ("", 1, "a configuration begins with `[net]`", None),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_and_the_nearest_name(text: str, line: int, message: str, help: str | None) -> None:
    problems = [problem for problem in read_text(text, "net.cfg", "net").problems if problem.severity == "error"]
    found = problems[0]
    assert message in found.message
    assert found.span is not None
    assert found.span.line == line
    if help is not None:
        assert found.help is not None
        assert help in found.help


def test_mistakes_are_told_together_and_their_consequences_not() -> None:
    text = f"{NET}[conv]\nfilters=0\nactivation=linear\n{CONV}[maxpool]\nsize=x\n"
    problems = read_text(text, "net.cfg", "net").problems
    assert [problem.span.line for problem in problems if problem.span is not None] == [6]


def test_a_comment_behind_a_value_and_blanks_count_nowhere() -> None:
    assert (
        volumes("[ convolutional ]\n filters = 8 # wide\n size=1;\nactivation = linear ; none\n")["conv0"] == "16x16x8"
    )
