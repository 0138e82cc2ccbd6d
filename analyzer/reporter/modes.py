"""The modes of sharing weights, as reports name and choose them."""

from __future__ import annotations

from analyzer.engine.result import MODES

#: The modes as headings; a column that has no mode has no heading.
TITLES = {"": "", "shared": "shared", "local": "locally connected", "declared": "as declared"}


def modes_of(mode: str, *, mixed: bool) -> tuple[str, ...]:
    """The modes that a report shows: `declared` too where the file declares sharing of its own.

    >>> modes_of("both", mixed=False), modes_of("both", mixed=True), modes_of("local", mixed=True)
    (('shared', 'local'), ('shared', 'local', 'declared'), ('local',))
    """
    if mode != "both":
        return (mode,)
    return MODES if mixed else MODES[:2]
