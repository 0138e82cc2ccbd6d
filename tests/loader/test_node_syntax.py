"""Texts made of YAML's signs for anchors, aliases, tags, merges, documents and directives: each is read or refused."""

from __future__ import annotations

import random

import pytest

from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse
from analyzer.loader.schema.check import against_schema
from analyzer.loader.schema.model import model_schema
from analyzer.loader.text.tree import plain_value

SIGNS = (
    "*a", "&a ", "&b", "*b ", "!!str ", "!x ", "!", "!<x>", "!!map {}", "<<: ", "<<: *a", "<<: [*a, *b]", "---", "--- ",
    "...", "%YAML 1.2", "%YAML 9.9", "%TAG ! tag:x", "%", "# note", "\ufeff", "[", "]", "{", "}", "{*a : *a}", "? ",
    "? *a\n: 1", "? [a]\n: b", ": ", "- ", "|", ">-", "|\n x", "''", '""', "~", ",", "@", "`", "\t", "\r", "\x85", "\n",
    "  ",
)  # fmt: skip
LINES = (
    "input: 8x8x3", "vars: {w: &a 3}", "defaults: {conv: &b {padding: same}}", "blocks: {B: {params: [a], layers: [relu]}}",
    "layers:", "  - conv: {filters: 3, kernel: 3}", "  - relu: {name: x}", "  - B: {a: 1}", "  - residual: [relu]",
    "  - parallel: {a: [relu], b: [relu]}",
)  # fmt: skip


def text(chance: random.Random) -> str:
    """Signs only, or a model with signs in it."""
    if chance.random() < 0.4:
        return "".join(chance.choice(SIGNS) + chance.choice(("", "", "\n")) for _ in range(chance.randint(1, 8)))
    lines = list(LINES)
    for _ in range(chance.randint(1, 4)):
        line = chance.randrange(len(lines))
        at = chance.randint(0, len(lines[line]))
        rest = at + chance.choice((0, 0, 0, 2))
        lines[line] = lines[line][:at] + chance.choice(SIGNS) + lines[line][rest:]
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_every_text_is_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    schema = model_schema()
    for _ in range(150):
        made = text(chance)
        parsed = parse(made, "signs.yaml")
        assert parsed.model is not None or parsed.problems, made
        if parsed.model is not None:
            expand(parsed.model)
        if parsed.tree is not None:
            against_schema(plain_value(parsed.tree), schema, parsed.tree, "signs.yaml")


@pytest.mark.parametrize("sign", SIGNS)
def test_a_file_of_one_sign_is_a_mistake_with_a_place(sign: str) -> None:
    problems = parse(sign, "sign.yaml").problems
    assert problems
    assert all(problem.span is not None for problem in problems)
