"""What one step of an axis changes, against numbers worked out by hand.

The network of width w and kernel k over 8x8x3 has (3k² + 1)·w + 2w + 2 parameters, s²·w·3k² + 2w MACs and
2·s²·w + w + 2 outputs (those of the activation too), where s = 9 − k.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loading import parsed

from analyzer.settings import SettingError
from analyzer.sweeping.evaluate import Job
from analyzer.sweeping.result import Axis, Move
from analyzer.sweeping.sensitivity import NEEDED, moves

if TYPE_CHECKING:
    from analyzer.sweeping.result import Value

TEXT = """\
input: 8x8x3
vars: {width: 4, kernel: 3, act: gelu, double: 2*$width}
layers:
  - conv: {filters: $width, kernel: $kernel, act: $act}
  - global_avg_pool:
  - dense: 2
"""

WIDTH, KERNEL = Axis("width", [8, 2, 16]), Axis("kernel", [1, 3, 5, 9])


def moved(*axes: Axis, text: str = TEXT, keys: tuple[str, ...] = ("params", "macs")) -> list[Move]:
    """The steps of these axes."""
    model = parsed(text)
    job = Job("net.yaml", axes, [*dict.fromkeys((*keys, *NEEDED))], model=model)
    return moves(job.evaluator(), axes, keys)


def steps(*axes: Axis, text: str = TEXT) -> list[tuple[str, Value, Value]]:
    """The axis of each step, the file's value and the new one."""
    return [(one.axis, one.before.set[one.axis], one.after.set[one.axis]) for one in moved(*axes, text=text)]


def test_the_biggest_change_comes_first() -> None:
    """Params and MACs: 122 and 3,896 of the file; 314 and 4,808, 242 and 7,792, 26 and 776, 62 and 1,948 behind."""
    found = moved(WIDTH, KERNEL)
    assert [(one.axis, one.after.set[one.axis]) for one in found] == [
        ("kernel", 5),
        ("width", 8),
        ("kernel", 1),
        ("width", 2),
    ]
    assert [(one.by("params"), one.by("macs")) for one in found] == [
        (192, 912),
        (120, 3896),
        (-96, -3120),
        (-60, -1948),
    ]
    assert [one.percent("params") for one in found] == pytest.approx([157.377, 98.3607, -78.6885, -49.1803], rel=1e-5)
    assert [one.percent("macs") for one in found] == pytest.approx([23.4086, 100, -80.0821, -50], rel=1e-5)


def test_quotients_for_each_added_parameter() -> None:
    """A width of 8: 3,896 MACs 4·120 bytes of weights and 4·292 of outputs more, for 120 parameters."""
    wider = next(one for one in moved(WIDTH) if one.after.set["width"] == 8)
    assert wider.macs_per_parameter == pytest.approx(3896 / 120)
    assert wider.bytes_per_parameter == pytest.approx((480 + 1168) / 120)


def test_a_step_is_to_the_nearest_value_on_each_side() -> None:
    """The file's value is on the axis or not; the values are in any order; none is left out beyond the last one."""
    assert steps(Axis("width", [16, 4, 2, 8, 1])) == [("width", 4, 8), ("width", 4, 2)]
    assert steps(Axis("width", [16, 32])) == [("width", 4, 16)]
    assert steps(Axis("width", range(1, 10_000_000, 2))) == [("width", 4, 3), ("width", 4, 5)]
    assert steps(Axis("width", [4, 3])) == [("width", 4, 3)]


def test_words_have_the_steps_of_their_list() -> None:
    """One has no effect on params and MACs, so the order is that of the axis."""
    words = ["relu", "gelu", "silu", "tanh"]
    assert steps(Axis("act", words)) == [("act", "gelu", "relu"), ("act", "gelu", "silu")]
    assert steps(Axis("act", words[::2])) == [("act", "gelu", "relu"), ("act", "gelu", "silu")]
    assert steps(Axis("act", ["gelu", "relu"])) == [("act", "gelu", "relu")]


def test_truth_values_are_words() -> None:
    """Without a bias the first layer has 4 parameters fewer; 1 is not `true`."""
    text = TEXT.replace("{width: 4,", "{bias: true, width: 4,").replace("act: $act", "bias: $bias")
    assert steps(Axis("bias", [False, True]), text=text) == [("bias", True, False)]
    assert [one.by("params") for one in moved(Axis("bias", [True, False]), text=text)] == [-4]
    assert {step[2] for step in steps(Axis("bias", [1, False]), text=text)} == {1, False}


def test_volumes() -> None:
    grow = Axis("input", ["16x16x3", "4x4x3", "32x32x3"], volume=True)
    assert steps(grow) == [("input", "8x8x3", "16x16x3"), ("input", "8x8x3", "4x4x3")]
    apart = Axis("input", ["8x6x3", "6x8x3"], volume=True)
    assert {step[2] for step in steps(apart)} == {"8x6x3", "6x8x3"}


def test_the_volume_of_one_of_several_inputs() -> None:
    text = """\
inputs: {a: 8x8x3, b: 6x6x3}
layers:
  - global_avg_pool:
    from: b
"""
    assert steps(Axis("input.b", ["6x6x3", "12x12x3"], volume=True), text=text) == [("input.b", "6x6x3", "12x12x3")]


def test_the_volume_of_a_file_of_another_format() -> None:
    """The file says 64x96x3; convolutions have as many parameters over any size."""
    path = str(Path(__file__).parents[1] / "data" / "foreign" / "detector.cfg")
    axis = Axis("input", ["64x64x3", "128x192x3"], volume=True)
    found = moves(Job("net.cfg", [axis], NEEDED, path=path, format="darknet").evaluator(), [axis], ["params", "macs"])
    assert [(one.before.set["input"], one.after.set["input"]) for one in found] == [
        ("64x96x3", "128x192x3"),
        ("64x96x3", "64x64x3"),
    ]
    assert [one.by("params") for one in found] == [0, 0]


def test_what_a_variable_depends_on_moves_it() -> None:
    """`double` is an axis too, and yet follows `width` where that is moved: it is then as the file says."""
    text = TEXT.replace("filters: $width", "filters: $double")
    found = {(one.axis, one.after.set[one.axis]): one for one in moved(WIDTH, Axis("double", [8, 10]), text=text)}
    assert found["width", 2].before.amounts["macs"] == 36 * 8 * 27 + 16
    assert found["width", 2].after.amounts["macs"] == 36 * 4 * 27 + 8
    assert found["double", 10].before.set == {"width": 4, "double": 8}


def test_one_value_fixes_its_variable_and_is_not_moved() -> None:
    """A kernel of 1 in all of them: 8² · width · 3 + 2 · width MACs."""
    found = moved(WIDTH, Axis("kernel", [1]))
    assert [(one.axis, one.before.amounts["macs"], one.after.amounts["macs"]) for one in found] == [
        ("width", 776, 1552),
        ("width", 776, 388),
    ]
    assert found[0].before.set == {"width": 4, "kernel": 1}


def test_a_variable_follows_one_that_is_fixed() -> None:
    """With a width of 3 the file's `double` is 6."""
    assert steps(Axis("width", [3]), Axis("double", [2, 4, 8, 10])) == [("double", 6, 4), ("double", 6, 8)]


def test_a_step_to_what_is_no_network_comes_last() -> None:
    found = moved(Axis("kernel", [9, 1]))
    assert [one.after.set["kernel"] for one in found] == [1, 9]
    assert found[1].error is not None
    assert found[1].error.code == "SHAPE201"


def test_an_amount_that_was_0_changes_the_most() -> None:
    text = "input: 8x8x3\nvars: {width: 0, units: 2}\nlayers:\n  - {conv: {filters: 1, kernel: 1}, repeat: $width}\n"
    text += "  - {dense: $units, when: $width > 0}\n  - flatten:\n"
    found = moved(Axis("units", [2, 4]), Axis("width", [0, 1]), text=text)
    assert found[0].axis == "width"
    assert found[0].before.amounts["params"] == 0
    assert found[0].percent("params") is None


@pytest.mark.parametrize(
    ("axis", "text", "message"),
    [
        (
            Axis("width", [], between=(1.0, 8.0)),
            TEXT,
            "`sensitivity` moves each axis by one step, and `width` is continuous; give it a step, or a list",
        ),
        (
            WIDTH,
            TEXT.replace("kernel: 3", "kernel: 9"),
            "`sensitivity` starts from the values of the file, and with them it is no network (SHAPE201: the 9×9 kernel "
            "of `conv1` is larger than its 8×8 input)",
        ),
    ],
)
def test_no_step_from_there(axis: Axis, text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        moved(axis, text=text)
    assert str(caught.value) == message


def test_a_name_that_the_file_gives_no_value() -> None:
    """As an open size of a file of another format has none."""
    evaluator = Job("net.yaml", [WIDTH], ["params"], model=parsed(TEXT)).evaluator()
    with pytest.raises(SettingError, match="it has none for `batch`"):
        moves(evaluator, [Axis("batch", [1, 2])], ["params"])
