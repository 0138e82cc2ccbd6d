"""The picture in the language of Graphviz, for whoever lays it out or edits it with other programs.

Names are never ids. Labels are quoted strings, in which a quote, a backslash and the sign of an entity are escaped.

Source: "DOT Language" and "Escape strings" of graphviz.org.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.options import Options
from analyzer.reporter.picture.opened import opened
from analyzer.reporter.picture.outline import Arrow, Shape, outline_of
from analyzer.reporter.picture.scene import scene_of
from analyzer.source import inert

_FORMS = {"box": "", "pill": ', shape=ellipse, style=""', "stub": ', style="rounded,dashed", color="#8892a0"'}

_HEAD = """\
  graph [fontname="Helvetica,Arial,sans-serif", fontsize=11, nodesep=0.3, ranksep=0.35, style="rounded", color="#8892a0"]
  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, shape=box, style="rounded,filled", fillcolor="#f3f5f7", color="#5b6472", margin="0.14,0.07"]
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, color="#5b6472", fontcolor="#444c56", arrowsize=0.7]
"""


def render(reports: Sequence[Analysis], options: Options) -> Iterator[str]:
    """The graph of one network."""
    analysis = reports[0]
    scene = scene_of(analysis)
    outline = outline_of(scene, opened(scene, options.depth), analysis.name)

    def quoted(lines: Sequence[str]) -> str:
        return '"' + r"\n".join(escaped(line, unicode=options.unicode) for line in lines) + '"'

    yield f"digraph {quoted([analysis.name])} {{\n{_HEAD}"
    left: list[tuple[int, Shape | None]] = [(1, shape) for shape in reversed(outline.shapes)]
    while left:
        depth, shape = left.pop()
        indent = "  " * depth
        if shape is None:
            yield f"{indent}}}\n"
        elif shape.parts is None:
            yield f"{indent}{shape.id} [label={quoted(shape.lines)}{_FORMS[shape.form]}]\n"
        else:
            yield f"{indent}subgraph cluster_{shape.id} {{\n{indent}  label={quoted(shape.lines)}\n"
            left.append((depth, None))
            left.extend((depth + 1, part) for part in reversed(shape.parts))
    for arrow in outline.arrows:
        yield f"  {arrow.source} -> {arrow.target}{_attributes(arrow, quoted(arrow.lines))}\n"
    yield "}\n"


def _attributes(arrow: Arrow, label: str) -> str:
    found = [*([f"label={label}"] if arrow.lines else []), *(["style=dashed"] if arrow.faint else [])]
    return f" [{', '.join(found)}]" if found else ""


def escaped(text: str, *, unicode: bool = True) -> str:
    r"""Text for a quoted string; where the stream has no room for a letter, its code as an entity.

    >>> print(escaped('a"b\\c'), escaped("R&D"), escaped("a" + chr(10)), escaped("3×3", unicode=False))
    a\"b\\c R&amp;D a\\n 3&#215;3
    """
    text = inert(text).replace("\\", r"\\").replace('"', r"\"").replace("&", "&amp;")
    return text if unicode else text.encode("ascii", "xmlcharrefreplace").decode("ascii")
