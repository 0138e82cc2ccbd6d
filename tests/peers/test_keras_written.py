"""Keras code runs: it has the parameters, the volumes and the outputs of the report."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: Keras code, which runs on it here, is not run")
pytest.importorskip("keras", reason="Keras is not installed: Keras code is not run")

import keras
from building import build, read_yaml, volume

import analyzer
from analyzer.diagnostics import ModelError
from analyzer.engine.network import Network
from analyzer.loader.expand.expansion import expand
from analyzer.loader.writing.keras import write_keras
from analyzer.loader.writing.keras.layers import REFUSED

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::UserWarning")]

ROOT = Path(__file__).parents[2]
CASES = {path.stem: path for path in sorted((ROOT / "tests" / "layers" / "cases").glob("*.yaml"))}


def run(code: str, label: str) -> dict[str, Any]:
    """The names of a file of code, which found no number that differs from the report."""
    names: dict[str, Any] = {"__name__": "net"}
    exec(compile(code, label, "exec"), names)
    assert names["main"]() == 0, label
    return names


def networks(type_: str) -> list[Network]:
    """The answered cases of a layer type, each as a network of one layer."""
    found = []
    for case in read_yaml(CASES[type_]):
        if "refused" in case:
            continue
        inputs = case["input"] if isinstance(case["input"], list) else [case["input"]]
        network = Network()
        sources = [network.enter(f"input{place}", volume(text)) for place, text in enumerate(inputs)]
        if not sources:
            network.enter("unread", volume("8x8x3"))
        network.place("layer", build(type_, case.get("parameters")), sources)
        found.append(network)
    return found


@pytest.mark.parametrize("type_", [name for name in CASES if name not in REFUSED])
def test_layers(type_: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every case of a layer type: `main` compares its parameters, buffers and output."""
    ran = 0
    for place, network in enumerate(networks(type_)):
        try:
            code = write_keras(network, {"name": "case"})
        except ModelError:  # refused by name: these parameters have no counterpart
            continue
        run(code, f"{type_} {place}")
        ran += 1
    assert ran, f"no case of `{type_}` was run"


EXAMPLES = ("resnet50", "googlenet", "vit_b16", "unet", "gpt2", "cudaconvnet_local")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_layer_of_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A layer of the model has the volume and the parameters of the row of its name."""
    path = ROOT / "example_models" / f"{name}.yaml"
    network, mistakes = expand(analyzer.load(path))
    assert not mistakes
    names = run(write_keras(network, {"name": name}), name)
    with keras.StatelessScope(initialize_variables=False):
        layers = {layer.name: layer for layer in names["build_model"]().layers}
    rows = [row for row in analyzer.analyze(path).rows if row.name in layers]
    assert len(rows) > 0.7 * len(network.nodes), "operations have no names of their own, but most rows are layers"
    for row in rows:
        layer = layers[row.name]
        assert tuple(layer.output.shape[1:]) == tuple(row.output.sizes), row.name
        if network.names[row.name].tied is None:
            own = row.own.declared
            assert sum(math.prod(one.shape) for one in layer.weights) == own.parameters + own.buffers, row.name


FROZEN = """
input: 6
layers:
- {embedding: {vocabulary: 9, size: 4}, name: table}
- {multi_head_attention: 2, frozen: true}
- {lstm: {units: 4, layers: 2, bidirectional: true}, frozen: true}
- {separable_conv: {filters: 3, kernel: 3}, frozen: true}
- {separable_conv: {filters: 3, kernel: 2, sharing: local}, frozen: true}
- {batch_norm: {}, frozen: true}
- {linear: {units: 3, weight_norm: true}, frozen: true}
- {squeeze_excite: {}, frozen: true}
- {dense: 4}
- {parameter: 5, name: unread}
outputs: [dense1]
"""


def test_frozen_layers_and_those_that_nothing_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """`main` compares all parameters, and those that are trained: the table's, the last layer's, those not read."""
    network, mistakes = expand(analyzer.load(FROZEN))
    assert not mistakes
    run(write_keras(network, {"name": "frozen"}), "frozen")
    assert f"trainable: {9 * 4 + (3 * 3 * 4 + 4) + 5}" in capsys.readouterr().out


def values(model: Any, *inputs: Any) -> Any:
    return keras.ops.convert_to_numpy(model(*inputs))


def test_layers_of_the_file_calculate_what_those_of_keras_do() -> None:
    """With one bank for all positions, the layers for banks of their own are the convolutions of Keras."""
    import numpy

    from analyzer.loader.writing.keras.helpers.texts import HELPERS

    names: dict[str, Any] = {"keras": keras, "layers": keras.layers, "ops": keras.ops, "math": math}
    exec("import itertools", names)
    for text in HELPERS.values():
        exec(text, names)
    x = numpy.random.default_rng(1).normal(size=(2, 9, 8, 4)).astype("float32")
    plain = keras.layers.Conv2D(6, (3, 2), strides=2, groups=2)
    expected = values(plain, x)
    own = names["LocallyConnected"](6, (3, 2), strides=2, groups=2, sharing="shared")
    own.build(x.shape)
    kernel = keras.ops.convert_to_numpy(plain.kernel)  # rows, columns, depth of a group, filters
    own.kernel.assign(kernel.reshape(1, 1, 6, 2, 2, 3).transpose(0, 1, 2, 4, 3, 5))
    assert numpy.allclose(values(own, x), expected, atol=1e-5)

    plain = keras.layers.Conv2DTranspose(5, 3, strides=2)
    expected = values(plain, x)
    own = names["LocallyConnectedTranspose"](5, 3, strides=2, sharing="shared")
    own.build(x.shape)
    kernel = keras.ops.convert_to_numpy(plain.kernel)  # rows, columns, filters, depth
    own.kernel.assign(kernel.reshape(1, 1, 9, 1, 5, 4).transpose(0, 1, 2, 3, 5, 4))
    assert numpy.allclose(values(own, x), expected, atol=1e-5)

    plain = keras.layers.MultiHeadAttention(2, 3)
    expected = values(plain, x, x)
    own = names["Attention"](2, 3)
    own.build(x.shape, x.shape)
    for name, dense in (("query", plain.query_dense), ("key", plain.key_dense), ("value", plain.value_dense)):
        own.projections[name].kernel.assign(keras.ops.reshape(dense.kernel, (4, 6)))
    own.projections["output"].kernel.assign(keras.ops.reshape(plain.output_dense.kernel, (6, 4)))
    assert numpy.allclose(values(own, x, x), expected, atol=1e-5)

    folded = names["fold"](names["unfold"](x, (3, 2), (3, 2)), (9, 8), (3, 2), (3, 2))
    assert numpy.allclose(keras.ops.convert_to_numpy(folded), x)


def test_code_read_back_has_the_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The configuration of a written model, read by our own reader of Keras."""
    for name in ("resnet50", "googlenet"):
        path = ROOT / "example_models" / f"{name}.yaml"
        network, _ = expand(analyzer.load(path))
        names = run(write_keras(network, {"name": name}), name)
        with keras.StatelessScope(initialize_variables=False):
            text = names["build_model"]().to_json()
        file = tmp_path / f"{name}.json"
        file.write_text(text, encoding="utf-8")
        theirs, ours = analyzer.analyze(file).totals, analyzer.analyze(path).totals
        assert (theirs.macs, theirs.declared.parameters, theirs.declared.buffers) == (
            ours.macs,
            ours.declared.parameters,
            ours.declared.buffers,
        ), name
