"""The formats of `analyzer check`: what each writes of the same findings, and that nothing a model says acts in them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from analyzer.diagnostics import Diagnostic
from analyzer.reporter.findings import FORMATS
from analyzer.reporter.findings.checked import Checked, CheckRun, Rule, fingerprints
from analyzer.reporter.options import Options
from analyzer.source import Span

PIXELS = Rule(
    "CHECK101", "unread-pixels", "note", "Pixels that no window reads.", "A window.", "A window.\n\n    {kernel: 3}"
)
PAIR = Rule("CHECK201", "linear-pair", "warning", "Two linear layers.", "A sum of sums\nis a sum.")
TEXT = "input: 32x32x3\nlayers:\n  - conv: {filters: 16, kernel: 3, stride: 2}\n  - dense: 10\n"

#: What a name, a note or a file may hold.
HOSTILE = [
    "<script>alert(1)</script>",
    "\"quoted\" and 'quoted' | piped & more",
    "one\ntwo\r\n::error::three\rfour\u2028five",
    "a ]]> b <![CDATA[ c",
    "\u202egnp.exe\u2066 \u200f",
    "\x1b[31mred\x1b[0m \x00 \x07 \x9b",
    "100%, a: b::c %0A",
    "{0} {name} [text](javascript:alert(1)) \\",
    "\ud800 \ufffe \U000e0041",
    "long" * 50_000,
]


def finding(code: str = "CHECK201", severity: str = "warning", line: int | None = 3, **more: Any) -> Diagnostic:
    span = None if line is None else Span("net.yaml", line, 5, line, 46)
    return Diagnostic(code, more.pop("message", "two layers"), span, severity=severity, **more)


def net(*found: Diagnostic, **more: Any) -> Checked:
    given: dict[str, Any] = {"name": "net", "text": TEXT, "rules": [PIXELS, PAIR], **more}
    return Checked(given.pop("file", "net.yaml"), found, **given)


def render(format: str, *files: Checked, **options: Any) -> str:
    return "".join(FORMATS[format].render(CheckRun(files, [PIXELS, PAIR], "1.2"), Options(**options)))


PLAIN = net(
    finding(notes=["the arithmetic"], help="an activation"),
    finding("CHECK101", "note", 4, message="1 of 32 cells"),
)
WRONG = Checked("bad.yaml", [Diagnostic("MODEL102", "no such type", Span("bad.yaml", 3, 5))], text=TEXT)
MISSING = Checked("nope.yaml", [Diagnostic("FILE101", "file `nope.yaml` does not exist", None)], readable=False)


# --------------------------------------------------------------------------------------------------------------------
# What each says.


def test_text_is_the_look_of_all_messages_and_counts_models() -> None:
    said = render("text", PLAIN, WRONG, MISSING)
    assert said.startswith("warning[CHECK201]: two layers\n  ╭─ net.yaml:3:5\n3 │   - conv: {filters")
    assert said.endswith("\n\n2 models checked: 1 error, 1 warning, 1 note\n")
    assert "nope.yaml" not in said
    assert render("text", net()) == "1 model is fine\n"
    assert render("text", *[net()] * 48) == "48 models are fine\n"
    assert render("text", *[net()] * 3, net(finding(), finding())).endswith("\n4 models checked: 2 warnings\n")
    assert render("text", MISSING) == ""


def test_concise_is_a_line_each() -> None:
    assert render("concise", PLAIN, WRONG, MISSING, net(finding(line=None))).splitlines() == [
        "net.yaml:3:5: warning CHECK201 two layers",
        "net.yaml:4:5: note CHECK101 1 of 32 cells",
        "bad.yaml:3:5: error MODEL102 no such type",
        "net.yaml: warning CHECK201 two layers",
    ]


def test_json_is_an_object_or_an_array() -> None:
    assert json.loads(render("json", PLAIN)) == {
        "format": 1,
        "file": "net.yaml",
        "name": "net",
        "diagnostics": [
            {
                "code": "CHECK201", "severity": "warning", "message": "two layers", "file": "net.yaml", "line": 3,
                "column": 5, "notes": ["the arithmetic"], "help": "an activation",
            },
            {"code": "CHECK101", "severity": "note", "message": "1 of 32 cells", "file": "net.yaml", "line": 4, "column": 5},
        ],
    }  # fmt: skip
    several = json.loads(render("json", PLAIN, WRONG, MISSING))
    assert [record["file"] for record in several] == ["net.yaml", "bad.yaml", "nope.yaml"]
    assert "name" not in several[1]
    assert several[2]["diagnostics"][0]["code"] == "FILE101"
    assert json.loads(render("json")) == []


def test_github_is_a_command_each_with_its_escapes() -> None:
    """The escapes are those of actions/toolkit: `%0A` between lines, `%3A` and `%2C` in properties alone."""
    odd = net(finding(message="50%: a, b", notes=["one\ntwo"]), path="a,b:c%/net.yaml")
    assert render("github", PLAIN, odd, MISSING).splitlines() == [
        "::warning file=net.yaml,line=3,col=5,title=CHECK201::two layers%0Athe arithmetic%0Ahelp: an activation",
        "::notice file=net.yaml,line=4,col=5,title=CHECK101::1 of 32 cells",
        "::warning file=a%2Cb%3Ac%25/net.yaml,line=3,col=5,title=CHECK201::50%25: a, b%0Aone%0Atwo",
        "::error file=nope.yaml,title=FILE101::file `nope.yaml` does not exist",
    ]


def test_markdown_is_a_table_of_models_and_one_of_findings() -> None:
    said = render("markdown", net(), PLAIN, WRONG, MISSING)
    assert said.startswith("### analyzer check: 3 of 4 models failed\n")
    rows = [line for line in said.splitlines() if line.startswith("| `")]
    assert rows == [
        "| `net.yaml` | **fails** |  | 1 | 1 |",
        "| `bad.yaml` | **does not load** | 1 |  |  |",
        "| `nope.yaml` | **cannot be read** | 1 |  |  |",
        "| `net.yaml` | passes |  |  |  |",
    ]
    assert "| 3 | warning | `CHECK201` | two layers |\n" in said
    assert "<details><summary>Details</summary>\n\n~~~~text\nline 3: CHECK201: two layers\n  the arithmetic\n" in said
    assert render("markdown", net()).startswith("### analyzer check: 1 model passed\n")


def test_markdown_links_to_lines_where_a_service_shows_files() -> None:
    run = CheckRun(
        [net(finding(), path="a b/net.yaml")], address="https://github.com/o/r/blob/abc/", notes=["`x` is new"]
    )
    said = "".join(FORMATS["markdown"].render(run, Options()))
    assert "| [3](https://github.com/o/r/blob/abc/a%20b/net.yaml#L3) | warning |" in said
    assert "\n`x` is new.\n" in said


def test_markdown_stays_below_what_a_summary_may_have() -> None:
    """A step's summary may have 1 MiB (docs.github.com, "Step isolation and limits")."""
    many = [net(*[finding(message="long words " * 20)] * 40, file=f"net{n}.yaml") for n in range(400)]
    said = render("markdown", *many)
    assert 900_000 < len(said.encode()) < 1 << 20
    assert re.search(r"\n[0-9,]+ findings left out, since a summary has no room for more.\n$", said)
    assert said.count("<details>") == said.count("</details>")


def test_gitlab_is_an_array_of_issues() -> None:
    issues = json.loads(render("gitlab", PLAIN, WRONG, net(finding(line=None))))
    assert [(issue["check_name"], issue["severity"], issue["location"]) for issue in issues] == [
        ("CHECK201", "major", {"path": "net.yaml", "lines": {"begin": 3}}),
        ("CHECK101", "info", {"path": "net.yaml", "lines": {"begin": 4}}),
        ("MODEL102", "critical", {"path": "bad.yaml", "lines": {"begin": 3}}),
        ("CHECK201", "major", {"path": "net.yaml", "lines": {"begin": 1}}),
    ]
    assert json.loads(render("gitlab", net())) == []


def test_sarif_has_rules_results_and_the_trouble_of_the_run() -> None:
    [run] = json.loads(render("sarif", PLAIN, WRONG, MISSING))["runs"]
    driver, rules = run["tool"]["driver"], run["tool"]["driver"]["rules"]
    assert (driver["name"], driver["version"]) == ("analyzer", "1.2")
    assert [rule["id"] for rule in rules] == ["CHECK101", "CHECK201", "MODEL102"]
    assert rules[1] == {
        "id": "CHECK201",
        "name": "linear-pair",
        "shortDescription": {"text": "Two linear layers."},
        "fullDescription": {"text": "A sum of sums is a sum."},
        "help": {"text": "A sum of sums\nis a sum.", "markdown": "A sum of sums\nis a sum."},
        "defaultConfiguration": {"level": "warning"},
    }
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["CHECK201", "CHECK101", "MODEL102"]
    assert [result["level"] for result in run["results"]] == ["warning", "note", "error"]
    [place] = run["results"][0]["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "net.yaml"},
        "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 46},
    }
    assert run["columnKind"] == "unicodeCodePoints"
    [invocation] = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "file `nope.yaml` does not exist"
    assert json.loads(render("sarif", PLAIN))["runs"][0]["invocations"] == [{"executionSuccessful": True}]


def test_sarif_addresses_are_addresses() -> None:
    def address(path: str) -> str:
        [run] = json.loads(render("sarif", net(finding(), path=path)))["runs"]
        return str(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])

    assert address("a b/ü#?:%.yaml") == "a%20b/%C3%BC%23%3F%3A%25.yaml"  # RFC 3986, 2.1 and 3.3
    assert address("/srv/net.yaml") == "file:///srv/net.yaml"
    assert address("<stdin>") == "%3Cstdin%3E"


def test_columns_of_sarif_count_characters() -> None:
    """A sign outside the first plane before the mistake is one column, as the loader counts it."""
    from analyzer.loader.parse.file import parse

    problems = parse('input: 8x8x3\nlayers: [{conv: {filters: 1, kernel: 1}, name: "😀"}, cnov]\n', "net.yaml").problems
    [mistake] = [finding for finding in problems if "cnov" in finding.message]
    [run] = json.loads(render("sarif", Checked("net.yaml", [mistake])))["runs"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    line = 'layers: [{conv: {filters: 1, kernel: 1}, name: "😀"}, cnov]'
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "cnov"


def test_junit_is_a_suite_a_file_and_a_case_a_check() -> None:
    root = ElementTree.fromstring(render("junit", PLAIN, WRONG, MISSING))
    assert root.attrib == {"name": "analyzer check", "tests": "5", "failures": "2", "errors": "1"}
    first, wrong, missing = root
    assert [case.get("name") for case in first] == ["the model loads", "CHECK101 unread-pixels", "CHECK201 linear-pair"]
    assert [[part.tag for part in case] for case in first] == [[], ["system-out"], ["failure"]]
    failure = first[2][0]
    assert failure.attrib == {"type": "CHECK201", "message": "two layers"}
    assert failure.text == "net.yaml:3:5: warning CHECK201 two layers\n  the arithmetic\n  help: an activation"
    assert wrong[0][0].tag == "failure"
    assert missing[0][0].tag == "error"


def test_junit_has_several_findings_of_a_check_in_one_failure() -> None:
    """A case has one result; a finding of no check that was asked has its own case."""
    root = ElementTree.fromstring(render("junit", net(finding(), finding(line=4), finding("BUDGET101", "error"))))
    assert root[0].attrib == {"name": "net.yaml", "tests": "4", "failures": "2", "errors": "0"}
    pair, budget = root[0][2], root[0][3]
    assert pair[0].get("message") == "two layers (and 1 more)"
    assert len((pair[0].text or "").splitlines()) == 2
    assert budget.get("name") == "BUDGET101"


# --------------------------------------------------------------------------------------------------------------------
# Fingerprints.


def test_fingerprints_stay_while_lines_move() -> None:
    moved = net(finding(line=5, message="`conv2` and `dense1`"), text="# one\n# two\n" + TEXT)
    assert fingerprints(moved) == fingerprints(net(finding(line=3, message="`conv1` and `dense1`")))


def test_fingerprints_tell_findings_apart() -> None:
    same_line = net(finding(), finding(), finding("CHECK101"), finding(line=4), finding(line=None))
    found = [*fingerprints(same_line), *fingerprints(net(finding(), path="other.yaml"))]
    assert len(set(found)) == len(found)


# --------------------------------------------------------------------------------------------------------------------
# What a model's author wrote.


def hostile(text: str) -> Checked:
    """A file whose every word is `text`, and a finding that repeats it everywhere."""
    found = Diagnostic("CHECK201", text, Span(text, 3, 5), notes=[text], help=text)
    note = Diagnostic("CHECK101", text, Span(text, 3, 5), severity="note", notes=[text])
    return Checked(text, [found, note], name=text, text=text, rules=[PIXELS, PAIR])


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_character_acts_on_a_terminal_or_a_reader(text: str, format: str, unicode: bool) -> None:
    said = render(format, hostile(text), unicode=unicode)
    assert all(sign.isprintable() or sign == "\n" for sign in said)
    assert unicode or said.isascii()
    said.encode()  # also no half of a character


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_json_formats_give_back_texts(text: str) -> None:
    whole = render("json", hostile(text))
    assert json.loads(whole)["diagnostics"][0]["message"] == text
    assert json.loads(whole)["file"] == text
    for format in ("gitlab", "sarif"):
        data = json.loads(render(format, hostile(text)))
        assert all(part.isprintable() or "\n" in part for part in texts(data))


def texts(data: Any) -> list[str]:
    """The texts in a value of JSON, but for the line ends that SARIF names."""
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        return [text for key, value in data.items() if key != "newlineSequences" for text in texts(value)]
    return [text for value in data for text in texts(value)] if isinstance(data, list) else []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_finding_stays_one_command_and_one_line(text: str) -> None:
    lines = render("github", hostile(text)).splitlines()
    assert len(lines) == 2
    for line in lines:
        match = re.fullmatch(r"::(error|notice) file=[^,:]*,line=3,col=5,title=CHECK\d+::(.*)", line)
        assert match
        assert not re.search(r"%(?!25|0A|0D|3A|2C)", line)
        assert len(match[2]) < 13_000  # at most 4,000 characters, each escaped with three
    lines = render("concise", hostile(text)).splitlines()
    assert len(lines) == 2


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_xml_holds_no_element_but_its_own(text: str) -> None:
    root = ElementTree.fromstring(render("junit", hostile(text)))
    known = {"testsuites", "testsuite", "testcase", "failure", "system-out"}
    assert {element.tag for element in root.iter()} == known
    if text.isprintable():
        assert root[0].get("name") == text
        assert f"\n  help: {text}" in (root.findtext(".//failure") or "")


def test_a_message_of_sarif_has_no_placeholder_and_no_link() -> None:
    """SARIF 2.1.0, §3.11.5: braces stand doubled; §3.11.6: `[text](target)` would be a link."""
    found = net(finding(message="`{0}` [text](javascript:alert(1))"))
    [run] = json.loads(render("sarif", found))["runs"]
    assert run["results"][0]["message"]["text"] == "`{{0}}` [text] (javascript:alert(1))"
    assert "{kernel: 3}" in run["tool"]["driver"]["rules"][0]["help"]["text"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_markdown_is_inert(text: str) -> None:
    """No cell, tag, link, mention or command comes from a text; what is between fences or backticks is not read."""
    said = render("markdown", hostile(text))
    fences = re.findall("^~~~~.*$", said, re.MULTILINE)
    assert fences == ["~~~~text", "~~~~"]
    said = re.sub("(?s)~~~~text\n.*?\n~~~~", "", said)
    for line in said.splitlines():
        if line.startswith("|"):
            assert line.count("|") in (5, 6), line
    said = re.sub(r"`[^`\n]*`", "", said)
    assert not re.search(r"<script|\]\(j|::error|<!|[\x00-\x09\x1b\x9b\u202e\u2066]", said)
    assert len(said) < 60_000
