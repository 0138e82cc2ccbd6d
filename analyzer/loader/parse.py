"""The parser: a tree to a description, with every structural mistake of the file found in one walk."""

from __future__ import annotations

import os

from analyzer.diagnostics import Diagnostic, ModelError, Refusal, in_order, listed, nearest
from analyzer.dtypes import BITS
from analyzer.layers import CATALOGUE, found_elsewhere
from analyzer.layers.kinds import Number, Sugar, Whole
from analyzer.loader.context import Context, described, meant, volume_help
from analyzer.loader.description import UNKNOWN, Argument, Block, Limit, Model, Template
from analyzer.loader.expressions import BUILT_IN, valid_name
from analyzer.loader.grammar import (
    AXES_ELSEWHERE,
    BLOCK_KEYS,
    BUDGET_KEYS,
    INPUT_AXES,
    KEYS_ELSEWHERE,
    TOP_KEYS,
    TRAINING_KEYS,
)
from analyzer.loader.limits import Enough
from analyzer.loader.parse_layers import LayerParser
from analyzer.loader.reader import Damaged, Mapping, Scalar, Sequence, Tree, read_tree, value_of
from analyzer.source import shown
from analyzer.units import read_amount
from analyzer.volume import AXES, LARGEST, read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.context import Known

_NOTHING_KNOWN: frozenset[str] = frozenset()


def parse(text: str, file: str) -> tuple[Model | None, list[Diagnostic]]:
    """The description of a model's text and every mistake in it; None where nothing could be made of it.

    A description beside mistakes is good enough to look for more of them, not to be analysed.
    """
    tree, problems = read_tree(text, file)
    context = Context(file, text)
    context.problems.extend(problems)
    if tree is None and not problems:
        tree = Scalar("", *_START, plain=True)
    model = None
    try:
        model = None if tree is None else _FileParser(context).file(tree)
    except Enough as enough:
        context.problems.append(enough.note())
    if model is not None:
        model.faulty = bool(context.problems)
    return model, in_order(context.problems)


def parse_or_raise(text: str, file: str) -> Model:
    """The description of a model's text; raises `ModelError` with every mistake that parsing finds."""
    model, problems = parse(text, file)
    if model is None or problems:
        raise ModelError(problems, text)
    return model


class _Start:
    line = 0
    column = 0


_START = (_Start(), _Start())


class _FileParser:
    """Parses one file."""

    def __init__(self, context: Context) -> None:
        self.context = context
        stem = os.path.splitext(os.path.basename(context.file))[0]
        self.model = Model(context.file, context.text, stem if stem and not stem.startswith("<") else "model")
        self.layers = LayerParser(context, self.model.blocks, self.model.defaults)

    def file(self, tree: Tree) -> Model | None:
        context = self.context
        if not isinstance(tree, Mapping) or not tree.items:
            empty = isinstance(tree, Mapping) or (isinstance(tree, Scalar) and not tree.text)
            message = "the model is empty" if empty else f"a model is a mapping of keys, not {described(tree)}"
            help = "`analyzer example` prints one to start from"
            if isinstance(tree, Sequence):
                help = "the layers stand under `layers:`, and `input:` beside it"
            context.problem("MODEL100", message, tree, help=help)
            return None
        keys = {key.text: value for key, value in tree.items if key.text in TOP_KEYS}
        for key, value in tree.items:
            if key.text not in TOP_KEYS:
                self._unknown_key(key, value, keys)
        for word in ("name", "description"):
            if word in keys:
                text = context.text_of(keys[word], f"`{word}`")
                if text is not None:
                    setattr(self.model, word, text)
        if "vars" in keys:
            self._vars(keys["vars"])
        self._inputs(tree, keys, frozenset(self.model.vars))
        known = frozenset((*self.model.vars, *BUILT_IN))
        if "blocks" in keys:
            self._declare_blocks(keys["blocks"], known)
        if "defaults" in keys:
            self._defaults(keys["defaults"], known)
        self._block_bodies(known)
        if "layers" in keys:
            self.model.layers = self.layers.items(keys["layers"], known, "`layers`")
            if isinstance(keys["layers"], Sequence) and not keys["layers"].items:
                context.problem("MODEL107", "`layers` is empty", keys["layers"])
        else:
            context.problem(
                "MODEL107", "the model has no `layers`", _first_key(tree), help="`layers:` and a list under it"
            )
        if "outputs" in keys:
            self._outputs(keys["outputs"])
        if "budget" in keys:
            self._budget(keys["budget"])
        if "training" in keys:
            self._training(keys["training"])
        return self.model

    def _unknown_key(self, key: Scalar, value: Tree, keys: dict[str, Tree]) -> None:
        """Reports an unknown key; its value stands in for the key that it means, so that nothing else is missed."""
        if key.text in CATALOGUE or found_elsewhere(key.text):
            self.context.unknown_key(key, "a model", TOP_KEYS, help="layers stand in the list under `layers:`")
            return
        elsewhere = KEYS_ELSEWHERE.get(key.text.lower())
        if elsewhere is not None:
            self.context.unknown_key(key, "a model", TOP_KEYS, help=f"did you mean `{elsewhere}`?")
            keys.setdefault(elsewhere, Damaged(value.start, value.end))
            return
        self.context.unknown_key(key, "a model", TOP_KEYS)
        near = nearest(key.text, TOP_KEYS)
        if (
            near is not None
            and not (near == "input" and "inputs" in keys)
            and not (near == "inputs" and "input" in keys)
        ):
            keys.setdefault(near, value)

    # -- inputs ----------------------------------------------------------------------------------------------------

    def _inputs(self, tree: Mapping, keys: dict[str, Tree], known: Known) -> None:
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
                _first_key(tree),
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
                self._axis(key, value, what)
                sizes[key.text] = value.text if isinstance(value, Scalar) else ""
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

    def _axis(self, key: Scalar, value: Tree, what: str) -> None:
        """Checks one axis of the long form."""
        try:
            Whole(1).read(value_of(value) if isinstance(value, Scalar) else plain_or_none(value))
        except Refusal as refusal:
            self.context.refused(refusal, f"`{key.text}` of {what}", value)

    # -- vars, defaults, blocks --------------------------------------------------------------------------------------

    def _vars(self, tree: Tree) -> None:
        mapping = self.context.mapping(tree, "`vars`", "vars: {width: 64}")
        if mapping is None:
            return
        self.context.later = frozenset(name.text for name, _ in mapping.items)
        for key, value in mapping.items:
            if not self._variable(key):
                continue
            template = None
            if isinstance(value, Scalar):
                template = self.context.template(value, self.model.vars.keys())
            else:
                self.context.problem(
                    "VALUE101", f"`${key.text}` must be a number or a word, not {described(value)}", value
                )
            self.model.vars[key.text] = template or Template(UNKNOWN, value, dynamic=False)
        self.context.later = _NOTHING_KNOWN

    def _variable(self, key: Scalar) -> bool:
        if valid_name(key.text):
            return True
        built_in = key.text in BUILT_IN
        self.context.problem(
            "NAME101",
            f"`{shown(key.text)}` is no name for a variable" + (": it is built in" if built_in else ""),
            key,
            help=None
            if built_in
            else "letters, digits and `_`, a letter first, and no word of expressions such as `if`",
        )
        return False

    def _defaults(self, tree: Tree, known: Known) -> None:
        mapping = self.context.mapping(tree, "`defaults`", "defaults: {conv: {padding: same}}")
        items = mapping.items if mapping is not None else []
        # what `norm: batch_norm` adds has the defaults of `batch_norm`, wherever they stand
        for key, value in sorted(items, key=lambda pair: _adds_rows(pair[0].text)):
            kind = CATALOGUE.get(key.text)
            if kind is None:
                elsewhere = found_elsewhere(key.text)
                help = f"`{shown(key.text)}` is `{elsewhere}` here" if elsewhere else meant(key.text, CATALOGUE)
                if key.text in self.model.blocks:
                    help = "the defaults of a block stand in its `params`, such as `params: [stride=1]`"
                self.context.problem("MODEL102", f"there is no layer type called `{shown(key.text)}`", key, help=help)
                continue
            parameters = self.context.mapping(value, f"`{kind.type}` in `defaults`", "conv: {padding: same}")
            if parameters is None:
                continue
            before = self.context.troubles
            arguments = self.layers.arguments(kind, key, parameters, known)
            if self.context.troubles > before:
                lost = (p for p in kind.declared.values() if p.name not in arguments)
                template = Template(UNKNOWN, value, dynamic=False)
                arguments |= {p.name: Argument(p, template, UNKNOWN, broken=True) for p in lost}
            self.model.defaults[kind.type] = arguments

    def _declare_blocks(self, tree: Tree, known: Known) -> None:
        """Makes the blocks known, with their parameters; bodies come later, since a block may call one below it."""
        self.bodies: list[tuple[Block, Tree | None]] = []
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
            if not self._variable(Scalar(name, item.start, item.end, plain=True)):
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

    def _block_bodies(self, known: Known) -> None:
        calls = {}
        for block, body in getattr(self, "bodies", ()):
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

    def _outputs(self, tree: Tree) -> None:
        sequence = self.context.sequence(tree, "`outputs`", "outputs: [head1, head2]")
        for item in sequence.items if sequence is not None else ():
            text = self.context.text_of(item, "`outputs`")
            if text is not None:
                self.model.outputs.append(Template(text, item, dynamic=False))

    def _budget(self, tree: Tree) -> None:
        mapping = self.context.mapping(tree, "`budget`", "budget: {params: 26M}")
        for key, value in mapping.items if mapping is not None else ():
            if key.text not in BUDGET_KEYS:
                self.context.unknown_key(key, "`budget`", BUDGET_KEYS)
                continue
            limit = self._limit(key.text, value)
            if limit is not None:
                self.model.budget[key.text] = limit

    def _limit(self, name: str, tree: Tree) -> Limit | None:
        span = tree.span(self.context.file)
        if not isinstance(tree, Mapping):
            amount = self._amount(name, tree)
            return None if amount is None else Limit(None, amount[0], amount[1], span)
        ends: dict[str, tuple[int, str]] = {}
        for key, value in tree.items:
            if key.text not in ("min", "max"):
                self.context.unknown_key(key, f"a limit of `{name}`", ("min", "max"))
                continue
            amount = self._amount(name, value)
            if amount is not None:
                ends[key.text] = amount
        if not tree.items:
            self.context.problem(
                "VALUE101", f"`{name}` of `budget` needs a limit", tree, help="`{min: 1M, max: 26M}`, or the most alone"
            )
        if "min" in ends and "max" in ends and ends["min"][0] > ends["max"][0]:
            self.context.problem("VALUE101", f"the least of `{name}` is above its most", tree)
        least, most = ends.get("min"), ends.get("max")
        unit = (most or least or (0, ""))[1]
        return Limit(least[0] if least else None, most[0] if most else None, unit, span)

    def _amount(self, name: str, tree: Tree) -> tuple[int, str] | None:
        kind = BUDGET_KEYS[name]
        amount = read_amount(tree.text) if isinstance(tree, Scalar) else None
        is_bytes = amount is not None and amount[1].endswith("B")
        if amount is not None and (not is_bytes or kind == "bytes"):
            return amount
        example = "`150 MiB` or `1.5 GB`" if kind == "bytes" else "`26M` or `4.2G`"
        help = "the units are K, M, G and T"
        if amount is not None and isinstance(tree, Scalar):
            help = f"it is a count: write `{tree.text.rstrip('iB').strip()}`"
        elif kind == "bytes":
            help = "the units are B, KiB, MiB, GiB and TiB, or KB, MB, GB and TB of 1,000"
        self.context.problem(
            "VALUE101",
            f"`{name}` of `budget` must be an amount such as {example}, not {described(tree)}",
            tree,
            help=help,
        )
        return None

    def _training(self, tree: Tree) -> None:
        mapping = self.context.mapping(tree, "`training`", "training: {batch: 32, optimizer: adam}")
        for key, value in mapping.items if mapping is not None else ():
            if key.text not in TRAINING_KEYS:
                self.context.unknown_key(key, "`training`", TRAINING_KEYS)
                continue
            plain = value_of(value) if isinstance(value, Scalar) else plain_or_none(value)
            try:
                self.model.training[key.text] = _training_value(key.text, plain)
            except Refusal as refusal:
                self.context.refused(refusal, f"`{key.text}` of `training`", value)


def _adds_rows(name: str) -> bool:
    """Whether a layer type has parameters that stand for layers of their own."""
    kind = CATALOGUE.get(name)
    return kind is not None and any(isinstance(p.kind, Sugar) for p in kind.declared.values())


def _signature(pair: tuple[Scalar, Tree]) -> str:
    """A parameter of a block as it is declared."""
    key, value = pair
    return shown(f"{key.text}={value.text}" if isinstance(value, Scalar) and value.text else key.text)


def plain_or_none(tree: Tree) -> Any:
    """A list or a mapping as plain data, for the refusal of it."""
    return {} if isinstance(tree, Mapping) else []


def _training_value(name: str, value: Any) -> Any:
    if name == "batch":
        return Whole(1).read(value)
    if name == "weight_decay":
        return Number(0).read(value)
    choices = TRAINING_KEYS[name] or tuple(BITS)
    if isinstance(value, str) and value in choices:
        return value
    near = nearest(value, choices) if isinstance(value, str) else None
    said = f"`{shown(str(value))}`" if not isinstance(value, (list, dict)) else "a list or a mapping"
    raise Refusal(
        f"must be {listed(choices)}, not {said}", code="VALUE101", help=f"did you mean `{near}`?" if near else None
    )


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


def _first_key(tree: Mapping) -> Tree:
    """What a message about a missing key points at: the file's first key."""
    return tree.items[0][0] if tree.items else tree


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
