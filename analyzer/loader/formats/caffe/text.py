"""The text format of protocol buffers: fields and messages, each with its line.

A field is `name: value` or `name { … }`; the colon may be left out before a message, `< >` may stand for `{ }`, a list
`[a, b]` is the field written several times, and neighbouring strings are one string. Fields may be separated by `,` or
`;`. A comment begins with `#`. Source: protobuf.dev, "Text Format Language Specification".
"""

from __future__ import annotations

import re

from analyzer.loader.formats.sheet import Place, Sheet
from analyzer.loader.text.limits import LIMITS
from analyzer.record import Record, field
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the value of a field is.
STRING, WORD, NUMBER, MESSAGE = "a text in quotes", "a word", "a number", "a block"

_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
      | (?P<string>"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')
      | (?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)[fF]?(?![\w.]))
      | (?P<word>-?[A-Za-z_][\w]*)
      | (?P<sign>[{}<>:;,\[\]])
      | (?P<other>\S[^\s{}<>:;,\[\]]*)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}

_CLOSES = {"{": "}", "<": ">"}


#: The most fields of a text: the longest networks that are known have 40,000.
_MOST_FIELDS = 200_000


class Field(Record):
    """A value of a field: its kind, its text where it is no message, the message where it is one."""

    name: str
    line: int
    kind: str
    text: str = ""
    message: Message | None = None

    def place(self) -> Place:
        """Its place in the file."""
        return Place("", line=self.line)


class Message(Record):
    """A block: the name of its field, the line where it opens, and its fields by name, each with its values."""

    name: str
    line: int
    fields: dict[str, list[Field]] = field(factory=dict, init=False)

    def add(self, value: Field) -> None:
        """Adds a value of a field."""
        self.fields.setdefault(value.name, []).append(value)

    def last(self, name: str) -> Field | None:
        """The value of a field that has one; None where it is not written."""
        found = self.fields.get(name)
        return found[-1] if found else None

    def messages(self, name: str) -> list[Message]:
        """The blocks of a field."""
        return [one.message for one in self.fields.get(name, ()) if one.message is not None]

    def message(self, name: str) -> Message:
        """The block of a field; an empty one where it is not written."""
        found = self.messages(name)
        return found[-1] if found else Message(name, self.line)

    def place(self, name: str | None = None) -> Place:
        """The place of a field, or of the block."""
        found = self.last(name or "")
        return Place("", line=self.line if found is None else found.line)


class _Token(Record):
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens of a text with their lines, and at the end one without a kind."""
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "blank":
            line += match.group().count("\n")
        else:
            yield _Token(kind, match.group(), line)
    yield _Token("", "", line)


def parsed(text: str, sheet: Sheet) -> Message:
    """The message that a text is. Raises `Halted` after a mistake of the text, which is then on the sheet.

    >>> net = parsed('name: "a" "b" layer { top: ["x", "y"] }', Sheet("a.prototxt"))
    >>> net.fields["name"][0].text, [one.text for one in net.message("layer").fields["top"]]
    ('ab', ['x', 'y'])
    """
    return _Parser(text, sheet).parsed()


class _Parser:
    """The blocks that are open, the innermost last: each with what closes it, and whether it is part of a list."""

    # By hand: it begins with the first token.
    def __init__(self, text: str, sheet: Sheet) -> None:
        self.sheet = sheet
        self.tokens = _tokens(text)
        self.token = next(self.tokens)
        self.line = 1  # of the token before
        self.fields = 0
        self.open: list[tuple[Message, str, bool]] = [(Message("", 1), "", False)]

    def parsed(self) -> Message:
        """Reads field after field: no recursion follows the depth of the text."""
        while True:
            message, closer, listed = self.open[-1]
            token = self.token
            if not token.kind:
                if len(self.open) > 1:
                    raise self._unclosed(message)
                return message
            if token.text in ("}", ">") and token.kind == "sign":
                self._close(message, closer, token)
                if listed:
                    self._more(message.name)
            elif token.kind == "word" and not token.text.startswith("-"):
                self._field()
            elif token.kind == "sign" and token.text in ",;":
                self._next()
            else:
                where = f"in the block of line {message.line}" if closer else "here"
                raise self._refuse(
                    f"`{shown(token.text)}` is no name of a field, which is expected {where}", token.line
                )

    def _next(self) -> _Token:
        """The token at hand; the next one is then at hand."""
        token = self.token
        if token.kind:
            self.token = next(self.tokens)
            self.line = token.line
        return token

    def _count(self, line: int) -> None:
        """Counts a value or a block."""
        self.fields += 1
        if self.fields > _MOST_FIELDS:
            raise self._refuse(f"the file has more than {_MOST_FIELDS:,} fields, more than any network", line)

    def _field(self) -> None:
        """Reads a field, or the beginning of one that is a block."""
        name = self._next()
        colon = self.token.text == ":" and self.token.kind == "sign"
        if colon:
            self._next()
        token = self.token
        if token.kind == "sign" and token.text == "[" and colon:
            self._next()
            if self.token.text == "]":
                self._next()
            else:
                self._value(name.text, listed=True)
        elif token.kind == "sign" and token.text in _CLOSES:
            self._enter(name.text, listed=False)
        elif not colon:
            got = f"`{shown(token.text)}`" if token.kind else "the end of the file"
            raise self._refuse(
                f"`{shown(name.text)}` is followed by {got}", name.line, "a field is `name: value` or `name { … }`"
            )
        else:
            self._value(name.text, listed=False)

    def _value(self, name: str, *, listed: bool) -> None:
        """Reads one value of a field; in a list, the others behind it too."""
        line = self.line
        while True:
            token = self.token
            if token.kind == "sign" and token.text in _CLOSES:
                self._enter(name, listed=listed)
                return
            if token.kind == "string":
                text = ""
                while self.token.kind == "string":
                    text += _unescaped(self._next().text[1:-1])
                value = Field(name, token.line, STRING, text)
            elif token.kind in ("word", "number"):
                value = Field(name, token.line, WORD if token.kind == "word" else NUMBER, self._next().text)
            else:
                raise self._no_value(name, token, line)
            self.open[-1][0].add(value)
            self._count(value.line)
            if not listed or self._ended():
                return

    def _no_value(self, name: str, token: _Token, line: int) -> Exception:
        if token.text[:1] in ("'", '"'):
            return self._refuse(f"the text {shown(token.text)} has no closing quote", token.line)
        if not token.kind or token.kind == "sign":
            got = f"`{token.text}`" if token.kind else "the end of the file"
            return self._refuse(f"`{shown(name)}` has no value: {got} follows", line)
        return self._refuse(f"`{shown(token.text)}` is no value of `{shown(name)}`", token.line)

    def _ended(self) -> bool:
        """Whether a list ends behind the value that was read."""
        token = self._next()
        if token.kind == "sign" and token.text == ",":
            return False
        if token.kind == "sign" and token.text == "]":
            return True
        raise self._refuse("a list has neither `,` nor `]` behind a value", token.line)

    def _more(self, name: str) -> None:
        """The values of a list that are behind a block of it."""
        if not self._ended():
            self._value(name, listed=True)

    def _enter(self, name: str, *, listed: bool) -> None:
        """Opens a block."""
        token = self._next()
        self._count(token.line)
        around = self.open[-1][0]
        if len(self.open) > LIMITS.nesting:
            raise self._refuse(f"blocks are nested more than {LIMITS.nesting} deep", token.line)
        if name in ("layer", "layers") and len(self.open) > 1 and around.name != "layers" and not _holds_nets(around):
            raise self._unclosed(around, f"before the `{name}` of line {token.line}")
        message = Message(name, token.line)
        around.add(Field(name, token.line, MESSAGE, message=message))
        self.open.append((message, _CLOSES[token.text], listed))

    def _close(self, message: Message, closer: str, token: _Token) -> None:
        self._next()
        if not closer:
            raise self._refuse(f"`{token.text}` closes nothing", token.line, "delete it, or open a block before it")
        if token.text != closer:
            opener = next(opener for opener, own in _CLOSES.items() if own == closer)
            raise self._refuse(f"the `{opener}` of line {message.line} is closed by `{token.text}`", token.line)
        self.open.pop()

    def _unclosed(self, message: Message, where: str = "") -> Exception:
        closer = self.open[-1][1]
        opener = next(opener for opener, own in _CLOSES.items() if own == closer)
        return self._refuse(
            f"the `{opener}` of `{shown(message.name)}` is not closed{' ' * bool(where)}{where}",
            message.line,
            f"add a `{closer}` at the end of this block",
        )

    def _refuse(self, message: str, line: int, help: str | None = None) -> Exception:
        return self.sheet.refuse(message, Place("", line=line), help=help)


def _holds_nets(message: Message) -> bool:
    """Whether a block of a solver is a whole network."""
    return message.name in ("net_param", "train_net_param", "test_net_param")


def _unescaped(text: str) -> str:
    r"""The text of a string between its quotes.

    >>> _unescaped(r"a\x41\101\"")
    'aAA"'
    """
    return _ESCAPE.sub(_escape, text) if "\\" in text else text


def _escape(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8) & 255)
    return _ESCAPED.get(code, code)
