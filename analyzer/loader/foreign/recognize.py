"""Recognizing a file that is not a model: which format it is, and what to do with it.

Nothing here is imported for a model without mistakes.
"""

from __future__ import annotations

import re

from analyzer.diagnostics import FOREIGN, Diagnostic, nearest
from analyzer.loader.foreign.kinds import BINARY, KINDS, Foreign
from analyzer.source import shown

#: Keys that say that a file is meant as a model.
_OWN = frozenset(("input", "inputs", "layers"))

#: Endings of files that are no YAML, whatever their keys: a network of Caffe may begin with `input: "data"`.
_ONLY = (".prototxt",)

#: Patterns are looked for in so many characters: what a format begins with.
_HEAD = 1 << 16

_YAML_KEY = re.compile(r"""^(?:"([^"\n]+)"|'([^'\n]+)'|([\w$][\w.\-/ ]*?))[ \t]*:(?=[ \t\r\n]|$)""", re.MULTILINE)
_JSON_PART = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}\[\]]')
#: The name of each file in a zip archive, behind 26 bytes of its header and two lengths.
_ZIP_NAME = re.compile(rb"PK\x03\x04.{22}(..)..", re.DOTALL)


def foreign_finding(data: bytes, file: str) -> Diagnostic | None:
    """The finding about a file of another format, None if these bytes (all, or the first of them) may be a model.

    >>> print(foreign_finding(b"GGUF", "llama.gguf").message)  # doctest: +ELLIPSIS
    `llama.gguf` is a GGUF file (binary), which analyzer does not read: it has weights and no layers; ...
    """
    kind = recognized(data, file)
    if kind is None:
        return None
    name = shown(file, len(file))
    if kind.reader:
        message = f"`{name}` is {kind.name}, not YAML; `analyzer` reads it unless `--from` says otherwise"
    else:
        advice = kind.advice if kind.advise is None else kind.advise(data, shown(file, len(file)))
        message = f"`{name}` is {kind.name}, which analyzer does not read: {advice}"
    return Diagnostic(FOREIGN, message, None)


def readable(data: bytes, file: str) -> str | None:
    """The format whose reader reads a file with these first bytes and this name; None where none does.

    >>> readable(b"\x08\x08:\x05", "net"), readable(b"input: 8x8x3", "net.yaml")
    ('onnx', None)
    """
    kind = recognized(data, file)
    if kind is not None and kind.wide and file.lower().endswith(".cfg") and _nearly_darknet(data):
        return "darknet"
    return None if kind is None else kind.reader or None


def _nearly_darknet(data: bytes) -> bool:
    """Whether sections have nearly the names of Darknet's: its reader says which one is misspelt."""
    sections = re.findall(rb"^[ \t]*\[([a-z_]{2,20})\]", data[:_HEAD], re.MULTILINE)
    return any(nearest(name.decode(), ("net", "network", "convolutional", "maxpool", "connected")) for name in sections)


def recognized(data: bytes, file: str) -> Foreign | None:
    """The kind of a file with these bytes and this name, None if it may be a model."""
    for kind in KINDS:
        if any(data[at : at + len(magic)] == magic for at, magic in kind.magic):
            found = _member(data) or kind
            return (_by_ending(file) if found.wide else None) or found
        if kind.sign is not None and kind.sign(data):
            return kind
    text = data.decode("utf-8", "replace")
    keys = top_keys(text)
    own = keys & _OWN
    head = text[:_HEAD]
    for kind in KINDS:
        if any(names <= keys and (not own or names & own) for names in kind.keys):
            return kind
        if kind.pattern is not None and re.search(kind.pattern, head, re.MULTILINE):
            return (_by_ending(file) if kind.wide else None) or kind
    if own and not file.lower().endswith(_ONLY):
        return None
    binary = "\0" in text and "\ufffd" in text and not data.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16
    return _by_ending(file) or (BINARY if binary else None)


def top_keys(text: str) -> set[str]:
    """The keys at the top of a text in YAML or JSON, also of one with mistakes.

    >>> sorted(top_keys('{"a": {"b": 1}, "c": 2}')), sorted(top_keys("a:\\n  b: 1\\nc: 2"))
    (['a', 'c'], ['a', 'c'])
    """
    if not text.lstrip().startswith("{"):
        return {next(filter(None, match.groups())) for match in _YAML_KEY.finditer(text)}
    keys, depth = set(), 0
    for part in _JSON_PART.finditer(text):
        sign = part.group()[0]
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
        elif depth == 1 and part.group(2):
            keys.add(part.group(1))
    return keys


def _member(data: bytes) -> Foreign | None:
    """The kind that the names in a zip archive tell."""
    names = []
    for match in _ZIP_NAME.finditer(data):
        length = int.from_bytes(match.group(1), "little")
        names.append(data[match.end() : match.end() + length].decode("utf-8", "replace"))
    for kind in KINDS:
        if any(name.endswith(end) for name in names for end in kind.members):
            return kind
    return None


def _by_ending(file: str) -> Foreign | None:
    name = file.lower()
    return next((kind for kind in KINDS if name.endswith(kind.endings)), None)
