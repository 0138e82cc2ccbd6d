"""A page as one file that loads nothing: its policy, its style and script, and the data for the script.

The policy forbids everything but this style and this script, which it names by their SHA-256. So neither a name in a
network nor a mistake of ours can load or run anything. That is also why no element has a `style` attribute.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from html import escape

from analyzer.reporter.options import Options
from analyzer.reporter.terminal import markup
from analyzer.source import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The id of the element `main`, which the skip link names. No other id is in a page: `#…` names layers.
MAIN = "page-content"

#: The most characters of a name that a page shows.
SHOWN = 120

#: A string or a template of a script; a sign that needs no space around it, and one that needs none between two
#: operands (`a - -b` needs them); the end of a line between two statements.
_STRING = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`""")
_SUMS = re.compile(r"(?<=[\w)\]]) ([-+*]) (?=[\w(])")
_CLOSED = re.compile(r"\}\n(?=[}]|(?:function|const|let|return|if|for)\b)")
_SPACED = re.compile(r" ?(=>|===|!==|==|!=|<=|>=|&&|\|\||\?\?|[-+*]=|[=<>?:,;{}()]) ?")

#: Whole numbers beyond this are not exact in a script; they are text in the data.
_EXACT = 2**53


def document(
    title: str,
    body: Iterable[str],
    options: Options,
    *,
    assets: Sequence[str],
    opened: str = "",
) -> Iterator[str]:
    """The page around a body, in pieces, in characters that the stream can encode.

    `assets` are the names of the scripts and styles that it needs. `opened` is the view that a reader sees first where
    that is not the beginning. The script runs once for each `block` of data in the body: its root is the element with
    `data-network` around it, or the whole page. A page without any such block runs it once, without data.
    """
    script, style = script_of(assets), style_of(assets)
    first = f' data-opened="{opened}"' if opened else ""
    yield (
        f'<!doctype html>\n<html lang="en"{first}>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(script, style)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{markup(text(title), options.unicode)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<a class="page-skip" href="#{MAIN}">Skip to the content</a>\n'
    )
    for piece in body:
        yield markup(piece, options.unicode)
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def policy(script: str, style: str) -> str:
    """What the page may load and run: this script and this style."""
    return f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'"


def script_of(assets: Sequence[str]) -> str:
    """The scripts of these names as one function of the data and its root: they see each other, nobody else does."""
    scripts = "".join(_asset(f"{name}.js") for name in assets)
    return f'\n(() => {{\n"use strict";\nconst draw = (data, root) => {{\n{scripts}start();\n}};\n{_asset("runs.js")}}})();\n'


def style_of(assets: Sequence[str]) -> str:
    """The styles of these names as one."""
    return "\n" + "".join(_asset(f"{name}.css") for name in assets)


def _asset(name: str) -> str:
    """A file of the folder `assets` without its comments, which have lines of their own; empty where there is none."""
    from importlib.resources import files  # only pages read files of the package

    found = files("analyzer.reporter.page") / "assets" / name
    if not found.is_file():
        return ""
    lines = map(str.strip, found.read_text("ascii").splitlines())
    kept = (line for line in lines if line and not line.startswith(("//", "/**")))
    if name.endswith(".css"):
        return "".join(kept) + "\n"
    return _CLOSED.sub("}", "".join(map(_shorter, kept))).replace(";}", "}")


def _shorter(line: str) -> str:
    """A line of a script without the spaces around signs, outside of its strings: a tenth of the script.

    It keeps them where a slash may begin a pattern or a comment, and where a template has another one in it. The end of
    the line is kept too, unless the statement cannot end there or has ended.

    >>> _shorter('const a = (b, c) => `x = ${b}` + "d = e";'), _shorter("}")
    ('const a=(b,c)=>`x = ${b}` + "d = e";', '}\\n')
    """
    end = "" if line.endswith((";", "{", ",")) and "//" not in line else "\n"

    strings = _STRING.findall(line)
    code = _STRING.split(line)
    if any("/" in part or "`" in part for part in code) or any(one.count("{") != one.count("}") for one in strings):
        return line + end
    parts = [_SUMS.sub(r"\1", _SPACED.sub(r"\1", part)) for part in code]
    return "".join(part + string for part, string in zip(parts, [*strings, ""], strict=True)) + end


def _hash(content: str) -> str:
    return "sha256-" + b64encode(sha256(content.encode("ascii")).digest()).decode("ascii")


def text(content: str) -> str:
    """Text as markup: signs of HTML escaped, characters that change how other text looks made visible.

    >>> text("</script> & \\u202e")
    '&lt;/script&gt; &amp; \\\\u202e'
    """
    return escape(inert(content))


def named(name: str, tag: str = "span") -> str:
    """A name that may have thousands of characters: cut, with the whole in a title.

    >>> named("conv1"), named("x" * 200)[:20], len(named("x" * 200))
    ('conv1', '<span title="xxxxxxx', 342)
    """
    name = inert(name)
    if len(name) <= SHOWN:
        return escape(name)
    return f'<{tag} title="{escape(name)}">{escape(name[: SHOWN - 1])}…</{tag}>'


def card(view: str, title: str, content: Iterable[str], beside: str = "") -> Iterator[str]:
    """The section of a view: its title, markup `beside` that, and its content."""
    yield f'<section class="page-card" data-view="{view}" aria-label="{escape(title)}">\n'
    yield f'<div class="page-head"><h2>{escape(title)}</h2>{beside}</div>\n'
    yield from content
    yield "</section>\n"


def with_code(sentence: str) -> str:
    """A sentence as markup; what is between backticks becomes code."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:  # a name has one of them
        return text(sentence)
    return "".join(f"<code>{named(part)}</code>" if place % 2 else text(part) for place, part in enumerate(parts))


def block(data: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Data for the script, key by key, in ASCII; nothing in it can end the element.

    >>> print("".join(block([("name", "</script>"), ("macs", [2**53, 2**53 + 1, 0.5])])), end="")
    <script type="application/json">{"name":"\\u003c/script>","macs":[9007199254740992,"9007199254740993",0.5]}</script>
    """
    yield '<script type="application/json">'
    before = "{"
    for key, value in data:
        yield before + json.dumps(key) + ":" + _written(value)
        before = ","
    yield "}</script>\n" if before == "," else "{}</script>\n"


def _written(value: Any) -> str:
    """A value in JSON for the script."""
    return json.dumps(_exactly(value), separators=(",", ":")).replace("<", "\\u003c")


def _exactly(value: Any) -> Any:
    """The value with its largest whole numbers as text."""
    if isinstance(value, dict):
        return {key: _exactly(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_exactly(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT:
        return str(int(value))
    return value
