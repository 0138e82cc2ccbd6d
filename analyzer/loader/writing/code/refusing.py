"""What every layer of a network becomes, or every layer that has no counterpart, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.engine.network import Network, Node
from analyzer.loader.writing.code.template import Built, NoTemplate, Template
from analyzer.source import shown
from analyzer.units import plural

#: The code of a layer that a form of code has no counterpart for.
CODE = "CONVERT101"


def built_layers(
    network: Network, templates: Mapping[str, Template], reasons: Mapping[str, str], language: str
) -> list[Built]:
    """What each layer becomes, in the order of the nodes.

    `templates` and `reasons` are the tables of a writer, by layer type. Raises `ModelError` with every layer that has
    no counterpart in `language`.
    """
    found: list[Built] = []
    without: list[tuple[Node, str]] = []
    for node in network.nodes:
        template = templates.get(node.layer.type)
        if template is None:
            without.append((node, reasons.get(node.layer.type, f"{language} has no layer for it")))
            continue
        try:
            found.append(template(node))
        except NoTemplate as missing:
            without.append((node, str(missing)))
    if without:
        raise refusal(without, language)
    return found


def refusal(without: Iterable[tuple[Node, str]], language: str) -> ModelError:
    """The refusal of layers, each with its reason; those of one place in the file together."""
    found: dict[tuple[object, ...], list[Node]] = {}
    for node, reason in without:
        span = node.origin.span  # a block's layer is one cause for all calls of the block
        place = None if span is None else (span.file, span.line, span.column)
        found.setdefault((reason, node.layer.type, place), []).append(node)
    return ModelError([_refused(nodes, language, str(reason)) for (reason, *_), nodes in found.items()])


def _refused(nodes: Sequence[Node], language: str, reason: str) -> Diagnostic:
    """The finding about layers of one place that are refused for one reason."""
    first, others = nodes[0], len(nodes) - 1
    return Diagnostic(
        CODE,
        f"`{shown(first.name)}`, a `{first.layer.type}`, cannot be written as {language}: {reason}",
        first.origin.span,
        notes=[f"this is also true of {plural(others, 'other layer')}"] if others else [],
    )
