"""The findings of a run of `analyzer check`, which its formats render, and what several of them need.

Every format shows texts that a model's author wrote. So control and bidirectional characters are escaped here, and each
format escapes what has a meaning in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.record import Record, field
from analyzer.reporter.objects import Encoder
from analyzer.reporter.terminal import fitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Where YAML ends a line.
LINE_ENDS = ("\r\n", "\n", "\r", "\x85", "\u2028", "\u2029")
_ENDS = re.compile("|".join(LINE_ENDS))


class Rule(Record):
    """A check as a format describes it: its code, name, severity; what it looks for, why, and its page below that."""

    code: str
    name: str
    severity: str
    title: str
    why: str = ""
    body: str = ""

    def check(self) -> None:
        """A page has at least the reason."""
        self.body = self.body or self.why


class Checked(Record):
    """One file and what was found in it.

    `file` is its name as it was given, `path` the one that a service knows it by (empty: the same), relative to the
    repository if that is known, with slashes. `text` is its content, `name` the model's (None: it does not load),
    `rules` the checks that were asked. `readable` is False if the file itself is at fault; its findings then say so.
    `others` are the files of other names that findings are in, such as the Python of a network: (path, text) by name.
    """

    file: str
    diagnostics: Sequence[Diagnostic]
    path: str = ""
    text: str = ""
    name: str | None = None
    rules: Sequence[Rule] = ()
    readable: bool = True
    others: Mapping[str, tuple[str, str]] = field(factory=dict)

    def check(self) -> None:
        """A file without another path is known by its name."""
        self.path = self.path or self.file

    def file_of(self, finding: Diagnostic) -> tuple[str, str, str]:
        """The name, the path and the text of the file that a finding is in."""
        name = finding.span.file if finding.span is not None and finding.span.in_text else self.file
        return (name, *self.others[name]) if name in self.others else (self.file, self.path, self.text)


class CheckRun(Record):
    """All files of one run, the checks that were asked of any of them, and the version of this program.

    `notes` are about the run as a whole. `address` is where a service shows a file: its path follows; empty outside of
    a service.
    """

    files: Sequence[Checked]
    rules: Sequence[Rule] = ()
    version: str = ""
    notes: Sequence[str] = ()
    address: str = ""


def message(finding: Diagnostic, unicode: bool = True) -> str:
    """The message of a finding on one line, safe to print."""
    return fitted(" ".join(_ENDS.split(finding.message)), unicode)


def labelled(finding: Diagnostic, unicode: bool = True) -> str:
    """The message, behind the place in a file that has no lines: where a format shows a place, it shows lines only."""
    span = finding.span
    place = "" if span is None or not span.label else f"{fitted(span.said, unicode)}: "
    return place + message(finding, unicode)


def details(finding: Diagnostic, unicode: bool = True) -> Iterator[str]:
    """The lines below the message: the notes and the help."""
    helped = [] if finding.help is None else [f"help: {finding.help}"]
    for text in (*finding.notes, *helped):
        for line in _ENDS.split(text):
            yield fitted(line, unicode)


def whole(finding: Diagnostic, unicode: bool = True) -> str:
    """The message with its place, and the lines below it."""
    return "\n".join((labelled(finding, unicode), *details(finding, unicode)))


def fingerprints(checked: Checked) -> list[str]:
    """For each finding of a file, a text that stays the same when other lines are added or removed.

    It is a hash of the path, the code and the text of the line. The number of the line and the message are left out,
    since the message may name layers by their number. Equal lines are told apart by counting.
    """
    from hashlib import sha256

    texts: dict[str, list[str]] = {}
    seen: dict[tuple[str, str], int] = {}
    found = []
    for finding in checked.diagnostics:
        span = finding.span
        name, path, text = checked.file_of(finding)
        if name not in texts:
            texts[name] = _ENDS.split(text)
        lines = texts[name]
        number = 0 if span is None or not span.in_text else span.line
        line = lines[number - 1].strip() if 1 <= number <= len(lines) else (span and span.label) or ""
        before = seen[finding.code, line] = seen.get((finding.code, line), 0) + 1
        parts = "\0".join((path, finding.code, line, str(before)))
        found.append(sha256(parts.encode("utf-8", "backslashreplace")).hexdigest()[:32])
    return found


def encoded(value: Any, unicode: bool) -> str:
    """A value as JSON on one line; characters that cannot be printed are escaped."""
    return Encoder(ensure_ascii=not unicode).encode(value)


def array(items: Sequence[str], indent: str = "") -> str:
    """JSON texts as an array, one per line."""
    if not items:
        return "[]"
    return f"[\n{indent} " + f",\n{indent} ".join(items) + f"\n{indent}]"
