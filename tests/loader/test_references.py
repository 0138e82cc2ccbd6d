"""What a name of a layer means: lists of layers as arguments, `from` in repetitions, the input of a block."""

from __future__ import annotations

import pytest
from loading import found as findings
from loading import network

from analyzer.diagnostics import Diagnostic


def finding(text: str) -> Diagnostic:
    """The only finding in a text."""
    (only,) = findings(text)
    return only


def reads(text: str) -> dict[str, list[str]]:
    """What each layer of a network reads."""
    return {node.name: [source.name for source in node.inputs] for node in network(text).nodes}


TWO = """
input: 8x8x4
blocks:
  Join:
    params: [skips]
    layers:
      - concat: $skips
  Behind:
    params: [skips]
    layers:
      - relu
      - Join: {skips: $skips}
      - add: [$skips, prev]
  Read:
    params: [one]
    layers:
      - relu:
        from: $one
  Weigh:
    params: [all]
    layers:
      - multi_head_attention: 2
        from: $all
layers:
  - conv: {filters: 4, kernel: 1}
    name: a
  - conv: {filters: 4, kernel: 1}
    name: b
    from: input
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("Join: {skips: [a, b]}", {"Join1.concat1": ["a", "b"]}),
        ("Join: {skips: [prev, a, input]}", {"Join1.concat1": ["b", "a", "input"]}),
        ("Weigh: {all: [a, b, b]}", {"Weigh1.multi_head_attention1": ["a", "b", "b"]}),
        ("Read: {one: [a]}", {"Read1.relu1": ["a"]}),
        ("Read: {one: $x}\n    repeat: {x: [a, b]}", {"Read1.1.relu1": ["a"], "Read1.2.relu1": ["b"]}),
        (
            "Join: {skips: $x}\n    repeat: {x: [[a, b], [b, input]]}",
            {"Join1.1.concat1": ["a", "b"], "Join1.2.concat1": ["b", "input"]},
        ),
        ("Join: {skips: [a, $x]}\n    repeat: {x: [b]}", {"Join1.1.concat1": ["a", "b"]}),
    ],
)
def test_a_list_of_layers_is_an_argument(call: str, expected: dict[str, list[str]]) -> None:
    assert {name: read for name, read in reads(f"{TWO}  - {call}").items() if name not in "ab"} == expected


def test_a_list_of_layers_means_those_of_the_caller_wherever_it_is_used() -> None:
    text = """
    input: 8x8x4
    blocks:
      Inner: {params: [xs], layers: [{relu: , name: a}, {add: [$xs, prev]}]}
      Outer: {params: [xs], layers: [{relu: , name: a}, {Inner: {xs: $xs}}]}
    layers:
      - {relu: , name: a}
      - {relu: , name: b}
      - {Outer: {xs: [a, b]}}
    """
    assert reads(text)["Outer1.Inner1.add1"] == ["a", "b", "Outer1.Inner1.a"]


#: Layers that read all before them: as a concat in a block, and as one in a sequence.
GROWING = """
input: 8x8x4
blocks:
  Dense: {params: [features], layers: [{concat: $features, when: $i > 0}, {conv: {filters: 2, kernel: 1}}]}
layers:
  - {conv: {filters: 4, kernel: 1}, name: stem}
  - {Dense: {features: [stem, dense.*]}, name: dense, repeat: 3}
  - concat: [stem, dense.*]
  - {relu: , name: other, repeat: 2}
  - sequence:
      - {add: [other.*], name: both}
      - {concat: [both, seen.*], when: $i > 0, name: all}
    name: seen
    repeat: 2
"""


def test_a_star_means_all_repetitions_so_far() -> None:
    read = reads(GROWING)
    assert "dense.1.concat1" not in read
    assert read["dense.2.concat1"] == ["stem", "dense.1.conv1"]
    assert read["dense.3.concat1"] == ["stem", "dense.1.conv1", "dense.2.conv1"]
    assert read["concat1"] == ["stem", "dense.1.conv1", "dense.2.conv1", "dense.3.conv1"]
    assert read["seen.1.both"] == ["other.1", "other.2"]
    assert read["seen.2.all"] == ["seen.2.both", "seen.1.both"]


def test_a_star_behind_a_name_that_nothing_has() -> None:
    found = finding(GROWING.replace("concat: [stem, dense.*]", "concat: [stem, dens.*]"))
    assert (found.code, found.message, found.help) == (
        "NAME104",
        "no layer above is called `dens.*`",
        "did you mean `dense`?",
    )


def test_defaults_hold_for_the_layers_that_structures_join_with() -> None:
    text = """
    input: 8x8x4
    defaults: {add: {inplace: true}, concat: {axis: height}}
    layers:
      - residual: {body: [{conv: {filters: 4, kernel: 1}}]}
      - parallel: {join: concat, branches: {a: [relu], b: [tanh]}}
    """
    add, joined = (node for node in network(text).nodes if node.layer.merges)
    assert add.layer.written()["inplace"] is True
    assert str(joined.output) == "16x8x4"


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("Read: {one: [a, b]}", "MODEL106", "`relu` reads one volume, but `from` names a list"),
        ("Join: {skips: a}", "VALUE101", "must be a list of layer names such as `[prev, enc4]`, not `a`"),
        ("Join: {skips: [a, c]}", "NAME104", "no layer above is called `c`"),
        ("sequence: [relu]\n    from: $x\n    repeat: {x: [[a, b]]}", "MODEL106", "it reads one volume, but `from` names a list"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_read(call: str, code: str, said: str) -> None:
    found = finding(f"{TWO}  - {call}")
    assert found.code == code
    assert said in found.message


def test_calls_with_other_lists_of_layers_are_others() -> None:
    """A block that places nothing for one list is expanded again for another one of the same words."""
    text = """
    input: 8x8x4
    blocks:
      Maybe: {params: [xs], layers: [{add: $xs, when: $D == 8}]}
      Both: {layers: [{relu: , name: a}, {Maybe: {xs: [a, a]}}]}
    layers:
      - {Both: }
      - {conv: {filters: 8, kernel: 1}}
      - {Both: }
    """
    assert reads(text)["Both2.Maybe1.add1"] == ["Both2.a", "Both2.a"]


def test_from_names_a_layer_for_each_repetition() -> None:
    text = """
    input: 8x8x4
    layers:
      - {conv: {filters: 4, kernel: 1}, name: l0}
      - {conv: {filters: 4, kernel: 1}, name: l1}
      - {conv: {filters: $c, kernel: 1}, from: $x, repeat: {x: [l0, l1], c: [2, 3]}, name: head}
      - {relu: , from: "$('l0' if i == 0 else 'l1')", repeat: 2, name: counted}
      - {add: [$x, prev], repeat: {x: [l0, l1]}, name: sum, first: {inputs: [l1, l1]}}
      - {multi_head_attention: 2, from: [$x, l1, prev], repeat: {x: [l0, l1]}, name: weigh}
    """
    found = reads(text)
    assert [found[f"head.{n}"] for n in (1, 2)] == [["l0"], ["l1"]]
    assert [found[f"counted.{n}"] for n in (1, 2)] == [["l0"], ["l1"]]
    assert [found[f"sum.{n}"] for n in (1, 2)] == [["l1", "l1"], ["l1", "sum.1"]]
    assert [found[f"weigh.{n}"] for n in (1, 2)] == [["l0", "l1", "sum.2"], ["l1", "l1", "weigh.1"]]


def test_from_that_no_repetition_changes_is_read_once() -> None:
    text = """
    input: 8x8x4
    vars: {where: a}
    layers:
      - {relu: , name: a}
      - {relu: , name: b}
      - {relu: , from: $where, repeat: {c: [1, 2]}, name: chain}
    """
    assert [reads(text)[f"chain.{n}"] for n in (1, 2)] == [["a"], ["chain.1"]]


@pytest.mark.parametrize(
    ("skips", "message", "help"),
    [
        ("[enc1, enc_1]", "no layer above is called `enc_1`", "did you mean `enc1`?"),
        (
            "[enc1, late]",
            "`late` comes later; a layer can only read layers above it",
            "move it up, or read another layer",
        ),
        ("[enc1, elsewhere]", "no layer above is called `elsewhere`", "an argument names a layer above the call"),
    ],
)
def test_an_argument_that_names_no_layer_is_looked_for_where_the_block_is_called(
    skips: str, message: str, help: str
) -> None:
    one = finding(f"""
    input: 8x8x4
    blocks: {{Join: {{params: [skips], layers: [{{concat: $skips}}]}}}}
    layers:
      - {{relu: , name: enc1}}
      - {{Join: {{skips: {skips}}}}}
      - {{relu: , name: late}}
    """)
    assert (one.code, one.message, one.help) == ("NAME104", message, help)


BLOCK_INPUT = """
input: 8x8x4
blocks:
  Inner:
    params: [other=block_input]
    layers:
      - {relu: , name: first}
      - {add: [block_input, $other, prev], name: sum}
  Outer:
    layers:
      - {conv: {filters: 4, kernel: 1}, name: conv}
      - {Inner: , name: plain}
      - {Inner: {other: block_input}, from: conv, name: given}
      - sequence: [relu, {add: [prev, block_input]}]
        name: seq
      - parallel:
          join: add
          branches:
            a: [{sequence: [{relu: , from: block_input, name: deep}]}]
        name: par
      - residual: {body: [{relu: , from: block_input, name: body}]}
layers:
  - {relu: , name: start}
  - {Outer: , name: call, repeat: 2}
"""


def test_block_input_is_what_the_innermost_block_was_called_on() -> None:
    found = reads(BLOCK_INPUT)
    for call, source in (("call.1", "start"), ("call.2", "call.1.add1")):
        assert found[f"{call}.plain.sum"] == [f"{call}.conv", f"{call}.conv", f"{call}.plain.first"]
        assert found[f"{call}.given.sum"] == [f"{call}.conv", source, f"{call}.given.first"]
        assert found[f"{call}.seq.add1"] == [f"{call}.seq.relu1", source]
        assert found[f"{call}.par.a.sequence1.deep"] == [source]
        assert found[f"{call}.body"] == [source]


def test_block_input_follows_from() -> None:
    text = """
    input: 8x8x4
    blocks: {B: {layers: [{add: [block_input, prev]}]}}
    layers: [{relu: , name: a}, {relu: , name: b}, {B: , from: a}]
    """
    assert reads(text)["B1.add1"] == ["a", "a"]


@pytest.mark.parametrize("item", ["relu: , from: block_input", "add: [prev, block_input]", "sequence: [{add: [prev, block_input]}]"])  # fmt: skip
def test_block_input_outside_of_a_block(item: str) -> None:
    found = finding(f"input: 8x8x4\nlayers: [relu, {{{item}}}]")
    assert found.code == "NAME104"
    assert found.message == "`block_input` is the volume that a block was called on, but this layer is in no block"
    assert found.help == "`prev` is the layer above, `input` the network's input"


def test_no_layer_may_be_called_block_input() -> None:
    found = finding("input: 8x8x4\nlayers: [{relu: , name: block_input}]")
    assert (found.code, found.message) == (
        "NAME101",
        "the name `block_input` is taken: it means the volume that the block around it was called on",
    )
