"""What reports say of a network that was read from a file of another program."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import analyzer
from analyzer import Analysis
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Source
from analyzer.loader.expand.expansion import expand
from analyzer.loader.formats.sheet import Place, Sheet
from analyzer.loader.parse.file import parse_read


def foreign(*, dtype: str = "float32", own: str | None = "float16") -> Analysis:
    """A network as a reader leaves it: 8·8·3·20 weights and 20 biases, and a layer that the catalogue lacks."""
    sheet = Sheet("net.onnx", "net")
    image = sheet.enter("image", (32, 32, 3))
    parameters = {"filters": 20, "kernel": [8, 8], "stride": 2, "padding": 1}
    conv = sheet.write("conv", [image], Place("conv", "/conv"), parameters)
    sheet.write("custom", [conv], Place("grid", "/grid"), {"output": "14x14x20"})
    sheet.source = Source("onnx", "pytorch", "2.13.0")
    sheet.uncovered = {"GridSample": 1}
    sheet.dtype = own
    model = parse_read(sheet.read(), "net.onnx").model
    assert model is not None
    sheet.tell(model)
    network, found = expand(model)
    assert not found
    return analyze_network(network, file="net.onnx", name="net", dtype=dtype)


def test_the_json_says_where_a_network_was_read_from() -> None:
    report = foreign().to_dict()
    assert report["source"] == {"format": "onnx", "producer": "pytorch", "version": "2.13.0"}
    assert report["uncovered"] == {"GridSample": 1}
    saved = analyzer.read_report(json.dumps(report, indent=1))
    assert saved.source == Source("onnx", "pytorch", "2.13.0")
    assert saved.uncovered == {"GridSample": 1}


def test_a_file_of_our_own_has_no_source() -> None:
    report = analyzer.analyze("input: 4x4x3\nlayers: [{dense: 10}]").to_dict()
    assert not {"source", "uncovered", "weights_dtype"} & report.keys()
    saved = analyzer.read_report(json.dumps(report, indent=1))
    assert (saved.source, saved.uncovered, saved.weights_dtype) == (None, {}, None)


@pytest.mark.parametrize(("own", "width"), [("float16", 2), ("int8", 1), (None, 4), ("float32", 4)])
def test_weights_have_the_number_format_of_their_file(own: str | None, width: int) -> None:
    analysis = foreign(own=own)
    conv = analysis.rows[0]
    of_biases = 4 if own == "int8" else width  # of whole numbers, biases have 32 bits
    assert conv.shared.bytes == width * 3840 + of_biases * 20
    assert conv.local.bytes == width * 752640 + of_biases * 3920
    assert conv.activation_bytes == 4 * 14 * 14 * 20
    assert analysis.to_dict().get("weights_dtype") == (None if width == 4 else own)


def test_a_format_is_called_as_the_option_calls_it() -> None:
    source = "[net]\nwidth=8\nheight=8\nchannels=3\n[convolutional]\nfilters=2\nsize=3\nactivation=relu\n"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "net.cfg"
        file.write_text(source)
        report = analyzer.analyze(file).to_dict()
    assert report["source"] == {"format": "darknet"}


def test_a_sheet_tells_the_format_of_each_layer_where_there_are_several() -> None:
    sheet = Sheet("net.onnx", "net")
    image = sheet.enter("image", (8,))
    first = sheet.write("dense", [image], Place("first"), {"units": 4})
    table = sheet.write("parameter", [], Place("$table"), {"volume": "4"})
    sheet.write("add", [first, table], Place("sum"))
    sheet.formats = {"first": "uint4", "$table": "float16"}
    model = parse_read(sheet.read(), "net.onnx").model
    assert model is not None
    sheet.tell(model)
    assert (model.weights_dtype, model.formats) == ("int4", {"first": "int4", table.name: "float16"})
    sheet.formats = {"first": "float16", "$table": "float16"}
    sheet.dtype = "float16"
    sheet.tell(model)
    assert (model.weights_dtype, model.formats) == ("float16", {})
