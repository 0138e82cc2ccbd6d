"""Syntax errors about keys, items and their indentation."""

from __future__ import annotations

import re

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.complaint import Complaint, indented, word_at
from analyzer.loader.text.recovery import indentation
from analyzer.source import shown

_TOGETHER = re.compile(r"(?:^|[\s,{\[-])([\w.]+:)[^\s:/]")


def together(c: Complaint) -> Diagnostic | None:
    """A key whose colon has no space behind it: on this line, or on the line above that continues on this one."""
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


def dash(c: Complaint) -> Diagnostic | None:
    """An item whose dash has no space behind it, or a line that is neither a key nor an item."""
    if not c.says("could not find expected ':'"):
        return None
    number = c.begun[0] if c.begun is not None else c.line
    text = c.lines[number]
    start = indentation(text)
    if re.match(r" *-\w", text):
        return c.at("a space is missing after `-`", number, start, start + 1)
    message = f"`{shown(text.strip())}` is neither a key with its `: ` nor an item with its `- `"
    return c.at(message, number, start, len(text.rstrip()))


def bare_word(c: Complaint) -> Diagnostic | None:
    """Keys under a line that cannot have any: `- relu`, a key without its colon, a key that has its value already."""
    if not c.says("mapping values are not allowed"):
        return None
    key = re.match(r" *([^\s:]+)$", c.before)
    above = c.above(comments=True)
    if key is not None and above is not None:
        bare = re.match(r" *(?:- +)+([^\s:#][^:#]*?) *(?:#.*)?$", c.lines[above])
        if bare is not None:
            word = shown(bare.group(1))
            message = f"`{word}` has no colon, but `{shown(key.group(1))}:` is under it"
            return c.at(message, above, bare.start(1), bare.end(1), help=f"write `- {word}:` where keys follow")
    above = c.above(comments=False)
    if above is not None and re.match(r" *(?:- +)?[^\s:]+$", c.before):
        return _under(c, above)
    return None


def _under(c: Complaint, above: int) -> Diagnostic | None:
    """A key that is indented further than the line above, which is no key that waits for its value."""
    text = c.lines[above].partition(" #")[0].rstrip()
    start, own = indentation(text), indentation(c.here)
    if not re.search(r":(?: |$)", text) and own > start:
        return c.at(f"a `:` is missing after `{shown(text.strip())}`", above, start, len(text))
    given = re.match(r" *(?:- +)*([^\s:]+): +\S", text)
    if given is None:
        return None
    name = shown(given.group(1))
    message = f"this line is {indented(c.here)}, but `{name}` above it already has its value"
    help = f"a key beside `{name}` begins in column {given.start(1) + 1}"
    return c.at(message, c.line, own, len(c.here.rstrip()), help=help)


def colon_in_value(c: Complaint) -> Diagnostic | None:
    """A second colon in a text."""
    first = re.match(r" *(?:- +)?([^\s:]+): +", c.here)
    if not c.says("mapping values are not allowed") or first is None or first.end() > c.column:
        return None
    message = f"the value of `{shown(first.group(1))}` has a `:`, which begins another key's value in YAML"
    help = f'quote a text: `"{shown(c.here[first.end() :].rstrip())}"`; write keys on one line in `{{ }}`'
    return c.at(message, c.line, c.column, c.column + 1, help=help)


def outside(c: Complaint) -> Diagnostic | None:
    """A line that begins further left than the first one, or behind a bracket that closed the whole."""
    if not c.says("document start"):
        return None
    lines = enumerate(c.lines)
    first = next((n for n, line in lines if line.strip() and not line.lstrip().startswith(("#", "---"))), 0)
    start, stop = indentation(c.here), len(c.here.rstrip())
    if first < c.line and start < indentation(c.lines[first]) and not c.before.strip():
        message = f"this line is {indented(c.here)}, but the first key of the file is {indented(c.lines[first])}"
        return c.at(message, c.line, start, stop, help="the keys of the file begin in one column")
    return c.at("text after the end of the model", c.line, c.column, stop, help="a model is one mapping of keys")


def item_beside_key(c: Complaint) -> Diagnostic | None:
    """`layers: - conv` on one line."""
    if not c.says("sequence entries are not allowed"):
        return None
    return c.at("a list begins on a line of its own, under its key", c.line, c.column, c.column + 1)


def block(c: Complaint) -> Diagnostic | None:
    """A line whose indentation fits nothing above it, or something behind a value that is complete."""
    if not c.says("did not find expected '-' indicator", "did not find expected key", "expected <block end>"):
        return None
    if c.before.strip(" -"):
        start, stop = word_at(c.here, c.column)
        message = f"`{shown(c.here[start:stop])}` follows a value that is already complete"
        help = "quote the whole text, or write the parts of a list in `[ ]` with commas"
        return c.at(message, c.line, start, stop, help=help)
    start, stop = indentation(c.here), len(c.here.rstrip())
    message = f"this line is {indented(c.here)}, which fits nothing above it"
    if c.begun is None:
        return c.at(message, c.line, start, stop)
    number, wanted = c.begun
    is_list = "collection" in c.context or "sequence" in c.context
    item = next((n for n in range(c.line - 1, -1, -1) if c.lines[n].lstrip(" ").startswith("- ")), None)
    if not is_list and c.here.lstrip(" ").startswith("- ") and item is not None:
        notes = [f"the item on line {item + 1} is {indented(c.lines[item])}"]
        message = f"this item is {indented(c.here)}, which fits no list above it"
        return c.at(message, c.line, start, stop, notes=notes)
    notes = [f"the {'list' if is_list else 'mapping'} begun on line {number + 1} is {indented(' ' * wanted + '-')}"]
    help = f"a key of that mapping begins in column {wanted + 1}"
    if is_list:
        help = f"an item of that list begins in column {wanted + 1}, a key of its items in column {wanted + 3}"
    return c.at(message, c.line, start, stop, notes=notes, help=help)
