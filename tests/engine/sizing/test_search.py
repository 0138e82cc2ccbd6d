"""Which sizes are accepted: by hand, and against the model with `--input`, size by size."""

from __future__ import annotations

from pathlib import Path

import pytest
from loading import network, parsed

import analyzer
from analyzer.cli.main import main
from analyzer.engine.sizes import resized, runs
from analyzer.engine.sizing.result import Sizes, stretches
from analyzer.engine.sizing.search import Asked, find
from analyzer.loader.expand.expansion import expand
from analyzer.loader.expand.sizes import sizes_of
from analyzer.volume import Volume

EXAMPLES = Path(__file__).parents[3] / "example_models"

#: Two halvings and two doublings: a size comes back where 4 divides it.
UNET = """\
input: 358x358x3
layers:
  - conv: {filters: 4, kernel: 3, padding: same}
    name: e1
    expect: 358x358x4
  - max_pool: 2
  - conv: {filters: 4, kernel: 3, padding: same}
    name: e2
  - max_pool: 2
  - upsample: 2
  - concat: [prev, e2]
  - upsample: 2
  - concat: [prev, e1]
"""


def found(text: str, **asked: object) -> Sizes:
    return sizes_of(parsed(text), **asked)  # type: ignore[arg-type]  # the settings as a caller gives them


def accepted(sizes: Sizes) -> dict[str, list[tuple[int, int, int]]]:
    return {" = ".join(one.axes): runs(one.accepted) for one in sizes.answers}


def test_the_usual_sizes_and_those_around_the_file_s() -> None:
    sizes = found(UNET.replace("358", "160"))
    assert accepted(sizes) == {axes: [(4, 256, 4)] for axes in ["height", "width", "height = width"]}
    assert [stretches(one.tried) for one in sizes.answers] == [[(1, 256)]] * 3
    assert [stretches(one.tried) for one in found(UNET.replace("358", "400")).answers] == [[(1, 256), (336, 464)]] * 3
    near = found(UNET.replace("358", "160"), near="358x300").axes
    assert stretches(near["height"].tried) == [(1, 256), (294, 422)]
    assert stretches(near["width"].tried) == [(1, 364)]


def test_a_file_that_does_not_fit_at_its_own_size() -> None:
    """358 is no multiple of 4, and neither axis fits while the other has 358 cells."""
    sizes = found(UNET)
    assert accepted(sizes) == {axes: [(4, 256, 4), (296, 420, 4)] for axes in ["height", "width", "height = width"]}
    assert sizes.axes["height"].nearest == [356, 360]
    assert sizes.axes["height"].others == {"width": 356}
    assert sizes.nearest == [Volume((356, 356), 3), Volume((360, 360), 3)]
    assert sizes.found


def test_one_axis_that_does_not_fit() -> None:
    sizes = found(UNET.replace("358x358", "358x352"))
    assert sizes.axes["height"].others == {"width": 352}
    assert sizes.axes["width"].others == {"height": 356}
    assert sizes.nearest == [Volume((356, 352), 3), Volume((360, 352), 3)]


@pytest.mark.parametrize("near", ["358x352", 358, (358, 352), [358, 352], "358x352x3", "358x?"])
def test_near(near: object) -> None:
    sizes = found(UNET.replace("358", "352"), near=near)
    assert sizes.axes["height"].nearest == [356, 360]
    assert sizes.axes["width"].nearest == ([356, 360] if near == 358 else [348, 352, 356])


def test_a_range_is_all_that_is_tried() -> None:
    for range in ("3:9", (3, 9), [3, 9]):
        sizes = found(UNET, range=range)
        assert [stretches(one.tried) for one in sizes.answers] == [[(3, 9)]] * 3
        assert accepted(sizes)["height = width"] == [(4, 8, 4)]
        assert sizes.axes["height"].nearest == [8]


def test_no_size_is_accepted() -> None:
    sizes = found(UNET, range="1:3")
    assert not sizes.found
    assert sizes.largest == {"input": Volume((3, 3), 3)}
    assert [finding.code for finding in sizes.diagnostics] == ["SHAPE201"]  # the second pool: 3 → 1, and 1 < 2


def test_names_of_axes() -> None:
    assert list(found("input: 8x1\nlayers: [relu]\n").axes) == ["length"]
    assert found("input: 8x1\nlayers: [relu]\n").together is None
    frames = found("input: 4x8x8x1\nlayers: [{max_pool: 2}]\n", range="1:5")
    assert accepted(frames) == {axes: [(2, 5, 1)] for axes in ["time", "height", "width", "height = width"]}
    cube = found("input: 8x8x8x1\nlayers: [relu]\n", range="1:5").together
    assert cube is not None
    assert cube.axes == ("time", "height", "width")


def test_axes_that_depend_on_each_other() -> None:
    """30 values after a 3×3 window with 2 filters: (H − 2)·(W − 2) = 15."""
    sizes = found("input: 7x5x2\nlayers:\n  - conv: {filters: 2, kernel: 3}\n  - flatten\n  - reshape: 30\n")
    assert accepted(sizes) == {"height": [(7, 7, 1)], "width": [(5, 5, 1)], "height = width": []}
    assert sizes.nearest == [Volume((7, 5), 2)]


def test_inputs_that_must_agree_change_together() -> None:
    text = "inputs: {image: 64x64x3, mask: 64x64x1}\nlayers:\n  - concat: [image, mask]\n  - max_pool: 4\n"
    sizes = found(text)
    assert sizes.beside == ["mask"]
    assert accepted(sizes) == {axes: [(4, 256, 1)] for axes in ["height", "width", "height = width"]}
    assert sizes.alone is not None
    assert sizes.alone.accepted == [64]
    assert found(text, of="mask").beside == ["image"]


def test_inputs_that_do_not_have_to_agree_change_alone() -> None:
    text = "inputs: {a: 32x32x3, b: 32x32x3}\nlayers:\n  - {max_pool: 4, from: a}\n  - {max_pool: 8, from: b}\n"
    assert found(text).beside == []
    assert accepted(found(text))["height"] == [(4, 256, 1)]
    assert accepted(found(text, of="b"))["height"] == [(8, 256, 1)]


def test_what_is_exact() -> None:
    """A pool of 2 leaves the last cell of an odd size unread; a concat with `crop: center` hides a wrong size."""
    sizes = found("input: 8x9x1\nlayers: [{max_pool: 2}]\n", range="2:9")
    assert [runs(one.exact) for one in sizes.answers] == [[(2, 8, 2)]] * 3
    cropped = found(
        "input: 8x1\nlayers:\n  - conv: {filters: 1, kernel: 3}\n  - add: {inputs: [prev, input], crop: center}\n"
    )
    assert cropped.axes["length"].exact == []
    assert cropped.axes["length"].read == cropped.axes["length"].accepted


def test_an_axis_that_moves_is_followed_to_every_axis() -> None:
    """After a permutation a pool along the width may be one of the input's height, so both count."""
    text = "input: 8x9x1\nlayers:\n  - permute: [width, height, depth]\n  - max_pool: 2\n"
    sizes = found(text, range="2:9")
    assert sizes.axes["height"].exact == []  # 9 columns are always odd
    assert runs(sizes.axes["width"].exact) == [(2, 8, 2)]


def test_another_input_s_cells_do_not_count() -> None:
    text = "inputs: {a: 8x1, b: 9x1}\nlayers:\n  - {max_pool: 2, from: a}\n  - {max_pool: 2, from: b}\n"
    assert runs(found(text, range="2:9").axes["length"].exact) == [(2, 8, 2)]


def test_a_search_that_ends_early_names_what_it_tried() -> None:
    placed = network("input: 20x20x1\nlayers: [relu]\n")
    sizes = find(placed, Asked(input="input", near=(20, 20)), layers=100)
    assert sizes.ended
    for one in sizes.answers:
        (ends,) = stretches(one.tried)
        assert ends[0] <= 20 <= ends[1]
        assert 20 < ends[1] < 256
    assert not found("input: 20x20x1\nlayers: [relu]\n").ended


@pytest.mark.parametrize(("name", "axes"), [("unet", [0]), ("swin_tiny", [0, 1]), ("inception_v3", [1])])
def test_the_answer_is_that_of_every_size_given_as_input(name: str, axes: list[int]) -> None:
    path = EXAMPLES / f"{name}.yaml"
    model = analyzer.load(path)
    sizes = analyzer.sizes(path)
    one = sizes.together if len(axes) > 1 else sizes.axes[sizes.volume.axes[axes[0]]]
    assert one is not None
    for size in one.tried:
        problems = expand(model, input=str(resized(sizes.volume, axes, size)), hints=False)[1]
        assert (not problems) == (size in one.accepted), size


@pytest.mark.parametrize(("size", "code"), [(223, 1), (224, 0), (227, 0), (228, 1)])
def test_the_command_with_an_input_agrees(size: int, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Swin-T: ⌊size/4⌋ patches, halved three times without a rest."""
    path = str(EXAMPLES / "swin_tiny.yaml")
    assert main([path, "--input", f"{size}x224x3", "--format", "json"]) == code
    assert (size in analyzer.sizes(path).axes["height"].accepted) == (code == 0)
