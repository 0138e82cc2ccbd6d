"""What is wrong with a model, as data.

A rule that knows one fact raises a `Refusal` where it knows it; the boundary that knows the layer, the file and the
line makes a `Diagnostic` of it once. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from analyzer.record import Reported
from analyzer.source import Span

#: What a name in a refusal's message stands for until the boundary knows the layer.
LAYER = "{layer}"

#: What a change before the layer stands for in a refusal's help, until the boundary knows what is before it.
BEFORE = "{before}"

#: How severe a finding can be, from the most severe on; a note alone changes no exit code.
SEVERITIES = ("error", "warning", "note")

#: Among more names than this the nearest one is sought where it begins alike, and a sentence lists the first ones.
_MANY, _LISTED = 500, 30


class Reason(Enum):
    """The fact behind a refusal, for a boundary that knows a better message: nothing reads a message again."""

    #: A name that the file gives to a layer further down.
    COMES_LATER = "comes later"
    #: Volumes of different sizes, which `crop` could cut to one size.
    CROP_MISSING = "crop missing"


class Refusal(Exception):
    """A rule says no.

    `message` may contain `{layer}`, which the boundary replaces with the layer's name. `parameter` is the parameter at
    fault, `at` the way from its value to the wrong part of it (keys and positions), `reason` the fact behind it.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "SHAPE200",
        parameter: str | None = None,
        at: tuple[str | int, ...] = (),
        notes: Sequence[str] = (),
        help: str | None = None,
        reason: Reason | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.parameter = parameter
        self.at = at
        self.notes = tuple(notes)
        self.help = help
        self.reason = reason

    def sentence(self, subject: str) -> str:
        """The message behind its subject, with the key inside of the subject's value that is at fault.

        >>> Refusal("must be above 0", at=("left",)).sentence("`padding` of `conv`")
        '`left` in `padding` of `conv` must be above 0'
        """
        keys = [step for step in self.at if isinstance(step, str)]
        inside = f"`{keys[-1]}` in " if keys and self.code != "VALUE102" else ""
        return f"{inside}{subject} {self.message}"


class Diagnostic(Reported):
    """One finding: what is wrong, where, the arithmetic (`notes`) and the nearest fix (`help`).

    `severity` is one of `SEVERITIES`.
    """

    code: str
    message: str
    span: Span | None
    severity: str
    notes: tuple[str, ...]
    help: str | None

    def __init__(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        severity: str = "error",
        notes: Iterable[str] = (),
        help: str | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.span = span
        self.severity = severity
        self.notes = tuple(notes)
        self.help = help

    def __repr__(self) -> str:
        return f"Diagnostic({self.code} at {self.span}: {self.message})"


class ModelError(Exception):
    """A model is wrong. `diagnostics` holds every finding, in the order of the file; `text` the model's own text."""

    def __init__(self, diagnostics: Sequence[Diagnostic], text: str = "") -> None:
        self.diagnostics = tuple(diagnostics)
        self.text = text
        super().__init__("\n".join(f"{d.span}: {d.message}" if d.span else d.message for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[ModelError], tuple[tuple[Diagnostic, ...], str]]:
        return ModelError, (self.diagnostics, self.text)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings in the order of the file; notes about the search itself stand last."""

    def place(finding: Diagnostic) -> tuple[bool, int, int]:
        span = finding.span
        return finding.severity == "note", span.line if span else 0, span.column if span else 0

    return sorted(diagnostics, key=place)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `word`, or None where none is near.

    >>> nearest("kernal", ["kernel", "stride"])
    'kernel'
    """
    from difflib import get_close_matches

    names = list(known)
    if len(names) > _MANY:
        names = [name for name in names if name[:1].lower() == word[:1].lower() and abs(len(name) - len(word)) < 3]
    names = names[:_MANY]
    lowered = {name.lower(): name for name in reversed(names)}
    if word.lower() in lowered:
        return lowered[word.lower()]
    close = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def listed(names: Iterable[str], *, last: str = "or") -> str:
    """Names in a sentence: '`a`, `b` or `c`'."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > _LISTED:
        return f"{', '.join(quoted[:_LISTED])} {last} {len(quoted) - _LISTED:,} more"
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
