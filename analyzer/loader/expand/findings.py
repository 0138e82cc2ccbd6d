"""Mistakes found while a model is expanded: each reported once, where it stands, with how the expansion came there."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import BEFORE, LAYER, Diagnostic, Refusal
from analyzer.engine.network import Node
from analyzer.layers.windows import arithmetic
from analyzer.loader.expand.scope import Missing, Scope, Values
from analyzer.loader.parse.context import at_fault, inside
from analyzer.loader.parse.description import Argument, LayerItem
from analyzer.loader.text.limits import LIMITS, Enough
from analyzer.loader.text.tree import Mapping, Tree
from analyzer.source import shown
from analyzer.volume import AXES


class Stop(Exception):
    """The expansion is beyond a limit; it was reported."""


class Findings:
    """The findings of one expansion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Diagnostic] = []
        self.reported: set[tuple[str, int, int]] = set()

    def layer(
        self,
        refusal: Refusal,
        item: LayerItem,
        arguments: dict[str, Argument],
        name: str,
        sources: Sequence[Node | Missing],
        scope: Scope,
        values: Values,
    ) -> None:
        """Reports the refusal of a layer: at the parameter at fault where it is written, with what the layer reads."""
        argument = arguments.get(refusal.parameter or "")
        place: Tree = item.place
        notes: list[str] = []
        if refusal.code == "NAME103" and isinstance(place, Mapping):
            place = place.get("name") or place
        elif refusal.parameter == "tied" and item.tied is not None:
            place = item.tied.tree
        elif argument is not None:
            place = at_fault(argument.template.tree, refusal)
            if argument.template.dynamic and self._key(refusal, place) not in self.reported:
                notes = values.explain(argument.template.value)
            if place.start.line + 1 < item.span.line or place.start.line + 1 > item.span.end_line:
                notes.append(f"for `{shown(name)}`, line {item.span.line}")
        if self._key(refusal, place) in self.reported:
            return
        if refusal.code.startswith(("VALUE", "LIMIT103")) and argument is not None and LAYER not in refusal.message:
            subject = inside(f"`{argument.declaration.name}` of `{item.type.type}`", refusal)
            refusal.message = f"{subject} {refusal.message}"
        if refusal.code.startswith("SHAPE"):
            notes += _sources(sources)
            if len(sources) > 1:
                told = {f"input {n} is {node.output.pretty()}" for n, node in _numbered(sources)}
                refusal.notes = tuple(note for note in refusal.notes if note not in told)
        if refusal.help is not None and BEFORE in refusal.help:
            refusal.help = refusal.help.replace(BEFORE, _before(sources))
        self.report(refusal, place, scope, name=name, notes=notes)
        if refusal.code == "LIMIT106":
            raise Stop

    def report(
        self, refusal: Refusal, tree: Tree, scope: Scope | None = None, *, name: str = "", notes: Sequence[str] = ()
    ) -> None:
        """Reports a mistake once for each place, however often a block is called."""
        key = self._key(refusal, tree)
        if key in self.reported:
            return
        span = tree.span(self.file)
        if len(self.problems) >= LIMITS.findings:
            self.problems.append(Enough(span).note())
            raise Stop
        trail = scope.trail() if scope is not None else []
        short = f"`{shown(name)}`" if name else "the layer"
        diagnostic = Diagnostic(
            refusal.code,
            refusal.message.replace(LAYER, short),
            span,
            notes=[note.replace(LAYER, short) for note in (*refusal.notes, *notes, *trail)],
            help=refusal.help.replace(LAYER, short) if refusal.help else None,
        )
        self.reported.add(key)
        self.problems.append(diagnostic)

    def _key(self, refusal: Refusal, tree: Tree) -> tuple[str, int, int]:
        return refusal.code, tree.start.line, tree.start.column


def _before(sources: Sequence[Node | Missing]) -> str:
    """What could be changed before a layer whose input is too small."""
    node = sources[0] if sources else None
    while isinstance(node, Node) and node.inputs:
        if any(a > b for a, b in zip(node.inputs[0].output.spatial, node.output.spatial, strict=False)):
            return "one stride-2 layer fewer before it"
        node = node.inputs[0]
    return "a larger input"


def _numbered(sources: Sequence[Node | Missing]) -> list[tuple[int, Node]]:
    return [(number, node) for number, node in enumerate(sources, 1) if isinstance(node, Node)]


def _sources(sources: Sequence[Node | Missing]) -> list[str]:
    """Where the inputs of a layer come from, numbered where there are several."""
    if len(sources) == 1:
        return [line for _, node in _numbered(sources) for line in source_line(node)]
    return [
        line.replace("its input", f"input {number}", 1)
        for number, node in _numbered(sources)
        for line in source_line(node)
    ]


def source_line(node: Node) -> list[str]:
    """Where a layer's input comes from."""
    if node.origin.span is None:
        return [f"its input is the network's input: {node.output.pretty()}"]
    return [f"its input comes from `{shown(node.name)}` (line {node.origin.span.line}): {node.output.pretty()}"]


def behind(node: Node) -> list[str]:
    """What a node read, and what that read, three steps back."""
    lines: list[str] = []
    for _ in range(3):
        if not node.inputs:
            break
        node = node.inputs[0]
        place = f" (line {node.origin.span.line})" if node.origin.span is not None else ""
        what = f"`{shown(node.name)}`{place}" if place else "the network's input"
        lines.append(f"{'behind' if not lines else 'which is behind'} {what}: {node.output.pretty()}")
    return lines


def formula_of(node: Node) -> list[str]:
    """The formula of a window layer with its numbers."""
    geometry = getattr(node.layer, "geometry", None)
    if geometry is None or not node.inputs or node.layer.type == "conv_transpose":
        return []
    volume = node.inputs[0].output
    kernel, stride, dilation, pairs = geometry(volume)
    rounding = getattr(node.layer, "rounding", "floor")
    lines: list[str] = []
    for axis, name in enumerate(AXES[volume.rank]):
        formula = arithmetic(volume.spatial[axis], kernel[axis], stride[axis], dilation[axis], pairs[axis], rounding)
        lines.append(f"{name}: {formula} = {node.output.spatial[axis]}")
    return lines
