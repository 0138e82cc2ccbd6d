"""What an expansion carries along: the values that expressions see, and the names that layers see."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, nearest
from analyzer.engine.network import Node
from analyzer.layers.kinds import written
from analyzer.loader.expressions.expression import Expression
from analyzer.loader.parse.description import UNKNOWN, Item, ResidualItem, Template
from analyzer.source import shown
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Dependent(Exception):
    """A value hangs on something that a mistake left open; nothing is reported."""


class Missing:
    """Stands for the output of a layer that could not be placed; what reads it is left alone."""

    __slots__ = ()


MISSING = Missing()


class LayerWord(str):
    """A word that names a layer visible where it was written; it means that layer wherever it is used as a reference."""

    __slots__ = ("node",)

    def __new__(cls, text: str, node: Node | Missing) -> LayerWord:
        word = super().__new__(cls, text)
        word.node = node
        return word

    node: Node | Missing


class Values:
    """What expressions see: variables, the repetition `$i`, and the volume behind `$H`, `$W` and `$D`."""

    __slots__ = ("i", "variables", "volume")

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
        if self.volume is None:
            raise Dependent
        return _axis(name, self.volume)

    def evaluate(self, template: Template, volume: Volume | None) -> Any:
        """The plain value of a template for a layer that reads `volume` (None: unknown).

        Raises `Refusal` where an expression cannot be worked out, `Dependent` where a mistake left it open.
        """
        if not template.dynamic:
            if template.value is UNKNOWN:
                raise Dependent
            return template.value
        self.volume = volume
        return self._worked_out(template.value)

    def _worked_out(self, value: Any) -> Any:
        if value.__class__ is Expression:
            return value.run(self.lookup)
        if isinstance(value, list):
            return [self._inside(place, item) for place, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._inside(key, item) for key, item in value.items()}
        return value

    def _inside(self, step: str | int, value: Any) -> Any:
        try:
            return self._worked_out(value)
        except Refusal as refusal:
            refusal.at = (step, *refusal.at)
            raise

    def explain(self, value: Any) -> list[str]:
        """How the expressions in a template's value came to theirs, for a message."""
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


def _axis(name: str, volume: Volume) -> int:
    """`$D`, `$W` (in 1-D the length) or `$H` of a volume."""
    if name == "D":
        return volume.depth
    place = -1 if name == "W" else -2
    if len(volume.spatial) < -place:
        what = "a vector" if volume.rank == 0 else f"a {volume.rank}-D volume"
        raise Refusal(
            f"`${name}` is asked of {what} ({volume.pretty()}), which has no {'height' if name == 'H' else 'width'}",
            code="EXPR106",
            help="`$D` is its depth" + (", `$W` its length" if volume.rank == 1 else ""),
        )
    return volume.spatial[place]


class Scope:
    """A list of layers being expanded: the prefix of its names, and the scope around it.

    `labels` is what its names stand for in `from`: the last row of a layer with sugar, the last repetition.
    A block's body sees no scope around it: `parent` is None there, and `caller` is the scope of the call.
    """

    __slots__ = ("caller", "counters", "items", "labels", "line", "parent", "prefix", "what", "written")

    def __init__(
        self, prefix: str, items: list[Item], parent: Scope | None, caller: Scope | None, what: str = "", line: int = 0
    ) -> None:
        self.prefix = prefix
        self.items = items
        self.parent = parent
        self.caller = caller
        self.what = what
        self.line = line
        self.counters: dict[str, int] = {}
        self.labels: dict[str, Node | Missing] = {}
        self.written: frozenset[str] | None = None

    def automatic(self, stem: str) -> str:
        """The next automatic name: the stem and a number, names that the file writes passed over."""
        if self.written is None:
            self.written = frozenset(written_names(self.items))
        number = self.counters.get(stem, 0) + 1
        while f"{stem}{number}" in self.written:
            number += 1
        self.counters[stem] = number
        return f"{stem}{number}"

    @property
    def path(self) -> str:
        """The path of names, without the dot at its end."""
        return self.prefix[:-1]

    def trail(self) -> list[str]:
        """How the expansion came here, innermost first."""
        lines = []
        scope: Scope | None = self
        while scope is not None:
            if scope.what:
                lines.append(f"in `{shown(scope.path)}`: {scope.what} on line {scope.line}")
            scope = scope.parent or scope.caller
        if len(lines) > 8:
            lines[5:-1] = [f"… and {len(lines) - 6} more calls between these"]
        return lines


def written_names(items: list[Item]) -> list[str]:
    """The names written in one scope; a residual's body belongs to the scope around it."""
    names = []
    for item in items:
        if item.name is not None:
            names.append(item.name)
        if isinstance(item, ResidualItem):
            names.extend(written_names(item.body))
            names.extend(written_names(item.project or []))
    return names


class Names:
    """The layers placed so far by their names, seen from a scope."""

    def __init__(self) -> None:
        #: The inputs of the network, which the outermost scope sees.
        self.inputs: dict[str, Node | Missing] = {}
        #: The labels of the scopes in which something was placed, by their paths.
        self.inside: dict[str, dict[str, Node | Missing]] = {}
        #: The layers themselves by their full names, for `tied`.
        self.owners: dict[str, Node] = {}
        #: What was said of names that nothing has, by name and list; a block is called often.
        self._misses: dict[tuple[str, int], tuple[str, str | None]] = {}

    def resolve(self, name: str, scope: Scope, above: Node | Missing, entry: Node | Missing) -> Node | Missing:
        """The node that `name` means in `scope`; `above` is the layer above, `entry` the network's input."""
        if isinstance(name, LayerWord):
            return name.node
        if name == "prev":
            return above
        if name == "input":
            return entry
        found = self.find(name, scope)
        if found is None:
            raise self._unknown(name, scope)
        return found

    def find(self, name: str, scope: Scope) -> Node | Missing | None:
        """The node that a name other than `prev` and `input` means in `scope`, or None."""
        around: Scope | None = scope
        while around is not None:
            found = around.labels.get(name)
            if found is None and "." in name:
                found = self._within(around.prefix, name)
            if found is not None:
                return found
            around = around.parent
        return None

    def _within(self, prefix: str, path: str) -> Node | Missing | None:
        """The node that a path with dots in it means, behind the prefix of a scope."""
        place = path.find(".")
        while place > 0:
            found = self.inside.get(prefix + path[:place], {}).get(path[place + 1 :])
            if found is not None:
                return found
            place = path.find(".", place + 1)
        return self.owners.get(prefix + path)

    def owner(self, name: str, scope: Scope) -> Node:
        """The layer whose parameters `tied: name` reuses: in the same scope, then outwards."""
        prefix = scope.prefix
        while True:
            found = self.owners.get(prefix + name)
            if found is not None:
                return found
            if not prefix:
                raise self._unknown(name, scope)
            prefix = prefix[: prefix.rstrip(".").rfind(".") + 1]

    def _unknown(self, name: str, scope: Scope) -> Refusal:
        key = (name, id(scope.items))
        if key not in self._misses:
            self._misses[key] = self._missed(name, scope)
        message, help = self._misses[key]
        return Refusal(message, code="NAME104", help=help)

    def _missed(self, name: str, scope: Scope) -> tuple[str, str | None]:
        """What is said of a name that nothing visible has, and what helps."""
        visible = set()
        around: Scope | None = scope
        while around is not None:
            visible |= {label for label in around.labels if "." not in label}
            around = around.parent
        below: Scope | None = scope
        while below is not None:
            if name in written_names(below.items):
                return (
                    f"`{shown(name)}` comes later; only layers above are visible",
                    "move it up, or read another layer",
                )
            below = below.parent
        near = nearest(name, [*visible, "prev", "input"])
        help = f"did you mean `{near}`?" if near else None
        within = next((p for p, labels in self.inside.items() if name in labels and p.startswith(scope.prefix)), None)
        if within is not None:
            path = within[len(scope.prefix) :]
            return (
                f"`{shown(name)}` stands inside `{shown(path)}`, and is not seen from here",
                f"`{shown(path.partition('.')[0])}` is what that puts out",
            )
        if near is None and scope.caller is not None:
            help = "a block sees its own names alone; hand it a layer as an argument"
        return f"no layer above is called `{shown(name)}`", help
