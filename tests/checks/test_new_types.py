"""Checks ask a layer for its traits, never for its type's name: types that no check has heard of are seen as well.

Every network on which some check fires is built again from types that are declared here. Each has the traits and the
answers of one type of the catalogue, another name, and the family of this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

import pytest
from loading import parsed
from test_checks import CASES

from analyzer.checks.run import checks, run
from analyzer.checks.subject import Subject
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.layers import CATALOGUE, Layer
from analyzer.loader.expand.expansion import expand


@pytest.fixture
def new_types() -> Iterator[dict[type[Layer], type[Layer]]]:
    """A new type for each of the catalogue, which is as it was afterwards."""
    before = dict(CATALOGUE)
    made: dict[type[Layer], type[Layer]] = {
        cls: type(f"New{cls.__name__}", (cls,), {"__module__": __name__}, type=f"new_{name}")
        for name, cls in before.items()
    }
    yield made
    CATALOGUE.clear()
    CATALOGUE.update(before)


def rebuilt(network: Network, types: dict[type[Layer], type[Layer]]) -> Network:
    """The same network, its layers of these types instead of their own."""
    nodes = {}
    other = Network()
    for node in network.inputs:
        nodes[node.index] = other.enter(node.name, node.output)
    for node in network.nodes:
        layer = copy(node.layer)  # a file's references are resolved, so the constructor would not take its values
        layer.__class__ = types[type(node.layer)]
        sources = [nodes[source.index] for source in node.inputs]
        tied = None if node.tied is None else nodes[node.tied.index]
        nodes[node.index] = other.place(node.name, layer, sources, node.origin, tied=tied, frozen=node.frozen)
    if network.names_outputs:
        other.name_outputs([nodes[node.index] for node in network.outputs])
    other.groups = dict(network.groups)
    other.calls = {path: nodes[source.index] for path, source in network.calls.items()}
    return other


@pytest.mark.parametrize("module", CASES)
def test_new_types_are_seen(module: str, new_types: dict[type[Layer], type[Layer]]) -> None:
    """Every check finds in the network of new types what it finds in the network of the catalogue's types."""
    for case in [*CASES[module]["fires"], *CASES[module]["near"]]:
        model = parsed(case["model"])
        network, problems = expand(model)
        assert not problems
        strange = rebuilt(network, new_types)
        assert {node.layer.family for node in strange.nodes} == {"test_new_types"}
        known, unknown = (
            [(one.code, one.severity, one.span and one.span.line) for one in run(Subject(analysis, model), checks())]
            for analysis in (analyze_network(network), analyze_network(strange))
        )
        assert unknown == known, case["why"]
