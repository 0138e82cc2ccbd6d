"""What helps where a word is no layer type, block or structure: its name here, and the layer as we write it."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, nearest
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.loader.parse.around import is_pointwise_place
from analyzer.loader.parse.grammar import GRAPH_KEYS, STRUCTURES, TOP_KEYS
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.suggestions import meant
from analyzer.loader.parse.translation import Call, left_out, read_call, translated
from analyzer.loader.parse.volumes import listed_sizes, volume_meant
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree, plain_value
from analyzer.record import Record, field
from analyzer.source import shown
from analyzer.words.lookup import absent, plain
from analyzer.words.parameter_help import parameter_called
from analyzer.words.parameters import ABSENT as NO_PARAMETER
from analyzer.words.types import ABSENT as NO_TYPE
from analyzer.words.values import TOP_AS_LAYER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.layers import Layer

#: At most so many notes about arguments that are left out.
_NOTES = 3


class Answer(Record):
    """What helps with an unknown word: `word` is the part of it that is unknown, `meant` the name that it has here."""

    word: str
    help: str | None
    meant: str | None = None
    notes: list[str] = field(factory=list)


def answer(parser: Parser, scalar: Scalar, value: Tree | None) -> Answer:
    """What helps where the word of an item, with its value, is no layer type, block or structure."""
    word = scalar.text
    call = read_call(word)
    if call is not None:
        return _of_call(parser, scalar, call, word)
    inside = read_call(value.text) if isinstance(value, Scalar) else None
    if inside is not None and not _is_word(word):
        found = _of_call(parser, scalar, inside, word)
        named = f", with `name: {word}` beside it" if found.meant is not None else ""
        return Answer(word, f"{found.help}{named}", found.meant, found.notes)
    if inside is not None:
        return _of_call(parser, scalar, Call(word, inside.positional, inside.named), word)
    written = read_call(f"{word}({value.text})") if isinstance(value, Scalar) and "=" in value.text else None
    if written is not None:
        return _of_call(parser, scalar, written, word)
    act = found_elsewhere(value.text) or value.text if isinstance(value, Scalar) else None
    if plain(word) in ("activation", "act", "nonlinearity") and act in CATALOGUE:
        return Answer(word, f"write `{act}`", act)
    at_top = _at_top(word, value)
    if at_top is not None:
        return Answer(word, at_top)
    type = _type_of(parser, word, scalar)
    if type is not None and _accepts(type.partition(":")[0], value):
        return _of_type(word, type, _as_call(word, value, CATALOGUE[type.partition(":")[0]]))
    sentence = absent(word, NO_TYPE)
    if sentence is not None:
        return Answer(word, sentence)
    if type is not None and not _is_nothing(value):
        return Answer(word, None)
    return Answer(word, _nearest(parser, word, value))


def listed_layer(items: Sequence) -> str | None:
    """The layer that a list means, such as `[conv, 64, 3]`; None where it means none."""
    first, *rest = plain_value(items) or [None]
    if not isinstance(first, str) or not rest:
        return None
    type = first if first in CATALOGUE else (found_elsewhere(first) or "").partition(":")[0]
    return translated(type, Call(first, rest)) if type else None


def _of_call(parser: Parser, scalar: Scalar, call: Call, word: str) -> Answer:
    """What helps with a layer that is written as a call."""
    name = plain(call.word)
    type = call.word if call.word in CATALOGUE else _type_of(parser, call.word, scalar)
    ours = call.word in CATALOGUE or call.word in parser.model.blocks
    said = word if ours or call.word not in word else call.word
    if name == "activation" and call.positional and isinstance(call.positional[0], str):
        type = found_elsewhere(call.positional[0]) or call.positional[0]
        return Answer(said, f"write `{type}`", type) if type in CATALOGUE else Answer(said, absent(name, NO_TYPE))
    if type is not None:
        return _of_type(call.word, type, call, said)
    if call.word in parser.model.blocks:
        params = ", ".join(f"{name}: …" for name in parser.model.blocks[call.word].params)
        return Answer(said, f"write `{call.word}: {{{params}}}`" if params else f"write `{call.word}`")
    return Answer(
        said,
        absent(call.word, NO_TYPE) or _at_top(call.word, _shape(call, scalar)) or _nearest(parser, call.word, None),
    )


def _shape(call: Call, place: Scalar) -> Tree:
    """The shape in a call such as `Input(shape=(32, 32, 3))`, as a value."""
    given = [*call.named.values(), *call.positional]
    shape = next((one for one in given if isinstance(one, list)), None)
    return Scalar(str(shape or ""), place.start, place.end, plain=True)


def _of_type(word: str, type: str, call: Call | None, said: str | None = None) -> Answer:
    """What helps with a layer that has another name here, with its arguments where all of them have names here."""
    bare, _, extra = type.partition(":")
    layer = translated(bare, call) if call is not None and not extra else None
    called = f"`{shown(word)}` is called `{type}` here" if word != bare else ""
    if layer is None and not called:
        layer = f"{bare}: {{name: value, …}}"
    told = f"write `{layer}`" if layer is not None and layer != type else ""
    help = ": ".join(filter(None, (called, told))) or f"write `{bare}`"
    if type == "dense" and plain(word) == "linear":
        help += "; `linear` is a dense layer at each position"
    left = left_out(bare, call.named) if call is not None and layer is not None else []
    notes = dict.fromkeys(absent(name, NO_PARAMETER) or "" for name in left)
    return Answer(said or word, help, type, [*notes][:_NOTES])


def _type_of(parser: Parser, word: str, scalar: Tree) -> str | None:
    """Our type for a word; torch's and Keras's dense layer is `linear` where it keeps the positions."""
    type = found_elsewhere(word)
    if type in ("dense", "linear") and plain(word) in ("linear", "dense", "lazylinear"):
        return "linear" if is_pointwise_place(parser, scalar) else "dense"
    return type


def _as_call(word: str, value: Tree | None, kind: type[Layer]) -> Call | None:
    """A layer that is written as a mapping or a bare value, as the call that it would be."""
    if value is None or value.__class__ is Damaged:
        return Call(word)
    if isinstance(value, Mapping):
        if any(isinstance(one, Damaged) for _, one in value.items):
            return None
        return Call(word, [], {key.text: plain_value(one) for key, one in value.items if key.text not in GRAPH_KEYS})
    if isinstance(value, Sequence):
        return Call(word, [plain_value(one) for one in value.items])
    written = plain_value(value)
    return Call(word, [], {kind.main: written} if written is not None and kind.main is not None else {})


def _accepts(type: str, value: Tree | None) -> bool:
    """Whether a type takes a value such as this: a bare one for its main parameter, or parameters that it has."""
    kind = CATALOGUE[type]
    if _is_nothing(value) or value.__class__ is Damaged or value is None:
        return True
    if isinstance(value, Mapping):
        return not value.items or any(_has_parameter(kind, key.text) for key, _ in value.items)
    if kind.main is None or isinstance(value, Sequence):
        return "inputs" not in kind.declared or isinstance(value, Sequence)
    if isinstance(value, Scalar) and "$" in value.text:
        return True
    try:
        kind.declared[kind.main].kind.read(plain_value(value))
    except Refusal:
        return "inputs" not in kind.declared
    return True


def _has_parameter(kind: type[Layer], word: str) -> bool:
    """Whether a type has a parameter under this name or under another one, or needs none of that name."""
    known = word in kind.declared or word in kind.letters or word in GRAPH_KEYS
    return (
        known or parameter_called(word, kind.type, kind.declared) is not None or absent(word, NO_PARAMETER) is not None
    )


def _at_top(word: str, value: Tree | None) -> str | None:
    """What helps where a key of the file is written as a layer."""
    key = TOP_AS_LAYER.get(plain(word))
    if key is None:
        return None
    if key in ("input", "inputs"):
        shape = value.items[0][1] if isinstance(value, Mapping) and len(value.items) == 1 else value
        volume = volume_meant(listed_sizes(shape)) if shape is not None else None
        return f"write `input: {volume or '32x32x3'}` at the top of the file, above `layers:`"
    if key == "outputs":
        return "the last layer is the output; several are named at the top of the file, as in `outputs: [head1, head2]`"
    return f"write `{key}:` at the top of the file, beside `layers:`"


def _nearest(parser: Parser, word: str, value: Tree | None) -> str | None:
    """The nearest type, structure, block or graph key that takes this value."""
    blocks = parser.model.blocks
    name = word.partition("(")[0].strip()
    if name != word and (name in CATALOGUE or name in blocks):
        return f"write the parameters of `{name}` as `{name}: {{name: value, …}}`"
    types = [type for type in CATALOGUE if _accepts(type, value)]
    help = meant(word, [*types, *STRUCTURES, *blocks, *GRAPH_KEYS])
    if help is None and word[:1].isupper():
        near = nearest(word, blocks)
        help = f"did you mean `{near}`?" if near else None
        return help or "declare a block under `blocks:`; the names of layer types have no capital letters"
    return help


def _is_word(word: str) -> bool:
    """Whether a word means something as the key of an item."""
    return word in TOP_KEYS or plain(word) in TOP_AS_LAYER or found_elsewhere(word) is not None


def _is_nothing(value: Tree | None) -> bool:
    return value is None or (isinstance(value, Scalar) and value.plain and not value.text)
