"""The expansion: a description to a placed network, with every mistake and what would fix it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.diagnostics import Diagnostic, in_order
from analyzer.engine.network import Network
from analyzer.loader.expand.running import run_over
from analyzer.loader.parse.description import Model
from analyzer.volume import Volume

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
    run = run_over(model, set or {}, input)

    def again(volumes: Mapping[str, Volume]) -> Network | None:
        from analyzer.loader.expand.trial import place_again  # only where other sizes are asked about

        return place_again(model, set or {}, input, volumes)

    run.network.again = again
    if run.mistakes.puzzles:
        from analyzer.loader.expand.hints import add_hints  # with all that only a wrong shape needs

        add_hints(run, set or {}, input)
    found = in_order(run.mistakes.found)
    _suspect_input(run.network, found)
    return run.network, found


def settled(model: Model, set: Mapping[str, Any] | None = None) -> tuple[Model, list[Diagnostic]]:
    """The description with the budget and the training that hold for variables of `set`, and every mistake in them.

    The same description where nothing in them is an expression.
    """
    if not model.unsettled:
        return model, []
    from analyzer.loader.expand.settling import settle  # few models have expressions there

    return settle(model, set or {})


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
