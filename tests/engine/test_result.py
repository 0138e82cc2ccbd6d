"""What an analysis says of itself: its first input, its rows and its totals."""

from __future__ import annotations

import analyzer

TWO = """\
inputs: {image: 6x6x1, mask: 3x3x2}
layers:
  - conv: {filters: 2, kernel: 3}
  - conv: {filters: 2, kernel: 1, sharing: local}
    from: mask
"""


def test_the_input_is_the_first() -> None:
    analysis = analyzer.analyze(TWO)
    assert str(analysis.input) == "6x6x1"
    assert [str(node.output) for node in analysis.network.inputs] == ["6x6x1", "3x3x2"]


def test_sharing_of_its_own_makes_a_network_mixed() -> None:
    assert analyzer.analyze(TWO).mixed
    assert not analyzer.analyze("input: 6x6x1\nlayers: [{conv: {filters: 2, kernel: 3}}]\n").mixed


def test_a_row_answers_for_its_layer() -> None:
    """3·3·1·2 = 18 weights at 4·4 positions; 2·1·1·2 = 4 weights at 3·3 positions, declared local."""
    first, second = analyzer.analyze(TWO, batch=2).rows
    assert (first.name, first.kind, first.line, first.inputs) == ("conv1", "conv", 3, ["image"])
    assert (second.name, second.line, second.inputs) == ("conv2", 4, ["mask"])
    assert (first.shared.parameters, first.local.parameters, first.declared.parameters) == (20, 16 * 20, 20)
    assert (second.shared.parameters, second.local.parameters, second.declared.parameters) == (6, 9 * 6, 9 * 6)
    assert (first.macs, second.macs) == (18 * 16, 4 * 9)
    assert (first.activation_bytes, second.activation_bytes) == (2 * 4 * 32, 2 * 4 * 18)
    assert first.memory("local") == 4 * 320 + 256
    assert [row.cumulative.macs for row in (first, second)] == [288, 324]
    assert second.cumulative.declared.parameters == 20 + 54


def test_macs_on_data_are_those_of_all_layers_or_unknown() -> None:
    """A window of 3 padded by 1 over 4 cells has 10 real taps an axis: 100·1·2; an author's layer does not say."""
    text = "input: 4x4x1\nlayers:\n  - conv: {filters: 2, kernel: 3, padding: 1}\n"
    assert analyzer.analyze(text).macs_on_data == 200
    assert analyzer.analyze(text + "  - custom: {output: 4x4x2, macs: 5}\n").macs_on_data is None
