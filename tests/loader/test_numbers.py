"""Numbers as people write them: arithmetic without a `$`, amounts of a budget; and that the schema takes them too."""

from __future__ import annotations

import pytest
from loading import found, network, parsed

from analyzer.loader.expressions.nodes import calculated
from analyzer.loader.schema.check import against_schema
from analyzer.loader.schema.model import model_schema
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import plain_value

SCHEMA = model_schema()


def fits(text: str) -> bool:
    """Whether the schema accepts a text."""
    tree = read_tree(text, "net.yaml").tree
    assert tree is not None
    return not against_schema(plain_value(tree), SCHEMA, tree, "net.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1024*3", 3072), ("2**10", 1024), ("10**30", 10**30), ("7/2", 3.5), ("6/2", 3), ("7//2", 3), ("7 % 4", 3), ("1-2", -1), ("-2*3", -6), ("3 - 1", 2),
        ("(2+3)*4", 20), ("min(3, 4)", 3), ("make_divisible(18)", 24), ("floor(7/2) + 1", 4), ("1e3*2", 2000.0), (".5*4", 2.0),
        ("abs(-3)", 3),
        # no arithmetic, or none of numbers only
        ("64", None), ("(64)", None), ("-64", None), ("1e3", None), ("3x5", None), ("3*x", None), ("e*2", None), ("2*e", None), ("3,5", None),
        ("(3, 5)", None), ("[3*5]", None), ("same", None), ("", None), ("3 5", None), ("3*", None), ("*3", None), ("3**", None), ("1)+(2", None),
        ("min", None), ("min 3", None), ("eval(3)", None), ("min(3)", None), ("0x10*2", None), ("1_000*2", None), ("3*4j", None), ("1" * 150 + "+" + "1" * 60, None),
        ("1.2.3", None), ("2024-01-01", None), ("$a*3", None), ("3*3 if 1 else 2", None), ("1 < 2", None),
    ],
)  # fmt: skip
def test_arithmetic_of_numbers(text: str, value: object) -> None:
    result = calculated(text)
    assert (result, type(result)) == (value, type(value))


ITEMS = [
    ("custom: {output: 8x8x4, macs: 1024*3, weights: 10**3}", "8x8x4"),
    ("conv: {filters: 2*8, kernel: 3}", "30x30x16"),
    ("conv: {filters: \"min(16, 3*8)\", kernel: 3}", "30x30x16"),
    ("conv: {K: 2*8, F: 3}", "30x30x16"),
    ("dense: 4*4", "16"),
    ("dropout: 1/3", "32x32x3"),
    ("spatial_pyramid_pool: [1, 1*2]", "15"),
    ("{dense: 5, repeat: 4//2}", "5"),
    ("{dense: 5, repeat: 2, first: {units: 2*3}}", "5"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "output"), ITEMS)
def test_a_number_may_be_arithmetic(item: str, output: str) -> None:
    text = f"input: 32x32x3\nlayers:\n  - {item}\n"
    assert str(network(text).nodes[-1].output) == output
    assert fits(text)


def test_arithmetic_everywhere_else() -> None:
    """In defaults, the axes of an input, arguments, variables, lists of repetitions, a budget and the training."""
    text = """
    input: {height: 4*8, width: 32, depth: 6/2}
    vars: {ratio: 1/4}
    defaults: {linear: {units: 4*2}}
    blocks:
      B: {params: [c, r=1/2], layers: [{linear: "$c*$r"}, {linear: $c}]}
    layers:
      - linear: {}
      - B: {c: 8*2}
      - B: {c: 8*2, r: $ratio}
      - linear: $c
        repeat: {c: [2*2, 64//4]}
    budget: {params: 1e3, macs: {min: 1_000, max: 5*10**6}, weight_memory: 1.5e1 KiB, layers: 2**4}
    training: {batch: 4*8, weight_decay: 1/1000}
    """
    nodes = network(text).nodes
    assert [node.output.depth for node in nodes] == [8, 8, 16, 4, 16, 4, 16]
    assert nodes[0].output.spatial == (32, 32)
    model = parsed(text)
    limits = {key: (limit.least, limit.most, limit.unit) for key, limit in model.budget.items()}
    assert limits == {
        "params": (None, 1000, ""),
        "macs": (1000, 5_000_000, ""),
        "weight_memory": (None, 15 * 1024, "KiB"),
        "layers": (None, 16, ""),
    }
    assert model.training == {"batch": 32, "weight_decay": 0.001}
    assert fits(text)


@pytest.mark.parametrize(
    "written", ["1000", "1e3", "1.0e+3", "1_000", "1K", "1k", "0.001M", "10*100", "2**10 - 24", "1_000.0"]
)
def test_a_limit_of_a_thousand(written: str) -> None:
    text = f"input: 32\nlayers: [dense: 5]\nbudget: {{params: {written}}}"
    assert parsed(text).budget["params"].most == 1000
    assert fits(text)


@pytest.mark.parametrize(
    "written", ["1__000", "_1000", "1000_", "1e-3", "1e", "10/3", "-5*2", "a*3", "1,000x", "1e100K"]
)
def test_no_limit(written: str) -> None:
    (one,) = found(f"input: 32\nlayers: [dense: 5]\nbudget:\n  params: {written}")
    assert one.code == "VALUE101"
    assert one.message.startswith("`params` of `budget` must be an amount such as `26M` or `4.2G`, not `")


@pytest.mark.parametrize(
    ("item", "code", "message", "notes"),
    [
        ("dense: 10/3", "VALUE101", "`units` of `dense` must be a whole number of at least 1, not 3.33333333333", ("10/3 = 3.33333333333",)),
        ("dense: 3-5", "VALUE101", "`units` of `dense` must be a whole number of at least 1, not −2", ("3-5 = −2",)),
        ("dense: 5/0", "EXPR105", "`5 / 0` divides by zero", ()),
        ("dense: 9**9**9", "EXPR104", "`9 ** 387420489` is larger than any number that a model needs", ()),
        ("dropout: 3*2", "VALUE101", "`rate` of `dropout` must be a number from 0 to 1, not 6", ("3*2 = 6",)),
        ("{dense: 5, repeat: 1/2}", "VALUE101", "`repeat` must be a whole number of at least 0, not 0.5", ()),
        # sizes have an `x` between them, so that `3*3` is not taken for 9
        ("conv: {filters: 8, kernel: 3*3}", "VALUE101", "`kernel` of `conv` must be a whole number of at least 1, or one per axis such as `3x5` or `[3, 5]`, not `3*3`", ()),
    ],
)  # fmt: skip
def test_arithmetic_that_is_refused(item: str, code: str, message: str, notes: tuple[str, ...]) -> None:
    (one,) = found(f"input: 32x32x3\nlayers:\n  - {item}\n")
    assert (one.code, one.message, tuple(one.notes)) == (code, message, notes)


def test_names_that_look_like_arithmetic_stay_names() -> None:
    """The nodes of UNet++ are called by row and column."""
    text = """
    input: 8x8x4
    blocks: {Join: {params: [xs], layers: [{add: $xs}]}, Read: {params: [x], layers: [{relu: , from: $x}]}}
    layers:
      - {relu: , name: 0-0}
      - {relu: , name: 1/2}
      - {Join: {xs: [0-0, 1/2]}}
      - {Read: {x: 0-0}}
      - {relu: , from: $x, repeat: {x: [0-0, 1/2]}, name: last}
    """
    reads = {node.name: [source.name for source in node.inputs] for node in network(text).nodes}
    assert reads["Join1.add1"] == ["0-0", "1/2"]
    assert reads["Read1.relu1"] == ["0-0"]
    assert (reads["last.1"], reads["last.2"]) == (["0-0"], ["1/2"])
