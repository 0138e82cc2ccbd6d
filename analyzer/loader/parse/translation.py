"""A layer of torch or Keras as this language writes it: `nn.Conv2d(3, 64, 3)` is `conv: {filters: 64, kernel: 3}`.

Only what reads such a layer completely is offered: a layer with an argument that has no counterpart is not translated.
"""

from __future__ import annotations

import _ast
import re

from analyzer.diagnostics import Refusal
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.layers.kinds import Choice
from analyzer.layers.reference_kinds import Sugar
from analyzer.record import Record, field
from analyzer.words.lookup import absent, called, plain
from analyzer.words.parameter_help import parameter_called
from analyzer.words.parameters import ABSENT
from analyzer.words.signatures import KERAS, TORCH
from analyzer.words.values import CHOICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from analyzer.layers import Layer, Parameter

_ONLY_AST = 0x400

#: A call is not longer; compiling a long text takes time.
_LONGEST = 300

#: What Python warns of on stderr while it compiles: a number run together with a word, an escape that does not exist.
_WARNED = r"(?<![\w.])[0-9.]+[A-Za-z_]|\\"

#: What precedes a call in a program: the name that it is given.
_ASSIGNED = r"^\s*[\w.]+\s*=(?!=)\s*"

#: How torch writes names, and how Keras and TensorFlow do.
_TORCH_STYLE = r"[123]d\b|\b(nn|F|torch)\."
_KERAS_STYLE = r"[123]D|\b(keras|layers|tf|kl)\b|^(Dense|Reshape|ZeroPadding|Cropping|UpSampling|MaxPool|AveragePool)"


class Call(Record):
    """A call in a program: the name that is called, and its arguments. A name among them is a `Name`."""

    word: str
    positional: list[Any] = field(factory=list)
    named: dict[str, Any] = field(factory=dict)


class Name(str):
    """A name in a call, such as `x` or `tf.nn.relu`."""

    __slots__ = ()


def read_call(text: str) -> Call | None:
    """The call that a text is, in Python's grammar; None for any other text.

    >>> read_call("nn.Conv2d(3, 64, kernel_size=(3, 5))").named
    {'kernel_size': [3, 5]}
    """
    text = re.sub(_ASSIGNED, "", text).strip().rstrip(",;")
    if re.search(_WARNED, text) is not None or not text.isprintable():
        return None
    if len(text) > _LONGEST or not re.match(r"[\w.]+\s*\(", text) or not text.endswith(")"):
        return None
    try:
        tree = compile(text, "", "eval", _ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    node = tree.body if isinstance(tree, _ast.Expression) else None
    return _call(node) if isinstance(node, _ast.Call) else None


def _call(node: _ast.Call) -> Call | None:
    """The call of a node; of `Conv2D(64, 3)(x)` the first one, of `model.add(Dense(10))` the one inside."""
    if isinstance(node.func, _ast.Call):
        return _call(node.func)
    word = _dotted(node.func)
    inside = node.args[0] if len(node.args) == 1 else None
    if word is None:
        return None
    if word.endswith(".add") and isinstance(inside, _ast.Call):
        return _call(inside)
    named = {keyword.arg: _literal(keyword.value) for keyword in node.keywords if keyword.arg is not None}
    return Call(word, [_literal(one) for one in node.args], named)


def _dotted(node: _ast.AST) -> str | None:
    if isinstance(node, _ast.Name):
        return node.id
    if isinstance(node, _ast.Attribute):
        before = _dotted(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _literal(node: _ast.AST) -> Any:
    """The value of an argument; a `Name` for what only the program knows."""
    if isinstance(node, _ast.Constant):
        return node.value
    if isinstance(node, (_ast.Tuple, _ast.List)):
        return [_literal(one) for one in node.elts]
    if isinstance(node, _ast.UnaryOp) and isinstance(node.op, _ast.USub):
        value = _literal(node.operand)
        return -value if isinstance(value, (int, float)) else Name("")
    if isinstance(node, _ast.Call):
        call = _call(node)
        return Name(call.word if call is not None else "")
    return Name(_dotted(node) or "")


def translated(type: str, call: Call) -> str | None:
    """The layer of a call as this language writes it, of our type `type`; None where a part has no counterpart.

    >>> translated("conv", Call("nn.Conv2d", [3, 64, 3], {"padding": 1}))
    'conv: {filters: 64, kernel: 3, padding: 1}'
    """
    kind = CATALOGUE[type]
    if "inputs" in kind.declared:
        return None  # what the layer reads has other names in a program
    arguments: dict[str, Any] = {}
    for name, value in _named(kind, call):
        declaration = _declared(kind, name)
        if _is_depth(kind, name, value) or (declaration is None and absent(name, ABSENT) is not None):
            continue
        if value is None or (declaration is not None and declaration.name in arguments):
            continue
        written = _value(declaration, name, value) if declaration is not None else None
        if declaration is None or written is None:
            return None
        arguments[declaration.name] = written
    if any(name not in arguments for name in kind.needed):
        return None
    return layer_text(kind, arguments)


def _is_depth(kind: type[Layer], name: str, value: Any) -> bool:
    """Whether an argument says that a layer works along the depth, as ours do."""
    return (kind.family == "activation" and plain(name) in ("dim", "axis") and value in (1, -1)) or (
        plain(name) == "normalizedshape" and type(value) is int
    )


def _declared(kind: type[Layer], name: str) -> Parameter | None:
    """The parameter that another library calls `name`."""
    return kind.declared.get(kind.letters.get(name, name)) or kind.declared.get(
        parameter_called(name, kind.type, kind.declared) or ""
    )


def _named(kind: type[Layer], call: Call) -> Iterable[tuple[str, Any]]:
    """The arguments of a call with their names; an argument without a known name gets one that nothing has."""
    positional = call.positional
    if positional and isinstance(positional[0], Name):  # the volume that a function reads
        positional = positional[1:]
    yield from zip(_order(kind, call, len(positional)), positional, strict=False)
    yield from call.named.items()


def _order(kind: type[Layer], call: Call, count: int) -> Sequence[str]:
    """The names of the arguments that a call gives by their order."""
    order = [*kind.declared] if call.word == kind.type else _signature(kind, call, count).split()
    return [*order, *["?"] * (count - len(order))]


def _signature(kind: type[Layer], call: Call, count: int) -> str:
    """The signature that a call follows; one without a style is taken for Keras's where torch needs more arguments."""
    keras = re.search(_KERAS_STYLE, call.word) is not None
    if "tf." not in call.word and re.search(_TORCH_STYLE, call.word) is not None:
        keras = False
    elif TORCH.get(kind.type, "").startswith("in"):  # the depth of the input comes first
        needed = 3 if "kernel_size" in TORCH[kind.type] else 2
        keras |= count + len({*TORCH[kind.type].split()[:needed]} & {*call.named}) < needed
    return (KERAS if keras else TORCH).get(kind.type, "")


def _value(declaration: Parameter, name: str, value: Any) -> str | None:
    """A value as this language writes it; None where it takes no such value."""
    for meant in _meanings(declaration, name, value):
        try:
            declaration.kind.read(meant)
        except Refusal:
            continue
        return in_flow(meant)
    return None


def _meanings(declaration: Parameter, name: str, value: Any) -> Iterable[Any]:
    """What a value of another library may mean, the more likely one first."""
    if isinstance(declaration.kind, Sugar):
        word = str(value)
        yield from (found for found in (found_elsewhere(word), word) if found is not None)
        return
    if isinstance(value, Name):
        return
    if isinstance(value, str):
        yield value.lower()
        if isinstance(declaration.kind, Choice):
            yield called(value, CHOICES, declaration.kind.choices)
        return
    if isinstance(value, bool) and declaration.name == "rounding":
        yield "ceil" if value else "floor"
    if isinstance(value, list) and value and all(type(one) is int for one in value):
        yield value[0] if len(set(value)) == 1 and declaration.name not in ("to", "output") else None
        yield "x".join(map(str, value))
    yield value


def in_flow(value: Any) -> str:
    """A plain value as YAML writes it in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {in_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(in_flow, value)) + "]"
    return str(value)


def layer_text(kind: type[Layer], arguments: Mapping[str, str]) -> str:
    """A layer with arguments as YAML writes them."""
    if not arguments:
        return kind.type
    if kind.main is not None and [*arguments] == [kind.main]:
        return f"{kind.type}: {arguments[kind.main]}"
    return f"{kind.type}: {{{', '.join(f'{name}: {value}' for name, value in arguments.items())}}}"


def left_out(type: str, words: Iterable[str]) -> list[str]:
    """Those of the arguments that have no counterpart here, since they are inferred or change nothing."""
    kind = CATALOGUE[type]
    return [word for word in words if _declared(kind, word) is None and absent(word, ABSENT) is not None]
