"""Running the checks: which of them, over which network, and what their findings become.

A finding about a layer in a repeated block is reported once, with the names of the others. A comment
`# analyzer: ignore[CODE, …] reason` removes a finding: on the same line, on the line above if it has no other text, or
at the head of the file for the whole file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module

from analyzer.checks import rules
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.diagnostics import Diagnostic, in_order, nearest
from analyzer.engine.network import Node
from analyzer.settings import SettingError, reading
from analyzer.source import Span, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from analyzer.loader.parse.description import Model

    class Check(Protocol):
        """A module of this room that is a check."""

        __name__: str
        CODE: str
        NAME: str
        SEVERITY: str
        __doc__: str | None

        def check(self, subject: Subject) -> Iterator[Found]: ...


#: How many layers with the same finding are named.
_NAMED = 5

_IGNORE = re.compile(r"#\s*analyzer:\s*ignore\[([^\]]*)\](.*)")


class UnknownCheck(SettingError):
    """The name of a check that does not exist; the message is one line for people."""


def checks() -> list[Check]:
    """All checks, in the order of their codes: every module in the folder `rules` is one."""
    names = {file.partition(".")[0] for folder in rules.__path__ for file in os.listdir(folder) if _is_module(file)}
    found: list[Check] = [import_module(f"{rules.__name__}.{name}") for name in names]
    return sorted(found, key=_code)


def misleading() -> list[Check]:
    """The checks of what makes every number wrong, which each command runs: those marked `MISLEADS`."""
    return [check for check in checks() if vars(check).get("MISLEADS", False)]


def _is_module(file: str) -> bool:
    return file.endswith((".py", ".pyc")) and not file.startswith("_")


def _code(check: Check) -> str:
    return check.CODE


def chosen(select: str | Sequence[str] = (), ignore: str | Sequence[str] = ()) -> list[Check]:
    """The checks that `select` names (none: all) and `ignore` does not: by code, the beginning of a code, or name.

    A text may have several of them, with commas between.

    Raises UnknownCheck for a word that names none, with the nearest.
    """
    select = reading("select", codes, select) if isinstance(select, str) else select
    ignore = reading("ignore", codes, ignore) if isinstance(ignore, str) else ignore
    found = checks()
    for word in (*select, *ignore):
        if not any(_named(word, check) for check in found):
            known = [name for check in found for name in (check.CODE, check.NAME)]
            near = nearest(word, known)
            meant = f"did you mean `{near}`?" if near else "`analyzer check --list` shows the checks"
            raise UnknownCheck(f"no check is called `{shown(word)}`; {meant}")
    return [
        check
        for check in found
        if (not select or any(_named(word, check) for word in select))
        and not any(_named(word, check) for word in ignore)
    ]


def codes(text: str) -> list[str]:
    """The words for checks in a text, with commas between. Raises `SettingError` for a text without any."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise SettingError("a code or a name is needed")
    return words


def _named(word: str, check: Check) -> bool:
    """Whether a word means a check."""
    return bool(word) and (check.CODE.startswith(word.upper()) or word.lower() == check.NAME)


def run(subject: Subject, asked: Iterable[Check]) -> list[Diagnostic]:
    """What these checks find, in the order of the file, without what comments take away."""
    ignored = Ignored(subject.model)
    findings: list[Diagnostic] = []
    for check in asked:
        findings.extend(_said(list(check.check(subject)), check))
    return in_order(finding for finding in findings if not ignored.covers(finding))


def _said(found: Sequence[Found], check: Check) -> Iterator[Diagnostic]:
    """Findings as diagnostics, one for each place of the file."""
    places: dict[object, list[Found]] = {}
    for one in found:
        span = _span(one)
        place = id(one) if span is None else (span.file, span.line, span.column, one.severity)
        places.setdefault(place, []).append(one)
    for alike in places.values():
        first, others = alike[0], [one.at.name for one in alike[1:] if isinstance(one.at, Node)]
        notes = list(first.notes)
        if others:
            more = f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
            notes.append(f"the same at {', '.join(f'`{name}`' for name in others[:_NAMED])}{more}")
        yield Diagnostic(
            check.CODE,
            first.message,
            _span(first),
            severity=first.severity or check.SEVERITY,
            notes=notes,
            help=first.help,
        )


def _span(found: Found) -> Span | None:
    return found.at.origin.span if isinstance(found.at, Node) else found.at


class Ignored:
    """The comments that take findings away: in a model, and in the Python that made it."""

    def __init__(self, model: Model | None) -> None:
        texts = {} if model is None else {model.file: model.text, **model.texts}
        self._files = {file: _ignored(text) for file, text in texts.items()}
        self._own = {} if model is None else self._files[model.file]

    def covers(self, finding: Diagnostic) -> bool:
        """Whether a comment takes this finding away."""
        span = finding.span
        lines = self._own if span is None else self._files.get(span.file, self._own)
        here = lines.get(span.line, set()) if span is not None and span.in_text else set()
        return finding.code.upper() in here | lines.get(0, set())


def _ignored(text: str) -> dict[int, set[str]]:
    """The codes that comments of a text ignore, by their line; 0 is the whole file."""
    found: dict[int, set[str]] = {}
    head = True
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        match = _IGNORE.search(line)
        if match:
            codes = {code.strip().upper() for code in match.group(1).split(",") if code.strip()}
            alone = bare.startswith("#")
            place = 0 if alone and head else number + 1 if alone else number
            found.setdefault(place, set()).update(codes)
        if bare and not bare.startswith("#"):
            head = False
    return found
