"""Traits of the layer types: the exact sets, and what each trait says held against the answers of its types."""

from __future__ import annotations

import pytest
from building import build, volume
from test_battery import RANKS, VOLUMES, flow_of, ordinary

from analyzer.layers import CATALOGUE, SHARED
from analyzer.layers.readings import EVERYTHING
from analyzer.layers.traits import Averages, Drops, Normalises, Scores

#: Every trait with two answers, and the types that have it; families are named where all of their types have it.
TRAITS = {
    "linear": "conv depthwise_conv separable_conv conv_transpose dense linear",
    "dense": "dense",
    "depthwise": "depthwise_conv",
    "factored": "separable_conv",
    "fixed": "blur_pool",
    "looks_up": "embedding",
    "pointwise": "(activation) (normalization) (regularization) channel_shuffle position_table scale coord_channels",
    "activates": "(activation)",
    "scales": "batch_norm scale",
    "pools": "(pooling)",
    "merges": "(merge)",
    "multiplies": "multiply",
    "grows": "conv_transpose upsample resize pixel_shuffle",
    "stretches": "resize",
    "cuts": "pad crop",
    "reorders": "permute",
    "regroups": "reshape",
    "view": "flatten reshape slice",
    "authored": "custom",
    "shares": "conv depthwise_conv separable_conv conv_transpose",
}

#: The types with a trait of more than two answers.
ANSWERS = {
    "normalises": {
        "batch_norm": Normalises.BATCH,
        "layer_norm": Normalises.SAMPLE,
        "rms_norm": Normalises.SAMPLE,
        "group_norm": Normalises.SAMPLE,
        "instance_norm": Normalises.PLANE,
    },
    "averages": {"avg_pool": Averages.WINDOW, "global_avg_pool": Averages.PLANE, "mean": Averages.AXIS},
    "drops": {"dropout": Drops.CELLS, "spatial_dropout": Drops.PLANES, "stochastic_depth": Drops.SAMPLES},
    "scores": {"softmax": Scores.PROBABILITIES, "log_softmax": Scores.LOGARITHMS},
}


def types_of(text: str) -> set[str]:
    """The types named in `text`, with those of each (family)."""
    found: set[str] = set()
    for word in text.split():
        family = word.strip("()")
        found |= {word} if family == word else {name for name, cls in CATALOGUE.items() if cls.family == family}
    return found


@pytest.mark.parametrize("trait", TRAITS)
def test_the_types_with_a_trait(trait: str) -> None:
    assert {name for name, cls in CATALOGUE.items() if getattr(cls, trait)} == types_of(TRAITS[trait])


@pytest.mark.parametrize("trait", ANSWERS)
def test_the_answers_of_a_trait(trait: str) -> None:
    default = {"normalises": Normalises.NOTHING, "averages": Averages.NOTHING, "drops": Drops.NOTHING}
    plain = default.get(trait, Scores.PLAIN)
    found = {name: getattr(cls, trait) for name, cls in CATALOGUE.items() if getattr(cls, trait) is not plain}
    assert found == ANSWERS[trait]


@pytest.mark.parametrize("name", CATALOGUE)
def test_traits_agree_with_answers(name: str) -> None:
    """What a trait says of a type is true of an ordinary layer of it."""
    cls = CATALOGUE[name]
    layer, volumes = ordinary(name, VOLUMES[max(RANKS.get(name, {2}))])
    flow = flow_of(layer, *volumes)
    counts, macs = layer.parameters(flow, SHARED), layer.macs(flow)
    window = layer.window(flow.input) if flow.input.rank else None
    if cls.linear:
        assert macs > 0
        assert counts.weights > 0
    if cls.fixed:
        assert macs > 0
        assert counts.weights == 0
    if cls.pools or cls.cuts or cls.activates:
        assert cls.fixed or macs == 0
    if cls.pointwise:
        assert flow.output.spatial == flow.input.spatial
        assert macs == 0
    if cls.dense:
        assert layer.windows(flow, 0) is EVERYTHING
    if cls.depthwise:
        assert layer.plane_groups(flow.input) == flow.input.depth
    if cls.reorders or cls.regroups or layer.passes:
        assert flow.output.size == flow.input.size
    if window is not None:
        assert cls.linear or cls.pools
        spatial = flow.output.spatial
        assert window.scatters or window.slide(flow.input) == spatial


def test_the_types_with_a_window() -> None:
    with_window = {
        name
        for name in CATALOGUE
        if 2 in RANKS.get(name, {2}) and ordinary(name, VOLUMES[2])[0].window(VOLUMES[2]) is not None
    }
    assert with_window == types_of(
        "conv depthwise_conv separable_conv conv_transpose max_pool avg_pool lp_pool blur_pool"
    )
    windows = {name: ordinary(name, VOLUMES[2])[0].window(VOLUMES[2]) for name in with_window}
    assert {name for name, window in windows.items() if window is not None and window.scatters} == {"conv_transpose"}


def test_questions_that_depend_on_parameters() -> None:
    read = volume("8x8x4")
    assert [build("dropout", {"rate": rate}).passes for rate in (0, 0.5)] == [True, False]
    assert [build(name).passes for name in ("flatten", "relu")] == [True, False]
    assert build("dropout", {"rate": 0.25}).dropped == 0.25
    assert build("conv", {"filters": 4, "kernel": 3}).dropped == 0
    assert [build("relu", {"inplace": flag}).overwrites for flag in (True, False)] == [True, False]
    assert build("add", {"inputs": ["prev"], "inplace": True}).overwrites
    assert build("dropout", {"inplace": True}).overwrites
    assert not build("max_pool", {"kernel": 2}).overwrites
    assert [build("concat", {"inputs": ["prev"], "crop": how}).crops for how in ("center", "none")] == [True, False]
    assert [build("batch_norm", {"affine": flag}).centres for flag in (True, False)] == [True, False]
    assert build("batch_norm", {"affine": False, "center": True}).centres
    assert [build("batch_norm", {"statistics": flag}).learns_statistics for flag in (True, False)] == [True, False]
    assert [build("scale", {"per": per}).positional for per in ("layer", "depth", "volume")] == [False, False, True]
    local = build("conv", {"filters": 4, "kernel": 3, "sharing": "local"})
    assert str(local.declared_sharing) == "local"
    assert build("dense", {"units": 3}).declared_sharing == SHARED
    assert build("conv", {"filters": 4, "kernel": 3, "groups": 2}).plane_groups(read) == 2
    assert build("linear", {"units": 4}).plane_groups(read) == 1
    up = build("conv_transpose", {"filters": 4, "kernel": 2, "stride": 2})
    assert (up.bank_positions(flow_of(up, read)), local.bank_positions(flow_of(local, read))) == ((8, 8), (6, 6))
    part = build("slice", {"axis": "height", "start": 1}).bounds(read)
    assert part is not None
    assert (part.axis, part.start, part.stop, part.step) == ("height", 1, 8, 1)
    assert build("flatten").bounds(read) is None
