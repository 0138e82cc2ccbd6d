"""Findings in a file without lines, whose places are the names of nodes: each format says them in its own way."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from analyzer.diagnostics import Diagnostic
from analyzer.reporter.findings import FORMATS
from analyzer.reporter.findings.checked import Checked, CheckRun, fingerprints
from analyzer.reporter.options import Options
from analyzer.source import Span

NODE = "/stem/conv/Conv"
FINDINGS = [
    Diagnostic("CHECK101", "the kernel is even", Span("net.onnx", 7, 1, label=NODE), severity="warning"),
    Diagnostic("CHECK101", "the kernel is even", Span("net.onnx", 9, 1, label="b"), severity="warning"),
]
RUN = CheckRun([Checked("net.onnx", FINDINGS, name="net")], address="https://example.org/")


def rendered(format: str) -> str:
    return "".join(FORMATS[format].render(RUN, Options()))


def test_the_place_in_a_sentence() -> None:
    span = Span("net.onnx", 7, 1, label=NODE)
    assert (str(span), span.said, span.at) == (f"net.onnx: {NODE}", f"`{NODE}`", f"at `{NODE}`")
    assert str(Span("<dict>", 7, 1, label="layers[2].conv")) == "layers[2].conv"
    assert "\x1b" not in str(Span("net.onnx", 1, 1, label="a\x1b[31m"))
    assert len(str(Span("net.onnx", 1, 1, label="a" * 9000))) < 200


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_format_says_the_node(format: str) -> None:
    assert NODE in rendered(format)


def test_no_format_invents_a_line() -> None:
    assert "line=" not in rendered("github")
    assert ":7" not in rendered("concise")
    (first, second) = json.loads(rendered("gitlab"))
    assert first["location"]["lines"]["begin"] == 1
    assert first["description"] == f"`{NODE}`: the kernel is even"
    assert first["fingerprint"] != second["fingerprint"]
    assert "#L" not in rendered("markdown")


def test_sarif_has_a_logical_location() -> None:
    (location,) = json.loads(rendered("sarif"))["runs"][0]["results"][0]["locations"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": NODE}]
    assert "region" not in location["physicalLocation"]


def test_json_has_the_label() -> None:
    checked = json.loads(rendered("json"))
    assert [finding["label"] for finding in checked["diagnostics"]] == [NODE, "b"]
    assert all("line" not in finding for finding in checked["diagnostics"])


def test_junit_is_xml() -> None:
    assert ElementTree.fromstring(rendered("junit")) is not None


def test_fingerprints_are_of_the_node() -> None:
    moved = [Diagnostic("CHECK101", "even", Span("net.onnx", 70, 1, label=NODE), severity="warning")]
    assert fingerprints(Checked("net.onnx", moved)) == fingerprints(Checked("net.onnx", FINDINGS))[:1]
