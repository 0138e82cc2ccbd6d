"""Keys of an item that it should not have: parameters beside their layer, a type as a value, unknown words."""

from __future__ import annotations

from analyzer.diagnostics import listed, nearest
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.loader.parse.grammar import GRAPH_KEYS, STRUCTURES
from analyzer.loader.parse.naming import unknown_key
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.translation import Call, translated
from analyzer.loader.parse.unknown import Answer, answer
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Tree, plain_value
from analyzer.source import shown
from analyzer.words import keys
from analyzer.words.lookup import plain
from analyzer.words.parameter_help import parameter_called
from analyzer.words.values import INSIDE_KEYS, TYPE_KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.naming import Pair


def report_strange(parser: Parser, strange: list[Pair], found: Pair | None) -> None:
    """Reports the keys of an item that are neither graph keys nor anything that a layer can be.

    `found` is the key that says what the item is. Parameters beside their layer or block are reported together. Without
    it one key is at fault: the others are probably its parameters.
    """
    if found is None:
        _report_typeless(parser, strange)
        return
    beside = {key.text: name for key, _ in strange if (name := _parameter(parser, found[0].text, key.text))}
    pairs = [pair for pair in strange if pair[0].text in beside]
    if pairs:
        _report_beside(parser, pairs, [beside[key.text] for key, _ in pairs], found)
    for key, _ in strange:
        if key.text not in beside:
            unknown_key(parser, key, "a layer", GRAPH_KEYS, elsewhere="graph")


def _report_typeless(parser: Parser, strange: list[Pair]) -> None:
    """Reports an item without a word that says what it is."""
    if len(strange) == 1 and plain(strange[0][0].text) in TYPE_KEYS and isinstance(strange[0][1], Mapping):
        inside = strange[0][1].items  # `layer: {type: conv, …}`
        if any(plain(key.text) in TYPE_KEYS and isinstance(value, Scalar) for key, value in inside):
            strange = inside
    typed = next((pair for pair in strange if plain(pair[0].text) in TYPE_KEYS and isinstance(pair[1], Scalar)), None)
    if typed is not None and typed[1].__class__ is not Damaged:
        _report_type_key(parser, typed, [pair for pair in strange if pair is not typed])
        return
    answers = [(pair, answer(parser, *pair)) for pair in strange]
    if answers:
        (key, _), said = next((one for one in answers if one[1].meant is not None), answers[0])
        report_unknown(parser, key, said)
        for (other, _), about in answers:
            if other is not key and nearest(other.text, GRAPH_KEYS) is not None:  # a mistake of its own
                report_unknown(parser, other, about)


def _parameter(parser: Parser, word: str, key: str) -> str | None:
    """The parameter of a layer type or a block that a key beside it means; None where it means none."""
    kind = CATALOGUE.get(word)
    if kind is not None:
        if key in kind.declared or key in kind.letters:
            return key
        meant = parameter_called(key, word, kind.declared)
        return meant if keys.GRAPH.get(plain(key)) is None else None
    block = parser.model.blocks.get(word)
    return key if block is not None and key in block.params else None


def _report_beside(parser: Parser, beside: list[Pair], names: list[str], found: Pair) -> None:
    """Reports parameters that are written beside their layer or block instead of inside it; `names` are ours."""
    word, inside = found[0].text, found[1]
    many = len(names) > 1
    them = "them" if many else "it"
    written = ", ".join(
        f"{name}: {shown(value.text) if isinstance(value, Scalar) else '…'}"
        for name, (_, value) in zip(names, beside, strict=True)
    )
    main = CATALOGUE[word].main if word in CATALOGUE else None
    if main is not None and isinstance(inside, Scalar) and inside.text and main not in names:
        help = f"write `{word}: {{{main}: {shown(inside.text)}, {written}}}`"
    elif isinstance(inside, Mapping):
        help = f"write {them} inside: `{word}: {{…, {written}}}`"
    else:
        help = f"indent {them} further than `{word}`, or write `{word}: {{{written}}}`"
    if names != [key.text for key, _ in beside]:
        help = f"write `{word}: {{{written}}}`"
    what = (
        f"{'are parameters' if many else 'is a parameter'} of `{word}`, but {'are' if many else 'is'} written beside it"
    )
    said = listed([key.text for key, _ in beside], last="and")
    parser.problem("MODEL101", f"{said} {what}", beside[0][0], help=help)


def _report_type_key(parser: Parser, typed: Pair, others: list[Pair]) -> None:
    """Reports an item that names its type as a value: `type: conv`."""
    key, value = typed
    assert isinstance(value, Scalar)
    word = value.text
    arguments: dict[str, object] = {}
    positional: list[object] = []
    for name, tree in others:
        written = plain_value(tree)
        if plain(name.text) in INSIDE_KEYS and isinstance(written, dict):
            arguments |= written
        elif plain(name.text) in INSIDE_KEYS and isinstance(written, list):
            positional += written
        else:
            arguments[name.text] = written
    arguments = {name: one for name, one in arguments.items() if name not in GRAPH_KEYS}
    type = word if word in CATALOGUE else found_elsewhere(word)
    layer = translated(type.partition(":")[0], Call(word, positional, arguments)) if type is not None else None
    known = type is not None or word in STRUCTURES or word in parser.model.blocks
    help = f"write `{type or word}: {{…}}`: the type itself is the key" if known else None
    if layer is not None:
        help = f"write `{layer}`"
    if help is None:
        help = answer(parser, value, None).help or "the type itself is the key, as in `conv: {filters: 64, kernel: 3}`"
    message = f"`{shown(key.text)}` is not a key of a layer: the type itself is the key"
    parser.problem("MODEL101", message, key, help=help)


def report_unknown(parser: Parser, scalar: Scalar, said: Answer | None = None, value: Tree | None = None) -> None:
    """Reports a word that is no layer type, block or structure."""
    said = said or answer(parser, scalar, value)
    if parser.blocks_lost and said.meant is None and scalar.text[:1].isupper():
        parser.troubles += 1  # nobody knows what `blocks` declares
        return
    parser.problem(
        "MODEL102",
        f"no layer type, block or structure is called `{shown(said.word)}`",
        scalar,
        notes=said.notes,
        help=said.help or "`analyzer layers` lists the types",
        meant=said.meant,
    )
