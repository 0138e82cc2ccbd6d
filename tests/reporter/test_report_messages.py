"""Findings as people see them; the first is the example of the project's style."""

from __future__ import annotations

import re

from analyzer.diagnostics import Diagnostic
from analyzer.reporter.messages import counted, render, worst
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import cells
from analyzer.source import Span

STYLE = """\
error[SHAPE201]: the 5×5 kernel of `conv4` is larger than its padded 4×4 input
  ╭─ net.yaml:6:5
6 │   - conv: {filters: 64, kernel: 5}
  │     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = height: (4 − 5 + 2·0)/1 + 1 = 0
  = its input comes from `max_pool3` (line 5): 4×4×3
  = help: padding of at least 1, a kernel of at most 4, or one stride-2 layer fewer

1 error in net.yaml
"""
NET = "\n" * 5 + "  - conv: {filters: 64, kernel: 5}\n"


def finding(span: Span | None, message: str = "wrong", **more: object) -> Diagnostic:
    return Diagnostic("X100", message, span, **more)  # type: ignore[arg-type]


def shown(diagnostic: Diagnostic, text: str, **options: object) -> str:
    return "".join(render([diagnostic], {"net.yaml": text}, Options(**options)))  # type: ignore[arg-type]


def marked(text: str) -> str:
    """What stands above the carets, cell by cell."""
    lines = text.split("\n")
    under = next(line for line in lines if re.search(r"[│|] +\^+$", line))
    source = lines[lines.index(under) - 1]
    spread = "".join(sign + "\0" * (cells(sign) - 1) for sign in source)
    return "".join(s for s, u in zip(spread, under, strict=False) if u == "^").replace("\0", "")


def example() -> Diagnostic:
    return Diagnostic(
        "SHAPE201",
        "the 5×5 kernel of `conv4` is larger than its padded 4×4 input",
        Span("net.yaml", 6, 5, 6, 35),
        notes=["height: (4 − 5 + 2·0)/1 + 1 = 0", "its input comes from `max_pool3` (line 5): 4×4×3"],
        help="padding of at least 1, a kernel of at most 4, or one stride-2 layer fewer",
    )


def test_example_of_the_style() -> None:
    assert shown(example(), NET) == STYLE


def test_ascii_and_color_say_the_same() -> None:
    plain = shown(example(), NET, unicode=False)
    assert plain.isascii()
    assert "  +- net.yaml:6:5\n6 |   - conv" in plain
    assert "height: (4 - 5 + 2*0)/1 + 1 = 0" in plain
    colored = shown(example(), NET, color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == STYLE


def test_long_line_is_windowed_around_the_span() -> None:
    text = "x" * 300 + "WRONG" + "y" * 300
    out = shown(finding(Span("net.yaml", 1, 301, 1, 306)), text, width=80)
    assert marked(out) == "WRONG"
    assert max(map(cells, out.split("\n"))) <= 80
    assert out.count("…") == 2


def test_wide_characters_tabs_and_control_characters() -> None:
    out = shown(finding(Span("net.yaml", 1, 7, 1, 12)), "\t漢字: \x1bWRONG", width=80)
    assert "\x1b" not in out
    out = shown(finding(Span("net.yaml", 1, 6, 1, 11)), "\t漢字: WRONG \x1b[31m")
    assert marked(out) == "WRONG"
    assert "\\x1b[31m" in out


def test_span_over_lines_underlines_its_first_to_the_end() -> None:
    out = shown(finding(Span("net.yaml", 9, 3, 11, 2)), "\n" * 8 + "a: [1,   \n  2,\n]")
    assert marked(out) == " [1,"
    assert "\n9 │ a: [1,\n" in out


def test_place_at_the_end_of_a_line_has_its_caret() -> None:
    out = shown(finding(Span("net.yaml", 1, 4)), "a: ")
    assert out.split("\n")[3] == "  │    ^"


def test_gutter_is_as_wide_as_the_number() -> None:
    out = shown(finding(Span("net.yaml", 12, 1, 12, 2), notes=["two\nlines"]), "\n" * 11 + "x")
    assert out.split("\n")[1:6] == ["   ╭─ net.yaml:12:1", "12 │ x", "   │ ^", "   = two", "     lines"]


def test_finding_without_a_place_or_a_text() -> None:
    assert shown(finding(None), "") == "error[X100]: wrong\n\n1 error\n"
    out = shown(finding(Span("other.yaml", 3, 1)), "")
    assert out.split("\n")[1:3] == ["  ╭─ other.yaml:3:1", ""]


def test_count_of_findings() -> None:
    a, b = finding(Span("a.yaml", 1, 1)), finding(Span("b.yaml", 1, 1), severity="warning")
    assert counted([a, a]) == "2 errors in a.yaml"
    assert counted([a, b]) == "1 error, 1 warning in 2 files"
    assert "".join(render([], {}, Options())) == ""


def test_a_verdict_has_the_colour_of_its_worst_finding() -> None:
    """Red for an error, yellow for a warning, cyan for a note, green for nothing found."""
    severe = [finding(None, severity=severity) for severity in ("error", "warning", "note")]
    assert [worst(severe[start:]) for start in range(4)] == ["red", "yellow", "cyan", "green"]
