"""A block that nothing uses.

People read it, but no layer of the network comes from it. Mostly a call was left out, or another block took its place.

Fires:

    input: 32x32x16
    blocks:
      Unit:
        layers:
          - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}

Instead: call it, or leave it out.

    input: 32x32x16
    blocks:
      Unit:
        layers:
          - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
    layers:
      - Unit

Source: the language, "Blocks".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.declared_uses import Uses
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject

CODE = "CHECK402"
NAME = "unused-block"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every block that no layer calls, not counting calls in unused blocks."""
    model = subject.model
    if model is None or not model.blocks:
        return
    used = Uses(model).blocks
    for name, block in model.blocks.items():
        if name not in used:
            needed = ", ".join(f"{parameter}: …" for parameter, default in block.params.items() if default is None)
            call = f"{name}: {{{needed}}}" if needed else name
            items = "the 1 item" if len(block.body) == 1 else f"the {len(block.body):,} items"
            yield Found(
                f"nothing uses the block `{name}`",
                block.span,
                notes=[f"nothing under `layers` leads to a call of it, so {items} of its body make no layers"],
                help=f"call it (`- {call}`), or leave it out",
            )
