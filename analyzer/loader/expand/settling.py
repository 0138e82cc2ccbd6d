"""Limits of a budget and values of the training that depend on variables, and values that contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

from analyzer.diagnostics import Diagnostic, Refusal
from analyzer.layers.kinds import written
from analyzer.loader.expand.entry import read_variables
from analyzer.loader.expand.mistakes import Mistakes
from analyzer.loader.expand.values import Dependent, Values
from analyzer.loader.parse.budget import amount_of, limit_of, training_value
from analyzer.loader.parse.description import Model, Unsettled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.engine.network import Network


def settle(model: Model, settings: Mapping[str, Any]) -> tuple[Model, list[Diagnostic]]:
    """See `expansion.settled`. Mistakes in the variables are those of `expand`."""
    values = read_variables(model, settings, Mistakes(model.file))
    mistakes = Mistakes(model.file)
    found = copy(model)
    found.budget, found.training = dict(model.budget), dict(model.training)
    for one in model.unsettled:
        try:
            _settle(found, one, values)
        except Refusal as refusal:
            notes = [line for template in one.parts.values() for line in values.explain(template.value)]
            mistakes.report(refusal, one.place, notes=notes)
        except Dependent:
            pass
    return found, mistakes.found


def contradicting(model: Model, network: Network | None) -> list[Diagnostic]:
    """What in the settled `training` does not go together, and what does not suit the network (None: a wrong one).

    Nothing where a value is wrong by itself: the rest may be its consequence.
    """
    from analyzer.engine.memory.planned import contradictions  # a report does not need it otherwise

    places, mistakes = model.training_places(), Mistakes(model.file)
    if any(key not in model.training for key in places):
        return []
    for key, error in contradictions(model.training, network):
        if key in places:
            mistakes.report(Refusal(str(error), code="VALUE101"), places[key])
    return mistakes.found


def _settle(model: Model, one: Unsettled, values: Values) -> None:
    read = {word: values.evaluate(template, None) for word, template in one.parts.items()}
    try:
        if one.section == "training":
            model.training[one.key] = training_value(one.key, read[""])
            return
        ends = {word: amount_of(one.key, value, written(value)) for word, value in read.items()}
    except Refusal as refusal:
        refusal.message = refusal.sentence(f"`{one.key}` of `{one.section}`")
        raise
    model.budget[one.key] = limit_of(one.key, ends, one.place.span(model.file))
