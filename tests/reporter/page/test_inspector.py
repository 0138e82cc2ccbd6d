"""The inspector's data: it gives back the steps of `analyzer explain` for every layer of the examples."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analyzer import Analysis, analyze
from analyzer.engine.explained.explain import around_of
from analyzer.engine.explained.expression import Letter, Number, written
from analyzer.engine.explained.steps import steps_of
from analyzer.engine.memory.by_layer import measure_memory
from analyzer.engine.result import MODES
from analyzer.reporter.options import Options
from analyzer.reporter.page import inspector
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import scene_of

EXAMPLES = [
    Path("example_models", f"{name}.yaml")
    for name in (
        "crnn",
        "deepface",
        "gpt2",
        "inception_v3",
        "resnet50",
        "start",
        "swin_tiny",
        "tcn",
        "unet3d",
        "vit_b16",
    )
]

#: A transposed convolution, phases of a resampled axis, tied and frozen layers, two inputs, an unknown number.
STRANGE = """
inputs: {a: 16x16x4, b: 8x8x4}
layers:
  - conv: {filters: 4, kernel: 3, stride: 2, padding: same}
    from: a
    name: first
    frozen: true
  - add: {inputs: [first, b]}
  - upsample: {factor: 2}
  - conv_transpose: {filters: 4, kernel: 3, stride: 2}
  - conv: {filters: 2, kernel: 3, sharing: local}
  - custom: {output: 15x15x8, weights: 12, macs: unknown}
"""


def inspected(analysis: Analysis) -> dict[str, object]:
    """The data as a script reads it."""
    found: dict[str, object] = json.loads(
        json.dumps(inspector.columns(Reviewed(analysis=analysis), scene_of(analysis), Options()))
    )
    return found


def ascii_signs(formula: str) -> str:
    """A formula as it is in the data."""
    for sign, plain in zip("·−⌊⌋⌈⌉", "*-[]{}", strict=True):
        formula = formula.replace(sign, plain)
    return formula


def told(analysis: Analysis) -> None:
    """Compares the data of every layer with the steps of its explanation."""
    data: dict = inspected(analysis)  # type: ignore[type-arg]  # as a script reads it: without types
    measure_memory(analysis)
    around = around_of(analysis, MODES)
    texts = [*data["texts"], ""]
    for index, row in enumerate(analysis.rows):
        shape, rule, known, values, *more = data["entries"][data["of"][index]]
        words, numbers = (*more, {}, {})[:2]
        names, forms = data["shapes"][shape]
        letter = {texts[name]: f"{value:,}" for name, value in zip(names, known, strict=True)}
        steps = [step for step in steps_of(row, around) if step.topic not in ("saved", "receptive_field")]
        assert len(steps) == len(forms), row.name
        assert texts[rule]
        for place, (step, form) in enumerate(zip(steps, forms, strict=True)):
            topic, name, mode, axis, letters = (texts[one] for one in form[:5])
            assert (topic, name, mode, axis) == (step.topic, step.name, step.mode or "", step.axis or "")
            assert values[place] == step.value
            if step.formula is not None and not isinstance(step.formula, Letter | Number):
                filled = re.sub(r"[A-Za-z_]\w*", lambda found: letter.get(found.group(), "?"), letters)  # noqa: B023
                assert numbers.get(str(place), filled) == ascii_signs(written(step.formula)), row.name
            assert letters == "" or letters == ascii_signs(written(step.formula, letters=True))
            assert texts[words.get(str(place), -1)] == step.words
        kept = data["kept"][data["keeps"][index]]
        assert sum(bytes_ * count for _, _, _, bytes_, count, _, first, _ in kept if first == 0) == row.saved, row.name
        _told_field(analysis, index, data, texts)


def _told_field(analysis: Analysis, index: int, data: dict, texts: list[str]) -> None:  # type: ignore[type-arg]
    """The field's formulas give the report's numbers once the numbers of its source are put in."""
    row = analysis.rows[index]
    source, *rest = data["moves"][data["field"][index]]
    if source is None:
        assert not row.receptive_fields or rest
        return
    (field,) = row.receptive_fields.values()
    assert field is not None
    (axes,) = rest
    for place in range(len(field.size)):
        before = {
            f"{name}_in": _on_axis(data[name][index + source], place) if source <= 0 else number
            for name, number in (("r", 1), ("j", 1), ("start", 0))
        }
        for (_, numbers), found in zip(
            axes[min(place, len(axes) - 1)], (field.size[place], field.stride[place], field.offset[place]), strict=True
        ):
            python = texts[numbers].replace("[", "(").replace("]", ")")
            assert eval(python.replace("/", "//").replace(",", ""), {}, before) == found, (row.name, python)


def _on_axis(number: object, place: int) -> object:
    return number[place] if isinstance(number, list) else number


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_data_has_the_steps_of_the_explanation(path: Path) -> None:
    told(analyze(path))


def test_strange_layers() -> None:
    told(analyze(STRANGE))
