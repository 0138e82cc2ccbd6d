"""Findings in another file than the network's, the Python that made it: each format names that file and its line."""

from __future__ import annotations

import json

from analyzer.diagnostics import Diagnostic
from analyzer.reporter.findings import FORMATS
from analyzer.reporter.findings.checked import Checked, CheckRun, Rule, fingerprints
from analyzer.reporter.options import Options
from analyzer.source import Span

CODE = "import torch\nclass Net:\n    wide = conv(x)\n"
FOUND = [
    Diagnostic("CHECK101", "in the code", Span("../net.py", 3, 5, 3, 19), "warning"),
    Diagnostic("CHECK102", "in the whole", None, "note"),
]
CHECKED = Checked(
    "net.pt2",
    FOUND,
    path="models/net.pt2",
    name="net",
    rules=[Rule("CHECK101", "a", "warning", "A."), Rule("CHECK102", "b", "note", "B.")],
    others={"../net.py": ("net.py", CODE)},
)


def rendered(format: str) -> str:
    run = CheckRun([CHECKED], CHECKED.rules, address="https://example.org/")
    return "".join(FORMATS[format].render(run, Options()))


def test_text_shows_the_line() -> None:
    assert "╭─ ../net.py:3:5\n3 │     wide = conv(x)\n  │     ^^^^^^^^^^^^^^\n" in rendered("text")


def test_concise_names_the_file() -> None:
    assert rendered("concise").split("\n")[:2] == [
        "../net.py:3:5: warning CHECK101 in the code",
        "net.pt2: note CHECK102 in the whole",
    ]


def test_services_get_its_path() -> None:
    github = rendered("github").split("\n")
    assert github[0].startswith("::warning file=net.py,line=3,col=5,")
    assert github[1].startswith("::notice file=models/net.pt2,title=")
    gitlab = [one["location"] for one in json.loads(rendered("gitlab"))]
    assert gitlab == [
        {"path": "net.py", "lines": {"begin": 3}},
        {"path": "models/net.pt2", "lines": {"begin": 1}},
    ]
    results = json.loads(rendered("sarif"))["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results]
    assert places == ["net.py", "models/net.pt2"]
    assert "[`net.py:3`](https://example.org/net.py#L3)" in rendered("markdown")


def test_a_fingerprint_is_that_of_the_line_of_code() -> None:
    moved = CHECKED.but(
        diagnostics=[Diagnostic("CHECK101", "in the code", Span("../net.py", 4, 5), "warning")],
        others={"../net.py": ("net.py", "\n" + CODE)},
    )
    assert fingerprints(moved) == fingerprints(CHECKED)[:1]
