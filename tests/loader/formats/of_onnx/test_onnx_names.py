"""Names of layers: the paths of modules, as torch's two exporters write them."""

from __future__ import annotations

import pytest

from analyzer.loader.formats.onnx.names import Naming
from analyzer.loader.formats.onnx.records import Graph, Node


def node(name: str, operator: str = "Conv", **metadata: str) -> Node:
    return Node(operator, "", ["x"], ["y"], name, {}, name, "", metadata)


def naming(*nodes: Node) -> Naming:
    return Naming(Graph("", list(nodes), {}, [], [], {}))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/layer1/layer1.0/conv1/Conv", "layer1.0.conv1"),
        ("/layer2/layer2.0/downsample/downsample.0/Conv", "layer2.0.downsample.0"),
        ("/features/features.0/features.0.0/Conv", "features.0.0"),
        ("/conv1/Conv", "conv1"),
        ("Conv_0", ""),
        ("", ""),
    ],
)
def test_the_module_of_a_node(name: str, path: str) -> None:
    one = node(name)
    assert naming(one).module(one) == path


def test_a_sum_beside_layers_is_in_their_module() -> None:
    total = node("/layer1/layer1.0/Add", "Add")
    found = naming(node("/layer1/layer1.0/conv1/Conv"), total)
    assert found.layer(total) == "layer1.0."


def test_a_module_called_twice_keeps_its_name() -> None:
    scopes = {"pkg.torch.onnx.name_scopes": "['', 'layer1.0', 'layer1.0.relu', 'relu']"}
    classes = {"pkg.torch.onnx.class_hierarchy": "['m.ResNet', 'm.BasicBlock', 'torch.nn.ReLU', 'aten.relu']"}
    both = [Node("Relu", "", ["x"], ["y"], f"relu_{at}", {}, "", "", {**scopes, **classes}) for at in range(2)]
    found = naming(*both)
    assert [found.layer(one) for one in both] == ["layer1.0.relu", "layer1.0.relu"]
    assert found.groups["layer1.0"] == "BasicBlock"


@pytest.mark.parametrize(
    ("weight", "name"),
    [
        ("layer1.0.conv1.weight", "layer1.0.conv1"),
        ("model/conv1/Conv2D/ReadVariableOp:0", "model.conv1.Conv2D"),
        ("conv2d_0.w_0", "conv2d_0"),
        ("onnx::Conv_123", "fc"),
        ("val_7", "fc"),
    ],
)
def test_the_name_of_weights(weight: str, name: str) -> None:
    one = node("/fc/Gemm", "Gemm")
    assert naming(one).layer(one, weight) == name


def test_values_that_the_exporter_merged_name_the_first_node_only() -> None:
    """Untrained norms are equal, so that torch's older exporter gives all of them the tensors of the first one."""
    nodes = [
        Node("BatchNormalization", "", [], [], f"/layer1/layer1.{at}/bn1/BatchNormalization", {}, "") for at in (0, 1)
    ]
    names = naming(*nodes)
    assert [names.layer(node, "layer1.0.bn1.weight") for node in nodes] == ["layer1.0.bn1", "layer1.1.bn1"]
    assert names.layer(nodes[0], "layer1.0.bn1.weight") == "layer1.0.bn1"
