"""The forward pass of a scope: one statement a step, with as few names as a person would use.

A value that only the next step reads is `x`, or `y` where `x` is still needed. Any other value has the name of what
puts it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from analyzer.loader.writing.code.layout import laid_out
from analyzer.loader.writing.code.names import Names, legal
from analyzer.loader.writing.code.scopes import Item, Scope

#: Above this length, several outputs are not assigned to names each.
_MOST_NAMES = 60


class Pass:
    """Writes the statements of a forward pass; `names` are those of the inputs of the scope."""

    # By hand: it finds out first how long each value is needed.
    def __init__(self, scope: Scope, names: Sequence[str], call: Callable[[Item, Sequence[str]], str]) -> None:
        self.scope = scope
        self.call = call
        self.held = dict(zip(scope.inputs, names, strict=False))  # what holds each value
        self.last: dict[int, int] = {}
        for number, item in enumerate(scope.items):
            self.last.update((index, number) for index in item.reads)
        self.last.update((index, len(scope.items)) for index in scope.outputs)
        self.free_at: dict[str, int] = {name: self.last.get(index, -1) for index, name in self.held.items()}

    def lines(self, indent: int, comments: Mapping[int, str]) -> list[str]:
        """The lines of the body; `comments` by the number of the step."""
        scope = self.scope
        found: list[str] = []
        for number, item in enumerate(scope.items):
            if not item.gives:
                continue
            reads = (
                ["*inputs"] if scope.varied and number == scope.first else [self.held[index] for index in item.reads]
            )
            text = self.call(
                item, [f"{one}{move}" for one, move in zip(reads, item.moves or [""] * len(reads), strict=False)]
            )
            if text in self.free_at and len(item.gives) == 1:  # a layer that does nothing in a forward pass
                self.held[item.gives[0]] = text
                self.free_at[text] = max(self.free_at[text], self.last.get(item.gives[0], -1))
                continue
            if number == len(scope.items) - 1 and scope.outputs == list(item.gives) and scope.outputs:
                return [*found, *laid_out(f"return {text}", indent, comments.get(number, ""))]
            if "(" not in text and not any(self.last.get(index, -1) > number for index in item.gives):
                continue  # a tensor that nothing reads
            found += laid_out(self._assigned(number, item, text), indent, comments.get(number, ""))
        return [*found, *laid_out(f"return {', '.join(self.held[index] for index in scope.outputs)}", indent)]

    def _assigned(self, number: int, item: Item, text: str) -> str:
        """The statement that gives the outputs of a step their names."""
        used = [index for index in item.gives if self.last.get(index, -1) > number]
        if not used:
            return text
        if len(item.gives) == 1:
            name = self._name(number, item.gives[0], item.path[-1])
            self.held[item.gives[0]] = name
            return f"{name} = {text}"
        names = [
            self._long(number, index, f"{item.path[-1]}_{place}") if index in used else "_"
            for place, index in enumerate(item.gives, 1)
        ]
        if sum(map(len, names)) > _MOST_NAMES:
            self._forget(names)
            whole = self._long(number, max(used, key=lambda index: self.last[index]), item.path[-1])
            self.held.update((index, f"{whole}[{place}]") for place, index in enumerate(item.gives))
            return f"{whole} = {text}"
        self.held.update(zip(item.gives, names, strict=True))
        return f"{', '.join(names)} = {text}"

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            self.free_at.pop(name, None)

    def _name(self, number: int, index: int, wanted: str) -> str:
        """The name of one value."""
        if self.last[index] > number + 1:
            return self._long(number, index, wanted)
        name = "x" if self.free_at.get("x", -1) <= number else "y"
        if self.free_at.get(name, -1) > number:
            return self._long(number, index, wanted)
        self.free_at[name] = self.last[index]
        return name

    def _long(self, number: int, index: int, wanted: str) -> str:
        """A name of its own: that of what puts it out."""
        base = legal(wanted)[:30].lstrip("_") or "x"
        base = base if base.isidentifier() else f"x{base}"
        name, times = base, 1
        while self.free_at.get(name, -1) > number or name in ("x", "y", "torch", "nn", "math"):
            times += 1
            name = f"{base}_{times}"
        self.free_at[name] = self.last[index]
        return name


def input_names(scope: Scope) -> list[str]:
    """The names of the inputs of a block: `x` is what it follows, the others are skips."""
    if scope.varied:
        return ["*inputs"]
    main = next((place for place, index in enumerate(scope.inputs) if index == scope.start - 1), 0)
    names = Names()
    return [names.new("x" if place == main else "skip") for place in range(len(scope.inputs))]
