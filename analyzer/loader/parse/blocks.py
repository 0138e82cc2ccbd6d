"""Parsing blocks: their signatures, their bodies, and the search for one that reaches itself."""

from __future__ import annotations

from analyzer.loader.parse.context import Context
from analyzer.loader.parse.description import UNKNOWN, Block, Model, Template
from analyzer.loader.parse.grammar import BLOCK_KEYS
from analyzer.loader.parse.layers import LayerParser
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.context import Known


class BlockParser:
    """Parses the blocks of a file into its model: first all signatures, since a block may call one below it."""

    def __init__(self, context: Context, model: Model, layers: LayerParser) -> None:
        self.context = context
        self.model = model
        self.layers = layers
        self.bodies: list[tuple[Block, Tree | None]] = []

    def declare(self, tree: Tree, known: Known) -> None:
        """Makes the blocks known, with their parameters; bodies come later, since a block may call one below it."""
        mapping = self.context.mapping(tree, "`blocks`", "blocks: {Stage: {params: [c], layers: […]}}")
        self.layers.blocks_lost = mapping is None
        for key, value in mapping.items if mapping is not None else ():
            block = Block(key.text, key.span(self.context.file))
            if not (key.text[:1].isupper() and key.text.replace("_", "").isalnum()):
                capital = key.text[:1].upper() + key.text[1:]
                self.context.problem(
                    "NAME101",
                    f"`{shown(key.text)}` is no name for a block: it begins with a capital letter, then letters, digits and `_`",
                    key,
                    help=f"for example `{capital}`"
                    if capital.replace("_", "").isalnum() and capital[:1].isupper()
                    else None,
                )
            self.model.blocks[key.text] = block
            body = None
            if isinstance(value, Mapping):
                for word, _ in value.items:
                    if word.text not in BLOCK_KEYS:
                        self.context.unknown_key(word, f"block `{shown(key.text)}`", BLOCK_KEYS)
                params, body = value.get("params"), value.get("layers")
                description = value.get("description")
                if description is not None:
                    self.context.text_of(description, "`description`")
                if params is not None:
                    self._params(block, params, known)
                if body is None:
                    self.context.problem("MODEL107", f"block `{shown(key.text)}` has no `layers`", key)
            else:
                self.context.problem(
                    "MODEL103",
                    f"block `{shown(key.text)}` takes a mapping, not {described(value)}",
                    value,
                    help="its list stands under `layers:`"
                    if isinstance(value, Sequence)
                    else "for example `{params: [c], layers: […]}`",
                )
            block.broken |= body is None
            self.bodies.append((block, body))

    def _params(self, block: Block, tree: Tree, known: Known) -> None:
        example = f"params: [{', '.join(map(_signature, tree.items))}]" if isinstance(tree, Mapping) else ""
        sequence = self.context.sequence(tree, "`params`", example or "params: [filters, stride=1]")
        block.broken |= sequence is None
        for item in sequence.items if sequence is not None else ():
            if not isinstance(item, Scalar):
                self.context.problem(
                    "MODEL103",
                    f"a parameter is `name` or `name=default`, not {described(item)}",
                    item,
                    help=f"write `{', '.join(map(_signature, item.items))}`"
                    if isinstance(item, Mapping)
                    else "for example `stride=1`",
                )
                block.broken = True
                continue
            name, equals, default = (part.strip() for part in item.text.partition("="))
            if not self.context.variable_name(Scalar(name, item.start, item.end, plain=True)):
                block.broken = True
            elif name in block.params:
                self.context.problem("NAME103", f"block `{block.name}` has two parameters called `{name}`", item)
            else:
                template = None
                if equals:
                    scalar = Scalar(default, item.start, item.end, plain=True)
                    seen = known | block.params.keys() if "$" in default else known
                    template = self.context.template(scalar, seen)
                    template = template or Template(UNKNOWN, item, dynamic=False)
                block.params[name] = template

    def parse_bodies(self, known: Known) -> None:
        """The bodies of all blocks."""
        calls = {}
        for block, body in self.bodies:
            self.layers.calls = []
            if body is not None:
                self.context.lenient = block.broken
                block.body = self.layers.items(
                    body, known | frozenset(block.params), f"`layers` of block `{block.name}`"
                )
                self.context.lenient = False
            calls[block.name] = self.layers.calls
        for name, way in _cycles(calls):
            self.model.blocks[name].broken = True
            tree = way[-1][1]
            if len(way) == 1:
                message = f"block `{name}` calls itself"
            else:
                names = [name, *(callee for callee, _ in way)]
                if len(names) > 9:
                    names[6:-2] = ["…"]
                message = f"block `{name}` reaches itself: {' → '.join(names)}"
            self.context.problem(
                "MODEL109", message, tree, help="a block that calls itself would never end; use `repeat`"
            )

    # -- outputs, budget, training -----------------------------------------------------------------------------------


def _signature(pair: tuple[Scalar, Tree]) -> str:
    """A parameter of a block as it is declared."""
    key, value = pair
    return shown(f"{key.text}={value.text}" if isinstance(value, Scalar) and value.text else key.text)


def _cycles(calls: dict[str, list[tuple[str, Tree]]]) -> list[tuple[str, list[tuple[str, Tree]]]]:
    """Blocks that reach themselves, each with one way of calls, found without recursion; each cycle once."""
    found = []
    done: set[str] = set()
    for start in calls:
        if start in done:
            continue
        way: list[tuple[str, Tree]] = []
        open_names = {start: 0}
        stack = [iter(calls[start])]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                done.add(open_names.popitem()[0])
                if way:
                    way.pop()
                continue
            name = step[0]
            if name in open_names:
                found.append((name, [*way[open_names[name] :], step]))
            elif name not in done and name in calls:
                way.append(step)
                open_names[name] = len(open_names)
                stack.append(iter(calls[name]))
    return found
