"""The input for a wanted output: by the formula of the layers, written beside each case."""

from __future__ import annotations

from pathlib import Path

import pytest
from loading import parsed

from analyzer.engine.sizing.result import Reached
from analyzer.engine.sizing.search import Asked, find
from analyzer.loader.expand.expansion import expand
from analyzer.loader.expand.sizes import read_wanted, sizes_of
from analyzer.settings import SettingError

#: out = ⌊W/4⌋, so 64 comes from 256 to 259; 256 leaves nothing unread.
POOLS = "input: 32x32x3\nlayers: [{max_pool: 2}, {max_pool: 2}]\n"


def reached(text: str, output: object, **asked: object) -> Reached:
    found = sizes_of(parsed(text), output=output, **asked).reached  # type: ignore[arg-type]  # as a caller gives it
    assert found is not None
    return found


def inputs(found: Reached) -> list[str]:
    return [str(volume) for volume in found.volumes]


def test_squares() -> None:
    found = reached(POOLS, "64x64")
    assert found.sizes == {("height", "width"): [256, 257, 258, 259]}
    assert inputs(found) == ["256x256x3", "259x259x3"]
    assert [str(volume) for volume in found.exact] == ["256x256x3"]
    assert found.name == "max_pool2"


@pytest.mark.parametrize("output", ["64x32", (64, 32), "64x32x3", "max_pool2=64x32"])
def test_axes_of_several_sizes(output: object) -> None:
    found = reached(POOLS, output)
    assert found.sizes == {("height",): [256, 257, 258, 259], ("width",): [128, 129, 130, 131]}
    assert inputs(found) == ["256x128x3", "259x131x3"]


def test_an_output_far_away() -> None:
    """8·64 = 512 after a convolution that takes 4 cells: W = 4·1000 + 4."""
    text = "input: 32x32x3\nlayers: [{conv: {filters: 4, kernel: 5}}, {max_pool: 4}]\n"
    assert inputs(reached(text, "1000x1000"))[0] == "4004x4004x3"
    assert reached(text, "1000x1000").sizes == {("height", "width"): [4004, 4005, 4006, 4007]}


def test_an_output_that_grows() -> None:
    """A transposed convolution with kernel 4, stride 2 and padding 1 doubles: 2·(W − 1) + 4 − 2·1."""
    text = "input: 4x4x8\nlayers: [{conv_transpose: {filters: 4, kernel: 4, stride: 2, padding: 1}}]\n"
    assert inputs(reached(text, "64x64")) == ["32x32x8"]
    found = reached(text, "63x63")
    assert found.volumes == []
    assert [(str(one), str(output)) for one, output in found.around] == [("31x31x8", "62x62x4"), ("32x32x8", "64x64x4")]


def test_no_size_outside_of_a_range_is_tried() -> None:
    found = reached(POOLS, "64x64", range="1:100")
    assert found.volumes == []
    assert [(str(one), str(output)) for one, output in found.around] == [("100x100x3", "25x25x3")]


def test_the_paper_s_u_net() -> None:
    """Ronneberger et al. 2015: 572×572 gives 388×388, every pool on an even size; crops lose pixels on purpose."""
    path = Path(__file__).parents[3] / "example_models/unet.yaml"
    found = reached(path.read_text(), "388x388")
    assert [str(volume) for volume in found.read] == ["572x572x1"]
    assert found.exact == []
    assert found.sizes == {("height", "width"): list(range(572, 588))}


def test_the_answers_about_axes_stay_as_they_are() -> None:
    plain = sizes_of(parsed(POOLS)).axes["height"].tried
    assert sizes_of(parsed(POOLS), output="64x64").axes["height"].tried == plain
    assert list(reached(POOLS, "64x64").tried) == [("height", "width")]


def test_a_large_network_is_searched_for_an_output_too() -> None:
    placed, _ = expand(parsed("input: 20x20x1\nlayers: [{max_pool: 2}]\n"))
    sizes = find(placed, Asked(input="input", near=(20, 20), wanted=read_wanted("40x40")), layers=300)
    assert sizes.ended
    assert sizes.reached is not None
    assert inputs(sizes.reached) == ["80x80x1", "81x81x1"]


def test_time_is_apart_from_the_frame() -> None:
    text = "input: 8x16x16x1\nlayers: [{max_pool: 2x4x4}]\n"
    assert inputs(reached(text, "4x8x8")) == ["8x32x32x1", "9x35x35x1"]


def test_one_axis() -> None:
    assert inputs(reached("input: 100x1\nlayers: [{max_pool: 4}]\n", "50")) == ["200x1", "203x1"]


def test_an_output_of_another_rank() -> None:
    """Patches of 4×4 cells become tokens: 16 of a 16×16 square."""
    text = "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 4, stride: 4}\n  - reshape: $(H*W)x$(D)\n"
    assert inputs(reached(text, "16")) == ["16x16x3", "19x19x3"]


def test_of_several_outputs_the_first_that_fits_or_the_named() -> None:
    text = """\
    input: 32x32x3
    layers:
      - {max_pool: 2, name: half}
      - {global_avg_pool: , name: pool}
      - {flatten: , name: features}
      - {max_pool: 8, from: input, name: eighth}
    outputs: [features, half, eighth]
    """
    assert reached(text, "20x20").name == "half"
    assert inputs(reached(text, "eighth=20x20")) == ["160x160x3", "167x167x3"]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("64", "is no size of an output: `max_pool2` puts out 8×8×3"),
        ("64x64x4", "is no size of an output"),
        ("max_pool=4x4", "the model has no output `max_pool`; did you mean `max_pool2`?"),
        ("wide", "a size such as `64x64` is needed, not `wide`"),
        ("0x3", "a size such as `64x64` is needed, not `0x3`"),
    ],
)
def test_outputs_that_do_not_exist(output: str, said: str) -> None:
    with pytest.raises(SettingError, match=said.replace("?", r"\?")):
        reached(POOLS, output)
