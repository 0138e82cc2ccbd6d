"""What every layer of a network becomes, or every layer that has no counterpart, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.engine.network import Network, Node
from analyzer.loader.writing.code.template import Built, NoTemplate, Template
from analyzer.source import shown
from analyzer.units import plural

#: The code of a layer that a form of code has no counterpart for.
CODE = "CONVERT101"


def built_layers(
    network: Network, templates: Mapping[str, Template], refused: Mapping[str, str], language: str
) -> list[Built]:
    """What each layer becomes, in the order of the nodes.

    `templates` and `refused` are the tables of a writer, by layer type. Raises `ModelError` with every layer that has
    no counterpart in `language`, those of one place in the file together.
    """
    found: list[Built] = []
    without: dict[tuple[object, ...], list[Node]] = {}

    def refuse(node: Node, reason: str) -> None:
        span = node.origin.span  # a block's layer is one cause for all calls of the block
        place = None if span is None else (span.file, span.line, span.column)
        without.setdefault((reason, node.layer.type, place), []).append(node)

    for node in network.nodes:
        template = templates.get(node.layer.type)
        if template is None:
            reason = refused.get(node.layer.type, f"{language} has no layer for it")
            refuse(node, reason)
            continue
        try:
            found.append(template(node))
        except NoTemplate as missing:
            refuse(node, str(missing))
    if without:
        raise ModelError([_refused(nodes, language, str(reason)) for (reason, *_), nodes in without.items()])
    return found


def _refused(nodes: Sequence[Node], language: str, reason: str) -> Diagnostic:
    """The finding about layers of one place that are refused for one reason."""
    first, others = nodes[0], len(nodes) - 1
    return Diagnostic(
        CODE,
        f"`{shown(first.name)}`, a `{first.layer.type}`, cannot be written as {language}: {reason}",
        first.origin.span,
        notes=[f"this is also true of {plural(others, 'other layer')}"] if others else [],
    )
