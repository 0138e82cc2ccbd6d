"""The parser's state: the file, the findings so far, and what the words of the file may refer to."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.diagnostics import Diagnostic, Refusal
from analyzer.loader.parse.description import Model
from analyzer.loader.text.limits import LIMITS, Enough
from analyzer.loader.text.places import at_fault
from analyzer.loader.text.repeats import Repeats
from analyzer.loader.text.tree import Damaged, Sequence, Tree
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set
    from typing import TypeAlias

    from analyzer.layers import Layer

    #: The variables that an expression may use.
    Known: TypeAlias = Set[str]


class Parser(Record):
    """The state of parsing one file.

    `model` is the description so far; its blocks and defaults are what items refer to.
    """

    model: Model
    problems: list[Diagnostic]
    #: Counts the findings, and the values that the reader refused and reported already.
    troubles: int = 0
    #: Whether any `$name` may be used: where `vars` or the signature of the block around is wrong.
    lenient: bool = False
    #: Variables that are declared further down.
    later: Known = frozenset()
    #: Layers made so far, by what was written; see `build`.
    alike: dict[object, Layer] = field(factory=dict)
    #: The calls of blocks in the body being parsed, for the search of cycles.
    calls: list[tuple[str, Tree]] = field(factory=list)
    #: Whether `blocks` is no mapping, so that nobody knows what it declares.
    blocks_lost: bool = False
    #: Whether the item being parsed has keys that belong elsewhere.
    misplaced: bool = False
    #: The mistakes that appear again and again.
    repeats: Repeats = field(factory=Repeats)
    #: The lists of layers being parsed, the innermost one last.
    lists: list[Sequence] = field(factory=list)

    @property
    def file(self) -> str:
        """The file's name, as messages show it."""
        return self.model.file

    def problem(
        self,
        code: str,
        message: str,
        tree: Tree,
        *,
        help: str | None = None,
        notes: Iterable[str] = (),
        meant: str | None = None,
    ) -> None:
        """Reports a mistake at a key or value; raises `Enough` beyond the limit.

        The same mistake is reported once. `meant` says that two are the same although their helps differ.
        """
        self.troubles += 1
        if tree.__class__ is Damaged:
            return
        if len(self.problems) + self.repeats.count >= LIMITS.findings:
            raise Enough(tree.span(self.file))
        if self.repeats.seen(code, message, meant or help, tree):
            return
        self.problems.append(Diagnostic(code, message, tree.span(self.file), notes=tuple(notes), help=help))
        self.problems[-1].shorten()
        self.repeats.first(code, message, meant or help, self.problems[-1])

    def refused(self, refusal: Refusal, subject: str, tree: Tree) -> None:
        """Reports a refused value: `subject` begins the sentence, the refusal says where inside `tree`."""
        message = refusal.sentence(subject) if subject else refusal.message
        self.problem(refusal.code, message, at_fault(tree, refusal), notes=refusal.notes, help=refusal.help)
