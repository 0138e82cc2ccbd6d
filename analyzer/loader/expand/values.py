"""The values that expressions see: variables, the repetition, and the volume that a layer reads."""

from __future__ import annotations

from analyzer.diagnostics import Refusal
from analyzer.layers.kinds import written
from analyzer.loader.expressions.expression import BUILT_IN, Expression
from analyzer.loader.parse.description import UNKNOWN, Template
from analyzer.source import shown
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Dependent(Exception):
    """A value depends on something that a reported mistake left open; nothing more is reported."""


class Values:
    """What expressions see: variables, the repetition `$i`, and the volume behind `$H`, `$W` and `$D`."""

    __slots__ = ("i", "variables", "volume")

    # Written by hand: one is made for each repetition of each item, and `volume` changes with each evaluation.
    def __init__(self, variables: dict[str, Any], i: int = 0) -> None:
        self.variables = variables
        self.i = i
        self.volume: Volume | None = None

    def lookup(self, name: str) -> Any:
        """The value of a variable; raises `Dependent` where a mistake left it open."""
        if name in self.variables:
            value = self.variables[name]
            if value is UNKNOWN:
                raise Dependent
            return value
        if name == "i":
            return self.i
        if self.volume is None or name not in BUILT_IN:
            raise Dependent
        return _axis(name, self.volume)

    def evaluate(self, template: Template, volume: Volume | None) -> Any:
        """The plain value of a template for a layer that reads `volume` (None: unknown).

        Raises `Refusal` where an expression has no value, `Dependent` where a mistake left it open.
        """
        if not template.dynamic:
            if template.value is UNKNOWN:
                raise Dependent
            return template.value
        self.volume = volume
        return self._evaluated(template.value)

    def _evaluated(self, value: Any) -> Any:
        if value.__class__ is Expression:
            return value.run(self.lookup)
        if isinstance(value, list):
            return [self._part(place, item) for place, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._part(key, item) for key, item in value.items()}
        return value

    def _part(self, step: str | int, value: Any) -> Any:
        try:
            return self._evaluated(value)
        except Refusal as refusal:
            refusal.at = (step, *refusal.at)
            raise

    def has_word(self, word: str) -> bool:
        """Whether a variable is this word, or a list with it."""
        return any(word in value if isinstance(value, list) else value == word for value in self.variables.values())

    def explain(self, value: Any) -> list[str]:
        """How the expressions in a template's value got their values, for a message."""
        if isinstance(value, (list, dict)):
            parts = value if isinstance(value, list) else list(value.values())
            return [line for part in parts for line in self.explain(part)]
        if value.__class__ is not Expression:
            return []
        try:
            known = value.explain(self.lookup)
        except (Refusal, Dependent):
            return []
        try:
            result = value.run(self.lookup)
        except (Refusal, Dependent):
            return [known] if known else []
        if value.text.strip() == f"${''.join(value.names)}":
            return [known] if known else []
        shown_result = written(result).replace("`", "")
        return [f"{shown(value.text)} = {shown_result}" + (f", with {known}" if known else "")]


def spliced(values: list[Any]) -> list[Any]:
    """A list in which the lists among its items are replaced by what they hold: `[$skips, prev]`."""
    return [one for value in values for one in (value if isinstance(value, list) else [value])]


def _axis(name: str, volume: Volume) -> int:
    """`$D`, `$W` (in 1-D the length) or `$H` of a volume."""
    if name == "D":
        return volume.depth
    place = -1 if name == "W" else -2
    if len(volume.spatial) < -place:
        what = "a vector" if volume.rank == 0 else f"a {volume.rank}-D volume"
        raise Refusal(
            f"`${name}` needs a {'height' if name == 'H' else 'width'}, but the layer reads {what}: {volume.pretty()}",
            code="EXPR106",
            help="`$D` is its depth" + (", `$W` its length" if volume.rank == 1 else ""),
        )
    return volume.spatial[place]
