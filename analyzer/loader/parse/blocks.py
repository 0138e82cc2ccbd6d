"""Parsing blocks: their signatures, their bodies, and the search for one that reaches itself."""

from __future__ import annotations

from analyzer.diagnostics import nearest
from analyzer.loader.parse.cycles import cycles
from analyzer.loader.parse.description import UNKNOWN, Block, Template
from analyzer.loader.parse.grammar import BLOCK_KEYS
from analyzer.loader.parse.items import parse_layers
from analyzer.loader.parse.naming import unknown_key, variable_name
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import list_of, mapping_of, text_of
from analyzer.loader.parse.templates import template_of
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.parser import Known

#: A longer way of calls is shortened in a message.
_LONGEST_WAY = 9


def declare_blocks(parser: Parser, tree: Tree, known: Known) -> list[tuple[Block, Tree]]:
    """Makes the blocks known, with their parameters; returns the bodies, since a block may call one below it."""
    mapping = mapping_of(parser, tree, "`blocks`", "blocks: {Stage: {params: [c], layers: […]}}")
    parser.blocks_lost = mapping is None
    bodies = []
    for key, value in mapping.items if mapping is not None else ():
        block = parser.model.blocks[key.text] = Block(key.text, key.span(parser.file))
        _block_name(parser, key)
        body = _signature(parser, block, key, value, known)
        if body is None:
            block.broken = True
        else:
            bodies.append((block, body))
    return bodies


def _block_name(parser: Parser, key: Scalar) -> None:
    if key.text[:1].isupper() and key.text.replace("_", "").isalnum():
        return
    capital = key.text[:1].upper() + key.text[1:]
    good = capital.replace("_", "").isalnum() and capital[:1].isupper()
    what = "it must begin with a capital letter, followed by letters, digits and `_`"
    message = f"`{shown(key.text)}` is not a valid name for a block: {what}"
    parser.problem("NAME101", message, key, help=f"for example `{capital}`" if good else None)


def _signature(parser: Parser, block: Block, key: Scalar, value: Tree, known: Known) -> Tree | None:
    """Reads the parameters of a block; returns the tree of its body, or None after a finding."""
    if not isinstance(value, Mapping):
        example = "for example `{params: [c], layers: […]}`"
        help = "write its list under `layers:`" if isinstance(value, Sequence) else example
        message = f"block `{shown(key.text)}` takes a mapping, not {described(value)}"
        parser.problem("MODEL103", message, value, help=help)
        return None
    for word, _ in value.items:
        if word.text not in BLOCK_KEYS:
            unknown_key(parser, word, f"block `{shown(key.text)}`", BLOCK_KEYS, elsewhere="block")
    params, body, description = value.get("params"), value.get("layers"), value.get("description")
    if description is not None:
        text_of(parser, description, "`description`")
    if params is not None:
        _params(parser, block, params, known)
    if body is None and not any(_means_layers(word.text) for word, _ in value.items):
        parser.problem("MODEL107", f"block `{shown(key.text)}` has no `layers`", key)
    return body


def _means_layers(word: str) -> bool:
    """Whether an unknown key means the body of a block, so that it does not lack one."""
    from analyzer.words.keys import BLOCK  # tables that only a mistake needs
    from analyzer.words.lookup import called

    return called(word, BLOCK, ("layers",)) is not None or (
        word not in BLOCK_KEYS and nearest(word, ("layers",)) is not None
    )


def _params(parser: Parser, block: Block, tree: Tree, known: Known) -> None:
    example = f"params: [{', '.join(map(_as_param, tree.items))}]" if isinstance(tree, Mapping) else ""
    sequence = list_of(parser, tree, "`params`", example or "params: [filters, stride=1]")
    block.broken |= sequence is None
    for item in sequence.items if sequence is not None else ():
        if isinstance(item, Scalar):
            _param(parser, block, item, known)
            continue
        block.broken = True
        written = f"write `{', '.join(map(_as_param, item.items))}`" if isinstance(item, Mapping) else ""
        message = f"a parameter is `name` or `name=default`, not {described(item)}"
        parser.problem("MODEL103", message, item, help=written or "for example `stride=1`")


def _param(parser: Parser, block: Block, item: Scalar, known: Known) -> None:
    """One parameter; its default may use the variables of the file and the parameters before it."""
    name, equals, default = (part.strip() for part in item.text.partition("="))
    if not variable_name(parser, Scalar(name, item.start, item.end, plain=True)):
        block.broken = True
    elif name in block.params:
        parser.problem("NAME103", f"block `{block.name}` has two parameters called `{name}`", item)
    elif not equals:
        block.params[name] = None
    else:
        scalar = Scalar(default, item.start, item.end, plain=True)
        seen = known | block.params.keys() if "$" in default else known
        template = template_of(parser, scalar, seen)
        block.params[name] = template or Template(UNKNOWN, item, dynamic=False)


def _as_param(pair: tuple[Scalar, Tree]) -> str:
    """A key with its value as a parameter of a block is declared."""
    key, value = pair
    return shown(f"{key.text}={value.text}" if isinstance(value, Scalar) and value.text else key.text)


def parse_bodies(parser: Parser, bodies: list[tuple[Block, Tree]], known: Known) -> None:
    """Parses the bodies of all blocks, and finds those that reach themselves."""
    calls = {}
    lenient = parser.lenient
    for block, body in bodies:
        parser.calls = []
        parser.lenient = lenient or block.broken
        what = f"`layers` of block `{block.name}`"
        block.body = parse_layers(parser, body, known | frozenset(block.params), what)
        parser.lenient = lenient
        calls[block.name] = parser.calls
    for name, way in cycles(calls):
        parser.model.blocks[name].broken = True
        message = f"block `{name}` calls itself"
        if len(way) > 1:
            names = [name, *(callee for callee, _ in way)]
            if len(names) > _LONGEST_WAY:
                names[6:-2] = ["…"]
            message = f"block `{name}` reaches itself: {' → '.join(names)}"
        help = "a block that calls itself would never end; use `repeat`"
        parser.problem("MODEL109", message, way[-1][1], help=help)
