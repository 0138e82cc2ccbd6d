"""The page of a check, made from its module's docstring: for `--explain`, for code scanning, for docs/checks."""

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
    """The page of one check.

    `title` is a sentence, `body` everything below it: `why` it matters, a model that `fires`, what to write `instead`,
    that model with the `change`, and the `source`. Where the docstring does not have these parts, the body is all
    `why`. Python's -OO removes docstrings; then all of it is empty.
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
