"""The expansion: a description to a placed network.

Plain walking over the items: variables are calculated, blocks called, repetitions stepped through, and every layer is
placed by `Network.place`, so that `$D`, `project`, `when` and `expect` see real volumes. A mistake is reported once, at
its place. Nothing is reported about what reads a layer that could not be placed; everything else continues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.diagnostics import Diagnostic, Refusal, in_order
from analyzer.engine.network import Network, Node
from analyzer.loader.expand.entry import enter_inputs, read_variables
from analyzer.loader.expand.frame import Frame
from analyzer.loader.expand.items import expand_list
from analyzer.loader.expand.least import first_beyond
from analyzer.loader.expand.mistakes import Mistakes, Stop
from analyzer.loader.expand.scope import Scope
from analyzer.loader.expand.state import Expansion
from analyzer.loader.parse.description import Model
from analyzer.loader.text.limits import LIMITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def expand(
    model: Model, *, set: Mapping[str, Any] | None = None, input: Mapping[str, str] | str | None = None
) -> tuple[Network, list[Diagnostic]]:
    """The network of a description, with variables of `set` in place of its own, and every mistake found.

    `input` overrides the input volume (a text), or several by name. Raises `SettingError` for what the file lacks.
    Beside mistakes the network has the layers that could be placed.
    """
    mistakes = Mistakes(model.file)
    run = Expansion(model, mistakes, read_variables(model, set or {}, mistakes))
    enter_inputs(run, input)
    beyond = first_beyond(model)
    if beyond is None:
        _expand(run)
    else:
        message = f"the model has {beyond[1]:,} layers or more up to here, but a network may have {LIMITS.layers:,}"
        mistakes.report(Refusal(message, code="LIMIT106", help="fewer repetitions"), beyond[0].place)
    found = in_order(mistakes.found)
    _suspect_input(run.network, found)
    return run.network, found


def _expand(run: Expansion) -> None:
    """Expands the list of the file, and names its outputs."""
    items = run.model.layers
    scope = Scope("", items, None, None)
    scope.labels.update(run.names.inputs)
    frame = Frame(scope, run.values, run.entry, (run.entry,))
    try:
        expand_list(run, items, frame)
        _name_outputs(run, frame)
    except Stop:
        return
    if not (run.network.nodes or run.mistakes.found or run.model.faulty) and isinstance(run.entry, Node):
        message = "the network has no layer: every `when` is false or every `repeat` is 0"
        run.mistakes.report(Refusal(message, code="MODEL107"), items[0].place)


def _name_outputs(run: Expansion, frame: Frame) -> None:
    """Marks the layers that `outputs` names."""
    nodes = []
    for template in run.model.outputs:
        try:
            node = run.resolve(template.value, frame)
        except Refusal as refusal:
            run.mistakes.report(refusal, template.tree)
            continue
        if isinstance(node, Node):
            nodes.append(node)
    run.network.name_outputs(nodes)


def _suspect_input(network: Network, problems: Sequence[Diagnostic]) -> None:
    """Adds to the first shape that does not fit that an input looks as if it were written depth first."""
    wrong = next((problem for problem in problems if problem.code.startswith("SHAPE")), None)
    node = next((node for node in network.inputs if node.output.looks_depth_first), None)
    if wrong is not None and node is not None:
        first, *others = node.output.sizes
        meant = "x".join(map(str, (*others, first)))
        note = f"`{node.name}` of {node.output.pretty()} looks as if its depth came first; did you mean `{meant}`?"
        wrong.notes = (*wrong.notes, note)
