"""Mistakes found while a model is expanded: each is reported once, at its place, with the calls that led there."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import LAYER, Diagnostic, Reason, Refusal
from analyzer.engine.network import Node
from analyzer.layers import Layer
from analyzer.loader.expand.explaining import numbered, sources_told
from analyzer.loader.expand.frame import Frame
from analyzer.loader.expand.scope import Missing, Scope
from analyzer.loader.parse.description import Argument, Item, LayerItem
from analyzer.loader.text.limits import LIMITS, Enough
from analyzer.loader.text.places import at_fault
from analyzer.loader.text.repeats import Repeats
from analyzer.loader.text.tree import Mapping, Tree
from analyzer.record import Record
from analyzer.source import shown

#: The codes of a value that its kind refuses: the message does not name the parameter yet.
_OF_VALUES = ("VALUE101", "VALUE102", "LIMIT103")


class Stop(Exception):
    """The expansion is beyond a limit, which was reported."""


class Puzzle(Record):
    """A shape that does not fit: what was found, the fact behind it, the item, and the layer with what it reads.

    `layer` is None for the sum of a residual and for an `expect`. `wanted` are the sizes that an `expect` asks for.
    """

    found: Diagnostic
    reason: Reason
    item: Item
    layer: Layer | None
    read: Sequence[Node | Missing]
    wanted: tuple[int | None, ...] = ()


class Mistakes:
    """The mistakes found in one expansion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Diagnostic] = []
        #: Code and place of each; a block is expanded once for each call, its mistakes are reported once.
        self.reported: set[tuple[str, int, int]] = set()
        self.repeats = Repeats()
        #: Shapes that do not fit, for which a fix may be found once the expansion is done.
        self.puzzles: list[Puzzle] = []

    def report(
        self, refusal: Refusal, tree: Tree, scope: Scope | None = None, *, name: str = "", notes: Sequence[str] = ()
    ) -> Diagnostic | None:
        """Reports a mistake once for each place, however often a block is called. Raises `Stop` beyond the limit.

        Returns what is reported, None where it was reported before.
        """
        key = _key(refusal, tree)
        if key in self.reported:
            return None
        span = tree.span(self.file)
        if len(self.found) + self.repeats.count >= LIMITS.findings:
            self.found.append(Enough(span).note())
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
        diagnostic.shorten()
        self.reported.add(key)
        if not self.repeats.seen(diagnostic.code, diagnostic.message, diagnostic.help, tree):
            self.found.append(diagnostic)
            self.repeats.first(diagnostic.code, diagnostic.message, diagnostic.help, diagnostic)
        return diagnostic

    def layer(
        self,
        refusal: Refusal,
        item: LayerItem,
        arguments: dict[str, Argument],
        frame: Frame,
        read: Sequence[Node | Missing],
        layer: Layer | None,
    ) -> None:
        """Reports the refusal of a layer: at the parameter at fault where it is written, with what the layer reads."""
        argument = arguments.get(refusal.parameter or "")
        place = _place(refusal, item, argument)
        if _key(refusal, place) in self.reported:
            return
        notes = _argument_notes(refusal, item, argument, place, frame)
        if refusal.code in _OF_VALUES and argument is not None:
            refusal.message = refusal.sentence(f"`{argument.declaration.name}` of `{item.type.type}`")
        if refusal.code.startswith("SHAPE"):
            notes += sources_told(read)
            if len(read) > 1:
                told = {f"input {n} is {node.output.pretty()}" for n, node in numbered(read)}
                refusal.notes = tuple(note for note in refusal.notes if note not in told)
        found = self.report(refusal, place, frame.scope, name=frame.path, notes=notes)
        if found is not None and refusal.reason is not None:
            self.puzzles.append(Puzzle(found, refusal.reason, item, layer, read))
        if refusal.code == "LIMIT106":
            raise Stop


def _place(refusal: Refusal, item: LayerItem, argument: Argument | None) -> Tree:
    """Where the mistake of a layer is in the file: its name, what it is tied to, a parameter, or the whole item."""
    if refusal.code == "NAME103" and isinstance(item.place, Mapping):
        return item.place.get("name") or item.place
    if refusal.parameter == "tied" and item.tied is not None:
        return item.tied.tree
    if argument is not None:
        return at_fault(argument.template.tree, refusal)
    return item.place


def _argument_notes(
    refusal: Refusal, item: LayerItem, argument: Argument | None, place: Tree, frame: Frame
) -> list[str]:
    """How a parameter at fault got its value, and of which layer it is where it is written elsewhere (`defaults`)."""
    if argument is None or refusal.code == "NAME103" or (refusal.parameter == "tied" and item.tied is not None):
        return []
    notes = frame.values.explain(argument.template.value) if argument.template.dynamic else []
    if not item.span.line <= place.start.line + 1 <= item.span.end_line:
        notes.append(f"for `{shown(frame.path)}`, {item.span.said}")
    return notes


def _key(refusal: Refusal, tree: Tree) -> tuple[str, int, int]:
    return refusal.code, tree.start.line, tree.start.column
