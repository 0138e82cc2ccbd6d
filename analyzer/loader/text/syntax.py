"""The mistake in a text that is not valid YAML: PyYAML's complaint turned into the mistake that its author made.

PyYAML says where it gave up, which is often a line below the mistake, in the words of its grammar. Each rule
knows one mistake by the complaint and the line, and points at its cause; libyaml's complaints and those of PyYAML's
parser in Python lead to the same words.
"""

from __future__ import annotations

from collections.abc import Callable

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.complaint import Complaint
from analyzer.loader.text.limits import LIMITS
from analyzer.loader.text.syntax_block import bare_word, block, colon_in_value, dash, item_beside_key, outside, together
from analyzer.loader.text.syntax_flow import flow, unfinished
from analyzer.loader.text.syntax_signs import blank, quote, sign, tab
from analyzer.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The rules in the order in which they are asked: the first one that knows the mistake explains it.
_RULES: tuple[Callable[[Complaint], Diagnostic | None], ...] = (
    tab, blank, quote, flow, unfinished, together, dash, bare_word, colon_in_value, outside, item_beside_key, block, sign,
)  # fmt: skip

#: What PyYAML says where no rule knows the mistake, and what it means.
_OURS = {
    "mapping values are not allowed": "no key is possible here, so this `:` has none",
    "unexpected ':'": "no key is possible here, so this `:` has none",
    "mapping keys are not allowed": "no key is possible here",
    "hexdecimal": "`\\x`, `\\u` and `\\U` in quotes take 2, 4 and 8 hexadecimal digits",
    "hexadecimal": "`\\x`, `\\u` and `\\U` in quotes take 2, 4 and 8 hexadecimal digits",
    "node content": "a value is missing here",
    "tab character": "a tab indents this line; YAML is indented with spaces",
    "could not find expected ':'": "this key has no `:`",
    "block end": "this line is indented unlike those around it",
    "sequence entries are not allowed": "no item of a list is possible here",
}


def explain(error: Any, file: str, text: str) -> Diagnostic:
    """The mistake behind PyYAML's error, at its cause."""
    complaint = Complaint(error, file, text)
    if complaint.says("maximum nesting depth"):
        message = f"nested deeper than {LIMITS.nesting} levels"
        return Diagnostic("LIMIT102", message, Span(file, complaint.line + 1, complaint.column + 1))
    for rule in _RULES:
        found = rule(complaint)
        if found is not None:
            return found
    notes = []
    if complaint.begun is not None and complaint.context != complaint.problem:
        notes.append(f"it belongs to what begins on line {complaint.begun[0] + 1}")
    said = next((ours for theirs, ours in _OURS.items() if complaint.says(theirs)), "")
    message = f"not valid YAML{said and ': '}{said or ' from here on'}"
    return complaint.at(message, complaint.line, complaint.column, complaint.column + 1, notes=notes)
