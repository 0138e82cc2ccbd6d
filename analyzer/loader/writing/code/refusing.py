"""What every layer of a network becomes, or every layer that has no counterpart, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.engine.network import Network, Node
from analyzer.loader.writing.code.template import Built, NoTemplate, Template
from analyzer.source import shown

#: The code of a layer that a form of code has no counterpart for.
CODE = "CONVERT101"


def built_layers(
    network: Network, templates: Mapping[str, Template], refused: Mapping[str, str], language: str
) -> list[Built]:
    """What each layer becomes, in the order of the nodes.

    `templates` and `refused` are the tables of a writer, by layer type. Raises `ModelError` with every layer that has
    no counterpart in `language`.
    """
    found: list[Built] = []
    without: list[Diagnostic] = []
    for node in network.nodes:
        template = templates.get(node.layer.type)
        if template is None:
            reason = refused.get(node.layer.type, f"{language} has no layer for it")
            without.append(_refused(node, language, reason))
            continue
        try:
            found.append(template(node))
        except NoTemplate as missing:
            without.append(_refused(node, language, str(missing)))
    if without:
        raise ModelError(without)
    return found


def _refused(node: Node, language: str, reason: str) -> Diagnostic:
    return Diagnostic(
        CODE,
        f"`{shown(node.name)}`, a `{node.layer.type}`, cannot be written as {language}: {reason}",
        node.origin.span,
    )
