"""Reading around a syntax error: the tree before the broken region, and after it where that works."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.builder import Builder, TooMuch
from analyzer.loader.text.limits import Enough
from analyzer.loader.text.pyyaml import pyyaml
from analyzer.loader.text.read import Read
from analyzer.loader.text.recovery import emptied, is_apart, lost_around
from analyzer.loader.text.syntax import explain
from analyzer.loader.text.tree import Tree

#: A text is read again after a syntax error as long as no more characters than this are read in all.
_READ_AGAIN = 400_000


def read_around(text: str, file: str, error: Exception, broken: Builder) -> Read:
    """The tree of a text with a syntax error: what is before the broken region, and after it where that works."""
    yaml = pyyaml()
    lines = text.splitlines(keepends=True) or [""]
    before = _tree_before(broken)
    read = Read(before, [*broken.problems, explain(error, file, text)])
    if read.problems[-1].code != "YAML100":  # a limit
        return Read(None, read.problems)
    errors: list[Diagnostic] = []
    rest = text
    for _ in range(1 + _READ_AGAIN // max(len(text), 1)):
        found = explain(error, file, rest)
        assert found.span is not None
        lost = lost_around(lines, found.span.line - 1)
        if any(one.first <= lost.first < one.end for one in read.lost):
            read.doubtful = True  # nothing was gained
            break
        if is_apart(lost, read.lost, lines):
            errors.append(found)
        else:
            read.doubtful = True
        read.lost.append(lost)
        rest = emptied(lines, read.lost)
        builder = Builder(file, lenient=True)
        try:
            builder.read(rest, yaml)
        except yaml.error.MarkedYAMLError as another:
            error = another
            continue
        except (TooMuch, Enough):
            break
        found_in = broken if read.doubtful else builder
        return Read(builder.root or before, [*found_in.problems, *errors], read.lost, read.doubtful)
    return Read(before, [*broken.problems, *errors], read.lost, doubtful=True)


def _tree_before(builder: Builder) -> Tree | None:
    """The tree that a builder has read when it meets an error. Mistakes found by closing its lists are dropped."""
    found = list(builder.problems)
    builder.close_all()
    builder.problems[:] = found
    return builder.root
