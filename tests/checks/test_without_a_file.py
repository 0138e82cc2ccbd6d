"""The checks and the comparison of networks that were built in Python: no file, no description, no places."""

from __future__ import annotations

import pytest
from building import build, volume

from analyzer import Analysis, check, diff
from analyzer.checks.run import checks, run
from analyzer.checks.subject import Guard, Subject
from analyzer.diagnostics import Diagnostic
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.loader.parse.description import Limit


def chain(*layers: tuple[str, dict[str, object]], entry: str = "32x32x3") -> Analysis:
    """The analysis of layers one behind the other, called `layer1`, `layer2`, ….

    An importer of foreign files does the same.
    """
    network = Network()
    node = network.enter("input", volume(entry))
    for number, (type_, written) in enumerate(layers, 1):
        node = network.place(f"layer{number}", build(type_, written), [node])
    return analyze_network(network)


def found(subject: Subject) -> dict[str, Diagnostic]:
    """What all checks find, by their codes."""
    return {finding.code: finding for finding in run(subject, checks())}


def test_checks_of_a_network_without_a_file() -> None:
    """A bias before its normalisation and a softmax before cross-entropy are found, without a place."""
    analysis = chain(
        ("conv", {"filters": 16, "kernel": 3}),
        ("batch_norm", {}),
        ("relu", {}),
        ("global_avg_pool", {}),
        ("dense", {"units": 10}),
        ("softmax", {}),
    )
    findings = found(Subject(analysis))
    assert {"CHECK202", "CHECK204"} <= set(findings)
    assert not [code for code in findings if code.startswith("CHECK4")], "they are about what a file declares"
    assert {finding.span for finding in findings.values()} == {None}
    assert findings["CHECK202"].message.startswith("the bias of `layer1` ")
    assert findings["CHECK204"].severity == "note", "no file names the loss"


def test_each_layer_without_a_file_is_its_own_finding() -> None:
    """Findings of one place of a file are reported once; layers without a file are at no place."""
    step: tuple[str, dict[str, object]] = ("conv", {"filters": 8, "kernel": 1, "stride": 2})
    findings = [one for one in run(Subject(chain(step, step)), checks()) if one.code == "CHECK102"]
    assert [one.message.split("`")[1] for one in findings] == ["layer1", "layer2"]


def test_inputs_without_a_file() -> None:
    """An input that is written depth first, and one that nothing reads; neither has a place."""
    network = Network()
    image, _ = network.enter("image", volume("3x224x224")), network.enter("mask", volume("8x8x1"))
    end = network.place("conv", build("conv", {"filters": 8, "kernel": 1}), [image])
    network.name_outputs([end])
    findings = found(Subject(analyze_network(network)))
    assert findings["CHECK109"].message.startswith("`image` looks as if")
    assert findings["CHECK205"].message == "nothing reads the input `mask`"
    assert findings["CHECK109"].span is findings["CHECK205"].span is None


def test_named_outputs_without_a_file() -> None:
    """The layer beside the named output is an error of the network, not a note about its file."""
    network = Network()
    image = network.enter("image", volume("8x8x4"))
    for name in ("side", "end"):
        last = network.place(name, build("conv", {"filters": 4, "kernel": 1}), [image])
    network.name_outputs([last])
    finding = found(Subject(analyze_network(network)))["CHECK205"]
    assert (finding.message, finding.severity) == ("nothing reads `side`, and it is not an output", "warning")


def test_budgets_without_a_file() -> None:
    """(3·3·3 + 1)·4 = 112 parameters, over a limit of 100 and 12 more than a base of 100."""
    limits = {"params": Limit(None, 100, "", None)}
    analysis = chain(("conv", {"filters": 4, "kernel": 3}))
    subject = Subject(analysis, limits=limits, guards=[Guard("params", 10, "", "+10", 100, "main")])
    over, grown = (one for one in run(subject, checks()) if one.code == "CHECK501")
    assert over.message == "`params` is 112, 12 (12.0 %) over its budget of 100"
    assert grown.message == "`params` grew by 12 (12.0 %) against main; +10 is allowed"


def test_the_api_checks_an_analysis() -> None:
    """`check` takes an analysis where a network has no file; what only a file has cannot be set in it."""
    analysis = chain(("conv", {"filters": 16, "kernel": 3}), ("batch_norm", {}))
    assert "CHECK202" in {finding.code for finding in check(analysis)}
    assert [finding.code for finding in check(analysis, select=["bias-before-norm"])] == ["CHECK202"]
    with pytest.raises(ValueError, match="an analysis"):
        check(analysis, input="64x64x3")
    with pytest.raises(ValueError, match="an analysis"):
        check(analysis, set={"width": 3})


def test_the_api_compares_analyses_without_a_file() -> None:
    """(3·3·3 + 1)·4 = 112 parameters become 28·8 = 224; the same network twice is equal."""
    narrow, wide = (chain(("conv", {"filters": filters, "kernel": 3}), ("relu", {})) for filters in (4, 8))
    difference = diff(narrow, wide)
    assert not difference.equal
    changed = {change.node.name: change for change in difference.layers}
    assert changed["layer1"].fields["shared.parameters"] == (112, 224)
    assert diff(narrow, chain(("conv", {"filters": 4, "kernel": 3}), ("relu", {}))).equal
