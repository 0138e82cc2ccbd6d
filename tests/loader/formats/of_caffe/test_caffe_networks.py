"""Networks of Caffe's model zoo, written anew, against published counts; numbers of `networks.json` are those of runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.loader.formats.of_caffe import networks
from tests.loader.formats.of_caffe.reading import analysis, sheet

RUNS = {
    row["name"]: row
    for row in json.loads((Path(__file__).parents[3] / "data" / "networks.json").read_text())["networks"]
}


@pytest.mark.parametrize(
    ("text", "run", "more"),
    [
        (networks.lenet(), "lenet_caffe", 0),
        (networks.oldest_lenet(), "lenet_caffe", 0),
        (networks.caffenet(), "alexnet_grouped_227", 0),
        (networks.vgg16(), "vgg16", 0),
        (networks.googlenet(), "googlenet_bvlc_no_aux", 0),
        (networks.squeezenet("1.0"), "squeezenet1_0", 0),
        (networks.squeezenet("1.1"), "squeezenet1_1", 0),
        (networks.resnet50(), "resnet50_paper_stride_1x1", 64),  # the biases of the first convolution
        (networks.mobilenet(), "mobilenet_v1_1.0_224", 0),
        (networks.mobilenet_v2(), "mobilenet_v2", 0),
    ],
    ids=["lenet", "oldest", "caffenet", "vgg16", "googlenet", "squeezenet1.0", "squeezenet1.1", "resnet50", "mobilenet", "mobilenet2"],
)  # fmt: skip
def test_a_network_has_the_published_numbers(text: str, run: str, more: int) -> None:
    found, expected = analysis(text).totals, RUNS[run]
    assert found.shared.parameters == expected["params"] + more
    assert found.shared.buffers == expected["buffers"]
    assert found.macs == expected["macs"]


@pytest.mark.parametrize(
    "text", [networks.lenet(), networks.googlenet(), networks.resnet50(), networks.ssd300(), networks.fcn32s()]
)
def test_nothing_is_left_open(text: str) -> None:
    written = sheet(text)
    assert not written.uncovered
    assert [one for one in written.problems if one.severity != "note"] == []


def test_network_in_network() -> None:
    """Lin et al. 2013: ⌈(54 − 3)/2⌉ + 1 = 27 cells behind the first pool, then 13 and 6."""
    found = analysis(networks.nin()).totals
    assert found.shared.parameters == RUNS["nin_imagenet_224"]["params"]
    macs = 54**2 * (363 * 96 + 2 * 96 * 96) + 27**2 * (25 * 96 * 256 + 2 * 256 * 256)
    macs += 13**2 * (9 * 256 * 384 + 2 * 384 * 384) + 6**2 * (9 * 384 * 1024 + 1024 * 1024 + 1024 * 1000)
    assert found.macs == macs


def test_googlenet_by_its_table() -> None:
    """Szegedy et al. 2014, table 1: ((k²·in + 1)·out) of each convolution of an inception."""
    rows = {row.name: row for row in analysis(networks.googlenet()).rows}
    planes = 192
    for name, (one, reduce3, three, reduce5, five, behind) in networks.INCEPTIONS.items():
        parts = [
            (planes, 1, one),
            (planes, 1, reduce3),
            (reduce3, 3, three),
            (planes, 1, reduce5),
            (reduce5, 5, five),
            (planes, 1, behind),
        ]
        own = [row.own.shared.parameters for row in rows.values() if row.name.startswith(f"inception_{name}/")]
        assert sum(own) == sum((k * k * read + 1) * made for read, k, made in parts)
        planes = one + three + five + behind
        assert rows[f"inception_{name}/output"].output.depth == planes


def test_ssd300() -> None:
    """Liu et al. 2016: 8,732 boxes of 300×300; parameters by hand."""
    found = analysis(networks.ssd300())
    rows = {row.name: row for row in found.rows}
    vgg = 14_714_688  # VGG-16 without its dense layers (Keras' include_top=False)
    fc = (9 * 512 + 1) * 1024 + (1024 + 1) * 1024
    extra = sum(
        (read + 1) * narrow + (9 * narrow + 1) * wide
        for read, narrow, wide in ((1024, 256, 512), (512, 128, 256), (256, 128, 256), (256, 128, 256))
    )
    heads = sum(
        (9 * read + 1) * boxes * (4 + 21)
        for read, boxes in ((512, 4), (1024, 6), (512, 6), (256, 6), (256, 4), (256, 4))
    )
    assert found.totals.shared.parameters == vgg + 512 + fc + extra + heads == 26_285_486  # 512: the scale of conv4_3
    boxes = 4 * 38 * 38 + 6 * (19 * 19 + 10 * 10 + 5 * 5) + 4 * (3 * 3 + 1)
    assert boxes == 8732
    assert str(rows["mbox_loc"].output) == str(boxes * 4)
    assert str(rows["mbox_conf_softmax"].output) == f"{boxes}x21"
    assert str(rows["mbox_priorbox"].output) == f"2x{boxes * 4}"


def test_fcn32s() -> None:
    """Long et al. 2015: a 500×500 image padded by 100 has 698 cells, 22 behind the fifth pool, 16 behind the 7×7."""
    found = analysis(networks.fcn32s())
    rows = {row.name: row for row in found.rows}
    assert [str(rows[name].output) for name in ("pool5", "fc6", "upscore", "score")] == [
        "22x22x512",
        "16x16x4096",
        "544x544x21",
        "500x500x21",
    ]
    vgg, fc = 14_714_688, (49 * 512 + 1) * 4096 + (4096 + 1) * 4096
    assert found.totals.shared.parameters == vgg + fc + (4096 + 1) * 21 + 64 * 64 * 21 * 21
    assert rows["upscore"].frozen


def test_squeeze_and_excitation() -> None:
    found = analysis(networks.senet_block())
    assert found.totals.shared.parameters == (9 * 64 + 1) * 64 + (64 + 1) * 4 + (4 + 1) * 64
    assert str(found.rows[-1].output) == "14x14x64"
