"""Every type and every parameter of the catalogue, written wrongly in a file: each answered at its place, with the fix."""

from __future__ import annotations

from itertools import combinations

import pytest

import analyzer
from analyzer.diagnostics import Diagnostic
from analyzer.layers import CATALOGUE
from analyzer.loader.parse.file import parse

#: A good value of each required parameter.
GOOD = {
    "filters": "4", "kernel": "3", "units": "4", "vocabulary": "10", "size": "2", "axis": "height", "to": "1x1x?",
    "order": "[depth, height, width]", "padding": "1", "factor": "2", "groups": "2", "inputs": "[prev]", "heads": "2",
    "output": "2x2x2", "pattern": "h w c -> w h c", "op": "sum", "count": "2", "shift": "1", "volume": "2x2x2",
}  # fmt: skip

#: The same of a type, where the parameter means something else.
OWN = {("fold", "to"): "8", ("elementwise", "op"): "exp"}

PARAMETERS = [(name, parameter) for name, layer in CATALOGUE.items() for parameter in layer.declared]

#: A mapping whose keys are names of the author's own.
NAMED = ("rearrange", "sizes")


def good(name: str, without: str = "") -> dict[str, str]:
    """Good values of a type's required parameters."""
    required = [p.name for p in CATALOGUE[name].declared.values() if p.required and p.name != without]
    return {parameter: OWN.get((name, parameter), GOOD[parameter]) for parameter in required}


def written(name: str, **values: str) -> str:
    """A file of one layer with its required parameters, those of `values` in their place."""
    inside = ", ".join(f"{key}: {value}" for key, value in {**good(name), **values}.items())
    return f"input: 8x8x4\nlayers:\n  - {name}: {{{inside}}}\n"


def findings(text: str) -> list[Diagnostic]:
    return parse(text, "model.yaml").problems


def at(text: str, finding: Diagnostic) -> str:
    """What the finding points at."""
    assert finding.span is not None
    line = text.split("\n")[finding.span.line - 1]
    return line[finding.span.column - 1 : finding.span.end_column - 1]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_a_misspelt_parameter_is_answered_with_the_right_one(name: str, parameter: str) -> None:
    misspelt = parameter[:-1] + parameter[-1] * 2 if len(parameter) > 2 else parameter + 2 * parameter[-1]
    text = written(name).replace("}", f"{', ' if '{}' not in written(name) else ''}{misspelt}: 1}}")
    (finding,) = findings(text)
    assert finding.code == "VALUE102"
    assert at(text, finding) == misspelt
    assert finding.help is not None
    assert parameter in finding.help


@pytest.mark.parametrize(("name", "parameter"), [each for each in PARAMETERS if each != NAMED])
def test_a_value_of_the_wrong_kind_is_refused_at_its_place(name: str, parameter: str) -> None:
    text = written(name, **{parameter: "{strange: 1}"})
    (finding,) = findings(text)
    assert finding.code in ("VALUE101", "VALUE102")
    assert finding.span is not None
    assert "strange" in text.split("\n")[finding.span.line - 1][finding.span.column - 1 :]
    assert parameter in finding.message or "strange" in finding.message


@pytest.mark.parametrize(("name", "parameter"), [p for p in PARAMETERS if CATALOGUE[p[0]].declared[p[1]].required])
def test_a_missing_parameter_is_named(name: str, parameter: str) -> None:
    inside = ", ".join(f"{key}: {value}" for key, value in good(name, parameter).items())
    (finding,) = findings(f"input: 8x8x4\nlayers:\n  - {name}: {{{inside}}}\n")
    assert finding.code == "VALUE103"
    assert f"`{parameter}`" in finding.message
    assert finding.help is not None
    assert parameter in finding.help


@pytest.mark.parametrize("name", CATALOGUE)
def test_its_names_elsewhere_are_answered_with_ours(name: str) -> None:
    for other in CATALOGUE[name].elsewhere:
        word, _, meaning = other.partition(" → ")
        if word in CATALOGUE:
            continue
        for spelled in (word, f"nn.{word}"):
            text = f"input: 8x8x4\nlayers:\n  - {spelled}: {{}}\n"
            (finding,) = findings(text)
            assert finding.code == "MODEL102"
            assert at(text, finding) == spelled
            assert finding.help is not None
            # a dense layer behind nothing is `dense`; tests/loader/test_words.py has the other places
            assert f"`{'dense' if word in ('Linear', 'LazyLinear') else meaning or name}`" in finding.help


def test_no_name_elsewhere_means_two_types() -> None:
    names = {
        name: {other.partition(" → ")[0].lower() for other in layer.elsewhere} for name, layer in CATALOGUE.items()
    }
    for one, other in combinations(names, 2):
        assert not names[one] & names[other], (one, other)


# `fold` reads as many cells as its window has places, which each letter changes
@pytest.mark.parametrize("name", [name for name, layer in CATALOGUE.items() if layer.letters and name != "fold"])
def test_the_textbooks_letters_mean_the_same(name: str) -> None:
    for letter, parameter in CATALOGUE[name].letters.items():
        value = GOOD.get(parameter, "1")
        models = []
        for key in (letter, parameter):
            inside = ", ".join(f"{k}: {v}" for k, v in {**good(name, parameter), key: value}.items())
            models.append(analyzer.analyze(f"input: 8x8x4\nlayers:\n  - {name}: {{{inside}}}\n").to_dict())
        assert models[0] == models[1]
