"""The axes of a sweep: those of the file's key `sweep`, and those of `--set` and `--input`, which replace them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.diagnostics import Refusal, listed
from analyzer.loader.expand.entry import no_input, no_variable
from analyzer.loader.parse.axis import INPUT, Axis
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.ranges import list_of, read_axis, read_volumes, value_in
from analyzer.loader.parse.sweep import axis_called, axis_of_input
from analyzer.settings import SettingError
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.axis import Value


def axes_of(
    model: Model | None, set: Iterable[tuple[str, object]] = (), input: Iterable[str] = (), *, setting: str = "set"
) -> list[Axis]:
    """The axes of a sweep of a model: those of its file, then the new ones, in the order in which they are written.

    `set` are names with their values: a text as `--set` writes it, or a list, a range, a number or a word. `input` are
    texts as `--input` writes them. A file of another format is read with the values of one variant, and its reader
    then refuses names that it lacks, so `model` may be None for it. `setting` is what messages call `set`.

    Raises `SettingError` for every mistake in them, and where there is no axis.

    >>> [(axis.name, axis.values) for axis in axes_of(None, [("width", "16:48:16")], ["8x8x3,9x9x3"])]
    [('width', range(16, 49, 16)), ('input', ['8x8x3', '9x9x3'])]
    """
    known = None if model is None or model.format is not None else model
    given: dict[str, Axis] = {}
    for name, values in set:
        _add(given, _axis_of(known, name, values, setting), setting)
    texts = [*input]
    for text in texts:
        name, equals, volumes = text.partition("=")
        if len(texts) > 1 and not equals:
            said = f"with several `{{input}}`, each needs a name: `{{input}} name={shown(text)}`"
            raise SettingError(said, "input", "input")
        axis = _axis_of_input(known, name if equals else None, volumes if equals else text)
        _add(given, axis, "input")
    axes = {**(known.sweep if known is not None else {}), **given}
    if not axes:
        raise _nothing(known, setting)
    return [*axes.values()]


def settings_of(
    axes: Iterable[Axis], values: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, str] | str | None]:
    """The variables and the input volumes of a variant, as `expand` and the readers of formats take them.

    >>> settings_of([Axis("width", [16]), Axis("input", ["8x8x3"], volume=True)], {"width": 16, "input": "8x8x3"})
    ({'width': 16}, '8x8x3')
    """
    volumes = {axis.name: str(values[axis.name]) for axis in axes if axis.volume}
    variables = {name: value for name, value in values.items() if name not in volumes}
    if INPUT in volumes:
        return variables, volumes[INPUT]
    return variables, {name.removeprefix(f"{INPUT}."): text for name, text in volumes.items()} or None


def _add(given: dict[str, Axis], axis: Axis, setting: str) -> None:
    if axis.name in given:
        one = f"write its values in one `{{{setting}}}`, with commas between"
        raise SettingError(f"the axis `{axis.name}` is given twice; {one}", setting)
    given[axis.name] = axis


def _axis_of(model: Model | None, written: str, values: object, setting: str) -> Axis:
    """The axis of a name of `set` and its values."""
    name, volume = (written, False)
    if model is not None:
        found = axis_called(model, written)
        if found is None:
            raise SettingError(no_variable(written, model.vars))
        name, volume = found
    elif written == INPUT or written.startswith(f"{INPUT}."):
        volume = True
    try:
        if volume:
            return read_volumes(name, values.split(",") if isinstance(values, str) else _items(values))
        if isinstance(values, str):
            return read_axis(name, values)
        if isinstance(values, range) and values:
            return Axis(name, values)
        return Axis(name, list_of(map(value_in, _items(values))))
    except Refusal as refusal:
        raise _said(refusal, name, setting) from None


def _axis_of_input(model: Model | None, written: str | None, text: str) -> Axis:
    """The axis of a text of `input`: the volumes of the input with this name (None: the first)."""
    name = INPUT if written is None else f"{INPUT}.{written}"
    if model is not None:
        if written is not None and written not in model.inputs:
            raise SettingError(no_input(written, model.inputs))
        name = axis_of_input(model, written)
    try:
        return read_volumes(name, text.split(","))
    except Refusal as refusal:
        raise _said(refusal, name, "input") from None


def _items(values: object) -> Iterable[object]:
    """The values of an axis that is given from Python; one value is a list of one."""
    return values if isinstance(values, Iterable) and not isinstance(values, (str, bytes, Mapping)) else [values]


def _said(refusal: Refusal, name: str, setting: str) -> SettingError:
    """The error about the values of an axis."""
    help = f"; {refusal.help}" if refusal.help else ""
    subject = f"`{shown(name)}` of `{{{setting}}}`"
    return SettingError(refusal.sentence(subject) + help, setting)


def _nothing(model: Model | None, setting: str) -> SettingError:
    """The error about a sweep without an axis."""
    names = [] if model is None else [*model.vars]
    example = f"{names[0]}=16:128:16" if names else f"{INPUT}=128x128x3,224x224x3"
    in_file = "" if model is None else ", and so does a key `sweep` in the file"
    has = f"; the variables of the model are {listed(names, last='and')}" if names else ""
    return SettingError(f"nothing to sweep: `{{{setting}}}` gives values, such as `{example}`{in_file}{has}", setting)
