"""The keys of a main parameter's mapping without its name: `pad: {top: 1}`."""

from __future__ import annotations

import pytest
from loading import found, layers

from analyzer.layers import CATALOGUE
from analyzer.layers.building import build
from analyzer.loader.schema.check import against_schema
from analyzer.loader.schema.model import model_schema
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import plain_value

SCHEMA = model_schema()


def schema_refuses(item: str) -> bool:
    """Whether the schema refuses an item."""
    tree = read_tree(f"input: 32x32x3\nlayers:\n  - {item}\n", "net.yaml").tree
    assert tree is not None
    return bool(against_schema(plain_value(tree), SCHEMA, tree, "net.yaml"))


@pytest.mark.parametrize(
    ("item", "output"),
    [
        ("pad: {top: 1}", "33x32x3"),
        ("pad: {top: 1, left: 2}", "33x34x3"),
        ("pad: {top: $(1+1), bottom: 0}", "34x32x3"),
        ("pad: {top: 1, padding_mode: reflect}", "33x32x3"),
        ("crop: {left: 4, right: 1}", "32x27x3"),
        ("{pad: {top: 1}, repeat: 3, first: {top: 5}}", "39x32x3"),
    ],
)
def test_sides_without_padding(item: str, output: str) -> None:
    assert list(layers(f"- {item}").values())[-1] == output
    assert not schema_refuses(item)


def test_defaults_take_sides() -> None:
    text = "input: 32x32x3\ndefaults: {pad: {top: 1}}\nlayers: [pad: {padding_mode: reflect}]"
    assert not found(text)


@pytest.mark.parametrize(
    ("item", "place", "message", "help"),
    [
        ("pad: {top: 1, padding: 2}", "3:11", "`padding` and its key `top` are both given; write `top` inside `padding`", None),
        ("pad: {P: 2, top: 1}", "3:17", "`padding` and its key `top` are both given; write `top` inside `padding`", None),
        ("pad: {topp: 1}", "3:11", "`pad` has no parameter `topp`", "did you mean `top`?"),
        ("pad: {top: -1}", "3:16", "`top` in `padding` of `pad` must be a whole number of at least 0, not −1", "padding is never negative; `crop` removes cells"),
        ("conv: {filters: 3, kernel: 3, top: 1}", "3:35", "`conv` has no parameter `top`", None),
    ],
)  # fmt: skip
def test_refused(item: str, place: str, message: str, help: str | None) -> None:
    (one,) = found(f"input: 32x32x3\nlayers:\n  - {item}\n")
    assert one.span is not None
    assert (f"{one.span.line}:{one.span.column}", one.message) == (place, message)
    if help is not None:
        assert one.help == help
    assert schema_refuses(item)


def test_programs_write_the_same() -> None:
    assert build("pad", {"top": 1}).written() == build("pad", {"padding": {"top": 1}}).written()
    assert build("pad", {"top": 1, "padding_mode": "reflect"}).written()["padding_mode"] == "reflect"


def test_only_types_whose_main_parameter_is_a_mapping() -> None:
    assert {name for name, type in CATALOGUE.items() if type.short_keys()} == {"pad", "crop"}
