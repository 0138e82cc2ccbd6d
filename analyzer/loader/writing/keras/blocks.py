"""The functions of a file: their names, their parameters, and the statements of their bodies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from analyzer.engine.network import Network, Node
from analyzer.engine.tree import Group
from analyzer.loader.writing.code.classes import written
from analyzer.loader.writing.code.layout import signature
from analyzer.loader.writing.code.names import Names, legal
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.body import Body, Step
from analyzer.loader.writing.keras.functions import Alike, Call, Found, Key
from analyzer.loader.writing.keras.helpers.texts import HELPERS
from analyzer.loader.writing.keras.lines import CONVOLUTIONS, DEFAULTS, default, reads, word
from analyzer.loader.writing.keras.names import keras_name, snake
from analyzer.loader.writing.keras.parameters import Parameters
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from analyzer.loader.writing.keras.lines import Slot

    #: The text of a value: from a layer's index and a slot of its line.
    Values: TypeAlias = Callable[[int, Slot], str]

#: Names that a variable cannot have.
_TAKEN = ("keras", "layers", "ops", "math", "itertools", "name", "x", "i", "float", "range", "shortcut", *HELPERS)


class Function(Record):
    """A function of the file.

    tensors   the names of the tensors that it reads
    numbers   its other parameters, with their values for each group
    defaults  for each of these what it has as a default, or None
    named     whether it takes a name
    lines     its text
    """

    name: str
    tensors: list[str]
    numbers: Parameters
    defaults: list[str | None]
    named: bool
    lines: list[str] = field(factory=list)


class Blocks:
    """Writes the functions of a network, those that others call first."""

    # By hand: it writes them first.
    def __init__(
        self, network: Network, built: Sequence[Built], found: Found, names: Mapping[int, str], taken: Names
    ) -> None:
        self.network = network
        self.built = built
        self.found = found
        self.names = names
        self.functions: dict[Key, Function] = {}
        self._places = {
            (key, group.start): place for key, alike in found.alike.items() for place, group in enumerate(alike.groups)
        }
        self._titles = {
            key: taken.new(self._title(alike.groups[0]))
            for key, alike in sorted(found.alike.items(), key=lambda one: one[1].groups[0].start)
        }
        for key in self._titles:
            self._made(key)

    def _made(self, key: Key) -> Function:
        """A function; those that it calls are made before it, so that `functions` has them in an order for the file."""
        if key not in self.functions:
            alike = self.found.alike[key]
            for call in self.found.calls(alike.groups[0]):
                if call.key is not None:
                    self._made(call.key)
            self.functions[key] = self._function(alike, self._titles[key])
        return self.functions[key]

    def _function(self, alike: Alike, name: str) -> Function:
        group = alike.groups[0]
        taken = Names([one for one in (*_TAKEN, *self._titles.values()) if one != "x"])
        given = {}
        for place, index in enumerate(alike.outside[0]):
            given[index] = taken.new("x" if not place else legal(self._last(self._node(index).name)))
        parameters = Parameters(list(given.values()))
        calls = list(self.found.calls(group))
        texts = self._texts(alike, calls, parameters)
        steps = [self._step(call, lambda index, slot: texts[index, slot], group.name, alike.groups) for call in calls]
        variables = Names([*_TAKEN, *self._titles.values(), *given.values(), *parameters.names])
        gives = [group.start + offset for offset in alike.gives]
        body = Body(steps, given, gives, variables, True)
        lines = body.lines()
        named = any(step.name is not None for step in steps)
        tensors = [body.variables[index] if body.variables[index] != "shortcut" else "x" for index in given]
        function = Function(name, tensors, parameters, parameters.defaults(), named)
        function.lines = [
            *self._signature(function),
            *self._docstring(alike),
            *lines,
            f"    return {', '.join(body.variables[index] for index in gives)}",
        ]
        return function

    def _signature(self, function: Function) -> list[str]:
        pairs = list(zip(function.numbers.names, function.defaults, strict=True))
        required = [name for name, usual in pairs if usual is None]
        optional = [f"{name}={usual}" for name, usual in pairs if usual is not None]
        named = ["name"] if function.named else []
        return signature(function.name, [*function.tensors, *required, *named, *optional])

    def _docstring(self, alike: Alike) -> list[str]:
        group = alike.groups[0]
        more = f" and {len(alike.groups) - 1} more" if len(alike.groups) > 1 else ""
        shown = self._name(group).replace("\\", "/").replace('"', "'")
        line = f'    """{shown}{more}: {group.layers} layers."""'
        return [line] if len(line) <= 88 and line.isprintable() else [f'    """{group.layers} layers{more}."""']

    def _title(self, group: Group) -> str:
        """What a function is called: as the block of its group, or as the group, or after its layers."""
        if group.block:
            return legal(snake(group.block.partition(" ×")[0]))
        if group.expanded:
            return "_".join(self.network.nodes[index].layer.type for index in range(group.start, group.stop))
        parts = [part for part in group.name.split(".") if not part.isdigit()]
        word = legal(snake(parts[-1])).strip("_") if parts else ""
        if not word or word[0].isdigit():
            return f"block_{word}".rstrip("_")
        word = word.rstrip("0123456789_")
        return word if word.endswith("block") else f"{word}_block"

    def _name(self, group: Group) -> str:
        """The name of a group as those of its layers begin."""
        return self.network.nodes[group.start].name[: len(group.name)]

    def _node(self, index: int) -> Node:
        return self.network.nodes[index] if index >= 0 else self.network.inputs[-1 - index]

    @staticmethod
    def _last(name: str) -> str:
        """The end of a name, from the last part that is no number on."""
        parts = name.split(".")
        place = next((place for place in range(len(parts) - 1, -1, -1) if not parts[place].isdigit()), 0)
        return ".".join(parts[place:])

    def _wanted(self, name: str, prefix: str) -> str:
        """What a variable for a layer's value is called: as the layer, in a function without the function's name."""
        found = legal(self._last(name[len(prefix) :].strip("._") or name if prefix else name))
        return f"x{found}" if found.startswith("_") else found

    def _texts(self, alike: Alike, calls: Sequence[Call], parameters: Parameters) -> dict[tuple[int, Slot], str]:
        """What stands for each value in the body of a function."""
        first = alike.groups[0]
        texts = {}
        for call in calls:
            places = [group.start + call.start - first.start for group in alike.groups]
            if call.key is None:
                values = [self.found.lines[place].values for place in places]
                slots = list(dict.fromkeys(slot for one in values for slot in one))
                for slot in slots:
                    own = [one[slot] if slot in one else default(slot) for one in values]
                    texts[call.start, slot] = parameters.expression(word(self.built[call.start], slot), own)
                continue
            inner = self.functions[call.key]
            members = [self._places[call.key, place] for place in places]
            for name, each in zip(inner.numbers.names, inner.numbers.values, strict=True):
                texts[call.start, ("call", name)] = parameters.expression(_base(name), [each[one] for one in members])
        return texts

    def main(
        self, given: Mapping[int, str], returns: Sequence[int], before: Mapping[int, str]
    ) -> tuple[list[str], dict[int, str]]:
        """The statements of the whole network and its variables; `before` are those that construct a layer."""
        calls = list(self.found.calls(self.found.tree))
        steps = [self._step(call, self._literal(call), "", ()) for call in calls]
        for call, step in zip(calls, steps, strict=True):
            step.before = before.get(call.start, "") if call.key is None else ""
        variables = Names([*_TAKEN, *self._titles.values(), *given.values(), *self.kept.values()])
        body = Body(steps, given, returns, variables, False)
        return body.lines(), body.variables

    #: The variables of layers that are constructed before they are called.
    kept: Mapping[int, str] = {}

    def _literal(self, call: Call) -> Values:
        """The values of a statement outside of functions."""
        if call.key is None:
            values = self.found.lines[call.start].values
            return lambda index, slot: written(values[slot])
        function = self.functions[call.key]
        member = self._places[call.key, call.start]
        own = {name: each[member] for name, each in zip(function.numbers.names, function.numbers.values, strict=True)}
        return lambda index, slot: written(own[str(slot[1])])

    def _step(self, call: Call, value: Values, prefix: str, groups: Sequence[Group]) -> Step:
        if call.key is None:
            return self._layer(call, value, prefix, groups)
        function, alike = self.functions[call.key], self.found.alike[call.key]
        member = self._places[call.key, call.start]
        group = alike.groups[member]
        gives = [group.start + offset for offset in alike.gives]
        texts = [value(call.start, ("call", name)) for name in function.numbers.names]
        numbers = list(zip(function.numbers.names, function.defaults, texts, strict=True))
        plain = [text for _, usual, text in numbers if usual is None]
        named = ["name={name}"] if function.named else []
        keyed = [f"{name}={text}" for name, usual, text in numbers if usual is not None and text != usual]

        def expression(variables: Sequence[str]) -> str:
            return f"{function.name}({', '.join([*variables, *plain, *named, *keyed])})"

        own = keras_name(self._name(group))[len(prefix) :]
        name = own if function.named else None
        comment = self._comment(gives[-1], groups)
        return Step(expression, alike.outside[member], gives, name, self._wanted(self._name(group), prefix), comment)

    def _layer(self, call: Call, value: Values, prefix: str, groups: Sequence[Group]) -> Step:
        node, built = self.network.nodes[call.start], self.built[call.start]
        own = self.names[node.index][len(prefix) :]
        text = self.kept.get(node.index) or self.constructed(built, lambda slot: value(node.index, slot))
        fields = {name: value(node.index, ("forward", name)) for name in built.values}

        def expression(variables: Sequence[str]) -> str:
            return _filled(built.forward, text, variables, fields)

        comment = self._comment(node.index, groups)
        if not built.call or self.names[node.index] != node.name:
            shown = node.name[len(prefix) :].removeprefix(".") if prefix else node.name
            comment = f"{shown}: {comment}" if comment else shown
        indexes = [source.index for source in reads(node, self.network)]
        wanted = self._wanted(node.name, prefix)
        merges = node.layer.merges
        own_name = own if built.call else None
        return Step(expression, indexes, [node.index], own_name, wanted, _printable(comment), merges=merges)

    def alone(self, index: int) -> str:
        """What constructs a layer, `{name}` in the place of its name."""
        values = self.found.lines[index].values
        return self.constructed(self.built[index], lambda slot: written(values[slot]))

    def constructed(self, built: Built, value: Callable[[Slot], str]) -> str:
        """What constructs a layer, `{name}` in the place of its name."""
        if not built.call:
            return ""
        positional = [value(("positional", place)) for place in range(len(built.positional))]
        named = [f"{name}={text}" for name in self._arguments(built) if (text := self._given(built, name, value))]
        return f"{built.call}({', '.join([*positional, *named, 'name={name}'])})"

    def _arguments(self, built: Built) -> list[str]:
        """The arguments by name that a layer has, and those that others like it may have, in the order of Keras."""
        open_names = DEFAULTS if built.call.startswith(CONVOLUTIONS) else {}
        return [*open_names, *[name for name in built.named if name not in open_names]]

    @staticmethod
    def _given(built: Built, name: str, value: Callable[[Slot], str]) -> str:
        """An argument by name as it is written; empty where it is Keras's default."""
        try:
            text = value(("named", name))
        except KeyError:  # neither this layer nor one of its kind has it
            return ""
        opened = built.call.startswith(CONVOLUTIONS) and name in DEFAULTS
        return "" if opened and text == written(DEFAULTS[name]) else text

    def _comment(self, index: int, groups: Sequence[Group]) -> str:
        """The volume of a layer; in a function only where it is the same for all groups."""
        volumes = {str(self.network.nodes[index].output)}
        for group in groups:
            volumes.add(str(self.network.nodes[group.start + index - groups[0].start].output))
        return volumes.pop() if len(volumes) == 1 else ""


def _filled(forward: str, constructed: str, variables: Sequence[str], fields: Mapping[str, str]) -> str:
    """The expression of a forward pass."""
    many = ", ".join(variables)
    return forward.format(*variables, self=constructed, all=many, **fields)


def _base(name: str) -> str:
    """A parameter's name without the number that made it the only one."""
    word, _, number = name.rpartition("_")
    return word if word and number.isdigit() else name


def _printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)[1:-1]
