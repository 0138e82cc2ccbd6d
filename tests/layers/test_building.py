"""Layers built from written values: every constructor refuses what the command refuses, and a layer can write itself."""

from __future__ import annotations

from typing import Any

import pytest
from test_cases import CASES

from analyzer.diagnostics import Refusal
from analyzer.layers import CATALOGUE
from analyzer.layers.building import build
from analyzer.layers.padding import Padding
from analyzer.layers.sharing import LOCAL, SHARED, Sharing


@pytest.mark.parametrize(
    ("type_", "written", "message", "code"),
    [
        ("conv", {"filters": 4, "kernel": 3, "filterz": 3}, "`conv` has no parameter `filterz`", "VALUE102"),
        (
            "conv",
            {"filters": -1, "kernel": 3},
            "`filters` of `conv` must be a whole number of at least 1, not −1",
            "VALUE101",
        ),
        ("conv", {"kernel": 3}, "`conv` needs `filters`", "VALUE103"),
        ("conv", {}, "`conv` needs `filters` and `kernel`", "VALUE103"),
        (
            "conv",
            {"filters": 4, "kernel": 3, "padding": {"left": -1}},
            "`left` in `padding` of `conv` must be a whole number of at least 0, not −1",
            "VALUE101",
        ),
        ("conv", {"filters": 4, "kernel": None}, "`kernel` of `conv` must be", "VALUE101"),
        ("conv", {"filters": 4, "K": 4, "kernel": 3}, "`filters` and its letter `K` are both given", "YAML101"),
        ("custom", {"volume": "2x2x2"}, "`custom` has no parameter `volume`", "VALUE102"),
        ("relu", {"slope": 1}, "`relu` has no parameter `slope`", "VALUE102"),
        ("Conv2d", {}, "there is no layer type called `Conv2d`", "MODEL102"),
        ("relu", 3, "`relu` has no main parameter, so each value needs its name", "VALUE104"),
    ],
)
def test_a_wrong_value_is_refused(type_: str, written: Any, message: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        build(type_, written)
    assert caught.value.message.startswith(message)
    assert str(caught.value) == caught.value.message
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("type_", "written", "parameter", "message"),
    [
        ("custom", {"output": SHARED}, "output", "must be a volume such as `7x7x512`, not `shared`"),
        ("reshape", {"to": SHARED}, "to", "not `shared`"),
        ("mean", {"axis": LOCAL}, "axis", "not `local`"),
        ("spatial_pyramid_pool", {"bins": LOCAL}, "bins", "not `local`"),
        ("upsample", {"factor": LOCAL}, "factor", "not `local`"),
        ("conv", {"filters": 4, "kernel": Padding("same")}, "kernel", "not `same`"),
        ("conv", {"filters": 4, "kernel": 3, "padding": LOCAL}, "padding", "not `local`"),
        ("conv", {"filters": 4, "kernel": 3, "sharing": Padding("same")}, "sharing", "not `same`"),
    ],
)
def test_a_value_that_another_kind_has_read_is_refused(
    type_: str, written: dict[str, Any], parameter: str, message: str
) -> None:
    with pytest.raises(Refusal) as caught:
        build(type_, written)
    assert (caught.value.code, caught.value.parameter) == ("VALUE101", parameter)
    assert caught.value.message.startswith(f"`{parameter}` of `{type_}` must be ")
    assert caught.value.message.endswith(message)


@pytest.mark.parametrize(
    ("name", "help"),
    [("filterz", "did you mean `filters`?"), ("kernel_size", "did you mean `kernel`?"), ("frobnicate", None)],
)
def test_help_with_an_unknown_parameter(name: str, help: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        CATALOGUE["conv"](filters=4, kernel=3, **{name: 1})
    assert caught.value.help == help
    assert caught.value.notes[0].startswith("its parameters are `filters`, `kernel`")


def test_help_with_an_unknown_type() -> None:
    helps = {}
    for name in ("Conv2d", "cnv", "LocallyConnected2D"):
        with pytest.raises(Refusal) as caught:
            build(name)
        helps[name] = caught.value.help
    assert helps == {
        "Conv2d": "`Conv2d` is called `conv` here",
        "cnv": "did you mean `conv`?",
        "LocallyConnected2D": "`LocallyConnected2D` is called `conv: {sharing: local}` here",
    }


def test_spellings_of_one_layer() -> None:
    """Written values, values that were read before, textbook letters, a bare value."""
    read = {"kernel": (3, 5), "padding": Padding.explicit(((1, 2), (0, 0))), "sharing": LOCAL, "stride": 2}
    plain = {"kernel": "3x5", "padding": [[1, 2], [0, 0]], "sharing": "local", "S": 2}
    first, second = (CATALOGUE["conv"](filters=4, **values) for values in (read, plain))
    assert first.written() == second.written()
    assert (first.kernel, first.padding, first.sharing) == ((3, 5), read["padding"], LOCAL)  # type: ignore[attr-defined]
    assert build("dense", 10).written() == build("dense", {"units": 10}).written() == {"units": 10}
    assert build("max_pool", {"kernel": 2, "stride": None}).written() == {"kernel": 2}
    assert build("relu").written() == {}


@pytest.mark.parametrize("type_", CASES)
def test_a_kind_writes_what_it_reads(type_: str) -> None:
    """read(write(read(x))) = read(x), over every parameter of every case; and the layer that writes itself is the same."""
    cls = CATALOGUE[type_]
    for case in CASES[type_]:
        if str(case.get("refused", "")).startswith(("VALUE", "LIMIT103")):
            continue
        written = case.get("parameters", {})
        for name, value in written.items():
            kind = cls.declared[name].kind
            read = kind.read(value)
            again = kind.write(read)
            assert kind.read(again) == read, (name, value)
            assert isinstance(again, (int, float, str, list, dict)), (name, value)
        layer = build(type_, written)
        same = build(type_, layer.written())
        assert same.written() == layer.written()
        for declared in cls.declared.values():
            assert getattr(same, declared.attribute) == getattr(layer, declared.attribute), declared.name


def test_what_is_written_differs_from_the_defaults() -> None:
    layer = build(
        "conv", {"filters": 4, "kernel": 3, "stride": 1, "padding": 0, "act": "relu", "sharing": {"tiled": 2}}
    )
    assert layer.written() == {"filters": 4, "kernel": 3, "act": "relu", "sharing": {"tiled": 2}}
    assert Sharing("tiled", 2) == Sharing("tiled", 2) != Sharing("regions", 2)
