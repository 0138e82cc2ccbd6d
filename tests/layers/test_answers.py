"""What a type answers: its traits held against its answers, and a type without an answer is refused."""

from __future__ import annotations

import pytest
from building import build, volume
from test_battery import RANKS, VOLUMES, flow_of, ordinary, written
from test_declared import MAIN

from analyzer.layers import CATALOGUE, SHARED, Layer
from analyzer.layers.readings import Cells
from analyzer.volume import Volume


@pytest.mark.parametrize("name", CATALOGUE)
def test_traits_agree_with_answers(name: str) -> None:
    """What a trait says of a type is true of an ordinary layer of it."""
    cls = CATALOGUE[name]
    layer, volumes = ordinary(name, VOLUMES[max(RANKS.get(name, {2}))])
    flow = flow_of(layer, *volumes)
    counts, macs = layer.parameters(flow, SHARED), layer.macs(flow)
    window = layer.window(flow.input) if flow.inputs and flow.input.rank else None
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
        assert layer.windows(flow, 0) is Cells.EVERYTHING
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
    slid = "conv depthwise_conv separable_conv conv_transpose max_pool avg_pool lp_pool blur_pool"
    assert with_window == set(slid.split())
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


#: The parameters that give a layer's weights (or its pool) their shape, which layers that share them must agree on.
AGREED = {
    "filters": "conv separable_conv conv_transpose conv_lstm",
    "kernel": "conv depthwise_conv separable_conv conv_transpose max_pool avg_pool lp_pool blur_pool conv_lstm "
    "unfold fold",
    "units": "dense linear lstm gru rnn",
    "size": "embedding adaptive_avg_pool adaptive_max_pool local_response_norm",
}


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_layers_that_share_weights_agree_on(name: str) -> None:
    layer, volumes = ordinary(name, VOLUMES[max(RANKS.get(name, {2}))])
    assert layer.output(volumes).size > 0
    names = {parameter for parameter, types in AGREED.items() if name in types.split()}
    assert sorted(map(str, layer.agreed())) == sorted(str(getattr(layer, parameter)) for parameter in names)


def test_equal_numbers_of_weights_in_another_arrangement_do_not_agree() -> None:
    """3·3·8/2·8 = 3·3·8·4 weights of a convolution; a kernel of 2 × 6 and of 6 × 2."""
    pairs: list[tuple[str, dict[str, object], dict[str, object]]] = [
        ("conv", {"filters": 8, "kernel": 3, "groups": 2}, {"filters": 4, "kernel": 3}),
        ("conv_lstm", {"filters": 4, "kernel": "2x6"}, {"filters": 4, "kernel": "6x2"}),
    ]
    for type_, one, other in pairs:
        first, second = build(type_, one), build(type_, other)
        flows = [flow_of(layer, VOLUMES[3]) for layer in (first, second)]
        weights = [layer.parameters(flow, SHARED).weights for layer, flow in zip((first, second), flows, strict=True)]
        assert weights[0] == weights[1]
        assert first.agreed() != second.agreed()
        assert first.agreed() == build(type_, one).agreed()
    assert (
        build("conv", {"filters": 8, "kernel": "3x3"}).agreed() == build("conv", {"filters": 8, "kernel": 3}).agreed()
    )


@pytest.mark.parametrize(
    ("type_", "parameter"),
    [
        (type_, parameter)
        for parameter, types in MAIN.items()
        for type_ in types.split()
        if set(CATALOGUE[type_].needed) <= {parameter}
    ],
)
def test_a_bare_value_is_the_value_of_its_parameter(type_: str, parameter: str) -> None:
    """`dense: 5` is `dense: {units: 5}`, for every type whose other parameters have defaults."""
    read = VOLUMES[max(RANKS.get(type_, {2}))]
    value = written(type_, read).get(parameter, 0.25 if parameter in ("rate", "slope") else 4)
    bare, named = build(type_, value), build(type_, {parameter: value})
    assert getattr(bare, parameter) == getattr(named, parameter)
    assert bare.written() == named.written() != {}
    volumes = [read] * (2 if parameter == "inputs" else 1)
    if type_ == "matmul":  # the rows of the second are the columns of the first
        volumes[1] = Volume.of([*read.sizes[:-2], read.sizes[-1], read.sizes[-2]])
    assert bare.output(volumes) == named.output(volumes)


@pytest.mark.parametrize(
    ("space", "lacks"),
    [
        ({}, "must declare `keeps` or `saved`"),
        ({"pointwise": True}, "must declare `keeps` or `saved`"),
        ({"keeps": (0,)}, "must declare `pointwise`, `window` or `windows`"),
        ({"macs": lambda self, flow: 1, "keeps": ()}, "must declare `pointwise`, `window` or `windows`"),
        ({"output": lambda self, inputs: inputs[0], "pointwise": True}, "must declare `keeps` or `saved`"),
    ],
)
def test_a_type_without_an_answer_is_refused(space: dict[str, object], lacks: str) -> None:
    """Such a type would show 0 bytes or no field in every report, which reads like an answer."""
    with pytest.raises(TypeError, match=lacks):
        type("Silent", (Layer,), space, type="silent")
    assert "silent" not in CATALOGUE


@pytest.mark.parametrize(
    "space",
    [
        {"keeps": (), "pointwise": True},
        {"saved": lambda self, flow, sharing: (), "windows": lambda self, flow, which: Cells.UNKNOWN},
        {"keeps": (0,), "window": lambda self, volume: None},
    ],
)
def test_a_type_that_answers_is_in_the_catalogue(space: dict[str, object]) -> None:
    try:
        type("Answering", (Layer,), space, type="answering")
        assert CATALOGUE["answering"].__name__ == "Answering"
        assert CATALOGUE["answering"].reads == (1, 1)
        type("Several", (CATALOGUE["answering"],), {}, reads=(2, None))
        type("Joining", (CATALOGUE["answering"],), {}, type="joining", reads=(2, 3))
        assert CATALOGUE["joining"].reads == (2, 3)
        assert CATALOGUE["answering"].reads == (1, 1)
    finally:
        CATALOGUE.pop("answering", None)
        CATALOGUE.pop("joining", None)
