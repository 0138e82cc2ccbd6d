"""Layers without parameters compared: what is the same written in two ways, and what differs.

The program that a module is exported to is a network too, so here both sides are networks in YAML.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from analyzer.engine.result import Analysis
from analyzer.matching.match import match
from analyzer.matching.observed import Observation, Observed
from analyzer.matching.result import Match
from analyzer.matching.strict import compared_strictly
from analyzer.reporter.matching.text import text_of

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))
PROGRAMS = sorted((ROOT / "tests" / "data").rglob("*.pt2"))

HEAD = "input: 16x16x8\nlayers:\n  - {conv: {filters: 8, kernel: 3, padding: 1}, name: c1}\n"
END = "  - {conv: {filters: 8, kernel: 1}, name: c2}\n  - {dense: 5, name: last}\n"


def observed(program: Analysis, modules: dict[str, str]) -> Observation:
    """What hooks would see of a program: its layers with parameters."""
    calls = [
        Observed(
            row.name,
            row.kind,
            [(1, source.output.depth, *source.output.spatial) for source in row.node.inputs],
            [(1, row.output.depth, *row.output.spatial)],
            row.declared.weights,
            row.declared.biases,
            row.declared.buffers,
            tied=row.tied,
        )
        for row in program.rows
        if row.declared.parameters or row.declared.buffers or row.tied is not None
    ]
    return Observation("torch", "Net", calls, [], modules, [], program.totals.declared.parameters)


def held(file: str, module: str | Path, **modules: str) -> Match:
    analysis, program = analyzer.analyze(file), analyzer.analyze(module)
    return compared_strictly(match(observed(program, modules), analysis), program)


def body(*lines: str, end: str = END) -> str:
    return HEAD + "".join(f"  - {line}\n" for line in lines) + end


def causes(found: Match) -> list[tuple[str | None, str | None, set[str]]]:
    """The names of both sides, and what differs, of each cause."""
    return [
        (one.observed and one.observed.name, one.row and one.row.name, set(one.fields))
        for one in found.differences
        if not one.follows
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_network_is_itself(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [one for one in held(text, text).differences if set(one.fields) != {"frozen"}]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_an_exported_program_is_the_file_that_is_made_of_it(path: Path) -> None:
    assert causes(held(analyzer.convert(path), path)) == []


SAME = {
    "nothing": (["relu:", "dropout: 0.5"], ["relu:"]),
    "moves": (["relu:"], ["{reshape: 256x8}", "{relu: , name: r}", "{reshape: 16x16x8}"]),
    "stochastic depth": (["stochastic_depth: 0.1", "{add: [prev, c1]}"], ["{add: [prev, c1]}"]),
    "a whole plane": (["global_avg_pool:"], ["avg_pool: 16"]),
    "an adaptive pool": (["global_max_pool:"], ["adaptive_max_pool: 1"]),
    "an adaptive pool of the same size": ([], ["adaptive_avg_pool: 16"]),
    "a factor or a size": (["upsample: 2"], ["resize: 32x32"]),
    "linear interpolation": (["{upsample: {factor: 2, mode: linear}}"], ["{upsample: {factor: 2, mode: bilinear}}"]),
    "zeros of a layer of their own": (
        ["{max_pool: {kernel: 3, stride: 2, padding: 1}}"],
        ["pad: 1", "{max_pool: {kernel: 3, stride: 2}}"],
    ),
    "a sum of three": (
        ["{relu: , name: r}", "{tanh: , from: c1, name: t}", "{add: [r, t, c1]}"],
        ["{relu: , name: r}", "{tanh: , from: c1, name: t}", "{add: [c1, t], name: s}", "{add: [s, r]}"],
    ),
    "a concatenation of three": (
        ["{relu: , name: r}", "{tanh: , from: c1, name: t}", "{concat: [r, t, c1]}"],
        ["{relu: , name: r}", "{tanh: , from: c1, name: t}", "{concat: [r, t], name: s}", "{concat: [s, c1]}"],
    ),
    "an activation of a concatenation": (
        ["{tanh: , name: t}", "{relu: , name: r}", "{relu: , from: c1, name: s}", "{concat: [r, s]}"],
        ["{tanh: , name: t}", "{concat: [t, c1]}", "relu:"],
    ),
    "one function for two readers": (
        ["{relu: , name: r1}", "{relu: , from: c1, name: r2}", "{tanh: , from: r1, name: t}", "{add: [t, r2]}"],
        ["{relu: , name: r}", "{tanh: , name: t}", "{add: [t, r]}"],
    ),
    "parts in another order": (
        ["{pixel_unshuffle: 2}"],
        [
            "{slice: {axis: height, step: 2}, name: a}",
            "{slice: {axis: height, start: 1, step: 2}, from: c1, name: b}",
            "{slice: {axis: width, step: 2}, from: a, name: a1}",
            "{slice: {axis: width, start: 1, step: 2}, from: a, name: a2}",
            "{slice: {axis: width, step: 2}, from: b, name: b1}",
            "{slice: {axis: width, start: 1, step: 2}, from: b, name: b2}",
            "{concat: [a1, b1, a2, b2]}",
        ],
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_written_in_two_ways(name: str) -> None:
    file, module = SAME[name]
    assert causes(held(body(*file), body(*module))) == []
    assert causes(held(body(*module), body(*file))) == []


OTHER: dict[str, tuple[list[str], list[str], list[tuple[str | None, str | None, set[str]]]]] = {
    "another activation": (["{relu: , name: a}"], ["{gelu: , name: b}"], [("b", "a", {"kind"})]),
    "another slope": (
        ["{leaky_relu: 0.1, name: a}"],
        ["{leaky_relu: 0.2, name: b}"],
        [("b", "a", {"arguments"})],
    ),
    "a pool of another kind": (["{max_pool: 2, name: a}"], ["{avg_pool: 2, name: b}"], [("b", "a", {"kind"})]),
    "another window": (
        ["{max_pool: 2, name: a}"],
        ["{max_pool: {kernel: 3, stride: 2, padding: 1}, name: b}"],
        [("b", "a", {"arguments"})],
    ),
    "another interpolation": (
        ["{upsample: 2, name: a}"],
        ["{upsample: {factor: 2, mode: bicubic}, name: b}"],
        [("b", "a", {"arguments"})],
    ),
    "one that the module has not": (["{relu: , name: a}"], [], [(None, "a", set())]),
    "one that the file has not": ([], ["{tanh: , name: b}"], [("b", None, set())]),
    "no sum": (
        ["{relu: , name: a}", "{add: [a, c1], name: s}", "{tanh: , name: t}"],
        ["{relu: , name: a}", "{tanh: , name: t}"],
        [(None, "s", set())],
    ),
    "another source": (
        ["{relu: , name: a}", "{tanh: , name: t}", "{add: [t, a], name: s}"],
        ["{relu: , name: a}", "{tanh: , name: t}", "{add: [t, c1], name: s}"],
        [("s", "s", {"sources"})],
    ),
    "another order": (
        ["{relu: , name: a}", "{concat: [a, c1], name: s}"],
        ["{relu: , name: a}", "{concat: [c1, a], name: s}"],
        [("s", "s", {"sources"})],
    ),
}


@pytest.mark.parametrize("name", OTHER)
def test_what_differs(name: str) -> None:
    file, module, expected = OTHER[name]
    assert causes(held(body(*file), body(*module))) == expected


def test_a_layer_with_parameters_that_reads_something_else() -> None:
    lines = ["{relu: , name: a}", "{tanh: , name: t}"]
    unread = "  - {tanh: , from: t, name: u}\n"
    module = body(*lines, end=END.replace("{conv", "{from: a, conv") + unread)
    assert causes(held(body(*lines, end=END + unread), module)) == [("c2", "c2", {"sources"})]


def test_a_window_that_puts_out_the_same() -> None:
    """3×3 with a dilation of 2 over a padding of 2, and without it over a padding of 1: 16 + 4 − 5 + 1 = 16 cells."""
    lines = "{conv: {filters: 8, kernel: 3, padding: 1}, name: c}", "{conv: {filters: 8, kernel: 3, padding: 2, dilation: 2}, name: c}"  # fmt: skip
    found = held(body(lines[0]), body(lines[1]))
    assert causes(found) == [("c", "c", {"arguments"})]
    assert [one.fields["arguments"][0]["dilation"] for one in found.differences] == [[2, 2]]


def test_a_layer_with_parameters_that_differs_is_said_once() -> None:
    lines = (
        "{conv: {filters: 8, kernel: 3, padding: 1}, name: c}",
        "{conv: {filters: 8, kernel: 5, padding: 2}, name: c}",
    )
    assert causes(held(body(lines[0], "relu:"), body(lines[1], "{tanh: , name: t}"))) == [
        ("c", "c", {"weights"}),
        ("t", "relu1", {"kind"}),
    ]
    found = held(body("relu:"), body(lines[0], "{relu: , name: r}"))
    assert causes(found) == [("c", None, set())]


def test_what_is_behind_another_layer_is_compared_with_what_it_reads() -> None:
    found = held(body("relu:", "max_pool: 2", "sigmoid:"), body("tanh:", "max_pool: 2", "silu:"))
    assert [one.follows for one in found.differences] == [False, False]
    assert [one.row.name for one in found.differences if one.row] == ["relu1", "sigmoid1"]


def test_what_is_behind_a_missing_layer_follows() -> None:
    found = held(body("relu:", "max_pool: 2"), body("max_pool: 2"))
    assert [(one.row.name, one.follows) for one in found.differences if one.row] == [
        ("relu1", False),
        ("max_pool1", True),
    ]


def test_a_layer_whose_author_gives_its_numbers_is_what_the_module_has_there() -> None:
    file = body("{custom: {output: 16x16x8, weights: 0, macs: 0}}", "{add: [prev, c1]}")
    assert causes(held(file, body("{tanh: , name: t}", "{softplus: , name: s}", "{add: [prev, c1]}"))) == []


def test_a_module_that_is_one_layer_here_is_not_compared_by_its_parts() -> None:
    """torch has a local response normalisation as a product, a mean, a sum, a power and a quotient."""
    parts = ["{sequence: [{multiply: [c1, c1], name: square}, {avg_pool: {kernel: 3, stride: 1, padding: 1}}, {multiply: [prev, c1]}], name: norm}"]  # fmt: skip
    file = body("{local_response_norm: 5, name: l}")
    assert causes(held(file, body(*parts), norm="LocalResponseNorm")) == []
    assert causes(held(file, body(*parts), norm="Other"))


def test_cells_that_a_merge_cuts_off() -> None:
    file = body("{max_pool: 2, name: p}", "{upsample: 2, name: u}", "{crop: 1, name: s}", "{concat: {inputs: [prev, c1], crop: center}}")  # fmt: skip
    module = body("{max_pool: 2, name: p}", "{upsample: 2, name: u}", "{crop: 1, name: s}", "{crop: 1, from: c1, name: k}", "{concat: [s, k]}")  # fmt: skip
    assert causes(held(file, module)) == []


def test_the_text() -> None:
    found = held(body("relu:", "{upsample: 2, name: up}"), body("{gelu: , name: act}", "{upsample: {factor: 2, mode: bicubic}, name: up}"))  # fmt: skip
    assert text_of(found).splitlines() == [
        "act is not what <text>:4 says",
        "  module  act    gelu  16×16×8",
        "  yaml    relu1  relu  16×16×8",
        "up is not what <text>:5 says",
        "  module  up  upsample  32×32×8  mode: bicubic",
        "  yaml    up  upsample  32×32×8  mode: nearest",
        "2 of 5 layers differ; 41,621 parameters on both sides",
    ]


def test_a_match_that_could_not_be_strict_is_not_equal() -> None:
    text = body("relu:")
    analysis = analyzer.analyze(text)
    found = match(observed(analysis, {}), analysis).but(strict=True, refused="no")
    assert not found.equal
    assert text_of(found).splitlines() == [
        "Net cannot be compared with <text> strictly: no",
        "3 layers with parameters are equal; 10,901 parameters on both sides",
    ]
