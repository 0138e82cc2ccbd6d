"""The graph keys of an item that is being expanded: `from`, `repeat`, `when` and `expect`."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Reason, Refusal
from analyzer.engine.network import Node
from analyzer.layers.kinds import Whole, written
from analyzer.loader.expand.explaining import behind, formula_of
from analyzer.loader.expand.frame import Frame, volume_of
from analyzer.loader.expand.mistakes import Puzzle, Stop
from analyzer.loader.expand.scope import MISSING, Missing
from analyzer.loader.expand.state import Expansion, Expects, Unmet, resolve_all
from analyzer.loader.expand.values import Dependent, Values, spliced
from analyzer.loader.expressions.expression import Expression
from analyzer.loader.expressions.nodes import truth
from analyzer.loader.parse.description import Item
from analyzer.loader.parse.graph_keys import read_expected, several_sources
from analyzer.loader.text.limits import LIMITS
from analyzer.loader.text.places import inner
from analyzer.record import Record
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COUNT = Whole(0)


def read_sources(run: Expansion, item: Item, frame: Frame) -> Sequence[Node | Missing]:
    """What an item reads: the layer above, or what `from` names."""
    if item.source is None:
        return (frame.above,)
    names: list[str] = []
    try:
        named = frame.evaluate(item.source)
        names = [name_of(name) for name in spliced(named if isinstance(named, list) else [named])]
        refused = several_sources(item, len(names)) if len(names) != 1 and item.source.dynamic else None
        if refused is not None:
            raise Refusal(refused[0], code="MODEL106", help=refused[1])
        return resolve_all(run, names, frame) or (MISSING,)
    except Refusal as refusal:
        wrong = [names[step] for step in refusal.at if isinstance(step, int) and step < len(names)]
        if not isinstance(item.source.value, list):
            refusal.at = ()
        if refusal.reason is Reason.COMES_LATER and wrong == [item.name]:
            refusal.message = f"`{item.name}` reads itself; a layer can only read layers above it"
            refusal.help = None
        run.mistakes.report(refusal, inner(item.source.tree, refusal.at), frame.scope)
        if refusal.code == "LIMIT106":
            raise Stop from None
    except Dependent:
        pass
    return (MISSING,)


def reads_anew(item: Item) -> bool:
    """Whether each repetition reads what `from` names for it, instead of the repetition before."""
    if item.source is None or item.repeat is None or not item.source.dynamic:
        return False
    written = item.source.value
    names = [
        part.names for part in (written if isinstance(written, list) else [written]) if isinstance(part, Expression)
    ]
    return any("i" in found or (isinstance(item.repeat, dict) and found & item.repeat.keys()) for found in names)


def name_of(value: Any) -> str:
    """The name of a layer as the value of an expression: `7` is a name too."""
    return value if isinstance(value, str) else written(value).strip("`")


class Turns(Record):
    """The repetitions of an item: how many, and the lists that they step through."""

    count: int
    lists: dict[str, list[Any]]

    def values(self, around: Values, i: int) -> Values:
        """What the expressions of repetition `i` (from 0) see."""
        if not self.lists:
            return Values(around.variables, i)
        return Values({**around.variables, **{name: column[i] for name, column in self.lists.items()}}, i)


def read_turns(run: Expansion, item: Item, frame: Frame) -> Turns | None:
    """The repetitions that `repeat` asks for; None where a mistake left them open."""
    repeat = item.repeat
    assert repeat is not None
    template = None
    try:
        if isinstance(repeat, dict):
            lists = {}
            for column, template in repeat.items():
                lists[column] = frame.evaluate(template)
            return Turns(len(next(iter(lists.values()))), lists)
        template = repeat
        count = _COUNT.read(frame.evaluate(template))
        if count > LIMITS.layers:
            raise Refusal(f"is {written(count)}, but a network may have {LIMITS.layers:,} layers", code="LIMIT106")
        return Turns(count, {})
    except Refusal as refusal:
        assert template is not None
        if not refusal.at and refusal.code in ("VALUE101", "LIMIT103", "LIMIT106"):
            refusal.message = f"`repeat` {refusal.message}"
        notes = frame.values.explain(template.value)
        run.mistakes.report(refusal, inner(template.tree, refusal.at), frame.scope, notes=notes)
    except Dependent:
        pass
    return None


def is_kept(run: Expansion, item: Item, frame: Frame) -> bool | None:
    """Whether `when` keeps this repetition; None where a mistake left it open."""
    if item.when is None:
        return True
    try:
        return truth(frame.values.evaluate(item.when, volume_of(frame.sources[0])))
    except Refusal as refusal:
        notes = frame.values.explain(item.when.value)
        run.mistakes.report(refusal, item.when.tree, frame.scope, notes=notes)
    except Dependent:
        pass
    return None


def as_expected(run: Expansion, item: Item, result: Node, label: str | None, frame: Frame) -> Node | Missing:
    """Compares an output with the one that the item's `expect` gives.

    Where they differ, it returns `MISSING` and reports a finding; or counts it, where that is no mistake.
    """
    expect = item.expect
    assert expect is not None
    sizes: tuple[int | None, ...] = ()
    counts = run.expects is Expects.COUNT
    try:
        sizes, asked = _expected_sizes(frame.evaluate(expect), fractions=counts)
        output = result.output.sizes
        if len(sizes) == len(output) and all(a is None or a == b for a, b in zip(sizes, output, strict=True)):
            run.network.expect(result, sizes)
            return result
        who = f"`{frame.scope.prefix}{label}` puts" if label is not None else "this puts"
        raise Refusal(
            f"{who} out {result.output.pretty()}, but `expect` says {asked}",
            code="EXPECT201",
            notes=formula_of(result) + behind(result),
            reason=Reason.UNEXPECTED,
        )
    except Refusal as refusal:
        if counts and refusal.reason is Reason.UNEXPECTED:
            run.unmet.setdefault(id(expect), Unmet(expect.tree, refusal.message))
            return result
        found = run.mistakes.report(refusal, expect.tree, frame.scope)
        if found is not None and refusal.reason is not None:
            run.mistakes.puzzles.append(Puzzle(found, refusal.reason, item, None, [result], sizes))
    except Dependent:
        return result
    return MISSING


def _expected_sizes(value: Any, *, fractions: bool) -> tuple[tuple[int | None, ...], str]:
    """The sizes that `expect` asks for (None: any), and how a message shows them.

    With `fractions`, numbers that are no sizes are taken too, as no sizes: `$(H/4)` of 30 rows asks for what no layer
    puts out.
    """
    text = str(value) if not isinstance(value, float) else f"{value:g}"
    sizes = read_expected(text)
    if sizes is None and fractions and _has_numbers(text):
        return (), text.replace("x", "×")
    if sizes is None:
        raise Refusal(f"`expect` must be a volume such as `14x14x20`, not `{shown(text)}`", code="VALUE101")
    return sizes, "×".join("?" if size is None else str(size) for size in sizes)


def _has_numbers(text: str) -> bool:
    """Whether a text has a number, or a `?`, for each axis."""
    parts = text.replace("×", "x").split("x")
    return all(part == "?" or part.strip().lstrip("-").replace(".", "", 1).isdecimal() for part in parts)
