"""`analyzer.testing` at its door: what it takes, returns and raises; without a framework.

tests/peers/ has live modules, tests/matching/ what is compared.
"""

from __future__ import annotations

import collections
import functools
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import analyzer
from analyzer.matching import torch_modules
from analyzer.matching.live import entered_by, framework_of
from analyzer.matching.observed import Entered, Observation, Observed
from analyzer.testing import Match, Mismatch, Unreadable, assert_budget, assert_clean, assert_matches

ROOT = Path(__file__).resolve().parent.parent
RESNET = str(ROOT / "example_models" / "resnet50.yaml")

#: 20 filters of 8×8×3 with biases: 3,860 parameters; 4 bytes each.
TEXTBOOK = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n"


class Module:
    """In place of `torch.nn.Module`."""


class Layer(Module):
    """In place of `keras.Layer`; on its torch backend a layer is an `nn.Module`."""


class Model(Layer):
    """In place of `keras.Model`."""


class Net(Module):
    """A module of a user; `biases` is the planted mistake."""

    def __init__(self, biases: int = 20) -> None:
        self.biases = biases


def observe(module: Any, entered: Sequence[Entered]) -> Observation:
    """In place of the observers of the frameworks."""
    if module.biases < 0:
        try:
            raise ZeroDivisionError("in forward")
        except ZeroDivisionError as error:
            raise Unreadable("`Net` raised in forward") from error
    assert [(one.name, str(one.volume), one.whole) for one in entered] == [("input", "32x32x3", False)]
    conv = Observed("conv", "Conv2d", [(1, 3, 32, 32)], [(1, 20, 14, 14)], 3840, module.biases, 0)
    return Observation("torch", "Net", [conv], [], {"": "Net"}, [(1, 20, 14, 14)], 3840 + module.biases)


@pytest.fixture
def frameworks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch that is imported, with `observe` above in place of what watches its modules."""
    monkeypatch.setattr(torch_modules, "observe", observe)
    for name, members in {"torch.nn": {"Module": Module}, "keras": {}}.items():
        fake = ModuleType(name)
        vars(fake).update(members)
        monkeypatch.setitem(sys.modules, name, fake)


@pytest.fixture
def with_keras(frameworks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = ModuleType("keras")
    vars(fake).update(Layer=Layer, Model=Model)
    monkeypatch.setitem(sys.modules, "keras", fake)


# --------------------------------------------------------------------------------------------------------------------
# assert_matches


@pytest.mark.usefixtures("frameworks")
@pytest.mark.parametrize("door", ["text", "path", "dict", "model", "analysis"])
def test_a_module_that_matches(door: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TEXTBOOK, encoding="utf-8")
    conv = {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}
    models: dict[str, Any] = {
        "text": TEXTBOOK,
        "path": path,
        "dict": {"input": "32x32x3", "layers": [{"conv": conv}]},
        "model": analyzer.load(path),
        "analysis": analyzer.analyze(TEXTBOOK),
    }
    found = assert_matches(Net(), models[door])
    assert isinstance(found, Match)
    assert found.equal
    assert list(found.differences) == []
    assert str(found) == "1 layer is equal; 3,860 parameters on both sides"
    assert repr(found).endswith(": equal)")
    assert [(pair.observed.name, pair.row.name) for pair in found.pairs] == [("conv", "conv1")]


@pytest.mark.usefixtures("frameworks")
def test_a_module_that_does_not_match(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TEXTBOOK, encoding="utf-8")
    with pytest.raises(Mismatch) as caught:
        assert_matches(Net(biases=0), path)
    assert isinstance(caught.value, AssertionError)
    match = caught.value.match
    assert not match.equal
    assert match.differences[0].fields == {"biases": (0, 20)}
    text = str(caught.value)
    assert text.startswith(f"conv is not what {path}:3 says\n")
    assert text.splitlines()[-1] == "1 of 1 layer differs; parameters 3,840 against 3,860"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.match.equal) == (text, False)
    assert (str(match), repr(match)) == (text, "Match(Net and 'net': 1 difference)")


@pytest.mark.usefixtures("frameworks")
def test_variables_and_the_input_are_those_of_the_file_unless_they_are_given() -> None:
    text = "input: 9x9x3\nvars: {k: 5}\nlayers:\n  - conv: {filters: $k, kernel: 8, stride: 2, padding: 1}\n"
    assert assert_matches(Net(), text, set={"k": 20}, input="32x32x3").equal


@pytest.mark.usefixtures("frameworks")
def test_a_module_that_cannot_run_raises_its_own_error() -> None:
    """It is no difference, so no assertion fails: a test suite shows it as an error."""
    with pytest.raises(Unreadable, match="raised in forward") as caught:
        assert_matches(Net(biases=-1), TEXTBOOK)
    assert isinstance(caught.value, RuntimeError)
    assert not isinstance(caught.value, AssertionError)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def build() -> None:
    """A function of a user."""


@pytest.mark.usefixtures("frameworks")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Net, TEXTBOOK), "`Net` is a class: give a module that is made of it, `Net()`"),
        ((None, TEXTBOOK), "a torch or Keras module is needed, not `None`"),
        ((3, TEXTBOOK), "a torch or Keras module is needed, not a value of the type `int`"),
        ((build, TEXTBOOK), "`build` is not a torch or Keras module: give the module that it makes or calls"),
        ((Net().__init__, TEXTBOOK), "`__init__` is not a torch or Keras module: give the module that it makes or calls"),
        ((functools.partial(Net), TEXTBOOK), "`partial` is not a torch or Keras module: give the module that it makes or calls"),
        (({"conv.weight": 3}, TEXTBOOK), "a dict of weights has no layers: load it into the module, and give the module"),
        ((collections.OrderedDict(), TEXTBOOK), "a dict of weights has no layers: load it into the module, and give the module"),
        (("last.ckpt", TEXTBOOK), "`last.ckpt` is a text: make the module, load its weights, and give the module"),
        ((Path("last.pt"), TEXTBOOK), "`last.pt` is a text: make the module, load its weights, and give the module"),
        (([Net()], TEXTBOOK), "a list is not called in an order: give the module that calls its modules"),
        (("model.yaml", Net()), 'the arguments are swapped: write `assert_matches(module, "model.yaml")`'),
        (({"input": "3"}, Net()), 'the arguments are swapped: write `assert_matches(module, "model.yaml")`'),
        ((Net(), Net()), "a model is a file, a text or a dict, not a value of the type `Net`"),
        ((Net(), None), "a model is a file, a text or a dict, not a value of the type `NoneType`"),
    ],
)  # fmt: skip
def test_what_is_no_module_is_refused_in_one_line(arguments: tuple[Any, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        assert_matches(*arguments)
    assert str(caught.value) == message


@pytest.mark.usefixtures("with_keras")
def test_keras_is_asked_before_torch() -> None:
    """A Keras model on its torch backend is an `nn.Module`, too."""
    assert framework_of(Model()) == "keras"
    assert framework_of(Net()) == "torch"
    with pytest.raises(TypeError, match=r"a Keras layer has no input of its own: give a model, `keras.Sequential"):
        assert_matches(Layer(), TEXTBOOK)


def test_without_a_framework_nothing_is_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is imported already is asked, and nothing is imported."""
    for name in ("torch", "torch.nn", "keras"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert framework_of(Net()) is None
    with pytest.raises(TypeError, match="not a value of the type `Net`"):
        assert_matches(Net(), TEXTBOOK)
    assert {"torch", "keras"}.isdisjoint(sys.modules)


@pytest.mark.parametrize(
    ("model", "entered"),
    [
        ("input: 8x8x3\nlayers: [dense: 3]\n", {"input": False}),
        ("input: 12\nlayers:\n  - embedding: {vocabulary: 5, size: 2}\n", {"input": True}),
        ("input: 2x6x1\nlayers: [flatten, {embedding: {vocabulary: 5, size: 2}}]\n", {"input": True}),
        ("input: 6\nlayers: [{dense: 12}, {embedding: {vocabulary: 5, size: 2}}]\n", {"input": False}),
        (
            "inputs: {words: 6, image: 4x2}\nlayers:\n  - embedding: {vocabulary: 5, size: 2}\n    from: words\n"
            "  - concat: {inputs: [prev, image], axis: length}\n",
            {"words": True, "image": False},
        ),
    ],
)
def test_inputs_of_an_embedding_are_whole_numbers(model: str, entered: dict[str, bool]) -> None:
    """Those of other layers are any numbers; a layer without weights hands on what it reads."""
    assert {one.name: one.whole for one in entered_by(analyzer.analyze(model))} == entered


# --------------------------------------------------------------------------------------------------------------------
# assert_budget and assert_clean


def test_a_budget_that_is_kept_returns_the_amounts() -> None:
    found = assert_budget(
        TEXTBOOK, params="4K", peak_training_memory="1 MiB", layers={"min": 1, "max": 1}, macs=752_640, depth=1.0
    )
    assert found == analyzer.analyze(TEXTBOOK).amounts()
    assert assert_budget(TEXTBOOK) == found


def test_a_broken_limit_has_the_message_of_check() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_budget(RESNET, params="5M", peak_training_memory="8 GiB")
    first, *_, last = str(caught.value).splitlines()
    assert first == "error[CHECK501]: `params` is 25.56M, 20.56M (411.1 %) over its budget of 5M"
    assert last == "1 model checked: 1 error"


def test_the_message_is_that_of_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A limit of the file has its line; `analyzer check` prints the same."""
    from analyzer.cli.main import main

    path = tmp_path / "net.yaml"
    path.write_text(TEXTBOOK + "budget: {params: 3K}\n", encoding="utf-8")
    for assertion in (assert_budget, assert_clean):
        with pytest.raises(AssertionError) as caught:
            assertion(path)
        assert main(["check", str(path), "--no-config", "--format", "text", "--severity", "warning"]) == 1
        assert str(caught.value) == capsys.readouterr().out.rstrip("\n")
        assert f"{path}:4:18" in str(caught.value)


@pytest.mark.parametrize(
    ("own", "given", "broken"),
    [
        ({"params": "5K"}, {"macs": "1M"}, []),
        ({"params": "3K"}, {"macs": "1M"}, ["`params` is 3.86K"]),
        ({"params": "3K"}, {"params": "5K"}, ["`params` is 3.86K"]),
        ({"params": "5K"}, {"params": "3K"}, ["`params` is 3.86K"]),
        ({"params": "3K"}, {"params": "2K"}, ["over its budget of 3K", "over its budget of 2K"]),
        ({}, {"params": {"min": "4K"}}, ["under the minimum of its budget, 4K"]),
        ({}, {"weight_memory": "15 KiB", "layers": {"min": 2}}, ["`weight_memory` is 15.08 KiB", "`layers` is 1"]),
    ],
)
def test_the_limits_of_the_file_hold_too(own: dict[str, str], given: dict[str, Any], broken: list[str]) -> None:
    conv = {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}
    model = {"input": "32x32x3", "layers": [{"conv": conv}], "budget": own} if own else TEXTBOOK
    if not broken:
        assert_budget(model, **given)
        return
    with pytest.raises(AssertionError) as caught:
        assert_budget(model, **given)
    text = str(caught.value)
    assert text.count("error[CHECK501]") == len(broken)
    assert [words for words in broken if words not in text] == []


def test_a_comment_ignores_the_limits_of_its_file_and_not_those_that_are_given() -> None:
    text = f"# analyzer: ignore[CHECK501] for now\n{TEXTBOOK}budget: {{params: 1K}}\n"
    assert_budget(text)
    with pytest.raises(AssertionError, match="over its budget of 2K"):
        assert_budget(text, params="2K")


def test_peaks_are_those_of_the_training_in_the_file() -> None:
    """Momentum keeps one number for each parameter, Adam two; a batch of 64 has 64 times the activations."""
    trained = TEXTBOOK + "training: {batch: 64, optimizer: adam}\n"
    peaks = [analyzer.memory(text).held().peak.bytes for text in (TEXTBOOK, trained)]
    assert peaks[0] < peaks[1]
    assert_budget(trained, peak_training_memory=peaks[1])
    for model in (trained, analyzer.analyze(trained)):
        with pytest.raises(AssertionError, match="peak_training_memory"):
            assert_budget(model, peak_training_memory=peaks[1] - 1)


def test_a_limit_on_what_the_network_does_not_have() -> None:
    with pytest.raises(AssertionError, match="nothing is trained in int8"):
        assert_budget(TEXTBOOK + "training: {dtype: int8}\n", peak_training_memory="1 GiB")


def test_an_amount_with_an_unknown_part() -> None:
    """As in `analyzer check`: what is known of it may keep a limit or break it, and a note fails nothing."""
    text = TEXTBOOK + "  - custom: {output: 10, macs: unknown}\n"
    assert "macs" not in assert_budget(text, macs="1M")
    with pytest.raises(AssertionError, match="over its budget of 700K"):
        assert_budget(text, macs="700K")


def test_an_analysis_has_no_limits_of_its_own() -> None:
    analysis = analyzer.analyze(TEXTBOOK + "budget: {params: 1K}\n")
    assert assert_budget(analysis, params="4K") == analysis.amounts()
    with pytest.raises(AssertionError, match="over its budget of 2K"):
        assert_budget(analysis, params="2K")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"param": "5M"}, "a budget has no `param`; did you mean `params`?"),
        ({"parameters": "5M"}, "a budget has no `parameters`; did you mean `params`?"),
        ({"peak_memory": "5 GiB"}, "a budget has no `peak_memory`; did you mean `peak_training_memory`?"),
        ({"batch": 3, "params": "5M"}, "a budget has no `batch`"),
        ({"params": "5 GiB"}, "`params` must be an amount such as `26M` or `4.2G`, not `5 GiB`; it is a count"),
        ({"params": "many"}, "`params` must be an amount such as `26M` or `4.2G`, not `many`"),
        ({"params": None}, "`params` must be an amount such as `26M` or `4.2G`, not `None`"),
        ({"params": True}, "`params` must be an amount such as `26M` or `4.2G`, not `True`"),
        ({"params": -1}, "`params` must be an amount such as `26M` or `4.2G`, not −1"),
        ({"params": float("inf")}, "`params` must be an amount such as `26M` or `4.2G`"),
        ({"params": b"5M"}, "not a value of the type `bytes`"),
        ({"weight_memory": "big"}, "`weight_memory` must be an amount such as `150 MiB` or `1.5 GB`, not `big`"),
        ({"params": {"most": 5}}, "an end of `params` must be `min` or `max`, not `most`"),
        ({"params": {}}, "`params` needs a limit"),
        ({"params": {"min": 5, "max": 3}}, "the `min` of `params` is above its `max`"),
    ],
)
def test_limits_that_are_none(limits: dict[str, Any], message: str) -> None:
    with pytest.raises(analyzer.SettingError) as caught:
        assert_budget(TEXTBOOK, **limits)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


#: A convolution whose bias its norm removes: a warning (CHECK202).
WASTEFUL = "input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3, norm: batch_norm}}]\n"
#: A stride that leaves the last row and column unread: a note (CHECK101).
UNREAD = "input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3, stride: 2}}]\n"


def test_a_clean_network_returns_what_was_found() -> None:
    assert assert_clean(TEXTBOOK).errors == []
    assert [one.code for one in assert_clean(UNREAD)] == ["CHECK101"]


@pytest.mark.parametrize(
    ("model", "settings", "code"),
    [
        (WASTEFUL, {}, "warning[CHECK202]"),
        (WASTEFUL, {"select": ["CHECK2"]}, "warning[CHECK202]"),
        (WASTEFUL, {"select": "CHECK1"}, None),
        (WASTEFUL, {"ignore": ["bias-before-norm"]}, None),
        (WASTEFUL, {"severity": "error"}, None),
        (WASTEFUL, {"severity": "note"}, "warning[CHECK202]"),
        (UNREAD, {}, None),
        (UNREAD, {"severity": "note"}, "note[CHECK101]"),
        (UNREAD, {"severity": "note", "input": "7x7x3"}, None),
        (TEXTBOOK + "budget: {params: 1K}\n", {}, "error[CHECK501]"),
        (TEXTBOOK + "budget: {params: 1K}\n", {"severity": "error", "ignore": ["CHECK1"]}, "error[CHECK501]"),
    ],
)
def test_what_a_clean_network_may_have(model: str, settings: dict[str, Any], code: str | None) -> None:
    if code is None:
        assert_clean(model, **settings)
        return
    with pytest.raises(AssertionError) as caught:
        assert_clean(model, **settings)
    assert str(caught.value).startswith(code)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"select": ["CHECK999"]}, "no check is called `CHECK999`"),
        ({"ignore": "bias-befor-norm"}, "did you mean `bias-before-norm`?"),
        ({"severity": "warn"}, "`severity` must be `error`, `warning` or `note`, not `warn`; did you mean `warning`?"),
        ({"severity": None}, "`severity` must be `error`, `warning` or `note`, not `None`"),
    ],
)
def test_settings_of_the_checks_that_do_not_exist(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(analyzer.SettingError) as caught:
        assert_clean(TEXTBOOK, **settings)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["textbook", "resnet50", "vit_b16"])
def test_an_example_model_is_clean(name: str) -> None:
    """`.ci/run` checks all of them."""
    path = ROOT / "example_models" / f"{name}.yaml"
    assert_clean(path)
    assert_budget(path)


# --------------------------------------------------------------------------------------------------------------------
# What is wrong with the description: the same for all three


def matches(model: Any, **settings: Any) -> object:
    return assert_matches(Net(), model, **settings)


DOORS: list[Callable[..., object]] = [matches, assert_budget, assert_clean]


@pytest.mark.usefixtures("frameworks")
@pytest.mark.parametrize("door", DOORS, ids=["matches", "budget", "clean"])
def test_a_wrong_description(door: Callable[..., object], tmp_path: Path) -> None:
    """All mistakes of a model, a setting that it does not have, a file that does not exist: as from `analyze`."""
    with pytest.raises(analyzer.ModelError) as wrong:
        door("input: 8x8x3\nlayers:\n  - con: 3\n  - dense: {unit: 3}\n")
    assert [one.span.line for one in wrong.value.diagnostics if one.span] == [3, 4]
    with pytest.raises(analyzer.SettingError, match="the model has no variable `width`"):
        door(TEXTBOOK, set={"width": 3})
    with pytest.raises(analyzer.SettingError):
        door(TEXTBOOK, input={"image": "3x3x3"})
    with pytest.raises(analyzer.FileError, match=r"nothing\.yaml` does not exist"):
        door(os.fspath(tmp_path / "nothing.yaml"))
    with pytest.raises(analyzer.SettingError, match="an analysis is of a network as it is"):
        door(analyzer.analyze(TEXTBOOK), input="64x64x3")
    with pytest.raises(TypeError, match="a model is a file, a text or a dict"):
        door(3)


@pytest.mark.usefixtures("frameworks")
def test_a_foreign_file(tmp_path: Path) -> None:
    """A Darknet file of the textbook's convolution; its batch norms and biases are those of the format."""
    path = tmp_path / "net.cfg"
    path.write_text(
        "[net]\nheight=32\nwidth=32\nchannels=3\n\n[convolutional]\nfilters=20\nsize=8\nstride=2\npadding=1\n"
        "activation=linear\n",
        encoding="utf-8",
    )
    assert assert_matches(Net(), path).equal
    assert assert_budget(path, params="4K")["params"] == 3_860
    assert_clean(path)
    with pytest.raises(Mismatch, match=r"darknet +"):
        assert_matches(Net(biases=0), path)
