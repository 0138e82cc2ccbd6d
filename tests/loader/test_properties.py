"""Whatever is written: a report or findings with their places, never anything else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from analyzer.diagnostics import FOREIGN, ModelError
from analyzer.engine.analysis import analyze_network
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse
from analyzer.loader.text.files import decode
from analyzer.loader.text.limits import LIMITS
from analyzer.reporter.messages import render
from analyzer.reporter.options import Options

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

TESTS = Path(__file__).parents[1]
GOOD = sorted((TESTS.parent / "example_models").glob("*.yaml"))
BAD = sorted((TESTS / "bad").rglob("*.yaml"))
SEED = [path.read_text(encoding="utf-8") for path in (*GOOD, *BAD)]

#: What hurts where it is put: signs of YAML and of expressions, words of the language, strange characters.
PIECES = [
    *"{}[]():,-?&*!|>%@`'\"#$=+/\\~x×\t\n ", "$(", "${", "- ", ": ", "<<: ", "*a", "&a ", "!!str ", "---\n", "...\n", "  ", "\r\n",
    "0", "-1", "1e999", "0x10", "1_000", "9" * 40, ".inf", ".nan", "1.5", "null", "true", "yes", "none", "?", "?x?", "32x32x3",
    "prev", "input", "conv", "dense", "residual", "parallel", "sequence", "repeat: 3", "first", "when: $D", "expect: 1x1x1", "from: prev",
    "tied: conv1", "name: a", "$D", "$H", "$i", "$width", "$(1/0)", "min(1, 2)", "**", "//", "if", "lambda", "\u202e", "\u200b", "\0", "\x1b", "\ufeff", "層", "é",
]  # fmt: skip


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that keep a test quick."""
    monkeypatch.setattr(LIMITS, "layers", 2_000)
    monkeypatch.setattr(LIMITS, "steps", 5_000)


def read(text: str) -> None:
    """Reads a text to the end of the way, and holds what is said against it."""
    read = parse(text, "net.yaml")
    model, problems = read.model, read.problems
    network = None
    if model is not None:
        network, more = expand(model)
        problems = [*problems, *more]
    lines = text.split("\n")
    for problem in problems:
        if problem.code == FOREIGN:  # about the file, not about a place in it
            continue
        assert problem.span is not None
        assert 1 <= problem.span.line <= len(text.splitlines()) + 1
        assert problem.span.column >= 1
        assert problem.message.isprintable()
        assert len(problem.message) < 2_000
    "".join(render(problems, {"net.yaml": text}, Options()))
    if not problems and network is not None:
        analyze_network(network)
    assert lines


SETTINGS = hypothesis.settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)


@SETTINGS
@hypothesis.given(st.text())
def test_any_text(small: None, text: str) -> None:
    read(text)


@SETTINGS
@hypothesis.given(st.binary())
def test_any_bytes(small: None, data: bytes) -> None:
    try:
        text = decode(data, "net.yaml")
    except ModelError as error:
        text = f"{error.diagnostics[0].span}\n"
    read(text)


@SETTINGS
@hypothesis.given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_signs(small: None, text: str) -> None:
    read(text)
    read(f"input: 8x8x3\nlayers:\n  - conv: {{filters: {text}, kernel: 3}}\n")


@pytest.mark.parametrize("seed", range(400))
def test_mutated_files(small: None, seed: int) -> None:
    read(mutated(seed))


def mutated(seed: int) -> str:
    """A file with a few pieces put in, taken out, doubled or moved."""
    chance = random.Random(seed)
    text = chance.choice(SEED)
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(text))
        stop = min(len(text), start + chance.choice([0, 0, 1, 1, 2, 5, 20]))
        piece = chance.choice([chance.choice(PIECES), "", text[start:stop] * 2, text[:20]])
        if chance.random() < 0.3:  # a line moved, doubled or taken out
            lines = text.split("\n")
            line = lines.pop(chance.randrange(len(lines)))
            for _ in range(chance.randint(0, 2)):
                lines.insert(chance.randint(0, len(lines)), chance.choice(["", " ", "  ", "    "]) + line)
            text = "\n".join(lines)
        else:
            text = text[:start] + piece + text[stop:]
    return text
