"""The nearest sizes of an input that a network accepts: by hand, and against the model expanded size by size."""

from __future__ import annotations

import pytest
from loading import network, outputs

from analyzer.diagnostics import ModelError
from analyzer.engine.network import Network
from analyzer.engine.sizes import Nearest, Place, fitting, nearest, placing, resized, runs
from analyzer.layers import CATALOGUE
from analyzer.volume import Volume


def accepted(place: Place, volume: Volume, axes: list[int], sizes: range) -> list[int]:
    """Those of `sizes` that are accepted on these axes, the other axes as in `volume`."""
    return [size for size in sizes if place(resized(volume, axes, size)) is not None]


UNET = """
    input: 48x48x1
    layers:
      - conv: {filters: 4, kernel: 3, padding: same}
        name: e1
        expect: 48x48x4
      - max_pool: 2
      - conv: {filters: 4, kernel: 3, padding: same}
        name: e2
      - max_pool: 2
      - upsample: 2
      - concat: [prev, e2]
      - upsample: 2
      - concat: [prev, e1]
"""


def test_a_network_with_two_halvings_accepts_multiples_of_four() -> None:
    placed = network(UNET)
    place = placing(placed, "input")
    volume = placed.inputs[0].output
    sizes = accepted(place, volume, [0, 1], range(1, 33))
    assert sizes == [4, 8, 12, 16, 20, 24, 28, 32]
    assert runs(sizes) == [(4, 32, 4)]
    assert nearest(place, volume, [0, 1]) == Nearest(44, 52, 4)
    assert accepted(place, volume, [1], range(40, 56)) == [40, 44, 48, 52]


def test_every_answer_is_that_of_the_model_with_this_input() -> None:
    placed = network(UNET.replace("        expect: 48x48x4\n", ""))
    found = accepted(placing(placed, "input"), placed.inputs[0].output, [0], range(1, 30))
    for size in range(1, 30):
        try:
            outputs(UNET.replace("        expect: 48x48x4\n", ""), input=f"{size}x48x1")
            fits = True
        except ModelError:
            fits = False
        assert fits == (size in found)


def test_expressions_see_the_new_size() -> None:
    placed = network("""
        input: 32x32x3
        layers:
          - conv: {filters: 8, kernel: $W}
    """)
    assert accepted(placing(placed, "input"), Volume((32, 32), 3), [0, 1], range(30, 35)) == [30, 31, 32, 33, 34]


def test_a_network_without_a_description_is_placed_layer_by_layer() -> None:
    built = Network()
    image = built.enter("image", Volume((9, 9), 3))
    first = built.place("c1", CATALOGUE["conv"](filters=4, kernel=3, stride=2), [image])
    tied = built.place("p", CATALOGUE["conv"](filters=4, kernel=3, stride=2), [first])
    built.name_outputs([tied])
    place = placing(built, "image")
    assert accepted(place, Volume((9, 9), 3), [0, 1], range(1, 12)) == [7, 8, 9, 10, 11]
    again = place(Volume((7, 7), 3))
    assert again is not None
    assert [node.name for node in again.outputs] == ["p"]
    assert [str(node.output) for node in again.nodes] == ["3x3x4", "1x1x4"]


def test_nearest_stops_after_its_tries() -> None:
    tried: list[int] = []

    def place(volume: Volume) -> Network | None:
        tried.append(volume.spatial[0])
        return None

    assert nearest(place, Volume((100,), 1), [0], tries=6) == Nearest(None, None)
    assert tried == [99, 98, 97, 101, 102, 103]


def test_a_question_may_end_by_time() -> None:
    placed = network(UNET)
    assert accepted(placing(placed, "input", seconds=-1.0), Volume((48, 48), 1), [0, 1], range(1, 33)) == []


def test_nearest_below_one_is_none() -> None:
    placed = network("""
        input: 3x1
        layers:
          - max_pool: 3
    """)
    assert nearest(placing(placed, "input"), Volume((3,), 1), [0]) == Nearest(None, 4)


def test_sizes_that_step_without_being_multiples_have_no_rule() -> None:
    placed = network("""
        input: 9x1
        layers:
          - slice: {axis: length, start: 1}
          - pixel_unshuffle: 4
    """)
    assert nearest(placing(placed, "input"), Volume((9,), 1), [0]) == Nearest(5, 13, 1)


def test_volumes_that_fit_change_the_axes_together() -> None:
    place = placing(network(UNET), "input")
    assert fitting(place, Volume((46, 46), 1), [0, 1]) == ([Volume((44, 44), 1), Volume((48, 48), 1)], 4)
    assert fitting(place, Volume((46, 30), 1), [0, 1]) == ([Volume((44, 28), 1), Volume((48, 32), 1)], 4)
    assert fitting(place, Volume((46, 48), 1), [0]) == ([Volume((44, 48), 1), Volume((48, 48), 1)], 4)
    assert fitting(place, Volume((3, 3), 1), [0, 1]) == ([Volume((4, 4), 1)], 4)


def test_volumes_that_fit_are_placed_together() -> None:
    """Only squares of 8 and of 24 are accepted: a size for each axis alone would be no answer."""

    def place(volume: Volume) -> Network | None:
        height, width = volume.spatial
        return Network() if height == width and height in (8, 24) else None

    assert fitting(place, Volume((10, 20), 1), [0, 1], tries=40) == ([Volume((8, 8), 1), Volume((24, 24), 1)], 1)


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ([], []),
        ([7], [(7, 7, 1)]),
        ([1, 2, 3], [(1, 3, 1)]),
        ([32, 64, 96, 97], [(32, 96, 32), (97, 97, 1)]),
        ([5, 8], [(5, 8, 3)]),
    ],
)
def test_runs(sizes: list[int], found: list[tuple[int, int, int]]) -> None:
    assert runs(sizes) == found


def test_resized_keeps_the_other_axes() -> None:
    assert resized(Volume((4, 5, 6), 7), [0, 2], 9) == Volume((9, 5, 9), 7)
