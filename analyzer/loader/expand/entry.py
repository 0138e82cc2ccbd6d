"""What enters an expansion: the variables and the input volumes, of the file or given from outside."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from operator import index

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.engine.network import Node
from analyzer.loader.expand.mistakes import Mistakes
from analyzer.loader.expand.scope import MISSING, Missing
from analyzer.loader.expand.state import Expansion
from analyzer.loader.expand.values import Dependent, Values
from analyzer.loader.parse.description import UNKNOWN, Model, Template
from analyzer.loader.parse.inputs import refuse_volume
from analyzer.loader.text.places import inner
from analyzer.loader.text.tree import Scalar, value_of
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.volume import Volume, read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read_variables(model: Model, settings: Mapping[str, Any], mistakes: Mistakes) -> Values:
    """The variables of a file, those of `settings` in place of its own; UNKNOWN after a finding."""
    for name in settings:
        if name not in model.vars:
            near = nearest(name, model.vars)
            known = f"its variables are {listed(model.vars, last='and')}" if model.vars else "it has no `vars`"
            meant = f"did you mean `{near}`? " if near else ""
            raise SettingError(f"the model has no variable `{shown(name)}`; {meant}{known}")
    values = Values({})
    for name, template in model.vars.items():
        if name in settings:
            values.variables[name] = _setting(settings[name])
        else:
            values.variables[name] = _variable(template, values, mistakes)
    return values


def _variable(template: Template, values: Values, mistakes: Mistakes) -> Any:
    try:
        return values.evaluate(template, None)
    except Refusal as refusal:
        mistakes.report(refusal, inner(template.tree, refusal.at), notes=values.explain(template.value))
    except Dependent:
        pass
    return UNKNOWN


def enter_inputs(run: Expansion, given: Mapping[str, object] | object) -> None:
    """Enters the input volumes into the network; the first one is its entry."""
    first = next(iter(run.model.inputs))
    named = given if isinstance(given, Mapping) else {} if given is None else {first: given}
    volumes = _given(named, run.model)
    for name, template in run.model.inputs.items():
        node: Node | Missing = MISSING
        volume = volumes.get(name) or _written(name, template, run.values, run.mistakes)
        if volume is not None:
            node = run.network.enter(name, volume)
        run.names.inputs[name] = node
        if name == first:
            run.entry = node


def _given(texts: Mapping[str, object], model: Model) -> dict[str, Volume]:
    """The volumes given from outside, by the names of the inputs."""
    volumes = {}
    for name, text in texts.items():
        if name not in model.inputs:
            known = listed(model.inputs, last="and")
            raise SettingError(f"the model has no input `{shown(name)}`; its inputs are {known}")
        refusal = refuse_volume(str(text))
        if refusal is not None:
            raise SettingError(f"the input {refusal.message}" + (f"; {refusal.help}" if refusal.help else ""))
        volumes[name] = _volume(str(text))
    return volumes


def _written(name: str, template: Template, values: Values, mistakes: Mistakes) -> Volume | None:
    """The volume that the file gives an input; None after a finding."""
    try:
        value = values.evaluate(template, None)
        text = f"{value:.15g}" if isinstance(value, float) else str(value)
        refusal = refuse_volume(text)
        if refusal is None:
            return _volume(text)
        refusal.message = f"`{name}` {refusal.message}"
        mistakes.report(refusal, template.tree, notes=values.explain(template.value))
    except Refusal as refusal:
        mistakes.report(refusal, template.tree, notes=values.explain(template.value))
    except Dependent:
        pass
    return None


def _volume(text: str) -> Volume:
    return Volume.of([size or 0 for size in read_sizes(text) or ()])


def _setting(value: Any) -> Any:
    """A variable's value given from outside; a text is read as it would be in the file."""
    if isinstance(value, str):
        return value_of(Scalar(value, _NOWHERE, _NOWHERE, plain=True))
    if isinstance(value, bool):
        return bool(value)
    if hasattr(value, "__index__"):  # also a number of another library
        return index(value)
    if isinstance(value, float) and isfinite(value):
        return float(value)
    raise SettingError(f"a variable is a finite number or a word, not {shown(str(value))}")


class _Nowhere:
    line = 0
    column = 0


_NOWHERE = _Nowhere()
