"""How large a model may be. Each limit is a setting; beyond it is a clear error, never a machine out of memory."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic
from analyzer.engine.network import MOST_LAYERS
from analyzer.source import Span


class Limits:
    """The limits of the language.

    `text` characters of a file; `nesting` levels of YAML and of block calls; `nodes` values that aliases expand to;
    `layers` of the expanded network; `names` bytes of their names and notes, and as many of the names that they read;
    `reads` layers that they read in all; `steps` of expansion (each visited item of each repetition, kept or not);
    `expression` characters of an expression; `findings` mistakes that the parser and the expansion each look for.
    """

    def __init__(self) -> None:
        self.text = 1 << 20
        self.nesting = 64
        self.nodes = 1_000_000
        self.layers = MOST_LAYERS
        self.names = 64 << 20
        self.reads = 500_000
        self.steps = 1_000_000
        self.expression = 200
        self.findings = 100


#: The limits in force; a program may change them.
LIMITS = Limits()


class Enough(Exception):
    """The search stops, since the limit of mistakes was reached; `span` is where."""

    def __init__(self, span: Span) -> None:
        super().__init__(span)
        self.span = span

    def note(self) -> Diagnostic:
        """The note about it for the author of the model."""
        message = f"the search for mistakes stopped here, after {LIMITS.findings}"
        return Diagnostic("LIMIT107", message, self.span, severity="note", help="fix some of them and run again")
