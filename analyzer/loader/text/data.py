"""The tree of a model that is Python data, as YAML would load it: dicts, lists and plain values.

Every value keeps the way to it (`layers[2].conv.filters`) in place of a line. What YAML could not express is refused:
a key that is no text, a set, an object, a list inside of itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from numbers import Integral, Real
from operator import index

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.characters import forbidden
from analyzer.loader.text.limits import LIMITS, Enough
from analyzer.loader.text.read import Read
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree, Way, value_of
from analyzer.source import Span, shown
from analyzer.volume import Volume

#: A float as YAML 1.1 reads it, and with it PyYAML. Others, such as `1e-5`, are texts there and numbers here.
#: Source: https://yaml.org/type/float.html
_FLOAT_OF_1_1 = re.compile(r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9_]+)([eE][-+][0-9]+)?", re.ASCII)

#: The most digits of a number; Python itself does not write longer ones.
_DIGITS = 4000

#: What numpy calls a truth value, which Python counts among no numbers.
_TRUTHS = ("bool", "bool_")

_WORD = re.compile(r"\w[\w-]*")


class _Stop(Exception):
    """The data is beyond a limit, which was reported."""


def read_data(data: object, file: str) -> Read:
    """The tree of the data, and what YAML could not express; `file` is its name in messages.

    >>> read_data({"input": "8x8x3", 1: "conv"}, "<dict>").problems
    [Diagnostic(YAML105 at [1]: a key must be a text, not the number `1`)]
    """
    reader = _Reader(file)
    try:
        return Read(reader.tree(data, "", 1), reader.problems)
    except _Stop:
        return Read(None, reader.problems)
    except Enough as enough:
        return Read(None, [*reader.problems, enough.note()])


class _Reader:
    """Makes the tree; counts the values and their characters."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Diagnostic] = []
        self.values = 0
        self.characters = 0

    def tree(self, value: object, path: str, height: int) -> Tree:
        """The tree of a value at `path`, inside of `height` lists and mappings with its own."""
        way = self._way(path)
        if isinstance(value, AnyMapping):
            return self._mapping(value, way, height)
        if isinstance(value, range) and value and value.step > 0 and path.startswith("sweep."):
            return self._text(f"{value[0]}:{value[-1]}:{value.step}", way)  # as YAML writes it: it may be long
        if isinstance(value, AnySequence) and not isinstance(value, (str, bytes, bytearray)):
            return self._sequence(value, way, height)
        return self._scalar(value, way)

    def _way(self, path: str) -> Way:
        """The next place."""
        self.values += 1
        if self.values > LIMITS.nodes:
            self._stop("LIMIT102", f"more than {LIMITS.nodes:,} values", path)
        return Way(path, self.values)

    def _mapping(self, pairs: AnyMapping[object, object], way: Way, height: int) -> Tree:
        self._check_height(way, height)
        found = Mapping(way, flow=False)
        wrong = False
        for key, value in pairs.items():
            if not isinstance(key, str):
                self._wrong_key(key, way)
                wrong = True
                continue
            path = _inside(way.path, key)
            name = self._text(str.__str__(key), self._way(path))
            found.items.append((name, self.tree(value, path, height + 1)))
            wrong = wrong or name.__class__ is Damaged
        found.end = Way(way.path, self.values)
        return Damaged(way, found.end) if wrong and height > 1 else found

    def _sequence(self, items: AnySequence[object], way: Way, height: int) -> Tree:
        self._check_height(way, height)
        found = Sequence(way, flow=False)
        for place, item in enumerate(items):
            found.items.append(self.tree(item, f"{way.path}[{place}]", height + 1))
        found.end = Way(way.path, self.values)
        return found

    def _check_height(self, way: Way, height: int) -> None:
        if height > LIMITS.nesting:
            self._stop("LIMIT102", f"nested deeper than {LIMITS.nesting} levels", way.path)

    def _scalar(self, value: object, way: Way) -> Tree:
        """A plain value; a number as YAML writes it."""
        if isinstance(value, str):
            return self._text(str.__str__(value), way)
        if value is None or isinstance(value, bool):
            return Scalar("" if value is None else str(value).lower(), way, way, plain=True)
        if isinstance(value, Volume):
            return Scalar(str(value), way, way, plain=True)
        if isinstance(value, Integral):
            return self._whole(index(value), way)
        if isinstance(value, Real):
            number = repr(float(value))
            return Scalar({"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(number, number), way, way, plain=True)
        what = type(value).__name__
        if what in _TRUTHS and type(value).__module__ == "numpy":
            return Scalar(str(bool(value)).lower(), way, way, plain=True)
        help = "write it as a dict, a list, a text, a number, True, False or None"
        return self._refuse("YAML110", f"a value of the type `{shown(what)}` cannot be written in YAML", way, help)

    def _whole(self, number: int, way: Way) -> Tree:
        if abs(number) >= 10**_DIGITS:
            return self._refuse("VALUE101", "a number has thousands of digits", way)
        return Scalar(str(number), way, way, plain=True)

    def _text(self, text: str, way: Way) -> Scalar:
        """A text. It is as in quotes where YAML reads something else without them: `"64"` is no number."""
        self.characters += len(text)
        if self.characters > LIMITS.text:
            self._stop("LIMIT101", f"the texts have more than {LIMITS.text:,} characters", way.path)
        bad = forbidden(text)
        if bad is not None:
            message = f"the character U+{ord(bad.group()):04X} is not allowed in a model"
            return self._refuse("YAML108", message, way, "delete it")
        read = value_of(Scalar(text, way, way, plain=True))
        exponent = isinstance(read, float) and not _FLOAT_OF_1_1.fullmatch(text)
        return Scalar(text, way, way, plain=isinstance(read, str) or exponent)

    def _wrong_key(self, key: object, way: Way) -> None:
        """Reports a key that is no text."""
        what, help = f"a value of the type `{shown(type(key).__name__)}`", None
        if isinstance(key, bool):
            what, help = f"`{key}`", "write it in quotes: YAML 1.1 reads `on`, `yes`, `off` and `no` as true and false"
        elif key is None:
            what = "`None`"
        elif isinstance(key, (int, float)) and abs(key) < 10**_DIGITS:
            what, help = f"the number `{key}`", f'write `"{key}"`'
        self._refuse(
            "YAML105",
            f"a key must be a text, not {what}",
            Way(f"{way.path}[{shown(repr(key), 40)}]", self.values),
            help,
        )

    def _refuse(self, code: str, message: str, way: Way, help: str | None = None) -> Damaged:
        """Reports a mistake; raises `Enough` beyond the limit."""
        span = Span(self.file, way.line + 1, 1, label=way.path)
        if len(self.problems) >= LIMITS.findings:
            raise Enough(span)
        self.problems.append(Diagnostic(code, message, span, help=help))
        return Damaged(way, way)

    def _stop(self, code: str, message: str, path: str) -> None:
        self._refuse(code, message, Way(_short(path), self.values))
        raise _Stop


def _inside(path: str, key: str) -> str:
    """The way to a key of the value at `path`."""
    if len(key) > 60 or not _WORD.fullmatch(key):
        return f"{path}[{shown(repr(key), 40)}]"
    return f"{path}.{key}" if path else key


def _short(path: str) -> str:
    """The beginning of a way that nobody reads to its end."""
    return shown(path, 80)
