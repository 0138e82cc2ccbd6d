"""The parameters of a function: values that differ between the groups that it is called for."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.writing.code.classes import written
from analyzer.loader.writing.code.names import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Values of which one is often a multiple of another, as the filters of a bottleneck are.
_WIDTHS = ("filters", "units")

#: Words that a parameter must not hide in a function.
_TAKEN = ("x", "name", "keras", "layers", "ops", "math", "itertools", "float", "range", "print", "inputs", "shortcut")


class Parameters:
    """Parameters in the order of their first use, each with its value for each group."""

    # By hand: it begins empty.
    def __init__(self, taken: Sequence[str]) -> None:
        self.names: list[str] = []
        self.values: list[list[Any]] = []
        self._words: list[str] = []
        self._known: dict[tuple[str, ...], str] = {}
        self._own = Names([*_TAKEN, *taken])

    def expression(self, word: str, values: Sequence[Any]) -> str:
        """What a line has in the place of these values, one for each group: one value, or a parameter."""
        key = tuple(map(repr, values))
        if len(set(key)) == 1:
            return written(values[0])
        if key in self._known:
            return self._known[key]
        found = self._multiple(word, values)
        if found is None:
            found = self._own.new(word)
            self.names.append(found)
            self.values.append(list(values))
            self._words.append(word)
        self._known[key] = found
        return found

    def _multiple(self, word: str, values: Sequence[Any]) -> str | None:
        """A width that is the same multiple of another parameter for each group."""
        if word not in _WIDTHS:
            return None
        for name, own, others in zip(self.names, self._words, self.values, strict=True):
            if own not in _WIDTHS:
                continue
            factors = {value // other for value, other in zip(values, others, strict=True)}
            exact = all(value % other == 0 for value, other in zip(values, others, strict=True))
            if len(factors) == 1 and exact:
                return f"{factors.pop()} * {name}"
        return None

    def defaults(self) -> list[str | None]:
        """The value of each parameter that most groups have, as Python; None where it should be given."""
        found: list[str | None] = []
        for word, values in zip(self._words, self.values, strict=True):
            texts = [written(value) for value in values]
            usual = max(set(texts), key=lambda text: (texts.count(text), text))
            often = 2 * texts.count(usual) > len(texts)
            found.append(usual if often and word not in _WIDTHS else None)
        return found
