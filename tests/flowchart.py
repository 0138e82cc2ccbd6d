"""Grammars of the two languages that a picture is written in as text: of each the part that is written, and no more.

`read_mermaid` follows `flow.jison` of mermaid 11.17, `read_dot` the "DOT Language" of graphviz.org. What a label says is
read as these programs read it.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

#: A quoted text of a flowchart: nothing in it is a quote, a backtick, a bracket, a `#` or `;` that is not of a code.
_TEXT = r'"((?:#\d+;|<br>|[^"`#;<>\[\]{}|\\&$*~@!?\n])*)"'
_ID = r"([bio]\d+s?)"

_MERMAID = {
    "comment": r"%% [^{}\n]+",
    "title": r"accTitle: ((?:#\d+;|[^#;\n])+)",
    "block": rf"subgraph {_ID}\[{_TEXT}\]",
    "end": "end",
    "box": rf"{_ID}\[{_TEXT}\]",
    "pill": rf"{_ID}\(\[{_TEXT}\]\)",
    "arrow": rf"{_ID} (-->|-\.->)(?:\|{_TEXT}\|)? {_ID}",
    "classDef": r"classDef (default|block|pill|stub|added|removed|changed|moved) ([a-z-]+:[#a-z0-9 ]+(?:,[a-z-]+:[#a-z0-9 ]+)*)",
    "class": r"class ([bio]\d+s?(?:,[bio]\d+s?)*) (default|block|pill|stub|added|removed|changed|moved)",
}


@dataclass
class Picture:
    """What a program makes of a text."""

    title: str = ""
    #: The lines of the label of each single shape, and of each shape around others.
    boxes: dict[str, list[str]] = field(default_factory=dict)
    blocks: dict[str, list[str]] = field(default_factory=dict)
    #: The shape that each shape is directly in, if there is one.
    around: dict[str, str] = field(default_factory=dict)
    #: From, to, and the lines beside the arrow.
    arrows: list[tuple[str, str, list[str]]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    classes: dict[str, str] = field(default_factory=dict)

    def labels(self) -> list[str]:
        """The first lines of the single shapes, in order."""
        return [lines[0] for lines in self.boxes.values()]

    def named(self) -> list[tuple[str, str, list[str]]]:
        """The arrows, with the first lines of the labels in place of the ids."""
        return [(self.boxes[one][0], self.boxes[other][0], lines) for one, other, lines in self.arrows]


def read_mermaid(text: str) -> Picture:
    """Reads a flowchart; fails on a line that is not of the grammar."""
    first, *lines = text.splitlines()
    assert first == "flowchart TB"
    picture, inside = Picture(), [""]
    for line in lines:
        kind, found = _statement(line.strip(), _MERMAID)
        if kind == "end":
            assert len(inside) > 1, "an `end` without a subgraph"
            inside.pop()
        elif kind in ("box", "pill", "block"):
            shapes = picture.blocks if kind == "block" else picture.boxes
            assert found[0] not in {**picture.boxes, **picture.blocks}, f"{found[0]} appears twice"
            shapes[found[0]] = _lines(found[1], "<br>")
            picture.around[found[0]] = inside[-1]
            if kind == "block":
                inside.append(found[0])
        elif kind == "arrow":
            picture.arrows.append((found[0], found[3], _lines(found[2], "<br>")))
        elif kind == "class":
            picture.classes.update(dict.fromkeys(found[0].split(","), found[1]))
        elif kind == "comment":
            picture.comments.append(line.strip())
        elif kind == "title":
            picture.title = _decoded(found[0])
    assert inside == [""], "a subgraph without its `end`"
    return _checked(picture)


_QUOTED = r'"((?:\\["\\n]|[^"\\\n])*)"'
_NAMED = r"[a-z]+"
_VALUE = rf"(?:{_QUOTED}|[a-z0-9.]+)"

_DOT = {
    "settings": rf"(graph|node|edge) \[({_NAMED}={_VALUE}(?:, {_NAMED}={_VALUE})*)\]",
    "block": rf"subgraph cluster_{_ID} \{{",
    "label": rf"label={_QUOTED}",
    "end": r"\}",
    "box": rf"{_ID} \[label={_QUOTED}((?:, {_NAMED}={_VALUE})*)\]",
    "arrow": rf"{_ID} -> {_ID}(?: \[(?:label={_QUOTED})?(?:(?:, )?style=dashed)?\])?",
}


def read_dot(text: str) -> Picture:
    """Reads a graph; fails on a line that is not of the grammar."""
    first, *lines = text.splitlines()
    head = re.fullmatch(rf"digraph {_QUOTED} \{{", first)
    assert head is not None, first
    picture, inside = Picture(_escapes(head.group(1))), [""]
    for line in lines:
        kind, found = _statement(line.strip(), _DOT)
        if kind == "end":
            inside.pop()
        elif kind == "block":
            picture.around[found[0]] = inside[-1]
            picture.blocks[found[0]] = []
            inside.append(found[0])
        elif kind == "label":
            picture.blocks[inside[-1]] = _escapes(found[0]).split("\n")
        elif kind == "box":
            assert found[0] not in picture.boxes, f"{found[0]} appears twice"
            picture.boxes[found[0]] = _escapes(found[1]).split("\n")
            picture.around[found[0]] = inside[-1]
        elif kind == "arrow":
            picture.arrows.append((found[0], found[1], _escapes(found[2] or "").split("\n")))
    assert inside == [], "a brace is not closed, or closed twice"
    return _checked(picture)


def _statement(line: str, grammar: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    for kind, pattern in grammar.items():
        found = re.fullmatch(pattern, line)
        if found is not None:
            return kind, found.groups()
    raise AssertionError(f"no statement of the grammar: {line}")


def _checked(picture: Picture) -> Picture:
    """Arrows end at shapes that exist, and none appears twice."""
    for source, target, _ in picture.arrows:
        assert {source, target} <= picture.boxes.keys()
        assert source != target
    pairs = [arrow[:2] for arrow in picture.arrows]
    assert len(pairs) == len(set(pairs))
    assert picture.classes.keys() <= {*picture.boxes, *picture.blocks}
    return picture


def _lines(label: str | None, separator: str) -> list[str]:
    return [_decoded(line) for line in (label or "").split(separator)]


def _decoded(text: str) -> str:
    """The letters that codes stand for, in one pass."""
    return re.sub(r"#(\d+);", lambda found: chr(int(found.group(1))), text)


def _escapes(text: str) -> str:
    """A quoted text as Graphviz shows it: its escape strings, then its entities."""
    text = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found.group(1), found.group(1)), text)
    return html.unescape(text)
