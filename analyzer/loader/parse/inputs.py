"""Parsing the input volumes of a file, in their short form and in their long one."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed
from analyzer.layers.kinds import Whole
from analyzer.loader.parse.description import UNKNOWN, Template
from analyzer.loader.parse.grammar import INPUT_AXES
from analyzer.loader.parse.naming import layer_name, unknown_key
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import mapping_of
from analyzer.loader.parse.templates import number_of, template_of
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree
from analyzer.source import shown
from analyzer.volume import AXES, LARGEST, read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.parser import Known


def parse_inputs(parser: Parser, tree: Mapping, keys: dict[str, Tree], known: Known) -> None:
    """The inputs that the keys of a file, `tree`, declare."""
    inputs = parser.model.inputs
    if "input" in keys and "inputs" in keys:
        parser.problem("MODEL108", "the model has `input` and `inputs`", keys["inputs"], help="keep one of them")
    if "inputs" in keys:
        _several(parser, keys["inputs"], known)
    elif "input" in keys:
        inputs["input"] = _volume(parser, keys["input"], known, "`input`")
    elif _is_in_list(keys.get("layers")):
        parser.troubles += 1  # reported there
    else:
        help = "for example `input: 224x224x3` (height x width x depth)"
        parser.problem("MODEL108", "the model has no `input`", tree.items[0][0], help=help)
    if not inputs:
        inputs["input"] = Template(UNKNOWN, tree, dynamic=False)


def _is_in_list(tree: Tree | None) -> bool:
    """Whether the input is written as a layer: `- Input: {shape: [32, 32, 3]}`."""
    from analyzer.words.lookup import plain  # with tables that only a mistake needs
    from analyzer.words.values import TOP_AS_LAYER

    for item in tree.items if isinstance(tree, Sequence) else ():
        words = [key.text for key, _ in item.items] if isinstance(item, Mapping) else []
        words += [item.text] if isinstance(item, Scalar) else []
        if any(TOP_AS_LAYER.get(plain(word.partition("(")[0])) in ("input", "inputs") for word in words):
            return True
    return False


def _several(parser: Parser, tree: Tree, known: Known) -> None:
    """Several inputs by name."""
    mapping = mapping_of(parser, tree, "`inputs`", "inputs: {image: 224x224x3, mask: 224x224x1}")
    for key, value in mapping.items if mapping is not None else ():
        name = layer_name(parser, key, "an input", dotted=True)
        if name is not None:
            parser.model.inputs[name] = _volume(parser, value, known, f"input `{name}`")
    if mapping is not None and not mapping.items:
        parser.problem("MODEL108", "`inputs` names no input", mapping)


def _volume(parser: Parser, tree: Tree, known: Known, what: str) -> Template:
    """The template of an input volume; its value is UNKNOWN after a finding."""
    unknown = Template(UNKNOWN, tree, dynamic=False)
    if isinstance(tree, Mapping):
        text = _long_form(parser, tree, what)
        tree = Scalar(text or "", tree.start, tree.end, plain=True)
        if text is None:
            return unknown
    elif isinstance(tree, Sequence):
        from analyzer.loader.parse.volumes import listed_sizes

        help = _meant(listed_sizes(tree))
        parser.problem("VALUE101", f"{what} must be a volume such as `224x224x3`, not a list", tree, help=help)
        return unknown
    template = template_of(parser, tree, known, names=True)
    if template is None:
        return unknown
    refusal = None if template.dynamic else refuse_volume(template.value)
    if refusal is not None:
        parser.refused(refusal, what, tree)
        return unknown
    return template


def _long_form(parser: Parser, mapping: Mapping, what: str) -> str | None:
    """The text of a volume whose axes are written by name; None after a finding."""
    before = parser.troubles
    sizes = {}
    for key, value in mapping.items:
        if key.text not in INPUT_AXES:
            unknown_key(parser, key, what, INPUT_AXES, elsewhere="axes")
        elif isinstance(value, Scalar) and "$" in value.text:
            sizes[key.text] = f"$({value.text})"
        else:
            sizes[key.text] = str(_axis(parser, key, value, what))
    if parser.troubles > before:
        return None
    forms = [(*axes, "depth") for axes in AXES]
    order = next((axes for axes in forms if set(axes) == set(sizes)), None)
    if order is not None:
        return "x".join(sizes[axis] for axis in order)
    notes = [f"a volume has {'; or '.join(listed(axes, last='and') for axes in forms[1:])}"]
    parser.problem("VALUE101", _no_volume(sizes, forms, what), mapping, notes=notes)
    return None


def _no_volume(sizes: dict[str, str], forms: list[tuple[str, ...]], what: str) -> str:
    """The message about axes that make no volume."""
    if not sizes:
        return f"{what} has no axes"
    wider = next((axes for axes in forms[1:] if set(axes) > set(sizes)), None)
    named = listed(sizes, last="and")
    if wider is None:
        return f"the axes {named} of {what} do not make a volume"
    lacking = [axis for axis in wider if axis not in sizes]
    return f"{what} has {named}, but no {listed(lacking)}"


def _axis(parser: Parser, key: Scalar, value: Tree, what: str) -> int | None:
    """One axis of the long form; None after a finding."""
    before = parser.troubles
    size = number_of(parser, value)
    if parser.troubles > before:
        return None
    try:
        return Whole(1).read(size)
    except Refusal as refusal:
        parser.refused(refusal, f"`{key.text}` of {what}", value)
        return None


def _meant(text: str) -> str | None:
    """The help about a text that means a volume and is none."""
    from analyzer.loader.parse.volumes import volume_help  # only a wrong file needs it

    return volume_help(text)


def refuse_volume(text: object) -> Refusal | None:
    """Why `text` is no input volume, or None where it is one."""
    sizes = read_sizes(text) if isinstance(text, str) else None
    if sizes is None or len(sizes) > 4:
        said = f"`{shown(str(text))}`" if text != "" else "nothing"
        help = "height x width x depth, such as `32x32x3`; digits and `x`, no spaces"
        if sizes is not None:
            help = "at most time x height x width x depth; the batch is not an axis, set it with `--batch`"
        message = f"must be a volume such as `224x224x3`, not {said}"
        return Refusal(message, code="VALUE101", help=_meant(str(text)) or help)
    if any(size is None for size in sizes):
        message = f"must have only numbers, but `{shown(str(text))}` has a `?`"
        meant = _meant(str(text)) if len(sizes) == len(AXES) and sizes[0] is None else None
        help = "write a number; `--input` overrides it without a change of the file"
        return Refusal(message, code="VALUE101", help=meant or help)
    known = [size for size in sizes if size is not None]
    if min(known) < 1:
        return Refusal(f"must have axes of at least 1, not `{shown(str(text))}`", code="VALUE101")
    product = 1
    for size in known:
        product *= size
    if product > LARGEST:
        return Refusal(f"has more than 10^15 elements: `{shown(str(text))}`", code="LIMIT104")
    return None
