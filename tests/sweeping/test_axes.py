"""The axes of a sweep: of the file, of `--set` and of `--input`, and every mistake in them."""

from __future__ import annotations

import random
from contextlib import suppress
from fractions import Fraction
from time import process_time

import pytest

import analyzer
from analyzer.loader.parse.description import Model
from analyzer.settings import SettingError
from analyzer.sweeping.axes import axes_of, settings_of
from analyzer.sweeping.result import Axis

ONE = "input: 8x8x3\nvars: {width: 16, depth: 2, act: relu}\nlayers: [{conv: {filters: $width, kernel: 3}}]\n"
TWO = "inputs: {image: 8x8x3, mask: 8x8x1}\nvars: {width: 16}\nlayers: [concat: [image, mask]]\n"


def model(text: str = ONE) -> Model:
    return analyzer.load(text)


def values(text: object, name: str = "width") -> list[object]:
    (axis,) = axes_of(model(), [(name, text)])
    assert axis.name == name
    assert axis.between is None
    return [*axis.values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16:128:16", [16, 32, 48, 64, 80, 96, 112, 128]),  # hyperfine: both ends are in it
        ("16:100:16", [16, 32, 48, 64, 80, 96]),  # its steps do not arrive at 100
        ("1:4", [1, 2, 3, 4]),
        ("4:4", [4]),
        ("-2:2:2", [-2, 0, 2]),
        ("3:5:9", [3]),
        ("0.1:0.5:0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),  # added up as floats, 0.1 three times is 0.30000000000000004
        ("0:1:0.25", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("1e-3:3e-3:1e-3", [0.001, 0.002, 0.003]),
        ("16:128:*2", [16, 32, 64, 128]),
        ("16:100:*2", [16, 32, 64]),
        ("16:54:*1.5", [16.0, 24.0, 36.0, 54.0]),
        ("0.1:0.2:*1.1", [0.1, 0.11, 0.121, 0.1331, 0.14641, 0.161051, 0.1771561, 0.19487171]),
        ("1e-4:0.1:*10", [0.0001, 0.001, 0.01, 0.1]),
        ("18,50, 101", [18, 50, 101]),
        ("64", [64]),
        ("0.5", [0.5]),
        ("relu,silu", ["relu", "silu"]),
        ("1e-3", [0.001]),
        ("-5", [-5]),
        ("block1-2", ["block1-2"]),
        ("true,false", [True, False]),
        ("conv:2", ["conv:2"]),  # the name of a layer may have colons
        (range(3), [0, 1, 2]),
        ([16, 0.5, "relu"], [16, 0.5, "relu"]),
        ((16, "32"), [16, 32]),  # a text is read as in a file
        (64, [64]),
    ],
    ids=str,
)
def test_values(text: object, expected: list[object]) -> None:
    found = values(text)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_millions_of_values_are_no_list() -> None:
    (whole,) = axes_of(model(), [("width", "1:1000000000")])
    assert whole.values == range(1, 10**9 + 1)
    (decimal,) = axes_of(model(), [("width", "0:1000:0.000001")])
    assert (len(decimal.values), decimal.values[1], decimal.values[10**9]) == (10**9 + 1, 1e-6, 1000.0)


def test_a_range_of_decimals_without_step_is_continuous() -> None:
    (axis,) = axes_of(model(), [("width", "0.5:2")])
    assert axis == Axis("width", (), between=(0.5, 2.0))
    assert values("0.5:0.5") == [0.5]


def test_the_file_gives_axes_which_are_replaced_one_by_one() -> None:
    text = ONE + "sweep: {depth: 1:3, width: 16:64:16}\n"
    assert [(axis.name, [*axis.values]) for axis in axes_of(model(text))] == [
        ("depth", [1, 2, 3]),
        ("width", [16, 32, 48, 64]),
    ]
    axes = axes_of(model(text), [("act", "relu,silu"), ("depth", "2")], ["8x8x3,9x9x3"])
    assert [(axis.name, [*axis.values], axis.volume) for axis in axes] == [
        ("depth", [2], False),
        ("width", [16, 32, 48, 64], False),
        ("act", ["relu", "silu"], False),
        ("input", ["8x8x3", "9x9x3"], True),
    ]


@pytest.mark.parametrize(
    ("text", "set", "input", "expected"),
    [
        (ONE, [], ["8×8×3, 09x9x3"], {"input": ["8x8x3", "9x9x3"]}),
        (ONE, [], ["input=8x8x3"], {"input": ["8x8x3"]}),
        (ONE, [("input", ["8x8x3", "9x9x3"])], [], {"input": ["8x8x3", "9x9x3"]}),
        (TWO, [], ["8x8x3,9x9x3"], {"input.image": ["8x8x3", "9x9x3"]}),  # the first input, as elsewhere
        (TWO, [], ["mask=8x8x1", "image=9x9x3"], {"input.mask": ["8x8x1"], "input.image": ["9x9x3"]}),
        (TWO, [("input.mask", "9x9x1")], [], {"input.mask": ["9x9x1"]}),
        (TWO + "sweep: {input: 9x9x3, input.mask: [9x9x1]}", [], ["image=7x7x3"], {"input.image": ["7x7x3"], "input.mask": ["9x9x1"]}),
    ],
)  # fmt: skip
def test_volumes_of_inputs_are_axes(
    text: str, set: list[tuple[str, object]], input: list[str], expected: dict[str, list[str]]
) -> None:
    axes = axes_of(model(text), set, input)
    assert {axis.name: axis.values for axis in axes} == expected
    assert all(axis.volume for axis in axes)


def test_a_variable_called_input_wins() -> None:
    text = "input: 8x8x3\nvars: {input: 16}\nlayers: [dense: $input]\nsweep: {input: [16, 32]}\n"
    axes = axes_of(model(text), [], ["8x8x3,9x9x3"])
    assert [(axis.name, axis.volume) for axis in axes] == [("input", False), ("input.input", True)]
    assert settings_of(axes, {"input": 32, "input.input": "9x9x3"}) == ({"input": 32}, {"input": "9x9x3"})


def test_a_variant_is_analysed_with_its_settings() -> None:
    axes = axes_of(model(TWO), [("width", "16,32")], ["mask=9x9x1", "image=9x9x3"])
    set, input = settings_of(axes, {"width": 32, "input.mask": "9x9x1", "input.image": "9x9x3"})
    assert str(analyzer.analyze(model(TWO), set=set, input=input).rows[-1].output) == "9x9x4"
    axes = axes_of(model(), [("width", "16,32")], ["9x9x3"])
    set, input = settings_of(axes, {"width": 32, "input": "9x9x3"})
    assert str(analyzer.analyze(model(), set=set, input=input).rows[-1].output) == "7x7x32"  # 9 − 3 + 1 = 7
    assert settings_of(axes[:1], {"width": 32}) == ({"width": 32}, None)


@pytest.mark.parametrize("known", [None, "foreign"])
def test_a_file_of_another_format_is_asked_for_its_names_when_it_is_read(known: str | None) -> None:
    other = None
    if known is not None:
        other = model()
        other.format = "onnx"
    axes = axes_of(other, [("sr", "8000,16000")], ["seq_len=64,128"])
    assert [(axis.name, axis.volume) for axis in axes] == [("sr", False), ("input.seq_len", True)]
    assert settings_of(axes, {"sr": 8000, "input.seq_len": "64"}) == ({"sr": 8000}, {"seq_len": "64"})
    (first,) = axes_of(other, [], ["8x8x3"])
    assert settings_of([first], {"input": "8x8x3"}) == ({}, "8x8x3")


WIDTH = "`width` of `--set` "


@pytest.mark.parametrize(
    ("set", "input", "message"),
    [
        ({"widht": "16"}, [], "the model has no variable `widht`; did you mean `width`? its variables are `width`, `depth` and `act`"),
        ({"width": "128:16:16"}, [], WIDTH + "has an empty range, since 128 is above 16: `128:16:16`; write `16:128:16`; a range goes up"),
        ({"width": "128:16:-16"}, [], WIDTH + "has an empty range, since 128 is above 16: `128:16:-16`; write `16:128:16`; a range goes up"),
        ({"width": "0.5:0.1"}, [], WIDTH + "has an empty range, since 0.5 is above 0.1: `0.5:0.1`; write `0.1:0.5`; a range goes up"),
        ({"width": "16:128:0"}, [], WIDTH + "has a range with the step 0: `16:128:0`; a step is above 0; `16:128` goes by 1"),
        ({"width": "16:128:-16"}, [], WIDTH + "has a range with a step below 0: `16:128:-16`; write `16:128:16`; a range goes up"),
        ({"width": "16:128:*1"}, [], WIDTH + "has a range that multiplies by 1: `16:128:*1`; a factor is above 1: `16:128:*2`"),
        ({"width": "16:128:*0.5"}, [], WIDTH + "has a range that multiplies by less than 1: `16:128:*0.5`; a factor is above 1: `16:128:*2`"),
        ({"width": "16:128:*-2"}, [], WIDTH + "has a range that multiplies by less than 1: `16:128:*-2`; a factor is above 1: `16:128:*2`"),
        ({"width": "0:128:*2"}, [], WIDTH + "has a range that multiplies, so it must begin above 0: `0:128:*2`; a step such as `0:128:16` adds"),
        ({"width": "1:100:*1.0001"}, [], WIDTH + "has a range of about 46,055 values: `1:100:*1.0001`; a larger factor has fewer; 10,000 are possible"),
        ({"width": "16:128:/2"}, [], WIDTH + "must be a range such as `16:128:16` or `16:128:*2`, not `16:128:/2`; write `16:128:*2` for a factor"),
        ({"width": "16:128:*"}, [], WIDTH + "must be a range such as `16:128:16` or `16:128:*2`, not `16:128:*`; write `16:128:*2` for a factor"),
        ({"width": "16:x"}, [], WIDTH + "must be a range such as `16:128:16` or `16:128:*2`, not `16:x`"),
        ({"width": "16:"}, [], WIDTH + "must be a range such as `16:128:16` or `16:128:*2`, not `16:`"),
        ({"width": ":16"}, [], WIDTH + "must be a range such as `16:128:16` or `16:128:*2`, not `:16`"),
        ({"width": "16:32:"}, [], WIDTH + "must be a range such as `16:128:16` or `16:128:*2`, not `16:32:`"),
        ({"width": "1:2:3:4"}, [], WIDTH + "must be a range such as `16:128:16` or `16:128:*2`, not `1:2:3:4`"),
        ({"width": "0:inf"}, [], WIDTH + "must be a range such as `16:128:16` or `16:128:*2`, not `0:inf`"),
        ({"width": "16..128"}, [], WIDTH + "must be a range such as `16:128:16`, not `16..128`; write `16:128`"),
        ({"width": "16-128"}, [], WIDTH + "must be a range such as `16:128:16`, not `16-128`; write `16:128`"),
        ({"width": "0.5 – 2"}, [], WIDTH + "must be a range such as `16:128:16`, not `0.5 – 2`; write `0.5:2`"),
        ({"width": "16 to 128"}, [], WIDTH + "must be a range such as `16:128:16`, not `16 to 128`; write `16:128`"),
        ({"width": "[16, 32]"}, [], WIDTH + "must be written without brackets, not `[16, 32]`; write `16,32`"),
        ({"width": "range(16, 32)"}, [], WIDTH + "must be written without brackets, not `range(16, 32)`; write `16:32`"),
        ({"width": "1:10000000000000000"}, [], WIDTH + "has a range with an end beyond 10^15: `1:10000000000000000`"),
        ({"width": "0:1000:1e-13"}, [], WIDTH + "has a range of more than 10^15 values: `0:1000:1e-13`; a larger step has fewer"),
        ({"width": "16,32,16"}, [], WIDTH + "has twice the value `16`; write each value once"),
        ({"width": "16,16.0"}, [], WIDTH + "has twice the value `16.0`; write each value once"),
        ({"act": "relu,relu"}, [], "`act` of `--set` has twice the value `relu`; write each value once"),
        ({"width": "16,,32"}, [], WIDTH + "has an empty value in `16,,32`; write `16,32`"),
        ({"width": "16,"}, [], WIDTH + "has an empty value in `16,`; write `16`"),
        ({"width": ","}, [], WIDTH + "has an empty value in `,`"),
        ({"width": ""}, [], WIDTH + "must be a list such as `16,32,64`, a range such as `16:128:16`, or one value, not nothing"),
        ({"width": []}, [], WIDTH + "must be a list such as `16,32,64`, a range such as `16:128:16`, or one value, not an empty list"),
        ({"width": range(0)}, [], WIDTH + "must be a list such as `16,32,64`, a range such as `16:128:16`, or one value, not an empty list"),
        ({"width": "0.5:1:0"}, [], WIDTH + "has a range with the step 0: `0.5:1:0`; a step is above 0"),
        ({"width": "8,16:32"}, [], WIDTH + "has in its list the range `16:32`; write it alone, without a list"),
        ({"width": "8,16:32:*2"}, [], WIDTH + "has in its list the range `16:32:*2`; write its values: `16,32`"),
        ({"width": "8,0.5:1"}, [], WIDTH + "has in its list the range `0.5:1`; write it alone, without a list"),
        ({"width": "1,nan"}, [], WIDTH + "must have finite numbers or words, not `nan`"),
        ({"width": "-inf"}, [], WIDTH + "must have finite numbers or words, not `-inf`"),
        ({"width": ".inf"}, [], WIDTH + "must have finite numbers or words, not `.inf`"),
        ({"width": "1e999"}, [], WIDTH + "must have finite numbers or words, not `1e999`"),
        ({"width": "null"}, [], WIDTH + "must have finite numbers or words, not `null`"),
        ({"width": [float("nan")]}, [], WIDTH + "must have finite numbers or words, not `nan`"),
        ({"width": [None]}, [], WIDTH + "must have finite numbers or words, not `None`"),
        ({"width": [[16]]}, [], WIDTH + "must have finite numbers or words, not `[16]`"),
        ({"width": "2*$depth"}, [], WIDTH + "must have plain values, not the expression `2*$depth`; a variable under `vars` may be an expression of those above it"),
        ({}, [], "nothing to sweep: `--set` gives values, such as `width=16:128:16`, and so does a key `sweep` in the file; the variables of the model are `width`, `depth` and `act`"),
        ({}, ["8x8x3,8x8x3"], "`input` of `--input` has twice the value `8x8x3`; write each value once"),
        ({}, ["8x8x3,8×8×3"], "`input` of `--input` has twice the value `8x8x3`; write each value once"),
        ({}, ["8x8x3:16x16x3"], "`input` of `--input` must be a volume such as `224x224x3`, not `8x8x3:16x16x3`; volumes are a list, such as `128x128x3,224x224x3`; there is no range of them"),
        ({}, ["8x8x3,"], "`input` of `--input` must be a volume such as `224x224x3`, not nothing; height x width x depth, such as `32x32x3`; digits and `x`, no spaces"),
        ({}, ["0x8x3"], "`input` of `--input` must have axes of at least 1, not `0x8x3`"),
        ({}, ["imgae=8x8x3"], "the model has no input `imgae`; its inputs are `input`"),
        ({}, ["8x8x3", "9x9x3"], "with several `--input`, each needs a name: `--input name=8x8x3`"),
        ({}, ["input=8x8x3", "input=9x9x3"], "the axis `input` is given twice; write its values in one `--input`, with commas between"),
        ({"input": "8x8x3"}, ["9x9x3"], "the axis `input` is given twice; write its values in one `--input`, with commas between"),
    ],
)  # fmt: skip
def test_mistakes(set: dict[str, object], input: list[str], message: str) -> None:
    with pytest.raises(SettingError) as raised:
        axes_of(model(), set.items(), input)
    assert raised.value.text(lambda name: f"--{name}") == message


def test_messages_of_python_name_its_argument() -> None:
    with pytest.raises(SettingError, match="`width` of `axes` must have finite numbers or words, not `b'16'`"):
        axes_of(model(), [("width", b"16")], setting="axes")


def test_an_axis_twice() -> None:
    with pytest.raises(SettingError, match="the axis `width` is given twice; write its values in one `set`"):
        axes_of(model(), [("width", "16"), ("width", "32")])


def test_a_file_without_variables_has_only_its_inputs() -> None:
    plain = model("input: 8x8x3\nlayers: [relu]\n")
    with pytest.raises(SettingError, match="the model has no variable `width`; it has no `vars`"):
        axes_of(plain, [("width", "16")])
    gives = r"nothing to sweep: `axes` gives values, such as `input=128x128x3,224x224x3`"
    with pytest.raises(SettingError, match=f"{gives}, and so does a key `sweep` in the file$"):
        axes_of(plain, setting="axes")
    with pytest.raises(SettingError, match=f"{gives}$"):
        axes_of(None, setting="axes")


@pytest.mark.parametrize("text", ["-" * 10**5 + " x", "." * 10**5 + " x", "1-" * 10**5, "1:" * 10**5, "(" * 10**5])
def test_a_long_text_is_read_in_linear_time(text: str) -> None:
    begin = process_time()
    with suppress(SettingError):
        axes_of(model(), [("width", text)])
    assert process_time() - begin < 2  # a search that takes the square takes minutes


def test_ranges_of_decimals_are_exact() -> None:
    """Against fractions: each value is the float that is nearest to the exact one, and the upper end is in it."""
    chance = random.Random(0)
    for _ in range(500):
        low = Fraction(chance.randrange(-1000, 1000), 10 ** chance.randrange(4))
        step = Fraction(chance.randrange(1, 500), 10 ** chance.randrange(1, 6))
        steps = chance.randrange(20)
        text = ":".join(f"{float(number):.8f}" for number in (low, low + steps * step, step))
        assert values(text) == [float(low + place * step) for place in range(steps + 1)], text


def test_powers_are_exact() -> None:
    """Against fractions: no value is calculated from a rounded one."""
    chance = random.Random(0)
    for _ in range(200):
        low, factor = Fraction(chance.randrange(1, 500), 100), Fraction(chance.randrange(101, 400), 100)
        steps = chance.randrange(20)
        high = float(low * factor**steps) * (1 + 1e-15)  # its text may be below the exact end
        expected = [float(low * factor**place) for place in range(steps + 1)]
        assert values(f"{float(low):.2f}:{high!r}:*{float(factor):.2f}") == expected
