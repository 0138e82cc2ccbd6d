"""The page of a check, read out of its module's docstring: for `--explain`, for code scanning, for docs/checks."""

from __future__ import annotations

import re
from textwrap import dedent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.checks.run import Check

_PARTS = re.compile(
    r"(?P<why>.+?)\n\nFires:\n\n(?P<fires>    .+?)\n\n"
    r"Instead: (?P<instead>.+?)\n\n(?P<change>    .+?)\n\nSource: (?P<source>.+)",
    re.DOTALL,
)


class Page:
    """What a check says of itself.

    `title` is a sentence, `body` all that stands below it: `why` it matters, a model that `fires`, what to write `instead`
    and the `change` of that model, the `source`. Python's -OO takes docstrings away; then all of it is empty. A body with
    other parts is all `why`.
    """

    __slots__ = ("body", "change", "code", "fires", "instead", "name", "severity", "source", "title", "why")

    def __init__(self, check: Check) -> None:
        self.code = check.CODE
        self.name = check.NAME
        self.severity = check.SEVERITY
        self.title, _, body = (check.__doc__ or "").strip().partition("\n")
        self.body = body.strip()
        match = _PARTS.fullmatch(self.body)
        self.why, fires, self.instead, change, self.source = match.groups() if match else (self.body, "", "", "", "")
        self.fires, self.change = (f"{dedent(model)}\n" if model else "" for model in (fires, change))
