"""What is wrong with a text that is no YAML: PyYAML's complaint turned into the mistake that its author made.

PyYAML says where it gave up, which is often a line below the mistake, in the words of its grammar. Each rule here
knows one mistake by the complaint and the line, and points at its cause; libyaml's complaints and those of PyYAML's
parser in Python lead to the same words.
"""

# Longer than most modules: one small rule for each mistake of YAML that people make.

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.limits import LIMITS
from analyzer.source import Span, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Blanks that are no spaces, and characters that show nothing at all.
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200f\u202a-\u202f\u205f\u2060\u2066-\u2069\u3000\ufeff]")
_CLOSERS = {"{": "}", "[": "]"}
_SIGNS = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|(?:^|(?<=\s))#.*|[{}\[\]]")
_TOGETHER = re.compile(r"(?:^|[\s,{\[-])([\w.]+:)[^\s:/]")


class _Complaint:
    """PyYAML's complaint: its words, where it gave up and where it had begun; lines and columns from 0."""

    def __init__(self, error: Any, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines() or [""]
        self.problem = str(error.problem or error.context or "")
        self.context = str(error.context or "")
        mark, begun = error.problem_mark or error.context_mark, error.context_mark
        self.line: int = mark.line if mark is not None else 0
        self.column: int = mark.column if mark is not None else 0
        self.begun: tuple[int, int] | None = (begun.line, begun.column) if begun is not None else None
        self.at_end = self.line >= len(self.lines)
        if self.at_end:  # point at the last character of the text
            self.line = max((n for n, line in enumerate(self.lines) if line.strip()), default=0)
            self.column = max(0, len(self.lines[self.line].rstrip()) - 1)

    @property
    def here(self) -> str:
        """The line where PyYAML gave up."""
        return self.lines[self.line]

    @property
    def before(self) -> str:
        """What stands before that place on its line."""
        return self.here[: self.column]

    def says(self, *words: str) -> bool:
        """Whether the complaint has one of these words."""
        return any(word in self.problem for word in words)

    def at(
        self,
        message: str,
        line: int,
        start: int,
        stop: int,
        *,
        help: str | None = None,
        notes: Sequence[str] = (),
    ) -> Diagnostic:
        """The finding at a stretch of a line."""
        span = Span(self.file, line + 1, start + 1, line + 1, max(stop, start + 1) + 1)
        return Diagnostic("YAML100", message, span, help=help, notes=notes)


def explain(error: Any, file: str, text: str) -> Diagnostic:
    """The mistake behind PyYAML's error, at its cause."""
    complaint = _Complaint(error, file, text)
    if complaint.says("maximum nesting depth"):
        message = f"nested deeper than {LIMITS.nesting} levels"
        return Diagnostic("LIMIT102", message, Span(file, complaint.line + 1, complaint.column + 1))
    for rule in _RULES:
        found = rule(complaint)
        if found is not None:
            return found
    notes = []
    if complaint.begun is not None and complaint.context != complaint.problem:
        notes.append(f"{complaint.context}, begun on line {complaint.begun[0] + 1}")
    message = f"this is no YAML: {shown(complaint.problem, 200)}"
    return complaint.at(message, complaint.line, complaint.column, complaint.column + 1, notes=notes)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _spaces(count: int) -> str:
    return "not indented" if count == 0 else f"indented by {count} space{'s' if count > 1 else ''}"


def _word_at(line: str, column: int) -> tuple[int, int]:
    """The stretch of what stands at a column, up to a blank or a sign of YAML."""
    match = re.compile(r"[^\s,\[\]{}]+").match(line, column)
    return (column, match.end()) if match is not None else (column, column + 1)


def _tab(c: _Complaint) -> Diagnostic | None:
    for number in range(c.line, max(-1, c.line - 2), -1):
        blank = re.match(r"[ \t]*(?:-[ \t]+)?(?=\S)", c.lines[number])
        tabs = re.search("\t+", blank.group()) if blank is not None else None
        if tabs is not None:
            return c.at("a tab stands in the indentation", number, tabs.start(), tabs.end(), help="indent with spaces")
    return None


def _blank(c: _Complaint) -> Diagnostic | None:
    for number in {c.line, c.begun[0] if c.begun is not None else c.line}:
        found = _BLANKS.search(c.lines[min(number, len(c.lines) - 1)])
        if found is not None:
            return c.at(
                f"the character U+{ord(found.group()):04X} stands here, which looks like a space or like nothing",
                number,
                found.start(),
                found.end(),
                help="type a space in its place, or delete it",
            )
    return None


def _quote(c: _Complaint) -> Diagnostic | None:
    if "quoted scalar" not in c.context:
        return None
    if c.says("escape character", "escape code", "hexadecimal numbers"):
        start = max(0, c.here.rfind("\\", 0, c.column + 1))
        message = f"`{shown(c.here[start : start + 2])}` is no escape of a text in double quotes"
        return c.at(message, c.line, start, start + 2, help="single quotes keep a backslash as it is")
    if c.begun is None or not c.says("unexpected end of stream", "document indicator"):
        return None
    return c.at("this quote is not closed", c.begun[0], c.begun[1], c.begun[1] + 1, help="close it on the same line")


def _open_bracket(c: _Complaint) -> tuple[int, int] | None:
    """The place of the innermost bracket that is open where PyYAML gave up; quotes and comments are passed over."""
    opened: list[tuple[int, int]] = []
    for number in range(c.line + 1):
        text = c.lines[number] if number < c.line or c.at_end else c.before
        for sign in _SIGNS.finditer(text):
            if sign.group() in _CLOSERS:
                opened.append((number, sign.start()))
            elif sign.group() in ("}", "]") and opened:
                opened.pop()
    return opened[-1] if opened else None


def _unfinished(c: _Complaint) -> Diagnostic | None:
    """A bracket that is open where the text, or its part, is over."""
    if not c.says("node content") or (c.here[c.column :].strip() and not c.at_end):
        return None
    place = _open_bracket(c)
    if place is None:
        return None
    line, column = place
    opener = c.lines[line][column]
    return c.at(f"this `{opener}` is not closed", line, column, column + 1, help=f"close it with `{_CLOSERS[opener]}`")


def _flow(c: _Complaint) -> Diagnostic | None:
    if c.begun is None or not ("flow mapping" in c.context or "flow sequence" in c.context):
        return None
    line, column = c.begun
    opener = c.lines[line][column : column + 1]
    closer = _CLOSERS.get(opener)
    if closer is None:
        return None
    found = c.here[c.column : c.column + 1]
    if found in ("}", "]") and found != closer and not c.at_end:
        return c.at(
            f"`{found}` stands where the `{opener}` of {'column' if line == c.line else 'line'} "
            f"{column + 1 if line == c.line else line + 1} is still open",
            c.line,
            c.column,
            c.column + 1,
            help=f"close it with `{closer}`",
        )
    outside = (c.lines[n] for n in range(line + 1, c.line + 1))
    if c.at_end or any(text.strip() and _indent(text) <= _indent(c.lines[line]) for text in outside):
        return c.at(f"this `{opener}` is not closed", line, column, column + 1, help=f"close it with `{closer}`")
    if not c.says("expected ',' or"):
        return None
    if found == ":":
        word = re.search(r"[^\s,{}\[\]:]+\s*$", c.before)
        start = word.start() if word is not None else c.column
        stop = start + len(word.group().rstrip()) if word is not None else c.column + 1
    else:
        start, stop = _word_at(c.here, c.column)
    what = shown(c.here[start:stop])
    return c.at(f"a comma is missing before `{what}`", c.line, start, stop)


def _together(c: _Complaint) -> Diagnostic | None:
    """A key whose colon has no space behind it: on this line, or the line above that went on to this one."""
    if not c.says("mapping values are not allowed", "could not find expected ':'"):
        return None
    for number in (c.line, c.line - 1, c.begun[0] if c.begun is not None else c.line):
        text = c.lines[number] if number >= 0 else ""
        if number < c.line and ": " in text:
            continue
        found = _TOGETHER.search(text[: c.column] if number == c.line and c.says("mapping values") else text)
        if found is not None:
            key = found.group(1)
            return c.at(f"a space is missing after `{shown(key)}`", number, found.start(1), found.end(1))
    return None


def _dash(c: _Complaint) -> Diagnostic | None:
    if not c.says("could not find expected ':'"):
        return None
    number = c.begun[0] if c.begun is not None else c.line
    text = c.lines[number]
    start = _indent(text)
    if re.match(r" *-\w", text):
        return c.at("a space is missing after `-`", number, start, start + 1)
    return c.at(
        f"`{shown(text.strip())}` is neither a key with its `: ` nor an item with its `- `",
        number,
        start,
        len(text.rstrip()),
    )


def _bare_word(c: _Complaint) -> Diagnostic | None:
    """`- relu` with keys under it, and a second colon in a text."""
    if not c.says("mapping values are not allowed"):
        return None
    key = re.match(r" *([^\s:]+)$", c.before)
    if key is not None:
        above = next((n for n in range(c.line - 1, -1, -1) if c.lines[n].strip()), None)
        bare = re.match(r" *(?:- +)+([^\s:#][^:#]*?) *(?:#.*)?$", c.lines[above]) if above is not None else None
        if bare is not None and above is not None:
            word = shown(bare.group(1))
            return c.at(
                f"`{word}` has no colon, and `{shown(key.group(1))}:` stands under it",
                above,
                bare.start(1),
                bare.end(1),
                help=f"write `- {word}:` where keys follow",
            )
    above = next((n for n in range(c.line - 1, -1, -1) if c.lines[n].strip() and c.lines[n].lstrip()[0] != "#"), None)
    if above is not None and re.match(r" *(?:- +)?[^\s:]+$", c.before):
        text = c.lines[above].partition(" #")[0].rstrip()
        start = _indent(text)
        if not re.search(r":(?: |$)", text) and _indent(c.here) > start:
            return c.at(f"no `:` stands behind `{shown(text.strip())}`", above, start, len(text))
        given = re.match(r" *(?:- +)*([^\s:]+): +\S", text)
        if given is not None:
            return c.at(
                f"this line is {_spaces(_indent(c.here))}, and `{shown(given.group(1))}` above it has its value already",
                c.line,
                _indent(c.here),
                len(c.here.rstrip()),
                help=f"a key beside `{shown(given.group(1))}` begins in column {given.start(1) + 1}",
            )
    first = re.match(r" *(?:- +)?([^\s:]+): +", c.here)
    if first is not None and first.end() <= c.column:
        value = c.here[first.end() :].rstrip()
        return c.at(
            f"the value of `{shown(first.group(1))}` has a `:` in it that YAML reads as another key's",
            c.line,
            c.column,
            c.column + 1,
            help=f'a text is quoted: `"{shown(value)}"`; keys on one line stand in `{{ }}`',
        )
    return None


def _outside(c: _Complaint) -> Diagnostic | None:
    """A line that stands further left than the first one, or behind a bracket that closed the whole."""
    if not c.says("document start"):
        return None
    first = next(
        (n for n, line in enumerate(c.lines) if line.strip() and not line.lstrip().startswith(("#", "---"))), 0
    )
    start, stop = _indent(c.here), len(c.here.rstrip())
    if first < c.line and start < _indent(c.lines[first]) and not c.before.strip():
        return c.at(
            f"this line is {_spaces(start)}, and the first key of the file is {_spaces(_indent(c.lines[first]))}",
            c.line,
            start,
            stop,
            help="the keys of the file begin in one column",
        )
    return c.at(
        "this stands behind the end of the model", c.line, c.column, stop, help="a model is one mapping of keys"
    )


def _item_beside_key(c: _Complaint) -> Diagnostic | None:
    """`layers: - conv` on one line."""
    if not c.says("sequence entries are not allowed"):
        return None
    return c.at("a list begins on a line of its own, under its key", c.line, c.column, c.column + 1)


def _block(c: _Complaint) -> Diagnostic | None:
    """A line whose indentation fits nothing above it, and something behind a value that is over."""
    if not c.says("did not find expected '-' indicator", "did not find expected key", "expected <block end>"):
        return None
    if c.before.strip(" -"):
        start, stop = _word_at(c.here, c.column)
        return c.at(
            f"`{shown(c.here[start:stop])}` stands behind a value that is over",
            c.line,
            start,
            stop,
            help="quote the text as a whole, or set the parts of a list in `[ ]` with commas",
        )
    start = _indent(c.here)
    help = None
    notes = []
    if c.begun is not None:
        what = "list" if "collection" in c.context or "sequence" in c.context else "mapping"
        wanted = c.begun[1]
        item = next((n for n in range(c.line - 1, -1, -1) if c.lines[n].lstrip(" ").startswith("- ")), None)
        if what == "mapping" and c.here.lstrip(" ").startswith("- ") and item is not None:
            return c.at(
                f"this item is {_spaces(start)}, which fits no list above it",
                c.line,
                start,
                len(c.here.rstrip()),
                notes=[f"the item on line {item + 1} is {_spaces(_indent(c.lines[item]))}"],
            )
        notes = [f"the {what} begun on line {c.begun[0] + 1} is {_spaces(wanted)}"]
        help = (
            f"an item of that list begins in column {wanted + 1}, a key of its items in column {wanted + 3}"
            if what == "list"
            else f"a key of that mapping begins in column {wanted + 1}"
        )
    return c.at(
        f"this line is {_spaces(start)}, which fits nothing above it",
        c.line,
        start,
        len(c.here.rstrip()),
        notes=notes,
        help=help,
    )


def _sign(c: _Complaint) -> Diagnostic | None:
    """A text that begins with a sign of YAML's."""
    if c.says("cannot start any token", "node content") and not c.at_end:
        line, column = c.line, c.column
    elif c.begun is not None and re.search("scanning an? (alias|anchor|tag|block scalar|directive)", c.context):
        line, column = c.begun
    else:
        return None
    sign = c.lines[line][column : column + 1]
    start, stop = _word_at(c.lines[line], column)
    if sign == "\t":
        return c.at("a tab stands here", line, column, column + 1, help="use spaces")
    if sign in (",", "}", "]"):
        return c.at(f"a value is missing before `{sign}`", line, column, column + 1)
    if not re.search(r"[{\[]", c.lines[line][:column]):
        stop = len(c.lines[line].rstrip())
    word = shown(c.lines[line][start:stop])
    message = f"a text that begins with `{shown(sign)}` is quoted" + (" inside `{ }`" if sign == "?" else "")
    return c.at(message, line, start, stop, help=f'write `"{word}"`')


_RULES: tuple[Callable[[_Complaint], Diagnostic | None], ...] = (
    _tab, _blank, _quote, _flow, _unfinished, _together, _dash, _bare_word, _outside, _item_beside_key, _block, _sign,
)  # fmt: skip
