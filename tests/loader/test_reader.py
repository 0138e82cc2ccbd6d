"""The reader: places of keys and values, YAML 1.2's scalars, anchors and merge keys, what it refuses, limits."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.loader.text.limits import LIMITS
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, plain_value, value_of


def data(text: str) -> Any:
    """A text as plain data."""
    read = read_tree(text, "net.yaml")
    tree, problems = read.tree, read.problems
    assert not problems
    assert tree is not None
    return plain_value(tree)


def said(text: str) -> list[tuple[str, str]]:
    """What the reader refuses: codes and places."""
    return [(d.code, str(d.span)) for d in read_tree(text, "f").problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # YAML 1.2 core schema
        ("3", 3), ("-3", -3), ("+3", 3), ("0", 0), ("010", 10), ("3.5", 3.5), (".5", 0.5), ("3.", 3.0),
        ("1e3", 1000.0), ("1e-5", 1e-5), ("1E+2", 100.0), ("-1.5e3", -1500.0),
        ("true", True), ("True", True), ("TRUE", True), ("false", False),
        ("null", None), ("~", None), ("", None),
        # words there, flags in YAML 1.1
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("n", "n"), ("Yes", "Yes"),
        # text here, numbers in YAML 1.1 or 1.2
        ("0x10", "0x10"), ("0o17", "0o17"), ("0b11", "0b11"), ("1_000", "1_000"), ("1:30", "1:30"),
        (".inf", ".inf"), ("-.inf", "-.inf"), (".nan", ".nan"), ("1e999", "1e999"), ("2024-01-01", "2024-01-01"),
        ("32x32x3", "32x32x3"), ("1.2.3", "1.2.3"), ("-", "-"), ("+", "+"), (".", "."), ("e3", "e3"), ("1e", "1e"),
        ("٣", "٣"), ("tRUE", "tRUE"),
    ],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    place = Scalar("", None, None, plain=True)  # type: ignore[arg-type]
    result = value_of(Scalar(text, place.start, place.end, plain=True))
    assert (result, type(result)) == (value, type(value))
    assert value_of(Scalar(text, place.start, place.end, plain=False)) == text


def test_numbers_of_any_size_are_exact() -> None:
    assert data("a: 123456789012345678901234567890") == {"a": 123456789012345678901234567890}


def test_keys_are_text() -> None:
    assert data("{1e1: a, on: b, 010: c, true: d, ~: e, 3: f}") == dict(zip(["1e1", "on", "010", "true", "~", "3"], "abcdef", strict=True))  # fmt: skip


def test_every_key_and_value_keeps_its_place() -> None:
    tree = read_tree("a: 1\nb:\n  - {c: héé, d: 'x y'}\n  - e\n", "net.yaml").tree
    assert isinstance(tree, Mapping)
    (a, one), (b, items) = tree.items
    assert [str(t.span("f")) for t in (tree, a, one, b, items)] == ["f:1:1", "f:1:1", "f:1:4", "f:2:1", "f:3:3"]
    assert isinstance(items, Sequence)
    inner = items.items[0]
    assert isinstance(inner, Mapping)
    (c, h), (d, x) = inner.items
    assert [str(t.span("f")) for t in (inner, c, h, d, x)] == ["f:3:5", "f:3:6", "f:3:9", "f:3:14", "f:3:17"]
    ends = [(s.end_line, s.end_column) for s in (t.span("f") for t in (one, c, h, x, inner, items))]
    assert ends == [(1, 5), (3, 7), (3, 12), (3, 22), (3, 23), (4, 6)]


def test_anchors_and_merge_keys() -> None:
    assert data("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: [*x, *x]") == {
        "a": {"p": 1, "q": 2},
        "b": {"q": 3, "p": 1},
        "c": [{"p": 1, "q": 2}] * 2,
    }
    assert data("b: {<<: [{p: 1, q: 1}, {q: 2, r: 2}], r: 3}") == {"b": {"r": 3, "p": 1, "q": 1}}
    assert data("a: &n 5\nb: *n") == {"a": 5, "b": 5}
    assert data("a: {'<<': 1}") == {"a": {"<<": 1}}


def test_block_texts_and_comments() -> None:
    assert data("# first\na: |\n  one\n  two\nb: >-\n  one\n  two # text\n") == {
        "a": "one\ntwo\n",
        "b": "one two # text",
    }
    assert data("---\na: b\n...\n") == {"a": "b"}
    assert data("\ufeffa: b".lstrip("\ufeff")) == {"a": "b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", [("YAML101", "f:3:1")]),
        ("{a: 1, b: {c: 1, c: 2}}", [("YAML101", "f:1:18")]),
        ("a: !x 1", [("YAML102", "f:1:4")]),
        ("a: !!map {b: 1}", [("YAML102", "f:1:4")]),
        ("a: *b", [("YAML103", "f:1:4")]),
        ("a: &b [*b]", [("YAML103", "f:1:8")]),
        ("a: &b {c: {d: *b}}", [("YAML103", "f:1:15")]),
        ("a: 1\n---\nb: 1", [("YAML104", "f:2:1")]),
        ("? [a]\n: 1", [("YAML105", "f:1:3")]),
        ("? {a: 1}\n: 1", [("YAML105", "f:1:3")]),
        ("a: {<<: 1}", [("YAML106", "f:1:9")]),
        ("a: {<<: [{b: 1}, 2]}", [("YAML106", "f:1:9")]),
        ("a: {b: max(1, $c), d: 2}", [("YAML107", "f:1:8")]),
        ("a: [max(1, $c), min($d, 2)]", [("YAML107", "f:1:5"), ("YAML107", "f:1:17")]),
        ("a: 'b\x07'", [("YAML108", "f:1:6")]),
        ('a: "\\x07"', [("YAML108", "f:1:4")]),
        ("a: b\u202ec", [("YAML108", "f:1:5")]),
        ("a: [", [("YAML100", "f:1:4")]),
        # several in one run
        ("a: *b\nc: !t 1\nd: {e: 1, e: 2}", [("YAML103", "f:1:4"), ("YAML102", "f:2:4"), ("YAML101", "f:3:11")]),
    ],
)
def test_refused(text: str, expected: list[tuple[str, str]]) -> None:
    assert said(text) == expected


def test_what_is_allowed_in_text() -> None:
    assert data("a: caf\u00e9 \u00d7 \U0001f642\u200d \u00a0") == {"a": "caf\u00e9 \u00d7 \U0001f642\u200d \u00a0"}
    assert data('a: "tab\\tand\\nbreak"') == {"a": "tab\tand\nbreak"}
    assert data("a: (b) (c, d)\n") == {"a": "(b) (c, d)"}


def test_a_split_expression_is_put_together_again() -> None:
    read = read_tree("{a: max(1, $c), d: 2}", "f")
    tree, problems = read.tree, read.problems
    assert tree is not None
    assert plain_value(tree) == {"a": "max(1, $c)", "d": 2}
    assert problems[0].help == 'quote it: "max(1, $c)"'


def test_nesting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "nesting", 4)
    assert said("[[[[1]]]]") == []
    assert said("[[[[[1]]]]]") == [("LIMIT102", "f:1:5")]
    assert said("a: &a [[1]]\nb: [*a]") == []
    assert said("a: &a [[1]]\nb: [[*a]]") == [("LIMIT102", "f:2:6")]
    assert said("a:\n b:\n  c:\n   d: 1") == []
    assert said("a:\n b:\n  c:\n   d:\n    e: 1") == [("LIMIT102", "f:5:5")]


def test_aliases_count_as_what_they_expand_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "nodes", 20)
    assert said("a: &a [1, 1, 1]\nb: [*a, *a, *a]") == []
    assert said("a: &a [1, 1, 1]\nb: &b [*a, *a, *a]\nc: [*b, *b]")[0][0] == "LIMIT102"


def test_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "text", 10)
    assert said("a: 3456789") == []
    assert said("a: 34567890") == [("LIMIT101", "f:1:1")]


def test_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "findings", 3)
    problems = read_tree("{a: *b, c: *b, d: *b, e: *b, f: *b}", "f").problems
    assert [(d.code, d.severity, str(d.span)) for d in problems] == [
        ("YAML103", "error", "f:1:5"),
        ("YAML103", "error", "f:1:12"),
        ("YAML103", "error", "f:1:19"),
        ("LIMIT107", "note", "f:1:26"),
    ]
