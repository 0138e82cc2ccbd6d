"""What the review page shows of one file: a network with its memory and findings, or the mistakes in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.record import Record, field
from analyzer.reporter.options import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.analysis import MemoryAnalysis
    from analyzer.engine.result import Analysis


class Reviewed(Record, kw_only=True):
    """A network under review.

    `memory` is of the same run as `analysis`; None where nobody asked for it, or where `reason` says why there is none.
    `findings` are those of all checks, budgets included, and the notes about the network, in the order of the file;
    None where the checks did not run. `texts` are the texts that places are in, by the names of their files: none for
    a network that was built in Python, and for most files of other programs. `given` are the variables and inputs from
    outside the file, as (name, value). `budget` names the amounts that the file limits.
    """

    analysis: Analysis
    memory: MemoryAnalysis | None = None
    reason: str = ""
    findings: Sequence[Diagnostic] | None = None
    texts: Mapping[str, str] = field(factory=dict)
    given: Sequence[tuple[str, str]] = ()
    budget: Sequence[str] = ()

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """Doubts about the network as a whole, and notes about it, which each command writes to stderr."""
        return self.analysis.diagnostics

    @property
    def text(self) -> str:
        """The text of the file itself; empty where it has none."""
        return self.texts.get(self.analysis.file, "")


class Wrong(Failed):
    """A file with mistakes in its text: `texts` are those of the files that the mistakes are in, by their names."""

    texts: Mapping[str, str] = field(factory=dict)
