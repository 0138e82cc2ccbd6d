"""The reader: YAML text to a tree in which every key and value keeps its place."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.builder import Builder, TooMuch
from analyzer.loader.text.characters import refuse_text
from analyzer.loader.text.limits import Enough
from analyzer.loader.text.pyyaml import pyyaml
from analyzer.loader.text.recovery import Lost, emptied, is_apart, lost_around
from analyzer.loader.text.tree import Tree
from analyzer.record import Record, field
from analyzer.source import Span, shown

#: A text is read again after a syntax error as long as no more characters than this are read in all.
_READ_AGAIN = 400_000


class Read(Record):
    """What the reader makes of a text.

    `tree` is the root, None where there is none. After a syntax error `lost` has the regions that could not be read,
    and the tree has what is before and after them. `doubtful` says that one of the regions may follow from another.
    """

    tree: Tree | None
    problems: list[Diagnostic]
    lost: list[Lost] = field(factory=list)
    doubtful: bool = False


def read_tree(text: str, file: str) -> Read:
    """The tree of a text, and the mistakes in its YAML."""
    problem = refuse_text(text, file)
    if problem is not None:
        return Read(None, [problem])
    yaml = pyyaml()
    builder = Builder(file)
    try:
        builder.read(text, yaml)
    except TooMuch:
        return Read(None, builder.problems)
    except Enough as enough:
        return Read(None, [*builder.problems, enough.note()])
    except yaml.error.MarkedYAMLError as error:
        return _read_around(text, file, error, builder)
    except (yaml.error.YAMLError, ValueError) as error:
        return Read(None, [*builder.problems, Diagnostic("YAML100", shown(str(error), 200), Span(file, 1, 1))])
    return Read(builder.root, builder.problems)


def _read_around(text: str, file: str, error: Exception, broken: Builder) -> Read:
    """The tree of a text with a syntax error: what is before the broken region, and after it where that works."""
    from analyzer.loader.text.syntax import explain  # its rules are needed for a wrong text only

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
