r"""The explanation for homework and papers: equations of each layer, to be included with `\input`.

In a notebook the same equations are one block of math, since MathJax knows no text around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.explained.expression import Letter, Number, letters_in, written
from analyzer.engine.explained.result import Explained, Explanation, Step
from analyzer.reporter.explanation.equations import Words, lines, notebook_words, number, symbol, words
from analyzer.reporter.explanation.sections import heading, repeated, same_on_all_axes, sections, title
from analyzer.reporter.modes import TITLES
from analyzer.reporter.options import Failed, Options

#: Letters and numbers of more characters than this are on rows of their own.
_LONGEST = 60


def render(reports: Sequence[Explanation | Failed], options: Options) -> Iterator[str]:
    """The layers one after the other, each with its equations."""
    yield "% needs \\usepackage{amsmath} and, for names, \\usepackage[T1]{fontenc}\n"
    for report in reports:
        if isinstance(report, Explanation):
            yield f"\\noindent\\textbf{{{words(' · '.join(title(report)))}}}\\par\n"
            for layer in report.layers:
                yield from _layer(layer)


def notebook(explanation: Explanation) -> str:
    """The equations as one block of math, as a notebook draws it."""
    say = notebook_words
    rows = [rf"&\textbf{{{say(' · '.join(title(explanation)))}}}"]
    for layer in explanation.layers:
        name, *more = heading(layer)
        rows.append(rf"&\texttt{{{say(name)}}}\quad\text{{{say(' · '.join(more))}}}")
        for label, steps in sections(layer):
            rows.append(rf"&\textit{{{say(label)}}}")
            for step in same_on_all_axes(steps):
                rows.extend(_rows(step, say) if _is_equation(step) else [rf"&\text{{{_sentence(step, say)}}}"])
    return "$$\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$$"


def _layer(layer: Explained) -> Iterator[str]:
    """One layer: its heading, what it does, and its sections."""
    name, *more = heading(layer)
    yield f"\n\\paragraph{{\\texttt{{{words(name)}}}}} {words(' · '.join(more))}.\n"
    for sentence in (layer.rule, repeated(layer)):
        if sentence:
            yield words(sentence) + "\n"
    for label, steps in sections(layer):
        yield from _section(label, list(same_on_all_axes(steps)))


def _section(label: str, steps: Sequence[Step]) -> Iterator[str]:
    """The equations of one section, and its sentences before them."""
    said = [_sentence(step, words) for step in steps if not _is_equation(step)]
    rows = [row for step in steps if _is_equation(step) for row in _rows(step, words)]
    end = "" if rows else "\\par"
    yield f"\\par\\noindent\\emph{{{words(label)}}}{': ' if said else ''}{'; '.join(filter(None, said))}{end}\n"
    if rows:
        yield "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}\n"


def _is_equation(step: Step) -> bool:
    """Whether a step is written as an equation; the others are sentences."""
    return step.value is not None and (step.formula is not None or bool(step.value) or not step.words)


def _sentence(step: Step, say: Words) -> str:
    """A step without an equation."""
    if step.topic in ("weights", "biases", "buffers"):
        return say(f"{step.name}: {step.words}")
    return say(f"its {step.name}, {step.words}" if step.topic == "saved" and step.name != "in all" else step.words)


def _rows(step: Step, say: Words) -> Iterator[str]:
    """The rows of an equation: letters, numbers and value on one row if they are short; what it does not say below."""
    value = number(step.value or 0) + (r"\ \text{bytes}" if step.unit == "bytes" else "")
    sides: list[list[str]] = []
    taken = 0
    if step.formula is not None and any(letters_in(step.formula)):
        sides.append(lines(step.formula, letters=True))
        taken += len(written(step.formula, letters=True))
    if step.formula is not None and not isinstance(step.formula, Letter | Number):
        sides.append(lines(step.formula))
        taken += len(written(step.formula))
    short = taken <= _LONGEST and all(len(side) == 1 for side in sides)
    rows: list[str] = []
    for side in sides:
        if rows and short:
            rows[-1] += f" = {side[0]}"
        else:
            rows += [f"&= {side[0]}", *(rf"&\quad {line}" for line in side[1:])]
    rows = rows or ["&"]
    rows[0] = f"{_name(step, say)} {rows[0]}"
    rows[-1] += f" = {value}"
    if step.words:
        rows.append(rf"&\quad\text{{{say(f'({step.words})')}}}")
    yield from rows


def _name(step: Step, say: Words) -> str:
    """What the number is called, in math."""
    if "_" in step.name or len(step.name) == 1:
        return symbol(step.name)
    mode = rf"_{{\text{{{say(TITLES[step.mode])}}}}}" if step.mode and step.topic == "memory" else ""
    return rf"\text{{{say(step.name)}}}{mode}"
