"""Parameters of a layer type: declared once, read once, refused with one message.

>>> from analyzer.layers import CATALOGUE
>>> CATALOGUE["conv"](filters=64, kernel="3x5").kernel
(3, 5)
>>> CATALOGUE["conv"](filters=-1, kernel=3)
Traceback (most recent call last):
analyzer.diagnostics.Refusal: `filters` of `conv` must be a whole number of at least 1, not −1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.diagnostics import Refusal, listed
from analyzer.layers.kinds import Kind
from analyzer.layers.padding import Padding
from analyzer.layers.sharing import Sharing
from analyzer.record import Record
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The default of a parameter that a layer must give.
_REQUIRED = object()

#: What only a kind makes: a value of one of these was read before.
_READ = (tuple, Padding, Sharing)

#: A value of each parameter that some type requires, for an example; 1 for any other.
_SAMPLES = {
    "filters": "64", "kernel": "3", "units": "10", "inputs": "[prev, conv1]", "axis": "height", "to": "7x7x512",
    "order": "[depth, height, width]", "output": "7x7x512", "vocabulary": "10000", "size": "7", "factor": "2",
    "groups": "4", "heads": "8", "padding": "1", "pattern": "h w c -> w h c",
}  # fmt: skip


class Parameter(Record):
    """The declaration of a parameter.

    kind           what it may be
    doc            its line in the docs
    default        its value where a layer leaves it out
    letter         the textbook's letter for it
    main           whether a value without a name means it: `dense: 10`
    shown_default  the default in words, where the value does not say it
    agreed         whether layers that reuse each other's weights must have the same value
    name           its name in the language
    attribute      its name in the class; another one only where a question of `Layer` has the name
    """

    kind: Kind
    doc: str
    default: Any
    letter: str | None
    main: bool
    shown_default: str | None
    agreed: bool
    name: str
    attribute: str

    @property
    def required(self) -> bool:
        """Whether a layer must give it."""
        return self.default is _REQUIRED


def parameter(
    kind: Kind,
    doc: str,
    *,
    default: Any = _REQUIRED,
    letter: str | None = None,
    main: bool = False,
    shown: str | None = None,
    name: str = "",
    agreed: bool = False,
) -> Any:
    """Declares a parameter of a layer type; see `Parameter`."""
    return Parameter(kind, doc, default, letter, main, shown, agreed, name, name)


#: The parameters of a type by their names.
Declared = Mapping[str, Parameter]


def read_parameters(type: str, declared: Declared, written: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a layer by its attributes, read from values as a file writes them or as they were read before.

    Raises `Refusal` for an unknown or missing parameter (VALUE102, VALUE103) and for a wrong value, which it names.
    """
    letters = {declaration.letter: name for name, declaration in declared.items() if declaration.letter}
    read: dict[str, Any] = {}
    for name, value in written.items():
        declaration = declared.get(letters.get(name, name))
        if declaration is None:
            raise unknown_parameter(type, declared, name)
        if declaration.attribute in read:
            message = f"`{declaration.name}` and its letter `{declaration.letter}` are both given"
            raise Refusal(message, code="YAML101", parameter=declaration.name)
        read[declaration.attribute] = _read(type, declaration, value)
    missing = [name for name, one in declared.items() if one.required and one.attribute not in read]
    if missing:
        raise missing_parameters(type, declared, missing)
    return read


def _read(type: str, declaration: Parameter, value: Any) -> Any:
    """The value of one parameter."""
    if value is None and declaration.default is None:
        return None
    kind = declaration.kind
    try:
        return kind.read(kind.write(value) if isinstance(value, _READ) else value)
    except Refusal as refusal:
        refusal.message = refusal.sentence(f"`{declaration.name}` of `{type}`")
        refusal.args = (refusal.message,)
        refusal.parameter = declaration.name
        raise


def unknown_parameter(type: str, declared: Declared, name: str) -> Refusal:
    """The refusal of a parameter that the type does not have."""
    from analyzer.words.parameter_help import parameter_help  # with tables that only a mistake needs

    letters = [one.letter for one in declared.values() if one.letter]
    return Refusal(
        f"`{type}` has no parameter `{shown(name)}`",
        code="VALUE102",
        parameter=name,
        notes=[names_listed(declared)],
        help=parameter_help(name, type, declared, letters),
    )


def missing_parameters(type: str, declared: Declared, missing: Iterable[str]) -> Refusal:
    """The refusal of a layer that leaves out parameters which it must give."""
    return Refusal(
        f"`{type}` needs {listed(missing, last='and')}",
        code="VALUE103",
        help=f"for example `{example(type, declared)}`",
    )


def names_listed(names: Iterable[str]) -> str:
    """The parameters of a type or a block, in a sentence."""
    known = list(names)
    if not known:
        return "it has none"
    return f"its parameter{'s are' if len(known) > 1 else ' is'} {listed(known, last='and')}"


def example(type: str, declared: Declared) -> str:
    """A layer of this type with the parameters that it must give, as a file writes it."""
    parts = [f"{name}: {_SAMPLES.get(name, '1')}" for name, one in declared.items() if one.required]
    return f"{type}: {{{', '.join(parts)}}}"
