"""How large a model may be. Each limit is a setting; beyond it stands a clear error, never a machine out of memory."""

from __future__ import annotations


class Limits:
    """The limits of the language.

    `text` characters of a file; `nesting` levels of YAML and of block calls; `nodes` values that aliases expand to;
    `layers` of the expanded network; `steps` of expansion (each visited item of each repetition, kept or not);
    `expression` characters of an expression.
    """

    def __init__(self) -> None:
        self.text = 1 << 20
        self.nesting = 64
        self.nodes = 1_000_000
        self.layers = 100_000
        self.steps = 1_000_000
        self.expression = 200


#: The limits in force; a program may change them.
LIMITS = Limits()
