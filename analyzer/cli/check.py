"""`analyzer check FILE…`: finds what is wrong or wasteful in networks, for people, editors and build servers."""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping, Sequence

from analyzer import __version__
from analyzer.checks.page import Page
from analyzer.checks.run import chosen, codes, run
from analyzer.checks.subject import Subject
from analyzer.cli.budget_options import about_new, add_budgets, check_budgets, guards_of, limits_of
from analyzer.cli.check_settings import CheckSettings, check_settings
from analyzer.cli.configuration import Settings
from analyzer.cli.folders import KEYS, Found, Skipped, models
from analyzer.cli.given import Given
from analyzer.cli.main import FAULT, FINE, WRONG, UsageError
from analyzer.cli.models import check_files, network_of, read_given
from analyzer.cli.options import (
    PAGE,
    add_format,
    add_model,
    add_options,
    batch_and_dtype,
    parsed,
    run_settings,
    working,
)
from analyzer.cli.output import complain, encodes, format_of, kept_as_it_is, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.cli.values import option_value
from analyzer.diagnostics import FILE_CODES, SEVERITIES, Diagnostic, in_order
from analyzer.engine.analysis import analyze_network
from analyzer.reporter.findings import FORMATS
from analyzer.reporter.findings.checked import Checked, CheckRun, Rule
from analyzer.reporter.options import Failed
from analyzer.reporter.terminal import fitted
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

    from analyzer.checks.run import Check

#: Environment variables in which services name the folder of the repository; their paths are relative to it.
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")

#: What an address may consist of, so that it ends where a link ends.
_ADDRESS = re.compile(r"https?://[\w.:/-]+", re.ASCII)

#: The reason why findings have no page of their own.
_NO_PAGE = (
    f"findings have no page of their own; `analyzer FILE --format {PAGE}` shows them beside the lines of the model"
)

_EPILOG = """\
CODE is a whole code, its beginning (CHECK1) or the name of a check. A comment `# analyzer: ignore[CODE] reason` in the
model hides one finding. Defaults come from the nearest .analyzer.toml, or [tool.analyzer] in pyproject.toml.

exit codes: 0 fine, or only notes; 1 an error or a warning; 2 the command line or a file is at fault."""


def main(arguments: list[str]) -> int:
    """Checks the files that `arguments` name; returns the exit code."""
    asked = parsed(parser(), arguments)
    if asked.explain is not None or asked.list:
        return _describe(asked)
    skipped = Skipped()
    found = models(asked.files, skipped, others=asked.skip_others)
    asked.files = [one.file for one in found]
    check_files(asked.files)
    if asked.format is None and (asked.output or "").lower().endswith((".html", ".htm")):
        raise UsageError(f"`-o {shown(asked.output)}`: {_NO_PAGE}")
    format = format_of(asked, FORMATS, sources=asked.files, default=_usual(asked))
    check_budgets(asked)
    chosen(asked.select or (), asked.ignore or ())
    files, wrong = _results(found, asked, skipped)
    if not files and not asked.skip_others:
        raise UsageError(f"no model found; {skipped}")
    faults = [finding.message for checked in files if not checked.readable for finding in checked.diagnostics]
    untouched = kept_as_it_is(asked) if faults else None
    new = about_new(asked)
    notes = [] if asked.quiet else [str(skipped), *([] if new is None else [f"note: {new}"])]
    complain((), [*faults, *filter(None, [*notes, untouched])], {}, color=asked.color)
    if untouched is None:
        told = [] if new is None else [new]
        run = CheckRun(files, _union(files), __version__, told, _address())
        write(asked, format.render(run, options_of(asked, format)))
    return FAULT if faults else WRONG if wrong else FINE


def _describe(asked: Any) -> int:
    """Writes the pages of checks, or the list of them."""
    wanted = chosen(asked.select or (), asked.ignore or ()) if asked.explain is None else chosen([asked.explain])
    unicode = asked.output is not None or encodes(sys.stdout)
    for file in asked.files:
        asked.inputs.keep(file)
    lines = _index(wanted) if asked.explain is None else _pages(wanted)
    write(asked, (f"{fitted(line, unicode)}\n" for line in lines))
    return FINE


def _results(found: Sequence[Found], asked: Any, skipped: Skipped) -> tuple[list[Checked], bool]:
    """What was found in each model, and whether one fails the check; counts the files that are skipped."""
    texts: dict[str, str] = {}
    files: list[Checked] = []
    wrong = False
    for one in found:
        given = read_given(one.file, asked)
        if one.others and isinstance(given, Given) and not _is_model(given):
            skipped.others += 1
            continue
        configured = Settings() if asked.configuration is None else asked.configuration.of(one.file)
        settings = check_settings(configured, asked, one.file)
        checked = _checked(one.file, given, asked, settings, texts)
        files.append(checked)
        wrong = wrong or (_fails(checked) and not settings.exit_zero)
    return files, wrong


def parser() -> ArgumentParser:
    """The options of `analyzer check`."""
    found = options_parser(
        "analyzer check",
        "Finds what is wrong or wasteful in networks: where, why, and what to write instead.",
        usage="analyzer check [options] FILE…\n       analyzer check --explain CODE | --list",
        epilog=_EPILOG,
    )
    add = found.add_argument
    add(
        "files",
        nargs="*",
        metavar="FILE",
        help="model files, or folders with model files; - is stdin; a callable such as net.py:Net is run",
    )
    add("--select", type=option_value(codes), action="extend", metavar="CODE,…", help="run only these checks")
    add("--ignore", type=option_value(codes), action="extend", metavar="CODE,…", help="run all checks but these")
    add("--severity", choices=SEVERITIES, help="the lowest severity to show and count (default: note)")
    add("--skip-others", action="store_true", help=f"skip YAML files without {', '.join(KEYS)}, which are no models")
    add("--exit-zero", action="store_true", help="exit code 0 even if a model is wrong")
    add_format(found, FORMATS, "the findings", default="text, in a GitHub workflow github", read=_format)
    add("--explain", metavar="CODE", help="show the page of a check: why, an example, what to write instead")
    add("--list", action="store_true", help="list the checks, one per line")
    add_budgets(found)
    add_options(found, "batch", "dtype")
    add_model(found)
    return found


def _format(text: str) -> str:
    """The name of a format; refuses that of the page."""
    if text.lower() == PAGE:
        raise ArgumentTypeError(_NO_PAGE)
    return text


def _index(wanted: Sequence[Check]) -> Iterator[str]:
    """The checks, one per line."""
    wide = max((len(check.NAME) for check in wanted), default=0)
    for check in wanted:
        yield f"{check.CODE}  {check.NAME:<{wide}}  {check.SEVERITY:<7}  {Page(check).title}"


def _pages(wanted: Sequence[Check]) -> Iterator[str]:
    """The pages of checks, one below the other."""
    for place, check in enumerate(wanted):
        if place:
            yield from ("", "")
        page = Page(check)
        yield from (f"{page.code} {page.name} ({page.severity})", "", page.title, "", *page.body.split("\n"))


def _is_model(given: Given) -> bool:
    from analyzer.loader.text.top import has_key

    return given.format is not None or has_key(given.data, KEYS)


def _rule(check: Check) -> Rule:
    page = Page(check)
    return Rule(page.code, page.name, page.severity, page.title, page.why, page.body)


def _union(files: Sequence[Checked]) -> list[Rule]:
    """The checks that ran on any file, in the order of their codes."""
    rules = {rule.code: rule for checked in files for rule in checked.rules}
    return [rules[code] for code in sorted(rules)]


def _checked(file: str, given: Given | Failed, asked: Any, settings: CheckSettings, texts: dict[str, str]) -> Checked:
    """Checks one file, which was read; its text goes to `texts`."""
    read = given if isinstance(given, Failed) else network_of(given, asked, texts)
    shown = SEVERITIES[: SEVERITIES.index(settings.severity) + 1]
    if isinstance(read, Failed):
        readable = all(finding.code not in FILE_CODES for finding in read.diagnostics)
        found = [finding for finding in read.diagnostics if finding.severity in shown]
        return Checked(
            read.file,
            found,
            path=_path(read.file),
            text=texts.get(read.file, ""),
            readable=readable,
            others=_others(read.file, found, texts),
        )
    model, network = read
    asked_of_it = chosen(settings.select, settings.ignore)
    model.training = run_settings(asked, file, model.training)
    batch, dtype = batch_and_dtype(asked, file, model.training)
    analysis = analyze_network(network, name=model.name, file=model.file, batch=batch, dtype=dtype)
    subject = Subject(analysis, model, limits_of(asked, model), guards_of(asked, file, analysis, texts))
    found = _found(subject, asked_of_it, shown)
    return Checked(
        model.file,
        found,
        path=_path(model.file),
        text=model.text,
        name=model.name,
        rules=[_rule(check) for check in asked_of_it],
        others=_others(model.file, found, texts),
    )


def _others(file: str, found: Sequence[Diagnostic], texts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The other files that findings are in, with the paths and the texts of them: the Python of a network."""
    names = {finding.span.file for finding in found if finding.span is not None and finding.span.in_text} - {file}
    return {name: (_path(name), texts.get(name, "")) for name in names}


def _found(subject: Subject, wanted: Sequence[Check], shown: Sequence[str]) -> list[Diagnostic]:
    findings = in_order([*run(subject, wanted), *subject.network.notes])
    return [finding for finding in findings if finding.severity in shown]


def _fails(checked: Checked) -> bool:
    """Whether a file fails the check."""
    return checked.name is None or any(finding.severity != "note" for finding in checked.diagnostics)


def _path(file: str) -> str:
    """A file's path as services know it: relative to the repository or to the current folder, with slashes."""
    if file == "<stdin>":
        return file
    if working(file) != "-":
        file = working(file)
    try:
        path, current = os.path.abspath(file), os.getcwd()
    except OSError:  # the current folder was deleted
        path, current = file, ""
    for root in filter(None, (*map(os.environ.get, _ROOTS), current)):
        start = os.path.join(os.path.abspath(root), "")
        if path.startswith(start):
            return path[len(start) :].replace(os.sep, "/")
    return path.replace(os.sep, "/")


def _address() -> str:
    """Where GitHub shows the files of the commit that a workflow checks; empty outside of a workflow."""
    server, repository, commit = (os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "SHA"))
    whole = f"{server}/{repository}/blob/{commit}/"
    return whole if all((server, repository, commit)) and _ADDRESS.fullmatch(whole) else ""


def _usual(asked: Any) -> str:
    """The format if neither `--format` nor an ending asks for one: annotations in the log of a GitHub workflow."""
    return "github" if asked.output is None and os.environ.get("GITHUB_ACTIONS") == "true" else "text"
