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
from analyzer.loader.expand.state import Expansion, Expects, Unmet
from analyzer.loader.parse.description import Model, SequenceItem
from analyzer.loader.text.limits import LIMITS
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def expand(
    model: Model,
    *,
    set: Mapping[str, Any] | None = None,
    input: Mapping[str, str] | str | None = None,
    hints: bool = True,
) -> tuple[Network, list[Diagnostic]]:
    """The network of a description, with variables of `set` in place of its own, and every mistake found.

    `input` overrides the input volume (a text), or several by name. Beside either, an `expect` that fails is a note of
    the network and no mistake. Raises `SettingError` for what the file lacks. Beside mistakes the network has the
    layers that could be placed. `hints` looks for
    what would fix a shape that does not fit, which takes several expansions.
    """
    named = input if isinstance(input, Mapping) else {} if input is None else {next(iter(model.inputs)): input}

    def again(volumes: Mapping[str, Volume], **changed: Any) -> Expansion:
        return _run_over(model, set or {}, {**named, **{name: str(one) for name, one in volumes.items()}}, **changed)

    def placed(volumes: Mapping[str, Volume]) -> Network | None:
        from analyzer.loader.expand.facts import settle_facts  # only where sizes are tried

        run = again(volumes, expects=Expects.SKIP, traces=True)
        if run.mistakes.found:
            return None
        settle_facts(run)
        return run.network

    run = again({}, expects=Expects.COUNT if set or named else Expects.BIND)
    run.network.again = placed
    if run.unmet:
        run.network.notes.append(_unmet([*run.unmet.values()], model.file, given=_given(set, named)))
    if run.mistakes.puzzles and hints:
        from analyzer.loader.expand.hints import add_hints  # with all that only a wrong shape needs

        add_hints(run, again)
    found = in_order(run.mistakes.found)
    _suspect_input(run.network, found)
    return run.network, found


def _given(set: Mapping[str, Any] | None, input: Mapping[str, str]) -> str:
    """What was given to an expansion, as a message calls it."""
    return "input and variables" if set and input else "variables" if set else "input"


def _unmet(unmet: Sequence[Unmet], file: str, *, given: str) -> Diagnostic:
    """The one note about all `expect`s that fail with another input, or with other variables."""
    first, many = unmet[0], len(unmet) > 1
    said = f"{len(unmet):,} `expect`s do" if many else "1 `expect` does"
    message = f"{said} not hold for the given {given}{'; the first' if many else ''}: {first.message}"
    return Diagnostic("EXPECT202", message, first.tree.span(file), severity="note")


def settled(
    model: Model, set: Mapping[str, Any] | None = None, network: Network | None = None
) -> tuple[Model, list[Diagnostic]]:
    """The description with the budget and the training that hold for variables of `set`, and every mistake in them.

    The same description where nothing in them is an expression. `network` is what the settings of the training must
    suit; None for one with mistakes.
    """
    if not model.unsettled and not model.training:
        return model, []
    from analyzer.loader.expand.settling import contradicting, settle  # few models have expressions there

    found, mistakes = settle(model, set or {}) if model.unsettled else (model, [])
    return found, [*mistakes, *([] if mistakes else contradicting(found, network))]


def _run_over(model: Model, set: Mapping[str, Any], input: Mapping[str, str], **changed: Any) -> Expansion:
    """The state after one run, with volumes for some inputs; `changed` are fields of `Expansion`."""
    mistakes = Mistakes(model.file)
    run = Expansion(model, mistakes, read_variables(model, set, mistakes), **changed)
    enter_inputs(run, input)
    beyond = first_beyond(model)
    if beyond is None:
        _expand(run)
    else:
        message = f"the model has {beyond[1]:,} layers or more up to here, but a network may have {LIMITS.layers:,}"
        mistakes.report(Refusal(message, code="LIMIT106", help="fewer repetitions"), beyond[0].place)
    mistakes.repeats.tell()
    return run


def _expand(run: Expansion) -> None:
    """Expands the list of the file, and names its outputs."""
    items = run.model.layers
    scope = Scope("", items, None, None)
    scope.labels.update(run.names.inputs)
    run.outermost = scope
    frame = Frame(scope, run.values, run.entry, (run.entry,))
    try:
        expand_list(run, items, frame)
        _name_outputs(run, frame)
    except Stop:
        return
    if run.network.formats and not run.model.formats:
        _settle_formats(run.network, run.model.weights_dtype)
    if not (run.network.nodes or run.mistakes.found or run.model.faulty) and isinstance(run.entry, Node):
        run.mistakes.report(_no_layer(run.model), items[0].place)


def _settle_formats(network: Network, usual: str | None) -> None:
    """Gives the number format of the file to the weights of all layers that say none, where some layers say theirs."""
    if usual is None:
        several = [*network.formats.values()]
        network.weights_dtype = max(dict.fromkeys(several), key=several.count)
        return
    for node in network.nodes:
        network.formats.setdefault(node.name, usual)


def _no_layer(model: Model) -> Refusal:
    """The refusal of a network without a layer, with the reason why it has none."""
    waiting = [*model.layers, *(item for block in model.blocks.values() for item in block.body)]
    while waiting:
        item = waiting.pop()
        if item.when is not None or item.repeat is not None:
            return Refusal("the network has no layer: every `when` is false or every `repeat` is 0", code="MODEL107")
        if isinstance(item, SequenceItem):
            waiting += item.body
    message = "the network has no layer: every group of its list is empty"
    return Refusal(message, code="MODEL107", help="for example `- conv: {filters: 64, kernel: 3}`")


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
    """Adds to the first shape that does not fit that an input looks as if its depth, or a batch, were written first."""
    wrong = next((problem for problem in problems if problem.code.startswith("SHAPE")), None)
    for node in network.inputs if wrong is not None else ():
        volume, meant = node.output, node.output.reordered
        if wrong is not None and meant is not None:
            first = "a batch" if meant.depth == volume.depth else "its depth"
            said = f"`{node.name}` of {volume.pretty()} looks as if {first} came first; did you mean `{meant}`?"
            wrong.notes = (*wrong.notes, said)
            return
