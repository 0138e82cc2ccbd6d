"""After a syntax error: the tree before and behind it, and the mistakes elsewhere that do not follow from it."""

from __future__ import annotations

from textwrap import dedent

import pytest
from loading import FILE, messages

from analyzer.loader.parse.file import parse
from analyzer.loader.text.tree import Mapping, Sequence, Tree, plain_value


def tree(text: str) -> Tree:
    """The tree of a text with a syntax error, from which no model is made."""
    read = parse(dedent(text), FILE)
    assert read.model is None
    assert [problem.code for problem in read.problems].count("YAML100") > 0
    assert read.tree is not None
    return read.tree


BROKEN = """\
    input: 32x32x3
    layers:
      - conv: {filters: 8, kernel: 3
      - relu
      - dense: 10
    outputs: [dense1]
    """


def test_keys_and_items_before_and_behind_are_kept() -> None:
    root = tree(BROKEN)
    assert plain_value(root) == {"input": "32x32x3", "layers": ["relu", {"dense": 10}], "outputs": ["dense1"]}


def test_places_behind_are_those_of_the_file() -> None:
    root = tree(BROKEN)
    assert isinstance(root, Mapping)
    outputs = root.get("outputs")
    assert isinstance(outputs, Sequence)
    assert str(outputs.items[0].span(FILE)) == f"{FILE}:6:11"


def test_a_text_that_ends_too_early_has_the_tree_before() -> None:
    root = tree("{input: 32x32x3, layers: [relu, {conv: {filters: 8, kernel: ")
    assert plain_value(root) == {"input": "32x32x3", "layers": ["relu", {"conv": {"filters": 8, "kernel": None}}]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # another item and another key have mistakes of their own
            """\
            input: 32x32x3
            layers:
              - conv: {filters: 8, kernel: 3
              - cnov: {filters: 8, kernel: 3}
            budget: {parms: 1M}
            """,
            ["3:11 YAML100", "4:5 MODEL102", "5:10 MODEL101"],
        ),
        (  # two syntax errors with a good line between them
            """\
            input: 32x32x3
            layers:
              - conv: {filters: 8, kernel: 3
              - relu
              - dense: 'x
            """,
            ["3:11 YAML100", "5:12 YAML100"],
        ),
        (  # the lost key is `input`, so that none is missing
            """\
            input:32x32x3
            layers:
              - relu
            """,
            ["1:1 YAML100"],
        ),
        (  # the name may be declared in the lost lines
            """\
            input: 32x32x3
            vars:
              w 3
              v: 1
            layers:
              - dense: $w
            """,
            ["4:4 YAML100"],
        ),
        (  # the block may be declared in the lost lines
            """\
            input: 32x32x3
            blocks:
              A: {layers: [relu]
            layers:
              - A
            """,
            ["3:6 YAML100"],
        ),
        (  # the anchor may be in the lost lines
            """\
            input: 32x32x3
            layers:
              - &c conv: {filters: 8, kernel: 3
              - *c
            """,
            ["3:14 YAML100"],
        ),
        (  # a parameter of the layer was lost, so that none is missing
            """\
            input: 32x32x3
            layers:
              - conv:
                  filters: 8
                  kernel 3
              - dense: 10
            """,
            ["5:7 YAML100"],
        ),
    ],
)
def test_mistakes_that_do_not_follow_from_it_are_found_too(text: str, expected: list[str]) -> None:
    assert [" ".join(message.split()[:2]) for message in messages(text)] == expected
