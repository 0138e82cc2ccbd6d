"""What enters an expansion: the variables and the input volumes, of the file or given from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.engine.network import Node
from analyzer.loader.expand.mistakes import Mistakes
from analyzer.loader.expand.scope import MISSING, Missing
from analyzer.loader.expand.state import Expansion
from analyzer.loader.expand.values import Dependent, Values
from analyzer.loader.parse.description import UNKNOWN, Model, Template
from analyzer.loader.parse.inputs import refuse_volume
from analyzer.loader.text.places import inner
from analyzer.loader.text.tree import given_value
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
            raise SettingError(no_variable(name, model.vars))
    values = Values({})
    for name, template in model.vars.items():
        if name in settings:
            values.variables[name] = _setting(settings[name])
        else:
            values.variables[name] = _variable(template, values, mistakes)
    return values


def no_variable(name: str, known: Collection[str]) -> str:
    """The message about a variable that a file lacks; `known` are those that it has."""
    near = nearest(name, known)
    variables = f"its variables are {listed(known, last='and')}" if known else "it has no `vars`"
    meant = f"did you mean `{near}`? " if near else ""
    return f"the model has no variable `{shown(name)}`; {meant}{variables}"


def no_input(name: str, known: Collection[str]) -> str:
    """The message about an input that a file lacks; `known` are those that it has."""
    return f"the model has no input `{shown(name)}`; its inputs are {listed(known, last='and')}"


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
            raise SettingError(no_input(name, model.inputs))
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


def _setting(value: object) -> Any:
    """A variable's value given from outside."""
    try:
        return given_value(value)
    except ValueError:
        raise SettingError(f"a variable is a finite number or a word, not {shown(str(value))}") from None
