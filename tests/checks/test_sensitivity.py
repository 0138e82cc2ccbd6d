"""How much of what goes wrong the check finds: 200 example models with one thing changed.

The examples assert their shapes (`expect`) and their published totals (`budget`), as a model under review does.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from broken import EXAMPLES, Broken, broken

from analyzer.checks.run import chosen, run
from analyzer.checks.subject import Subject
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.file import parse

MODELS = 200

#: The least share of the changes that alter a shape or a cost that must be found.
LEAST = 0.95


def network_of(text: str, file: str) -> tuple[Model, Network] | None:
    """The network of a text; None where it does not load."""
    read = parse(text, file)
    model, problems = read.model, read.problems
    if model is None or problems:
        return None
    network, found = expand(model)
    return None if found else (model, network)


def signature(network: Network) -> tuple[object, ...]:
    """Shapes and costs, whatever the layers are called."""
    analysis = analyze_network(network)
    return tuple(
        (row.kind, str(row.output), row.shared.weights, row.shared.biases, row.local.parameters, row.macs)
        for row in analysis.rows
    )


def complains(text: str, file: str) -> bool:
    """Whether the check ends with an error or a warning."""
    loaded = network_of(text, file)
    if loaded is None:
        return True
    model, network = loaded
    subject = Subject(analyze_network(network, name=model.name, file=file), model)
    return any(finding.severity != "note" for finding in run(subject, chosen()))


def unbudgeted(text: str) -> str:
    """The text without its budget, for what the shapes and the checks find alone."""
    return re.sub(r"^budget:.*\n(?:[ #].*\n)*", "", text, flags=re.MULTILINE)


def original(case: Broken) -> str:
    return (EXAMPLES / case.file).read_text(encoding="utf-8")


def test_examples_are_fine_before_they_are_broken() -> None:
    for path in sorted(EXAMPLES.glob("*.yaml")):
        assert not complains(path.read_text(encoding="utf-8"), path.name), path.name


def test_most_of_what_is_broken_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    known: dict[str, tuple[object, ...]] = {}
    found, missed, same, without = Counter[str](), [], Counter[str](), 0
    for seed in range(MODELS):
        case = broken(seed)
        if case.file not in known:
            loaded = network_of(original(case), case.file)
            assert loaded is not None
            known[case.file] = signature(loaded[1])
        loaded = network_of(case.text, case.file)
        if loaded is not None and signature(loaded[1]) == known[case.file]:
            same[case.kind] += 1  # another spelling of the same network, or a part that is not used
        elif complains(case.text, case.file):
            found[case.kind] += 1
            without += complains(unbudgeted(case.text), case.file)
        else:
            missed.append(case)
    changed = found.total() + len(missed)
    with capsys.disabled():
        share = found.total() / changed
        print(
            f"\n{found.total()} of {changed} changes found ({share:.1%}), {same.total()} changed nothing; without a budget {without}"
        )
        for kind in sorted(found | Counter(case.kind for case in missed)):
            print(f"  {kind}: {found[kind]} of {found[kind] + sum(case.kind == kind for case in missed)}")
        for case in missed:
            print(f"  missed: {case.file}:{case.line} {case.before} -> {case.after or 'nothing'}")
    assert changed > 0.8 * MODELS
    assert found.total() / changed >= LEAST
