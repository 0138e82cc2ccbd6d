"""A model as Python data: the same numbers and messages as its YAML, and what YAML could not express."""

from __future__ import annotations

import copy
import re
from collections import OrderedDict
from enum import Enum
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import analyzer
from analyzer.loader.text.limits import LIMITS
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import plain_value
from analyzer.volume import Volume

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))
BAD = sorted(
    path for path in (ROOT / "tests" / "bad").glob("*/*.yaml") if path.parent.name in ("shapes", "names", "blocks")
)
TEXTBOOK: dict[str, Any] = {
    "input": "32x32x3",
    "layers": [{"conv": {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}}, "relu", {"dense": 10}],
}


def data_of(path: Path) -> Any:
    """A file's model as plain data, by YAML 1.2."""
    tree = read_tree(path.read_text(encoding="utf-8"), str(path)).tree
    return None if tree is None else plain_value(tree)


def without_places(report: dict[str, Any]) -> dict[str, Any]:
    layers = [{key: value for key, value in layer.items() if key != "line"} for layer in report["layers"]]
    findings = [{k: v for k, v in one.items() if k not in ("file", "line", "column")} for one in report["diagnostics"]]
    return {**report, "file": "", "name": "", "layers": layers, "diagnostics": findings}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_dict_is_the_file_that_it_was_loaded_from(path: Path) -> None:
    data = data_of(path)
    before = copy.deepcopy(data)
    report = analyzer.analyze(data).to_dict()
    assert without_places(report) == without_places(analyzer.analyze(path).to_dict())
    assert data == before
    assert (report["file"], all("line" not in layer for layer in report["layers"])) == ("<dict>", True)


def said(error: analyzer.ModelError) -> list[tuple[str, str]]:
    """The codes and messages."""
    return [(finding.code, finding.message) for finding in error.diagnostics]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_dict_has_the_messages_of_the_file(path: Path) -> None:
    data = data_of(path)
    with pytest.raises(analyzer.ModelError) as of_file:
        analyzer.analyze(path)
    if not isinstance(data, dict):
        pytest.skip("its YAML is no mapping")
    with pytest.raises(analyzer.ModelError) as of_dict:
        analyzer.analyze(data)
    assert said(of_dict.value) == said(of_file.value)
    for finding in of_dict.value.diagnostics:
        assert not re.search(r"\blines? \d", " ".join([finding.message, *finding.notes, finding.help or ""]))


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        (lambda m: m["layers"][0]["conv"].update(filters="many"), "layers[0].conv.filters", "`filters` of `conv` must be a whole number"),
        (lambda m: m["layers"][0]["conv"].update(kernal=3), "layers[0].conv.kernal", "`conv` has no parameter `kernal`"),
        (lambda m: m["layers"][0]["conv"].update(kernel=80), "layers[0]", "the 80×80 kernel of `conv1` is larger"),
        (lambda m: m["layers"].append({"maxpool": 2}), "layers[3].maxpool", "is called `maxpool`"),
        (lambda m: m.update(layer=[]), "layer", "a model has no key `layer`"),
        (lambda m: m["layers"][0]["conv"].update({"my key": 3}), "layers[0].conv['my key']", "has no parameter `my key`"),
        (lambda m: m["layers"][0]["conv"].update(filters="64"), "layers[0].conv.filters", "must be a whole number of at least 1, not `64`"),
        (lambda m: m["layers"][0]["conv"].update(bias=1), "layers[0].conv.bias", "`bias` of `conv` must be"),
        (lambda m: m["layers"][0]["conv"].update(filters=float("nan")), "layers[0].conv.filters", "must be a whole number"),
        (lambda m: m["layers"][0]["conv"].update(filters=10**5000), "layers[0].conv.filters", "thousands of digits"),
        (lambda m: m["layers"][0]["conv"].update({3: 4}), "layers[0].conv[3]", "a key must be a text, not the number `3`"),
        (lambda m: m["layers"].append({True: 2}), "layers[3][True]", "a key must be a text, not `True`"),
        (lambda m: m["layers"].append({None: 2}), "layers[3][None]", "a key must be a text, not `None`"),
        (lambda m: m["layers"].append({(1, 2): 2}), "layers[3][(1, 2)]", "a key must be a text, not a value of the type `tuple`"),
        (lambda m: m["layers"].append({"dense": {1, 2}}), "layers[3].dense", "a value of the type `set` cannot be written in YAML"),
        (lambda m: m["layers"].append({"dense": b"10"}), "layers[3].dense", "a value of the type `bytes` cannot be written"),
        (lambda m: m["layers"].append({"dense": object}), "layers[3].dense", "a value of the type `type` cannot be written"),
        (lambda m: m["layers"].append({"dense": "a\x1bb"}), "layers[3].dense", "the character U+001B is not allowed"),
    ],
)  # fmt: skip
def test_a_mistake_says_where(change: Any, where: str, message: str) -> None:
    model = copy.deepcopy(TEXTBOOK)
    change(model)
    with pytest.raises(analyzer.ModelError) as caught:
        analyzer.analyze(model)
    (finding,) = caught.value.diagnostics
    assert (str(finding.span), message in finding.message) == (where, True), finding.message
    assert str(caught.value).startswith(f"{where}: ")
    assert f"╭─ {where}\n" in str(finding) + "\n"


def test_all_mistakes_are_found_in_one_run() -> None:
    model = copy.deepcopy(TEXTBOOK)
    model["layers"] = [
        {"conv": {"filters": {1}, "kernel": 3}},
        {4: 5},
        {"max_pol": 2},
        {"conv": {"filters": 1, "kernel": 99}},
    ]
    with pytest.raises(analyzer.ModelError) as caught:
        analyzer.load(model)
    assert [finding.code for finding in caught.value.diagnostics][:3] == ["YAML110", "YAML105", "MODEL102"]


def test_other_values_of_python_that_mean_the_same() -> None:
    class Act(str, Enum):
        RELU = "relu"

    model = OrderedDict(
        input=Volume((32, 32), 3),
        layers=(
            MappingProxyType({"conv": {"filters": 20, "kernel": (8, 8), "stride": [2, 2], "padding": 1.0}}),
            Act.RELU,
        ),
        description=None,
    )
    del model["description"]
    assert analyzer.analyze(model).totals.shared.parameters == 3_860  # CS231n
    assert analyzer.analyze({"input": "4", "layers": [{"dropout": Fraction(1, 2)}, {"dropout": "1e-1"}]}).rows


def test_numbers_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    layer = {"conv": {"filters": numpy.int64(20), "kernel": numpy.uint8(8), "stride": 2, "padding": numpy.int32(1)}}
    model = {"input": "32x32x3", "layers": [layer, {"dropout": numpy.float32(0.5)}]}
    assert analyzer.analyze(model).totals.shared.parameters == 3_860
    with pytest.raises(analyzer.ModelError, match="a value of the type `ndarray` cannot be written in YAML"):
        analyzer.load({"input": numpy.array([32, 32, 3]), "layers": ["relu"]})


def test_a_list_inside_of_itself_and_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "nodes", 50_000)
    endless: list[Any] = []
    endless += [endless, endless]
    wide: Any = "x"
    for _ in range(40):
        wide = [wide, wide]
    deep: Any = {}
    for _ in range(10_000):
        deep = {"a": deep}
    long = {"input": "8", "layers": ["relu"], "description": "x" * (LIMITS.text + 1)}
    for data, code in (
        ({"layers": endless}, "LIMIT102"),
        ({"layers": wide}, "LIMIT102"),
        (deep, "LIMIT102"),
        (long, "LIMIT101"),
    ):
        with pytest.raises(analyzer.ModelError) as caught:
            analyzer.load(data)
        assert caught.value.diagnostics[-1].code == code
        assert len(str(caught.value)) < 500


@pytest.mark.parametrize("data", [{}, {"a": 1}, {1: 2}, {"input": "8x8x3"}, {"input": "8x8x3", "layers": None}])
def test_a_dict_that_is_no_model(data: Any) -> None:
    with pytest.raises(analyzer.ModelError):
        analyzer.analyze(data)


@pytest.mark.parametrize("source", [["conv"], 3, None])
def test_what_is_no_model_at_all(source: Any) -> None:
    with pytest.raises(TypeError, match="a model is a file, a text or a dict"):
        analyzer.load(source)


def test_everything_takes_a_dict() -> None:
    model = analyzer.load(TEXTBOOK)
    assert repr(model) == str(model) == "Model('model' from <dict>)"
    assert analyzer.analyze(model).rows[0].line is None
    assert analyzer.memory(TEXTBOOK, batch=2).held().peak.bytes == analyzer.memory(model, batch=2).held().peak.bytes
    assert analyzer.check({**TEXTBOOK, "budget": {"params": 10}}).errors[0].code == "CHECK501"
    assert not analyzer.diff(TEXTBOOK, {**TEXTBOOK, "input": "64x64x3"}).equal
    changed = {**TEXTBOOK, "vars": {"width": 4}, "layers": [{"dense": "$width * 2"}]}
    assert analyzer.analyze(changed, set={"width": 5}).rows[0].output == Volume((), 10)
    assert analyzer.analyze(TEXTBOOK, input="64x64x3").rows[0].output.spatial == (30, 30)  # (64 − 8 + 2)/2 + 1


def test_a_difference_names_the_keys_of_dicts() -> None:
    changed = copy.deepcopy(TEXTBOOK)
    changed["layers"][0]["conv"]["filters"] = 24
    found = analyzer.diff(TEXTBOOK, changed)
    assert [(change.old, change.new, change.layers) for change in found.keys or ()] == [(20, 24, ["conv1"])]
    assert analyzer.diff(TEXTBOOK, copy.deepcopy(TEXTBOOK)).equal


def test_a_truth_value_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    conv = {"filters": 20, "kernel": 8, "bias": numpy.bool_(False)}
    assert analyzer.analyze({"input": "32x32x3", "layers": [{"conv": conv}]}).totals.shared.parameters == 3_840
