"""Applies what a help offers to the text of a model, as its author would, to see whether the mistake is gone.

The models have one item a line. `applied` knows every form that a help about a shape has; a form that it does not know
fails the test, so that a new help gets its proof.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from loading import FILE

from analyzer.diagnostics import Diagnostic
from analyzer.layers import CATALOGUE
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse

_PLACED = r"`[^`]+` \(line (\d+)\)"


def findings(text: str) -> list[Diagnostic]:
    """Everything that is found in a text."""
    read = parse(text, FILE)
    return read.problems if read.model is None else [*read.problems, *expand(read.model)[1]]


def gone(text: str, finding: Diagnostic) -> bool:
    """Whether a text has this finding no more; the same mistake with other numbers, or at another axis, is another."""
    return all((one.code, one.message) != (finding.code, finding.message) for one in findings(text))


def changed(text: str, line: int, values: dict[str, Any]) -> str:
    """The text with parameters of the item on this line set; None takes one out."""
    lines = text.split("\n")
    row = lines[line - 1]
    dash = row.index("- ")
    item = yaml.safe_load(row[dash + 2 :])
    item = {item: {}} if isinstance(item, str) else item
    kind = next(key for key in item if key in CATALOGUE)
    own = item[kind]
    if not isinstance(own, dict):
        own = {CATALOGUE[kind].main: own} if own is not None else {}
    own.update(values)
    item[kind] = {name: value for name, value in own.items() if value is not None}
    lines[line - 1] = f"{row[:dash]}- {json.dumps(item)}"
    return "\n".join(lines)


def without(text: str, line: int) -> str:
    """The text without the item on this line."""
    lines = text.split("\n")
    return "\n".join(lines[: line - 1] + lines[line:])


def before(text: str, line: int, item: str) -> str:
    """The text with an item before the one on this line."""
    lines = text.split("\n")
    indent = re.match(" *", lines[line - 1])
    assert indent is not None
    return "\n".join([*lines[: line - 1], f"{indent.group()}- {item}", *lines[line - 1 :]])


def with_input(text: str, volume: str) -> str:
    """The text with another input."""
    return re.sub(r"^input: \S+", f"input: {volume.replace('×', 'x')}", text, count=1, flags=re.M)


def applied(text: str, finding: Diagnostic) -> list[tuple[str, str]]:
    """The texts that the help of a finding makes, each with the part of the help that it follows."""
    assert finding.span is not None
    line, help = finding.span.line, finding.help or ""
    made: list[tuple[str, str]] = []

    def add(what: str, new: str) -> None:
        made.append((what, new))

    rest = help
    for pattern, make in _FORMS:
        for match in re.finditer(pattern, rest):
            add(match.group(), make(text, line, match))
        rest = re.sub(pattern, "", rest)
    left = re.sub(r"[\s,;.]|\bor\b|\band\b", "", rest)
    assert not left, f"no test applies `{rest}` of `{help}`"
    return made


def _rows(text: str, line: int, values: dict[str, Any], lines: list[str]) -> str:
    for one in lines:
        text = changed(text, int(one), values)
    return text


_FORMS: list[tuple[str, Any]] = [
    (r"padding of at least (\d+)", lambda t, n, m: changed(t, n, {"padding": int(m[1])})),
    (r"padding of at most (\d+)(?:; torch allows \d+)?", lambda t, n, m: changed(t, n, {"padding": int(m[1])})),
    (r"a kernel of at most (\d+)", lambda t, n, m: changed(t, n, {"kernel": int(m[1])})),
    (r"a dilation of at most (\d+)", lambda t, n, m: changed(t, n, {"dilation": int(m[1])})),
    (
        rf"`padding: same`( and a stride of 1)? in ({_PLACED}(?: and {_PLACED})*)",
        lambda t, n, m: _rows(
            t, n, {"padding": "same", **({"stride": 1} if m[1] else {})}, re.findall(r"line (\d+)", m[2])
        ),
    ),
    (rf"a stride of (\d+) in {_PLACED}", lambda t, n, m: changed(t, int(m[2]), {"stride": int(m[1])})),
    (r"an input of ([\d×]+)(?: or [\d×]+)?(?:, the [a-z ]+ a multiple of \d+)?", lambda t, n, m: with_input(t, m[1])),
    (rf"`(filters|units): (\d+)` in {_PLACED}", lambda t, n, m: changed(t, int(m[3]), {m[1]: int(m[2])})),
    (r"`groups: (\d+)` divides \d+(?: and \d+)?", lambda t, n, m: changed(t, n, {"groups": int(m[1])})),
    (r"`heads: (\d+)` divides \d+; or give the depth of a head, `key_depth`",
     lambda t, n, m: changed(t, n, {"heads": int(m[1])})),
    (rf"leave out {_PLACED}: it reads [\d×]+", lambda t, n, m: without(t, int(m[1]))),
    (rf"one upsampling less: leave out {_PLACED}", lambda t, n, m: without(t, int(m[1]))),
    (r"one upsampling more: (`upsample: \S+` after `\w+`(?: and `upsample: \S+` after `\w+`)*)",
     lambda t, n, m: grown(t, n, re.findall(r"`(upsample: \S+)` after `(\w+)`", m[1]))),
    (r"one of `(\w+)` or `\w+`", lambda t, n, m: changed(t, n, {"axis": m[1]})),
    (r"`resize: (\{like: \w+\})` after `(\w+)`", lambda t, n, m: after(t, n, m[2], f"resize: {m[1]}")),
    (r"a projection of `(\w+)`: `(conv: \{[^`]*\})`", lambda t, n, m: after(t, n, m[1], m[2])),
    (r"`reshape: (\S+)` after `(\w+)`", lambda t, n, m: after(t, n, m[2], f"reshape: {m[1]}")),
    (r"`(\w+)` \([\d×]+\) in place of `(\w+)`", lambda t, n, m: replaced(t, n, m[2], m[1])),
    (r"write `input: (\S+)` \([a-z ]+\)(?: or `input: \S+` \([a-z ]+\))?", lambda t, n, m: with_input(t, m[1])),
    (rf"in {_PLACED}, write `reshape: (\S+)` \([a-z ]+\)", lambda t, n, m: changed(t, int(m[1]), {"to": m[2]})),
    (r"before it, add `(reshape: \S+?)`(?: or `reshape: \S+?`)?", lambda t, n, m: before(t, n, m[1])),
    (r"`(reshape: \S+)` before it", lambda t, n, m: before(t, n, m[1])),
    (r"`crop: center`, which cuts the larger input to the smaller",
     lambda t, n, m: changed(t, n, {"crop": "center"})),
    (r"add `flatten` before it, or use an input such as `128`", lambda t, n, m: before(t, n, "flatten")),
    (r"a depth of (\d+) before it", lambda t, n, m: before(t, n, f"conv: {{filters: {m[1]}, kernel: 1}}")),
    (r"an even number of filters before it", lambda t, n, m: before(t, n, "conv: {filters: 2, kernel: 1}")),
    (r"write one number for all axes, or \d", lambda t, n, m: changed(t, n, {"kernel": 1})),
    (r"`replicate` (?:or|and) `zeros` have no such limit", lambda t, n, m: changed(t, n, {"padding_mode": "replicate"})),
    (r"remove at most (\d+) cells in all", lambda t, n, m: changed(t, n, {"padding": [[int(m[1]), 0], [0, 0]]})),
    (r"(?<!of )at most (\d+)", lambda t, n, m: changed(t, n, {"output_padding": int(m[1])})),
    (r"leave `output_padding` out, or give the padding in numbers",
     lambda t, n, m: changed(t, n, {"output_padding": None})),
    (r"`stop: (\d+)`, or no `stop`", lambda t, n, m: changed(t, n, {"stop": int(m[1])})),
    (r"a `start` of at most (\d+)( and no `stop`)?", lambda t, n, m: changed(t, n, {"start": int(m[1]), "stop": None})),
    (r"a `stop` of at least (\d+)", lambda t, n, m: changed(t, n, {"stop": int(m[1])})),
    (r"write `\?` for one size, which then follows from the others: `(\S+)` gives \d+",
     lambda t, n, m: changed(t, n, {"to": m[1]})),
    (r"`same`, or explicit numbers for each side", lambda t, n, m: changed(t, n, {"padding": "same"})),
    (r"a (?:height|width|length|time) of (?:\d+ with `crop` before it, or of )?\d+ with `pad` before it",
     lambda t, n, m: before(t, n, padded(t, n, m[0]))),
    (r"`project: (\[.*?\]|none)`(?: for no shortcut)?", lambda t, n, m: f"{t}      project: {m[1]}\n"),
]  # fmt: skip


def after(text: str, line: int, name: str, item: str) -> str:
    """The text in which the merge on this line reads `name` through one more item."""
    new = before(text, line, f"{{{item}, from: {name if name != above(text, line) else 'prev'}, name: added}}")
    return replaced(new, line + 1, name, "added")


def grown(text: str, line: int, pairs: list[tuple[str, str]]) -> str:
    """The text in which the merge on this line reads layers through one more item each."""
    for added, (item, name) in enumerate(pairs):
        read = name if name != above(text, line) else "prev"
        text = before(text, line, f"{{{item}, from: {read}, name: added{added}}}")
        line += 1
        text = replaced(text, line, name, f"added{added}")
    return text


def above(text: str, line: int) -> str:
    """The name of the item above a line, `prev` where it has none."""
    found = re.search(r"name: (\w+)", text.split("\n")[line - 2])
    return found.group(1) if found else "prev"


def replaced(text: str, line: int, old: str, new: str) -> str:
    """The text in which the merge on this line reads another layer."""
    lines = text.split("\n")
    row = re.sub(rf"\b{old}\b", new, lines[line - 1])
    lines[line - 1] = row if row != lines[line - 1] else row.replace("prev", new)
    return "\n".join(lines)


def padded(text: str, line: int, help: str) -> str:
    """The padding that makes the size a multiple, on the axis that the help names."""
    del text, line
    return "pad: [[0, 1], [0, 0]]" if "height" in help else "pad: [[0, 0], [0, 1]]"
