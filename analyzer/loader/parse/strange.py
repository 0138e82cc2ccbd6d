"""Keys of an item that it should not have: parameters beside their layer, unknown words."""

from __future__ import annotations

from analyzer.diagnostics import listed
from analyzer.layers import CATALOGUE, found_elsewhere
from analyzer.loader.parse.grammar import GRAPH_KEYS, STRUCTURES
from analyzer.loader.parse.naming import unknown_key
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.suggestions import meant, meant_layer
from analyzer.loader.text.tree import Mapping, Scalar, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: A key with its value.
    Pair: TypeAlias = tuple[Scalar, Tree]


def report_strange(parser: Parser, strange: list[Pair], found: Pair | None) -> None:
    """Reports the keys of an item that are neither graph keys nor anything that a layer can be.

    `found` is the key that says what the item is. Parameters beside their layer or block are reported together.
    """
    parameters = _parameters(parser, found[0].text) if found is not None else set()
    beside = [pair for pair in strange if pair[0].text in parameters]
    if found is not None and beside:
        _report_beside(parser, beside, found)
    for key, _ in strange:
        if found is None:
            unknown_type(parser, key)
        elif key.text not in parameters:
            unknown_key(parser, key, "a layer", [*GRAPH_KEYS], help=meant_layer(key.text, [*GRAPH_KEYS]))


def _parameters(parser: Parser, word: str) -> set[str]:
    """The parameters of a layer type or a block."""
    kind = CATALOGUE.get(word)
    if kind is not None:
        return {*kind.declared, *kind.letters}
    block = parser.model.blocks.get(word)
    return {*block.params} if block is not None else set()


def _report_beside(parser: Parser, beside: list[Pair], found: Pair) -> None:
    """Reports parameters that are written beside their layer or block instead of inside it."""
    word, inside = found[0].text, found[1]
    names = [key.text for key, _ in beside]
    many = len(names) > 1
    them = "them" if many else "it"
    written = ", ".join(
        f"{key.text}: {shown(value.text) if isinstance(value, Scalar) else '…'}" for key, value in beside
    )
    if isinstance(inside, Mapping):
        help = f"write {them} inside: `{word}: {{…, {written}}}`"
    else:
        help = f"indent {them} further than `{word}`, or write `{word}: {{{written}}}`"
    what = (
        f"{'are parameters' if many else 'is a parameter'} of `{word}`, but {'are' if many else 'is'} written beside it"
    )
    parser.problem("MODEL101", f"{listed(names, last='and')} {what}", beside[0][0], help=help)


def unknown_type(parser: Parser, scalar: Scalar) -> None:
    """Reports a word that is no layer type, block or structure."""
    word = scalar.text
    blocks = parser.model.blocks
    help = meant_layer(word, [*CATALOGUE, *STRUCTURES, *blocks, *GRAPH_KEYS])
    if word[:1].isupper() and not found_elsewhere(word):
        if parser.blocks_lost:
            parser.troubles += 1
            return
        help = (
            meant(word, blocks) or "declare a block under `blocks:`; the names of layer types have no capital letters"
        )
    parser.problem(
        "MODEL102",
        f"no layer type, block or structure is called `{shown(word)}`",
        scalar,
        help=help or "`analyzer layers` lists the types",
    )
