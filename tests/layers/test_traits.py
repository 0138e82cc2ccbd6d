"""What each type declares of itself, in one table: checks and passes ask for these traits instead of type names."""

from __future__ import annotations

from typing import Any

import pytest
from building import build

from analyzer.layers import CATALOGUE, SHARED, Flow
from analyzer.layers.operations import INPLACE, OWN, VIEW
from analyzer.layers.traits import Averages, Drops, Normalises, Scores
from analyzer.volume import Volume

ACTIVATIONS = (
    "relu relu6 elu selu celu gelu silu mish softplus softsign sigmoid log_sigmoid hard_sigmoid hard_swish hard_tanh tanh "
    "softmax log_softmax leaky_relu prelu glu"
)

#: Traits that are true or false, each with the types that have it. Reasons are the definitions in `Layer`.
TRAITS = {
    "shares": "conv depthwise_conv separable_conv conv_transpose",
    "authored": "custom",
    "view": "flatten reshape crop slice",
    "linear": "conv depthwise_conv separable_conv conv_transpose dense linear",
    "dense": "dense",
    "depthwise": "depthwise_conv",
    "factored": "separable_conv",
    "fixed": "blur_pool",
    "looks_up": "embedding",
    "stored": "parameter",
    "pointwise": f"batch_norm instance_norm layer_norm rms_norm group_norm local_response_norm {ACTIVATIONS} dropout "
    "spatial_dropout stochastic_depth channel_shuffle position_table scale coord_channels",
    "activates": ACTIVATIONS,
    "scales": "batch_norm scale",
    "clips": "relu relu6 hard_tanh",
    "clamped": "conv depthwise_conv separable_conv conv_transpose dense linear max_pool avg_pool lp_pool add subtract "
    "multiply batch_norm scale",
    "pools": "max_pool avg_pool lp_pool blur_pool global_avg_pool global_max_pool adaptive_avg_pool adaptive_max_pool "
    "spatial_pyramid_pool mean reduce",
    "merges": "add subtract multiply maximum average concat",
    "multiplies": "multiply",
    "grows": "conv_transpose upsample resize pixel_shuffle",
    "stretches": "resize",
    "cuts": "pad crop",
    "picks": "gather unfold fold",
    "reorders": "permute rearrange",
    "regroups": "reshape",
}

#: Traits with more answers; a type that is not named has the first.
ANSWERS: dict[str, dict[Any, str]] = {
    "normalises": {
        Normalises.NOTHING: "",
        Normalises.BATCH: "batch_norm",
        Normalises.PLANE: "instance_norm",
        Normalises.SAMPLE: "layer_norm rms_norm group_norm",
    },
    "averages": {
        Averages.NOTHING: "",
        Averages.WINDOW: "avg_pool",
        Averages.PLANE: "global_avg_pool",
        Averages.AXIS: "mean",
    },
    "drops": {
        Drops.NOTHING: "",
        Drops.CELLS: "dropout",
        Drops.PLANES: "spatial_dropout",
        Drops.SAMPLES: "stochastic_depth",
    },
    "scores": {Scores.PLAIN: "", Scores.PROBABILITIES: "softmax", Scores.LOGARITHMS: "log_softmax"},
    #: How many volumes a type reads, least and most.
    "reads": {
        (1, 1): "",
        (1, 2): "resize gather",
        (0, 0): "parameter",
        (1, 3): "multi_head_attention",
        (2, 2): "subtract matmul",
        (3, 4): "attention",
        (1, None): "add multiply maximum average concat custom elementwise",
    },
}


@pytest.mark.parametrize("trait", TRAITS)
def test_a_trait_is_that_of_its_types(trait: str) -> None:
    assert {name for name, cls in CATALOGUE.items() if getattr(cls, trait)} == set(TRAITS[trait].split())


@pytest.mark.parametrize("trait", ANSWERS)
def test_an_answer_is_that_of_its_types(trait: str) -> None:
    usual, *_ = ANSWERS[trait]
    expected = {name: answer for answer, names in ANSWERS[trait].items() for name in names.split()}
    found = {name: getattr(cls, trait) for name, cls in CATALOGUE.items() if getattr(cls, trait) != usual}
    assert found == expected


@pytest.mark.parametrize(
    ("type_", "written", "place"),
    [
        ("relu", {}, OWN),
        ("relu", {"inplace": True}, INPLACE),
        ("dropout", {"inplace": True}, INPLACE),
        ("add", {"inputs": ["a", "b"], "inplace": True}, INPLACE),
        ("conv", {"filters": 2, "kernel": 1}, OWN),
        ("flatten", {}, VIEW),
        ("slice", {"stop": 4}, VIEW),
    ],
)
def test_where_an_output_lies(type_: str, written: dict[str, Any], place: object) -> None:
    """In memory of its own, over its first input, or in it."""
    layer, read = build(type_, written), Volume((4, 5), 6)
    reads = [read] * CATALOGUE[type_].reads[0] if type_ != "add" else [read, read]
    operations = layer.saved(Flow(reads, layer.output(reads)), SHARED)
    assert operations[-1].place == place
