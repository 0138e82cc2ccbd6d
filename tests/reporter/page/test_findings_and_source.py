"""The findings and the source of the page, without a browser: what is there, what is marked, and text that stays text."""

from __future__ import annotations

import re
from html import unescape

import pytest

import analyzer
from analyzer.diagnostics import Diagnostic
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page import findings, source, wrong
from analyzer.reporter.page.page import render
from analyzer.reporter.page.reviewed import Reviewed, Wrong
from analyzer.reporter.picture.scene import scene_of
from analyzer.source import Span

TEXT = """\
input: 32x32x3
blocks:
  Pair:
    params: [c]
    layers:
      - conv: {filters: $c, kernel: 3, padding: 1}
      - max_pool: 2
layers:
  - Pair: {c: 8}
  - {Pair: {c: 16}, repeat: 2}
  - conv: {filters: 4, kernel: 3, norm: batch_norm}
budget: {params: 10}
"""

NASTY = ["</script><b>", "a\u202eb", "\x1b[31m", '"quoted" & <tag>', "x" * 10_000, "`tick"]


def reviewed(text: str = TEXT) -> Reviewed:
    model = analyzer.load(text)
    return Reviewed(analysis=analyzer.analyze(model), findings=analyzer.check(model), texts={model.file: text})


def drawn(view: object, subject: Reviewed) -> str:
    return "".join(view.section(subject, scene_of(subject.analysis), Options()))  # type: ignore[attr-defined]


def words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", markup)).split())


def lines(markup: str) -> dict[int, tuple[str, str]]:
    """The text and the volume of each line that is shown."""
    found = {}
    for item in re.findall(r'<li id="page-line-[\d-]+"[^>]*>.*?</li>', markup):
        number, indent, code, volume = re.fullmatch(
            r"<li[^>]*><b>(\d+)</b>(?:<i>( +)</i>)?<code>(.*?)</code>(?:<span>(.*)</span>)?</li>", item
        ).groups()  # type: ignore[union-attr]
        found[int(number)] = (indent or "") + unescape(re.sub(r"<[^>]*>", "", code)), words(volume or "")
    return found


def test_the_text_is_whole_and_each_line_has_its_volume() -> None:
    """By hand: 32×32 halves with each pool, and a 3×3 kernel without padding takes 2 cells away."""
    found = lines(drawn(source, reviewed()))
    assert [text for text, _ in found.values()] == TEXT.splitlines()
    assert {number: volume for number, (_, volume) in found.items() if volume} == {
        6: "32×32×8 … 8×8×16",
        7: "16×16×8 … 4×4×16",
        9: "16×16×8",
        10: "8×8×16 … 4×4×16",
        11: "2×2×4",
    }


def test_lines_with_findings_are_marked() -> None:
    markup = drawn(source, reviewed())
    assert re.search(r'<li id="page-line-11" class="source-line source-warn">.*<mark title="[^"]+">', markup)
    assert re.search(r'<li id="page-line-12" class="source-line source-bad">', markup)
    assert markup.count("<mark") == len({finding.span.line for finding in reviewed().findings or () if finding.span})


def test_findings_have_severity_code_line_arithmetic_and_help() -> None:
    text = words(drawn(findings, reviewed()))
    assert text.startswith("Findings1 error, 1 warning")
    assert "warning CHECK202 · line 11" in text
    assert "error CHECK501 · line 12" in text
    assert "`" not in text
    assert "over its budget of 10" in text


def test_no_finding_says_so() -> None:
    subject = reviewed("input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3}}]\n")
    assert "None: every check passes." in drawn(findings, subject)
    assert "did not run" in drawn(findings, subject.but(findings=None))


def test_a_network_without_text_says_why() -> None:
    analysis = analyzer.analyze({"input": "8x8x3", "layers": [{"conv": {"filters": 4, "kernel": 3}}]})
    subject = Reviewed(analysis=analysis, findings=analyzer.check(analysis))
    assert "it has no text" in drawn(source, subject)
    assert source.data(subject, scene_of(analysis), Options())["rest"] == []
    built = subject.but(texts={"net.py": "x = 1\n"})
    assert "net.py" in drawn(source, built)


def test_the_rest_of_a_long_text_is_in_the_data_once() -> None:
    text = "input: 8x8x3\nlayers:\n" + "  - relu\n" * 1000
    subject = reviewed(text)
    found, data = lines(drawn(source, subject)), source.data(subject, scene_of(subject.analysis), Options())
    assert [line for line, _ in found.values()] + data["rest"] == text.splitlines()
    assert len(found) == source.FIRST


@pytest.mark.parametrize("name", NASTY)
def test_a_finding_is_text(name: str) -> None:
    span = Span(name, 2, 1)
    finding = Diagnostic("X", f"in `{name}` and {name}", span, notes=[name, f"a\n{name}"], help=name)
    page = "".join(render([Wrong(name, [finding], {name: f"a: 1\n{name}: 2\n"})], Options()))
    body = page[page.index("<body>") : page.rindex("<script>")]
    assert "<b>" not in body.replace("<b>help</b>", "").replace("<b>1</b>", "").replace("<b>2</b>", "")
    assert "<tag>" not in body
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert page.count("</script>") == 1


def test_a_wrong_model_shows_its_lines_around_what_is_wrong() -> None:
    text = "a: 1\n" * 5000
    finding = Diagnostic("X1", "no", Span("net.yaml", 4000, 1, 4000, 2))
    markup = "".join(wrong.sections(Wrong("net.yaml", [finding], {"net.yaml": text})))
    found = lines(markup)
    assert set(range(3990, 4011)) <= set(found)
    assert len(found) < 100
    assert "left out" in markup
    assert '<a href="#page-line-4000">line 4000</a>' in markup


def test_the_ids_of_several_files_differ() -> None:
    finding = Diagnostic("X1", "no", Span("net.yaml", 1, 1))
    failed = Wrong("net.yaml", [finding], {"net.yaml": "a: 1\n"})
    markup = "".join((*wrong.sections(failed, "h2", 1), *wrong.sections(failed, "h2", 2)))
    assert re.findall(r' id="([^"]*)"', markup) == ["page-line-1-1", "page-line-2-1"]


def test_a_failed_file_without_text_has_its_findings() -> None:
    markup = "".join(wrong.sections(Failed("net.onnx", [Diagnostic("X1", "no", None)])))
    assert 'data-view="findings"' in markup
    assert 'data-view="source"' not in markup


def test_thousands_of_findings_are_counted() -> None:
    many = [Diagnostic("X1", "no", Span("net.yaml", line, 1)) for line in range(1, 1001)]
    markup = "".join(findings.mistakes(Failed("net.yaml", many)))
    assert markup.count('class="findings-item"') == findings.MOST
    assert "and 800 more" in markup
