"""`analyzer diff OLD NEW`: the differences between two networks."""

from __future__ import annotations

import os

from analyzer.cli.inputs import SIDE
from analyzer.cli.main import FAULT, FINE, WRONG, UsageError
from analyzer.cli.options import add_format, add_model, add_options, parsed
from analyzer.cli.output import complain, format_of, kept_as_it_is, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.cli.revisions import is_revision, with_paths, with_prefix
from analyzer.cli.sides import difference_of, read_sides
from analyzer.reporter.difference import FORMATS
from analyzer.reporter.options import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_EPILOG = """\
OLD and NEW are model files, saved JSON reports, git:REVISION:PATH (git:REVISION: the other side's file), - for stdin,
callables such as net.py:Net (which are run), or two folders of models, such as git:origin/main and models/.
exit codes: 0 equal; 1 different; 2 one of them cannot be read or is wrong."""


def main(arguments: list[str]) -> int:
    """Compares the two networks, or folders of networks, that `arguments` name; returns the exit code."""
    asked = parsed(parser(), arguments, "sides", first=-1)
    if len(asked.sides) != 2:
        raise UsageError(f"`analyzer diff` takes two networks, an old and a new one, not {len(asked.sides)}")
    asked.sides = with_paths(*map(with_prefix, asked.sides))
    format = format_of(asked, FORMATS, sources=asked.sides, what=SIDE)
    first, second = asked.sides
    if _may_be_folders(first, second):
        from analyzer.cli.diff_folders import compare_folders  # few comparisons are of folders

        found = compare_folders(first, second, asked, format)
        if found is not None:
            return found
    texts: dict[str, str] = {}
    old, new = read_sides(first, second, asked, texts)
    if isinstance(old, Failed) or isinstance(new, Failed):
        findings = [finding for side in (old, new) if isinstance(side, Failed) for finding in side.diagnostics]
        untouched = filter(None, [kept_as_it_is(asked)])
        complain(findings, [*untouched], texts, color=asked.color, width=asked.width)
        return FAULT
    notes = [] if asked.quiet else [note for side in (old, new) for note in side.notes]
    complain((), (), texts, doubts=notes, color=asked.color, width=asked.width)
    difference = difference_of(old, new)
    if format.name == "html":
        from analyzer.cli.diff_findings import check_sides  # no other format shows findings

        check_sides(difference, old, new, asked)
    write(asked, format.render(difference, options_of(asked, format, mode=asked.mode)))
    return FINE if difference.equal or asked.exit_zero else WRONG


def _may_be_folders(first: str, second: str) -> bool:
    """Whether a side may be a folder: at a revision, git says what it is."""
    return any(os.path.isdir(side) for side in (first, second)) or (
        is_revision(first) and (is_revision(second) or not os.path.lexists(second))
    )


def parser() -> ArgumentParser:
    """The options of `analyzer diff`."""
    found = options_parser(
        "analyzer diff",
        "Shows the differences between two networks, or between the networks of two folders: keys of the files, layers, "
        "volumes, costs in both modes, names.",
        usage="analyzer diff [options] OLD NEW",
        epilog=_EPILOG,
    )
    add = found.add_argument
    add("sides", nargs="*", metavar="OLD NEW", help="the two networks, or folders of networks")
    add_format(found, FORMATS, "the comparison")
    add_options(found, "mode", "batch", "dtype")
    add("--exit-zero", action="store_true", help="exit code 0 even if they differ")
    add_model(found)
    return found
