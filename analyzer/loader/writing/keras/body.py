"""The statements of one body: a function of the file, or the network as a whole.

A value that only the next statement reads is called `x`; any other has a name of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from analyzer.loader.writing.code.layout import laid_out
from analyzer.loader.writing.code.names import Names
from analyzer.record import Record, field

#: The end of a name that a repetition counts up.
_COUNTED = re.compile(r"^(.*?)(\d{1,9})$", re.DOTALL)

#: Characters of a name that is too long for one of several values.
_LONG = 20


class Step(Record):
    """One statement.

    expression  makes its right side from the variables that it reads; `{name}` is where its name is
    reads       the indexes of the values that it reads
    gives       those that it makes
    name        its name, or the part behind that of the function; None where it has no name
    wanted      what a variable for its value is called, or something like it
    comment     what is written behind it
    before      a statement before it
    """

    expression: Callable[[Sequence[str]], str]
    reads: Sequence[int]
    gives: Sequence[int]
    name: str | None
    wanted: str
    comment: str = ""
    before: str = ""
    merges: bool = False


class Statement(Record):
    """A statement whose variables are known; `{name}` in its text is where its name is."""

    text: str
    name: str | None
    comment: str
    before: str = ""


class Body(Record):
    """A body as lines.

    steps    its statements
    given    the values from outside, each with its variable
    returns  the indexes of what it gives
    names    the variables in use
    inside   whether it is the body of a function, whose name comes first in each name
    """

    steps: Sequence[Step]
    given: Mapping[int, str]
    returns: Sequence[int]
    names: Names
    inside: bool
    variables: dict[int, str] = field(factory=dict)

    def lines(self) -> list[str]:
        """The lines, without the statement that returns."""
        statements = self._statements()
        found: list[str] = []
        place = 0
        while place < len(statements):
            count = _repeated(statements, place)
            found += self._loop(statements, place, count) if count > 1 else self._one(statements[place])
            place += count
        return found

    def _uses(self) -> dict[int, list[int]]:
        """The places of the statements that read each value; behind the last one for what is returned."""
        uses: dict[int, list[int]] = {}
        for place, step in enumerate(self.steps):
            for index in step.reads:
                uses.setdefault(index, []).append(place)
        for index in self.returns:
            uses.setdefault(index, []).append(len(self.steps))
        return uses

    def _statements(self) -> list[Statement]:
        uses = self._uses()
        self.variables = dict(self.given)
        found: list[Statement] = []
        kept = self._kept(uses)
        first: dict[int, str] = {}
        if kept is not None:
            index, variable = kept
            if variable == "shortcut":
                found.append(Statement("shortcut = x", None, ""))
                first[index] = "x"
            self.variables[index] = variable
        for place, step in enumerate(self.steps):
            reads = [
                first.get(index, self.variables[index]) if not place else self.variables[index] for index in step.reads
            ]
            text = step.expression(reads)
            if any(index in uses for index in step.gives):
                targets = [self._variable(index, step, uses.get(index, []), place) for index in step.gives]
                text = f"{', '.join(targets)} = {text}"
            found.append(Statement(text, step.name, step.comment, step.before))
        return found

    def _kept(self, uses: Mapping[int, list[int]]) -> tuple[int, str] | None:
        """The value that is called `x` and is read later than by the first statement, with its other name.

        A `shortcut` is `x` at first, as keras.applications have it.
        """
        for index, variable in self.given.items():
            places = uses.get(index, [])
            if variable == "x" and places and places[-1] > 0:
                last = self.steps[places[-1]] if places[-1] < len(self.steps) else None
                merged = len(places) == 2 and not places[0] and last is not None and last.merges
                return index, "shortcut" if merged else self.names.new("inputs")
        return None

    def _variable(self, index: int, step: Step, places: Sequence[int], place: int) -> str:
        """The variable of a value that the statement at `place` makes."""
        soon = all(one == place + 1 for one in places)
        if soon and index == step.gives[0]:
            self.variables[index] = "x"
        else:
            short = len(step.gives) > 1 and len(step.wanted) > _LONG
            self.variables[index] = self.names.new("y" if short else step.wanted)
        return self.variables[index]

    def _one(self, statement: Statement) -> list[str]:
        text = statement.text
        name = None if statement.name is None else self._name(statement.name)
        lines = laid_out(_named(statement.before, name), 4) if statement.before else []
        return [*lines, *laid_out(_named(text, name), 4, statement.comment)]

    def _name(self, name: str) -> str:
        """A name as an expression."""
        from analyzer.loader.writing.code.layout import quoted  # beside its only use, in text that is put together

        if not self.inside:
            return quoted(name)
        return f"f{quoted(f'{{name}}{_escaped(name)}')}" if name else "name"

    def _loop(self, statements: Sequence[Statement], place: int, count: int) -> list[str]:
        """A loop over statements that differ only in the number at the end of their names."""
        statement = statements[place]
        start, first = _counted(statement.name)
        stop = first + count
        numbers = f"range({first}, {stop})" if first else f"range({stop})"
        comment = f"  # {statement.comment}" if statement.comment else ""
        own = f"{{name}}{_escaped(start)}" if self.inside else _escaped(start)
        from analyzer.loader.writing.code.layout import quoted  # as above

        text = _named(statement.text, f"f{quoted(own + '{i}')}")
        return [f"    for i in {numbers}:{comment}", *laid_out(text, 8)]


def _escaped(name: str) -> str:
    return name.replace("{", "{{").replace("}", "}}")


def _named(text: str, name: str | None) -> str:
    return text if name is None else text.replace("{name}", name)


def _counted(name: str | None) -> tuple[str, int]:
    """A name as the text before the number at its end, and that number; −1 where it has none as Python writes it."""
    match = _COUNTED.match(name or "")
    if match is None or str(int(match[2])) != match[2] or not match[2].isascii():
        return name or "", -1
    return match[1], int(match[2])


def _repeated(statements: Sequence[Statement], place: int) -> int:
    """How many statements from this one on are alike but for the number at the end of their names, which counts up."""
    first = statements[place]
    start, number = _counted(first.name)
    if number < 0 or first.before or not first.text.startswith("x = "):
        return 1
    count = 1
    while place + count < len(statements):
        other = statements[place + count]
        if (other.text, other.comment, other.before) != (first.text, first.comment, ""):
            break
        if _counted(other.name) != (start, number + count):
            break
        count += 1
    return count
