"""Mistakes in a model, as data.

A rule raises a `Refusal` where it knows one fact. The boundary, which knows the layer, the file and the line, turns it
into a `Diagnostic` once. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from analyzer.record import Printed, Reported
from analyzer.source import Span, inert

#: Stands for the layer's name in the message of a refusal, until the boundary knows it.
LAYER = "{layer}"

#: How severe a finding can be, the most severe first. A note does not change the exit code.
SEVERITIES = ("error", "warning", "note")

#: The codes of findings about a file, not about the model in it: it cannot be read, or it has another format.
UNREADABLE, FOREIGN = FILE_CODES = ("FILE101", "FILE102")

#: Among more names than this, only those that begin with the same letter are compared: comparing takes long.
_MANY = 500

#: Fewer names are compared with a long word, which takes longer.
_LETTERS = 4000

#: Only the beginning of a longer word is compared.
_LONGEST = 60

#: A finding has at most this many notes, and each of its sentences at most this many characters.
_MOST_NOTES, _LONGEST = 40, 2_000

#: A sentence lists at most this many names.
_LISTED = 30


class Reason(Enum):
    """The fact behind a refusal, for a boundary that knows a better message: nothing reads a message again."""

    #: A name that the file gives to a layer further down.
    COMES_LATER = "comes later"
    #: A volume without the spatial axes that a layer needs, or with another number of them.
    OTHER_AXES = "other axes"
    #: A window larger than the padded volume.
    TOO_LARGE = "too large"
    #: Volumes of different sizes that one layer reads.
    SIZES_DIFFER = "sizes differ"
    #: An output that is not the expected one.
    UNEXPECTED = "unexpected"


class Refusal(Exception):
    """A rule that a model breaks.

    `message` may contain `{layer}`, which the boundary replaces with the layer's name. `parameter` is the parameter at
    fault, `at` the keys and positions that lead from its value to the wrong part of it, `reason` the fact behind the
    refusal.
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


class Diagnostic(Printed, Reported):
    """One finding: the mistake, its place, the arithmetic (`notes`) and the nearest fix (`help`).

    `severity` is `error`, `warning` or `note`. `span` is None for a finding about the whole network; otherwise it has
    the `file`, `line` and `column`, from 1. `to_dict()` gives the finding as the JSON report has it.
    """

    code: str
    message: str
    span: Span | None
    severity: str = "error"
    notes: Sequence[str] = ()
    help: str | None = None

    def check(self) -> None:
        """Refuses an unknown severity; keeps the notes as a tuple."""
        if self.severity not in SEVERITIES:
            raise ValueError(f"a severity is {listed(SEVERITIES)}, not `{self.severity}`")
        self.notes = tuple(self.notes)

    def shorten(self) -> None:
        """Cuts what nobody reads to its end: a model may have a list of 100,000 names, and a message quotes it."""
        notes = tuple(map(_readable, dict.fromkeys(self.notes)))  # a note helps once
        more = len(notes) - _MOST_NOTES
        self.notes = notes if more <= 0 else (*notes[:_MOST_NOTES], f"… and {more:,} more of these")
        self.message = _readable(self.message)
        self.help = None if self.help is None else _readable(self.help)

    def __repr__(self) -> str:
        return f"Diagnostic({self.code} at {self.span}: {self.message})"


def _readable(text: str) -> str:
    """A sentence that quotes something long, cut where nobody reads on."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class Findings(Printed, list[Diagnostic]):
    """What `check` found, in the order of the file: a list that `print` shows as `analyzer check` does.

    `file` is the name of the model, and `text` its text, whose lines are shown.

    >>> import analyzer
    >>> found = analyzer.check("input: 8x8x3\\nlayers: [{conv: {filters: 4, kernel: 3, norm: batch_norm}}]")
    >>> found, [finding.code for finding in found.warnings]
    (Findings(1 warning), ['CHECK202'])
    """

    def __init__(self, findings: Iterable[Diagnostic] = (), *, file: str = "", text: str = "") -> None:
        super().__init__(findings)
        self.file = file
        self.text = text

    @property
    def errors(self) -> list[Diagnostic]:
        """The errors among them: an `error` makes the command exit with 1."""
        return [finding for finding in self if finding.severity == "error"]

    @property
    def warnings(self) -> list[Diagnostic]:
        """The warnings among them."""
        return [finding for finding in self if finding.severity == "warning"]

    @property
    def notes(self) -> list[Diagnostic]:
        """The notes among them, which change no exit code."""
        return [finding for finding in self if finding.severity == "note"]

    def __repr__(self) -> str:
        return f"Findings({numbered(self)})"


def numbered(findings: Sequence[Diagnostic]) -> str:
    """How many findings of each severity there are: `1 error, 2 warnings`; `none`."""
    numbers = [(sum(one.severity == severity for one in findings), severity) for severity in SEVERITIES]
    return ", ".join(f"{number:,} {word}{'s' * (number > 1)}" for number, word in numbers if number) or "none"


class ModelError(Exception):
    """A model is wrong. `diagnostics` has every finding in the order of the file, `text` is the text of the model."""

    def __init__(self, diagnostics: Sequence[Diagnostic], text: str = "") -> None:
        self.diagnostics = tuple(diagnostics)
        self.text = text
        super().__init__("\n".join(inert(f"{d.span}: {d.message}" if d.span else d.message) for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[ModelError], tuple[tuple[Diagnostic, ...], str]]:
        return ModelError, (self.diagnostics, self.text)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings in the order of the file. Notes come last: they are about the search for mistakes."""

    def place(finding: Diagnostic) -> tuple[bool, int, int]:
        span = finding.span
        return finding.severity == "note", span.line if span else 0, span.column if span else 0

    return sorted(diagnostics, key=place)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` is a misspelling of, or None if it is of none.

    >>> nearest("kernal", ["kernel", "stride"])
    'kernel'
    """
    from analyzer.spelling import most_similar

    names = list(known)
    if len(names) > _MANY:
        begins = (word[:1].lower(), word[:1].upper())
        names = [name for name in names if name.startswith(begins) and abs(len(name) - len(word)) < 4]
    return most_similar(word[:_LONGEST], names[: min(_MANY, _LETTERS // max(1, len(word)))])


def listed(names: Iterable[str], *, last: str = "or") -> str:
    """Names in a sentence.

    >>> listed(["a", "b", "c"])
    '`a`, `b` or `c`'
    """
    names = list(names)
    more = len(names) - _LISTED
    quoted = [f"`{name}`" for name in names[:_LISTED]]
    if more > 0:
        return f"{', '.join(quoted)} {last} {more:,} more"
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
