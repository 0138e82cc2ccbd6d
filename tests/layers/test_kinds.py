"""What each kind of parameter reads, and what it says where it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator

from analyzer.diagnostics import Refusal
from analyzer.layers import CATALOGUE, LOCAL, SHARED, Parameter, Sharing, parameter
from analyzer.layers.base import Layer
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.layers.kinds import Choice, Flag, FlagOr, Flags, Kind, Number, Whole, whole
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.layers.spatial_kinds import Axes, Ends, Factors, PaddingKind, SharingKind, Sizes, VolumeKind, Wholes

NAN, INFINITY = float("nan"), float("inf")


#: Values that a kind accepts, and what each becomes.
READ: list[tuple[Kind, Any, Any]] = [
    (Whole(), 3, 3),
    (Whole(), 3.0, 3),
    (Whole(), 2.9999999999, 3),  # within one part in 10^9
    (Whole(0), 0, 0),
    (Whole(), 10**15, 10**15),
    (Number(0, 1), 1, 1),
    (Number(0, 1), 0.5, 0.5),
    (Flag(), False, False),
    (Choice("a", "b"), "b", "b"),
    (FlagOr("a"), True, True),
    (FlagOr("a"), "a", "a"),
    (Flags("a", "b", "c"), True, ("a", "b", "c")),
    (Flags("a", "b", "c"), False, ()),
    (Flags("a", "b", "c"), {"b": False}, ("a", "c")),
    (Flags("a", "b", "c"), {"c": True, "a": False, "b": False}, ("c",)),
    (Flags("a", "b"), {"a": False, "b": False}, ()),
    (Sizes(), 3, 3),
    (Sizes(), "3x5", (3, 5)),
    (Sizes(), "3×5×7", (3, 5, 7)),
    (Sizes(), [3, 5], (3, 5)),
    (Sizes(), [3.0], (3,)),
    (Sizes(0), "0x1", (0, 1)),
    (Factors(), 1.5, 1.5),
    (Factors(), "2x3", (2, 3)),
    (Factors(), [0.5, 2], (0.5, 2)),
    (SharingKind(), "shared", SHARED),
    (SharingKind(), "local", LOCAL),
    (SharingKind(), {"tiled": 2}, Sharing("tiled", 2)),
    (SharingKind(), {"regions": "2x3"}, Sharing("regions", (2, 3))),
    (VolumeKind(), "7x7x512", (7, 7, 512)),
    (VolumeKind(), 512, (512,)),
    (VolumeKind(wildcard=True), "7x?x512", (7, None, 512)),
    (Ends(), 2, (2, 2)),
    (Ends(), [0, 16], (0, 16)),
    (Axes(), "depth", ("depth",)),
    (Axes(), ["height", "width"], ("height", "width")),
    (Axes("volume"), "volume", ("volume",)),
    (Wholes(), 2, (2,)),
    (Wholes(), [1, 2, 4, 8, 16], (1, 2, 4, 8, 16)),
    (Reference(), "enc4", "enc4"),
    (Reference(), 4, "4"),
    (References(), ["prev", "enc4"], ("prev", "enc4")),
    (Sugar("activation"), "none", None),
    (Sugar("activation"), "relu", ("relu", None)),
    (Sugar("activation"), {"leaky_relu": 0.1}, ("leaky_relu", 0.1)),
    (Sugar("normalization"), {"group_norm": {"groups": 32}}, ("group_norm", {"groups": 32})),
]


@pytest.mark.parametrize(("kind", "value", "read"), READ)
def test_read(kind: Kind, value: Any, read: Any) -> None:
    assert kind.read(value) == read


#: Values that a kind refuses: the code, and where in the value it is wrong.
REFUSED: list[tuple[Kind, Any, str, tuple[str | int, ...]]] = [
    (Whole(), 0, "VALUE101", ()),
    (Whole(), True, "VALUE101", ()),
    (Whole(), None, "VALUE101", ()),
    (Whole(), "3", "VALUE101", ()),
    (Whole(), 3.001, "VALUE101", ()),
    (Whole(), NAN, "VALUE101", ()),
    (Whole(), INFINITY, "VALUE101", ()),
    (Whole(), 10**15 + 1, "LIMIT103", ()),
    (Whole(), 10**400, "LIMIT103", ()),
    (Whole(1, 1000), 1001, "VALUE101", ()),
    (Number(0, 1), NAN, "VALUE101", ()),
    (Number(0, above=True), 0, "VALUE101", ()),
    (Number(0), INFINITY, "VALUE101", ()),
    (Flag(), 1, "VALUE101", ()),
    (Flag(), "true", "VALUE101", ()),
    (Choice("a", "b"), ["a"], "VALUE101", ()),
    (FlagOr("a"), "b", "VALUE101", ()),
    (FlagOr("a"), 1, "VALUE101", ()),
    (Flags("a", "b"), {}, "VALUE101", ()),
    (Flags("a", "b"), ["a"], "VALUE101", ()),
    (Flags("a", "b"), "a", "VALUE101", ()),
    (Flags("a", "b"), {"a": 1}, "VALUE101", ("a",)),
    (Flags("a", "b"), {"c": True}, "VALUE102", ("c",)),
    (Sizes(), [], "VALUE101", ()),
    (Sizes(), [1, 2, 3, 4], "VALUE101", ()),
    (Sizes(), [1, 0], "VALUE101", (1,)),
    (Sizes(), "3", "VALUE101", ()),
    (Sizes(), "3x5x7x9", "VALUE101", ()),
    (Sizes(), "0x3", "VALUE101", ()),
    (Sizes(), {"height": 3}, "VALUE101", ()),
    (Sizes(), [3, 10**16], "LIMIT103", (1,)),
    (Factors(), [2, 0], "VALUE101", (1,)),
    (Factors(), "2x?", "VALUE101", ()),
    (PaddingKind(), [[1, 2], [1, -1]], "VALUE101", (1, 1)),
    (PaddingKind(), [[1, 2, 3]], "VALUE101", (0,)),
    (PaddingKind(), {"left": 1.5}, "VALUE101", ("left",)),
    (PaddingKind(), {"middle": 1}, "VALUE102", ("middle",)),
    (PaddingKind(), None, "VALUE101", ()),
    (PaddingKind(explicit=True), "same", "VALUE101", ()),
    (SharingKind(), {"tiled": [1, 0]}, "VALUE101", ("tiled", 1)),
    (SharingKind(), {"tiled": 1, "regions": 1}, "VALUE101", ()),
    (VolumeKind(), "7x?x512", "VALUE101", ()),
    (VolumeKind(wildcard=True), "?x?", "VALUE101", ()),
    (VolumeKind(), "0x3", "VALUE101", ()),
    (VolumeKind(), -5, "VALUE101", ()),
    (VolumeKind(), True, "VALUE101", ()),
    (VolumeKind(), 10**16, "VALUE101", ()),
    (Ends(), [1, -1], "VALUE101", (1,)),
    (Ends(), [1, 2, 3], "VALUE101", ()),
    (Ends(), "1x2", "VALUE101", ()),
    (Axes(), ["height", "bredth"], "VALUE101", (1,)),
    (Axes(), ["height", "height"], "VALUE101", (1,)),
    (Axes(single=True), ["height"], "VALUE101", ()),
    (Wholes(), [1, 0], "VALUE101", (1,)),
    (Wholes(), "1x2", "VALUE101", ()),
    (Reference(), "", "VALUE101", ()),
    (References(), ["prev", None], "VALUE101", (1,)),
    (Sugar("activation"), "batch_norm", "VALUE101", ()),
    (Sugar("activation"), {}, "VALUE101", ()),
    (Sugar("activation"), None, "VALUE101", ()),
]


#: Numbers of more digits than Python writes out.
LONG = [
    pytest.param(Whole(), 10**5000, "LIMIT103", (), id="5000 digits"),
    pytest.param(Whole(), -(10**5000), "VALUE101", (), id="minus 5000 digits"),
    pytest.param(Whole(), "9" * 5000, "VALUE101", (), id="a text of 5000 digits"),
]


@pytest.mark.parametrize(("kind", "value", "code", "at"), [*REFUSED, *LONG])
def test_refuse(kind: Kind, value: Any, code: str, at: tuple[str | int, ...]) -> None:
    with pytest.raises(Refusal) as caught:
        kind.read(value)
    assert (caught.value.code, caught.value.at) == (code, at)
    assert "object at" not in caught.value.message
    assert len(caught.value.message + (caught.value.help or "")) < 250


def accepts(kind: Kind, value: Any) -> bool:
    """Whether the schema of a kind accepts a value."""
    valid: bool = Draft7Validator(kind.schema()).is_valid(value)
    return valid


@pytest.mark.parametrize(
    ("kind", "value"),
    # a fragment for a layer refers to the whole schema; only an expression gives a number that is nearly whole
    [(kind, value) for kind, value, _ in READ if not isinstance(kind, Sugar) and value != 2.9999999999],
)
def test_a_schema_accepts_what_is_read(kind: Kind, value: Any) -> None:
    assert accepts(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    # JSON has no NaN; a fragment for a layer refers to the whole schema
    [(kind, value) for kind, value, *_ in REFUSED if value is not NAN and not isinstance(kind, Sugar)],
)
def test_a_schema_refuses_what_is_refused(kind: Kind, value: Any) -> None:
    assert not accepts(kind, value)


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), (3.0, 3), (-0.0, 0), (1e15, 10**15), (0.1 + 0.2, None), (True, None), (NAN, None), (INFINITY, None)],
)
def test_whole(value: Any, number: int | None) -> None:
    assert whole(value) == number


# --------------------------------------------------------------------------------------------------------------------
# Declarations.


def test_every_parameter_says_what_it_is() -> None:
    for type_, cls in CATALOGUE.items():
        assert cls.__doc__, type_
        assert "Source" in cls.__doc__, type_
        for name, declared in cls.declared.items():
            assert declared.name == name
            assert declared.doc, f"{type_}.{name}"
            assert declared.kind.words, f"{type_}.{name}"
            assert declared.kind.schema(), f"{type_}.{name}"
        mains = [name for name, declared in cls.declared.items() if declared.main]
        assert mains == ([] if cls.main is None else [cls.main]), type_


def test_written_defaults_read_as_themselves() -> None:
    """A default that can be written is one that the kind reads as that default."""
    for cls in CATALOGUE.values():
        for declared in cls.declared.values():
            if declared.required or declared.default is None or declared.shown_default is not None:
                continue
            value = list(declared.default) if isinstance(declared.default, tuple) else declared.default
            assert declared.kind.read(value) == declared.default


def test_letters() -> None:
    assert CATALOGUE["conv"].letters == {"K": "filters", "F": "kernel", "S": "stride", "P": "padding"}
    assert CATALOGUE["max_pool"].letters == {"F": "kernel", "S": "stride", "P": "padding"}
    assert CATALOGUE["relu"].letters == {}


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("Conv2D", "conv"),
        ("nn.Conv2d", "conv"),
        ("tf.keras.layers.LocallyConnected2D", "conv: {sharing: local}"),
        ("Linear", "linear"),
        ("InnerProduct", "dense"),
        ("fc", "dense"),
        ("BatchNormalization", "batch_norm"),
        ("MaxPooling2D", "max_pool"),
        ("Deconvolution", "conv_transpose"),
        ("depth_to_space", "pixel_shuffle"),
        ("Frobnicate", None),
    ],
)
def test_found_elsewhere(name: str, ours: str | None) -> None:
    assert found_elsewhere(name) == ours


def test_no_name_elsewhere_means_two_types() -> None:
    owners: dict[str, str] = {}
    for type_, cls in CATALOGUE.items():
        for other in cls.elsewhere:
            name = other.partition(" → ")[0].lower().replace("_", "")
            assert owners.setdefault(name, type_) == type_, name


def test_a_type_has_one_owner() -> None:
    with pytest.raises(TypeError, match="conv is declared by Conv and Other"):
        type("Other", (Layer,), {}, type="conv")
    assert CATALOGUE["conv"].__name__ == "Conv"


def test_a_required_parameter_has_no_default() -> None:
    declared: Parameter = parameter(Whole(), "a number")
    assert declared.required
    assert not parameter(Whole(), "a number", default=None).required
