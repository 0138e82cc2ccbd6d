"""Parsing the input volumes of a file, in their short form and in their long one."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed
from analyzer.layers.kinds import Whole
from analyzer.loader.parse.context import Context
from analyzer.loader.parse.description import UNKNOWN, Model, Template
from analyzer.loader.parse.grammar import AXES_ELSEWHERE, INPUT_AXES
from analyzer.loader.parse.suggestions import volume_help
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree, plain_value, value_of
from analyzer.source import shown
from analyzer.volume import AXES, LARGEST, read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.context import Known


class InputParser:
    """Parses the inputs of a file into its model."""

    def __init__(self, context: Context, model: Model) -> None:
        self.context = context
        self.model = model

    def inputs(self, tree: Mapping, keys: dict[str, Tree], known: Known) -> None:
        """The inputs that the keys of a file, `tree`, declare."""
        if "input" in keys and "inputs" in keys:
            self.context.problem(
                "MODEL108", "the model has `input` and `inputs`", keys["inputs"], help="keep one of them"
            )
        if "inputs" in keys:
            mapping = self.context.mapping(keys["inputs"], "`inputs`", "inputs: {image: 224x224x3, mask: 224x224x1}")
            for key, value in mapping.items if mapping is not None else ():
                name = self.context.layer_name(key, "an input")
                if name is not None:
                    self.model.inputs[name] = self._volume(value, known, f"input `{name}`")
            if mapping is not None and not mapping.items:
                self.context.problem("MODEL108", "`inputs` names no input", mapping)
        elif "input" in keys:
            self.model.inputs["input"] = self._volume(keys["input"], known, "`input`")
        else:
            self.context.problem(
                "MODEL108",
                "the model has no `input`",
                tree.items[0][0],
                help="for example `input: 224x224x3` (height x width x depth)",
            )
        if not self.model.inputs:
            self.model.inputs["input"] = Template(UNKNOWN, tree, dynamic=False)

    def _volume(self, tree: Tree, known: Known, what: str) -> Template:
        """The template of an input volume; its value is UNKNOWN after a finding."""
        unknown = Template(UNKNOWN, tree, dynamic=False)
        if isinstance(tree, Mapping):
            text = self._long_form(tree, what)
            tree = Scalar(text or "", tree.start, tree.end, plain=True)
            if text is None:
                return unknown
        elif isinstance(tree, Sequence):
            help = volume_help(",".join(item.text for item in tree.items if isinstance(item, Scalar)))
            self.context.problem(
                "VALUE101", f"{what} must be a volume such as `224x224x3`, not a list", tree, help=help
            )
            return unknown
        template = self.context.template(tree, known, names=True)
        if template is None:
            return unknown
        if not template.dynamic:
            refusal = refuse_volume(template.value)
            if refusal is not None:
                self.context.refused(refusal, what, tree)
                return unknown
        return template

    def _long_form(self, mapping: Mapping, what: str) -> str | None:
        before = self.context.troubles
        sizes = {}
        for key, value in mapping.items:
            if key.text not in INPUT_AXES:
                axis = AXES_ELSEWHERE.get(key.text.lower())
                self.context.unknown_key(key, what, INPUT_AXES, help=f"did you mean `{axis}`?" if axis else None)
            elif isinstance(value, Scalar) and "$" in value.text:
                sizes[key.text] = f"$({value.text})"
            else:
                sizes[key.text] = str(self._axis(key, value, what))
        if self.context.troubles > before:
            return None
        forms = [(*axes, "depth") for axes in AXES]
        order = next((axes for axes in forms if set(axes) == set(sizes)), None)
        if order is None:
            wider = next((axes for axes in forms[1:] if set(axes) > set(sizes)), None)
            lacking = [axis for axis in wider or () if axis not in sizes]
            self.context.problem(
                "VALUE101",
                f"{what} has {listed(sizes, last='and')} and lacks {listed(lacking, last='and')}"
                if sizes and lacking
                else f"the axes {listed(sizes, last='and')} of {what} make no volume"
                if sizes
                else f"{what} has no axes",
                mapping,
                notes=[f"a volume has {'; or '.join(listed(axes, last='and') for axes in forms[1:])}"],
            )
            return None
        return "x".join(sizes[axis] for axis in order)

    def _axis(self, key: Scalar, value: Tree, what: str) -> int | None:
        """One axis of the long form; None after a finding."""
        try:
            return Whole(1).read(value_of(value) if isinstance(value, Scalar) else plain_value(value))
        except Refusal as refusal:
            self.context.refused(refusal, f"`{key.text}` of {what}", value)
            return None


def refuse_volume(text: object) -> Refusal | None:
    """Why `text` is no input volume, or None where it is one."""
    sizes = read_sizes(text) if isinstance(text, str) else None
    if sizes is None or len(sizes) > 4:
        said = f"`{shown(str(text))}`" if text != "" else "nothing"
        help = "height x width x depth, such as `32x32x3`; digits and `x`, no spaces"
        if sizes is not None:
            help = "at most time x height x width x depth; the batch is no axis, `--batch` gives it"
        else:
            help = volume_help(str(text)) or help
        return Refusal(f"must be a volume such as `224x224x3`, not {said}", code="VALUE101", help=help)
    if any(size is None for size in sizes):
        return Refusal(
            f"must be whole numbers, and `{shown(str(text))}` has a `?`",
            code="VALUE101",
            help="write a number; `--input` gives another one without a change of the file",
        )
    known = [size for size in sizes if size is not None]
    if min(known) < 1:
        return Refusal(f"must have axes of at least 1, not `{shown(str(text))}`", code="VALUE101")
    product = 1
    for size in known:
        product *= size
    if product > LARGEST:
        return Refusal(f"has more than 10^15 elements: `{shown(str(text))}`", code="LIMIT104")
    return None
