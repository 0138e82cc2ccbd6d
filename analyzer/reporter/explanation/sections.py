"""What every format of an explanation says about a layer: its heading, the sections of its steps, values with units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.explained.expression import Letter, Number, written
from analyzer.engine.explained.result import Explained, Explanation, Step
from analyzer.reporter.analysis.geometry import kind_text
from analyzer.reporter.modes import TITLES
from analyzer.units import count, memory

#: The most names of equal layers that a heading lists.
_LISTED = 3

#: The titles of the sections, by topic; parameters have that of their mode.
_TITLES = {
    "output": "output",
    "macs": "MACs",
    "memory": "memory",
    "saved": "kept for backward",
    "receptive_field": "receptive field",
}


def title(explanation: Explanation) -> list[str]:
    """The parts of the title: name, inputs, batch, number format."""
    inputs = explanation.inputs
    if len(inputs) == 1:
        volumes = [f"input {inputs[0].output.pretty()}"]
    else:
        volumes = [f"{node.name} {node.output.pretty()}" for node in inputs]
    named = [explanation.name] if explanation.name else []
    return [*named, *volumes, f"batch {count(explanation.batch)}", explanation.dtype]


def heading(layer: Explained) -> list[str]:
    """The parts of a layer's heading: its name, its kind, the volumes that it reads and puts out."""
    node = layer.node
    names = f"{layer.names[0]} ×{count(len(layer.names))}" if len(layer.names) > 1 else node.name
    if layer.refused:
        return [names, node.layer.type, f"{', '.join(source.output.pretty() for source in node.inputs)} → refused"]
    if layer.row is None:
        return [names, "input of the network", node.output.pretty()]
    reads = ", ".join(source.output.pretty() for source in node.inputs)
    return [names, kind_text(layer.row), f"{reads} → {node.output.pretty()}" if reads else node.output.pretty()]


def repeated(layer: Explained) -> str:
    """The sentence about the equal layers that a layer stands for."""
    others = layer.names[1:]
    if not others:
        return ""
    named = [f"`{name}`" for name in others[:_LISTED]]
    if len(others) > _LISTED:
        named = [*named[:-1], "…", f"`{others[-1]}`"]
    first = layer.names[0]
    return (
        f"Equal to it: {', '.join(named)}. What is kept for backward and the receptive field are those of `{first}`: "
        "they depend on the layers before."
    )


def sections(layer: Explained) -> Iterator[tuple[str, list[Step]]]:
    """The steps of a layer by section, each with its title."""
    found: dict[str, list[Step]] = {}
    for step in layer.steps:
        label = _TITLES.get(step.topic) or (TITLES[step.mode] if step.mode else "parameters")
        found.setdefault(label, []).append(step)
    for label, steps in found.items():
        if label == _TITLES["saved"] and len(steps) == 2:
            steps = steps[:1]  # the sum of one tensor
        yield label, steps


def same_on_all_axes(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps of a section, those of a receptive field once where they are the same on every axis."""
    axes = list(dict.fromkeys(step.axis for step in steps if step.axis is not None))
    if len(axes) < 2 or any(step.topic != "receptive_field" for step in steps):
        yield from steps
        return
    yield from (step for step in steps if step.axis is None)  # on an input that every cell sees as a whole
    said = [[_said(step) for step in steps if step.axis == axis] for axis in axes]
    same = all(one == said[0] for one in said[1:])
    for axis in axes[:1] if same else axes:
        where = "on each axis" if same else f"on the {axis}"
        for place, step in enumerate(one for one in steps if one.axis == axis):
            yield step if place else step.but(words=f"{where}; {step.words}" if step.words else where)


def by_input(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """The steps of a section in parts: those of a receptive field by axis and input, any other all together."""
    starts = [place for place, step in enumerate(steps) if step.name == "r_out"]
    for start, stop in zip([0, *starts[1:]], [*starts[1:], len(steps)], strict=True):
        yield steps[start:stop]


def _said(step: Step) -> tuple[str, object, str, str]:
    return step.name, step.value, "" if step.formula is None else written(step.formula), step.words


def is_taken_over(step: Step) -> bool:
    """Whether a number is one that is given, or one number of the rule: nothing is calculated."""
    return isinstance(step.formula, Letter | Number)


def value_of(step: Step) -> str:
    """The value of a step with its unit: `15,680 bytes (15.3 KiB)`."""
    value = step.value
    if value is None:
        return "unknown"
    text = (f"{value:,}" if isinstance(value, int) else f"{value:,.4g}").replace("-", "−")
    if step.unit == "bytes" and isinstance(value, int):
        human = memory(value)
        return f"{text} bytes" if human.endswith(" B") else f"{text} bytes ({human})"
    return text
