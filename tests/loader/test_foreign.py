"""Files of other formats: each is named for what it is, in one finding, by its content and then by its ending."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from analyzer.diagnostics import ModelError
from analyzer.loader.foreign.kinds import KINDS
from analyzer.loader.foreign.recognize import recognized, top_keys
from analyzer.loader.parse.file import parse
from analyzer.loader.text.files import decode

ROOT = Path(__file__).parents[2]


def archive(*names: str) -> bytes:
    """A zip archive with files of these names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as written:
        for name in names:
            written.writestr(name, b"x" * 20)
    return stream.getvalue()


#: Contents as the formats' own writers write them (begun, where the rest says nothing), with a part of the name.
#: The binary ones: `onnx.save` of one Relu and of a Conv, `MLModel.save`, `tf.saved_model.save`, `tf.io.write_graph`,
#: `net.save` of Caffe; their first bytes follow from the formats' .proto files, as `protobuf.py` says.
CASES = {
    "onnx_relu": (b'\x08\x09\x12\x07pytorch\x1a\x062.13.0:*\n\x0b\n\x01x\x12\x01y"\x04Relu', "ONNX model (binary)"),
    "onnx_without_producer": (b"\x08\x08:\xec\x0e\n-\n\x01x\n\x01w\n\x01b\x12\x02c1", "ONNX model"),
    "onnx_long": (b"\x08\x07\x12\x0cskl2onnx\x00\x00\x00\x00\x1a\x04" + b"\xff" * 40, "ONNX model"),
    "core_ml": (b"\x08\x04\x12\x5a\n\x1a\n\x05image\x1a\x11\x22\x0f\x08\xe0\x01\x10\xe0\x01\x18\x14", "Core ML"),
    "saved_model": (b"\x08\x01\x12\x80\xd3\x02\n\xa1\x1e\x12\x1a\x0a\x03Add", "SavedModel"),
    "graph": (b"\n\x1d\n\x05input\x12\x0bPlaceholder*\x07\n\x05dtype", "TensorFlow graph"),
    "caffemodel": (b"\n\x05small\xa2\x06\x40\n\x04data\x12\x05Input", "caffemodel"),
    "hdf5": (b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0", "HDF5"),
    "tflite": (b"\x1c\0\0\0TFL3\x14\0 \0\x1c\0\x18", "TensorFlow Lite"),
    "gguf": (b"GGUF\x03\0\0\0", "GGUF"),
    "npy": (b"\x93NUMPY\x01\0v\0{'descr'", "NumPy array"),
    "safetensors": (b'\x40\0\0\0\0\0\0\0{"conv.weight":{"dtype":"F32"', "safetensors"),
    "pickle": (b"\x80\x04\x95\x0b\0\0\0", "pickle"),
    "old_checkpoint": (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "PyTorch checkpoint"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
    "store": (b"SQLite format 3\0\x10\0\1\1\0@  " + bytes(44) + b"anlz" + bytes(28), "store of a sweep"),
    "sqlite": (b"SQLite format 3\0\x10\0\1\1\0@  " + bytes(76), "a SQLite database"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture"),
    "keras": (archive("metadata.json", "config.json", "model.weights.h5"), "Keras model (.keras)"),
    "pt2": (archive("small/data/weights/weight_0", "small/archive_format", "small/models/model.json"), "torch.export"),
    "torchscript": (archive("net/data.pkl", "net/constants.pkl", "net/code/x.py"), "TorchScript"),
    "checkpoint": (archive("archive/data.pkl", "archive/data/0"), "PyTorch checkpoint"),
    "npz": (archive("w.npy"), "NumPy archive"),
    "zip": (archive("notes.txt"), "zip archive"),
    "binary": (b"\xff\xfa\0\0\0\x07\xee\xdd", "a binary file"),
    "darknet": (b"[net]\nbatch=8\nwidth=32\n\n[convolutional]\nfilters=8\n", "Darknet"),
    "darknet_comments": (b"# Testing\r\n\r\n[net]\r\n# batch=1\r\nbatch=8\r\n", "Darknet"),
    "prototxt": (b'name: "small"\nlayer {\n  name: "data"\n  type: "Input"\n}\n', "Caffe network"),
    "prototxt_old": (b'input: "data"\ninput_dim: 1\nlayers {\n  bottom: "data"\n}\n', "Caffe network"),
    "solver": (b'net: "train.prototxt"\nbase_lr: 0.01\nlr_policy: "step"\n', "Caffe solver"),
    "ultralytics": (b"nc: 80\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\nhead:\n  - [-1, 1, Conv, [1]]\n", "YOLO model"),
    "ultralytics_segment": (b"backbone: [1]\nhead:\n  - [[4, 6], 1, Segment, [nc, 32, 256]]\n", "SegmentationModel"),
    "ultralytics_backbone": (b"nc: 1\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]] # 0\n", "YOLO model"),
    "dataset": (b"train: images/a\nval: images/b\nnc: 2\nnames: [a, b]\n", "dataset"),
    "keras_yaml": (b"backend: tensorflow\nclass_name: Sequential\nconfig:\n  name: s\n", "Keras model in YAML"),
    "keras_json": (json.dumps({"class_name": "Model", "config": {"layers": []}}).encode(), "Keras model in JSON"),
    "tfjs": (json.dumps({"format": "layers-model", "modelTopology": {"a": [1]}}).encode(), "TensorFlow.js"),
    "tfjs_graph": (json.dumps({"format": "graph-model", "modelTopology": {"node": []}}).encode(), "TensorFlow.js graph"),
    "ort": (b"\x20\0\0\0ORTM\0\0\0\0", "ORT format"),
    "onnx_text": (b'<\n  ir_version: 8,\n  opset_import: ["" : 17]\n>\ngraph (float[1] x)', "ONNX model in text"),
    "onnx_json": (json.dumps({"irVersion": "8", "graph": {"node": []}}).encode(), "ONNX model in JSON"),
    "mxnet": (json.dumps({"nodes": [{"op": "null"}], "arg_nodes": [0]}).encode(), "MXNet"),
    "notebook": (json.dumps({"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4}).encode(), "notebook"),
    "hugging_face": (json.dumps({"architectures": ["ViTModel"], "hidden_size": 768}).encode(), "Hugging Face"),
    "detectron2": (b'_BASE_: "../Base.yaml"\nMODEL:\n  WEIGHTS: "a.pkl"\n', "detectron2"),
    "monai": (json.dumps({"imports": ["$import torch"], "network_def": {"_target_": "UNet"}}).encode(), "MONAI"),
    "hydra": (b"net:\n  _target_: models.Net\n  width: 3\n", "Hydra"),
    "nni": (b"experimentName: a\nsearchSpaceFile: s.json\ntrialCommand: python3 a.py\n", "NNI experiment"),
    "nni_space": (json.dumps({"lr": {"_type": "choice", "_value": [1, 2]}}).encode(), "NNI search space"),
    "python": (b"import torch.nn as nn\nnet = nn.Sequential(nn.Conv2d(3, 8, 3))\n", "Python code"),
    "python_class": (b'"""A net."""\n\n\nclass Net(nn.Module):\n    pass\n', "Python code"),
    "printed": (b"Sequential(\n  (0): Conv2d(3, 8, kernel_size=(3, 3))\n)\n", "as PyTorch prints it"),
    "summary": ('Model: "sequential"\n┏━━━━┓\n'.encode(), "as Keras prints it"),
    "page": (b"\n<!DOCTYPE html>\n<html lang=en>\n", "web page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS"),
    "openvino": (b'<?xml version="1.0"?>\n<net name="a" version="11">\n', "OpenVINO"),
    "ncnn": (b"7767517\n75 83\nInput data 0 1 data 0=227\n", "ncnn"),
    "toml": (b'[build-system]\nrequires = ["hatchling"]\n', "TOML"),
    "workflow": (b"name: ci\non: push\njobs:\n  a:\n    runs-on: x\n", "GitHub Actions"),
    "compose": (b"services:\n  web:\n    image: a\n", "Compose"),
    "conda": (b"name: a\nchannels: [conda-forge]\ndependencies: [python]\n", "Conda"),
    "kubernetes": (b"apiVersion: v1\nkind: Pod\n", "Kubernetes"),
    "openmmlab": (b"Collections:\n  - Name: a\n", "OpenMMLab"),
    "sarif": (json.dumps({"version": "2.1.0", "runs": []}).encode(), "SARIF"),
    "paddle": (json.dumps({"base_code": {"magic": "pir"}, "program": {"regions": []}}).encode(), "PaddlePaddle"),
    "yolo_settings": (b"lr0: 0.01\nlrf: 0.1\nmomentum: 0.9\n", "settings of Ultralytics"),
    "memory": (json.dumps({"format": 1, "file": "a", "assumptions": {}, "inference": {}, "training": {}}).encode(), "analyzer memory"),
    "diff": (json.dumps({"format": 1, "equal": False, "old": {}, "new": {}}).encode(), "analyzer diff"),
    "shell": (b"#!/usr/bin/env bash\nset -e\n", "shell script"),
    "xml": (b'<?xml version="1.0"?>\n<a/>\n', "XML"),
    "graph_text": (b'node {\n  name: "a"\n}\n', "graph in text"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "an archive"),
    "pre_commit": (b"repos:\n  - repo: local\n", "pre-commit"),
}  # fmt: skip


#: What a message tells people to do.
WAYS = (
    "`analyzer example",
    "unpack it",
    "download",
    "give the",
    "give one",
    "which is read",
    "reads it",
    "name what builds",
)


def finding(data: bytes, file: str) -> tuple[str, str]:
    """Code and message of the one finding about a file with these bytes."""
    try:
        problems = parse(decode(data, file), file).problems
    except ModelError as error:
        problems = list(error.diagnostics)
    (one,) = problems
    assert one.span is None
    return one.code, one.message


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_named_for_what_it_is(name: str) -> None:
    data, said = CASES[name]
    code, message = finding(data, "given")
    assert code == "FILE102"
    assert message.startswith("`given` is ")
    assert said in message
    assert any(way in message for way in WAYS)


@pytest.mark.parametrize("name", CASES)
def test_a_long_file_is_named_too(name: str) -> None:
    data, said = CASES[name]
    assert said in finding(data + b"\n" * (1 << 20), "given")[1]


def test_every_kind_has_a_case() -> None:
    reached = {kind.name for data, _ in CASES.values() if (kind := recognized(data, "given")) is not None}
    by_sign = {kind.name for kind in KINDS if kind.magic or kind.sign or kind.members or kind.keys or kind.pattern}
    assert sorted(by_sign - reached) == []


@pytest.mark.parametrize(
    ("file", "said"), [("a.pth", "PyTorch"), ("Net.ONNX", "ONNX"), ("w.weights", "Darknet weights")]
)
def test_the_ending_tells_where_the_content_does_not(file: str, said: str) -> None:
    assert said in finding(b"\x01\x02 neither", file)[1]


def test_a_file_of_ultralytics_is_answered_with_the_command_that_reads_it() -> None:
    text = b"backbone:\n  - [-1, 1, Conv, [64, 3, 2]]\nhead:\n  - [[8], 1, Detect, [nc]]\n"
    ready = """`analyzer "ultralytics.nn.tasks:DetectionModel('a/net.yaml')" --input 640x640x3`"""
    assert ready in finding(text, "a/net.yaml")[1]
    assert """`analyzer 'ultralytics.nn.tasks:DetectionModel('"'"'a$b.yaml'"'"')'""" in finding(text, "a$b.yaml")[1]


def test_code_is_answered_with_the_spelling_that_runs_it() -> None:
    text = (
        b"import torch\nfrom torch import nn\nclass Block(nn.Module):\n    pass\nclass Rows(torch.utils.data.Dataset):\n"
        b"    pass\nclass Net(Block):\n    pass\nclass Loss:\n    pass\n"
    )
    said = finding(text, "nets/net.py")[1]
    assert "`analyzer nets/net.py:Net --input 224x224x3` (it has `Block`, `Net`)" in said
    assert "`analyzer nets/net.py:Net --input 224x224x3`" in finding(text, "git:main:nets/net.py")[1]
    assert "`analyzer net.py:NAME --input 224x224x3`" in finding(b"import torch\n", "net.py")[1]


@pytest.mark.parametrize("name", ["pickle", "old_checkpoint", "torchscript", "checkpoint", "safetensors"])
def test_what_torch_saved_is_answered_with_the_lines_that_export_it(name: str) -> None:
    said = finding(CASES[name][0], "given")[1]
    assert "`program = torch.export.export(net.eval(), (torch.zeros(1, 3, 224, 224),))`" in said
    assert "`torch.export.save(program, 'net.pt2')`" in said


def test_content_comes_before_the_ending() -> None:
    assert "Darknet" in finding(CASES["darknet"][0], "net.onnx")[1]


def test_a_model_with_mistakes_stays_a_model() -> None:
    text = "input: 8x8x3\nbackbone: 3\nhead: 4\nservices: 1\nlayers:\n  - conv: {filters: 0, kernel: 3}\n"
    assert recognized(text.encode(), "net.cfg") is None
    assert {problem.code for problem in parse(text, "net.cfg").problems} == {"MODEL101", "VALUE101"}


@pytest.mark.parametrize("path", sorted((ROOT / "example_models").glob("*.yaml")), ids=lambda path: path.stem)
def test_no_example_is_foreign(path: Path) -> None:
    assert recognized(path.read_bytes(), path.name) is None


def test_models_with_mistakes_are_not_foreign() -> None:
    for path in (ROOT / "tests" / "bad").rglob("*.yaml"):
        kind = recognized(path.read_bytes(), path.name)
        assert kind is None, f"{path.name} is taken for {kind and kind.name}"


def test_top_keys_are_found_in_broken_text() -> None:
    assert top_keys('{"a": "x}", "b": {"c": 1}, "d": [') == {"a", "b", "d"}
    assert top_keys("'a': 1\n\"b\": 2\n c: 3\n- d: 4\ne : [\n") == {"a", "b", "e"}
