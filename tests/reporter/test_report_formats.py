"""JSON against its schema, and each other format against its own rules of quoting."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, ValidationError
from reported import EVERY, Builder, blocks, mixed, render, textbook

from analyzer.contract.schema import report_schema
from analyzer.diagnostics import Diagnostic
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page.notebook import notebook
from analyzer.volume import Volume

SCHEMA = Path(__file__).parents[2] / "schemas" / "report.schema.json"
FAILED = Failed("bad.yaml", [Diagnostic("X100", "no <i>good</i>", None)])


def test_schema_file_is_what_the_code_makes() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == report_schema()
    Draft7Validator.check_schema(report_schema())


@pytest.mark.parametrize("network", EVERY)
@pytest.mark.parametrize("unicode", [True, False])
def test_json_is_the_analysis_and_fits_its_schema(network: str, unicode: bool) -> None:
    analysis = EVERY[network]()
    text = render("json", analysis, unicode=unicode)
    report = json.loads(text)
    assert report == analysis.to_dict()
    assert list(report["layers"][0]) == list(analysis.rows[0].to_dict())
    Draft7Validator(report_schema()).validate(report)
    assert sum(line.startswith('  {"name"') for line in text.split("\n")) == len(analysis.rows)


def test_json_of_several_files() -> None:
    reports = json.loads(render("json", textbook(), FAILED, mixed()))
    Draft7Validator(report_schema()).validate(reports)
    assert [next(iter(report)) for report in reports] == ["format", "file", "format"]
    assert reports[1] == {
        "file": "bad.yaml",
        "diagnostics": [{"code": "X100", "severity": "error", "message": "no <i>good</i>"}],
    }
    assert json.loads(render("json", FAILED)) == reports[1]


def test_json_chunks_join_beyond_one_chunk() -> None:
    for layers in (511, 512, 513, 1025):
        net = Builder(Volume((), 4))
        for number in range(layers):
            net.add(f"relu{number}", "relu")
        chunks = list(FORMATS["json"].render([net.analysis()], Options()))
        assert len(json.loads("".join(chunks))["layers"]) == layers
        assert max(map(len, chunks)) < 800_000


@pytest.mark.parametrize("change", ["extra", "missing", "volume", "negative", "severity"])
def test_schema_refuses_what_no_report_says(change: str) -> None:
    report = mixed().to_dict()
    layer = report["layers"][0]
    if change == "extra":
        layer["more"] = 1
    elif change == "missing":
        del report["totals"]["local"]
    elif change == "volume":
        layer["output"] = "14×14"
    elif change == "negative":
        layer["shared"]["weights"] = -1
    else:
        report["diagnostics"][0]["severity"] = "fatal"
    for document in (report, [report]):
        with pytest.raises(ValidationError):
            Draft7Validator(report_schema()).validate(document)


def test_csv_is_exact_and_quoted() -> None:
    analysis = blocks()
    lines = list(csv.DictReader(io.StringIO(render("csv", analysis), newline="")))
    assert [line["layer"] for line in lines] == [row.name for row in analysis.rows]
    assert sum(int(line["local.parameters"]) for line in lines) == analysis.totals.local.parameters
    assert int(lines[-1]["declared.sum"]) == analysis.totals.declared.parameters
    assert lines[-1]["note"] == 'the "head" | of <all>, and\nmore'
    assert lines[0]["kind"] == "conv"
    assert lines[0]["output"] == "16x16x16"


def test_csv_of_several_files_names_the_file() -> None:
    text = render("csv", textbook(), FAILED, blocks(), columns=["layer", "macs"])
    lines = text.split("\r\n")
    assert lines[:3] == ["file,layer,macs", "textbook.yaml,conv1,752640", f"blocks.yaml,conv1,{16 * 16 * 16 * 27}"]


def test_markdown_keeps_its_columns() -> None:
    text = render("markdown", mixed())
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) == 1
    assert "## \\<b\\>50% \\& \\$x\\_1\\|\\#\\</b\\>" in text
    note = render("markdown", blocks(), columns=["layer", "note"])
    assert 'the "head" \\| of \\<all\\>, and more' in note


def test_latex_escapes_what_latex_would_read() -> None:
    text = render("latex", mixed())
    body = text.partition("\\caption{")[2]
    assert "\\textless{}b\\textgreater{}50\\% \\& \\$x\\_1\\textbar{}\\#" in body
    assert "3{,}" in render("latex", textbook())
    columns = len(re.search(r"\{@\{\}([lr]+)@\{\}\}", text).group(1))  # type: ignore[union-attr]
    for line in body.split("\n"):
        if line.startswith(("conv\\_1 &", "own &", "total &", "layer &")):
            assert len(re.findall(r"(?<!\\)&", line)) == columns - 1


class Tags(HTMLParser):
    """Collects the tags and attributes of a page, and whether they close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: list[str] = []
        self.values: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.values += [value or "" for name, value in attrs if name in ("src", "href", "onclick")]
        if tag not in ("meta", "input"):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


@pytest.mark.parametrize("network", EVERY)
def test_page_is_whole_and_asks_for_nothing(network: str) -> None:
    text = render("html", EVERY[network]())
    page = Tags(text)
    assert page.stack == []
    assert all(value.startswith("#") for value in page.values)  # links inside of the page
    assert text.count('role="treegrid"') == 1
    asked = text.replace('"http://www.w3.org/2000/svg"', "")  # the name of a language: nothing is loaded from there
    assert "http:" not in asked
    assert "https:" not in asked
    assert "url(" not in text


def test_page_shows_names_as_text() -> None:
    text = render("html", mixed(), blocks(), FAILED)
    assert "<b>" not in text
    assert "&lt;b&gt;50% &amp; $x_1|#&lt;/b&gt;" in text
    assert "no &lt;i&gt;good" in text
    assert "\x1b" not in text
    assert "Comparison" in text


def test_page_of_a_stream_without_signs_is_ascii() -> None:
    text = render("html", blocks(), unicode=False)
    assert text.isascii()
    assert "16&#215;16" in text


def test_a_notebook_has_no_script() -> None:
    text = notebook(blocks())
    assert Tags(text).stack == []
    assert "<script" not in text
    assert "<button" not in text


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_takes_every_option(format: str) -> None:
    for options in (
        {"depth": 1},
        {"top": 2},
        {"sort": "macs"},
        {"mode": "local"},
        {"columns": ["macs", "layer"]},
        {"columns": ["weights"], "top": 3, "depth": 1, "unicode": False, "color": True, "width": 40},
    ):
        for analysis in (textbook(), mixed()):
            assert render(format, analysis, **options)
    assert render(format, textbook(), FAILED, mixed(), unicode=False, width=60)
