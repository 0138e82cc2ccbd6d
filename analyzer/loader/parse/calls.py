"""Parsing calls of blocks."""

from __future__ import annotations

from analyzer.diagnostics import listed
from analyzer.layers.parameters import names_listed
from analyzer.loader.parse.description import Block, CallItem, Template
from analyzer.loader.parse.grammar import GRAPH_KEYS
from analyzer.loader.parse.naming import key_help
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import is_nothing
from analyzer.loader.parse.templates import template_of
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.parser import Known


def parse_call(parser: Parser, item: CallItem, key: Scalar, value: Tree | None, known: Known) -> bool:
    """Puts its arguments into a call; False after a finding."""
    block = parser.model.blocks[item.block]
    parser.calls.append((item.block, key))
    before = parser.troubles
    item.arguments = call_arguments(parser, block, value, known)
    if block.broken:
        return parser.troubles == before
    missing = [name for name, default in block.params.items() if default is None and name not in item.arguments]
    if missing and parser.misplaced:
        return False  # it is written beside the call, which was reported
    if missing and parser.troubles == before:
        message = f"block `{block.name}` needs {listed(missing, last='and')}"
        notes = [f"its parameters are declared {block.span.at}"]
        parser.problem("VALUE103", message, key, notes=notes)
    return parser.troubles == before


def call_arguments(parser: Parser, block: Block, value: Tree | None, known: Known) -> dict[str, Template]:
    """The arguments of a call, by the parameters of its block."""
    if value is None or is_nothing(parser, value):
        return {}
    if not isinstance(value, Mapping):
        message = f"block `{block.name}` takes a mapping of its parameters, not {described(value)}"
        help = f"`{block.name}: {{{', '.join(f'{name}: …' for name in block.params)}}}`"
        parser.problem("VALUE104", message, value, help=help)
        return {}
    arguments = {}
    for name, tree in value.items:
        if name.text not in block.params and not block.broken:
            _unknown_parameter(parser, block, name)
            continue
        template = template_of(parser, tree, known)
        if template is not None:
            arguments[name.text] = template
    return arguments


def _unknown_parameter(parser: Parser, block: Block, name: Scalar) -> None:
    if name.text in GRAPH_KEYS:
        help: str | None = f"write `{name.text}` beside `{block.name}`, not inside it"
    else:
        help = key_help(name.text, [*block.params], "")
    message = f"block `{block.name}` has no parameter `{shown(name.text)}`"
    parser.problem("VALUE102", message, name, notes=[names_listed(block.params)], help=help)
