"""Whether a comparison found a planted mistake, and showed the layer where it is first.

The module is that of the text without the mistake, so each of its calls is a row of that text. Places are those of the
rows with parameters or buffers, in their order: up to the mistake both texts have the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mutations import Mutation, bare, sample

import analyzer
from analyzer.engine.result import Analysis, Row
from analyzer.matching.match import match
from analyzer.matching.observed import Observation
from analyzer.matching.result import Match

#: Kinds that add or remove rows: where equal rows are beside them, nobody can say which of them is new.
STRUCTURAL = {"missing", "extra", "repeat", "swapped"}

Look = tuple[object, ...]


class Verdict(NamedTuple):
    """A mutant and what was made of it: `found`, and `first` if the layer of the mistake is the first that is shown."""

    mutation: Mutation
    found: bool
    first: bool
    text: str


class Reviewed(NamedTuple):
    """A text without mistakes and its module, which match."""

    text: str
    set: Mapping[str, float | str]
    observation: Observation
    match: Match

    def judged(self, mutation: Mutation) -> Verdict | None:
        """What a comparison says of a mutant; None if it does not load, or has the volumes and counts of the original."""
        try:
            analysis = analyzer.analyze(mutation.text, set=dict(self.set))
        except analyzer.ModelError:
            return None
        right, wrong = counted(self.match.analysis), counted(analysis)
        span = planted([look(row) for row in right], wrong, mutation)
        if span is None:
            return None
        found = match(self.observation, analysis)
        shown = next((one for one in found.differences if not one.follows), None)
        if shown is None:
            text = "only consequences" if found.differences else "equal"
            return Verdict(mutation, found=not found.equal, first=False, text=text)
        if shown.row is not None:  # a layer without parameters is before the next that has some
            place = sum(row.node.index < shown.row.node.index for row in wrong)
        else:
            place = self._place_of(shown.observed.name if shown.observed else "")
        seen, layer = (shown.observed.name if shown.observed else "—"), (shown.row.name if shown.row else "—")
        text = f"shows {seen} / {layer} {dict(shown.fields)} at {place}, planted at {span.start}"
        # One of two swapped items may be the one that moved; a layer without parameters may differ before any other does.
        alone = shown.row is not None and (mutation.kind == "swapped" or shown.row not in wrong)
        on_line = alone and shown.row is not None and mutation.has(shown.row)
        return Verdict(mutation, found=True, first=place in span or on_line, text=text)

    def _place_of(self, module: str) -> int:
        """The place of the row that a module is, or is a part of; of one that is called again, that of its first call."""
        places = {row.node.index: place for place, row in enumerate(counted(self.match.analysis))}
        named = [(pair.observed.name, places.get(pair.row.node.index, -1)) for pair in self.match.pairs]
        whole = [place for name, place in named if name == module]
        around = [place for name, place in named if f"{module}.".startswith(f"{name}.")]
        inside = [place for name, place in named if f"{name}.".startswith(f"{module}.")]
        return next(iter([*whole, *around, *inside]), -1)

    def mutants(self, count: int, seed: str) -> list[Verdict]:
        """The verdicts of a sample: `count` mutants are drawn, and fewer remain."""
        verdicts = (self.judged(mutation) for mutation in sample(self.text, count, seed))
        return [verdict for verdict in verdicts if verdict is not None]


def reviewed(text: str, set: Mapping[str, float | str], observation: Observation) -> Reviewed:
    """A model held against its own module, without what it says of its sizes."""
    plain = bare(text)
    return Reviewed(plain, set, observation, match(observation, analyzer.analyze(plain, set=dict(set))))


def counted(analysis: Analysis) -> list[Row]:
    """The rows that a module shows: those with parameters or buffers, or that reuse them."""
    return [row for row in analysis.rows if row.node.tied or row.declared.parameters or row.declared.buffers]


def look(row: Row) -> Look:
    """What a module shows of a row."""
    own = row.declared
    return str(row.output), own.weights, own.biases, own.buffers


def planted(right: Sequence[Look], rows: Sequence[Row], mutation: Mutation) -> range | None:
    """The places of the mistake: where the rows first differ, and those before it that could be the changed ones as well."""
    wrong = [look(row) for row in rows]
    if right == wrong:
        return None
    both = min(len(right), len(wrong))
    start = next((place for place in range(both) if right[place] != wrong[place]), both)
    if mutation.kind == "swapped":
        end = start
        while end < len(rows) and mutation.has(rows[end]):
            end += 1
        return range(start, max(end, start + 1))
    if mutation.kind not in STRUCTURAL:
        return range(start, start + 1)
    # A block that is not called: a module may call its branches in another order, and so begin with any of them.
    whole = len(right) - len(wrong) if mutation.kind == "missing" and mutation.before[2:3].isupper() else 1
    return range(_slid(right, wrong, start), start + max(whole, 1))


def _slid(right: Sequence[Look], wrong: Sequence[Look], start: int) -> int:
    """The first place where as many rows, put in or left out, would give the same sequence."""
    longer = right if len(right) > len(wrong) else wrong
    first = start
    for size in range(1, abs(len(right) - len(wrong)) + 1):
        place = start
        while place and place - 1 + size < len(longer) and longer[place - 1] == longer[place - 1 + size]:
            place -= 1
        first = min(first, place)
    return first
