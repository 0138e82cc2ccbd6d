"""The versions of the operator sets that are read: what is newer than what was tried is refused, and what is too old.

Source: the operators of onnx 1.23.2, which `onnx.helper.VERSION_TABLE` lists.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.functions import called
from analyzer.loader.formats.onnx.order import all_nodes
from analyzer.loader.formats.onnx.records import Model
from analyzer.loader.formats.onnx.wire import Damaged

#: The newest version that was tried, by domain. Operators of other domains become `custom` layers.
TRIED = {"": 28, "ai.onnx.ml": 5, "ai.onnx.preview": 1, "ai.onnx.preview.training": 1, "com.microsoft": 1}

#: The oldest version of the standard operators: until opset 6, broadcasting and BatchNormalization are others.
OLDEST = 7


def check_versions(model: Model) -> None:
    """Raises `Damaged` for a version that is not read of a domain that a node uses."""
    waiting = [(model.graph.nodes, model.opsets)]
    seen: set[int] = set()
    while waiting:
        nodes, opsets = waiting.pop()
        for node in all_nodes(nodes):
            function = called(model, node)
            if function is None:
                _check(node.domain, opsets.get(node.domain, 1))
            elif id(function) not in seen:
                seen.add(id(function))
                waiting.append((function.nodes, {**model.opsets, **function.opsets}))


def _check(domain: str, version: int) -> None:
    named = domain or "ai.onnx"
    if version > TRIED.get(domain, version):
        raise Damaged(f"its operators are those of opset {version} of {named}, newer than {TRIED[domain]}, "
                      "the newest that this version of analyzer was tried with")  # fmt: skip
    if not domain and version < OLDEST:
        raise Damaged(
            f"its operators are those of opset {version} of {named}, older than {OLDEST}, the oldest that is read"
        )
