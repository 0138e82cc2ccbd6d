"""The amounts of a network without its rows are those of its analysis, whatever the network has."""

from pathlib import Path

import pytest

from analyzer import analyze
from analyzer.engine.amounts import AMOUNTS, Amounts
from analyzer.engine.totals import amounts_of_network

EXAMPLES = sorted((Path(__file__).parents[2] / "example_models").glob("*.yaml"))

#: Networks with what is counted apart: tied layers of every kind, frozen ones, number formats, locally connected
#: layers, stored tensors, and MACs that nobody knows.
STRANGE = {
    "tied": "input: 8x8x4\nlayers:\n  - conv: {filters: 4, kernel: 3, padding: 1}\n    name: a\n"
    "  - conv: {filters: 4, kernel: 3, padding: 1}\n    tied: a\n"
    "  - conv: {filters: 4, kernel: 3, stride: 2}\n    tied: a\n    name: c\n"
    "  - conv: {filters: 4, kernel: 3}\n    tied: c\n",
    "weights only": "input: 4\nlayers:\n  - dense: 4\n    name: a\n  - dense: 4\n    tied: {weights: a}\n",
    "frozen": "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3, padding: 1, norm: batch_norm}\n    frozen: true\n"
    "  - conv: {filters: 4, kernel: 3, padding: 1}\n  - conv: {filters: 4, kernel: 3, padding: 1}\n",
    "local": "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3, sharing: local}\n  - conv: {filters: 4, kernel: 3}\n",
    "unknown": "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3}\n"
    "  - custom: {output: 6x6x4, macs: unknown}\n  - conv: {filters: 4, kernel: 3}\n",
    "formats": "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3}\n    weights_dtype: int8\n"
    "  - conv: {filters: 4, kernel: 3}\n",
}


@pytest.mark.parametrize("run", [{}, {"batch": 3, "dtype": "bfloat16"}], ids=["usual", "bfloat16"])
@pytest.mark.parametrize("source", [*EXAMPLES, *STRANGE], ids=lambda source: getattr(source, "stem", source))
def test_amounts_are_those_of_the_analysis(source: Path | str, run: dict[str, object]) -> None:
    analysis = analyze(STRANGE.get(str(source), source), **{"batch": 1, **run})
    amounts = Amounts(analysis, {"batch": 1, **run})
    found = amounts_of_network(analysis.network, tuple(AMOUNTS), {"batch": 1, **run})
    expected = {key: amounts.of(key) for key in AMOUNTS}
    assert found == expected
    assert {key: type(value) for key, value in found.items()} == {key: type(value) for key, value in expected.items()}


def test_only_what_is_asked_for_is_there_in_its_order() -> None:
    """(3·3·3 + 1)·4 parameters; one layer of 6·6 positions of 27·4 MACs."""
    network = analyze("input: 8x8x3\nlayers: [conv: {filters: 4, kernel: 3}]\n").network
    assert list(amounts_of_network(network, ("macs", "layers", "params"), {}).items()) == [
        ("macs", 3888),
        ("layers", 1),
        ("params", 112),
    ]
