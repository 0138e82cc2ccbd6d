"""The explanation for people: each layer with its formulas, numbers put in, and the same formulas in letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.explained.expression import Letter, Number, letters_in, written
from analyzer.engine.explained.result import Explained, Explanation, Step
from analyzer.reporter.explanation.sections import (
    by_input,
    heading,
    is_taken_over,
    repeated,
    same_on_all_axes,
    sections,
    title,
    value_of,
)
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import cells, joined, styled, wrapped

#: The widest formula beside which its letters are shown; behind a wider one they are on a line of their own.
_WIDEST = 60

#: Cells before the formulas: an indent, the longest title of a section, a gap.
_INDENT, _LABEL = 2, 19

#: In fewer columns a section's label is on a line of its own.
_NARROW = 70

#: Cells between what is side by side.
_GAP = 3


def render(reports: Sequence[Explanation | Failed], options: Options) -> Iterator[str]:
    """The layers one after the other."""
    for report in reports:
        if isinstance(report, Explanation):
            yield from _one(report, options)


def _one(explanation: Explanation, options: Options) -> Iterator[str]:
    parts = [options.fit(part) for part in title(explanation)]
    line = joined(parts, options.fit(" · "), options.width, "  ")
    yield styled(line, "bold", options.color) + "\n"
    for layer in explanation.layers:
        yield "\n"
        yield from _layer(layer, options)


def _layer(layer: Explained, options: Options) -> Iterator[str]:
    """One layer: its heading, what it does, the letters, and its sections."""
    parts = [options.fit(part) for part in heading(layer)]
    yield styled(joined(parts, options.fit(" · "), options.width, "  "), "bold", options.color) + "\n"
    if layer.rule:
        yield wrapped(options.fit(layer.rule), options.width) + "\n"
    said = repeated(layer)
    if said:
        yield wrapped(options.fit(said), options.width) + "\n"
    named = [f"{letter.name} = {letter.value:,}" for letter in layer.letters]
    if named:
        line = joined([options.fit(one) for one in named], ", ", options.width)
        yield styled(line, "dim", options.color) + "\n"
    for label, steps in sections(layer):
        yield from _section(label, list(same_on_all_axes(steps)), options)


def _section(label: str, steps: Sequence[Step], options: Options) -> Iterator[str]:
    """The steps of one section beside its label, with the formulas in letters in a column."""
    lines = [tuple(map(options.fit, line)) for line in _lines(steps)]
    wide = max((cells(numbers) for numbers, letters, _ in lines if letters and cells(numbers) <= _WIDEST), default=0)
    narrow = options.width is not None and options.width < _NARROW
    indent = 2 * _INDENT if narrow else _INDENT + _LABEL
    before = " " * _INDENT + options.fit(label).ljust(_LABEL)
    if narrow:
        yield before.rstrip() + "\n"
        before = " " * indent
    for numbers, letters, words in lines:
        yield from _line(before, numbers.ljust(wide) if letters else numbers, letters, words, options)
        before = " " * indent


def _lines(steps: Sequence[Step]) -> Iterator[tuple[str, str, str]]:
    """For each step its numbers, its letters and its words; one line for numbers that are all taken over."""
    parts = list(by_input(steps))
    if len(parts) > 1:
        for part in parts:
            yield from _lines(part)
        return
    if len(steps) > 1 and steps[0].topic in ("output", "receptive_field") and all(map(is_taken_over, steps)):
        values = ", ".join(f"{step.name} = {value_of(step)}" for step in steps)
        letters = ", ".join(map(_letters, steps))
        yield values, letters if all(map(_letters, steps)) else "", "; ".join(filter(None, (s.words for s in steps)))
        return
    for step in steps:
        yield _numbers(step), _letters(step), step.words


def _line(before: str, numbers: str, letters: str, words: str, options: Options) -> Iterator[str]:
    """One step: numbers, letters and words side by side where there is room for them, otherwise below each other."""
    indent = len(before)
    room = None if options.width is None else max(options.width - indent, 20)
    words = f"({words})" if words and numbers else words
    parts = [part for part in (numbers, letters, words) if part] or [""]
    lines = [[parts[0]]]
    for part in parts[1:]:
        taken = sum(map(cells, (*lines[-1], part))) + _GAP * len(lines[-1]) + 2 * (len(lines) > 1)
        if room is None or taken <= room:
            lines[-1].append(part)
        else:
            lines.append([part])
    for place, line in enumerate(lines):
        lead = before if not place else " " * (indent + 2)
        if len(line) == 1:
            text = wrapped(line[0].rstrip(), None if room is None else room - 2 * (place > 0))
            shown = [text.replace("\n", "\n" + " " * (indent + 2))]
        else:
            shown = line
        styles = [
            styled(one, "dim", options.color) if part == letters else one for one, part in zip(shown, line, strict=True)
        ]
        yield lead + (" " * _GAP).join(styles).rstrip() + "\n"


def _numbers(step: Step) -> str:
    """A step with its numbers: `W_out = ⌊(32 − 8 + 2·1)/2⌋ + 1 = 14`."""
    if step.value is None or (step.words and not step.value and step.formula is None):
        if step.topic in ("weights", "biases", "buffers"):
            return step.name
        return f"its {step.name}" if step.topic == "saved" and step.name != "in all" else ""
    name = f"{step.mode} {step.name}" if step.mode and step.topic == "memory" else step.name
    if step.formula is None or isinstance(step.formula, Letter | Number):
        return f"{name} = {value_of(step)}"
    calculated = f"{written(step.formula)} = {value_of(step)}"
    return calculated if step.topic == "macs" else f"{name} = {calculated}"  # the label has the name


def _letters(step: Step) -> str:
    """The formula of a step in letters, where that says more than the numbers."""
    if step.formula is None or not any(letters_in(step.formula)):
        return ""
    return written(step.formula, letters=True)
