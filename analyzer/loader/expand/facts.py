"""What an expansion asked of volumes, so that its layers can be replayed over others (`Facts`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.engine.network import Node
from analyzer.layers import Layer
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.loader.expand.state import Expansion
from analyzer.loader.expressions.expression import VOLUME, Expression
from analyzer.loader.parse.description import Argument
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def trace_layer(
    run: Expansion,
    node: Node,
    source: Node,
    arguments: Mapping[str, Argument],
    make: Callable[[Volume | None], Layer],
) -> None:
    """Writes down how a layer is made whose own parameters ask for the volume of `source`.

    Parameters that are layers of their own, or name layers, are not among them: another value would change the network.
    """
    asking = [one for one in _expressions(arguments) if one.names & VOLUME]
    if asking:
        run.network.facts.made[node.index] = source, make
        run.traced.update(map(id, asking))


def settle_facts(run: Expansion) -> None:
    """Writes down whether expressions elsewhere than in parameters of placed layers ask for volumes."""
    others = [one.names for one in run.model.asks if id(one) not in run.traced]
    facts = run.network.facts
    facts.depths = any("D" in names for names in others)
    facts.sizes = any("H" in names or "W" in names for names in others)


def _expressions(arguments: Mapping[str, Argument]) -> Iterator[Expression]:
    """The expressions in the values of a layer's own parameters."""
    for argument in arguments.values():
        if argument.template.dynamic and not isinstance(argument.declaration.kind, (Sugar, Reference, References)):
            waiting = [argument.template.value]
            while waiting:
                value = waiting.pop()
                if isinstance(value, Expression):
                    yield value
                elif isinstance(value, (list, dict)):
                    waiting += value if isinstance(value, list) else value.values()
