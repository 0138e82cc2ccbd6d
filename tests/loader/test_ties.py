"""`tied` on layers, blocks and structures: who reuses whose parameters, and what is refused.

The totals are calculated by hand, or are those that papers and frameworks give for the network named.
"""

from __future__ import annotations

from math import prod

import pytest
from loading import found as findings
from loading import network

import analyzer
from analyzer.diagnostics import Diagnostic
from analyzer.engine.memory.work import operations_of
from analyzer.engine.result import MODES


def ties(text: str) -> dict[str, str]:
    """Each tied layer of a network, with the layer whose parameters it reuses."""
    return {node.name: node.tied.name for node in network(text).nodes if node.tied is not None}


def params(text: str, mode: str = "declared") -> int:
    """The parameters of a network; its tensors have as many numbers."""
    analysis = analyzer.analyze(text)
    count: int = getattr(analysis.totals, mode).parameters
    tensors = operations_of(analysis.network, mode).parameters
    assert count == sum(prod(shape) for shape, _, _ in tensors)
    return count


def refused(text: str) -> Diagnostic:
    """The only finding in a text."""
    (only,) = findings(text)
    return only


SIAMESE = """
inputs: {left: 29x29x3, right: 29x29x3}
blocks:
  Branch:
    layers:
      - conv: {filters: 64, kernel: 10}
      - max_pool: 2
      - dense: 1
layers:
  - {Branch: , name: a}
  - {Branch: , from: right, name: b, tied: a}
  - subtract: [a, b]
"""


def test_a_siamese_network_counts_its_branch_once() -> None:
    """(10·10·3 + 1)·64 + 10·10·64 + 1 = 25,665 parameters; twice 20·20·64·300 + 6,400 MACs."""
    assert ties(SIAMESE) == {"b.conv1": "a.conv1", "b.dense1": "a.dense1"}
    assert params(SIAMESE) == 25_665
    assert analyzer.analyze(SIAMESE).totals.macs == 2 * (20 * 20 * 64 * 300 + 6_400)
    # local: 400 positions with (300 + 1)·64 numbers each, and the same dense layer; equal volumes share them
    assert params(SIAMESE, "local") == 400 * 301 * 64 + 6_401


def test_structures_are_tied_like_blocks() -> None:
    """One 3×3 convolution of 4 planes has 148 numbers, one 1×1 has 20, a batch norm 8."""
    text = """
    input: 8x8x4
    defaults: {conv: {kernel: 3, padding: 1}}
    layers:
      - {sequence: [{conv: {filters: 4, norm: batch_norm, act: relu}}], name: s}
      - {sequence: [{conv: {filters: 4, norm: batch_norm, act: relu}}], tied: s, name: s2}
      - {residual: {body: [{conv: {filters: 4}}, relu, {conv: {filters: 4}}]}, name: r}
      - {residual: {body: [{conv: {filters: 4}}, {conv: {filters: 4}}], act: relu}, tied: r}
      - {parallel: {join: add, branches: {x: [{conv: {filters: 4, kernel: 1, padding: 0}}], y: [{conv: {filters: 4}}]}}, name: p}
      - {parallel: {join: add, branches: {u: [{conv: {filters: 4, kernel: 1, padding: 0}}], v: [{conv: {filters: 4}}]}}, tied: p, name: q}
    """  # fmt: skip
    assert ties(text) == {
        "s2.conv1": "s.conv1", "s2.conv1.batch_norm": "s.conv1.batch_norm", "conv3": "conv1", "conv4": "conv2",
        "q.u.conv1": "p.x.conv1", "q.v.conv1": "p.y.conv1",
    }  # fmt: skip
    assert params(text) == (148 + 8) + 2 * 148 + (20 + 148)


def test_repetitions_are_tied_one_by_one() -> None:
    """As many repetitions of both: the first reuses the first. Of one that is not repeated: each reuses it."""
    text = """
    input: 8x8x4
    layers:
      - {sequence: [{linear: 4}], repeat: 3, name: a}
      - {sequence: [{linear: 4}], repeat: 3, name: b, tied: a}
      - {sequence: [{linear: 4}], name: c, tied: a}
      - {sequence: [{linear: 4}], repeat: 2, name: d, tied: c}
      - {linear: 4, repeat: 2, name: e}
      - {linear: 4, repeat: 2, name: f, tied: e}
      - {linear: 4, repeat: 3, name: g, tied: e}
      - {sequence: [{linear: 4}], name: h, tied: a.2}
    """
    assert ties(text) == {
        "b.1.linear1": "a.1.linear1", "b.2.linear1": "a.2.linear1", "b.3.linear1": "a.3.linear1",
        "c.linear1": "a.3.linear1", "d.1.linear1": "c.linear1", "d.2.linear1": "c.linear1",
        "f.1": "e.1", "f.2": "e.2", "g.1": "e.2", "g.2": "e.2", "g.3": "e.2", "h.linear1": "a.2.linear1",
    }  # fmt: skip
    assert params(text) == 5 * 20


def test_a_branch_is_a_group() -> None:
    text = """
    input: 8x8x4
    layers:
      - {parallel: {join: add, branches: {x: [{linear: 4}, relu], y: [relu, {linear: 4}]}}, name: p}
      - {sequence: [{linear: 4}], tied: p.y}
      - {parallel: {join: add, branches: {x: [relu], y: [{sequence: [{linear: 4}], tied: p.x}]}}, name: q}
    """
    assert ties(text) == {"sequence1.linear1": "p.y.linear1", "q.y.sequence1.linear1": "p.x.linear1"}
    assert params(text) == 40


def test_ties_inside_of_a_tied_block_stay() -> None:
    """The second layer of the block is its first one; a tied sequence inside is matched by itself."""
    text = """
    input: 8x8x4
    blocks:
      Twice:
        layers:
          - {linear: 4, name: one}
          - {linear: 4, tied: one, name: two}
          - {sequence: [{linear: 4}], name: s}
          - {sequence: [{linear: 4}], name: t, tied: s}
          - {linear: 4, name: end}
    layers:
      - {Twice: , name: a}
      - {Twice: , name: b, tied: a}
    """
    assert ties(text) == {
        "a.two": "a.one", "a.t.linear1": "a.s.linear1",
        "b.one": "a.one", "b.two": "b.one", "b.s.linear1": "a.s.linear1", "b.t.linear1": "b.s.linear1", "b.end": "a.end",
    }  # fmt: skip
    assert params(text) == 3 * 20


def test_a_block_is_tied_to_what_its_caller_sees() -> None:
    text = """
    input: 8x8x4
    blocks:
      Head: {layers: [{linear: 4}]}
      Inner: {params: [owner], layers: [{linear: 4, name: own}, {Head: , name: h, tied: $owner}, {linear: 4, tied: $owner, when: $i == 9}]}
      Outer: {params: [owner], layers: [{linear: 4, name: own}, {Inner: {owner: $owner}}, {Inner: {owner: Inner1.h}}]}
    layers:
      - {Head: , name: own}
      - {Outer: {owner: own}}
    """  # fmt: skip
    assert ties(text) == {
        "Outer1.Inner1.h.linear1": "own.linear1", "Outer1.Inner2.h.linear1": "Outer1.Inner1.h.linear1",
    }  # fmt: skip


def test_layers_without_parameters_may_differ() -> None:
    text = """
    input: 8x8x4
    layers:
      - {sequence: [{pad: 1}, {conv: {filters: 4, kernel: 3}}, relu, {linear: 4}], name: a}
      - {sequence: [{conv: {filters: 4, kernel: 3, padding: 1}}, {max_pool: 2}, {linear: 4}], tied: a}
    """
    assert ties(text) == {"sequence1.conv1": "a.conv1", "sequence1.linear1": "a.linear1"}


RETINANET = """
inputs: {p3: 100x100x256, p4: 50x50x256, p5: 25x25x256, p6: 13x13x256, p7: 7x7x256}
defaults: {conv: {kernel: 3, padding: 1}}
blocks:
  Head:
    params: [filters]
    layers:
      - {conv: {filters: 256, act: relu}, repeat: 4}
      - conv: {filters: $filters}
layers:
  - {Head: {filters: 720}, name: classes}
  - {Head: {filters: 720}, from: $level, repeat: {level: [p4, p5, p6, p7]}, tied: classes}
  - {Head: {filters: 36}, from: p3, name: boxes}
  - {Head: {filters: 36}, from: $level, repeat: {level: [p4, p5, p6, p7]}, tied: boxes}
"""


def test_the_heads_of_retinanet() -> None:
    """torchvision's RetinaNet for 80 classes and 9 anchors: head.classification_head and head.regression_head.

    Each has four 3×3 convolutions of 256 planes: 4·(9·256·256 + 256); then (9·256 + 1)·9·80 and (9·256 + 1)·9·4.
    """
    tower = 4 * (9 * 256 * 256 + 256)
    assert params(RETINANET) == 2 * tower + (9 * 256 + 1) * (720 + 36)
    positions = sum(size * size for size in (100, 50, 25, 13, 7))
    assert analyzer.analyze(RETINANET).totals.macs == positions * 9 * 256 * (2 * 4 * 256 + 720 + 36)
    # every level has positions of its own, so nothing is shared between them where all layers are local
    assert params(RETINANET, "local") == positions * (2 * tower + (9 * 256 + 1) * (720 + 36))


def test_layers_of_equal_volumes_share_local_parameters_though_their_owner_has_others() -> None:
    """Two images at two levels: in local mode each level has its own parameters, once."""
    text = """
    inputs: {a3: 8x8x4, a4: 4x4x4, b3: 8x8x4, b4: 4x4x4}
    layers:
      - {conv: {filters: 4, kernel: 1}, name: head}
      - {conv: {filters: 4, kernel: 1}, from: $x, repeat: {x: [a4, b3, b4]}, tied: head}
    """
    assert params(text) == 20
    assert params(text, "local") == 20 * (64 + 16)


GPT2 = """
input: 1024
blocks:
  Block:
    layers:
      - residual: {body: [layer_norm, {multi_head_attention: 12}]}
      - residual: {body: [layer_norm, {linear: {units: 3072, act: gelu}}, {linear: 768}]}
layers:
  - {embedding: {vocabulary: 50257, size: 768}, name: tokens}
  - position_table
  - {Block: , repeat: 12}
  - layer_norm
  - {linear: {units: 50257, bias: false}, tied: tokens}
"""


def test_gpt2_small_has_its_published_parameters() -> None:
    """124,439,808 with the tied head: `gpt2` of Hugging Face, as `num_parameters()` gives it."""
    assert params(GPT2) == 124_439_808
    assert params(GPT2.replace("tied: tokens", "note: its own")) == 124_439_808 + 50_257 * 768


def test_a_projection_counts_its_table_once() -> None:
    """50,000·384 of the table, and 4·384² + 4·384 of the attention."""
    text = """
    input: 256
    layers:
      - {embedding: {vocabulary: 50000, size: 384}, name: table}
      - multi_head_attention: 16
      - {linear: {units: 50000, bias: false}, tied: table}
    """
    assert params(text) == params(text, "local") == 19_791_360


def test_only_weights_are_reused_transposed() -> None:
    """`head.weight = table.weight` leaves the head its bias; a decoder keeps its own biases."""
    text = """
    input: 6
    layers:
      - {embedding: {vocabulary: 50, size: 8}, name: table}
      - {linear: 50, tied: table, name: head}
    """
    assert params(text) == 50 * 8 + 50
    rows = {row.name: row.declared for row in analyzer.analyze(text).rows}
    assert (rows["head"].weights, rows["head"].biases) == (0, 50)
    owners = [name for _, _, name in operations_of(analyzer.analyze(text).network, "shared").parameters]
    assert owners == ["table", "head"]


AUTOENCODER = """
input: 28x28x1
layers:
  - {conv: {filters: 8, kernel: 3, stride: 2, padding: 1, act: relu}, name: first}
  - {conv: {filters: 16, kernel: 3, stride: 2, padding: 1, act: relu}, name: second}
  - {dense: 32, name: code}
  - {dense: 784, tied: code, name: back}
  - reshape: 7x7x16
  - {conv_transpose: {filters: 8, kernel: 3, stride: 2, padding: 1, output_padding: 1, act: relu}, tied: second}
  - {conv_transpose: {filters: 1, kernel: 3, stride: 2, padding: 1, output_padding: 1}, tied: first}
    """


@pytest.mark.parametrize("mode", MODES)
def test_a_decoder_reuses_the_filters_of_its_encoder(mode: str) -> None:
    """Weights 9·8 + 9·8·16 + 784·32 once; biases 8 + 16 + 32 of the encoder, 784 + 8 + 1 of the decoder.

    In local mode a bank belongs to an output position of the encoder, which is an input position of the decoder; a
    transposed convolution has a bias for each output position.
    """
    first, second, code = 9 * 8, 9 * 8 * 16, 784 * 32
    if mode == "local":
        biases = 8 * 14 * 14 + 16 * 7 * 7 + 32 + 784 + 8 * 14 * 14 + 28 * 28
        assert params(AUTOENCODER, mode) == first * 14 * 14 + second * 7 * 7 + code + biases
    else:
        assert params(AUTOENCODER, mode) == first + second + code + 8 + 16 + 32 + 784 + 8 + 1


def test_a_projection_that_is_tied_is_tied_to_in_turn() -> None:
    """The third layer is the second one: its bias too."""
    text = """
    input: 6
    layers:
      - {embedding: {vocabulary: 50, size: 8}, name: table}
      - {linear: 50, tied: table, name: head}
      - {linear: 50, from: table, tied: head, name: again}
      - {linear: 50, from: table, tied: table, name: other}
    """
    assert params(text) == 50 * 8 + 50 + 50


def test_frozen_owners_and_readers() -> None:
    text = """
    input: 6
    layers:
      - {embedding: {vocabulary: 50, size: 8}, name: table, frozen: true}
      - {linear: 50, tied: table, name: head}
    """
    totals = analyzer.analyze(text).totals.declared
    assert (totals.parameters, totals.trainable) == (450, 50)


@pytest.mark.parametrize(
    ("second", "message", "help"),
    [
        (
            "sequence: [{linear: 4}]",
            "`t` has 1 layer with parameters, but `s`, whose parameters it reuses, has 2",
            "a tied group has the same layers as the one that it is tied to",
        ),
        (
            "sequence: [{linear: 4}, {linear: 4}, {linear: 4}]",
            "`t` has more layers with parameters than `s`, whose parameters it reuses, which has 2",
            "a tied group has the same layers as the one that it is tied to",
        ),
        (
            "sequence: [{linear: 4}, {linear: 5}]",
            "`t.linear2` reuses the parameters of `s.linear2`, which have another shape",
            None,
        ),
        (
            "sequence: [{linear: 4}, layer_norm]",
            "`t.layer_norm1` is a `layer_norm`, but it reuses the parameters of `s.linear2`, a `linear`",
            None,
        ),
        (
            "linear: 4",
            "`t` is a layer, but `s`, whose parameters it reuses, is a group of layers",
            "`tied: s.linear1` names a layer of it",
        ),
    ],
)
def test_groups_that_do_not_fit(second: str, message: str, help: str | None) -> None:
    text = f"""
    input: 8x8x4
    layers:
      - {{sequence: [{{linear: 4}}, {{linear: 4}}], name: s}}
      - {{{second}, name: t, tied: s}}
    """
    one = refused(text)
    assert (one.code, one.message, one.help) == ("NAME105", message, help)
    assert one.span is not None
    assert one.span.line == 5


def test_repetitions_that_do_not_fit() -> None:
    one = refused("""
    input: 8x8x4
    layers:
      - {sequence: [{linear: 4}], repeat: 3, name: a}
      - {sequence: [{linear: 4}], repeat: 2, name: b, tied: a}
    """)
    assert one.message == "`b` is repeated 2 times, but `a`, whose parameters it reuses, 3 times"
    assert one.help == "`tied: a.3` names one repetition of it"


def test_a_group_is_not_tied_to_a_layer() -> None:
    one = refused("input: 8x8x4\nlayers: [{linear: 4, name: a}, {sequence: [{linear: 4}], name: b, tied: a}]")
    assert one.message == "`b` is a group of layers, but `a`, whose parameters it reuses, is a `linear`"


def test_a_mistake_in_the_earlier_group_is_the_only_one() -> None:
    one = refused("""
    input: 8x8x4
    layers:
      - {sequence: [{linear: 4}, {conv: {filters: 4, kernel: 9}}, {linear: 4}], name: a}
      - {sequence: [{linear: 4}, {linear: 4}], tied: a, from: input}
    """)
    assert one.code == "SHAPE201"


def test_a_mistake_in_the_tied_group_is_the_only_one() -> None:
    one = refused("""
    input: 8x8x4
    layers:
      - {sequence: [{linear: 4}, {linear: 4}], name: a}
      - {sequence: [{linear: 4}, {max_pool: 9}, {linear: 4}], tied: a}
    """)
    assert one.code == "SHAPE201"


@pytest.mark.parametrize("name", ["nothing", "later", "t"])
def test_unknown_groups(name: str) -> None:
    text = f"""
    input: 8x8x4
    layers:
      - {{sequence: [{{linear: 4}}], name: t, tied: {name}}}
      - {{sequence: [{{linear: 4}}], name: later}}
    """
    assert refused(text).code == "NAME104"


def rows_of(text: str, mode: str = "shared") -> dict[str, tuple[int, int]]:
    """The weights and biases of each layer in a mode; its tensors have as many numbers."""
    params(text, mode)
    costs = {row.name: getattr(row, mode) for row in analyzer.analyze(text).rows}
    return {name: (cost.weights, cost.biases) for name, cost in costs.items()}


BY_WEIGHTS = """
inputs: {left: 9x9x4, right: 7x7x4, vector: 6x4}
layers:
  - {conv: {filters: 5, kernel: 1}, from: left, name: one}
  - {conv: {filters: 5, kernel: 1, stride: 2}, from: left, name: strided, tied: one}
  - {conv: {filters: 5, kernel: 1}, from: right, name: own, tied: {weights: one}}
  - {conv: {filters: 5, kernel: 1, bias: false}, from: right, name: bare, tied: one}
  - {linear: 5, from: vector, name: linear, tied: one}
"""


def test_weights_are_one_tensor_whatever_the_volume_the_stride_the_biases_and_the_type() -> None:
    """One tensor of 5·4 weights. `strided` is `one` called again; the others have biases of their own, or none."""
    assert rows_of(BY_WEIGHTS) == {"one": (20, 5), "strided": (0, 0), "own": (0, 5), "bare": (0, 0), "linear": (0, 5)}


def test_each_has_its_own_bank_in_local_mode_where_positions_differ() -> None:
    """81 positions, 25 of them with a stride of 2, 49 of the other input; `bare` and `own` read equal volumes."""
    assert rows_of(BY_WEIGHTS, "local") == {
        "one": (20 * 81, 5 * 81),
        "strided": (20 * 25, 5 * 25),
        "own": (20 * 49, 5 * 49),
        "bare": (0, 0),
        "linear": (20, 5),
    }


def test_only_the_weights_of_a_recurrent_layer() -> None:
    """4·(3·5 + 5·5) weights of an LSTM in two tensors, and 4·5 biases each."""
    text = """
    inputs: {a: 7x3, b: 9x3}
    layers:
      - {lstm: 5, from: a, name: one}
      - {lstm: 5, from: b, name: two, tied: {weights: one}}
      - {lstm: {units: 5, biases: 2}, from: b, name: three, tied: one}
    """
    assert rows_of(text) == {"one": (160, 20), "two": (0, 20), "three": (0, 40)}


def test_the_weights_of_a_tensor_in_another_shape() -> None:
    """torchvision's VGG as a convolution: `fc.weight.view(10, 5, 3, 3)` is one tensor of 450 numbers in both."""
    text = """
    inputs: {a: 3x3x5, b: 9x9x5}
    layers:
      - {dense: 10, from: a, name: fc}
      - {conv: {filters: 10, kernel: 3}, from: b, name: slid, tied: {weights: fc}}
    """
    assert rows_of(text) == {"fc": (450, 10), "slid": (0, 10)}
    one = refused(text.replace("filters: 10", "filters: 11"))
    assert one.code == "NAME105"
    assert one.message == "`slid` reuses the weights of `fc`, which are not as many"
    assert one.notes == ("`slid` has 495 weights", "`fc` has 450")


def test_a_group_cannot_reuse_only_weights() -> None:
    one = refused("""
    input: 8x8x4
    layers:
      - {sequence: [{linear: 4}], name: a}
      - {sequence: [{linear: 4}], tied: {weights: a}}
    """)
    assert (one.code, one.message) == (
        "MODEL106",
        "`tied: {weights: …}` belongs to a layer, not to a block or a structure",
    )


def test_another_mapping_is_refused() -> None:
    one = refused("""
    input: 8x8x4
    layers:
      - {linear: 4, name: a}
      - {linear: 4, tied: {biases: a}}
    """)
    assert (one.code, one.message) == ("MODEL103", "`tied` takes the name of an earlier layer, block or structure")
    assert one.help == "or `tied: {weights: NAME}`, of a layer"
