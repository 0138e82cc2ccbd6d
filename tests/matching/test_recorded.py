"""Recorded modules held against their examples: each is the same network, and mistakes of one line are found.

What was recorded is of the frameworks (tests/peers/recorded_observations.py), so that these tests need none of them.
`python benchmarks/matching.py` does the same with live modules, and many more mistakes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from mutations import bare, mutations, sample
from observations import FOLDER, names, read, write
from verdicts import Reviewed, Verdict, counted, look, planted, reviewed

import analyzer

#: Mistakes that are drawn for each module; those that do not load, or change no volume and no count, do not count.
DRAWN = 4
#: The share of mistakes whose layer is the first that is shown.
FIRST = 0.95


@cache
def review(name: str) -> Reviewed:
    recorded = read(name)
    return reviewed(recorded.text, recorded.set, recorded.observation)


def test_thirty_networks_are_recorded() -> None:
    assert len(names()) >= 30


@pytest.mark.parametrize("name", names())
def test_a_module_is_its_example(name: str) -> None:
    held = review(name).match
    assert [(one.fields, one.observed, one.row) for one in held.differences] == []
    assert held.equal
    assert {pair.row.name for pair in held.pairs} == {row.name for row in counted(held.analysis)}
    assert held.observation.parameters == held.analysis.totals.declared.parameters


@cache
def verdicts() -> list[tuple[str, Verdict]]:
    return [(name, verdict) for name in names() for verdict in review(name).mutants(DRAWN, name)]


def test_every_mistake_that_changes_a_volume_or_a_count_is_found() -> None:
    assert len(verdicts()) > 80
    assert [f"{name}: {one.mutation}: {one.text}" for name, one in verdicts() if not one.found] == []


def test_the_layer_of_a_mistake_is_shown_first() -> None:
    others = [f"{name}: {one.mutation}: {one.text}" for name, one in verdicts() if not one.first]
    assert len(others) <= (1 - FIRST) * len(verdicts()), "\n".join(others)


@pytest.mark.parametrize("name", names())
def test_what_is_read_is_written_as_it_was(name: str, tmp_path: Path) -> None:
    path = write(name, read(name), tmp_path)
    assert path.read_bytes() == (FOLDER / path.name).read_bytes()


# -- the mistakes themselves ----------------------------------------------------------------------------------------------

TEXT = """\
name: three
input: 8x8x3
vars:
  width: 4
defaults:
  conv: {kernel: 3, bias: false}
layers:
  - conv: $width
  - conv: {filters: 8, stride: 2}
    expect: 2x2x8
  - dense: 10
budget:
  params: 1
"""


@pytest.mark.parametrize(
    ("kind", "after", "line"),
    [
        ("value", "width: 8", "  width: 8"),
        ("kernel", "conv: {kernel: 4, bias: false}", "  conv: {kernel: 4, bias: false}"),
        ("bias", "conv: {kernel: 3, bias: true}", "  conv: {kernel: 3, bias: true}"),
        ("filters", "- conv: {filters: 2*($width)}", "  - conv: {filters: 2*($width)}"),
        ("stride", "- conv: {filters: 8}", "  - conv: {filters: 8}"),
        ("groups", "- conv: {filters: 8, stride: 2, groups: 2}", "  - conv: {filters: 8, stride: 2, groups: 2}"),
        ("norm", "- dense: {units: 10, norm: batch_norm}", "  - dense: {units: 10, norm: batch_norm}"),
        ("missing", "", ""),
        ("extra", "- dense: 10 / - batch_norm", "  - batch_norm"),
        ("swapped", "- conv: {filters: 8, stride: 2} / - conv: $width", "  - conv: $width"),
    ],
)
def test_a_mutant_is_one_changed_line(kind: str, after: str, line: str) -> None:
    found = [one for one in mutations(bare(TEXT)) if one.kind == kind and one.after == after]
    assert found
    assert all(line in one.text.splitlines() for one in found)
    assert "expect" not in found[0].text
    assert "budget" not in found[0].text


def test_a_sample_has_every_kind_and_is_the_same_each_time() -> None:
    drawn = sample(bare(TEXT), 40, "a seed")
    assert drawn == sample(bare(TEXT), 40, "a seed")
    assert {one.kind for one in drawn} >= {
        "bias",
        "extra",
        "filters",
        "groups",
        "kernel",
        "missing",
        "norm",
        "stride",
        "value",
    }


def place(kind: str, after: str, line: int) -> range | None:
    """Where a mutant differs, by the rows of both."""
    (one,) = [one for one in mutations(bare(TEXT)) if (one.kind, one.after, one.line) == (kind, after, line)]
    right, wrong = (counted(analyzer.analyze(text)) for text in (bare(TEXT), one.text))
    return planted([look(row) for row in right], wrong, one)


def test_the_place_of_a_mistake_is_that_of_the_first_row_that_differs() -> None:
    assert place("value", "width: 8", 4) == range(1)
    assert place("stride", "- conv: {filters: 8}", 9) == range(1, 2)
    assert place("norm", "- dense: {units: 10, norm: batch_norm}", 11) == range(3, 4)
    assert place("missing", "", 9) == range(1, 2)
    assert place("norm", "- conv: {filters: $width, norm: none}", 8) is None, "there was no norm"
