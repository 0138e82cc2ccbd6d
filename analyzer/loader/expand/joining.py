"""Joins that structures add: the sum of a residual, the merge of parallel branches."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Reason, Refusal
from analyzer.engine.network import Node, Origin
from analyzer.layers import CATALOGUE, Layer
from analyzer.loader.expand.explaining import behind
from analyzer.loader.expand.frame import Frame
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.placing import place, place_row, row_of
from analyzer.loader.expand.scope import MISSING, Missing
from analyzer.loader.expand.state import Expansion
from analyzer.loader.expand.values import Dependent
from analyzer.loader.parse.description import ParallelItem, ResidualItem
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def add_shortcut(
    run: Expansion, item: ResidualItem, frame: Frame, source: Node, end: Node, shortcut: Node
) -> Node | Missing:
    """Places the sum of a body's end and its shortcut, and the activation after it."""
    name = frame.name
    changed = end.output != source.output
    try:
        if not changed or item.project != []:  # `project: none`: no shortcut where the shape changes
            if run.traces:
                run.network.facts.compared.append((end, shortcut, True))
            _refuse_sum(item, source, end.output, shortcut.output)
            name = name or frame.scope.automatic("add")
            origin = Origin(item.span, frame.scope.path, item.note)
            end = place(run, frame.scope.prefix + name, _join(run, "add", (), frame), [end, shortcut], origin)
        row = row_of(run, item.act, frame.values, end.output) if item.act is not None else None
    except Refusal as refusal:
        tree = item.place if item.act is None or refusal.parameter is None else item.act.template.tree
        found = run.mistakes.report(refusal, tree, frame.scope)
        if found is not None and refusal.reason is not None:
            run.mistakes.puzzles.append(Puzzle(found, refusal.reason, item, None, [end, shortcut]))
        return MISSING
    except Dependent:
        return MISSING
    if row is None:
        return end
    kind = row.type.type
    return place_row(run, row, f"{name}.{kind}" if name else frame.scope.automatic(kind), end, item, frame)


def _refuse_sum(item: ResidualItem, node: Node, end: Volume, shortcut: Volume) -> None:
    """Refuses a body and a shortcut that cannot be added, both of which read `node`."""
    if shortcut == end:
        return
    source = node.output
    if item.project is None:
        stride = _stride(source, end)
        project = f"`project: [conv: {_projection(end, stride)}]`, or " if stride is not None else ""
        raise Refusal(
            f"the body turns {source.pretty()} into {end.pretty()}, but the shortcut has no `project`",
            code="SHAPE213",
            notes=behind(node),
            help=f"{project}`project: none` for no shortcut",
            reason=Reason.SIZES_DIFFER if stride is None and source.rank == end.rank else None,
        )
    raise Refusal(
        f"the body puts out {end.pretty()} and `project` {shortcut.pretty()}: these cannot be added",
        code="SHAPE213",
        notes=[f"both read {source.pretty()}"],
        help=_lacking(shortcut, end),
        reason=Reason.SIZES_DIFFER if _stride(shortcut, end) is None and shortcut.rank == end.rank else None,
    )


def _projection(after: Volume, stride: str) -> str:
    """The arguments of a 1×1 convolution with a stride that puts out this volume."""
    step = "" if stride == "1" else f", stride: {stride}"
    return f"{{filters: {after.depth}, kernel: 1{step}}}"


def _lacking(project: Volume, body: Volume) -> str | None:
    """What `project` lacks to put out what the body does."""
    stride = _stride(project, body)
    if stride is None:
        return None
    parts = [f"a stride of {stride}"] if stride != "1" else []
    if project.depth != body.depth:
        parts.append(f"a depth of {body.depth}")
    return f"{' and '.join(parts)} in `project`" if parts else None


def _stride(before: Volume, after: Volume) -> str | None:
    """The stride between two volumes' spatial sizes, as it is written; None where there is none."""
    if before.rank != after.rank:
        return None
    strides = [-(-a // b) for a, b in zip(before.spatial, after.spatial, strict=True)]
    if any(-(-a // s) != b for a, b, s in zip(before.spatial, after.spatial, strides, strict=True)):
        return None
    return str(strides[0]) if len(set(strides)) == 1 else "x".join(map(str, strides))


def _join(run: Expansion, type: str, inputs: tuple[str, ...], frame: Frame) -> Layer:
    """The layer that joins what a structure ends with; the file's `defaults` hold for it too."""
    read: dict[str, Any] = {"inputs": inputs}
    for name, usual in run.model.defaults.get(type, {}).items():
        if name not in read:
            one, template = usual.declaration, usual.template
            read[one.attribute] = one.kind.read(frame.evaluate(template)) if template.dynamic else usual.value
    return CATALOGUE[type].of_read(read)


def join_branches(run: Expansion, item: ParallelItem, path: str, frame: Frame, ends: Sequence[Node]) -> Node | Missing:
    """Places the layer that joins the ends of branches."""
    join = item.join if item.join not in item.branches else f"{item.join}ed"
    try:
        layer = _join(run, item.join, tuple(item.branches), frame)
        return place(run, f"{path}.{join}", layer, ends, Origin(item.span, path, item.note))
    except Refusal as refusal:
        refusal.notes = tuple(
            f"branch `{branch}` puts out {node.output.pretty()}"
            for branch, node in zip(item.branches, ends, strict=True)
        )
        refusal.help = None
        found = run.mistakes.report(refusal, item.place, frame.scope, name=path)
        if found is not None and refusal.reason is not None:
            run.mistakes.puzzles.append(Puzzle(found, refusal.reason, item, layer, ends))
        return MISSING
