"""Files of Keras 2, of TensorFlow.js, and files with mistakes: each is refused in a line or at its layer."""

from __future__ import annotations

import copy
import json
import random
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.loader.formats import read
from analyzer.loader.text.files import FileError

FOREIGN = Path(__file__).parents[3] / "data" / "foreign"


def layer(kind: str, name: str, nodes: Any = None, **config: Any) -> dict[str, Any]:
    """A layer as Keras 2 writes it."""
    found: dict[str, Any] = {"class_name": kind, "config": {"name": name, "trainable": True, **config}}
    return found if nodes is None else {**found, "name": name, "inbound_nodes": nodes}


SEQUENTIAL = [
    layer("Conv2D", "c", batch_input_shape=[None, 28, 28, 1], filters=8, kernel_size=[3, 3], activation="relu"),
    layer("MaxPooling2D", "p", pool_size=[2, 2], strides=[2, 2], padding="valid"),
    layer("Flatten", "f", data_format="channels_last"),
    layer("Dense", "d", units=10, activation="softmax"),
]


def written(folder: Path, data: Any) -> str:
    path = folder / "net.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return str(path)


@pytest.mark.parametrize(
    "data",
    [
        {"class_name": "Sequential", "config": SEQUENTIAL, "keras_version": "2.1.6"},
        {"class_name": "Sequential", "config": {"name": "s", "layers": SEQUENTIAL}},
        {
            "modelTopology": {"model_config": {"class_name": "Sequential", "config": {"layers": SEQUENTIAL}}},
            "format": "layers-model",
            "weightsManifest": [],
        },
    ],
    ids=["list", "mapping", "tfjs"],
)
def test_sequential_of_keras_2(tmp_path: Path, data: Any) -> None:
    analysis = analyzer.analyze(written(tmp_path, data))
    # (3·3·1 + 1)·8 and (13·13·8 + 1)·10; 9·8·26·26 and 1352·10
    assert (analysis.totals.shared.parameters, analysis.totals.macs) == (80 + 13530, 48672 + 13520)


def test_functions_and_networks_called_twice_of_keras_2(tmp_path: Path) -> None:
    inner = {
        "class_name": "Functional",
        "config": {
            "name": "inner",
            "layers": [
                layer("InputLayer", "i", [], batch_input_shape=[None, 8]),
                layer("Dense", "dense", [[["i", 0, 0, {}]]], units=8),
            ],
            "input_layers": [["i", 0, 0]],
            "output_layers": [["dense", 0, 0]],
        },
        "name": "inner",
        "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]],
    }
    layers = [
        layer("InputLayer", "x", [], batch_input_shape=[None, 8]),
        inner,
        layer("TFOpLambda", "sum", [["inner", 2, 0, {"y": ["x", 0, 0], "name": None}]], function="math.add"),
        layer("Dense", "out", [[["sum", 0, 0, {}]]], units=3),
    ]
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["out", 0, 0]]}
    analysis = analyzer.analyze(written(tmp_path, {"class_name": "Functional", "config": config}))
    assert [row.name for row in analysis.rows] == ["inner.dense", "inner_2.dense", "sum", "out"]
    # (8 + 1)·8 once, (8 + 1)·3; 64 MACs for each call
    assert (analysis.totals.shared.parameters, analysis.totals.macs) == (72 + 27, 64 + 64 + 24)


def test_locally_connected_shares_nothing(tmp_path: Path) -> None:
    local = layer("LocallyConnected2D", "l", batch_input_shape=[None, 10, 10, 3], filters=4, kernel_size=[3, 3])
    analysis = analyzer.analyze(written(tmp_path, {"class_name": "Sequential", "config": {"layers": [local]}}))
    assert analysis.totals.declared.parameters == (3 * 3 * 3 + 1) * 4 * 8 * 8


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data["config"]["layers"][3]["config"].pop("units"), "needs `units`"),
        (lambda data: data["config"]["layers"][0]["config"].update(filters="many"), "whole number"),
        (lambda data: data["config"]["layers"][0]["config"].update(batch_input_shape=[None, None, 8, 1]), "open ax"),
        (lambda data: data["config"]["layers"][1].update(class_name="Mine>Odd"), "analyzer does not know"),
        (lambda data: data["config"]["layers"][1]["config"].update(name="c"), "two layers"),
        (lambda data: data["config"].update(layers=[]), "has no layers"),
    ],
)
def test_a_mistake_is_told_at_its_layer(tmp_path: Path, change: Any, says: str) -> None:
    data = copy.deepcopy({"class_name": "Sequential", "config": {"name": "s", "layers": SEQUENTIAL}})
    change(data)
    model, problems = read(written(tmp_path, data))[:2]
    assert model is None
    assert len(problems) == 1
    assert says in problems[0].message


@pytest.mark.parametrize(
    "text", ["{", "[" * 100_000, '{"class_name": "Sequential", "class_name": "Model", "config": {}}', "3", "{}"]
)
def test_what_is_no_json_is_a_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileError):
        read(written(tmp_path, text), format="keras")


def test_a_bomb_in_an_archive_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", b" " * (65 << 20))
    with pytest.raises(FileError, match="64 MiB"):
        read(str(path), format="keras")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
    with pytest.raises(FileError, match=r"without `config\.json`"):
        read(str(path), format="keras")


def test_hdf5_needs_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(FileError, match="h5"):
        read(str(path))


def places(data: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place for key, value in pairs for place in ((*way, key), *places(value, (*way, key)))]


@pytest.mark.parametrize("name", ["functional.json", "text.json", "lambda.json"])
def test_no_change_of_a_value_is_a_traceback(tmp_path: Path, name: str) -> None:
    data = json.loads((FOREIGN / name).read_text())
    chosen = random.Random(1)
    values = [None, -1, 0, 3, 1.5, True, "", "x", [], {}, [None, 3], 10**20, ["x", 0, 0]]
    for way in chosen.sample(places(data), 40):
        changed = copy.deepcopy(data)
        inside = changed
        for key in way[:-1]:
            inside = inside[key]
        if chosen.random() < 0.4:
            del inside[way[-1]]
        else:
            inside[way[-1]] = chosen.choice(values)
        try:
            model, problems = read(written(tmp_path, changed), format="keras")[:2]
            assert model is not None or problems
        except FileError:
            pass


def test_weights_that_are_not_counted_are_told(tmp_path: Path) -> None:
    data = copy.deepcopy({"class_name": "Sequential", "config": {"name": "s", "layers": SEQUENTIAL}})
    data["config"]["layers"][3]["config"]["lora_rank"] = 4
    model, _ = read(written(tmp_path, data))[:2]
    assert model is not None
    assert [told.message for told in model.told] == ["the weights that `lora_rank` adds to `d` count nowhere"]
