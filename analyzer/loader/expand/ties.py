"""Tied groups: a block call or a structure that reuses the parameters of an earlier one, layer by layer.

The layers with parameters of the group are matched in their order with those of the earlier group, as in a module that
is called twice. So it does not matter how the two are named inside, nor that one of them has a `pad` more.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Node
from analyzer.loader.expand.frame import Frame
from analyzer.loader.expand.graph_keys import name_of
from analyzer.loader.expand.names import has_parameters
from analyzer.loader.expand.state import Expansion, Tying
from analyzer.loader.expand.values import Dependent
from analyzer.loader.parse.description import Item
from analyzer.source import shown
from analyzer.units import plural


def open_tie(run: Expansion, item: Item, frame: Frame) -> Tying:
    """What a tied group reuses, with nothing to match where a mistake left it open."""
    assert item.tied is not None
    tying = Tying(item, frame.scope, frame.path, run.tying)
    try:
        name = name_of(frame.values.evaluate(item.tied, None))
        tying.name = run.names.group(name, frame.scope, frame.turn)
        tying.owners = run.names.owners(tying.name)
    except Refusal as refusal:
        path = frame.path.rpartition(".")[0] if frame.turns else frame.path
        run.mistakes.report(refusal, item.tied.tree, frame.scope, name=path)
    except Dependent:
        pass
    return tying


def tie_next(run: Expansion, node: Node) -> None:
    """Ties a placed layer to its counterpart in each tied group around it; the innermost one counts."""
    if not has_parameters(node):
        return
    tying = run.tying
    while tying is not None:
        owners = tying.owners
        if owners is not None:
            try:
                _tie(run, node, tying, owners)
            except Refusal as refusal:
                tying.owners = None
                place = tying.item.tied.tree if tying.item.tied is not None else tying.item.place
                run.mistakes.report(refusal, place, tying.scope, name=node.name)
        tying = tying.outer


def _tie(run: Expansion, node: Node, tying: Tying, owners: Sequence[Node]) -> None:
    if tying.used >= len(owners):
        raise _other_number(
            f"`{shown(tying.path)}` has more layers with parameters than `{shown(tying.name)}`, whose parameters it "
            f"reuses, which has {len(owners):,}"
        )
    owner = owners[tying.used]
    tying.used += 1
    if node.tied is None:
        run.network.tie(node, owner)


def close_tie(run: Expansion, tying: Tying, *, complete: bool) -> None:
    """Reports the layers of the earlier group that have no counterpart; `complete`: all layers could be placed."""
    if complete and tying.owners is not None and tying.used < len(tying.owners):
        assert tying.item.tied is not None
        refusal = _other_number(
            f"`{shown(tying.path)}` has {plural(tying.used, 'layer')} with parameters, but `{shown(tying.name)}`, whose "
            f"parameters it reuses, has {len(tying.owners):,}"
        )
        run.mistakes.report(refusal, tying.item.tied.tree, tying.scope)


def _other_number(message: str) -> Refusal:
    """The refusal of a group with another number of layers than the one that it is tied to."""
    return Refusal(message, code="NAME105", help="a tied group has the same layers as the one that it is tied to")
