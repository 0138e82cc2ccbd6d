"""What the commands that read models share: options, how a file is read, what is said of a wrong one, how it ends."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from analyzer.cli.main import COMMANDS, FAULT, FINE, WRONG, UsageError
from analyzer.cli.output import complain, encodes, terminal_width, wants_color, write_file, write_stdout
from analyzer.diagnostics import Diagnostic, ModelError, in_order, nearest
from analyzer.dtypes import BITS
from analyzer.engine.network import Network
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.file import parse
from analyzer.loader.text.files import FileError, decode, read_text
from analyzer.loader.text.limits import LIMITS
from analyzer.reporter.options import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: The code of a file that cannot be read: the file is at fault, not the model.
UNREADABLE = "FILE101"


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str]) -> None:
    """The files that are read, and where the report goes."""
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE", help="model files; - is stdin")
    add("--format", choices=formats, help="how the report is written (default: table, or what -o's ending says)")
    add("-o", "--output", metavar="FILE", help="write the report to a file, whole or not at all")


def add_run(parser: argparse.ArgumentParser, *, batch: int | None = None, dtype: str | None = None) -> None:
    """Samples and number format; without defaults here the file's `training` gives them."""
    said = ("training.batch, otherwise 1", "training.dtype, otherwise float32")
    add = parser.add_argument
    add(
        "--batch",
        type=at_least(1),
        default=batch,
        metavar="N",
        help=f"samples at a time (default: {batch or said[0]})",
    )
    add(
        "--dtype",
        choices=tuple(BITS),
        default=dtype,
        metavar="DTYPE",
        help=f"number format: {', '.join(BITS)} (default: {dtype or said[1]})",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """What is set in the model, and how the report looks."""
    add = parser.add_argument
    add(
        "--set", action="append", default=[], type=_assignment, metavar="NAME=VALUE", help="set a variable of the model"
    )
    add(
        "--input",
        action="append",
        default=[],
        metavar="VOLUME",
        help="another input volume, such as 64x64x3; NAME=VOLUME for one of several",
    )
    add("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: on a terminal)")
    add(
        "--width",
        type=at_least(20),
        metavar="N",
        help="columns of the terminal (default: as it is; no limit when piped)",
    )


def at_least(least: int) -> Callable[[str], int]:
    """Reads whole numbers from `least` on."""

    def whole_number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) >= least):
            raise argparse.ArgumentTypeError(f"a whole number of at least {least} is needed, not `{text}`")
        return int(text)

    return whole_number


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"`name=value` is needed, not `{text}`")
    return name.lstrip("$"), value


def check_files(files: Sequence[str]) -> None:
    """Refuses a command without a model, or with stdin twice."""
    if not files:
        raise UsageError("no model is named; `analyzer example > model.yaml` writes one to start from")
    if files.count("-") > 1:
        raise UsageError("stdin (`-`) can be read once")


def format_of(asked: Any, endings: Mapping[str, str]) -> str:
    """The format that was asked for, or that the ending of -o's file says; otherwise a table."""
    return asked.format or endings.get(os.path.splitext(asked.output or "")[1].lower(), "table")


def read_network(file: str, asked: Any, texts: dict[str, str]) -> tuple[Model, Network] | Failed:
    """The model of one file and its network, or what is wrong with it; its text goes to `texts`."""
    label = "<stdin>" if file == "-" else file
    try:
        text = decode(sys.stdin.buffer.read(LIMITS.text + 1), label) if file == "-" else read_text(file)
    except ModelError as error:
        return Failed(label, error.diagnostics)
    except FileError as error:
        return Failed(label, [Diagnostic(UNREADABLE, f"{error}{hint(file)}", None)])
    return network_of(text, label, asked, texts)


def network_of(text: str, label: str, asked: Any, texts: dict[str, str]) -> tuple[Model, Network] | Failed:
    """The model of a text and its network, or what is wrong with it; the text goes to `texts`."""
    texts[label] = text
    try:
        model, problems = parse(text, label)
        if model is None:
            return Failed(label, problems)
        network, found = expand(model, set=dict(asked.set), input=_inputs(asked))
        if problems or found:
            return Failed(label, in_order([*problems, *found]))
    except ModelError as error:
        return Failed(label, error.diagnostics)
    return model, network


def _inputs(asked: Any) -> dict[str, str] | str | None:
    """The volumes of `--input`: one for the first input, or by name."""
    if len(asked.input) == 1 and "=" not in asked.input[0]:
        return str(asked.input[0])
    volumes = {}
    for text in asked.input:
        name, equals, volume = text.partition("=")
        if not equals:
            raise UsageError(f"`--input {text}` stands beside another one; name them: `--input name={text}`")
        volumes[name] = volume
    return volumes or None


def hint(file: str) -> str:
    """What a file that is not there may have been meant to be."""
    if "\0" in file or os.path.lexists(file):
        return ""
    folder, name = os.path.split(file)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return ""
    near = nearest(name, names)
    if near is not None and near != name:
        return f"; did you mean `{os.path.join(folder, near)}`?"
    if not folder and name.isidentifier():
        near = nearest(name, COMMANDS)
        return f"; did you mean the command `{near}`?" if near is not None else "; a model file ends in .yaml"
    return ""


def drawing(asked: Any, format: str) -> dict[str, Any]:
    """How a report is drawn where it goes, as `Options` takes it."""
    to_file = asked.output is not None
    return {
        "width": asked.width or (None if to_file else terminal_width()),
        "color": format == "table" and not to_file and wants_color(asked.color, sys.stdout),
        "unicode": to_file or encodes(sys.stdout),
    }


def finish(
    asked: Any, reports: Sequence[object], texts: Mapping[str, str], chunks: Callable[[], Iterator[str] | None]
) -> int:
    """Says what is wrong, writes the report where there is one, and returns the exit code."""
    failed = [report for report in reports if isinstance(report, Failed)]
    findings = [finding for report in failed for finding in report.diagnostics]
    faults = [finding.message for finding in findings if finding.code == UNREADABLE]
    findings = [finding for finding in findings if finding.code != UNREADABLE]
    complain(findings, faults, texts, color=asked.color, width=asked.width)
    written = chunks()
    if written is not None:
        if asked.output is None:
            write_stdout(written)
        else:
            write_file(asked.output, written, sources=asked.files)
    return FAULT if faults else WRONG if failed else FINE
