"""ONNX, read by our own code: the graph without the weights, in milliseconds and without a library."""

from __future__ import annotations

import os

from analyzer.engine.network import Source
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.onnx.counting import tell
from analyzer.loader.formats.onnx.graph import load
from analyzer.loader.formats.onnx.inputs import enter
from analyzer.loader.formats.onnx.order import all_nodes
from analyzer.loader.formats.onnx.reading import Ended, Reading
from analyzer.loader.formats.onnx.records import Model
from analyzer.loader.formats.onnx.wire import Damaged
from analyzer.loader.formats.sheet import Halted, Place, Sheet, usual_format
from analyzer.loader.formats.views import Tensor
from analyzer.loader.text.files import opened


def read(file: str, label: str, asked: Asked) -> Sheet:
    """The sheet of an ONNX file; see `analyzer.loader.formats`."""
    sheet = Sheet(label)
    with opened(file) as stream:
        try:
            model = load(stream, os.fstat(stream.fileno()).st_size)
            _write(model, sheet, asked)
        except Damaged as damage:
            sheet.refuse(f"the file cannot be read as ONNX: {damage}", Place("", damage.label))
        except Halted:
            pass  # the reason is on the sheet, or the expansion reports the last layer
    return sheet


def _write(model: Model, sheet: Sheet, asked: Asked) -> None:
    """Writes the network of a model on the sheet."""
    from analyzer.loader.formats.onnx.operators import load as load_operators

    bodies = [model.graph.nodes, *(function.nodes for function in model.functions.values())]
    walked = [node for nodes in bodies for node in all_nodes(nodes)]
    load_operators({name for node in walked for name in (node.operator, f"{node.domain}:{node.operator}")})
    graph = model.graph
    sheet.source = Source("ONNX", model.producer or None, model.producer_version or None)
    reading = Reading(model, sheet, {})
    reading.keep(graph.initializers)
    reading.count_uses(graph)
    enter(reading, graph, asked)
    whole = True
    try:
        reading.walk(graph.nodes)
    except Ended as ended:
        whole = False
        sheet.ends(ended.why, Place("", ended.node.label), ended.behind)
    found = [reading.scope.values.get(info.name) for info in graph.outputs]
    sheet.outputs(reading.heart.output(value) for value in found if isinstance(value, Tensor))
    sheet.groups.update(reading.naming.groups)
    tell(reading, whole=whole)
    sheet.dtype = usual_format(
        (one.tensor.dtype, one.tensor.size) for one in reading.stored if one.use in ("weights", "parameter")
    )
