"""What a check answers with."""

from __future__ import annotations

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.engine.network import Node
    from analyzer.source import Span


class Found(Record):
    """What a check found: `at` a layer or a place in the file (None: the network as a whole).

    `notes` carry the arithmetic, `help` a change that makes the check pass; `severity` where it is not the check's own.
    """

    message: str
    at: Node | Span | None
    notes: Sequence[str] = ()
    help: str | None = None
    severity: str | None = None

    def check(self) -> None:
        """Takes a list of notes too."""
        self.notes = tuple(self.notes)
