"""Parsing a layer: its arguments, and the layers among them (`norm`, `act`), which have arguments of their own."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, nearest
from analyzer.layers import CATALOGUE, Layer, Parameter
from analyzer.layers.kinds import written
from analyzer.layers.parameters import example, missing_parameters, names_listed, unknown_parameter
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.layers.spatial_kinds import NUMBERS
from analyzer.loader.expressions.nodes import calculated
from analyzer.loader.parse.description import Argument, LayerItem, Template, build
from analyzer.loader.parse.grammar import GRAPH_KEYS
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import is_nothing
from analyzer.loader.parse.templates import template_of
from analyzer.loader.text.places import described, inner
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree, plain_value, value_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.parser import Known


def parse_layer(parser: Parser, item: LayerItem, key: Scalar, value: Tree | None, known: Known) -> bool:
    """Puts its arguments and its type's defaults into a layer; False after a finding."""
    before = parser.troubles
    arguments = parse_arguments(parser, item.type, value, known)
    item.arguments = {**parser.model.defaults.get(item.type.type, {}), **arguments}
    if parser.troubles > before:
        if isinstance(value, Mapping) and not parser.misplaced:
            _missing_too(parser, item.type, key, value)
        return False
    missing = [name for name in item.type.needed if name not in item.arguments]
    if missing:
        if not parser.misplaced:  # otherwise it is written beside the layer, which was reported
            refusal = missing_parameters(item.type.type, item.type.declared, missing)
            parser.problem(refusal.code, refusal.message, key, help=f"{refusal.help}, or give it in `defaults`")
        return False
    if any(argument.broken for argument in item.arguments.values()):
        return False
    build(item, parser.alike)
    return True


def _missing_too(parser: Parser, kind: type[Layer], key: Scalar, value: Mapping) -> None:
    """Reports what a layer lacks beside parameters with names from elsewhere, so that one run has all."""
    strange = [name.text for name, _ in value.items if kind.letters.get(name.text, name.text) not in kind.declared]
    if not strange:
        return
    from analyzer.words.parameter_help import has_no_counterpart, parameter_called  # with tables for mistakes

    meant = {name: parameter_called(name, kind.type, kind.declared) for name in strange}
    if not all(meant[name] or has_no_counterpart(name) for name in strange):
        return  # the unknown one may be what it lacks
    given = {kind.letters.get(name.text, name.text) for name, _ in value.items} | {*meant.values()}
    given |= {*parser.model.defaults.get(kind.type, {})}
    missing = [name for name in kind.needed if name not in given]
    if missing:
        refusal = missing_parameters(kind.type, kind.declared, missing)
        parser.problem(refusal.code, refusal.message, key, help=refusal.help)


def parse_arguments(parser: Parser, kind: type[Layer], value: Tree | None, known: Known) -> dict[str, Argument]:
    """The arguments that a value holds: a mapping of parameters, or only the main one."""
    if value is None or is_nothing(parser, value):
        return {}
    if not isinstance(value, Mapping):
        return _bare_argument(parser, kind, value, known)
    arguments: dict[str, Argument] = {}
    for name, tree in _long_form(parser, kind, value):
        declaration = kind.declared.get(kind.letters.get(name.text, name.text))
        if declaration is None:
            _unknown_parameter(parser, kind, name, tree, known)
        elif declaration.name in arguments:
            message = f"`{declaration.name}` and its letter `{declaration.letter}` are both given; keep one of them"
            parser.problem("YAML101", message, name)
        else:
            argument = _argument(parser, kind, declaration, tree, known)
            if argument is not None:
                arguments[declaration.name] = argument
    return arguments


def _long_form(parser: Parser, kind: type[Layer], value: Mapping) -> list[tuple[Scalar, Tree]]:
    """The parameters of a layer, the keys of its main parameter's mapping put into that one: `pad: {top: 1}`."""
    keys = kind.short_keys()
    inside = [pair for pair in value.items if pair[0].text in keys]
    if not inside or kind.main is None:
        return value.items
    others = [pair for pair in value.items if pair[0].text not in keys]
    main = kind.declared[kind.main]
    if any(name.text in (main.name, main.letter) for name, _ in others):
        first = inside[0][0]
        message = f"`{main.name}` and its key `{first.text}` are both given; write `{first.text}` inside `{main.name}`"
        parser.problem("YAML101", message, first)
        return others
    mapping = Mapping(inside[0][0].start, flow=value.flow)
    mapping.end, mapping.items = inside[-1][1].end, inside
    return [(Scalar(main.name, mapping.start, mapping.end, plain=True), mapping), *others]


def _bare_argument(parser: Parser, kind: type[Layer], value: Tree, known: Known) -> dict[str, Argument]:
    """The main argument of a layer that is written without its name: `dense: 10`."""
    if kind.main is None:
        word = isinstance(value, Scalar) and isinstance(value_of(value), str)
        help = names_listed(kind.declared) if kind.declared and word else f"write `- {kind.type}`"
        message = f"`{kind.type}` takes no bare value, but this is {described(value)}"
        parser.problem("VALUE104", message, value, help=help)
        return {}
    argument = _argument(parser, kind, kind.declared[kind.main], value, known, bare=True)
    return {} if argument is None else {kind.main: argument}


def _unknown_parameter(parser: Parser, kind: type[Layer], name: Scalar, tree: Tree, known: Known) -> None:
    """Reports an unknown parameter, and what is wrong with its value where it means a known one."""
    from analyzer.words.parameter_help import parameter_called  # with tables that only a mistake needs

    refusal = unknown_parameter(kind.type, kind.declared, name.text)
    help = refusal.help
    near = nearest(name.text, kind.short_keys()) if kind.short_keys() else None
    if near is not None:
        help = f"did you mean `{near}`?"
    if any(sign in name.text for sign in ":="):  # a value without a space before it
        from analyzer.loader.parse.suggestions import meant  # with tables that only a mistake needs

        help = meant(name.text, [*kind.declared, *kind.letters])
    if name.text in GRAPH_KEYS:
        help = f"write `{name.text}` beside `{kind.type}`, not inside it"
    parser.problem(refusal.code, refusal.message, name, notes=refusal.notes, help=help)
    ours = parameter_called(name.text, kind.type, kind.declared) if name.text not in GRAPH_KEYS else None
    if ours is not None and not is_nothing(parser, tree):
        _argument(parser, kind, kind.declared[ours], tree, known)


def _argument(
    parser: Parser, kind: type[Layer], declaration: Parameter, tree: Tree, known: Known, *, bare: bool = False
) -> Argument | None:
    """One argument, read and checked where it holds no expression; None after a finding."""
    if isinstance(declaration.kind, Sugar):
        return parse_sugar(parser, f"`{declaration.name}` of `{kind.type}`", declaration, tree, known)
    names = isinstance(declaration.kind, (Reference, References))
    numbers = isinstance(declaration.kind, NUMBERS)
    template = template_of(parser, tree, known, names=names, numbers=numbers)
    if template is None:
        return None
    if template.dynamic:
        return Argument(declaration, template, None)
    try:
        return Argument(declaration, template, declaration.kind.read(template.value))
    except Refusal as refusal:
        from analyzer.loader.parse.suggestions import written_otherwise  # with tables that only a mistake needs

        refusal.notes = (*refusal.notes, *(_calculation(inner(tree, refusal.at)) if numbers else ()))
        refusal.help = written_otherwise(kind, declaration, inner(tree, refusal.at), known) or refusal.help
        if bare:
            refusal.help = _as_layer(kind, declaration, tree) or refusal.help
        parser.refused(refusal, f"`{declaration.name}` of `{kind.type}`", tree)
        return None


def _calculation(tree: Tree) -> list[str]:
    """How a number was calculated, where it is written as arithmetic."""
    if not isinstance(tree, Scalar) or not isinstance(value_of(tree), str):
        return []
    number = calculated(tree.text)
    return [] if number is None else [f"{shown(tree.text)} = {written(number)}"]


def _as_layer(kind: type[Layer], declaration: Parameter, tree: Tree) -> str | None:
    """The help where a list is written for a layer: its only parameter in another spelling, or all in their order."""
    from analyzer.loader.parse.spellings import items_of, spelled  # with patterns that only a mistake needs
    from analyzer.loader.parse.translation import Call, read_call, translated

    value = plain_value(tree)
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        layer = translated(
            kind.type, Call(kind.type, [], {key: inside for one in value for key, inside in one.items()})
        )
        return f"write `{layer}`" if layer else None
    call = read_call(f"{kind.type}({value})") if isinstance(value, str) and "=" in value else None
    if call is not None:
        layer = translated(kind.type, call)
        return f"write `{layer}`" if layer else None
    values = items_of(value)
    other = spelled(declaration.kind, value) if isinstance(tree, Sequence) or len(values) > 1 else None
    if other is not None:
        return f"write `{kind.type}: {other}`"
    layer = translated(kind.type, Call(kind.type, values)) if len(values) > 1 else None
    if layer is not None:
        return f"write `{layer}`"
    listed = isinstance(tree, Sequence)
    return f"write parameters with their names: `{example(kind.type, kind.declared)}`" if listed else None


def parse_sugar(parser: Parser, subject: str, declaration: Parameter, tree: Tree, known: Known) -> Argument | None:
    """A layer that is written as an argument (`act: relu`); its value is a `LayerItem`, or None for `none`."""
    inside: Tree | None = None
    if isinstance(tree, Mapping) and len(tree.items) == 1:
        name, inside = tree.items[0]
        template: Template | None = Template({name.text: None}, tree, dynamic=False)
    else:
        name = tree if isinstance(tree, Scalar) else Scalar("", tree.start, tree.end, plain=False)
        template = template_of(parser, tree, known)
    if template is None:
        return None
    if template.dynamic:
        return Argument(declaration, template, None)
    try:
        read = declaration.kind.read(template.value)
    except Refusal as refusal:
        from analyzer.loader.parse.suggestions import sugar_help  # with tables that only a mistake needs

        refusal.help = sugar_help(declaration, name.text) or refusal.help
        parser.refused(refusal, subject, tree)
        return None
    if read is None:
        return Argument(declaration, template, None)
    item = LayerItem(tree, tree.span(parser.file), CATALOGUE[read[0]])
    return Argument(declaration, template, item) if parse_layer(parser, item, name, inside, known) else None
