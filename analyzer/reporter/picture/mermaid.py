"""The picture as a Mermaid flowchart, for a README or a pull request.

GitHub draws a flowchart of at most 50,000 characters and 500 arrows; a network that needs more is folded further, and a
comment in the text says so. Names are never ids, and none of their letters is syntax: those that may be are written as
`#code;`. Colours are translucent, since GitHub shows a picture on a light and on a dark ground.

Sources: mermaid 11.17, `config.schema.yaml` (`maxTextSize`, `maxEdges`) and `encodeEntities` of `utils.ts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.options import Options
from analyzer.reporter.picture.outline import Arrow, Outline, Shape, outlines
from analyzer.reporter.picture.scene import scene_of
from analyzer.source import inert

#: The most characters and arrows of a flowchart that GitHub draws: fewer than its limits.
MOST_CHARACTERS, MOST_ARROWS = 49_999, 499

_NOTE = (
    "folded further, since GitHub draws at most 50,000 characters and 500 arrows; "
    "`analyzer FILE --format svg --depth all` draws every layer"
)

#: Signs of labels, beside letters and digits, that are no syntax anywhere in a quoted text.
_PLAIN = frozenset(" .,/()+-=×·–…→−÷")

#: What the reader of older versions takes for a list at the beginning of a line, and the word that ends a subgraph.
_LIST = re.compile(r"^\d+[.)]|^[-+](?= )")
_END = re.compile(r"\bend\b", re.IGNORECASE)

#: What a page around the picture may take for a link.
_LINK = re.compile(r"\bwww\.", re.IGNORECASE)

#: What the classes look like: translucent, with the theme's own colour for text.
_CLASSES = {
    "default": "fill:#8892a022,stroke:#8892a0",
    "pill": "fill:none,stroke:#8892a0",
    "block": "fill:#8892a00d,stroke:#8892a0,stroke-dasharray:4 3",
    "stub": "fill:none,stroke:#8892a0,stroke-dasharray:2 3",
    "added": "fill:#2da44e33,stroke:#2da44e,stroke-width:2px",
    "removed": "fill:#cf222e26,stroke:#cf222e,stroke-width:2px,stroke-dasharray:6 3",
    "changed": "fill:#bf870033,stroke:#bf8700,stroke-width:2px",
    "moved": "fill:#218bff26,stroke:#218bff,stroke-width:2px",
}

_BOX, _PILL = ('["', '"]'), ('(["', '"])')


def render(reports: Sequence[Analysis], options: Options) -> Iterator[str]:
    """The flowchart of one network."""
    analysis = reports[0]
    drawn = outlines(scene_of(analysis), options.depth, analysis.name)
    text = fitting(drawn, _NOTE, unicode=options.unicode)
    assert text is not None  # the last outline is a single box
    yield text


def fitting(drawn: Iterator[Outline], why: str, *, unicode: bool = True, most: int | None = None) -> str | None:
    """The first of these pictures that GitHub draws, and that has at most so many bytes, if `most` is given.

    `why` is the comment in one that is not the first. None where no picture fits.
    """
    for place, outline in enumerate(drawn):
        if len(outline.arrows) <= MOST_ARROWS:
            text = "".join(lines(outline, why if place else "", unicode=unicode))
            if len(text) <= MOST_CHARACTERS and (most is None or len(text.encode()) <= most):
                return text
    return None


def lines(outline: Outline, note: str = "", *, unicode: bool = True) -> Iterator[str]:
    """The lines of a flowchart."""
    yield "flowchart TB\n"
    if note:
        yield f"  %% {note}\n"
    yield f"  accTitle: {escaped(outline.title, unicode=unicode) or 'network'}\n"
    used: dict[str, list[str]] = {}
    yield from _shapes(outline.shapes, used, unicode=unicode)
    for arrow in outline.arrows:
        yield f"  {_arrow(arrow, unicode=unicode)}\n"
    for name, style in _CLASSES.items():
        if name in used or name == "default":
            yield f"  classDef {name} {style}\n"
        if name in used:
            yield f"  class {','.join(used[name])} {name}\n"


def _shapes(shapes: Sequence[Shape], used: dict[str, list[str]], *, unicode: bool) -> Iterator[str]:
    """The lines of shapes; their ids go to the classes that they are `used` in."""
    left: list[tuple[int, Shape | None]] = [(1, shape) for shape in reversed(shapes)]
    while left:
        depth, shape = left.pop()
        indent = "  " * depth
        if shape is None:
            yield f"{indent}end\n"
            continue
        label = "<br>".join(escaped(line, unicode=unicode) for line in shape.lines)
        used.setdefault("block" if shape.parts is not None else shape.form, []).append(shape.id)
        if shape.parts is None:
            opening, closing = _PILL if shape.form == "pill" else _BOX
            yield f"{indent}{shape.id}{opening}{label}{closing}\n"
        else:
            yield f'{indent}subgraph {shape.id}["{label}"]\n'
            left.append((depth, None))
            left.extend((depth + 1, part) for part in reversed(shape.parts))


def _arrow(arrow: Arrow, *, unicode: bool) -> str:
    label = "<br>".join(escaped(line, unicode=unicode) for line in arrow.lines)
    sign = "-.->" if arrow.faint else "-->"
    return f'{arrow.source} {sign}|"{label}"| {arrow.target}' if label else f"{arrow.source} {sign} {arrow.target}"


def escaped(text: str, *, unicode: bool = True) -> str:
    """Text for a label: signs that may be syntax as `#code;`, control characters as other reports show them.

    >>> print(escaped('a"b#c'), escaped("the end"), escaped("1. first"), escaped("a" + chr(27)), escaped("batch_norm"))
    a#34;b#35;c the #101;nd 1#46; first a#92;x1b batch_norm
    """
    text = inert(text)
    special = {place for place, letter in enumerate(text) if not _is_plain(letter, unicode=unicode)}
    special.update(found.start() for found in _END.finditer(text))
    special.update(found.end() - 1 for pattern in (_LIST, _LINK) for found in pattern.finditer(text))
    special.difference_update(place for place in [*special] if text[place] == "_" and _is_inside(text, place))
    return "".join(f"#{ord(letter)};" if place in special else letter for place, letter in enumerate(text))


def _is_plain(letter: str, *, unicode: bool) -> bool:
    return (letter.isascii() or unicode) and (letter in _PLAIN or letter.isalnum())


def _is_inside(text: str, place: int) -> bool:
    """Whether a sign is between two letters or digits, where it emphasizes nothing."""
    return 0 < place < len(text) - 1 and text[place - 1].isalnum() and text[place + 1].isalnum()
